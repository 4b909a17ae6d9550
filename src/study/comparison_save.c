/* SPDX-License-Identifier: Apache-2.0
 * Results into tables: those of the database, or of one in memory that only shows them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "study/compare.h"
#include "study/saved.h"
#include "query/select.h"
#include "store/migrate.h"
#include "sqlite/sql.h"
#include "headwater/query.h"

typedef struct results {
  const hw_comparison_request *request;
  const hw_comparison *c;
  const hw_stats_result *result;
} results;

/* ---- rows ---- */

static void bind_question(hw_statement *b, const results *r) { /* the parameters that identify a comparison */
  hw_bind_string(b, ":components", hw_component_set_names[r->request->components]);
  hw_bind_string(b, ":measure", hw_comparison_measure(r->request));
  hw_bind_string(b, ":column_name", r->c->column);
  hw_bind_string(b, ":a", r->c->value_a);
  hw_bind_string(b, ":b", r->c->value_b);
  hw_bind_string(b, ":other_database", r->request->with);
  hw_bind_integer(b, ":paired", r->c->paired);
  hw_bind_string(b, ":pair_column", r->c->pair_column);
  hw_bind_string(b, ":cluster_column", r->c->cluster_column);
  hw_bind_integer(b, ":n_permutations", r->result->n_arrangements);
  hw_bind_integer(b, ":seed", (int64_t)r->request->seed);
  hw_bind_integer(b, ":min_active", r->request->min_active);
}

static bool remove_same(hw_store *store, const results *r, hw_error *err) {
  int64_t id = 0;
  do {
    hw_statement b;
    bool row = false, ok = hw_statement_open(&b, store, "compare/find_same.sql", err);
    if (ok) {
      bind_question(&b, r);
      hw_bind_integer(&b, ":exact", r->result->exact);
    }
    ok = ok && hw_statement_step(&b, &row, err);
    id = row ? hw_column_integer(&b, 0) : 0;
    hw_statement_close(&b);
    if (!ok) return false;
    bool there;
    if (id && !hw_saved_delete(store, &hw_saved_comparison, id, &there, err)) return false;
  } while (id);
  return true;
}

static bool insert_comparison(hw_store *store, const results *r, int64_t *id, hw_error *err) {
  static const char *const units[] = {"prompt", "pair", "cluster", "cluster"};
  const hw_exchange exchange = r->result->exchange;
  hw_statement b;
  bool ok = hw_statement_open(&b, store, "compare/insert_comparison.sql", err);
  if (ok) {
    bind_question(&b, r);
    hw_bind_string(&b, ":other_fingerprint", r->c->other_fingerprint);
    hw_bind_integer(&b, ":n_a", (int64_t)r->c->a.n_units);
    hw_bind_integer(&b, ":n_b", (int64_t)r->c->b.n_units);
    hw_bind_integer(&b, ":left_out_a", r->c->left_out_a);
    hw_bind_integer(&b, ":left_out_b", r->c->left_out_b);
    hw_bind_integer(&b, ":n_clusters", (int64_t)r->result->n_clusters);
    hw_bind_string(&b, ":unit", units[exchange]);
    hw_bind_string(&b, ":exchange", exchange == HW_EXCHANGE_UNIT_SIGNS || exchange == HW_EXCHANGE_CLUSTER_SIGNS ? "signs" : "labels");
    hw_bind_integer(&b, ":n_units", (int64_t)r->result->n_exchangeable);
    hw_bind_real(&b, ":least_p", r->result->least_p);
    hw_bind_integer(&b, ":n_components", (int64_t)r->c->n_components);
    hw_bind_integer(&b, ":n_rare", (int64_t)r->c->n_rare);
    hw_bind_integer(&b, ":n_prompts", r->c->n_stored);
    ok = hw_statement_run(&b, "store the comparison", err);
  }
  hw_statement_close(&b);
  *id = ok ? sqlite3_last_insert_rowid(store->db) : 0;
  return ok;
}

static bool is_neurons(hw_component_set set) { return set == HW_SET_NEURONS || set == HW_SET_RELEVANCE_NEURONS; }

static void name_component(const results *r, const hw_compared_component *c, char *name, size_t size) {
  const char *letter = is_neurons(r->request->components) ? "N" : "H";
  if (c->answer_measure) (void)snprintf(name, size, "%s", c->answer_measure);
  else if (c->ffn) (void)snprintf(name, size, "FFN%u", c->layer);
  else (void)snprintf(name, size, "L%u%s%u", c->layer, letter, c->index);
}

static void bind_component(hw_statement *b, const results *r, size_t index, char *name, size_t size) {
  const hw_compared_component *component = &r->c->components[index];
  const hw_stats_row *row = &r->result->rows[index];
  hw_component_set set = r->request->components;
  name_component(r, component, name, size);
  hw_bind_string(b, ":name", name);
  if (set == HW_SET_ANSWERS) hw_bind_null(b, ":layer");
  else hw_bind_integer(b, ":layer", component->layer);
  if (is_neurons(set) || set == HW_SET_ANSWERS || component->ffn) hw_bind_null(b, ":head");
  else hw_bind_integer(b, ":head", component->index);
  if (!is_neurons(set)) hw_bind_null(b, ":neuron");
  else hw_bind_integer(b, ":neuron", component->index);
  hw_bind_string(b, ":kind", set != HW_SET_ITEMS ? NULL : component->ffn ? "ffn" : "attention");
  hw_bind_string(b, ":source_role", component->source_role);
  hw_bind_string(b, ":target_role", component->target_role);
  const struct {
    const char *name;
    double value;
  } measures[] = {{":mean_a", row->mean_a}, {":mean_b", row->mean_b}, {":difference", row->difference}, {":ci_lo", row->lower},
                  {":ci_hi", row->upper},   {":standard_error", row->standard_error}};
  for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) hw_bind_real(b, measures[i].name, measures[i].value / HW_MICRO);
  hw_bind_real(b, ":effect", row->effect);
  hw_bind_real(b, ":df", row->df);
  hw_bind_real(b, ":p", row->p);
  hw_bind_real(b, ":q", row->q);
  hw_bind_integer(b, ":active_a", (int64_t)row->active_a);
  hw_bind_integer(b, ":active_b", (int64_t)row->active_b);
}

typedef struct ranked {
  double p, effect, difference; /* effect, difference: their sizes */
  size_t index;
} ranked;

static int compare_ranked(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->p != y->p) return x->p < y->p ? -1 : 1;
  if (x->effect != y->effect) return x->effect > y->effect ? -1 : 1;
  if (x->difference != y->difference) return x->difference > y->difference ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

/* A difference without a spread to measure it by is larger than any other. */
static double effect_size(const hw_stats_row *row) { return !isnan(row->effect) ? fabs(row->effect) : row->difference != 0 ? INFINITY : 0; }

static bool insert_components(hw_store *store, const results *r, int64_t id, hw_error *err) {
  size_t n = r->result->n_rows;
  ranked *order = calloc(n + 1, sizeof *order);
  if (!order) return hw_fail_memory(err, "the results");
  for (size_t i = 0; i < n; i++) {
    const hw_stats_row *row = &r->result->rows[i];
    order[i] = (ranked){row->p, effect_size(row), fabs(row->difference), i};
  }
  qsort(order, n, sizeof *order, compare_ranked);
  hw_statement b;
  char name[48];
  bool ok = hw_statement_open(&b, store, "compare/insert_component.sql", err);
  for (size_t rank = 0; ok && rank < n; rank++) {
    hw_bind_integer(&b, ":comparison_id", id);
    hw_bind_integer(&b, ":rank", (int64_t)rank + 1);
    bind_component(&b, r, order[rank].index, name, sizeof name);
    ok = hw_statement_run(&b, "store the comparison", err);
  }
  hw_statement_close(&b);
  free(order);
  return ok;
}

/* A table that an older program made does not take all that this one compares: its rows move to a new one. */
static bool make_tables(hw_store *store, hw_error *err) {
  static const char doing[] = "make the tables of comparisons";
  int64_t old;
  if (!hw_store_integer(store, "compare/old_checks.sql", &old, err) || (old && !hw_store_exec(store, hw_sql("compare/set_aside.sql"), doing, err)) ||
      !hw_store_exec(store, hw_sql("compare/schema.sql"), doing, err))
    return false;
  return !old || hw_store_exec(store, hw_sql("compare/take_back.sql"), doing, err);
}

static bool store_results(hw_store *store, const results *r, int64_t *id, hw_error *err) {
  if (!hw_store_begin(store, err)) return false;
  bool ok = make_tables(store, err) && remove_same(store, r, err) &&
            insert_comparison(store, r, id, err) && insert_components(store, r, *id, err);
  if (ok) return hw_store_commit(store, err);
  hw_store_rollback(store);
  return false;
}

/* ---- where they go ---- */

bool hw_comparison_show(const hw_comparison_request *request, const hw_comparison *comparison, const hw_stats_result *result,
                        int64_t most, hw_table_format format, size_t line_width, hw_sink sink, void *context, hw_error *err) {
  results r = {request, comparison, result};
  int64_t id;
  char limit[24];
  (void)snprintf(limit, sizeof limit, "%" PRId64, most > 0 ? most : -1);
  hw_parameter parameter = {"most", limit};
  hw_store *store;
  hw_file_state state;
  if (!hw_store_connect("the table of results", HW_OPEN_MEMORY, NULL, &store, &state, err)) return false;
  hw_store_set_line_width(store, line_width);
  bool ok = store_results(store, &r, &id, err) &&
            hw_store_select(store, hw_sql(format == HW_FORMAT_TABLE ? "compare/show_table.sql" : "compare/show_all.sql"), &parameter, 1, format,
                            sink, context, err);
  hw_store_free(store);
  return ok;
}

bool hw_comparison_can_save(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
  bool can = folder && access(path, W_OK) == 0 && access(folder, W_OK) == 0;
  free(folder);
  return can;
}

bool hw_comparison_save(const char *path, const hw_comparison_request *request, const hw_comparison *comparison,
                        const hw_stats_result *result, int64_t *id, hw_error *err) {
  results r = {request, comparison, result};
  hw_store *store;
  *id = 0;
  if (!hw_store_open_write(path, request->hooks, &store, err)) return false;
  bool ok = store_results(store, &r, id, err);
  hw_store_free(store);
  return ok;
}
