/* SPDX-License-Identifier: Apache-2.0
 * The files of web/, embedded at build time (embed.cmake; the list is in CMakeLists.txt). */
#ifndef HW_WEB_ASSETS_H
#define HW_WEB_ASSETS_H

#include "web/http.h"

typedef struct hw_asset {
  const char *name; /* below web/, "main.mjs" */
  const unsigned char *bytes, *gzip; /* the file, and what `gzip -9n` makes of it */
  size_t length, gzip_length;
} hw_asset;

extern const hw_asset hw_assets[];
extern const size_t hw_n_assets;

/* NULL when there is none of that name. */
const hw_asset *hw_asset_find(const char *name);

/* The asset of a path ("/" is index.html), or 404. */
void hw_asset_answer(const hw_http_request *request, hw_http_reply *reply);

#endif
