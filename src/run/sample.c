/* SPDX-License-Identifier: Apache-2.0
 * What a run will take, measured with one chunk. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "run/running.h"

typedef struct sample {
  double n_tokens, n_prompts;  /* of the chunk, with its counterfactuals */
  double seconds;              /* to compute it */
  int64_t empty, filled;       /* bytes of the database without it, and with it */
  double n_neurons;            /* whose lists the whole run will store */
  double neuron_seconds, neuron_bytes; /* of one neuron's lists */
} sample;

/* Neurons whose lists the run stores. Those of `used` are in the sample and in what is like it: 1,000 prompts of this project's sets use 2.4
 * to 3.8 times as many as 8 of them, which is the fourth root of 33 to 209 times the prompts. */
static bool count_neurons(hw_running *s, const hw_plan_summary *summary, hw_store *store, hw_arena *arena, sample *of, hw_error *err) {
  size_t all = (size_t)(s->model->config.n_layers * s->model->config.d_ffn), n = 0;
  of->n_neurons = s->job->neuron_projections == HW_NEURONS_ALL ? (double)all : 0;
  if (s->job->neuron_projections != HW_NEURONS_USED) return true;
  uint16_t *layers = hw_arena_new(arena, uint16_t, all, err);
  uint32_t *neurons = hw_arena_new(arena, uint32_t, all, err);
  if (!layers || !neurons || !hw_store_pending_neurons(store, all, layers, neurons, &n, err)) return false;
  of->n_neurons = fmin((double)all, (double)n * sqrt(sqrt(fmax(1, (double)summary->n_shard_prompts / of->n_prompts))));
  return true;
}

enum { MOST_TIMED = 32, MOST_LISTED = 20000 }; /* neurons; tokens of lists that are stored to see what they take */

/* The lists of a few neurons, computed once and stored under as many neurons as fill some pages. */
static bool measure_neurons(hw_running *s, hw_worker *worker, hw_store *store, sample *of, hw_error *err) {
  size_t all = (size_t)(s->model->config.n_layers * s->model->config.d_ffn), n = hw_smaller(all, MOST_TIMED);
  size_t listed = 2 * (size_t)worker->flow.top_tokens, n_stored = hw_smaller(all, MOST_LISTED / listed + 1);
  if (of->n_neurons == 0) return true;
  hw_projection *rows = hw_arena_znew(&worker->results, hw_projection, n_stored + n, err);
  if (!rows) return false;
  for (size_t i = 0; i < n; i++) rows[i].index = (uint32_t)(i % (size_t)s->model->config.d_ffn);
  double begun = hw_clock_seconds();
  if (!hw_project_neurons(s->model, rows, n, worker->flow.top_tokens, &worker->team, &worker->results, err)) return false;
  of->neuron_seconds = (hw_clock_seconds() - begun) / (double)n;
  for (size_t i = 0; i < n_stored; i++) {
    if (i >= n) rows[i] = rows[i % n];
    rows[i].layer = (uint16_t)(i / (size_t)s->model->config.d_ffn);
    rows[i].index = (uint32_t)(i % (size_t)s->model->config.d_ffn);
  }
  int64_t with;
  if (!hw_store_put_neuron_projections(store, rows, n_stored, err) || !hw_store_bytes(store, &with, err)) return false;
  of->neuron_bytes = (double)(with - of->filled) / (double)n_stored;
  return true;
}

/* The database is in memory and thrown away. */
static bool measure_database(hw_running *s, const hw_plan_summary *summary, hw_worker *worker, const hw_computed_chunk *computed, sample *of, hw_error *err) {
  hw_process_info process = hw_running_process(s, summary);
  hw_store *store;
  if (!hw_store_open_run(NULL, &s->plan->info, &process, false, &store, err)) return false;
  bool ok = hw_running_put_vocabulary(store, s->model, s->tokenizer, err) && hw_store_bytes(store, &of->empty, err) &&
            hw_store_put_chunk(store, computed[0].encoded, err) && (!computed[1].chunk || hw_store_put_chunk(store, computed[1].encoded, err)) &&
            hw_store_bytes(store, &of->filled, err) && count_neurons(s, summary, store, &worker->results, of, err) &&
            measure_neurons(s, worker, store, of, err);
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

enum { PROGRAM_BYTES = 16 << 20 }; /* with its libraries */

static void expect(const hw_running *s, const sample *of, hw_plan_summary *summary) {
  int64_t n_tokens = summary->n_shard_tokens - summary->n_tokens_stored;
  double chunks = of->n_tokens > 0 ? (double)n_tokens / of->n_tokens : 1;
  double n_neurons = n_tokens > 0 || s->job->neuron_projections == HW_NEURONS_ALL ? of->n_neurons : 0;
  summary->seconds_expected = (of->seconds * chunks + of->neuron_seconds * n_neurons) / summary->threads;
  summary->disk_bytes_expected = (double)of->empty + (double)(of->filled - of->empty) * (double)summary->n_shard_prompts / of->n_prompts +
                                 of->neuron_bytes * of->n_neurons;
  summary->store_bytes = PROGRAM_BYTES + hw_store_writer_bytes(summary->disk_bytes_expected, s->job->counterfactual);
}

bool hw_running_measure(hw_running *s, hw_plan_summary *summary, hw_error *err) {
  hw_worker worker;
  if (!hw_chunk_reader_open(&s->reader, s->plan, err)) return false;
  hw_running_tell_inputs(s);
  s->done = calloc(s->plan->n_chunks + 1, sizeof *s->done);
  const hw_plan_chunk *chunk = NULL;
  hw_row_copy *rows;
  hw_computed_chunk computed[2] = {{0}};
  sample of = {0};
  bool ok = s->done ? hw_running_worker(s, &worker, err) : hw_fail_memory(err, "the plan");
  if (ok) {
    ok = hw_chunk_reader_next(&s->reader, s->done, &worker.results, &chunk, &rows, err);
    double begun = hw_clock_seconds();
    ok = ok && chunk && hw_running_compute(s, &worker, chunk, rows, computed, err);
    of.seconds = hw_clock_seconds() - begun;
    for (int i = 0; ok && i < 2 && computed[i].chunk; i++) {
      of.n_tokens += (double)computed[i].chunk->n_tokens;
      of.n_prompts += (double)computed[i].chunk->n_prompts;
    }
    if (ok) measure_results(s, computed, worker.results.peak, summary);
    ok = ok && measure_database(s, summary, &worker, computed, &of, err);
    hw_worker_fini(&worker);
  }
  if (ok) expect(s, &of, summary);
  hw_computed_free(computed);
  free(s->done);
  return ok;
}
