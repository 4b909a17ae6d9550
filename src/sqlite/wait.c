/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/wait.h"

#include <time.h>

#include "base/progress.h"
#include "base/text.h"
#include "headwater/buffer.h"

enum { POLL_NANOSECONDS = 20000000, FIRST_NOTICE_SECONDS = 5, NOTICE_SECONDS = 60 };

void hw_store_begin_wait(hw_store *store, const char *reason) {
  store->wait_reason = reason;
  store->waiting_since = hw_clock_seconds();
  store->next_notice = store->waiting_since + FIRST_NOTICE_SECONDS;
}

bool hw_store_wait_more(hw_store *store, double limit) {
  const hw_hooks *hooks = store->hooks;
  double now = hw_clock_seconds();
  if (now - store->waiting_since >= limit || hw_asked_to_stop(hooks)) return false;
  if (now >= store->next_notice && hooks && hooks->notice) {
    hw_buffer line;
    hw_buffer_init(&line);
    hw_buffer_printf(&line, "%s: %s: waited %.0f s, gives up after %.0f s (--lock-timeout)", store->path, store->wait_reason,
                     now - store->waiting_since, limit);
    if (!line.failed) hooks->notice(hooks->context, line.data);
    hw_buffer_fini(&line);
    store->next_notice = now + NOTICE_SECONDS;
  }
  (void)nanosleep(&(struct timespec){.tv_nsec = POLL_NANOSECONDS}, NULL);
  return true;
}

bool hw_store_wait_busy(hw_store *store) {
  return hw_store_wait_more(store, store->hooks && store->hooks->lock_timeout > 0 ? store->hooks->lock_timeout : HW_BUSY_SECONDS);
}

static int on_busy(void *context, int n_before) {
  hw_store *store = context;
  if (n_before == 0) hw_store_begin_wait(store, HW_WAIT_LOCK);
  return hw_store_wait_busy(store);
}

enum { OPERATIONS_A_LOOK = 5000 }; /* of SQLite's machine, between two looks at the clock and at what the user wants */

static int shall_end(void *context) {
  const hw_store *store = context;
  return (store->stoppable && hw_asked_to_stop(store->hooks)) || (store->deadline > 0 && hw_clock_seconds() > store->deadline);
}

void hw_store_set_up(hw_store *store) {
  /* A database that somebody else wrote may hold triggers, and views that call any function. */
  (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, NULL);
  (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL); /* "no such column" is an error, not a text */
  (void)sqlite3_extended_result_codes(store->db, 1);
  (void)sqlite3_busy_handler(store->db, on_busy, store);
  sqlite3_progress_handler(store->db, OPERATIONS_A_LOOK, shall_end, store);
}
