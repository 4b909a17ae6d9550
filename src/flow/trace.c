/* SPDX-License-Identifier: Apache-2.0
 * The walk of METHOD section 3, layer by layer from the top for all prompts of a batch at once. Importances do not depend on the
 * target, so a node that several targets reach is evaluated once; each target keeps its own rows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "flow/nodes.h"
#include "flow/signs.h"
#include "headwater/buffer.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

/* What a walk can reach at a position of a layer: a residual state (hw_state), or the FFN, whose neurons are then wanted. */
enum { REACHED_FFN = HW_N_STATES, N_REACHED };

typedef struct target_walk {
  bool *reached[N_REACHED]; /* [n_tokens] */
  hw_buffer parts, attention, neuron_nodes, neurons; /* attention: rows of the layer at work */
} target_walk;

typedef struct walk {
  const hw_activations *acts;
  const hw_flow_settings *settings;
  hw_flow_prompt *prompts;
  size_t n_prompts;
  target_walk **targets; /* [n_prompts][n_targets] */
  hw_graph_frame frame;  /* of the model: no tokens, no target */
  double **non_ffn_sum;  /* [n_prompts][n_tokens] hw_node.non_ffn_sum of the layer's nodes with an FFN part */
  size_t *unsound;       /* [rows] the first layer whose states there are no finite numbers; n_layers + 1: none */
  hw_buffer *kept;       /* [members of the team] hw_part of the nodes at work */
  const hw_team *team;
  hw_arena *arena; /* of the results */
  hw_arena *batch; /* of the batch: what the walk keeps from layer to layer */
  hw_arena scratch; /* of a layer */
  hw_error *err;
} walk;

static hw_graph_frame frame_of(const hw_model *model) {
  return (hw_graph_frame){.n_layers = (uint32_t)model->config.n_layers, .parallel = model->config.parallel};
}

static size_t n_tokens_of(const walk *w, const hw_flow_prompt *p) {
  return hw_batch_tokens(&w->acts->batch, p->prompt);
}

/* Sums of absolute values of larger numbers may overflow. */
static const float largest_magnitude = 1e30f;

static void check_some_rows(void *context, size_t begin, size_t end, const hw_member *member) {
  const walk *w = context;
  size_t d = (size_t)w->acts->model->config.d_model, n_layers = (size_t)w->acts->model->config.n_layers;
  (void)member;
  for (size_t r = begin; r < end; r++) {
    size_t l = 0;
    while (l <= n_layers && hw_all_below(w->acts->resid[l] + r * d, d, largest_magnitude) &&
           (l == n_layers || hw_all_below(w->acts->mid[l] + r * d, d, largest_magnitude)))
      l++;
    w->unsound[r] = l;
  }
}

static bool check_rows(walk *w) {
  enum { LEAST = 1 << 16 }; /* numbers of a part */
  const hw_model_config *c = &w->acts->model->config;
  size_t n = w->acts->batch.n_rows;
  w->unsound = hw_arena_new(w->batch, size_t, n, w->err);
  if (w->unsound) hw_divide(w->team, n, LEAST / (size_t)(2 * c->n_layers * c->d_model) + 1, check_some_rows, w);
  return w->unsound != NULL;
}

static bool check_numbers(walk *w, hw_flow_prompt *p) {
  size_t n_layers = (size_t)w->acts->model->config.n_layers, l = n_layers + 1;
  for (size_t i = 0; i < n_tokens_of(w, p); i++) {
    size_t of_row = w->unsound[hw_batch_row(&w->acts->batch, p->prompt, i)];
    if (of_row < l) l = of_row;
  }
  if (l > n_layers) return true;
  char text[96];
  int length = snprintf(text, sizeof text, "an activation at layer %zu is not a finite number", l < n_layers ? l : n_layers - 1);
  p->failure = hw_arena_copy(w->arena, text, (size_t)length, w->err);
  return p->failure != NULL;
}

static bool start_prompt(walk *w, size_t owner) {
  hw_flow_prompt *p = &w->prompts[owner];
  size_t n = n_tokens_of(w, p), n_layers = (size_t)w->acts->model->config.n_layers, n_heads = (size_t)w->acts->model->config.n_heads;
  p->failure = NULL;
  if (!check_numbers(w, p)) return false;
  w->targets[owner] = hw_arena_znew(w->batch, target_walk, p->n_targets, w->err);
  w->non_ffn_sum[owner] = hw_arena_new(w->batch, double, n, w->err);
  if (!w->targets[owner] || !w->non_ffn_sum[owner]) return false;
  for (size_t t = 0; t < p->n_targets; t++) {
    target_walk *target = &w->targets[owner][t];
    for (int set = 0; set < N_REACHED; set++)
      if (!(target->reached[set] = hw_arena_znew(w->batch, bool, n, w->err))) return false;
    target->reached[HW_STATE_POST][p->targets[t]] = true;
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
  if (!hw_graph_node_of(&w->frame, HW_PART_FFN_RESIDUAL)) return true;
  raw->ffn_residual = hw_arena_znew(w->arena, double, n_layers * n, w->err);
  return raw->ffn_residual != NULL;
}

/* A position of a prompt that some target reached, and its node: prompts that share rows share the nodes there. */
typedef struct place {
  size_t owner, node;
  uint32_t position;
} place;

typedef struct node_list {
  size_t n_nodes, n_places;
  hw_node *nodes;
  place *places; /* prompt by prompt, by position */
} node_list;

static bool is_wanted(const walk *w, size_t owner, int reached, uint32_t i) {
  for (size_t t = 0; t < w->prompts[owner].n_targets; t++)
    if (w->targets[owner][t].reached[reached][i]) return true;
  return false;
}

/* The nodes that some target reached; all of them, each prompt's own, when raw importances are wanted. */
static bool list_nodes(walk *w, int reached, bool every, node_list *list) {
  const hw_batch *batch = &w->acts->batch;
  bool shares = batch->rows && !every;
  size_t n_tokens = batch->first[batch->n_prompts], *node_of_row = hw_arena_znew(&w->scratch, size_t, shares ? batch->n_rows : 0, w->err);
  *list = (node_list){.nodes = hw_arena_new(&w->scratch, hw_node, shares ? batch->n_rows : n_tokens, w->err),
                      .places = hw_arena_new(&w->scratch, place, n_tokens, w->err)};
  if (!node_of_row || !list->nodes || !list->places) return false;
  for (size_t owner = 0; owner < w->n_prompts; owner++) {
    const hw_flow_prompt *p = &w->prompts[owner];
    if (p->failure) continue;
    for (uint32_t i = 0; i < n_tokens_of(w, p); i++) {
      if (!every && !is_wanted(w, owner, reached, i)) continue;
      size_t row = hw_batch_row(batch, p->prompt, i), node = shares && node_of_row[row] ? node_of_row[row] - 1 : list->n_nodes;
      if (node == list->n_nodes) list->nodes[list->n_nodes++] = (hw_node){.owner = owner, .prompt = p->prompt, .position = i};
      if (shares) node_of_row[row] = node + 1;
      list->places[list->n_places++] = (place){.owner = owner, .node = node, .position = i};
    }
  }
  return true;
}

/* Keeps the parts above the floor, or the largest one when none is above. Returns their number. */
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

static bool rank_neurons(walk *w, size_t layer) {
  uint32_t k = w->settings->top_neurons;
  if (k > hw_active_neurons(&w->acts->model->config)) k = (uint32_t)hw_active_neurons(&w->acts->model->config);
  node_list list;
  if (k == 0) return true;
  if (!list_nodes(w, REACHED_FFN, false, &list)) return false;
  for (size_t n = 0; n < list.n_nodes; n++) list.nodes[n].non_ffn_sum = w->non_ffn_sum[list.nodes[n].owner][list.nodes[n].position];
  hw_neuron_row *rows = hw_arena_new(&w->scratch, hw_neuron_row, list.n_nodes * k, w->err);
  uint32_t *totals = hw_arena_new(&w->scratch, uint32_t, list.n_nodes, w->err);
  if (!rows || !totals || !hw_rank_neurons(w->acts, layer, list.nodes, list.n_nodes, k, rows, totals, w->team, &w->scratch, w->err)) return false;
  for (size_t i = 0; i < list.n_places; i++) {
    const place *at = &list.places[i];
    hw_neuron_node node = {.layer = (uint16_t)layer, .position = at->position, .total = totals[at->node], .n_rows = k};
    for (size_t t = 0; t < w->prompts[at->owner].n_targets; t++) {
      target_walk *target = &w->targets[at->owner][t];
      if (!target->reached[REACHED_FFN][at->position]) continue;
      hw_buffer_append(&target->neuron_nodes, &node, sizeof node);
      hw_buffer_append(&target->neurons, rows + at->node * k, k * sizeof *rows);
    }
  }
  return true;
}

static void note_raw(const walk *w, hw_flow_prompt *p, const hw_layer_node *kind, size_t layer, uint32_t at, const double *importance) {
  size_t n_heads = (size_t)w->acts->model->config.n_heads, tokens = p->raw.n_tokens, row = layer * tokens + at;
  double *of_kind[] = {p->raw.attention, p->raw.attention_residual, p->raw.ffn, p->raw.ffn_residual};
  for (size_t i = 0; i < kind->n_parts; i++) {
    bool attention = kind->parts[i] == HW_PART_ATTENTION;
    size_t n = attention ? ((size_t)at + 1) * n_heads : 1;
    memcpy(of_kind[kind->parts[i]] + (attention ? row * tokens * n_heads : row), importance, n * sizeof *importance);
    importance += n;
  }
}

/* The parts of a node, in the order of the importances. */
static void list_parts(const walk *w, const hw_layer_node *kind, size_t layer, uint32_t at, const double *importance, hw_part *parts) {
  uint32_t n_heads = (uint32_t)w->acts->model->config.n_heads;
  for (size_t i = 0; i < kind->n_parts; i++) {
    bool attention = kind->parts[i] == HW_PART_ATTENTION;
    for (uint32_t k = 0, n = attention ? (at + 1) * n_heads : 1; k < n; k++)
      *parts++ = (hw_part){.importance = hw_micro(*importance++), .target = at, .source = attention ? k / n_heads : at,
                           .layer = (uint16_t)layer, .head = (uint16_t)(attention ? k % n_heads : HW_NO_HEAD), .kind = kind->parts[i]};
  }
}

/* A node's kept parts go to the targets that reached it. Rows of a layer are stored FFN rows first, so attention rows wait. */
static void pass_on(walk *w, const hw_layer_node *kind, const place *at, const hw_part *parts, size_t n) {
  for (size_t t = 0; t < w->prompts[at->owner].n_targets; t++) {
    target_walk *target = &w->targets[at->owner][t];
    if (!target->reached[kind->whole][at->position]) continue;
    for (size_t i = 0; i < n; i++) {
      hw_buffer_append(hw_part_in_ffn_rows(&parts[i]) ? &target->parts : &target->attention, &parts[i], sizeof parts[i]);
      if (parts[i].kind == HW_PART_FFN) target->reached[REACHED_FFN][at->position] = true;
      target->reached[kind->below][parts[i].source] = true;
    }
  }
}

/* Appends the attention rows of a layer after all its FFN rows. */
static void join_attention(walk *w) {
  for (size_t owner = 0; owner < w->n_prompts; owner++)
    for (size_t t = 0; w->targets[owner] && t < w->prompts[owner].n_targets; t++) {
      target_walk *target = &w->targets[owner][t];
      if (target->attention.length) hw_buffer_append(&target->parts, target->attention.data, target->attention.length);
      target->parts.failed = target->parts.failed || target->attention.failed;
      hw_buffer_reset(&target->attention);
    }
}

/* Nodes are measured in blocks with so many proximities, or one by one where a single node has more. */
static size_t block_floats(const hw_flow_settings *settings, size_t all, size_t widest) {
  size_t most = settings->proximity_floats ? settings->proximity_floats : (size_t)HW_PROXIMITY_FLOATS;
  return all < most ? all : most > widest ? most : widest;
}

/* What a layer's nodes of one kind are measured and sorted in. */
typedef struct node_space {
  hw_proximity_space measure;
  float *proximity; /* [floats] */
  size_t floats, widest;
  double *importance; /* [members of the team][widest] */
  hw_part *parts;     /* the same */
} node_space;

static size_t head_output_floats(const hw_model *model, const hw_layer_node *kind, size_t n_rows) {
  return hw_layer_node_has(kind, HW_PART_ATTENTION) ? n_rows * (size_t)model->config.d_model : 0;
}

static size_t node_bytes(const hw_model *model, const hw_flow_settings *settings, const hw_layer_node *kind, size_t n_rows, bool shared, size_t longest,
                         size_t n_members) {
  size_t widest = hw_node_width(model, kind, longest - 1), all = n_rows * hw_node_width(model, kind, shared ? longest - 1 : longest / 2);
  return sizeof(float) * (head_output_floats(model, kind, n_rows) + hw_head_signs_floats(model) +
                          n_members * (2 * longest + hw_sign_floats(model, longest)) + block_floats(settings, all, widest)) +
         n_rows * sizeof(bool) + n_members * widest * (sizeof(double) + sizeof(hw_part)) + 9 * (size_t)HW_ARENA_OVERHEAD;
}

static bool make_space(walk *w, const hw_layer_node *kind, const hw_node *nodes, size_t n_nodes, node_space *space) {
  const hw_model *model = w->acts->model;
  size_t longest = 1, all = 0, members = hw_team_most(w->team);
  for (size_t n = 0; n < n_nodes; n++) {
    if (nodes[n].position + (size_t)1 > longest) longest = nodes[n].position + (size_t)1;
    all += hw_node_width(model, kind, nodes[n].position);
  }
  space->widest = hw_node_width(model, kind, longest - 1);
  space->floats = block_floats(w->settings, all, space->widest);
  space->measure.longest = longest;
  space->measure.head_output = hw_arena_new(&w->scratch, float, head_output_floats(model, kind, w->acts->batch.n_rows), w->err);
  space->measure.weights = hw_arena_new(&w->scratch, float, members * longest, w->err);
  space->measure.of_one_head = hw_arena_new(&w->scratch, float, members * longest, w->err);
  space->measure.marked = hw_arena_new(&w->scratch, bool, w->acts->batch.n_rows, w->err);
  space->measure.head_signs = hw_arena_new(&w->scratch, float, hw_head_signs_floats(model), w->err);
  space->measure.signs = hw_arena_new(&w->scratch, float, members * hw_sign_floats(model, longest), w->err);
  space->proximity = hw_arena_new(&w->scratch, float, space->floats, w->err);
  space->importance = hw_arena_new(&w->scratch, double, members * space->widest, w->err);
  space->parts = hw_arena_new(&w->scratch, hw_part, members * space->widest, w->err);
  return space->measure.head_output && space->measure.marked && space->measure.head_signs && space->measure.signs &&
         space->measure.weights && space->measure.of_one_head && space->proximity && space->importance && space->parts;
}

typedef struct node_block {
  const walk *w;
  size_t layer;
  const hw_layer_node *kind;
  hw_node *nodes;
  const node_space *space;
} node_block;

/* Kept parts of nodes go to the buffer of the member that finds them. */
static void keep_of_nodes(void *context, size_t begin, size_t end, const hw_member *member) {
  const node_block *b = context;
  const walk *w = b->w;
  double *importance = b->space->importance + member->place * b->space->widest;
  hw_part *parts = b->space->parts + member->place * b->space->widest;
  hw_buffer *kept = &w->kept[member->place];
  for (size_t n = begin; n < end; n++) {
    hw_node *node = &b->nodes[n];
    size_t width = hw_node_width(w->acts->model, b->kind, node->position);
    hw_importances(node->proximity, width, importance);
    if (w->settings->raw) note_raw(w, &w->prompts[node->owner], b->kind, b->layer, node->position, importance);
    list_parts(w, b->kind, b->layer, node->position, importance, parts);
    node->kept_by = member->place;
    node->first_part = kept->length / sizeof(hw_part);
    node->n_parts = keep_parts(w, parts, width);
    hw_buffer_append(kept, parts, node->n_parts * sizeof(hw_part));
  }
}

/* Measures nodes and keeps their parts. */
static void measure_block(walk *w, size_t layer, const hw_layer_node *kind, hw_node *nodes, size_t n_nodes, const node_space *space) {
  enum { LEAST = 1 << 12 }; /* parts that a member of the team takes at once */
  node_block block = {.w = w, .layer = layer, .kind = kind, .nodes = nodes, .space = space};
  hw_node_proximity(w->acts, layer, kind, nodes, n_nodes, &space->measure, w->team);
  hw_divide(w->team, n_nodes, LEAST / space->widest + 1, keep_of_nodes, &block);
}

/* The end of the block of nodes that begins at `begin`, with places for their proximities. */
static size_t next_block(const walk *w, const hw_layer_node *kind, const node_space *space, hw_node *nodes, size_t begin, size_t n_nodes) {
  size_t used = 0, width, end = begin;
  for (; end < n_nodes && used + (width = hw_node_width(w->acts->model, kind, nodes[end].position)) <= space->floats; end++) {
    nodes[end].proximity = space->proximity + used;
    used += width;
  }
  return end;
}

static bool walk_nodes(walk *w, size_t layer, const hw_layer_node *kind) {
  node_list list;
  node_space space;
  if (!list_nodes(w, (int)kind->whole, w->settings->raw, &list)) return false;
  if (!make_space(w, kind, list.nodes, list.n_nodes, &space)) return false;
  for (size_t m = 0; m < hw_team_most(w->team); m++) hw_buffer_reset(&w->kept[m]);
  for (size_t begin = 0, end; begin < list.n_nodes; begin = end) {
    end = next_block(w, kind, &space, list.nodes, begin, list.n_nodes);
    measure_block(w, layer, kind, list.nodes + begin, end - begin, &space);
  }
  for (size_t m = 0; m < hw_team_most(w->team); m++)
    if (!hw_buffer_check(&w->kept[m], w->err)) return false;
  for (size_t i = 0; i < list.n_places; i++) {
    const place *at = &list.places[i];
    const hw_node *node = &list.nodes[at->node];
    if (hw_layer_node_has(kind, HW_PART_FFN)) w->non_ffn_sum[at->owner][at->position] = node->non_ffn_sum;
    pass_on(w, kind, at, (const hw_part *)(const void *)w->kept[node->kept_by].data + node->first_part, node->n_parts);
  }
  return true;
}

static bool walk_layer(walk *w, size_t layer) {
  const hw_layer_nodes *kinds = hw_graph_layer_nodes(&w->frame);
  for (size_t i = 0; i < kinds->n; i++)
    if (!walk_nodes(w, layer, &kinds->nodes[i])) return false;
  join_attention(w);
  double *seconds = w->settings->neuron_seconds, start = seconds ? hw_clock_seconds() : 0;
  bool ok = rank_neurons(w, layer);
  if (seconds) *seconds += hw_clock_seconds() - start;
  return ok;
}

static void descend(walk *w) {
  for (size_t owner = 0; owner < w->n_prompts; owner++) {
    const hw_flow_prompt *p = &w->prompts[owner];
    if (p->failure) continue;
    size_t bytes = n_tokens_of(w, p) * sizeof(bool);
    for (size_t t = 0; t < p->n_targets; t++) {
      target_walk *target = &w->targets[owner][t];
      memcpy(target->reached[HW_STATE_POST], target->reached[HW_STATE_PRE], bytes);
      for (int set = HW_STATE_MID; set < N_REACHED; set++) memset(target->reached[set], 0, bytes);
    }
  }
}

static void target_fini(target_walk *target) {
  hw_buffer_fini(&target->parts);
  hw_buffer_fini(&target->attention);
  hw_buffer_fini(&target->neuron_nodes);
  hw_buffer_fini(&target->neurons);
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
        .frame = w->frame,
        .n_parts = target->parts.length / sizeof(hw_part),
        .n_neuron_nodes = target->neuron_nodes.length / sizeof(hw_neuron_node),
        .n_neurons = target->neurons.length / sizeof(hw_neuron_row)};
    trace->frame.n_tokens = (uint32_t)n_tokens_of(w, p);
    trace->frame.target = p->targets[t];
    trace->parts = copy_rows(w, &target->parts);
    trace->neuron_nodes = copy_rows(w, &target->neuron_nodes);
    trace->neurons = copy_rows(w, &target->neurons);
    if (!trace->parts || !trace->neuron_nodes || !trace->neurons) return false;
    hw_arena_reset(&w->scratch);
    if (!hw_graph_replay(&trace->frame, trace->parts, trace->n_parts, w->settings->threshold, w->arena, &w->scratch, &trace->graph, w->err))
      return false;
    target_fini(target);
  }
  return true;
}

static bool walk_all(walk *w) {
  w->targets = hw_arena_znew(w->batch, target_walk *, w->n_prompts, w->err);
  w->non_ffn_sum = hw_arena_znew(w->batch, double *, w->n_prompts, w->err);
  w->kept = hw_arena_znew(w->batch, hw_buffer, hw_team_most(w->team), w->err);
  if (!w->targets || !w->non_ffn_sum || !w->kept || !check_rows(w)) return false;
  for (size_t owner = 0; owner < w->n_prompts; owner++)
    if (!start_prompt(w, owner)) return false;
  for (size_t layer = (size_t)w->acts->model->config.n_layers; layer-- > 0;) {
    if (!walk_layer(w, layer)) return false;
    descend(w);
    hw_arena_reset(&w->scratch);
  }
  for (size_t owner = 0; owner < w->n_prompts; owner++)
    if (!finish_prompt(w, owner)) return false;
  return true;
}

size_t hw_flow_bytes(const hw_model *model, const hw_flow_settings *settings, size_t n_rows, size_t n_tokens, size_t longest, size_t n_targets,
                     size_t n_members) {
  size_t of_target = sizeof(target_walk) + N_REACHED * (size_t)HW_ARENA_OVERHEAD, of_prompt = sizeof(target_walk *) + sizeof(double *) + 2 * (size_t)HW_ARENA_OVERHEAD;
  size_t kept = n_rows * (of_target + of_prompt + sizeof(size_t)) + n_tokens * (sizeof(double) + N_REACHED * sizeof(bool) * n_targets) + n_members * sizeof(hw_buffer) +
                4 * (size_t)HW_ARENA_OVERHEAD;
  const hw_graph_frame frame = frame_of(model);
  const hw_layer_nodes *kinds = hw_graph_layer_nodes(&frame);
  size_t listed = n_rows * (sizeof(hw_node) + sizeof(size_t)) + n_tokens * sizeof(place) + 3 * (size_t)HW_ARENA_OVERHEAD, nodes = listed; /* whose neurons are ranked */
  for (size_t i = 0; i < kinds->n; i++) nodes += listed + node_bytes(model, settings, &kinds->nodes[i], n_rows, n_tokens > n_rows, longest, n_members);
  size_t neurons = n_rows * (settings->top_neurons * sizeof(hw_neuron_row) + sizeof(uint32_t)) + 2 * (size_t)HW_ARENA_OVERHEAD +
                   hw_rank_neurons_bytes(model, n_rows, settings->top_neurons, n_members);
  size_t walked = nodes + (settings->top_neurons ? neurons : 0), replay = hw_graph_replay_bytes(frame.n_layers, (size_t)model->config.n_heads, longest, 0);
  size_t projected = hw_project_bytes(model, n_rows) + 2 * replay; /* the work space of the graph that is searched for heads, and the graph */
  if (walked < replay) walked = replay;
  return kept + (walked > projected ? walked : projected);
}

size_t hw_flow_graph_bytes(const hw_model *model, const hw_flow_settings *settings, size_t n_tokens) {
  enum { LAYER_ROWS = 8192 }; /* bytes of a layer's edges and neurons at a floor of 0.01, measured with the models of the project */
  return sizeof(hw_target_trace) + n_tokens * sizeof(double) + hw_projected_bytes(model, settings) + LAYER_ROWS * (size_t)model->config.n_layers;
}

bool hw_flow_trace(const hw_activations *acts, const hw_flow_settings *settings, hw_flow_prompt *prompts, size_t n_prompts,
                   const hw_team *team, hw_arena *arena, hw_arena *scratch, hw_error *err) {
  walk w = {.acts = acts, .frame = frame_of(acts->model), .settings = settings, .prompts = prompts, .n_prompts = n_prompts, .team = team, .arena = arena, .batch = scratch, .err = err};
  hw_arena_init_inner(&w.scratch, scratch);
  bool ok = walk_all(&w);
  for (size_t owner = 0; w.targets && owner < n_prompts; owner++)
    for (size_t t = 0; w.targets[owner] && t < prompts[owner].n_targets; t++)
      target_fini(&w.targets[owner][t]);
  for (size_t m = 0; w.kept && m < hw_team_most(team); m++) hw_buffer_fini(&w.kept[m]);
  hw_arena_fini_inner(&w.scratch, scratch);
  return ok && hw_project_traces(acts, settings, prompts, n_prompts, team, arena, scratch, err);
}

static bool measure_head(walk *w, size_t prompt, size_t layer, size_t head, float *weights, double *contributions) {
  const hw_activations *acts = w->acts;
  const hw_layer_node *kind = hw_graph_node_of(&w->frame, HW_PART_ATTENTION);
  size_t n = hw_batch_tokens(&acts->batch, prompt), n_heads = (size_t)acts->model->config.n_heads;
  node_space space;
  hw_node *nodes = hw_arena_new(&w->scratch, hw_node, n, w->err);
  if (!nodes) return false;
  for (size_t i = 0; i < n; i++) nodes[i] = (hw_node){.prompt = prompt, .position = (uint32_t)i};
  if (!make_space(w, kind, nodes, n, &space)) return false;
  for (size_t begin = 0, end; begin < n; begin = end) {
    end = next_block(w, kind, &space, nodes, begin, n);
    hw_node_proximity(acts, layer, kind, nodes + begin, end - begin, &space.measure, w->team);
    for (size_t i = begin; i < end; i++) {
      hw_importances(nodes[i].proximity, hw_node_width(acts->model, kind, i), space.importance);
      for (size_t j = 0; j <= i; j++) contributions[i * (i + 1) / 2 + j] = space.importance[j * n_heads + head];
    }
  }
  for (size_t i = 0; i < n; i++) hw_attention_weights(acts, layer, head, prompt, i, weights + i * (i + 1) / 2);
  return true;
}

bool hw_flow_attention(const hw_activations *acts, size_t prompt, size_t layer, size_t head, float *weights, double *contributions,
                       const hw_team *team, hw_error *err) {
  const hw_flow_settings settings = {0};
  walk w = {.acts = acts, .frame = frame_of(acts->model), .settings = &settings, .team = team, .err = err};
  hw_arena_init(&w.scratch);
  bool ok = measure_head(&w, prompt, layer, head, weights, contributions);
  hw_arena_fini(&w.scratch);
  return ok;
}
