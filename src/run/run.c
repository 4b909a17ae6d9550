/* SPDX-License-Identifier: Apache-2.0
 * Workers over chunks. Each takes the next chunk's rows from the one reader, computes and encodes them by itself, and stores them
 * through the one connection: reader and connection are each behind a lock, so a slow disk slows the workers and nothing queues
 * up in memory. */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "headwater/store.h"
#include "run/chunk_reader.h"
#include "run/estimate.h"
#include "run/profile.h"
#include "run/ticker.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

typedef struct shared {
  const hw_job *job;
  const hw_hooks *hooks;
  const hw_model *model;
  const hw_tokenizer *tokenizer;
  const hw_flow_settings *flow;
  const hw_plan *plan;
  size_t batch_rows, kept_rows, results_bytes; /* results_bytes: part of the summary's worker_bytes */
  hw_chunk_reader reader; /* behind reader_lock */
  bool *done; /* [n_chunks] stored before this process began */
  hw_store *store; /* behind store_lock, as are progress, counts and failure */
  hw_progress progress;
  int64_t n_tokens, n_rows; /* of the workers that are done */
  int n_working;            /* workers that may still take chunks */
  struct hw_helpers *helpers; /* threads without chunks; NULL: there is one thread */
  double started;
  double seconds[HW_RUN_STAGES];
  bool failed;
  hw_error *err;
  omp_lock_t reader_lock, store_lock;
} shared;

static bool stopping(const shared *s) { return s->hooks->stop && *s->hooks->stop; }

static void note_failure(shared *s, const hw_error *problem) {
  omp_set_lock(&s->store_lock);
  if (!s->failed) *s->err = *problem; /* only the first error is reported: the others follow from it */
  s->failed = true;
  omp_unset_lock(&s->store_lock);
}

static bool has_failed(shared *s) {
  omp_set_lock(&s->store_lock);
  bool failed = s->failed;
  omp_unset_lock(&s->store_lock);
  return failed;
}

static void report(shared *s) {
  s->progress.seconds = hw_clock_seconds() - s->started;
  if (s->hooks->progress) s->hooks->progress(s->hooks->context, &s->progress);
}

/* Prompts of a chunk to an encoded chunk: no lock is held. */
static bool compute_chunk(const shared *s, hw_worker *worker, const hw_plan_chunk *chunk, const hw_row_copy *rows,
                          hw_encoded_chunk **encoded, int64_t *n_failed, hw_error *err) {
  hw_prompt_input *inputs = hw_arena_znew(&worker->results, hw_prompt_input, chunk->n_prompts, err);
  hw_prompt_result *results = hw_arena_new(&worker->results, hw_prompt_result, chunk->n_prompts, err);
  hw_prompt_record *records = hw_arena_new(&worker->results, hw_prompt_record, chunk->n_prompts, err);
  if (!inputs || !results || !records) return false;
  for (uint32_t i = 0; i < chunk->n_prompts; i++) {
    const hw_row *row = &rows[i].row;
    if (!hw_prompt_from_row(s->model, s->tokenizer, s->job, row, chunk->counterfactual, &worker->results, &inputs[i], err)) return false;
    if (chunk->counterfactual && !hw_prompt_find_clean(s->model, s->tokenizer, s->job, row, &worker->results, &inputs[i], err)) return false;
  }
  if (!hw_compute(worker, inputs, chunk->n_prompts, results, err)) return false;
  *n_failed = 0;
  for (uint32_t i = 0; i < chunk->n_prompts; i++) {
    *n_failed += results[i].failure != NULL;
    if (!hw_make_prompt_record(s->plan, &rows[i].row, rows[i].group, chunk->counterfactual, &inputs[i], &results[i], &worker->results, &records[i], err)) return false;
  }
  hw_chunk_record record = {.chunk_index = (int64_t)(chunk - s->plan->chunks), .first_prompt = chunk->first_prompt, .counterfactual = chunk->counterfactual,
                            .n_prompts = chunk->n_prompts, .n_tokens = chunk->n_tokens, .prompts = records};
  hw_profile_lap(worker->profile, HW_RUN_PROMPTS);
  bool ok = hw_encode_chunk(&record, &s->plan->info, encoded, err);
  hw_profile_lap(worker->profile, HW_RUN_ENCODING);
  return ok;
}

static bool store_chunk(shared *s, hw_profile *profile, const hw_plan_chunk *chunk, const hw_encoded_chunk *encoded, int64_t n_failed, hw_error *err) {
  omp_set_lock(&s->store_lock);
  hw_profile_lap(profile, HW_RUN_WAITING);
  bool ok = !s->failed && hw_store_put_chunk(s->store, encoded, err);
  if (ok) {
    s->progress.done += chunk->n_prompts;
    s->progress.tokens_done += chunk->n_tokens;
    s->progress.failed += n_failed;
    report(s);
  } else if (s->failed) { /* another worker's failure ends this one too, with the same message */
    *err = *s->err;
  }
  omp_unset_lock(&s->store_lock);
  hw_profile_lap(profile, HW_RUN_STORE);
  return ok;
}

static bool work_on_chunks(shared *s, hw_worker *worker, hw_error *err) {
  while (!stopping(s) && !has_failed(s)) {
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
    hw_encoded_chunk *encoded = NULL;
    int64_t n_failed;
    ok = compute_chunk(s, worker, chunk, rows, &encoded, &n_failed, err) && store_chunk(s, worker->profile, chunk, encoded, n_failed, err);
    hw_encoded_chunk_free(encoded);
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

static bool list_neurons(shared *s, hw_arena *arena, neuron_list *list, hw_error *err) {
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

static bool work_on_neurons(shared *s, hw_worker *worker, neuron_list *list, hw_error *err) {
  while (!stopping(s) && !has_failed(s)) {
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
  shared *s = context;
  hw_error problem = {0};
  omp_set_lock(&s->store_lock);
  double begun = hw_clock_seconds();
  bool ok = s->failed || hw_store_tick(s->store, &problem);
  s->seconds[HW_RUN_STORE] += hw_clock_seconds() - begun;
  omp_unset_lock(&s->store_lock);
  if (!ok) note_failure(s, &problem);
}

static bool worker_init(const shared *s, hw_worker *worker, hw_error *err) {
  if (!hw_worker_init(worker, s->model, s->flow, s->batch_rows, err)) return false;
  worker->shares_prefixes = hw_job_shares_prefixes(s->job);
  worker->team.helpers = s->helpers;
  if (hw_worker_keep_prefixes(worker, s->kept_rows, err)) return true;
  hw_worker_fini(worker);
  return false;
}

static void worker_fini(shared *s, hw_worker *worker) {
  omp_set_lock(&s->store_lock);
  if (worker->profile) hw_profile_add(s->seconds, worker->profile);
  s->n_tokens += worker->n_tokens;
  s->n_rows += worker->n_rows;
  omp_unset_lock(&s->store_lock);
  hw_worker_fini(worker);
}

/* A worker that finds no chunk left shares the work of the others until all are done. panel: its own, or NULL. */
static void help_others(shared *s, float *panel, bool worked) {
  omp_set_lock(&s->store_lock);
  s->n_working -= worked;
  bool all_done = s->n_working == 0;
  omp_unset_lock(&s->store_lock);
  if (!s->helpers) return;
  if (all_done) hw_helpers_dismiss(s->helpers);
  else if (panel) hw_help(s->helpers, panel);
}

static void work(shared *s, neuron_list *neurons) {
  hw_worker worker;
  hw_profile profile = {0};
  hw_error problem = {0};
  hw_profile_begin(&profile);
  bool ok = worker_init(s, &worker, &problem);
  if (s->job->profile) worker.profile = &profile;
  if (ok) ok = neurons ? work_on_neurons(s, &worker, neurons, &problem) : work_on_chunks(s, &worker, &problem);
  if (!ok) note_failure(s, &problem);
  help_others(s, worker.team.panel, true);
  hw_profile_lap(worker.profile, HW_RUN_WAITING);
  worker_fini(s, &worker);
}

static bool with_workers(shared *s, const hw_plan_summary *summary, neuron_list *neurons) {
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

/* Reports what was found in the model's weights and in the data set, before the first chunk. */
static void tell_inputs(const shared *s) {
  const char *const *lines;
  size_t n = hw_dataset_notices(s->plan->dataset, &lines);
  if (!s->hooks->notice || s->job->quiet) return;
  char line[1024];
  (void)snprintf(line, sizeof line, "%s: %s", s->model->name, s->model->notice ? s->model->notice : "");
  if (s->model->notice) s->hooks->notice(s->hooks->context, line);
  for (size_t i = 0; i < n; i++) s->hooks->notice(s->hooks->context, lines[i]);
}

static bool run_stages(shared *s, const hw_plan_summary *summary, hw_error *err) {
  tell_inputs(s);
  report(s);
  bool ok = hw_chunk_reader_open(&s->reader, s->plan, err) && with_workers(s, summary, NULL);
  if (!ok || stopping(s) || s->job->neuron_projections == HW_NEURONS_NONE) return ok;
  hw_arena arena;
  hw_arena_init(&arena);
  neuron_list list;
  hw_progress prompts = s->progress;
  if ((ok = list_neurons(s, &arena, &list, err))) {
    s->progress = (hw_progress){.stage = "neurons", .total = (int64_t)list.n};
    report(s);
    ok = with_workers(s, summary, &list);
  }
  s->progress = prompts;
  hw_arena_fini(&arena);
  return ok;
}

static bool put_vocabulary(hw_store *store, const hw_model *model, const hw_tokenizer *tokenizer, hw_error *err) {
  int64_t n = hw_tokenizer_size(tokenizer);
  if (n > model->config.vocab_size) n = model->config.vocab_size;
  hw_arena arena;
  hw_arena_init(&arena);
  const char **pieces = hw_arena_znew(&arena, const char *, (size_t)n, err);
  size_t *lengths = hw_arena_znew(&arena, size_t, (size_t)n, err);
  bool ok = pieces && lengths;
  for (int64_t id = 0; ok && id < n; id++)
    if (!hw_tokenizer_piece(tokenizer, (int32_t)id, &pieces[id], &lengths[id])) pieces[id] = NULL;
  ok = ok && hw_store_put_vocabulary(store, (size_t)n, pieces, lengths, err);
  hw_arena_fini(&arena);
  return ok;
}

static hw_process_info process_info(const shared *s, const hw_plan_summary *summary) {
  const hw_job *job = s->job;
  return (hw_process_info){.model_path = job->model, .dataset_path = job->data, .program_version = HW_VERSION, .threads = summary->threads, .hooks = s->hooks,
                           .blas_kernel = summary->gemm, .batch_invariant = summary->batch_invariant, .kernel_matters = job->gemm == HW_GEMM_OPENBLAS && !job->allow_mixed_kernels};
}

static bool put_profile(shared *s, hw_error *err) {
  const char *names[HW_RUN_STAGES];
  for (int stage = 0; stage < HW_RUN_STAGES; stage++) names[stage] = hw_run_stage_name((hw_run_stage)stage);
  double begun = hw_clock_seconds();
  if (!hw_store_flush(s->store, err)) return false;
  s->seconds[HW_RUN_STORE] += hw_clock_seconds() - begun;
  return hw_store_put_stages(s->store, HW_RUN_STAGES, names, s->seconds, err);
}

/* Weights are read from their files while the run lasts. */
static bool check_weights(const shared *s, hw_error *err) {
  hw_error why = {0};
  if (hw_model_check_files(s->model, &why)) return true;
  return hw_fail(err, why.kind, "%s, so what this process stored in %s may be of either content: delete the database and run again", why.message, s->job->db);
}

static bool run_into_store(shared *s, const hw_plan_summary *summary, hw_run_result *result, hw_error *err) {
  hw_process_info process = process_info(s, summary);
  if (!hw_store_open_run(s->job->db, &s->plan->info, &process, s->job->durable, &s->store, err)) return false;
  hw_store_commit_every(s->store, (double)s->job->commit_seconds);
  hw_arena arena;
  hw_arena_init(&arena);
  s->done = hw_arena_znew(&arena, bool, s->plan->n_chunks, err);
  s->progress = (hw_progress){.total = s->plan->n_prompts, .tokens_total = s->plan->n_tokens, .stage = "prompts"};
  s->started = hw_clock_seconds();
  bool ok = s->done && put_vocabulary(s->store, s->model, s->tokenizer, err) &&
            hw_store_chunks_done(s->store, s->plan->n_chunks, s->done, &s->progress.resumed, &s->progress.failed, err);
  for (size_t i = 0; ok && i < s->plan->n_chunks; i++)
    if (s->done[i]) s->progress.tokens_total -= s->plan->chunks[i].n_tokens; /* of this process */
  s->progress.done = s->progress.resumed;
  if (ok) ok = run_stages(s, summary, err) && check_weights(s, err);
  if (ok && s->job->profile) ok = put_profile(s, err);
  hw_error closing = {0};
  bool closed = hw_store_close(s->store, ok, &closing);
  if (ok && !closed) *err = closing;
  s->progress.seconds = hw_clock_seconds() - s->started;
  result->progress = s->progress;
  result->n_tokens = s->n_tokens;
  result->n_tokens_shared = s->n_tokens - s->n_rows;
  result->interrupted = stopping(s);
  memcpy(result->seconds, s->seconds, sizeof result->seconds);
  result->screened = hw_model_screen_counts(s->model);
  memcpy(result->fingerprint, s->plan->info.fingerprint, sizeof result->fingerprint);
  hw_arena_fini(&arena);
  return ok && closed;
}

/* Bytes of a database without a chunk, and with one. It is in memory and thrown away. */
static bool measure_database(shared *s, const hw_plan_summary *summary, const hw_encoded_chunk *encoded, int64_t *empty, int64_t *filled,
                             hw_error *err) {
  hw_process_info process = process_info(s, summary);
  hw_store *store;
  if (!hw_store_open_run(NULL, &s->plan->info, &process, false, &store, err)) return false;
  bool ok = put_vocabulary(store, s->model, s->tokenizer, err) && hw_store_bytes(store, empty, err) &&
            hw_store_put_chunk(store, encoded, err) && hw_store_bytes(store, filled, err);
  (void)hw_store_close(store, false, NULL);
  return ok;
}

/* Where graphs have more rows than hw_worker_bytes counts for them, the results of a chunk say so; rows and sums that are encoded take
 * about 0.8 of the results beside them, token flows aside. */
static void measure_results(const shared *s, const hw_plan_chunk *chunk, size_t bytes, hw_plan_summary *summary) {
  size_t flows = chunk->n_graphs * (chunk->n_tokens / chunk->n_prompts) * sizeof(double), without = summary->worker_bytes - s->results_bytes;
  if (!chunk->n_graphs || bytes < flows) return;
  double graph = ((double)flows + 1.8 * (double)(bytes - flows)) / (double)chunk->n_graphs;
  size_t measured = (size_t)(graph * (double)s->plan->largest.n_graphs);
  if (measured > s->results_bytes) summary->worker_bytes = without + measured;
}

/* One chunk computed by one worker, and stored in a database that is thrown away, tells what the rest will take. */
static bool measure_sample(shared *s, hw_plan_summary *summary, hw_error *err) {
  hw_worker worker;
  if (!hw_chunk_reader_open(&s->reader, s->plan, err)) return false;
  tell_inputs(s);
  s->done = calloc(s->plan->n_chunks + 1, sizeof *s->done);
  const hw_plan_chunk *chunk = NULL;
  hw_row_copy *rows;
  hw_encoded_chunk *encoded = NULL;
  int64_t n_failed;
  int64_t empty = 0, filled = 0;
  double begun = 0, seconds = 0;
  bool ok = s->done ? worker_init(s, &worker, err) : hw_fail_memory(err, "the plan");
  if (ok) {
    ok = hw_chunk_reader_next(&s->reader, s->done, &worker.results, &chunk, &rows, err);
    begun = hw_clock_seconds();
    ok = ok && chunk && compute_chunk(s, &worker, chunk, rows, &encoded, &n_failed, err);
    seconds = hw_clock_seconds() - begun;
    if (ok) measure_results(s, chunk, worker.results.peak, summary);
    ok = ok && measure_database(s, summary, encoded, &empty, &filled, err);
    hw_worker_fini(&worker);
  }
  if (ok) {
    double chunks = chunk->n_tokens ? (double)(s->plan->n_tokens - summary->n_tokens_stored) / chunk->n_tokens : 1;
    summary->seconds_expected = seconds * chunks / summary->threads;
    summary->disk_bytes_expected = (double)empty + (double)(filled - empty) * (double)s->plan->n_prompts / chunk->n_prompts;
  }
  hw_encoded_chunk_free(encoded);
  free(s->done);
  return ok;
}

static void notice(const hw_hooks *hooks, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void notice(const hw_hooks *hooks, const char *format, ...) {
  char line[512];
  va_list values;
  va_start(values, format);
  (void)hw_vsnprintf(line, sizeof line, format, values);
  va_end(values);
  if (hooks->notice) hooks->notice(hooks->context, line);
}

static void tell_plan(const hw_hooks *hooks, const hw_plan *plan) {
  const hw_cases *prompts = &plan->prompts_end_in_space, *answers = &plan->answers_end_in_space;
  if (plan->n_double_bos) notice(hooks, "%" PRId64 " prompts begin with the BOS token themselves, so they have two", plan->n_double_bos);
  if (plan->n_ambiguous_roles)
    notice(hooks, "%" PRId64 " prompts hold the words of a role column more often than columns name them, and the first places were taken (the "
           "first such prompt: %.200s); a range of characters like 5:9 says which place is meant", plan->n_ambiguous_roles, plan->ambiguous_roles);
  if (prompts->n)
    notice(hooks, "%" PRId64 " prompts end in a space, the first is prompt %" PRId64 ": most models expect it at the beginning of the next token",
           prompts->n, prompts->first);
  if (answers->n)
    notice(hooks, "%" PRId64 " answers and foils end in white space, the first is of prompt %" PRId64 ": it is scored with them", answers->n,
           answers->first);
}

/* Weights that cannot be packed after all, for want of memory, are packed by panel. Without screening results are the same. */
static void prepare_products(const hw_job *job, hw_model *model, hw_plan_summary *summary) {
  hw_error err;
  if (job->gemm == HW_GEMM_OPENBLAS) hw_model_use_blas(model);
  if (summary->screen_bytes && !hw_model_screen(model, summary->threads, &err)) summary->screen_bytes = 0;
  if (summary->packed_bytes && !hw_model_pack(model, summary->threads, &err)) summary->packed_bytes = 0;
}

static bool open_model(const hw_job *job, hw_model **model, hw_error *err) {
  if (!hw_model_open_as(job->model, job->architecture, model, err)) return false;
  if (job->precision == HW_PRECISION_BF16) hw_model_use_bf16(*model);
  return true;
}

static bool run_job(const hw_job *job, const hw_hooks *hooks, hw_model *model, const hw_tokenizer *tokenizer,
                    hw_flow_settings *flow, hw_plan *plan, hw_plan_summary *summary, hw_run_result *result, hw_error *err) {
  shared s = {.job = job, .hooks = hooks, .model = model, .tokenizer = tokenizer, .flow = flow, .plan = plan, .err = err};
  if (!hw_plan_make(job, flow, model, tokenizer, plan, err)) return false;
  summary->n_prompts = plan->n_prompts;
  summary->n_tokens = plan->n_tokens;
  summary->n_unreadable = plan->n_unreadable;
  summary->n_answers_several = plan->n_answers_several;
  summary->n_answers_shared = plan->n_answers_shared;
  summary->n_answers_contained = plan->n_answers_contained;
  summary->n_answers_cut = plan->n_answers_cut;
  summary->n_answers_dropped = plan->n_answers_dropped;
  summary->n_chunks = plan->n_chunks;
  summary->n_groups = plan->groups.n_groups;
  summary->weight_bytes = model->weight_bytes;
  tell_plan(hooks, plan);
  if (!hw_estimate_memory(job, model, plan, flow, summary, &s.batch_rows, &s.kept_rows, err)) return false;
  if (summary->workers < summary->threads)
    notice(hooks, "the cap on memory is too low for %d workers: chunks are taken by %d, whose work the others share", summary->threads, summary->workers);
  prepare_products(job, model, summary);
  s.results_bytes = hw_results_bytes(model, flow, &plan->largest);
  omp_init_lock(&s.reader_lock);
  omp_init_lock(&s.store_lock);
  bool ok = job->dry_run ? hw_estimate_remaining(job, plan, summary, err) && measure_sample(&s, summary, err) : run_into_store(&s, summary, result, err);
  omp_destroy_lock(&s.reader_lock);
  omp_destroy_lock(&s.store_lock);
  return ok;
}

bool hw_run(const hw_job *job, const hw_hooks *given, hw_plan_summary *summary, hw_run_result *result, hw_error *err) {
  hw_hooks hooks = *given;
  hooks.lock_timeout = job->lock_timeout;
  *summary = (hw_plan_summary){0};
  *result = (hw_run_result){0};
  hw_flow_settings flow;
  hw_model *model = NULL;
  hw_tokenizer *tokenizer = NULL;
  hw_plan plan = {0};
  summary->threads = job->threads ? (int)job->threads : omp_get_num_procs();
  if (job->gemm == HW_GEMM_OPENBLAS) (void)snprintf(summary->gemm, sizeof summary->gemm, "OpenBLAS %s, else built-in %s", hw_blas_start(), hw_instruction_set());
  else (void)snprintf(summary->gemm, sizeof summary->gemm, job->precision == HW_PRECISION_BF16 ? "built-in %s + %s" : "built-in %s", hw_instruction_set(),
                      hw_bf16_products());
  summary->batch_invariant = job->gemm == HW_GEMM_BUILT_IN || hw_blas_batch_invariant();
  bool ok = hw_job_check(job, err) && hw_analysis_flow(&job->analysis, &flow, err) && open_model(job, &model, err) &&
            hw_tokenizer_open(model->path, NULL, &tokenizer, err) &&
            run_job(job, &hooks, model, tokenizer, &flow, &plan, summary, result, err);
  hw_plan_close(&plan);
  hw_tokenizer_close(tokenizer);
  hw_model_close(model);
  return ok;
}
