/* SPDX-License-Identifier: Apache-2.0 */
#include "run/ticker.h"

#include <string.h>
#include <time.h>

enum { INTERVAL_NANOSECONDS = 200000000, NANOSECONDS = 1000000000 };

static void *run_ticker(void *context) {
  hw_ticker *ticker = context;
  (void)pthread_mutex_lock(&ticker->mutex);
  while (!ticker->stop) {
    struct timespec next;
    (void)clock_gettime(CLOCK_MONOTONIC, &next);
    next.tv_nsec += INTERVAL_NANOSECONDS;
    next.tv_sec += next.tv_nsec / NANOSECONDS;
    next.tv_nsec %= NANOSECONDS;
    while (!ticker->stop && pthread_cond_timedwait(&ticker->stopped, &ticker->mutex, &next) == 0) continue;
    if (ticker->stop) break;
    (void)pthread_mutex_unlock(&ticker->mutex);
    ticker->tick(ticker->context);
    (void)pthread_mutex_lock(&ticker->mutex);
  }
  (void)pthread_mutex_unlock(&ticker->mutex);
  return NULL;
}

bool hw_ticker_start(hw_ticker *ticker, void (*tick)(void *), void *context, hw_error *err) {
  *ticker = (hw_ticker){.tick = tick, .context = context};
  pthread_condattr_t monotonic;
  (void)pthread_condattr_init(&monotonic);
  (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  (void)pthread_mutex_init(&ticker->mutex, NULL);
  (void)pthread_cond_init(&ticker->stopped, &monotonic);
  (void)pthread_condattr_destroy(&monotonic);
  int failed = pthread_create(&ticker->thread, NULL, run_ticker, ticker);
  if (!failed) return true;
  (void)pthread_cond_destroy(&ticker->stopped);
  (void)pthread_mutex_destroy(&ticker->mutex);
  return hw_fail(err, HW_ERROR_IO, "cannot start a thread: %s", strerror(failed));
}

void hw_ticker_stop(hw_ticker *ticker) {
  (void)pthread_mutex_lock(&ticker->mutex);
  ticker->stop = true;
  (void)pthread_cond_signal(&ticker->stopped);
  (void)pthread_mutex_unlock(&ticker->mutex);
  (void)pthread_join(ticker->thread, NULL);
  (void)pthread_cond_destroy(&ticker->stopped);
  (void)pthread_mutex_destroy(&ticker->mutex);
}
