/* SPDX-License-Identifier: Apache-2.0
 * Which prompts are compared, in which pairs and clusters; then their measures as matrices. */
#include "headwater/comparison.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/option.h"
#include "codec/codec.h"
#include "store/checked.h"
#include "study/comparison_reading.h"

const char *const hw_measure_names[5] = {"importance", "flow", "answer", "contrast", NULL};
const char *const hw_component_set_names[7] = {"heads", "neurons", "items", "answers", "relevance", "relevance_neurons", NULL};

const char *hw_comparison_measure(const hw_comparison_request *request) {
  return request->components == HW_SET_ANSWERS ? "measures" : hw_measure_names[request->measure];
}

static const char *copy(hw_comparison_reading *r, const char *text, size_t length, hw_error *err) {
  return hw_arena_copy(&r->c->arena, text, length, err);
}

/* ---- members ---- */

static bool read_members(hw_comparison_reading *r, hw_statement *b, bool sides, hw_error *err) {
  size_t capacity = 0;
  bool row = false, ok;
  r->n_members = r->n_sides[0] = r->n_sides[1] = r->n_in_clusters = r->n_in_pairs = 0;
  r->n_clusters = r->n_pairs = 0;
  r->n_unexplained[0] = r->n_unexplained[1] = 0;
  free(r->members);
  r->members = NULL;
  while ((ok = hw_statement_step(b, &row, err)) && row) {
    if (!hw_list_reserve(r->members, r->n_members, 1, capacity, NULL, err)) return false;
    int at = sides ? 2 : 1;
    hw_compared_prompt m = {.prompt_id = hw_column_integer(b, 0),
                .side = sides ? (int)hw_column_integer(b, 1) : 0,
                .cluster = (uint32_t)hw_column_integer(b, at),
                .pair = sides ? (uint32_t)hw_column_integer(b, 3) : 0};
    bool has;
    if (!hw_explained_has(&r->explained, m.prompt_id, &has, err)) return false;
    if (!has) {
      r->n_unexplained[m.side]++;
      continue;
    }
    r->n_sides[m.side]++;
    r->n_in_clusters += m.cluster > 0;
    r->n_in_pairs += m.pair > 0;
    if (m.cluster > r->n_clusters) r->n_clusters = m.cluster;
    if (m.pair > r->n_pairs) r->n_pairs = m.pair;
    r->members[r->n_members++] = m;
  }
  return ok;
}

/* Fails with a list: the columns that the prompts have, or the values of `column`. */
static bool fail_with_list(hw_comparison_reading *r, const char *column, const char *what, hw_error *err) {
  enum { SHOWN = 12, LENGTH = 40 };
  size_t n = 0;
  hw_statement b;
  hw_buffer list;
  hw_buffer_init(&list);
  bool row = false, ok = hw_statement_open(&b, r->store, column ? "compare/values.sql" : "compare/columns.sql", err);
  if (ok && column) hw_bind_string(&b, ":column", column);
  while (ok && (ok = hw_statement_step(&b, &row, err)) && row) {
    const char *text = hw_column_text(&b, 0);
    if (n++ < SHOWN && text) hw_buffer_printf(&list, "%s%.*s%s", list.length ? ", " : "", LENGTH, text, strlen(text) > LENGTH ? "..." : "");
  }
  hw_statement_close(&b);
  if (n > SHOWN) hw_buffer_printf(&list, " and %zu more", n - SHOWN);
  if (ok) hw_fail(err, HW_ERROR_INPUT, "%s (it has %s)", what, list.length ? list.data : "none");
  hw_buffer_fini(&list);
  return false;
}

static bool column_exists(hw_comparison_reading *r, const char *column, bool *exists, hw_error *err) {
  hw_statement b;
  bool row = false, ok = hw_statement_open(&b, r->store, "compare/columns.sql", err);
  *exists = false;
  while (ok && (ok = hw_statement_step(&b, &row, err)) && row) {
    const char *name = hw_column_text(&b, 0);
    *exists = *exists || (name && strcmp(name, column) == 0);
  }
  hw_statement_close(&b);
  return ok;
}

/* A column that the user named must exist. */
static bool check_column(hw_comparison_reading *r, const char *column, bool asked, hw_error *err) {
  bool exists;
  if (!column || !asked || strcmp(column, "counterfactual_of") == 0) return true;
  if (!column_exists(r, column, &exists, err)) return false;
  if (exists) return true;
  hw_buffer what;
  hw_buffer_init(&what);
  hw_buffer_printf(&what, "%s: no prompt has a column %.100s", r->store->path, column);
  bool ok = fail_with_list(r, NULL, what.data ? what.data : "", err);
  hw_buffer_fini(&what);
  return ok;
}

/* The prompts of the two sides, by the column or as JSON arrays, with their clusters and pairs. */
static bool find_members(hw_comparison_reading *r, const char *prompts_a, const char *prompts_b, hw_error *err) {
  hw_statement b;
  bool ok = hw_statement_open(&b, r->store, "compare/members.sql", err);
  if (ok) {
    hw_bind_string(&b, ":column", r->c->column);
    hw_bind_string(&b, ":a", r->c->value_a);
    hw_bind_string(&b, ":b", r->c->value_b);
    hw_bind_string(&b, ":prompts_a", prompts_a);
    hw_bind_string(&b, ":prompts_b", prompts_b);
    hw_bind_string(&b, ":cluster", hw_comparison_column(r->request->cluster, "template"));
    hw_bind_string(&b, ":pairs", hw_comparison_column(r->request->pairs, hw_comparison_pairs(r->c)));
    ok = read_members(r, &b, true, err);
  }
  hw_statement_close(&b);
  return ok;
}

/* Clusters and pairs that the user named. */
static bool check_columns(hw_comparison_reading *r, hw_error *err) {
  return check_column(r, hw_comparison_column(r->request->cluster, NULL), r->request->cluster, err) &&
         check_column(r, hw_comparison_column(r->request->pairs, NULL), r->request->pairs, err);
}

/* A side whose prompts all have a reason in the place of what is compared. `is`: of which prompts. */
static bool fail_unexplained(const hw_comparison_reading *r, int side, const char *is, hw_error *err) {
  const char *value = side ? r->c->value_b : r->c->value_a, *mode = r->explained.mode;
  if (!mode) return hw_fail(err, HW_ERROR_INPUT, "%s: no prompt %s%.300s has an answer (there: %zu)", r->store->path, is, value, r->n_unexplained[side]);
  return hw_fail(err, HW_ERROR_INPUT, "%s: no prompt %s%.300s has a relevance of mode %s (there: %zu; headwater query %s relevance --mode %s --missing yes)", r->store->path,
                 is, value, mode, r->n_unexplained[side], r->store->path, mode);
}

static bool fail_by(const char *by, const char *equals, const char *comma, hw_error *err) {
  static const char want[] = "want COLUMN=A,B with two of the column's values";
  if (!comma || equals == by) return hw_fail(err, HW_ERROR_ARGUMENT, "by is \"%.200s\", %s", by, want);
  int length = equals - by < 100 ? (int)(equals - by) : 100;
  return hw_fail(err, HW_ERROR_ARGUMENT, "by is \"%.200s\", %s; prompts without a value are those of --where '\"%.*s\" IS NULL'", by, want, length, by);
}

/* "COLUMN=A,B". A value may hold commas: it is split at the first comma that leaves a value of some prompt on both sides. */
static bool find_groups(hw_comparison_reading *r, hw_error *err) {
  const char *by = r->request->by, *equals = strchr(by, '='), *comma = equals ? strchr(equals, ',') : NULL;
  if (!comma || equals == by || comma == equals + 1 || !comma[1])
    return fail_by(by, equals, comma, err);
  if (!(r->c->column = copy(r, by, (size_t)(equals - by), err)) || !check_column(r, r->c->column, true, err)) return false;
  if (!check_columns(r, err)) return false;
  for (; comma; comma = strchr(comma + 1, ',')) {
    r->c->value_a = copy(r, equals + 1, (size_t)(comma - equals - 1), err);
    r->c->value_b = copy(r, comma + 1, strlen(comma + 1), err);
    if (!r->c->value_a || !r->c->value_b) return false;
    if (strcmp(r->c->value_a, r->c->value_b) == 0)
      return hw_fail(err, HW_ERROR_INPUT, "by compares %.200s with itself; --with compares databases", r->c->value_a);
    if (!find_members(r, NULL, NULL, err)) return false;
    if (r->n_sides[0] && r->n_sides[1]) return true;
    if (r->n_sides[0] + r->n_unexplained[0] && r->n_sides[1] + r->n_unexplained[1]) return fail_unexplained(r, r->n_sides[0] > 0, "with the value ", err);
  }
  comma = strchr(equals, ',');
  hw_buffer what;
  hw_buffer_init(&what);
  hw_buffer_printf(&what, "%s: no traced prompt has %.100s = ", r->store->path, r->c->column);
  if (r->n_sides[0]) hw_buffer_printf(&what, "\"%.100s\"", comma + 1);
  else hw_buffer_printf(&what, "\"%.*s\"", (int)(comma - equals - 1 < 100 ? comma - equals - 1 : 100), equals + 1);
  bool ok = fail_with_list(r, r->c->column, what.data ? what.data : "", err);
  hw_buffer_fini(&what);
  return ok;
}

/* Two conditions; the second one is "not the first" when it is not given. */
static bool find_where(hw_comparison_reading *r, hw_error *err) {
  const char *const *where = r->request->where;
  hw_buffer not_a, prompts[2];
  hw_buffer_init(&not_a);
  hw_buffer_init(&prompts[0]);
  hw_buffer_init(&prompts[1]);
  hw_buffer_printf(&not_a, "NOT (%s)", where[0]);
  r->c->value_a = copy(r, where[0], strlen(where[0]), err);
  bool ok = hw_buffer_check(&not_a, err) && r->c->value_a;
  const char *b = where[1] ? where[1] : not_a.data;
  ok = ok && (r->c->value_b = copy(r, b, strlen(b), err)) != NULL && check_columns(r, err) &&
       hw_condition_sides(r->store, where[0], where[1], &prompts[0], &prompts[1], &r->c->notes, err) &&
       find_members(r, prompts[0].data, prompts[1].data, err);
  for (int side = 0; ok && side < 2; side++)
    if (r->n_unexplained[side] && !r->n_sides[side]) ok = fail_unexplained(r, side, "that satisfies ", err);
    else if (!r->n_sides[side])
      ok = hw_fail(err, HW_ERROR_INPUT, "%s: no traced prompt satisfies \"%.300s\"", r->store->path, side ? r->c->value_b : r->c->value_a);
  hw_buffer_fini(&not_a);
  hw_buffer_fini(&prompts[0]);
  hw_buffer_fini(&prompts[1]);
  return ok;
}

static bool count_prompts(hw_store *store, int64_t *n, hw_error *err) {
  hw_statement b;
  bool row = false, ok = hw_statement_open(&b, store, "compare/count_prompts.sql", err) && hw_statement_step(&b, &row, err);
  *n = row ? hw_column_integer(&b, 0) : 0;
  hw_statement_close(&b);
  return ok;
}

static bool run_text(hw_comparison_reading *r, hw_store *store, int column, const char **text, hw_error *err) {
  hw_statement b;
  bool row = false, ok = hw_statement_open(&b, store, "compare/run.sql", err) && hw_statement_step(&b, &row, err);
  const char *found = row ? hw_column_text(&b, column) : NULL;
  if (ok && !found) ok = hw_fail(err, HW_ERROR_INPUT, "%s: its table run is empty", store->path);
  ok = ok && (*text = copy(r, found, strlen(found), err)) != NULL;
  hw_statement_close(&b);
  return ok;
}

static bool attach_other(hw_comparison_reading *r, hw_error *err) {
  hw_statement s;
  bool ok = hw_statement_open(&s, r->store, "compare/attach.sql", err);
  if (ok) hw_bind_string(&s, ":path", r->other->file);
  ok = ok && hw_statement_run(&s, "attach the other database", err);
  hw_statement_close(&s);
  return ok;
}

static bool read_shape(hw_store *store, hw_compared_shape *shape, hw_error *err) {
  hw_statement b;
  bool row = false, ok = hw_statement_open(&b, store, "compare/run.sql", err) && hw_statement_step(&b, &row, err);
  hw_checked_row run = {&b, "run", 1, err};
  if (ok && row)
    ok = hw_checked_u32(&run, 0, 1, HW_MAX_LAYERS, &shape->n_layers) && hw_checked_u32(&run, 1, 1, HW_MAX_HEADS, &shape->n_heads) &&
         hw_checked_u32(&run, 2, 0, HW_MAX_NEURONS, &shape->d_ffn);
  hw_statement_close(&b);
  return ok;
}

/* Notes the settings of the two runs that differ: a threshold makes a difference of its own. */
static bool note_settings(hw_comparison_reading *r, hw_error *err) {
  hw_statement s;
  hw_buffer list;
  hw_buffer_init(&list);
  bool row = false, ok = hw_statement_open(&s, r->store, "compare/settings.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *name = hw_column_text(&s, 0), *a = hw_column_text(&s, 1), *b = hw_column_text(&s, 2);
    hw_buffer_printf(&list, "%s%.60s %.60s, %.60s", list.length ? "; " : "", name ? name : "", a ? a : "", b ? b : "");
  }
  hw_statement_close(&s);
  if (ok && list.length) hw_buffer_printf(&r->c->notes, "settings of the runs that differ (this database, the other): %s\n", list.data);
  hw_buffer_fini(&list);
  return ok;
}

/* The same prompts in two databases. */
static bool find_matched(hw_comparison_reading *r, hw_error *err) {
  hw_statement b;
  int64_t n_a, n_b;
  const char *cluster = hw_comparison_column(r->request->cluster, "template");
  if (r->request->pairs) return hw_fail(err, HW_ERROR_ARGUMENT, "pairs says how prompts of one database meet; those of two meet by prompt");
  if (!check_column(r, cluster, r->request->cluster, err) || !run_text(r, r->store, 3, &r->c->value_a, err) ||
      !run_text(r, r->other, 3, &r->c->value_b, err) || !run_text(r, r->other, 4, &r->c->other_fingerprint, err) ||
      !count_prompts(r->store, &n_a, err) || !count_prompts(r->other, &n_b, err) || !attach_other(r, err))
    return false;
  bool ok = hw_statement_open(&b, r->store, "compare/matched.sql", err);
  if (ok) hw_bind_string(&b, ":cluster", cluster);
  ok = ok && read_members(r, &b, false, err);
  hw_statement_close(&b);
  ok = ok && note_settings(r, err);
  ok = hw_store_exec(r->store, "DETACH DATABASE other", "detach the other database", ok ? err : NULL) && ok;
  char name[48];
  hw_explained_name(&r->explained, name);
  if (ok && !r->n_members && r->n_unexplained[0])
    ok = hw_fail(err, HW_ERROR_INPUT, "%s and %s have %zu prompts in common, and none of them has %s in both", r->store->path, r->other->path,
                 r->n_unexplained[0], name);
  else if (ok && !r->n_members)
    ok = hw_fail(err, HW_ERROR_INPUT, "%s and %s have no prompt in common (the same prompt_id and text)", r->store->path, r->other->path);
  r->c->left_out_a = n_a - (int64_t)(r->n_members + r->n_unexplained[0]);
  r->c->left_out_b = n_b - (int64_t)(r->n_members + r->n_unexplained[0]);
  return ok;
}

static void note_unanswered(hw_comparison_reading *r) {
  const size_t *n = r->n_unexplained;
  if (r->request->components != HW_SET_ANSWERS || n[0] + n[1] == 0) return;
  if (r->other) hw_buffer_printf(&r->c->notes, "%zu prompt%s left out: one of the databases has no answer\n", n[0], n[0] == 1 ? " is" : "s are");
  else hw_buffer_printf(&r->c->notes, "prompts without an answer are left out: %zu of a, %zu of b\n", n[0], n[1]);
}

/* ---- measures ---- */

/* Heads are compared whether they were ever active or not. */
static bool all_heads(hw_comparison_reading *r, const hw_compared_shape *shape, hw_error *err) {
  bool ok = true;
  uint32_t number;
  for (uint32_t layer = 0; ok && layer < shape->n_layers; layer++)
    for (uint32_t head = 0; ok && head < shape->n_heads; head++)
      ok = hw_measured_number(&r->measured, hw_component_key(layer, head), &number, err);
  return ok;
}

static bool is_in_both(const hw_comparison_reading *r, const hw_compared_component *component) {
  hw_component_set set = r->request->components;
  if (!r->other || set == HW_SET_ANSWERS) return true;
  for (int i = 0; i < 2; i++) {
    uint32_t n = set == HW_SET_NEURONS || set == HW_SET_RELEVANCE_NEURONS ? r->shapes[i].d_ffn : r->shapes[i].n_heads;
    if (component->layer >= r->shapes[i].n_layers || (!component->ffn && component->index >= n)) return false;
  }
  return true;
}

static void note_unshared(hw_comparison_reading *r, size_t n) {
  const hw_compared_shape *s = r->shapes;
  hw_buffer_printf(&r->c->notes, "the models have different shapes (this database %" PRIu32 " layers, %" PRIu32 " heads, d_ffn %" PRIu32 "; the other %" PRIu32 ", %" PRIu32 ", %" PRIu32
                   "): %zu components that only one of them can have are left out; the others are compared by their numbers\n",
                   s[0].n_layers, s[0].n_heads, s[0].d_ffn, s[1].n_layers, s[1].n_heads, s[1].d_ffn, n);
}

typedef struct sorted {
  uint64_t key;
  uint32_t number;
} sorted;

static int compare_sorted(const void *a, const void *b) {
  const sorted *x = a, *y = b;
  return (x->key > y->key) - (x->key < y->key);
}

/* Components in their order without the rare ones; places[number] = index, UINT32_MAX for those. */
static bool order_components(hw_comparison_reading *r, uint32_t *places, hw_error *err) {
  hw_measured *m = &r->measured;
  hw_comparison *c = r->c;
  sorted *order = calloc(m->n + 1, sizeof *order);
  size_t n_unshared = 0;
  int64_t most_active = 0;
  c->components = hw_arena_new(&c->arena, hw_compared_component, m->n, err);
  if (!order || !c->components) {
    free(order);
    return hw_fail_memory(err, "the components");
  }
  for (size_t i = 0; i < m->n; i++) order[i] = (sorted){m->components[i].key, (uint32_t)i};
  qsort(order, m->n, sizeof *order, compare_sorted);
  for (size_t i = 0; i < m->n; i++) {
    places[order[i].number] = UINT32_MAX;
    if (m->components[order[i].number].missing) {
      hw_buffer_printf(&c->notes, "%s is left out: %zu prompts have none\n", hw_answer_measures[order[i].key], m->components[order[i].number].missing);
      continue;
    }
    hw_compared_component *component = &c->components[c->n_components];
    hw_compared_component_of(order[i].key, m, component);
    if (!is_in_both(r, component)) {
      n_unshared++;
      continue;
    }
    int64_t n_active = (int64_t)m->components[order[i].number].n_active;
    if (n_active > most_active) most_active = n_active;
    if (n_active < r->request->min_active) {
      c->n_rare++;
      continue;
    }
    places[order[i].number] = (uint32_t)c->n_components++;
  }
  free(order);
  if (n_unshared) note_unshared(r, n_unshared);
  if (!c->n_components && r->request->components == HW_SET_ANSWERS && !c->n_rare)
    return hw_fail(err, HW_ERROR_INPUT, "%s: each measure of answers is missing in some prompt", r->store->path);
  if (!c->n_components && n_unshared && !c->n_rare)
    return hw_fail(err, HW_ERROR_INPUT, "%s: no component that is active is one that both models have", r->store->path);
  if (!c->n_components)
    return hw_fail(err, HW_ERROR_INPUT, "%s: no component is active in %" PRId64 " prompts or more (--min-active); the largest count is %" PRId64, r->store->path, r->request->min_active, most_active);
  return true;
}

static bool build(hw_comparison_reading *r, int side, const uint32_t *places, hw_stats_matrix *matrix, hw_error *err) {
  hw_stats_entry *entries = r->measured.entries[side];
  size_t kept = 0;
  for (size_t i = 0; i < r->measured.n_entries[side]; i++) {
    if (places[entries[i].component] == UINT32_MAX) continue;
    entries[kept] = entries[i];
    entries[kept++].component = places[entries[i].component];
  }
  bool ok = hw_stats_matrix_build(entries, kept, r->n_units[side], r->c->n_components, matrix, err);
  free(entries);
  r->measured.entries[side] = NULL;
  return ok;
}

static bool read_measures(hw_comparison_reading *r, hw_error *err) {
  hw_comparison *c = r->c;
  hw_store *second = r->other ? r->other : r->store;
  if (!read_shape(r->store, &r->shapes[0], err) || !read_shape(second, &r->shapes[1], err)) return false;
  if ((r->request->components == HW_SET_HEADS || r->request->components == HW_SET_RELEVANCE) && (!all_heads(r, &r->shapes[0], err) || !all_heads(r, &r->shapes[1], err))) return false;
  if (!hw_measured_read(&r->measured, r->store, 0, r->prompts[0], r->n_units[0], &c->arena, err) ||
      !hw_measured_read(&r->measured, second, 1, r->prompts[1], r->n_units[1], &c->arena, err))
    return false;
  if (!r->measured.n)
    return hw_fail(err, HW_ERROR_INPUT, "%s: its prompts have no %s", r->store->path, hw_component_set_names[r->request->components]);
  uint32_t *places = calloc(r->measured.n + 1, sizeof *places);
  bool ok = places || hw_fail_memory(err, "the components");
  ok = ok && order_components(r, places, err) && build(r, 0, places, &c->a, err) && build(r, 1, places, &c->b, err);
  free(places);
  return ok;
}

bool hw_comparison_read(hw_store *store, hw_store *other, const hw_comparison_request *request, hw_comparison *comparison,
                        hw_error *err) {
  hw_comparison_reading r = {.store = store, .other = other, .request = request, .c = comparison, .measured = {.request = request}};
  *comparison = (hw_comparison){0};
  hw_arena_init(&comparison->arena);
  hw_buffer_init(&comparison->notes);
  if (!hw_choice_check("measure", (int)request->measure, hw_measure_names, err) || !hw_choice_check("components", (int)request->components, hw_component_set_names, err) ||
      !hw_count_check("min_active", request->min_active, 0, HW_COMPARISON_MOST_ACTIVE, err))
    return false;
  bool of_relevance = request->measure == HW_MEASURE_ANSWER || request->measure == HW_MEASURE_CONTRAST;
  if (request->components != HW_SET_ANSWERS && of_relevance != hw_component_set_is_relevance(request->components))
    return hw_fail(err, HW_ERROR_ARGUMENT, "the measure %s is not one of %s; want %s", hw_measure_names[request->measure], hw_component_set_names[request->components],
                   of_relevance ? "importance or flow" : "contrast or answer");
  if (!!request->by + !!request->with + !!request->where[0] != 1 || !request->with != !other)
    return hw_fail(err, HW_ERROR_INPUT, "want one of by COLUMN=A,B, where CONDITION, and with another database");
  store->stoppable = true;
  if (other) other->stoppable = true;
  /* SQLite takes ATTACH only outside of transactions, so the transaction of the other reads begins after it. */
  bool ok = hw_explained_open(&r.explained, store, other, request, &comparison->notes, err) && (!other || find_matched(&r, err)) && hw_store_begin_read(store, err);
  hw_prompt_counts counts = {0};
  ok = ok && hw_store_count_prompts(store, &counts, err);
  comparison->n_stored = counts.stored;
  if (ok && !other) ok = request->by ? find_groups(&r, err) : find_where(&r, err);
  if (ok) note_unanswered(&r);
  ok = ok && hw_comparison_make_units(&r, err) && read_measures(&r, err) && hw_buffer_check(&comparison->notes, err);
  hw_store_rollback(store);
  hw_explained_close(&r.explained);
  hw_measured_fini(&r.measured);
  free(r.members);
  return ok;
}

void hw_comparison_fini(hw_comparison *comparison) {
  hw_stats_matrix_fini(&comparison->a);
  hw_stats_matrix_fini(&comparison->b);
  hw_buffer_fini(&comparison->notes);
  hw_arena_fini(&comparison->arena);
  *comparison = (hw_comparison){0};
}
