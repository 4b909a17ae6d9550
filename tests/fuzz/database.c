/* SPDX-License-Identifier: Apache-2.0
 * A small database whose values were changed, opened by the reader, which must read it or say what is wrong. The first byte says what is
 * read; then come changes: the number of a column, of a row, a kind of value, the value. */
#include "../unit/synthetic.h"
#include "headwater/query.h"
#include "input.h"
#include "sqlite/sqlite.h"

enum { N_PROMPTS = 4, MOST_COLUMNS = 400, MOST_CHANGES = 4 };

static const synthetic_shape shape = {.n_layers = 2, .n_heads = 3, .n_tokens = 6, .d_ffn = 9, .vocab = 11, .hot = 2, .n_parts = 2, .k_neurons = 2, .k_tokens = 2,
                                      .projected_heads = 2, .n_targets = 1, .threshold = 0.1, .floor = 0.05};

static struct { char *bytes; size_t size; } good; /* the database before it is changed */
static sqlite3 *changer; /* of x.db */
static sqlite3_stmt *updates[MOST_COLUMNS], *selects[MOST_COLUMNS];
static size_t n_columns;

static void must(bool ok, const hw_error *err) {
  if (ok) return;
  (void)fprintf(stderr, "%s\n", err->message);
  abort();
}

static void read_good(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) abort();
  good.size = (size_t)ftell(file);
  rewind(file);
  good.bytes = malloc(good.size);
  if (!good.bytes || fread(good.bytes, 1, good.size, file) != good.size || fclose(file) != 0) abort();
}

static sqlite3_stmt *prepare(const unsigned char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(changer, (const char *)sql, -1, &statement, NULL) != SQLITE_OK) abort();
  return statement;
}

/* A statement that changes, and one that reads, a value of each column. SQLite sees by the counter in its header that the file was written
 * anew, so they stay prepared. */
static void list_columns(void) {
  static const unsigned char list[] =
      "SELECT printf('UPDATE OR REPLACE \"%w\" SET \"%w\" = ?1 WHERE \"%w\" IS ?2', t.name, c.name, c.name), printf('SELECT \"%w\" FROM \"%w\" LIMIT 1 OFFSET ?1', c.name, t.name) "
      "FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid";
  static const char settings[] = "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF";
  if (sqlite3_open(fuzz_file("x.db", good.bytes, good.size), &changer) != SQLITE_OK || sqlite3_exec(changer, settings, NULL, NULL, NULL) != SQLITE_OK) abort();
  sqlite3_stmt *statement = prepare(list);
  for (; sqlite3_step(statement) == SQLITE_ROW && n_columns < MOST_COLUMNS; n_columns++) {
    updates[n_columns] = prepare(sqlite3_column_text(statement, 0));
    selects[n_columns] = prepare(sqlite3_column_text(statement, 1));
  }
  (void)sqlite3_finalize(statement);
}

static void make_good(void) {
  static const char *const pieces[] = {" a", " b", "\xff", "", "\n", "\"", " Mary", " John", "c", "d", "e"};
  static const size_t lengths[] = {2, 2, 1, 0, 1, 1, 5, 5, 1, 1, 1};
  hw_error err = {0};
  hw_arena arena;
  hw_chunk_record chunk;
  hw_encoded_chunk *encoded;
  hw_store *store;
  char path[sizeof fuzz_folder + 16];
  (void)snprintf(path, sizeof path, "%s/good.db", fuzz_folder);
  hw_run_info info = synthetic_run(&shape, 2, N_PROMPTS);
  hw_arena_init(&arena);
  must(hw_store_open_run(path, &info, &synthetic_process, false, &store, &err), &err);
  must(hw_store_put_vocabulary(store, shape.vocab, pieces, lengths, &err), &err);
  must(synthetic_chunk(5, 0, 0, N_PROMPTS, &shape, 2, false, &arena, &chunk, &err), &err);
  must(hw_encode_chunk(&chunk, &info, &encoded, &err), &err);
  must(hw_store_put_chunk(store, encoded, &err), &err);
  must(hw_store_close(store, true, &err), &err);
  hw_encoded_chunk_free(encoded);
  hw_arena_fini(&arena);
  read_good(path);
  list_columns();
}

/* ---- Changes ---- */

typedef struct input { const uint8_t *at, *end; } input;

static uint64_t take(input *in, size_t n) {
  uint64_t number = 0;
  for (; n && in->at < in->end; n--) number = number << 8 | *in->at++;
  return number;
}

static void bind_value(sqlite3_stmt *update, sqlite3_value *old, input *in) {
  uint64_t kind = take(in, 1), bits;
  double real;
  size_t n;
  switch (kind % 7) {
    case 0: (void)sqlite3_bind_null(update, 1); return;
    case 1: (void)sqlite3_bind_int(update, 1, (int8_t)take(in, 1)); return;
    case 2: (void)sqlite3_bind_int64(update, 1, (int64_t)take(in, 8)); return;
    case 3:
      bits = take(in, 8);
      memcpy(&real, &bits, sizeof real);
      (void)sqlite3_bind_double(update, 1, real);
      return;
    case 4:
    case 5:
      n = (size_t)take(in, 1);
      if (n > (size_t)(in->end - in->at)) n = (size_t)(in->end - in->at);
      if (kind % 7 == 4) (void)sqlite3_bind_text(update, 1, (const char *)in->at, (int)n, SQLITE_TRANSIENT);
      else (void)sqlite3_bind_blob(update, 1, in->at, (int)n, SQLITE_TRANSIENT);
      in->at += n;
      return;
    default: break;
  }
  (void)sqlite3_bind_value(update, 1, old); /* the bytes there, one of them changed, or cut */
  n = (size_t)sqlite3_value_bytes(old);
  uint8_t *bytes = n ? malloc(n) : NULL;
  if (!bytes || sqlite3_value_type(old) != SQLITE_BLOB) return free(bytes);
  memcpy(bytes, sqlite3_value_blob(old), n);
  size_t place = (size_t)take(in, 2) % n;
  uint8_t change = (uint8_t)take(in, 1);
  bytes[place] ^= change;
  (void)sqlite3_bind_blob(update, 1, bytes, (int)(change ? n : place), SQLITE_TRANSIENT);
  free(bytes);
}

static void change(input *in) {
  size_t column = (size_t)take(in, 2) % n_columns;
  sqlite3_stmt *select = selects[column], *update = updates[column];
  (void)sqlite3_bind_int(select, 1, (int)take(in, 1) % 8);
  if (sqlite3_step(select) == SQLITE_ROW) {
    sqlite3_value *old = sqlite3_value_dup(sqlite3_column_value(select, 0));
    (void)sqlite3_reset(select);
    (void)sqlite3_bind_value(update, 2, old);
    bind_value(update, old, in);
    (void)sqlite3_step(update); /* some values a table cannot hold */
    (void)sqlite3_reset(update);
    (void)sqlite3_clear_bindings(update);
    sqlite3_value_free(old);
  }
  (void)sqlite3_reset(select);
}

static const char *make_changed(input *in) {
  const char *path = fuzz_file("x.db", good.bytes, good.size);
  (void)sqlite3_exec(changer, "BEGIN", NULL, NULL, NULL);
  for (int i = 0; i < MOST_CHANGES && in->at < in->end; i++) change(in);
  if (sqlite3_exec(changer, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) abort();
  return path;
}

/* ---- Reading ---- */

static bool drop(void *context, const char *bytes, size_t length) {
  (void)context, (void)bytes, (void)length;
  return true;
}

/* A chunk with the replay of each of its graphs. */
static bool replay_chunk(const hw_run_info *info, hw_chunk_record *chunk, hw_arena *arena, hw_error *err) {
  hw_prompt_record *prompts = hw_arena_new(arena, hw_prompt_record, chunk->n_prompts, err);
  bool ok = prompts != NULL;
  for (size_t p = 0; ok && p < chunk->n_prompts; p++) {
    prompts[p] = chunk->prompts[p];
    hw_graph_record *graphs = hw_arena_new(arena, hw_graph_record, prompts[p].n_graphs, err);
    ok = graphs != NULL;
    for (size_t g = 0; ok && g < prompts[p].n_graphs; g++) {
      graphs[g] = prompts[p].graphs[g];
      ok = hw_graph_record_replay(&graphs[g], info, info->threshold, arena, err);
    }
    prompts[p].graphs = graphs;
  }
  chunk->prompts = prompts;
  return ok;
}

/* What rethreshold does with the first chunk. */
static bool read_all(hw_store *store, hw_error *err) {
  hw_arena arena;
  hw_run_info info;
  hw_chunk_record chunk;
  hw_encoded_chunk *encoded = NULL;
  int64_t n;
  bool found = false;
  hw_arena_init(&arena);
  bool ok = hw_store_read_run(store, &arena, &info, err) && hw_store_count_chunks(store, &info, &n, err) &&
            hw_store_read_chunk(store, &info, 0, &arena, &found, &chunk, err);
  if (ok && found) ok = replay_chunk(&info, &chunk, &arena, err) && hw_encode_chunk(&chunk, &info, &encoded, err);
  hw_encoded_chunk_free(encoded);
  hw_arena_fini(&arena);
  return ok;
}

static bool read_one(hw_store *store, size_t what, hw_error *err) {
  const hw_named_query *queries;
  size_t n = hw_named_queries(&queries);
  char hex[33];
  what %= n + 2;
  if (what == n) return hw_store_digest(store, hex, err);
  if (what == n + 1) return read_all(store, err);
  static const hw_parameter known[] = {{"prompt", "0"}, {"layer", "0"}, {"neuron", "1"}, {"token", " Mary"}, {"head", "0"}, {"source", "END"}, {"target", "END"}};
  hw_parameter given[sizeof known / sizeof *known];
  size_t n_given = 0;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    char line[32];
    (void)snprintf(line, sizeof line, "-- :%s <", known[i].name);
    if (strstr(queries[what].sql, line)) given[n_given++] = known[i];
  }
  return hw_store_select(store, queries[what].sql, given, n_given, HW_FORMAT_JSON, drop, NULL, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (fuzz_start()) make_good();
  if (size == 0) return 0;
  input in = {.at = data + 1, .end = data + size};
  hw_error err = {0};
  hw_store *store = NULL;
  if (hw_store_open_read(make_changed(&in), &store, &err)) {
    if (!read_one(store, data[0], &err)) fuzz_check_error(&err);
    must(hw_store_close(store, false, &err), &err);
  } else {
    fuzz_check_error(&err);
  }
  return 0;
}
