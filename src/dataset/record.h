/* SPDX-License-Identifier: Apache-2.0
 * One row as its format read it, before its columns are told apart. */
#ifndef HEADWATER_DATASET_RECORD_H
#define HEADWATER_DATASET_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/buffer.h"

typedef struct hw_cell {
  int column;        /* -1 in a header row */
  const char *value; /* NULL: this row does not have it */
  size_t length;
  bool nested; /* the text of a JSON array or object */
} hw_cell;

typedef struct hw_record {
  int64_t line;   /* where it starts, from 1 (JSON array: number of the element) */
  hw_cell *cells; /* values are the format's own, valid until it reads again */
  size_t n_cells, capacity;
  bool broken; /* cannot be read, and `problem` says why */
  hw_buffer problem;
} hw_record;

void hw_record_init(hw_record *record);
void hw_record_fini(hw_record *record);
void hw_record_reset(hw_record *record, int64_t line);

bool hw_record_add(hw_record *record, hw_cell cell, hw_error *err);

/* Marks the record broken. The reason becomes one line of valid UTF-8, whatever the file held. */
void hw_record_break(hw_record *record, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
