/* SPDX-License-Identifier: Apache-2.0
 * The forms keep count of the characters that each result stands for, as the crate unicode-normalization-alignments does, so that
 * offsets come out the same. */
#include <string.h>
#include <utf8proc.h>

#include "base/list.h"
#include "tokenizer/normal_form.h"
#include "tokenizer/pieces.h"
#include "tokenizer/state.h"
#include "tokenizer/unicode.h"
#include "tokenizer/younger.h"

bool hw_tok_lowercase(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  (void)data;
  hw_tok_rewrite rewrite;
  if (!hw_tok_rewrite_begin(run, &rewrite, piece)) return false;
  for (size_t i = 0, step; i < rewrite.piece.length; i += step) {
    uint32_t c = hw_tok_decode(rewrite.piece.bytes + i, rewrite.piece.length - i, &step);
    uint32_t lower = c == 0x130 ? 'i' : hw_tok_younger_lower((uint32_t)utf8proc_tolower((utf8proc_int32_t)c));
    if (!hw_tok_rewrite_put(run, &rewrite, lower, 0)) return false;
    if (c == 0x130 && !hw_tok_rewrite_put(run, &rewrite, 0x307, 1)) return false; /* U+0130 lowercases to two characters */
  }
  hw_tok_build_end(run, piece);
  return true;
}

/* ---- normal forms ---- */

typedef struct mark {
  uint32_t c;
  int change; /* as in hw_tok_rewrite_put */
  int class;  /* canonical combining class */
} mark;

/* Characters younger than Unicode 9, the tables of Hugging Face's crate, that have a class or a decomposition: there they stay as
 * they are. Found by comparing every code point (tests/tokenizer). */
static const hw_tok_range younger[] = {
    {0x7FD, 0x7FD}, {0x898, 0x89F}, {0x8CA, 0x8D3}, {0x9FE, 0x9FE}, {0xC3C, 0xC3C}, {0xD3B, 0xD3C}, {0xEBA, 0xEBA},
    {0x1715, 0x1715}, {0x1ABF, 0x1ACE}, {0x1DF6, 0x1DFA}, {0x32FF, 0x32FF}, {0xA7F2, 0xA7F4}, {0xA82C, 0xA82C},
    {0xAB69, 0xAB69}, {0x10781, 0x10785}, {0x10787, 0x107B0}, {0x107B2, 0x107BA}, {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC},
    {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E},
    {0x11839, 0x1183A}, {0x11938, 0x11938}, {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0}, {0x11A34, 0x11A34},
    {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42}, {0x11D44, 0x11D45}, {0x11D97, 0x11D97}, {0x11F41, 0x11F42},
    {0x16FF0, 0x16FF1}, {0x1E030, 0x1E06D}, {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF},
    {0x1E4EC, 0x1E4EF}, {0x1F16C, 0x1F16C}, {0x1FBF0, 0x1FBF9},
};

static bool is_younger(uint32_t c) { return hw_tok_in_ranges(younger, HW_TOK_COUNT(younger), c); }

static int combining_class(uint32_t c) {
  int class = utf8proc_get_property((utf8proc_int32_t)c)->combining_class;
  return class && is_younger(c) ? 0 : class;
}

/* The primary composite of two characters, 0 for none. */
static uint32_t composite(uint32_t a, uint32_t b) {
  utf8proc_int32_t pair[2] = {(utf8proc_int32_t)a, (utf8proc_int32_t)b};
  bool joined = utf8proc_normalize_utf32(pair, 2, UTF8PROC_STABLE | UTF8PROC_COMPOSE) == 1;
  return joined && !is_younger((uint32_t)pair[0]) ? (uint32_t)pair[0] : 0;
}

/* Canonical order of the marks behind each starter; stable. Merge sort keeps long hostile runs cheap. */
static void sort_marks(mark *marks, mark *spare, size_t n) {
  for (size_t width = 1; width < n; width *= 2) {
    for (size_t low = 0; low + width < n; low += 2 * width) {
      size_t middle = low + width, high = middle + width < n ? middle + width : n;
      if (marks[middle - 1].class <= marks[middle].class) continue;
      memcpy(spare, marks + low, width * sizeof *marks);
      for (size_t i = 0, j = middle, to = low; i < width; to++)
        marks[to] = j < high && marks[j].class < spare[i].class ? marks[j++] : spare[i++];
    }
  }
}

/* Decomposed characters in canonical order. */
static mark *decompose(hw_tok_run *run, const hw_tok_piece *piece, bool compatible, size_t *n_marks) {
  enum { LONGEST = 32 }; /* the longest decomposition has 18 */
  utf8proc_option_t options = UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : (utf8proc_option_t)0);
  mark *marks = NULL;
  size_t n = 0, capacity = 0, starter = 0;
  for (size_t i = 0, step; i < piece->length; i += step) {
    uint32_t c = hw_tok_decode(piece->bytes + i, piece->length - i, &step);
    utf8proc_int32_t parts[LONGEST];
    utf8proc_ssize_t n_parts = utf8proc_decompose_char((utf8proc_int32_t)c, parts, LONGEST, options, NULL);
    if (n_parts <= 0 || n_parts > LONGEST || is_younger(c)) {
      parts[0] = (utf8proc_int32_t)c;
      n_parts = 1;
    }
    if (!hw_list_reserve(marks, n, (size_t)n_parts, capacity, run->arena, run->err)) return NULL;
    for (utf8proc_ssize_t k = 0; k < n_parts; k++)
      marks[n++] = (mark){(uint32_t)parts[k], k > 0, combining_class((uint32_t)parts[k])};
  }
  mark *spare = hw_arena_new(run->arena, mark, n, run->err);
  if (!spare) return NULL;
  for (size_t i = 0; i <= n; i++) {
    if (i < n && marks[i].class != 0) continue;
    sort_marks(marks + starter, spare, i - starter);
    starter = i < n ? i + 1 : n;
  }
  *n_marks = n;
  return marks;
}

/* Composes in place; the order of results is that of the crate: a starter, then its marks that stayed. */
static size_t recompose(mark *marks, size_t n) {
  size_t out = 0, starter = SIZE_MAX; /* of the character that later ones may join */
  int last_class = -1;                /* of the marks kept behind the starter, -1 for none */
  for (size_t i = 0; i < n; i++) {
    mark next = marks[i];
    if (starter != SIZE_MAX && last_class < next.class) {
      uint32_t joined = last_class < 0 || next.class != 0 ? composite(marks[starter].c, next.c) : 0;
      if (joined) {
        marks[starter].c = joined;
        marks[starter].change += next.change - 1;
        continue;
      }
    }
    if (next.class == 0) {
      starter = out;
      last_class = -1;
    } else if (starter != SIZE_MAX) {
      last_class = next.class;
    }
    marks[out++] = next;
  }
  return out;
}

bool hw_tok_normal_form(hw_tok_run *run, hw_tok_piece *piece, bool compatible, bool compose) {
  size_t ascii = 0;
  while (ascii < piece->length && !((unsigned char)piece->bytes[ascii] & 0x80)) ascii++;
  if (ascii == piece->length) return true;
  size_t n;
  mark *marks = decompose(run, piece, compatible, &n);
  if (!marks) return false;
  if (compose) n = recompose(marks, n);
  hw_tok_rewrite rewrite;
  if (!hw_tok_rewrite_begin(run, &rewrite, piece)) return false;
  for (size_t i = 0; i < n; i++)
    if (!hw_tok_rewrite_put(run, &rewrite, marks[i].c, marks[i].change)) return false;
  hw_tok_build_end(run, piece);
  return true;
}
