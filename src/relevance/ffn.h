/* SPDX-License-Identifier: Apache-2.0
 * What the backward pass through an FFN shares with that through a mixture of experts. */
#ifndef HW_RELEVANCE_FFN_H
#define HW_RELEVANCE_FFN_H

#include "relevance/backward.h"
#include "relevance/routing.h"

typedef struct hw_ranked {
  double r;
  size_t neuron;
} hw_ranked;

/* Some of the rows at hand. */
typedef struct hw_ffn_block {
  const hw_pass_rows *rows;
  size_t layer, first, n;
  const float *behind;     /* [n, d_model] co-vectors of the FFN's own output f */
  float *normed, *more;    /* [n, d_model] co-vectors of what the norm gave; work space */
  bool *kept;              /* [n] whether the row's part is kept */
  float *outputs[HW_RUNS]; /* [n, d_model] f of both runs, where an output norm stands behind it */
} hw_ffn_block;

/* The number of a row of the block in the batch, in this run or the reference; and the row of a matrix. */
size_t hw_ffn_row(const hw_ffn_block *block, int run, size_t i);
static inline const float *hw_ffn_matrix_row(const hw_ffn_block *block, const float *matrix, int run, size_t i, size_t width) {
  return matrix + hw_ffn_row(block, run, i) * width;
}

/* [d_model] of the state that the FFN reads. */
const float *hw_ffn_input(const hw_pass *pass, const hw_ffn_block *block, int run, size_t i);

/* In a parallel block with one norm that of the attention is the FFN's too. */
bool hw_ffn_shares_norm(const hw_pass *pass, size_t layer);

/* (act(u) - act(u')) / (u - u'), the derivative at the middle where they are close; of answer relevance act(u) / u. a, other_a: what act gave. It may be
 * act(steepness u) / steepness. */
void hw_ffn_slopes(const hw_pass *pass, hw_activation kind, float steepness, const float *u, const float *other, const float *a, const float *other_a, size_t n, float *out);

/* Puts a neuron into the list of the k largest |r|, which has n; of equals the lowest number is first. Returns how many it has then. */
size_t hw_ffn_rank(hw_ranked *list, size_t n, size_t k, hw_ranked x);

/* Fills the list with the k largest |(a - other) g| of n neurons, in float64; other NULL is 0. Returns how many there are. */
size_t hw_ffn_rank_products(hw_ranked *list, size_t k, const float *a, const float *other, const float *g, size_t n);

/* Adds the n neurons of the list to those of row i's prompt. */
void hw_ffn_note_neurons(const hw_pass *pass, const hw_ffn_block *block, size_t i, const hw_ranked *list, size_t n);

/* Where the biases of row i's prompt are added up. */
double *hw_ffn_biases(const hw_pass *pass, const hw_ffn_block *block, size_t i);

/* ---- Mixtures of experts ---- */

struct hw_experts; /* work space for blocks of a layer */

bool hw_experts_open(const hw_pass *pass, size_t n_rows, struct hw_experts **experts);
size_t hw_experts_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t n_rows);

/* f before an output norm, of one run. */
void hw_experts_outputs(const hw_pass *pass, const hw_ffn_block *block, const struct hw_experts *experts, int run, float *out);

/* From block->behind to block->normed; notes neurons and biases. */
void hw_experts_pull(const hw_pass *pass, const hw_ffn_block *block, struct hw_experts *experts);

#endif
