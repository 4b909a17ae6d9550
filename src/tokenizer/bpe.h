/* SPDX-License-Identifier: Apache-2.0
 * Byte pair encoding (bpe.c) and the files of its vocabulary and merges (bpe_load.c). */
#ifndef HW_TOKENIZER_BPE_H
#define HW_TOKENIZER_BPE_H

#include "tokenizer/state.h"

bool hw_tok_bpe_encode(hw_tok_run *run, const hw_tok_piece *piece); /* appends to run->tokens */
bool hw_tok_bpe_load_json(hw_tok_loader *loader, const json_t *model);
bool hw_tok_bpe_load_files(hw_tok_loader *loader, const json_t *vocab, const char *merges_path);
/* Once the special tokens are known: an empty merges.txt is one that a download has lost, where the vocabulary has tokens that merges make. */
bool hw_tok_bpe_check_merges(const hw_tokenizer *tokenizer, const char *merges_path, hw_error *err);
/* Merge number `rank` from "left right"; the table has place for it. */
bool hw_tok_bpe_add_merge(hw_tok_loader *loader, const char *where, size_t rank, const char *line, size_t length, hw_buffer *scratch);
void hw_tok_bpe_index(hw_tokenizer *tokenizer); /* fills what the merge loop reads by index, once the vocabulary is there */

#endif
