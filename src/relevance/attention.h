/* SPDX-License-Identifier: Apache-2.0
 * What the backward pass of an attention gives its heads, and they give it. */
#ifndef HW_RELEVANCE_ATTENTION_H
#define HW_RELEVANCE_ATTENTION_H

#include "relevance/backward.h"

/* A layer at work. */
typedef struct hw_pass_layer {
  size_t layer;
  const hw_pass_rows *rows; /* of the queries that have a co-vector */
  const float *mixed;       /* [rows, n_heads * d_head] co-vectors of the heads' mixes, for the way down */
  const float *parts;       /* the same for the relevances of parts: `mixed` itself but behind an output norm */
  float *shares;            /* [all rows, n_heads] patterns of the last positions, or NULL: see span.h */
  float *q, *k, *v;         /* [all rows, heads] co-vectors of q, k and v as the scores take them; zeros before */
} hw_pass_layer;

/* Fills in q, k, v, and notes the relevances of parts. */
bool hw_pass_heads(const hw_pass *pass, const hw_pass_layer *layer);

#endif
