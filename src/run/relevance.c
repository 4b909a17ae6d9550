/* SPDX-License-Identifier: Apache-2.0 */
#include "run/relevance.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

hw_relevance_settings hw_job_relevance(const hw_job *job) {
  return (hw_relevance_settings){.answer = job->relevance == HW_RELEVANCE_ANSWER || job->relevance == HW_RELEVANCE_BOTH, .contrast = job->relevance >= HW_RELEVANCE_CONTRAST,
                                 .floor = hw_job_relevance_floor(job), .top_neurons = (uint32_t)job->analysis.top_neurons};
}

bool hw_counterfactual_failure(const char *failure, hw_arena *arena, const char **reason, hw_error *err) {
  char text[512];
  (void)hw_snprintf(text, sizeof text, "the counterfactual: %s", failure);
  return (*reason = hw_arena_copy(arena, text, strlen(text), err)) != NULL;
}

/* Rows of the backward pass: contrast has none where both prompts begin with the same tokens. */
static size_t pass_rows(const hw_worker *worker, const hw_explained *p) {
  size_t n = p->input->n_tokens, same = 0;
  const int32_t *own = p->input->ids, *other = worker->acts.batch.ids;
  if (worker->relevance.answer || p->reference == HW_NO_REFERENCE) return n;
  other += worker->acts.batch.first[p->reference];
  size_t length = hw_batch_tokens(&worker->acts.batch, p->reference);
  while (same < n && same < length && own[same] == other[same]) same++;
  return n - same;
}

static bool explain_some(hw_worker *worker, const hw_explained *prompts, hw_relevance_prompt *asked, size_t n, hw_error *err) {
  for (size_t i = 0; i < n; i++) {
    const hw_prompt_input *input = prompts[i].input;
    asked[i] = (hw_relevance_prompt){.prompt = prompts[i].prompt, .reference = prompts[i].reference, .answer = input->n_answer ? input->answer[0] : -1,
                                     .foil = input->n_foil ? input->foil[0] : -1};
    prompts[i].result->relevance = &asked[i];
  }
  hw_arena work;
  hw_arena_init_inner(&work, &worker->scratch);
  bool ok = hw_relevance_trace(&worker->acts, &worker->relevance, asked, n, &worker->team, &worker->results, &work, err);
  hw_arena_fini_inner(&work, &worker->scratch);
  return ok;
}

bool hw_explain(hw_worker *worker, const hw_explained *prompts, size_t n, hw_error *err) {
  hw_relevance_prompt *asked = hw_arena_new(&worker->results, hw_relevance_prompt, n, err);
  if (!asked) return false;
  for (size_t first = 0, end; first < n; first = end) {
    size_t rows = pass_rows(worker, &prompts[first]);
    for (end = first + 1; end < n; end++)
      if ((rows += pass_rows(worker, &prompts[end])) > worker->batch_rows) break;
    if (!explain_some(worker, prompts + first, asked + first, end - first, err)) return false;
  }
  return true;
}

/* ---- Memory ---- */

size_t hw_explain_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t batch_rows, const hw_batch_shape *shape) {
  if (!settings->answer && !settings->contrast) return 0;
  size_t rows = batch_rows > shape->longest ? batch_rows : shape->longest;
  return hw_relevance_work_bytes(model, settings, rows, shape->longest, shape->n_members ? shape->n_members : 1) + 2 * shape->n_graphs * hw_relevance_bytes(model, settings, shape->longest);
}

/* ---- Records ---- */

static const int64_t *rounded(const double *list, size_t n, hw_arena *arena, hw_error *err) {
  int64_t *out = hw_arena_new(arena, int64_t, n, err);
  for (size_t i = 0; out && i < n; i++) out[i] = hw_relevance_micro(list[i]);
  return out;
}

static const hw_stored_neuron *stored_neurons(const hw_relevance *from, hw_arena *arena, hw_error *err) {
  hw_stored_neuron *out = hw_arena_new(arena, hw_stored_neuron, from->n_neurons, err);
  for (size_t i = 0; out && i < from->n_neurons; i++)
    out[i] = (hw_stored_neuron){.layer = from->neurons[i].layer, .position = from->neurons[i].position, .neuron = from->neurons[i].neuron, .r = hw_relevance_micro(from->neurons[i].r)};
  return out;
}

const hw_relevance_rows *hw_relevance_round(const hw_relevance *from, const hw_relevance_kept *kept, const hw_model_config *config, size_t n_tokens, hw_arena *arena, hw_error *err) {
  size_t n_layers = (size_t)config->n_layers, heads = n_layers * (size_t)config->n_heads;
  hw_relevance_rows *rows = hw_arena_new(arena, hw_relevance_rows, 1, err);
  if (!rows) return NULL;
  *rows = (hw_relevance_rows){.contrast = kept->contrast, .m = from->m, .m_reference = from->m_reference, .threshold = kept->threshold, .floor = kept->floor,
                              .parts = from->parts, .n_parts = from->n_parts, .n_layers = n_layers, .n_heads = (size_t)config->n_heads, .n_tokens = n_tokens,
                              .heads = rounded(from->heads, heads, arena, err), .ffn = rounded(from->ffn, n_layers, arena, err),
                              .tokens = rounded(from->states, n_tokens, arena, err), .biases = hw_relevance_micro(from->biases),
                              .neurons = stored_neurons(from, arena, err), .n_neurons = from->n_neurons};
  if (!rows->heads || !rows->ffn || !rows->tokens || !rows->neurons) return NULL;
  if (!kept->contrast) return rows;
  rows->value = rounded(from->value, heads, arena, err);
  rows->key = rounded(from->key, heads, arena, err);
  rows->query = rounded(from->query, heads, arena, err);
  return rows->value && rows->key && rows->query ? rows : NULL;
}

/* A margin that cannot be stored is none. */
static double plain(double m) { return isfinite(m) ? m : NAN; }

static bool make_record(const hw_job *job, const hw_prompt_input *input, const hw_relevance_prompt *from, bool contrast, const hw_model_config *config, hw_arena *arena,
                        hw_relevance_record *record, hw_error *err) {
  const hw_relevance *r = contrast ? &from->by_contrast : &from->by_answer;
  bool paired = contrast && from->reference != HW_NO_REFERENCE;
  *record = (hw_relevance_record){.contrast = contrast, .m = plain(r->m), .m_reference = paired ? plain(r->m_reference) : NAN, .reason = r->reason};
  if (input->n_foil == 0 && input->foil_loss) record->reason = HW_FOIL_LOST;
  if (contrast && from->reference == HW_NO_REFERENCE && input->no_counterfactual) record->reason = input->no_counterfactual;
  if (record->reason) return true;
  if (isnan(record->m) || (paired && isnan(record->m_reference))) {
    record->reason = "the answer's margin is not a finite number";
    return true;
  }
  const hw_relevance_kept kept = {.contrast = contrast, .threshold = hw_job_relevance_threshold(job), .floor = hw_job_relevance_floor(job)};
  return (record->rows = hw_relevance_round(r, &kept, config, input->n_tokens, arena, err)) != NULL;
}

bool hw_list_relevances(const hw_job *job, const hw_model_config *config, const hw_prompt_input *input, const hw_prompt_result *result, hw_arena *arena,
                        hw_prompt_record *record, hw_error *err) {
  if (!result->relevance) return true;
  hw_relevance_settings settings = hw_job_relevance(job);
  hw_relevance_record *records = hw_arena_new(arena, hw_relevance_record, HW_MOST_RELEVANCES, err);
  if (!records) return false;
  record->relevances = records;
  for (int contrast = 0; contrast < HW_MOST_RELEVANCES; contrast++) {
    if (!(contrast ? settings.contrast : settings.answer)) continue;
    if (!make_record(job, input, result->relevance, contrast, config, arena, &records[record->n_relevances++], err)) return false;
  }
  return true;
}
