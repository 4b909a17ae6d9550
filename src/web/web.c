/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "web/data.h"
#include "web/listen.h"
#include "web/live.h"
#include "web/routes.h"

static bool is_api(const hw_http_request *request) { return strncmp(request->path, "/api/", strlen("/api/")) == 0; }

static bool has_body_of_size(const hw_http_request *request) {
  int64_t length;
  const char *given = request->headers[HW_HEADER_CONTENT_LENGTH].value;
  return !given || hw_parse_int(given, 0, HW_HTTP_BODY_BYTES, &length);
}

static void check_method(const hw_http_request *request, hw_http_reply *reply) {
  const char *method = request->method;
  if (is_api(request) ? strcmp(method, "POST") == 0 : false) return;
  if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) return;
  hw_http_reply_error(reply, 405, "method", "%.20s is not answered, want GET or HEAD", method);
  reply->allow = "GET, HEAD";
}

/* In the order of what a stranger may learn: nothing before Host and Origin are right, no end point before the token is. */
static void admit(void *context, const hw_http_request *request, hw_http_reply *reply) {
  const hw_web *web = context;
  if (request->fault) hw_http_reply_error(reply, 400, "request", "%s", request->fault);
  if (!reply->status) hw_guard_check_origin(&web->guard, request, reply);
  if (!reply->status) check_method(request, reply);
  if (!reply->status && !has_body_of_size(request))
    hw_http_reply_error(reply, 413, "too_large", "a body of %.30s bytes, want at most %d", request->headers[HW_HEADER_CONTENT_LENGTH].value, HW_HTTP_BODY_BYTES);
  if (reply->status || !is_api(request)) return;
  hw_guard_check_token(&web->guard, request, reply);
  if (!reply->status) (void)hw_route_find(request, reply);
}

static void answer(void *context, const hw_http_request *request, hw_http_reply *reply) {
  hw_web *web = context;
  hw_web_call call;
  if (!is_api(request)) {
    hw_files_answer(&web->files, request, reply);
    return;
  }
  const hw_web_route *route = hw_route_find(request, reply);
  if (!route || !hw_call_read(route, request, &call, reply)) return;
  if (route->answer) route->answer(web, &call, reply);
  else hw_data_answer(web, &call, reply);
}

static bool check_database(hw_web *web, hw_error *err) {
  hw_pool_entry *entry = hw_pool_borrow(&web->pool, err);
  if (entry) hw_pool_return(&web->pool, entry, true);
  return entry != NULL;
}

bool hw_web_start(hw_web *web, const hw_web_settings *settings, hw_error *err) {
  *web = (hw_web){.settings = *settings};
  hw_pool_init(&web->pool, settings->db, settings->time_limit);
  web->guard = (hw_guard){.address = settings->address, .hosts = settings->hosts, .n_hosts = settings->n_hosts};
  web->handler = (hw_http_handler){admit, answer, web};
  if (settings->no_token && !hw_is_loopback(settings->address))
    return hw_fail(err, HW_ERROR_ARGUMENT, "--no-token is only for a loopback address, and %.100s is none: other machines could read the database",
                   settings->address);
  int listening = -1;
  if (settings->model && !hw_live_open(settings, &web->live, err)) return false;
  if (!hw_files_make(&web->files, err) || (!settings->no_token && !hw_guard_make_token(&web->guard, err)) || !check_database(web, err)) return false;
  hw_live_follow_run(web);
  hw_live_put_model(web->live, &web->live_model);
  if (!hw_listen(settings->address, &web->settings.port, &listening, err)) return false;
  if (hw_server_start(listening, &web->handler, &web->server, err)) return true;
  (void)close(listening);
  return false;
}

void hw_web_stop(hw_web *web) {
  hw_server_stop(web->server);
  web->server = NULL;
  hw_live_close(web->live);
  web->live = NULL;
  hw_buffer_fini(&web->live_model);
  hw_pool_fini(&web->pool);
  hw_files_fini(&web->files);
}

void hw_web_address(const hw_web *web, hw_buffer *out) {
  bool bracketed = strchr(web->settings.address, ':') != NULL;
  hw_buffer_printf(out, "http://%s%s%s:%d/", bracketed ? "[" : "", web->settings.address, bracketed ? "]" : "", web->settings.port);
  if (web->guard.token[0]) hw_buffer_printf(out, "#token=%s", web->guard.token);
}
