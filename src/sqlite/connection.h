/* SPDX-License-Identifier: Apache-2.0
 * One open database: the connection that its readers and its writer share. */
#ifndef HW_STORE_CONNECTION_H
#define HW_STORE_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/error.h"
#include "sqlite/sqlite.h"

enum { HW_APPLICATION_ID = 0x48445752, HW_SCHEMA_VERSION = 1, HW_PAGE_SIZE = 8192 };

/* group_id of all prompts together, and of all counterfactuals. */
enum { HW_ALL_GROUPS = -1, HW_ALL_COUNTERFACTUALS = -2 };

/* Prepared statements of sql/writer/, in the order of the list in statements.c. */
typedef enum hw_statement {
  HW_ADD_ANSWER,
  HW_ADD_CLUSTER,
  HW_ADD_GROUP,
  HW_ADD_HEAD,
  HW_ADD_HEAD_SOURCE,
  HW_ADD_ITEM,
  HW_ADD_NEURON,
  HW_ADD_ROLE,
  HW_COUNT_PROMPTS,
  HW_INSERT_ANSWER,
  HW_INSERT_CHUNK,
  HW_INSERT_FAILED,
  HW_INSERT_GRAPH,
  HW_INSERT_GRAPH_INFO,
  HW_INSERT_GROUP_VALUE,
  HW_INSERT_HEAD,
  HW_INSERT_ITEM_GRAPH,
  HW_INSERT_LENS,
  HW_INSERT_NEURON_TOKEN,
  HW_INSERT_PROCESS,
  HW_INSERT_PROMPT,
  HW_INSERT_PROMPT_GROUP,
  HW_INSERT_ROLE,
  HW_INSERT_RUN,
  HW_INSERT_SETTING,
  HW_INSERT_TOKEN,
  HW_INSERT_VALUE,
  HW_PENDING_NEURONS,
  HW_SELECT_CHUNKS,
  HW_N_STATEMENTS,
} hw_statement;

typedef struct hw_store hw_store;
struct hw_store {
  sqlite3 *db;
  char *path;
  int lock;                                  /* descriptor that holds the writer's lock; -1 when reading */
  int64_t process_id;                        /* row of table process; 0 when reading */
  size_t room;                               /* characters of a line of a table; 0: no end */
  double seconds, deadline;                  /* of one statement; 0: as long as it takes */
  struct hw_chunk_sums *pending;             /* of the chunks in the open transaction, encoded.h; NULL: no chunk waits for its commit */
  double committed, commit_seconds;          /* hw_clock_seconds() of the last commit; chunks wait so long for the next */
  sqlite3_stmt *statements[HW_N_STATEMENTS]; /* prepared at first use */
};

/* ---- connection.c ---- */

/* A store without a database yet. */
hw_store *hw_store_new(const char *path, hw_error *err);
/* Finalizes, closes, frees. */
void hw_store_free(hw_store *store);
/* Fills err from the last SQLite error: "PATH: cannot DOING: why". */
bool hw_store_fail(hw_store *store, const char *doing, hw_error *err);
bool hw_store_exec(hw_store *store, const char *sql, const char *doing, hw_error *err);
/* First column of the first row as an integer. */
bool hw_store_integer(hw_store *store, const char *sql, int64_t *value, hw_error *err);
bool hw_store_begin(hw_store *store, hw_error *err); /* a writing transaction, when no chunk waits */
bool hw_store_commit(hw_store *store, hw_error *err);
void hw_store_rollback(hw_store *store);

typedef enum hw_file_state { HW_FILE_EMPTY, HW_FILE_OURS } hw_file_state;
/* Refuses what is no database, not ours, or newer. EMPTY: a database without tables. */
bool hw_store_check_file(hw_store *store, hw_file_state *state, hw_error *err);

/* ---- statements.c ---- */

/* The statement, reset and without bindings. Its parameters are numbered as statements.c lists them. */
sqlite3_stmt *hw_store_statement(hw_store *store, hw_statement which, hw_error *err);
/* Binds n integers to parameters first, first + 1, ... */
void hw_bind_integers(sqlite3_stmt *statement, int first, const int64_t *values, int n);
/* bytes may be NULL: binds NULL. They must live until the statement is reset. */
void hw_bind_text(sqlite3_stmt *statement, int index, const char *bytes, size_t length);
void hw_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, size_t length);
/* Steps a statement that gives no rows to its end, and resets it. */
bool hw_store_run(hw_store *store, sqlite3_stmt *statement, const char *doing, hw_error *err);

#endif
