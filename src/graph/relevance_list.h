/* SPDX-License-Identifier: Apache-2.0
 * What an answer depends on as one list of rows: that of hw_relevance(parts, threshold), and of the page. */
#ifndef HW_GRAPH_RELEVANCE_LIST_H
#define HW_GRAPH_RELEVANCE_LIST_H

#include "headwater/arena.h"
#include "headwater/error.h"
#include "headwater/relevance_rows.h"

typedef enum hw_relevance_row_kind { /* the first three are those of hw_relevance_kind */
  HW_ROW_FFN, HW_ROW_ATTENTION, HW_ROW_QUERY, HW_ROW_NEURON, HW_ROW_HEAD, HW_ROW_FFN_TOTAL, HW_ROW_TOKEN, HW_ROW_BIAS
} hw_relevance_row_kind;
extern const char *const hw_relevance_row_names[];

enum { HW_RELEVANCE_PLACES = 5, HW_RELEVANCE_WAYS = 3 };

typedef struct hw_relevance_row {
  hw_relevance_row_kind kind;
  int64_t places[HW_RELEVANCE_PLACES]; /* layer, head, neuron, source, target; -1: it has none */
  int64_t r;                           /* 1e-6 logits, as the ways */
  int64_t ways[HW_RELEVANCE_WAYS];     /* [n_ways] value, key, query: of contrast, heads have three and attention parts two */
  int n_ways;
} hw_relevance_row;

/* Parts above the threshold, each FFN part with its neurons behind it; then sums over positions (head, ffn_total), tokens, and without a
 * counterfactual the biases, which do not depend on the threshold. In the arena. */
bool hw_relevance_list(const hw_relevance_rows *relevance, double threshold, hw_arena *arena, hw_relevance_row **rows, size_t *n, hw_error *err);

/* The neurons of FFN parts above the threshold, as a list without gaps: how many. `neurons` has room for n_neurons. */
size_t hw_relevance_neurons(const hw_relevance_rows *relevance, double threshold, hw_stored_neuron *neurons);

#endif
