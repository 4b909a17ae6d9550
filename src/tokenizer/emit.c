/* SPDX-License-Identifier: Apache-2.0
 * Tokens with their offsets, as the models find them. */
#include "base/list.h"
#include "tokenizer/emit.h"
#include "tokenizer/unicode.h"

/* Leading and trailing spaces that the post-processor ByteLevel counts. */
static void count_spaces(hw_tok_string value, uint32_t *leading, uint32_t *trailing) {
  size_t step;
  for (size_t i = 0; i < value.length; i += step, ++*leading) {
    uint32_t c = hw_tok_decode(value.bytes + i, value.length - i, &step);
    if (c != 0x120 && !hw_tok_is_space(c)) break;
  }
  for (size_t end = value.length; end > 0; ++*trailing) {
    size_t last = hw_tok_last_char(value.bytes, end);
    uint32_t c = hw_tok_decode(value.bytes + last, end - last, &step);
    if (c != 0x120 && !hw_tok_is_space(c)) break;
    end = last;
  }
}

bool hw_tok_emit(hw_tok_run *run, const hw_tok_piece *piece, size_t start, size_t end, int32_t id, hw_tok_string value) {
  if (!hw_list_reserve(run->tokens, run->n_tokens, 1, run->tokens_capacity, run->arena, run->err)) return false;
  if (end > piece->length) end = piece->length; /* characters without a token were dropped */
  if (start >= end) start = end - 1;
  hw_tok_token token = {.id = id, .from = piece->from[start], .to = piece->to[end - 1]};
  if (run->tokenizer->trim_offsets) count_spaces(value, &token.leading, &token.trailing);
  run->tokens[run->n_tokens++] = token;
  return true;
}
