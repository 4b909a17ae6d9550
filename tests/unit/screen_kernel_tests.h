/* SPDX-License-Identifier: Apache-2.0
 * Part of test_screen.c: the kernels of screening. */
#ifndef HW_TESTS_SCREEN_KERNEL_TESTS_H
#define HW_TESTS_SCREEN_KERNEL_TESTS_H

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static bool runs_here(const hw_quantized_kernel *kernel) {
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (kernel == &hw_quantized_kernel_v4 || kernel == &hw_quantized_kernel_v4_vnni)
    return hw_kernels_here() == &hw_kernels_v4 && (kernel == &hw_quantized_kernel_v4 || hw_quantized_kernel_here() == kernel);
  if (kernel == &hw_quantized_kernel_v3) return hw_kernels_here() != &hw_kernels_plain;
  if (kernel == &hw_quantized_kernel_v3_vnni) return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1); /* AVX-VNNI: not all with AVX-512's have it */
#endif
  return kernel == &hw_quantized_kernel_plain;
}

TEST(products_of_8_bit_numbers_are_exact_in_every_form) {
  enum { QUADS = 700 };
  static const hw_quantized_kernel *const kernels[] = {
#if defined(__x86_64__)
      &hw_quantized_kernel_v4_vnni, &hw_quantized_kernel_v3_vnni, &hw_quantized_kernel_v4, &hw_quantized_kernel_v3,
#endif
      &hw_quantized_kernel_plain};
  uint64_t seed = 9;
  uint8_t *x = unit_alloc(8 * QUADS * 4, 1);
  int8_t *w = unit_alloc(QUADS * HW_PACK_WIDTH * 4, 1);
  int32_t start[HW_PACK_WIDTH], y[8 * HW_PACK_WIDTH];
  for (int largest = 0; largest < 2; largest++) {
    for (size_t i = 0; i < QUADS * HW_PACK_WIDTH * 4; i++) w[i] = largest ? (i % 8 < 4 ? -127 : 127) : (int8_t)((int)unit_below(&seed, 255) - 127);
    for (size_t i = 0; i < HW_PACK_WIDTH; i++) start[i] = (int32_t)unit_below(&seed, 1 << 28);
    for (size_t e = 0; e < COUNT_OF(kernels); e++)
      for (size_t rows = 1; runs_here(kernels[e]) && rows <= kernels[e]->tile_rows; rows++) {
        for (size_t i = 0; i < rows * QUADS * 4; i++) x[i] = largest ? 255 : (uint8_t)unit_below(&seed, 256);
        kernels[e]->tile(rows, QUADS, (const int32_t *)(const void *)x, w, start, y);
        for (size_t r = 0; r < rows; r++)
          for (size_t c = 0; c < HW_PACK_WIDTH; c++) {
            int64_t want = start[c];
            for (size_t k = 0; k < QUADS * 4; k++) want += (int64_t)x[(k / 4 * rows + r) * 4 + k % 4] * w[k / 4 * HW_PACK_WIDTH * 4 + c * 4 + k % 4];
            assert_int_equal(y[r * HW_PACK_WIDTH + c], want);
          }
      }
  }
  free(x);
  free(w);
}

TEST(chains_have_the_bits_of_gemm) {
  static const size_t sizes[] = {1, 3, 4, 31, 383, 384, 385, 770, 1155};
  uint64_t seed = 10;
  float *panel = unit_floats(HW_PANEL_FLOATS);
  for (size_t s = 0; s < COUNT_OF(sizes); s++) {
    size_t n = sizes[s];
    float *weights = unit_floats(HW_CHAINS * n), *x = unit_floats(n), want[HW_CHAINS], found[HW_CHAINS];
    const float *rows[HW_CHAINS];
    unit_fill(&seed, 1, HW_CHAINS * n, weights);
    unit_fill(&seed, 1, n, x);
    for (size_t r = 0; r < HW_CHAINS; r++) rows[r] = weights + r * n;
    const hw_matrix w = {.data = weights, .dtype = HW_F32, .n_in = n, .n_out = HW_CHAINS, .stride = n};
    hw_gemm(&w, x, n, want, HW_CHAINS, 1, panel);
    const hw_kernels *const kernels[] = {hw_kernels_here(),
#if defined(__x86_64__)
                                         hw_kernels_here() == &hw_kernels_plain ? &hw_kernels_plain : &hw_kernels_v3,
#endif
                                         &hw_kernels_plain};
    for (size_t e = 0; e < COUNT_OF(kernels); e++) {
      static const size_t counts[] = {HW_CHAINS, HW_CHAINS - 1, 17, 16, 5, 1};
      for (size_t c = 0; c < COUNT_OF(counts); c++) {
        memset(found, 0xEE, sizeof found);
        kernels[e]->chains(x, rows, counts[c], n, found);
        assert_memory_equal(found, want, counts[c] * sizeof *want);
      }
    }
    free(weights);
    free(x);
  }
  free(panel);
}

#endif
