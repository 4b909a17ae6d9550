/* SPDX-License-Identifier: Apache-2.0
 * Values of a stored row, checked when they are read: a database may be damaged or made by somebody else, and its numbers become
 * indices and sizes. Every error names the file, the table, the row, the column, what was found and what is wanted. */
#ifndef HW_STORE_CHECKED_H
#define HW_STORE_CHECKED_H

#include "headwater/store.h"
#include "sqlite/connection.h"

typedef struct hw_checked_row {
  const hw_statement *s; /* its present row */
  const char *table;     /* for messages */
  int64_t row;           /* the row's key or number, for messages */
  hw_error *err;
} hw_checked_row;

/* Column `column` as an integer of least .. most. */
bool hw_checked_integer(const hw_checked_row *row, int column, int64_t least, int64_t most, int64_t *value);
/* The same for the many fields of 32 bits. */
bool hw_checked_u32(const hw_checked_row *row, int column, int64_t least, int64_t most, uint32_t *value);
/* A finite number of least .. most. */
bool hw_checked_real(const hw_checked_row *row, int column, double least, double most, double *value);
/* A text or blob, copied into the arena. NULL is an error. */
bool hw_checked_copy(const hw_checked_row *row, int column, hw_arena *arena, const char **text, size_t *length);
/* Fails with the same beginning: "FILE: table TABLE, row N: what". Returns false. */
bool hw_checked_fail(const hw_checked_row *row, const char *what);

/* The value of a setting of the run; "" where it has none of the name. */
const char *hw_run_setting(const hw_run_info *info, const char *name);

#endif
