/* SPDX-License-Identifier: Apache-2.0
 * Relevances of prompts of a batch: measures first, then one backward pass for those that can have it. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "relevance/backward.h"
#include "relevance/direct.h"
#include "tensor/kernels.h"

/* A margin, or a difference of margins, that is smaller cannot be divided (METHOD section 7). */
static const double LEAST_WHOLE = 0.1;

static bool rows_are_finite(const hw_activations *acts, size_t prompt) {
  size_t d = (size_t)acts->model->config.d_model;
  for (size_t i = 0; i < hw_batch_tokens(&acts->batch, prompt); i++)
    for (size_t l = 0; l <= (size_t)acts->model->config.n_layers; l++)
      if (!hw_all_finite(acts->resid[l] + hw_batch_row(&acts->batch, prompt, i) * d, d)) return false;
  return true;
}

/* The first position where the prompts' tokens differ; their length where none does. */
static size_t first_difference(const hw_batch *batch, size_t prompt, size_t reference) {
  const int32_t *a = batch->ids + batch->first[prompt], *b = batch->ids + batch->first[reference];
  size_t n = hw_batch_tokens(batch, prompt), i = 0;
  while (i < n && a[i] == b[i]) i++;
  return i;
}

static bool same_token(const hw_relevance_prompt *p) { return p->answer >= 0 && p->answer == p->foil; }

/* Why a prompt has no contrast, or NULL. */
static const char *missing_contrast(const hw_activations *acts, const hw_relevance_prompt *p, const hw_measure *measure, char text[160]) {
  if (p->reference == HW_NO_REFERENCE) return "there is no counterfactual";
  if (same_token(p)) return HW_REASON_SAME_TOKEN;
  size_t n = hw_batch_tokens(&acts->batch, p->prompt), other = hw_batch_tokens(&acts->batch, p->reference);
  if (n != other) {
    hw_snprintf(text, 160, "the counterfactual has %zu tokens, the prompt %zu", other, n);
    return text;
  }
  if (!rows_are_finite(acts, p->reference)) return "an activation of the counterfactual is not a finite number";
  if (fabs(measure->m - measure->m_reference) >= LEAST_WHOLE) return NULL;
  hw_snprintf(text, 160, "the answer's margin is %.3f, the counterfactual's %.3f: they are closer than %g", measure->m, measure->m_reference, LEAST_WHOLE);
  return text;
}

static const char *missing_answer(const hw_relevance_prompt *p, const hw_measure *measure, char text[160]) {
  if (same_token(p)) return HW_REASON_SAME_TOKEN;
  if (fabs(measure->m) >= LEAST_WHOLE) return NULL;
  hw_snprintf(text, 160, "the answer's margin is %.3f: it is smaller than %g", measure->m, LEAST_WHOLE);
  return text;
}

typedef struct tracing {
  const hw_activations *acts;
  const hw_relevance_settings *settings;
  hw_relevance_prompt *prompts;
  hw_measure *measures;
  size_t n;
  const hw_team *team;
  hw_arena *arena, *scratch;
  hw_error *err;
} tracing;

/* Starts the result of a prompt. *runs: whether it takes part in the pass. */
static bool start_result(const tracing *t, size_t i, bool contrast, hw_relevance *out, bool *runs) {
  char text[160];
  const hw_measure *measure = &t->measures[i];
  bool finite = rows_are_finite(t->acts, t->prompts[i].prompt);
  *out = (hw_relevance){.m = measure->m, .m_reference = contrast ? measure->m_reference : 0, .biases = contrast ? 0 : measure->bias};
  const char *reason = !finite ? "an activation is not a finite number" : contrast ? missing_contrast(t->acts, &t->prompts[i], measure, text) : missing_answer(&t->prompts[i], measure, text);
  *runs = !reason;
  if (reason) out->reason = hw_arena_copy(t->arena, reason, strlen(reason), t->err);
  return !reason || out->reason;
}

static bool run_pass(const tracing *t, bool contrast) {
  hw_pass pass = {.acts = t->acts, .model = t->acts->model, .settings = t->settings, .contrast = contrast, .team = t->team, .err = t->err};
  pass.prompts = hw_arena_znew(t->scratch, hw_pass_prompt, t->n, t->err);
  if (!pass.prompts) return false;
  for (size_t i = 0; i < t->n; i++) {
    const hw_relevance_prompt *p = &t->prompts[i];
    const hw_measure *measure = &t->measures[i];
    hw_relevance *out = contrast ? &t->prompts[i].by_contrast : &t->prompts[i].by_answer;
    bool runs;
    if (!start_result(t, i, contrast, out, &runs)) return false;
    if (!runs) continue;
    pass.prompts[pass.n_prompts++] = (hw_pass_prompt){
        .prompt = p->prompt, .reference = contrast ? p->reference : p->prompt, .n_tokens = hw_batch_tokens(&t->acts->batch, p->prompt),
        .begin = contrast ? first_difference(&t->acts->batch, p->prompt, p->reference) : 0,
        .whole = contrast ? measure->m - measure->m_reference : measure->m, .t = contrast ? measure->between : measure->own, .out = out};
  }
  return pass.n_prompts == 0 || hw_pass_run(&pass, t->arena, t->scratch);
}

bool hw_relevance_trace(const hw_activations *acts, const hw_relevance_settings *settings, hw_relevance_prompt *prompts, size_t n, const hw_team *team,
                        hw_arena *arena, hw_arena *scratch, hw_error *err) {
  if ((settings->answer || settings->contrast) && !acts->batch.keeps_inputs) return hw_fail(err, HW_ERROR_UNSUPPORTED, "relevances need a batch that keeps_inputs");
  tracing t = {.acts = acts, .settings = settings, .prompts = prompts, .n = n, .team = team, .arena = arena, .scratch = scratch, .err = err,
               .measures = hw_arena_znew(scratch, hw_measure, n, err)};
  if (!t.measures || !hw_measure_prompts(acts, prompts, n, t.measures, team, scratch, err)) return false;
  for (size_t i = 0; i < n; i++) prompts[i].answer = t.measures[i].answer;
  return hw_direct_attribute(acts, prompts, t.measures, n, team, arena, scratch, err) && (!settings->answer || run_pass(&t, false)) &&
         (!settings->contrast || run_pass(&t, true));
}

size_t hw_relevance_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t n_tokens) {
  enum { SUMS = 4, PARTS_A_LAYER = 64 };
  const hw_model_config *c = &model->config;
  size_t n_layers = (size_t)c->n_layers, heads = n_layers * (size_t)c->n_heads, modes = (size_t)settings->answer + settings->contrast;
  size_t lists = (SUMS * heads + n_layers * (n_tokens + 1)) * sizeof(double);
  size_t parts = n_layers * (PARTS_A_LAYER * sizeof(hw_relevance_part) + settings->top_neurons * sizeof(hw_relevance_neuron));
  return sizeof(hw_relevance_prompt) + (heads + 2 * n_layers) * sizeof(double) + modes * (lists + parts + 10 * (size_t)HW_ARENA_OVERHEAD) + 3 * (size_t)HW_ARENA_OVERHEAD;
}

size_t hw_relevance_work_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t n_rows, size_t longest, size_t n_members) {
  const hw_model_config *c = &model->config;
  size_t d = (size_t)c->d_model, heads = (size_t)(c->n_heads * c->d_head), vocab = (size_t)c->vocab_out;
  size_t measures = n_rows * (sizeof(hw_measure) + sizeof(hw_next_token) + (3 * d + 2) * sizeof(float) + 4 * (size_t)HW_ARENA_OVERHEAD);
  if (c->final_cap > 0) measures += 2 * n_rows * vocab * sizeof(float); /* of each prompt without a foil */
  size_t mean = (d + vocab) * sizeof(float), direct = n_rows * (2 * d + heads) * sizeof(float) + (heads + longest * (1 + (size_t)c->d_head)) * sizeof(float);
  return measures + mean + direct + hw_next_tokens_bytes(model, n_rows) + hw_pass_bytes(model, settings, n_rows, longest, n_members);
}
