/* SPDX-License-Identifier: Apache-2.0
 * Random graphs of the size of another one (METHOD section 13). */
#include <stdlib.h>

#include "certify/certify.h"
#include "headwater/stats.h"

typedef struct drawing {
  const hw_certifying *c;
  const hw_part_set *like;
  bool nodes;
  bool *reached;          /* [n_tokens] */
  hw_ablated_part *among; /* parts of a layer to draw from */
  hw_ablated_part *drawn;
  size_t n_drawn;
  hw_random random;
} drawing;

/* Takes n of the first n_among, or all there are. */
static void draw(drawing *d, size_t n_among, size_t n) {
  for (size_t i = 0; i < n && i < n_among; i++) {
    size_t other = i + hw_random_below(&d->random, (uint32_t)(n_among - i));
    hw_ablated_part part = d->among[other];
    d->among[other] = d->among[i];
    d->among[i] = part;
    d->drawn[d->n_drawn++] = part;
  }
}

static void draw_ffn(drawing *d, size_t layer) {
  size_t n = 0, n_tokens = d->like->n_tokens, wanted = 0;
  for (uint32_t i = 0; i < n_tokens; i++) {
    wanted += d->like->ffn[layer * n_tokens + i];
    if (d->nodes || d->reached[i]) d->among[n++] = (hw_ablated_part){(uint16_t)layer, HW_ABLATED_FFN, i, i};
  }
  draw(d, n, wanted);
}

/* A node is a head at a position, whatever it reads; an edge has a source, whose position is reached then. */
static void draw_attention(drawing *d, size_t layer) {
  size_t n = 0, n_tokens = d->like->n_tokens, n_heads = d->like->n_heads, before = d->n_drawn, wanted = 0;
  const size_t *first = d->like->first + layer * n_heads * n_tokens;
  if (!d->nodes) wanted = first[n_heads * n_tokens] - first[0];
  for (size_t place = 0; d->nodes && place < n_heads * n_tokens; place++) wanted += first[place + 1] > first[place];
  for (uint16_t h = 0; h < n_heads; h++)
    for (uint32_t i = 0; i < n_tokens; i++) {
      if (d->nodes) d->among[n++] = (hw_ablated_part){(uint16_t)layer, h, i, i};
      else if (d->reached[i])
        for (size_t j = hw_attention_first(d->c->model, layer, i); j <= i; j++) d->among[n++] = (hw_ablated_part){(uint16_t)layer, h, i, (uint32_t)j};
    }
  draw(d, n, wanted);
  for (size_t i = before; i < d->n_drawn; i++) d->reached[d->drawn[i].source] = true;
}

/* The numbers of a run and a prompt. */
static void seed(drawing *d, const hw_certify_item *item, uint64_t stream) {
  char start[17] = {0};
  for (size_t i = 0; i < 16 && d->c->info.fingerprint[i]; i++) start[i] = d->c->info.fingerprint[i];
  hw_random_init(&d->random, strtoull(start, NULL, 16) + (uint64_t)item->prompt_id, stream);
}

bool hw_random_graph(const hw_certifying *c, const hw_certify_item *item, const hw_part_set *set, uint64_t stream, hw_arena *arena, hw_part_set *out, hw_error *err) {
  size_t n_tokens = set->n_tokens, most = set->n_heads * n_tokens * (n_tokens + 1) / 2;
  drawing d = {.c = c, .like = set, .nodes = c->settings->unit == HW_ABLATE_NODES};
  if (most > UINT32_MAX) return hw_fail(err, HW_ERROR_UNSUPPORTED, "%zu tokens are too many for a random graph", n_tokens);
  d.reached = hw_arena_znew(arena, bool, n_tokens, err);
  d.among = hw_arena_new(arena, hw_ablated_part, most > n_tokens ? most : n_tokens, err);
  d.drawn = hw_arena_new(arena, hw_ablated_part, set->n_attention + set->n_ffn, err);
  if (!d.reached || !d.among || !d.drawn) return false;
  seed(&d, item, stream);
  d.reached[n_tokens - 1] = true;
  for (size_t l = set->n_layers; l-- > 0;) {
    draw_ffn(&d, l);
    draw_attention(&d, l);
  }
  return hw_part_set_make(c->model, n_tokens, d.drawn, d.n_drawn, arena, out, err);
}
