/* SPDX-License-Identifier: Apache-2.0
 * Numbers of a model: views of weights in the file's own dtype, and the kinds of norm and activation. Activations are float32,
 * row-major. */
#ifndef HEADWATER_TENSOR_H
#define HEADWATER_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "headwater/api.h"
#include "headwater/error.h"

HW_BEGIN_C

/* Q8_0, Q4_0, Q4_K and Q6_K: GGUF's blocks of quantised numbers, of 32 or 256 numbers each. F8_E4M3: sign, 4 bits of exponent (bias 7),
 * 3 of mantissa; no infinities, and NaN where all 7 bits are set. F4_E2M1: sign, 2 bits of exponent (bias 1), 1 of mantissa, two numbers
 * in a byte, the first in its lower half. */
typedef enum hw_dtype { HW_F32 = 0, HW_F16 = 1, HW_BF16 = 2, HW_Q8_0, HW_Q4_0, HW_Q4_K, HW_Q6_K, HW_F8_E4M3, HW_F4_E2M1 } hw_dtype;
enum { HW_N_DTYPES = HW_F4_E2M1 + 1 };
HW_API const char *hw_dtype_name(hw_dtype dtype);
HW_API size_t hw_dtype_size(hw_dtype dtype);  /* bytes of a block */
HW_API size_t hw_dtype_block(hw_dtype dtype); /* numbers of a block: 1 where they are not quantised */

/* What the numbers of a matrix are multiplied with, one factor for a block of them. Number i of the data stands in row i / row_length and
 * column i % row_length of the file's tensor; its factor is values[row / block_rows * row_blocks + column / block_columns]. */
typedef struct hw_scales {
  const float *values;
  const unsigned char *exponents; /* in the place of values: 2^(exponents[...] - 127) (E8M0) */
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
  const void *packed; /* the same numbers once more in the order of the products, as float32 or pairs of BF16, or NULL: see hw_model_pack */
  size_t packed_step; /* 4 bytes each, from one panel of outputs to the next */
  const float *packed_back; /* the transposed matrix packed, as float32, or NULL: see hw_model_pack_back */
  size_t packed_back_step;  /* numbers from one of its panels to the next */
  bool bf16;          /* products round these numbers, and what they are multiplied with, to BF16 (METHOD section 14) */
  bool blas;          /* products go through OpenBLAS; not with bf16 */
} hw_matrix;

/* Work space of a product: floats. */
enum { HW_PANEL_FLOATS = 1 << 20 };

/* Who computes: the calling thread, and threads that take parts of its work while they have none of their own. Which of them take part
 * changes no result. */
typedef struct hw_team {
  float *panel;               /* work space of the caller's products, HW_PANEL_FLOATS floats */
  struct hw_helpers *helpers; /* NULL: the caller is alone */
} hw_team;

typedef enum hw_norm_kind { HW_NORM_LAYER, HW_NORM_RMS, HW_NORM_NONE } hw_norm_kind;
typedef enum hw_activation { HW_ACT_GELU_TANH, HW_ACT_GELU_ERF, HW_ACT_RELU, HW_ACT_SILU } hw_activation;

/* The instruction set that kernels here use: "x86-64-v4", "x86-64-v3", "plain". No result depends on it. */
HW_API const char *hw_instruction_set(void);

/* How products in BF16 are computed here: "AVX512_BF16" (the instruction), or "BF16 emulated". No result depends on it. */
HW_API const char *hw_bf16_products(void);

/* Loads OpenBLAS for products of n_threads threads, each of which uses it by itself: to be called before products go through it, and before
 * there are several threads, as it sets OPENBLAS_NUM_THREADS. *kernel: the one that it chose ("SkylakeX", "Haswell"...; the environment
 * variable OPENBLAS_CORETYPE chooses another). Errors: UNSUPPORTED where it is not installed, MEMORY where its work space does not fit into
 * the address space. */
HW_API bool hw_blas_start(int n_threads, const char **kernel, hw_error *err);

HW_END_C

#endif
