/* SPDX-License-Identifier: Apache-2.0
 * Characters that came with Unicode 15 to 16, or got a property there. Hugging Face's library knows these editions; PCRE2 and utf8proc of a
 * system may be older (Debian 12: 14 and 15). */
#ifndef HW_TOKENIZER_YOUNGER_H
#define HW_TOKENIZER_YOUNGER_H

#include "headwater/buffer.h"
#include "tokenizer/unicode.h"
#include "tokenizer/vocab.h"

/* Whether the text has a character of which PCRE2 may not know all. */
bool hw_tok_has_younger(const char *bytes, size_t length);
/* Whether the general category of Unicode 16 is `category` (two letters, or one for all that begin with it), for such a character. */
bool hw_tok_younger_is(uint32_t code_point, const char *category);
bool hw_tok_younger_is_alphabetic(uint32_t code_point);
uint32_t hw_tok_younger_lower(uint32_t code_point); /* lower case up to Unicode 17; other characters as they are */

/* Writes an expression of PCRE2, as hw_tok_regex_translate makes it, with the younger characters in each \p{} and \P{}. Whether that
 * changes what it means. */
bool hw_tok_regex_add_younger(const hw_buffer *pcre2, hw_buffer *out);

/* ---- younger_tables.c, in the order of the code points ---- */

typedef struct hw_tok_category_change {
  uint32_t first, last;
  char before[3], now[3]; /* general category in Unicode 14 and in 16 */
} hw_tok_category_change;
typedef struct hw_tok_property_gain { /* of a property, or of a script, which has a short name */
  const char *name, *alias;
  uint32_t first, last;
} hw_tok_property_gain;
extern const hw_tok_category_change hw_tok_category_changes[];
extern const hw_tok_property_gain hw_tok_property_gains[];
extern const hw_tok_range hw_tok_younger[]; /* all of both */
extern const size_t hw_tok_n_category_changes, hw_tok_n_property_gains, hw_tok_n_younger;

#endif
