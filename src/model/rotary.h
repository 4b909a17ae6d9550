/* SPDX-License-Identifier: Apache-2.0
 * What the forward pass takes from the config: rotary frequencies, and the order of fused q, k, v. */
#ifndef HW_MODEL_ROTARY_H
#define HW_MODEL_ROTARY_H

#include "headwater/model.h"

/* Radians a position of each pair [d_rotary / 2], for prompts of n_tokens; local: of layers with a window, where they have a base of
 * their own. Returns the factor of cosine and sine. */
double hw_rotary_frequencies(const hw_model *model, size_t n_tokens, bool local, double *frequency);

/* One row of fused outputs [(n_heads + 2 n_kv_heads) d_head] put apart. */
void hw_qkv_sort(const hw_model *model, const float *fused, float *q, float *k, float *v);

#endif
