/* SPDX-License-Identifier: Apache-2.0
 * Oniguruma's regular expressions (Ruby's) as PCRE2's. */
#ifndef HW_TOKENIZER_REGEX_H
#define HW_TOKENIZER_REGEX_H

#include "headwater/buffer.h"

/* Oniguruma's syntax (Ruby's) into PCRE2's, with the same meaning; refuses what it cannot. */
bool hw_tok_regex_translate(const char *regex, size_t length, hw_buffer *out, const char **refused);

#endif
