/* SPDX-License-Identifier: Apache-2.0 */
#include "run/groups.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "headwater/buffer.h"
#include "base/list.h"
#include "base/text.h"

enum { NO_VALUE = UINT16_MAX };

static bool add_column(hw_groups *groups, const char *name, size_t length, hw_error *err) {
  if (groups->n_columns == HW_GROUP_COLUMNS)
    return hw_fail(err, HW_ERROR_INPUT, "group-by names more than %d columns", HW_GROUP_COLUMNS);
  for (size_t i = 0; i < groups->n_columns; i++)
    if (strlen(groups->columns[i]) == length && memcmp(groups->columns[i], name, length) == 0)
      return groups->with_variant && i == 0
                 ? hw_fail(err, HW_ERROR_INPUT, "group-by: --counterfactual adds a column %s of its own (clean, counterfactual), so the data set's column of that name cannot be one of the groups", groups->columns[0])
                 : hw_fail(err, HW_ERROR_INPUT, "group-by names column %.*s twice", (int)length, name);
  size_t c = groups->n_columns++;
  groups->asked[groups->n_asked++] = groups->columns[c] = hw_arena_copy(groups->arena, name, length, err);
  groups->values[c] = hw_arena_new(groups->arena, const char *, HW_GROUP_VALUES, err);
  return groups->columns[c] && groups->values[c];
}

static bool unknown_column(const hw_dataset *dataset, const char *name, size_t length, hw_error *err) {
  const char *const *names;
  size_t n = hw_dataset_columns(dataset, &names);
  hw_buffer list;
  hw_buffer_init(&list);
  for (size_t i = 0; i < n; i++) hw_buffer_printf(&list, "%s%s", i ? ", " : "", names[i]);
  char wanted[64];
  (void)snprintf(wanted, sizeof wanted, "%.*s", (int)length, name);
  hw_fail(err, HW_ERROR_INPUT, "group-by: the data set has no column \"%s\"%s; there are: %.600s", wanted,
          hw_suggest(wanted, "", names, n).text, list.data ? list.data : "none");
  hw_buffer_fini(&list);
  return false;
}

bool hw_groups_begin(hw_groups *groups, const char *by, bool with_variant, const hw_dataset *dataset, hw_arena *arena, hw_error *err) {
  static const char *const known[] = {"label", "group", "template", "case"};
  static const char blanks[] = " \t";
  const char *column;
  *groups = (hw_groups){.arena = arena, .with_variant = with_variant, .chosen_by_user = by != NULL};
  if (with_variant && !add_column(groups, "variant", strlen("variant"), err)) return false;
  if (!by) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
      if ((column = hw_dataset_find_column(dataset, known[i], strlen(known[i]))) && !add_column(groups, column, strlen(column), err)) return false;
    return true;
  }
  if (strcmp(by, "none") == 0 || !*by) return true;
  for (const char *at = by;;) {
    at += strspn(at, blanks);
    size_t whole = strcspn(at, ","), length = whole;
    while (length && strchr(blanks, at[length - 1])) length--;
    if (!(column = hw_dataset_find_column(dataset, at, length))) return unknown_column(dataset, at, length, err);
    if (!add_column(groups, column, strlen(column), err)) return false;
    if (!at[whole]) return true;
    at += whole + 1;
  }
}

static const hw_field *find_field(const hw_row *row, const char *name) {
  const hw_field *fixed[] = {&row->prompt, &row->answer, &row->foil, &row->counterfactual};
  for (size_t i = 0; i < 4; i++)
    if (fixed[i]->value && fixed[i]->name && strcmp(fixed[i]->name, name) == 0) return fixed[i];
  for (size_t i = 0; i < row->n_others; i++)
    if (strcmp(row->others[i].name, name) == 0) return &row->others[i];
  return NULL;
}

bool hw_groups_check_row(const hw_groups *groups, hw_row *row, hw_arena *arena, hw_error *err) {
  if (row->problem) return true;
  for (size_t i = groups->with_variant; i < groups->n_asked; i++) {
    const hw_field *field = find_field(row, groups->asked[i]);
    if (!field || !memchr(field->value, '\0', field->length)) continue;
    char problem[400];
    (void)snprintf(problem, sizeof problem, "column \"%.200s\" holds a NUL byte; a column that --group-by names or that groups by default cannot hold one", groups->asked[i]);
    *row = (hw_row){.index = row->index, .line = row->line, .problem = hw_arena_copy(arena, problem, strlen(problem), err)};
    return row->problem != NULL;
  }
  return true;
}

/* The row's value in column c. The variant is not a field of the row. */
static const hw_field *column_field(const hw_groups *groups, size_t c, const hw_row *row, bool counterfactual) {
  static const hw_field variants[] = {{"variant", "clean", 5}, {"variant", "counterfactual", 14}};
  if (groups->with_variant && c == 0) return &variants[counterfactual];
  return find_field(row, groups->columns[c]);
}

static bool same_value(const char *text, const hw_field *field) {
  size_t length = field ? field->length : 0;
  return strlen(text) == length && (length == 0 || memcmp(text, field->value, length) == 0);
}

/* Index of the row's value in a column; NO_VALUE when it is not among the known ones. A missing value is the empty one. */
static uint16_t value_of(const hw_groups *groups, size_t column, const hw_field *field) {
  size_t n = groups->n_values[column] <= HW_GROUP_VALUES ? groups->n_values[column] : (size_t)HW_GROUP_VALUES;
  for (size_t v = 0; v < n; v++)
    if (same_value(groups->values[column][v], field)) return (uint16_t)v;
  return NO_VALUE;
}

bool hw_groups_note(hw_groups *groups, const hw_row *row, bool counterfactual, hw_error *err) {
  if (groups->n_columns == 0) return true;
  if (!hw_list_reserve(groups->rows, groups->n_rows * HW_GROUP_COLUMNS, HW_GROUP_COLUMNS, groups->capacity, NULL, err)) return false;
  uint16_t *key = groups->rows + groups->n_rows++ * HW_GROUP_COLUMNS;
  for (size_t c = 0; c < HW_GROUP_COLUMNS; c++) key[c] = NO_VALUE;
  if (row->problem) return true;
  for (size_t c = 0; c < groups->n_columns; c++) {
    if (groups->n_values[c] > HW_GROUP_VALUES) continue;
    const hw_field *field = column_field(groups, c, row, counterfactual);
    key[c] = value_of(groups, c, field);
    if (key[c] != NO_VALUE) continue;
    size_t v = groups->n_values[c]++;
    if (v == HW_GROUP_VALUES) continue; /* the column has too many values to be grouped by */
    key[c] = (uint16_t)v;
    groups->values[c][v] = hw_arena_copy(groups->arena, field ? field->value : "", field ? field->length : 0, err);
    if (!groups->values[c][v]) return false;
  }
  return true;
}

static void drop_column(hw_groups *groups, size_t column) {
  for (size_t c = column; c + 1 < groups->n_columns; c++) {
    groups->columns[c] = groups->columns[c + 1];
    groups->n_values[c] = groups->n_values[c + 1];
    groups->values[c] = groups->values[c + 1];
    for (size_t r = 0; r < groups->n_rows; r++) groups->rows[r * HW_GROUP_COLUMNS + c] = groups->rows[r * HW_GROUP_COLUMNS + c + 1];
  }
  groups->n_columns--;
}

static uint32_t find_key(const hw_groups *groups, const uint16_t *key) {
  for (uint32_t g = 0; g < groups->n_groups; g++)
    if (memcmp(groups->group_keys + g * HW_GROUP_COLUMNS, key, groups->n_columns * sizeof *key) == 0) return g;
  return UINT32_MAX;
}

/* False when there are more combinations than HW_GROUP_VALUES. */
static bool number_groups(hw_groups *groups) {
  groups->n_groups = 0;
  for (size_t r = 0; r < groups->n_rows; r++) {
    const uint16_t *key = groups->rows + r * HW_GROUP_COLUMNS;
    if (key[0] == NO_VALUE || find_key(groups, key) != UINT32_MAX) continue;
    if (groups->n_groups == HW_GROUP_VALUES) return false;
    memcpy(groups->group_keys + groups->n_groups++ * HW_GROUP_COLUMNS, key, HW_GROUP_COLUMNS * sizeof *key);
  }
  return true;
}

static bool name_groups(hw_groups *groups, hw_error *err) {
  if (groups->n_groups == 0) { /* no columns, or no readable row: all in one */
    groups->n_columns = 0;
    groups->n_groups = 1;
  }
  groups->names = hw_arena_new(groups->arena, const char *, groups->n_groups, err);
  groups->group_values = hw_arena_new(groups->arena, const char *, groups->n_groups * groups->n_columns, err);
  if (!groups->names || !groups->group_values) return false;
  hw_buffer name;
  hw_buffer_init(&name);
  bool ok = true;
  for (size_t g = 0; g < groups->n_groups && ok; g++) {
    hw_buffer_reset(&name);
    hw_buffer_append_string(&name, "");
    for (size_t c = 0; c < groups->n_columns; c++) {
      const char *value = groups->values[c][groups->group_keys[g * HW_GROUP_COLUMNS + c]];
      groups->group_values[g * groups->n_columns + c] = value;
      hw_buffer_printf(&name, "%s%s=%s", c ? "," : "", groups->columns[c], value);
    }
    ok = hw_buffer_check(&name, err) && (groups->names[g] = hw_arena_copy(groups->arena, name.data, name.length, err)) != NULL;
  }
  hw_buffer_fini(&name);
  return ok;
}

static int compare_keys(const void *a, const void *b) { return memcmp(a, b, HW_GROUP_COLUMNS * sizeof(uint16_t)); }

/* Combinations of values of all rows, which are sorted for this. */
static size_t count_combinations(hw_groups *groups) {
  size_t n = 0;
  qsort(groups->rows, groups->n_rows, HW_GROUP_COLUMNS * sizeof *groups->rows, compare_keys);
  for (size_t r = 0; r < groups->n_rows; r++) {
    const uint16_t *key = groups->rows + r * HW_GROUP_COLUMNS;
    n += key[0] != NO_VALUE && (r == 0 || compare_keys(key - HW_GROUP_COLUMNS, key) != 0);
  }
  return n;
}

static bool too_many_combinations(hw_groups *groups, const char *path, hw_error *err) {
  hw_buffer list;
  hw_buffer_init(&list);
  for (size_t c = groups->with_variant; c < groups->n_columns; c++) hw_buffer_printf(&list, "%s%s", c > groups->with_variant ? "," : "", groups->columns[c]);
  hw_fail(err, HW_ERROR_INPUT, "%s: group-by: %.300s has %zu combinations of values%s, want at most %d", path, list.data ? list.data : "", count_combinations(groups),
          groups->with_variant ? " (those of counterfactuals are counted apart)" : "", HW_GROUP_VALUES);
  hw_buffer_fini(&list);
  return false;
}

bool hw_groups_finish(hw_groups *groups, const char *path, hw_error *err) {
  for (size_t c = groups->n_columns; c-- > 0;) {
    if (groups->n_values[c] <= HW_GROUP_VALUES) continue;
    if (groups->chosen_by_user)
      return hw_fail(err, HW_ERROR_INPUT, "%s: group-by: column %s has more than %d values, want at most %d", path, groups->columns[c], HW_GROUP_VALUES, HW_GROUP_VALUES);
    drop_column(groups, c);
  }
  groups->group_keys = hw_arena_znew(groups->arena, uint16_t, (size_t)HW_GROUP_VALUES * HW_GROUP_COLUMNS, err);
  if (!groups->group_keys) return false;
  while (!number_groups(groups)) {
    if (groups->chosen_by_user) return too_many_combinations(groups, path, err);
    drop_column(groups, groups->n_columns - 1);
  }
  return name_groups(groups, err);
}

const char *hw_groups_left_out(const hw_groups *groups, size_t i) {
  for (size_t a = 0, c = 0; a < groups->n_asked; a++) {
    bool kept = c < groups->n_columns && strcmp(groups->asked[a], groups->columns[c]) == 0;
    c += kept;
    if (!kept && i-- == 0) return groups->asked[a];
  }
  return NULL;
}

void hw_groups_put(const hw_groups *groups, hw_buffer *out) {
  hw_put_varint(out, groups->n_columns);
  for (size_t c = 0; c < groups->n_columns; c++) {
    hw_put_text(out, groups->columns[c]);
    hw_put_varint(out, groups->n_values[c]);
    for (size_t v = 0; v < groups->n_values[c]; v++) hw_put_text(out, groups->values[c][v]);
  }
  hw_put_varint(out, groups->n_columns ? groups->n_groups : 0);
  for (size_t g = 0; g < groups->n_groups; g++)
    for (size_t c = 0; c < groups->n_columns; c++) hw_put_varint(out, groups->group_keys[g * HW_GROUP_COLUMNS + c]);
}

bool hw_groups_take(hw_groups *groups, hw_reader *reader, hw_error *err) {
  hw_arena *arena = groups->arena;
  groups->n_columns = hw_read_count(reader, 1);
  if (groups->n_columns > HW_GROUP_COLUMNS) return hw_fail(err, HW_ERROR_INPUT, "%zu columns of groups, at most %d", groups->n_columns, HW_GROUP_COLUMNS);
  for (size_t c = 0; c < groups->n_columns; c++) {
    if (!hw_read_text(reader, arena, &groups->columns[c], err)) return false;
    size_t n = groups->n_values[c] = hw_read_count(reader, 1);
    if (n > HW_GROUP_VALUES) return hw_fail(err, HW_ERROR_INPUT, "%zu values of column %.80s, at most %d", n, groups->columns[c], HW_GROUP_VALUES);
    if (!(groups->values[c] = hw_arena_new(arena, const char *, n, err))) return false;
    for (size_t v = 0; v < n; v++)
      if (!hw_read_text(reader, arena, &groups->values[c][v], err)) return false;
  }
  size_t n = groups->n_groups = hw_read_count(reader, 1);
  if (n > HW_GROUP_VALUES || !groups->n_columns != !n) return hw_fail(err, HW_ERROR_INPUT, "%zu groups of %zu columns", n, groups->n_columns);
  if (!(groups->group_keys = hw_arena_znew(arena, uint16_t, (size_t)HW_GROUP_VALUES * HW_GROUP_COLUMNS, err))) return false;
  for (size_t i = 0; i < n * groups->n_columns; i++) {
    size_t c = i % groups->n_columns;
    uint64_t value = hw_read_varint(reader);
    if (value >= groups->n_values[c]) return hw_fail(err, HW_ERROR_INPUT, "value %" PRIu64 " of column %.80s, which has %zu", value, groups->columns[c], groups->n_values[c]);
    groups->group_keys[i / groups->n_columns * HW_GROUP_COLUMNS + c] = (uint16_t)value;
  }
  return name_groups(groups, err);
}

void hw_groups_close(hw_groups *groups) {
  free(groups->rows);
  groups->rows = NULL;
}

bool hw_groups_find(const hw_groups *groups, const hw_row *row, bool counterfactual, uint32_t *group) {
  *group = 0;
  if (row->problem || groups->n_columns == 0) return true;
  uint16_t key[HW_GROUP_COLUMNS] = {0};
  for (size_t c = 0; c < groups->n_columns; c++) key[c] = value_of(groups, c, column_field(groups, c, row, counterfactual));
  *group = find_key(groups, key);
  return *group != UINT32_MAX;
}
