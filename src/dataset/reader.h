/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the data set reader share: the reader itself, and what a format is. A new format is a file with one
 * hw_format and a line in the list of dataset.c. */
#ifndef HEADWATER_DATASET_READER_H
#define HEADWATER_DATASET_READER_H

#include "dataset/raw_row.h"
#include "dataset/stream.h"
#include "headwater/dataset.h"

/* Limits that keep a damaged file from eating the memory. */
enum { HW_MAX_COLUMNS = 4096 };

typedef enum hw_column_use { HW_USE_PROMPT, HW_USE_ANSWER, HW_USE_FOIL, HW_USE_COUNTERFACTUAL, HW_N_USES } hw_column_use;

typedef struct hw_format {
  const char *name;
  const char *endings[3]; /* of file names, without the dot; NULL after the last */
  bool self_describing;   /* every row names its columns; otherwise start() adds them all */

  /* Looks at the file from its start and settles how it is written; called once. NULL: nothing to settle. */
  bool (*detect)(hw_dataset *dataset, hw_error *err);
  /* Reads what stands before the first row, at the file's start. Called before each pass over the rows. */
  bool (*start)(hw_dataset *dataset, hw_error *err);
  /* The next row into dataset->raw_row: 1, 0 at the end, -1 with err filled. */
  int (*read)(hw_dataset *dataset, hw_error *err);
  /* After the first pass: 1 when the columns stand, 0 when another pass must find them, -1. NULL: they stand. */
  int (*settle)(hw_dataset *dataset, hw_error *err);
  void (*close)(hw_dataset *dataset); /* also after a failed open, or before any; NULL: nothing to free */
} hw_format;

extern const hw_format hw_dataset_txt, hw_dataset_csv, hw_dataset_tsv, hw_dataset_jsonl, hw_dataset_json;

struct hw_dataset {
  char *path;
  const hw_format *format;
  void *state; /* the format's own */
  hw_stream stream;
  hw_buffer text; /* the line or element that the format is at */
  hw_raw_row raw_row;
  int64_t n_rows; /* given out in this pass */
  hw_quoting asked_quoting;
  size_t max_row;
  hw_quoting quoting; /* the choice, where it is not the format's usual one; else HW_QUOTING_AUTO */

  size_t n_columns, columns_capacity;
  char **keys;    /* [n_columns] names as the file has them */
  char **columns; /* [n_columns] the same without blanks around them */
  bool settled;   /* the first pass is over: there will be no more columns */
  bool bare_rows; /* some rows are a JSON string: the prompt itself */

  int uses[HW_N_USES];     /* column of each, -1 while there is none */
  char *wanted[HW_N_USES]; /* its name where the caller gave one (owned) */
  bool needs_counterfactual;
  const char *const *not_kept;
  size_t n_not_kept;

  hw_field *others; /* of the row given out */
  size_t others_capacity;

  char **notices;
  size_t n_notices, notices_capacity;

  bool failed; /* and with what */
  hw_error failure;
};

/* hw_dataset_open with another limit on the bytes of a row. */
bool hw_dataset_open_limited(const hw_dataset_options *options, size_t row_limit, hw_dataset **dataset, hw_error *err);

/* Marks the row broken: it has more bytes than are read. */
void hw_dataset_break_long(hw_dataset *dataset);

/* Adds a line to what the caller should tell the user. False when memory is short. */
bool hw_dataset_note(hw_dataset *dataset, hw_error *err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- columns.c ---- */

/* Length of a name without the blanks and byte order marks around it; *name is moved to its start. */
size_t hw_columns_trim(const char **name, size_t length);
/* The next column's name, checked (UTF-8, no NUL, not there yet). */
bool hw_columns_add(hw_dataset *dataset, const char *name, size_t length, hw_error *err);
/* The column with that key. `guess` is looked at first. -1: none. */
int hw_columns_find_key(const hw_dataset *dataset, const char *key, size_t guess);
void hw_columns_clear(hw_dataset *dataset);
/* True when a column of that name can be the prompt: it was asked for, or has a known name. */
bool hw_columns_is_prompt(const hw_dataset *dataset, const char *name, size_t length);
/* Which column is the prompt, the answer, the foil, the counterfactual; and notes it. */
bool hw_columns_choose(hw_dataset *dataset, hw_error *err);
int hw_columns_use(const hw_dataset *dataset, int column); /* HW_N_USES: none */
const char *hw_use_name(hw_column_use use);
/* Is it a name that is known for this use? Letters count as equal in both cases. */
bool hw_use_knows(hw_column_use use, const char *name);

#endif
