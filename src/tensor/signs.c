/* SPDX-License-Identifier: Apache-2.0
 * Kernels of the proximity by signs (METHOD section 2). */
#include "tensor/isa_kernels.h"
#include "tensor/lanes.h"

enum { PANEL_VECTORS = HW_PACK_WIDTH / HW_WIDTH };

/* A panel's numbers of a row, zeros past `width`. */
HW_INLINE void load_panel(const float *x, size_t width, hw_vector out[PANEL_VECTORS]) {
  for (size_t i = 0; i < PANEL_VECTORS; i++) {
    size_t at = i * HW_WIDTH;
    out[i] = width == HW_PACK_WIDTH ? hw_load(x + at) : hw_load_up_to(x + at, at < width ? width - at : 0, 0);
  }
}

void HW_ISA_NAME(hw_dot_panel)(const float *x, const float *rows, size_t ld, size_t n_rows, size_t width, float *lanes) {
  hw_vector of_x[PANEL_VECTORS], row[PANEL_VECTORS];
  load_panel(x, width, of_x);
  for (size_t r = 0; r < n_rows; r++, lanes += HW_LANES) {
    hw_vector sums[HW_VECTORS];
    for (int v = 0; v < HW_VECTORS; v++) sums[v] = hw_load(lanes + v * HW_WIDTH);
    load_panel(rows + r * ld, width, row);
    for (size_t i = 0; i < PANEL_VECTORS; i++) sums[i % HW_VECTORS] = hw_fma(of_x[i], row[i], sums[i % HW_VECTORS]);
    for (int v = 0; v < HW_VECTORS; v++) hw_store(lanes + v * HW_WIDTH, sums[v]);
  }
}

void HW_ISA_NAME(hw_column_squares)(const float *rows, size_t ld, size_t n_rows, size_t width, float *out) {
  hw_vector sums[PANEL_VECTORS] = {{0}}, row[PANEL_VECTORS];
  float all[HW_PACK_WIDTH];
  for (size_t r = 0; r < n_rows; r++) {
    load_panel(rows + r * ld, width, row);
    for (size_t i = 0; i < PANEL_VECTORS; i++) sums[i] = hw_fma(row[i], row[i], sums[i]);
  }
  for (size_t i = 0; i < PANEL_VECTORS; i++) hw_store(all + i * HW_WIDTH, sums[i]);
  memcpy(out, all, width * sizeof *out);
}

size_t HW_ISA_NAME(hw_list_below)(const float *x, const float *y, float factor, size_t n, uint32_t *list, size_t most) {
  size_t count = 0;
  for (size_t i = 0; i < n; i += HW_WIDTH) {
    size_t left = n - i;
    uint64_t bits = hw_bits_of(hw_magnitude(hw_load_up_to(x + i, left, 0)) < factor * hw_load_up_to(y + i, left, 0));
    for (; bits; bits &= bits - 1) {
      if (count < most) list[count] = (uint32_t)(i + (size_t)__builtin_ctzll(bits));
      count++;
    }
  }
  return count;
}

void HW_ISA_NAME(hw_excess_rows)(const float *z, const float *scale, const float *sign, const float *size, size_t n_rows, float *out) {
  for (size_t r = 0; r < n_rows; r++, z += HW_PACK_WIDTH) {
    hw_lanes sums;
    hw_lanes_clear(&sums);
    for (size_t i = 0; i < PANEL_VECTORS; i++) {
      size_t at = i * HW_WIDTH;
      hw_vector past = hw_fma(hw_all(scale[r]), hw_load(z + at) * hw_load(sign + at), -hw_load(size + at));
      sums.of[i % HW_VECTORS] += hw_choose(past > 0, past, hw_all(0));
    }
    out[r] = hw_total_of_lanes(&sums);
  }
}
