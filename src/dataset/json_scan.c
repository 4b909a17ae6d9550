/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/json_scan.h"

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
