/* SPDX-License-Identifier: Apache-2.0
 * Read-only stores that requests borrow: a store belongs to one thread at a time. */
#ifndef HW_WEB_POOL_H
#define HW_WEB_POOL_H

#include <pthread.h>
#include <sys/stat.h>

#include "headwater/store.h"

enum { HW_POOL_STORES = 4, HW_POOL_WAIT_SECONDS = 10 };

typedef struct hw_pool_entry {
  hw_store *store; /* NULL: not open */
  bool borrowed;
  struct stat file; /* as it was when it was opened */
} hw_pool_entry;

typedef struct hw_pool {
  const char *path;
  double time_limit; /* seconds of one statement */
  pthread_mutex_t mutex;
  pthread_cond_t returned;
  hw_pool_entry entries[HW_POOL_STORES];
} hw_pool;

void hw_pool_init(hw_pool *pool, const char *path, double time_limit);
void hw_pool_fini(hw_pool *pool); /* when nothing is borrowed */

/* A store, opened when it is first wanted, and again when the database has changed: another file has its place, or was copied over it. Waits
 * for one that comes back. NULL after an error: the file is gone or is no database, or all stores were in use for too long (INTERRUPTED). */
hw_pool_entry *hw_pool_borrow(hw_pool *pool, hw_error *err);
/* keep: false after an error, then it is opened anew, as it is for each request while a run writes into the database. */
void hw_pool_return(hw_pool *pool, hw_pool_entry *entry, bool keep);

#endif
