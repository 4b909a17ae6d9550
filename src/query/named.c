/* SPDX-License-Identifier: Apache-2.0
 * Named queries, and the defaults of parameters that the leading comment of a query declares. */
#include <string.h>

#include "query/select.h"
#include "sqlite/sql.h"
#include "headwater/query.h"

size_t hw_named_queries(const hw_named_query **queries) {
  *queries = hw_query_list;
  return hw_n_queries;
}

static const char *skip_spaces(const char *at) { return at + strspn(at, " \t"); }

/* Reads "-- :name = value", where a value is a word or stands in single quotes. */
static bool read_default(const char *line, const char *end, const char *name, const char **value, size_t *length) {
  const char *at = skip_spaces(line + 2);
  size_t n = strlen(name);
  if (*at != ':' || strncmp(at + 1, name, n) != 0) return false;
  at = skip_spaces(at + 1 + n);
  if (*at != '=') return false;
  at = skip_spaces(at + 1);
  bool quoted = *at == '\'';
  at += quoted;
  *value = at;
  *length = strcspn(at, quoted ? "'\n" : " \t\r\n");
  return at < end;
}

bool hw_query_default(const char *sql, const char *name, const char **value, size_t *length) {
  for (const char *line = sql; *line;) {
    const char *end = line + strcspn(line, "\n");
    const char *text = skip_spaces(line);
    if (text < end && strncmp(text, "--", 2) != 0) return false; /* comments are over */
    if (text < end && read_default(text, end, name, value, length)) return true;
    line = *end ? end + 1 : end;
  }
  return false;
}
