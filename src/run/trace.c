/* SPDX-License-Identifier: Apache-2.0
 * One prompt from its text to its graphs. */
#include "headwater/trace.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/trace_team.h"
#include "tensor/team.h"

static int by_place(const void *a, const void *b) {
  const hw_projection *x = a, *y = b;
  if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

/* The neurons of all targets, each once. */
static bool project_neurons(hw_trace *trace, hw_error *err) {
  hw_worker *worker = &trace->worker;
  const hw_target_trace *targets = trace->result.flow.traces;
  size_t n_targets = trace->prompt.n_targets, capacity = 0, n = 0, kept = 0;
  for (size_t t = 0; t < n_targets; t++) capacity += targets[t].n_neurons;
  hw_projection *rows = hw_arena_znew(&worker->results, hw_projection, capacity, err);
  if (!rows) return false;
  for (size_t t = 0; t < n_targets; t++)
    for (size_t i = 0; i < targets[t].n_neurons; i++)
      rows[n++] = (hw_projection){.layer = targets[t].neurons[i].layer, .index = targets[t].neurons[i].neuron};
  qsort(rows, n, sizeof *rows, by_place);
  for (size_t i = 0; i < n; i++)
    if (kept == 0 || by_place(&rows[kept - 1], &rows[i]) != 0) rows[kept++] = rows[i];
  trace->neurons = rows;
  trace->n_neurons = kept;
  return hw_project_neurons(worker->model, rows, kept, worker->flow.top_tokens, &worker->team, &worker->results, err);
}

void hw_trace_gather(hw_trace *trace) {
  hw_team *team = &trace->worker.team;
  hw_error none;
  if (trace->n_threads < 2 || !(team->helpers = hw_helpers_new((size_t)trace->n_threads, &none))) return;
  hw_helpers_start(team->helpers, (size_t)trace->n_threads - 1);
}

void hw_trace_part(hw_trace *trace) {
  hw_helpers_free(trace->worker.team.helpers);
  trace->worker.team.helpers = NULL;
}

static bool begin(const hw_model *model, const hw_analysis *analysis, hw_trace *trace, hw_error *err) {
  hw_flow_settings flow;
  *trace = (hw_trace){.n_threads = analysis->threads ? (int)analysis->threads : omp_get_num_procs()};
  return hw_analysis_flow(analysis, &flow, err) && hw_worker_init(&trace->worker, model, &flow, HW_BATCH_ROWS, err);
}

/* A trace that is too large keeps states only. */
static bool check_memory(hw_trace *trace, const hw_analysis *analysis, hw_error *err) {
  hw_batch_shape shape = hw_prompt_shape(trace->worker.model, trace->worker.shares_prefixes, &trace->prompt);
  shape.n_members = (size_t)trace->n_threads;
  size_t helpers = ((size_t)trace->n_threads - 1) * HW_PANEL_FLOATS * sizeof(float);
  size_t bytes = hw_worker_bytes(trace->worker.model, &trace->worker.flow, &shape) + helpers, most = (size_t)analysis->memory << 20;
  if (bytes > (most ? most : hw_memory_available()) && hw_model_holds_layers(trace->worker.model)) {
    trace->worker.flow.states_only = true;
    bytes = hw_worker_bytes(trace->worker.model, &trace->worker.flow, &shape) + helpers;
  }
  return !most || bytes <= most ||
         hw_fail(err, HW_ERROR_PROMPT, "the prompt has %zu tokens: its trace takes %zu MiB, at most %zu MiB are allowed", trace->prompt.n_tokens,
                 (bytes + (1u << 20) - 1) >> 20, most >> 20);
}

static bool compute(hw_trace *trace, const hw_analysis *analysis, hw_error *err) {
  if (!check_memory(trace, analysis, err)) return false;
  hw_trace_gather(trace);
  bool ok = hw_compute(&trace->worker, &trace->prompt, 1, &trace->result, err);
  if (ok && trace->result.failure) ok = hw_fail(err, HW_ERROR_PROMPT, "%s", trace->result.failure);
  ok = ok && (trace->worker.flow.project == HW_PROJECT_NONE || project_neurons(trace, err));
  hw_trace_part(trace);
  return ok;
}

bool hw_trace_text(const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *text, hw_trace *trace,
                   hw_error *err) {
  hw_analysis usual;
  hw_analysis_defaults(&usual);
  if (!analysis) analysis = &usual;
  return begin(model, analysis, trace, err) &&
         hw_prompt_prepare(model, tokenizer, analysis, text, strlen(text), NULL, 0, NULL, 0, &trace->worker.results, &trace->prompt, err) &&
         compute(trace, analysis, err);
}

bool hw_trace_ids(const hw_model *model, const hw_analysis *analysis, const int32_t *ids, size_t n, hw_trace *trace, hw_error *err) {
  hw_analysis usual;
  hw_analysis_defaults(&usual);
  if (!analysis) analysis = &usual;
  return begin(model, analysis, trace, err) &&
         hw_prompt_from_ids(model, analysis, ids, n, &trace->worker.results, &trace->prompt, err) && compute(trace, analysis, err);
}

void hw_trace_fini(hw_trace *trace) { hw_worker_fini(&trace->worker); }
