/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/error.h"

#include <stdarg.h>

#include "base/number.h"

bool hw_fail(hw_error *err, hw_error_kind kind, const char *format, ...) {
  if (!err) return false;
  /* Arguments may point into err->message itself (wrapping an error), so format aside first. */
  char message[sizeof err->message];
  va_list arguments;
  va_start(arguments, format);
  (void)hw_vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  err->kind = kind;
  size_t i = 0;
  for (; message[i]; i++) {
    unsigned char byte = (unsigned char)message[i];
    err->message[i] = (byte < 0x20 || byte == 0x7f) ? '?' : message[i];
  }
  err->message[i] = '\0';
  return false;
}

bool hw_fail_memory(hw_error *err, const char *what) {
  return hw_fail(err, HW_ERROR_MEMORY, "out of memory for %s", what);
}
