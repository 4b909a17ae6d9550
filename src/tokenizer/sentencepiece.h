/* SPDX-License-Identifier: Apache-2.0
 * Tokenizers of pieces with scores: sentencepiece's tokenizer.model, and what GGUF files keep of one. */
#ifndef HW_TOKENIZER_SENTENCEPIECE_H
#define HW_TOKENIZER_SENTENCEPIECE_H

#include "tokenizer/config.h"

/* loader->path is the file. `config` says whether a prefix is wanted and where (add_prefix_space, legacy). */
bool hw_tok_sentencepiece_load(hw_tok_loader *loader, const hw_tok_config *config);

/* ---- the same from its parts ---- */

typedef enum hw_tok_type { HW_TOK_NORMAL = 1, HW_TOK_UNKNOWN, HW_TOK_CONTROL, HW_TOK_USER_DEFINED, HW_TOK_UNUSED, HW_TOK_BYTE } hw_tok_type;

typedef struct hw_tok_scored {
  hw_tok_string name; /* borrowed */
  float score;
  hw_tok_type type;
} hw_tok_scored;

typedef struct hw_tok_scored_model {
  hw_tok_scored *pieces; /* [n] by id */
  size_t n;
  bool bpe; /* else Unigram */
  bool byte_fallback, add_dummy_prefix, remove_extra_whitespaces;
  bool prefix_first_only; /* the prefix stands before the text alone, not behind special tokens */
  const unsigned char *charsmap; /* [charsmap_length], borrowed */
  size_t charsmap_length;
} hw_tok_scored_model;

bool hw_tok_scored_load(hw_tok_loader *loader, const hw_tok_scored_model *model);

#endif
