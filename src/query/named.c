/* SPDX-License-Identifier: Apache-2.0
 * The program's named queries, and what the comment at the head of a query says. */
#include <stdio.h>
#include <string.h>

#include "headwater/query.h"
#include "query/comment.h"
#include "query/select.h"
#include "sqlite/connection.h"
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

bool hw_query_has_needed(hw_store *store, const char *table, bool *there, hw_error *err) {
  char file[80];
  int64_t found = 1;
  (void)snprintf(file, sizeof file, "needs/%.64s.sql", table);
  if (!hw_store_has_table(store, table, there, err)) return false;
  if (*there && hw_sql(file) && !hw_store_integer(store, file, &found, err)) return false;
  *there = *there && found;
  return true;
}

bool hw_query_check_needed(hw_store *store, const hw_comment_line *line, const char *reader, hw_error *err) {
  char table[64];
  bool there;
  if (line->name.length >= sizeof table) return hw_fail(err, HW_ERROR_INPUT, "%s: a needed table's name is too long", reader);
  memcpy(table, line->name.at, line->name.length);
  table[line->name.length] = '\0';
  if (!hw_query_has_needed(store, table, &there, err)) return false;
  return there || hw_fail(err, HW_ERROR_INPUT, "%s: %s reads what is not there yet; it is made by: %.*s", store->path, reader,
                          (int)line->words.length, line->words.at);
}

bool hw_store_query_ready(hw_store *store, const hw_named_query *query, hw_error *err) {
  hw_comment_line line;
  for (const char *sql = query->sql; hw_query_comment(&sql, &line);)
    if (line.kind == HW_COMMENT_NEEDS && !line.without.at && !hw_query_check_needed(store, &line, query->name, err)) return false;
  return true;
}
