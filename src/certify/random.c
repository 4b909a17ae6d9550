/* SPDX-License-Identifier: Apache-2.0
 * Random graphs of the size of another one (METHOD section 13). */
#include <stdlib.h>
#include <string.h>

#include "base/hash_table.h"
#include "certify/certify.h"
#include "headwater/stats.h"

/* Parts of a layer are numbered: by head, target, source. They are many, heads times positions squared; what is kept of them grows with what is
 * drawn. */
typedef struct drawing {
  const hw_certifying *c;
  const hw_part_set *like;
  bool nodes;
  bool *reached;          /* [n_tokens] */
  uint64_t *before;       /* [n_tokens + 1] parts of a head at lower targets */
  hw_hash_table moved;    /* places whose part was drawn, and the part that stands there: its number + 1 */
  hw_ablated_part *drawn;
  size_t n_drawn, n_wanted;
  hw_random random;
  hw_arena *work;
  hw_error *err;
} drawing;

static uint64_t part_at(const drawing *d, uint64_t place) {
  const hw_hash_entry *entry = hw_hash_find(&d->moved, place);
  return entry->value ? entry->value - 1 : place;
}

/* The part with a number. */
static hw_ablated_part part_of(const drawing *d, size_t layer, bool ffn, uint64_t number) {
  size_t n_tokens = d->like->n_tokens, low = 0, high = n_tokens;
  uint64_t of_head = d->before[n_tokens], left = number % of_head;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    *(d->before[middle] <= left ? &low : &high) = middle;
  }
  uint32_t target = (uint32_t)low, source = target;
  uint16_t head = HW_ABLATED_FFN;
  if (!ffn) head = (uint16_t)(number / of_head);
  if (!ffn && !d->nodes) source = (uint32_t)(hw_attention_first(d->c->model, layer, target) + (left - d->before[target]));
  return (hw_ablated_part){(uint16_t)layer, head, target, source};
}

/* Takes n of the parts of so many heads, or of the FFN, or all there are: the first n of the list in which each place changed with a later one. */
static bool draw(drawing *d, size_t layer, bool ffn, uint64_t n_heads, size_t n) {
  uint64_t n_among = n_heads * d->before[d->like->n_tokens];
  if (n_among > UINT32_MAX) return hw_fail(d->err, HW_ERROR_UNSUPPORTED, "%zu tokens are too many for a random graph", d->like->n_tokens);
  d->n_wanted += n;
  memset(&d->moved, 0, sizeof d->moved);
  if (!hw_hash_reserve(&d->moved, n, d->work, d->err)) return false;
  for (uint64_t i = 0; i < n && i < n_among; i++) {
    uint64_t other = i + hw_random_below(&d->random, (uint32_t)(n_among - i)), here = part_at(d, i);
    d->drawn[d->n_drawn++] = part_of(d, layer, ffn, part_at(d, other));
    hw_hash_entry *entry = hw_hash_find(&d->moved, other);
    if (entry->value) entry->value = here + 1;
    else hw_hash_put(&d->moved, entry, other, here + 1);
  }
  return true;
}

static bool draw_ffn(drawing *d, size_t layer) {
  size_t n_tokens = d->like->n_tokens, wanted = 0;
  for (size_t i = 0; i < n_tokens; i++) {
    wanted += d->like->ffn[layer * n_tokens + i];
    d->before[i + 1] = d->before[i] + (d->nodes || d->reached[i]);
  }
  return draw(d, layer, true, 1, wanted);
}

/* A node is a head at a position, whatever it reads; an edge has a source, whose position is reached then. */
static bool draw_attention(drawing *d, size_t layer) {
  size_t n_tokens = d->like->n_tokens, n_heads = d->like->n_heads, first_drawn = d->n_drawn, wanted = 0;
  const size_t *first = d->like->first + layer * n_heads * n_tokens;
  if (!d->nodes) wanted = first[n_heads * n_tokens] - first[0];
  for (size_t place = 0; d->nodes && place < n_heads * n_tokens; place++) wanted += first[place + 1] > first[place];
  for (size_t i = 0; i < n_tokens; i++)
    d->before[i + 1] = d->before[i] + (d->nodes ? 1 : d->reached[i] ? i + 1 - hw_attention_first(d->c->model, layer, i) : 0);
  if (!draw(d, layer, false, n_heads, wanted)) return false;
  for (size_t i = first_drawn; i < d->n_drawn; i++) d->reached[d->drawn[i].source] = true;
  return true;
}

/* The numbers of a run and a prompt. */
static void seed(drawing *d, const hw_certify_item *item, uint64_t stream) {
  char start[17] = {0};
  for (size_t i = 0; i < 16 && d->c->info.fingerprint[i]; i++) start[i] = d->c->info.fingerprint[i];
  hw_random_init(&d->random, strtoull(start, NULL, 16) + (uint64_t)item->prompt_id, stream);
}

static bool draw_graph(drawing *d, const hw_certify_item *item, uint64_t stream) {
  size_t n_tokens = d->like->n_tokens;
  d->reached = hw_arena_znew(d->work, bool, n_tokens, d->err);
  d->before = hw_arena_znew(d->work, uint64_t, n_tokens + 1, d->err);
  d->drawn = hw_arena_new(d->work, hw_ablated_part, d->like->n_attention + d->like->n_ffn, d->err);
  if (!d->reached || !d->before || !d->drawn) return false;
  seed(d, item, stream);
  d->reached[n_tokens - 1] = true;
  for (size_t l = d->like->n_layers; l-- > 0;)
    if (!draw_ffn(d, l) || !draw_attention(d, l)) return false;
  return true;
}

bool hw_random_graph(const hw_certifying *c, const hw_certify_item *item, const hw_part_set *set, uint64_t stream, hw_arena *arena, hw_part_set *out, bool *smaller, hw_error *err) {
  hw_arena work;
  hw_arena_init_inner(&work, arena);
  drawing d = {.c = c, .like = set, .nodes = c->settings->unit == HW_ABLATE_NODES, .work = &work, .err = err};
  bool ok = draw_graph(&d, item, stream) && hw_part_set_make(c->model, set->n_tokens, d.drawn, d.n_drawn, arena, out, err);
  *smaller = d.n_drawn < d.n_wanted;
  hw_arena_fini_inner(&work, arena);
  return ok;
}
