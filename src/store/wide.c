/* SPDX-License-Identifier: Apache-2.0 */
#include "store/wide.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/list.h"
#include "sqlite/connection.h"

struct hw_wide_columns { /* that the view has, as far as they are known here */
  size_t n, capacity;
  char **names;
};

void hw_wide_forget(hw_store *store) {
  struct hw_wide_columns *known = store->wide;
  for (size_t i = 0; known && i < known->n; i++) free(known->names[i]);
  if (known) free(known->names);
  free(known);
  store->wide = NULL;
}

static bool is_known(const struct hw_wide_columns *known, const char *key, size_t length) {
  for (size_t i = 0; i < known->n; i++)
    if (strncmp(known->names[i], key, length) == 0 && !known->names[i][length]) return true;
  return false;
}

static bool add(struct hw_wide_columns *known, const char *key, size_t length, hw_error *err) {
  if (!hw_list_reserve(known->names, known->n, 1, known->capacity, NULL, err)) return false;
  if (!(known->names[known->n] = strndup(key, length))) return hw_fail_memory(err, "the columns of a data set");
  known->n++;
  return true;
}

static bool read_known(hw_store *store, hw_error *err) {
  if (!(store->wide = calloc(1, sizeof *store->wide))) return hw_fail_memory(err, "the columns of a data set");
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "writer/select_keys.sql", err);
  while (ok && store->wide->n < HW_WIDE_MOST_COLUMNS && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *key = hw_column_text(&s, 0);
    if (key) ok = add(store->wide, key, strlen(key), err);
  }
  hw_statement_close(&s);
  return ok;
}

static bool make(hw_store *store, hw_error *err) {
  hw_buffer keys;
  hw_json json;
  hw_buffer_init(&keys);
  hw_json_init(&json, &keys);
  hw_json_begin_array(&json);
  for (size_t i = 0; i < store->wide->n; i++) hw_json_string(&json, store->wide->names[i]);
  hw_json_end_array(&json);
  hw_statement s;
  bool row, ok = hw_buffer_check(&keys, err) && hw_statement_open(&s, store, "writer/wide_view.sql", err);
  if (ok) {
    hw_bind_string(&s, ":keys", keys.data);
    ok = hw_statement_step(&s, &row, err);
    const char *text = ok && row ? hw_column_text(&s, 0) : NULL;
    char *statements = text ? strdup(text) : NULL;
    hw_statement_close(&s);
    if (ok) ok = statements ? hw_store_exec(store, statements, "create its views", err) : hw_fail_memory(err, "the columns of a data set");
    free(statements);
  }
  hw_buffer_fini(&keys);
  return ok;
}

bool hw_wide_make(hw_store *store, hw_error *err) {
  bool ok = read_known(store, err) && make(store, err);
  hw_wide_forget(store);
  return ok;
}

bool hw_wide_note(hw_store *store, const hw_encoded_chunk *chunk, hw_error *err) {
  if (!store->wide) return read_known(store, err) && make(store, err); /* this chunk's columns are read, too */
  size_t before = store->wide->n;
  for (int64_t p = 0; p < chunk->n_prompts; p++)
    for (size_t i = 0; i < chunk->prompts[p].n_values && store->wide->n < HW_WIDE_MOST_COLUMNS; i++) {
      const hw_slice *name = &chunk->values[chunk->prompts[p].first_value + i].key;
      const char *key = chunk->bytes.data + name->at;
      if (!is_known(store->wide, key, name->length) && !add(store->wide, key, name->length, err)) return false;
    }
  return store->wide->n == before || make(store, err);
}
