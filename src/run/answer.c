/* SPDX-License-Identifier: Apache-2.0 */
#include "run/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/error.h"
#include "headwater/buffer.h"
#include "tokenizer/unicode.h"

/* The last character of a text that is not empty. */
static uint32_t last_character(const char *text, size_t length) {
  size_t step, last = hw_tok_last_char(text, length);
  return hw_tok_decode(text + last, length - last, &step);
}

static size_t count_byte(const char *text, size_t length, char byte) {
  size_t n = 0;
  for (size_t i = 0; i < length; i++) n += text[i] == byte;
  return n;
}

/* The text ends in an opening quote or bracket. A straight double quote opens when there is an odd number of them; any other quote that
 * can also close opens at the start, behind a space and behind a bracket. */
static bool ends_in_opening(const char *text, size_t length) {
  uint32_t last = last_character(text, length);
  utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)last);
  if (category == UTF8PROC_CATEGORY_PS) return true;
  if (last == '"') return count_byte(text, length, '"') % 2 == 1;
  if (category != UTF8PROC_CATEGORY_PI && last != '\'' && last != '`') return false;
  size_t before = hw_tok_last_char(text, length);
  if (before == 0) return true;
  last = last_character(text, before);
  return hw_tok_is_space(last) || utf8proc_category((utf8proc_int32_t)last) == UTF8PROC_CATEGORY_PS;
}

static bool has_space_between(hw_answer_joint joint, const hw_prompt_input *input, const char *answer, size_t answer_length) {
  size_t step;
  uint32_t last = last_character(input->text, input->text_length), first = hw_tok_decode(answer, answer_length, &step);
  if (joint == HW_JOINT_NONE || hw_tok_is_space(last) || hw_tok_is_space(first)) return false;
  if (joint == HW_JOINT_SPACE) return true;
  return !ends_in_opening(input->text, input->text_length) && !(hw_tok_is_unspaced(last) && hw_tok_is_unspaced(first));
}

/* The tokens of an answer as the model can be asked about them. Scoring runs the prompt with all of the answer but its last token, so
 * that an answer that is too long for the context is cut, and one with a token that the model does not predict is dropped. */
static bool limit_answer(const hw_model *model, size_t n_prompt, hw_answer_tokens *answer, hw_arena *arena, hw_error *err) {
  size_t n = answer->n, most = (size_t)model->config.n_ctx - n_prompt + 1;
  char text[96];
  for (size_t i = 0; i < n && answer->n; i++) {
    if (answer->ids[i] < model->config.vocab_size && answer->ids[i] < model->config.vocab_out) continue;
    (void)snprintf(text, sizeof text, "dropped: the model has no token %" PRId32, answer->ids[i]);
    answer->n = 0;
  }
  if (n == 0) (void)snprintf(text, sizeof text, "dropped: it has no tokens");
  if (answer->n > most) {
    (void)snprintf(text, sizeof text, "cut to %zu of %zu tokens: the model takes %" PRId64 " with the prompt's", most, n, model->config.n_ctx);
    answer->n = most;
  }
  if (answer->n && answer->n == n) return true;
  return (answer->loss = hw_arena_copy(arena, text, strlen(text), err)) != NULL;
}

bool hw_answer_encode(const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const hw_prompt_input *input,
                      const char *answer, size_t answer_length, hw_arena *arena, hw_answer_tokens *tokens, hw_error *err) {
  *tokens = (hw_answer_tokens){0};
  if (!answer || answer_length == 0) return true;
  size_t length = input->text_length, space = has_space_between((hw_answer_joint)analysis->answer_joint, input, answer, answer_length);
  char *whole = hw_arena_new(arena, char, length + answer_length + 1, err);
  if (!whole) return false;
  memcpy(whole, input->text, length);
  if (space) whole[length] = ' ';
  memcpy(whole + length + space, answer, answer_length);
  hw_encoding encoding;
  hw_error problem = {0};
  bool ok = hw_tokenizer_encode(tokenizer, whole, length + space + answer_length, (hw_bos)analysis->bos, arena, &encoding, &problem);
  bool extends = ok && encoding.n > input->n_tokens && memcmp(encoding.ids, input->ids, input->n_tokens * sizeof *encoding.ids) == 0;
  size_t first = extends ? input->n_tokens : 0;
  if (ok && !extends) ok = hw_tokenizer_encode_continuation(tokenizer, whole + length, space + answer_length, arena, &encoding, &problem);
  if (!ok) {
    if (problem.kind != HW_ERROR_PROMPT) return hw_pass_error(err, &problem);
    hw_buffer loss;
    hw_buffer_init(&loss);
    hw_buffer_printf(&loss, "dropped: %s", problem.message);
    if (hw_buffer_check(&loss, err)) tokens->loss = hw_arena_copy(arena, loss.data, loss.length, err);
    hw_buffer_fini(&loss);
    return tokens->loss != NULL;
  }
  tokens->ids = encoding.ids + first;
  tokens->n = encoding.n - first;
  return limit_answer(model, input->n_tokens, tokens, arena, err);
}
