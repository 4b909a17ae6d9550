/* SPDX-License-Identifier: Apache-2.0
 * GPT-2's alphabet: a printable character for each byte. */
#ifndef HW_TOKENIZER_BYTE_LEVEL_H
#define HW_TOKENIZER_BYTE_LEVEL_H

#include "tokenizer/state.h"

uint32_t hw_tok_byte_char(unsigned char byte);          /* the code point that stands for a byte */
bool hw_tok_char_byte(uint32_t code_point, unsigned char *byte);
bool hw_tok_byte_level(hw_tok_run *run, const void *data, hw_tok_piece *piece); /* as a normalizer */
extern const char hw_tok_gpt2_regex[];

#endif
