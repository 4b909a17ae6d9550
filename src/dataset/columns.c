/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/reader.h"
#include "base/text.h"

/* Known names, the first that exists wins. */
static const struct {
  const char *role;
  const char *names[6];
} known[HW_N_USES] = {
    [HW_USE_PROMPT] = {"prompt", {"prompt", "text", "clean", "clean_prefix", "sentence"}},
    [HW_USE_ANSWER] = {"answer", {"answer", "target", "clean_answer"}},
    [HW_USE_FOIL] = {"foil", {"foil", "patch_answer"}},
    [HW_USE_COUNTERFACTUAL] = {"counterfactual", {"counterfactual", "corrupted", "patch_prefix"}},
};

const char *hw_use_name(hw_column_use role) { return known[role].role; }

static bool has_column(const hw_dataset *dataset, const char *name) {
  for (size_t i = 0; i < dataset->n_columns; i++)
    if (strcmp(dataset->columns[i], name) == 0) return true;
  return false;
}

bool hw_columns_add(hw_dataset *dataset, const char *name, size_t length, hw_error *err) {
  const char *path = dataset->path;
  size_t number = dataset->n_columns + 1;
  if (number > HW_MAX_COLUMNS)
    return hw_fail(err, HW_ERROR_INPUT, "%s: more than %d columns", path, (int)HW_MAX_COLUMNS);
  if (hw_utf8_valid_prefix(name, length) != length || memchr(name, '\0', length))
    return hw_fail(err, HW_ERROR_INPUT, "%s: the name of column %zu is not UTF-8 text", path, number);
  if (dataset->n_columns == dataset->columns_capacity) {
    size_t capacity = dataset->columns_capacity ? dataset->columns_capacity * 2 : 16;
    char **columns = reallocarray(dataset->columns, capacity, sizeof *columns);
    if (!columns) return hw_fail_memory(err, "column names");
    dataset->columns = columns;
    dataset->columns_capacity = capacity;
  }
  char *copy = strndup(name, length);
  if (!copy) return hw_fail_memory(err, "column names");
  if (has_column(dataset, copy)) {
    hw_fail(err, HW_ERROR_INPUT, "%s: two columns are named \"%s\"", path, copy);
    free(copy);
    return false;
  }
  dataset->columns[dataset->n_columns++] = copy;
  return true;
}

bool hw_columns_from_header(hw_dataset *dataset, hw_error *err) {
  for (size_t i = 0; i < dataset->record.n_cells; i++)
    if (!hw_columns_add(dataset, dataset->record.cells[i].value, dataset->record.cells[i].length, err)) return false;
  return true;
}

/* "a, b, c" of all columns, cut where a message would burst. */
static void list_columns(const hw_dataset *dataset, hw_buffer *list) {
  enum { ENOUGH = 400 };
  for (size_t i = 0; i < dataset->n_columns; i++) {
    const char *name = dataset->columns[i];
    if (list->length + strlen(name) > ENOUGH) {
      hw_buffer_printf(list, "%s... (%zu columns)", i ? ", " : "", dataset->n_columns);
      return;
    }
    hw_buffer_printf(list, "%s%s", i ? ", " : "", name);
  }
}

static bool fail_missing(const hw_dataset *dataset, hw_column_use role, hw_error *err) {
  const char *wanted = dataset->wanted[role];
  hw_buffer list;
  hw_buffer_init(&list);
  list_columns(dataset, &list);
  const char *there = list.failed || !list.data ? "" : list.data;
  if (wanted) {
    const char *nearest = hw_nearest_name(wanted, (const char *const *)dataset->columns, dataset->n_columns);
    hw_fail(err, HW_ERROR_INPUT, "%s: no column \"%.200s\" for the %s%s%.200s%s; there are: %s", dataset->path, wanted,
            hw_use_name(role), nearest ? " (did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?)" : "",
            there);
  } else {
    hw_buffer names;
    hw_buffer_init(&names);
    for (size_t i = 0; known[role].names[i]; i++) hw_buffer_printf(&names, "%s%s", i ? ", " : "", known[role].names[i]);
    hw_fail(err, HW_ERROR_INPUT, "%s: no %s column: want one of %s, or name it; there are: %s", dataset->path,
            hw_use_name(role), names.failed ? "" : names.data, there);
    hw_buffer_fini(&names);
  }
  hw_buffer_fini(&list);
  return false;
}

static bool taken(const hw_dataset *dataset, const char *name) {
  for (int role = 0; role < HW_N_USES; role++)
    if (dataset->roles[role] && strcmp(dataset->roles[role], name) == 0) return true;
  return false;
}

static void choose_known(hw_dataset *dataset, hw_column_use role, bool in_record) {
  for (size_t i = 0; !dataset->roles[role] && known[role].names[i]; i++) {
    const char *name = known[role].names[i];
    bool there = in_record ? hw_record_find(&dataset->record, name) != NULL : has_column(dataset, name);
    if (there && !taken(dataset, name)) dataset->roles[role] = name;
  }
}

bool hw_columns_choose(hw_dataset *dataset, const hw_dataset_options *options, hw_error *err) {
  const char *const asked[HW_N_USES] = {[HW_USE_PROMPT] = options->prompt_column,
                                         [HW_USE_ANSWER] = options->answer_column,
                                         [HW_USE_FOIL] = options->foil_column,
                                         [HW_USE_COUNTERFACTUAL] = options->counterfactual_column};
  for (int role = 0; role < HW_N_USES; role++) {
    if (!asked[role]) continue;
    dataset->wanted[role] = strdup(asked[role]);
    if (!dataset->wanted[role]) return hw_fail_memory(err, "column names");
    if (!has_column(dataset, asked[role])) return fail_missing(dataset, (hw_column_use)role, err);
    if (taken(dataset, asked[role]))
      return hw_fail(err, HW_ERROR_INPUT, "%s: column \"%.200s\" is asked for twice, the second time as the %s",
                     dataset->path, asked[role], hw_use_name((hw_column_use)role));
    dataset->roles[role] = dataset->wanted[role];
  }
  for (int role = 0; role < HW_N_USES; role++) choose_known(dataset, (hw_column_use)role, false);
  return dataset->roles[HW_USE_PROMPT] ? true : fail_missing(dataset, HW_USE_PROMPT, err);
}

void hw_columns_adopt(hw_dataset *dataset) {
  for (int role = 0; role < HW_N_USES; role++) choose_known(dataset, (hw_column_use)role, true);
}
