/* SPDX-License-Identifier: Apache-2.0
 * What a merge does with each table, and its rows. */
#ifndef HW_STORE_MERGE_ROWS_H
#define HW_STORE_MERGE_ROWS_H

#include "sqlite/connection.h"

typedef enum hw_merge_rule {
  HW_MERGE_SAME,    /* the same rows in all files, copied once */
  HW_MERGE_CHUNK,   /* says which prompts a file has */
  HW_MERGE_PROMPT,  /* rows of prompts: each is in one file */
  HW_MERGE_GRAPH,   /* rows of graphs: likewise */
  HW_MERGE_ITEM,    /* the lists of items */
  HW_MERGE_ADDED,   /* sums */
  HW_MERGE_EQUAL,   /* rows that several files may have, with the same values */
  HW_MERGE_PROCESS, /* appended, with numbers of its own */
  HW_MERGE_STAGE,   /* what belongs to a process */
  HW_MERGE_AGAIN    /* not taken over: it is derived again from the whole */
} hw_merge_rule;

typedef struct hw_merge_table {
  const char *name;
  hw_merge_rule rule;
  const char *writer; /* the writer's statement that stores a row; NULL: nobody writes it */
  const char *key;    /* of CHUNK, PROMPT, GRAPH and ITEM: the column by which rows are taken in turn */
} hw_merge_table;

/* Every table that a database can have. */
extern const hw_merge_table hw_merge_tables[];
extern const size_t hw_n_merge_tables;
/* NULL: no table of ours. */
const hw_merge_table *hw_merge_find(const char *name);

typedef struct hw_merge_rows { /* of one table of one file */
  hw_statement s;
  const hw_merge_table *table;
  int n;                   /* columns */
  const char **parameters; /* ":NAME" of each, in the arena */
} hw_merge_rows;

/* All rows of the table, or with by_key those of which hw_merge_rows_between says the bounds. Close it also after an error. */
bool hw_merge_rows_open(hw_merge_rows *rows, hw_store *store, const hw_merge_table *table, bool by_key, hw_arena *arena, hw_error *err);
void hw_merge_rows_close(hw_merge_rows *rows);
/* Begins anew with the rows whose key lies from first to last. */
void hw_merge_rows_between(hw_merge_rows *rows, int64_t first, int64_t last);

/* Stores the present row with the writer's statement; *is_new is false where it was there. */
bool hw_merge_put(hw_store *out, const hw_merge_rows *rows, bool *is_new, hw_error *err);
/* The statement that finds a row of `rows` in `out`. */
bool hw_merge_lookup_open(hw_statement *s, hw_store *out, const hw_merge_table *table, hw_error *err);
/* Compares the present row with that of the same key there. Errors: INPUT, naming the file and the table. */
bool hw_merge_check_same(hw_statement *lookup, const hw_merge_rows *rows, hw_error *err);
/* Are all columns of both present rows the same? */
bool hw_merge_same_row(const hw_statement *a, const hw_statement *b);

bool hw_merge_count(hw_store *store, const hw_merge_table *table, int64_t *n, hw_error *err);

#endif
