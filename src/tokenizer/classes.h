/* SPDX-License-Identifier: Apache-2.0
 * Pre-tokenizers that cut a text where the class of its characters changes. */
#ifndef HW_TOKENIZER_CLASSES_H
#define HW_TOKENIZER_CLASSES_H

#include "tokenizer/state.h"

bool hw_tok_whitespace(hw_tok_run *run, const void *data, hw_tok_piece *piece);
bool hw_tok_whitespace_split(hw_tok_run *run, const void *data, hw_tok_piece *piece);
bool hw_tok_bert_split(hw_tok_run *run, const void *data, hw_tok_piece *piece);
bool hw_tok_delimiter_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data);
bool hw_tok_delimiter_split(hw_tok_run *run, const void *data, hw_tok_piece *piece);
bool hw_tok_fixed_length_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data);
bool hw_tok_fixed_length(hw_tok_run *run, const void *data, hw_tok_piece *piece);

#endif
