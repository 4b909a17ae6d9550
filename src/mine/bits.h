/* SPDX-License-Identifier: Apache-2.0
 * Bitmaps of n words. The inner loops of all mining. */
#ifndef HW_MINE_BITS_H
#define HW_MINE_BITS_H

#include <stddef.h>
#include <stdint.h>

/* |a & b| */
uint64_t hw_bits_count_and(const uint64_t *a, const uint64_t *b, size_t n);
/* |a & ~b| */
uint64_t hw_bits_count_and_not(const uint64_t *a, const uint64_t *b, size_t n);
void hw_bits_and(const uint64_t *a, const uint64_t *b, size_t n, uint64_t *out);
void hw_bits_or(const uint64_t *a, size_t n, uint64_t *out); /* out |= a */

static inline int hw_bit(const uint64_t *bits, size_t i) { return bits[i / 64] >> (i % 64) & 1; }
static inline void hw_bit_set(uint64_t *bits, size_t i) { bits[i / 64] |= (uint64_t)1 << (i % 64); }

#endif
