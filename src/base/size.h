/* SPDX-License-Identifier: Apache-2.0
 * Sizes and counts. */
#ifndef HW_BASE_SIZE_H
#define HW_BASE_SIZE_H

#include <stddef.h>

static inline size_t hw_smaller(size_t a, size_t b) { return a < b ? a : b; }

#endif
