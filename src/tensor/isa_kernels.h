/* SPDX-License-Identifier: Apache-2.0
 * What files that are compiled for each instruction set give each other. */
#ifndef HW_TENSOR_ISA_KERNELS_H
#define HW_TENSOR_ISA_KERNELS_H

#include "tensor/isa.h"

/* Rows and outputs of a tile: as many as its sums fit the registers. */
#if defined(__AVX512F__)
enum { HW_TILE_ROWS = 8, HW_TILE_OUTPUTS = 48 };
#elif defined(__AVX2__)
enum { HW_TILE_ROWS = 6, HW_TILE_OUTPUTS = 16 };
#else
enum { HW_TILE_ROWS = 4, HW_TILE_OUTPUTS = 8 };
#endif

void HW_ISA_NAME(hw_gemm_tile)(size_t rows, size_t depth, const float *x, const float *w, float *y, size_t ldy, size_t width, bool add,
                                const hw_fetch *fetch);
void HW_ISA_NAME(hw_pack_tile)(size_t rows, size_t depth, const float *x, size_t ldx, float *out);
double HW_ISA_NAME(hw_peak_loop)(size_t n);

#define HW_KERNEL_PROTOTYPE(result, name, parameters, arguments) result HW_ISA_NAME(hw_##name) parameters;
HW_KERNEL_LIST(HW_KERNEL_PROTOTYPE)

#endif
