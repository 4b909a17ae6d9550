/* SPDX-License-Identifier: Apache-2.0
 * Groups: the combinations of values of the --group-by columns, numbered in the order in which the data set brings them. */
#ifndef HW_RUN_GROUPS_H
#define HW_RUN_GROUPS_H

#include "codec/codec.h"
#include "headwater/arena.h"
#include "headwater/dataset.h"

enum { HW_GROUP_COLUMNS = 8, HW_GROUP_VALUES = 256 };

typedef struct hw_groups {
  hw_arena *arena;
  bool with_variant;
  bool chosen_by_user; /* then a column with too many values is an error */
  size_t n_asked;
  const char *asked[HW_GROUP_COLUMNS]; /* the columns of hw_groups_begin; `columns` are those that finish keeps */
  size_t n_columns;
  const char *columns[HW_GROUP_COLUMNS];
  size_t n_values[HW_GROUP_COLUMNS]; /* HW_GROUP_VALUES + 1: too many */
  const char **values[HW_GROUP_COLUMNS]; /* [HW_GROUP_VALUES] */
  uint16_t *rows; /* [n_rows][HW_GROUP_COLUMNS] value ids while the data set is read */
  size_t n_rows, capacity;
  /* after hw_groups_finish */
  size_t n_groups;
  const char **names;        /* "group=ABBA,template=t3" */
  const char **group_values; /* [n_groups * n_columns] */
  uint16_t *group_keys;      /* [n_groups][HW_GROUP_COLUMNS] */
} hw_groups;

/* by: the option's text, names between commas and blanks; NULL for the known columns that exist. with_variant adds the column "variant" (clean, counterfactual)
 * in front. Errors: a column that does not exist. */
bool hw_groups_begin(hw_groups *groups, const char *by, bool with_variant, const hw_dataset *dataset, hw_arena *arena, hw_error *err);

/* Breaks a row that has a NUL byte in a column that was asked for: groups have names, and SQL ends a name there. The problem lives in the arena. */
bool hw_groups_check_row(const hw_groups *groups, hw_row *row, hw_arena *arena, hw_error *err);

/* Notes one row of the plan's pass. */
bool hw_groups_note(hw_groups *groups, const hw_row *row, bool counterfactual, hw_error *err);

/* Chooses the columns and numbers the groups. path: of the data set, for messages. Errors: of columns that the user chose, one with more than HW_GROUP_VALUES
 * values, or more combinations than that. */
bool hw_groups_finish(hw_groups *groups, const char *path, hw_error *err);
/* The i-th of the columns that finish has left out, since with them there were too many groups; NULL after the last. */
const char *hw_groups_left_out(const hw_groups *groups, size_t i);
void hw_groups_close(hw_groups *groups);

/* What finish has chosen, as bytes of a plan file; and read back into groups that are begun, and are finished then. Errors: bytes that are no groups. */
void hw_groups_put(const hw_groups *groups, hw_buffer *out);
bool hw_groups_take(hw_groups *groups, hw_reader *reader, hw_error *err);

/* Group of a row after finish; 0 for a row that cannot be read. False when the plan's pass met no such row. */
bool hw_groups_find(const hw_groups *groups, const hw_row *row, bool counterfactual, uint32_t *group);

#endif
