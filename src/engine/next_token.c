/* SPDX-License-Identifier: Apache-2.0
 * Predictions: logits, probabilities, ranks of particular tokens. */
#include "base/real.h"
#include "engine/log_sum_exp.h"
#include "engine/rank.h"
#include "headwater/model.h"
#include "tensor/kernels.h"

/* Ranks are in the order of the predictions, which is that before the cap: it makes equals of large scores. */
static void answer(const hw_next_token *query, float *scores, size_t vocab, float cap) {
  for (size_t s = 0; s < query->n_scores; s++) query->scores[s].rank = hw_rank(scores, vocab, (size_t)query->scores[s].id);
  if (cap > 0) {
    hw_soft_cap(scores, vocab, cap);
    for (uint32_t i = 0; i < query->k && i < vocab; i++) query->logits[i] = scores[query->ids[i]];
  }
  double log_z = hw_log_sum_exp(scores, vocab);
  for (uint32_t i = 0; i < query->k && i < vocab; i++)
    query->probabilities[i] = (float)hw_exp((double)query->logits[i] - log_z);
  for (size_t s = 0; s < query->n_scores; s++) {
    hw_token_score *score = &query->scores[s];
    score->logit = scores[score->id];
    score->log_probability = (double)score->logit - log_z;
  }
}

/* Queries that are answered together. */
static size_t together(size_t n) { return n < HW_REQUESTS_TOGETHER ? n : (size_t)HW_REQUESTS_TOGETHER; }

size_t hw_next_tokens_bytes(const hw_model *model, size_t n) {
  size_t width = (size_t)(model->config.d_model + model->config.vocab_out);
  return together(n) * (width * sizeof(float) + sizeof(hw_unembed_request)) + 3 * (size_t)HW_ARENA_OVERHEAD + hw_unembed_bytes(model);
}

bool hw_next_tokens(const hw_activations *acts, const hw_next_token *queries, size_t n, const hw_team *team, hw_arena *arena, hw_error *err) {
  const hw_model *model = acts->model;
  const hw_model_config *c = &model->config;
  size_t d = (size_t)c->d_model, vocab = (size_t)c->vocab_out, most = together(n);
  float *vectors = hw_arena_new(arena, float, most * d, err), *scores = hw_arena_new(arena, float, most * vocab, err);
  hw_unembed_request *requests = hw_arena_new(arena, hw_unembed_request, most, err);
  if (!vectors || !scores || !requests) return false;
  for (size_t first = 0; first < n; first += most) {
    size_t count = n - first < most ? n - first : most;
    for (size_t i = 0; i < count; i++) {
      const hw_next_token *query = &queries[first + i];
      size_t n_blocks = (size_t)c->n_layers - query->skip;
      const float *state = (query->mid ? acts->mid[n_blocks - 1] : acts->resid[n_blocks]) + query->row * d;
      float sigma = hw_norm_numerator(c->norm, state, model->final_gamma, (float)c->norm_eps, d, vectors + i * d);
      requests[i] = (hw_unembed_request){.vector = vectors + i * d, .scale = 1.0f / sigma, .with_beta = true, .k = query->k,
                                         .promotes = query->k ? query->ids : NULL, .promote_scores = query->logits,
                                         .scores = scores + i * vocab};
    }
    if (!hw_unembed(model, requests, count, team, arena, err)) return false;
    for (size_t i = 0; i < count; i++) answer(&queries[first + i], scores + i * vocab, vocab, (float)c->final_cap);
  }
  return true;
}
