/* SPDX-License-Identifier: Apache-2.0
 * The data of a saved page from a database. */
#include <inttypes.h>
#include <string.h>

#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/number.h"
#include "query/json.h"
#include "web/page.h"

typedef struct wanted_graph { /* as texts, for the parameters of statements */
  char prompt[24], target[24]; /* target "": the last one */
} wanted_graph;

/* mode: of relevances, else NULL. */
static hw_json_outcome put(hw_store *store, const char *file, const wanted_graph *of, const char *mode, hw_buffer *out, hw_error *err) {
  const hw_parameter parameters[] = {{"prompt", of ? of->prompt : NULL}, {"target", of && of->target[0] ? of->target : NULL}, {"mode", mode}};
  return hw_store_json(store, file, parameters, mode ? 3 : of ? 2 : 0, out, err);
}

/* Why there is no graph, in words. */
static bool fail_missing(hw_store *store, const char *db, const wanted_graph *of, hw_error *err) {
  hw_buffer text;
  hw_buffer_init(&text);
  bool told = put(store, "web/graph_missing.sql", of, NULL, &text, err) == HW_JSON_TEXT;
  json_t *json = told ? hw_json_parse(db, text.data, text.length, false, err) : NULL;
  const char *message = json_string_value(json_object_get(json, "message"));
  if (message) hw_fail(err, HW_ERROR_INPUT, "%s: %s", db, message);
  else if (err->kind == HW_OK) hw_fail(err, HW_ERROR_INPUT, "%s: there is no graph of prompt %s", db, of->prompt);
  json_decref(json);
  hw_buffer_fini(&text);
  return false;
}

/* *found is false where the statement gives no row. */
static bool put_member(hw_store *store, const char *key, const char *file, const wanted_graph *of, bool *found, hw_buffer *out, hw_error *err) {
  hw_buffer_printf(out, ",\n\"%s\":", key);
  hw_json_outcome outcome = put(store, file, of, NULL, out, err);
  *found = outcome == HW_JSON_TEXT;
  return *found || outcome == HW_JSON_NO_ROW;
}

/* "relevance": {"answer", "contrast"}, null where it is not stored of the graph. */
static bool put_relevances(hw_store *store, const wanted_graph *of, hw_buffer *out, hw_error *err) {
  static const char *const modes[] = {"answer", "contrast"};
  for (int i = 0; i < 2; i++) {
    hw_buffer_printf(out, "%s\"%s\":", i ? ",\n" : ",\n\"relevance\":{", modes[i]);
    hw_json_outcome outcome = put(store, "web/relevance.sql", of, modes[i], out, err);
    if (outcome == HW_JSON_NO_ROW) hw_buffer_append_string(out, "null");
    else if (outcome != HW_JSON_TEXT) return false;
  }
  hw_buffer_append_byte(out, '}');
  return true;
}

bool hw_page_stored(hw_store *store, const char *db, int64_t prompt_id, int64_t target, hw_buffer *title, hw_buffer *data, hw_error *err) {
  static const char *const members[][2] = {{"graph", "web/graph.sql"}, {"lists", "web/lists.sql"}, {"neurons", "web/page_neurons.sql"}};
  wanted_graph of = {"", ""};
  bool found;
  (void)hw_snprintf(of.prompt, sizeof of.prompt, "%" PRId64, prompt_id);
  if (target >= 0) (void)hw_snprintf(of.target, sizeof of.target, "%" PRId64, target);
  const char *slash = strrchr(db, '/'), *name = slash ? slash + 1 : db; /* the folder is nobody's business */
  hw_buffer_printf(title, "%s: prompt %" PRId64, name, prompt_id);
  hw_json json;
  hw_buffer_append_string(data, "{\"database\":");
  hw_json_init(&json, data);
  hw_json_string(&json, name);
  if (!put_member(store, "run", "web/run.sql", NULL, &found, data, err)) return false;
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    if (!put_member(store, members[i][0], members[i][1], &of, &found, data, err)) return false;
    if (!found) return fail_missing(store, db, &of, err);
  }
  if (!put_relevances(store, &of, data, err)) return false;
  hw_buffer_append_byte(data, '}');
  return hw_buffer_check(title, err) && hw_buffer_check(data, err);
}
