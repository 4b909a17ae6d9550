/* SPDX-License-Identifier: Apache-2.0
 * Proximities of attention parts by signs, METHOD section 2: without the parts themselves but for the few numbers in which one is larger than
 * the whole. */
#ifndef HW_FLOW_SIGNS_H
#define HW_FLOW_SIGNS_H

#include "headwater/flow.h"

/* Nodes from this position on are measured so. Before it there are few keys, and the products of values and W_O cost less where several
 * nodes use them. A rule of positions, so that bits depend on nothing else. */
enum { HW_SIGNS_FROM = 32 };

/* W_O of a head. */
typedef struct hw_head_signs {
  size_t d, d_head;
  const float *w_o;  /* panels of [d_head][HW_PACK_WIDTH] */
  size_t step;       /* floats from one to the next */
  const float *gamma; /* [d] of an output norm, or NULL */
  float *norms;      /* [d] at least |W_O[:, c] gamma[c]| */
} hw_head_signs;

/* Floats of work space for hw_head_signs_make, and for hw_sign_proximity. */
size_t hw_head_signs_floats(const hw_model *model);
size_t hw_sign_floats(const hw_model *model, size_t longest);

void hw_head_signs_make(const hw_model *model, size_t layer, size_t head, float *work, hw_head_signs *signs);

/* proximity[j] (clipped at 0) of the parts weights[j] v[j] W_O in `whole`, j < n. v: rows of the head's values. */
void hw_sign_proximity(const hw_head_signs *signs, const float *whole, const float *weights, const float *v, size_t ldv, size_t n, float *work,
                       float *proximity);

#endif
