/* SPDX-License-Identifier: Apache-2.0
 * Patterns and their matches, and how a piece is cut or changed at them. */
#ifndef HW_TOKENIZER_PATTERN_H
#define HW_TOKENIZER_PATTERN_H

#include "tokenizer/state.h"

typedef enum hw_tok_behavior {
  HW_TOK_REMOVED,
  HW_TOK_ISOLATED,
  HW_TOK_MERGED_WITH_PREVIOUS,
  HW_TOK_MERGED_WITH_NEXT,
  HW_TOK_CONTIGUOUS,
} hw_tok_behavior;

/* Reads {"String": s} or {"Regex": r} (or a bare string) under `key`. */
bool hw_tok_pattern_parse(hw_tok_loader *loader, const json_t *object, const char *where, const char *key,
                          hw_tok_pattern *pattern);
bool hw_tok_pattern_compile(hw_tok_loader *loader, const char *regex, size_t length, const char *where, hw_tok_pattern *pattern);
/* The same from PCRE2's own syntax; `shown` stands in errors. */
bool hw_tok_pattern_compile_pcre2(hw_tok_loader *loader, const hw_buffer *pcre2, const char *shown, const char *where, hw_tok_pattern *pattern);
/* The name that the expression gives to its match from `position` on, (*MARK:name), owned by the expression; NULL where it does not match. */
bool hw_tok_pattern_mark(hw_tok_run *run, const hw_tok_pattern *pattern, const char *bytes, size_t length, size_t position, const char **mark);

typedef struct hw_tok_matcher {
  const hw_tok_pattern *pattern;
  const pcre2_code *code; /* that for this text */
  const char *bytes;
  size_t length, position;
  size_t last_end; /* of the last match, SIZE_MAX before the first */
} hw_tok_matcher;
void hw_tok_matcher_init(hw_tok_matcher *matcher, const hw_tok_pattern *pattern, const hw_tok_piece *piece);
/* 1: a match; 0: no more; -1: failed, err filled. */
int hw_tok_matcher_next(hw_tok_run *run, hw_tok_matcher *matcher, size_t *start, size_t *end);

/* Cuts the piece at the matches and pushes the parts. */
bool hw_tok_split(hw_tok_run *run, const hw_tok_piece *piece, const hw_tok_pattern *pattern, hw_tok_behavior behavior,
                  bool invert);
bool hw_tok_replace(hw_tok_run *run, hw_tok_piece *piece, const hw_tok_pattern *pattern, hw_tok_string content);

#endif
