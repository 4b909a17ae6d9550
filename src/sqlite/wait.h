/* SPDX-License-Identifier: Apache-2.0
 * Waiting for other programs that hold the database, and the end of a statement before its last row. */
#ifndef HW_SQLITE_WAIT_H
#define HW_SQLITE_WAIT_H

#include "sqlite/handle.h"

/* How long SQLite waits for a program that is about to finish, where no other time is given. */
enum { HW_BUSY_SECONDS = 5 };

#define HW_WAIT_LOCK "another program holds it locked"

/* The reason is what notices say of the wait. */
void hw_store_begin_wait(hw_store *store, const char *reason);
/* Waits a moment; false when `limit` seconds are over or the user wants to stop. */
bool hw_store_wait_more(hw_store *store, double limit);
/* The same for a lock of SQLite's, by the time that the store's hooks give. */
bool hw_store_wait_busy(hw_store *store);

/* What every connection has: no trust in what the schema says, extended codes, waiting for locks, ends of statements at store->deadline and when the user stops. */
void hw_store_set_up(hw_store *store);

#endif
