/* SPDX-License-Identifier: Apache-2.0
 * Tokens with their offsets, as the models find them. */
#ifndef HW_TOKENIZER_EMIT_H
#define HW_TOKENIZER_EMIT_H

#include "tokenizer/state.h"

/* Appends the token of piece[start, end) to run->tokens; `value` is its text, for trim_offsets. */
bool hw_tok_emit(hw_tok_run *run, const hw_tok_piece *piece, size_t start, size_t end, int32_t id, hw_tok_string value);

#endif
