/* SPDX-License-Identifier: Apache-2.0
 * A run from its job to its database. */
#include <inttypes.h>
#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "run/estimate.h"
#include "run/plan_file.h"
#include "run/profile.h"
#include "run/relevance.h"
#include "run/running.h"
#include "tensor/kernels.h"

bool hw_running_put_vocabulary(hw_store *store, const hw_model *model, const hw_tokenizer *tokenizer, hw_error *err) {
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

hw_process_info hw_running_process(const hw_running *s, const hw_plan_summary *summary) {
  const hw_job *job = s->job;
  return (hw_process_info){.model_path = job->model, .dataset_path = job->data, .program_version = HW_VERSION, .threads = summary->threads, .hooks = s->hooks,
                           .blas_kernel = summary->gemm, .batch_invariant = summary->batch_invariant, .shard = summary->shard, .n_shards = summary->n_shards, .shard_prompts = summary->n_shard_prompts, .kernel_matters = job->gemm == HW_GEMM_OPENBLAS && !job->allow_mixed_kernels};
}

static bool put_profile(hw_running *s, hw_error *err) {
  const char *names[HW_RUN_STAGES];
  for (int stage = 0; stage < HW_RUN_STAGES; stage++) names[stage] = hw_run_stage_name((hw_run_stage)stage);
  double begun = hw_clock_seconds();
  if (!hw_store_flush(s->store, err)) return false;
  s->seconds[HW_RUN_STORE] += hw_clock_seconds() - begun;
  return hw_store_put_stages(s->store, HW_RUN_STAGES, names, s->seconds, err);
}

/* Weights are read from their files while the run lasts. */
static bool check_weights(const hw_running *s, hw_error *err) {
  hw_error why = {0};
  if (hw_model_check_files(s->model, &why)) return true;
  return hw_fail(err, why.kind, "%s, so what this process stored in %s may be of either content: delete the database and run again", why.message, s->job->db);
}

static void notice(const hw_hooks *hooks, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void notice(const hw_hooks *hooks, const char *format, ...) {
  char line[1024];
  va_list values;
  va_start(values, format);
  (void)hw_vsnprintf(line, sizeof line, format, values);
  va_end(values);
  if (hooks->notice) hooks->notice(hooks->context, line);
}

static bool run_into_store(hw_running *s, const hw_plan_summary *summary, hw_run_result *result, hw_error *err) {
  hw_process_info process = hw_running_process(s, summary);
  if (!hw_store_open_run(s->job->db, &s->plan->info, &process, s->job->durable, &s->store, err)) return false;
  hw_store_commit_every(s->store, (double)s->job->commit_seconds);
  hw_arena arena;
  hw_arena_init(&arena);
  s->done = hw_arena_znew(&arena, bool, s->plan->n_chunks, err);
  s->progress = (hw_progress){.total = summary->n_shard_prompts, .tokens_total = summary->n_shard_tokens, .stage = "prompts"};
  s->started = hw_clock_seconds();
  bool ok = s->done && hw_running_put_vocabulary(s->store, s->model, s->tokenizer, err) &&
            hw_store_chunks_done(s->store, s->plan->n_chunks, s->done, &s->progress.resumed, &s->progress.failed, err);
  for (size_t i = 0; ok && i < s->plan->n_chunks; i++) {
    if (s->done[i]) s->progress.tokens_total -= s->plan->chunks[i].n_tokens; /* of this process */
    s->done[i] = s->done[i] || !hw_shard_takes(s->shard, hw_plan_unit(s->plan, i));
  }
  s->progress.done = s->progress.resumed;
  if (ok) ok = hw_running_stages(s, summary, err) && check_weights(s, err);
  if (ok && s->job->profile) ok = put_profile(s, err);
  const hw_relevance_settings relevance = hw_job_relevance(s->job);
  ok = ok && (!relevance.answer || hw_store_count_relevances(s->store, false, &result->relevances[0], err)) &&
       (!relevance.contrast || hw_store_count_relevances(s->store, true, &result->relevances[1], err));
  hw_error closing = {0};
  bool closed = hw_store_close(s->store, ok, &closing);
  if (ok && !closed && s->unfinished && closing.kind == HW_ERROR_INTERRUPTED) { /* only its log stays */
    notice(s->hooks, "%s", closing.message);
    closed = true;
  }
  if (ok && !closed) *err = closing;
  s->progress.seconds = hw_clock_seconds() - s->started;
  result->progress = s->progress;
  result->n_tokens = s->n_tokens;
  result->n_tokens_shared = s->n_tokens - s->n_rows;
  result->interrupted = s->unfinished;
  memcpy(result->seconds, s->seconds, sizeof result->seconds);
  result->screened = hw_model_screen_counts(s->model);
  memcpy(result->fingerprint, s->plan->info.fingerprint, sizeof result->fingerprint);
  hw_arena_fini(&arena);
  return ok && closed;
}

static void tell_plan(const hw_hooks *hooks, const hw_plan *plan) {
  const hw_cases *prompts = &plan->prompts_end_in_space, *answers = &plan->answers_end_in_space, *own = &plan->own_values;
  if (plan->n_double_bos) notice(hooks, "%" PRId64 " prompts begin with the BOS token themselves, so they have two", plan->n_double_bos);
  const char *column;
  for (size_t i = 0; plan->n_unreadable < plan->n_prompts && (column = hw_groups_left_out(&plan->groups, i)); i++)
    notice(hooks, "column \"%.200s\" does not split the aggregates: with it there are more than %d combinations of values%s (--group-by chooses columns)", column, HW_GROUP_VALUES,
           plan->groups.with_variant ? ", those of counterfactuals counted apart" : "");
  if (plan->n_ambiguous_roles)
    notice(hooks, "%" PRId64 " prompts hold the words of a role column more often than columns name them, and the first places were taken (the "
           "first such prompt: %.200s); a range of characters like 5:9 says which place is meant", plan->n_ambiguous_roles, plan->ambiguous_roles);
  if (plan->n_hidden_roles)
    notice(hooks, "%" PRId64 " prompts mark tokens with a role that these do not get: BOS and END (the last token) come before every mark, and the first of two marks "
           "counts (the first such prompt: %.200s)", plan->n_hidden_roles, plan->hidden_roles);
  if (own->n)
    notice(hooks, "%" PRId64 " prompts have a column that is called as a value that this program writes (%s, %s, %s or %s): theirs is not stored; the first is prompt %" PRId64,
           own->n, hw_own_values[0], hw_own_values[1], hw_own_values[2], hw_own_values[3], own->first);
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
  if (summary->packed_bytes && !hw_model_pack(model, summary->threads, &err)) summary->packed_bytes = summary->packed_back_bytes = 0;
  if (summary->packed_back_bytes && !hw_model_pack_back(model, summary->threads, &err)) summary->packed_back_bytes = 0;
}

static bool open_model(const hw_job *job, hw_model **model, hw_error *err) {
  if (!hw_model_open_as(job->model, job->architecture, model, err)) return false;
  if (job->precision == HW_PRECISION_BF16) hw_model_use_bf16(*model);
  return true;
}

static void count_shard(const hw_plan *plan, hw_shard shard, hw_plan_summary *summary) {
  summary->shard = shard.k;
  summary->n_shards = shard.n;
  for (size_t i = 0; i < plan->n_chunks; i++) {
    if (!hw_shard_takes(shard, hw_plan_unit(plan, i))) continue;
    summary->n_shard_chunks++;
    summary->n_shard_prompts += plan->chunks[i].n_prompts;
    summary->n_shard_tokens += plan->chunks[i].n_tokens;
  }
}

static bool run_job(const hw_job *job, const hw_hooks *hooks, hw_model *model, const hw_tokenizer *tokenizer,
                    hw_flow_settings *flow, hw_plan *plan, hw_plan_summary *summary, hw_run_result *result, hw_error *err) {
  hw_running s = {.job = job, .hooks = hooks, .model = model, .tokenizer = tokenizer, .flow = flow, .plan = plan, .err = err};
  if (!hw_job_shard(job, &s.shard, err) || !hw_plan_obtain(job, flow, model, tokenizer, hooks, plan, err)) return false;
  count_shard(plan, s.shard, summary);
  summary->n_prompts = plan->n_prompts;
  summary->n_tokens = plan->n_tokens;
  summary->n_unreadable = plan->n_unreadable;
  summary->n_answers_several = plan->n_answers_several;
  summary->n_answers_shared = plan->n_answers_shared;
  summary->n_answers_contained = plan->n_answers_contained;
  summary->n_answers_cut_alike = plan->n_answers_cut_alike;
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
  bool ok = job->dry_run ? hw_estimate_remaining(job, plan, summary, err) && hw_running_measure(&s, summary, err) : run_into_store(&s, summary, result, err);
  omp_destroy_lock(&s.reader_lock);
  omp_destroy_lock(&s.store_lock);
  return ok;
}

bool hw_run(const hw_job *job, const hw_hooks *given, hw_plan_summary *summary, hw_run_result *result, hw_error *err) {
  hw_error unread = {0};
  hw_hooks hooks = given ? *given : (hw_hooks){0};
  if (!err) err = &unread;
  hooks.lock_timeout = job->lock_timeout;
  *summary = (hw_plan_summary){0};
  *result = (hw_run_result){0};
  hw_flow_settings flow;
  hw_model *model = NULL;
  hw_tokenizer *tokenizer = NULL;
  hw_plan plan = {0};
  if (!hw_job_check(job, err) || !hw_analysis_flow(&job->analysis, &flow, err)) return false;
  summary->threads = job->threads ? (int)job->threads : omp_get_num_procs();
  const char *kernel;
  if (job->gemm == HW_GEMM_OPENBLAS) {
    if (!hw_blas_start(summary->threads, &kernel, err)) return false;
    (void)snprintf(summary->gemm, sizeof summary->gemm, "OpenBLAS %s, else built-in %s", kernel, hw_instruction_set());
  } else (void)snprintf(summary->gemm, sizeof summary->gemm, job->precision == HW_PRECISION_BF16 ? "built-in %s + %s" : "built-in %s", hw_instruction_set(),
                      hw_bf16_products());
  summary->batch_invariant = job->gemm == HW_GEMM_BUILT_IN || hw_blas_batch_invariant();
  bool ok = open_model(job, &model, err) &&
            hw_tokenizer_open(model->path, NULL, &tokenizer, err) &&
            run_job(job, &hooks, model, tokenizer, &flow, &plan, summary, result, err);
  hw_plan_close(&plan);
  hw_tokenizer_close(tokenizer);
  hw_model_close(model);
  return ok;
}
