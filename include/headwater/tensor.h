/* SPDX-License-Identifier: Apache-2.0
 * Numbers of a model: views of weights in the file's own dtype, and the kinds of norm and activation. Activations are float32,
 * row-major. */
#ifndef HEADWATER_TENSOR_H
#define HEADWATER_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "headwater/api.h"

HW_BEGIN_C

/* Q8_0, Q4_0, Q4_K and Q6_K: GGUF's blocks of quantised numbers, of 32 or 256 numbers each. F8_E4M3: sign, 4 bits of exponent (bias 7),
 * 3 of mantissa; no infinities, and NaN where all 7 bits are set. */
typedef enum hw_dtype { HW_F32 = 0, HW_F16 = 1, HW_BF16 = 2, HW_Q8_0, HW_Q4_0, HW_Q4_K, HW_Q6_K, HW_F8_E4M3 } hw_dtype;
enum { HW_N_DTYPES = HW_F8_E4M3 + 1 };
HW_API const char *hw_dtype_name(hw_dtype dtype);
HW_API size_t hw_dtype_size(hw_dtype dtype);  /* bytes of a block */
HW_API size_t hw_dtype_block(hw_dtype dtype); /* numbers of a block: 1 where they are not quantised */

/* What the numbers of a matrix are multiplied with, one factor for a block of them. Number i of the data stands in row i / row_length and
 * column i % row_length of the file's tensor; its factor is values[row / block_rows * row_blocks + column / block_columns]. */
typedef struct hw_scales {
  const float *values;
  size_t row_length;
  size_t block_rows, block_columns;
  size_t row_blocks; /* that stand side by side */
} hw_scales;

/* A weight matrix that maps n_in inputs to n_out outputs, as it lies in the file. Element (in k, out n) is number
 * offset + (in_first ? k * stride + n : row(n) * stride + k) of the data, times its factor where there are scales. Borrowed from the
 * mapping. hw_matrix_row (tensor/kernels.h) is the one function that knows all of this. */
typedef struct hw_matrix {
  const void *data;
  hw_dtype dtype;
  size_t n_in, n_out;
  size_t stride;
  size_t offset;
  bool in_first; /* GPT-2's Conv1D: [in, out] */
  size_t paired; /* 0: row(n) = n. Else the rows of a head, this many, lie as rotary pairs (0, n/2), (1, n/2 + 1)...; not with in_first */
  const hw_scales *scales; /* or NULL */
} hw_matrix;

/* GEMMs run in tiles of this many rows, the last one filled up, so that a row's result does not depend on how many
 * rows stand beside it (and, where the BLAS kernel allows it, not on its place). */
enum { HW_TILE_ROWS = 256 };
HW_API size_t hw_tile_round(size_t n_rows); /* up to a multiple of HW_TILE_ROWS */

/* Scratch that a GEMM needs to widen weights: floats. */
enum { HW_PANEL_FLOATS = 1 << 20 };

typedef enum hw_norm_kind { HW_NORM_LAYER, HW_NORM_RMS, HW_NORM_NONE } hw_norm_kind;
typedef enum hw_activation { HW_ACT_GELU_TANH, HW_ACT_GELU_ERF, HW_ACT_RELU, HW_ACT_SILU } hw_activation;

/* ---- The BLAS library ---- */

/* The kernel OpenBLAS chose ("SkylakeX", "Haswell"...). Call once before any GEMM: it also sets BLAS to one thread. */
HW_API const char *hw_blas_start(void);

HW_END_C

#endif
