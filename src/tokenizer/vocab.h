/* SPDX-License-Identifier: Apache-2.0
 * Strings to ids, pairs of ids to merges. */
#ifndef HW_TOKENIZER_VOCAB_H
#define HW_TOKENIZER_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash_table.h"

#define HW_TOK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { HW_TOK_MAX_ID = (1 << 24) - 1 }; /* far above any real vocabulary; bounds what a hostile file can ask for */

typedef struct hw_tok_string {
  const char *bytes; /* NULL where an id has no token */
  size_t length;
} hw_tok_string;

typedef struct hw_tok_vocab {
  hw_tok_string *names; /* [size] by id */
  hw_hash_table ids;    /* id + 1 by the hash of the name */
  int32_t size;         /* one more than the highest id */
} hw_tok_vocab;

/* Room for n tokens with ids below size. */
bool hw_tok_vocab_init(hw_tok_vocab *vocab, hw_arena *arena, size_t n, int32_t size, hw_error *err);
/* The bytes are borrowed. The caller has made sure that neither the name nor the id is taken. */
void hw_tok_vocab_add(hw_tok_vocab *vocab, const char *bytes, size_t length, int32_t id);
/* The same where the name may be taken: then it stands for this id from now on. */
void hw_tok_vocab_replace(hw_tok_vocab *vocab, const char *bytes, size_t length, int32_t id);
int32_t hw_tok_vocab_find(const hw_tok_vocab *vocab, const char *bytes, size_t length); /* -1: none */

/* Merges: pairs of ids to a rank and the id of the merged token. */
typedef struct hw_tok_merge {
  bool found;
  uint32_t rank;
  int32_t id;
} hw_tok_merge;

/* The table has place for the pair. A pair that is there already gets the later rank, as in Hugging Face's map. */
void hw_tok_merges_put(hw_hash_table *merges, int32_t left, int32_t right, uint32_t rank, int32_t id);

static inline uint64_t hw_tok_pair(int32_t left, int32_t right) { return (uint64_t)(uint32_t)left << 32 | (uint32_t)right; }
static inline hw_tok_merge hw_tok_merges_find(const hw_hash_table *merges, int32_t left, int32_t right) {
  uint64_t value = hw_hash_find(merges, hw_tok_pair(left, right))->value;
  return (hw_tok_merge){.found = value != 0, .rank = (uint32_t)(value >> 32), .id = (int32_t)(uint32_t)value - 1};
}

#endif
