/* SPDX-License-Identifier: Apache-2.0
 * Two databases with the same tables, row by row. */
#ifndef HW_CHECK_COMPARE_H
#define HW_CHECK_COMPARE_H

#include "check/report.h"

enum { HW_CHECK_MOST_RULES = 64 };

typedef struct hw_check_pair {
  hw_store *found;  /* the database that is checked */
  hw_store *wanted; /* made from its rows */
  bool made[HW_CHECK_MOST_RULES]; /* by rule: a run makes the table, so both have it */
  hw_check_report *report;
} hw_check_pair;

/* Rows of a table, those of column `range` between first and last (NULL: all), in order of its key. Packed columns are compared unpacked,
 * so that another zlib does not matter. Every difference is reported by table, key and column; *n_rows counts the wanted rows. */
bool hw_check_compare_rows(const hw_check_pair *pair, const char *table, const char *range, int64_t first, int64_t last, int64_t *n_rows,
                           hw_error *err);
/* Each row of the wanted table must be found; surplus ones are not looked for. For tables whose key begins with something else. */
bool hw_check_look_up_rows(const hw_check_pair *pair, const char *table, int64_t *n_rows, hw_error *err);

/* Empties the wanted tables of a kind that belongs to chunks. */
bool hw_check_forget_rows(const hw_check_pair *pair, hw_error *err);

#endif
