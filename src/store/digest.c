/* SPDX-License-Identifier: Apache-2.0
 * Hash over the results of the run: every table but `process`, what was derived later (mining, comparisons) and how the run was cut into
 * chunks, in order of name, rows in order of key, values with type and length.
 * Compressed columns are hashed unpacked, so that another zlib gives the same hash, and the lists of an item's graphs joined, so that other
 * chunks give the same hash. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/list.h"
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
  if (!hw_blob_open(bytes, length, HW_BLOB_KINDS, &d->arena, &info, &payload, &why))
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

static bool add_value(digest *d, const hw_statement *s, int column, bool columns, hw_error *err) {
  int type = sqlite3_column_type(s->sqlite, column);
  size_t length;
  add_number(d, (uint64_t)type);
  if (type == SQLITE_INTEGER) add_number(d, (uint64_t)hw_column_integer(s, column));
  else if (type == SQLITE_FLOAT) add_double(d, hw_column_real(s, column));
  else if (type != SQLITE_NULL) {
    const void *bytes = hw_column_blob(s, column, &length); /* of a text: its UTF-8 */
    if (type == SQLITE_BLOB && columns && hw_blob_is(bytes, length)) return add_column(d, bytes, length, err);
    add_bytes(d, bytes, length);
  }
  return true;
}

static bool add_table(digest *d, const char *table, const char *sql, bool late, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open_text(&s, d->store, "digest/tables.sql", sql, err), columns = !strcmp(table, "graph") || !strcmp(table, "relevance");
  if (ok && !late) add_bytes(d, table, strlen(table));
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    if (late) add_bytes(d, table, strlen(table));
    late = false;
    for (int c = 0; c < sqlite3_column_count(s.sqlite) && ok; c++) ok = add_value(d, &s, c, columns, err);
  }
  hw_statement_close(&s);
  return ok;
}

static bool add_tables(digest *d, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, d->store, "digest/tables.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *name = hw_column_text(&s, 0), *sql = hw_column_text(&s, 1);
    ok = name && sql ? add_table(d, name, sql, hw_column_integer(&s, 2) != 0, err) : hw_fail_memory(err, "the name of a table");
  }
  hw_statement_close(&s);
  return ok;
}

/* ---- item_graph ---- */

typedef struct item_list {
  int64_t item;
  hw_item_graph *graphs; /* [n] of all chunks so far */
  size_t n, capacity;
} item_list;

static int by_graph(const void *a, const void *b) {
  int64_t x = ((const hw_item_graph *)a)->graph_id, y = ((const hw_item_graph *)b)->graph_id;
  return (x > y) - (x < y);
}

static void add_item(digest *d, item_list *list) {
  if (!list->n) return;
  qsort(list->graphs, list->n, sizeof *list->graphs, by_graph);
  add_number(d, (uint64_t)list->item);
  add_number(d, list->n);
  for (size_t i = 0; i < list->n; i++) {
    add_number(d, (uint64_t)list->graphs[i].graph_id);
    add_number(d, list->graphs[i].importance);
  }
  list->n = 0;
}

static bool add_list(digest *d, item_list *list, const hw_statement *s, hw_error *err) {
  size_t length, n;
  const void *bytes = hw_column_blob(s, 1, &length);
  hw_item_graph *graphs;
  hw_arena_reset(&d->arena);
  if (hw_column_integer(s, 0) != list->item) add_item(d, list);
  list->item = hw_column_integer(s, 0);
  if (!hw_decode_item_graphs(bytes, length, &d->arena, &graphs, &n, err) || !hw_list_reserve(list->graphs, list->n, n, list->capacity, NULL, err))
    return false;
  if (n) memcpy(list->graphs + list->n, graphs, n * sizeof *graphs);
  list->n += n;
  return true;
}

static bool add_item_graphs(digest *d, hw_error *err) {
  hw_statement s;
  item_list list = {0};
  bool row, ok = hw_statement_open(&s, d->store, "digest/item_graphs.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) ok = add_list(d, &list, &s, err);
  if (ok) add_item(d, &list);
  hw_statement_close(&s);
  free(list.graphs);
  return ok;
}

bool hw_store_digest(hw_store *store, char hexadecimal[33], hw_error *err) {
  digest d = {.store = store, .state = XXH3_createState()};
  if (!d.state) return hw_fail_memory(err, "the digest");
  hw_arena_init(&d.arena);
  (void)XXH3_128bits_reset(d.state);
  bool ok = hw_store_begin_read(store, err);
  if (ok) {
    ok = add_tables(&d, err) && add_item_graphs(&d, err);
    hw_store_rollback(store);
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
