/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/simd.h"
#include "tensor/kernels.h"

const char *const hw_dtype_names[3] = {"F32", "F16", "BF16"};

size_t hw_dtype_size(hw_dtype dtype) { return dtype == HW_F32 ? 4 : 2; }

static const void *element(const hw_matrix *matrix, size_t index) {
  return (const unsigned char *)matrix->data + index * hw_dtype_size(matrix->dtype);
}

hw_matrix hw_matrix_inputs(const hw_matrix *matrix, size_t first, size_t n) {
  hw_matrix part = *matrix;
  part.data = element(matrix, matrix->in_first ? first * matrix->stride : first);
  part.n_in = n;
  return part;
}

hw_matrix hw_matrix_outputs(const hw_matrix *matrix, size_t first, size_t n) {
  hw_matrix part = *matrix;
  part.data = element(matrix, matrix->in_first ? first : first * matrix->stride);
  part.n_out = n;
  return part;
}

/* IEEE half to single through integers: normal numbers by shifting the exponent, subnormal ones by a subtraction that
 * the FPU normalises, infinities and NaN by widening the exponent. */
static inline float half_to_float(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = half & 0x7FFFu;
  uint32_t bits = (magnitude << 13) + 0x38000000u;
  if (magnitude >= 0x7C00u) bits += 0x38000000u;
  float value;
  if (magnitude < 0x0400u) {
    bits = (magnitude << 13) + 0x38800000u;
    memcpy(&value, &bits, sizeof value);
    value -= 6.103515625e-05f; /* 2^-14 */
    memcpy(&bits, &value, sizeof bits);
  }
  bits |= sign;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Numbers of a mapped file need not be aligned. */
typedef uint16_t anywhere16 __attribute__((aligned(1), may_alias));

HW_SIMD static void widen_half(const anywhere16 *in, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = half_to_float(in[i]);
}

HW_SIMD static void widen_bfloat(const anywhere16 *in, size_t n, float *out) {
  uint32_t *bits = (uint32_t *)out;
  for (size_t i = 0; i < n; i++) bits[i] = (uint32_t)in[i] << 16;
}

void hw_widen(const void *data, hw_dtype dtype, size_t n, float *out) {
  switch (dtype) {
    case HW_F32: memcpy(out, data, n * sizeof *out); break;
    case HW_F16: widen_half(data, n, out); break;
    case HW_BF16: widen_bfloat(data, n, out); break;
  }
}

void hw_matvec(const hw_matrix *w, const float *x, float *y) {
  enum { BLOCK = 512 };
  float row[BLOCK];
  if (w->in_first) memset(y, 0, w->n_out * sizeof *y);
  size_t n_rows = w->in_first ? w->n_in : w->n_out, length = w->in_first ? w->n_out : w->n_in;
  for (size_t r = 0; r < n_rows; r++) {
    float sum = 0;
    for (size_t first = 0; first < length; first += BLOCK) {
      size_t n = length - first < BLOCK ? length - first : BLOCK;
      const float *values = row;
      if (w->dtype == HW_F32)
        values = (const float *)element(w, r * w->stride + first);
      else
        hw_widen(element(w, r * w->stride + first), w->dtype, n, row);
      if (w->in_first) {
        for (size_t i = 0; i < n; i++) y[first + i] += x[r] * values[i];
      } else {
        sum += hw_dot(x + first, values, n);
      }
    }
    if (!w->in_first) y[r] = sum;
  }
}

const float *hw_matrix_input_rows(const hw_matrix *w, size_t first, size_t n, float *out, size_t *ld) {
  if (w->in_first && w->dtype == HW_F32) {
    *ld = w->stride;
    return (const float *)element(w, first * w->stride);
  }
  *ld = w->n_out;
  if (w->in_first) {
    for (size_t r = 0; r < n; r++) hw_widen(element(w, (first + r) * w->stride), w->dtype, w->n_out, out + r * w->n_out);
    return out;
  }
  enum { BLOCK = 64 };
  float column[BLOCK];
  for (size_t d = 0; d < w->n_out; d++)
    for (size_t r = 0; r < n; r += BLOCK) {
      size_t count = n - r < BLOCK ? n - r : BLOCK;
      hw_widen(element(w, d * w->stride + first + r), w->dtype, count, column);
      for (size_t c = 0; c < count; c++) out[(r + c) * w->n_out + d] = column[c];
    }
  return out;
}
