/* SPDX-License-Identifier: Apache-2.0
 * Statements over an open database, and the named queries. */
#ifndef HEADWATER_QUERY_H
#define HEADWATER_QUERY_H

#include <stddef.h>

#include "headwater/error.h"
#include "headwater/sql.h"
#include "headwater/store.h"

HW_BEGIN_C

typedef enum hw_table_format { HW_FORMAT_TABLE, HW_FORMAT_CSV, HW_FORMAT_JSON } hw_table_format;
HW_API extern const char *const hw_table_format_names[4]; /* "table", "csv", "json", NULL */

/* Runs one SELECT and hands its rows in batches to sink(context, bytes, length), which returns false to stop (the error
 * is then INTERRUPTED). Nothing is handed over when the statement fails at once. Only statements that read are taken, one at
 * a time; ATTACH opens another database read-only for the statements that follow. Parameters are bound by name, without the
 * colon; NULL is NULL. A leading comment line "-- :name <type> = value" gives a type and a default, each of which may be missing. A
 * parameter with a type takes what the type names (src/query/parameter.c has the types; <a|b> is a choice): groups, roles and tokens are
 * matched exactly, and what the database does not have is an error with the nearest name. Without a type a text that is a number is
 * bound as one. Unknown, missing and surplus parameters, and values of the wrong form, are errors ARGUMENT. Without rows a table says
 * "(no rows)" under its header; CSV has its header, JSON []. */
typedef struct hw_parameter { const char *name, *value; } hw_parameter;
typedef bool (*hw_sink)(void *context, const char *bytes, size_t length);
HW_API bool hw_store_select(hw_store *store, const char *sql, const hw_parameter *parameters, size_t n_parameters,
                     hw_table_format format, hw_sink sink, void *context, hw_error *err);

/* Statements of hw_store_select that take longer than this end with an error INTERRUPTED; 0 for no limit. */
HW_API void hw_store_set_timeout(hw_store *store, double seconds);

/* Tables of hw_store_select that are wider than so many characters come in parts, each with the first column; 0, as after opening: never. */
HW_API void hw_store_set_line_width(hw_store *store, size_t characters);

/* Named queries, embedded from sql/queries/ (NAME.sql), ordered by name. sql begins with a comment that is the help: the
 * summary, then a line a parameter, "-- :name <type> = default  what it is" ("-- :name <type>  what it is" when it must be given). */
HW_API size_t hw_named_queries(const hw_named_query **queries);
/* What a query answers: the first line of its comment, not terminated; NULL when there is none. */
HW_API const char *hw_query_summary(const char *sql, size_t *length);

/* The tables and views of the database, as text to sink(context). */
HW_API bool hw_store_show_tables(hw_store *store, hw_table_format format, hw_sink sink, void *context, hw_error *err);
/* The statements that made them; name: of one table or view, NULL for all. Errors: INPUT for a name that is not there, with the nearest one. */
HW_API bool hw_store_show_schema(hw_store *store, const char *name, hw_sink sink, void *context, hw_error *err);

/* Does the database have the tables that a named query needs, and in them what it reads (sql/needs/TABLE.sql)? They are told by lines
 * "-- needs TABLE: how to make it" in the query's comment. Errors: INPUT, saying how to make it. What a query needs where a parameter is NULL
 * ("-- needs TABLE without PARAMETER: ...") is looked at by hw_store_select, with the same error. */
HW_API bool hw_store_query_ready(hw_store *store, const hw_named_query *query, hw_error *err);

HW_END_C

#endif
