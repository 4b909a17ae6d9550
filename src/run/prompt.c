/* SPDX-License-Identifier: Apache-2.0
 * A row's text becomes ids and target positions. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "run/answer.h"
#include "run/job.h"

bool hw_targets_check(const char *targets, hw_error *err) {
  if (!targets) return hw_fail(err, HW_ERROR_INPUT, "no targets are given, want last, all, or positions like 0,5");
  if (strcmp(targets, "last") == 0 || strcmp(targets, "all") == 0) return true;
  const char *at = targets;
  for (;;) {
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || digits > 7 || (at[digits] && at[digits] != ','))
      return hw_fail(err, HW_ERROR_INPUT, "targets is \"%.100s\", want last, all, or positions like 0,5", targets);
    if (!at[digits]) return true;
    at += digits + 1;
  }
}

static int by_position(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static bool set_failure(hw_prompt_input *input, hw_arena *arena, const char *message, hw_error *err) {
  input->failure = hw_arena_copy(arena, message, strlen(message), err);
  return input->failure != NULL;
}

static bool choose_targets(const char *targets, hw_arena *arena, hw_prompt_input *input, hw_error *err) {
  size_t n = input->n_tokens;
  if (!hw_targets_check(targets, err)) return false;
  if (strcmp(targets, "last") == 0 || strcmp(targets, "all") == 0) {
    bool all = targets[0] == 'a';
    input->n_targets = all ? n : 1;
    input->targets = hw_arena_new(arena, uint32_t, input->n_targets, err);
    if (!input->targets) return false;
    for (size_t i = 0; i < input->n_targets; i++) input->targets[i] = (uint32_t)(all ? i : n - 1);
    return true;
  }
  size_t capacity = strlen(targets) / 2 + 1;
  input->targets = hw_arena_new(arena, uint32_t, capacity, err);
  if (!input->targets) return false;
  for (const char *at = targets;;) {
    char *end;
    unsigned long position = strtoul(at, &end, 10);
    if (position >= n) {
      char message[96];
      (void)snprintf(message, sizeof message, "target %lu is outside of the prompt's %zu tokens", position, n);
      return set_failure(input, arena, message, err);
    }
    input->targets[input->n_targets++] = (uint32_t)position;
    if (!*end) break;
    at = end + 1;
  }
  qsort(input->targets, input->n_targets, sizeof *input->targets, by_position);
  size_t kept = 1;
  for (size_t i = 1; i < input->n_targets; i++)
    if (input->targets[i] != input->targets[kept - 1]) input->targets[kept++] = input->targets[i];
  input->n_targets = kept;
  return true;
}

size_t hw_prompt_shared_tokens(const hw_prompt_input *input) {
  size_t n = 0;
  while (n < input->n_answer && n < input->n_foil && input->answer[n] == input->foil[n]) n++;
  return n;
}

bool hw_prompt_foil_is_contained(const hw_prompt_input *input) {
  size_t n = hw_prompt_shared_tokens(input);
  return n > 0 && (n == input->n_answer || n == input->n_foil);
}

bool hw_prompt_cut_alike(const hw_prompt_input *input) {
  return input->answer_loss && input->foil_loss && hw_prompt_foil_is_contained(input);
}

static bool check_ids(const hw_model *model, const hw_analysis *analysis, hw_arena *arena, hw_prompt_input *input, hw_error *err) {
  hw_error problem = {0};
  if (!hw_model_check_ids(model, input->ids, input->n_tokens, &problem)) return set_failure(input, arena, problem.message, err);
  return choose_targets(analysis->targets, arena, input, err);
}

bool hw_prompt_prepare(const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *text, size_t length,
                       const char *answer, size_t answer_length, const char *foil, size_t foil_length, hw_arena *arena,
                       hw_prompt_input *input, hw_error *err) {
  *input = (hw_prompt_input){.text = text, .text_length = length};
  if (length == 0) return set_failure(input, arena, "the prompt is empty", err);
  hw_encoding encoding;
  hw_error problem = {0};
  if (!hw_tokenizer_encode(tokenizer, text, length, (hw_bos)analysis->bos, arena, &encoding, &problem)) {
    if (problem.kind == HW_ERROR_PROMPT) return set_failure(input, arena, problem.message, err);
    return hw_pass_error(err, &problem);
  }
  input->ids = encoding.ids;
  input->n_tokens = encoding.n;
  input->starts = encoding.starts;
  input->ends = encoding.ends;
  input->has_bos = encoding.has_bos;
  input->double_bos = encoding.double_bos;
  if (!check_ids(model, analysis, arena, input, err)) return false;
  if (input->failure) return true;
  hw_answer_tokens tokens[2];
  if (!hw_answer_encode(model, tokenizer, analysis, input, answer, answer_length, arena, &tokens[0], err) ||
      !hw_answer_encode(model, tokenizer, analysis, input, foil, foil_length, arena, &tokens[1], err))
    return false;
  input->answer = tokens[0].ids;
  input->n_answer = tokens[0].n;
  input->answer_loss = tokens[0].loss;
  input->foil = tokens[1].ids;
  input->n_foil = tokens[1].n;
  input->foil_loss = tokens[1].loss;
  return true;
}

/* The row's prompt or its counterfactual: text and spans, then its tokens, those of the answers only when they are wanted. Wrong spans
 * are the input's failure. */
static bool tokenise_field(const hw_model *model, const hw_tokenizer *tokenizer, const hw_job *job, const hw_row *row, const hw_field *field,
                           bool with_answers, hw_arena *arena, hw_prompt_input *input, hw_error *err) {
  static const hw_field none;
  const hw_field *answer = with_answers ? &row->answer : &none, *foil = with_answers ? &row->foil : &none;
  hw_marked_text marked = {.text = field->value, .length = field->length};
  hw_error problem = {0};
  *input = (hw_prompt_input){.text = field->value, .text_length = field->length};
  if ((job->spans && !hw_spans_parse(field->value, field->length, arena, &marked, &problem)) ||
      (field == &row->prompt && !hw_spans_add_columns(row, arena, &marked, &problem))) {
    if (problem.kind == HW_ERROR_PROMPT) return set_failure(input, arena, problem.message, err);
    return hw_pass_error(err, &problem);
  }
  if (!hw_prompt_prepare(model, tokenizer, &job->analysis, marked.text, marked.length, answer->value, answer->length, foil->value,
                         foil->length, arena, input, err))
    return false;
  input->spans = marked.spans;
  input->n_spans = marked.n_spans;
  input->ambiguous_roles = marked.ambiguous;
  return true;
}

bool hw_prompt_from_row(const hw_model *model, const hw_tokenizer *tokenizer, const hw_job *job, const hw_row *row, bool counterfactual,
                        hw_arena *arena, hw_prompt_input *input, hw_error *err) {
  *input = (hw_prompt_input){.failure = row->problem};
  if (row->problem) return true;
  if (counterfactual && !row->counterfactual.value) return set_failure(input, arena, "the row has no counterfactual prompt", err);
  return tokenise_field(model, tokenizer, job, row, counterfactual ? &row->counterfactual : &row->prompt, true, arena, input, err);
}

bool hw_prompt_find_clean(const hw_model *model, const hw_tokenizer *tokenizer, const hw_job *job, const hw_row *row, hw_arena *arena,
                          hw_prompt_input *input, hw_error *err) {
  if (input->n_tokens == 0 || input->n_spans) return true;
  hw_prompt_input *clean = hw_arena_new(arena, hw_prompt_input, 1, err);
  if (!clean || !tokenise_field(model, tokenizer, job, row, &row->prompt, false, arena, clean, err)) return false;
  if (!clean->failure && clean->n_tokens == input->n_tokens) input->clean = clean;
  return true;
}

bool hw_prompt_from_ids(const hw_model *model, const hw_analysis *analysis, const int32_t *ids, size_t n, hw_arena *arena,
                        hw_prompt_input *input, hw_error *err) {
  *input = (hw_prompt_input){.ids = ids, .n_tokens = n};
  return check_ids(model, analysis, arena, input, err);
}
