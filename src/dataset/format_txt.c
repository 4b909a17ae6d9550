/* SPDX-License-Identifier: Apache-2.0
 * TXT: every line is a prompt, an empty one too (the run decides what to do with it). */
#include "dataset/reader.h"

static bool open_txt(hw_dataset *dataset, hw_error *err) { return hw_columns_add(dataset, "prompt", 6, err); }

static int read_txt(hw_dataset *dataset, hw_error *err) {
  hw_buffer *text = &dataset->text;
  hw_record_reset(&dataset->record, dataset->stream.line);
  int got = hw_stream_line(&dataset->stream, text, err);
  if (got <= 0) return got;
  hw_cell cell = {.name = dataset->columns[0], .value = text->data, .length = text->length};
  if (!hw_record_add(&dataset->record, cell)) return hw_fail_memory(err, "a row"), -1;
  return 1;
}

static void close_txt(hw_dataset *dataset) { (void)dataset; }

const hw_format hw_dataset_txt = {
    .name = "txt", .endings = {"txt"}, .open = open_txt, .read = read_txt, .close = close_txt};
