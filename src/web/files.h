/* SPDX-License-Identifier: Apache-2.0
 * The files that a browser gets: the page, its style, its scripts, its icon. Made once, when the server starts. */
#ifndef HW_WEB_FILES_H
#define HW_WEB_FILES_H

#include "web/http.h"

enum { HW_N_SERVED = 6 };

typedef struct hw_served {
  const char *name; /* "main.mjs" */
  hw_buffer plain, gzip;
  char etag[17];
} hw_served;

typedef struct hw_files { hw_served files[HW_N_SERVED]; } hw_files;

/* hw_files_fini also after an error, and for a struct of zeros. */
bool hw_files_make(hw_files *files, hw_error *err);
void hw_files_fini(hw_files *files);

/* The file of a path ("/" is index.html), or 404. The reply uses bytes of `files`. */
void hw_files_answer(const hw_files *files, const hw_http_request *request, hw_http_reply *reply);

#endif
