/* SPDX-License-Identifier: Apache-2.0
 * Strings to ids, pairs of ids to merges. */
#ifndef HW_TOKENIZER_VOCAB_H
#define HW_TOKENIZER_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/arena.h"

#define HW_TOK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { HW_TOK_MAX_ID = (1 << 24) - 1 }; /* far above any real vocabulary; bounds what a hostile file can ask for */

typedef struct hw_tok_string {
  const char *bytes; /* NULL where an id has no token */
  size_t length;
} hw_tok_string;

typedef struct hw_tok_vocab {
  hw_tok_string *names; /* [size] by id */
  uint32_t *slots;      /* [mask + 1] id + 1, 0 for an empty slot */
  size_t mask;
  int32_t size; /* one more than the highest id */
  size_t n;     /* tokens */
} hw_tok_vocab;

/* Room for n tokens with ids below size. */
bool hw_tok_vocab_init(hw_tok_vocab *vocab, hw_arena *arena, size_t n, int32_t size, hw_error *err);
/* The bytes are borrowed. The caller has made sure that neither the name nor the id is taken. */
void hw_tok_vocab_add(hw_tok_vocab *vocab, const char *bytes, size_t length, int32_t id);
int32_t hw_tok_vocab_find(const hw_tok_vocab *vocab, const char *bytes, size_t length); /* -1: none */

typedef struct hw_tok_merge {
  uint64_t pair; /* left id + 1 in the upper half, right id in the lower; 0 for an empty slot */
  uint32_t rank;
  int32_t id; /* of the merged token */
} hw_tok_merge;

typedef struct hw_tok_merges {
  hw_tok_merge *slots; /* [mask + 1] */
  size_t mask;
} hw_tok_merges;

bool hw_tok_merges_init(hw_tok_merges *merges, hw_arena *arena, size_t n, hw_error *err);
/* A pair that is there already gets the later rank, as in Hugging Face's map. */
void hw_tok_merges_put(hw_tok_merges *merges, int32_t left, int32_t right, uint32_t rank, int32_t id);

static inline uint64_t hw_tok_pair(int32_t left, int32_t right) {
  return (uint64_t)((uint32_t)left + 1U) << 32 | (uint32_t)right;
}
static inline size_t hw_tok_pair_hash(uint64_t pair) {
  uint64_t mixed = pair * UINT64_C(0x9E3779B97F4A7C15);
  return (size_t)(mixed ^ mixed >> 29);
}
static inline const hw_tok_merge *hw_tok_merges_find(const hw_tok_merges *merges, int32_t left, int32_t right) {
  uint64_t pair = hw_tok_pair(left, right);
  for (size_t i = hw_tok_pair_hash(pair) & merges->mask;; i = (i + 1) & merges->mask) {
    if (merges->slots[i].pair == pair) return &merges->slots[i];
    if (!merges->slots[i].pair) return NULL;
  }
}

#endif
