/* SPDX-License-Identifier: Apache-2.0
 * What takes the disk space of a database, and giving back what is free. */
#include <string.h>

#include "base/error.h"
#include "headwater/buffer.h"
#include "headwater/store.h"
#include "store/migrate.h"

static bool read_file(hw_store *store, hw_space *space, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "space/file.sql", err) && hw_statement_step(&s, &row, err);
  if (ok) {
    space->page_size = hw_column_integer(&s, 0);
    space->bytes = space->page_size * hw_column_integer(&s, 1);
    space->free_bytes = space->page_size * hw_column_integer(&s, 2);
  }
  hw_statement_close(&s);
  return ok;
}

static bool read_tables(hw_store *store, hw_arena *arena, hw_space *space, hw_error *err) {
  enum { MOST_TABLES = 1000 };
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "space/tables.sql", err);
  if (ok) ok = (space->tables = hw_arena_znew(arena, hw_table_space, MOST_TABLES, err)) != NULL;
  while (ok && space->n_tables < MOST_TABLES && (ok = hw_statement_step(&s, &row, err)) && row) {
    hw_table_space *table = &space->tables[space->n_tables++];
    size_t length;
    table->pages = hw_column_integer(&s, 1);
    table->bytes = hw_column_integer(&s, 2);
    table->unused = hw_column_integer(&s, 3);
    ok = hw_column_copy(&s, 0, arena, &table->name, &length, err);
  }
  hw_statement_close(&s);
  return ok;
}

bool hw_store_space(hw_store *store, hw_arena *arena, hw_space *space, hw_error *err) {
  *space = (hw_space){0};
  return read_file(store, space, err) && read_tables(store, arena, space, err);
}

/* The views' texts; the buffer is the caller's. */
static bool read_views(hw_store *store, hw_buffer *texts, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "space/views.sql", err);
  hw_buffer_append_string(texts, "");
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *text = hw_column_text(&s, 0);
    hw_buffer_printf(texts, "%s;\n", text ? text : "");
  }
  hw_statement_close(&s);
  return ok && hw_buffer_check(texts, err);
}

/* Nothing is written where they are as this program makes them. */
static bool remake_views(hw_store *store, hw_error *err) {
  hw_buffer before, after;
  hw_buffer_init(&before);
  hw_buffer_init(&after);
  bool ok = hw_store_begin(store, err);
  if (ok) {
    ok = read_views(store, &before, err) && hw_store_remake_views(store, err) && read_views(store, &after, err);
    if (!ok || strcmp(before.data, after.data) == 0 || !(ok = hw_store_commit(store, err))) hw_store_rollback(store);
  }
  hw_buffer_fini(&before);
  hw_buffer_fini(&after);
  return ok;
}

bool hw_store_pack(const char *path, const hw_hooks *hooks, int64_t *before, int64_t *after, hw_error *err) {
  hw_store *store;
  hw_space space;
  *before = *after = 0;
  if (!hw_store_open_write(path, hooks, &store, err)) return false;
  bool ok = read_file(store, &space, err);
  if (ok) *before = space.bytes;
  ok = ok && hw_store_exec(store, "VACUUM", "pack it", err);
  store->stoppable = false; /* it is packed: a stop from here on would say that nothing was changed */
  ok = ok && remake_views(store, err) && read_file(store, &space, err);
  if (ok) *after = space.bytes;
  hw_error closing = {0};
  bool closed = hw_store_close(store, ok, &closing);
  if (ok && !closed) (void)hw_pass_error(err, &closing);
  return ok && closed;
}
