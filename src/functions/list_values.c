/* SPDX-License-Identifier: Apache-2.0
 *   hw_list_column(key, value): an aggregate, the rows with a value as hw_list_value[]; the keys must ascend */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "functions/functions.h"
#include "sqlite/sql.h"

enum { MOST_STEPS = 8 }; /* this many rows are passed over before a search */

static const struct {
  const char *name, *file, *column; /* file: rows (key, value) from the key :from on; column: hw_list_column of the rows from :first to :last */
  bool by_prompt; /* the key is prompt_id, else graph_id */
} sorts[] = {
    [HW_LIST_NUMBER] = {"number", NULL, NULL, false},
    [HW_LIST_IMPORTANCE] = {"importance", NULL, NULL, false},
    [HW_LIST_MIXED] = {"mixed", NULL, NULL, false},
    [HW_LIST_PROBABILITY] = {"probability", "lists/probabilities.sql", "lists/probability_column.sql", false},
    [HW_LIST_RANK] = {"rank", "lists/ranks.sql", "lists/rank_column.sql", true},
    [HW_LIST_LOGIT_DIFF] = {"logit_diff", "lists/logit_diffs.sql", "lists/logit_diff_column.sql", true},
};

bool hw_list_find_sort(const char *name, hw_list_sort *sort) {
  for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
    *sort = (hw_list_sort)i;
    if (strcmp(name, sorts[i].name) == 0) return true;
  }
  return false;
}

/* ---- a column ---- */

typedef struct column {
  hw_list_value *values;
  size_t n, capacity;
  int64_t last;
  bool started;
} column;

static void column_step(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  column *c = sqlite3_aggregate_context(context, sizeof *c);
  if (!c) {
    sqlite3_result_error_nomem(context);
    return;
  }
  int64_t key = sqlite3_value_int64(argv[0]);
  if (c->started && key <= c->last) {
    sqlite3_result_error(context, "hw_list_column: the keys do not ascend", -1);
    sqlite3_result_error_code(context, HW_DAMAGED_BYTES);
  } else if (sqlite3_value_type(argv[1]) != SQLITE_NULL) {
    if (!hw_list_reserve(c->values, c->n, 1, c->capacity, NULL, NULL)) sqlite3_result_error_nomem(context);
    else c->values[c->n++] = (hw_list_value){.key = key, .value = sqlite3_value_double(argv[1])};
  }
  c->last = key;
  c->started = true;
}

static void column_final(sqlite3_context *context) {
  column *c = sqlite3_aggregate_context(context, 0);
  if (c && c->n) sqlite3_result_blob64(context, c->values, c->n * sizeof *c->values, free);
  else sqlite3_result_zeroblob(context, 0);
  if (c && !c->n) free(c->values);
}

int hw_register_list_values(sqlite3 *db) {
  return sqlite3_create_function_v2(db, "hw_list_column", 2, SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL, NULL, column_step, column_final, NULL);
}

/* What is kept of a column: the first and the last key that were looked for, then its values. */
static bool find_column(hw_list_values *values, sqlite3 *db, hw_kept *kept, const char *file, int64_t first, int64_t last) {
  size_t length;
  const int64_t *keys = hw_kept_find(kept, db, file, strlen(file), &length);
  if (!keys || keys[0] > first || keys[1] < last) return false;
  values->column = (const hw_list_value *)(keys + 2);
  values->n = length / sizeof *values->column - 1;
  return true;
}

/* Reads the column and keeps it, unless that would cost one of a far longer range; then the statement has it. */
static int read_column(hw_list_values *values, sqlite3 *db, hw_kept *kept, const char *file, int64_t first, int64_t last) {
  int rc = sqlite3_prepare_v2(db, hw_sql(file), -1, &values->statement, NULL);
  if (rc != SQLITE_OK) return rc;
  (void)sqlite3_bind_int64(values->statement, 1, first);
  (void)sqlite3_bind_int64(values->statement, 2, last);
  if ((rc = sqlite3_step(values->statement)) != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_CORRUPT : rc;
  size_t length = (size_t)sqlite3_column_bytes(values->statement, 0);
  const void *bytes = sqlite3_column_blob(values->statement, 0);
  size_t old_length;
  const int64_t *old = hw_kept_find(kept, db, file, strlen(file), &old_length);
  bool shall_keep = !old || (old[1] - old[0]) / MOST_STEPS <= last - first;
  int64_t *keys = shall_keep ? hw_kept_make(kept, db, file, strlen(file), sizeof(hw_list_value) + length) : NULL;
  if (keys) {
    keys[0] = first;
    keys[1] = last;
    if (length) memcpy(keys + 2, bytes, length);
    bytes = keys + 2;
  }
  values->column = bytes ? bytes : "";
  values->n = length / sizeof *values->column;
  return SQLITE_OK;
}

/* ---- the values of graphs ---- */

int hw_list_values_open(hw_list_values *values, sqlite3 *db, hw_kept *kept, hw_list_sort sort, int64_t first, int64_t last, size_t n_graphs) {
  *values = (hw_list_values){.by_prompt = sorts[sort].by_prompt};
  if (!sorts[sort].file || !n_graphs) return SQLITE_OK;
  bool many = (uint64_t)((last >> HW_TARGET_BITS) - (first >> HW_TARGET_BITS)) / MOST_STEPS < n_graphs;
  if (values->by_prompt) first >>= HW_TARGET_BITS, last >>= HW_TARGET_BITS;
  if (find_column(values, db, kept, sorts[sort].column, first, last)) return SQLITE_OK;
  if (many) return read_column(values, db, kept, sorts[sort].column, first, last);
  return sqlite3_prepare_v2(db, hw_sql(sorts[sort].file), -1, &values->statement, NULL);
}

static bool step(hw_list_values *values, int *rc) {
  *rc = sqlite3_step(values->statement);
  values->there = *rc == SQLITE_ROW;
  if (values->there) values->key = sqlite3_column_int64(values->statement, 0);
  return values->there || *rc == SQLITE_DONE;
}

/* Goes to the first row whose key is not less. Keys ascend from call to call. */
static bool seek(hw_list_values *values, int64_t key, int *rc) {
  for (int i = 0; values->there && values->key < key && i < MOST_STEPS; i++)
    if (!step(values, rc)) return false;
  if (values->started && (!values->there || values->key >= key)) return true;
  values->started = true;
  (void)sqlite3_reset(values->statement);
  (void)sqlite3_bind_int64(values->statement, 1, key);
  return step(values, rc);
}

int hw_list_values_find(hw_list_values *values, int64_t graph_id, bool *there, double *value) {
  int64_t key = values->by_prompt ? graph_id >> HW_TARGET_BITS : graph_id;
  if (values->column) {
    while (values->at < values->n && values->column[values->at].key < key) values->at++;
    *there = values->at < values->n && values->column[values->at].key == key;
    if (*there) *value = values->column[values->at].value;
    return SQLITE_OK;
  }
  int rc = SQLITE_OK;
  if (!seek(values, key, &rc)) return rc;
  *there = values->there && values->key == key && sqlite3_column_type(values->statement, 1) != SQLITE_NULL;
  if (*there) *value = sqlite3_column_double(values->statement, 1);
  return SQLITE_OK;
}

void hw_list_values_close(hw_list_values *values) {
  (void)sqlite3_finalize(values->statement);
}
