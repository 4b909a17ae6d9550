/* SPDX-License-Identifier: Apache-2.0
 * rows FILE [FORMAT [QUOTING]]: what the data set reader makes of a file, as JSON lines: {"columns", "notices"}, then
 * {"line", "row": {column: value}} or {"line", "problem"} for each row, and {"error"} where the file cannot be read. */
#include <stdio.h>
#include <string.h>

#include "base/json_writer.h"
#include "headwater/dataset.h"

static void print_line(hw_json *json) {
  hw_json_end_object(json);
  puts(json->out->failed ? "" : json->out->data);
}

static void begin_line(hw_json *json, hw_buffer *out) {
  hw_buffer_reset(out);
  hw_json_init(json, out);
  hw_json_begin_object(json);
}

static void put_texts(hw_json *json, const char *key, const char *const *texts, size_t n) {
  hw_json_key(json, key);
  hw_json_begin_array(json);
  for (size_t i = 0; i < n; i++) hw_json_string(json, texts[i]);
  hw_json_end_array(json);
}

static void put_fields(hw_json *json, const hw_field *fields, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (!fields[i].value) continue;
    hw_json_key(json, fields[i].name);
    hw_json_bytes(json, fields[i].value, fields[i].length);
  }
}

static void print_row(hw_json *json, hw_buffer *out, const hw_row *row) {
  begin_line(json, out);
  hw_json_key(json, "line");
  hw_json_int(json, row->line);
  if (row->problem) {
    hw_json_key(json, "problem");
    hw_json_string(json, row->problem);
  } else {
    hw_json_key(json, "row");
    hw_json_begin_object(json);
    put_fields(json, (const hw_field[]){row->prompt, row->answer, row->foil, row->counterfactual}, 4);
    put_fields(json, row->others, row->n_others);
    hw_json_end_object(json);
  }
  print_line(json);
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 4) return fputs("usage: rows FILE [FORMAT [never|always]]\n", stderr), 2;
  hw_dataset_options options = {.path = argv[1], .format = argc > 2 ? argv[2] : NULL};
  if (argc > 3) options.quoting = strcmp(argv[3], "never") == 0 ? HW_QUOTING_NEVER : HW_QUOTING_ALWAYS;
  hw_dataset *dataset;
  hw_error err = {0};
  hw_buffer out;
  hw_json json;
  hw_row row;
  hw_buffer_init(&out);
  int got = -1;
  if (hw_dataset_open(&options, &dataset, &err)) {
    const char *const *texts;
    begin_line(&json, &out);
    size_t n = hw_dataset_columns(dataset, &texts);
    put_texts(&json, "columns", texts, n);
    n = hw_dataset_notices(dataset, &texts);
    put_texts(&json, "notices", texts, n);
    print_line(&json);
    while ((got = hw_dataset_next(dataset, &row, &err)) > 0) print_row(&json, &out, &row);
  }
  if (got < 0) {
    begin_line(&json, &out);
    hw_json_key(&json, "error");
    hw_json_string(&json, err.message);
    print_line(&json);
  }
  hw_dataset_close(dataset);
  hw_buffer_fini(&out);
  return 0;
}
