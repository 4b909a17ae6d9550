/* SPDX-License-Identifier: Apache-2.0
 * What is checked of each table: a row a table, and a row for each statement about the rows themselves. A table of the schema without a row
 * here fails tests/check/planted.py. */
#ifndef HW_CHECK_RULES_H
#define HW_CHECK_RULES_H

#include <stdbool.h>
#include <stddef.h>

typedef enum hw_check_kind {
  HW_CHECK_CHUNK,   /* made from the rows of each chunk: rows with its chunk_id */
  HW_CHECK_PROMPTS, /* the same: rows with prompt_ids of the chunk */
  HW_CHECK_GRAPHS,  /* the same: rows with graph_ids of the chunk */
  HW_CHECK_INDEX,   /* the same: rows whose key begins with something else */
  HW_CHECK_WHOLE,   /* made from the run, once */
  HW_CHECK_SUMS,    /* made from all chunks; groups, marginal groups and all together must also agree among themselves */
  HW_CHECK_MODEL,   /* made from the model, where one is given; else only statements */
  HW_CHECK_ALONE    /* only statements */
} hw_check_kind;

typedef struct hw_check_rule {
  const char *table;
  hw_check_kind kind;
  const char *with_model;  /* what only --model checks; NULL: nothing */
  const char *not_checked; /* columns that nothing in the database or in the model tells; NULL: none */
} hw_check_rule;

extern const hw_check_rule hw_check_rules[];
extern const size_t hw_n_check_rules;

/* A statement that gives a row for each fault: the fault as a text, what is found, what is wanted. */
typedef struct hw_check_statement {
  const char *file;   /* below sql/ */
  const char *table;  /* it is run where this table is there */
  bool finished_only; /* and all prompts are stored */
} hw_check_statement;

extern const hw_check_statement hw_check_statements[];
extern const size_t hw_n_check_statements;

#endif
