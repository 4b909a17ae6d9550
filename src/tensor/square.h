/* SPDX-License-Identifier: Apache-2.0
 * A square of numbers that is turned in registers. */
#ifndef HW_TENSOR_SQUARE_H
#define HW_TENSOR_SQUARE_H

#include <stddef.h>
#include <stdint.h>

enum { HW_SQUARE_SIDE = 4 };

typedef float hw_square_row __attribute__((vector_size(4 * HW_SQUARE_SIDE), aligned(4), may_alias));
typedef int32_t hw_square_mask __attribute__((vector_size(4 * HW_SQUARE_SIDE)));

#if defined(__clang__)
#define HW_SQUARE_SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define HW_SQUARE_SHUFFLED(a, b, ...) __builtin_shuffle(a, b, (hw_square_mask){__VA_ARGS__})
#endif

/* out[j * ld_out + i] = in[i * ld_in + j] for i, j < HW_SQUARE_SIDE. */
static inline __attribute__((always_inline)) void hw_turn_square(const float *in, size_t ld_in, float *out, size_t ld_out) {
  hw_square_row a = *(const hw_square_row *)in, b = *(const hw_square_row *)(in + ld_in);
  hw_square_row c = *(const hw_square_row *)(in + 2 * ld_in), d = *(const hw_square_row *)(in + 3 * ld_in);
  hw_square_row ab = HW_SQUARE_SHUFFLED(a, b, 0, 4, 1, 5), cd = HW_SQUARE_SHUFFLED(c, d, 0, 4, 1, 5);
  hw_square_row ab_end = HW_SQUARE_SHUFFLED(a, b, 2, 6, 3, 7), cd_end = HW_SQUARE_SHUFFLED(c, d, 2, 6, 3, 7);
  *(hw_square_row *)out = HW_SQUARE_SHUFFLED(ab, cd, 0, 1, 4, 5);
  *(hw_square_row *)(out + ld_out) = HW_SQUARE_SHUFFLED(ab, cd, 2, 3, 6, 7);
  *(hw_square_row *)(out + 2 * ld_out) = HW_SQUARE_SHUFFLED(ab_end, cd_end, 0, 1, 4, 5);
  *(hw_square_row *)(out + 3 * ld_out) = HW_SQUARE_SHUFFLED(ab_end, cd_end, 2, 3, 6, 7);
}

#endif
