/* SPDX-License-Identifier: Apache-2.0
 * Byte pair encoding of one piece: symbols in a linked list, possible merges in a heap by rank, then position.
 * O(n log n), so a word of a megabyte is no trap. */

#include "tokenizer/bpe.h"
#include "tokenizer/emit.h"
#include "tokenizer/pieces.h"
#include "tokenizer/state.h"
#include "tokenizer/unicode.h"

typedef struct hw_tok_symbol {
  int32_t id;
  uint32_t length;     /* bytes; 0 once merged into the one before */
  int32_t before, after; /* -1: none */
} hw_tok_symbol;

typedef struct hw_tok_candidate {
  uint64_t order; /* rank in the upper half, position of the left symbol in the lower */
  int32_t id;     /* of the merged token */
} hw_tok_candidate;

static bool reserve(hw_tok_run *run, size_t symbols) {
  if (symbols <= run->scratch.capacity) return true;
  if (symbols > INT32_MAX / 2) return hw_fail(run->err, HW_ERROR_PROMPT, "a word of %zu bytes is too long", symbols);
  size_t capacity = symbols < 256 ? 256 : 2 * symbols;
  run->scratch.symbols = hw_arena_new(run->arena, hw_tok_symbol, capacity, run->err);
  run->scratch.heap = hw_arena_new(run->arena, hw_tok_candidate, 3 * capacity, run->err); /* n - 1, and two for each merge */
  if (!run->scratch.symbols || !run->scratch.heap) return false;
  run->scratch.capacity = capacity;
  return true;
}

/* ---- the heap ---- */

static void heap_push(hw_tok_candidate *heap, size_t *n, hw_tok_candidate candidate) {
  size_t i = (*n)++;
  for (size_t up; i > 0 && heap[up = (i - 1) / 2].order > candidate.order; i = up) heap[i] = heap[up];
  heap[i] = candidate;
}

static hw_tok_candidate heap_pop(hw_tok_candidate *heap, size_t *n) {
  hw_tok_candidate top = heap[0], last = heap[--*n];
  size_t i = 0;
  for (size_t down; (down = 2 * i + 1) < *n; i = down) {
    if (down + 1 < *n && heap[down + 1].order < heap[down].order) down++;
    if (heap[down].order >= last.order) break;
    heap[i] = heap[down];
  }
  heap[i] = last;
  return top;
}

/* ---- merging ---- */

static void offer(const hw_tok_bpe *bpe, hw_tok_run *run, size_t *n_heap, int32_t left, int32_t right) {
  const hw_tok_symbol *symbols = run->scratch.symbols;
  hw_tok_merge merge = hw_tok_merges_find(&bpe->merges, symbols[left].id, symbols[right].id);
  if (merge.found) heap_push(run->scratch.heap, n_heap, (hw_tok_candidate){(uint64_t)merge.rank << 32 | (uint32_t)left, merge.id});
}

static void merge_all(const hw_tok_bpe *bpe, hw_tok_run *run, size_t n) {
  hw_tok_symbol *symbols = run->scratch.symbols;
  size_t n_heap = 0;
  for (size_t i = 0; i + 1 < n; i++) offer(bpe, run, &n_heap, (int32_t)i, (int32_t)i + 1);
  while (n_heap) {
    hw_tok_candidate top = heap_pop(run->scratch.heap, &n_heap);
    int32_t at = (int32_t)(uint32_t)top.order;
    hw_tok_symbol *left = &symbols[at];
    if (left->length == 0 || left->after < 0) continue;
    hw_tok_symbol *right = &symbols[left->after];
    hw_tok_merge now = hw_tok_merges_find(&bpe->merges, left->id, right->id);
    if (!now.found || now.id != top.id) continue; /* its symbols have changed since */
    left->id = top.id;
    left->length += right->length;
    left->after = right->after;
    right->length = 0;
    if (left->after >= 0) symbols[left->after].before = at;
    if (left->before >= 0) offer(bpe, run, &n_heap, left->before, at);
    if (left->after >= 0) offer(bpe, run, &n_heap, at, left->after);
  }
}

/* ---- first symbols ---- */

static void add(hw_tok_run *run, size_t *n, int32_t id, size_t length) {
  int32_t i = (int32_t)(*n)++;
  run->scratch.symbols[i] = (hw_tok_symbol){id, (uint32_t)length, i - 1, -1};
  if (i > 0) run->scratch.symbols[i - 1].after = i;
}

static bool add_bytes(hw_tok_run *run, size_t *n, const char *bytes, size_t length) {
  const int32_t *ids = run->tokenizer->byte_ids;
  for (size_t i = 0; i < length; i++)
    if (ids[(unsigned char)bytes[i]] < 0) return false;
  for (size_t i = 0; i < length; i++) add(run, n, ids[(unsigned char)bytes[i]], 1);
  return true;
}

static size_t first_symbols(hw_tok_run *run, const hw_tok_piece *piece) {
  const hw_tokenizer *tokenizer = run->tokenizer;
  const int32_t unk = tokenizer->unk;
  size_t n = 0, unknown = 0; /* bytes of the unknown token that is still to be added */
  for (size_t i = 0, step; i < piece->length; i += step) {
    uint32_t c = hw_tok_decode(piece->bytes + i, piece->length - i, &step);
    int32_t id = c < HW_TOK_DIRECT ? tokenizer->bpe.direct[c] : hw_tok_vocab_find(&tokenizer->vocab, piece->bytes + i, step);
    if (id >= 0) {
      if (unknown) add(run, &n, unk, unknown);
      unknown = 0;
      add(run, &n, id, step);
    } else if (tokenizer->byte_fallback && add_bytes(run, &n, piece->bytes + i, step)) {
      continue; /* a pending unknown token is added after these bytes, as in Hugging Face's code */
    } else if (unk >= 0) {
      if (unknown && !tokenizer->bpe.fuse_unk) {
        add(run, &n, unk, unknown);
        unknown = 0;
      }
      unknown += step;
    } /* without an unknown token the character is dropped, as in Hugging Face's code */
  }
  if (unknown) add(run, &n, unk, unknown);
  return n;
}

/* ---- tokens ---- */

bool hw_tok_bpe_encode(hw_tok_run *run, const hw_tok_piece *piece) {
  const hw_tok_bpe *bpe = &run->tokenizer->bpe;
  const hw_tok_vocab *vocab = &run->tokenizer->vocab;
  if (bpe->ignore_merges) {
    int32_t id = hw_tok_vocab_find(vocab, piece->bytes, piece->length);
    if (id >= 0) return hw_tok_emit(run, piece, 0, piece->length, id, vocab->names[id]);
  }
  if (!reserve(run, piece->length)) return false;
  size_t n = first_symbols(run, piece);
  if (n > 1) merge_all(bpe, run, n);
  const hw_tok_symbol *symbols = run->scratch.symbols;
  size_t at = 0;
  for (size_t i = 0; i < n; i++) {
    if (!symbols[i].length) continue;
    if (!hw_tok_emit(run, piece, at, at + symbols[i].length, symbols[i].id, vocab->names[symbols[i].id])) return false;
    at += symbols[i].length;
  }
  return true;
}
