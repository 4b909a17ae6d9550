/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "web/minify.h"

static bool among(char c, const char *set) {
  return c && strchr(set, c);
}

/* Comment, string, or white space that begins at `at`: the byte behind it; NULL: it does not end. */
static const char *behind(const char *at, const char *end) {
  if (*at == '"') {
    while (++at < end && *at != '"')
      if (*at == '\\' && at + 1 < end) at++;
    return at < end ? at + 1 : NULL;
  }
  if (*at == '/') {
    const char *stop = memmem(at + 2, (size_t)(end - at) - 2, "*/", 2);
    return stop ? stop + 2 : NULL;
  }
  while (at < end && among(*at, " \n\t\r")) at++;
  return at;
}

bool hw_minify_style(const char *name, const char *text, size_t length, hw_buffer *out, hw_error *err) {
  const char *at = text, *end = text + length;
  bool space = false;
  for (char last = '\0'; at < end && !out->failed;) {
    bool comment = end - at > 1 && memcmp(at, "/*", 2) == 0;
    if (comment || among(*at, " \n\t\r")) {
      at = behind(at, end);
      if (!at) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: a comment does not end", name);
      space = true;
      continue;
    }
    /* A space before ":" or "(" and behind ")" has a meaning: "a :hover", "and (". */
    if (space && last && !among(last, "{};:,(>") && !among(*at, "{};,)>!")) hw_buffer_append_byte(out, ' ');
    space = false;
    if (*at == '}' && last == ';') out->length--;
    const char *stop = *at == '"' ? behind(at, end) : at + 1;
    if (!stop) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: a string does not end", name);
    hw_buffer_append(out, at, (size_t)(stop - at));
    last = stop[-1];
    at = stop;
  }
  return hw_buffer_check(out, err);
}
