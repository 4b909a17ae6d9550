/* SPDX-License-Identifier: Apache-2.0
 * The hw_* SQL functions: table-valued ones over compressed columns. */
#ifndef HW_STORE_FUNCTIONS_H
#define HW_STORE_FUNCTIONS_H

#include "headwater/arena.h"
#include "headwater/graph.h"
#include "codec/codec.h"
#include "graph/relevance_list.h"
#include "sqlite/sqlite.h"

/* What a column decodes to; which fields are filled depends on the function. */
typedef struct hw_rows {
  hw_arena arena;
  hw_blob_info info;
  size_t n; /* rows */
  hw_row_set wanted; /* of functions with the argument `stored` */
  bool bad_argument; /* the error is about the argument, not about the bytes */
  hw_part *parts;
  hw_graph graph;
  hw_head_row *heads;
  hw_neurons neurons;
  hw_projections projections;
  int32_t *tokens;
  hw_item_graph *item_graphs;
  hw_answer_lens lens;
  struct hw_pair *pairs; /* hw_pairs */
  size_t n_nodes; /* hw_graph_size */
  hw_relevance_rows relevance;
  hw_relevance_row *relevance_rows; /* relevance.c */
} hw_rows;

/* The second, optional argument of a table function. SHARE: a threshold of shares, which may exceed 1. */
typedef enum hw_argument { HW_ARGUMENT_NONE, HW_ARGUMENT_THRESHOLD, HW_ARGUMENT_SHARE, HW_ARGUMENT_TOKEN } hw_argument;

/* functions.c: the argument of a function, not NULL; false, and what is wrong with it. */
enum { HW_ARGUMENT_PROBLEM = 200 };
bool hw_read_argument(hw_argument kind, sqlite3_value *value, double *argument, char problem[HW_ARGUMENT_PROBLEM]);

typedef struct hw_table_function {
  const char *name;
  const char *columns; /* of CREATE TABLE, without the hidden ones */
  int n_columns;
  hw_argument argument;
  bool stored; /* a further optional argument: 1 gives also the stored rows that are outside of the graph; the hidden column in_graph
                  tells them apart */
  /* Decodes a column. argument < 0: not given (then the threshold is the run's own, and any token is meant). */
  bool (*fill)(hw_rows *rows, const void *bytes, size_t length, double argument, hw_error *err);
  void (*column)(sqlite3_context *context, const hw_rows *rows, size_t row, int column); /* column n_columns: in_graph */
} hw_table_function;

/* rows.c */
/* Is the threshold one that the column has rows for? Errors: INPUT, below its floor. */
bool hw_check_floor(const hw_blob_info *info, double threshold, hw_error *err);
/* Sets a threshold that was not given to the column's own. Errors: one below the column's floor. */
bool hw_rows_check_threshold(hw_rows *rows, double *threshold, hw_error *err);
extern const hw_table_function hw_table_functions[];
extern const size_t hw_n_table_functions;

/* pairs.c: hw_count_pairs(heads), an aggregate whose result hw_pairs() unpacks */
typedef struct hw_pair {
  uint16_t layer_a, head_a, layer_b, head_b;
  int64_t n, n_a, n_b, n_both; /* graphs: all, with either, with both */
} hw_pair;
int hw_register_pairs(sqlite3 *db);
bool hw_decode_pairs(const void *bytes, size_t length, hw_arena *arena, hw_pair **pairs, size_t *n, hw_error *err);

/* relevance.c: hw_relevance(parts, threshold) */
bool hw_fill_relevance(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err);
void hw_relevance_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column);

/* json.c: what SQLite's own JSON functions cannot write, or not fast enough */
int hw_register_json(sqlite3 *db);

/* kept.c: bytes by a name, for statements of one connection; its functions hw_kept_list and hw_keep_list */
typedef struct hw_kept hw_kept;
/* What is kept under a name, of the database as the statement at work reads it; NULL: nothing. Borrowed: valid until the next hw_kept_make. */
const void *hw_kept_find(hw_kept *kept, sqlite3 *db, const char *name, size_t name_length, size_t *length);
/* Memory for `length` bytes that are kept from now on, aligned to 8, which the caller fills at once. Borrowed, as above. NULL: they cannot be kept. */
void *hw_kept_make(hw_kept *kept, sqlite3 *db, const char *name, size_t name_length, size_t length);
int hw_register_kept(sqlite3 *db, hw_kept **kept); /* the connection owns it; valid where SQLITE_OK was returned */

/* lists.c: hw_list_page, hw_list_way; `kept` outlives them */
int hw_register_lists(sqlite3 *db, hw_kept *kept);

enum { HW_TARGET_BITS = 20 }; /* of a graph_id: prompt_id << 20 | target_pos */

/* list_values.c: what a list is sorted by; hw_list_column(key, value), an aggregate */
typedef enum hw_list_sort { HW_LIST_NUMBER, HW_LIST_MIXED, HW_LIST_IMPORTANCE, HW_LIST_PROBABILITY, HW_LIST_RANK, HW_LIST_LOGIT_DIFF } hw_list_sort;
bool hw_list_find_sort(const char *name, hw_list_sort *sort);
typedef struct hw_list_value {
  int64_t key;
  double value;
} hw_list_value;
/* Values from a table, for graphs that come in the order of their numbers. Beside many graphs the table is read as a column, which is kept;
 * beside few it is searched. Codes are SQLite's. */
typedef struct hw_list_values {
  sqlite3_stmt *statement;
  bool by_prompt, started, there; /* there: the statement is at a row */
  int64_t key; /* of that row */
  const hw_list_value *column; /* [n], NULL: the statement has the rows; borrowed from `kept` or the statement */
  size_t n, at;
} hw_list_values;
/* For n_graphs graphs from `first` to `last`. Valid until the next hw_kept_make. Close it also after an error. */
int hw_list_values_open(hw_list_values *values, sqlite3 *db, hw_kept *kept, hw_list_sort sort, int64_t first, int64_t last, size_t n_graphs);
/* *value of a graph, *there: there is one. graph_id ascends from call to call. */
int hw_list_values_find(hw_list_values *values, int64_t graph_id, bool *there, double *value);
void hw_list_values_close(hw_list_values *values);
int hw_register_list_values(sqlite3 *db);

/* text.c: hw_contains */
int hw_register_text(sqlite3 *db);

/* merge.c: hw_merge_item_graphs(graphs), an aggregate */
int hw_register_merge(sqlite3 *db);

/* Registers all of them; returns an SQLite result code. */
int hw_register_functions(sqlite3 *db);

/* Connects the tables now. SQLite does it at first use, by a CREATE TABLE of its own that an authorizer would see. */
int hw_connect_functions(sqlite3 *db);

/* Makes the temporary views edge, head, neuron, projection... when the main database is one of ours; else does nothing. */
int hw_make_temp_views(sqlite3 *db);

#endif
