/* SPDX-License-Identifier: Apache-2.0
 * Categories of characters as Hugging Face's library has them: by the tables of its crates unicode_categories (Unicode 8) and
 * unicode-normalization-alignments (Unicode 9), which are older than utf8proc's, and by younger ones (16; digits 17). */
#ifndef HW_TOKENIZER_CATEGORY_H
#define HW_TOKENIZER_CATEGORY_H

#include <stdbool.h>
#include <stdint.h>

bool hw_tok_is_punctuation(uint32_t code_point);    /* ASCII's, and the categories P */
bool hw_tok_is_other(uint32_t code_point);          /* Cc, Cf, Co */
bool hw_tok_is_nonspacing(uint32_t code_point);     /* Mn */
bool hw_tok_is_combining(uint32_t code_point);      /* Mn, Mc, Me */

/* By the younger ones. */
bool hw_tok_is_numeric(uint32_t code_point);        /* Nd, Nl, No */
bool hw_tok_is_word(uint32_t code_point);           /* \w of Rust's regex */
bool hw_tok_is_mark(uint32_t code_point);           /* Mn, Mc, Me: belongs to the character before it */

#endif
