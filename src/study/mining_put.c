/* SPDX-License-Identifier: Apache-2.0
 * Storing a mining: the circuits, who shows them, and who almost does. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "study/mining_data.h"
#include "query/select.h"
#include "sqlite/sql.h"

enum { EXAMPLES = 5, RANK_BITS = 20 };

typedef struct putter {
  hw_store *store;
  const hw_mining_data *data;
  const hw_mine_sets *sets;
  sqlite3_stmt *circuit, *edge, *group, *broken;
  uint64_t *graphs, *almost; /* [n_words] that have the circuit; all of it but one edge */
  uint32_t *weakest;         /* [n_graphs] importance of the weakest edge so far */
  hw_item_graph *list;       /* [n_graphs] */
  hw_buffer path, blob;
} putter;

static void bind_integer(sqlite3_stmt *s, const char *name, int64_t value) {
  (void)sqlite3_bind_int64(s, hw_parameter_index(s, name), value);
}

static void bind_real(sqlite3_stmt *s, const char *name, double value) {
  (void)sqlite3_bind_double(s, hw_parameter_index(s, name), value);
}

static void bind_string(sqlite3_stmt *s, const char *name, const char *text) {
  hw_bind_text(s, hw_parameter_index(s, name), text, strlen(text));
}

static bool has_bit(const uint64_t *bits, uint32_t bit) { return bits[bit / 64] >> (bit % 64) & 1; }

/* ---- one circuit ---- */

static void weaken(void *context, size_t graph, uint32_t importance) {
  uint32_t *weakest = context;
  if (importance < weakest[graph]) weakest[graph] = importance;
}

/* The graphs that have the circuit, with the importance of its weakest edge. */
static bool make_blob(putter *p, const hw_mine_set *set, hw_error *err) {
  const hw_mining_data *data = p->data;
  size_t n = 0;
  for (size_t i = 0; i < data->n_graphs; i++) p->weakest[i] = UINT32_MAX;
  for (uint32_t k = 0; k < set->n; k++)
    if (!hw_mining_visit(p->store, data, data->base.items[p->sets->members[set->first + k]], weaken, p->weakest, err)) return false;
  for (size_t i = 0; i < data->n_graphs; i++)
    if (has_bit(p->graphs, data->bit_of[i])) p->list[n++] = (hw_item_graph){.graph_id = data->graph_ids[i], .importance = p->weakest[i]};
  hw_buffer_reset(&p->blob);
  hw_encode_item_graphs(&p->blob, p->list, n);
  return hw_buffer_check(&p->blob, err);
}

static bool put_edges(putter *p, int64_t id, const hw_mine_set *set, hw_error *err) {
  for (uint32_t k = 0; k < set->n; k++) {
    bind_integer(p->edge, ":circuit_id", id);
    bind_integer(p->edge, ":item_id", p->data->base.items[p->sets->members[set->first + k]]);
    if (!hw_store_run(p->store, p->edge, "store a circuit", err)) return false;
  }
  return true;
}

static bool put_groups(putter *p, int64_t id, hw_error *err) {
  const hw_mine_base *base = &p->data->base;
  for (size_t g = 0, first = 0; g < base->n_groups; first = base->group_ends[g++]) {
    bind_integer(p->group, ":circuit_id", id);
    bind_integer(p->group, ":group_id", p->data->group_ids[g]);
    bind_integer(p->group, ":support", (int64_t)hw_mine_count(p->graphs + first, base->group_ends[g] - first));
    bind_integer(p->group, ":n", base->group_sizes[g]);
    if (!hw_store_run(p->store, p->group, "store a circuit", err)) return false;
  }
  return true;
}

/* [3,17,...]: the lowest prompts of the graphs that have all edges but this one. */
static void list_examples(putter *p, const uint64_t *edge) {
  int64_t last = -1;
  hw_buffer_reset(&p->path);
  hw_buffer_append_byte(&p->path, '[');
  for (size_t i = 0, n = 0; i < p->data->n_graphs && n < EXAMPLES; i++) {
    uint32_t bit = p->data->bit_of[i];
    int64_t prompt = p->data->graph_ids[i] >> HW_POSITION_BITS;
    if (!has_bit(p->almost, bit) || has_bit(edge, bit) || prompt == last) continue;
    hw_buffer_printf(&p->path, "%s%" PRId64, n++ ? "," : "", prompt);
    last = prompt;
  }
  hw_buffer_append_byte(&p->path, ']');
}

static bool put_breaks(putter *p, int64_t id, const hw_mine_set *set, hw_error *err) {
  const hw_mine_base *base = &p->data->base;
  const uint32_t *members = p->sets->members + set->first;
  for (uint32_t k = 0; k < set->n; k++) {
    const uint64_t *edge = base->bits + members[k] * base->n_words;
    (void)hw_mine_graphs(base, members, set->n, k, p->almost);
    for (size_t w = 0; w < base->n_words; w++) p->almost[w] &= p->data->all[w];
    uint64_t n = hw_mine_count_without(p->almost, edge, base->n_words);
    if (!n) continue;
    list_examples(p, edge);
    if (!hw_buffer_check(&p->path, err)) return false;
    bind_integer(p->broken, ":circuit_id", id);
    bind_integer(p->broken, ":item_id", base->items[members[k]]);
    bind_integer(p->broken, ":n", (int64_t)n);
    bind_string(p->broken, ":prompts", p->path.data);
    if (!hw_store_run(p->store, p->broken, "store a circuit", err)) return false;
  }
  return true;
}

static bool put_circuit(putter *p, int64_t mining_id, size_t rank, const hw_mine_pick *pick, hw_error *err) {
  const hw_mine_base *base = &p->data->base;
  const hw_mine_set *set = &p->sets->sets[pick->set];
  const uint32_t *members = p->sets->members + set->first;
  int64_t id = mining_id << RANK_BITS | (int64_t)rank;
  (void)hw_mine_graphs(base, members, set->n, SIZE_MAX, p->graphs);
  if (!make_blob(p, set, err)) return false;
  uint32_t *items = calloc(set->n, sizeof *items);
  if (!items) return hw_fail_memory(err, "a circuit");
  for (uint32_t k = 0; k < set->n; k++) items[k] = base->items[members[k]];
  hw_buffer_reset(&p->path);
  hw_mine_paths(items, set->n, p->data->role_names, HW_ROLE_IDS, &p->path);
  free(items);
  if (!hw_buffer_check(&p->path, err)) return false;
  bind_integer(p->circuit, ":circuit_id", id);
  bind_integer(p->circuit, ":mining_id", mining_id);
  bind_integer(p->circuit, ":rank", (int64_t)rank);
  bind_string(p->circuit, ":path", p->path.data);
  bind_integer(p->circuit, ":n_edges", set->n);
  bind_integer(p->circuit, ":support", set->support);
  bind_real(p->circuit, ":lift", hw_mine_lift(base, members, set->n, set->support));
  bind_integer(p->circuit, ":new_cells", (int64_t)pick->new_cells);
  hw_bind_blob(p->circuit, hw_parameter_index(p->circuit, ":graphs"), p->blob.data, p->blob.length);
  return hw_store_run(p->store, p->circuit, "store a circuit", err) && put_edges(p, id, set, err) && put_groups(p, id, err) &&
         put_breaks(p, id, set, err);
}

/* ---- the mining ---- */

/* What makes two minings the same. */
static bool parameters_of(const hw_mining_settings *settings, const char *roles, hw_buffer *out, hw_error *err) {
  hw_buffer_printf(out, "by=%s connected=%s items=%s min_support=", settings->by_group ? "group" : "none",
                   settings->connected ? "yes" : "no", settings->ffn ? "heads+ffn" : "heads");
  hw_format_double(out, settings->min_support);
  hw_buffer_printf(out, " rank=%s roles=%s", settings->surplus ? "surplus" : "area", roles);
  return hw_buffer_check(out, err);
}

static bool delete_old(hw_store *store, const char *parameters, hw_error *err) {
  static const char *const files[] = {"mining/delete_edges.sql", "mining/delete_groups.sql", "mining/delete_breaks.sql",
                                      "mining/delete_circuits.sql", "mining/delete_mining.sql"};
  bool ok = true;
  for (size_t i = 0; ok && i < sizeof files / sizeof *files; i++) {
    sqlite3_stmt *s = hw_mining_statement(store, files[i], err);
    if (!s) return false;
    bind_string(s, ":parameters", parameters);
    ok = hw_store_run(store, s, "replace the last mining", err);
    (void)sqlite3_finalize(s);
  }
  return ok;
}

static bool put_mining(hw_store *store, const char *parameters, const hw_mining_settings *settings,
                       const hw_mining_summary *summary, hw_error *err) {
  sqlite3_stmt *s = hw_mining_statement(store, "mining/insert_mining.sql", err);
  if (!s) return false;
  bind_integer(s, ":mining_id", summary->mining_id);
  bind_string(s, ":parameters", parameters);
  bind_real(s, ":min_support", settings->min_support);
  if (summary->complete_support <= 1) bind_real(s, ":complete_support", summary->complete_support);
  bind_integer(s, ":n_graphs", summary->n_graphs);
  bind_integer(s, ":n_items", summary->n_items);
  bind_integer(s, ":n_items_cut", summary->n_items_cut);
  bind_integer(s, ":n_sets", summary->n_sets);
  bind_integer(s, ":complete", summary->complete);
  bind_string(s, ":note", summary->note);
  bool ok = hw_store_run(store, s, "store a mining", err);
  (void)sqlite3_finalize(s);
  return ok;
}

static bool put_all(putter *p, const hw_mining_settings *settings, const hw_mine_pick *picks, size_t n_picks,
                    hw_mining_summary *summary, hw_error *err) {
  hw_buffer parameters;
  hw_buffer_init(&parameters);
  bool ok = parameters_of(settings, summary->roles, &parameters, err) &&
            hw_store_exec(p->store, hw_sql("mining/schema.sql"), "create its tables for circuits", err) &&
            delete_old(p->store, parameters.data, err) &&
            hw_store_integer(p->store, hw_sql("mining/next_mining.sql"), &summary->mining_id, err) &&
            put_mining(p->store, parameters.data, settings, summary, err) &&
            (p->circuit = hw_mining_statement(p->store, "mining/insert_circuit.sql", err)) != NULL &&
            (p->edge = hw_mining_statement(p->store, "mining/insert_edge.sql", err)) != NULL &&
            (p->group = hw_mining_statement(p->store, "mining/insert_group.sql", err)) != NULL &&
            (p->broken = hw_mining_statement(p->store, "mining/insert_break.sql", err)) != NULL;
  for (size_t i = 0; ok && i < n_picks; i++) ok = put_circuit(p, summary->mining_id, i + 1, &picks[i], err);
  hw_buffer_fini(&parameters);
  (void)sqlite3_finalize(p->circuit);
  (void)sqlite3_finalize(p->edge);
  (void)sqlite3_finalize(p->group);
  (void)sqlite3_finalize(p->broken);
  return ok;
}

bool hw_mining_put(hw_store *store, const hw_mining_data *data, const hw_mining_settings *settings, const hw_mine_sets *sets,
                   const hw_mine_pick *picks, size_t n_picks, hw_mining_summary *summary, hw_error *err) {
  putter p = {.store = store, .data = data, .sets = sets};
  hw_buffer_init(&p.path);
  hw_buffer_init(&p.blob);
  p.graphs = calloc(data->base.n_words, sizeof *p.graphs);
  p.almost = calloc(data->base.n_words, sizeof *p.almost);
  p.weakest = calloc(data->n_graphs, sizeof *p.weakest);
  p.list = calloc(data->n_graphs, sizeof *p.list);
  bool ok = (p.graphs && p.almost && p.weakest && p.list) || hw_fail_memory(err, "the circuits");
  if (ok && (ok = hw_store_begin(store, err))) {
    ok = put_all(&p, settings, picks, n_picks, summary, err);
    if (ok) ok = hw_store_commit(store, err);
    else hw_store_rollback(store);
  }
  hw_buffer_fini(&p.path);
  hw_buffer_fini(&p.blob);
  free(p.graphs);
  free(p.almost);
  free(p.weakest);
  free(p.list);
  return ok;
}
