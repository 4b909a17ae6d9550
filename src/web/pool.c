/* SPDX-License-Identifier: Apache-2.0 */
#include "web/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "headwater/query.h"

/* Pages of the database that each store holds. The system keeps the file's pages too, so little is lost by so few; and the server's memory
 * soon stays the same, however many requests come. */
enum { CACHE_KILOBYTES = 2048 };

void hw_pool_init(hw_pool *pool, const char *path, double time_limit) {
  *pool = (hw_pool){.path = path, .time_limit = time_limit};
  (void)pthread_mutex_init(&pool->mutex, NULL);
  (void)pthread_cond_init(&pool->returned, NULL);
}

static void close_entry(hw_pool_entry *entry) {
  (void)hw_store_close(entry->store, false, NULL);
  entry->store = NULL;
}

void hw_pool_fini(hw_pool *pool) {
  for (int i = 0; i < HW_POOL_STORES; i++) close_entry(&pool->entries[i]);
  (void)pthread_cond_destroy(&pool->returned);
  (void)pthread_mutex_destroy(&pool->mutex);
}

/* A free entry, one that is open before one that is not; NULL when all are borrowed. */
static hw_pool_entry *find_free(hw_pool *pool) {
  hw_pool_entry *found = NULL;
  for (int i = HW_POOL_STORES - 1; i >= 0; i--) {
    hw_pool_entry *entry = &pool->entries[i];
    if (!entry->borrowed && (!found || entry->store)) found = entry;
  }
  return found;
}

static hw_pool_entry *take(hw_pool *pool, hw_error *err) {
  struct timespec until;
  (void)clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += HW_POOL_WAIT_SECONDS;
  hw_pool_entry *entry;
  int waited = 0;
  (void)pthread_mutex_lock(&pool->mutex);
  while (!(entry = find_free(pool)) && waited == 0) waited = pthread_cond_timedwait(&pool->returned, &pool->mutex, &until);
  if (entry) entry->borrowed = true;
  (void)pthread_mutex_unlock(&pool->mutex);
  if (!entry)
    (void)hw_fail(err, HW_ERROR_INTERRUPTED, "all %d connections to the database were busy for %d s", HW_POOL_STORES, HW_POOL_WAIT_SECONDS);
  return entry;
}

/* SQLite sees by a counter in the file whether its pages are still those that it holds: a file that was copied over this one may have the
 * same counter. */
static bool is_same(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
         a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool open_entry(hw_pool *pool, hw_pool_entry *entry, hw_error *err) {
  struct stat now;
  if (stat(pool->path, &now) != 0) return hw_fail(err, HW_ERROR_IO, "%s: %s", pool->path, strerror(errno));
  if (entry->store && is_same(&entry->file, &now)) return true;
  close_entry(entry);
  entry->file = now;
  if (!hw_store_open_read(pool->path, &entry->store, err) || !hw_store_set_cache(entry->store, CACHE_KILOBYTES, err)) return false;
  hw_store_set_timeout(entry->store, pool->time_limit);
  return true;
}

hw_pool_entry *hw_pool_borrow(hw_pool *pool, hw_error *err) {
  hw_pool_entry *entry = take(pool, err);
  if (!entry || open_entry(pool, entry, err)) return entry;
  hw_pool_return(pool, entry, false);
  return NULL;
}

/* Is a run writing into the database, or was one stopped? At its end it folds its log in, for which nobody else may have the file open. */
static bool is_being_written(const hw_pool *pool) {
  struct stat log;
  char *name = hw_path_beside(pool->path, "-wal");
  bool there = !name || stat(name, &log) == 0;
  free(name);
  return there;
}

void hw_pool_return(hw_pool *pool, hw_pool_entry *entry, bool keep) {
  if (!keep || is_being_written(pool)) close_entry(entry);
  (void)pthread_mutex_lock(&pool->mutex);
  entry->borrowed = false;
  (void)pthread_cond_signal(&pool->returned);
  (void)pthread_mutex_unlock(&pool->mutex);
}
