/* SPDX-License-Identifier: Apache-2.0
 * Text with its alignment: lists of pieces, building new text, rewriting a piece. What was built before
 * stays where it is in the arena, so pieces may point at each other's bytes. */
#include <string.h>

#include "base/list.h"
#include "tokenizer/pieces.h"
#include "tokenizer/state.h"
#include "tokenizer/unicode.h"

bool hw_tok_push(hw_tok_run *run, const hw_tok_piece *piece) {
  if (piece->length == 0) return true;
  hw_tok_pieces *next = &run->next;
  if (!hw_list_reserve(next->items, next->n, 1, next->capacity, run->arena, run->err)) return false;
  next->items[next->n++] = *piece;
  return true;
}

bool hw_tok_push_part(hw_tok_run *run, const hw_tok_piece *piece, size_t start, size_t end, int32_t id) {
  if (start >= end) return true;
  hw_tok_piece part = {.bytes = piece->bytes + start,
                       .from = piece->from + start,
                       .to = piece->to + start,
                       .length = end - start,
                       .origin = piece->from[start],
                       .id = id};
  return hw_tok_push(run, &part);
}

bool hw_tok_pass(hw_tok_run *run, bool (*split)(hw_tok_run *, const void *, hw_tok_piece *), const void *data) {
  run->next.n = 0;
  for (size_t i = 0; i < run->pieces.n; i++) {
    hw_tok_piece piece = run->pieces.items[i];
    if (piece.id >= 0 ? !hw_tok_push(run, &piece) : !split(run, data, &piece)) return false;
  }
  hw_tok_pieces done = run->pieces;
  run->pieces = run->next;
  run->next = done;
  return true;
}

bool hw_tok_build_grow(hw_tok_run *run, size_t more) {
  size_t have = run->build.length - run->build.start;
  if (have + more > run->most)
    return hw_fail(run->err, HW_ERROR_PROMPT, "the tokenizer's files make more than %zu bytes of this text", run->most);
  size_t capacity = 2 * run->build.capacity > 4096 ? 2 * run->build.capacity : 4096;
  if (capacity < 2 * (have + more)) capacity = 2 * (have + more);
  char *bytes = hw_arena_new(run->arena, char, capacity, run->err);
  uint32_t *from = hw_arena_new(run->arena, uint32_t, capacity, run->err);
  uint32_t *to = hw_arena_new(run->arena, uint32_t, capacity, run->err);
  if (!bytes || !from || !to) return false;
  if (have) { /* copies only the piece being built */
    memcpy(bytes, run->build.bytes + run->build.start, have);
    memcpy(from, run->build.from + run->build.start, have * sizeof *from);
    memcpy(to, run->build.to + run->build.start, have * sizeof *to);
  }
  run->build.bytes = bytes;
  run->build.from = from;
  run->build.to = to;
  run->build.start = 0;
  run->build.length = have;
  run->build.capacity = capacity;
  return true;
}

bool hw_tok_build_begin(hw_tok_run *run, size_t expected) {
  run->build.start = run->build.length;
  return run->build.capacity - run->build.length > expected || hw_tok_build_grow(run, expected + 1);
}

void hw_tok_build_end(hw_tok_run *run, hw_tok_piece *piece) {
  piece->bytes = run->build.bytes + run->build.start;
  piece->from = run->build.from + run->build.start;
  piece->to = run->build.to + run->build.start;
  piece->length = run->build.length - run->build.start;
}

bool hw_tok_rewrite_begin(hw_tok_run *run, hw_tok_rewrite *rewrite, const hw_tok_piece *piece) {
  *rewrite = (hw_tok_rewrite){.piece = *piece};
  return hw_tok_build_begin(run, piece->length);
}

static void skip_char(hw_tok_rewrite *rewrite) {
  size_t step = 0;
  if (rewrite->offset < rewrite->piece.length)
    (void)hw_tok_decode(rewrite->piece.bytes + rewrite->offset, rewrite->piece.length - rewrite->offset, &step);
  rewrite->offset += step;
}

bool hw_tok_rewrite_put(hw_tok_run *run, hw_tok_rewrite *rewrite, uint32_t code_point, int change) {
  const hw_tok_piece *piece = &rewrite->piece;
  uint32_t from = piece->origin, to = piece->origin;
  size_t at = rewrite->offset; /* the character it stands for; an inserted one takes the one before */
  if (change > 0 || at >= piece->length) {
    if (at > 0) from = piece->from[at - 1], to = piece->to[at - 1];
  } else {
    from = piece->from[at], to = piece->to[at];
  }
  if (change <= 0)
    for (int i = 0; i <= -change; i++) skip_char(rewrite);
  char bytes[4];
  size_t n = hw_tok_encode(code_point, bytes);
  return hw_tok_build_put(run, bytes, n, from, to);
}

bool hw_tok_prepend(hw_tok_run *run, hw_tok_piece *piece, hw_tok_string content) {
  if (piece->length == 0 || content.length == 0) return true;
  uint32_t from = piece->from[0], to = piece->to[0];
  if (!hw_tok_build_begin(run, piece->length + content.length) ||
      !hw_tok_build_put(run, content.bytes, content.length, from, to))
    return false;
  for (size_t i = 0; i < piece->length; i++)
    if (!hw_tok_build_put(run, piece->bytes + i, 1, piece->from[i], piece->to[i])) return false;
  hw_tok_build_end(run, piece);
  return true;
}
