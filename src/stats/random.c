/* SPDX-License-Identifier: Apache-2.0
 * xoshiro256**, seeded through splitmix64. */
#include "headwater/stats.h"

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int k) { return x << k | x >> (64 - k); }

void hw_random_init(hw_random *random, uint64_t seed, uint64_t stream) {
  const uint64_t step = 0x9e3779b97f4a7c15u;
  /* Hashed twice, so that the splitmix sequences of neighbouring streams do not overlap. */
  uint64_t state = mix(mix(seed + step) ^ mix(stream * 0xd1342543de82ef95u + step));
  for (int i = 0; i < 4; i++) random->s[i] = mix(state += step);
}

uint64_t hw_random_next(hw_random *random) {
  uint64_t *s = random->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

uint32_t hw_random_below(hw_random *random, uint32_t n) { /* Lemire 2019 */
  uint64_t product = (hw_random_next(random) >> 32) * n;
  if ((uint32_t)product < n) {
    uint32_t least = -n % n;
    while ((uint32_t)product < least) product = (hw_random_next(random) >> 32) * n;
  }
  return (uint32_t)(product >> 32);
}
