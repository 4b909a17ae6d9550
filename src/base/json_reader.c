/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "headwater/buffer.h"

static bool is_number_byte(char byte) { return (byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == '.' || byte == 'e' || byte == 'E'; }

/* The digits as they are, or as a real number where no json_int_t holds them. */
static void put_number(hw_buffer *out, const char *number, size_t length) {
  enum { MOST_DIGITS = 308 }; /* of a double */
  char text[32];
  size_t sign = number[0] == '-';
  bool integer = true, fits = length < sizeof text;
  for (size_t i = sign; i < length; i++) integer = integer && number[i] >= '0' && number[i] <= '9';
  if (integer && fits) {
    memcpy(text, number, length);
    text[length] = '\0';
    errno = 0;
    (void)strtoll(text, NULL, 10);
    fits = errno == 0;
  }
  if (integer && !fits && length - sign > MOST_DIGITS) {
    hw_buffer_append_string(out, sign ? "-1.7976931348623157e308" : "1.7976931348623157e308");
    return;
  }
  hw_buffer_append(out, number, length);
  if (integer && !fits) hw_buffer_append_string(out, "e0");
}

/* The length of a number that Python writes and JSON does not have, 0 for anything else. */
static size_t not_finite(const char *bytes, size_t length) {
  static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t n = strlen(words[i]);
    if (length >= n && memcmp(bytes, words[i], n) == 0) return n;
  }
  return 0;
}

static void widen_numbers(hw_buffer *out, const char *bytes, size_t length) {
  bool in_string = false;
  for (size_t i = 0, n; i < length; i += n) {
    if (!in_string && (n = not_finite(bytes + i, length - i)) > 0) {
      hw_buffer_append_byte(out, '"'); /* a string is refused where a number is read */
      hw_buffer_append(out, bytes + i, n);
      hw_buffer_append_byte(out, '"');
      continue;
    }
    n = 1;
    if (in_string && bytes[i] == '\\' && i + 1 < length) {
      n = 2;
    } else if (bytes[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && is_number_byte(bytes[i])) {
      while (i + n < length && is_number_byte(bytes[i + n])) n++;
      put_number(out, bytes + i, n);
      continue;
    }
    hw_buffer_append(out, bytes + i, n);
  }
}

json_t *hw_json_parse(const char *where, const void *bytes, size_t length, bool with_nul, hw_error *err) {
  size_t flags = JSON_REJECT_DUPLICATES | (with_nul ? JSON_ALLOW_NUL : 0);
  json_error_t problem;
  if (length == 0) return hw_fail(err, HW_ERROR_INPUT, "%s: empty, want JSON", where), NULL;
  json_t *root = json_loadb(bytes, length, flags, &problem);
  enum json_error_code code = root ? json_error_unknown : json_error_code(&problem);
  if (code == json_error_numeric_overflow || code == json_error_invalid_syntax) {
    json_error_t ignored; /* the message about the file as it is stays */
    hw_buffer wide;
    hw_buffer_init(&wide);
    widen_numbers(&wide, bytes, length);
    if (!wide.failed) root = json_loadb(wide.data, wide.length, flags, code == json_error_numeric_overflow ? &problem : &ignored);
    hw_buffer_fini(&wide);
  }
  if (!root) return hw_fail(err, HW_ERROR_INPUT, "%s: not valid JSON at line %d, column %d: %s", where, problem.line, problem.column, problem.text), NULL;
  if (json_is_object(root)) return root;
  hw_fail(err, HW_ERROR_INPUT, "%s: is %s, want an object", where, hw_json_type(root));
  json_decref(root);
  return NULL;
}

json_t *hw_json_open(const char *path, bool with_nul, hw_error *err) {
  hw_file file;
  if (!hw_file_open(path, &file, err)) return NULL;
  json_t *root = hw_json_parse(path, file.data, file.size, with_nul, err);
  hw_file_close(&file);
  return root;
}

const char *hw_json_type(const json_t *json) {
  if (!json) return "absent";
  switch (json_typeof(json)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_INTEGER: return "an integer";
    case JSON_REAL: return "a real number";
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    default: return "null";
  }
}
