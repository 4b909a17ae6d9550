/* SPDX-License-Identifier: Apache-2.0
 * CSV files of the views, the head matrix, MANIFEST.json. The same database gives the same bytes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "headwater/file.h"
#include "headwater/json_writer.h"
#include "store/select.h"
#include "store/sql.h"

static const struct {
  const char *file, *sql; /* sql/export/... */
} list[] = {
    {"head_importance.csv", "export/head_importance.sql"},
    {"head_importance_by_group.csv", "export/head_importance_by_group.sql"},
    {"neuron_importance.csv", "export/neuron_importance.sql"},
    {"edge_frequency.csv", "export/edge_frequency.sql"},
    {"prompt_prediction.csv", "export/prompt_prediction.sql"},
};
enum { N_FILES = sizeof list / sizeof list[0] };

typedef struct output { /* a file under a temporary name */
  char *path, *temporary;
  FILE *file;
  int error; /* errno of the first write that failed */
} output;

static bool output_open(output *out, const char *folder, const char *name, hw_error *err) {
  *out = (output){.path = hw_path_join(folder, name)};
  hw_buffer temporary;
  hw_buffer_init(&temporary);
  if (out->path) hw_buffer_printf(&temporary, "%s.%ld.tmp", out->path, (long)getpid());
  out->temporary = temporary.data;
  if (!out->path || temporary.failed) return hw_fail_memory(err, "the name of a file");
  out->file = fopen(out->temporary, "wbe");
  return out->file ? true : hw_fail(err, HW_ERROR_IO, "%s: %s", out->temporary, strerror(errno));
}

static bool output_write(void *context, const char *bytes, size_t length) {
  output *out = context;
  if (fwrite(bytes, 1, length, out->file) == length) return true;
  out->error = errno;
  return false;
}

/* Closes and takes the final name when all went well; removes the temporary file otherwise. */
static bool output_close(output *out, bool ok, hw_error *err) {
  if (out->file && fclose(out->file) != 0 && !out->error) out->error = errno;
  if (out->error) ok = hw_fail(err, HW_ERROR_IO, "%s: %s", out->path, strerror(out->error));
  if (ok && rename(out->temporary, out->path) != 0) ok = hw_fail(err, HW_ERROR_IO, "%s: %s", out->path, strerror(errno));
  if (!ok && out->file) (void)unlink(out->temporary);
  free(out->path);
  free(out->temporary);
  return ok;
}

/* The statement without its comment. */
static const char *statement_of(const char *sql) {
  while (!strncmp(sql, "--", 2)) {
    sql += strcspn(sql, "\n");
    sql += *sql == '\n';
  }
  return sql;
}

static void put_file(hw_json *manifest, const char *file, int64_t rows, const char *sql) {
  const char *statement = statement_of(sql);
  size_t length = strlen(statement);
  while (length && statement[length - 1] == '\n') length--;
  hw_json_begin_object(manifest);
  hw_json_key(manifest, "file");
  hw_json_string(manifest, file);
  hw_json_key(manifest, "rows");
  hw_json_int(manifest, rows);
  hw_json_key(manifest, "sql");
  hw_json_bytes(manifest, statement, length);
  hw_json_end_object(manifest);
  hw_buffer_append_byte(manifest->out, '\n');
}

static bool export_view(hw_store *store, const char *folder, const char *file, const char *sql, hw_json *manifest,
                        hw_error *err) {
  output out;
  int64_t rows = 0;
  bool ok =
      output_open(&out, folder, file, err) && hw_select(store, sql, NULL, 0, HW_FORMAT_CSV, output_write, &out, &rows, err);
  ok = output_close(&out, ok, err);
  if (ok) put_file(manifest, file, rows, sql);
  return ok;
}

/* A row per layer, a column per head. */
static bool matrix_rows(hw_store *store, const char *sql, hw_buffer *text, int64_t *rows, hw_error *err) {
  int64_t n_heads, layer = -1;
  sqlite3_stmt *s = NULL;
  if (!hw_store_integer(store, "SELECT n_heads FROM run", &n_heads, err)) return false;
  hw_buffer_append_string(text, "layer");
  for (int64_t head = 0; head < n_heads; head++) hw_buffer_printf(text, ",H%" PRId64, head);
  int rc = sqlite3_prepare_v2(store->db, sql, -1, &s, NULL);
  while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    if (sqlite3_column_int64(s, 0) != layer) {
      layer = sqlite3_column_int64(s, 0);
      hw_buffer_printf(text, "\r\n%" PRId64, layer);
      (*rows)++;
    }
    hw_buffer_append_byte(text, ',');
    hw_format_double(text, sqlite3_column_double(s, 2));
    rc = SQLITE_OK;
  }
  (void)sqlite3_finalize(s);
  hw_buffer_append_string(text, "\r\n");
  return rc == SQLITE_DONE ? true : hw_store_fail(store, "read it", err);
}

static bool write_text(const char *folder, const char *file, const hw_buffer *text, hw_error *err) {
  output out;
  bool ok = hw_buffer_check(text, err);
  if (!ok) return false;
  ok = output_open(&out, folder, file, err);
  if (ok) (void)output_write(&out, text->data, text->length);
  return output_close(&out, ok, err);
}

static bool export_matrix(hw_store *store, const char *folder, hw_json *manifest, hw_error *err) {
  const char *sql = hw_sql("export/head_matrix.sql");
  hw_buffer text;
  hw_buffer_init(&text);
  int64_t rows = 0;
  bool ok = matrix_rows(store, sql, &text, &rows, err) && write_text(folder, "head_matrix.csv", &text, err);
  if (ok) put_file(manifest, "head_matrix.csv", rows, sql);
  hw_buffer_fini(&text);
  return ok;
}

/* One value as JSON: what a column of `run` or `setting` holds. */
static void put_value(hw_json *json, sqlite3_stmt *s, int column) {
  switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER: hw_json_int(json, sqlite3_column_int64(s, column)); break;
    case SQLITE_FLOAT: hw_json_double(json, sqlite3_column_double(s, column)); break;
    default: hw_json_string(json, (const char *)sqlite3_column_text(s, column)); break;
  }
}

static bool put_run(hw_store *store, hw_json *json, hw_error *err) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(store->db, "SELECT * FROM run", -1, &s, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(s);
  hw_json_key(json, "run");
  hw_json_begin_object(json);
  for (int c = 1; rc == SQLITE_ROW && c < sqlite3_column_count(s); c++) { /* but run_id */
    hw_json_key(json, sqlite3_column_name(s, c));
    put_value(json, s, c);
  }
  hw_json_end_object(json);
  (void)sqlite3_finalize(s);
  if (rc != SQLITE_ROW) return hw_store_fail(store, "read its run", err);
  hw_buffer_append_byte(json->out, '\n');
  rc = sqlite3_prepare_v2(store->db, "SELECT name, value FROM setting ORDER BY name", -1, &s, NULL);
  hw_json_key(json, "settings");
  hw_json_begin_object(json);
  while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    hw_json_key(json, (const char *)sqlite3_column_text(s, 0));
    put_value(json, s, 1);
    rc = SQLITE_OK;
  }
  hw_json_end_object(json);
  (void)sqlite3_finalize(s);
  return rc == SQLITE_DONE ? true : hw_store_fail(store, "read its settings", err);
}

static bool export_all(hw_store *store, const char *folder, hw_buffer *text, hw_error *err) {
  hw_json manifest;
  hw_json_init(&manifest, text);
  hw_json_begin_object(&manifest);
  hw_json_key(&manifest, "schema_version");
  hw_json_int(&manifest, HW_SCHEMA_VERSION);
  hw_buffer_append_byte(text, '\n');
  if (!put_run(store, &manifest, err)) return false;
  hw_buffer_append_byte(text, '\n');
  hw_json_key(&manifest, "files");
  hw_json_begin_array(&manifest);
  hw_buffer_append_byte(text, '\n');
  for (int i = 0; i < N_FILES; i++)
    if (!export_view(store, folder, list[i].file, hw_sql(list[i].sql), &manifest, err)) return false;
  if (!export_matrix(store, folder, &manifest, err)) return false;
  hw_json_end_array(&manifest);
  hw_json_end_object(&manifest);
  hw_buffer_append_byte(text, '\n');
  return write_text(folder, "MANIFEST.json", text, err);
}

bool hw_store_export(hw_store *store, const char *folder, hw_error *err) {
  if (mkdir(folder, 0777) != 0 && (errno != EEXIST || !hw_folder_exists(folder)))
    return hw_fail(err, HW_ERROR_IO, "%s: %s", folder, errno == EEXIST ? "not a folder" : strerror(errno));
  hw_buffer text;
  hw_buffer_init(&text);
  bool ok = hw_store_exec(store, "BEGIN", "read it", err); /* all files show one state */
  if (ok) {
    ok = export_all(store, folder, &text, err);
    (void)sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
  }
  hw_buffer_fini(&text);
  return ok;
}
