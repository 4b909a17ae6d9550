/* SPDX-License-Identifier: Apache-2.0
 * WordLevel (wordlevel.c): a word is a token. WordPiece (wordpiece.c): a word is the longest token that it begins with, and so on. */
#ifndef HW_TOKENIZER_WORD_MODELS_H
#define HW_TOKENIZER_WORD_MODELS_H

#include "tokenizer/state.h"

bool hw_tok_wordlevel_load_json(hw_tok_loader *loader, const json_t *model);
bool hw_tok_wordlevel_encode(hw_tok_run *run, const hw_tok_piece *piece);
bool hw_tok_wordpiece_load_json(hw_tok_loader *loader, const json_t *model);
bool hw_tok_wordpiece_encode(hw_tok_run *run, const hw_tok_piece *piece);

#endif
