/* SPDX-License-Identifier: Apache-2.0
 * What the tests of the store share: made-up runs in files below a temporary folder. */
#ifndef HW_TESTS_STORE_FIXTURE_H
#define HW_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/file.h"
#include "headwater/query.h"
#include "codec/codec.h"
#include "sqlite/connection.h"
#include "synthetic.h"

#define TEST(name) static void name(void **state __attribute__((unused)))

enum { CHUNK = 16, N_CHUNKS = 5, N_PROMPTS = CHUNK * N_CHUNKS, N_GROUPS = 3 };

static const synthetic_shape one_target = {.n_layers = 3,
                                           .n_heads = 4,
                                           .n_tokens = 9,
                                           .d_ffn = 40,
                                           .vocab = 60,
                                           .hot = 3,
                                           .n_parts = 2,
                                           .k_neurons = 4,
                                           .k_tokens = 3,
                                           .projected_heads = 3,
                                           .n_targets = 1,
                                           .threshold = 0.05,
                                           .floor = 0.04};
/* The same with three targets a prompt. */
static const synthetic_shape three_targets = {.n_layers = 3,
                                              .n_heads = 4,
                                              .n_tokens = 9,
                                              .d_ffn = 40,
                                              .vocab = 60,
                                              .hot = 3,
                                              .n_parts = 2,
                                              .k_neurons = 4,
                                              .k_tokens = 3,
                                              .projected_heads = 3,
                                              .n_targets = 3,
                                              .threshold = 0.05,
                                              .floor = 0.04};

static char folder[] = "/tmp/hw_store_XXXXXX";

static inline const char *at(const char *name) {
  static char paths[8][256];
  static int next;
  char *path = paths[next++ % 8];
  (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

#define OK(call) \
  do { \
    hw_error err = {0}; \
    hw_error *e = &err; \
    if (!(call)) fail_msg("%s", e->message); \
  } while (0)

#define REFUSED(text, call) \
  do { \
    hw_error err = {0}; \
    hw_error *e = &err; \
    assert_false(call); \
    if (!strstr(e->message, text)) fail_msg("wanted '%s' in: %s", text, e->message); \
  } while (0)

static inline void put_chunk(hw_store *store, const synthetic_shape *shape, const hw_run_info *info, int64_t index) {
  hw_arena arena;
  hw_arena_init(&arena);
  hw_chunk_record chunk;
  hw_encoded_chunk *encoded;
  OK(synthetic_chunk(5, index, index * CHUNK, CHUNK, shape, N_GROUPS, true, &arena, &chunk, e));
  OK(hw_encode_chunk(&chunk, info, &encoded, e));
  hw_arena_fini(&arena); /* an encoded chunk owns all it needs */
  OK(hw_store_put_chunk(store, encoded, e));
  hw_encoded_chunk_free(encoded);
}

static inline void put_vocabulary(hw_store *store) {
  const char *pieces[60];
  size_t lengths[60];
  for (int i = 0; i < 60; i++) {
    pieces[i] = i == 7 ? "\xff\"x" : i == 8 ? "a\0b" : i == 9 ? "" : i == 10 ? "\n,\t" : " tok";
    lengths[i] = i == 7 || i == 8 || i == 10 ? 3 : i == 9 ? 0 : 4;
  }
  OK(hw_store_put_vocabulary(store, 60, pieces, lengths, e));
  OK(hw_store_put_vocabulary(store, 60, pieces, lengths, e));
}

/* A whole run with its chunks in the given order, closed. */
static inline void make_run(const char *path, const synthetic_shape *shape, const int *order) {
  hw_run_info info = synthetic_run(shape, N_GROUPS, N_PROMPTS);
  hw_store *store;
  (void)unlink(path);
  OK(hw_store_open_run(path, &info, &synthetic_process, false, &store, e));
  put_vocabulary(store);
  for (int i = 0; i < N_CHUNKS; i++) put_chunk(store, shape, &info, order[i]);
  OK(hw_store_close(store, true, e));
  assert_false(hw_file_exists(at("x-wal")));
}

static const int mixed[] __attribute__((unused)) = {3, 0, 4, 2, 1}, forwards[] = {0, 1, 2, 3, 4};

static inline void digest_of(const char *path, char hex[33]) {
  hw_store *store;
  OK(hw_store_open_read(path, &store, e));
  OK(hw_store_digest(store, hex, e));
  OK(hw_store_close(store, false, e));
}

static inline bool collect(void *context, const char *bytes, size_t length) {
  hw_buffer_append(context, bytes, length);
  return true;
}

/* Result of a statement as CSV; the string lives until the next call. */
static inline const char *ask_with(const char *path, const char *sql, const hw_parameter *parameters, size_t n,
                                   hw_table_format format) {
  static hw_buffer out;
  hw_store *store;
  hw_buffer_reset(&out);
  OK(hw_store_open_read(path, &store, e));
  OK(hw_store_select(store, sql, parameters, n, format, collect, &out, e));
  OK(hw_store_close(store, false, e));
  return out.data ? out.data : "";
}
static inline const char *ask(const char *path, const char *sql) { return ask_with(path, sql, NULL, 0, HW_FORMAT_CSV); }

static inline void write_sql(const char *path, const char *sql) {
  sqlite3 *db;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Runs the tests in a folder that is removed afterwards. */
#define RUN_IN_FOLDER(tests) \
  do { \
    char command[300]; \
    if (!mkdtemp(folder)) return 1; \
    int failed = cmocka_run_group_tests(tests, NULL, NULL); \
    (void)snprintf(command, sizeof command, "rm -r '%s'", folder); \
    return system(command) == 0 ? failed : 1; \
  } while (0)

#endif
