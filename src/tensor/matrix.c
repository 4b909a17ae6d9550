/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tensor/kernels.h"
#include "tensor/widen.h"

hw_matrix hw_matrix_inputs(const hw_matrix *matrix, size_t first, size_t n) {
  hw_matrix part = *matrix;
  part.offset += matrix->in_first ? first * matrix->stride : first;
  part.n_in = n;
  return part;
}

hw_matrix hw_matrix_outputs(const hw_matrix *matrix, size_t first, size_t n) {
  hw_matrix part = *matrix;
  part.offset += matrix->in_first ? first : first * matrix->stride;
  part.n_out = n;
  return part;
}

const float *hw_matrix_plain(const hw_matrix *w) {
  if (w->dtype != HW_F32 || w->paired || w->scales || (uintptr_t)w->data % sizeof(float)) return NULL;
  return (const float *)w->data + w->offset;
}

void hw_matrix_row(const hw_matrix *w, size_t row, size_t first, size_t n, float *out) {
  if (w->paired) {
    size_t half = w->paired / 2, inside = row % w->paired;
    row += 2 * (inside % half) + inside / half - inside;
  }
  first += w->offset + row * w->stride;
  hw_widen_from(w->data, w->dtype, first, n, out);
  hw_apply_scales(w->scales, first, n, out);
}

void hw_matvec(const hw_matrix *w, const float *x, float *y) {
  enum { BLOCK = 512 };
  float row[BLOCK];
  const float *plain = hw_matrix_plain(w);
  if (w->in_first) memset(y, 0, w->n_out * sizeof *y);
  size_t n_rows = w->in_first ? w->n_in : w->n_out, length = w->in_first ? w->n_out : w->n_in;
  for (size_t r = 0; r < n_rows; r++) {
    float sum = 0;
    for (size_t first = 0; first < length; first += BLOCK) {
      size_t n = length - first < BLOCK ? length - first : BLOCK;
      const float *values = plain ? plain + r * w->stride + first : row;
      if (!plain) hw_matrix_row(w, r, first, n, row);
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
  const float *plain = w->in_first ? hw_matrix_plain(w) : NULL;
  if (plain) {
    *ld = w->stride;
    return plain + first * w->stride;
  }
  *ld = w->n_out;
  if (w->in_first) {
    for (size_t r = 0; r < n; r++) hw_matrix_row(w, first + r, 0, w->n_out, out + r * w->n_out);
    return out;
  }
  enum { BLOCK = 256 };
  float column[BLOCK];
  for (size_t d = 0; d < w->n_out; d++)
    for (size_t r = 0; r < n; r += BLOCK) {
      size_t count = n - r < BLOCK ? n - r : BLOCK;
      hw_matrix_row(w, d, first + r, count, column);
      for (size_t c = 0; c < count; c++) out[(r + c) * w->n_out + d] = column[c];
    }
  return out;
}
