/* SPDX-License-Identifier: Apache-2.0
 *   hw_contains(text, part): 1 where the text has the part, ASCII letters in capitals or not, as LIKE has it between two %. */
#include <string.h>

#include "functions/functions.h"

static unsigned char lower(unsigned char byte) { return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte; }

/* The bit in which a small letter and its capital differ; 0 of what is no letter. With it no other byte becomes the letter. */
static unsigned char case_bit(unsigned char byte) { return byte >= 'a' && byte <= 'z' ? 0x20 : 0; }

static bool is_part(const unsigned char *text, const unsigned char *part, size_t m) {
  size_t k = 0;
  while (k < m && lower(text[k]) == lower(part[k])) k++;
  return k == m;
}

typedef unsigned char bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

static bytes16 read16(const unsigned char *at) {
  bytes16 bytes;
  memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

/* 0 < m <= n. Places where the first and the last byte agree are found 16 at a time, and looked at one by one. */
static bool has_part(const unsigned char *text, size_t n, const unsigned char *part, size_t m) {
  unsigned char first = lower(part[0]), last = lower(part[m - 1]), first_bit = case_bit(first), last_bit = case_bit(last);
  size_t i = 0, places = n - m + 1;
  for (; i + sizeof(bytes16) <= places; i += sizeof(bytes16)) {
    words2 both = (words2)(((read16(text + i) | first_bit) == first) & ((read16(text + i + m - 1) | last_bit) == last));
    if (!(both[0] | both[1])) continue;
    for (size_t k = i; k < i + sizeof(bytes16); k++)
      if ((text[k] | first_bit) == first && is_part(text + k, part, m)) return true;
  }
  for (; i < places; i++)
    if ((text[i] | first_bit) == first && is_part(text + i, part, m)) return true;
  return false;
}

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
  sqlite3_result_int(context, m == 0 || (m <= n && has_part(text, n, part, m)));
}

int hw_register_text(sqlite3 *db) {
  return sqlite3_create_function_v2(db, "hw_contains", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, contains, NULL, NULL, NULL);
}
