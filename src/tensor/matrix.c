/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tensor/kernels.h"
#include "tensor/pack.h"
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

hw_matrix hw_matrix_transposed(const hw_matrix *matrix) {
  hw_matrix back = *matrix;
  back.n_in = matrix->n_out;
  back.n_out = matrix->n_in;
  back.in_first = !matrix->in_first;
  back.packed = NULL;
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

/* n inputs of a panel to rows. */
static void join_panel(const float *panel, size_t n, size_t width, size_t ld, float *out) {
  for (size_t r = 0; r < n; r++) memcpy(out + r * ld, panel + r * HW_PACK_WIDTH, width * sizeof *out);
}

const float *hw_matrix_input_rows(const hw_matrix *w, size_t first, size_t n, float *out, size_t *ld) {
  enum { AT_ONCE = 64 };
  float inputs[AT_ONCE * HW_PACK_WIDTH];
  const float *plain = w->in_first && !w->packed ? hw_matrix_plain(w) : NULL;
  if (plain) {
    *ld = w->stride;
    return plain + first * w->stride;
  }
  *ld = w->n_out;
  if (w->in_first && !w->packed) {
    for (size_t r = 0; r < n; r++) hw_matrix_row(w, first + r, 0, w->n_out, out + r * w->n_out);
    return out;
  }
  for (size_t r = 0; r < n; r += AT_ONCE)
    for (size_t p = 0; p < hw_pack_panels(w); p++) {
      size_t output = p * HW_PACK_WIDTH, width = w->n_out - output < HW_PACK_WIDTH ? w->n_out - output : (size_t)HW_PACK_WIDTH;
      size_t count = n - r < AT_ONCE ? n - r : (size_t)AT_ONCE;
      if (!w->packed) hw_pack_panel(w, p, first + r, count, inputs);
      join_panel(w->packed ? w->packed + p * w->packed_step + (first + r) * HW_PACK_WIDTH : inputs, count, width, w->n_out, out + r * w->n_out + output);
    }
  return out;
}
