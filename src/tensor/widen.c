/* SPDX-License-Identifier: Apache-2.0
 * Quantised numbers lie in blocks with scales of their own; the layouts are GGUF's. Each number is rounded to float32 once: the products
 * of scales and small integers before the last step are exact. */
#include "tensor/widen.h"

#include <string.h>

#include "base/simd.h"

static const struct { const char *name; size_t elements, bytes; } dtypes[] = {
    [HW_F32] = {"F32", 1, 4},     [HW_F16] = {"F16", 1, 2},     [HW_BF16] = {"BF16", 1, 2},   [HW_Q8_0] = {"Q8_0", 32, 34},
    [HW_Q4_0] = {"Q4_0", 32, 18}, [HW_Q4_K] = {"Q4_K", 256, 144}, [HW_Q6_K] = {"Q6_K", 256, 210},
    [HW_F8_E4M3] = {"F8_E4M3", 1, 1}, [HW_F4_E2M1] = {"F4_E2M1", 2, 1}};

const char *hw_dtype_name(hw_dtype dtype) { return dtypes[dtype].name; }
size_t hw_dtype_size(hw_dtype dtype) { return dtypes[dtype].bytes; }
size_t hw_dtype_block(hw_dtype dtype) { return dtypes[dtype].elements; }

/* IEEE half to single through integers: normal numbers by shifting the exponent, subnormal ones by a subtraction that
 * the FPU normalises, infinities and NaN by widening the exponent. */
static inline float half_to_float(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = half & 0x7FFFu;
  uint32_t bits = (magnitude << 13) + 0x38000000u;
  if (magnitude >= 0x7C00u) bits += 0x38000000u;
  float value;
  if (magnitude < 0x0400u) {
    bits = (magnitude << 13) + 0x38800000u;
    memcpy(&value, &bits, sizeof value);
    value -= 6.103515625e-05f; /* 2^-14 */
    memcpy(&bits, &value, sizeof bits);
  }
  bits |= sign;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Numbers of a mapped file need not be aligned. */
typedef uint16_t anywhere16 __attribute__((aligned(1), may_alias));

HW_SIMD static void widen_half(const anywhere16 *in, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = half_to_float(in[i]);
}

HW_SIMD static void widen_bfloat(const anywhere16 *in, size_t n, float *out) {
  uint32_t *bits = (uint32_t *)out;
  for (size_t i = 0; i < n; i++) bits[i] = (uint32_t)in[i] << 16;
}

/* Seven bits of E4M3 are those of a half 256 times as small. */
HW_SIMD static void widen_e4m3(const unsigned char *in, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) {
    unsigned magnitude = in[i] & 0x7Fu, sign = (unsigned)(in[i] & 0x80u) << 8;
    out[i] = half_to_float((uint16_t)(magnitude == 0x7F ? 0x7E00u : sign | magnitude << 7)) * 256.0f;
  }
}

static void widen_e2m1(const unsigned char *in, size_t n_bytes, float *out) {
  static const float numbers[16] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
  for (size_t i = 0; i < n_bytes; i++) {
    out[2 * i] = numbers[in[i] & 15];
    out[2 * i + 1] = numbers[in[i] >> 4];
  }
}

static float scale_at(const unsigned char *in) {
  const anywhere16 *half = (const anywhere16 *)in;
  return half_to_float(*half);
}

/* d, 32 x int8: d q. */
HW_SIMD static void widen_q8_0(const unsigned char *in, size_t n_blocks, float *out) {
  for (size_t b = 0; b < n_blocks; b++, in += 34, out += 32) {
    float d = scale_at(in);
    const signed char *q = (const signed char *)in + 2;
    for (size_t i = 0; i < 32; i++) out[i] = d * (float)q[i];
  }
}

/* d, 16 bytes: d (q - 8), the low halves of the bytes before the high ones. */
HW_SIMD static void widen_q4_0(const unsigned char *in, size_t n_blocks, float *out) {
  for (size_t b = 0; b < n_blocks; b++, in += 18, out += 32) {
    float d = scale_at(in);
    for (size_t i = 0; i < 16; i++) {
      out[i] = d * (float)((in[2 + i] & 15) - 8);
      out[16 + i] = d * (float)((in[2 + i] >> 4) - 8);
    }
  }
}

/* The scale and the minimum of part j of a block, 6 bits each: those of parts 4 to 7 have their upper two bits beside parts 0 to 3. */
static void part_of_q4_k(const unsigned char *packed, size_t j, unsigned *scale, unsigned *minimum) {
  if (j < 4) {
    *scale = packed[j] & 63u;
    *minimum = packed[j + 4] & 63u;
  } else {
    *scale = (packed[j + 4] & 15u) | (unsigned)(packed[j - 4] >> 6) << 4;
    *minimum = (unsigned)(packed[j + 4] >> 4) | (unsigned)(packed[j] >> 6) << 4;
  }
}

/* d, dmin, 12 bytes of scales, 128 bytes: eight parts of 32 numbers, (d scale) q - dmin minimum. */
HW_SIMD static void widen_q4_k(const unsigned char *in, size_t n_blocks, float *out) {
  for (size_t b = 0; b < n_blocks; b++, in += 144) {
    float d = scale_at(in), d_min = scale_at(in + 2);
    for (size_t j = 0; j < 8; j++, out += 32) {
      const unsigned char *q = in + 16 + j / 2 * 32;
      unsigned scale, minimum, shift = j % 2 ? 4 : 0;
      part_of_q4_k(in + 4, j, &scale, &minimum);
      float factor = d * (float)scale, below = d_min * (float)minimum;
      for (size_t i = 0; i < 32; i++) out[i] = factor * (float)(q[i] >> shift & 15) - below;
    }
  }
}

/* 128 bytes of low halves, 64 of upper pairs of bits, 16 int8 scales, d: d scale (q - 32), in two halves of 128 numbers. */
HW_SIMD static void widen_q6_k(const unsigned char *in, size_t n_blocks, float *out) {
  for (size_t b = 0; b < n_blocks; b++, in += 210) {
    float d = scale_at(in + 208);
    for (size_t h = 0; h < 2; h++, out += 128) {
      const unsigned char *low = in + 64 * h, *high = in + 128 + 32 * h;
      const signed char *scales = (const signed char *)in + 192 + 8 * h;
      for (size_t part = 0; part < 4; part++)
        for (size_t i = 0; i < 32; i++) {
          unsigned low_bits = low[part % 2 * 32 + i], high_bits = high[i];
          unsigned q = (low_bits >> (part < 2 ? 0 : 4) & 15u) | (high_bits >> 2 * part & 3u) << 4;
          out[32 * part + i] = d * (float)scales[2 * part + i / 16] * (float)((int)q - 32);
        }
    }
  }
}

static void widen_blocks(const unsigned char *data, hw_dtype dtype, size_t n, float *out) {
  switch (dtype) {
    case HW_F32: memcpy(out, data, n * sizeof *out); break;
    case HW_F16: widen_half((const anywhere16 *)data, n, out); break;
    case HW_BF16: widen_bfloat((const anywhere16 *)data, n, out); break;
    case HW_Q8_0: widen_q8_0(data, n, out); break;
    case HW_Q4_0: widen_q4_0(data, n, out); break;
    case HW_Q4_K: widen_q4_k(data, n, out); break;
    case HW_Q6_K: widen_q6_k(data, n, out); break;
    case HW_F8_E4M3: widen_e4m3(data, n, out); break;
    case HW_F4_E2M1: widen_e2m1(data, n, out); break;
  }
}

void hw_widen_from(const void *data, hw_dtype dtype, size_t first, size_t n, float *out) {
  size_t elements = dtypes[dtype].elements, inside = first % elements;
  const unsigned char *at = (const unsigned char *)data + first / elements * dtypes[dtype].bytes;
  float block[256];
  if (inside) { /* the end of the first block */
    size_t taken = elements - inside < n ? elements - inside : n;
    widen_blocks(at, dtype, 1, block);
    memcpy(out, block + inside, taken * sizeof *out);
    at += dtypes[dtype].bytes;
    out += taken;
    n -= taken;
  }
  size_t whole = n / elements, rest = n % elements;
  widen_blocks(at, dtype, whole, out);
  if (!rest) return;
  widen_blocks(at + whole * dtypes[dtype].bytes, dtype, 1, block);
  memcpy(out + whole * elements, block, rest * sizeof *out);
}

void hw_widen(const void *data, hw_dtype dtype, size_t n, float *out) { hw_widen_from(data, dtype, 0, n, out); }

/* 2^(exponent - 127); 0 is a subnormal number. */
static float power_of_two(unsigned char exponent) {
  uint32_t bits = exponent ? (uint32_t)exponent << 23 : UINT32_C(1) << 22;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

void hw_apply_scales(const hw_scales *scales, size_t first, size_t n, float *out) {
  if (!scales) return;
  size_t row = first / scales->row_length, column = first % scales->row_length;
  while (n > 0) {
    size_t block = column / scales->block_columns, end = (block + 1) * scales->block_columns;
    if (end > scales->row_length) end = scales->row_length;
    size_t count = end - column < n ? end - column : n;
    size_t place = row / scales->block_rows * scales->row_blocks + block;
    float factor = scales->exponents ? power_of_two(scales->exponents[place]) : scales->values[place];
    for (size_t i = 0; i < count; i++) out[i] *= factor;
    out += count;
    n -= count;
    column = end;
    if (column == scales->row_length) row++, column = 0;
  }
}
