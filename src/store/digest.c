/* SPDX-License-Identifier: Apache-2.0
 * Hash over the content of the run: every table but `process` and what was derived later (mining, comparisons), in order of name,
 * rows in order of key, values with type and length.
 * Compressed columns count by what they hold, so that another zlib gives the same hash. */
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "headwater/store.h"
#include "codec/codec.h"
#include "sqlite/connection.h"

typedef struct digest {
  hw_store *store;
  XXH3_state_t *state;
  hw_arena arena;
} digest;

static void add_number(digest *d, uint64_t value) {
  unsigned char bytes[8];
  for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(value >> (8 * i));
  (void)XXH3_128bits_update(d->state, bytes, sizeof bytes);
}

static void add_bytes(digest *d, const void *bytes, size_t length) {
  add_number(d, length);
  if (length) (void)XXH3_128bits_update(d->state, bytes, length);
}

static void add_double(digest *d, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  add_number(d, bits);
}

static bool add_column(digest *d, const void *bytes, size_t length, hw_error *err) {
  hw_blob_info info;
  hw_reader payload;
  hw_arena_reset(&d->arena);
  hw_error why;
  if (!hw_blob_open(bytes, length, "EHNP", &d->arena, &info, &payload, &why))
    return hw_fail(err, why.kind, "%s: %s", d->store->path, why.message);
  add_number(d, info.kind);
  add_number(d, (uint64_t)info.prompt_id);
  add_number(d, info.frame.target);
  add_number(d, info.frame.n_tokens);
  add_number(d, info.frame.n_layers);
  add_number(d, info.frame.parallel);
  add_double(d, info.threshold);
  add_double(d, info.floor);
  add_bytes(d, payload.at, (size_t)(payload.end - payload.at));
  return true;
}

static bool add_value(digest *d, sqlite3_stmt *s, int column, bool columns, hw_error *err) {
  int type = sqlite3_column_type(s, column);
  const void *blob = type == SQLITE_BLOB ? sqlite3_column_blob(s, column) : NULL;
  const void *text = type == SQLITE_TEXT ? sqlite3_column_text(s, column) : NULL;
  size_t length = type == SQLITE_BLOB || type == SQLITE_TEXT ? (size_t)sqlite3_column_bytes(s, column) : 0;
  add_number(d, (uint64_t)type);
  if (type == SQLITE_INTEGER) add_number(d, (uint64_t)sqlite3_column_int64(s, column));
  else if (type == SQLITE_FLOAT) add_double(d, sqlite3_column_double(s, column));
  else if (type == SQLITE_TEXT) add_bytes(d, text, length);
  else if (type == SQLITE_BLOB && columns && hw_blob_is(blob, length)) return add_column(d, blob, length, err);
  else if (type == SQLITE_BLOB) add_bytes(d, blob, length);
  return true;
}

/* SELECT columns FROM table ORDER BY key, or by rowid when there is no key. Generated columns are left out. */
static bool table_query(digest *d, const char *table, hw_buffer *sql, hw_error *err) {
  sqlite3_stmt *s = NULL;
  hw_buffer order;
  hw_buffer_init(&order);
  hw_buffer_reset(sql);
  hw_buffer_append_string(sql, "SELECT");
  int rc = sqlite3_prepare_v2(d->store->db, "SELECT name, pk FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid", -1,
                              &s, NULL);
  if (rc == SQLITE_OK) (void)sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
  for (int n = 0; rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW; n++, rc = SQLITE_OK) {
    char *name = sqlite3_mprintf("%s\"%w\"", n ? ", " : " ", sqlite3_column_text(s, 0));
    hw_buffer_append_string(sql, name ? name : "");
    sqlite3_free(name);
  }
  (void)sqlite3_finalize(s);
  if (rc == SQLITE_DONE)
    rc = sqlite3_prepare_v2(d->store->db, "SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk", -1, &s, NULL);
  if (rc == SQLITE_OK) (void)sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
  while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    char *name = sqlite3_mprintf("%s\"%w\"", order.length ? ", " : " ", sqlite3_column_text(s, 0));
    hw_buffer_append_string(&order, name ? name : "");
    sqlite3_free(name);
    rc = SQLITE_OK;
  }
  (void)sqlite3_finalize(s);
  char *from = sqlite3_mprintf(" FROM \"%w\" ORDER BY", table);
  hw_buffer_append_string(sql, from ? from : "");
  hw_buffer_append_string(sql, order.length ? order.data : " rowid");
  sqlite3_free(from);
  hw_buffer_fini(&order);
  return rc == SQLITE_DONE ? hw_buffer_check(sql, err) : hw_store_fail(d->store, "read its tables", err);
}

static bool add_table(digest *d, const char *table, hw_error *err) {
  hw_buffer sql;
  hw_buffer_init(&sql);
  sqlite3_stmt *s = NULL;
  bool ok = table_query(d, table, &sql, err);
  if (ok && sqlite3_prepare_v2(d->store->db, sql.data, -1, &s, NULL) != SQLITE_OK)
    ok = hw_store_fail(d->store, "read its tables", err);
  if (ok) {
    bool columns = !strcmp(table, "graph");
    int n = sqlite3_column_count(s), rc;
    add_bytes(d, table, strlen(table));
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && ok)
      for (int c = 0; c < n && ok; c++) ok = add_value(d, s, c, columns, err);
    if (ok && rc != SQLITE_DONE) ok = hw_store_fail(d->store, "read its tables", err);
  }
  (void)sqlite3_finalize(s);
  hw_buffer_fini(&sql);
  return ok;
}

static bool add_tables(digest *d, hw_error *err) {
  sqlite3_stmt *s = NULL;
  if (sqlite3_prepare_v2(
          d->store->db,
          "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
          "AND name NOT IN ('process', 'mining', 'circuit', 'circuit_edge', 'circuit_group', 'circuit_break', 'comparison', "
          "'comparison_component') ORDER BY name",
          -1, &s, NULL) != SQLITE_OK)
    return hw_store_fail(d->store, "read its tables", err);
  int rc;
  bool ok = true;
  while ((rc = sqlite3_step(s)) == SQLITE_ROW && ok) {
    const char *name = (const char *)sqlite3_column_text(s, 0);
    ok = name ? add_table(d, name, err) : hw_fail_memory(err, "the name of a table");
  }
  if (ok && rc != SQLITE_DONE) ok = hw_store_fail(d->store, "read its tables", err);
  (void)sqlite3_finalize(s);
  return ok;
}

bool hw_store_digest(hw_store *store, char hexadecimal[33], hw_error *err) {
  digest d = {.store = store, .state = XXH3_createState()};
  if (!d.state) return hw_fail_memory(err, "the digest");
  hw_arena_init(&d.arena);
  (void)XXH3_128bits_reset(d.state);
  bool ok = hw_store_exec(store, "BEGIN", "read it", err); /* one state of a database that may still grow */
  if (ok) {
    ok = add_tables(&d, err);
    (void)sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
  }
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(d.state));
  for (size_t i = 0; i < sizeof canonical.digest; i++) {
    hexadecimal[2 * i] = "0123456789abcdef"[canonical.digest[i] >> 4];
    hexadecimal[2 * i + 1] = "0123456789abcdef"[canonical.digest[i] & 15];
  }
  hexadecimal[32] = '\0';
  (void)XXH3_freeState(d.state);
  hw_arena_fini(&d.arena);
  return ok;
}
