/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/simd.h"
#include "tensor/kernels.h"

HW_SIMD float hw_dot(const float *a, const float *b, size_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

HW_SIMD static void moments(const float *x, size_t n, double *sum, double *squares) {
  double s = 0, q = 0;
#pragma omp simd reduction(+ : s, q)
  for (size_t i = 0; i < n; i++) {
    s += (double)x[i];
    q += (double)x[i] * (double)x[i];
  }
  *sum = s;
  *squares = q;
}

HW_SIMD static double centred_squares(const float *x, size_t n, double mean) {
  double q = 0;
#pragma omp simd reduction(+ : q)
  for (size_t i = 0; i < n; i++) q += ((double)x[i] - mean) * ((double)x[i] - mean);
  return q;
}

/* Mean that is taken off (0 for RMSNorm) and divisor of a norm (1 for none). */
static void norm_statistics(hw_norm_kind kind, const float *x, float eps, size_t n, float *mean, float *sigma) {
  *mean = 0;
  *sigma = 1;
  if (kind == HW_NORM_NONE) return;
  double sum, squares;
  moments(x, n, &sum, &squares);
  double centre = kind == HW_NORM_LAYER ? sum / (double)n : 0;
  if (kind == HW_NORM_LAYER) squares = centred_squares(x, n, centre);
  *mean = (float)centre;
  *sigma = (float)sqrt(squares / (double)n + (double)eps);
}

float hw_norm_scale(hw_norm_kind kind, const float *x, float eps, size_t n) {
  float mean, sigma;
  norm_statistics(kind, x, eps, n, &mean, &sigma);
  return sigma;
}

HW_SIMD static void centre_and_scale(const float *x, const float *gamma, float mean, float factor, size_t n, float *out) {
  if (!gamma) {
    for (size_t i = 0; i < n; i++) out[i] = (x[i] - mean) * factor;
    return;
  }
#pragma omp simd
  for (size_t i = 0; i < n; i++) out[i] = (x[i] - mean) * factor * gamma[i];
}

float hw_norm_numerator(hw_norm_kind kind, const float *x, const float *gamma, float eps, size_t n, float *out) {
  float mean, sigma;
  norm_statistics(kind, x, eps, n, &mean, &sigma);
  centre_and_scale(x, gamma, mean, 1.0f, n, out);
  return sigma;
}

void hw_norm_row(hw_norm_kind kind, const float *x, const float *gamma, const float *beta, float eps, size_t n, float *out) {
  float mean, sigma;
  norm_statistics(kind, x, eps, n, &mean, &sigma);
  centre_and_scale(x, gamma, mean, 1.0f / sigma, n, out);
  hw_add_bias(out, n, beta, 1, n);
}

void hw_rotate_half(float *x, const float *cosine, const float *sine, size_t n) {
  size_t half = n / 2;
  for (size_t t = 0; t < half; t++) {
    float a = x[t], b = x[t + half];
    x[t] = a * cosine[t] - b * sine[t];
    x[t + half] = b * cosine[t] + a * sine[t];
  }
}

void hw_rotate_pairs(float *x, const float *cosine, const float *sine, size_t n) {
  for (size_t t = 0; t < n / 2; t++) {
    float a = x[2 * t], b = x[2 * t + 1];
    x[2 * t] = a * cosine[t] - b * sine[t];
    x[2 * t + 1] = b * cosine[t] + a * sine[t];
  }
}

void hw_clip(float *x, float largest, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = x[i] > largest ? largest : x[i] < -largest ? -largest : x[i];
}

HW_SIMD static void scores(const float *q, const float *k, size_t ldk, size_t n_keys, size_t d_head, float scale, float *out) {
  for (size_t j = 0; j < n_keys; j++) {
    const float *key = k + j * ldk;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < d_head; i++) sum += q[i] * key[i];
    out[j] = scale * sum;
  }
}

void hw_attention_row(const float *q, const float *k, size_t ldk, size_t n_keys, size_t d_head, const hw_scoring *scoring, float *out) {
  scores(q, k, ldk, n_keys, d_head, scoring->scale, out);
  if (scoring->cap > 0) hw_soft_cap(out, n_keys, scoring->cap);
  for (size_t j = 0; scoring->slope > 0 && j < n_keys; j++) out[j] -= scoring->slope * (float)(n_keys - 1 - j);
  float largest = hw_max(out, n_keys);
  if (scoring->sink && *scoring->sink > largest) largest = *scoring->sink;
  float sum = hw_exp_sum(out, n_keys, largest);
  if (scoring->sink) sum += expf(*scoring->sink - largest);
  for (size_t j = 0; j < n_keys; j++) out[j] /= sum;
}

HW_SIMD void hw_weighted_sum(const float *a, const float *v, size_t ldv, size_t n_keys, size_t d_head, float *out) {
  memset(out, 0, d_head * sizeof *out);
  for (size_t j = 0; j < n_keys; j++) {
    const float *value = v + j * ldv;
    float weight = a[j];
#pragma omp simd
    for (size_t i = 0; i < d_head; i++) out[i] += weight * value[i];
  }
}

HW_SIMD static float proximity_one(const float *w, const float *z, float scale, size_t d) {
  float sum = 0;
  HW_SIMD_LOOP(reduction(+ : sum))
  for (size_t i = 0; i < d; i++) sum += fabsf(w[i]) - fabsf(w[i] - scale * z[i]);
  return sum;
}

/* Four rows at a time: w is loaded once and four sums hide each other's latency. */
HW_SIMD static void proximity_four(const float *w, const float *z, size_t ldz, const float *scale, size_t d, float *out) {
  const float *z0 = z, *z1 = z + ldz, *z2 = z + 2 * ldz, *z3 = z + 3 * ldz;
  float a0 = scale[0], a1 = scale[1], a2 = scale[2], a3 = scale[3], s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  HW_SIMD_LOOP(reduction(+ : s0, s1, s2, s3))
  for (size_t i = 0; i < d; i++) {
    float v = w[i], size = fabsf(v);
    s0 += size - fabsf(v - a0 * z0[i]);
    s1 += size - fabsf(v - a1 * z1[i]);
    s2 += size - fabsf(v - a2 * z2[i]);
    s3 += size - fabsf(v - a3 * z3[i]);
  }
  out[0] = s0;
  out[1] = s1;
  out[2] = s2;
  out[3] = s3;
}

void hw_proximity_rows(const float *w, const float *z, size_t ldz, const float *scale, size_t n_rows, size_t d, float *out) {
  size_t r = 0;
  for (; r + 4 <= n_rows; r += 4) proximity_four(w, z + r * ldz, ldz, scale + r, d, out + r);
  for (; r < n_rows; r++) out[r] = proximity_one(w, z + r * ldz, scale[r], d);
}

HW_SIMD float hw_l1_difference(const float *w, const float *u, size_t d) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < d; i++) sum += fabsf(w[i]) - fabsf(u[i]);
  return sum;
}

void hw_add_bias(float *y, size_t ldy, const float *bias, size_t n_rows, size_t d) {
  if (!bias) return;
  for (size_t r = 0; r < n_rows; r++)
    for (size_t i = 0; i < d; i++) y[r * ldy + i] += bias[i];
}

void hw_add_rows(float *y, const float *x, const float *bias, size_t n_rows, size_t d) {
  for (size_t i = 0; i < n_rows * d; i++) y[i] += x[i];
  hw_add_bias(y, d, bias, n_rows, d);
}

void hw_multiply(float *y, const float *x, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] *= x[i];
}

void hw_scale(float *y, float factor, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] *= factor;
}

HW_SIMD bool hw_all_finite(const float *x, size_t n) {
  /* 0 * x is 0 for a number and NaN for the rest. */
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < n; i++) sum += 0.0f * x[i];
  return sum == 0.0f;
}

HW_SIMD float hw_max(const float *x, size_t n) {
  float best = -INFINITY;
  HW_SIMD_LOOP(reduction(max : best))
  for (size_t i = 0; i < n; i++) best = x[i] > best ? x[i] : best;
  return best;
}

HW_SIMD float hw_min(const float *x, size_t n) {
  float best = INFINITY;
  HW_SIMD_LOOP(reduction(min : best))
  for (size_t i = 0; i < n; i++) best = x[i] < best ? x[i] : best;
  return best;
}
