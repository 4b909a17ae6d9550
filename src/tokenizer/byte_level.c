/* SPDX-License-Identifier: Apache-2.0
 * GPT-2's alphabet: each byte is written as one printable character, so that BPE works on text.
 * Bytes that are printable in Latin-1 stand for themselves, the others get U+0100, U+0101, ... in order. */

#include "tokenizer/byte_level.h"
#include "tokenizer/pieces.h"
#include "tokenizer/unicode.h"

const char hw_tok_gpt2_regex[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

uint32_t hw_tok_byte_char(unsigned char byte) {
  if (byte <= 0x20) return 0x100U + byte;                 /* the first 33: 00 to 20 */
  if (byte >= 0x7F && byte <= 0xA0) return 0xA2U + byte;  /* the next 34: 7F to A0, at U+0121 and on */
  if (byte == 0xAD) return 0x143;                         /* the last: soft hyphen */
  return byte;
}

bool hw_tok_char_byte(uint32_t code_point, unsigned char *byte) {
  if (code_point > 0x143) return false;
  uint32_t value = code_point == 0x143   ? 0xAD
                   : code_point >= 0x121 ? code_point - 0xA2
                   : code_point >= 0x100 ? code_point - 0x100
                                         : code_point;
  *byte = (unsigned char)value;
  return hw_tok_byte_char(*byte) == code_point;
}

bool hw_tok_byte_level(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  (void)data;
  if (!hw_tok_build_begin(run, 2 * piece->length)) return false;
  for (size_t i = 0; i < piece->length; i++) {
    char out[4];
    size_t n = hw_tok_encode(hw_tok_byte_char((unsigned char)piece->bytes[i]), out);
    if (!hw_tok_build_put(run, out, n, piece->from[i], piece->to[i])) return false;
  }
  hw_tok_build_end(run, piece);
  return true;
}
