/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_TENSOR_BLAS_H
#define HW_TENSOR_BLAS_H

#include "headwater/tensor.h"

/* hw_gemm by OpenBLAS, which wants weights in float32: those that are not are widened a panel at a time. */
void hw_blas_product(const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, float *panel);

#endif
