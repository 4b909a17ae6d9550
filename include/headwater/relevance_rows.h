/* SPDX-License-Identifier: Apache-2.0
 * What an answer depends on, as rows that a database keeps (METHOD section 11). Relevances are integers in 1e-6 logits, rounded once. */
#ifndef HEADWATER_RELEVANCE_ROWS_H
#define HEADWATER_RELEVANCE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "headwater/api.h"

HW_BEGIN_C

/* Larger relevances are kept as this, in 1e-6 logits. */
#define HW_MOST_RELEVANCE INT64_C(9000000000000)
HW_API int64_t hw_relevance_micro(double logits); /* rounded half away from zero */

typedef enum hw_relevance_kind { HW_RELEVANCE_FFN, HW_RELEVANCE_ATTENTION, HW_RELEVANCE_QUERY } hw_relevance_kind;

/* A part and its relevance. FFN: layer and target; ATTENTION: from source to target through a head; QUERY: what the query of a head at the
 * target is worth (of contrast alone). The source of FFN and QUERY is the target. */
typedef struct hw_relevance_part {
  hw_relevance_kind kind;
  uint16_t layer, head;
  uint32_t target, source;
  int64_t r;
  int64_t value, key; /* ATTENTION of contrast: what the source's value and key are worth */
} hw_relevance_part;

/* The order of parts: layer from high to low, kind, then target, source and head ascending. <0, 0, >0. */
HW_API int hw_relevance_part_compare(const hw_relevance_part *a, const hw_relevance_part *b);

typedef struct hw_stored_neuron {
  uint16_t layer;
  uint32_t position, neuron;
  int64_t r;
} hw_stored_neuron;

/* The relevances of one prompt, against its counterfactual or (contrast false) without one. m_reference is 0 there. */
typedef struct hw_relevance_rows {
  bool contrast;
  double m, m_reference;   /* logits */
  double threshold, floor; /* a part is in the graph when its |share| is above the threshold, stored when it is above the floor */
  const hw_relevance_part *parts; /* in order of hw_relevance_part_compare */
  size_t n_parts;
  size_t n_layers, n_heads, n_tokens;
  const int64_t *heads;              /* [n_layers][n_heads] over all positions and keys */
  const int64_t *value, *key, *query; /* the same of contrast, by way of which it is; else NULL */
  const int64_t *ffn;                /* [n_layers] over all positions */
  const int64_t *tokens;             /* [n_tokens] */
  int64_t biases;                    /* without a counterfactual: with the tokens they add up to m */
  const hw_stored_neuron *neurons;   /* of each FFN part the largest by |r|, largest first, in the order of the parts */
  size_t n_neurons;
} hw_relevance_rows;

/* Share of the whole, m - m_reference. */
HW_API double hw_relevance_share(const hw_relevance_rows *rows, int64_t r);
HW_API bool hw_relevance_is_above(const hw_relevance_rows *rows, int64_t r, double threshold);

HW_END_C

#endif
