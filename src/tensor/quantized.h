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
  double *mean, *balance;           /* [n_in]; balance: powers of two */
  double mean_norm;     /* |mean / balance| */
  double largest;       /* at least |u / balance| of every output */
  double mean_lost;     /* |u' - u^| of all outputs in |u'| of all, roots of mean squares */
} hw_quantized;

/* Bytes of work space that hw_quantize fills, a multiple of 64. */
size_t hw_quantized_bytes(const hw_matrix *w);

/* Lays the matrix out in memory (aligned to 64 bytes), which it then is made of. False if it holds numbers that are not finite, or lie so
 * far from 1 that squares are no float32. Not for matrices with in_first or more
 * than HW_MOST_QUANTIZED inputs. */
bool hw_quantize(const hw_matrix *w, int threads, void *memory, hw_quantized *q);

/* x'[n_in] of x, at least |x'|, and x mean. */
void hw_balance_vector(const float *x, const hw_quantized *q, double *balanced, double *norm, double *dot_mean);

/* A row of 8-bit numbers that stands for a vector: step * (number i - 128). */
typedef struct hw_quantized_vector {
  float step;
  double size; /* at least its length */
} hw_quantized_vector;

/* x: n numbers. numbers: [quads * 4]. What they stand for is added to hat[n]. */
hw_quantized_vector hw_quantize_vector(const double *x, size_t n, size_t quads, uint8_t *numbers, float *hat);

/* About the length of what such numbers leave of x. */
double hw_quantized_loss(const double *x, size_t n);

/* rest = x - hat; at least its length. */
double hw_take_rest(const double *x, const float *hat, size_t n, double *rest);

double hw_length_of_floats(const float *x, size_t n); /* at least |x| */

#endif
