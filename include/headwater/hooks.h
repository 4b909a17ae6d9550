/* SPDX-License-Identifier: Apache-2.0
 * What a long call tells while it works, and how it is stopped. */
#ifndef HEADWATER_HOOKS_H
#define HEADWATER_HOOKS_H

#include <signal.h>
#include <stdint.h>

#include "headwater/api.h"

HW_BEGIN_C

typedef struct hw_progress {
  const char *stage;   /* "prompts", "neurons", ...: what `done` and `total` count. A text that lives as long as the program */
  int64_t done, total; /* total 0: not known */
  int64_t resumed;     /* of `done`: were there before */
  int64_t failed;
  int64_t tokens_done, tokens_total; /* of this process; 0 where prompts do not tell the time that is left */
  double seconds;      /* since the start of a run */
} hw_progress;

/* What the program waits for another one, if not told otherwise; what a wait is always below. */
enum { HW_LOCK_SECONDS = 600, HW_LOCK_SECONDS_LIMIT = 1000000 };

/* All of it may be 0, and a function may be given NULL in its place: then nothing is told, nothing stops the call. */
typedef struct hw_hooks {
  void (*progress)(void *context, const hw_progress *progress); /* one thread at a time */
  void (*notice)(void *context, const char *line);              /* something the user should know */
  void *context;
  const volatile sig_atomic_t *stop; /* nonzero: let the work in hand finish, then return */
  double lock_timeout; /* seconds that a writer waits while another program holds the database locked, or at the end reads an older state, below HW_LOCK_SECONDS_LIMIT;
                        * 0: not for another Headwater, 5 s for others. A notice is given after 5 s and then every minute. */
} hw_hooks;

HW_END_C

#endif
