/* SPDX-License-Identifier: Apache-2.0
 * q, k and v on their way from a norm's output to the attention. */
#ifndef HW_ENGINE_HEADS_H
#define HW_ENGINE_HEADS_H

#include "headwater/model.h"

/* Floats of a row of `fused`; 0: the model's weights are apart, and it is not used. */
size_t hw_heads_fused_width(const hw_model *model);

/* q [n_rows, n_heads * d_head], k and v [n_rows, n_kv_heads * d_head] of n_rows rows with their biases, before norms, clipping and
 * rotation: the products, then, for any of the rows, the rest. fused: [n_rows, hw_heads_fused_width]. */
void hw_heads_multiply(const hw_model *model, size_t layer, const float *normed, size_t n_rows, float *fused, float *q, float *k, float *v,
                       const hw_team *team);
void hw_heads_sort(const hw_model *model, size_t layer, const float *fused, size_t n_rows, float *q, float *k, float *v);

/* The norm of q or k (hw_qk_norm); gamma NULL: none. x: [n_rows, n_heads * d_head]. */
void hw_heads_norm(const hw_model *model, float *x, const float *gamma, const float *beta, size_t n_rows, size_t n_heads);

/* What each of them is: its kind, its width, and the norms of a row with n_heads heads; *each: every head has a gamma of its own. */
hw_norm_kind hw_heads_norm_shape(const hw_model *model, size_t n_heads, size_t *width, size_t *n_norms, bool *each);

/* Sum over keys of A v of each head at a position of a prompt of the batch. out: [n_heads * d_head]; weights: [position + 1],
 * values: [position + 1, d_head]. */
void hw_mix_heads(const hw_activations *acts, size_t layer, size_t prompt, size_t position, float *weights, float *values, float *out);

#endif
