/* SPDX-License-Identifier: Apache-2.0
 * Added tokens: strings that are tokens whatever the model would make of them. */
#ifndef HW_TOKENIZER_ADDED_H
#define HW_TOKENIZER_ADDED_H

#include "tokenizer/state.h"

/* A token of a list with ids. One that is there already takes the flags; from outside of the file that has the vocabulary it
 * keeps its id, whatever the list says, as in transformers. */
bool hw_tok_added_parse(hw_tok_loader *loader, const json_t *json, const char *where, int32_t id, bool outside);
/* The same from its parts. */
bool hw_tok_added_put(hw_tok_loader *loader, const char *where, hw_tok_added_token token, bool outside);
/* A special token: one that is there already becomes special, one of the vocabulary has its id, another one the next free id if it may
 * be added at all. */
bool hw_tok_added_special(hw_tok_loader *loader, const hw_tok_added_token *token, bool may_add);
bool hw_tok_added_build(hw_tokenizer *tokenizer, hw_error *err); /* the tries, once all are known */
const hw_tok_added_token *hw_tok_added_find(const hw_tokenizer *tokenizer, const char *bytes, size_t length);
bool hw_tok_added_extract(hw_tok_run *run); /* run->pieces: the whole text becomes texts and tokens, normalized */

#endif
