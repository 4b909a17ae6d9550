/* SPDX-License-Identifier: Apache-2.0
 * The sequences of a batch in the order of their tokens: each has the most tokens in common with its neighbours there, so that the rows of
 * the batch are the nodes of a prefix tree. */
#include "run/prefix.h"

#include <stdlib.h>
#include <string.h>

enum {
  LEAST_SHARED = 4, /* tokens: rows that do not follow one another are copied here and there, for a BOS alone that would not pay */
  LEAST_KEPT = 16,
  MOST_KEPT = 16,   /* prefixes */
  MOST_SEEN = 64,   /* prompts whose ids are remembered: what two of them have in common is worth keeping */
};

typedef struct kept_prefix {
  hw_arena arena;
  hw_activations acts;
  int32_t *ids; /* in the arena */
  size_t n;
  uint64_t used; /* the batch that used it last */
} kept_prefix;

typedef struct seen_prompt {
  int32_t *ids;
  size_t n, capacity;
} seen_prompt;

struct hw_prefixes {
  const hw_model *model;
  size_t most_rows, n_rows, n_kept;
  kept_prefix kept[MOST_KEPT];
  seen_prompt seen[MOST_SEEN];
  size_t next_seen;
  uint64_t n_batches;
};

hw_prefixes *hw_prefixes_new(const hw_model *model, size_t most_rows, hw_error *err) {
  hw_prefixes *prefixes = calloc(1, sizeof *prefixes);
  if (!prefixes) return hw_fail_memory(err, "shared prefixes"), NULL;
  prefixes->model = model;
  prefixes->most_rows = most_rows;
  return prefixes;
}

void hw_prefixes_free(hw_prefixes *prefixes) {
  if (!prefixes) return;
  for (size_t i = 0; i < prefixes->n_kept; i++) hw_arena_fini(&prefixes->kept[i].arena);
  for (size_t i = 0; i < MOST_SEEN; i++) free(prefixes->seen[i].ids);
  free(prefixes);
}

size_t hw_prefixes_bytes(const hw_model *model, size_t most_rows, size_t longest, bool keeps_inputs) {
  if (!most_rows) return 0;
  size_t of_each = hw_activations_bytes(model, 0, false, keeps_inputs) + HW_ARENA_OVERHEAD;
  return sizeof(hw_prefixes) + hw_activations_bytes(model, most_rows, false, keeps_inputs) + most_rows * sizeof(int32_t) + MOST_KEPT * of_each + MOST_SEEN * longest * sizeof(int32_t);
}

static size_t count_common(const int32_t *a, size_t n, const int32_t *b, size_t m) {
  size_t i = 0;
  while (i < n && i < m && a[i] == b[i]) i++;
  return i;
}

size_t hw_prefix_common(const hw_model *model, const int32_t *a, size_t n, const int32_t *b, size_t m) {
  if (!hw_model_shares_rows(model, n) || !hw_model_shares_rows(model, m)) return 0;
  size_t common = count_common(a, n, b, m);
  return common < LEAST_SHARED ? 0 : common;
}

size_t hw_prefix_of_longer(const hw_model *model, size_t n, size_t m) {
  bool shares = hw_model_shares_rows(model, n) && hw_model_shares_rows(model, m) && n >= LEAST_SHARED;
  return shares ? n : 0;
}

/* ---- The rows of a batch ---- */

typedef struct sequence {
  const int32_t *ids;
  size_t n, index; /* index: in the batch */
  size_t common;   /* with the one before it in the order */
  bool shares;
} sequence;

static int by_tokens(const void *a, const void *b) {
  const sequence *x = a, *y = b;
  if (x->shares != y->shares) return x->shares ? -1 : 1;
  size_t i = count_common(x->ids, x->n, y->ids, y->n);
  if (i < x->n && i < y->n) return x->ids[i] < y->ids[i] ? -1 : 1;
  if (x->n != y->n) return x->n < y->n ? -1 : 1;
  return x->index < y->index ? -1 : 1;
}

static sequence *sort_sequences(const hw_model *model, const hw_batch *batch, hw_arena *arena, hw_error *err) {
  sequence *sorted = hw_arena_new(arena, sequence, batch->n_prompts, err);
  if (!sorted) return NULL;
  for (size_t s = 0; s < batch->n_prompts; s++) {
    size_t n = hw_batch_tokens(batch, s);
    sorted[s] = (sequence){.ids = batch->ids + batch->first[s], .n = n, .index = s, .shares = hw_model_shares_rows(model, n)};
  }
  qsort(sorted, batch->n_prompts, sizeof *sorted, by_tokens);
  for (size_t s = 1; s < batch->n_prompts; s++)
    sorted[s].common = hw_prefix_common(model, sorted[s - 1].ids, sorted[s - 1].n, sorted[s].ids, sorted[s].n);
  return sorted;
}

typedef struct layout {
  sequence *sorted;
  size_t *rows, *n_shared;
  hw_known_rows *known;
  size_t n_known, n_rows;
} layout;

static const size_t no_row = SIZE_MAX;

/* Where the row of token i of a sequence is set: in the first one of the order that has this token behind the same tokens. */
static size_t *row_of(const layout *l, const hw_batch *batch, size_t place, size_t i) {
  while (i < l->sorted[place].common) place--;
  return l->rows + batch->first[l->sorted[place].index] + i;
}

/* The first n tokens of a sequence are those of a kept prefix: where they have no rows yet, they get the next known ones. */
static void know_rows(layout *l, const hw_batch *batch, size_t place, size_t n, const hw_activations *from) {
  size_t begin = 0;
  while (begin < n && *row_of(l, batch, place, begin) != no_row) begin++;
  if (begin == n) return;
  for (size_t i = begin; i < n; i++) *row_of(l, batch, place, i) = l->n_rows++;
  l->known[l->n_known++] = (hw_known_rows){.from = from, .first = begin, .n = n - begin};
}

static void use_kept(layout *l, hw_prefixes *prefixes, const hw_batch *batch) {
  prefixes->n_batches++;
  for (size_t k = 0; k < prefixes->n_kept; k++) {
    kept_prefix *kept = &prefixes->kept[k];
    size_t best = 0, place = 0;
    for (size_t s = 0; s < batch->n_prompts; s++) {
      size_t common = hw_prefix_common(prefixes->model, kept->ids, kept->n, l->sorted[s].ids, l->sorted[s].n);
      if (common > best) best = common, place = s;
    }
    if (best == 0) continue;
    kept->used = prefixes->n_batches;
    know_rows(l, batch, place, best, &kept->acts);
  }
}

bool hw_prefixes_lay_out(hw_prefixes *prefixes, const hw_model *model, hw_batch *batch, hw_arena *arena, hw_error *err) {
  size_t n_tokens = batch->first[batch->n_prompts];
  layout l = {.sorted = sort_sequences(model, batch, arena, err)};
  l.rows = hw_arena_new(arena, size_t, n_tokens, err);
  l.n_shared = hw_arena_new(arena, size_t, batch->n_prompts, err);
  l.known = hw_arena_new(arena, hw_known_rows, MOST_KEPT, err);
  if (!l.sorted || !l.rows || !l.n_shared || !l.known) return false;
  for (size_t t = 0; t < n_tokens; t++) l.rows[t] = no_row;
  if (prefixes) use_kept(&l, prefixes, batch);
  for (size_t s = 0; s < batch->n_prompts; s++) {
    const sequence *own = &l.sorted[s];
    size_t *rows = l.rows + batch->first[own->index], i = own->common;
    if (i) memcpy(rows, l.rows + batch->first[own[-1].index], i * sizeof *rows);
    while (i < own->n && rows[i] != no_row) i++;
    l.n_shared[own->index] = i;
    for (; i < own->n; i++) rows[i] = l.n_rows++;
  }
  batch->n_rows = l.n_rows;
  batch->rows = NULL;
  if (l.n_rows == n_tokens && l.n_known == 0) return true;
  batch->rows = l.rows;
  batch->n_shared = l.n_shared;
  batch->known = l.known;
  batch->n_known = l.n_known;
  return true;
}

size_t hw_lay_out_bytes(size_t n_sequences, size_t n_tokens) {
  return n_sequences * (sizeof(sequence) + sizeof(size_t)) + n_tokens * sizeof(size_t) + MOST_KEPT * sizeof(hw_known_rows) + 4 * (size_t)HW_ARENA_OVERHEAD;
}

/* ---- What outlives a batch ---- */

static size_t most_common(const hw_prefixes *prefixes, const int32_t *ids, size_t n, size_t *place) {
  size_t most = 0;
  for (size_t k = 0; k < prefixes->n_kept; k++) {
    size_t common = count_common(prefixes->kept[k].ids, prefixes->kept[k].n, ids, n);
    if (common > most) most = common, *place = k;
  }
  return most;
}

static void drop(hw_prefixes *prefixes, size_t place) {
  prefixes->n_rows -= prefixes->kept[place].n;
  hw_arena_fini(&prefixes->kept[place].arena);
  prefixes->kept[place] = prefixes->kept[--prefixes->n_kept];
}

/* Drops those that were not used for longest. False where only prefixes of this batch are left. */
static bool make_room(hw_prefixes *prefixes, size_t n) {
  while (prefixes->n_kept && (prefixes->n_kept == MOST_KEPT || prefixes->n_rows + n > prefixes->most_rows)) {
    size_t oldest = 0;
    for (size_t k = 1; k < prefixes->n_kept; k++)
      if (prefixes->kept[k].used < prefixes->kept[oldest].used) oldest = k;
    if (prefixes->kept[oldest].used == prefixes->n_batches) return false;
    drop(prefixes, oldest);
  }
  return true;
}

static bool keep(hw_prefixes *prefixes, const hw_activations *acts, size_t prompt, size_t n, hw_error *err) {
  const hw_batch *batch = &acts->batch;
  kept_prefix *kept = &prefixes->kept[prefixes->n_kept];
  hw_arena_init(&kept->arena);
  prefixes->n_kept++;
  prefixes->n_rows += kept->n = n;
  kept->used = prefixes->n_batches;
  if (!hw_activations_make(acts->model, n, false, acts->batch.keeps_inputs, &kept->arena, &kept->acts, err)) return false;
  if (!(kept->ids = hw_arena_new(&kept->arena, int32_t, n, err))) return false;
  memcpy(kept->ids, batch->ids + batch->first[prompt], n * sizeof *kept->ids);
  for (size_t i = 0, run; i < n; i += run) {
    run = hw_batch_run(batch, prompt, i, n - i);
    hw_activations_copy(acts, hw_batch_row(batch, prompt, i), &kept->acts, i, run);
  }
  return true;
}

static bool remember(hw_prefixes *prefixes, const int32_t *ids, size_t n, hw_error *err) {
  seen_prompt *seen = &prefixes->seen[prefixes->next_seen++ % MOST_SEEN];
  if (n > seen->capacity) {
    int32_t *grown = realloc(seen->ids, n * sizeof *grown);
    if (!grown) return hw_fail_memory(err, "shared prefixes");
    seen->ids = grown;
    seen->capacity = n;
  }
  memcpy(seen->ids, ids, n * sizeof *ids);
  seen->n = n;
  return true;
}

bool hw_prefixes_keep(hw_prefixes *prefixes, const hw_activations *acts, size_t n_prompts, hw_error *err) {
  const hw_batch *batch = &acts->batch;
  for (size_t p = 0; p < n_prompts; p++) {
    const int32_t *ids = batch->ids + batch->first[p];
    size_t n = hw_batch_tokens(batch, p), met = 0, place = 0;
    if (!hw_model_shares_rows(acts->model, n)) continue;
    for (size_t s = 0; s < MOST_SEEN; s++) {
      size_t common = count_common(prefixes->seen[s].ids, prefixes->seen[s].n, ids, n);
      if (common > met) met = common;
    }
    if (met > prefixes->most_rows) met = prefixes->most_rows;
    size_t had = most_common(prefixes, ids, n, &place);
    if (met >= had + LEAST_KEPT) {
      if (had && had == prefixes->kept[place].n) drop(prefixes, place); /* the new one begins with it */
      if (make_room(prefixes, met) && !keep(prefixes, acts, p, met, err)) return false;
    }
    if (!remember(prefixes, ids, n, err)) return false;
  }
  return true;
}
