/* SPDX-License-Identifier: Apache-2.0
 * Parameters of a statement: what their types in its comment take, and the values that are bound. */
#ifndef HW_QUERY_PARAMETER_H
#define HW_QUERY_PARAMETER_H

#include "headwater/query.h"
#include "query/comment.h"
#include "sqlite/handle.h"

/* Binds every parameter of the statement: the given value, else the default of the comment at the head of `sql`. */
bool hw_query_bind(hw_store *store, sqlite3_stmt *statement, const char *sql, const hw_parameter *parameters, size_t n, hw_error *err);

/* What a type takes, for help: "a head, ... like L0H6 or 6". NULL for a choice, a plain number, and what is no type. */
const char *hw_query_type_help(hw_comment_text type);

#endif
