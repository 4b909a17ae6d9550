/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tensor/isa.h"
#include "tensor/kernels.h"
#include "tensor/widen.h"

hw_matrix hw_matrix_inputs(const hw_matrix *matrix, size_t first, size_t n) {
  hw_matrix part = *matrix;
  part.offset += matrix->in_first ? first * matrix->stride : first;
  part.n_in = n;
  if (part.packed) part.packed += first * HW_PACK_WIDTH;
  return part;
}

hw_matrix hw_matrix_outputs(const hw_matrix *matrix, size_t first, size_t n) {
  hw_matrix part = *matrix;
  part.offset += matrix->in_first ? first : first * matrix->stride;
  part.n_out = n;
  if (part.packed) part.packed = first % HW_PACK_WIDTH ? NULL : part.packed + first / HW_PACK_WIDTH * part.packed_step;
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

static void copy_packed_rows(const hw_matrix *w, size_t first, size_t n, float *out) {
  for (size_t r = 0; r < n; r++)
    for (size_t d = 0; d < w->n_out; d += HW_PACK_WIDTH) {
      size_t width = w->n_out - d < HW_PACK_WIDTH ? w->n_out - d : (size_t)HW_PACK_WIDTH;
      memcpy(out + r * w->n_out + d, w->packed + d / HW_PACK_WIDTH * w->packed_step + (first + r) * HW_PACK_WIDTH, width * sizeof *out);
    }
}

const float *hw_matrix_input_rows(const hw_matrix *w, size_t first, size_t n, float *out, size_t *ld) {
  if (w->packed) {
    *ld = w->n_out;
    copy_packed_rows(w, first, n, out);
    return out;
  }
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
