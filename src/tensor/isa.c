/* SPDX-License-Identifier: Apache-2.0
 * The choice between instruction sets. HW_MOST_ISA (tests): 3 or 0 for a program that does not use the better ones. */
#include "tensor/isa.h"

#include "headwater/tensor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

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

/* The instruction for four products of 8-bit numbers with 256-bit vectors, outside of AVX-512. */
static bool has_avx_vnni(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
}
#endif

const hw_kernels *hw_kernels_here(void) {
#if defined(__x86_64__)
  if (HW_MOST_ISA >= 3 && has_v3()) return HW_MOST_ISA >= 4 && has_v4() ? &hw_kernels_v4 : &hw_kernels_v3;
#endif
  return &hw_kernels_plain;
}

const hw_quantized_kernel *hw_quantized_kernel_here(void) {
#if defined(__x86_64__)
  if (HW_MOST_ISA >= 4 && has_v4()) return __builtin_cpu_supports("avx512vnni") ? &hw_quantized_kernel_v4_vnni : &hw_quantized_kernel_v4;
  if (HW_MOST_ISA >= 3 && has_v3()) return HW_MOST_ISA >= 4 && has_avx_vnni() ? &hw_quantized_kernel_v3_vnni : &hw_quantized_kernel_v3;
#endif
  return &hw_quantized_kernel_plain;
}

const hw_bf16_kernel *hw_bf16_kernel_here(void) {
#if defined(__x86_64__)
  if (HW_MOST_ISA >= 4 && has_v4())
    return __builtin_cpu_supports("avx512bf16") && hw_bf16_kernel_v4_bf16.as_said() ? &hw_bf16_kernel_v4_bf16 : &hw_bf16_kernel_v4;
  if (HW_MOST_ISA >= 3 && has_v3()) return &hw_bf16_kernel_v3;
#endif
  return &hw_bf16_kernel_plain;
}

const char *hw_bf16_products(void) { return hw_bf16_kernel_here()->name; }

const char *hw_instruction_set(void) { return hw_kernels_here()->name; }
