/* SPDX-License-Identifier: Apache-2.0
 * hw_count_pairs(heads): an aggregate over the column graph.heads that counts, for every pair of heads, the graphs where both are
 * active. Its result is a blob for hw_pairs(). */
#include <stdlib.h>
#include <string.h>

#include "functions/functions.h"

enum { MOST_HEADS = 1 << 12, FIRST_HEADS = 64, KEY_SPAN = (HW_MAX_LAYERS + 1) << 10 };

typedef struct counter {
  hw_arena arena;
  bool ready;
  uint32_t n_heads, capacity;
  int64_t n;          /* graphs */
  uint16_t *slots;    /* [KEY_SPAN] slot + 1 of layer << 10 | head */
  uint32_t *keys;     /* [capacity] */
  uint32_t *counts;   /* [capacity * capacity], a <= b; the diagonal: graphs with the head */
  uint32_t *active;   /* [MOST_HEADS] slots of a graph */
} counter;

static void counter_free(counter *c) {
  hw_arena_fini(&c->arena);
  free(c->slots);
  free(c->keys);
  free(c->counts);
  free(c->active);
  *c = (counter){0};
}

static bool counter_grow(counter *c) {
  uint32_t capacity = c->capacity ? 2 * c->capacity : FIRST_HEADS;
  uint32_t *counts = calloc((size_t)capacity * capacity, sizeof *counts), *keys = realloc(c->keys, capacity * sizeof *keys);
  if (keys) c->keys = keys;
  if (!counts || !keys) {
    free(counts);
    return false;
  }
  for (uint32_t a = 0; a < c->n_heads; a++) memcpy(counts + (size_t)a * capacity, c->counts + (size_t)a * c->capacity, c->n_heads * sizeof *counts);
  free(c->counts);
  c->counts = counts;
  c->capacity = capacity;
  return true;
}

static bool counter_init(counter *c) {
  hw_arena_init(&c->arena);
  c->ready = true;
  c->slots = calloc(KEY_SPAN, sizeof *c->slots);
  c->active = calloc(MOST_HEADS, sizeof *c->active);
  return c->slots && c->active && counter_grow(c);
}

/* False when there are too many heads or memory is short. */
static bool counter_slot(counter *c, const hw_head_row *head, uint32_t *slot) {
  uint32_t key = (uint32_t)head->layer << 10 | head->head;
  if (!c->slots[key]) {
    if (c->n_heads == MOST_HEADS || (c->n_heads == c->capacity && !counter_grow(c))) return false;
    c->keys[c->n_heads] = key;
    c->slots[key] = (uint16_t)++c->n_heads;
  }
  *slot = c->slots[key] - 1u;
  return true;
}

static void fail(sqlite3_context *context, const char *message) { sqlite3_result_error(context, message, -1); }

static void count_step(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  counter *c = sqlite3_aggregate_context(context, sizeof *c);
  if (!c || (!c->ready && !counter_init(c))) {
    sqlite3_result_error_nomem(context);
    return;
  }
  if (sqlite3_value_type(argv[0]) == SQLITE_NULL) return;
  hw_blob_info info;
  hw_head_row *heads;
  size_t n;
  hw_error err = {0};
  hw_arena_reset(&c->arena);
  if (sqlite3_value_type(argv[0]) != SQLITE_BLOB ||
      !hw_decode_heads(sqlite3_value_blob(argv[0]), (size_t)sqlite3_value_bytes(argv[0]), &c->arena, &info, &heads, &n, &err)) {
    char *message = sqlite3_mprintf("hw_count_pairs: %s", err.kind ? err.message : "wants the column heads");
    fail(context, message ? message : "out of memory");
    if (err.kind) sqlite3_result_error_code(context, err.kind == HW_ERROR_MEMORY ? SQLITE_NOMEM : HW_DAMAGED_BYTES);
    sqlite3_free(message);
    return;
  }
  if (n > MOST_HEADS) {
    fail(context, "hw_count_pairs: more than 4096 heads");
    return;
  }
  c->n++;
  for (size_t i = 0; i < n; i++)
    if (!counter_slot(c, &heads[i], &c->active[i])) {
      fail(context, "hw_count_pairs: more than 4096 heads, or out of memory");
      return;
    }
  for (size_t i = 0; i < n; i++)
    for (size_t k = i; k < n; k++) {
      uint32_t a = c->active[i], b = c->active[k];
      c->counts[a < b ? (size_t)a * c->capacity + b : (size_t)b * c->capacity + a]++;
    }
}

static int by_value(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* 'Q', varints: graphs, heads; key and count of each by key; then counts of pairs a < b. */
static void count_final(sqlite3_context *context) {
  counter *c = sqlite3_aggregate_context(context, 0);
  hw_buffer out;
  hw_buffer_init(&out);
  hw_buffer_append_byte(&out, 'Q');
  hw_put_varint(&out, c ? (uint64_t)c->n : 0);
  uint32_t n = c ? c->n_heads : 0;
  hw_put_varint(&out, n);
  uint32_t *order = calloc(n + 1, sizeof *order);
  if (order && n) {
    memcpy(order, c->keys, n * sizeof *order);
    qsort(order, n, sizeof *order, by_value);
    for (uint32_t i = 0; i < n; i++) {
      uint32_t key = order[i], slot = c->slots[key] - 1u;
      hw_put_varint(&out, key);
      hw_put_varint(&out, c->counts[(size_t)slot * c->capacity + slot]);
      order[i] = slot;
    }
    for (uint32_t i = 0; i < n; i++)
      for (uint32_t k = i + 1; k < n; k++) {
        uint32_t a = order[i] < order[k] ? order[i] : order[k], b = order[i] < order[k] ? order[k] : order[i];
        hw_put_varint(&out, c->counts[(size_t)a * c->capacity + b]);
      }
  }
  if (!order || out.failed) sqlite3_result_error_nomem(context);
  else sqlite3_result_blob64(context, out.data, out.length, SQLITE_TRANSIENT);
  free(order);
  hw_buffer_fini(&out);
  if (c) counter_free(c);
}

int hw_register_pairs(sqlite3 *db) {
  return sqlite3_create_function_v2(db, "hw_count_pairs", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, NULL, count_step,
                                    count_final, NULL);
}

bool hw_decode_pairs(const void *bytes, size_t length, hw_arena *arena, hw_pair **pairs, size_t *n, hw_error *err) {
  const uint8_t *at = bytes;
  bool ours = length > 2 && at[0] == 'Q';
  hw_reader r = ours ? hw_reader_of(at + 1, length - 1) : hw_reader_of(NULL, 0);
  int64_t graphs = ours ? (int64_t)(hw_read_varint(&r) & INT64_MAX) : 0;
  size_t n_heads = ours ? hw_read_count(&r, 2) : 0;
  if (!ours || r.failed || n_heads > MOST_HEADS) return hw_fail(err, HW_ERROR_INPUT, "these %zu bytes are no result of hw_count_pairs", length);
  *n = n_heads ? n_heads * (n_heads - 1) / 2 : 0;
  if (*n > length) return hw_fail(err, HW_ERROR_INPUT, "these %zu bytes are no result of hw_count_pairs", length);
  uint32_t *keys = hw_arena_new(arena, uint32_t, n_heads, err);
  int64_t *counts = hw_arena_new(arena, int64_t, n_heads, err);
  if (!keys || !counts || !(*pairs = hw_arena_new(arena, hw_pair, *n, err))) return false;
  for (size_t i = 0; i < n_heads; i++) {
    keys[i] = (uint32_t)(hw_read_varint(&r) & (KEY_SPAN - 1));
    counts[i] = (int64_t)(hw_read_varint(&r) & INT64_MAX);
  }
  hw_pair *pair = *pairs;
  for (size_t i = 0; i < n_heads; i++)
    for (size_t k = i + 1; k < n_heads; k++)
      *pair++ = (hw_pair){.layer_a = (uint16_t)(keys[i] >> 10), .head_a = keys[i] & 1023, .layer_b = (uint16_t)(keys[k] >> 10),
                          .head_b = keys[k] & 1023, .n = graphs, .n_a = counts[i], .n_b = counts[k],
                          .n_both = (int64_t)(hw_read_varint(&r) & INT64_MAX)};
  return !r.failed || hw_fail(err, HW_ERROR_INPUT, "these %zu bytes are no result of hw_count_pairs", length);
}
