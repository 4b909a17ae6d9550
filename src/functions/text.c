/* SPDX-License-Identifier: Apache-2.0
 *   hw_contains(text, part): 1 where the text has the part, ASCII letters in capitals or not, as LIKE has it between two %. */
#include <string.h>

#include "functions/functions.h"

static unsigned char lower(unsigned char byte) { return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte; }

static void contains(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  if (sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL) return;
  /* As bytes: sqlite3_value_text would copy each text for a 0 at its end. */
  const unsigned char *text = sqlite3_value_blob(argv[0]), *part = sqlite3_value_blob(argv[1]);
  size_t n = (size_t)sqlite3_value_bytes(argv[0]), m = (size_t)sqlite3_value_bytes(argv[1]);
  if ((n && !text) || (m && !part)) {
    sqlite3_result_error_nomem(context);
    return;
  }
  bool found = m == 0;
  unsigned char first = m ? lower(part[0]) : 0, capital = first >= 'a' && first <= 'z' ? first & 0xdf : first;
  for (size_t i = 0; i + m <= n && !found; i++) {
    if (text[i] != first && text[i] != capital) continue;
    size_t k = 1;
    while (k < m && lower(text[i + k]) == lower(part[k])) k++;
    found = k == m;
  }
  sqlite3_result_int(context, found);
}

int hw_register_text(sqlite3 *db) {
  return sqlite3_create_function_v2(db, "hw_contains", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, contains, NULL, NULL, NULL);
}
