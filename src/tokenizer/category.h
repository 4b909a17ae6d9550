/* SPDX-License-Identifier: Apache-2.0
 * Categories of characters as the tables of Hugging Face's crates have them, which are older than utf8proc's: unicode_categories
 * (Unicode 8) and unicode-normalization-alignments (Unicode 9). */
#ifndef HW_TOKENIZER_CATEGORY_H
#define HW_TOKENIZER_CATEGORY_H

#include <stdbool.h>
#include <stdint.h>

bool hw_tok_is_punctuation(uint32_t code_point);    /* ASCII's, and the categories P */
bool hw_tok_is_other(uint32_t code_point);          /* Cc, Cf, Co */
bool hw_tok_is_nonspacing(uint32_t code_point);     /* Mn */
bool hw_tok_is_combining(uint32_t code_point);      /* Mn, Mc, Me */

#endif
