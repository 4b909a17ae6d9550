/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

/* A text that is too long loses its middle: the name of the file is at its begin, the reason at its end. */
static void copy_message(char *message, size_t size, const char *text) {
  static const char gap[] = " ... ";
  size_t length = strlen(text), head = size / 2, tail = size - head - sizeof gap;
  if (length < size) {
    memcpy(message, text, length + 1);
    return;
  }
  const char *end = text + length - tail;
  while (head && ((unsigned char)text[head] & 0xC0) == 0x80) head--; /* no character is cut */
  while (((unsigned char)*end & 0xC0) == 0x80) end++;
  memcpy(message, text, head);
  memcpy(message + head, gap, sizeof gap - 1);
  memcpy(message + head + sizeof gap - 1, end, strlen(end) + 1);
}

bool hw_fail(hw_error *err, hw_error_kind kind, const char *format, ...) {
  if (!err) return false;
  /* Arguments may point into err->message itself (wrapping an error), so format aside first. A path has 4,096 bytes at most. */
  char text[12 * 1024];
  va_list arguments;
  va_start(arguments, format);
  (void)hw_vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  err->kind = kind;
  hw_hide_controls(text);
  copy_message(err->message, sizeof err->message, text);
  return false;
}

bool hw_pass_error(hw_error *err, const hw_error *why) {
  if (err) *err = *why;
  return false;
}

bool hw_fail_memory(hw_error *err, const char *what) {
  return hw_fail(err, HW_ERROR_MEMORY, "out of memory for %s", what);
}
