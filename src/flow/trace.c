/* SPDX-License-Identifier: Apache-2.0
 * The walk of METHOD section 3, layer by layer from the top for all prompts of a batch at once. Importances do not depend on the
 * target, so a node that several targets reach is evaluated once; each target keeps its own rows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "flow/nodes.h"
#include "headwater/buffer.h"
#include "tensor/kernels.h"

typedef struct target_walk {
  bool *above, *middle, *below; /* [n_tokens] reached at I{l}, A{l}, I{l-1} */
  bool *spoken;                 /* [n_tokens] M{l} reached: its neurons are wanted */
  hw_buffer parts, attention, neuron_nodes, neurons; /* attention: rows of the layer at work */
} target_walk;

typedef struct walk {
  const hw_activations *acts;
  const hw_flow_settings *settings;
  hw_flow_prompt *prompts;
  size_t n_prompts;
  target_walk **targets; /* [n_prompts][n_targets] */
  double **rest;         /* [n_prompts][n_tokens] hw_node.rest of the FFN nodes of the layer at work */
  float *panel;
  hw_arena *arena; /* of the results */
  hw_arena *batch; /* of the batch: what the walk keeps from layer to layer */
  hw_arena scratch; /* of a layer */
  hw_error *err;
} walk;

static size_t n_tokens_of(const walk *w, const hw_flow_prompt *p) {
  return w->acts->batch.first[p->prompt + 1] - w->acts->batch.first[p->prompt];
}

/* Larger numbers would overflow a sum of absolute values. */
static const float largest_magnitude = 1e30f;

static bool rows_are_sound(const float *x, size_t n) {
  return hw_all_finite(x, n) && hw_max(x, n) < largest_magnitude && hw_min(x, n) > -largest_magnitude;
}

static bool check_numbers(walk *w, hw_flow_prompt *p) {
  size_t d = (size_t)w->acts->model->config.d_model, n_layers = (size_t)w->acts->model->config.n_layers;
  size_t first = w->acts->batch.first[p->prompt], n = n_tokens_of(w, p);
  for (size_t l = 0; l <= n_layers; l++) {
    bool sound = rows_are_sound(w->acts->resid[l] + first * d, n * d);
    if (sound && l < n_layers) sound = rows_are_sound(w->acts->mid[l] + first * d, n * d);
    if (sound) continue;
    char text[96];
    int length = snprintf(text, sizeof text, "an activation at layer %zu is not a finite number", l < n_layers ? l : n_layers - 1);
    p->failure = hw_arena_copy(w->arena, text, (size_t)length, w->err);
    return p->failure != NULL;
  }
  return true;
}

static bool start_prompt(walk *w, size_t owner) {
  hw_flow_prompt *p = &w->prompts[owner];
  size_t n = n_tokens_of(w, p), n_layers = (size_t)w->acts->model->config.n_layers, n_heads = (size_t)w->acts->model->config.n_heads;
  p->failure = NULL;
  if (!check_numbers(w, p)) return false;
  w->targets[owner] = hw_arena_znew(w->batch, target_walk, p->n_targets, w->err);
  w->rest[owner] = hw_arena_new(w->batch, double, n, w->err);
  if (!w->targets[owner] || !w->rest[owner]) return false;
  for (size_t t = 0; t < p->n_targets; t++) {
    target_walk *target = &w->targets[owner][t];
    bool **sets[] = {&target->above, &target->middle, &target->below, &target->spoken};
    for (int i = 0; i < 4; i++)
      if (!(*sets[i] = hw_arena_znew(w->batch, bool, n, w->err))) return false;
    target->above[p->targets[t]] = true;
  }
  if (!w->settings->raw) return true;
  hw_raw_importances *raw = &p->raw;
  *raw = (hw_raw_importances){.n_layers = n_layers, .n_tokens = n, .n_heads = n_heads};
  size_t cells;
  if (!hw_size_product(n * n, n_layers * n_heads, &cells)) return hw_fail_memory(w->err, "the raw importances");
  raw->attention = hw_arena_znew(w->arena, double, cells, w->err);
  raw->attention_residual = hw_arena_znew(w->arena, double, n_layers * n, w->err);
  raw->ffn = hw_arena_znew(w->arena, double, n_layers * n, w->err);
  if (!raw->attention || !raw->attention_residual || !raw->ffn) return false;
  if (w->acts->model->config.parallel) return true; /* f and x are parts of the one node */
  raw->ffn_residual = hw_arena_znew(w->arena, double, n_layers * n, w->err);
  return raw->ffn_residual != NULL;
}

typedef enum node_set { ABOVE, MIDDLE, SPOKEN } node_set;

static const bool *set_of(const target_walk *target, node_set which) {
  return which == ABOVE ? target->above : which == MIDDLE ? target->middle : target->spoken;
}

/* The nodes that some target reached (all of them when raw importances are wanted). */
static bool list_nodes(walk *w, node_set which, bool every, hw_node **nodes, size_t *n_nodes) {
  *n_nodes = 0;
  *nodes = hw_arena_new(&w->scratch, hw_node, w->acts->batch.n_rows, w->err);
  if (!*nodes) return false;
  for (size_t owner = 0; owner < w->n_prompts; owner++) {
    const hw_flow_prompt *p = &w->prompts[owner];
    if (p->failure) continue;
    for (uint32_t i = 0; i < n_tokens_of(w, p); i++) {
      bool wanted = every;
      for (size_t t = 0; t < p->n_targets && !wanted; t++) wanted = set_of(&w->targets[owner][t], which)[i];
      if (wanted) (*nodes)[(*n_nodes)++] = (hw_node){.owner = owner, .prompt = p->prompt, .position = i};
    }
  }
  return true;
}

/* Of a node's parts those above the floor, or the largest alone. */
static size_t keep_parts(const walk *w, hw_part *parts, size_t n) {
  size_t kept = 0, largest = 0;
  for (size_t i = 1; i < n; i++)
    if (hw_part_beats(&parts[i], &parts[largest])) largest = i;
  hw_part only = parts[largest];
  for (size_t i = 0; i < n; i++)
    if (hw_part_is_kept(&parts[i], w->settings->floor)) parts[kept++] = parts[i];
  if (kept) return kept;
  parts[0] = only;
  return 1;
}

static bool walk_ffn(walk *w, size_t layer) {
  hw_node *nodes;
  size_t n_nodes;
  if (!list_nodes(w, ABOVE, w->settings->raw, &nodes, &n_nodes)) return false;
  float *proximity = hw_arena_new(&w->scratch, float, 2 * n_nodes, w->err);
  if (!proximity) return false;
  for (size_t n = 0; n < n_nodes; n++) nodes[n].proximity = proximity + 2 * n;
  hw_ffn_proximity(w->acts, layer, nodes, n_nodes);
  for (size_t n = 0; n < n_nodes; n++) {
    hw_flow_prompt *p = &w->prompts[nodes[n].owner];
    uint32_t at = nodes[n].position;
    double importance[2];
    w->rest[nodes[n].owner][at] = nodes[n].rest;
    hw_importances(nodes[n].proximity, 2, importance);
    if (w->settings->raw) {
      p->raw.ffn[layer * p->raw.n_tokens + at] = importance[0];
      p->raw.ffn_residual[layer * p->raw.n_tokens + at] = importance[1];
    }
    hw_part parts[2];
    for (int i = 0; i < 2; i++)
      parts[i] = (hw_part){.importance = hw_micro(importance[i]), .target = at, .source = at, .layer = (uint16_t)layer, .head = HW_NO_HEAD,
                           .kind = i ? HW_PART_FFN_RESIDUAL : HW_PART_FFN};
    size_t kept = keep_parts(w, parts, 2);
    for (size_t t = 0; t < p->n_targets; t++) {
      target_walk *target = &w->targets[nodes[n].owner][t];
      if (!target->above[at]) continue;
      hw_buffer_append(&target->parts, parts, kept * sizeof *parts);
      target->middle[at] = true;
      target->spoken[at] = parts[0].kind == HW_PART_FFN;
    }
  }
  return true;
}

static bool rank_neurons(walk *w, size_t layer) {
  uint32_t k = w->settings->top_neurons;
  if ((int64_t)k > w->acts->model->config.d_ffn) k = (uint32_t)w->acts->model->config.d_ffn;
  hw_node *nodes;
  size_t n_nodes;
  if (k == 0) return true;
  if (!list_nodes(w, SPOKEN, false, &nodes, &n_nodes)) return false;
  for (size_t n = 0; n < n_nodes; n++) nodes[n].rest = w->rest[nodes[n].owner][nodes[n].position];
  hw_neuron_row *rows = hw_arena_new(&w->scratch, hw_neuron_row, n_nodes * k, w->err);
  uint32_t *totals = hw_arena_new(&w->scratch, uint32_t, n_nodes, w->err);
  if (!rows || !totals || !hw_rank_neurons(w->acts, layer, nodes, n_nodes, k, rows, totals, &w->scratch, w->err)) return false;
  for (size_t n = 0; n < n_nodes; n++) {
    hw_neuron_node node = {.layer = (uint16_t)layer, .position = nodes[n].position, .total = totals[n], .n_rows = k};
    for (size_t t = 0; t < w->prompts[nodes[n].owner].n_targets; t++) {
      target_walk *target = &w->targets[nodes[n].owner][t];
      if (!target->spoken[nodes[n].position]) continue;
      hw_buffer_append(&target->neuron_nodes, &node, sizeof node);
      hw_buffer_append(&target->neurons, rows + n * k, k * sizeof *rows);
    }
  }
  return true;
}

static void note_raw_attention(const walk *w, hw_flow_prompt *p, size_t layer, uint32_t at, const double *importance) {
  size_t n_heads = (size_t)w->acts->model->config.n_heads, n = ((size_t)at + 1) * n_heads, tokens = p->raw.n_tokens;
  memcpy(p->raw.attention + (layer * tokens + at) * tokens * n_heads, importance, n * sizeof *importance);
  if (w->acts->model->config.parallel) p->raw.ffn[layer * tokens + at] = importance[n++];
  p->raw.attention_residual[layer * tokens + at] = importance[n];
}

/* What part i of the attention node at a position is: (key, head), then the FFN's in a parallel block, then the residual. */
static hw_part attention_part(const walk *w, size_t layer, uint32_t at, size_t i, double importance) {
  size_t n_heads = (size_t)w->acts->model->config.n_heads, n = ((size_t)at + 1) * n_heads;
  hw_part part = {.importance = hw_micro(importance), .target = at, .source = at, .layer = (uint16_t)layer, .head = HW_NO_HEAD,
                  .kind = HW_PART_ATTENTION_RESIDUAL};
  if (i < n) {
    part.source = (uint32_t)(i / n_heads);
    part.head = (uint16_t)(i % n_heads);
    part.kind = HW_PART_ATTENTION;
  } else if (i == n && w->acts->model->config.parallel) {
    part.kind = HW_PART_FFN;
  }
  return part;
}

/* A kept node goes to the targets that reached it; FFN rows of a parallel block stand before all attention rows of the layer. */
static void pass_on(walk *w, const hw_node *node, const hw_part *parts, size_t n) {
  bool parallel = w->acts->model->config.parallel;
  for (size_t t = 0; t < w->prompts[node->owner].n_targets; t++) {
    target_walk *target = &w->targets[node->owner][t];
    if (!(parallel ? target->above : target->middle)[node->position]) continue;
    for (size_t i = 0; i < n; i++) {
      bool ffn = parts[i].kind == HW_PART_FFN;
      hw_buffer_append(ffn ? &target->parts : &target->attention, &parts[i], sizeof parts[i]);
      if (ffn) target->spoken[node->position] = true;
      target->below[parts[i].source] = true;
    }
  }
}

/* The rows of the layer are complete: attention after all FFN rows. */
static void join_attention(walk *w) {
  for (size_t owner = 0; owner < w->n_prompts; owner++)
    for (size_t t = 0; w->targets[owner] && t < w->prompts[owner].n_targets; t++) {
      target_walk *target = &w->targets[owner][t];
      if (target->attention.length) hw_buffer_append(&target->parts, target->attention.data, target->attention.length);
      target->parts.failed = target->parts.failed || target->attention.failed;
      hw_buffer_reset(&target->attention);
    }
}

/* Attention nodes are measured in blocks with so many proximities, or one by one where a single node has more. */
static size_t block_floats(const hw_flow_settings *settings, size_t all, size_t widest) {
  size_t most = settings->proximity_floats ? settings->proximity_floats : (size_t)HW_PROXIMITY_FLOATS;
  return all < most ? all : most > widest ? most : widest;
}

/* Parts of the attention node at a position, or of the one node of a parallel block. */
static size_t attention_width(const hw_model *model, size_t position) {
  return (position + 1) * (size_t)model->config.n_heads + (model->config.parallel ? 2 : 1);
}

/* What a layer's attention nodes are measured and sorted in. */
typedef struct attention_space {
  hw_attention_space measure;
  float *proximity; /* [floats] */
  size_t floats;
  double *importance; /* [width of the widest node] */
  hw_part *parts;     /* the same */
} attention_space;

static size_t attention_bytes(const hw_model *model, const hw_flow_settings *settings, size_t n_rows, size_t longest) {
  size_t d = (size_t)model->config.d_model, widest = attention_width(model, longest - 1), all = n_rows * attention_width(model, longest / 2);
  return sizeof(float) * (hw_tile_round(n_rows) * d + 2 * longest + block_floats(settings, all, widest)) + widest * (sizeof(double) + sizeof(hw_part)) +
         6 * (size_t)HW_ARENA_OVERHEAD;
}

static bool make_attention_space(walk *w, const hw_node *nodes, size_t n_nodes, attention_space *space) {
  const hw_model *model = w->acts->model;
  size_t longest = 1, all = 0;
  for (size_t n = 0; n < n_nodes; n++) {
    if (nodes[n].position + (size_t)1 > longest) longest = nodes[n].position + (size_t)1;
    all += attention_width(model, nodes[n].position);
  }
  size_t widest = attention_width(model, longest - 1);
  space->floats = block_floats(w->settings, all, widest);
  space->measure.written = hw_arena_new(&w->scratch, float, hw_tile_round(w->acts->batch.n_rows) * (size_t)model->config.d_model, w->err);
  space->measure.weights = hw_arena_new(&w->scratch, float, longest, w->err);
  space->measure.found = hw_arena_new(&w->scratch, float, longest, w->err);
  space->proximity = hw_arena_new(&w->scratch, float, space->floats, w->err);
  space->importance = hw_arena_new(&w->scratch, double, widest, w->err);
  space->parts = hw_arena_new(&w->scratch, hw_part, widest, w->err);
  return space->measure.written && space->measure.weights && space->measure.found && space->proximity && space->importance && space->parts;
}

static void walk_block(walk *w, size_t layer, hw_node *nodes, size_t n_nodes, const attention_space *space) {
  hw_attention_proximity(w->acts, layer, nodes, n_nodes, &space->measure, w->panel);
  for (size_t n = 0; n < n_nodes; n++) {
    hw_flow_prompt *p = &w->prompts[nodes[n].owner];
    uint32_t at = nodes[n].position;
    size_t width = attention_width(w->acts->model, at);
    if (w->acts->model->config.parallel) w->rest[nodes[n].owner][at] = nodes[n].rest;
    hw_importances(nodes[n].proximity, width, space->importance);
    if (w->settings->raw) note_raw_attention(w, p, layer, at, space->importance);
    for (size_t i = 0; i < width; i++) space->parts[i] = attention_part(w, layer, at, i, space->importance[i]);
    pass_on(w, &nodes[n], space->parts, keep_parts(w, space->parts, width));
  }
}

static bool walk_attention(walk *w, size_t layer) {
  hw_node *nodes;
  size_t n_nodes;
  attention_space space;
  if (!list_nodes(w, w->acts->model->config.parallel ? ABOVE : MIDDLE, w->settings->raw, &nodes, &n_nodes)) return false;
  if (!make_attention_space(w, nodes, n_nodes, &space)) return false;
  for (size_t begin = 0, end; begin < n_nodes; begin = end) {
    size_t used = 0, width;
    for (end = begin; end < n_nodes && used + (width = attention_width(w->acts->model, nodes[end].position)) <= space.floats; end++) {
      nodes[end].proximity = space.proximity + used;
      used += width;
    }
    walk_block(w, layer, nodes + begin, end - begin, &space);
  }
  join_attention(w);
  return true;
}

static void descend(walk *w) {
  for (size_t owner = 0; owner < w->n_prompts; owner++) {
    const hw_flow_prompt *p = &w->prompts[owner];
    if (p->failure) continue;
    size_t bytes = n_tokens_of(w, p) * sizeof(bool);
    for (size_t t = 0; t < p->n_targets; t++) {
      target_walk *target = &w->targets[owner][t];
      memcpy(target->above, target->below, bytes);
      memset(target->middle, 0, bytes);
      memset(target->below, 0, bytes);
      memset(target->spoken, 0, bytes);
    }
  }
}

static const void *copy_rows(walk *w, const hw_buffer *rows) {
  void *copy = hw_arena_alloc(w->arena, rows->length, 1, w->err);
  if (copy && rows->length) memcpy(copy, rows->data, rows->length);
  return copy;
}

static bool finish_prompt(walk *w, size_t owner) {
  hw_flow_prompt *p = &w->prompts[owner];
  if (p->failure) return true;
  for (size_t t = 0; t < p->n_targets; t++) {
    target_walk *target = &w->targets[owner][t];
    if (!hw_buffer_check(&target->parts, w->err) || !hw_buffer_check(&target->neuron_nodes, w->err) ||
        !hw_buffer_check(&target->neurons, w->err))
      return false;
    hw_target_trace *trace = &p->traces[t];
    *trace = (hw_target_trace){
        .frame = {.n_layers = (uint32_t)w->acts->model->config.n_layers, .n_tokens = (uint32_t)n_tokens_of(w, p), .target = p->targets[t],
                  .parallel = w->acts->model->config.parallel},
        .n_parts = target->parts.length / sizeof(hw_part),
        .n_neuron_nodes = target->neuron_nodes.length / sizeof(hw_neuron_node),
        .n_neurons = target->neurons.length / sizeof(hw_neuron_row)};
    trace->parts = copy_rows(w, &target->parts);
    trace->neuron_nodes = copy_rows(w, &target->neuron_nodes);
    trace->neurons = copy_rows(w, &target->neurons);
    if (!trace->parts || !trace->neuron_nodes || !trace->neurons) return false;
    if (!hw_graph_replay(&trace->frame, trace->parts, trace->n_parts, w->settings->threshold, w->arena, &trace->graph, w->err)) return false;
  }
  return true;
}

static bool walk_all(walk *w) {
  w->targets = hw_arena_znew(w->batch, target_walk *, w->n_prompts, w->err);
  w->rest = hw_arena_znew(w->batch, double *, w->n_prompts, w->err);
  if (!w->targets || !w->rest) return false;
  for (size_t owner = 0; owner < w->n_prompts; owner++)
    if (!start_prompt(w, owner)) return false;
  for (size_t layer = (size_t)w->acts->model->config.n_layers; layer-- > 0;) {
    bool parallel = w->acts->model->config.parallel;
    if ((!parallel && !walk_ffn(w, layer)) || !walk_attention(w, layer) || !rank_neurons(w, layer)) return false;
    descend(w);
    hw_arena_reset(&w->scratch);
  }
  for (size_t owner = 0; owner < w->n_prompts; owner++)
    if (!finish_prompt(w, owner)) return false;
  return true;
}

size_t hw_flow_bytes(const hw_model *model, const hw_flow_settings *settings, size_t n_rows, size_t longest, size_t n_targets) {
  size_t of_target = sizeof(target_walk) + 4 * (size_t)HW_ARENA_OVERHEAD, of_prompt = sizeof(target_walk *) + sizeof(double *) + 2 * (size_t)HW_ARENA_OVERHEAD;
  size_t kept = n_rows * (of_target + of_prompt + sizeof(double) + 4 * sizeof(bool) * n_targets) + 2 * (size_t)HW_ARENA_OVERHEAD;
  size_t nodes = 3 * (n_rows * sizeof(hw_node) + HW_ARENA_OVERHEAD) + 2 * n_rows * sizeof(float) + HW_ARENA_OVERHEAD;
  size_t neurons = n_rows * (settings->top_neurons * sizeof(hw_neuron_row) + sizeof(uint32_t)) + 2 * (size_t)HW_ARENA_OVERHEAD +
                   hw_rank_neurons_bytes(model, n_rows, settings->top_neurons);
  size_t walked = nodes + attention_bytes(model, settings, n_rows, longest) + (settings->top_neurons ? neurons : 0);
  size_t projected = hw_project_bytes(model, n_rows);
  return kept + (walked > projected ? walked : projected);
}

bool hw_flow_trace(const hw_activations *acts, const hw_flow_settings *settings, hw_flow_prompt *prompts, size_t n_prompts,
                   float *panel, hw_arena *arena, hw_arena *scratch, hw_error *err) {
  walk w = {.acts = acts, .settings = settings, .prompts = prompts, .n_prompts = n_prompts, .panel = panel, .arena = arena, .batch = scratch, .err = err};
  hw_arena_init(&w.scratch);
  bool ok = walk_all(&w);
  for (size_t owner = 0; w.targets && owner < n_prompts; owner++)
    for (size_t t = 0; w.targets[owner] && t < prompts[owner].n_targets; t++) {
      hw_buffer_fini(&w.targets[owner][t].parts);
      hw_buffer_fini(&w.targets[owner][t].attention);
      hw_buffer_fini(&w.targets[owner][t].neuron_nodes);
      hw_buffer_fini(&w.targets[owner][t].neurons);
    }
  hw_arena_fini_inner(&w.scratch, scratch);
  return ok && hw_project_traces(acts, settings, prompts, n_prompts, panel, arena, scratch, err);
}
