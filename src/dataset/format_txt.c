/* SPDX-License-Identifier: Apache-2.0
 * TXT: every line is a prompt, an empty one too (the run decides what to do with it). Lines end as in CSV: in LF, CR or CR LF. */
#include "dataset/reader.h"

static bool start_txt(hw_dataset *dataset, hw_error *err) {
  return dataset->n_columns || hw_columns_add(dataset, "prompt", 6, err);
}

static int read_txt(hw_dataset *dataset, hw_error *err) {
  hw_buffer *text = &dataset->text;
  hw_raw_row_reset(&dataset->raw_row, dataset->stream.line);
  hw_buffer_reset(text);
  int got = hw_stream_append_line(&dataset->stream, text, err);
  if (got <= 0) return got;
  if (text->length > dataset->stream.row_limit) return hw_dataset_break_long(dataset), 1;
  if (text->data[text->length - 1] == '\n') text->length--;
  if (text->length && text->data[text->length - 1] == '\r') text->length--;
  text->data[text->length] = '\0';
  return hw_raw_row_add(&dataset->raw_row, (hw_cell){.column = 0, .value = text->data, .length = text->length}, err) ? 1 : -1;
}

const hw_format hw_dataset_txt = {.name = "txt", .endings = {"txt"}, .start = start_txt, .read = read_txt};
