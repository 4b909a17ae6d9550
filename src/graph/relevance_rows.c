/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/relevance_rows.h"

#include <math.h>

#include "headwater/graph.h"

int64_t hw_relevance_micro(double logits) {
  const double most = (double)HW_MOST_RELEVANCE, scaled = logits * HW_MICRO;
  return llround(scaled > most ? most : scaled < -most ? -most : scaled);
}

int hw_relevance_part_compare(const hw_relevance_part *a, const hw_relevance_part *b) {
  if (a->layer != b->layer) return a->layer > b->layer ? -1 : 1;
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  if (a->target != b->target) return a->target < b->target ? -1 : 1;
  if (a->source != b->source) return a->source < b->source ? -1 : 1;
  return a->head < b->head ? -1 : a->head > b->head;
}

double hw_relevance_share(const hw_relevance_rows *rows, int64_t r) { return (double)r / HW_MICRO / (rows->m - rows->m_reference); }

bool hw_relevance_is_above(const hw_relevance_rows *rows, int64_t r, double threshold) { return fabs(hw_relevance_share(rows, r)) > threshold; }
