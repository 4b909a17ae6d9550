/* SPDX-License-Identifier: Apache-2.0
 * What each prompt says about each component, decoded from the compressed columns. Importances and flows are the integers (1e-6)
 * that the aggregates sum, so means agree with those of the views. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/progress.h"
#include "codec/codec.h"
#include "graph/components.h"
#include "graph/relevance_list.h"
#include "study/compare.h"
#include "study/roles.h"

/* An item with the numbers of its roles among the names of both databases, in the order in which items are listed. */
static uint64_t item_key(uint32_t item, const uint32_t *role_of) {
  return (uint64_t)hw_item_edge(item) << 16 | role_of[hw_item_source(item)] << 8 | role_of[hw_item_target(item)];
}

const char *const hw_answer_measures[6] = {"accuracy", "whole_accuracy", "probability", "log_probability", "logit_diff", "log_probability_diff"};

void hw_compared_component_of(uint64_t key, const hw_measured *measured, hw_compared_component *component) {
  if (measured->request->components == HW_SET_ANSWERS) {
    *component = (hw_compared_component){.answer_measure = hw_answer_measures[key]};
    return;
  }
  if (measured->request->components != HW_SET_ITEMS) {
    *component = (hw_compared_component){.layer = hw_component_key_layer(key), .index = hw_component_key_index(key)};
    component->ffn = measured->request->components == HW_SET_RELEVANCE && component->index == HW_MAX_HEADS;
    return;
  }
  uint32_t item = hw_item_of_edge((uint32_t)(key >> 16));
  *component = (hw_compared_component){.layer = hw_item_layer(item), .index = hw_item_head(item), .ffn = hw_item_kind(item) == HW_ITEM_FFN,
                                       .source_role = measured->roles[key >> 8 & 255], .target_role = measured->roles[key & 255]};
}

/* ---- components by number ---- */

bool hw_measured_number(hw_measured *m, uint64_t key, uint32_t *number, hw_error *err) {
  if (m->n >= UINT32_MAX / 4) return hw_fail(err, HW_ERROR_UNSUPPORTED, "too many components to compare");
  if (!hw_hash_reserve(&m->numbers, 1, NULL, err)) return false;
  hw_hash_entry *entry = hw_hash_find(&m->numbers, key);
  if (!entry->value) {
    if (!hw_list_reserve(m->components, m->n, 1, m->capacity, NULL, err)) return false;
    m->components[m->n++] = (hw_measured_component){.key = key};
    hw_hash_put(&m->numbers, entry, key, m->n);
  }
  *number = (uint32_t)(entry->value - 1);
  return true;
}

void hw_measured_fini(hw_measured *m) {
  free(m->components);
  hw_hash_fini(&m->numbers);
  for (int side = 0; side < 2; side++) free(m->entries[side]);
  *m = (hw_measured){0};
}

/* ---- one graph ---- */

typedef struct reading {
  hw_measured *measured;
  hw_store *store;
  hw_arena arena; /* of one graph */
  int side;
  uint32_t unit;
  int64_t prompt_id;
  const uint32_t *role_of; /* [HW_ROLE_IDS] number among measured->roles */
  hw_statement graphs, roles; /* roles: items only */
} reading;

static bool add(reading *r, uint64_t key, double value, hw_error *err) {
  hw_measured *m = r->measured;
  uint32_t number = 0;
  if (value == 0) return true;
  if (!hw_measured_number(m, key, &number, err)) return false;
  uint64_t unit = ((uint64_t)r->unit << 1 | (unsigned)r->side) + 1;
  hw_measured_component *component = &m->components[number];
  component->n_active += component->last_unit != unit;
  component->last_unit = unit;
  if (!hw_list_reserve(m->entries[r->side], m->n_entries[r->side], 1, m->entries_capacity[r->side], NULL, err)) return false;
  m->entries[r->side][m->n_entries[r->side]++] = (hw_stats_entry){r->unit, number, value};
  return true;
}

static bool measure_heads(reading *r, const void *bytes, size_t length, hw_component_measures *measures, hw_error *err) {
  hw_blob_info info;
  hw_head_row *heads;
  size_t n;
  return hw_decode_heads(bytes, length, &r->arena, &info, &heads, &n, err) && hw_measure_heads(heads, n, &r->arena, measures, err);
}

static bool measure_neurons(reading *r, const void *bytes, size_t length, hw_component_measures *measures, hw_error *err) {
  hw_blob_info info;
  hw_neurons neurons;
  return hw_decode_neurons(bytes, length, HW_ROWS_IN_GRAPH, &r->arena, &info, &neurons, err) &&
         hw_measure_neurons(neurons.nodes, neurons.node_flows, neurons.n_nodes, neurons.rows, &r->arena, measures, err);
}

static bool roles_of_prompt(reading *r, uint32_t n_tokens, const uint8_t **roles, hw_error *err) {
  bool row;
  hw_statement_reset(&r->roles);
  hw_bind_integer(&r->roles, ":prompt_id", r->prompt_id);
  if (!hw_statement_step(&r->roles, &row, err)) return false;
  size_t n_roles = 0;
  *roles = row ? hw_column_blob(&r->roles, 0, &n_roles) : NULL;
  bool fits = *roles && n_roles == n_tokens;
  for (uint32_t i = 0; fits && i < n_tokens; i++) fits = r->role_of[(*roles)[i] & HW_ROLE_MASK] != UINT32_MAX;
  return fits || hw_fail(err, HW_ERROR_INPUT, "the roles of prompt %" PRId64 " are damaged", r->prompt_id);
}

static bool measure_items(reading *r, const void *bytes, size_t length, hw_component_measures *measures, hw_error *err) {
  hw_blob_info info;
  hw_part *parts;
  hw_graph graph;
  size_t n_parts;
  const uint8_t *roles;
  if (!hw_decode_edges(bytes, length, &r->arena, &info, &parts, &n_parts, err) ||
      !hw_graph_replay(&info.frame, parts, n_parts, info.threshold, &r->arena, &r->arena, &graph, err) ||
      !roles_of_prompt(r, info.frame.n_tokens, &roles, err) || !hw_measure_items(&graph, roles, &r->arena, measures, err))
    return false;
  for (size_t i = 0; i < measures->n; i++) measures->rows[i].key = item_key((uint32_t)measures->rows[i].key, r->role_of);
  return true;
}

static bool add_graph(reading *r, const void *bytes, size_t length, hw_error *err) {
  static bool (*const measure[])(reading *, const void *, size_t, hw_component_measures *, hw_error *) = {measure_heads, measure_neurons,
                                                                                                          measure_items};
  hw_component_measures measures;
  hw_arena_reset(&r->arena);
  bool ok = measure[r->measured->request->components](r, bytes, length, &measures, err);
  for (size_t i = 0; ok && i < measures.n; i++)
    ok = add(r, measures.rows[i].key,
             r->measured->request->measure == HW_MEASURE_FLOW ? measures.rows[i].flow : measures.rows[i].importance, err);
  return ok;
}

/* ---- one prompt ---- */

/* Rounded to 1e-6 as importances are: sums of integers do not depend on their order. */
static bool read_answer(reading *r, hw_error *err) {
  bool row;
  hw_statement_reset(&r->graphs);
  hw_bind_integer(&r->graphs, ":prompt_id", r->prompt_id);
  if (!hw_statement_step(&r->graphs, &row, err)) return false;
  for (int i = 0; i < (int)(sizeof hw_answer_measures / sizeof *hw_answer_measures); i++) {
    uint32_t number = 0;
    if (!hw_measured_number(r->measured, (uint64_t)i, &number, err)) return false;
    double value = row && !hw_column_is_null(&r->graphs, i) ? round(hw_column_real(&r->graphs, i) * HW_MICRO) : (double)NAN;
    if (!isfinite(value)) r->measured->components[number].missing++;
    else if (!add(r, (uint64_t)i, value, err)) return false;
  }
  return true;
}

static bool add_neuron_relevances(reading *r, const hw_relevance_rows *rows, hw_error *err) {
  hw_stored_neuron *neurons = hw_arena_new(&r->arena, hw_stored_neuron, rows->n_neurons, err);
  if (!neurons) return false;
  size_t n = hw_relevance_neurons(rows, rows->threshold, neurons);
  bool ok = true;
  for (size_t i = 0; ok && i < n; i++) ok = add(r, hw_component_key(neurons[i].layer, neurons[i].neuron), (double)neurons[i].r, err);
  return ok;
}

/* FFNs behind the heads of their layer. */
static bool add_relevances(reading *r, const hw_relevance_rows *rows, hw_error *err) {
  if (r->measured->request->components == HW_SET_RELEVANCE_NEURONS) return add_neuron_relevances(r, rows, err);
  bool ok = true;
  for (size_t layer = 0; ok && layer < rows->n_layers; layer++) {
    for (size_t head = 0; ok && head < rows->n_heads; head++)
      ok = add(r, hw_component_key((uint32_t)layer, (uint32_t)head), (double)rows->heads[layer * rows->n_heads + head], err);
    ok = ok && add(r, hw_component_key((uint32_t)layer, HW_MAX_HEADS), (double)rows->ffn[layer], err);
  }
  return ok;
}

static bool read_relevance(reading *r, hw_error *err) {
  hw_blob_info info;
  hw_relevance_rows rows;
  hw_error why = {0};
  bool row;
  hw_arena_reset(&r->arena);
  hw_statement_reset(&r->graphs);
  hw_bind_integer(&r->graphs, ":prompt_id", r->prompt_id);
  hw_bind_string(&r->graphs, ":mode", hw_comparison_measure(r->measured->request));
  if (!hw_statement_step(&r->graphs, &row, err)) return false;
  if (!row) return hw_fail(err, HW_ERROR_INPUT, "%s: prompt %" PRId64 " has no relevance", r->store->path, r->prompt_id);
  size_t length;
  const void *bytes = hw_column_blob(&r->graphs, 0, &length);
  if (hw_decode_relevance(bytes, length, &r->arena, &info, &rows, &why)) return add_relevances(r, &rows, err);
  return hw_fail(err, why.kind, "%s: prompt %" PRId64 ": %s", r->store->path, r->prompt_id, why.message);
}

static bool read_prompt(reading *r, hw_error *err) {
  hw_measured *m = r->measured;
  size_t first = m->n_entries[r->side], n_graphs = 0;
  bool row = true, ok;
  hw_statement_reset(&r->graphs);
  hw_bind_integer(&r->graphs, ":prompt_id", r->prompt_id);
  while ((ok = hw_statement_step(&r->graphs, &row, err)) && row) {
    size_t length;
    const void *bytes = hw_column_blob(&r->graphs, 0, &length);
    n_graphs++;
    hw_error why = {0};
    if (!add_graph(r, bytes, length, &why))
      return hw_fail(err, why.kind, "%s: prompt %" PRId64 ": %s", r->store->path, r->prompt_id, why.message);
  }
  if (ok && !n_graphs) return hw_fail(err, HW_ERROR_INPUT, "%s: prompt %" PRId64 " has no graph", r->store->path, r->prompt_id);
  for (size_t i = first; n_graphs > 1 && i < m->n_entries[r->side]; i++) m->entries[r->side][i].value /= (double)n_graphs;
  return ok;
}

/* Numbers the roles of a database by name, so that those of two databases meet: each has HW_ROLE_IDS at most. */
static bool read_roles(hw_measured *m, hw_store *store, hw_arena *arena, uint32_t *role_of, hw_error *err) {
  const char *names[HW_ROLE_IDS] = {0};
  if (!hw_roles_read(store, arena, names, err)) return false;
  if (!m->roles && !(m->roles = hw_arena_znew(arena, const char *, 2 * HW_ROLE_IDS, err))) return false;
  for (size_t id = 0; id < HW_ROLE_IDS; id++) {
    uint32_t number = 0;
    while (names[id] && number < m->n_roles && strcmp(m->roles[number], names[id]) != 0) number++;
    if (names[id] && number == m->n_roles) m->roles[m->n_roles++] = names[id];
    role_of[id] = names[id] ? number : UINT32_MAX;
  }
  return true;
}

bool hw_measured_read(hw_measured *m, hw_store *store, int side, const int64_t *prompts, size_t n, hw_arena *names, hw_error *err) {
  static const char *const files[] = {"compare/graph_heads.sql", "compare/graph_neurons.sql", "compare/graph_edges.sql", "compare/answers.sql", "compare/relevances.sql", "compare/relevances.sql"};
  static const char *const stages[] = {"prompts of a", "prompts of b"};
  uint32_t role_of[HW_ROLE_IDS];
  reading r = {.measured = m, .store = store, .side = side, .role_of = role_of};
  hw_arena_init(&r.arena);
  bool items = m->request->components == HW_SET_ITEMS;
  bool ok = hw_statement_open(&r.graphs, store, files[m->request->components], err);
  if (ok && items) ok = read_roles(m, store, names, role_of, err) && hw_statement_open(&r.roles, store, "compare/prompt_roles.sql", err);
  for (size_t i = 0; ok && i < n; i++) {
    hw_tell_progress(m->request->hooks, stages[side], (int64_t)i, (int64_t)n);
    r.unit = (uint32_t)i;
    r.prompt_id = prompts[i];
    ok = m->request->components == HW_SET_ANSWERS                  ? read_answer(&r, err)
         : hw_component_set_is_relevance(m->request->components) ? read_relevance(&r, err)
                                                                 : read_prompt(&r, err);
  }
  hw_statement_close(&r.graphs);
  hw_statement_close(&r.roles);
  hw_arena_fini(&r.arena);
  return ok;
}
