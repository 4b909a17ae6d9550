/* SPDX-License-Identifier: Apache-2.0
 * The model of a tokenizer: the kinds, and what their files have in common. */
#ifndef HW_TOKENIZER_MODELS_H
#define HW_TOKENIZER_MODELS_H

#include "tokenizer/state.h"

extern const hw_tok_model hw_tok_bpe_model, hw_tok_unigram_model;

bool hw_tok_model_load_json(hw_tok_loader *loader, const json_t *json); /* "model" of tokenizer.json */

/* {token: id} into the tokenizer's vocabulary. */
bool hw_tok_load_vocab(hw_tok_loader *loader, const json_t *json, const char *where);
bool hw_tok_load_bytes(hw_tok_loader *loader, const json_t *model); /* byte_fallback; the vocabulary is there */
void hw_tok_index_bytes(hw_tokenizer *tokenizer);                   /* fills byte_ids as byte_fallback says */
/* unk_token. -1 where the vocabulary lacks it. */
bool hw_tok_load_unk(hw_tok_loader *loader, const json_t *model, bool required);
bool hw_tok_fail_unknown(const hw_tok_run *run, const char *bytes, size_t length); /* false, and the error */

#endif
