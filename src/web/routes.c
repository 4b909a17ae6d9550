/* SPDX-License-Identifier: Apache-2.0 */
#include "web/routes.h"

#include <string.h>

#include "base/text.h"

#define MOST_PROMPTS 4398046511103.0 /* a prompt_id is below 2^42 */
#define MOST_POSITIONS 1048575.0
#define MOST_LAYERS 254.0

#define PROMPT {"prompt", HW_WEB_WHOLE, 0, MOST_PROMPTS, NULL, true}
#define TARGET {"target", HW_WEB_WHOLE, 0, MOST_POSITIONS, NULL, false}

static const hw_web_route routes[] = {
    {.path = "run", .method = "GET", .file = "web/run.sql", .tells_live = true,
     .sections = {{"minings", "web/run_minings.sql"}, {"comparisons", "web/run_comparisons.sql"}}},
    {.path = "graph", .method = "GET", .file = "web/graph.sql", .missing = "web/graph_missing.sql", .parameters = {PROMPT, TARGET}},
    {.path = "lists", .method = "GET", .file = "web/lists.sql", .missing = "web/graph_missing.sql", .parameters = {PROMPT, TARGET}},
    {.path = "neurons", .method = "GET", .file = "web/neurons.sql", .missing = "web/graph_missing.sql",
     .parameters = {PROMPT, TARGET, {"layer", HW_WEB_WHOLE, 0, MOST_LAYERS, NULL, true}, {"position", HW_WEB_WHOLE, 0, MOST_POSITIONS, NULL, true}}},
};
enum { N_ROUTES = sizeof routes / sizeof *routes };

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

static const char *method_of(const char *method) { return strcmp(method, "HEAD") == 0 ? "GET" : method; }

/* "application/json", and perhaps parameters behind it. */
static bool is_json(const char *type) { return type && hw_http_list_has(type, "application/json"); }

const hw_web_route *hw_route_find(const hw_http_request *request, hw_http_reply *reply) {
  const char *path = request->path + strlen("/api/"), *allow = NULL;
  for (int i = 0; i < N_ROUTES; i++) {
    if (!fits(routes[i].path, path, NULL)) continue;
    allow = strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : routes[i].method;
    if (strcmp(routes[i].method, method_of(request->method)) != 0) continue;
    if (strcmp(routes[i].method, "POST") != 0 || is_json(request->headers[HW_HEADER_CONTENT_TYPE].value)) return &routes[i];
    hw_http_reply_error(reply, 415, "type", "Content-Type is \"%.100s\", want application/json",
                        request->headers[HW_HEADER_CONTENT_TYPE].n ? request->headers[HW_HEADER_CONTENT_TYPE].value : "");
    return NULL;
  }
  if (allow) {
    hw_http_reply_error(reply, 405, "method", "%.20s is not for \"%.100s\", want %s", request->method, request->path, allow);
    reply->allow = allow;
  } else {
    hw_http_reply_error(reply, 404, "not_found", "there is no end point \"%.100s\"", request->path);
  }
  return NULL;
}

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

bool hw_route_read(const hw_web_route *route, const hw_http_request *request, hw_web_call *call, hw_http_reply *reply) {
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
