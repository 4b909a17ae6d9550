/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer/unicode.h"

uint32_t hw_tok_decode(const char *bytes, size_t left, size_t *step) {
  const unsigned char *s = (const unsigned char *)bytes;
  if (s[0] < 0x80 || left < 2) return *step = 1, s[0];
  if (s[0] < 0xE0 || left < 3) return *step = 2, (s[0] & 0x1FU) << 6 | (s[1] & 0x3FU);
  if (s[0] < 0xF0 || left < 4) return *step = 3, (s[0] & 0x0FU) << 12 | (s[1] & 0x3FU) << 6 | (s[2] & 0x3FU);
  return *step = 4, (s[0] & 0x07U) << 18 | (s[1] & 0x3FU) << 12 | (s[2] & 0x3FU) << 6 | (s[3] & 0x3FU);
}

size_t hw_tok_encode(uint32_t c, char out[4]) {
  unsigned char *o = (unsigned char *)out;
  if (c < 0x80) return o[0] = (unsigned char)c, 1;
  if (c < 0x800) {
    o[0] = (unsigned char)(0xC0U | c >> 6);
    o[1] = (unsigned char)(0x80U | (c & 0x3FU));
    return 2;
  }
  if (c < 0x10000) {
    o[0] = (unsigned char)(0xE0U | c >> 12);
    o[1] = (unsigned char)(0x80U | (c >> 6 & 0x3FU));
    o[2] = (unsigned char)(0x80U | (c & 0x3FU));
    return 3;
  }
  o[0] = (unsigned char)(0xF0U | c >> 18);
  o[1] = (unsigned char)(0x80U | (c >> 12 & 0x3FU));
  o[2] = (unsigned char)(0x80U | (c >> 6 & 0x3FU));
  o[3] = (unsigned char)(0x80U | (c & 0x3FU));
  return 4;
}

size_t hw_tok_last_char(const char *bytes, size_t length) {
  size_t i = length;
  while (i > 0 && ((unsigned char)bytes[--i] & 0xC0) == 0x80) continue;
  return i;
}

bool hw_tok_is_space(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool hw_tok_in_ranges(const hw_tok_range *ranges, size_t n, uint32_t c) {
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (c < ranges[middle][0])
      high = middle;
    else if (c > ranges[middle][1])
      low = middle + 1;
    else
      return true;
  }
  return false;
}

bool hw_tok_is_unspaced(uint32_t c) {
  static const uint32_t blocks[][2] = {
      {0x0E00, 0x0FFF},   /* Thai, Lao, Tibetan */
      {0x1000, 0x109F},   /* Myanmar */
      {0x1780, 0x17FF},   /* Khmer */
      {0x1950, 0x19FF},   /* Tai Le, New Tai Lue, Khmer symbols */
      {0x1A20, 0x1AAF},   /* Tai Tham */
      {0x1B00, 0x1B7F},   /* Balinese */
      {0x2E80, 0x312F},   /* CJK radicals and punctuation, Hiragana, Katakana, Bopomofo */
      {0x3190, 0x9FFF},   /* Kanbun, CJK extensions, ideographs */
      {0xA000, 0xA4CF},   /* Yi */
      {0xA980, 0xA9FF},   /* Javanese, Myanmar extended B */
      {0xAA60, 0xAADF},   /* Myanmar extended A, Tai Viet */
      {0xF900, 0xFAFF},   /* CJK compatibility ideographs */
      {0xFE30, 0xFE4F},   /* vertical forms */
      {0xFF00, 0xFF9F},   /* full width forms, half width Katakana */
      {0x1B000, 0x1B16F}, /* Kana supplements */
      {0x20000, 0x3FFFF}, /* CJK extensions */
  };
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
    if (c >= blocks[i][0] && c <= blocks[i][1]) return true;
  return false;
}
