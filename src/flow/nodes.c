/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/nodes.h"

#include <string.h>

#include "flow/signs.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

static float clipped(float proximity) { return proximity > 0 ? proximity : 0; }

void hw_importances(const float *proximity, size_t n, double *importance) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)proximity[i];
  for (size_t i = 0; i < n; i++) importance[i] = sum > 0 ? (double)proximity[i] / sum : 0;
  if (!(sum > 0)) importance[n - 1] = 1;
}

size_t hw_node_width(const hw_model *model, const hw_layer_node *kind, size_t position) {
  size_t width = 0;
  for (size_t i = 0; i < kind->n_parts; i++)
    width += kind->parts[i] == HW_PART_ATTENTION ? (position + 1) * (size_t)model->config.n_heads : 1;
  return width;
}

/* [rows, d_model] of the batch. */
static const float *state_rows(const hw_activations *acts, size_t layer, hw_state state) {
  return state == HW_STATE_POST ? acts->resid[layer + 1] : state == HW_STATE_MID ? acts->mid[layer] : acts->resid[layer];
}

/* Nodes that a member of a team takes at once, if each has `numbers` numbers. */
static size_t least_nodes(size_t numbers) {
  enum { LEAST = 1 << 16 };
  return (LEAST + numbers - 1) / numbers;
}

/* Parts of nodes through one head. */
typedef struct head_parts {
  const hw_activations *acts;
  size_t layer, head;
  const float *wholes;
  hw_node *nodes;
  const hw_proximity_space *space;
  const float *values; /* row stride ldv */
  size_t ldv;
  hw_head_signs signs; /* where some node is measured by them */
} head_parts;

/* Parts of nodes before HW_SIGNS_FROM are v W_O, scaled on the fly, so the parts themselves are never in memory. */
static void measure_parts(const head_parts *p, const hw_activations *acts, const hw_node *node, const float *whole, const float *weights, size_t seen,
                          size_t place, float *found) {
  const hw_proximity_space *space = p->space;
  size_t d = (size_t)acts->model->config.d_model, d_head = (size_t)acts->model->config.d_head, keys = node->position + (size_t)1, stride;
  if (node->position >= HW_SIGNS_FROM) {
    const float *v = hw_batch_gather(&acts->batch, node->prompt, seen, keys - seen, p->values, p->ldv, d_head, acts->gathered, &stride);
    hw_sign_proximity(&p->signs, whole, weights + seen, v, stride, keys - seen, space->signs + place * hw_sign_floats(acts->model, space->longest),
                      found + seen);
    return;
  }
  for (size_t j = seen, run; j < keys; j += run) {
    run = hw_batch_run(&acts->batch, node->prompt, j, keys - j);
    hw_proximity_rows(whole, space->head_output + hw_batch_row(&acts->batch, node->prompt, j) * d, d, weights + j, run, d, found + j);
  }
}

static void measure_head_parts(void *context, size_t begin, size_t end, const hw_member *member) {
  const head_parts *p = context;
  const hw_proximity_space *space = p->space;
  const hw_activations acts = hw_activations_of(p->acts, member->place);
  const hw_layer *l = &acts.model->layers[p->layer];
  size_t d = (size_t)acts.model->config.d_model, n_heads = (size_t)acts.model->config.n_heads, h = p->head;
  float *weights = space->weights + member->place * space->longest, *found = space->of_one_head + member->place * space->longest;
  for (size_t n = begin; n < end; n++) {
    const hw_node *node = &p->nodes[n];
    size_t prompt = node->prompt, keys = node->position + (size_t)1, row = hw_batch_row(&acts.batch, prompt, node->position);
    size_t seen = hw_attention_first(acts.model, p->layer, node->position);
    float *proximity = node->proximity;
    hw_attention_weights(&acts, p->layer, h, prompt, node->position, weights);
    if (l->attn_out_gamma) hw_scale(weights, acts.attn_out_scale[p->layer][row], keys);
    measure_parts(p, &acts, node, p->wholes + row * d, weights, seen, member->place, found);
    for (size_t j = 0; j < seen; j++) proximity[j * n_heads + h] = 0;
    for (size_t j = seen; j < keys; j++) proximity[j * n_heads + h] = clipped(found[j]);
  }
}

/* Marks the rows whose v W_O nodes look at; returns whether others are measured by signs. */
static bool mark_sources(const hw_activations *acts, size_t layer, const hw_node *nodes, size_t n_nodes, bool *marked) {
  bool others = false;
  memset(marked, 0, acts->batch.n_rows * sizeof *marked);
  for (size_t n = 0; n < n_nodes; n++) {
    others = others || nodes[n].position >= HW_SIGNS_FROM;
    for (size_t j = hw_attention_first(acts->model, layer, nodes[n].position); nodes[n].position < HW_SIGNS_FROM && j <= nodes[n].position; j++)
      marked[hw_batch_row(&acts->batch, nodes[n].prompt, j)] = true;
  }
  return others;
}

/* v W_O of the marked rows: z[l,i,j,h] is A[l,h,i,j] times that of (j, h), so it is made once for all nodes. */
static void head_outputs(const head_parts *p, const hw_team *team) {
  const hw_activations *acts = p->acts;
  const hw_layer *l = &acts->model->layers[p->layer];
  size_t d = (size_t)acts->model->config.d_model, d_head = (size_t)acts->model->config.d_head, n_rows = acts->batch.n_rows;
  const bool *marked = p->space->marked;
  float *output = p->space->head_output;
  hw_matrix w_o = hw_matrix_inputs(&l->w_o, p->head * d_head, d_head);
  for (size_t first = 0, end; first < n_rows; first = end) {
    for (end = first; end < n_rows && marked[end]; end++) {}
    hw_team_gemm(&w_o, p->values + first * p->ldv, p->ldv, output + first * d, d, end - first, team);
    for (size_t r = first; l->attn_out_gamma && r < end; r++) hw_multiply(output + r * d, l->attn_out_gamma, d);
    for (; end < n_rows && !marked[end]; end++) {}
  }
}

/* Attention parts are a node's first. */
static void attention_proximity(const hw_activations *acts, size_t layer, const float *wholes, hw_node *nodes, size_t n_nodes,
                                const hw_proximity_space *space, const hw_team *team) {
  const hw_model_config *c = &acts->model->config;
  size_t d = (size_t)c->d_model, d_head = (size_t)c->d_head;
  hw_hold_attention(acts, layer, team);
  bool by_signs = mark_sources(acts, layer, nodes, n_nodes, space->marked);
  head_parts parts = {.acts = acts, .layer = layer, .wholes = wholes, .nodes = nodes, .space = space, .ldv = (size_t)c->n_kv_heads * d_head};
  for (parts.head = 0; parts.head < (size_t)c->n_heads; parts.head++) {
    parts.values = acts->v[layer] + parts.head / (size_t)(c->n_heads / c->n_kv_heads) * d_head;
    head_outputs(&parts, team);
    if (by_signs) hw_head_signs_make(acts->model, layer, parts.head, space->head_signs, &parts.signs);
    hw_divide(team, n_nodes, least_nodes(space->longest * d), measure_head_parts, &parts);
  }
}

/* The FFN part and the residual part of each node behind its attention parts, and the sum of all but the FFN part. */
static void other_proximity(const hw_activations *acts, size_t layer, const hw_layer_node *kind, hw_node *node) {
  size_t d = (size_t)acts->model->config.d_model, row = hw_batch_row(&acts->batch, node->prompt, node->position);
  const float *whole = state_rows(acts, layer, kind->whole) + row * d, one = 1;
  float *proximity = node->proximity;
  node->non_ffn_sum = 0;
  for (size_t i = 0; i < kind->n_parts; i++) {
    if (kind->parts[i] == HW_PART_ATTENTION) {
      size_t n = (node->position + (size_t)1) * (size_t)acts->model->config.n_heads;
      for (size_t k = 0; k < n; k++) node->non_ffn_sum += (double)proximity[k];
      proximity += n;
    } else if (kind->parts[i] == HW_PART_FFN) {
      *proximity++ = clipped(hw_l1_difference(whole, acts->mid[layer] + row * d, d)); /* y - f is mid */
    } else {
      float residual;
      hw_proximity_rows(whole, state_rows(acts, layer, kind->below) + row * d, d, &one, 1, d, &residual);
      *proximity = clipped(residual);
      node->non_ffn_sum += (double)*proximity++;
    }
  }
}

typedef struct other_parts {
  const hw_activations *acts;
  size_t layer;
  const hw_layer_node *kind;
  hw_node *nodes;
} other_parts;

static void measure_other_parts(void *context, size_t begin, size_t end, const hw_member *member) {
  const other_parts *p = context;
  (void)member;
  for (size_t n = begin; n < end; n++) other_proximity(p->acts, p->layer, p->kind, &p->nodes[n]);
}

void hw_node_proximity(const hw_activations *acts, size_t layer, const hw_layer_node *kind, hw_node *nodes, size_t n_nodes,
                       const hw_proximity_space *space, const hw_team *team) {
  if (hw_layer_node_has(kind, HW_PART_ATTENTION))
    attention_proximity(acts, layer, state_rows(acts, layer, kind->whole), nodes, n_nodes, space, team);
  other_parts parts = {.acts = acts, .layer = layer, .kind = kind, .nodes = nodes};
  hw_divide(team, n_nodes, least_nodes((size_t)acts->model->config.d_model), measure_other_parts, &parts);
}
