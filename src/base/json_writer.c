/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

void hw_json_init(hw_json *json, hw_buffer *out) { *json = (hw_json){.out = out}; }

static void separate(hw_json *json) {
  if (json->need_comma) hw_buffer_append_byte(json->out, ',');
  json->need_comma = true;
}

static void begin(hw_json *json, unsigned char bracket) {
  separate(json);
  hw_buffer_append_byte(json->out, bracket);
  json->need_comma = false;
}

static void end(hw_json *json, unsigned char bracket) {
  hw_buffer_append_byte(json->out, bracket);
  json->need_comma = true;
}

void hw_json_begin_object(hw_json *json) { begin(json, '{'); }
void hw_json_end_object(hw_json *json) { end(json, '}'); }
void hw_json_begin_array(hw_json *json) { begin(json, '['); }
void hw_json_end_array(hw_json *json) { end(json, ']'); }

void hw_json_quote(hw_buffer *out, const char *bytes, size_t length) {
  hw_buffer_append_byte(out, '"');
  size_t i = 0;
  while (i < length) {
    size_t valid = i + hw_utf8_valid_prefix(bytes + i, length - i);
    for (; i < valid; i++) {
      unsigned char byte = (unsigned char)bytes[i];
      if (byte == '"' || byte == '\\') {
        hw_buffer_append_byte(out, '\\');
        hw_buffer_append_byte(out, byte);
      } else if (byte == '\n') {
        hw_buffer_append_string(out, "\\n");
      } else if (hw_control_length(bytes + i, valid - i)) {
        i += hw_control_length(bytes + i, valid - i) - 1;
        hw_buffer_printf(out, "\\u%04x", (unsigned char)bytes[i]); /* the last byte is the code point, of C1 too */
      } else {
        hw_buffer_append_byte(out, byte);
      }
    }
    if (i < length) { /* one byte that is no UTF-8 */
      hw_buffer_append_string(out, "\xEF\xBF\xBD");
      i++;
    }
  }
  hw_buffer_append_byte(out, '"');
}

void hw_json_bytes(hw_json *json, const char *bytes, size_t length) {
  separate(json);
  hw_json_quote(json->out, bytes, length);
}

void hw_json_string(hw_json *json, const char *text) {
  if (text)
    hw_json_bytes(json, text, strlen(text));
  else
    hw_json_null(json);
}

void hw_json_key(hw_json *json, const char *key) {
  hw_json_string(json, key);
  hw_buffer_append_byte(json->out, ':');
  json->need_comma = false;
}

void hw_json_int(hw_json *json, int64_t value) {
  separate(json);
  hw_buffer_printf(json->out, "%" PRId64, value);
}

void hw_json_bool(hw_json *json, bool value) {
  separate(json);
  hw_buffer_append_string(json->out, value ? "true" : "false");
}

void hw_json_null(hw_json *json) {
  separate(json);
  hw_buffer_append_string(json->out, "null");
}

void hw_json_double(hw_json *json, double value) {
  if (!isfinite(value)) {
    hw_json_null(json);
    return;
  }
  separate(json);
  hw_format_double(json->out, value);
}

void hw_json_float(hw_json *json, float value) {
  if (!isfinite(value)) {
    hw_json_null(json);
    return;
  }
  separate(json);
  hw_format_float(json->out, value);
}

void hw_json_key_int(hw_json *json, const char *key, int64_t value) {
  hw_json_key(json, key);
  hw_json_int(json, value);
}

void hw_json_key_double(hw_json *json, const char *key, double value) {
  hw_json_key(json, key);
  hw_json_double(json, value);
}

void hw_json_key_string(hw_json *json, const char *key, const char *value) {
  hw_json_key(json, key);
  hw_json_string(json, value);
}
