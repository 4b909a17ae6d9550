/* SPDX-License-Identifier: Apache-2.0
 * Tables that queries and exports need. */
#ifndef HW_QUERY_NEEDED_H
#define HW_QUERY_NEEDED_H

#include "headwater/store.h"
#include "query/comment.h"

/* Is the table there, and what sql/needs/TABLE.sql wants in it, where there is such a file? */
bool hw_query_has_needed(hw_store *store, const char *table, bool *there, hw_error *err);
/* The same of a line HW_COMMENT_NEEDS. Errors: INPUT, saying how to make what is not there, which the reader reads. */
bool hw_query_check_needed(hw_store *store, const hw_comment_line *line, const char *reader, hw_error *err);

#endif
