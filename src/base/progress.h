/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_BASE_PROGRESS_H
#define HW_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "headwater/hooks.h"

/* hooks may be NULL. */
static inline void hw_tell_progress(const hw_hooks *hooks, const char *stage, int64_t done, int64_t total) {
  if (hooks && hooks->progress) hooks->progress(hooks->context, &(hw_progress){.stage = stage, .done = done, .total = total});
}

/* Has the user asked to stop? hooks may be NULL. */
static inline bool hw_asked_to_stop(const hw_hooks *hooks) { return hooks && hooks->stop && *hooks->stop; }

#endif
