/* SPDX-License-Identifier: Apache-2.0
 * Projections of components into vocabulary space (METHOD section 5). Vectors of a batch go through the unembedding a tile at a time. */
#include <string.h>

#include "flow/nodes.h"
#include "headwater/buffer.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

/* A vector of the trace at work: its request counts from 1 over all that were added, 0: none. */
typedef struct known_state {
  size_t request;
  uint32_t level; /* blocks that it is the sum of: attention and FFN of a layer are two */
} known_state;

typedef struct collector {
  const hw_activations *acts;
  const hw_flow_settings *settings;
  hw_arena *arena, *scratch;
  hw_arena graphs; /* of the trace at work: its heads, and its graph at the floor */
  const hw_team *team;
  hw_unembed_request *requests; /* [HW_REQUESTS_TOGETHER] of them are answered together */
  float *numerators;            /* [HW_REQUESTS_TOGETHER, d_model] of the requests */
  size_t n_requests, n_answered;
  size_t parts[HW_REQUEST_PARTS]; /* requests whose vectors add up to the one that is added next */
  uint32_t n_parts;
  known_state *states; /* [rows of the batch] the highest one at each position */
  hw_buffer rows;     /* hw_projection of the trace at work */
  float *output, *numerator, *summed, *weights; /* a component's output and its norm's numerator [d_model], sum_j A v_j [d_head], [longest] */
  float *values;      /* [longest, d_head] of a head, where rows do not follow one another */
  float target_scale; /* sigma of the target's own residual state */
  hw_error *err;
} collector;

static bool answer_requests(collector *c) {
  size_t n = c->n_requests;
  c->n_requests = 0;
  c->n_answered += n;
  return n == 0 || hw_unembed(c->acts->model, c->requests, n, c->team, c->scratch, c->err);
}

/* Tells what the vector is the sum of. Parts that are answered already are of no use. */
static void hint_parts(const collector *c, hw_unembed_request *request) {
  for (uint32_t p = 0; p < c->n_parts; p++) {
    if (c->parts[p] <= c->n_answered) return;
    request->parts[p] = (uint32_t)(c->parts[p] - c->n_answered - 1);
  }
  request->n_parts = c->n_parts;
}

/* One vector under one convention: a row and its request, which share the lists. */
static bool add_request(collector *c, hw_projection row, const float *numerator, float scale, bool with_beta) {
  size_t d = (size_t)c->acts->model->config.d_model;
  uint32_t k = c->settings->top_tokens;
  if ((int64_t)k > c->acts->model->config.vocab_out) k = (uint32_t)c->acts->model->config.vocab_out;
  int32_t *ids = hw_arena_new(c->arena, int32_t, 2 * (size_t)k, c->err);
  float *scores = hw_arena_new(c->arena, float, 2 * (size_t)k, c->err);
  if (!ids || !scores) return false;
  row.k = (uint16_t)k;
  row.promotes = ids;
  row.promote_scores = scores;
  row.suppresses = ids + k;
  row.suppress_scores = scores + k;
  float *vector = memcpy(c->numerators + c->n_requests * d, numerator, d * sizeof *numerator);
  hw_unembed_request *request = &c->requests[c->n_requests++];
  *request = (hw_unembed_request){.vector = vector, .scale = scale, .with_beta = with_beta, .k = k, .promotes = ids,
                                .promote_scores = scores, .suppresses = ids + k, .suppress_scores = scores + k};
  hint_parts(c, request);
  hw_buffer_append(&c->rows, &row, sizeof row);
  return c->n_requests < HW_REQUESTS_TOGETHER || answer_requests(c);
}

/* The request that the next vector will have. */
static size_t next_request(const collector *c) { return c->n_answered + c->n_requests + 1; }

static bool add_vector(collector *c, hw_component_kind kind, size_t layer, uint32_t position, uint32_t index, const float *u) {
  const hw_model_config *config = &c->acts->model->config;
  size_t d = (size_t)config->d_model;
  bool state = kind == HW_COMPONENT_RESID_MID || kind == HW_COMPONENT_RESID_POST;
  hw_convention_choice choice = c->settings->conventions;
  bool alone = choice == HW_CONVENTIONS_ALONE || choice == HW_CONVENTIONS_BOTH || (choice == HW_CONVENTIONS_AUTO && state);
  bool frozen = choice == HW_CONVENTIONS_FROZEN || choice == HW_CONVENTIONS_BOTH || (choice == HW_CONVENTIONS_AUTO && !state);
  float sigma = hw_norm_numerator(config->norm, u, c->acts->model->final_gamma, (float)config->norm_eps, d, c->numerator);
  hw_projection row = {.kind = (uint8_t)kind, .layer = (uint16_t)layer, .position = position, .index = index};
  size_t request = next_request(c);
  row.convention = HW_CONVENTION_ALONE;
  if (alone && !add_request(c, row, c->numerator, 1.0f / sigma, true)) return false;
  if (alone) c->n_parts = 1, c->parts[0] = request; /* the same vector */
  row.convention = HW_CONVENTION_FROZEN;
  if (frozen && !add_request(c, row, c->numerator, 1.0f / c->target_scale, false)) return false;
  c->n_parts = 0;
  return true;
}

/* sum_j z[l, i, j, h], no bias; behind an output norm with its scale. */
static bool add_head(collector *c, size_t prompt, const hw_head_row *head) {
  const hw_model_config *config = &c->acts->model->config;
  size_t d_head = (size_t)config->d_head, ldv = (size_t)config->n_kv_heads * d_head;
  size_t group = head->head / (size_t)(config->n_heads / config->n_kv_heads), position = head->best_position;
  hw_hold_attention(c->acts, head->layer, c->team);
  hw_attention_weights(c->acts, head->layer, head->head, prompt, position, c->weights);
  const float *values = hw_batch_gather(&c->acts->batch, prompt, 0, position + 1, c->acts->v[head->layer] + group * d_head, ldv, d_head, c->values, &ldv);
  hw_weighted_sum(c->weights, values, ldv, position + 1, d_head, c->summed);
  hw_matrix w_o = hw_matrix_inputs(&c->acts->model->layers[head->layer].w_o, head->head * d_head, d_head);
  hw_team_gemm(&w_o, c->summed, d_head, c->output, (size_t)config->d_model, 1, c->team);
  const float *out_gamma = c->acts->model->layers[head->layer].attn_out_gamma;
  if (out_gamma) {
    hw_multiply(c->output, out_gamma, (size_t)config->d_model);
    hw_scale(c->output, c->acts->attn_out_scale[head->layer][hw_batch_row(&c->acts->batch, prompt, position)], (size_t)config->d_model);
  }
  return add_vector(c, HW_COMPONENT_HEAD, head->layer, head->best_position, head->head, c->output);
}

/* What a block adds: the difference of the states around it. */
static bool add_block(collector *c, hw_component_kind kind, size_t prompt, size_t layer, uint32_t position) {
  size_t d = (size_t)c->acts->model->config.d_model, row = hw_batch_row(&c->acts->batch, prompt, position);
  const float *after = (kind == HW_COMPONENT_ATTENTION ? c->acts->mid[layer] : c->acts->resid[layer + 1]) + row * d;
  const float *before = (kind == HW_COMPONENT_ATTENTION ? c->acts->resid[layer] : c->acts->mid[layer]) + row * d;
  for (size_t i = 0; i < d; i++) c->output[i] = after[i] - before[i];
  return add_vector(c, kind, layer, position, 0, c->output);
}

static bool add_state(collector *c, hw_component_kind kind, size_t prompt, size_t layer, uint32_t position) {
  size_t d = (size_t)c->acts->model->config.d_model, row = hw_batch_row(&c->acts->batch, prompt, position);
  return add_vector(c, kind, layer, position, 0, (kind == HW_COMPONENT_RESID_MID ? c->acts->mid[layer] : c->acts->resid[layer + 1]) + row * d);
}

/* What a node adds (each block's output) and the state that it sums to. A model may have no FFN. */
static bool add_node(collector *c, size_t prompt, const hw_layer_node *node, size_t layer, uint32_t position, bool ffn_block) {
  bool attention = hw_layer_node_has(node, HW_PART_ATTENTION), ffn = hw_layer_node_has(node, HW_PART_FFN) && c->acts->model->config.d_ffn > 0;
  uint32_t before = 2 * (uint32_t)layer + !attention, after = before + attention + hw_layer_node_has(node, HW_PART_FFN), n_parts = 0;
  size_t parts[HW_REQUEST_PARTS] = {0};
  known_state *state = &c->states[position];
  if (attention) {
    parts[n_parts++] = next_request(c);
    if (!add_block(c, HW_COMPONENT_ATTENTION, prompt, layer, position)) return false;
  }
  if (ffn && ffn_block) {
    parts[n_parts++] = next_request(c);
    if (!add_block(c, HW_COMPONENT_FFN, prompt, layer, position)) return false;
  }
  if (state->request && state->level == before && (ffn_block || !ffn)) {
    parts[n_parts++] = state->request;
    c->n_parts = n_parts;
    memcpy(c->parts, parts, sizeof parts);
  }
  *state = (known_state){.request = next_request(c), .level = after};
  return add_state(c, node->whole == HW_STATE_MID ? HW_COMPONENT_RESID_MID : HW_COMPONENT_RESID_POST, prompt, layer, position);
}

static bool add_target_column(collector *c, size_t prompt, const hw_graph_frame *frame) {
  const hw_layer_nodes *nodes = hw_graph_layer_nodes(frame);
  for (size_t l = 0; l < frame->n_layers; l++)
    for (size_t n = nodes->n; n-- > 0;)
      if (!add_node(c, prompt, &nodes->nodes[n], l, frame->target, true)) return false;
  return true;
}

/* Every node of the graph. An FFN block is left out where the graph has no edge to it, but at the target, as in the default set. */
static bool add_graph_nodes(collector *c, size_t prompt, const hw_graph_frame *frame, const hw_graph *graph) {
  for (size_t first = 0, end; first < graph->n_edges; first = end) {
    const hw_part *part = &graph->edges[first].part;
    bool ffn_block = part->target == frame->target;
    for (end = first; end < graph->n_edges && hw_graph_same_node(frame, &graph->edges[end].part, part); end++)
      ffn_block = ffn_block || graph->edges[end].part.kind == HW_PART_FFN;
    if (!add_node(c, prompt, hw_graph_node_of(frame, part->kind), part->layer, part->target, ffn_block)) return false;
  }
  return true;
}

static void take_target(collector *c, size_t prompt, uint32_t target) {
  const hw_model_config *config = &c->acts->model->config;
  size_t d = (size_t)config->d_model, row = hw_batch_row(&c->acts->batch, prompt, target);
  c->target_scale = hw_norm_scale(config->norm, c->acts->resid[config->n_layers] + row * d, (float)config->norm_eps, d);
}

static bool collect_trace(collector *c, size_t prompt, hw_target_trace *trace) {
  take_target(c, prompt, trace->frame.target);
  hw_buffer_reset(&c->rows);
  memset(c->states, 0, c->acts->batch.n_rows * sizeof *c->states);
  bool all = c->settings->project == HW_PROJECT_ALL;
  double floor = c->settings->floor;
  hw_graph at_floor;
  hw_head_row *heads;
  size_t n_heads;
  hw_arena_reset(&c->graphs);
  if (!hw_graph_projected_heads(&trace->frame, trace->parts, trace->n_parts, floor, all, &c->graphs, &heads, &n_heads, c->err)) return false;
  for (size_t i = 0; i < n_heads; i++)
    if (!add_head(c, prompt, &heads[i])) return false;
  if (all && !hw_graph_replay(&trace->frame, trace->parts, trace->n_parts, floor, &c->graphs, &c->graphs, &at_floor, c->err)) return false;
  if (!(all ? add_graph_nodes(c, prompt, &trace->frame, &at_floor) : add_target_column(c, prompt, &trace->frame))) return false;
  if (!hw_buffer_check(&c->rows, c->err)) return false;
  hw_projection *rows = hw_arena_alloc(c->arena, c->rows.length, 1, c->err);
  if (!rows) return false;
  if (c->rows.length) memcpy(rows, c->rows.data, c->rows.length);
  trace->projections = rows;
  trace->n_projections = c->rows.length / sizeof *rows;
  hw_graph_mark_projections(&trace->graph, &trace->frame, all, rows, trace->n_projections);
  return true;
}

/* Lists of the default set: each component under one convention or both. */
size_t hw_projected_bytes(const hw_model *model, const hw_flow_settings *settings) {
  const hw_graph_frame frame = {.n_layers = (uint32_t)model->config.n_layers, .parallel = model->config.parallel};
  size_t n = HW_PROJECTED_HEADS, of_one = sizeof(hw_projection) + 2 * (2 * sizeof(float) * settings->top_tokens + HW_ARENA_OVERHEAD / 2);
  for (size_t i = 0; i < hw_graph_layer_nodes(&frame)->n; i++) n += frame.n_layers * hw_graph_layer_nodes(&frame)->nodes[i].n_parts;
  return settings->project == HW_PROJECT_NONE ? 0 : n * of_one * (settings->conventions == HW_CONVENTIONS_BOTH ? 2 : 1);
}

size_t hw_project_bytes(const hw_model *model, size_t n_rows) {
  const hw_model_config *config = &model->config;
  size_t d = (size_t)config->d_model;
  return HW_REQUESTS_TOGETHER * (sizeof(hw_unembed_request) + d * sizeof(float)) + sizeof(float) * (2 * d + (size_t)config->d_head * (n_rows + 1) + n_rows) +
         n_rows * sizeof(known_state) + 8 * (size_t)HW_ARENA_OVERHEAD + hw_unembed_bytes(model);
}

static bool make_space(collector *c) {
  const hw_model_config *config = &c->acts->model->config;
  c->requests = hw_arena_new(c->scratch, hw_unembed_request, HW_REQUESTS_TOGETHER, c->err);
  c->numerators = hw_arena_new(c->scratch, float, HW_REQUESTS_TOGETHER * (size_t)config->d_model, c->err);
  c->output = hw_arena_new(c->scratch, float, (size_t)config->d_model, c->err);
  c->numerator = hw_arena_new(c->scratch, float, (size_t)config->d_model, c->err);
  c->summed = hw_arena_new(c->scratch, float, (size_t)config->d_head, c->err);
  c->weights = hw_arena_new(c->scratch, float, c->acts->batch.n_rows, c->err);
  c->values = hw_arena_new(c->scratch, float, c->acts->batch.rows ? c->acts->batch.n_rows * (size_t)config->d_head : 0, c->err);
  c->states = hw_arena_new(c->scratch, known_state, c->acts->batch.n_rows, c->err);
  return c->requests && c->numerators && c->output && c->numerator && c->summed && c->weights && c->values && c->states;
}

static bool collect_all(collector *c, hw_flow_prompt *prompts, size_t n_prompts) {
  if (!make_space(c)) return false;
  for (size_t p = 0; p < n_prompts; p++)
    for (size_t t = 0; !prompts[p].failure && t < prompts[p].n_targets; t++)
      if (!collect_trace(c, prompts[p].prompt, &prompts[p].traces[t])) return false;
  return answer_requests(c);
}

bool hw_project_traces(const hw_activations *acts, const hw_flow_settings *settings, hw_flow_prompt *prompts, size_t n_prompts,
                       const hw_team *team, hw_arena *arena, hw_arena *scratch, hw_error *err) {
  if (settings->project == HW_PROJECT_NONE) return true;
  collector c = {.acts = acts, .settings = settings, .arena = arena, .scratch = scratch, .team = team, .err = err};
  hw_arena_init_inner(&c.graphs, scratch);
  bool ok = collect_all(&c, prompts, n_prompts);
  hw_arena_fini_inner(&c.graphs, scratch);
  hw_buffer_fini(&c.rows);
  return ok;
}

static bool add_component(collector *c, size_t prompt, const hw_projection *row) {
  switch ((hw_component_kind)row->kind) {
    case HW_COMPONENT_HEAD:
      return add_head(c, prompt, &(hw_head_row){.layer = row->layer, .head = (uint16_t)row->index, .best_position = row->position});
    case HW_COMPONENT_ATTENTION:
    case HW_COMPONENT_FFN: return add_block(c, (hw_component_kind)row->kind, prompt, row->layer, row->position);
    default: return add_state(c, (hw_component_kind)row->kind, prompt, row->layer, row->position);
  }
}

static bool project_one(collector *c, size_t prompt, uint32_t target, hw_projection rows[2]) {
  if (!make_space(c)) return false;
  take_target(c, prompt, target);
  if (!add_component(c, prompt, &rows[0]) || !answer_requests(c) || !hw_buffer_check(&c->rows, c->err)) return false;
  memcpy(rows, c->rows.data, 2 * sizeof *rows);
  return true;
}

bool hw_project_component(const hw_activations *acts, size_t prompt, uint32_t target, uint32_t k, hw_projection rows[2], const hw_team *team,
                          hw_arena *arena, hw_error *err) {
  const hw_flow_settings settings = {.top_tokens = k, .conventions = HW_CONVENTIONS_BOTH};
  hw_arena work;
  hw_arena_init_inner(&work, arena);
  collector c = {.acts = acts, .settings = &settings, .arena = arena, .scratch = &work, .team = team, .err = err};
  bool ok = project_one(&c, prompt, target, rows);
  hw_buffer_fini(&c.rows);
  hw_arena_fini_inner(&work, arena);
  return ok;
}

bool hw_project_neurons(const hw_model *model, hw_projection *rows, size_t n, uint32_t k, const hw_team *team, hw_arena *arena, hw_error *err) {
  const hw_model_config *config = &model->config;
  size_t d = (size_t)config->d_model;
  if ((int64_t)k > config->vocab_out) k = (uint32_t)config->vocab_out;
  hw_unembed_request *requests = hw_arena_new(arena, hw_unembed_request, n, err);
  float *numerators = hw_arena_new(arena, float, n * d, err), *widened = hw_arena_new(arena, float, d, err);
  int32_t *ids = hw_arena_new(arena, int32_t, 2 * n * k, err);
  float *scores = hw_arena_new(arena, float, 2 * n * k, err);
  if (!requests || !numerators || !widened || !ids || !scores) return false;
  for (size_t i = 0; i < n; i++) {
    size_t ld;
    const hw_layer *layer = &model->layers[rows[i].layer];
    size_t part = config->n_experts ? rows[i].index / (size_t)config->d_expert : 0, parts = hw_ffn_parts(config);
    if (part >= parts) part = parts - 1; /* the shared expert may be wider than the others */
    const hw_matrix *out = hw_ffn_part_out(model, rows[i].layer, part);
    const float *w_out = hw_matrix_input_rows(out, rows[i].index - part * (config->n_experts ? (size_t)config->d_expert : 0), 1, widened, &ld);
    if (layer->ffn_out_gamma) { /* without 1 / rms, which depends on the prompt */
      memmove(widened, w_out, d * sizeof *widened);
      hw_multiply(widened, layer->ffn_out_gamma, d);
      w_out = widened;
    }
    float sigma = hw_norm_numerator(config->norm, w_out, model->final_gamma, (float)config->norm_eps, d, numerators + i * d);
    int32_t *own_ids = ids + 2 * i * k;
    float *own_scores = scores + 2 * i * k;
    requests[i] = (hw_unembed_request){.vector = numerators + i * d, .scale = 1.0f / sigma, .with_beta = true, .k = k, .promotes = own_ids,
                                       .promote_scores = own_scores, .suppresses = own_ids + k, .suppress_scores = own_scores + k};
    rows[i].kind = HW_COMPONENT_NEURON;
    rows[i].convention = HW_CONVENTION_ALONE;
    rows[i].k = (uint16_t)k;
    rows[i].promotes = own_ids;
    rows[i].promote_scores = own_scores;
    rows[i].suppresses = own_ids + k;
    rows[i].suppress_scores = own_scores + k;
  }
  return hw_unembed(model, requests, n, team, arena, err);
}
