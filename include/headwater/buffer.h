/* SPDX-License-Identifier: Apache-2.0
 * A growable run of bytes. An allocation that fails sets `failed`, after which appends do nothing:
 * callers append freely and check once at the end. */
#ifndef HEADWATER_BUFFER_H
#define HEADWATER_BUFFER_H

#include <stddef.h>

#include "headwater/error.h"

HW_BEGIN_C

typedef struct hw_buffer {
  char *data; /* always NUL-terminated once something was appended; NULL before */
  size_t length;
  size_t capacity;
  bool failed;
} hw_buffer;

HW_API void hw_buffer_init(hw_buffer *buffer);
HW_API void hw_buffer_fini(hw_buffer *buffer);
HW_API void hw_buffer_reset(hw_buffer *buffer); /* length 0, keeps the memory */
HW_API void hw_buffer_append(hw_buffer *buffer, const void *bytes, size_t length);
HW_API void hw_buffer_append_string(hw_buffer *buffer, const char *string);
HW_API void hw_buffer_append_byte(hw_buffer *buffer, unsigned char byte);
HW_API void hw_buffer_printf(hw_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* False and err filled if any append failed. */
HW_API bool hw_buffer_check(const hw_buffer *buffer, hw_error *err);

HW_END_C

#endif
