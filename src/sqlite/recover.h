/* SPDX-License-Identifier: Apache-2.0
 * What a program leaves that was killed while it wrote: a journal (PATH-journal) with what must be undone before anything is read, or a log
 * (PATH-wal) with what must be read too. SQLite takes care of both where it may write; a connection that reads may not. */
#ifndef HW_SQLITE_RECOVER_H
#define HW_SQLITE_RECOVER_H

#include "sqlite/handle.h"

/* Lets a second connection, which may write, do what the reading one must not. Nothing is done where nothing was left, or where the program
 * still writes. Errors: IO, where the file cannot be written; it names the journal or the log. Other errors are left to the next statement. */
bool hw_store_recover(hw_store *store, hw_error *err);

#endif
