/* SPDX-License-Identifier: Apache-2.0
 * Replies as values, and lists in headers. */
#include "web/http.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/number.h"

void hw_http_reply_init(hw_http_reply *reply) {
  *reply = (hw_http_reply){.type = "application/json", .file = -1};
  hw_buffer_init(&reply->body);
}

void hw_http_reply_fini(hw_http_reply *reply) {
  hw_buffer_fini(&reply->body);
  if (reply->file >= 0) (void)close(reply->file);
  reply->file = -1;
}

void hw_http_reply_error(hw_http_reply *reply, unsigned status, const char *kind, const char *format, ...) {
  char message[1024];
  va_list arguments;
  va_start(arguments, format);
  (void)hw_vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  hw_http_reply_fini(reply);
  hw_http_reply_init(reply);
  reply->status = status;
  hw_json json;
  hw_json_init(&json, &reply->body);
  hw_json_begin_object(&json);
  hw_json_key(&json, "error");
  hw_json_string(&json, kind);
  hw_json_key(&json, "message");
  hw_json_string(&json, message);
  hw_json_end_object(&json);
}

/* Is "; q=0" among the parameters of a list's item? */
static bool is_refused(const char *item, size_t length) {
  const char *q = memchr(item, ';', length);
  if (!q) return false;
  q += 1 + strspn(q + 1, " \t");
  if (strncasecmp(q, "q=0", 3) != 0) return false;
  return q[3 + strspn(q + 3, ".0")] == '\0' || strchr(", \t", q[3 + strspn(q + 3, ".0")]) != NULL;
}

bool hw_http_list_has(const char *list, const char *value) {
  size_t wanted = strlen(value);
  for (const char *at = list; at && *at;) {
    at += strspn(at, ", \t");
    size_t length = strcspn(at, ","), name = strcspn(at, ",; \t");
    const char *from = at;
    if (name > 2 && strncmp(from, "W/", 2) == 0) from += 2, name -= 2;
    if (name >= 2 && from[0] == '"' && from[name - 1] == '"') from++, name -= 2;
    if (name == wanted && strncasecmp(from, value, name) == 0) return !is_refused(at, length);
    at += length;
  }
  return false;
}
