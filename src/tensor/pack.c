/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/pack.h"

#include <string.h>

#include "tensor/kernels.h"

size_t hw_pack_panels(const hw_matrix *w) { return (w->n_out + HW_PACK_WIDTH - 1) / HW_PACK_WIDTH; }

size_t hw_packed_floats(const hw_matrix *w) { return hw_pack_panels(w) * HW_PACK_WIDTH * w->n_in; }

size_t hw_panel_width(const hw_matrix *w, size_t panel) {
  size_t left = w->n_out - panel * HW_PACK_WIDTH;
  return left < HW_PACK_WIDTH ? left : (size_t)HW_PACK_WIDTH;
}

const float *hw_panel_inputs(const hw_matrix *w, size_t panel, size_t first, size_t n, float *space, size_t *ld) {
  const float *plain = w->in_first && !w->packed ? hw_matrix_plain(w) : NULL;
  *ld = plain ? w->stride : (size_t)HW_PACK_WIDTH;
  if (plain) return plain + first * w->stride + panel * HW_PACK_WIDTH;
  if (w->packed) return w->packed + panel * w->packed_step + first * HW_PACK_WIDTH;
  hw_pack_panel(w, panel, first, n, space);
  return space;
}

void hw_pack_panel(const hw_matrix *w, size_t panel, size_t first, size_t depth, float *out) {
  enum { AT_ONCE = 64 }; /* inputs of an output that are widened together */
  size_t output = panel * HW_PACK_WIDTH, n = hw_panel_width(w, panel);
  if (n < HW_PACK_WIDTH) memset(out, 0, depth * HW_PACK_WIDTH * sizeof *out);
  if (w->in_first) {
    for (size_t k = 0; k < depth; k++) hw_matrix_row(w, first + k, output, n, out + k * HW_PACK_WIDTH);
    return;
  }
  float inputs[HW_PACK_WIDTH][AT_ONCE];
  for (size_t k = 0; k < depth; k += AT_ONCE) {
    size_t count = depth - k < AT_ONCE ? depth - k : (size_t)AT_ONCE;
    for (size_t c = 0; c < n; c++) hw_matrix_row(w, output + c, first + k, count, inputs[c]);
    for (size_t i = 0; i < count; i++)
      for (size_t c = 0; c < n; c++) out[(k + i) * HW_PACK_WIDTH + c] = inputs[c][i];
  }
}
