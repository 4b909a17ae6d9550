/* SPDX-License-Identifier: Apache-2.0
 * A thread that calls a function again and again while others work. */
#ifndef HW_RUN_TICKER_H
#define HW_RUN_TICKER_H

#include <pthread.h>

#include "headwater/error.h"

typedef struct hw_ticker {
  void (*tick)(void *context);
  void *context;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t stopped;
  bool stop; /* behind mutex */
} hw_ticker;

/* Calls tick(context) five times a second until hw_ticker_stop, which waits for the last call to end. */
bool hw_ticker_start(hw_ticker *ticker, void (*tick)(void *), void *context, hw_error *err);
void hw_ticker_stop(hw_ticker *ticker);

#endif
