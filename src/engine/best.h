/* SPDX-License-Identifier: Apache-2.0
 * The k best scores of a vector. */
#ifndef HW_ENGINE_BEST_H
#define HW_ENGINE_BEST_H

#include <stdint.h>

#include "headwater/model.h"

/* Best first; sign -1 keeps the lowest. Of equal scores the lower id is kept, and stands first. */
typedef struct hw_best {
  uint32_t k, n;
  float sign;
  int32_t *ids;
  float *scores;
} hw_best;

/* The list of one end of a request: k is 0 where it is not wanted. */
static inline hw_best hw_best_of(const hw_unembed_request *q, float sign, size_t vocab) {
  int32_t *ids = sign > 0 ? q->promotes : q->suppresses;
  return (hw_best){.k = !ids ? 0 : q->k < vocab ? q->k : (uint32_t)vocab, .sign = sign, .ids = ids,
                   .scores = sign > 0 ? q->promote_scores : q->suppress_scores};
}

static inline void hw_best_add(hw_best *list, int32_t id, float score) {
  float key = list->sign * score;
  if (list->n == list->k) {
    float last = list->sign * list->scores[list->n - 1];
    if (!(key > last || (key == last && id < list->ids[list->n - 1]))) return;
  } else {
    list->n++;
  }
  uint32_t place = list->n - 1;
  for (; place > 0; place--) {
    float before = list->sign * list->scores[place - 1];
    if (!(key > before || (key == before && id < list->ids[place - 1]))) break;
    list->scores[place] = list->scores[place - 1];
    list->ids[place] = list->ids[place - 1];
  }
  list->scores[place] = score;
  list->ids[place] = id;
}

#endif
