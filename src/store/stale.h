/* SPDX-License-Identifier: Apache-2.0
 * What was mined, compared or certified before the last prompts were stored. */
#ifndef HW_STORE_STALE_H
#define HW_STORE_STALE_H

#include "headwater/buffer.h"
#include "headwater/store.h"

typedef struct hw_stale {
  const char *name, *table, *command; /* "certificate", the table that they are listed in, the command that makes them */
  const char *file;            /* gives the numbers */
} hw_stale;

enum { HW_STALE_KINDS = 3 };
extern const hw_stale hw_stale_kinds[HW_STALE_KINDS];

/* Appends "1,2": the numbers of those that are stale. */
bool hw_store_stale(hw_store *store, const hw_stale *kind, hw_buffer *numbers, hw_error *err);

#endif
