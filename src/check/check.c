/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/check.h"

#include <inttypes.h>
#include <string.h>

#include "base/option.h"
#include "base/progress.h"
#include "check/rebuild.h"
#include "check/rules.h"
#include "check/sums.h"
#include "run/plan.h"
#include "sqlite/sql.h"

typedef struct check {
  const hw_check_settings *settings;
  hw_check_report report;
  hw_store *store;
  hw_arena arena;
  hw_run_info info;
  bool finished;
} check;

/* ---- the file ---- */

/* What SQLite itself finds: pages, types, constraints, indices. */
static bool check_pages(check *c, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, c->store, "check/integrity.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *text = hw_column_text(&s, 0);
    if (text && strcmp(text, "ok") != 0) hw_check_differs(&c->report, "the file: %s", text);
  }
  hw_statement_close(&s);
  return ok;
}

/* A statement of a table, view or index without comments and white space: a migrated file has others than a new one. */
static void squeeze(const char *sql, hw_buffer *out) {
  hw_buffer_reset(out);
  hw_buffer_append_string(out, "");
  for (; sql && *sql; sql++) {
    if (sql[0] == '-' && sql[1] == '-') sql += strcspn(sql, "\n");
    if (!*sql) break;
    if (!strchr(" \n\t\r", *sql)) hw_buffer_append_byte(out, (unsigned char)*sql);
  }
}

static bool compare_schema_row(check *c, const hw_statement *wanted, hw_statement *found, hw_buffer texts[2], hw_error *err) {
  const char *type = hw_column_text(wanted, 0), *name = hw_column_text(wanted, 1);
  bool row;
  hw_statement_reset(found);
  hw_bind_string(found, ":type", type);
  hw_bind_string(found, ":name", name);
  if (!hw_statement_step(found, &row, err)) return false;
  if (!row) {
    hw_check_differs(&c->report, "schema: there is no %s %s", type, name);
    return true;
  }
  squeeze(hw_column_text(wanted, 2), &texts[0]);
  squeeze(hw_column_text(found, 0), &texts[1]);
  if (!hw_buffer_check(&texts[0], err) || !hw_buffer_check(&texts[1], err)) return false;
  if (strcmp(texts[0].data, texts[1].data) != 0)
    hw_check_differs(&c->report, "schema: %s %s is not as this program makes it%s", type, name, strcmp(type, "view") == 0 ? "; if it is of an earlier program, headwater pack makes it anew" : "");
  return true;
}

/* Tables, indices and views of a new database, each in this one. The view prompt_wide depends on the data set's columns. */
static bool check_schema(check *c, hw_store *new, hw_error *err) {
  hw_statement wanted, found = {0};
  hw_buffer texts[2];
  for (int i = 0; i < 2; i++) hw_buffer_init(&texts[i]);
  bool row, ok = hw_statement_open(&wanted, new, "check/schema.sql", err) && hw_statement_open(&found, c->store, "check/schema_row.sql", err);
  while (ok && (ok = hw_statement_step(&wanted, &row, err)) && row) ok = compare_schema_row(c, &wanted, &found, texts, err);
  hw_statement_close(&wanted);
  hw_statement_close(&found);
  for (int i = 0; i < 2; i++) hw_buffer_fini(&texts[i]);
  return ok;
}

/* ---- the run ---- */

/* The fingerprint covers the version of the program, the other fingerprints and all settings. */
static bool check_fingerprint(check *c, hw_error *err) {
  hw_statement s;
  const char *wanted = hw_run_fingerprint(&c->info, &c->arena, err);
  bool row, ok = wanted && hw_statement_open(&s, c->store, "check/other_version.sql", err);
  if (!wanted) return false;
  if (ok) hw_bind_string(&s, ":version", HW_VERSION);
  ok = ok && hw_statement_step(&s, &row, err);
  hw_statement_close(&s);
  if (!ok) return false;
  if (row) hw_check_say(&c->report, "run: the fingerprint was not checked, as another version of the program made it");
  else if (strcmp(wanted, c->info.fingerprint) != 0)
    hw_check_differs(&c->report, "run: fingerprint is %s, wanted %s, from the other fingerprints and the settings", c->info.fingerprint, wanted);
  return true;
}

/* ---- statements ---- */

static bool run_statement(check *c, const hw_check_statement *rule, hw_error *err) {
  hw_statement s = {0};
  hw_error why = {0};
  bool there, row, ok = hw_store_has_table(c->store, rule->table, &there, err);
  if (!ok || !there || (rule->finished_only && !c->finished)) return ok;
  ok = hw_statement_open(&s, c->store, rule->file, &why);
  while (ok && (ok = hw_statement_step(&s, &row, &why)) && row) {
    hw_buffer text;
    hw_buffer_init(&text);
    for (int column = 1; column < 3; column++) {
      hw_buffer_append_string(&text, column == 1 ? " is " : ", wanted ");
      if (sqlite3_column_type(s.sqlite, column) == SQLITE_TEXT) hw_buffer_append_string(&text, hw_column_text(&s, column));
      else hw_column_print(&s, column, &text);
    }
    const char *fault = hw_column_text(&s, 0);
    ok = hw_buffer_check(&text, &why);
    if (ok) hw_check_differs(&c->report, "%s%s", fault ? fault : rule->file, text.data);
    hw_buffer_fini(&text);
  }
  hw_statement_close(&s);
  if (ok) return true;
  if (why.kind != HW_ERROR_INPUT) return *err = why, false;
  hw_check_differs(&c->report, "%s", why.message); /* a damaged value */
  return true;
}

static bool run_statements(check *c, hw_error *err) {
  for (size_t i = 0; i < hw_n_check_statements; i++) {
    if (hw_asked_to_stop(c->settings->hooks)) return hw_store_stopped(c->store, err);
    if (!hw_check_reported(&c->report, err)) return false;
    hw_tell_progress(c->settings->hooks, "statements", (int64_t)i, (int64_t)hw_n_check_statements);
    if (!run_statement(c, &hw_check_statements[i], err)) return false;
  }
  for (size_t i = 0; i < hw_n_check_rules; i++) {
    bool there = false;
    if (hw_check_rules[i].kind != HW_CHECK_SUMS) continue;
    if (!hw_store_has_table(c->store, hw_check_rules[i].table, &there, err)) return false;
    if (there && !hw_check_sums_agree(c->store, hw_check_rules[i].table, &c->report, err)) return false;
  }
  return true;
}

/* ---- what was checked ---- */

static bool count_rows(check *c, const char *table, int64_t *n, hw_error *err) {
  hw_buffer sql;
  hw_buffer_init(&sql);
  hw_buffer_printf(&sql, "SELECT count(*) FROM main.\"%s\"", table);
  hw_statement s = {0};
  bool row, ok = hw_buffer_check(&sql, err) && hw_statement_open_text(&s, c->store, "check/columns.sql, number of rows", sql.data, err) && hw_statement_step(&s, &row, err);
  *n = ok ? hw_column_integer(&s, 0) : 0;
  hw_statement_close(&s);
  hw_buffer_fini(&sql);
  return ok;
}

static bool say_tables(check *c, bool with_model, hw_error *err) {
  static const char *const how[] = {"made again from each chunk", "made again from each chunk", "made again from each chunk", "made again from each chunk",
                                    "made again from the run", "made again from all chunks; groups add up", "checked by statements", "checked by statements"};
  for (size_t i = 0; i < hw_n_check_rules; i++) {
    const hw_check_rule *rule = &hw_check_rules[i];
    bool there;
    int64_t n;
    if (!hw_store_has_table(c->store, rule->table, &there, err)) return false;
    if (!there) continue;
    if (!count_rows(c, rule->table, &n, err)) return false;
    const char *model = rule->with_model && !with_model ? rule->with_model : NULL;
    hw_check_say(&c->report, "%-20s %9" PRId64 " rows: %s%s%s%s%s", rule->table, n, rule->kind == HW_CHECK_MODEL && with_model ? "made again with the model" : how[rule->kind],
                 model ? "; only with --model: " : "", model ? model : "", rule->not_checked ? "; nothing tells: " : "", rule->not_checked ? rule->not_checked : "");
  }
  return true;
}

static bool check_rows(check *c, hw_check_model *model, hw_error *err) {
  hw_check_rebuild rebuild;
  bool ok = hw_check_rebuild_init(&rebuild, c->store, &c->info, model, &c->report, c->settings->hooks, err) && check_schema(c, rebuild.pair.wanted, err) &&
            hw_check_rebuild_all(&rebuild, err) && (!model || hw_check_sample(model, &rebuild.pair, c->settings, err));
  if (ok) hw_check_say(&c->report, "%" PRId64 " prompts in %" PRId64 " chunks made again", rebuild.n_prompts, rebuild.n_chunks);
  if (ok && model)
    hw_check_say(&c->report, "model: %" PRId64 " texts tokenised, %" PRId64 " neurons projected, %" PRId64 " prompts run again, %" PRId64 " relevances computed again",
                 model->n_texts, model->n_neurons, model->n_again, model->n_relevances);
  hw_check_rebuild_fini(&rebuild);
  return ok;
}

static bool check_all(check *c, hw_error *err) {
  hw_check_model opened, *model = c->settings->model ? &opened : NULL;
  hw_prompt_counts counts;
  bool ok = check_pages(c, err) && hw_store_read_run(c->store, &c->arena, &c->info, err) && hw_store_count_prompts(c->store, &counts, err) &&
            check_fingerprint(c, err);
  c->finished = ok && counts.stored + counts.failed >= counts.planned;
  if (ok && model) ok = hw_check_model_open(model, c->settings, &c->info, &c->report, err) || (hw_check_model_close(model), false);
  if (!ok) return false;
  ok = run_statements(c, err) && check_rows(c, model, err) && say_tables(c, model != NULL, err);
  if (model) hw_check_model_close(model);
  return ok;
}

bool hw_check(const char *db, const hw_check_settings *settings, hw_sink sink, void *context, int64_t *n_differences, hw_error *err) {
  hw_error unread = {0};
  if (!err) err = &unread;
  check c = {.settings = settings, .report = {.sink = sink, .context = context}};
  *n_differences = 0;
  if (!hw_count_check("sample", settings->sample, 0, INT64_MAX, err)) return false;
  hw_arena_init(&c.arena);
  bool ok = hw_store_open_read_waiting(db, settings->hooks, &c.store, err);
  if (ok) {
    c.store->stoppable = true;
    ok = hw_store_begin_read(c.store, err) && check_all(&c, err); /* one state, while a run may write */
    hw_check_end(&c.report);
    ok = ok && hw_check_reported(&c.report, err);
    *n_differences = c.report.n;
    hw_store_rollback(c.store);
  }
  (void)hw_store_close(c.store, false, NULL);
  hw_arena_fini(&c.arena);
  return ok;
}
