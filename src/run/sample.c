/* SPDX-License-Identifier: Apache-2.0
 * What a run will take, measured with one chunk. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "run/running.h"

/* Bytes of a database without a chunk, and with one. It is in memory and thrown away. */
static bool measure_database(hw_running *s, const hw_plan_summary *summary, const hw_computed_chunk *computed, int64_t *empty, int64_t *filled,
                             hw_error *err) {
  hw_process_info process = hw_running_process(s, summary);
  hw_store *store;
  if (!hw_store_open_run(NULL, &s->plan->info, &process, false, &store, err)) return false;
  bool ok = hw_running_put_vocabulary(store, s->model, s->tokenizer, err) && hw_store_bytes(store, empty, err) &&
            hw_store_put_chunk(store, computed[0].encoded, err) && (!computed[1].chunk || hw_store_put_chunk(store, computed[1].encoded, err)) &&
            hw_store_bytes(store, filled, err);
  (void)hw_store_close(store, false, NULL);
  return ok;
}

/* Where graphs have more rows than hw_worker_bytes counts for them, the results of a chunk say so; rows and sums that are encoded take
 * about 0.8 of the results beside them, token flows aside. */
static void measure_results(const hw_running *s, const hw_computed_chunk computed[2], size_t bytes, hw_plan_summary *summary) {
  size_t flows = 0, n_graphs = 0, without = summary->worker_bytes - s->results_bytes;
  for (int i = 0; i < 2 && computed[i].chunk; i++) {
    const hw_plan_chunk *chunk = computed[i].chunk;
    flows += chunk->n_graphs * (chunk->n_tokens / chunk->n_prompts) * sizeof(double);
    n_graphs += chunk->n_graphs;
  }
  if (!n_graphs || bytes < flows) return;
  double graph = ((double)flows + 1.8 * (double)(bytes - flows)) / (double)n_graphs;
  size_t measured = (size_t)(graph * (double)s->plan->largest.n_graphs);
  if (measured > s->results_bytes) summary->worker_bytes = without + measured;
}

bool hw_running_measure(hw_running *s, hw_plan_summary *summary, hw_error *err) {
  hw_worker worker;
  if (!hw_chunk_reader_open(&s->reader, s->plan, err)) return false;
  hw_running_tell_inputs(s);
  s->done = calloc(s->plan->n_chunks + 1, sizeof *s->done);
  const hw_plan_chunk *chunk = NULL;
  hw_row_copy *rows;
  hw_computed_chunk computed[2] = {{0}};
  int64_t empty = 0, filled = 0;
  double begun = 0, seconds = 0;
  bool ok = s->done ? hw_running_worker(s, &worker, err) : hw_fail_memory(err, "the plan");
  if (ok) {
    ok = hw_chunk_reader_next(&s->reader, s->done, &worker.results, &chunk, &rows, err);
    begun = hw_clock_seconds();
    ok = ok && chunk && hw_running_compute(s, &worker, chunk, rows, computed, err);
    seconds = hw_clock_seconds() - begun;
    if (ok) measure_results(s, computed, worker.results.peak, summary);
    ok = ok && measure_database(s, summary, computed, &empty, &filled, err);
    hw_worker_fini(&worker);
  }
  if (ok) {
    double n_tokens = chunk->n_tokens, n_prompts = chunk->n_prompts;
    if (computed[1].chunk) {
      n_tokens += computed[1].chunk->n_tokens;
      n_prompts += computed[1].chunk->n_prompts;
    }
    double chunks = n_tokens > 0 ? (double)(summary->n_shard_tokens - summary->n_tokens_stored) / n_tokens : 1;
    summary->seconds_expected = seconds * chunks / summary->threads;
    summary->disk_bytes_expected = (double)empty + (double)(filled - empty) * (double)summary->n_shard_prompts / n_prompts;
  }
  hw_computed_free(computed);
  free(s->done);
  return ok;
}
