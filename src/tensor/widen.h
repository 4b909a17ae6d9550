/* SPDX-License-Identifier: Apache-2.0
 * Numbers of a file widened to float32. */
#ifndef HW_TENSOR_WIDEN_H
#define HW_TENSOR_WIDEN_H

#include "headwater/tensor.h"

/* n numbers from the beginning of a block. */
void hw_widen(const void *data, hw_dtype dtype, size_t n, float *out);

/* n numbers from number `first` of the data, which may lie inside of a block. */
void hw_widen_from(const void *data, hw_dtype dtype, size_t first, size_t n, float *out);

/* Multiplies n widened numbers, from number `first` of the data on, with their factors; scales NULL: nothing. Each product is rounded to
 * float32 once. */
void hw_apply_scales(const hw_scales *scales, size_t first, size_t n, float *out);

#endif
