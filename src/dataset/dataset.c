/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/dataset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dataset/reader.h"
#include "base/text.h"

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
  const char *nearest = options->format ? hw_nearest_name(options->format, names, N_FORMATS) : NULL;
  if (options->format)
    hw_fail(err, HW_ERROR_INPUT, "%s: unknown data set format \"%.100s\"%s%s%s; known: %s", options->path,
            options->format, nearest ? " (did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?)" : "", list);
  else
    hw_fail(err, HW_ERROR_INPUT, "%s: the name does not tell the format; known endings: %s (each also with .gz)",
            options->path, list);
  return NULL;
}

static bool keep_broken(hw_dataset *dataset, hw_error *err) {
  hw_record *record = &dataset->record;
  if (dataset->n_broken == HW_MAX_BROKEN_START)
    return hw_fail(err, HW_ERROR_INPUT, "%s: none of the first %d rows can be read; line %" PRId64 ": %s",
                   dataset->path, (int)HW_MAX_BROKEN_START, dataset->broken[0].line, dataset->broken[0].problem);
  if (!dataset->broken) dataset->broken = calloc(HW_MAX_BROKEN_START, sizeof *dataset->broken);
  if (!dataset->broken || !hw_buffer_check(&record->problem, NULL)) return hw_fail_memory(err, "broken rows");
  struct hw_broken *broken = &dataset->broken[dataset->n_broken];
  broken->line = record->line;
  broken->problem = strdup(record->problem.data);
  if (!broken->problem) return hw_fail_memory(err, "broken rows");
  dataset->n_broken++;
  return true;
}

/* Reads to the first row, and on to one with columns where only rows have them. It stays in dataset->record. */
static bool read_ahead(hw_dataset *dataset, hw_error *err) {
  for (;;) {
    int got = dataset->format->read(dataset, err);
    if (got < 0) return false;
    if (got == 0 && dataset->n_broken == 0)
      return hw_fail(err, HW_ERROR_INPUT, "%s: no prompts: the data set is empty", dataset->path);
    if (got == 0)
      return hw_fail(err, HW_ERROR_INPUT, "%s: no prompts: none of the rows can be read; line %" PRId64 ": %s",
                     dataset->path, dataset->broken[0].line, dataset->broken[0].problem);
    if (!dataset->format->self_describing || !dataset->record.broken) break;
    if (!keep_broken(dataset, err)) return false;
  }
  dataset->held = true;
  if (!dataset->format->self_describing) return true;
  const hw_record *record = &dataset->record;
  for (size_t i = 0; i < record->n_cells; i++)
    if (!hw_columns_add(dataset, record->cells[i].name, strlen(record->cells[i].name), err)) return false;
  return true;
}

bool hw_dataset_open_limited(const hw_dataset_options *options, size_t row_limit, hw_dataset **opened, hw_error *err) {
  *opened = NULL;
  const hw_format *format = choose_format(options, err);
  if (!format) return false;
  hw_dataset *dataset = calloc(1, sizeof *dataset);
  if (!dataset) return hw_fail_memory(err, "a data set");
  dataset->format = format;
  hw_buffer_init(&dataset->text);
  hw_record_init(&dataset->record);
  dataset->path = strdup(options->path);
  if (!dataset->path) {
    hw_dataset_close(dataset);
    return hw_fail_memory(err, "a data set");
  }
  if (!hw_stream_open(&dataset->stream, dataset->path, row_limit, err) || !format->open(dataset, err) ||
      !read_ahead(dataset, err) || !hw_columns_choose(dataset, options, err)) {
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
  dataset->format->close(dataset);
  hw_stream_close(&dataset->stream);
  hw_buffer_fini(&dataset->text);
  hw_record_fini(&dataset->record);
  for (size_t i = 0; i < dataset->n_columns; i++) free(dataset->columns[i]);
  free(dataset->columns);
  for (int role = 0; role < HW_N_USES; role++) free(dataset->wanted[role]);
  for (size_t i = 0; i < dataset->n_broken; i++) free(dataset->broken[i].problem);
  free(dataset->broken);
  free(dataset->others);
  free(dataset->path);
  free(dataset);
}

size_t hw_dataset_columns(const hw_dataset *dataset, const char *const **names) {
  *names = (const char *const *)dataset->columns;
  return dataset->n_columns;
}

static int role_of(const hw_dataset *dataset, const char *name) {
  for (int role = 0; role < HW_N_USES; role++)
    if (dataset->roles[role] && strcmp(dataset->roles[role], name) == 0) return role;
  return HW_N_USES;
}

/* Why the record cannot be traced, found only now that its columns are known. */
static void inspect(hw_dataset *dataset) {
  hw_record *record = &dataset->record;
  for (size_t i = 0; i < record->n_cells; i++) {
    const hw_cell *cell = &record->cells[i];
    if (!cell->value) continue;
    int role = role_of(dataset, cell->name);
    bool is_role = role < HW_N_USES;
    size_t valid = hw_utf8_valid_prefix(cell->value, cell->length);
    if (valid != cell->length) {
      if (is_role)
        hw_record_break(record, "the %s is not UTF-8 (byte %zu)", hw_use_name((hw_column_use)role), valid + 1);
      else
        hw_record_break(record, "column \"%.200s\" is not UTF-8 (byte %zu)", cell->name, valid + 1);
      return;
    }
    if (is_role && cell->nested && (role == HW_USE_PROMPT || dataset->wanted[role])) {
      hw_record_break(record, "the %s is a JSON %s, want a string", hw_use_name((hw_column_use)role),
                      cell->value[0] == '[' ? "array" : "object");
      return;
    }
  }
  const hw_cell *prompt = hw_record_find(record, dataset->roles[HW_USE_PROMPT]);
  if (!prompt || !prompt->value)
    hw_record_break(record, "no prompt: this row has no column \"%.200s\"", dataset->roles[HW_USE_PROMPT]);
}

static bool fill_row(hw_dataset *dataset, hw_row *row, hw_error *err) {
  hw_record *record = &dataset->record;
  if (!record->broken && dataset->format->self_describing) hw_columns_adopt(dataset);
  if (!record->broken) inspect(dataset);
  row->line = record->line;
  if (record->broken) {
    if (!hw_buffer_check(&record->problem, err)) return false;
    row->problem = record->problem.data;
    return true;
  }
  if (dataset->others_capacity < record->n_cells) {
    hw_field *others = reallocarray(dataset->others, record->capacity, sizeof *others);
    if (!others) return hw_fail_memory(err, "the columns of a row");
    dataset->others = others;
    dataset->others_capacity = record->capacity;
  }
  hw_field *const places[HW_N_USES] = {&row->prompt, &row->answer, &row->foil, &row->counterfactual};
  for (size_t i = 0; i < record->n_cells; i++) {
    const hw_cell *cell = &record->cells[i];
    if (!cell->value) continue;
    hw_field field = {.name = cell->name, .value = cell->value, .length = cell->length};
    int role = role_of(dataset, cell->name);
    if (role == HW_N_USES || cell->nested)
      dataset->others[row->n_others++] = field;
    else if (role == HW_USE_PROMPT || field.length)
      *places[role] = field;
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
  int got = 1;
  if (dataset->next_broken < dataset->n_broken) {
    const struct hw_broken *broken = &dataset->broken[dataset->next_broken++];
    row->line = broken->line;
    row->problem = broken->problem;
  } else {
    if (dataset->held)
      dataset->held = false;
    else
      got = dataset->format->read(dataset, &dataset->failure);
    if (got > 0 && !fill_row(dataset, row, &dataset->failure)) got = -1;
  }
  if (got > 0) row->index = dataset->n_rows++;
  if (got < 0) {
    dataset->failed = true;
    if (err) *err = dataset->failure;
  }
  return got;
}
