/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer/vocab.h"

#include <string.h>
#include <xxhash.h>

bool hw_tok_vocab_init(hw_tok_vocab *vocab, hw_arena *arena, size_t n, int32_t size, hw_error *err) {
  *vocab = (hw_tok_vocab){.size = size, .names = hw_arena_znew(arena, hw_tok_string, (size_t)size, err)};
  return vocab->names && hw_hash_reserve(&vocab->ids, n, arena, err);
}

void hw_tok_vocab_add(hw_tok_vocab *vocab, const char *bytes, size_t length, int32_t id) {
  uint64_t hash = XXH3_64bits(bytes, length);
  hw_hash_entry *entry = hw_hash_find(&vocab->ids, hash);
  while (entry->value) entry = hw_hash_next(&vocab->ids, entry);
  hw_hash_put(&vocab->ids, entry, hash, (uint64_t)id + 1);
  vocab->names[id] = (hw_tok_string){bytes, length};
}

static hw_hash_entry *find_entry(const hw_tok_vocab *vocab, const char *bytes, size_t length) {
  hw_hash_entry *entry = hw_hash_find(&vocab->ids, XXH3_64bits(bytes, length));
  for (; entry->value; entry = hw_hash_next(&vocab->ids, entry)) {
    const hw_tok_string *name = &vocab->names[entry->value - 1];
    if (name->length == length && memcmp(name->bytes, bytes, length) == 0) break;
  }
  return entry;
}

void hw_tok_vocab_replace(hw_tok_vocab *vocab, const char *bytes, size_t length, int32_t id) {
  hw_hash_entry *entry = find_entry(vocab, bytes, length);
  if (!entry->value) {
    hw_tok_vocab_add(vocab, bytes, length, id);
    return;
  }
  entry->value = (uint64_t)id + 1;
  vocab->names[id] = (hw_tok_string){bytes, length};
}

int32_t hw_tok_vocab_find(const hw_tok_vocab *vocab, const char *bytes, size_t length) {
  return (int32_t)find_entry(vocab, bytes, length)->value - 1;
}

void hw_tok_merges_put(hw_hash_table *merges, int32_t left, int32_t right, uint32_t rank, int32_t id) {
  uint64_t pair = hw_tok_pair(left, right), value = (uint64_t)rank << 32 | ((uint32_t)id + 1U);
  hw_hash_entry *entry = hw_hash_find(merges, pair);
  if (entry->value) entry->value = value;
  else hw_hash_put(merges, entry, pair, value);
}
