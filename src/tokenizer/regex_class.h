/* SPDX-License-Identifier: Apache-2.0
 * Escapes and classes of Oniguruma's expressions as PCRE2's. */
#ifndef HW_TOKENIZER_REGEX_CLASS_H
#define HW_TOKENIZER_REGEX_CLASS_H

#include <stdint.h>

#include "headwater/buffer.h"

#define HW_TOK_NO_CHAR UINT32_MAX

typedef struct hw_tok_regex_reader {
  const char *regex;
  size_t length;
  bool fold;     /* the option i is in force */
  bool negated;  /* the outermost class is */
  bool range;    /* a '-' stands behind `last` */
  uint32_t last; /* the class's last character, the escape's; else HW_TOK_NO_CHAR */
  const char *refused;
} hw_tok_regex_reader;

bool hw_tok_regex_at(const hw_tok_regex_reader *in, size_t i, const char *text); /* whether the text stands there */

/* Each gives the position behind what it has read at i, or 0 and `refused`. */
size_t hw_tok_regex_escape(hw_tok_regex_reader *in, size_t i, bool in_class, hw_buffer *out); /* regex[i] is a backslash */
size_t hw_tok_regex_class(hw_tok_regex_reader *in, size_t i, int depth, hw_buffer *out);      /* regex[i] is '[' */
size_t hw_tok_regex_copy_name(hw_tok_regex_reader *in, size_t i, hw_buffer *out); /* in <> or '': i is behind the first of these */

#endif
