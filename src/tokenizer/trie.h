/* SPDX-License-Identifier: Apache-2.0
 * A trie of byte strings: the edges are one hash table, so that a step costs the same however many children a node has. */
#ifndef HW_TOKENIZER_TRIE_H
#define HW_TOKENIZER_TRIE_H

#include "base/hash_table.h"

/* Bytes of a string that texts are searched for: a text costs its length times this at most. Real vocabularies stay below 300. */
enum { HW_TOK_LONGEST = 1024 };

typedef struct hw_tok_trie { /* all zero: empty */
  hw_hash_table edges;       /* node << 8 | byte to the child */
  int32_t *values;           /* [n] by node, -1: no string ends here */
  uint32_t n;                /* nodes; number 0 stands for none, the root's children are in `first` */
  size_t capacity;
  uint32_t first[256];       /* node by first byte, 0: none */
} hw_tok_trie;

/* value >= 0, length > 0. A string that is there already keeps its value, unless `replace`. */
bool hw_tok_trie_add(hw_tok_trie *trie, hw_arena *arena, const char *bytes, size_t length, int32_t value, bool replace, hw_error *err);

/* The node behind one byte more; 0: no string goes on this way. */
static inline uint32_t hw_tok_trie_child(const hw_tok_trie *trie, uint32_t node, unsigned char byte) {
  return (uint32_t)hw_hash_find(&trie->edges, (uint64_t)node << 8 | byte)->value;
}

/* The longest string of the trie that bytes[start..length) begin with: its value, and where it ends; -1 for none. */
int32_t hw_tok_trie_longest(const hw_tok_trie *trie, const char *bytes, size_t length, size_t start, size_t *end);

#endif
