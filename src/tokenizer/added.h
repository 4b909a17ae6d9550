/* SPDX-License-Identifier: Apache-2.0
 * Added tokens: strings that are tokens whatever the model would make of them. */
#ifndef HW_TOKENIZER_ADDED_H
#define HW_TOKENIZER_ADDED_H

#include "tokenizer/state.h"

bool hw_tok_added_parse(hw_tok_loader *loader, const json_t *json, const char *where, int32_t id);
/* Adds a token unless its content is there; its id comes from the vocabulary, without one it is left out. */
bool hw_tok_added_special(hw_tok_loader *loader, const hw_tok_added_token *token);
bool hw_tok_added_build(hw_tokenizer *tokenizer, hw_error *err); /* the tries, once all are known */
const hw_tok_added_token *hw_tok_added_find(const hw_tokenizer *tokenizer, const char *bytes, size_t length);
bool hw_tok_added_extract(hw_tok_run *run); /* run->pieces: the whole text becomes texts and tokens, normalized */

#endif
