/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the data set reader share: the reader itself, and what a format is. A new format is a file with one
 * hw_format and a line in the list of dataset.c. */
#ifndef HEADWATER_DATASET_READER_H
#define HEADWATER_DATASET_READER_H

#include "dataset/record.h"
#include "dataset/stream.h"
#include "headwater/dataset.h"

/* Limits that keep a damaged file from eating the memory. */
#define HW_ROW_LIMIT ((size_t)64 << 20) /* bytes of one row */
enum { HW_MAX_COLUMNS = 4096 };
enum { HW_MAX_BROKEN_START = 1000 }; /* rows read at open in search of the first one with columns */

typedef enum hw_column_use { HW_USE_PROMPT, HW_USE_ANSWER, HW_USE_FOIL, HW_USE_COUNTERFACTUAL, HW_N_USES } hw_column_use;

typedef struct hw_format {
  const char *name;
  const char *endings[3]; /* of file names, without the dot; NULL after the last */
  bool self_describing;   /* every row names its columns; otherwise open() adds them all */

  /* Reads what stands before the first row. */
  bool (*open)(hw_dataset *dataset, hw_error *err);
  /* The next row into dataset->record: 1, 0 at the end, -1 with err filled. */
  int (*read)(hw_dataset *dataset, hw_error *err);
  void (*close)(hw_dataset *dataset); /* also after a failed open, or before any */
} hw_format;

extern const hw_format hw_dataset_txt, hw_dataset_csv, hw_dataset_tsv, hw_dataset_jsonl, hw_dataset_json;

struct hw_dataset {
  char *path;
  const hw_format *format;
  void *state; /* the format's own */
  hw_stream stream;
  hw_buffer text; /* the line or element that the format is at */
  hw_record record;
  int64_t n_rows; /* given out */

  char **columns;
  size_t n_columns, columns_capacity;

  const char *roles[HW_N_USES]; /* column of each, NULL while there is none */
  char *wanted[HW_N_USES];      /* the same where the caller named it (owned) */

  hw_field *others; /* of the row given out */
  size_t others_capacity;

  /* Open reads ahead to the first row with columns: broken rows before it are kept here, and the row itself stays in
   * `record` (then `held`). */
  struct hw_broken {
    int64_t line;
    char *problem;
  } * broken;
  size_t n_broken, next_broken;
  bool held;

  bool failed; /* and with what */
  hw_error failure;
};

/* hw_dataset_open with another limit on the bytes of a row. */
bool hw_dataset_open_limited(const hw_dataset_options *options, size_t row_limit, hw_dataset **dataset, hw_error *err);

/* columns.c: the next column's name, checked (UTF-8, no NUL, not there yet). */
bool hw_columns_add(hw_dataset *dataset, const char *name, size_t length, hw_error *err);
/* The record just read is a header: its values become the columns. */
bool hw_columns_from_header(hw_dataset *dataset, hw_error *err);
/* Which column is the prompt, the answer, the foil. */
bool hw_columns_choose(hw_dataset *dataset, const hw_dataset_options *options, hw_error *err);
/* A self-describing row may bring a known answer or foil column that the first row did not have. */
void hw_columns_adopt(hw_dataset *dataset);
const char *hw_use_name(hw_column_use role);

#endif
