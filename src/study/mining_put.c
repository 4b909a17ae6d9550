/* SPDX-License-Identifier: Apache-2.0
 * Stores a mining: its circuits, the graphs that have each circuit, and those that have all of it but one edge. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/progress.h"
#include "codec/codec.h"
#include "study/mining_data.h"
#include "study/saved.h"
#include "query/select.h"
#include "sqlite/connection.h"
#include "sqlite/sql.h"

enum { EXAMPLES = 5 };

typedef struct circuit_writer {
  hw_store *store;
  const hw_mining_data *data;
  const hw_mine_sets *sets;
  uint64_t *graphs, *almost; /* [n_words] that have the circuit; all of it but one edge */
  uint32_t *weakest;         /* [n_graphs] importance of the weakest edge so far */
  hw_item_graph *list;       /* [n_graphs] */
  hw_buffer path, blob;
} circuit_writer;

static bool has_bit(const uint64_t *bits, uint32_t bit) { return bits[bit / 64] >> (bit % 64) & 1; }

/* ---- one circuit ---- */

static void weaken(void *context, size_t graph, uint32_t importance) {
  uint32_t *weakest = context;
  if (importance < weakest[graph]) weakest[graph] = importance;
}

/* The graphs that have the circuit, with the importance of its weakest edge. */
static bool make_blob(circuit_writer *w, const hw_mine_set *set, hw_error *err) {
  const hw_mining_data *data = w->data;
  size_t n = 0;
  for (size_t i = 0; i < data->n_graphs; i++) w->weakest[i] = UINT32_MAX;
  for (uint32_t k = 0; k < set->n; k++)
    if (!hw_mining_visit(w->store, data, data->base.items[w->sets->members[set->first + k]], weaken, w->weakest, err)) return false;
  for (size_t i = 0; i < data->n_graphs; i++)
    if (has_bit(w->graphs, data->bit_of[i])) w->list[n++] = (hw_item_graph){.graph_id = data->graph_ids[i], .importance = w->weakest[i]};
  hw_buffer_reset(&w->blob);
  hw_encode_item_graphs(&w->blob, w->list, n);
  return hw_buffer_check(&w->blob, err);
}

static bool put_edges(circuit_writer *w, int64_t id, const hw_mine_set *set, hw_error *err) {
  for (uint32_t k = 0; k < set->n; k++) {
    hw_statement *s = hw_store_statement(w->store, "mining/insert_edge.sql", err);
    if (!s) return false;
    hw_bind_integer(s, ":circuit_id", id);
    hw_bind_integer(s, ":item_id", w->data->base.items[w->sets->members[set->first + k]]);
    if (!hw_statement_run(s, "store a circuit", err)) return false;
  }
  return true;
}

static bool put_groups(circuit_writer *w, int64_t id, hw_error *err) {
  const hw_mine_base *base = &w->data->base;
  for (size_t g = 0, first = 0; g < base->n_groups; first = base->group_ends[g++]) {
    hw_statement *s = hw_store_statement(w->store, "mining/insert_group.sql", err);
    if (!s) return false;
    hw_bind_integer(s, ":circuit_id", id);
    hw_bind_integer(s, ":group_id", w->data->group_ids[g]);
    hw_bind_integer(s, ":support", (int64_t)hw_mine_count(w->graphs + first, base->group_ends[g] - first));
    hw_bind_integer(s, ":n", base->group_sizes[g]);
    if (!hw_statement_run(s, "store a circuit", err)) return false;
  }
  return true;
}

/* [3,17,...]: the lowest prompts of the graphs that have all edges but this one. */
static void list_examples(circuit_writer *w, const uint64_t *edge) {
  int64_t last = -1;
  hw_buffer_reset(&w->path);
  hw_buffer_append_byte(&w->path, '[');
  for (size_t i = 0, n = 0; i < w->data->n_graphs && n < EXAMPLES; i++) {
    uint32_t bit = w->data->bit_of[i];
    int64_t prompt = hw_graph_id_prompt(w->data->graph_ids[i]);
    if (!has_bit(w->almost, bit) || has_bit(edge, bit) || prompt == last) continue;
    hw_buffer_printf(&w->path, "%s%" PRId64, n++ ? "," : "", prompt);
    last = prompt;
  }
  hw_buffer_append_byte(&w->path, ']');
}

static bool put_breaks(circuit_writer *w, int64_t id, const hw_mine_set *set, hw_error *err) {
  const hw_mine_base *base = &w->data->base;
  const uint32_t *members = w->sets->members + set->first;
  for (uint32_t k = 0; k < set->n; k++) {
    const uint64_t *edge = base->bits + members[k] * base->n_words;
    (void)hw_mine_graphs(base, members, set->n, k, w->almost);
    for (size_t i = 0; i < base->n_words; i++) w->almost[i] &= w->data->all[i];
    uint64_t n = hw_mine_count_without(w->almost, edge, base->n_words);
    if (!n) continue;
    list_examples(w, edge);
    if (!hw_buffer_check(&w->path, err)) return false;
    hw_statement *s = hw_store_statement(w->store, "mining/insert_break.sql", err);
    if (!s) return false;
    hw_bind_integer(s, ":circuit_id", id);
    hw_bind_integer(s, ":item_id", base->items[members[k]]);
    hw_bind_integer(s, ":n", (int64_t)n);
    hw_bind_string(s, ":prompts", w->path.data);
    if (!hw_statement_run(s, "store a circuit", err)) return false;
  }
  return true;
}

static bool put_circuit(circuit_writer *w, int64_t mining_id, size_t rank, const hw_mine_pick *pick, hw_error *err) {
  const hw_mine_base *base = &w->data->base;
  const hw_mine_set *set = &w->sets->sets[pick->set];
  const uint32_t *members = w->sets->members + set->first;
  int64_t id = hw_circuit_id(mining_id, (uint32_t)rank);
  (void)hw_mine_graphs(base, members, set->n, SIZE_MAX, w->graphs);
  if (!make_blob(w, set, err)) return false;
  uint32_t *items = calloc(set->n, sizeof *items);
  if (!items) return hw_fail_memory(err, "a circuit");
  for (uint32_t k = 0; k < set->n; k++) items[k] = base->items[members[k]];
  hw_buffer_reset(&w->path);
  hw_mine_paths(items, set->n, w->data->parallel_block, w->data->role_names, HW_ROLE_IDS, &w->path);
  free(items);
  if (!hw_buffer_check(&w->path, err)) return false;
  hw_statement *s = hw_store_statement(w->store, "mining/insert_circuit.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":circuit_id", id);
  hw_bind_integer(s, ":mining_id", mining_id);
  hw_bind_integer(s, ":rank", (int64_t)rank);
  hw_bind_string(s, ":path", w->path.data);
  hw_bind_integer(s, ":n_edges", set->n);
  hw_bind_integer(s, ":support", set->support);
  hw_bind_real(s, ":lift", hw_mine_lift(base, members, set->n, set->support));
  hw_bind_integer(s, ":new_cells", (int64_t)pick->new_cells);
  hw_bind_blob(s, ":graphs", w->blob.data, w->blob.length);
  return hw_statement_run(s, "store a circuit", err) && put_edges(w, id, set, err) && put_groups(w, id, err) &&
         put_breaks(w, id, set, err);
}

/* ---- the mining ---- */

/* The parameters that identify a mining. */
static bool parameters_of(const hw_mining_settings *settings, const char *roles, hw_buffer *out, hw_error *err) {
  hw_buffer_printf(out, "by=%s connected=%s items=%s min_support=", settings->by_group ? "group" : "none",
                   settings->connected ? "yes" : "no", settings->ffn ? "heads+ffn" : "heads");
  hw_format_double(out, settings->min_support);
  hw_buffer_printf(out, " rank=%s roles=%s", settings->surplus ? "surplus" : "area", roles);
  return hw_buffer_check(out, err);
}

static void bind_completeness(hw_statement *s, const hw_mining_summary *summary) {
  if (summary->complete_support <= 1) hw_bind_real(s, ":complete_support", summary->complete_support);
  else hw_bind_null(s, ":complete_support");
  hw_bind_integer(s, ":n_graphs", summary->n_graphs);
  hw_bind_integer(s, ":complete", summary->complete);
}

static bool delete_old(hw_store *store, const char *parameters, const hw_mining_summary *summary, hw_error *err) {
  hw_statement s;
  bool row = false, there, ok = hw_statement_open(&s, store, "mining/find_same.sql", err);
  if (ok) hw_bind_string(&s, ":parameters", parameters);
  if (ok) bind_completeness(&s, summary);
  ok = ok && hw_statement_step(&s, &row, err);
  int64_t id = row ? hw_column_integer(&s, 0) : 0;
  bool knows_more = row && hw_column_integer(&s, 1);
  hw_statement_close(&s);
  if (ok && knows_more)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s; mining %" PRId64 " of the same parameters has more, and stays", store->path, summary->note, id);
  return ok && (!row || hw_saved_delete(store, &hw_saved_mining, id, &there, err));
}

static bool put_mining(hw_store *store, const char *parameters, const hw_mining_settings *settings,
                       const hw_mining_summary *summary, hw_error *err) {
  hw_statement *s = hw_store_statement(store, "mining/insert_mining.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":mining_id", summary->mining_id);
  hw_bind_string(s, ":parameters", parameters);
  hw_bind_real(s, ":min_support", settings->min_support);
  bind_completeness(s, summary);
  hw_bind_integer(s, ":n_items", summary->n_items);
  hw_bind_integer(s, ":n_items_cut", summary->n_items_cut);
  hw_bind_integer(s, ":n_sets", summary->n_sets);
  hw_bind_string(s, ":note", summary->note);
  return hw_statement_run(s, "store a mining", err);
}

/* One more than the highest, which a damaged table may have too high for the numbers of circuits. */
static bool next_number(hw_store *store, int64_t *id, hw_error *err) {
  if (!hw_store_integer(store, "mining/next_mining.sql", id, err)) return false;
  return (*id > 0 && *id <= HW_MAX_MINING) || hw_fail(err, HW_ERROR_INPUT, "%s: table mining: the next mining_id would be %" PRId64, store->path, *id);
}

static bool put_all(circuit_writer *w, const hw_mining_settings *settings, const hw_mine_pick *picks, size_t n_picks,
                    hw_mining_summary *summary, hw_error *err) {
  hw_buffer parameters;
  hw_buffer_init(&parameters);
  bool ok = parameters_of(settings, summary->roles, &parameters, err) &&
            hw_store_exec(w->store, hw_sql("mining/schema.sql"), "create its tables for circuits", err) &&
            delete_old(w->store, parameters.data, summary, err) &&
            next_number(w->store, &summary->mining_id, err) &&
            put_mining(w->store, parameters.data, settings, summary, err);
  for (size_t i = 0; ok && i < n_picks; i++) {
    hw_tell_progress(settings->hooks, "circuits", (int64_t)i, (int64_t)n_picks);
    ok = put_circuit(w, summary->mining_id, i + 1, &picks[i], err);
  }
  hw_buffer_fini(&parameters);
  return ok;
}

bool hw_mining_put(hw_store *store, const hw_mining_data *data, const hw_mining_settings *settings, const hw_mine_sets *sets,
                   const hw_mine_pick *picks, size_t n_picks, hw_mining_summary *summary, hw_error *err) {
  circuit_writer w = {.store = store, .data = data, .sets = sets};
  hw_buffer_init(&w.path);
  hw_buffer_init(&w.blob);
  w.graphs = calloc(data->base.n_words, sizeof *w.graphs);
  w.almost = calloc(data->base.n_words, sizeof *w.almost);
  w.weakest = calloc(data->n_graphs, sizeof *w.weakest);
  w.list = calloc(data->n_graphs, sizeof *w.list);
  bool ok = (w.graphs && w.almost && w.weakest && w.list) || hw_fail_memory(err, "the circuits");
  if (ok && (ok = hw_store_begin(store, err))) {
    ok = put_all(&w, settings, picks, n_picks, summary, err);
    if (ok) ok = hw_store_commit(store, err);
    else hw_store_rollback(store);
  }
  hw_buffer_fini(&w.path);
  hw_buffer_fini(&w.blob);
  free(w.graphs);
  free(w.almost);
  free(w.weakest);
  free(w.list);
  return ok;
}
