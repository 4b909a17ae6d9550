/* SPDX-License-Identifier: Apache-2.0
 * Part of test_tensor.c: numbers of quantised blocks, read from anywhere. */
#ifndef HW_TESTS_WIDEN_TESTS_H
#define HW_TESTS_WIDEN_TESTS_H

enum { WIDEN_BLOCKS = 4 };

/* Number i by the definition of its format, in double. */
static double quantised_twin(const unsigned char *data, hw_dtype dtype, size_t i) {
  size_t in_block = i % hw_dtype_block(dtype), part = in_block / 32, in_part = in_block % 32;
  const unsigned char *at = data + i / hw_dtype_block(dtype) * hw_dtype_size(dtype), *s = at + 4;
  uint16_t d, other;
  memcpy(&d, dtype == HW_Q6_K ? at + 208 : at, sizeof d);
  memcpy(&other, at + 2, sizeof other);
  if (dtype == HW_Q8_0) return unit_half(d) * (double)((const signed char *)at)[2 + in_block];
  if (dtype == HW_Q4_0) return unit_half(d) * ((in_block < 16 ? at[2 + in_block] & 15 : at[2 + in_block - 16] >> 4) - 8);
  if (dtype == HW_Q4_K) {
    int scale = part < 4 ? s[part] & 63 : (s[part + 4] & 15) | (s[part - 4] >> 6) << 4;
    int minimum = part < 4 ? s[part + 4] & 63 : s[part + 4] >> 4 | (s[part] >> 6) << 4;
    int q = part % 2 ? at[16 + part / 2 * 32 + in_part] >> 4 : at[16 + part / 2 * 32 + in_part] & 15;
    return unit_half(d) * scale * q - unit_half(other) * minimum;
  }
  size_t half = in_block / 128, quarter = part % 4;
  int low = at[64 * half + quarter % 2 * 32 + in_part], high = at[128 + 32 * half + in_part] >> 2 * quarter & 3;
  return unit_half(d) * ((const signed char *)at)[192 + 8 * half + 2 * quarter + in_part / 16] * (((quarter < 2 ? low & 15 : low >> 4) | high << 4) - 32);
}

/* Random blocks whose scales are between 2^-5 and 2^3: then float32 holds all but the last step of Q4_K. */
static unsigned char *make_blocks(uint64_t *seed, hw_dtype dtype) {
  size_t bytes = hw_dtype_size(dtype);
  unsigned char *data = malloc(WIDEN_BLOCKS * bytes); /* exactly: the sanitizer sees a byte too much */
  assert_non_null(data);
  for (size_t i = 0; i < WIDEN_BLOCKS * bytes; i++) data[i] = (unsigned char)unit_random(seed);
  for (size_t b = 0; b < WIDEN_BLOCKS; b++)
    for (size_t scale = 0; scale < (dtype == HW_Q4_K ? 2u : 1u); scale++) {
      unsigned char *upper = data + b * bytes + (dtype == HW_Q6_K ? 208 : 0) + 2 * scale + 1;
      *upper = (unsigned char)((*upper & 0x83) | (10 + unit_below(seed, 8)) << 2);
    }
  return data;
}

TEST(quantised_numbers_from_inside_a_block) {
  static const hw_dtype kinds[] = {HW_Q8_0, HW_Q4_0, HW_Q4_K, HW_Q6_K};
  uint64_t seed = 14;
  float *out = unit_floats(WIDEN_BLOCKS * 256 + 1);
  for (size_t k = 0; k < COUNT_OF(kinds); k++) {
    size_t block = hw_dtype_block(kinds[k]), all = WIDEN_BLOCKS * block;
    unsigned char *data = make_blocks(&seed, kinds[k]);
    const size_t firsts[] = {0, 1, 15, 16, 31, block - 1, block, block + 7, 2 * block - 1, 2 * block + block / 2, all - 1, all};
    for (size_t f = 0; f < COUNT_OF(firsts); f++) {
      const size_t counts[] = {0, 1, 2, block - firsts[f] % block, block - firsts[f] % block + 1, block, block + 3, 2 * block, all};
      for (size_t c = 0; c < COUNT_OF(counts); c++) {
        size_t n = counts[c] < all - firsts[f] ? counts[c] : all - firsts[f];
        out[n] = 12345;
        hw_widen_from(data, kinds[k], firsts[f], n, out);
        assert_true(out[n] == 12345);
        for (size_t i = 0; i < n; i++)
          if (!(out[i] == (float)quantised_twin(data, kinds[k], firsts[f] + i)))
            fail_msg("%s from %zu: number %zu is %.9g, want %.9g", hw_dtype_name(kinds[k]), firsts[f], i, (double)out[i],
                     quantised_twin(data, kinds[k], firsts[f] + i));
      }
    }
    free(data);
  }
  free(out);
}

#endif
