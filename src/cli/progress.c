/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command.h"

static const double TERMINAL_SECONDS = 0.2, LOG_SECONDS = 30;

void hw_cli_format_time(double seconds, char text[32]) {
  long s = (long)(seconds + 0.5);
  if (s >= 3600)
    (void)snprintf(text, 32, "%ldh%02ldm", s / 3600, s / 60 % 60);
  else if (s >= 60)
    (void)snprintf(text, 32, "%ldm%02lds", s / 60, s % 60);
  else
    (void)snprintf(text, 32, "%lds", s);
}

static void wipe(hw_cli_progress *p) {
  if (p->open) fputs("\r\033[K", stderr);
  p->open = false;
}

static void put_line(hw_cli_progress *p) {
  const hw_progress *now = &p->now;
  double clock = hw_clock_seconds(), seconds = clock - p->stage_started;
  char time[32];
  p->last = clock;
  wipe(p);
  if (now->total > 0) {
    double done = (double)(now->done - p->stage_first), left = done > 0 ? seconds * (double)(now->total - now->done) / done : 0;
    if (now->tokens_total > 0 && now->tokens_done > 0)
      left = seconds * (double)(now->tokens_total - now->tokens_done) / (double)now->tokens_done;
    fprintf(stderr, "%s %" PRId64 "/%" PRId64 "  %.1f/s", now->stage, now->done, now->total, seconds > 0 ? done / seconds : 0);
    hw_cli_format_time(left, time);
    if (done > 0 || now->done == now->total) fprintf(stderr, "  %s left", time);
    if (now->failed) fprintf(stderr, "  %" PRId64 " failed", now->failed);
  } else {
    hw_cli_format_time(seconds, time);
    fprintf(stderr, "%s  %s", now->stage, time);
  }
  if (!p->terminal) fputc('\n', stderr);
  p->open = p->terminal;
  fflush(stderr);
}

static void tick(void *context) {
  hw_cli_progress *p = context;
  (void)pthread_mutex_lock(&p->mutex);
  if (hw_clock_seconds() - p->last >= (p->terminal ? TERMINAL_SECONDS : LOG_SECONDS)) put_line(p);
  (void)pthread_mutex_unlock(&p->mutex);
}

static void note_progress(void *context, const hw_progress *progress) {
  hw_cli_progress *p = context;
  (void)pthread_mutex_lock(&p->mutex);
  if (strcmp(p->now.stage, progress->stage) != 0) {
    p->stage_started = hw_clock_seconds();
    p->stage_first = progress->done;
  }
  p->now = *progress;
  (void)pthread_mutex_unlock(&p->mutex);
}

static void show_notice(void *context, const char *text) {
  hw_cli_progress *p = context;
  (void)pthread_mutex_lock(&p->mutex);
  wipe(p);
  hw_buffer line; /* column names and the like come from files */
  hw_buffer_init(&line);
  hw_buffer_append_string(&line, text);
  if (line.data && !line.failed) {
    hw_hide_controls(line.data);
    fprintf(stderr, "headwater: %s\n", line.data);
  }
  hw_buffer_fini(&line);
  (void)pthread_mutex_unlock(&p->mutex);
}

void hw_cli_progress_start(hw_cli_progress *p, bool quiet, double lock_timeout) {
  double now = hw_clock_seconds();
  *p = (hw_cli_progress){.terminal = isatty(STDERR_FILENO) != 0, .last = now, .stage_started = now,
                         .now = {.stage = "preparing"}};
  p->hooks = (hw_hooks){.progress = note_progress, .notice = show_notice, .context = p, .stop = &hw_cli_stop, .lock_timeout = lock_timeout};
  (void)pthread_mutex_init(&p->mutex, NULL);
  p->ticking = !quiet && hw_ticker_start(&p->ticker, tick, p, NULL);
}

void hw_cli_progress_stop(hw_cli_progress *p, bool keep) {
  if (p->ticking) hw_ticker_stop(&p->ticker);
  if (keep && p->ticking && p->terminal) {
    put_line(p);
    fputc('\n', stderr);
  } else {
    wipe(p);
  }
  fflush(stderr);
  (void)pthread_mutex_destroy(&p->mutex);
}
