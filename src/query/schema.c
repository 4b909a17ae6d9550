/* SPDX-License-Identifier: Apache-2.0
 * What a database has: its tables and views, and the statements that made them. */
#include <string.h>

#include "base/text.h"
#include "headwater/query.h"
#include "sqlite/sql.h"
#include "sqlite/statement.h"

bool hw_store_show_tables(hw_store *store, hw_table_format format, hw_sink sink, void *context, hw_error *err) {
  return hw_store_select(store, hw_sql("shell/tables.sql"), NULL, 0, format, sink, context, err);
}

/* A statement is the database's text: what a terminal would obey becomes a question mark. */
static void put_statement(const char *sql, hw_buffer *out) {
  for (size_t left = strlen(sql), n; left > 0; sql += n, left -= n) {
    size_t control = *sql == '\n' || *sql == '\t' ? 0 : hw_control_length(sql, left);
    n = control ? control : 1;
    if (control) hw_buffer_append_byte(out, '?');
    else hw_buffer_append(out, sql, n);
  }
  hw_buffer_append_string(out, ";\n");
}

bool hw_store_show_schema(hw_store *store, const char *name, hw_sink sink, void *context, hw_error *err) {
  hw_statement s;
  hw_buffer out;
  hw_buffer_init(&out);
  bool row = false, ok = hw_statement_open(&s, store, "shell/schema.sql", err);
  if (ok) hw_bind_string(&s, ":name", name);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *sql = hw_column_text(&s, 0);
    if (sql) put_statement(sql, &out);
  }
  hw_statement_close(&s);
  ok = ok && hw_buffer_check(&out, err);
  if (ok && name && !out.length) ok = hw_fail(err, HW_ERROR_INPUT, "%s: no table or view is called %.100s (.tables lists them)", store->path, name);
  if (ok && out.length && !sink(context, out.data, out.length)) ok = hw_fail(err, HW_ERROR_INTERRUPTED, "stopped");
  hw_buffer_fini(&out);
  return ok;
}
