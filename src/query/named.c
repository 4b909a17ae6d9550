/* SPDX-License-Identifier: Apache-2.0
 * The program's named queries, and what the comment at the head of a query says. */
#include "headwater/query.h"
#include "query/comment.h"
#include "query/needed.h"
#include "query/select.h"
#include "sqlite/sql.h"

size_t hw_named_queries(const hw_named_query **queries) {
  *queries = hw_query_list;
  return hw_n_queries;
}

const char *hw_query_summary(const char *sql, size_t *length) {
  hw_comment_line line;
  bool found = hw_query_comment(&sql, &line) && line.kind == HW_COMMENT_WORDS && line.words.length > 0;
  *length = found ? line.words.length : 0;
  return found ? line.words.at : NULL;
}

const char *hw_query_statement(const char *sql) {
  hw_comment_line line;
  while (hw_query_comment(&sql, &line)) continue;
  return sql;
}

bool hw_store_query_ready(hw_store *store, const hw_named_query *query, hw_error *err) {
  hw_comment_line line;
  for (const char *sql = query->sql; hw_query_comment(&sql, &line);)
    if (line.kind == HW_COMMENT_NEEDS && !line.without.at && !hw_query_check_needed(store, &line, query->name, err)) return false;
  return true;
}
