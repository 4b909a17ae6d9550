/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer/trie.h"

#include "base/list.h"

static uint32_t new_node(hw_tok_trie *trie, hw_arena *arena, hw_error *err) {
  if (trie->n == UINT32_MAX) return hw_fail_memory(err, "a trie"), 0;
  if (!hw_list_reserve(trie->values, trie->n, 2, trie->capacity, arena, err)) return 0;
  if (trie->n == 0) trie->values[trie->n++] = -1; /* number 0 stands for none */
  trie->values[trie->n] = -1;
  return trie->n++;
}

static uint32_t child(hw_tok_trie *trie, hw_arena *arena, uint32_t node, unsigned char byte, hw_error *err) {
  if (!hw_hash_reserve(&trie->edges, 1, arena, err)) return 0;
  uint64_t key = (uint64_t)node << 8 | byte;
  hw_hash_entry *entry = hw_hash_find(&trie->edges, key);
  if (entry->value) return (uint32_t)entry->value;
  uint32_t made = new_node(trie, arena, err);
  if (made) hw_hash_put(&trie->edges, entry, key, made);
  return made;
}

bool hw_tok_trie_add(hw_tok_trie *trie, hw_arena *arena, const char *bytes, size_t length, int32_t value, bool replace, hw_error *err) {
  uint32_t node = 0;
  for (size_t i = 0; i < length; i++) {
    node = child(trie, arena, node, (unsigned char)bytes[i], err);
    if (!node) return false;
    if (i == 0) trie->first[(unsigned char)bytes[0]] = node;
  }
  if (replace || trie->values[node] < 0) trie->values[node] = value;
  return true;
}

int32_t hw_tok_trie_longest(const hw_tok_trie *trie, const char *bytes, size_t length, size_t start, size_t *end) {
  int32_t best = -1;
  uint32_t node = trie->first[(unsigned char)bytes[start]];
  for (size_t i = start + 1; node; i++) {
    if (trie->values[node] >= 0) {
      best = trie->values[node];
      *end = i;
    }
    if (i == length) break;
    node = hw_tok_trie_child(trie, node, (unsigned char)bytes[i]);
  }
  return best;
}
