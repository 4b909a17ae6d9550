/* SPDX-License-Identifier: Apache-2.0
 * The kernels of one instruction set. */
#include "tensor/isa_kernels.h"

#ifdef HW_TILE_REGIONS
/* gemm_tile.c is built without AddressSanitizer: with it, its inner loop took more than half of the time of tests that run models. What it reads
 * and writes is checked here, once a call. */
#include <sanitizer/asan_interface.h>

static void check(const float *region, size_t n, bool written) {
  void *bad = __asan_region_is_poisoned((void *)(uintptr_t)region, n * sizeof *region);
  if (bad) __asan_report_error(__builtin_return_address(0), __builtin_frame_address(0), __builtin_frame_address(0), bad, written, 1); /* ends the program */
}

static void check_rows(const float *first, size_t ld, size_t rows, size_t n, bool written) {
  for (size_t r = 0; r < rows; r++) check(first + r * ld, n, written);
}

static void checked_gemm_tile(size_t rows, size_t depth, const float *x, const float *w, float *y, size_t ldy, size_t width, bool add,
                              const hw_fetch *fetch) {
  size_t passes = (width + HW_TILE_OUTPUTS - 1) / HW_TILE_OUTPUTS;
  check(x, depth * rows, false);
  if (depth > 0 && width > 0) check(w, (depth - 1) * HW_PACK_WIDTH + passes * HW_TILE_OUTPUTS, false);
  check_rows(y, ldy, rows, width, true);
  HW_ISA_NAME(hw_gemm_tile)(rows, depth, x, w, y, ldy, width, add, fetch);
}

static void checked_pack_tile(size_t rows, size_t depth, const float *x, size_t ldx, float *out) {
  check_rows(x, ldx, rows, depth, false);
  check(out, depth * rows, true);
  HW_ISA_NAME(hw_pack_tile)(rows, depth, x, ldx, out);
}
#endif

#define HW_TEXT_(name) #name
#define HW_TEXT(name) HW_TEXT_(name)

const hw_kernels HW_ISA_NAME(hw_kernels) = {
#if defined(__x86_64__) && (defined(__AVX2__))
    .name = "x86-64-" HW_TEXT(HW_ISA),
#elif defined(__aarch64__)
    .name = "neon",
#else
    .name = HW_TEXT(HW_ISA),
#endif
    .tile_rows = HW_TILE_ROWS,
    .tile_outputs = HW_TILE_OUTPUTS,
#ifdef HW_TILE_REGIONS
    .gemm_tile = checked_gemm_tile,
    .pack_tile = checked_pack_tile,
#else
    .gemm_tile = HW_ISA_NAME(hw_gemm_tile),
    .pack_tile = HW_ISA_NAME(hw_pack_tile),
#endif
    .peak_loop = HW_ISA_NAME(hw_peak_loop),
#define MEMBER(result, name, parameters, arguments) .name = HW_ISA_NAME(hw_##name),
    HW_KERNEL_LIST(MEMBER)
};
