/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/nodes.h"
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
} head_parts;

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
    for (size_t j = seen, run; j < keys; j += run) {
      run = hw_batch_run(&acts.batch, prompt, j, keys - j);
      hw_proximity_rows(p->wholes + row * d, space->head_output + hw_batch_row(&acts.batch, prompt, j) * d, d, weights + j, run, d, found + j);
    }
    for (size_t j = 0; j < seen; j++) proximity[j * n_heads + h] = 0;
    for (size_t j = seen; j < keys; j++) proximity[j * n_heads + h] = clipped(found[j]);
  }
}

/* z[l,i,j,h] is A[l,h,i,j] times a vector that only depends on (j, h): that vector is made for all rows of the batch, head by
 * head, and scaled on the fly, so the parts themselves are never in memory. A node's attention parts
 * are its first. */
static void attention_proximity(const hw_activations *acts, size_t layer, const float *wholes, hw_node *nodes, size_t n_nodes,
                                const hw_proximity_space *space, const hw_team *team) {
  const hw_model_config *c = &acts->model->config;
  size_t d = (size_t)c->d_model, d_head = (size_t)c->d_head, n_heads = (size_t)c->n_heads;
  size_t ldv = (size_t)c->n_kv_heads * d_head;
  float *output = space->head_output;
  const hw_layer *l = &acts->model->layers[layer];
  for (size_t h = 0; h < n_heads; h++) {
    hw_matrix w_o = hw_matrix_inputs(&l->w_o, h * d_head, d_head);
    const float *values = acts->v[layer] + h / (size_t)(c->n_heads / c->n_kv_heads) * d_head;
    hw_team_gemm(&w_o, values, ldv, output, d, acts->batch.n_rows, team);
    for (size_t r = 0; l->attn_out_gamma && r < acts->batch.n_rows; r++) hw_multiply(output + r * d, l->attn_out_gamma, d);
    head_parts parts = {.acts = acts, .layer = layer, .head = h, .wholes = wholes, .nodes = nodes, .space = space};
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
