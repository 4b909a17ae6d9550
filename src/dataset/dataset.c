/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/dataset.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/number.h"
#include "base/option.h"
#include "base/text.h"
#include "dataset/reader.h"

const char *const hw_quoting_names[4] = {"auto", "never", "always", NULL};

static const hw_format *const formats[] = {&hw_dataset_txt, &hw_dataset_csv, &hw_dataset_tsv, &hw_dataset_jsonl,
                                           &hw_dataset_json};
enum { N_FORMATS = sizeof formats / sizeof *formats };

static const hw_format *format_named(const char *name) {
  for (size_t i = 0; i < N_FORMATS; i++)
    if (strcmp(formats[i]->name, name) == 0) return formats[i];
  return NULL;
}

/* By the ending of the name, a last .gz taken off. */
static const hw_format *format_of_file(const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  size_t length = strlen(name);
  if (length > 3 && strcasecmp(name + length - 3, ".gz") == 0) length -= 3;
  for (size_t i = 0; i < N_FORMATS; i++) {
    for (const char *const *ending = formats[i]->endings; *ending; ending++) {
      size_t n = strlen(*ending);
      if (length > n && name[length - n - 1] == '.' && strncasecmp(name + length - n, *ending, n) == 0)
        return formats[i];
    }
  }
  return NULL;
}

static const hw_format *choose_format(const hw_dataset_options *options, hw_error *err) {
  const hw_format *format = options->format ? format_named(options->format) : format_of_file(options->path);
  if (format) return format;
  char list[128] = "";
  const char *names[N_FORMATS];
  for (size_t i = 0; i < N_FORMATS; i++) {
    names[i] = formats[i]->name;
    if (i) strcat(list, ", "); /* names of this file: they fit */
    strcat(list, names[i]);
  }
  if (options->format)
    hw_fail(err, HW_ERROR_ARGUMENT, "%s: unknown data set format \"%.100s\"%s; known: %s", options->path, options->format,
            hw_suggest(options->format, "", names, N_FORMATS).text, list);
  else
    hw_fail(err, HW_ERROR_INPUT, "%s: the name does not tell the format, so want --format; known: %s (each also gzipped)",
            options->path, list);
  return NULL;
}

/* The first pass: all columns of the file, and what its rows say about how it is written. */
static bool survey(hw_dataset *dataset, hw_error *err) {
  int64_t n_rows = 0, n_broken = 0, first_line = 0;
  char first_problem[256] = "";
  int got;
  while ((got = dataset->format->read(dataset, err)) > 0) {
    const hw_raw_row *raw_row = &dataset->raw_row;
    n_rows++;
    if (!raw_row->broken) continue;
    if (!hw_buffer_check(&raw_row->problem, err)) return false;
    if (n_broken++ == 0) {
      first_line = raw_row->line;
      (void)snprintf(first_problem, sizeof first_problem, "%s", raw_row->problem.data);
    }
  }
  if (got < 0) return false;
  if (n_rows == 0) return hw_fail(err, HW_ERROR_INPUT, "%s: no prompts: the data set is empty", dataset->path);
  if (n_broken == n_rows && dataset->format->self_describing)
    return hw_fail(err, HW_ERROR_INPUT, "%s: no prompts: none of the rows can be read; line %" PRId64 ": %s", dataset->path,
                   first_line, first_problem);
  return true;
}

bool hw_dataset_rewind(hw_dataset *dataset, hw_error *err) {
  dataset->n_rows = 0;
  dataset->failed = !hw_stream_rewind(&dataset->stream, &dataset->failure) || !dataset->format->start(dataset, &dataset->failure);
  if (dataset->failed && err) *err = dataset->failure;
  return !dataset->failed;
}

/* Passes over the file until its columns stand; the last one leaves it at the first row. */
static bool settle(hw_dataset *dataset, hw_error *err) {
  const hw_format *format = dataset->format;
  if (format->detect && !format->detect(dataset, err)) return false;
  int settled;
  do {
    if (!hw_dataset_rewind(dataset, err) || !survey(dataset, err)) return false;
    settled = format->settle ? format->settle(dataset, err) : 1;
  } while (settled == 0);
  dataset->settled = true;
  return settled > 0 && hw_columns_choose(dataset, err) && hw_dataset_rewind(dataset, err);
}

static bool copy_options(hw_dataset *dataset, const hw_dataset_options *options, hw_error *err) {
  const char *const wanted[HW_N_USES] = {[HW_USE_PROMPT] = options->prompt_column,
                                         [HW_USE_ANSWER] = options->answer_column,
                                         [HW_USE_FOIL] = options->foil_column,
                                         [HW_USE_COUNTERFACTUAL] = options->counterfactual_column};
  dataset->asked_quoting = options->quoting;
  dataset->max_row = options->max_row;
  dataset->needs_counterfactual = options->needs_counterfactual;
  dataset->not_kept = options->not_kept;
  dataset->n_not_kept = options->n_not_kept;
  dataset->path = strdup(strcmp(options->path, "-") == 0 ? "standard input" : options->path);
  bool ok = dataset->path != NULL;
  for (int use = 0; use < HW_N_USES; use++) {
    dataset->uses[use] = -1;
    if (!wanted[use]) continue;
    dataset->wanted[use] = strdup(wanted[use]);
    ok = ok && dataset->wanted[use];
  }
  return ok || hw_fail_memory(err, "a data set");
}

bool hw_dataset_open_limited(const hw_dataset_options *options, size_t row_limit, hw_dataset **opened, hw_error *err) {
  *opened = NULL;
  if (!hw_given_check("data set", options->path, err) || !hw_choice_check("quoting", (int)options->quoting, hw_quoting_names, err)) return false;
  const hw_format *format = choose_format(options, err);
  if (!format) return false;
  hw_dataset *dataset = calloc(1, sizeof *dataset);
  if (!dataset) return hw_fail_memory(err, "a data set");
  dataset->format = format;
  hw_buffer_init(&dataset->text);
  hw_raw_row_init(&dataset->raw_row);
  if (!copy_options(dataset, options, err) || !hw_stream_open(&dataset->stream, options->path, dataset->path, row_limit, err) ||
      !settle(dataset, err)) {
    hw_dataset_close(dataset);
    return false;
  }
  *opened = dataset;
  return true;
}

bool hw_dataset_open(const hw_dataset_options *options, hw_dataset **dataset, hw_error *err) {
  return hw_dataset_open_limited(options, HW_ROW_LIMIT, dataset, err);
}

void hw_dataset_close(hw_dataset *dataset) {
  if (!dataset) return;
  if (dataset->format->close) dataset->format->close(dataset);
  hw_stream_close(&dataset->stream);
  hw_buffer_fini(&dataset->text);
  hw_raw_row_fini(&dataset->raw_row);
  hw_columns_clear(dataset);
  free(dataset->columns);
  free(dataset->keys);
  for (int use = 0; use < HW_N_USES; use++) free(dataset->wanted[use]);
  for (size_t i = 0; i < dataset->n_notices; i++) free(dataset->notices[i]);
  free(dataset->notices);
  free(dataset->others);
  free(dataset->path);
  free(dataset);
}

size_t hw_dataset_columns(const hw_dataset *dataset, const char *const **names) {
  *names = (const char *const *)dataset->columns;
  return dataset->n_columns;
}

size_t hw_dataset_notices(const hw_dataset *dataset, const char *const **lines) {
  *lines = (const char *const *)dataset->notices;
  return dataset->n_notices;
}

hw_quoting hw_dataset_quoting(const hw_dataset *dataset) { return dataset->quoting; }

bool hw_dataset_hash(const hw_dataset *dataset, char hex[33], hw_error *err) { return hw_stream_hash(&dataset->stream, hex, err); }

bool hw_dataset_note(hw_dataset *dataset, hw_error *err, const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  (void)hw_vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (!hw_list_reserve(dataset->notices, dataset->n_notices, 1, dataset->notices_capacity, NULL, err)) return false;
  char *notice = strdup(line);
  if (!notice) return hw_fail_memory(err, "a notice");
  dataset->notices[dataset->n_notices++] = notice;
  return true;
}

void hw_dataset_break_long(hw_dataset *dataset) {
  size_t limit = dataset->stream.row_limit, most = dataset->max_row && dataset->max_row < limit ? dataset->max_row : limit;
  hw_raw_row_break(&dataset->raw_row, "the row has more than %zu bytes, at most %zu are taken%s", limit, most, most < limit ? " (--max-row)" : "");
}

/* Why the row cannot be traced, found only now that its columns are known. */
static void inspect(hw_dataset *dataset) {
  hw_raw_row *raw_row = &dataset->raw_row;
  bool has_prompt = false, has_null = false;
  size_t bytes = 0;
  for (size_t i = 0; i < raw_row->n_cells; i++) bytes += raw_row->cells[i].length;
  if (dataset->max_row && bytes > dataset->max_row) {
    hw_raw_row_break(raw_row, "the row has %zu bytes, at most %zu are taken (--max-row)", bytes, dataset->max_row);
    return;
  }
  for (size_t i = 0; i < raw_row->n_cells; i++) {
    const hw_cell *cell = &raw_row->cells[i];
    int use = hw_columns_use(dataset, cell->column);
    has_null |= use == HW_USE_PROMPT && !cell->value;
    if (!cell->value) continue;
    bool used = use < HW_N_USES;
    has_prompt |= use == HW_USE_PROMPT;
    size_t valid = hw_utf8_valid_prefix(cell->value, cell->length);
    if (valid != cell->length) {
      if (used)
        hw_raw_row_break(raw_row, "the %s is not UTF-8 (byte %zu)", hw_use_name((hw_column_use)use), valid + 1);
      else
        hw_raw_row_break(raw_row, "column \"%.200s\" is not UTF-8 (byte %zu)", dataset->columns[cell->column], valid + 1);
      return;
    }
    if (used && cell->nested) {
      hw_raw_row_break(raw_row, "the %s is a JSON %s, want one string", hw_use_name((hw_column_use)use),
                      cell->value[0] == '[' ? "array" : "object");
      return;
    }
  }
  if (!has_prompt)
    hw_raw_row_break(raw_row, has_null ? "no prompt: column \"%.200s\" of this row is null, NaN or []" : "no prompt: this row has no column \"%.200s\"",
                     dataset->columns[dataset->uses[HW_USE_PROMPT]]);
}

static bool fill_row(hw_dataset *dataset, hw_row *row, hw_error *err) {
  hw_raw_row *raw_row = &dataset->raw_row;
  if (!raw_row->broken) inspect(dataset);
  row->line = raw_row->line;
  if (raw_row->broken) {
    if (!hw_buffer_check(&raw_row->problem, err)) return false;
    row->problem = raw_row->problem.data;
    return true;
  }
  if (!hw_list_reserve(dataset->others, 0, raw_row->n_cells, dataset->others_capacity, NULL, err)) return false;
  hw_field *const places[HW_N_USES] = {&row->prompt, &row->answer, &row->foil, &row->counterfactual};
  for (size_t i = 0; i < raw_row->n_cells; i++) {
    const hw_cell *cell = &raw_row->cells[i];
    if (!cell->value) continue;
    hw_field field = {.name = dataset->columns[cell->column], .value = cell->value, .length = cell->length};
    int use = hw_columns_use(dataset, cell->column);
    if (use == HW_N_USES)
      dataset->others[row->n_others++] = field;
    else if (use == HW_USE_PROMPT || field.length)
      *places[use] = field;
  }
  row->others = dataset->others;
  return true;
}

int hw_dataset_next(hw_dataset *dataset, hw_row *row, hw_error *err) {
  *row = (hw_row){0};
  if (dataset->failed) {
    if (err) *err = dataset->failure;
    return -1;
  }
  int got = dataset->format->read(dataset, &dataset->failure);
  if (got > 0 && !fill_row(dataset, row, &dataset->failure)) got = -1;
  if (got > 0) row->index = dataset->n_rows++;
  if (got < 0) {
    dataset->failed = true;
    if (err) *err = dataset->failure;
  }
  return got;
}
