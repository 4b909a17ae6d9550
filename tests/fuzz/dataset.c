/* SPDX-License-Identifier: Apache-2.0
 * A data set: the first byte says the format and how quotes are read, the others are the file. Each row keeps what the header promises,
 * and a second pass over the file gives the same rows. */
#include "base/text.h"
#include "dataset/reader.h"
#include "input.h"
#include <xxhash.h>

enum { ROW_LIMIT = 1024 };
typedef struct rows { int64_t n; int end; uint64_t hash; } rows;

static void check_field(const hw_field *field, rows *all) {
  if (!field->value) return;
  if (!field->name || field->value[field->length] != '\0' || hw_utf8_valid_prefix(field->value, field->length) != field->length) abort();
  all->hash = XXH3_64bits_withSeed(field->value, field->length, all->hash ^ field->length);
}

static rows read_rows(hw_dataset *dataset) {
  hw_error err = {0};
  hw_row row;
  rows all = {0};
  while ((all.end = hw_dataset_next(dataset, &row, &err)) > 0) {
    if (row.index != all.n++ || (row.problem ? row.prompt.value != NULL || strchr(row.problem, '\n') != NULL : row.prompt.value == NULL)) abort();
    const hw_field *const fields[] = {&row.prompt, &row.answer, &row.foil, &row.counterfactual};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) check_field(fields[i], &all);
    for (size_t i = 0; i < row.n_others; i++) check_field(&row.others[i], &all);
  }
  if (all.end < 0) fuzz_check_error(&err);
  return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const formats[] = {"csv", "tsv", "jsonl", "json", "txt"};
  static const hw_quoting quotings[] = {HW_QUOTING_AUTO, HW_QUOTING_NEVER, HW_QUOTING_ALWAYS};
  if (size == 0) return 0;
  (void)fuzz_start();
  hw_error err = {0};
  hw_dataset *dataset;
  hw_dataset_options options = {.path = fuzz_file("data", data + 1, size - 1), .format = formats[data[0] % 5], .quoting = quotings[data[0] / 5 % 3]};
  if (!hw_dataset_open_limited(&options, ROW_LIMIT, &dataset, &err)) {
    fuzz_check_error(&err);
    return 0;
  }
  rows first = read_rows(dataset), second = {0};
  if (hw_dataset_rewind(dataset, &err)) second = read_rows(dataset);
  if (first.n != second.n || first.end != second.end || first.hash != second.hash) abort();
  hw_dataset_close(dataset);
  return 0;
}
