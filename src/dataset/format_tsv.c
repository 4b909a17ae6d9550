/* SPDX-License-Identifier: Apache-2.0
 * TSV: a header, then a row a line, split at tabs; a quote is a character like any other. Empty lines are skipped. */
#include <string.h>

#include "dataset/reader.h"

static int read_fields(hw_dataset *dataset, size_t *n_fields, hw_error *err) {
  hw_buffer *text = &dataset->text;
  int got;
  do {
    hw_record_reset(&dataset->record, dataset->stream.line);
    got = hw_stream_line(&dataset->stream, text, err);
    if (got <= 0) return got;
  } while (text->length == 0);
  /* Fields past the known columns are only counted. */
  size_t keep = dataset->n_columns ? dataset->n_columns : (size_t)HW_MAX_COLUMNS;
  char *at = text->data, *end = text->data + text->length;
  for (*n_fields = 0; at <= end; ++*n_fields) {
    char *tab = at < end ? memchr(at, '\t', (size_t)(end - at)) : NULL;
    char *stop = tab ? tab : end;
    *stop = '\0';
    hw_cell cell = {.name = *n_fields < dataset->n_columns ? dataset->columns[*n_fields] : NULL,
                    .value = at,
                    .length = (size_t)(stop - at)};
    if (*n_fields < keep && !hw_record_add(&dataset->record, cell)) return hw_fail_memory(err, "a row"), -1;
    at = stop + 1;
  }
  return 1;
}

static bool open_tsv(hw_dataset *dataset, hw_error *err) {
  size_t n_fields = 0;
  int got = read_fields(dataset, &n_fields, err);
  if (got < 0) return false;
  if (n_fields > HW_MAX_COLUMNS)
    return hw_fail(err, HW_ERROR_INPUT, "%s: more than %d columns", dataset->path, (int)HW_MAX_COLUMNS);
  return got == 0 || hw_columns_from_header(dataset, err);
}

static int read_tsv(hw_dataset *dataset, hw_error *err) {
  size_t n_fields = 0;
  int got = read_fields(dataset, &n_fields, err);
  if (got > 0 && n_fields != dataset->n_columns)
    hw_record_break(&dataset->record, "%zu field%s, but the header has %zu", n_fields, n_fields == 1 ? "" : "s", dataset->n_columns);
  return got;
}

static void close_tsv(hw_dataset *dataset) { (void)dataset; }

const hw_format hw_dataset_tsv = {
    .name = "tsv", .endings = {"tsv", "tab"}, .open = open_tsv, .read = read_tsv, .close = close_tsv};
