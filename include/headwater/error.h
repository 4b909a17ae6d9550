/* SPDX-License-Identifier: Apache-2.0
 * Errors are values in the caller's struct: made where they happen, passed up unchanged.
 * The library never prints and never exits. A message is one line that names the file, the thing,
 * what was found and what was wanted. Every function takes NULL in the place of an hw_error: then the reason is not told. */
#ifndef HEADWATER_ERROR_H
#define HEADWATER_ERROR_H

#include <stdbool.h>

#include "headwater/api.h"

HW_BEGIN_C

typedef enum hw_error_kind {
  HW_OK = 0,
  HW_ERROR_INPUT,       /* the user's data or options are wrong */
  HW_ERROR_UNSUPPORTED, /* well formed, but not something this version computes */
  HW_ERROR_IO,          /* the operating system refused */
  HW_ERROR_MEMORY,      /* an allocation failed */
  HW_ERROR_PROMPT,      /* one prompt cannot be traced; others can */
  HW_ERROR_INTERRUPTED, /* the caller asked to stop */
  HW_ERROR_ARGUMENT,    /* an option or parameter is wrong, whatever the files hold: unknown, missing, or of the wrong form */
} hw_error_kind;

typedef struct hw_error {
  hw_error_kind kind;
  char message[1024];
} hw_error;

/* Fills err (which may be NULL) and returns false, so that `return hw_fail(...)` reads as one step.
 * Control characters in the message are replaced by '?': it stays one line. */
HW_API bool hw_fail(hw_error *err, hw_error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* hw_fail for an allocation of `what` that failed. */
HW_API bool hw_fail_memory(hw_error *err, const char *what);

HW_END_C

#endif
