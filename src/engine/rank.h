/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_ENGINE_RANK_H
#define HW_ENGINE_RANK_H

#include <stddef.h>
#include <stdint.h>

/* Place of a token among all, from 1, in the order of hw_best: of equal scores the lower id stands first. */
static inline uint32_t hw_rank(const float *scores, size_t vocab, size_t id) {
  uint32_t before = 0;
  for (size_t v = 0; v < id; v++) before += scores[v] >= scores[id];
  for (size_t v = id + 1; v < vocab; v++) before += scores[v] > scores[id];
  return before + 1;
}

#endif
