/* SPDX-License-Identifier: Apache-2.0
 * CSV files of the views, the head matrix, scripts of figures, MANIFEST.json. The same database gives the same bytes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json_writer.h"
#include "base/number.h"
#include "base/option.h"
#include "base/output.h"
#include "headwater/query.h"
#include "headwater/export.h"
#include "query/select.h"
#include "report/export_folder.h"
#include "report/export_tables.h"
#include "report/picture.h"
#include "report/table.h"
#include "sqlite/sql.h"
#include "store/stale.h"

typedef struct export {
  hw_store *store;
  const hw_export *wanted;
  hw_export_folder folder;
  hw_json manifest;
  hw_error *err;
} export;

/* One value as JSON: what a column holds. */
static void put_value(hw_json *json, const hw_statement *s, int column) {
  switch (sqlite3_column_type(s->sqlite, column)) {
    case SQLITE_INTEGER: hw_json_int(json, hw_column_integer(s, column)); break;
    case SQLITE_FLOAT: hw_json_double(json, hw_column_real(s, column)); break;
    default: hw_json_string(json, hw_column_text(s, column)); break;
  }
}

/* A statement with the parameter :certificate. 0: it is not given. */
static bool open_of_certificate(hw_statement *s, hw_store *store, const char *sql, int64_t certificate, hw_error *err) {
  if (!hw_statement_open(s, store, sql, err)) return false;
  if (certificate) hw_bind_integer(s, ":certificate", certificate);
  else hw_bind_null(s, ":certificate");
  return true;
}

/* The certificates that a file is of, an object each. */
static bool put_certificates(export *e, const char *sql) {
  hw_statement s;
  bool row, ok = open_of_certificate(&s, e->store, sql, e->wanted->certificate, e->err);
  hw_json_key(&e->manifest, "certificates");
  hw_json_begin_array(&e->manifest);
  while (ok && (ok = hw_statement_step(&s, &row, e->err)) && row) {
    hw_json_begin_object(&e->manifest);
    for (int c = 0; c < sqlite3_column_count(s.sqlite); c++) {
      hw_json_key(&e->manifest, sqlite3_column_name(s.sqlite, c));
      put_value(&e->manifest, &s, c);
    }
    hw_json_end_object(&e->manifest);
  }
  hw_json_end_array(&e->manifest);
  hw_statement_close(&s);
  return ok;
}

/* Those of the statement of a file that is of certificates. */
static void put_parameters(export *e) {
  hw_json_key(&e->manifest, "parameters");
  hw_json_begin_object(&e->manifest);
  hw_json_key(&e->manifest, "certificate");
  if (e->wanted->certificate) hw_json_int(&e->manifest, e->wanted->certificate);
  else hw_json_null(&e->manifest);
  hw_json_end_object(&e->manifest);
}

static bool put_file(export *e, const hw_file_kind *kind, const char *file, int64_t rows) {
  hw_json *manifest = &e->manifest;
  const char *statement = hw_query_statement(hw_sql(kind->sql));
  size_t length = strlen(statement);
  while (length && statement[length - 1] == '\n') length--;
  hw_json_begin_object(manifest);
  hw_json_key_string(manifest, "file", file);
  hw_json_key_int(manifest, "rows", rows);
  if (kind->layout == LAYOUT_MATRIX) hw_json_key_string(manifest, "layout", "matrix");
  if (kind->certificates) {
    if (!put_certificates(e, kind->certificates)) return false;
    put_parameters(e);
  }
  hw_json_key(manifest, "sql");
  hw_json_bytes(manifest, statement, length);
  hw_json_end_object(manifest);
  hw_buffer_append_byte(manifest->out, '\n');
  return true;
}

static bool write_text(const char *folder, const char *file, const hw_buffer *text, hw_error *err) {
  char *path = hw_path_join(folder, file);
  bool ok = path ? hw_output_write_file(path, text, err) : hw_fail_memory(err, "the name of a file");
  free(path);
  return ok;
}

static void append_field(hw_buffer *text, const hw_statement *s, int column) {
  size_t length;
  if (sqlite3_column_type(s->sqlite, column) == SQLITE_FLOAT) {
    hw_format_double(text, hw_column_real(s, column));
    return;
  }
  const char *value = hw_column_blob(s, column, &length);
  hw_format_csv(text, value, length);
}

/* A line for each value of the first column, a field for each value of the second: every line has the same ones, in one order. */
static bool matrix_rows(hw_store *store, const char *file, hw_buffer *head, hw_buffer *body, int64_t *rows, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, file, err);
  hw_buffer last;
  hw_buffer_init(&last);
  if (ok) hw_buffer_append_string(head, sqlite3_column_name(s.sqlite, 0));
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *label = hw_column_text(&s, 0);
    if (*rows == 0 || !label || strcmp(label, last.data) != 0) {
      hw_buffer_append_string(body, "\r\n");
      append_field(body, &s, 0);
      hw_buffer_reset(&last);
      hw_buffer_append_string(&last, label ? label : "");
      (*rows)++;
    }
    if (*rows == 1) {
      hw_buffer_append_byte(head, ',');
      append_field(head, &s, 1);
    }
    hw_buffer_append_byte(body, ',');
    append_field(body, &s, 2);
    ok = hw_buffer_check(&last, err);
  }
  hw_statement_close(&s);
  hw_buffer_fini(&last);
  return ok;
}

static bool put_matrix(hw_store *store, const char *file, hw_sink sink, void *context, int64_t *rows, hw_error *err) {
  hw_buffer head, body;
  hw_buffer_init(&head);
  hw_buffer_init(&body);
  bool ok = matrix_rows(store, file, &head, &body, rows, err);
  hw_buffer_append_string(&body, "\r\n");
  ok = ok && hw_buffer_check(&head, err) && hw_buffer_check(&body, err);
  if (ok && !(sink(context, head.data ? head.data : "", head.length) && sink(context, body.data, body.length)))
    ok = hw_fail(err, HW_ERROR_INTERRUPTED, "stopped");
  hw_buffer_fini(&head);
  hw_buffer_fini(&body);
  return ok;
}

static bool put_text(hw_store *store, const char *file, int64_t certificate, hw_sink sink, void *context, int64_t *rows, hw_error *err) {
  hw_statement s;
  bool row, ok = open_of_certificate(&s, store, file, certificate, err);
  for (; ok && (ok = hw_statement_step(&s, &row, err)) && row; (*rows)++) {
    size_t length;
    const char *text = hw_column_blob(&s, 0, &length);
    if (!sink(context, text, length)) ok = hw_fail(err, HW_ERROR_INTERRUPTED, "stopped");
  }
  hw_statement_close(&s);
  return ok;
}

static bool put_rows(hw_store *store, const hw_file_kind *kind, int64_t certificate, hw_sink sink, void *context, int64_t *rows, hw_error *err) {
  char number[24];
  const hw_parameter chosen = {"certificate", number};
  (void)snprintf(number, sizeof number, "%" PRId64, certificate);
  *rows = 0;
  if (kind->layout == LAYOUT_MATRIX) return put_matrix(store, kind->sql, sink, context, rows, err);
  if (kind->layout == LAYOUT_TEXT) return put_text(store, kind->sql, certificate, sink, context, rows, err);
  return hw_select(store, hw_sql(kind->sql), &chosen, kind->certificates && certificate, HW_FORMAT_CSV, sink, context, rows, err);
}

static bool write_rows(export *e, const char *file, const hw_file_kind *kind, int64_t *rows) {
  hw_output out;
  char *path = hw_path_join(e->folder.temporary, file);
  if (!path) return hw_fail_memory(e->err, "the name of a file");
  bool ok = hw_output_open(&out, path, e->err) && put_rows(e->store, kind, e->wanted->certificate, hw_output_write, &out, rows, e->err);
  free(path);
  return hw_output_close(&out, ok, e->err);
}

/* Does the database have what the file is made of, of the certificate that is asked for? */
static bool has_needed(export *e, const hw_file_kind *kind, bool *found) {
  if (!hw_export_has_needed(e->store, kind, found, e->err)) return false;
  if (!*found || !kind->certificates || !e->wanted->certificate) return true;
  hw_statement s;
  bool ok = open_of_certificate(&s, e->store, kind->certificates, e->wanted->certificate, e->err) && hw_statement_step(&s, found, e->err);
  hw_statement_close(&s);
  return ok;
}

static bool export_file(export *e, const hw_file_kind *kind, int64_t *rows) {
  char file[64];
  bool found;
  *rows = 0;
  if (!has_needed(e, kind, &found)) return false;
  if (!found) return true;
  (void)snprintf(file, sizeof file, "%s%s", kind->name, hw_export_ending(kind));
  if (!write_rows(e, file, kind, rows)) return false;
  return put_file(e, kind, file, *rows);
}

/* ---- which tables ---- */

/* Is the word in a list "a,b"? */
static bool listed(const char *list, const char *word) {
  size_t length = strlen(word);
  for (const char *at = list;;) {
    size_t n = strcspn(at, ",");
    if (n == length && !memcmp(at, word, n)) return true;
    if (!at[n]) return false;
    at += n + 1;
  }
}

static bool check_tables(export *e) {
  bool of_certificate = !e->wanted->tables || e->wanted->figures;
  for (const char *at = e->wanted->tables; at;) {
    size_t n = strcspn(at, ",");
    const hw_file_kind *kind;
    bool found;
    if (!hw_export_find_table(e->store, at, n, &kind, e->err) || !has_needed(e, kind, &found)) return false;
    if (!found)
      return hw_fail(e->err, HW_ERROR_INPUT, "%s: certificate %" PRId64 " has nothing for %s; make it with headwater %s", e->store->path, e->wanted->certificate, kind->name,
                     hw_export_maker(kind));
    of_certificate |= kind->certificates != NULL;
    at = at[n] ? at + n + 1 : NULL;
  }
  return of_certificate || !e->wanted->certificate || hw_fail(e->err, HW_ERROR_ARGUMENT, "certificate is for mib_circuit and for figures, which are not asked for");
}

static bool check_certificate(export *e) {
  hw_statement s;
  bool found;
  if (!e->wanted->certificate) return true;
  if (!hw_store_has_table(e->store, "certificate_run", &found, e->err)) return false;
  if (!found) return hw_fail(e->err, HW_ERROR_INPUT, "%s: there are no certificates; make them with headwater certify", e->store->path);
  if (!hw_statement_open(&s, e->store, "parameters/certificate.sql", e->err)) return false;
  hw_bind_integer(&s, ":given", e->wanted->certificate);
  bool ok = hw_statement_step(&s, &found, e->err);
  hw_statement_close(&s);
  return ok && (found || hw_fail(e->err, HW_ERROR_INPUT, "%s: there is no certificate %" PRId64 "; headwater query %s certificates lists them", e->store->path,
                                 e->wanted->certificate, e->store->path));
}

bool hw_export_table(hw_store *store, const char *name, hw_sink sink, void *context, bool *found, hw_error *err) {
  const hw_file_kind *kind;
  int64_t rows;
  *found = hw_export_find_table(store, name, strlen(name), &kind, err);
  return *found && put_rows(store, kind, 0, sink, context, &rows, err);
}

/* ---- figures: scripts and their data; the program draws them ---- */

static void put_figure(export *e, const char *figure, const char *script, const char *data) {
  hw_json *manifest = &e->manifest;
  hw_json_begin_object(manifest);
  hw_json_key_string(manifest, "figure", figure);
  hw_json_key_string(manifest, "script", script);
  hw_json_key_string(manifest, "data", data);
  hw_json_end_object(manifest);
  hw_buffer_append_byte(manifest->out, '\n');
}

static bool export_script(export *e, hw_figure_tool tool, const char *figure, const char *script, const char *data, const char *text, size_t length) {
  hw_buffer out;
  hw_buffer_init(&out);
  hw_buffer_append(&out, text, length);
  bool ok = write_text(e->folder.temporary, script, &out, e->err);
  hw_buffer_fini(&out);
  if (!ok) return false;
  put_figure(e, figure, script, data);
  return e->wanted->script(e->wanted->context, tool, e->folder.temporary, script, figure, e->err);
}

static bool export_plots(export *e, const int64_t *plot_rows) {
  for (size_t i = 0; i < HW_EXPORT_PLOTS; i++) {
    char figure[64], script[64], data[64];
    if (plot_rows[i] == 0) continue;
    (void)snprintf(figure, sizeof figure, "%s.svg", hw_export_plots[i].script);
    (void)snprintf(script, sizeof script, "%s.gp", hw_export_plots[i].script);
    (void)snprintf(data, sizeof data, "%s.csv", hw_export_plots[i].data.name);
    const char *text = hw_sql(hw_export_plots[i].text);
    if (!export_script(e, HW_FIGURE_GNUPLOT, figure, script, data, text, strlen(text))) return false;
  }
  return true;
}

static bool export_circuits(export *e) {
  bool found;
  if (!hw_store_has_table(e->store, "circuit", &found, e->err)) return false;
  if (!found) return true;
  hw_statement s;
  bool row, ok = hw_statement_open(&s, e->store, "figures/circuits.sql", e->err);
  while (ok && (ok = hw_statement_step(&s, &row, e->err)) && row) {
    char figure[64];
    const char *script = hw_column_text(&s, 0), *text = hw_column_text(&s, 1);
    if (!script || !text) continue;
    (void)snprintf(figure, sizeof figure, "%.*s.svg", (int)strcspn(script, "."), script);
    ok = export_script(e, HW_FIGURE_GRAPHVIZ, figure, script, "circuit, circuit_edge", text, strlen(text));
  }
  hw_statement_close(&s);
  return ok;
}

/* Numbers of the minings and comparisons that were made before the last prompts were stored. */
static bool put_stale(hw_store *store, hw_json *json, hw_error *err) {
  hw_buffer numbers;
  hw_buffer_init(&numbers);
  bool ok = true;
  hw_json_key(json, "stale");
  hw_json_begin_object(json);
  for (size_t i = 0; ok && i < HW_STALE_KINDS; i++) {
    hw_buffer_reset(&numbers);
    ok = hw_store_stale(store, &hw_stale_kinds[i], &numbers, err);
    hw_json_key(json, hw_stale_kinds[i].name);
    hw_json_string(json, ok && numbers.length ? numbers.data : "");
  }
  hw_json_end_object(json);
  hw_buffer_append_byte(json->out, '\n');
  hw_buffer_fini(&numbers);
  return ok;
}

static bool put_run(hw_store *store, hw_json *json, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "export/run.sql", err) && hw_statement_step(&s, &row, err) &&
                 (row || hw_fail(err, HW_ERROR_INPUT, "%s: the table run is empty", store->path));
  hw_json_key(json, "run");
  hw_json_begin_object(json);
  for (int c = 1; ok && c < sqlite3_column_count(s.sqlite); c++) { /* but run_id */
    hw_json_key(json, sqlite3_column_name(s.sqlite, c));
    put_value(json, &s, c);
  }
  hw_json_end_object(json);
  hw_statement_close(&s);
  hw_buffer_append_byte(json->out, '\n');
  hw_prompt_counts counts = {0};
  ok = ok && hw_store_count_prompts(store, &counts, err);
  hw_json_key(json, "prompts");
  hw_json_begin_object(json);
  hw_json_key_int(json, "stored", counts.stored);
  hw_json_key_int(json, "failed", counts.failed);
  hw_json_key_int(json, "planned", counts.planned);
  hw_json_end_object(json);
  if (counts.n_shards > 0) { /* of one shard: the other prompts are in other files */
    hw_buffer_append_byte(json->out, '\n');
    hw_json_key(json, "shard");
    hw_json_begin_object(json);
    hw_json_key_int(json, "number", counts.shard);
    hw_json_key_int(json, "of", counts.n_shards);
    hw_json_end_object(json);
  }
  hw_buffer_append_byte(json->out, '\n');
  ok = ok && put_stale(store, json, err) && hw_statement_open(&s, store, "reader/settings.sql", err);
  hw_json_key(json, "settings");
  hw_json_begin_object(json);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    hw_json_key(json, hw_column_text(&s, 0));
    put_value(json, &s, 1);
  }
  hw_json_end_object(json);
  hw_statement_close(&s);
  return ok;
}

/* ---- the graphs of single prompts, drawn here ---- */

static bool export_picture(export *e, const hw_export_graph *wanted) {
  char file[80];
  hw_buffer svg;
  hw_buffer_init(&svg);
  int64_t target = wanted->target;
  bool ok = hw_store_put_picture(e->store, wanted->prompt_id, &target, &svg, e->err);
  (void)snprintf(file, sizeof file, wanted->target < 0 ? "figure_graph_%" PRId64 ".svg" : "figure_graph_%" PRId64 "_%" PRId64 ".svg", wanted->prompt_id, target);
  ok = ok && write_text(e->folder.temporary, file, &svg, e->err);
  hw_buffer_fini(&svg);
  hw_json_begin_object(&e->manifest);
  hw_json_key_string(&e->manifest, "figure", file);
  hw_json_key_int(&e->manifest, "prompt", wanted->prompt_id);
  hw_json_key_int(&e->manifest, "target", target);
  hw_json_end_object(&e->manifest);
  hw_buffer_append_byte(e->manifest.out, '\n');
  return ok;
}

static bool export_figures(export *e, const int64_t *plot_rows) {
  if (!e->wanted->figures && e->wanted->n_graphs == 0) return true;
  hw_buffer_append_byte(e->manifest.out, '\n');
  hw_json_key(&e->manifest, "figures");
  hw_json_begin_array(&e->manifest);
  hw_buffer_append_byte(e->manifest.out, '\n');
  if (e->wanted->figures && (!export_plots(e, plot_rows) || !export_circuits(e))) return false;
  for (size_t i = 0; i < e->wanted->n_graphs; i++)
    if (!export_picture(e, &e->wanted->graphs[i])) return false;
  hw_json_end_array(&e->manifest);
  return true;
}

/* Tables that the database does not have, where all are wanted. */
static bool put_left_out(export *e) {
  hw_json *manifest = &e->manifest;
  if (e->wanted->tables) return true;
  hw_buffer_append_byte(manifest->out, '\n');
  hw_json_key(manifest, "left_out");
  hw_json_begin_array(manifest);
  hw_buffer_append_byte(manifest->out, '\n');
  for (size_t i = 0; i < hw_n_export_tables; i++) {
    bool found;
    if (!has_needed(e, &hw_export_tables[i], &found)) return false;
    if (found) continue;
    hw_json_begin_object(manifest);
    hw_json_key_string(manifest, "table", hw_export_tables[i].name);
    hw_json_key_string(manifest, "command", hw_export_maker(&hw_export_tables[i]));
    hw_json_end_object(manifest);
    hw_buffer_append_byte(manifest->out, '\n');
  }
  hw_json_end_array(manifest);
  return true;
}

static bool export_files(export *e) {
  int64_t rows, plot_rows[HW_EXPORT_PLOTS] = {0};
  for (size_t i = 0; i < hw_n_export_tables; i++) {
    bool drawn = e->wanted->figures && !strcmp(hw_export_tables[i].name, hw_export_plots[0].data.name);
    if (e->wanted->tables && !listed(e->wanted->tables, hw_export_tables[i].name) && !drawn) continue;
    if (!export_file(e, &hw_export_tables[i], &rows)) return false;
    if (drawn) plot_rows[0] = rows;
  }
  for (size_t i = 0; i < HW_EXPORT_PLOTS && e->wanted->figures; i++)
    if (hw_export_plots[i].data.sql && !export_file(e, &hw_export_plots[i].data, &plot_rows[i])) return false;
  hw_json_end_array(&e->manifest);
  return put_left_out(e) && export_figures(e, plot_rows);
}

/* Each can be drawn: found out before anything is written. */
static bool check_graphs(export *e) {
  bool ok = true;
  for (size_t i = 0; ok && i < e->wanted->n_graphs; i++) {
    hw_buffer svg;
    int64_t target = e->wanted->graphs[i].target;
    hw_buffer_init(&svg);
    ok = hw_store_put_picture(e->store, e->wanted->graphs[i].prompt_id, &target, &svg, e->err);
    hw_buffer_fini(&svg);
  }
  return ok;
}

static bool export_all(export *e, hw_buffer *text) {
  hw_json *manifest = &e->manifest;
  hw_json_init(manifest, text);
  hw_json_begin_object(manifest);
  hw_json_key_int(manifest, "schema_version", HW_SCHEMA_VERSION);
  hw_buffer_append_byte(text, '\n');
  if (!check_certificate(e) || !check_tables(e) || !check_graphs(e) || !hw_export_folder_open(&e->folder, e->wanted->folder, e->err) || !put_run(e->store, manifest, e->err)) return false;
  hw_buffer_append_byte(text, '\n');
  hw_json_key(manifest, "files");
  hw_json_begin_array(manifest);
  hw_buffer_append_byte(text, '\n');
  if (!export_files(e)) return false;
  hw_json_end_object(manifest);
  hw_buffer_append_byte(text, '\n');
  return write_text(e->folder.temporary, HW_EXPORT_MANIFEST, text, e->err) &&
         (!e->wanted->notes || hw_export_folder_note_others(&e->folder, e->wanted->notes, e->err)) && hw_export_folder_publish(&e->folder, e->err);
}

bool hw_store_export(hw_store *store, const hw_export *wanted, hw_error *err) {
  hw_buffer text;
  if (!hw_given_check("folder", wanted->folder, err)) return false;
  if (wanted->figures && !wanted->script) return hw_fail(err, HW_ERROR_INPUT, "no script is given, which draws the figures");
  hw_buffer_init(&text);
  bool ok = hw_store_begin_read(store, err); /* all files show one state */
  if (ok) {
    export e = {.store = store, .wanted = wanted, .folder = {.lock = -1}, .err = err};
    ok = export_all(&e, &text);
    hw_export_folder_close(&e.folder);
    hw_store_rollback(store);
  }
  hw_buffer_fini(&text);
  return ok;
}
