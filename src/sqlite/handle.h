/* SPDX-License-Identifier: Apache-2.0
 * One open database with the statements that it keeps open, as data, and the errors of both. */
#ifndef HW_SQLITE_HANDLE_H
#define HW_SQLITE_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "headwater/error.h"
#include "headwater/hooks.h"
#include "sqlite/sqlite.h"

typedef struct hw_store hw_store;

typedef struct hw_statement {
  hw_store *store;
  const char *file;     /* below sql/ */
  sqlite3_stmt *sqlite; /* NULL: not open */
  int n_parameters, n_bound; /* n_bound: names bound since the last reset */
  uint64_t bound;       /* bit i: parameter i + 1 is bound */
  const char *wrong;    /* the first name that is no parameter or was bound already */
  int refused;          /* SQLite's code of the first value that it did not take */
} hw_statement;

/* Statements that a store keeps open; the writer has 31. */
enum { HW_MOST_STATEMENTS = 40 };
enum { HW_N_PENDING = 2 };

struct hw_store {
  sqlite3 *db;
  char *path;
  char *file;                       /* the path for SQLite, which would take "file:a" as a URI and ":memory:" as no file: "./" is before these */
  int lock;                         /* descriptor that holds the writer's lock; -1 when reading */
  const hw_hooks *hooks;            /* may be NULL */
  bool stoppable;                   /* statements end with INTERRUPTED once hooks->stop is set */
  double waiting_since, next_notice; /* hw_clock_seconds() of the last wait for another program */
  const char *wait_reason;
  bool created;                     /* the file was not there before it was opened, and was empty when this process had its lock */
  int64_t version;                  /* of the schema; 0: there is none yet */
  bool migrated;                    /* it was brought to this version when it was opened */
  int64_t process_id;               /* row of table process; 0 when reading */
  size_t line_width;                /* columns of the terminal for tables; 0: no limit */
  double seconds, deadline;         /* of one statement; 0: as long as it takes. deadline: hw_clock_seconds() of the one at work; 0: none */
  struct hw_chunk_sums *pending[HW_N_PENDING]; /* of the chunks in the open transaction, encoded.h: of prompts, of counterfactuals; NULL: no such chunk waits for its commit */
  struct hw_wide_columns *wide;     /* columns of the view prompt_wide, store/wide.c; NULL: not read yet */
  double committed, commit_seconds; /* hw_clock_seconds() of the last commit; chunks wait so long for the next */
  size_t n_statements;
  hw_statement statements[HW_MOST_STATEMENTS]; /* of hw_store_statement */
};

/* Fills err from the last SQLite error: "PATH: cannot DOING: why", with the system's reason where there is one. */
bool hw_store_fail(hw_store *store, const char *doing, hw_error *err);
/* The file was moved or deleted while it was written. is_whole: no part of a moved one is in its log alone. */
bool hw_store_fail_moved(const hw_store *store, bool is_whole, hw_error *err);
/* Why the last call of SQLite failed: the system's reason, which says more than "disk I/O error" or "unable to open database file", or
 * SQLite's. SQLite does not keep the system's reason of a failed commit and of a failed read: errno has it, which is 0 before each call. */
const char *hw_store_reason(const hw_store *store);
/* The user asked to stop. */
bool hw_store_stopped(const hw_store *store, hw_error *err);
/* hw_store_fail for a statement: "PATH: cannot run sql/FILE: why". */
bool hw_store_fail_at(hw_store *store, const char *file, hw_error *err);

#endif
