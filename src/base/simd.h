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

/* A loop that gcc turns into vectors when told to. clang has no vector tanhf and erff, and none for a maximum that leaves NaN out;
 * told to vectorise such a loop it warns, so there the loop stays as it is written.
 * It also sums one row and four rows in different orders, and a row's result must not depend on its neighbours.
 * Loops that both can do carry the pragma itself. */
#if defined(__clang__)
#define HW_SIMD_LOOP(...)
#else
#define HW_PRAGMA(...) _Pragma(#__VA_ARGS__)
#define HW_SIMD_LOOP(...) HW_PRAGMA(omp simd __VA_ARGS__)
#endif

#endif
