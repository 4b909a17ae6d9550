/* SPDX-License-Identifier: Apache-2.0
 * The hw_* SQL functions: table-valued ones over compressed columns. */
#ifndef HW_STORE_FUNCTIONS_H
#define HW_STORE_FUNCTIONS_H

#include "headwater/arena.h"
#include "headwater/graph.h"
#include "store/codec.h"
#include "store/sqlite.h"

/* What a column decodes to; which fields are filled depends on the function. */
typedef struct hw_rows {
  hw_arena arena;
  hw_blob_info info;
  size_t n; /* rows */
  hw_part *parts;
  hw_graph graph;
  hw_head_row *heads;
  hw_neurons neurons;
  hw_projections projections;
  int32_t *tokens;
  hw_item_graph *item_graphs;
} hw_rows;

typedef struct hw_table_function {
  const char *name;
  const char *columns; /* of CREATE TABLE, without the hidden ones */
  int n_columns;
  bool takes_threshold; /* a second, optional argument */
  /* Decodes a column. threshold < 0: the run's own. */
  bool (*fill)(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err);
  void (*column)(sqlite3_context *context, const hw_rows *rows, size_t row, int column);
} hw_table_function;

/* function_rows.c */
extern const hw_table_function hw_table_functions[];
extern const size_t hw_n_table_functions;

/* Registers all of them; returns an SQLite result code. */
int hw_register_functions(sqlite3 *db);

/* Connects the tables now. SQLite does it at first use, by a CREATE TABLE of its own that an authorizer would see. */
int hw_connect_functions(sqlite3 *db);

/* Makes the temporary views edge, head, neuron, projection... when the main database is one of ours; else does nothing. */
int hw_make_temp_views(sqlite3 *db);

#endif
