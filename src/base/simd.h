/* SPDX-License-Identifier: Apache-2.0
 * One binary for every x86-64: hot functions are compiled for several instruction sets and chosen at load time
 * (gcc 11 cannot choose between levels of x86-64, and clang 14 not between clones). */
#ifndef HW_BASE_SIMD_H
#define HW_BASE_SIMD_H

#if defined(__x86_64__) && !defined(__clang__) && __GNUC__ >= 12 && !defined(__SANITIZE_ADDRESS__)
#define HW_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HW_SIMD
#endif

#endif
