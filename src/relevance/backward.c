/* SPDX-License-Identifier: Apache-2.0 */
#include "relevance/backward.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/kernels.h"
#include "tensor/team.h"

bool hw_pass_keeps(const hw_pass *pass, const hw_pass_prompt *prompt, int64_t r) {
  return fabs((double)r) >= prompt->least && fabs((double)r / 1e6 / prompt->whole) > pass->settings->floor; /* a division for few */
}

double hw_pass_relevance(const hw_pass *pass, const float *x, const float *reference, const float *g, size_t n) {
  return hw_difference_dot(x, pass->contrast ? reference : NULL, g, n);
}

void hw_pass_norm(const hw_pass *pass, hw_norm_kind kind, const float *x, const float *reference, const float *gamma, size_t width, const float *g, float *to) {
  float eps = (float)pass->model->config.norm_eps;
  if (pass->contrast)
    hw_norm_secant_pull(kind, x, reference, gamma, eps, g, width, to);
  else
    hw_norm_pull(kind, x, gamma, eps, g, width, to);
}

hw_norm_kind hw_pass_input_norm(const hw_pass *pass) { return pass->model->config.no_input_norm ? HW_NORM_NONE : pass->model->config.norm; }

hw_pass_prompt *hw_pass_prompt_of(const hw_pass *pass, const hw_pass_rows *rows, size_t r, size_t *position) {
  size_t low = 0, high = pass->n_prompts;
  if (rows == &pass->last) {
    *position = pass->prompts[r].n_tokens - 1;
    return &pass->prompts[r];
  }
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    *(pass->prompts[middle].first <= r ? &low : &high) = middle;
  }
  *position = pass->prompts[low].begin + r - pass->prompts[low].first;
  return &pass->prompts[low];
}

/* Row numbers of both sets. */
static bool list_rows(hw_pass *pass, hw_arena *arena) {
  const hw_batch *batch = &pass->acts->batch;
  size_t n = 0;
  for (size_t p = 0; p < pass->n_prompts; p++) {
    pass->prompts[p].first = n;
    n += pass->prompts[p].n_tokens - pass->prompts[p].begin;
  }
  size_t *rows[4];
  for (int i = 0; i < 4; i++)
    if (!(rows[i] = hw_arena_new(arena, size_t, i < 2 ? n : pass->n_prompts, pass->err))) return false;
  for (size_t p = 0; p < pass->n_prompts; p++) {
    const hw_pass_prompt *prompt = &pass->prompts[p];
    for (size_t i = prompt->begin; i < prompt->n_tokens; i++) {
      rows[0][prompt->first + i - prompt->begin] = hw_batch_row(batch, prompt->prompt, i);
      rows[1][prompt->first + i - prompt->begin] = hw_batch_row(batch, prompt->reference, i);
    }
    rows[2][p] = hw_batch_row(batch, prompt->prompt, prompt->n_tokens - 1);
    rows[3][p] = hw_batch_row(batch, prompt->reference, prompt->n_tokens - 1);
  }
  pass->all = (hw_pass_rows){n, rows[0], rows[1]};
  pass->last = (hw_pass_rows){pass->n_prompts, rows[2], rows[3]};
  return true;
}

static bool new_results(const hw_pass *pass, hw_pass_prompt *prompt, hw_arena *arena) {
  const hw_model_config *c = &pass->model->config;
  size_t n_layers = (size_t)c->n_layers, heads = n_layers * (size_t)c->n_heads;
  hw_relevance *out = prompt->out;
  out->heads = hw_arena_znew(arena, double, heads, pass->err);
  out->ffn = hw_arena_znew(arena, double, n_layers, pass->err);
  out->states = hw_arena_znew(arena, double, n_layers * prompt->n_tokens, pass->err);
  if (!out->heads || !out->ffn || !out->states) return false;
  if (!pass->contrast) return true;
  out->value = hw_arena_znew(arena, double, heads, pass->err);
  out->key = hw_arena_znew(arena, double, heads, pass->err);
  out->query = hw_arena_znew(arena, double, heads, pass->err);
  return out->value && out->key && out->query;
}

/* d of METHOD section 7, the co-vector of the state after the last block. */
static void begin_at_the_top(hw_pass *pass) {
  const hw_model_config *c = &pass->model->config;
  size_t d = (size_t)c->d_model;
  const float *y = pass->acts->resid[c->n_layers];
  memset(pass->state, 0, pass->n_prompts * d * sizeof *pass->state);
  for (size_t p = 0; p < pass->n_prompts; p++)
    hw_pass_norm(pass, c->norm, y + pass->last.own[p] * d, y + pass->last.reference[p] * d, pass->model->final_gamma, d, pass->prompts[p].t, pass->state + p * d);
}

static void note_states(const hw_pass *pass, size_t layer) {
  size_t d = (size_t)pass->model->config.d_model;
  const float *x = pass->acts->resid[layer];
  for (size_t p = 0; p < pass->n_prompts; p++) {
    const hw_pass_prompt *prompt = &pass->prompts[p];
    for (size_t i = prompt->begin; i < prompt->n_tokens; i++) {
      size_t r = prompt->first + i - prompt->begin;
      prompt->out->states[layer * prompt->n_tokens + i] = hw_pass_relevance(pass, x + pass->all.own[r] * d, x + pass->all.reference[r] * d, pass->state + r * d, d);
    }
  }
}

static int by_place(const void *a, const void *b) { return hw_relevance_part_compare(a, b); }

static bool take_rows(const hw_pass *pass, hw_pass_prompt *prompt, hw_arena *arena) {
  hw_relevance *out = prompt->out;
  if (!hw_buffer_check(&prompt->parts, pass->err) || !hw_buffer_check(&prompt->neurons, pass->err)) return false;
  out->n_parts = prompt->parts.length / sizeof *out->parts;
  out->n_neurons = prompt->neurons.length / sizeof *out->neurons;
  out->parts = hw_arena_new(arena, hw_relevance_part, out->n_parts, pass->err);
  out->neurons = hw_arena_new(arena, hw_relevance_neuron, out->n_neurons, pass->err);
  if (!out->parts || !out->neurons) return false;
  if (out->n_parts) memcpy(out->parts, prompt->parts.data, prompt->parts.length);
  if (out->n_neurons) memcpy(out->neurons, prompt->neurons.data, prompt->neurons.length);
  qsort(out->parts, out->n_parts, sizeof *out->parts, by_place);
  return true;
}

static bool descend(hw_pass *pass) {
  for (size_t l = (size_t)pass->model->config.n_layers; l-- > 0;) {
    const hw_pass_rows *rows = l + 1 == (size_t)pass->model->config.n_layers ? &pass->last : &pass->all;
    if (!hw_pass_ffn(pass, l, rows)) return false;
    if (rows == &pass->all) pass->span = NULL; /* the FFN was the last one that it serves */
    if (!hw_pass_attention(pass, l, rows)) return false;
    hw_arena_reset(pass->work);
    note_states(pass, l);
  }
  return true;
}

bool hw_pass_run(hw_pass *pass, hw_arena *arena, hw_arena *scratch) {
  size_t d = (size_t)pass->model->config.d_model;
  hw_arena work;
  if (!list_rows(pass, scratch)) return false;
  pass->state = hw_arena_new(scratch, float, pass->all.n * d, pass->err);
  pass->branch = hw_arena_new(scratch, float, pass->all.n * d, pass->err);
  pass->beside = hw_arena_new(scratch, float, pass->model->config.parallel ? pass->all.n * d : 0, pass->err);
  pass->kept = hw_arena_znew(scratch, hw_buffer, hw_team_most(pass->team), pass->err);
  if (!pass->state || !pass->branch || !pass->beside || !pass->kept) return false;
  for (size_t p = 0; p < pass->n_prompts; p++) {
    pass->prompts[p].least = fabs(pass->prompts[p].whole) * 1e6 * pass->settings->floor * (1 - 1e-9); /* rounding takes less */
    if (!new_results(pass, &pass->prompts[p], arena)) return false;
  }
  if (!hw_pass_new_span(pass, scratch)) return false;
  begin_at_the_top(pass);
  hw_arena_init_inner(&work, scratch);
  pass->work = &work;
  bool ok = descend(pass);
  hw_arena_fini_inner(&work, scratch);
  for (size_t p = 0; p < pass->n_prompts && ok; p++) ok = take_rows(pass, &pass->prompts[p], arena);
  for (size_t p = 0; p < pass->n_prompts; p++) {
    hw_buffer_fini(&pass->prompts[p].parts);
    hw_buffer_fini(&pass->prompts[p].neurons);
  }
  for (size_t m = 0; m < hw_team_most(pass->team); m++) hw_buffer_fini(&pass->kept[m]);
  return ok;
}

/* A second pass has lists of its own, and works where the first one did. */
size_t hw_pass_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t n_rows, size_t longest, size_t n_members) {
  size_t n_passes = (size_t)settings->answer + settings->contrast;
  size_t lists = n_members * sizeof(hw_buffer) + n_rows * (4 * sizeof(size_t) + sizeof(hw_pass_prompt) + 3 * (size_t)model->config.d_model * sizeof(float)) + 9 * (size_t)HW_ARENA_OVERHEAD;
  if (n_passes == 0) return 0;
  size_t span = settings->answer ? hw_pass_span_bytes(model, n_rows) : 0;
  return n_passes * lists + span + hw_pass_ffn_bytes(model, settings, n_rows) + hw_pass_attention_bytes(model, n_rows, longest) + hw_pass_heads_bytes(model, longest, n_members);
}
