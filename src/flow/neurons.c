/* SPDX-License-Identifier: Apache-2.0
 * Shares of single neurons. Each neuron is a part a W_out[n] of the state y that its node divides, in the place of the node's FFN
 * part. The denominator is the sum of the proximities of all neurons and of the node's other parts. */
#include <string.h>

#include "flow/nodes.h"
#include "tensor/kernels.h"
#include "tensor/pack.h"
#include "tensor/team.h"

/* Neurons of a block, whose weights of a panel stay in the first-level cache, and nodes that go over them. */
enum { NEURONS_AT_ONCE = 64, NODES_AT_ONCE = 8 };

/* Numbers of which the largest is compared with the last of a list before each of them is. */
enum { COMPARED_TOGETHER = 64 };

/* The k largest of n proximities, best first, ties to the lowest index. */
static size_t largest(const float *proximity, size_t n, size_t k, uint32_t *best) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    size_t together = n - i < COMPARED_TOGETHER ? n - i : (size_t)COMPARED_TOGETHER;
    if (count == k && i % COMPARED_TOGETHER == 0 && !(hw_max(proximity + i, together) > proximity[best[count - 1]])) {
      i += together - 1;
      continue;
    }
    if (count == k && !(proximity[i] > proximity[best[count - 1]])) continue;
    if (count < k) count++;
    size_t place = count - 1;
    while (place > 0 && proximity[i] > proximity[best[place - 1]]) {
      best[place] = best[place - 1];
      place--;
    }
    best[place] = (uint32_t)i;
  }
  return count;
}

/* A node's neurons of a block: those that are not 0 are listed. */
typedef struct block_of_node {
  uint32_t listed[NEURONS_AT_ONCE];
  float scale[NEURONS_AT_ONCE];
  float lanes[NEURONS_AT_ONCE * HW_SUM_LANES];
  hw_listed_rows rows;
  const float *whole; /* [d_model] */
  float *proximity;   /* [NEURONS_AT_ONCE] */
} block_of_node;

size_t hw_rank_neurons_bytes(const hw_model *model, size_t n_rows, uint32_t k, size_t n_members) {
  size_t of_member = NODES_AT_ONCE * sizeof(block_of_node) + sizeof(float) * NEURONS_AT_ONCE * HW_PACK_WIDTH + sizeof(uint32_t) * k;
  return (sizeof(float) * hw_active_neurons(&model->config) + sizeof(bool)) * n_rows + n_members * of_member + 5 * (size_t)HW_ARENA_OVERHEAD;
}

static bool uses_part(const hw_activations *acts, size_t layer, size_t part, const hw_node *nodes, size_t n_nodes) {
  size_t place;
  for (size_t n = 0; n < n_nodes; n++)
    if (hw_ffn_part_place(acts, layer, hw_batch_row(&acts->batch, nodes[n].prompt, nodes[n].position), part, &place)) return true;
  return false;
}

/* The neurons [first, first + count) of a part of the FFN, in the nodes that use it, NODES_AT_ONCE at most. proximity: of the first node,
 * [n_nodes, hw_active_neurons]. Returns their number. */
static size_t list_blocks(const hw_activations *acts, size_t layer, size_t part, size_t first, size_t count, const hw_node *nodes, size_t n_nodes,
                          float *proximity, block_of_node *blocks) {
  size_t d = (size_t)acts->model->config.d_model, active = hw_active_neurons(&acts->model->config), n_blocks = 0, place;
  bool scaled = acts->model->layers[layer].ffn_out_gamma != NULL;
  for (size_t n = 0; n < n_nodes; n++) {
    size_t row = hw_batch_row(&acts->batch, nodes[n].prompt, nodes[n].position);
    if (!hw_ffn_part_place(acts, layer, row, part, &place)) continue;
    block_of_node *b = &blocks[n_blocks++];
    const float *a = acts->neurons[layer] + row * active + place + first;
    b->rows = (hw_listed_rows){.row = b->listed, .scale = b->scale};
    b->whole = acts->resid[layer + 1] + row * d;
    b->proximity = proximity + n * active + place + first;
    for (size_t i = 0; i < count; i++) {
      b->listed[b->rows.n] = (uint32_t)i;
      b->scale[b->rows.n] = scaled ? a[i] * acts->ffn_out_scale[layer][row] : a[i];
      b->rows.n += b->scale[b->rows.n] < 0 || b->scale[b->rows.n] > 0; /* a neuron that is 0 has no proximity */
    }
    memset(b->lanes, 0, b->rows.n * HW_SUM_LANES * sizeof *b->lanes);
    memset(b->proximity, 0, count * sizeof *b->proximity);
  }
  return n_blocks;
}

static void measure_blocks(const hw_matrix *w_out, const float *out_gamma, size_t first, size_t count, block_of_node *blocks, size_t n_blocks,
                           float *space) {
  for (size_t p = 0; p < hw_pack_panels(w_out); p++) {
    size_t ld, width = hw_panel_width(w_out, p), output = p * HW_PACK_WIDTH;
    const float *weights = hw_panel_inputs(w_out, p, first, count, space, &ld);
    if (out_gamma) { /* behind an output norm */
      for (size_t i = 0; i < count; i++)
        for (size_t e = 0; e < width; e++) space[i * HW_PACK_WIDTH + e] = weights[i * ld + e] * out_gamma[output + e];
      weights = space;
      ld = HW_PACK_WIDTH;
    }
    for (size_t b = 0; b < n_blocks; b++) hw_proximity_panel(blocks[b].whole + output, weights, ld, &blocks[b].rows, width, blocks[b].lanes);
  }
  for (size_t b = 0; b < n_blocks; b++) {
    float sums[NEURONS_AT_ONCE];
    hw_sum_lanes(blocks[b].lanes, blocks[b].rows.n, sums);
    for (size_t i = 0; i < blocks[b].rows.n; i++) blocks[b].proximity[blocks[b].listed[i]] = sums[i];
  }
}

/* The neurons of a layer in its nodes. */
typedef struct ranking {
  const hw_activations *acts;
  size_t layer, part;
  const hw_node *nodes;
  size_t n_nodes;
  uint32_t k;
  float *proximity;      /* [n_nodes, hw_active_neurons] */
  block_of_node *blocks; /* [members of the team][NODES_AT_ONCE] */
  float *space;          /* [members of the team][NEURONS_AT_ONCE, HW_PACK_WIDTH] */
  uint32_t *best;        /* [members of the team][k] */
  hw_neuron_row *rows;
  uint32_t *totals;
} ranking;

/* Proximities of some neurons of one part of the FFN, NEURONS_AT_ONCE at a time, in all nodes that use it. */
static void measure_neurons(void *context, size_t begin, size_t end, const hw_member *member) {
  const ranking *m = context;
  const hw_model *model = m->acts->model;
  size_t active = hw_active_neurons(&model->config), size = hw_ffn_part_size(&model->config, m->part);
  block_of_node *blocks = m->blocks + member->place * NODES_AT_ONCE;
  float *space = m->space + member->place * NEURONS_AT_ONCE * HW_PACK_WIDTH;
  for (size_t block = begin; block < end; block++)
    for (size_t n = 0; n < m->n_nodes; n += NODES_AT_ONCE) {
      size_t first = block * NEURONS_AT_ONCE, count = size - first < NEURONS_AT_ONCE ? size - first : (size_t)NEURONS_AT_ONCE;
      size_t together = m->n_nodes - n < NODES_AT_ONCE ? m->n_nodes - n : (size_t)NODES_AT_ONCE;
      size_t n_blocks = list_blocks(m->acts, m->layer, m->part, first, count, m->nodes + n, together, m->proximity + n * active, blocks);
      if (n_blocks) measure_blocks(hw_ffn_part_out(model, m->layer, m->part), model->layers[m->layer].ffn_out_gamma, first, count, blocks, n_blocks, space);
    }
}

/* Shares of the neurons of nodes, and the k largest. */
static void rank_nodes(void *context, size_t begin, size_t end, const hw_member *member) {
  const ranking *m = context;
  size_t d_ffn = hw_active_neurons(&m->acts->model->config), k = m->k;
  uint32_t *best = m->best + member->place * k;
  for (size_t n = begin; n < end; n++) {
    const hw_node *node = &m->nodes[n];
    size_t row = hw_batch_row(&m->acts->batch, node->prompt, node->position);
    float *shares = m->proximity + n * d_ffn;
    double sum = hw_clip_and_sum(shares, d_ffn), whole = node->non_ffn_sum + sum;
    m->totals[n] = whole > 0 ? hw_micro(sum / whole) : 0;
    size_t found = largest(shares, d_ffn, k, best);
    for (size_t r = 0; r < found; r++)
      m->rows[n * k + r] = (hw_neuron_row){.layer = (uint16_t)m->layer, .position = node->position, .neuron = (uint32_t)hw_neuron_number(m->acts, m->layer, row, best[r]),
                                           .importance = whole > 0 ? hw_micro((double)shares[best[r]] / whole) : 0,
                                           .activation = m->acts->neurons[m->layer][row * d_ffn + best[r]]};
  }
}

static bool hold_neurons(const hw_activations *acts, size_t layer, const hw_node *nodes, size_t n_nodes, const hw_team *team, hw_arena *arena, hw_error *err) {
  bool *wanted = hw_arena_znew(arena, bool, acts->batch.n_rows, err);
  if (!wanted) return false;
  for (size_t n = 0; n < n_nodes; n++) wanted[hw_batch_row(&acts->batch, nodes[n].prompt, nodes[n].position)] = true;
  hw_hold_neurons(acts, layer, wanted, team);
  return true;
}

bool hw_rank_neurons(const hw_activations *acts, size_t layer, const hw_node *nodes, size_t n_nodes, uint32_t k, hw_neuron_row *rows,
                     uint32_t *totals, const hw_team *team, hw_arena *arena, hw_error *err) {
  enum { LEAST = 1 << 16 }; /* numbers of a part */
  const hw_model_config *c = &acts->model->config;
  size_t d = (size_t)c->d_model, d_ffn = hw_active_neurons(c), members = hw_team_most(team), cells;
  if (!hw_size_product(n_nodes, d_ffn, &cells)) return hw_fail_memory(err, "the neurons of a batch");
  ranking m = {.acts = acts, .layer = layer, .nodes = nodes, .n_nodes = n_nodes, .k = k, .rows = rows, .totals = totals};
  m.proximity = hw_arena_new(arena, float, cells, err);
  m.blocks = hw_arena_new(arena, block_of_node, members * NODES_AT_ONCE, err);
  m.space = hw_arena_new(arena, float, members * NEURONS_AT_ONCE * HW_PACK_WIDTH, err);
  m.best = hw_arena_new(arena, uint32_t, members * k, err);
  if (!m.proximity || !m.blocks || !m.space || !m.best || !hold_neurons(acts, layer, nodes, n_nodes, team, arena, err)) return false;
  for (m.part = 0; m.part < hw_ffn_parts(c); m.part++)
    if (uses_part(acts, layer, m.part, nodes, n_nodes))
      hw_divide(team, (hw_ffn_part_size(c, m.part) + NEURONS_AT_ONCE - 1) / NEURONS_AT_ONCE, LEAST / (n_nodes * NEURONS_AT_ONCE * d) + 1, measure_neurons, &m);
  hw_divide(team, n_nodes, LEAST / d_ffn + 1, rank_nodes, &m);
  return true;
}
