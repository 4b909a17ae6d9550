/* SPDX-License-Identifier: Apache-2.0 */
#include "run/estimate.h"

#include "base/memory.h"
#include "run/prefix.h"

#include <stdlib.h>
#include <sys/stat.h>

bool hw_estimate_remaining(const hw_job *job, const hw_plan *plan, hw_plan_summary *summary, hw_error *err) {
  struct stat status;
  hw_store *store;
  if (!job->db || stat(job->db, &status) != 0 || (S_ISREG(status.st_mode) && status.st_size == 0)) return true;
  bool *done = calloc(plan->n_chunks + 1, sizeof *done);
  if (!done) return hw_fail_memory(err, "the plan");
  bool ok = hw_store_open_read(job->db, &store, err);
  if (ok) {
    ok = hw_store_check_run(store, &plan->info, err) &&
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

/* Bytes of one worker whose sub-batches have batch_rows rows, or those of the largest prompt, and which keeps prefixes of kept_rows rows. */
static size_t needed_bytes(const hw_job *job, const hw_model *model, const hw_flow_settings *flow, const hw_plan *plan, size_t batch_rows,
                           size_t kept_rows) {
  hw_batch_shape shape = plan->largest;
  size_t most_tokens = hw_job_shares_prefixes(job) ? HW_TOKENS_A_ROW * batch_rows : batch_rows;
  if (batch_rows > shape.n_rows) shape.n_rows = batch_rows;
  if (most_tokens > shape.n_tokens) shape.n_tokens = most_tokens;
  return hw_worker_bytes(model, flow, &shape) + hw_prefixes_bytes(model, kept_rows, shape.longest);
}

/* What packing the weights takes: nothing where it does not fit, or where each is used once. */
static size_t packed_bytes(const hw_model *model, const hw_plan *plan, size_t available) {
  size_t bytes = hw_model_packed_bytes(model);
  return plan->n_tokens > HW_BATCH_ROWS && bytes <= available ? bytes : 0;
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

bool hw_estimate_memory(const hw_job *job, const hw_model *model, const hw_plan *plan, hw_flow_settings *flow, hw_plan_summary *summary,
                       size_t *batch_rows, size_t *kept_rows, hw_error *err) {
  size_t cap = (size_t)job->memory << 20, threads = (size_t)summary->threads;
  *batch_rows = HW_BATCH_ROWS;
  *kept_rows = hw_job_shares_prefixes(job) ? HW_KEPT_ROWS : 0;
  size_t needed = needed_bytes(job, model, flow, plan, *batch_rows, *kept_rows);
  if (cap && needed * threads > cap) needed = needed_bytes(job, model, flow, plan, *batch_rows = HW_BATCH_ROWS / 2, *kept_rows);
  if (cap && needed * threads > cap) {
    flow->proximity_floats = HW_PROXIMITY_FLOATS / 16;
    needed = needed_bytes(job, model, flow, plan, *batch_rows, *kept_rows);
  }
  if (cap && needed * threads > cap) needed = needed_bytes(job, model, flow, plan, *batch_rows, *kept_rows = 0);
  summary->worker_bytes = needed;
  if (!cap || needed * threads <= cap) {
    size_t available = cap ? cap - needed * threads : hw_memory_available() / 2;
    size_t work = hw_screen_work_bytes(model);
    summary->screen_bytes = screen_bytes(job, model, plan, work * threads, available);
    if (summary->screen_bytes) {
      size_t screen = summary->screen_bytes + work * threads;
      if (screen > available && cap)
        return hw_fail(err, HW_ERROR_INPUT, "memory: --screen always needs %zu MiB beside the workers' %zu MiB, the cap is %lld MiB",
                       (screen + (1u << 20) - 1) >> 20, (needed * threads + (1u << 20) - 1) >> 20, (long long)job->memory);
      available = available > screen ? available - screen : 0;
      summary->worker_bytes += work;
    }
    if (job->gemm == HW_GEMM_BUILT_IN) summary->packed_bytes = packed_bytes(model, plan, available);
    return true;
  }
  return hw_fail(err, HW_ERROR_INPUT, "memory: %d workers need %zu MiB beside the weights, the cap is %lld MiB (the largest prompt has %zu tokens, "
                 "%zu with the sequences that score its answers); use fewer --threads, or leave such prompts out",
                 summary->threads, (needed * threads + (1u << 20) - 1) >> 20, (long long)job->memory, plan->largest.longest, plan->largest.n_rows);
}
