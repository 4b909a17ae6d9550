/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_TENSOR_VECTOR_MATH_H
#define HW_TENSOR_VECTOR_MATH_H

#include <stddef.h>

/* x = exp(x - subtract); returns the sum. */
float hw_exp_sum(float *x, size_t n, float subtract);

#endif
