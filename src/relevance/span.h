/* SPDX-License-Identifier: Apache-2.0
 * Answer relevance below the last layer's attention. Nothing but that attention leads from a position before the last one to the answer, and its patterns
 * are fixed: the co-vectors of all those positions are sums of one vector for each head. Of a long prompt, products with so few vectors stand for those
 * with its rows. */
#ifndef HW_RELEVANCE_SPAN_H
#define HW_RELEVANCE_SPAN_H

#include "relevance/backward.h"

typedef struct hw_span {
  size_t n;       /* prompts that are long enough: each has a place */
  float *vectors; /* [n, n_heads, d_model] */
  float *shares;  /* [rows, n_heads] row r of such a prompt, but its last one, is sum_h shares[r, h] vectors[h] */
} hw_span;

/* Whether products with vectors save most of those with the prompt's rows: decided by its own length. */
bool hw_span_is_worth(const hw_pass *pass, const hw_pass_prompt *prompt);

/* y[n, n_out] = x[n, n_in] W, of rows [first, first + n) of all. vectors: [span.n, n_heads, n_in], whose sums the long prompts' rows are.
 * to_vectors: their products, [span.n, n_heads, n_out], or NULL. */
bool hw_span_gemm(const hw_pass *pass, const hw_matrix *w, const float *vectors, const float *x, size_t first, size_t n, float *y, float *to_vectors);

/* Takes the vectors through the norm in front of the attention of `layer`. */
bool hw_span_norm(const hw_pass *pass, size_t layer);

/* What hw_span_gemm takes of the work space for n rows. */
size_t hw_span_gemm_bytes(const hw_model *model, size_t n, size_t n_in, size_t n_out);

#endif
