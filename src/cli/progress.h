/* SPDX-License-Identifier: Apache-2.0
 * The line that says how far a command is: on a terminal one that changes five times a second, in a log a new one every half minute,
 * whether the work comes to a step or not. */
#ifndef HW_CLI_PROGRESS_H
#define HW_CLI_PROGRESS_H

#include "headwater/hooks.h"
#include "run/ticker.h"

typedef struct hw_cli_progress {
  hw_hooks hooks; /* for the library's call */
  bool terminal, ticking;
  hw_ticker ticker;
  pthread_mutex_t mutex; /* held for all below and for stderr */
  hw_progress now;
  double last, stage_started; /* hw_clock_seconds() */
  int64_t stage_first;        /* `done` when the stage began */
  bool open;                  /* a line stands without its end */
} hw_cli_progress;

/* hooks.stop is hw_cli_stop. quiet: notices alone. */
void hw_cli_progress_start(hw_cli_progress *progress, bool quiet, double lock_timeout);
/* keep: the last state stays on the terminal; else its line is wiped out. */
void hw_cli_progress_stop(hw_cli_progress *progress, bool keep);

/* 1h05m, 3m20s, 7s */
void hw_cli_format_time(double seconds, char text[32]);

#endif
