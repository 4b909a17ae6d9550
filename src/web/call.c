/* SPDX-License-Identifier: Apache-2.0 */
#include "web/call.h"

#include <string.h>

#include "base/text.h"

/* ---- paths ---- */

/* Does the path fit, part by part? words may be NULL. */
static bool fits(const char *pattern, const char *path, char (*words)[sizeof ((hw_web_call *)0)->words[0]]) {
  for (int n = 0;;) {
    size_t wanted = strcspn(pattern, "/"), given = strcspn(path, "/");
    bool any = wanted == 1 && pattern[0] == '*';
    if (any ? given == 0 || given >= sizeof words[0] : given != wanted || strncmp(pattern, path, given) != 0) return false;
    if (any && words) {
      memcpy(words[n], path, given);
      words[n++][given] = '\0';
    }
    pattern += wanted, path += given;
    if (!*pattern || !*path) return *pattern == *path;
    pattern++, path++;
  }
}

bool hw_route_fits(const hw_web_route *route, const char *path) { return fits(route->path, path, NULL); }

/* ---- parameters ---- */

static bool is_choice(const char *choices, const char *value) {
  size_t length = strlen(value);
  for (const char *at = choices;; at++) {
    size_t n = strcspn(at, "|");
    if (n == length && strncmp(at, value, n) == 0) return true;
    at += n;
    if (!*at) return false;
  }
}

static bool check(const hw_web_parameter *p, const char *value, hw_http_reply *reply) {
  int64_t whole;
  double number;
  switch (p->kind) {
    case HW_WEB_WHOLE:
      if (hw_parse_int(value, (int64_t)p->min, (int64_t)p->max, &whole)) return true;
      hw_http_reply_error(reply, 400, "parameter", "%s is \"%.60s\", want a whole number from %.0f to %.0f", p->name, value, p->min, p->max);
      return false;
    case HW_WEB_NUMBER:
      if (hw_parse_double(value, &number) && number >= p->min && number <= p->max) return true;
      hw_http_reply_error(reply, 400, "parameter", "%s is \"%.60s\", want a number from %g to %g", p->name, value, p->min, p->max);
      return false;
    case HW_WEB_TEXT:
      if (strlen(value) <= (size_t)p->max && hw_utf8_valid_prefix(value, strlen(value)) == strlen(value)) return true;
      hw_http_reply_error(reply, 400, "parameter", "%s has %zu bytes, want at most %.0f, and UTF-8", p->name, strlen(value), p->max);
      return false;
    case HW_WEB_CHOICE:
      if (is_choice(p->choices, value)) return true;
      hw_http_reply_error(reply, 400, "parameter", "%s is \"%.60s\", want one of %s", p->name, value, p->choices);
      return false;
  }
  return false;
}

static const hw_web_parameter *find_parameter(const hw_web_route *route, const char *name) {
  for (size_t i = 0; i < HW_WEB_PARAMETERS && route->parameters[i].name; i++)
    if (strcmp(route->parameters[i].name, name) == 0) return &route->parameters[i];
  return NULL;
}

const char *hw_call_value(const hw_web_call *call, const char *name) {
  for (size_t i = 0; i < call->n_parameters; i++)
    if (strcmp(call->parameters[i].name, name) == 0) return call->parameters[i].value;
  return NULL;
}

bool hw_call_read(const hw_web_route *route, const hw_http_request *request, hw_web_call *call, hw_http_reply *reply) {
  *call = (hw_web_call){.request = request, .route = route};
  (void)fits(route->path, request->path + strlen("/api/"), call->words);
  for (size_t i = 0; i < request->n_parameters; i++) {
    const hw_web_parameter *p = find_parameter(route, request->parameters[i].name);
    if (!p || hw_call_value(call, p->name)) {
      hw_http_reply_error(reply, 400, "parameter", "%s has no parameter \"%.60s\"%s", route->path, request->parameters[i].name,
                          p ? " a second time" : "");
      return false;
    }
    if (!check(p, request->parameters[i].value, reply)) return false;
    call->parameters[call->n_parameters++] = (hw_parameter){p->name, request->parameters[i].value};
  }
  for (size_t i = 0; i < HW_WEB_PARAMETERS && route->parameters[i].name; i++) {
    if (!route->parameters[i].required || hw_call_value(call, route->parameters[i].name)) continue;
    hw_http_reply_error(reply, 400, "parameter", "%s wants the parameter \"%s\"", route->path, route->parameters[i].name);
    return false;
  }
  return true;
}
