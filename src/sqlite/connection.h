/* SPDX-License-Identifier: Apache-2.0
 * Opening a database, its transactions, and small statements: what its readers and its writer share. */
#ifndef HW_STORE_CONNECTION_H
#define HW_STORE_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/error.h"
#include "sqlite/handle.h"
#include "sqlite/statement.h"

enum { HW_APPLICATION_ID = 0x48445752, HW_SCHEMA_VERSION = 3, HW_OLDEST_VERSION = 2 };

/* group_id of all prompts together, and of all counterfactuals. */
enum { HW_ALL_GROUPS = -1, HW_ALL_COUNTERFACTUALS = -2 };

typedef enum hw_access {
  HW_OPEN_READ,   /* a database that is there */
  HW_OPEN_WRITE,  /* the same, under the lock of its one writing process */
  HW_OPEN_CREATE, /* the same, or a new file */
  HW_OPEN_MEMORY, /* an empty one; the path is only its name in messages */
} hw_access;
typedef enum hw_file_state { HW_FILE_EMPTY, HW_FILE_OURS } hw_file_state;

/* Opens a connection. Refuses what is no regular file, no database, not ours or newer, with READ and WRITE what has no tables, and with READ
 * what is older; with WRITE and CREATE hw_store_migrate (store/migrate.h) comes before anything is written to that.
 * A new file is removed again after an error. Where another program holds the database locked, the connection waits as hooks->lock_timeout
 * says; hooks lives as long as the store, or is NULL. */
bool hw_store_connect(const char *path, hw_access access, const hw_hooks *hooks, hw_store **store, hw_file_state *state, hw_error *err);
/* Finalizes, closes, frees. NULL is fine. */
void hw_store_free(hw_store *store);
/* The same, and the file goes, with what SQLite keeps beside it; a link to it stays. */
void hw_store_remove(hw_store *store);
/* hw_store_remove when store->created, else hw_store_free. */
void hw_store_discard(hw_store *store);
/* Removes what SQLite keeps beside the file of a closed database, where it could not be removed when it was closed. err may be NULL. */
bool hw_store_remove_beside(const char *path, hw_error *err);

bool hw_store_exec(hw_store *store, const char *sql, const char *doing, hw_error *err);
/* First column of the first row of sql/FILE as an integer. Errors: no row. */
bool hw_store_integer(hw_store *store, const char *file, int64_t *value, hw_error *err);
bool hw_store_has_table(hw_store *store, const char *name, bool *there, hw_error *err);
/* Whether all tables of this schema version are there. Unfinished programs made files with fewer, where a command that writes would fail in the middle. */
bool hw_store_check_complete(hw_store *store, hw_error *err);

bool hw_store_begin(hw_store *store, hw_error *err); /* a writing transaction, when no chunk waits */
/* A reading one: what follows sees one state of a database that may still grow. Ended by hw_store_rollback. */
bool hw_store_begin_read(hw_store *store, hw_error *err);
/* Errors, with all rolled back: also when a file that is written is no longer at its path. */
bool hw_store_commit(hw_store *store, hw_error *err);
void hw_store_rollback(hw_store *store);

#endif
