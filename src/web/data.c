/* SPDX-License-Identifier: Apache-2.0 */
#include "web/data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/json_writer.h"
#include "query/json.h"
#include "web/gzip.h"

enum { WORTH_COMPRESSING = 1024, GZIP_LEVEL = 5 };

void hw_data_error(hw_http_reply *reply, const hw_error *err) {
  switch (err->kind) {
    case HW_ERROR_INTERRUPTED: hw_http_reply_error(reply, 503, "time_limit", "%s", err->message); break;
    case HW_ERROR_IO:
    case HW_ERROR_MEMORY: hw_http_reply_error(reply, 503, "unavailable", "%s", err->message); break;
    default: hw_http_reply_error(reply, 422, "database", "%s", err->message);
  }
}

/* ---- version ---- */

/* What decides the answers: the run and its chunks, what mine and compare added, lists of neurons where they are read (to count them takes 5 ms
 * for 700,000 rows), and the statement. */
static bool read_version(const hw_web *web, hw_store *store, const hw_web_route *route, char *etag, size_t size, hw_error *err) {
  static const char *const files[] = {"web/version.sql", "web/version_minings.sql", "web/version_comparisons.sql", "web/version_neurons.sql"};
  size_t n_files = sizeof files / sizeof *files - (route->has_neuron_lists ? 0 : 1);
  hw_buffer version;
  hw_buffer_init(&version);
  bool ok = true;
  for (size_t i = 0; i < n_files && ok; i++) {
    hw_json_outcome outcome = hw_store_json(store, files[i], NULL, 0, &version, err);
    ok = outcome == HW_JSON_TEXT || outcome == HW_JSON_NO_ROW || outcome == HW_JSON_NOT_READY;
    hw_buffer_append_byte(&version, '\n');
  }
  const char *statement = hw_store_json_sql(route->file);
  if (statement) hw_buffer_append_string(&version, statement);
  if (route->tells_live) { /* the file's name and the model are in the answer */
    hw_buffer_printf(&version, "\n%s\n", web->settings.db);
    hw_buffer_append(&version, web->live_model.data, web->live_model.length);
  }
  ok = ok && hw_buffer_check(&version, err);
  if (ok) {
    XXH128_hash_t hash = XXH3_128bits(version.data, version.length);
    (void)snprintf(etag, size, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64, (uint64_t)hash.low64);
  }
  hw_buffer_fini(&version);
  return ok;
}

/* ---- answers ---- */

void hw_data_compress(const hw_http_request *request, hw_http_reply *reply) {
  if (reply->body.length < WORTH_COMPRESSING || !hw_http_list_has(request->headers[HW_HEADER_ACCEPT_ENCODING].value, "gzip")) return;
  hw_buffer out, plain = reply->body;
  hw_buffer_init(&out);
  reply->gzip = hw_gzip(plain.data, plain.length, GZIP_LEVEL, &out);
  reply->body = reply->gzip ? out : plain;
  hw_buffer_fini(reply->gzip ? &plain : &out);
}

bool hw_data_missing(hw_store *store, const char *file, const hw_parameter *parameters, size_t n, hw_http_reply *reply, hw_error *err) {
  hw_json_outcome outcome = HW_JSON_NO_ROW;
  if (file) outcome = hw_store_json(store, file, parameters, n, &reply->body, err);
  reply->etag[0] = '\0';
  if (outcome == HW_JSON_DATABASE) return false;
  if (outcome == HW_JSON_TEXT) reply->status = 404;
  else hw_http_reply_error(reply, 404, "not_found", "nothing is stored for this");
  return true;
}

/* Opens the object in the body again for a further member; its value and a brace follow. */
static void begin_member(hw_buffer *body, const char *key) {
  if (body->length) body->length--;
  hw_buffer_printf(body, ",\"%s\":", key);
}

static bool put_section(hw_store *store, const hw_web_section *section, hw_buffer *body, hw_error *err) {
  begin_member(body, section->key);
  hw_json_outcome outcome = hw_store_json(store, section->file, NULL, 0, body, err);
  if (outcome == HW_JSON_NO_ROW || outcome == HW_JSON_NOT_READY) hw_buffer_append_string(body, "[]");
  else if (outcome != HW_JSON_TEXT) return false;
  hw_buffer_append_byte(body, '}');
  return hw_buffer_check(body, err);
}

/* False and err after an error of the database. */
static bool answer_from(hw_web *web, hw_store *store, const hw_web_call *call, hw_http_reply *reply, hw_error *err) {
  const hw_web_route *route = call->route;
  if (!read_version(web, store, route, reply->etag, sizeof reply->etag, err)) return false;
  if (hw_http_list_has(call->request->headers[HW_HEADER_IF_NONE_MATCH].value, reply->etag)) {
    reply->status = 304;
    return true;
  }
  switch (hw_store_json(store, route->file, call->parameters, call->n_parameters, &reply->body, err)) {
    case HW_JSON_TEXT: break;
    case HW_JSON_NO_ROW: return hw_data_missing(store, route->missing, call->parameters, call->n_parameters, reply, err);
    case HW_JSON_NOT_READY: hw_http_reply_error(reply, 404, "not_ready", "%s", err->message); return true;
    case HW_JSON_PARAMETER: /* the message begins with the name, as on a command line */
      hw_http_reply_error(reply, 400, "parameter", "%s", err->message + strspn(err->message, "-"));
      return true;
    case HW_JSON_DATABASE: return false;
  }
  if (route->tells_live) {
    begin_member(&reply->body, "live");
    hw_buffer_append_string(&reply->body, web->live ? "true}" : "false}");
    begin_member(&reply->body, "live_model");
    hw_buffer_append(&reply->body, web->live_model.data, web->live_model.length);
    hw_buffer_append_byte(&reply->body, '}');
    begin_member(&reply->body, "database"); /* as it was given: for the command lines that the page shows */
    hw_json json;
    hw_json_init(&json, &reply->body);
    hw_json_string(&json, web->settings.db);
    hw_buffer_append_byte(&reply->body, '}');
  }
  for (size_t i = 0; i < HW_WEB_SECTIONS && route->sections[i].key; i++)
    if (!put_section(store, &route->sections[i], &reply->body, err)) return false;
  reply->status = 200;
  return true;
}

void hw_data_answer(hw_web *web, const hw_web_call *call, hw_http_reply *reply) {
  hw_error err = {0};
  hw_pool_entry *entry = hw_pool_borrow(&web->pool, &err);
  bool ok = entry && answer_from(web, entry->store, call, reply, &err);
  if (entry) hw_pool_return(&web->pool, entry, ok);
  if (!ok) hw_data_error(reply, &err);
  if (reply->status == 200) hw_data_compress(call->request, reply);
}
