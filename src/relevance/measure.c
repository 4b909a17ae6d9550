/* SPDX-License-Identifier: Apache-2.0 */
#include "relevance/measure.h"

#include <math.h>

#include "relevance/secant.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

typedef struct measuring {
  const hw_activations *acts;
  const hw_model *model;
  const hw_team *team;
  hw_arena *arena;
  hw_error *err;
  const float *mean; /* [d_model] of all rows of the unembedding; NULL until it is wanted */
  double mean_beta;
} measuring;

/* out = W_U^T c for c [n_rows, n_tokens] of the tokens from `first` on. */
static void unembed_back(const measuring *w, size_t first, size_t n_tokens, const float *c, float *out) {
  hw_matrix tokens = hw_matrix_outputs(&w->model->unembed, first, n_tokens), back = hw_matrix_transposed(&tokens);
  hw_team_gemm(&back, c, n_tokens, out, (size_t)w->model->config.d_model, 1, w->team);
}

static double beta_of(const hw_model *model, size_t token) { return model->unembed_beta ? (double)model->unembed_beta[token] : 0; }

static size_t last_row(const hw_activations *acts, size_t prompt) {
  return hw_batch_row(&acts->batch, prompt, hw_batch_tokens(&acts->batch, prompt) - 1);
}

static const float *last_state(const measuring *w, size_t prompt) {
  const hw_model_config *c = &w->model->config;
  return w->acts->resid[c->n_layers] + last_row(w->acts, prompt) * (size_t)c->d_model;
}

static bool find_mean(measuring *w) {
  size_t vocab = (size_t)w->model->config.vocab_out;
  float *mean = hw_arena_new(w->arena, float, (size_t)w->model->config.d_model, w->err), *c = hw_arena_new(w->arena, float, vocab, w->err);
  if (!mean || !c) return false;
  for (size_t v = 0; v < vocab; v++) {
    c[v] = (float)(1.0 / (double)vocab);
    w->mean_beta += beta_of(w->model, v) / (double)vocab;
  }
  unembed_back(w, 0, vocab, c, mean);
  w->mean = mean;
  return true;
}

/* The product of the normalised state and t, without biases. */
static double along(const measuring *w, size_t prompt, const float *t, float *space) {
  const hw_model_config *c = &w->model->config;
  float sigma = hw_norm_numerator(c->norm, last_state(w, prompt), w->model->final_gamma, (float)c->norm_eps, (size_t)c->d_model, space);
  return hw_difference_dot(space, NULL, t, (size_t)c->d_model) / (double)sigma;
}

static double cap_ratio(double l, double cap) { return l == 0 ? 1 : hw_capped(l, cap) / l; }

/* t += factor W_U[token] */
static void add_token(const measuring *w, size_t token, double factor, float *row, float *t) {
  const float one = 1;
  unembed_back(w, token, 1, &one, row);
  for (size_t i = 0; i < (size_t)w->model->config.d_model; i++) t[i] = (float)((double)t[i] + factor * (double)row[i]);
}

static bool new_directions(const measuring *w, bool between, float **own, float **other, float **row) {
  size_t d = (size_t)w->model->config.d_model;
  *own = hw_arena_znew(w->arena, float, d, w->err);
  *row = hw_arena_new(w->arena, float, d, w->err);
  *other = between ? hw_arena_znew(w->arena, float, d, w->err) : NULL;
  return *own && *row && (*other || !between);
}

/* Without a cap t is the same in all runs. */
static bool measure_plain(measuring *w, const hw_relevance_prompt *p, hw_measure *out) {
  float *own, *other, *row;
  if (!new_directions(w, false, &own, &other, &row)) return false;
  if (p->foil < 0 && !w->mean && !find_mean(w)) return false;
  add_token(w, (size_t)out->answer, 1, row, own);
  if (p->foil >= 0) {
    add_token(w, (size_t)p->foil, -1, row, own);
  } else {
    for (size_t i = 0; i < (size_t)w->model->config.d_model; i++) own[i] -= w->mean[i];
  }
  out->bias = beta_of(w->model, (size_t)out->answer) - (p->foil >= 0 ? beta_of(w->model, (size_t)p->foil) : w->mean_beta);
  out->own = own;
  out->m = along(w, p->prompt, own, row) + out->bias;
  if (p->reference == HW_NO_REFERENCE) return true;
  out->between = own;
  out->m_reference = along(w, p->reference, own, row) + out->bias;
  return true;
}

/* Behind a cap, with a foil: c is 1 and -1. */
static bool measure_capped_pair(measuring *w, const hw_relevance_prompt *p, hw_measure *out) {
  const double cap = w->model->config.final_cap, sign[2] = {1, -1};
  const size_t token[2] = {(size_t)out->answer, (size_t)p->foil};
  bool paired = p->reference != HW_NO_REFERENCE;
  float *own, *between, *row;
  if (!new_directions(w, paired, &own, &between, &row)) return false;
  float *space = hw_arena_new(w->arena, float, (size_t)w->model->config.d_model, w->err);
  if (!space) return false;
  for (int i = 0; i < 2; i++) {
    const float one = 1;
    double beta = beta_of(w->model, token[i]);
    unembed_back(w, token[i], 1, &one, row);
    double l = along(w, p->prompt, row, space) + beta, other = paired ? along(w, p->reference, row, space) + beta : 0;
    out->m += sign[i] * hw_capped(l, cap);
    out->bias += sign[i] * cap_ratio(l, cap) * beta;
    add_token(w, token[i], sign[i] * cap_ratio(l, cap), row, own);
    if (!paired) continue;
    out->m_reference += sign[i] * hw_capped(other, cap);
    add_token(w, token[i], sign[i] * hw_cap_secant(l, other, cap), row, between);
  }
  out->own = own;
  out->between = between;
  return true;
}

static bool all_logits(const measuring *w, size_t prompt, float *space, float *scores) {
  const hw_model_config *c = &w->model->config;
  float sigma = hw_norm_numerator(c->norm, last_state(w, prompt), w->model->final_gamma, (float)c->norm_eps, (size_t)c->d_model, space);
  const hw_unembed_request request = {.vector = space, .scale = 1.0f / sigma, .with_beta = true, .scores = scores};
  return hw_unembed(w->model, &request, 1, w->team, w->arena, w->err);
}

/* Behind a cap without a foil every token has a slope of its own. */
static bool measure_capped_mean(measuring *w, const hw_relevance_prompt *p, hw_measure *out) {
  size_t vocab = (size_t)w->model->config.vocab_out;
  const double cap = w->model->config.final_cap;
  bool paired = p->reference != HW_NO_REFERENCE;
  float *own, *between, *row;
  float *scores[2] = {hw_arena_new(w->arena, float, vocab, w->err), hw_arena_new(w->arena, float, paired ? vocab : 0, w->err)};
  if (!scores[0] || !scores[1] || !new_directions(w, paired, &own, &between, &row)) return false;
  if (!all_logits(w, p->prompt, row, scores[0]) || (paired && !all_logits(w, p->reference, row, scores[1]))) return false;
  for (size_t v = 0; v < vocab; v++) {
    double c = (v == (size_t)out->answer ? 1 : 0) - 1 / (double)vocab, l = (double)scores[0][v], other = paired ? (double)scores[1][v] : 0;
    out->m += c * hw_capped(l, cap);
    out->bias += c * cap_ratio(l, cap) * beta_of(w->model, v);
    scores[0][v] = (float)(c * cap_ratio(l, cap));
    if (!paired) continue;
    out->m_reference += c * hw_capped(other, cap);
    scores[1][v] = (float)(c * hw_cap_secant(l, other, cap));
  }
  unembed_back(w, 0, vocab, scores[0], own);
  if (paired) unembed_back(w, 0, vocab, scores[1], between);
  out->own = own;
  out->between = between;
  return true;
}

/* The tokens that are asked about: those given, or the predicted ones. */
static bool find_answers(measuring *w, const hw_relevance_prompt *prompts, size_t n, hw_measure *measures) {
  hw_next_token *queries = hw_arena_znew(w->arena, hw_next_token, n, w->err);
  float *numbers = hw_arena_new(w->arena, float, 2 * n, w->err);
  size_t n_queries = 0;
  if (!queries || !numbers) return false;
  for (size_t i = 0; i < n; i++) {
    measures[i] = (hw_measure){.answer = prompts[i].answer};
    if (prompts[i].answer >= 0) continue;
    queries[n_queries] = (hw_next_token){.row = last_row(w->acts, prompts[i].prompt), .k = 1, .ids = &measures[i].answer,
                                         .logits = numbers + 2 * n_queries, .probabilities = numbers + 2 * n_queries + 1};
    n_queries++;
  }
  return n_queries == 0 || hw_next_tokens(w->acts, queries, n_queries, w->team, w->arena, w->err);
}

bool hw_measure_prompts(const hw_activations *acts, const hw_relevance_prompt *prompts, size_t n, hw_measure *measures, const hw_team *team,
                        hw_arena *arena, hw_error *err) {
  measuring w = {.acts = acts, .model = acts->model, .team = team, .arena = arena, .err = err};
  if (!find_answers(&w, prompts, n, measures)) return false;
  for (size_t i = 0; i < n; i++) {
    bool (*measure)(measuring *, const hw_relevance_prompt *, hw_measure *) =
        !(acts->model->config.final_cap > 0) ? measure_plain : prompts[i].foil >= 0 ? measure_capped_pair : measure_capped_mean;
    if (!measure(&w, &prompts[i], &measures[i])) return false;
  }
  return true;
}
