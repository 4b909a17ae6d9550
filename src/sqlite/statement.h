/* SPDX-License-Identifier: Apache-2.0
 * One statement of sql/. Its parameters are bound by name: an unknown, a missing and a repeated name are errors of the next step. */
#ifndef HW_SQLITE_STATEMENT_H
#define HW_SQLITE_STATEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/arena.h"
#include "headwater/buffer.h"
#include "headwater/error.h"
#include "sqlite/handle.h"

/* Opens the statement of sql/FILE; hw_statement_close frees it, also after an error. The name must outlive it. */
bool hw_statement_open(hw_statement *s, hw_store *store, const char *file, hw_error *err);
/* The same for a text that was put together; `file` is where it comes from. */
bool hw_statement_open_text(hw_statement *s, hw_store *store, const char *file, const char *sql, hw_error *err);
void hw_statement_close(hw_statement *s);

/* A statement that the store keeps open until it is closed itself: for statements that run often. It comes reset. Only one user
 * of a file at a time. */
hw_statement *hw_store_statement(hw_store *store, const char *file, hw_error *err);

/* Names with their colon, fastest in the order of the SQL. Bytes are not copied: they must live until the next reset. */
void hw_bind_integer(hw_statement *s, const char *name, int64_t value);
void hw_bind_real(hw_statement *s, const char *name, double value); /* NaN is NULL */
void hw_bind_string(hw_statement *s, const char *name, const char *text); /* NULL is NULL */
void hw_bind_text(hw_statement *s, const char *name, const char *bytes, size_t length); /* NULL is NULL */
void hw_bind_blob(hw_statement *s, const char *name, const void *bytes, size_t length); /* NULL of length 0 is an empty blob */
void hw_bind_null(hw_statement *s, const char *name);
void hw_bind_column(hw_statement *s, const char *name, const hw_statement *from, int column); /* the value of its present row, copied */

/* One step; *row says whether it gave a row. */
bool hw_statement_step(hw_statement *s, bool *row, hw_error *err);
/* Back to the start, with nothing bound. */
void hw_statement_reset(hw_statement *s);
/* Back to the start, with the same values. */
void hw_statement_rewind(hw_statement *s);
/* Steps a statement that gives no rows to its end and resets it. Errors say "cannot DOING". */
bool hw_statement_run(hw_statement *s, const char *doing, hw_error *err);

/* Columns of the present row. Texts and blobs live until the next step. */
bool hw_column_is_null(const hw_statement *s, int column);
int64_t hw_column_integer(const hw_statement *s, int column);
double hw_column_real(const hw_statement *s, int column);
const char *hw_column_text(const hw_statement *s, int column); /* NUL-terminated; NULL for NULL */
const void *hw_column_blob(const hw_statement *s, int column, size_t *length); /* never NULL */
/* The value as messages show it: a long text is cut, of a blob only its length is told. */
void hw_column_print(const hw_statement *s, int column, hw_buffer *out);
/* A copy in the arena, with a NUL behind it; a NULL column gives NULL and length 0. */
bool hw_column_copy(const hw_statement *s, int column, hw_arena *arena, const char **text, size_t *length, hw_error *err);

#endif
