/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/text.h"
#include "dataset/reader.h"

/* Known names, the first that exists wins, in any case of its letters; of two columns that differ by case only the one that is written so. */
static const struct {
  const char *use;
  const char *names[6];
} known[HW_N_USES] = {
    [HW_USE_PROMPT] = {"prompt", {"prompt", "text", "clean", "clean_prefix", "sentence"}},
    [HW_USE_ANSWER] = {"answer", {"answer", "target", "clean_answer"}},
    [HW_USE_FOIL] = {"foil", {"foil", "patch_answer"}},
    [HW_USE_COUNTERFACTUAL] = {"counterfactual", {"counterfactual", "corrupted", "patch_prefix"}},
};

const char *hw_use_name(hw_column_use use) { return known[use].use; }

bool hw_use_knows(hw_column_use use, const char *name) {
  for (size_t i = 0; i < sizeof known[use].names / sizeof *known[use].names && known[use].names[i]; i++)
    if (strcasecmp(name, known[use].names[i]) == 0) return true;
  return false;
}

/* Blanks that stand around names: ASCII ones, the no-break space, and byte order marks that were copied along. */
static size_t blank_length(const char *at, const char *end) {
  static const char *const wide[] = {"\xC2\xA0", "\xEF\xBB\xBF"};
  if (at < end && *at && strchr(" \t\r\n\v\f", *at)) return 1;
  for (size_t i = 0; i < 2; i++)
    if ((size_t)(end - at) >= strlen(wide[i]) && memcmp(at, wide[i], strlen(wide[i])) == 0) return strlen(wide[i]);
  return 0;
}

size_t hw_columns_trim(const char **name, size_t length) {
  const char *at = *name, *end = at + length, *last = at;
  for (size_t n; (n = blank_length(at, end)) > 0;) at += n;
  for (const char *p = last = at; p < end;) {
    size_t n = blank_length(p, end);
    p += n ? n : 1;
    if (!n) last = p;
  }
  *name = at;
  return (size_t)(last - at);
}

static int find_name(const hw_dataset *dataset, const char *name, size_t length, bool with_case) {
  for (size_t i = 0; i < dataset->n_columns; i++) {
    const char *column = dataset->columns[i];
    if (strlen(column) == length && (with_case ? memcmp(column, name, length) : strncasecmp(column, name, length)) == 0) return (int)i;
  }
  return -1;
}

static int match_name(const hw_dataset *dataset, const char *name, size_t length) {
  int exact = find_name(dataset, name, length, true);
  return exact >= 0 ? exact : find_name(dataset, name, length, false);
}

const char *hw_dataset_find_column(const hw_dataset *dataset, const char *name, size_t length) {
  int column = match_name(dataset, name, length);
  return column < 0 ? NULL : dataset->columns[column];
}

int hw_columns_find_key(const hw_dataset *dataset, const char *key, size_t guess) {
  if (guess < dataset->n_columns && strcmp(dataset->keys[guess], key) == 0) return (int)guess;
  for (size_t i = 0; i < dataset->n_columns; i++)
    if (strcmp(dataset->keys[i], key) == 0) return (int)i;
  return -1;
}

bool hw_columns_add(hw_dataset *dataset, const char *name, size_t length, hw_error *err) {
  const char *path = dataset->path;
  size_t number = dataset->n_columns + 1;
  if (number > HW_MAX_COLUMNS)
    return hw_fail(err, HW_ERROR_INPUT, "%s: more than %d columns", path, (int)HW_MAX_COLUMNS);
  if (hw_utf8_valid_prefix(name, length) != length || memchr(name, '\0', length))
    return hw_fail(err, HW_ERROR_INPUT, "%s: the name of column %zu is not UTF-8 text", path, number);
  size_t capacity = dataset->columns_capacity; /* of both lists */
  if (!hw_list_reserve(dataset->columns, dataset->n_columns, 1, capacity, NULL, err) ||
      !hw_list_reserve(dataset->keys, dataset->n_columns, 1, dataset->columns_capacity, NULL, err))
    return false;
  const char *trimmed = name;
  size_t kept = hw_columns_trim(&trimmed, length);
  if (find_name(dataset, trimmed, kept, true) >= 0) { /* then its blanks tell it from the other one */
    trimmed = name;
    kept = length;
  }
  if (find_name(dataset, trimmed, kept, true) >= 0)
    return hw_fail(err, HW_ERROR_INPUT, "%s: two columns are named \"%.*s\"", path, (int)kept, trimmed);
  char *column = strndup(trimmed, kept), *key = strndup(name, length);
  if (!column || !key) {
    free(column);
    free(key);
    return hw_fail_memory(err, "column names");
  }
  dataset->keys[dataset->n_columns] = key;
  dataset->columns[dataset->n_columns++] = column;
  return true;
}

void hw_columns_clear(hw_dataset *dataset) {
  for (size_t i = 0; i < dataset->n_columns; i++) {
    free(dataset->columns[i]);
    free(dataset->keys[i]);
  }
  dataset->n_columns = 0;
}

bool hw_columns_is_prompt(const hw_dataset *dataset, const char *name, size_t length) {
  const char *wanted = dataset->wanted[HW_USE_PROMPT];
  length = hw_columns_trim(&name, length);
  for (size_t i = 0; wanted ? i == 0 : known[HW_USE_PROMPT].names[i] != NULL; i++) {
    const char *candidate = wanted ? wanted : known[HW_USE_PROMPT].names[i];
    if (strlen(candidate) == length && strncasecmp(candidate, name, length) == 0) return true;
  }
  return false;
}

int hw_columns_use(const hw_dataset *dataset, int column) {
  for (int use = 0; use < HW_N_USES; use++)
    if (dataset->uses[use] == column) return use;
  return HW_N_USES;
}

static bool is_kept(const hw_dataset *dataset, size_t column) {
  bool kept = hw_columns_use(dataset, (int)column) == HW_N_USES;
  for (size_t i = 0; i < dataset->n_not_kept; i++) kept = kept && strcmp(dataset->columns[column], dataset->not_kept[i]) != 0;
  return kept;
}

/* "a, b, c" of all columns, or of those that are kept beside prompt and answers; cut where a line would burst. */
static void list_columns(const hw_dataset *dataset, bool kept_only, hw_buffer *list) {
  enum { ENOUGH = 400 };
  hw_buffer_append_string(list, "");
  for (size_t i = 0; i < dataset->n_columns; i++) {
    if (kept_only && !is_kept(dataset, i)) continue;
    const char *name = *dataset->columns[i] ? dataset->columns[i] : "(a column without a name)", *comma = list->length ? ", " : "";
    if (list->length + strlen(name) > ENOUGH) {
      hw_buffer_printf(list, "%s... (%zu columns)", comma, dataset->n_columns);
      return;
    }
    hw_buffer_printf(list, "%s%s", comma, name);
  }
}

static bool fail_missing(const hw_dataset *dataset, hw_column_use use, hw_error *err) {
  const char *wanted = dataset->wanted[use];
  hw_buffer list;
  hw_buffer_init(&list);
  list_columns(dataset, false, &list);
  const char *there = list.failed ? "" : list.data;
  if (wanted) {
    hw_fail(err, HW_ERROR_INPUT, "%s: no column \"%.200s\" for the %s%s; there are: %s", dataset->path, wanted, hw_use_name(use),
            hw_suggest(wanted, "", (const char *const *)dataset->columns, dataset->n_columns).text, there);
  } else {
    hw_buffer names;
    hw_buffer_init(&names);
    for (size_t i = 0; known[use].names[i]; i++) hw_buffer_printf(&names, "%s%s", i ? ", " : "", known[use].names[i]);
    hw_fail(err, HW_ERROR_INPUT, "%s: no %s column: want one of %s, or name it; there are: %s", dataset->path,
            hw_use_name(use), names.failed ? "" : names.data, there);
    hw_buffer_fini(&names);
  }
  hw_buffer_fini(&list);
  return false;
}

static void choose_known(hw_dataset *dataset, hw_column_use use) {
  for (size_t i = 0; dataset->uses[use] < 0 && known[use].names[i]; i++) {
    const char *name = known[use].names[i];
    int column = match_name(dataset, name, strlen(name));
    if (column >= 0 && hw_columns_use(dataset, column) == HW_N_USES) dataset->uses[use] = column;
  }
}

static bool note_same_but_case(hw_dataset *dataset, hw_error *err) {
  for (int use = 0; use < HW_N_USES; use++) {
    int column = dataset->uses[use];
    for (int i = 0; column >= 0 && i < (int)dataset->n_columns; i++)
      if (i != column && strcasecmp(dataset->columns[i], dataset->columns[column]) == 0 &&
          !hw_dataset_note(dataset, err, "%s: columns \"%s\" and \"%s\" differ by case only; the %s is read from \"%s\"", dataset->path,
                           dataset->columns[column], dataset->columns[i], hw_use_name((hw_column_use)use), dataset->columns[column]))
        return false;
  }
  return true;
}

static int by_name(const void *a, const void *b) {
  const char *x = *(const char *const *)a, *y = *(const char *const *)b;
  int order = strcasecmp(x, y);
  return order ? order : strcmp(x, y);
}

static bool note_one_name(hw_dataset *dataset, const char *const *names, size_t n, hw_error *err) {
  hw_buffer list, called;
  hw_buffer_init(&list);
  hw_buffer_init(&called);
  for (size_t i = 0; i < n; i++) {
    hw_buffer_printf(&list, "%s\"%.100s\"", i ? ", " : "", names[i]);
    hw_buffer_printf(&called, "%s\"%.100s#%zu\"", i ? ", " : "", names[i], i + 1);
  }
  bool ok = hw_buffer_check(&list, err) && hw_buffer_check(&called, err) &&
            hw_dataset_note(dataset, err, "%s: columns %.300s differ by case only, which SQL does not tell apart; conditions and the view prompt_wide call them %.300s where each has values",
                            dataset->path, list.data, called.data);
  hw_buffer_fini(&list);
  hw_buffer_fini(&called);
  return ok;
}

/* Columns that are kept, by runs of names that are one name without case: the names that sql/writer/wide_view.sql gives them. */
static bool note_one_name_in_sql(hw_dataset *dataset, hw_error *err) {
  const char **names = calloc(dataset->n_columns, sizeof *names);
  if (!names) return hw_fail_memory(err, "column names");
  size_t n = 0;
  for (size_t i = 0; i < dataset->n_columns; i++)
    if ((int)i != dataset->uses[HW_USE_PROMPT]) names[n++] = dataset->columns[i];
  qsort(names, n, sizeof *names, by_name);
  bool ok = true;
  for (size_t i = 0, end; i < n && ok; i = end) {
    for (end = i + 1; end < n && strcasecmp(names[i], names[end]) == 0; end++) continue;
    if (end - i > 1) ok = note_one_name(dataset, names + i, end - i, err);
  }
  free(names);
  return ok;
}

/* The line that says what was found. */
static bool note_uses(hw_dataset *dataset, hw_error *err) {
  hw_buffer line;
  hw_buffer_init(&line);
  for (int use = 0; use < HW_N_USES; use++) {
    int column = dataset->uses[use];
    const char *name = hw_use_name((hw_column_use)use), *comma = use ? ", " : "";
    if (column >= 0)
      hw_buffer_printf(&line, "%s%s from \"%.200s\"", comma, name, dataset->columns[column]);
    else if (use != HW_USE_COUNTERFACTUAL)
      hw_buffer_printf(&line, "%sno %s", comma, name);
  }
  hw_buffer kept;
  hw_buffer_init(&kept);
  list_columns(dataset, true, &kept);
  if (kept.length) hw_buffer_printf(&line, "; kept: %s", kept.data);
  bool ok = hw_buffer_check(&kept, err) && hw_buffer_check(&line, err) && hw_dataset_note(dataset, err, "%s: %s", dataset->path, line.data);
  hw_buffer_fini(&kept);
  hw_buffer_fini(&line);
  return ok;
}

bool hw_columns_choose(hw_dataset *dataset, hw_error *err) {
  for (int use = 0; use < HW_N_USES; use++) {
    const char *wanted = dataset->wanted[use];
    if (!wanted) continue;
    int column = match_name(dataset, wanted, strlen(wanted));
    if (column < 0) return fail_missing(dataset, (hw_column_use)use, err);
    if (hw_columns_use(dataset, column) < HW_N_USES)
      return hw_fail(err, HW_ERROR_INPUT, "%s: column \"%.200s\" is asked for twice, the second time as the %s",
                     dataset->path, wanted, hw_use_name((hw_column_use)use));
    dataset->uses[use] = column;
  }
  for (int use = 0; use < HW_N_USES; use++) choose_known(dataset, (hw_column_use)use);
  if (dataset->uses[HW_USE_PROMPT] < 0 && dataset->bare_rows) {
    if (!hw_columns_add(dataset, "prompt", strlen("prompt"), err)) return false;
    dataset->uses[HW_USE_PROMPT] = (int)dataset->n_columns - 1;
  }
  if (dataset->uses[HW_USE_PROMPT] < 0) return fail_missing(dataset, HW_USE_PROMPT, err);
  if (dataset->needs_counterfactual && dataset->uses[HW_USE_COUNTERFACTUAL] < 0) return fail_missing(dataset, HW_USE_COUNTERFACTUAL, err);
  return dataset->format == &hw_dataset_txt || (note_uses(dataset, err) && note_same_but_case(dataset, err) && note_one_name_in_sql(dataset, err));
}
