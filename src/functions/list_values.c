/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "functions/functions.h"
#include "sqlite/sql.h"

enum { MOST_STEPS = 8 }; /* this many rows are passed over before a search */

static const struct {
  const char *name, *file; /* file: rows (key, value) from the key :from on */
  bool by_prompt; /* the key is prompt_id, else graph_id */
} sorts[] = {
    [HW_LIST_NUMBER] = {"number", NULL, false},
    [HW_LIST_IMPORTANCE] = {"importance", NULL, false},
    [HW_LIST_MIXED] = {"mixed", NULL, false},
    [HW_LIST_PROBABILITY] = {"probability", "lists/probabilities.sql", false},
    [HW_LIST_RANK] = {"rank", "lists/ranks.sql", true},
    [HW_LIST_LOGIT_DIFF] = {"logit_diff", "lists/logit_diffs.sql", true},
};

bool hw_list_find_sort(const char *name, hw_list_sort *sort) {
  for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
    *sort = (hw_list_sort)i;
    if (strcmp(name, sorts[i].name) == 0) return true;
  }
  return false;
}

int hw_list_values_open(hw_list_values *values, sqlite3 *db, hw_list_sort sort) {
  *values = (hw_list_values){.by_prompt = sorts[sort].by_prompt};
  return sorts[sort].file ? sqlite3_prepare_v2(db, hw_sql(sorts[sort].file), -1, &values->statement, NULL) : SQLITE_OK;
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
  int rc = SQLITE_OK;
  if (!seek(values, key, &rc)) return rc;
  *there = values->there && values->key == key && sqlite3_column_type(values->statement, 1) != SQLITE_NULL;
  if (*there) *value = sqlite3_column_double(values->statement, 1);
  return SQLITE_OK;
}

void hw_list_values_close(hw_list_values *values) {
  (void)sqlite3_finalize(values->statement);
}
