/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trace_question.h"

#include <stdlib.h>
#include <string.h>

const char *const hw_relevance_names[] = {"none", "answer", "contrast", "both", NULL};

const char *hw_question_problem(const hw_question_options *o, const char *prompt) {
  bool text = o->answer || o->foil || o->counterfactual, ids = o->answer_token || o->foil_token || o->counterfactual_tokens;
  if ((text || ids) && o->relevance == HW_RELEVANCE_NONE) return "--answer, --foil and --counterfactual need --relevance";
  if (o->answer && o->answer_token) return "give --answer or --answer-token";
  if (o->foil && o->foil_token) return "give --foil or --foil-token";
  if (o->counterfactual && o->counterfactual_tokens) return "give --counterfactual or --counterfactual-tokens";
  if ((o->answer || o->foil) && !prompt) return "--answer and --foil follow a --prompt; with --tokens give --answer-token and --foil-token";
  if (o->relevance >= HW_RELEVANCE_CONTRAST && !o->counterfactual && !o->counterfactual_tokens) return "--relevance contrast needs --counterfactual TEXT or --counterfactual-tokens IDS";
  return NULL;
}

bool hw_parse_ids(const char *option, const char *text, hw_arena *arena, int32_t **ids, size_t *n, hw_error *err) {
  *ids = hw_arena_new(arena, int32_t, strlen(text) / 2 + 1, err);
  *n = 0;
  if (!*ids) return false;
  const char *at = text;
  for (;;) {
    char *end;
    long id = strtol(at, &end, 10);
    if (end == at || (*end && *end != ',') || id < 0 || id > INT32_MAX)
      return hw_fail(err, HW_ERROR_INPUT, "%s is \"%.100s\", want ids like 464,1175", option, text);
    (*ids)[(*n)++] = (int32_t)id;
    if (!*end) return true;
    at = end + 1;
  }
}

static bool one_id(const char *option, const char *text, hw_arena *arena, int32_t *id, hw_error *err) {
  int32_t *ids;
  size_t n;
  *id = -1;
  if (!text) return true;
  if (!hw_parse_ids(option, text, arena, &ids, &n, err)) return false;
  if (n != 1) return hw_fail(err, HW_ERROR_INPUT, "%s is \"%.100s\", want one id", option, text);
  *id = ids[0];
  return true;
}

static size_t length_of(const char *text) { return text ? strlen(text) : 0; }

static bool prepare(const hw_question_options *o, const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *text,
                    bool with_answers, hw_arena *arena, hw_prompt_input *input, hw_error *err) {
  const char *answer = with_answers ? o->answer : NULL, *foil = with_answers ? o->foil : NULL;
  if (!tokenizer) return hw_fail(err, HW_ERROR_INPUT, "\"%.100s\" needs the model's tokenizer, which could not be read", text);
  if (!hw_prompt_prepare(model, tokenizer, analysis, text, strlen(text), answer, length_of(answer), foil, length_of(foil), arena, input, err)) return false;
  if (input->failure) return hw_fail(err, HW_ERROR_PROMPT, "\"%.100s\": %s", text, input->failure);
  if (answer && !input->n_answer) return hw_fail(err, HW_ERROR_PROMPT, "the answer \"%.100s\": %s", answer, input->answer_loss ? input->answer_loss : "it has no tokens");
  if (foil && !input->n_foil) return hw_fail(err, HW_ERROR_PROMPT, "the foil \"%.100s\": %s", foil, input->foil_loss ? input->foil_loss : "it has no tokens");
  return true;
}

/* The first tokens count. */
static bool find_tokens(const hw_question_options *o, const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *prompt,
                        hw_arena *arena, hw_answer_question *question, hw_error *err) {
  hw_prompt_input input = {0}, other = {0};
  if (!one_id("answer-token", o->answer_token, arena, &question->answer, err) || !one_id("foil-token", o->foil_token, arena, &question->foil, err)) return false;
  if ((o->answer || o->foil) && !prepare(o, model, tokenizer, analysis, prompt, true, arena, &input, err)) return false;
  if (input.n_answer) question->answer = input.answer[0];
  if (input.n_foil) question->foil = input.foil[0];
  if (o->counterfactual && !prepare(o, model, tokenizer, analysis, o->counterfactual, false, arena, &other, err)) return false;
  question->counterfactual = other.ids;
  question->n_counterfactual = other.n_tokens;
  int32_t *ids;
  if (!o->counterfactual_tokens) return true;
  if (!hw_parse_ids("counterfactual-tokens", o->counterfactual_tokens, arena, &ids, &question->n_counterfactual, err)) return false;
  question->counterfactual = ids;
  return true;
}

bool hw_question_trace(const hw_question_options *options, const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *prompt,
                       const hw_prompt_input *input, const hw_relevance_settings *settings, hw_arena *arena, hw_answer_trace *trace, hw_error *err) {
  hw_answer_question question;
  return find_tokens(options, model, tokenizer, analysis, prompt, arena, &question, err) &&
         hw_answer_trace_ids(model, input->ids, input->n_tokens, &question, settings, trace, err);
}
