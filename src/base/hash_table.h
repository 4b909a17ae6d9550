/* SPDX-License-Identifier: Apache-2.0
 * One hash table: 64-bit keys to values, open addressing, at most half full. A key is what is looked up, or a hash of it: then several
 * entries can have one key, and the caller compares what their values stand for and goes on with hw_hash_next. */
#ifndef HW_BASE_HASH_TABLE_H
#define HW_BASE_HASH_TABLE_H

#include <stdint.h>

#include "headwater/arena.h"

typedef struct hw_hash_entry {
  uint64_t key, value; /* value 0: a free entry */
} hw_hash_entry;

typedef struct hw_hash_table { /* all zero: nothing reserved yet */
  hw_hash_entry *entries;      /* [mask + 1] */
  size_t n, mask;
} hw_hash_table;

bool hw_hash_grow(hw_hash_table *table, size_t more, hw_arena *arena, hw_error *err);
void hw_hash_fini(hw_hash_table *table);

/* Makes place for `more` keys; the size at least doubles. Memory is from the arena, or from calloc without one; then fini frees it.
 * Entries move. Errors: memory. */
static inline bool hw_hash_reserve(hw_hash_table *table, size_t more, hw_arena *arena, hw_error *err) {
  return (table->entries && more <= (table->mask + 1) / 2 - table->n) || hw_hash_grow(table, more, arena, err);
}

static inline hw_hash_entry *hw_hash_from(const hw_hash_table *table, size_t at, uint64_t key) {
  for (;; at++) {
    hw_hash_entry *entry = &table->entries[at & table->mask];
    if (!entry->value || entry->key == key) return entry;
  }
}
/* The entry of a key, or the free one where it belongs. The table has place for one key or more. */
static inline hw_hash_entry *hw_hash_find(const hw_hash_table *table, uint64_t key) {
  uint64_t mixed = key * UINT64_C(0x9E3779B97F4A7C15);
  return hw_hash_from(table, (size_t)(mixed ^ mixed >> 32), key);
}
/* The next entry of the same key, or the free one where another belongs. */
static inline hw_hash_entry *hw_hash_next(const hw_hash_table *table, const hw_hash_entry *entry) {
  return hw_hash_from(table, (size_t)(entry - table->entries) + 1, entry->key);
}
/* Fills a free entry. */
static inline void hw_hash_put(hw_hash_table *table, hw_hash_entry *entry, uint64_t key, uint64_t value) {
  *entry = (hw_hash_entry){key, value};
  table->n++;
}

#endif
