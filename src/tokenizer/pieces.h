/* SPDX-License-Identifier: Apache-2.0
 * Pieces: text with its alignment to the bytes that were given. */
#ifndef HW_TOKENIZER_PIECES_H
#define HW_TOKENIZER_PIECES_H

#include "tokenizer/state.h"

bool hw_tok_push(hw_tok_run *run, const hw_tok_piece *piece);                                /* on run->next, unless empty */
bool hw_tok_push_part(hw_tok_run *run, const hw_tok_piece *piece, size_t start, size_t end, int32_t id);
/* Applies a split to each piece that is text; run->pieces becomes the result. */
bool hw_tok_pass(hw_tok_run *run, bool (*split)(hw_tok_run *, const void *, hw_tok_piece *), const void *data);

bool hw_tok_build_begin(hw_tok_run *run, size_t expected);
bool hw_tok_build_grow(hw_tok_run *run, size_t more);
void hw_tok_build_end(hw_tok_run *run, hw_tok_piece *piece); /* the piece becomes what was built */
static inline bool hw_tok_build_put(hw_tok_run *run, const char *bytes, size_t n, uint32_t from, uint32_t to) {
  if (run->build.capacity - run->build.length < n && !hw_tok_build_grow(run, n)) return false;
  for (size_t i = 0; i < n; i++) {
    run->build.bytes[run->build.length] = bytes[i];
    run->build.from[run->build.length] = from;
    run->build.to[run->build.length++] = to;
  }
  return true;
}

/* Rewrites a piece character by character, keeping the alignment as NormalizedString::transform does. */
typedef struct hw_tok_rewrite {
  hw_tok_piece piece; /* as it was */
  size_t offset;      /* next of its characters to be replaced */
} hw_tok_rewrite;
bool hw_tok_rewrite_begin(hw_tok_run *run, hw_tok_rewrite *rewrite, const hw_tok_piece *piece);
/* change 0: stands for the next character; < 0: and for -change more; > 0: inserted, aligned as the one before. */
bool hw_tok_rewrite_put(hw_tok_run *run, hw_tok_rewrite *rewrite, uint32_t code_point, int change);
/* Puts content before the first character, which it shares the alignment of. */
bool hw_tok_prepend(hw_tok_run *run, hw_tok_piece *piece, hw_tok_string content);

#endif
