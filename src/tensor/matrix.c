/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tensor/bf16.h"
#include "tensor/kernels.h"
#include "tensor/pack.h"
#include "tensor/widen.h"

/* The part of packed weights, which has its pairs of inputs from `first` on: none where these are other pairs, or end in another input. */
static const void *packed_inputs(const hw_matrix *w, size_t first, size_t n) {
  if (!w->packed || (w->bf16 && (first % 2 || (n % 2 && first + n < w->n_in)))) return NULL;
  return hw_cell(w->packed, hw_pack_depth(w, first) * HW_PACK_WIDTH);
}

hw_matrix hw_matrix_inputs(const hw_matrix *matrix, size_t first, size_t n) {
  hw_matrix part = *matrix;
  part.offset += matrix->in_first ? first * matrix->stride : first;
  part.n_in = n;
  part.packed = packed_inputs(matrix, first, n);
  part.packed_back = matrix->packed_back && first % HW_PACK_WIDTH == 0 ? matrix->packed_back + first / HW_PACK_WIDTH * matrix->packed_back_step : NULL;
  return part;
}

hw_matrix hw_matrix_outputs(const hw_matrix *matrix, size_t first, size_t n) {
  hw_matrix part = *matrix;
  part.offset += matrix->in_first ? first : first * matrix->stride;
  part.n_out = n;
  part.packed = matrix->packed && first % HW_PACK_WIDTH == 0 ? hw_cell(matrix->packed, first / HW_PACK_WIDTH * matrix->packed_step) : NULL;
  part.packed_back = matrix->packed_back ? matrix->packed_back + first * HW_PACK_WIDTH : NULL;
  return part;
}

hw_matrix hw_matrix_transposed(const hw_matrix *matrix) {
  hw_matrix back = *matrix;
  back.n_in = matrix->n_out;
  back.n_out = matrix->n_in;
  back.in_first = !matrix->in_first;
  back.packed = matrix->packed_back;
  back.packed_step = matrix->packed_back_step;
  back.packed_back = NULL;
  back.bf16 = false;
  return back;
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

/* n inputs of all panels to rows. */
static void join_panels(const hw_matrix *w, size_t first, size_t n, float *out) {
  enum { AT_ONCE = 64 };
  float space[AT_ONCE * HW_PACK_WIDTH];
  for (size_t r = 0; r < n; r += AT_ONCE)
    for (size_t p = 0; p < hw_pack_panels(w); p++) {
      size_t count = n - r < AT_ONCE ? n - r : (size_t)AT_ONCE, ld;
      const float *inputs = hw_panel_inputs(w, p, first + r, count, space, &ld);
      for (size_t i = 0; i < count; i++) memcpy(out + (r + i) * w->n_out + p * HW_PACK_WIDTH, inputs + i * ld, hw_panel_width(w, p) * sizeof *out);
    }
}

const float *hw_matrix_input_rows(const hw_matrix *w, size_t first, size_t n, float *out, size_t *ld) {
  const float *plain = w->in_first && !w->packed && !w->bf16 ? hw_matrix_plain(w) : NULL;
  *ld = plain ? w->stride : w->n_out;
  if (plain) return plain + first * w->stride;
  if (!w->in_first || w->packed) {
    join_panels(w, first, n, out);
    return out;
  }
  for (size_t r = 0; r < n; r++) {
    hw_matrix_row(w, first + r, 0, w->n_out, out + r * w->n_out);
    if (w->bf16) hw_bf16_round_all(out + r * w->n_out, w->n_out);
  }
  return out;
}
