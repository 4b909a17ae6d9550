/* SPDX-License-Identifier: Apache-2.0
 * Hash tables with open addressing, at most half full, never changed once the tokenizer is open. */
#include <string.h>
#include <xxhash.h>

#include "tokenizer/vocab.h"

/* A power of two of at least twice n. */
static size_t table_size(size_t n) {
  size_t size = 16;
  while (size < 2 * n) size *= 2;
  return size;
}

bool hw_tok_vocab_init(hw_tok_vocab *vocab, hw_arena *arena, size_t n, int32_t size, hw_error *err) {
  size_t slots = table_size(n);
  *vocab = (hw_tok_vocab){.mask = slots - 1, .size = size};
  vocab->names = hw_arena_znew(arena, hw_tok_string, (size_t)size, err);
  vocab->slots = hw_arena_znew(arena, uint32_t, slots, err);
  return vocab->names && vocab->slots;
}

void hw_tok_vocab_add(hw_tok_vocab *vocab, const char *bytes, size_t length, int32_t id) {
  size_t i = (size_t)XXH3_64bits(bytes, length) & vocab->mask;
  while (vocab->slots[i]) i = (i + 1) & vocab->mask;
  vocab->slots[i] = (uint32_t)id + 1;
  vocab->names[id] = (hw_tok_string){bytes, length};
  vocab->n++;
}

int32_t hw_tok_vocab_find(const hw_tok_vocab *vocab, const char *bytes, size_t length) {
  for (size_t i = (size_t)XXH3_64bits(bytes, length) & vocab->mask; vocab->slots[i]; i = (i + 1) & vocab->mask) {
    const hw_tok_string *name = &vocab->names[vocab->slots[i] - 1];
    if (name->length == length && memcmp(name->bytes, bytes, length) == 0) return (int32_t)(vocab->slots[i] - 1);
  }
  return -1;
}

bool hw_tok_merges_init(hw_tok_merges *merges, hw_arena *arena, size_t n, hw_error *err) {
  size_t slots = table_size(n);
  merges->mask = slots - 1;
  merges->slots = hw_arena_znew(arena, hw_tok_merge, slots, err);
  return merges->slots != NULL;
}

void hw_tok_merges_put(hw_tok_merges *merges, int32_t left, int32_t right, uint32_t rank, int32_t id) {
  uint64_t pair = hw_tok_pair(left, right);
  size_t i = hw_tok_pair_hash(pair) & merges->mask;
  while (merges->slots[i].pair && merges->slots[i].pair != pair) i = (i + 1) & merges->mask;
  merges->slots[i] = (hw_tok_merge){pair, rank, id};
}
