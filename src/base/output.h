/* SPDX-License-Identifier: Apache-2.0
 * A file that is written under a temporary name and takes its own name when it is whole: an older file of that name stays until then.
 * A link stays, and the file that it names is written so. What is no regular file (a pipe) is written directly, and /dev/stdout,
 * /dev/fd/N and the like, whatever they are, from where they stand. */
#ifndef HW_BASE_OUTPUT_H
#define HW_BASE_OUTPUT_H

#include <stdio.h>

#include "headwater/buffer.h"

typedef struct hw_output {
  char *path;      /* as it was given */
  char *file_path; /* the file without links */
  char *temporary; /* NULL: written directly */
  FILE *file;
  int error; /* errno of the first write that failed */
} hw_output;

/* Close it also after an error. */
bool hw_output_open(hw_output *out, const char *path, hw_error *err);
/* context is the hw_output; false when it cannot be written, of which hw_output_close tells why. */
bool hw_output_write(void *context, const char *bytes, size_t length);
/* With ok the file takes its name; without, or when a write failed, it is removed and the result is false. */
bool hw_output_close(hw_output *out, bool ok, hw_error *err);

/* All of it at once. Errors: MEMORY when an append to the buffer failed, IO. */
bool hw_output_write_file(const char *path, const hw_buffer *text, hw_error *err);

#endif
