/* SPDX-License-Identifier: Apache-2.0
 * One SELECT of sql/reader/ at a time. */
#ifndef HW_STORE_READING_H
#define HW_STORE_READING_H

#include "headwater/arena.h"
#include "sqlite/connection.h"

/* Prepares sql/reader/NAME; finalize it with hw_reading_end. */
sqlite3_stmt *hw_reading_begin(hw_store *store, const char *name, hw_error *err);
/* 1 a row, 0 the end, -1 err filled. */
int hw_reading_step(hw_store *store, sqlite3_stmt *statement, hw_error *err);
void hw_reading_end(sqlite3_stmt *statement);

/* Copies of a column in the arena, NUL behind them; NULL columns give NULL and length 0. */
bool hw_reading_text(sqlite3_stmt *statement, int column, hw_arena *arena, const char **text, size_t *length, hw_error *err);

#endif
