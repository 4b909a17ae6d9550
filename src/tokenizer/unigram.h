/* SPDX-License-Identifier: Apache-2.0
 * Unigram: the tokens whose scores have the highest sum (Kudo 2018), found by Viterbi's algorithm. */
#ifndef HW_TOKENIZER_UNIGRAM_H
#define HW_TOKENIZER_UNIGRAM_H

#include "tokenizer/state.h"

bool hw_tok_unigram_load_json(hw_tok_loader *loader, const json_t *model);
bool hw_tok_unigram_encode(hw_tok_run *run, const hw_tok_piece *piece);

/* For readers of other files: a vocabulary of n tokens, then token `id` with its score, in order, then the end of it. */
bool hw_tok_unigram_begin(hw_tok_loader *loader, size_t n);
bool hw_tok_unigram_add(hw_tok_loader *loader, int32_t id, hw_tok_string name, double score);
void hw_tok_unigram_end(hw_tok_loader *loader);

#endif
