/* SPDX-License-Identifier: Apache-2.0
 * One prompt through a model in double precision, element by element: what src/model must agree with. Written from METHOD
 * section 1; slow on purpose. */
#ifndef HW_TESTS_FORWARD_TWIN_H
#define HW_TESTS_FORWARD_TWIN_H

#include "model_folder.h"

typedef struct forward_twin {
  size_t n, n_layers;
  double **resid, **mid, **q, **k, **v, **neurons; /* as in hw_activations */
} forward_twin;

static inline double *twin_numbers(size_t n) { return unit_alloc(n, sizeof(double)); }

/* y = x W + bias */
static inline void twin_apply(const hw_matrix *w, const double *x, const float *bias, double *y) {
  for (size_t o = 0; o < w->n_out; o++) {
    double sum = bias ? (double)bias[o] : 0;
    for (size_t i = 0; i < w->n_in; i++) sum += x[i] * unit_element(w, i, o);
    y[o] = sum;
  }
}

/* gamma * c(x); returns sigma. */
static inline double twin_numerator(const hw_model_config *c, const double *x, const float *gamma, double *out) {
  size_t n = (size_t)c->d_model;
  double mean = 0, squares = 0;
  for (size_t i = 0; i < n && c->norm == HW_NORM_LAYER; i++) mean += x[i] / (double)n;
  for (size_t i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean) / (double)n;
  for (size_t i = 0; i < n; i++) out[i] = (x[i] - mean) * (double)gamma[i];
  return sqrt(squares + c->norm_eps);
}
static inline void twin_norm(const hw_model_config *c, const double *x, const float *gamma, const float *beta, double *out) {
  double sigma = twin_numerator(c, x, gamma, out);
  for (size_t i = 0; i < (size_t)c->d_model; i++) out[i] = out[i] / sigma + (beta ? (double)beta[i] : 0);
}

static inline double twin_activation(hw_activation kind, double v) {
  switch (kind) {
    case HW_ACT_GELU_TANH: return 0.5 * v * (1 + tanh(sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
    case HW_ACT_GELU_ERF: return 0.5 * v * (1 + erf(v / M_SQRT2));
    case HW_ACT_RELU: return v > 0 ? v : 0;
    case HW_ACT_SILU: return v / (1 + exp(-v));
  }
  return NAN;
}

static inline void twin_rotate(const hw_model_config *c, double *x, size_t n_heads, size_t position) {
  size_t d = (size_t)c->d_head, half = d / 2;
  for (size_t h = 0; h < n_heads && c->positions == HW_POSITION_ROTARY; h++)
    for (size_t i = 0; i < half; i++) {
      double angle = (double)position / pow(c->rope.theta, 2.0 * (double)i / (double)d), *p = x + h * d + i, a = p[0], b = p[half];
      p[0] = a * cos(angle) - b * sin(angle);
      p[half] = b * cos(angle) + a * sin(angle);
    }
}

static inline void twin_attention(const forward_twin *t, const hw_model *model, size_t l, size_t i, double *heads) {
  const hw_model_config *c = &model->config;
  size_t d = (size_t)c->d_head, n_heads = (size_t)c->n_heads, kv = (size_t)c->n_kv_heads * d, per_group = n_heads / (size_t)c->n_kv_heads;
  double *a = twin_numbers(i + 1);
  for (size_t h = 0; h < n_heads; h++) {
    double sum = 0, largest = -INFINITY;
    for (size_t j = 0; j <= i; j++) {
      a[j] = 0;
      for (size_t e = 0; e < d; e++) a[j] += t->q[l][(i * n_heads + h) * d + e] * t->k[l][j * kv + h / per_group * d + e] / sqrt((double)d);
      largest = fmax(largest, a[j]);
    }
    for (size_t j = 0; j <= i; j++) sum += a[j] = exp(a[j] - largest);
    for (size_t e = 0; e < d; e++) {
      heads[h * d + e] = 0;
      for (size_t j = 0; j <= i; j++) heads[h * d + e] += a[j] / sum * t->v[l][j * kv + h / per_group * d + e];
    }
  }
  free(a);
}

static inline forward_twin twin_forward(const hw_model *model, const int32_t *ids, size_t n) {
  const hw_model_config *c = &model->config;
  size_t layers = (size_t)c->n_layers, d = (size_t)c->d_model, f = (size_t)c->d_ffn, heads = (size_t)(c->n_heads * c->d_head), kv = (size_t)(c->n_kv_heads * c->d_head);
  forward_twin t = {.n = n, .n_layers = layers};
  double ***lists[] = {&t.resid, &t.mid, &t.q, &t.k, &t.v, &t.neurons};
  const size_t widths[] = {d, d, heads, kv, kv, f};
  for (size_t w = 0; w < 6; w++) {
    *lists[w] = unit_alloc(layers + 1, sizeof(double *));
    for (size_t l = 0; l <= layers; l++) (*lists[w])[l] = twin_numbers(n * widths[w]);
  }
  double *normed = twin_numbers(d), *wide = twin_numbers(heads), *up = twin_numbers(f), *added = twin_numbers(d);
  for (size_t i = 0; i < n; i++)
    for (size_t e = 0; e < d; e++)
      t.resid[0][i * d + e] = unit_element(&model->token_embedding, e, (size_t)ids[i]) +
                              (model->position_embedding.data ? unit_element(&model->position_embedding, e, i) : 0);
  for (size_t l = 0; l < layers; l++) {
    const hw_layer *w = &model->layers[l];
    for (size_t i = 0; i < n; i++) {
      twin_norm(c, t.resid[l] + i * d, w->attn_norm_gamma, w->attn_norm_beta, normed);
      twin_apply(&w->w_q, normed, w->b_q, t.q[l] + i * heads);
      twin_apply(&w->w_k, normed, w->b_k, t.k[l] + i * kv);
      twin_apply(&w->w_v, normed, NULL, t.v[l] + i * kv); /* its bias is in attn_bias */
      twin_rotate(c, t.q[l] + i * heads, (size_t)c->n_heads, i);
      twin_rotate(c, t.k[l] + i * kv, (size_t)c->n_kv_heads, i);
    }
    for (size_t i = 0; i < n; i++) {
      double *mid = t.mid[l] + i * d, *a = t.neurons[l] + i * f;
      twin_attention(&t, model, l, i, wide);
      twin_apply(&w->w_o, wide, w->attn_bias, added);
      for (size_t e = 0; e < d; e++) mid[e] = t.resid[l][i * d + e] + added[e];
      twin_norm(c, mid, w->ffn_norm_gamma, w->ffn_norm_beta, normed);
      twin_apply(&w->w_in, normed, w->b_in, c->gated ? up : a);
      if (c->gated) twin_apply(&w->w_gate, normed, w->b_gate, a);
      for (size_t e = 0; e < f; e++) a[e] = twin_activation(c->activation, a[e]) * (c->gated ? up[e] : 1);
      twin_apply(&w->w_out, a, w->b_out, added);
      for (size_t e = 0; e < d; e++) t.resid[l + 1][i * d + e] = mid[e] + added[e];
    }
  }
  free(normed);
  free(wide);
  free(up);
  free(added);
  return t;
}

static inline void twin_free(forward_twin *t) {
  double ***lists[] = {&t->resid, &t->mid, &t->q, &t->k, &t->v, &t->neurons};
  for (size_t w = 0; w < 6; w++) {
    for (size_t l = 0; l <= t->n_layers; l++) free((*lists[w])[l]);
    free(*lists[w]);
  }
}

/* scores = scale * W_U (gamma * c(u)) + (with_beta ? W_U beta : 0), where scale 0 stands for 1 / sigma(u). */
static inline void twin_scores(const hw_model *model, const double *u, double scale, bool with_beta, double *scores) {
  size_t d = (size_t)model->config.d_model;
  double *numerator = twin_numbers(d), sigma = twin_numerator(&model->config, u, model->final_gamma, numerator);
  for (size_t i = 0; i < d; i++)
    numerator[i] = numerator[i] * (scale > 0 ? scale : 1 / sigma) + (with_beta && model->final_beta ? (double)model->final_beta[i] : 0);
  twin_apply(&model->unembed, numerator, NULL, scores);
  free(numerator);
}
static inline void twin_scores_float(const hw_model *model, const float *u, double scale, bool with_beta, double *scores) {
  size_t d = (size_t)model->config.d_model;
  double *wide = twin_numbers(d);
  for (size_t i = 0; i < d; i++) wide[i] = (double)u[i];
  twin_scores(model, wide, scale, with_beta, scores);
  free(wide);
}

static inline double twin_largest(const double *x, size_t n) {
  double largest = 0;
  for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(x[i]));
  return largest;
}

#endif
