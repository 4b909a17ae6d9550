/* SPDX-License-Identifier: Apache-2.0
 * One row as its format read it, before its columns are told apart. */
#ifndef HEADWATER_DATASET_RAW_ROW_H
#define HEADWATER_DATASET_RAW_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/buffer.h"

typedef struct hw_cell {
  int column;        /* -1 in a header row */
  const char *value; /* NULL: this row does not have it */
  size_t length;
  bool nested; /* the text of a JSON array or object */
} hw_cell;

typedef struct hw_raw_row {
  int64_t line;   /* where it starts, from 1 (JSON array: number of the element) */
  hw_cell *cells; /* values are the format's own, valid until it reads again */
  size_t n_cells, capacity;
  bool broken; /* cannot be read, and `problem` says why */
  hw_buffer problem;
} hw_raw_row;

void hw_raw_row_init(hw_raw_row *raw_row);
void hw_raw_row_fini(hw_raw_row *raw_row);
void hw_raw_row_reset(hw_raw_row *raw_row, int64_t line);

bool hw_raw_row_add(hw_raw_row *raw_row, hw_cell cell, hw_error *err);

/* Marks the row broken. The reason becomes one line of valid UTF-8, whatever the file held. */
void hw_raw_row_break(hw_raw_row *raw_row, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
