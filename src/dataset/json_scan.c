/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/json_scan.h"

#include <string.h>

bool hw_json_is_space(char byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

/* One byte inside a string; true when it closes it. */
static bool string_step(hw_json_scan *scan, char byte) {
  if (scan->escaped)
    scan->escaped = false;
  else if (byte == '\\')
    scan->escaped = true;
  else if (byte == '"')
    scan->in_string = false;
  return !scan->in_string;
}

size_t hw_json_scan_value(hw_json_scan *scan, const char *bytes, size_t n) {
  for (size_t i = 0; i < n && !scan->done; i++) {
    char byte = bytes[i];
    bool closed = false;
    if (scan->in_string) {
      closed = string_step(scan, byte);
    } else if (byte == '"') {
      scan->in_string = true;
    } else if (byte == '[' || byte == '{') {
      scan->depth++;
    } else if ((byte == ']' || byte == '}') && scan->depth > 0) {
      scan->depth--;
      closed = true;
    } else if (scan->depth == 0 &&
               (byte == ']' || byte == '}' || byte == ',' || byte == ':' || hw_json_is_space(byte))) {
      scan->done = true; /* belongs to what is around the value */
      return i;
    }
    if (closed && scan->depth == 0) {
      scan->done = true;
      return i + 1;
    }
  }
  return n;
}

size_t hw_json_compact(const char *bytes, size_t n, char *out) {
  hw_json_scan scan = {0};
  size_t length = 0;
  for (size_t i = 0; i < n; i++) {
    if (scan.in_string)
      (void)string_step(&scan, bytes[i]);
    else if (hw_json_is_space(bytes[i]))
      continue;
    else if (bytes[i] == '"')
      scan.in_string = true;
    out[length++] = bytes[i];
  }
  return length;
}

static size_t digits(const char *at, const char *end) {
  const char *start = at;
  while (at < end && *at >= '0' && *at <= '9') at++;
  return (size_t)(at - start);
}

/* Length of the number that starts here: as JSON writes them, or as Python writes those that are not finite. 0: none. */
static size_t number_length(const char *start, const char *end) {
  static const char *const words[] = {"NaN", "Infinity"};
  const char *at = start + (start < end && *start == '-');
  for (size_t i = 0; i < 2; i++)
    if ((size_t)(end - at) >= strlen(words[i]) && memcmp(at, words[i], strlen(words[i])) == 0) return (size_t)(at - start) + strlen(words[i]);
  size_t n = digits(at, end);
  if (n == 0 || (n > 1 && *at == '0')) return 0;
  at += n;
  if (at < end && *at == '.') {
    n = digits(at + 1, end);
    if (n == 0) return 0;
    at += 1 + n;
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    const char *power = at + 1;
    power += power < end && (*power == '+' || *power == '-');
    n = digits(power, end);
    if (n == 0) return 0;
    at = power + n;
  }
  return (size_t)(at - start);
}

static bool is_between(char byte) { return hw_json_is_space(byte) || (byte && strchr(",:[]{}\"", byte)); }

bool hw_json_mask_numbers(char *text, size_t n) {
  hw_json_scan scan = {0};
  bool any = false;
  for (size_t i = 0; i < n;) {
    if (scan.in_string) {
      (void)string_step(&scan, text[i++]);
    } else if (is_between(text[i])) {
      scan.in_string = text[i++] == '"';
    } else { /* a word up to the next of those */
      size_t length = 0;
      while (i + length < n && !is_between(text[i + length])) length++;
      if (number_length(text + i, text + i + length) == length) {
        memset(text + i, ' ', length);
        text[i] = '0';
        any = true;
      }
      i += length;
    }
  }
  return any;
}
