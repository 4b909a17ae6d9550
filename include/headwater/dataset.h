/* SPDX-License-Identifier: Apache-2.0
 * Prompt data sets read as a stream, never whole in memory: TXT (a prompt a line), CSV, TSV, JSONL, JSON, each also
 * gzipped. A first pass over the file finds its columns and how it is written; then rows come in file order, and the index of a
 * row is its prompt_id. One reader, one thread. */
#ifndef HEADWATER_DATASET_H
#define HEADWATER_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/error.h"

HW_BEGIN_C

typedef struct hw_dataset hw_dataset;

typedef enum hw_quoting {
  HW_QUOTING_AUTO,  /* with tabs as delimiters: by the cells of the whole file; else always */
  HW_QUOTING_NEVER, /* a quote is a character like any other */
  HW_QUOTING_ALWAYS /* a cell that begins with a quote is wrapped in them */
} hw_quoting;
HW_API extern const char *const hw_quoting_names[4]; /* "auto", "never", "always", NULL */

enum { HW_ROW_LIMIT = 64 << 20 }; /* bytes of a row that are read; a longer one has a problem */

typedef struct hw_dataset_options {
  const char *path;          /* "-": standard input. What can be read only once is copied into a file in TMPDIR */
  const char *format;        /* "txt", "csv", "tsv", "jsonl", "json", or NULL: by the name (a last .gz is taken off);
                              * whether the file is gzipped is told by its first bytes in any case */
  hw_quoting quoting;        /* of CSV and TSV */
  size_t max_row;            /* bytes of all values of a row; a longer one has a problem. 0: HW_ROW_LIMIT alone */
  /* Names of columns match without regard to case and to blanks around them, exact ones first. */
  const char *prompt_column; /* NULL: the first of prompt, text, clean, clean_prefix, sentence that exists */
  const char *answer_column; /* NULL: the first of answer, target, clean_answer that exists */
  const char *foil_column;   /* NULL: the first of foil, patch_answer that exists */
  const char *counterfactual_column; /* NULL: the first of counterfactual, corrupted, patch_prefix that exists */
  bool needs_counterfactual; /* a data set without that column is an error */
  const char *const *not_kept; /* n_not_kept names of columns that the caller does not keep: no line says that they are kept */
  size_t n_not_kept;
} hw_dataset_options;

typedef struct hw_field {
  const char *name;  /* column, without blanks around it */
  const char *value; /* bytes as they stood in the file (JSON: strings unescaped, other values as their JSON text
                      * without spaces between tokens), valid UTF-8, with a NUL behind them; may hold NULs inside */
  size_t length;
} hw_field;

typedef struct hw_row {
  int64_t index;       /* 0, 1, 2... */
  int64_t line;        /* line (or array element) where the row starts, from 1, for messages */
  const char *problem; /* NULL, or why this one row cannot be read ("not UTF-8", "no prompt", "not a JSON object") */
  hw_field prompt;     /* value NULL when there is a problem; may be empty, which is for the caller to judge */
  hw_field answer;     /* value NULL when absent or empty. Of these four, a JSON array of one is its element; a longer
                        * one, and an object, is a problem of the row */
  hw_field foil;
  hw_field counterfactual; /* a second prompt, paired with the first; value NULL when absent or empty */
  size_t n_others;
  const hw_field *others; /* every further column that this row has, in file order; none when there is a problem */
} hw_row;

/* Opens the file (or a pipe) and reads it once over. Errors: a missing file, one without rows, an unknown format, a `quoting` out of range, no
 * prompt column, no counterfactual column where one is needed, a column that was asked for by name and does not exist (with the names that do), two columns of one
 * name, JSON without one readable row, and whatever hw_dataset_next could not read. */
HW_API bool hw_dataset_open(const hw_dataset_options *options, hw_dataset **dataset, hw_error *err);

/* Back to the first row. The columns, and how the file is read, stay as they are. */
HW_API bool hw_dataset_rewind(hw_dataset *dataset, hw_error *err);

/* The next row; everything in it is borrowed until the next call. 1 = a row, 0 = the end, -1 = err filled (the file
 * itself is broken: a damaged .gz, JSON that ends early); later calls give the same again. */
HW_API int hw_dataset_next(hw_dataset *dataset, hw_row *row, hw_error *err);
HW_API void hw_dataset_close(hw_dataset *dataset);

/* All columns that a row of the file has (CSV/TSV: the header's; JSON: in the order in which rows bring them; TXT: just "prompt"). */
HW_API size_t hw_dataset_columns(const hw_dataset *dataset, const char *const **names);
/* The column that a name means, as row fields spell it; NULL when there is none. */
HW_API const char *hw_dataset_find_column(const hw_dataset *dataset, const char *name, size_t length);

/* Lines for the user: which column was taken for what, and what else was decided. */
HW_API size_t hw_dataset_notices(const hw_dataset *dataset, const char *const **lines);

/* How quotes are read where it matters and is not the format's usual way (CSV: always, TSV: never); else HW_QUOTING_AUTO. */
HW_API hw_quoting hw_dataset_quoting(const hw_dataset *dataset);

/* Hash of the file's bytes as they are on disk, as 32 hex digits and a NUL. */
HW_API bool hw_dataset_hash(const hw_dataset *dataset, char hex[33], hw_error *err);

HW_END_C

#endif
