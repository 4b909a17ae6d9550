/* SPDX-License-Identifier: Apache-2.0
 * One prompt beside its counterfactual, and what its answer hangs on. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "headwater/trace.h"

static bool check_token(const hw_model *model, const char *what, int32_t id, hw_error *err) {
  if (id >= -1 && id < model->config.vocab_out) return true;
  return hw_fail(err, HW_ERROR_PROMPT, "the %s's token id %" PRId32 " is outside of the vocabulary of %" PRId64, what, id, model->config.vocab_out);
}

static bool check(const hw_model *model, const int32_t *ids, size_t n, const hw_answer_question *question, hw_error *err) {
  hw_error of_counterfactual = {0};
  if (!hw_relevance_supports(model, err) || !hw_model_check_ids(model, ids, n, err)) return false;
  if (question->n_counterfactual && !hw_model_check_ids(model, question->counterfactual, question->n_counterfactual, &of_counterfactual))
    return hw_fail(err, HW_ERROR_PROMPT, "the counterfactual: %s", of_counterfactual.message);
  return check_token(model, "answer", question->answer, err) && check_token(model, "foil", question->foil, err);
}

static bool run(const hw_model *model, const int32_t *ids, size_t n, const hw_answer_question *question, const hw_relevance_settings *settings,
                hw_answer_trace *trace, hw_error *err) {
  size_t other = question->n_counterfactual;
  trace->ids = hw_arena_new(&trace->arena, int32_t, n + other, err);
  if (!trace->ids) return false;
  memcpy(trace->ids, ids, n * sizeof *ids);
  if (other) memcpy(trace->ids + n, question->counterfactual, other * sizeof *ids);
  trace->first[1] = n;
  trace->first[2] = n + other;
  const hw_batch batch = {.n_prompts = other ? 2 : 1, .n_rows = n + other, .ids = trace->ids, .first = trace->first};
  trace->relevance = (hw_relevance_prompt){.prompt = 0, .reference = other ? 1 : HW_NO_REFERENCE, .answer = question->answer, .foil = question->foil};
  return hw_forward(model, &batch, &(hw_team){.panel = trace->panel}, &trace->arena, &trace->acts, err) &&
         hw_relevance_trace(&trace->acts, settings, &trace->relevance, 1, trace->panel, &trace->arena, &trace->scratch, err);
}

bool hw_answer_trace_ids(const hw_model *model, const int32_t *ids, size_t n, const hw_answer_question *question,
                         const hw_relevance_settings *settings, hw_answer_trace *trace, hw_error *err) {
  *trace = (hw_answer_trace){0};
  hw_arena_init(&trace->arena);
  hw_arena_init(&trace->scratch);
  if (!check(model, ids, n, question, err)) return false;
  trace->panel = hw_memory_large(HW_PANEL_FLOATS * sizeof *trace->panel);
  if (!trace->panel) return hw_fail_memory(err, "a trace");
  return run(model, ids, n, question, settings, trace, err);
}

void hw_answer_trace_fini(hw_answer_trace *trace) {
  free(trace->panel);
  hw_arena_fini(&trace->arena);
  hw_arena_fini(&trace->scratch);
  *trace = (hw_answer_trace){0};
}
