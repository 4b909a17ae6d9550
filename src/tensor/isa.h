/* SPDX-License-Identifier: Apache-2.0
 * One source, several instruction sets: files of this room that are compiled once for each of them (HW_ISA is its name), and the choice at
 * run time. All of them do the same operations on each number in the same order, so the bits of a result do not depend on the choice. */
#ifndef HW_TENSOR_ISA_H
#define HW_TENSOR_ISA_H

#include "tensor/kernel_list.h"
#include "tensor/kernels.h"

#define HW_ISA_JOIN_(a, b) a##_##b
#define HW_ISA_JOIN(a, b) HW_ISA_JOIN_(a, b)
/* name_v4, name_v3 or name_plain */
#define HW_ISA_NAME(name) HW_ISA_JOIN(name, HW_ISA)

enum { HW_PACK_WIDTH = 48 }; /* outputs of a panel of packed weights */
enum { HW_CHAIN_INPUTS = 384 }; /* of a product, whose sum is one chain; longer chains round worse (1.5 times at 768) */
enum { HW_CHAIN_CELLS = HW_CHAIN_INPUTS }; /* of 4 bytes, of a chain: inputs, or pairs of inputs in BF16 */
enum { HW_CHAINS = 32 };     /* outputs that hw_chains computes */

/* Memory that a tile brings into the second-level cache beside its work. */
typedef struct hw_fetch {
  const char *at;
  size_t bytes;
} hw_fetch;

/* Brings y[rows][width] near, while a tile sums what it will write there: without this it waits for each row at its end. Of a row that begins
 * within a cache line the last line may be left out. */
static inline __attribute__((always_inline)) void hw_fetch_outputs(const float *y, size_t ldy, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < width; i += 64 / sizeof *y) __builtin_prefetch(y + r * ldy + i, 1, 3);
}

typedef struct hw_kernels {
  const char *name; /* for the database: "x86-64-v4", "x86-64-v3", "neon", "plain" */
  size_t tile_rows; /* rows that gemm_tile takes at most */
  size_t tile_outputs; /* outputs whose sums stay in registers: a part of HW_PACK_WIDTH */
  /* y[rows][width] = (add ? y : 0) + x W for packed x [depth][rows] and a panel w [depth][HW_PACK_WIDTH]; width <= HW_PACK_WIDTH. */
  void (*gemm_tile)(size_t rows, size_t depth, const float *x, const float *w, float *y, size_t ldy, size_t width, bool add,
                    const hw_fetch *fetch);
  /* out[depth][rows] of x[rows][depth] */
  void (*pack_tile)(size_t rows, size_t depth, const float *x, size_t ldx, float *out);
  /* n times a fused multiply-add on as many registers as a tile uses, nothing read or written: floating-point operations that were done. */
  double (*peak_loop)(size_t n);
#define HW_KERNEL_MEMBER(result, name, parameters, arguments) result(*name) parameters;
  HW_KERNEL_LIST(HW_KERNEL_MEMBER)
} hw_kernels;

extern const hw_kernels hw_kernels_v4, hw_kernels_v3, hw_kernels_plain;

/* The best that this processor has. */
const hw_kernels *hw_kernels_here(void);

/* Products of a matrix and vectors in 8-bit numbers (quantized.h). */
typedef struct hw_quantized_kernel {
  const char *name; /* "VNNI", or "16-bit products" */
  size_t tile_rows; /* vectors that tile takes at most */
  /* y[rows][HW_PACK_WIDTH] = start + the sums of x[quads][rows], four numbers each, times a panel of numbers */
  void (*tile)(size_t rows, size_t quads, const int32_t *x, const int8_t *numbers, const int32_t *start, int32_t *y);
} hw_quantized_kernel;

extern const hw_quantized_kernel hw_quantized_kernel_v4_vnni, hw_quantized_kernel_v3_vnni, hw_quantized_kernel_v4, hw_quantized_kernel_v3,
    hw_quantized_kernel_plain;

const hw_quantized_kernel *hw_quantized_kernel_here(void);

/* Products of numbers in BF16 (bf16.h). */
typedef struct hw_bf16_kernel {
  const char *name;
  size_t tile_rows; /* rows that tile takes at most */
  /* Whether the processor computes what bf16.h says, tried on numbers that differ by every part of it. */
  bool (*as_said)(void);
  /* out[n] of x[n], and a 0 more where n is odd */
  void (*round)(const float *x, size_t n, uint16_t *out);
  /* y[rows][width] = (add ? y : 0) + x W for rows of x that lie HW_CHAIN_CELLS pairs apart and a panel w [pairs][HW_PACK_WIDTH] */
  void (*tile)(size_t rows, size_t pairs, const void *x, const void *w, float *y, size_t ldy, size_t width, bool add, const hw_fetch *fetch);
} hw_bf16_kernel;

extern const hw_bf16_kernel hw_bf16_kernel_v4_bf16, hw_bf16_kernel_v4, hw_bf16_kernel_v3, hw_bf16_kernel_plain;

const hw_bf16_kernel *hw_bf16_kernel_here(void);

#endif
