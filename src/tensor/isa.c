/* SPDX-License-Identifier: Apache-2.0
 * The choice between instruction sets. HW_MOST_ISA (tests): 3 or 0 for a program that does not use the better ones. */
#include "tensor/isa.h"

#include "headwater/tensor.h"

#ifndef HW_MOST_ISA
#define HW_MOST_ISA 4
#endif

#if defined(__x86_64__)
static bool has_v3(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}

static bool has_v4(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
#endif

const hw_kernels *hw_kernels_here(void) {
#if defined(__x86_64__)
  if (HW_MOST_ISA >= 3 && has_v3()) return HW_MOST_ISA >= 4 && has_v4() ? &hw_kernels_v4 : &hw_kernels_v3;
#endif
  return &hw_kernels_plain;
}

const char *hw_instruction_set(void) { return hw_kernels_here()->name; }
