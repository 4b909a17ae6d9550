/* SPDX-License-Identifier: Apache-2.0 */
#include "mine/bits.h"

#include "mine/mine.h"

/* Compiled twice: with the popcnt instruction, used where the machine has it, and without. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define COUNTING __attribute__((target_clones("popcnt", "default")))
#else
#define COUNTING
#endif

COUNTING uint64_t hw_bits_count_and(const uint64_t *a, const uint64_t *b, size_t n) {
  uint64_t count = 0;
  for (size_t i = 0; i < n; i++) count += (uint64_t)__builtin_popcountll(a[i] & b[i]);
  return count;
}

COUNTING uint64_t hw_bits_count_and_not(const uint64_t *a, const uint64_t *b, size_t n) {
  uint64_t count = 0;
  for (size_t i = 0; i < n; i++) count += (uint64_t)__builtin_popcountll(a[i] & ~b[i]);
  return count;
}

void hw_bits_and(const uint64_t *a, const uint64_t *b, size_t n, uint64_t *out) {
  for (size_t i = 0; i < n; i++) out[i] = a[i] & b[i];
}

void hw_bits_or(const uint64_t *a, size_t n, uint64_t *out) {
  for (size_t i = 0; i < n; i++) out[i] |= a[i];
}

uint64_t hw_mine_count(const uint64_t *a, size_t n_words) { return hw_bits_count_and(a, a, n_words); }

uint64_t hw_mine_count_without(const uint64_t *a, const uint64_t *b, size_t n_words) {
  return hw_bits_count_and_not(a, b, n_words);
}

uint64_t hw_mine_graphs(const hw_mine_base *base, const uint32_t *members, size_t n, size_t without, uint64_t *out) {
  for (size_t w = 0; w < base->n_words; w++) out[w] = UINT64_MAX;
  for (size_t i = 0; i < n; i++)
    if (i != without) hw_bits_and(out, base->bits + members[i] * base->n_words, base->n_words, out);
  return hw_mine_count(out, base->n_words);
}
