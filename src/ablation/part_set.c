/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "headwater/ablation.h"

static int by_place(const void *a, const void *b) {
  const hw_ablated_part *x = a, *y = b;
  if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
  if (x->head != y->head) return x->head < y->head ? -1 : 1;
  if (x->target != y->target) return x->target < y->target ? -1 : 1;
  return x->source < y->source ? -1 : x->source > y->source;
}

static bool check(const hw_model *model, size_t n_tokens, const hw_ablated_part *part, hw_error *err) {
  bool ffn = part->head == HW_ABLATED_FFN;
  if (part->layer < model->config.n_layers && (ffn || part->head < model->config.n_heads) && part->target < n_tokens && (ffn || part->source <= part->target)) return true;
  return hw_fail(err, HW_ERROR_INPUT, "part layer %u head %u target %u source %u is outside of %d layers, %d heads, %zu tokens", part->layer, part->head, part->target,
                 part->source, (int)model->config.n_layers, (int)model->config.n_heads, n_tokens);
}

bool hw_part_set_make(const hw_model *model, size_t n_tokens, const hw_ablated_part *parts, size_t n, hw_arena *arena, hw_part_set *set, hw_error *err) {
  size_t n_layers = (size_t)model->config.n_layers, n_heads = (size_t)model->config.n_heads, places = n_layers * n_heads * n_tokens;
  *set = (hw_part_set){.n_layers = n_layers, .n_heads = n_heads, .n_tokens = n_tokens};
  hw_ablated_part *sorted = hw_arena_new(arena, hw_ablated_part, n, err);
  set->first = hw_arena_znew(arena, size_t, places + 1, err);
  set->sources = hw_arena_new(arena, uint32_t, n, err);
  set->ffn = hw_arena_znew(arena, bool, n_layers * n_tokens, err);
  if (!sorted || !set->first || !set->sources || !set->ffn) return false;
  if (n) memcpy(sorted, parts, n * sizeof *parts);
  qsort(sorted, n, sizeof *sorted, by_place);
  for (size_t i = 0; i < n; i++) {
    const hw_ablated_part *part = &sorted[i];
    if (!check(model, n_tokens, part, err)) return false;
    if (part->head == HW_ABLATED_FFN) {
      bool *place = &set->ffn[part->layer * n_tokens + part->target];
      set->n_ffn += !*place;
      *place = true;
      continue;
    }
    if (i && by_place(&sorted[i - 1], part) == 0) continue;
    set->sources[set->n_attention++] = part->source;
    set->first[(part->layer * n_heads + part->head) * n_tokens + part->target + 1]++;
  }
  for (size_t i = 0; i < places; i++) set->first[i + 1] += set->first[i];
  return true;
}
