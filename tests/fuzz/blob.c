/* SPDX-License-Identifier: Apache-2.0
 * A stored column (blob.h) through the SQL functions that read it: the decoders, and the replay of a graph at a threshold. */
#include <zlib.h>

#include "blob.h"
#include "codec/codec.h"
#include "functions/functions.h"
#include "input.h"

static sqlite3 *db;
static sqlite3_stmt *statements[N_BLOB_STATEMENTS];

static void prepare(void) {
  if (sqlite3_open(":memory:", &db) != SQLITE_OK || hw_register_functions(db) != SQLITE_OK) abort();
  for (int i = 0; i < N_BLOB_STATEMENTS; i++)
    if (sqlite3_prepare_v2(db, blob_statements[i].sql, -1, &statements[i], NULL) != SQLITE_OK) abort();
}

/* A zlib stream that stores the bytes: changes of the payload must reach the decoder. */
static void append_stored(hw_buffer *out, const uint8_t *bytes, size_t n) {
  hw_buffer_append(out, "\x78\x01", 2);
  for (size_t at = 0, count; at == 0 || at < n; at += count) {
    count = n - at < 65535 ? n - at : 65535;
    const uint8_t head[] = {at + count == n, (uint8_t)count, (uint8_t)(count >> 8), (uint8_t)~count, (uint8_t)(~count >> 8)};
    hw_buffer_append(out, head, sizeof head);
    hw_buffer_append(out, bytes + at, count);
    if (count == 0) break;
  }
  uLong sum = adler32(adler32(0, NULL, 0), bytes, (uInt)n);
  for (int shift = 24; shift >= 0; shift -= 8) hw_buffer_append_byte(out, (unsigned char)(sum >> shift));
}

static void run(sqlite3_stmt *statement, const hw_buffer *column, double argument) {
  (void)sqlite3_bind_blob64(statement, 1, column->length ? column->data : "", column->length, SQLITE_STATIC);
  if (sqlite3_bind_parameter_count(statement) > 1) (void)sqlite3_bind_double(statement, 2, argument);
  int rc;
  while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
    for (int i = 0; i < sqlite3_column_count(statement); i++) (void)sqlite3_column_text(statement, i);
  const char *message = sqlite3_errmsg(db);
  if (rc != SQLITE_DONE && (rc == SQLITE_NOMEM || !message[0] || strchr(message, '\n'))) abort();
  (void)sqlite3_reset(statement);
  (void)sqlite3_clear_bindings(statement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!db) prepare();
  if (size < 3) return 0;
  size_t header = data[2], left = size - 3;
  if (header > left) return 0;
  hw_buffer column;
  hw_buffer_init(&column);
  hw_buffer_append(&column, data + 3, header ? header : left);
  if (header) {
    hw_put_varint(&column, left - header);
    append_stored(&column, data + 3 + header, left - header);
  }
  run(statements[data[0] % N_BLOB_STATEMENTS], &column, data[1] / 255.0);
  hw_buffer_fini(&column);
  return 0;
}
