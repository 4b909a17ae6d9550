/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_STORE_SELECT_H
#define HW_STORE_SELECT_H

#include "sqlite/connection.h"
#include "headwater/query.h"

/* hw_store_select that also counts the rows. */
bool hw_select(hw_store *store, const char *sql, const hw_parameter *parameters, size_t n_parameters,
               hw_table_format format, hw_sink sink, void *context, int64_t *n_rows, hw_error *err);

/* A statement of the user's, prepared under the store's time limit; only one that reads. hw_select_close ends it, also after an error. */
bool hw_select_open(hw_store *store, const char *sql, sqlite3_stmt **statement, hw_error *err);
void hw_select_close(hw_store *store, sqlite3_stmt *statement);
/* Fills err from the last SQLite error of such a statement. */
bool hw_select_fail(hw_store *store, hw_error *err);

/* ---- named.c ---- */

/* What follows the leading comment. */
const char *hw_query_statement(const char *sql);

/* ---- format.c ---- */

typedef struct hw_formatter {
  hw_table_format format;
  hw_sink sink;
  void *context;
  hw_buffer out; /* not handed over yet */
  int n_columns;
  int64_t n_rows;
  struct hw_table_cell *cells; /* HW_FORMAT_TABLE: rows that decide the widths, then the row at work */
  size_t n_cells, cells_capacity;
  hw_buffer text; /* of the cells */
  size_t *widths; /* [n_columns], NULL until decided */
  bool *numeric;  /* [n_columns] right-aligned */
  size_t line_width; /* characters; 0: no limit */
  size_t n_pages; /* parts written of a table that is wider than a line */
} hw_formatter;

bool hw_formatter_begin(hw_formatter *formatter, hw_table_format format, sqlite3_stmt *statement, size_t line_width,
                        hw_sink sink, void *context, hw_error *err);
bool hw_formatter_row(hw_formatter *formatter, sqlite3_stmt *statement, hw_error *err);
bool hw_formatter_end(hw_formatter *formatter, hw_error *err);
void hw_formatter_fini(hw_formatter *formatter);

/* A field of RFC 4180, quoted where it must be. */
void hw_format_csv(hw_buffer *out, const char *bytes, size_t length);

#endif
