/* SPDX-License-Identifier: Apache-2.0
 * Workers over chunks. Each takes the next chunk's rows from the one reader, computes and encodes them by itself, and stores them
 * through the one connection: reader and connection are each behind a lock, so a slow disk slows the workers and nothing queues
 * up in memory. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/progress.h"
#include "base/text.h"
#include "run/profile.h"
#include "run/relevance.h"
#include "run/running.h"
#include "run/ticker.h"
#include "store/wide.h"
#include "tensor/kernels.h"

static bool stops(const hw_running *s) { return hw_asked_to_stop(s->hooks); }

/* After a stage: a stop that came when all of it was stored is none. */
static void note_stop(hw_running *s) { s->unfinished = stops(s) && s->progress.done < s->progress.total; }

static void note_failure(hw_running *s, const hw_error *problem) {
  omp_set_lock(&s->store_lock);
  if (!s->failed) *s->err = *problem; /* only the first error is reported: the others follow from it */
  s->failed = true;
  omp_unset_lock(&s->store_lock);
}

static bool has_failed(hw_running *s) {
  omp_set_lock(&s->store_lock);
  bool failed = s->failed;
  omp_unset_lock(&s->store_lock);
  return failed;
}

static void report(hw_running *s) {
  s->progress.seconds = hw_clock_seconds() - s->started;
  if (s->hooks->progress) s->hooks->progress(s->hooks->context, &s->progress);
}

/* The plan may come from a file. */
static bool check_inputs(const hw_running *s, const hw_plan_chunk *chunk, const hw_prompt_input *inputs, hw_error *err) {
  uint64_t n_tokens = 0;
  bool known = true;
  for (uint32_t i = 0; i < chunk->n_prompts; i++) {
    if (!inputs[i].failure) n_tokens += inputs[i].n_tokens;
    known = known && hw_roles_know(&s->plan->roles, inputs[i].spans, inputs[i].n_spans);
  }
  if (n_tokens == chunk->n_tokens && known) return true;
  return hw_fail(err, HW_ERROR_INPUT, "%s: prompts %" PRId64 " to %" PRId64 " have %" PRIu64 " tokens, the plan has %u%s", s->plan->path, chunk->first_prompt,
                 chunk->first_prompt + chunk->n_prompts - 1, n_tokens, chunk->n_tokens, known ? "" : ", and not all of their roles");
}

/* The rows of a chunk as inputs, in the arena. only_run: as counterfactuals that other prompts need. */
static hw_prompt_input *make_inputs(const hw_running *s, const hw_plan_chunk *chunk, const hw_row_copy *rows, bool only_run, hw_arena *arena, hw_error *err) {
  hw_prompt_input *inputs = hw_arena_znew(arena, hw_prompt_input, chunk->n_prompts, err);
  for (uint32_t i = 0; inputs && i < chunk->n_prompts; i++) {
    const hw_row *row = &rows[i].row;
    if (!hw_prompt_from_row(s->model, s->tokenizer, s->job, row, chunk->counterfactual, arena, &inputs[i], err)) return NULL;
    if (chunk->counterfactual && !only_run && !hw_prompt_find_clean(s->model, s->tokenizer, s->job, row, arena, &inputs[i], err)) return NULL;
    if (only_run) inputs[i].n_answer = inputs[i].n_foil = 0;
    inputs[i].only_run = only_run;
    inputs[i].explained = !chunk->counterfactual;
  }
  return inputs && check_inputs(s, chunk, inputs, err) ? inputs : NULL;
}

static const hw_plan_chunk *counterfactuals_of(const hw_running *s, const hw_plan_chunk *chunk) {
  return s->plan->paired && !chunk->counterfactual ? chunk + s->plan->n_chunks / 2 : NULL;
}

bool hw_running_stores(const hw_running *s, const hw_plan_chunk *chunk) { return !s->done[chunk - s->plan->chunks]; }

/* Each prompt with its counterfactual behind it. */
static bool compute_pairs(hw_worker *worker, hw_prompt_input *const inputs[2], size_t n, hw_prompt_result *const results[2], hw_error *err) {
  hw_prompt_input *pairs = hw_arena_new(&worker->results, hw_prompt_input, 2 * n, err);
  hw_prompt_result *found = hw_arena_new(&worker->results, hw_prompt_result, 2 * n, err);
  if (!pairs || !found) return false;
  for (size_t i = 0; i < n; i++) {
    hw_prompt_input *own = &pairs[2 * i];
    own[0] = inputs[0][i];
    own[1] = inputs[1][i];
    own->paired = true;
    if (own[1].failure && !hw_counterfactual_failure(own[1].failure, &worker->results, &own->no_counterfactual, err)) return false;
  }
  if (!hw_compute(worker, pairs, 2 * n, found, err)) return false;
  for (size_t i = 0; i < n; i++) {
    inputs[0][i] = pairs[2 * i];
    results[0][i] = found[2 * i];
    results[1][i] = found[2 * i + 1];
  }
  return true;
}

static bool encode_chunk(const hw_running *s, hw_worker *worker, const hw_plan_chunk *chunk, const hw_row_copy *rows, const hw_prompt_input *inputs,
                         const hw_prompt_result *results, hw_encoded_chunk **encoded, int64_t *n_failed, hw_error *err) {
  hw_prompt_record *records = hw_arena_new(&worker->results, hw_prompt_record, chunk->n_prompts, err);
  if (!records) return false;
  *n_failed = 0;
  for (uint32_t i = 0; i < chunk->n_prompts; i++) {
    *n_failed += results[i].failure != NULL;
    uint32_t group = chunk->counterfactual ? rows[i].counterfactual_group : rows[i].group;
    if (!hw_make_prompt_record(s->plan, &rows[i].row, group, chunk->counterfactual, &inputs[i], &results[i], &worker->results, &records[i], err) ||
        !hw_list_relevances(s->job, &s->model->config, &inputs[i], &results[i], &worker->results, &records[i], err))
      return false;
  }
  hw_chunk_record record = {.chunk_index = (int64_t)(chunk - s->plan->chunks), .first_prompt = chunk->first_prompt, .counterfactual = chunk->counterfactual,
                            .n_prompts = chunk->n_prompts, .n_tokens = chunk->n_tokens, .prompts = records};
  hw_profile_lap(worker->profile, HW_RUN_PROMPTS);
  bool ok = hw_encode_chunk(&record, &s->plan->info, encoded, err);
  hw_profile_lap(worker->profile, HW_RUN_ENCODING);
  return ok;
}

bool hw_running_compute(const hw_running *s, hw_worker *worker, const hw_plan_chunk *chunk, const hw_row_copy *rows, hw_computed_chunk computed[2],
                        hw_error *err) {
  const hw_plan_chunk *const chunks[2] = {chunk, counterfactuals_of(s, chunk)};
  hw_prompt_input *inputs[2];
  hw_prompt_result *results[2];
  for (int i = 0; i < 2 && chunks[i]; i++) {
    inputs[i] = make_inputs(s, chunks[i], rows, !hw_running_stores(s, chunks[i]), &worker->results, err);
    results[i] = hw_arena_new(&worker->results, hw_prompt_result, chunk->n_prompts, err);
    if (!inputs[i] || !results[i]) return false;
  }
  if (!(chunks[1] ? compute_pairs(worker, inputs, chunk->n_prompts, results, err) : hw_compute(worker, inputs[0], chunk->n_prompts, results[0], err))) return false;
  for (int i = 0; i < 2 && chunks[i]; i++) {
    if (!hw_running_stores(s, chunks[i])) continue;
    computed[i].chunk = chunks[i];
    if (!encode_chunk(s, worker, chunks[i], rows, inputs[i], results[i], &computed[i].encoded, &computed[i].n_failed, err)) return false;
  }
  return true;
}

void hw_computed_free(hw_computed_chunk computed[2]) {
  for (int i = 0; i < 2; i++) hw_encoded_chunk_free(computed[i].encoded);
}

static bool store_chunk(hw_running *s, hw_profile *profile, const hw_computed_chunk *computed, hw_error *err) {
  if (!computed->chunk) return true;
  omp_set_lock(&s->store_lock);
  hw_profile_lap(profile, HW_RUN_WAITING);
  bool ok = !s->failed && hw_store_put_chunk(s->store, computed->encoded, err);
  if (ok) {
    s->progress.done += computed->chunk->n_prompts;
    s->progress.tokens_done += computed->chunk->n_tokens;
    s->progress.failed += computed->n_failed;
    report(s);
  } else if (s->failed) { /* another worker's failure ends this one too, with the same message */
    *err = *s->err;
  }
  omp_unset_lock(&s->store_lock);
  hw_profile_lap(profile, HW_RUN_STORE);
  return ok;
}

static bool work_on_chunks(hw_running *s, hw_worker *worker, hw_error *err) {
  while (!stops(s) && !has_failed(s)) {
    const hw_plan_chunk *chunk;
    hw_row_copy *rows;
    hw_arena_reset(&worker->results);
    omp_set_lock(&s->reader_lock);
    hw_profile_lap(worker->profile, HW_RUN_WAITING);
    bool ok = hw_chunk_reader_next(&s->reader, s->done, &worker->results, &chunk, &rows, err);
    omp_unset_lock(&s->reader_lock);
    hw_profile_lap(worker->profile, HW_RUN_ROWS);
    if (!ok) return false;
    if (!chunk) return true;
    hw_computed_chunk computed[2] = {{0}};
    ok = hw_running_compute(s, worker, chunk, rows, computed, err) && store_chunk(s, worker->profile, &computed[0], err) && store_chunk(s, worker->profile, &computed[1], err);
    hw_computed_free(computed);
    if (!ok) return false;
  }
  return true;
}

/* ---- The stage of the neurons ---- */

enum { NEURONS_A_BLOCK = HW_REQUESTS_TOGETHER };

typedef struct neuron_list {
  size_t n, next;
  uint16_t *layers;
  uint32_t *neurons;
} neuron_list;

static bool list_neurons(hw_running *s, hw_arena *arena, neuron_list *list, hw_error *err) {
  size_t all = (size_t)(s->model->config.n_layers * s->model->config.d_ffn);
  *list = (neuron_list){.layers = hw_arena_new(arena, uint16_t, all, err), .neurons = hw_arena_new(arena, uint32_t, all, err)};
  if (!list->layers || !list->neurons) return false;
  if (s->job->neuron_projections == HW_NEURONS_USED) return hw_store_pending_neurons(s->store, all, list->layers, list->neurons, &list->n, err);
  for (size_t i = 0; i < all; i++) {
    list->layers[i] = (uint16_t)(i / (size_t)s->model->config.d_ffn);
    list->neurons[i] = (uint32_t)(i % (size_t)s->model->config.d_ffn);
  }
  list->n = all;
  return true;
}

static bool work_on_neurons(hw_running *s, hw_worker *worker, neuron_list *list, hw_error *err) {
  while (!stops(s) && !has_failed(s)) {
    omp_set_lock(&s->reader_lock);
    size_t first = list->next, n = list->n - first < NEURONS_A_BLOCK ? list->n - first : NEURONS_A_BLOCK;
    list->next += n;
    omp_unset_lock(&s->reader_lock);
    if (n == 0) return true;
    hw_arena_reset(&worker->results);
    hw_projection *rows = hw_arena_znew(&worker->results, hw_projection, n, err);
    if (!rows) return false;
    for (size_t i = 0; i < n; i++) rows[i] = (hw_projection){.layer = list->layers[first + i], .index = list->neurons[first + i]};
    if (!hw_project_neurons(s->model, rows, n, worker->flow.top_tokens, &worker->team, &worker->results, err)) return false;
    hw_profile_lap(worker->profile, HW_RUN_NEURON_PROJECTIONS);
    omp_set_lock(&s->store_lock);
    hw_profile_lap(worker->profile, HW_RUN_WAITING);
    bool ok = !s->failed && hw_store_put_neuron_projections(s->store, rows, n, err);
    if (!ok && s->failed) *err = *s->err;
    if (ok) {
      s->progress.done += (int64_t)n;
      report(s);
    }
    omp_unset_lock(&s->store_lock);
    hw_profile_lap(worker->profile, HW_RUN_STORE);
    if (!ok) return false;
  }
  return true;
}

/* ---- Putting it together ---- */

/* Stores the finished chunks that wait for their commit, also while all workers are busy with long ones. */
static void commit_waiting(void *context) {
  hw_running *s = context;
  hw_error problem = {0};
  omp_set_lock(&s->store_lock);
  double begun = hw_clock_seconds();
  bool ok = s->failed || hw_store_tick(s->store, &problem);
  s->seconds[HW_RUN_STORE] += hw_clock_seconds() - begun;
  omp_unset_lock(&s->store_lock);
  if (!ok) note_failure(s, &problem);
}

bool hw_running_worker(const hw_running *s, hw_worker *worker, hw_error *err) {
  if (!hw_worker_init(worker, s->model, s->flow, s->batch_rows, err)) return false;
  worker->shares_prefixes = hw_job_shares_prefixes(s->job);
  worker->relevance = hw_job_relevance(s->job);
  worker->team.helpers = s->helpers;
  if (hw_worker_keep_prefixes(worker, s->kept_rows, err)) return true;
  hw_worker_fini(worker);
  return false;
}

static void worker_fini(hw_running *s, hw_worker *worker) {
  omp_set_lock(&s->store_lock);
  if (worker->profile) hw_profile_add(s->seconds, worker->profile);
  s->n_tokens += worker->n_tokens;
  s->n_rows += worker->n_rows;
  omp_unset_lock(&s->store_lock);
  hw_worker_fini(worker);
}

/* A worker that finds no chunk left shares the work of the others until all are done. panel: its own, or NULL. */
static void help_others(hw_running *s, float *panel, bool worked) {
  omp_set_lock(&s->store_lock);
  s->n_working -= worked;
  bool all_done = s->n_working == 0;
  omp_unset_lock(&s->store_lock);
  if (!s->helpers) return;
  if (all_done) hw_helpers_dismiss(s->helpers);
  else if (panel) hw_help(s->helpers, panel);
}

static void work(hw_running *s, neuron_list *neurons) {
  hw_worker worker;
  hw_profile profile = {0};
  hw_error problem = {0};
  hw_profile_begin(&profile);
  bool ok = hw_running_worker(s, &worker, &problem);
  if (s->job->profile) worker.profile = &profile;
  if (ok) ok = neurons ? work_on_neurons(s, &worker, neurons, &problem) : work_on_chunks(s, &worker, &problem);
  if (!ok) note_failure(s, &problem);
  help_others(s, worker.team.panel, true);
  hw_profile_lap(worker.profile, HW_RUN_WAITING);
  worker_fini(s, &worker);
}

static bool with_workers(hw_running *s, const hw_plan_summary *summary, neuron_list *neurons) {
  hw_ticker ticker;
  hw_error none;
  s->failed = false;
  if (!hw_ticker_start(&ticker, commit_waiting, s, s->err)) return false;
  s->helpers = summary->threads > 1 ? hw_helpers_new((size_t)summary->threads, &none) : NULL;
#pragma omp parallel num_threads(summary->threads)
  {
#pragma omp single
    s->n_working = summary->workers < omp_get_num_threads() ? summary->workers : omp_get_num_threads();
    float *panel = omp_get_thread_num() < summary->workers ? NULL : hw_memory_large(HW_PANEL_FLOATS * sizeof *panel);
    if (omp_get_thread_num() < summary->workers) work(s, neurons);
    else help_others(s, panel, false);
    free(panel);
  }
  hw_helpers_free(s->helpers);
  s->helpers = NULL;
  hw_ticker_stop(&ticker);
  return !s->failed;
}

static void tell_columns(const hw_running *s) {
  const char *const *names;
  size_t n = hw_dataset_columns(s->plan->dataset, &names) - 1; /* without the prompt's */
  if (n <= HW_WIDE_MOST_COLUMNS) return;
  char line[1024];
  (void)snprintf(line, sizeof line, "%s: %zu columns beside the prompt: the view prompt_wide, which conditions read, has %d of them, the table prompt_value has all", s->plan->path, n,
                 HW_WIDE_MOST_COLUMNS);
  s->hooks->notice(s->hooks->context, line);
}

void hw_running_tell_inputs(const hw_running *s) {
  const char *const *lines;
  size_t n = hw_dataset_notices(s->plan->dataset, &lines);
  if (!s->hooks->notice || s->job->quiet) return;
  tell_columns(s);
  char line[1024];
  (void)snprintf(line, sizeof line, "%s: %s", s->model->name, s->model->notice ? s->model->notice : "");
  if (s->model->notice) s->hooks->notice(s->hooks->context, line);
  for (size_t i = 0; i < n; i++) s->hooks->notice(s->hooks->context, lines[i]);
  const hw_cases *spaced = &s->plan->spaced, *odd = &s->plan->odd_spaced;
  if (!spaced->n) return;
  int length = snprintf(line, sizeof line, "a space is put before %" PRId64 " of %" PRId64 " answers and foils (--answer-joint auto)", spaced->n, s->plan->n_answers);
  if (odd->n && length > 0)
    (void)snprintf(line + length, sizeof line - (size_t)length, ", for %" PRId64 " of them between two digits or before punctuation, the first of prompt %" PRId64, odd->n, odd->first);
  s->hooks->notice(s->hooks->context, line);
}

bool hw_running_stages(hw_running *s, const hw_plan_summary *summary, hw_error *err) {
  hw_running_tell_inputs(s);
  report(s);
  bool ok = hw_chunk_reader_open(&s->reader, s->plan, err) && with_workers(s, summary, NULL);
  note_stop(s);
  if (!ok || s->unfinished || s->job->neuron_projections == HW_NEURONS_NONE) return ok;
  hw_arena arena;
  hw_arena_init(&arena);
  neuron_list list;
  hw_progress prompts = s->progress;
  if ((ok = list_neurons(s, &arena, &list, err))) {
    s->progress = (hw_progress){.stage = "neurons", .total = (int64_t)list.n};
    report(s);
    ok = with_workers(s, summary, &list);
    note_stop(s);
  }
  s->progress = prompts;
  hw_arena_fini(&arena);
  return ok;
}
