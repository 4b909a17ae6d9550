/* SPDX-License-Identifier: Apache-2.0
 * What the files of the models have in common: the vocabulary, bytes, the unknown token. */
#ifndef HW_TOKENIZER_VOCAB_LOAD_H
#define HW_TOKENIZER_VOCAB_LOAD_H

#include "tokenizer/state.h"

/* {token: id} into the tokenizer's vocabulary. */
bool hw_tok_load_vocab(hw_tok_loader *loader, const json_t *json, const char *where);
bool hw_tok_load_bytes(hw_tok_loader *loader, const json_t *model); /* byte_fallback; the vocabulary is there */
void hw_tok_index_bytes(hw_tokenizer *tokenizer);                   /* fills byte_ids as byte_fallback says */
/* unk_token. -1 where the vocabulary lacks it. */
bool hw_tok_load_unk(hw_tok_loader *loader, const json_t *model, bool required);
bool hw_tok_fail_unknown(const hw_tok_run *run, const char *bytes, size_t length); /* false, and the error */

#endif
