/* SPDX-License-Identifier: Apache-2.0
 * UTF-8 and classes of characters. */
#ifndef HW_TOKENIZER_UNICODE_H
#define HW_TOKENIZER_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t hw_tok_decode(const char *bytes, size_t left, size_t *step); /* of valid UTF-8, left > 0 */
size_t hw_tok_encode(uint32_t code_point, char out[4]);
size_t hw_tok_last_char(const char *bytes, size_t length); /* where the last character begins */
typedef uint32_t hw_tok_range[2]; /* first and last */
bool hw_tok_in_ranges(const hw_tok_range *ranges, size_t n, uint32_t code_point); /* which are in order */
bool hw_tok_is_space(uint32_t code_point);   /* White_Space */
bool hw_tok_is_unspaced(uint32_t code_point); /* of a script that puts no spaces between words, its punctuation included */

#endif
