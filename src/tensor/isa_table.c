/* SPDX-License-Identifier: Apache-2.0
 * The kernels of one instruction set. */
#include "tensor/isa_kernels.h"

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
    .gemm_tile = HW_ISA_NAME(hw_gemm_tile),
    .pack_tile = HW_ISA_NAME(hw_pack_tile),
    .peak_loop = HW_ISA_NAME(hw_peak_loop),
#define MEMBER(result, name, parameters, arguments) .name = HW_ISA_NAME(hw_##name),
    HW_KERNEL_LIST(MEMBER)
};
