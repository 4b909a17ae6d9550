/* SPDX-License-Identifier: Apache-2.0
 * Answers and foils as the tokens that follow a prompt. */
#ifndef HW_RUN_ANSWER_H
#define HW_RUN_ANSWER_H

#include "headwater/run.h"

typedef struct hw_answer_tokens {
  const int32_t *ids;
  size_t n;
  const char *loss; /* NULL, or what is lost of the answer, and why */
} hw_answer_tokens;

/* The ids that follow those of `input` when the answer is written behind its text, with what the analysis puts between them. Where the
 * prompt's own ids change by that, the answer is encoded by itself as a continuation. No answer has no tokens. */
bool hw_answer_encode(const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const hw_prompt_input *input,
                      const char *answer, size_t answer_length, hw_arena *arena, hw_answer_tokens *tokens, hw_error *err);

/* Whether a space is put between the text of `input` and this answer; both have characters. */
bool hw_answer_gets_space(hw_answer_joint joint, const hw_prompt_input *input, const char *answer, size_t answer_length);
/* That space, which auto put, may be wrong: it comes before closing or separating punctuation, or between two digits. */
bool hw_answer_space_is_odd(const hw_prompt_input *input, const char *answer, size_t answer_length);

#endif
