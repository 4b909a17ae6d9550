/* SPDX-License-Identifier: Apache-2.0
 * Is a database what its run made? What can be made again from its rows is made again and compared: packed columns, aggregates, lists of
 * items, keys. With the model, texts, vocabulary and prompts chosen at random as well. */
#ifndef HEADWATER_CHECK_H
#define HEADWATER_CHECK_H

#include <stdint.h>

#include "headwater/hooks.h"
#include "headwater/query.h"

HW_BEGIN_C

typedef struct hw_check_settings {
  const char *model, *architecture; /* NULL: without the model */
  int64_t sample;                   /* prompts that the model runs again; 0: all */
  uint64_t seed;                    /* which ones */
  const hw_hooks *hooks;            /* may be NULL */
} hw_check_settings;

/* Lines on what was checked and on each difference go to the sink; *n_differences counts them. Memory does not grow with the prompts.
 * Errors: what cannot be opened or read at all, another model; INTERRUPTED, also when the sink returns false; MEMORY. A row that cannot be decoded is a difference. */
HW_API bool hw_check(const char *db, const hw_check_settings *settings, hw_sink sink, void *context, int64_t *n_differences, hw_error *err);

HW_END_C

#endif
