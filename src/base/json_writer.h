/* SPDX-License-Identifier: Apache-2.0
 * Writes JSON as a stream, without a tree in memory; numbers have as few digits as read back to the
 * same value. Keys and strings are escaped; bytes that are not UTF-8 become U+FFFD, so the output is
 * always valid JSON. The caller keeps begin and end balanced. Jansson reads, this writes. */
#ifndef HW_BASE_JSON_WRITER_H
#define HW_BASE_JSON_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/buffer.h"

typedef struct hw_json {
  hw_buffer *out;
  bool need_comma;
} hw_json;

void hw_json_init(hw_json *json, hw_buffer *out);
void hw_json_begin_object(hw_json *json);
void hw_json_end_object(hw_json *json);
void hw_json_begin_array(hw_json *json);
void hw_json_end_array(hw_json *json);
void hw_json_key(hw_json *json, const char *key);
void hw_json_string(hw_json *json, const char *text); /* NULL writes null */
void hw_json_bytes(hw_json *json, const char *bytes, size_t length);
void hw_json_int(hw_json *json, int64_t value);
void hw_json_bool(hw_json *json, bool value);
void hw_json_null(hw_json *json);
void hw_json_double(hw_json *json, double value); /* non-finite writes null */
void hw_json_float(hw_json *json, float value);

/* A key and its value. */
void hw_json_key_int(hw_json *json, const char *key, int64_t value);
void hw_json_key_double(hw_json *json, const char *key, double value);
void hw_json_key_string(hw_json *json, const char *key, const char *value);

/* The escaped, quoted form of bytes alone (as in CSV exports of tokens). */
void hw_json_quote(hw_buffer *out, const char *bytes, size_t length);

#endif
