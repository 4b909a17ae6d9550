/* SPDX-License-Identifier: Apache-2.0
 * Characters that fold to several without regard to case, as the sharp s to ss. Oniguruma matches these in both directions, PCRE2 in none. */
#ifndef HW_TOKENIZER_REGEX_FOLD_H
#define HW_TOKENIZER_REGEX_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HW_TOK_MOST_FOLDED = 3 };

/* The number of characters that it folds to. */
size_t hw_tok_fold(uint32_t code_point, int32_t folded[HW_TOK_MOST_FOLDED]);
bool hw_tok_folds_to_several(uint32_t first, uint32_t last); /* one of these characters */
/* Whether the last of these folded characters are what one character folds to. */
bool hw_tok_is_folded_from_one(const int32_t *run, size_t length);

#endif
