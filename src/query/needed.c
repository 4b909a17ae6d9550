/* SPDX-License-Identifier: Apache-2.0 */
#include "query/needed.h"

#include <stdio.h>
#include <string.h>

#include "sqlite/connection.h"
#include "sqlite/sql.h"

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
