/* SPDX-License-Identifier: Apache-2.0 */
#include "query/json.h"

#include <string.h>

#include "base/text.h"
#include "query/parameter.h"
#include "query/select.h"
#include "sqlite/sql.h"

/* Bytes of the string that begins here, with its quotes. */
static size_t string_length(const char *text, size_t left) {
  size_t n = 1;
  while (n < left && text[n] != '"') n += text[n] == '\\' ? 2 : 1;
  return n < left ? n + 1 : left;
}

/* What a message shows of the place: the key before it, or what stands there. */
static bool fail_at(const hw_store *store, const char *file, const char *what, const char *key, size_t key_length, hw_error *err) {
  return hw_fail(err, HW_ERROR_INPUT, "%s: damaged: sql/%s gives %s%s%.*s", store->path, file, what, key ? " after " : "",
                 key ? (int)(key_length < 60 ? key_length : 60) : 0, key ? key : "");
}

/* SQLite quotes all that JSON wants quoted. It passes bytes that are no UTF-8, and writes an infinite number as Inf. */
static bool check_text(const hw_store *store, const char *file, const char *text, size_t length, hw_error *err) {
  const char *key = NULL;
  size_t key_length = 0, valid = hw_utf8_valid_prefix(text, length);
  for (size_t at = 0; at < valid;) {
    if (text[at] == '"') {
      key = text + at;
      key_length = string_length(text + at, valid - at);
      at += key_length;
    } else if (text[at] == 'I' || text[at] == 'N') {
      return fail_at(store, file, "an infinite number", key, key_length, err);
    } else {
      at++;
    }
  }
  return valid == length || fail_at(store, file, "bytes that are no UTF-8", key, key_length, err);
}

static hw_json_outcome read_text(hw_store *store, const char *file, sqlite3_stmt *s, hw_buffer *out, hw_error *err) {
  int rc = sqlite3_step(s);
  if (rc == SQLITE_DONE) return HW_JSON_NO_ROW;
  if (rc != SQLITE_ROW) {
    (void)hw_select_fail(store, err);
    return HW_JSON_DATABASE;
  }
  if (sqlite3_column_type(s, 0) == SQLITE_NULL) return HW_JSON_NO_ROW;
  const char *text = (const char *)sqlite3_column_text(s, 0);
  size_t length = (size_t)sqlite3_column_bytes(s, 0);
  if (!text) {
    (void)hw_fail_memory(err, "a JSON text");
    return HW_JSON_DATABASE;
  }
  if (!check_text(store, file, text, length, err)) return HW_JSON_DATABASE;
  hw_buffer_append(out, text, length);
  return hw_buffer_check(out, err) ? HW_JSON_TEXT : HW_JSON_DATABASE;
}

const char *hw_store_json_sql(const char *file) { return file ? hw_sql(file) : NULL; }

/* What came of an error: `input` where it lies in what was asked for; memory may have been refused in the place of that. */
static hw_json_outcome asked(const hw_error *err, hw_json_outcome input) {
  return err->kind == HW_ERROR_INPUT || err->kind == HW_ERROR_ARGUMENT ? input : HW_JSON_DATABASE;
}

hw_json_outcome hw_store_json(hw_store *store, const char *file, const hw_parameter *parameters, size_t n_parameters, hw_buffer *out,
                              hw_error *err) {
  const hw_named_query query = {file, hw_sql(file)};
  if (!query.sql) {
    (void)hw_fail(err, HW_ERROR_UNSUPPORTED, "sql/%s is not part of this program", file);
    return HW_JSON_DATABASE;
  }
  if (!hw_store_query_ready(store, &query, err)) return asked(err, HW_JSON_NOT_READY);
  sqlite3_stmt *s;
  hw_json_outcome outcome = HW_JSON_DATABASE;
  if (hw_select_open(store, query.sql, &s, err))
    outcome = hw_query_bind(store, s, query.sql, parameters, n_parameters, err) ? read_text(store, file, s, out, err) : asked(err, HW_JSON_PARAMETER);
  hw_select_close(store, s);
  return outcome;
}
