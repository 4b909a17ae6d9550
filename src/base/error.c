/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/error.h"

#include <stdarg.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

bool hw_fail(hw_error *err, hw_error_kind kind, const char *format, ...) {
  if (!err) return false;
  /* Arguments may point into err->message itself (wrapping an error), so format aside first. */
  char message[sizeof err->message];
  va_list arguments;
  va_start(arguments, format);
  (void)hw_vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  err->kind = kind;
  size_t length = strlen(message), n = 0;
  for (size_t i = 0; i < length; n++) {
    size_t control = hw_control_length(message + i, length - i);
    err->message[n] = control ? '?' : message[i];
    i += control ? control : 1;
  }
  err->message[n] = '\0';
  return false;
}

bool hw_fail_memory(hw_error *err, const char *what) {
  return hw_fail(err, HW_ERROR_MEMORY, "out of memory for %s", what);
}
