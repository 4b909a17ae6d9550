/* SPDX-License-Identifier: Apache-2.0
 * What statements of a connection found out and may ask for again, while nothing in the main database changes.
 *   hw_kept_list(name...): the list that was kept under these names, else NULL
 *   hw_keep_list(list, name...): the list; it is kept under these names
 * coalesce(hw_kept_list(...), hw_keep_list((SELECT ...), ...)) makes a list once. Only a connection that cannot write keeps anything, as a
 * version tells of commits alone. What was not used for the longest time goes first; what there is no memory for is not kept. */
#include <string.h>

#include "functions/functions.h"

enum { MOST_ENTRIES = 16, MOST_BYTES = 8 << 20, MOST_BYTES_EACH = MOST_BYTES / 2 };

typedef struct entry {
  char *bytes;         /* [length], then the name; of sqlite3_malloc64 */
  size_t length, name_length;
  uint64_t used;       /* hw_kept.uses when it was last asked for */
} entry;

struct hw_kept {
  unsigned version;    /* of the database that the entries are of */
  uint64_t uses;
  size_t n, bytes;
  entry entries[MOST_ENTRIES];
};

static void drop(hw_kept *kept, size_t i) {
  kept->bytes -= kept->entries[i].length + kept->entries[i].name_length;
  sqlite3_free(kept->entries[i].bytes);
  kept->entries[i] = kept->entries[--kept->n];
}

static void drop_all(hw_kept *kept) {
  while (kept->n) drop(kept, kept->n - 1);
}

static void free_kept(void *kept) {
  drop_all(kept);
  sqlite3_free(kept);
}

/* Whether entries may be used and made, of the version that the statement at work reads. */
static bool is_usable(hw_kept *kept, sqlite3 *db) {
  unsigned version;
  if (sqlite3_db_readonly(db, "main") != 1 || sqlite3_file_control(db, "main", SQLITE_FCNTL_DATA_VERSION, &version) != SQLITE_OK) return false;
  if (version != kept->version) drop_all(kept);
  kept->version = version;
  return true;
}

static size_t find(const hw_kept *kept, const char *name, size_t name_length) {
  size_t i = 0;
  for (; i < kept->n; i++) {
    const entry *e = &kept->entries[i];
    if (e->name_length == name_length && memcmp(e->bytes + e->length, name, name_length) == 0) break;
  }
  return i;
}

const void *hw_kept_find(hw_kept *kept, sqlite3 *db, const char *name, size_t name_length, size_t *length) {
  size_t i = is_usable(kept, db) ? find(kept, name, name_length) : kept->n;
  if (i == kept->n) return NULL;
  kept->entries[i].used = ++kept->uses;
  *length = kept->entries[i].length;
  return kept->entries[i].bytes;
}

void *hw_kept_make(hw_kept *kept, sqlite3 *db, const char *name, size_t name_length, size_t length) {
  if (length > MOST_BYTES_EACH || name_length > MOST_BYTES_EACH - length || !is_usable(kept, db)) return NULL;
  size_t i = find(kept, name, name_length), bytes = length + name_length;
  if (i < kept->n) drop(kept, i);
  while (kept->n == MOST_ENTRIES || kept->bytes + bytes > MOST_BYTES) {
    size_t oldest = 0;
    for (i = 1; i < kept->n; i++)
      if (kept->entries[i].used < kept->entries[oldest].used) oldest = i;
    drop(kept, oldest);
  }
  entry made = {.bytes = sqlite3_malloc64(bytes ? bytes : 1), .length = length, .name_length = name_length, .used = ++kept->uses};
  if (!made.bytes) return NULL;
  memcpy(made.bytes + length, name, name_length);
  kept->entries[kept->n++] = made;
  kept->bytes += bytes;
  return made.bytes;
}

/* One name of several, so that no two series of names give the same one. */
static void join_names(hw_buffer *name, int n, sqlite3_value **names) {
  hw_buffer_init(name);
  for (int i = 0; i < n; i++) {
    const void *bytes = sqlite3_value_blob(names[i]);
    size_t length = bytes ? (size_t)sqlite3_value_bytes(names[i]) : 0;
    hw_buffer_printf(name, "%d:%zu:", sqlite3_value_type(names[i]), length);
    hw_buffer_append(name, bytes, length);
  }
}

static void kept_list(sqlite3_context *context, int argc, sqlite3_value **argv) {
  hw_buffer name;
  size_t length;
  join_names(&name, argc, argv);
  const void *bytes = name.failed ? NULL : hw_kept_find(sqlite3_user_data(context), sqlite3_context_db_handle(context), name.data, name.length, &length);
  if (bytes) sqlite3_result_blob64(context, bytes, length, SQLITE_TRANSIENT); /* another list may take its place in the same statement */
  hw_buffer_fini(&name);
}

static void keep_list(sqlite3_context *context, int argc, sqlite3_value **argv) {
  if (argc == 0) {
    sqlite3_result_error(context, "hw_keep_list: want a list and names", -1);
    return;
  }
  sqlite3_result_value(context, argv[0]);
  if (sqlite3_value_type(argv[0]) != SQLITE_BLOB) return;
  hw_buffer name;
  join_names(&name, argc - 1, argv + 1);
  size_t length = (size_t)sqlite3_value_bytes(argv[0]);
  const void *bytes = sqlite3_value_blob(argv[0]);
  void *place = name.failed ? NULL : hw_kept_make(sqlite3_user_data(context), sqlite3_context_db_handle(context), name.data, name.length, length);
  if (place && length) memcpy(place, bytes, length);
  hw_buffer_fini(&name);
}

int hw_register_kept(sqlite3 *db, hw_kept **kept) {
  const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
  if (!(*kept = sqlite3_malloc64(sizeof **kept))) return SQLITE_NOMEM;
  **kept = (hw_kept){0};
  int rc = sqlite3_create_function_v2(db, "hw_kept_list", -1, flags, *kept, kept_list, NULL, NULL, free_kept); /* freed by it after an error */
  return rc == SQLITE_OK ? sqlite3_create_function_v2(db, "hw_keep_list", -1, flags, *kept, keep_list, NULL, NULL, NULL) : rc;
}
