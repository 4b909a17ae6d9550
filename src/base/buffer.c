/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/number.h"

void hw_buffer_init(hw_buffer *buffer) { *buffer = (hw_buffer){0}; }

void hw_buffer_fini(hw_buffer *buffer) {
  free(buffer->data);
  *buffer = (hw_buffer){0};
}

void hw_buffer_reset(hw_buffer *buffer) {
  buffer->length = 0;
  buffer->failed = false;
  if (buffer->data) buffer->data[0] = '\0';
}

/* Makes place for `more` bytes and the NUL. */
static bool reserve(hw_buffer *buffer, size_t more) {
  if (buffer->failed) return false;
  buffer->failed = more == SIZE_MAX || !hw_list_reserve(buffer->data, buffer->length, more + 1, buffer->capacity, NULL, NULL);
  return !buffer->failed;
}

void hw_buffer_append(hw_buffer *buffer, const void *bytes, size_t length) {
  if (!reserve(buffer, length)) return;
  if (length) memcpy(buffer->data + buffer->length, bytes, length);
  buffer->length += length;
  buffer->data[buffer->length] = '\0';
}

void hw_buffer_append_string(hw_buffer *buffer, const char *string) { hw_buffer_append(buffer, string, strlen(string)); }

void hw_buffer_append_byte(hw_buffer *buffer, unsigned char byte) { hw_buffer_append(buffer, &byte, 1); }

void hw_buffer_printf(hw_buffer *buffer, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = hw_vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length < 0) {
    buffer->failed = true;
  } else if (reserve(buffer, (size_t)length)) {
    (void)hw_vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
    buffer->length += (size_t)length;
  }
  va_end(again);
}

bool hw_buffer_check(const hw_buffer *buffer, hw_error *err) {
  return buffer->failed ? hw_fail_memory(err, "a text that is being put together") : true;
}
