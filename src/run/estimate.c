/* SPDX-License-Identifier: Apache-2.0 */
#include "run/estimate.h"

#include "base/memory.h"
#include "run/prefix.h"
#include "run/relevance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether the run could write there, as far as that is known without writing: the file where there is one, and its folder, where SQLite puts
 * files beside it. A link to nothing is not followed. */
static bool check_place(const char *db, hw_error *err) {
  struct stat status;
  char *target = realpath(db, NULL);
  if (!target && errno == ENOMEM) return hw_fail_memory(err, "the name of a file");
  if (!target && lstat(db, &status) == 0) return true;
  const char *file = target ? target : db, *slash = strrchr(file, '/');
  char *folder = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
  bool ok = folder && *db && (!target || access(file, W_OK) == 0) && access(folder, W_OK | X_OK) == 0;
  if (!folder) hw_fail_memory(err, "the name of a folder");
  else if (!ok) hw_fail(err, HW_ERROR_IO, "%s: cannot be written: %s", db, strerror(errno));
  free(folder);
  free(target);
  return ok;
}

bool hw_estimate_remaining(const hw_job *job, const hw_plan *plan, hw_plan_summary *summary, hw_error *err) {
  struct stat status;
  hw_store *store;
  if (job->db && !check_place(job->db, err)) return false;
  if (!job->db || stat(job->db, &status) != 0 || (S_ISREG(status.st_mode) && status.st_size == 0)) return true;
  bool *done = calloc(plan->n_chunks + 1, sizeof *done);
  if (!done) return hw_fail_memory(err, "the plan");
  bool ok = hw_store_open_read(job->db, &store, err);
  if (ok) {
    ok = hw_store_check_run(store, &plan->info, err) && hw_store_check_shard(store, summary->shard, summary->n_shards, err) &&
         hw_store_chunks_done(store, plan->n_chunks, done, &summary->n_prompts_stored, &summary->n_failed_stored, err);
    (void)hw_store_close(store, false, NULL);
  }
  for (size_t i = 0; ok && i < plan->n_chunks; i++) {
    if (!done[i]) continue;
    summary->n_chunks_stored++;
    summary->n_tokens_stored += plan->chunks[i].n_tokens;
  }
  free(done);
  return ok;
}

/* Bytes of one worker, with work space for n_members threads, whose sub-batches have batch_rows rows, or those of the largest prompt, and which keeps prefixes of kept_rows rows. */
static size_t needed_bytes(const hw_job *job, const hw_model *model, const hw_flow_settings *flow, const hw_plan *plan, size_t batch_rows,
                           size_t kept_rows, size_t n_members) {
  hw_batch_shape shape = plan->largest;
  shape.n_members = n_members;
  size_t most_tokens = hw_job_shares_prefixes(job) ? HW_TOKENS_A_ROW * batch_rows : batch_rows;
  if (batch_rows > shape.n_rows) shape.n_rows = batch_rows;
  if (most_tokens > shape.n_tokens) shape.n_tokens = most_tokens;
  const hw_relevance_settings relevance = hw_job_relevance(job);
  shape.keeps_inputs = relevance.answer || relevance.contrast;
  return hw_worker_bytes(model, flow, &shape) + hw_explain_bytes(model, &relevance, batch_rows, &shape) + hw_prefixes_bytes(model, kept_rows, shape.longest, shape.keeps_inputs);
}

/* What packing the weights takes, and the transposed ones for relevances: nothing where it does not fit, or where each is used once. */
static void count_packed(const hw_job *job, const hw_model *model, const hw_plan *plan, size_t available, hw_plan_summary *summary) {
  size_t bytes = hw_model_packed_bytes(model), back = hw_model_packed_back_bytes(model);
  summary->packed_bytes = summary->packed_back_bytes = 0;
  if (job->gemm != HW_GEMM_BUILT_IN || plan->n_tokens <= HW_BATCH_ROWS || bytes > available) return;
  summary->packed_bytes = bytes;
  if (job->relevance != HW_RELEVANCE_NONE && back <= available - bytes) summary->packed_back_bytes = back;
}

/* Weights of an unembedding below which a product in full takes no longer. */
enum { LEAST_SCREENED = 1 << 23 };

/* The same for the unembedding in 8-bit numbers. work: what the workers need for it. */
static size_t screen_bytes(const hw_job *job, const hw_model *model, const hw_plan *plan, size_t work, size_t available) {
  bool projects = job->analysis.project != HW_PROJECT_NONE || job->neuron_projections != HW_NEURONS_NONE;
  if (job->gemm != HW_GEMM_BUILT_IN || job->screen == HW_SCREEN_NEVER || !projects) return 0;
  size_t bytes = hw_model_screen_bytes(model);
  bool pays = plan->n_tokens > HW_BATCH_ROWS && model->config.d_model * model->config.vocab_out >= LEAST_SCREENED;
  return job->screen == HW_SCREEN_ALWAYS || (pays && bytes + work <= available) ? bytes : 0;
}

/* A worker's bytes, as the cap wants them, and how many workers fit, at least 1. */
static size_t fit_workers(const hw_job *job, const hw_model *model, const hw_plan *plan, hw_flow_settings *flow, size_t threads, size_t *batch_rows,
                          size_t *kept_rows, size_t *workers) {
  const size_t cap = (size_t)job->memory << 20, helper = HW_PANEL_FLOATS * sizeof(float);
  *batch_rows = HW_BATCH_ROWS;
  *kept_rows = hw_job_shares_prefixes(job) ? HW_KEPT_ROWS : 0;
  *workers = threads;
  size_t needed = needed_bytes(job, model, flow, plan, *batch_rows, *kept_rows, threads);
  if (cap && needed * threads > cap) needed = needed_bytes(job, model, flow, plan, *batch_rows = HW_BATCH_ROWS / 2, *kept_rows, threads);
  if (cap && needed * threads > cap) {
    flow->proximity_floats = HW_PROXIMITY_FLOATS / 16;
    needed = needed_bytes(job, model, flow, plan, *batch_rows, *kept_rows, threads);
  }
  if (cap && needed * threads > cap) needed = needed_bytes(job, model, flow, plan, *batch_rows, *kept_rows = 0, threads);
  while (cap && *workers > 1 && *workers * needed + (threads - *workers) * helper > cap) (*workers)--;
  size_t most = cap ? cap : hw_memory_available(); /* without a cap: what would end for want of memory */
  if (needed * *workers + (threads - *workers) * helper > most && hw_model_holds_layers(model) && job->relevance == HW_RELEVANCE_NONE) { /* a backward pass reads all layers */
    flow->states_only = true;
    needed = needed_bytes(job, model, flow, plan, *batch_rows, *kept_rows = 0, threads);
    while (*workers > 1 && *workers * needed + (threads - *workers) * helper > most) (*workers)--;
  }
  return needed + ((threads - *workers) * helper + *workers - 1) / *workers;
}

/* Prompts of half the length may need as much: a worker has work space for a sub-batch. */
static bool refuse(const hw_job *job, const hw_model *model, const hw_plan *plan, const hw_flow_settings *flow, const hw_plan_summary *summary, size_t needed,
                   size_t batch_rows, hw_error *err) {
  hw_plan of_short = *plan;
  of_short.largest.n_rows /= 2;
  of_short.largest.n_tokens /= 2;
  of_short.largest.longest /= 2;
  size_t threads = (size_t)summary->threads, helpers = (threads - 1) * HW_PANEL_FLOATS * sizeof(float);
  bool helps = needed_bytes(job, model, flow, &of_short, batch_rows, 0, threads) + helpers <= (size_t)job->memory << 20;
  return hw_fail(err, HW_ERROR_INPUT, "memory: a worker of %d thread%s needs %zu MiB beside the weights, the cap is %lld MiB (the largest prompt has %zu tokens, "
                 "%zu with the sequences that score its answers); raise --memory%s",
                 summary->threads, summary->threads == 1 ? "" : "s", (needed + (1u << 20) - 1) >> 20, (long long)job->memory, plan->largest.longest, plan->largest.n_rows,
                 helps ? ", or leave such prompts out" : ": prompts of half the length do not fit either");
}

bool hw_estimate_memory(const hw_job *job, const hw_model *model, const hw_plan *plan, hw_flow_settings *flow, hw_plan_summary *summary,
                       size_t *batch_rows, size_t *kept_rows, hw_error *err) {
  size_t cap = (size_t)job->memory << 20, workers, work = hw_screen_work_bytes(model);
  summary->worker_bytes = fit_workers(job, model, plan, flow, (size_t)summary->threads, batch_rows, kept_rows, &workers);
  summary->workers = (int)workers;
  size_t needed = summary->worker_bytes * workers, available = cap ? cap - needed : hw_memory_available() / 2;
  if (cap && needed > cap) return refuse(job, model, plan, flow, summary, needed, *batch_rows, err);
  summary->screen_bytes = screen_bytes(job, model, plan, work * workers, available);
  if (summary->screen_bytes) {
    size_t screen = summary->screen_bytes + work * workers;
    if (screen > available && cap)
      return hw_fail(err, HW_ERROR_INPUT, "memory: --screen always needs %zu MiB beside the workers' %zu MiB, the cap is %lld MiB",
                     (screen + (1u << 20) - 1) >> 20, (needed + (1u << 20) - 1) >> 20, (long long)job->memory);
    available = available > screen ? available - screen : 0;
    summary->worker_bytes += work;
  }
  count_packed(job, model, plan, available, summary);
  return true;
}
