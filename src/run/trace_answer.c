/* SPDX-License-Identifier: Apache-2.0
 * One prompt beside its counterfactual, and what its answer depends on. */
#include <inttypes.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "headwater/trace.h"
#include "run/job.h"
#include "tensor/team.h"

static bool check_token(const hw_model *model, const char *what, int32_t id, hw_error *err) {
  if (id >= -1 && id < model->config.vocab_out) return true;
  return hw_fail(err, HW_ERROR_PROMPT, "the %s's token id %" PRId32 " is outside of the vocabulary of %" PRId64, what, id, model->config.vocab_out);
}

static bool check(const hw_model *model, const int32_t *ids, size_t n, const hw_answer_question *question, hw_error *err) {
  hw_error of_counterfactual = {0};
  hw_analysis shared;
  hw_analysis_defaults(&shared);
  shared.threads = question->threads;
  shared.memory = question->memory;
  if (!hw_analysis_check(&shared, err)) return false;
  if (!hw_model_check_ids(model, ids, n, err)) return false;
  if (question->n_counterfactual && !hw_model_check_ids(model, question->counterfactual, question->n_counterfactual, &of_counterfactual))
    return hw_fail(err, HW_ERROR_PROMPT, "the counterfactual: %s", of_counterfactual.message);
  return check_token(model, "answer", question->answer, err) && check_token(model, "foil", question->foil, err);
}

static size_t length_of(const char *text) { return text ? strlen(text) : 0; }

/* what: of which text a failure tells. */
static bool prepare(const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *what, const char *text, const char *answer,
                    const char *foil, hw_arena *arena, hw_prompt_input *input, hw_error *err) {
  if (!hw_prompt_prepare(model, tokenizer, analysis, text, strlen(text), answer, length_of(answer), foil, length_of(foil), arena, input, err)) return false;
  if (input->failure) return hw_fail(err, HW_ERROR_PROMPT, "the %s \"%.100s\": %s", what, text, input->failure);
  if (answer && !input->n_answer) return hw_fail(err, HW_ERROR_PROMPT, "the answer \"%.100s\": %s", answer, input->answer_loss ? input->answer_loss : "it has no tokens");
  if (foil && !input->n_foil) return hw_fail(err, HW_ERROR_PROMPT, "the foil \"%.100s\": %s", foil, input->foil_loss ? input->foil_loss : "it has no tokens");
  return true;
}

bool hw_answer_question_prepare(const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *prompt, const hw_answer_texts *texts,
                                hw_arena *arena, hw_answer_question *question, hw_error *err) {
  hw_prompt_input input = {0}, other = {0};
  question->answer = question->foil = -1;
  question->n_answer = question->n_foil = 0;
  question->counterfactual = NULL;
  question->n_counterfactual = 0;
  if ((texts->answer || texts->foil) && !prepare(model, tokenizer, analysis, "prompt", prompt, texts->answer, texts->foil, arena, &input, err)) return false;
  if (input.n_answer) question->answer = input.answer[0];
  if (input.n_foil) question->foil = input.foil[0];
  question->n_answer = input.n_answer;
  question->n_foil = input.n_foil;
  if (texts->counterfactual && !prepare(model, tokenizer, analysis, "counterfactual", texts->counterfactual, NULL, NULL, arena, &other, err)) return false;
  question->counterfactual = other.ids;
  question->n_counterfactual = other.n_tokens;
  return true;
}

static bool check_memory(const hw_model *model, size_t n, const hw_answer_question *question, const hw_relevance_settings *settings, size_t threads, hw_error *err) {
  size_t rows = n + question->n_counterfactual, longest = n > question->n_counterfactual ? n : question->n_counterfactual, most = (size_t)question->memory << 20;
  if (!most) return true;
  size_t bytes = hw_forward_bytes(model, rows, longest, threads, false, true) + hw_relevance_work_bytes(model, settings, n, longest, threads) + hw_relevance_bytes(model, settings, n);
  return bytes <= most || hw_fail(err, HW_ERROR_PROMPT, "prompt and counterfactual have %zu tokens: relevances take %zu MiB, at most %zu MiB are allowed", rows,
                                  (bytes + (1u << 20) - 1) >> 20, most >> 20);
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
  const hw_batch batch = {.n_prompts = other ? 2 : 1, .n_rows = n + other, .ids = trace->ids, .first = trace->first, .keeps_inputs = true};
  trace->relevance = (hw_relevance_prompt){.prompt = 0, .reference = other ? 1 : HW_NO_REFERENCE, .answer = question->answer, .foil = question->foil};
  return hw_forward(model, &batch, &trace->team, &trace->arena, &trace->acts, err) &&
         hw_relevance_trace(&trace->acts, settings, &trace->relevance, 1, &trace->team, &trace->arena, &trace->scratch, err);
}

bool hw_answer_trace_ids(const hw_model *model, const int32_t *ids, size_t n, const hw_answer_question *question,
                         const hw_relevance_settings *settings, hw_answer_trace *trace, hw_error *err) {
  *trace = (hw_answer_trace){0};
  hw_arena_init(&trace->arena);
  hw_arena_init(&trace->scratch);
  size_t threads = question->threads ? (size_t)question->threads : (size_t)omp_get_num_procs();
  if (!check(model, ids, n, question, err) || !check_memory(model, n, question, settings, threads, err)) return false;
  trace->team.panel = hw_memory_large(HW_PANEL_FLOATS * sizeof(float));
  if (!trace->team.panel) return hw_fail_memory(err, "a trace");
  if (threads > 1 && (trace->team.helpers = hw_helpers_new(threads, &(hw_error){0}))) hw_helpers_start(trace->team.helpers, threads - 1); /* else alone */
  return run(model, ids, n, question, settings, trace, err);
}

static bool check_baseline(const hw_answer_trace *trace, hw_baseline baseline, hw_error *err) {
  size_t n = trace->first[1], other = trace->first[2] - n;
  if (baseline != HW_BASELINE_COUNTERFACTUAL) return true;
  if (!other) return hw_fail(err, HW_ERROR_INPUT, "the baseline \"counterfactual\" needs a counterfactual, and none is given");
  return n == other ||
         hw_fail(err, HW_ERROR_INPUT, "the baseline \"counterfactual\" needs one of %zu tokens; it has %zu", n, other);
}

static hw_ablated_prompt ablated(const hw_answer_trace *trace) {
  return (hw_ablated_prompt){.acts = &trace->acts, .prompt = 0, .reference = 1, .answer = trace->relevance.answer, .foil = trace->relevance.foil};
}

bool hw_answer_trace_certify(hw_answer_trace *trace, const hw_ablated_part *parts, size_t n, hw_ablation_unit unit, hw_baseline baseline,
                             hw_certificate *certificate, hw_error *err) {
  const hw_ablated_prompt prompt = ablated(trace);
  hw_part_set graph, empty;
  *certificate = (hw_certificate){0};
  hw_arena_reset(&trace->scratch);
  if (!check_baseline(trace, baseline, err) || !hw_part_set_make(trace->acts.model, trace->first[1], parts, n, &trace->scratch, &graph, err) ||
      !hw_part_set_make(trace->acts.model, trace->first[1], NULL, 0, &trace->scratch, &empty, err))
    return false;
  hw_ablation passes[] = {{.set = &graph}, {.set = &empty}, {.set = &graph, .replaces = true}, {.set = &empty, .replaces = true}};
  for (size_t p = 0; p < sizeof passes / sizeof *passes; p++) {
    passes[p].unit = unit;
    passes[p].baseline = baseline;
  }
  if (!hw_ablate(&prompt, 1, passes, sizeof passes / sizeof *passes, &trace->team, &trace->scratch, err)) return false;
  *certificate = (hw_certificate){.n_attention = graph.n_attention, .n_ffn = graph.n_ffn, .m = passes[3].m, .none = passes[1].m, .kept = passes[0], .removed = passes[2]};
  certificate->kept.set = certificate->removed.set = NULL;
  return true;
}

bool hw_answer_trace_knock_out(hw_answer_trace *trace, hw_baseline baseline, double *heads, double *ffn, hw_error *err) {
  const hw_ablated_prompt prompt = ablated(trace);
  const hw_model *model = trace->acts.model;
  size_t n_layers = (size_t)model->config.n_layers, n_heads = (size_t)model->config.n_heads, n = n_layers * (n_heads + 1) + 1;
  hw_arena_reset(&trace->scratch);
  if (!check_baseline(trace, baseline, err)) return false;
  hw_ablation *passes = hw_arena_znew(&trace->scratch, hw_ablation, n, err);
  hw_ablated_part *components = hw_arena_new(&trace->scratch, hw_ablated_part, n, err);
  if (!passes || !components) return false;
  for (size_t i = 0; i < n; i++) {
    components[i] = (hw_ablated_part){.layer = (uint16_t)(i / (n_heads + 1)), .head = (uint16_t)(i % (n_heads + 1) == n_heads ? HW_ABLATED_FFN : i % (n_heads + 1))};
    passes[i] = (hw_ablation){.components = &components[i], .n_components = i + 1 < n, .replaces = true, .baseline = baseline}; /* the last replaces nothing */
  }
  if (!hw_ablate(&prompt, 1, passes, n, &trace->team, &trace->scratch, err)) return false;
  for (size_t i = 0; i + 1 < n; i++) {
    double effect = passes[n - 1].m - passes[i].m;
    if (i % (n_heads + 1) == n_heads)
      ffn[i / (n_heads + 1)] = effect;
    else
      heads[i / (n_heads + 1) * n_heads + i % (n_heads + 1)] = effect;
  }
  return true;
}

void hw_answer_trace_fini(hw_answer_trace *trace) {
  hw_helpers_free(trace->team.helpers);
  free(trace->team.panel);
  hw_arena_fini(&trace->arena);
  hw_arena_fini(&trace->scratch);
  *trace = (hw_answer_trace){0};
}
