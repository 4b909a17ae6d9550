/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/pack.h"

#include <string.h>

#include "base/simd.h"
#include "tensor/bf16.h"
#include "tensor/kernels.h"
#include "tensor/square.h"

/* Inputs of an output that are widened together: as many as the processor fetches ahead in the file. */
enum { AT_ONCE = HW_CHAIN_INPUTS };

size_t hw_pack_panels(const hw_matrix *w) { return (w->n_out + HW_PACK_WIDTH - 1) / HW_PACK_WIDTH; }

size_t hw_pack_depth(const hw_matrix *w, size_t n) { return w->bf16 ? (n + 1) / 2 : n; }

size_t hw_panel_width(const hw_matrix *w, size_t panel) {
  size_t left = w->n_out - panel * HW_PACK_WIDTH;
  return left < HW_PACK_WIDTH ? left : (size_t)HW_PACK_WIDTH;
}

size_t hw_packed_cells(const hw_matrix *w) { return hw_pack_panels(w) * HW_PACK_WIDTH * hw_pack_depth(w, w->n_in); }

/* n inputs, AT_ONCE at most, as float32: out[n][HW_PACK_WIDTH]. */
static void widen_panel(const hw_matrix *w, size_t panel, size_t first, size_t n, float *out) {
  size_t output = panel * HW_PACK_WIDTH, n_out = hw_panel_width(w, panel);
  if (n_out < HW_PACK_WIDTH) memset(out, 0, n * HW_PACK_WIDTH * sizeof *out);
  if (w->in_first) {
    for (size_t k = 0; k < n; k++) hw_matrix_row(w, first + k, output, n_out, out + k * HW_PACK_WIDTH);
    return;
  }
  float inputs[HW_PACK_WIDTH][AT_ONCE];
  for (size_t c = 0; c < n_out; c++) hw_matrix_row(w, output + c, first, n, inputs[c]);
  size_t whole = n / HW_SQUARE_SIDE * HW_SQUARE_SIDE, whole_out = n_out / HW_SQUARE_SIDE * HW_SQUARE_SIDE;
  for (size_t k = 0; k < whole; k += HW_SQUARE_SIDE)
    for (size_t c = 0; c < whole_out; c += HW_SQUARE_SIDE) hw_turn_square(&inputs[c][k], AT_ONCE, out + k * HW_PACK_WIDTH + c, HW_PACK_WIDTH);
  for (size_t k = 0; k < n; k++)
    for (size_t c = k < whole ? whole_out : 0; c < n_out; c++) out[k * HW_PACK_WIDTH + c] = inputs[c][k];
}

/* odd NULL: 0 */
HW_SIMD static void join_pairs(const float *even, const float *odd, uint32_t *out) {
  for (size_t c = 0; c < HW_PACK_WIDTH; c++) out[c] = hw_bf16_of(even[c]);
  for (size_t c = 0; odd && c < HW_PACK_WIDTH; c++) out[c] |= (uint32_t)hw_bf16_of(odd[c]) << 16;
}

void hw_pack_panel(const hw_matrix *w, size_t panel, size_t first, size_t n, void *out) {
  for (size_t k = 0; k < n; k += AT_ONCE) {
    size_t count = n - k < AT_ONCE ? n - k : (size_t)AT_ONCE;
    if (!w->bf16) {
      widen_panel(w, panel, first + k, count, (float *)out + k * HW_PACK_WIDTH);
      continue;
    }
    float numbers[AT_ONCE * HW_PACK_WIDTH];
    uint32_t *pairs = (uint32_t *)out + k / 2 * HW_PACK_WIDTH;
    widen_panel(w, panel, first + k, count, numbers);
    for (size_t i = 0; i < count; i += 2, pairs += HW_PACK_WIDTH)
      join_pairs(numbers + i * HW_PACK_WIDTH, i + 1 < count ? numbers + (i + 1) * HW_PACK_WIDTH : NULL, pairs);
  }
}

/* n inputs of a packed panel. */
static void part_pairs(const uint32_t *pairs, size_t first, size_t n, float *out) {
  for (size_t k = first; k < first + n; k++, out += HW_PACK_WIDTH)
    for (size_t c = 0; c < HW_PACK_WIDTH; c++) out[c] = hw_bf16_value((uint16_t)(pairs[k / 2 * HW_PACK_WIDTH + c] >> (k % 2 ? 16 : 0)));
}

const float *hw_panel_inputs(const hw_matrix *w, size_t panel, size_t first, size_t n, float *space, size_t *ld) {
  const float *plain = w->in_first && !w->packed && !w->bf16 ? hw_matrix_plain(w) : NULL;
  const void *packed = w->packed ? hw_cell(w->packed, panel * w->packed_step) : NULL;
  *ld = plain ? w->stride : (size_t)HW_PACK_WIDTH;
  if (plain) return plain + first * w->stride + panel * HW_PACK_WIDTH;
  if (packed && !w->bf16) return hw_cell(packed, first * HW_PACK_WIDTH);
  if (packed) {
    part_pairs(packed, first, n, space);
    return space;
  }
  for (size_t k = 0; k < n; k += AT_ONCE) widen_panel(w, panel, first + k, n - k < AT_ONCE ? n - k : (size_t)AT_ONCE, space + k * HW_PACK_WIDTH);
  if (w->bf16) hw_bf16_round_all(space, n * HW_PACK_WIDTH);
  return space;
}
