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

typedef enum hw_dtype { HW_F32 = 0, HW_F16 = 1, HW_BF16 = 2 } hw_dtype;
HW_API extern const char *const hw_dtype_names[3];
HW_API size_t hw_dtype_size(hw_dtype dtype); /* bytes */

/* A weight matrix that maps n_in inputs to n_out outputs, as it lies in the file. Element (in k, out n) is at
 * in_first ? data[k * stride + n] : data[n * stride + k], counted in elements. Borrowed from the mapping. */
typedef struct hw_matrix {
  const void *data;
  hw_dtype dtype;
  size_t n_in, n_out;
  size_t stride;
  bool in_first; /* GPT-2's Conv1D: [in, out] */
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
