/* SPDX-License-Identifier: Apache-2.0
 * What the forward pass takes from the config: rotary frequencies, and the order of fused q, k, v. */
#ifndef HW_MODEL_ROTARY_H
#define HW_MODEL_ROTARY_H

#include "headwater/model.h"

/* Radians a position of each pair [d_rotary / 2], for prompts of n_tokens; local: of layers with a window, where they have a base of
 * their own. Returns the factor of cosine and sine. */
double hw_rotary_frequencies(const hw_model *model, size_t n_tokens, bool local, double *frequency);

/* Cosine and sine of the positions [begin, n_tokens) of a prompt, [n_tokens - begin, d_rotary / 2] each, with that factor. frequency:
 * work space [d_rotary / 2]. */
void hw_rotary_table(const hw_model *model, size_t n_tokens, size_t begin, bool local, double *frequency, float *cosine, float *sine);

/* One row of fused outputs [(n_heads + 2 n_kv_heads) d_head] put apart. */
void hw_qkv_sort(const hw_model *model, const float *fused, float *q, float *k, float *v);
/* And put together again. */
void hw_qkv_join(const hw_model *model, const float *q, const float *k, const float *v, float *fused);
/* [*begin, *end) of such a row holds all of v. */
void hw_qkv_values(const hw_model *model, size_t *begin, size_t *end);

#endif
