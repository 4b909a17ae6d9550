/* SPDX-License-Identifier: Apache-2.0
 * A matrix in numbers of 8 bits, with what bounds the difference from its own: METHOD section 15. Output v of the matrix is u, and
 *   u'[i] = (u[i] - mean[i]) / balance[i],   u^[i] = step[v] * (its number i),   norm[v] >= |u'|,   lost[v] >= |u' - u^|.
 * A vector x that is multiplied by it becomes x'[i] = x[i] * balance[i], so that x u = x' u' + x mean. */
#ifndef HW_TENSOR_QUANTIZED_H
#define HW_TENSOR_QUANTIZED_H

#include "headwater/tensor.h"
#include "tensor/isa.h"

enum { HW_MOST_QUANTIZED = 1 << 14 }; /* inputs: sums of products of 8-bit numbers stay below 2^31 */

typedef struct hw_quantized {
  size_t n_in, n_out;
  size_t quads;         /* inputs in groups of four, the last one filled up with zeros */
  int8_t *numbers;      /* [panel][quad][HW_PACK_WIDTH][4] */
  int32_t *start;       /* [panel][HW_PACK_WIDTH] -128 times the sum of an output's numbers */
  float *step, *norm, *lost;        /* [panel][HW_PACK_WIDTH]; 0 past the last output */
  float *panel_norm, *panel_lost;   /* [panel] the largest */
  double *mean, *balance;           /* [n_in]; balance: powers of two */
  double mean_norm;     /* |mean / balance| */
  double largest;       /* at least |u / balance| of every output */
} hw_quantized;

/* Bytes of work space that hw_quantize fills, a multiple of 64. */
size_t hw_quantized_bytes(const hw_matrix *w);

/* Lays the matrix out in memory (aligned to 64 bytes), which it then is made of. False if it holds numbers that are not finite, or lie so
 * far from 1 that squares are no float32. Not for matrices with in_first or more
 * than HW_MOST_QUANTIZED inputs. */
bool hw_quantize(const hw_matrix *w, int threads, void *memory, hw_quantized *q);

/* A vector as x^[i] = step * (numbers[i] - 128), and what is left of it. */
typedef struct hw_quantized_vector {
  double step;
  double norm; /* |x'| */
  double size; /* |x^| */
  double lost; /* |x' - x^| */
} hw_quantized_vector;

/* x: n numbers. numbers: [quads * 4]. */
hw_quantized_vector hw_quantize_vector(const double *x, size_t n, size_t quads, uint8_t *numbers);

#endif
