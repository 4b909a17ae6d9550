/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/binder.h"
#include "sqlite/sql.h"

bool hw_binder_open(hw_binder *binder, hw_store *store, const char *file, hw_error *err) {
  *binder = (hw_binder){.store = store, .file = file};
  const char *sql = hw_sql(file);
  if (!sql) return hw_fail(err, HW_ERROR_UNSUPPORTED, "sql/%s is not part of this program", file);
  if (sqlite3_prepare_v2(store->db, sql, -1, &binder->statement, NULL) == SQLITE_OK) return true;
  return hw_store_fail(store, file, err);
}

void hw_binder_reset(hw_binder *binder) {
  (void)sqlite3_reset(binder->statement);
  (void)sqlite3_clear_bindings(binder->statement);
  binder->n_bound = 0;
}

static int index_of(hw_binder *binder, const char *name) {
  int index = sqlite3_bind_parameter_index(binder->statement, name);
  if (!index && !binder->unknown) binder->unknown = name;
  binder->n_bound++;
  return index;
}

void hw_bind_integer_as(hw_binder *binder, const char *name, int64_t value) {
  (void)sqlite3_bind_int64(binder->statement, index_of(binder, name), value);
}

void hw_bind_real_as(hw_binder *binder, const char *name, double value) {
  (void)sqlite3_bind_double(binder->statement, index_of(binder, name), value);
}

void hw_bind_text_as(hw_binder *binder, const char *name, const char *text) {
  (void)sqlite3_bind_text(binder->statement, index_of(binder, name), text, -1, SQLITE_STATIC);
}

void hw_bind_null_as(hw_binder *binder, const char *name) {
  (void)sqlite3_bind_null(binder->statement, index_of(binder, name));
}

bool hw_binder_step(hw_binder *binder, bool *row, hw_error *err) {
  if (binder->unknown || binder->n_bound != sqlite3_bind_parameter_count(binder->statement))
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "sql/%s: %d parameters are given, it has %d%s%s", binder->file, binder->n_bound,
                   sqlite3_bind_parameter_count(binder->statement), binder->unknown ? "; it has no " : "",
                   binder->unknown ? binder->unknown : "");
  int rc = sqlite3_step(binder->statement);
  *row = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE || hw_store_fail(binder->store, binder->file, err);
}

void hw_binder_close(hw_binder *binder) {
  (void)sqlite3_finalize(binder->statement);
  *binder = (hw_binder){0};
}
