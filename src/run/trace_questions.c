/* SPDX-License-Identifier: Apache-2.0
 * Questions to a trace, answered from its activations. */
#include <string.h>

#include "headwater/trace.h"
#include "run/trace_team.h"

enum { MOST_TOKENS = 1000 }; /* of a list, as the option --top-tokens */

static bool is_below(const char *what, size_t value, size_t limit, hw_error *err) {
  return value < limit || hw_fail(err, HW_ERROR_INPUT, "%s is %zu, the trace has %s 0 to %zu", what, value, what, limit - 1);
}

static bool is_count(uint32_t k, hw_error *err) {
  return (k > 0 && k <= MOST_TOKENS) || hw_fail(err, HW_ERROR_INPUT, "%u tokens are asked for, want 1 to %d", k, MOST_TOKENS);
}

bool hw_trace_has_place(const hw_trace *trace, size_t layer, size_t position, hw_error *err) {
  return is_below("layer", layer, (size_t)trace->worker.model->config.n_layers, err) &&
         is_below("position", position, trace->prompt.n_tokens, err);
}

static bool is_state(hw_state state, hw_error *err) {
  return state == HW_STATE_MID || state == HW_STATE_POST ||
         hw_fail(err, HW_ERROR_INPUT, "state is %d, want %d (after the layer) or %d (after its attention)", (int)state, HW_STATE_POST, HW_STATE_MID);
}

static bool has_mid_state(const hw_trace *trace, hw_error *err) {
  return !trace->worker.model->config.parallel ||
         hw_fail(err, HW_ERROR_INPUT, "attention and FFN of this model are parallel: there is no state between them");
}

/* The layer has the component. */
static bool is_component(const hw_trace *trace, hw_component_kind kind, size_t index, hw_error *err) {
  const hw_model_config *config = &trace->worker.model->config;
  if (config->d_ffn == 0 && (kind == HW_COMPONENT_FFN || kind == HW_COMPONENT_NEURON))
    return hw_fail(err, HW_ERROR_INPUT, "this model has no FFN");
  switch (kind) {
    case HW_COMPONENT_HEAD: return is_below("head", index, (size_t)config->n_heads, err);
    case HW_COMPONENT_NEURON: return is_below("neuron", index, (size_t)config->d_ffn, err);
    case HW_COMPONENT_RESID_MID: return has_mid_state(trace, err);
    case HW_COMPONENT_ATTENTION:
    case HW_COMPONENT_FFN:
    case HW_COMPONENT_RESID_POST: return true;
  }
  return hw_fail(err, HW_ERROR_INPUT, "component kind is %d, want 0 to %d", (int)kind, (int)(sizeof hw_component_kind_names / sizeof *hw_component_kind_names) - 1);
}

bool hw_trace_list(hw_trace *trace, size_t t, hw_component_kind kind, size_t layer, size_t position, size_t index, uint32_t k,
                   hw_arena *arena, hw_projection rows[2], size_t *n, hw_error *err) {
  hw_worker *w = &trace->worker;
  if (!is_below("target", t, trace->prompt.n_targets, err) || !hw_trace_has_place(trace, layer, position, err) || !is_component(trace, kind, index, err) ||
      !is_count(k, err))
    return false;
  *n = kind == HW_COMPONENT_NEURON ? 1 : 2;
  rows[0] = (hw_projection){.kind = (uint8_t)kind, .layer = (uint16_t)layer, .position = (uint32_t)position, .index = (uint32_t)index};
  hw_trace_gather(trace);
  bool ok = kind == HW_COMPONENT_NEURON ? hw_project_neurons(w->model, rows, 1, k, &w->team, arena, err)
                                        : hw_project_component(&w->acts, 0, trace->prompt.targets[t], k, rows, &w->team, arena, err);
  hw_trace_part(trace);
  return ok;
}

bool hw_trace_lens(hw_trace *trace, size_t layer, hw_state after, size_t position, uint32_t k, hw_arena *arena, hw_lens_token **tokens,
                   size_t *n, hw_error *err) {
  const hw_worker *w = &trace->worker;
  const hw_model_config *config = &w->model->config;
  bool mid = after == HW_STATE_MID;
  if (!hw_trace_has_place(trace, layer, position, err) || !is_count(k, err) || !is_state(after, err) || (mid && !has_mid_state(trace, err))) return false;
  if ((int64_t)k > config->vocab_out) k = (uint32_t)config->vocab_out;
  int32_t *ids = hw_arena_new(arena, int32_t, k, err);
  float *logits = hw_arena_new(arena, float, k, err), *probabilities = hw_arena_new(arena, float, k, err);
  hw_token_score *before = hw_arena_znew(arena, hw_token_score, k, err);
  *tokens = hw_arena_new(arena, hw_lens_token, k, err);
  if (!ids || !logits || !probabilities || !before || !*tokens) return false;
  uint32_t above = (uint32_t)config->n_layers - 1 - (uint32_t)layer;
  const hw_next_token state = {.row = position, .skip = above, .mid = mid, .k = k, .ids = ids, .logits = logits, .probabilities = probabilities};
  bool behind_attention = !mid && !config->parallel; /* the state before it is the one between the blocks */
  const hw_next_token below = {.row = position, .skip = above + !behind_attention, .mid = behind_attention, .scores = before, .n_scores = k};
  hw_trace_gather(trace);
  bool ok = hw_next_tokens(&w->acts, &state, 1, &w->team, arena, err);
  for (uint32_t i = 0; ok && i < k; i++) before[i].id = ids[i];
  ok = ok && hw_next_tokens(&w->acts, &below, 1, &w->team, arena, err);
  hw_trace_part(trace);
  if (!ok) return false;
  for (uint32_t i = 0; i < k; i++)
    (*tokens)[i] = (hw_lens_token){.id = ids[i], .logit = logits[i], .probability = probabilities[i], .rank_before = before[i].rank};
  *n = k;
  return true;
}

bool hw_trace_attention(hw_trace *trace, size_t layer, size_t head, hw_arena *arena, const float **weights, const double **contributions,
                        hw_error *err) {
  const hw_worker *w = &trace->worker;
  if (!hw_trace_has_place(trace, layer, 0, err) || !is_component(trace, HW_COMPONENT_HEAD, head, err)) return false;
  size_t n = trace->prompt.n_tokens * (trace->prompt.n_tokens + 1) / 2;
  float *found = hw_arena_new(arena, float, n, err);
  double *shares = hw_arena_new(arena, double, n, err);
  if (!found || !shares) return false;
  hw_trace_gather(trace);
  bool ok = hw_flow_attention(&w->acts, 0, layer, head, found, shares, &w->team, err);
  hw_trace_part(trace);
  if (!ok) return false;
  *weights = found;
  *contributions = shares;
  return true;
}
