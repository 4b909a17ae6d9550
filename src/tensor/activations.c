/* SPDX-License-Identifier: Apache-2.0
 * Kernels with exp, tanh and erf. */
#include "base/exp_of.h"
#include "tensor/functions.h"
#include "tensor/isa_kernels.h"

/* x = f(x), a vector at a time; `v` is the vector. The rest of a row is filled with zeros, whose results are dropped. */
#define EACH_VECTOR(x, n, expression)                                 \
  do {                                                                \
    size_t i_ = 0;                                                    \
    for (; i_ + HW_WIDTH <= (n); i_ += HW_WIDTH) {                    \
      hw_vector v = hw_load((x) + i_);                                \
      hw_store((x) + i_, (expression));                               \
    }                                                                 \
    if (i_ < (n)) {                                                   \
      hw_vector v = hw_load_some((x) + i_, (n) - i_, 0);              \
      hw_store_some((x) + i_, (n) - i_, (expression));                \
    }                                                                 \
  } while (0)

HW_INLINE hw_vector gelu_tanh(hw_vector v) {
  return 0.5f * v * (1 + hw_vector_tanh(0.7978845608028654f * (v + 0.044715f * v * v * v)));
}

HW_INLINE hw_vector gelu_erf(hw_vector v) { return 0.5f * v * (1 + hw_vector_erf(0.7071067811865476f * v)); }
HW_INLINE hw_vector relu(hw_vector v) { return hw_choose(v > 0, v, (hw_vector){0}); }
HW_INLINE hw_vector silu(hw_vector v) { return v / (1 + hw_vector_exp(-v)); }

void HW_ISA_NAME(hw_activate)(hw_activation kind, float *x, size_t n) {
  switch (kind) {
    case HW_ACT_GELU_TANH: EACH_VECTOR(x, n, gelu_tanh(v)); break;
    case HW_ACT_GELU_ERF: EACH_VECTOR(x, n, gelu_erf(v)); break;
    case HW_ACT_RELU: EACH_VECTOR(x, n, relu(v)); break;
    case HW_ACT_SILU: EACH_VECTOR(x, n, silu(v)); break;
  }
}

/* ---- Slopes ---- */

HW_INLINE hw_vector gelu_tanh_slope(hw_vector v) {
  hw_vector t = hw_vector_tanh(0.7978845608028654f * (v + 0.044715f * v * v * v));
  return 0.5f * (1 + t) + 0.5f * v * (1 - t * t) * 0.7978845608028654f * (1 + 0.134145f * v * v);
}
HW_INLINE hw_vector gelu_erf_slope(hw_vector v) {
  return 0.5f * (1 + hw_vector_erf(0.7071067811865476f * v)) + v * 0.3989422804014327f * hw_vector_exp(-0.5f * v * v);
}
HW_INLINE hw_vector relu_slope(hw_vector v) { return hw_choose(v > 0, hw_all(1), (hw_vector){0}); }
HW_INLINE hw_vector silu_slope(hw_vector v) {
  hw_vector s = 1 / (1 + hw_vector_exp(-v));
  return s * (1 + v * (1 - s));
}

void HW_ISA_NAME(hw_activation_slopes)(hw_activation kind, float *x, size_t n) {
  switch (kind) {
    case HW_ACT_GELU_TANH: EACH_VECTOR(x, n, gelu_tanh_slope(v)); break;
    case HW_ACT_GELU_ERF: EACH_VECTOR(x, n, gelu_erf_slope(v)); break;
    case HW_ACT_RELU: EACH_VECTOR(x, n, relu_slope(v)); break;
    case HW_ACT_SILU: EACH_VECTOR(x, n, silu_slope(v)); break;
  }
}

HW_INLINE hw_vector clamped_glu(hw_vector gate, hw_vector up, float limit) {
  hw_vector most = hw_all(limit), least = hw_all(-limit);
  gate = hw_choose(gate > most, most, gate);
  up = hw_choose(up > most, most, hw_choose(up < least, least, up));
  return gate / (1 + hw_vector_exp(-1.702f * gate)) * (up + 1);
}

void HW_ISA_NAME(hw_clamped_glu)(float *gate, const float *up, float limit, size_t n) {
  size_t i = 0;
  for (; i + HW_WIDTH <= n; i += HW_WIDTH) hw_store(gate + i, clamped_glu(hw_load(gate + i), hw_load(up + i), limit));
  if (i < n) hw_store_some(gate + i, n - i, clamped_glu(hw_load_some(gate + i, n - i, 0), hw_load_some(up + i, n - i, 0), limit));
}

void HW_ISA_NAME(hw_soft_cap)(float *x, size_t n, float cap) { EACH_VECTOR(x, n, cap * hw_vector_tanh(v / cap)); }

float HW_ISA_NAME(hw_exp_sum)(float *x, size_t n, float subtract) {
  hw_lanes sums;
  hw_lanes_clear(&sums);
  size_t i = 0;
  for (; i + HW_LANES <= n; i += HW_LANES)
    for (int v = 0; v < HW_VECTORS; v++) {
      hw_vector y = hw_vector_exp(hw_load(x + i + v * HW_WIDTH) - subtract);
      hw_store(x + i + v * HW_WIDTH, y);
      sums.of[v] += y;
    }
  if (i < n)
    for (int v = 0; v < HW_VECTORS; v++) { /* exp(-infinity) is 0 */
      size_t at = i + (size_t)v * HW_WIDTH, left = at < n ? n - at : 0;
      hw_vector y = hw_vector_exp(hw_load_up_to(x + at, left, -INFINITY) - subtract);
      hw_store_up_to(x + at, left, y);
      sums.of[v] += y;
    }
  return hw_total_of_lanes(&sums);
}

double HW_ISA_NAME(hw_exp_total)(const float *x, size_t n, float subtract) {
  hw_double_lanes sums;
  hw_double_lanes_clear(&sums);
  for (size_t i = 0; i < n; i += HW_LANES)
    for (int v = 0; v < HW_VECTORS; v++) {
      size_t at = i + (size_t)v * HW_WIDTH;
      hw_vector y = hw_vector_exp(hw_load_up_to(x + at, at < n ? n - at : 0, -INFINITY) - subtract);
      sums.of[2 * v] += hw_widened(y, 0);
      sums.of[2 * v + 1] += hw_widened(y, 1);
    }
  double lane[HW_LANES];
  memcpy(lane, &sums, sizeof lane);
  return hw_sum_tree(lane);
}

/* Beyond the limits exp is 0 or infinite. */
void HW_ISA_NAME(hw_exp_doubles)(double *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    double v = x[i] > 710 ? 710 : x[i];
    x[i] = hw_exp_of(v < -746 ? -746 : v, 0);
  }
}
