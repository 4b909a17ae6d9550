/* SPDX-License-Identifier: Apache-2.0
 * The data of a saved page from a database. */
#include <inttypes.h>
#include <string.h>

#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/number.h"
#include "query/json.h"
#include "web/page.h"

typedef struct numbers { /* as texts, for the parameters of statements */
  char prompt[24], target[24], layer[24], position[24];
} numbers;

enum { OF_GRAPH = 2, OF_NODE = 4 }; /* parameters */

static hw_json_outcome put(hw_store *store, const char *file, const numbers *of, size_t n, hw_buffer *out, hw_error *err) {
  const hw_parameter parameters[OF_NODE] = {
      {"prompt", of->prompt}, {"target", of->target[0] ? of->target : NULL}, {"layer", of->layer}, {"position", of->position}};
  return hw_store_json(store, file, n ? parameters : NULL, n, out, err);
}

/* Why there is no graph, in words. */
static bool fail_missing(hw_store *store, const char *db, const numbers *of, hw_error *err) {
  hw_buffer text;
  hw_buffer_init(&text);
  bool told = put(store, "web/graph_missing.sql", of, OF_GRAPH, &text, err) == HW_JSON_TEXT;
  json_t *json = told ? hw_json_parse(db, text.data, text.length, false, err) : NULL;
  const char *message = json_string_value(json_object_get(json, "message"));
  if (message) hw_fail(err, HW_ERROR_INPUT, "%s: %s", db, message);
  else if (told && json) hw_fail(err, HW_ERROR_INPUT, "%s: there is no graph of prompt %s", db, of->prompt);
  json_decref(json);
  hw_buffer_fini(&text);
  return false;
}

static bool put_member(hw_store *store, const char *key, const char *file, const numbers *of, size_t n, hw_buffer *out, hw_error *err) {
  hw_buffer_printf(out, "%s\"%s\":", out->length > 1 ? ",\n" : "", key);
  hw_json_outcome outcome = put(store, file, of, n, out, err);
  if (outcome == HW_JSON_NO_ROW) return hw_fail(err, HW_ERROR_INPUT, "sql/%s gives no row for prompt %s", file, of->prompt);
  return outcome == HW_JSON_TEXT;
}

/* "neurons": {"LAYER.POSITION": what the end point gives}, of every FFN node that is stored. */
static bool put_neurons(hw_store *store, const hw_graph_record *record, numbers *of, hw_buffer *out, hw_error *err) {
  hw_buffer_append_string(out, ",\n\"neurons\":{");
  for (size_t i = 0; i < record->n_neuron_nodes; i++) {
    (void)hw_snprintf(of->layer, sizeof of->layer, "%" PRIu16, record->neuron_nodes[i].layer);
    (void)hw_snprintf(of->position, sizeof of->position, "%" PRIu32, record->neuron_nodes[i].position);
    hw_buffer_printf(out, "%s\"%s.%s\":", i ? ",\n" : "", of->layer, of->position);
    if (put(store, "web/neurons.sql", of, OF_NODE, out, err) != HW_JSON_TEXT) return false;
  }
  hw_buffer_append_byte(out, '}');
  return true;
}

static bool put_stored(hw_store *store, const char *db, int64_t prompt_id, int64_t target, hw_arena *arena, hw_buffer *title, hw_buffer *data,
                       hw_error *err) {
  numbers of = {0};
  hw_run_info info;
  hw_graph_record record;
  bool found;
  (void)hw_snprintf(of.prompt, sizeof of.prompt, "%" PRId64, prompt_id);
  if (target >= 0) (void)hw_snprintf(of.target, sizeof of.target, "%" PRId64, target);
  if (!hw_store_read_run(store, arena, &info, err) ||
      !hw_store_read_graph(store, &info, prompt_id, target, info.floor, arena, &found, &record, err)) return false;
  if (!found) return fail_missing(store, db, &of, err);
  const char *slash = strrchr(db, '/');
  hw_buffer_printf(title, "%s: prompt %" PRId64 " of %s", info.model_name, prompt_id, info.dataset_name);
  hw_json json;
  hw_buffer_append_string(data, "{\"database\":");
  hw_json_init(&json, data);
  hw_json_string(&json, slash ? slash + 1 : db); /* the folder is nobody's business */
  bool ok = put_member(store, "run", "web/run.sql", &of, 0, data, err) && put_member(store, "graph", "web/graph.sql", &of, OF_GRAPH, data, err) &&
            put_member(store, "lists", "web/lists.sql", &of, OF_GRAPH, data, err) && put_neurons(store, &record, &of, data, err);
  hw_buffer_append_byte(data, '}');
  return ok && hw_buffer_check(title, err) && hw_buffer_check(data, err);
}

bool hw_page_stored(hw_store *store, const char *db, int64_t prompt_id, int64_t target, hw_buffer *title, hw_buffer *data, hw_error *err) {
  hw_arena arena;
  hw_arena_init(&arena);
  bool ok = put_stored(store, db, prompt_id, target, &arena, title, data, err);
  hw_arena_fini(&arena);
  return ok;
}
