/* SPDX-License-Identifier: Apache-2.0
 * Prompts that begin with the same tokens: which rows of a batch they share, and which of an earlier batch. */
#ifndef HW_RUN_PREFIX_H
#define HW_RUN_PREFIX_H

#include "headwater/model.h"

/* Beginnings of prompts that a worker has met more than once, with their activations. Which ones are there changes no result, for a row has
 * the same bits in any batch. */
typedef struct hw_prefixes hw_prefixes;

/* Holds at most most_rows rows. NULL and err filled when memory is short. */
hw_prefixes *hw_prefixes_new(const hw_model *model, size_t most_rows, hw_error *err);
void hw_prefixes_free(hw_prefixes *prefixes);
size_t hw_prefixes_bytes(const hw_model *model, size_t most_rows, size_t longest, bool keeps_inputs);

/* Tokens at the beginnings of two sequences of n and m tokens that are the same, as far as sharing them pays. */
size_t hw_prefix_common(const hw_model *model, const int32_t *a, size_t n, const int32_t *b, size_t m);

/* The same of a sequence of n tokens and a longer one of m that begins with it. */
size_t hw_prefix_of_longer(const hw_model *model, size_t n, size_t m);

/* Gives the tokens of a batch (n_prompts, ids, first) their rows; `rows` stays NULL where none are shared. prefixes may be NULL. */
bool hw_prefixes_lay_out(hw_prefixes *prefixes, const hw_model *model, hw_batch *batch, hw_arena *arena, hw_error *err);
/* What that takes of the arena, in bytes, at most. */
size_t hw_lay_out_bytes(size_t n_sequences, size_t n_tokens);

/* After a forward pass: keeps what the first n_prompts prompts of the batch have in common with one another, or with earlier ones. */
bool hw_prefixes_keep(hw_prefixes *prefixes, const hw_activations *acts, size_t n_prompts, hw_error *err);

#endif
