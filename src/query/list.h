/* SPDX-License-Identifier: Apache-2.0
 * The named queries: those of the program, and a folder of the user's. */
#ifndef HW_CLI_QUERY_LIST_H
#define HW_CLI_QUERY_LIST_H

#include "headwater/arena.h"
#include "headwater/store.h"
#include "headwater/query.h"

typedef struct hw_query_list {
  hw_arena arena;
  hw_named_query *rows; /* by name */
  size_t n;
} hw_query_list;

/* folder: of NAME.sql files, or NULL. A file there replaces the program's query of its name. Free it also after an error. */
bool hw_query_list_init(hw_query_list *list, const char *folder, hw_error *err);
void hw_query_list_fini(hw_query_list *list);

/* NULL and err with the nearest name when there is none. */
const hw_named_query *hw_query_list_find(const hw_query_list *list, const char *name, hw_error *err);

/* The names, with what they answer. */
void hw_query_list_help(const hw_query_list *list, hw_buffer *out);
/* What a query answers, and its parameters; lines at most `width` wide, 0: a line each. */
void hw_query_help(const hw_named_query *query, const char *db, size_t width, hw_buffer *out);
/* Its statement. */
void hw_query_help_sql(const hw_named_query *query, hw_buffer *out);

#endif
