/* SPDX-License-Identifier: Apache-2.0
 * Passes of several ablations of one prompt as prompts of one batch. */
#include <math.h>
#include <string.h>

#include "base/real.h"
#include "engine/heads.h"
#include "engine/log_sum_exp.h"
#include "headwater/ablation.h"
#include "tensor/kernels.h"

enum { ROWS_TOGETHER = 512, PASSES_TOGETHER = 64 };

/* Passes of one batch. */
typedef struct ablating {
  const hw_ablated_prompt *asked;
  const hw_model *model;
  hw_ablation *passes;
  size_t n, n_tokens, first_layer;
  float **mixes;                  /* [n_layers] of [n_tokens, n_heads * d_head] of the counterfactual, or NULL without one */
  float *weights, *base_weights;  /* [n_tokens] */
  const float *logits;            /* [vocab_out] of the model itself */
  double log_z;
  const hw_team *team;
  hw_arena *arena;
  hw_error *err;
} ablating;

static size_t row_of_own(const ablating *w, size_t position) { return hw_batch_row(&w->asked->acts->batch, w->asked->prompt, position); }
static size_t row_of_reference(const ablating *w, size_t position) { return hw_batch_row(&w->asked->acts->batch, w->asked->reference, position); }

/* The first layer in which the pass replaces something; n_layers: none. */
static size_t first_replaced(const hw_ablation *pass, size_t n_layers) {
  const hw_part_set *set = pass->set;
  if (!pass->replaces) return 0;
  for (size_t l = 0; l < n_layers; l++) {
    if (set->first[(l + 1) * set->n_heads * set->n_tokens] > set->first[l * set->n_heads * set->n_tokens]) return l;
    for (size_t i = 0; i < set->n_tokens; i++)
      if (set->ffn[l * set->n_tokens + i]) return l;
  }
  return n_layers;
}

/* ---- The edits ---- */

static void begin(void *context, float *states) {
  const ablating *w = context;
  size_t d = (size_t)w->model->config.d_model;
  for (size_t p = 0; p < w->n; p++)
    for (size_t i = 0; i < w->n_tokens; i++)
      memcpy(states + (p * w->n_tokens + i) * d, w->asked->acts->resid[w->first_layer] + row_of_own(w, i) * d, d * sizeof *states);
}

/* mix += sign * sum over the sources of A v - A' v', without the second term where the baseline is zero. */
static void add_sources(const ablating *w, const hw_activations *acts, size_t layer, size_t head, size_t pass, size_t position, const uint32_t *sources, size_t n, float sign, float *mix) {
  const hw_model_config *c = &w->model->config;
  size_t d_head = (size_t)c->d_head, ld = (size_t)c->n_kv_heads * d_head, group = head / (size_t)(c->n_heads / c->n_kv_heads);
  bool counterfactual = w->passes[pass].baseline == HW_BASELINE_COUNTERFACTUAL;
  hw_attention_weights(acts, layer, head, pass, position, w->weights);
  if (counterfactual) hw_attention_weights(w->asked->acts, layer, head, w->asked->reference, position, w->base_weights);
  for (size_t s = 0; s < n; s++) {
    size_t j = sources[s];
    const float *v = acts->v[layer] + hw_batch_row(&acts->batch, pass, j) * ld + group * d_head;
    for (size_t e = 0; e < d_head; e++) mix[e] += sign * w->weights[j] * v[e];
    if (!counterfactual) continue;
    v = w->asked->acts->v[layer] + row_of_reference(w, j) * ld + group * d_head;
    for (size_t e = 0; e < d_head; e++) mix[e] -= sign * w->base_weights[j] * v[e];
  }
}

static void put_baseline(const ablating *w, size_t layer, size_t head, const hw_ablation *pass, size_t position, float *mix) {
  size_t d_head = (size_t)w->model->config.d_head, n_heads = (size_t)w->model->config.n_heads;
  if (pass->baseline == HW_BASELINE_ZERO)
    memset(mix, 0, d_head * sizeof *mix);
  else
    memcpy(mix, w->mixes[layer] + (position * n_heads + head) * d_head, d_head * sizeof *mix);
}

static void edit_heads(void *context, const hw_activations *acts, size_t layer, float *mixes) {
  const ablating *w = context;
  size_t n_heads = (size_t)w->model->config.n_heads, d_head = (size_t)w->model->config.d_head;
  for (size_t p = 0; p < w->n; p++)
    for (size_t i = 0; i < w->n_tokens; i++)
      for (size_t h = 0; h < n_heads; h++) {
        const hw_ablation *pass = &w->passes[p];
        const size_t *first = &pass->set->first[(layer * n_heads + h) * w->n_tokens + i];
        size_t listed = first[1] - first[0];
        bool all = pass->unit == HW_ABLATE_NODES ? listed > 0 : listed == i + 1;
        float *mix = mixes + ((p * w->n_tokens + i) * n_heads + h) * d_head;
        if (pass->replaces ? listed == 0 : all) continue;
        if (pass->replaces ? all : listed == 0) {
          put_baseline(w, layer, h, pass, i, mix);
          continue;
        }
        if (!pass->replaces) put_baseline(w, layer, h, pass, i, mix);
        add_sources(w, acts, layer, h, p, i, pass->set->sources + first[0], listed, pass->replaces ? -1 : 1, mix);
      }
}

/* What the FFN adds is the difference of two states. */
static void edit_ffn(void *context, const hw_activations *acts, size_t layer) {
  const ablating *w = context;
  size_t d = (size_t)w->model->config.d_model;
  for (size_t p = 0; p < w->n; p++)
    for (size_t i = 0; i < w->n_tokens; i++) {
      if (w->passes[p].set->ffn[layer * w->n_tokens + i] != w->passes[p].replaces) continue;
      size_t row = (p * w->n_tokens + i) * d;
      float *after = acts->resid[layer + 1] + row;
      memcpy(after, acts->mid[layer] + row, d * sizeof *after);
      if (w->passes[p].baseline == HW_BASELINE_ZERO) continue;
      const float *y = w->asked->acts->resid[layer + 1] + row_of_reference(w, i) * d, *m = w->asked->acts->mid[layer] + row_of_reference(w, i) * d;
      for (size_t e = 0; e < d; e++) after[e] += y[e] - m[e];
    }
}

/* ---- The answer ---- */

static bool find_logits(const ablating *w, const float *const *states, size_t n, float *logits) {
  const hw_model_config *c = &w->model->config;
  size_t d = (size_t)c->d_model, vocab = (size_t)c->vocab_out;
  float *vectors = hw_arena_new(w->arena, float, n * d, w->err);
  hw_unembed_request *requests = hw_arena_znew(w->arena, hw_unembed_request, n, w->err);
  if (!vectors || !requests) return false;
  for (size_t i = 0; i < n; i++) {
    float sigma = hw_norm_numerator(c->norm, states[i], w->model->final_gamma, (float)c->norm_eps, d, vectors + i * d);
    requests[i] = (hw_unembed_request){.vector = vectors + i * d, .scale = 1.0f / sigma, .with_beta = true, .scores = logits + i * vocab};
  }
  if (!hw_unembed(w->model, requests, n, w->team, w->arena, w->err)) return false;
  for (size_t i = 0; i < n && c->final_cap > 0; i++) hw_soft_cap(logits + i * vocab, vocab, (float)c->final_cap);
  return true;
}

static void answer(const ablating *w, const float *logits, hw_ablation *pass) {
  size_t vocab = (size_t)w->model->config.vocab_out, best = 0, above = 0;
  double log_z = hw_log_sum_exp(logits, vocab), mean = 0, kl = 0;
  for (size_t v = 0; v < vocab; v++) {
    if (logits[v] > logits[best]) best = v;
    above += logits[v] > logits[w->asked->answer];
    mean += (double)logits[v] / (double)vocab;
    double log_p = (double)w->logits[v] - w->log_z;
    kl += hw_exp(log_p) * (log_p - ((double)logits[v] - log_z));
  }
  pass->m = (double)logits[w->asked->answer] - (w->asked->foil >= 0 ? (double)logits[w->asked->foil] : mean);
  pass->kl = kl > 0 ? kl : 0;
  pass->predicted = (int32_t)best;
  pass->answer_rank = (uint32_t)above + 1;
}

/* ---- Batches ---- */

static bool run_batch(ablating *w) {
  size_t n = w->n * w->n_tokens, d = (size_t)w->model->config.d_model, layers = (size_t)w->model->config.n_layers, vocab = (size_t)w->model->config.vocab_out;
  const hw_batch *own = &w->asked->acts->batch;
  int32_t *ids = hw_arena_new(w->arena, int32_t, n, w->err);
  size_t *first = hw_arena_new(w->arena, size_t, w->n + 1, w->err);
  const float **states = hw_arena_new(w->arena, const float *, w->n, w->err);
  float *logits = hw_arena_new(w->arena, float, w->n * vocab, w->err);
  hw_activations acts;
  if (!ids || !first || !states || !logits) return false;
  for (size_t p = 0; p <= w->n; p++) first[p] = p * w->n_tokens;
  for (size_t p = 0; p < w->n; p++) memcpy(ids + p * w->n_tokens, own->ids + own->first[w->asked->prompt], w->n_tokens * sizeof *ids);
  const hw_batch batch = {.n_prompts = w->n, .n_rows = n, .ids = ids, .first = first};
  const hw_forward_edits edits = {.context = w, .first_layer = w->first_layer, .begin = begin, .heads = edit_heads, .ffn = edit_ffn};
  if (!hw_forward_edited(w->model, &batch, &edits, w->team, w->arena, &acts, w->err)) return false;
  for (size_t p = 0; p < w->n; p++) states[p] = acts.resid[layers] + (p * w->n_tokens + w->n_tokens - 1) * d;
  if (!find_logits(w, states, w->n, logits)) return false;
  for (size_t p = 0; p < w->n; p++) answer(w, logits + p * vocab, &w->passes[p]);
  return true;
}

static bool uses_counterfactual(const hw_ablation *passes, size_t n) {
  for (size_t p = 0; p < n; p++)
    if (passes[p].baseline == HW_BASELINE_COUNTERFACTUAL) return true;
  return false;
}

/* The mixes of the counterfactual, and the model's own answer. */
static bool prepare(ablating *w, float *logits, bool counterfactual) {
  const hw_model_config *c = &w->model->config;
  size_t layers = (size_t)c->n_layers, heads = (size_t)(c->n_heads * c->d_head), vocab = (size_t)c->vocab_out;
  float *values = hw_arena_new(w->arena, float, w->n_tokens * (size_t)c->d_head, w->err);
  w->weights = hw_arena_new(w->arena, float, w->n_tokens, w->err);
  w->base_weights = hw_arena_new(w->arena, float, w->n_tokens, w->err);
  w->mixes = hw_arena_new(w->arena, float *, layers, w->err);
  if (!values || !w->weights || !w->base_weights || !w->mixes) return false;
  for (size_t l = 0; l < layers && counterfactual; l++) {
    if (!(w->mixes[l] = hw_arena_new(w->arena, float, w->n_tokens * heads, w->err))) return false;
    for (size_t i = 0; i < w->n_tokens; i++) hw_mix_heads(w->asked->acts, l, w->asked->reference, i, w->weights, values, w->mixes[l] + i * heads);
  }
  const float *last = w->asked->acts->resid[layers] + row_of_own(w, w->n_tokens - 1) * (size_t)c->d_model;
  if (!find_logits(w, &last, 1, logits)) return false;
  w->logits = logits;
  w->log_z = hw_log_sum_exp(logits, vocab);
  return true;
}

bool hw_ablate(const hw_ablated_prompt *prompt, hw_ablation *passes, size_t n, const hw_team *team, hw_arena *scratch, hw_error *err) {
  hw_arena batch;
  ablating w = {.asked = prompt, .model = prompt->acts->model, .n_tokens = hw_batch_tokens(&prompt->acts->batch, prompt->prompt), .team = team, .arena = scratch, .err = err};
  size_t layers = (size_t)w.model->config.n_layers, most = ROWS_TOGETHER / w.n_tokens;
  float *logits = hw_arena_new(scratch, float, (size_t)w.model->config.vocab_out, err);
  if (!logits || !prepare(&w, logits, uses_counterfactual(passes, n))) return false;
  most = most < 1 ? 1 : most > PASSES_TOGETHER ? PASSES_TOGETHER : most;
  bool ok = true;
  hw_arena_init_inner(&batch, scratch);
  w.arena = &batch;
  for (size_t p = 0; p < n && ok; p += w.n) {
    w.passes = passes + p;
    w.first_layer = first_replaced(w.passes, layers);
    w.n = 0;
    while (p + w.n < n && w.n < most && first_replaced(&passes[p + w.n], layers) == w.first_layer) w.n++;
    if (w.first_layer == layers)
      for (size_t i = 0; i < w.n; i++) answer(&w, w.logits, &w.passes[i]);
    else
      ok = run_batch(&w);
    hw_arena_reset(&batch);
  }
  hw_arena_fini_inner(&batch, scratch);
  return ok;
}
