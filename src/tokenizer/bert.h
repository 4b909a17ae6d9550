/* SPDX-License-Identifier: Apache-2.0
 * BertNormalizer, and its parts that are normalizers of their own. */
#ifndef HW_TOKENIZER_BERT_H
#define HW_TOKENIZER_BERT_H

#include "tokenizer/state.h"

bool hw_tok_bert_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data);
bool hw_tok_bert_normalize(hw_tok_run *run, const void *data, hw_tok_piece *piece);
bool hw_tok_strip_accents(hw_tok_run *run, const void *data, hw_tok_piece *piece);
bool hw_tok_nmt(hw_tok_run *run, const void *data, hw_tok_piece *piece);

#endif
