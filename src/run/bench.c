/* SPDX-License-Identifier: Apache-2.0
 * Stages are measured as differences: a trace with one stage more, less the trace without it. Time is processor time of the thread, since
 * machines are shared. */
#include "headwater/bench.h"

#include <omp.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "headwater/run.h"
#include "tensor/isa.h"

enum { REPETITIONS = 5 };

const char *hw_bench_stage_name(hw_bench_stage stage) {
  static const char *const names[HW_BENCH_STAGES] = {"forward pass", "prediction", "graph", "neurons", "projections"};
  return names[stage];
}

static double processor_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double hw_bench_peak(int threads) {
  double best = 0;
#pragma omp parallel num_threads(threads) reduction(max : best)
  for (int i = 0; i < 2 * REPETITIONS; i++) {
    double start = processor_seconds(), flop = hw_kernels_here()->peak_loop(2000000), rate = flop / (processor_seconds() - start);
    if (rate > best) best = rate;
  }
  return best;
}

static double flop_of_forward(const hw_model_config *c, size_t n) {
  double of_token = (double)c->d_model * ((double)((2 * c->n_heads + 2 * c->n_kv_heads) * c->d_head) + (double)hw_active_neurons(c) * (c->gated ? 3 : 2));
  double of_pair = 2 * (double)(c->n_heads * c->d_head); /* a score and a weighted value */
  return 2 * (double)c->n_layers * ((double)n * of_token + 0.5 * (double)n * (double)(n + 1) * of_pair);
}

/* Prompts of one length that one thread traces together. */
typedef struct bench_batch {
  hw_worker worker;
  hw_batch batch;
  int32_t *ids;
  size_t *first;
  hw_flow_prompt *prompts;
  hw_next_token *queries;
  uint32_t target;
  size_t n_projections;
} bench_batch;

static void batch_fini(bench_batch *b) {
  hw_worker_fini(&b->worker);
  free(b->ids);
  free(b->first);
  free(b->prompts);
  free(b->queries);
}

static bool batch_init(bench_batch *b, const hw_model *model, size_t n_tokens, hw_error *err) {
  const hw_flow_settings none = {0};
  size_t n_prompts = n_tokens < HW_BATCH_ROWS ? HW_BATCH_ROWS / n_tokens : 1, n_rows = n_prompts * n_tokens;
  *b = (bench_batch){.target = (uint32_t)n_tokens - 1};
  if (!hw_worker_init(&b->worker, model, &none, HW_BATCH_ROWS, err)) return false;
  b->ids = malloc(n_rows * sizeof *b->ids);
  b->first = malloc((n_prompts + 1) * sizeof *b->first);
  b->prompts = calloc(n_prompts, sizeof *b->prompts);
  b->queries = calloc(n_prompts, sizeof *b->queries);
  if (!b->ids || !b->first || !b->prompts || !b->queries) return hw_fail_memory(err, "a benchmark");
  for (size_t i = 0; i < n_rows; i++) b->ids[i] = (int32_t)(i * 7919 % (size_t)model->config.vocab_size);
  for (size_t p = 0; p <= n_prompts; p++) b->first[p] = p * n_tokens;
  for (size_t p = 0; p < n_prompts; p++) b->queries[p].row = b->first[p + 1] - 1;
  b->batch = (hw_batch){.n_prompts = n_prompts, .n_rows = n_rows, .ids = b->ids, .first = b->first};
  return true;
}

static bool trace_batch(bench_batch *b, uint32_t top_neurons, hw_project project, double *seconds, hw_error *err) {
  hw_flow_settings settings = {.threshold = 0.04, .floor = 0.01, .top_neurons = top_neurons, .top_tokens = 10, .project = project};
  hw_worker *w = &b->worker;
  for (size_t p = 0; p < b->batch.n_prompts; p++) {
    b->prompts[p] = (hw_flow_prompt){.prompt = p, .n_targets = 1, .targets = &b->target, .traces = hw_arena_znew(&w->results, hw_target_trace, 1, err)};
    if (!b->prompts[p].traces) return false;
  }
  double start = processor_seconds();
  bool ok = hw_flow_trace(&w->acts, &settings, b->prompts, b->batch.n_prompts, &w->team, &w->results, &w->scratch, err);
  *seconds = processor_seconds() - start;
  return ok;
}

/* One repetition of all stages: seconds[stage] of the whole batch. */
static bool measure(bench_batch *b, double seconds[HW_BENCH_STAGES], hw_error *err) {
  hw_worker *w = &b->worker;
  double start, graph, with_neurons, with_projections;
  hw_arena_reset(&w->scratch);
  hw_arena_reset(&w->results);
  start = processor_seconds();
  if (!hw_forward(w->model, &b->batch, &w->team, &w->scratch, &w->acts, err)) return false;
  seconds[HW_BENCH_FORWARD] = processor_seconds() - start;
  start = processor_seconds();
  if (!hw_next_tokens(&w->acts, b->queries, b->batch.n_prompts, &w->team, &w->scratch, err)) return false;
  seconds[HW_BENCH_PREDICTION] = processor_seconds() - start;
  if (!trace_batch(b, 0, HW_PROJECT_NONE, &graph, err) || !trace_batch(b, 10, HW_PROJECT_NONE, &with_neurons, err) ||
      !trace_batch(b, 10, HW_PROJECT_DEFAULT, &with_projections, err))
    return false;
  seconds[HW_BENCH_GRAPH] = graph;
  seconds[HW_BENCH_NEURONS] = with_neurons - graph;
  seconds[HW_BENCH_PROJECTIONS] = with_projections - with_neurons;
  b->n_projections = 0;
  for (size_t p = 0; p < b->batch.n_prompts; p++) b->n_projections += b->prompts[p].traces[0].n_projections;
  return true;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* What one thread finds: medians of the whole batch. */
static bool measure_median(const hw_model *model, size_t n_tokens, double median[HW_BENCH_STAGES], size_t *n_prompts, double *projections,
                           hw_error *err) {
  bench_batch b;
  double seconds[HW_BENCH_STAGES], all[HW_BENCH_STAGES][REPETITIONS];
  bool ok = batch_init(&b, model, n_tokens, err) && measure(&b, seconds, err); /* the first finds memory and pages */
  for (int i = 0; ok && i < REPETITIONS; i++) {
    ok = measure(&b, seconds, err);
    for (int stage = 0; stage < HW_BENCH_STAGES; stage++) all[stage][i] = seconds[stage];
  }
  for (int stage = 0; ok && stage < HW_BENCH_STAGES; stage++) {
    qsort(all[stage], REPETITIONS, sizeof(double), compare);
    median[stage] = all[stage][REPETITIONS / 2];
  }
  *n_prompts = b.batch.n_prompts;
  *projections = ok ? (double)b.n_projections / (double)b.batch.n_prompts : 0;
  batch_fini(&b);
  return ok;
}

static bool measure_row(const hw_model *model, int threads, hw_bench_row *row, hw_error *err) {
  const hw_model_config *c = &model->config;
  bool ok = true;
  double projections = 0, unembedding = 2 * (double)c->d_model * (double)c->vocab_out;
#pragma omp parallel num_threads(threads)
  {
    hw_error own;
    double median[HW_BENCH_STAGES], own_projections;
    size_t n_prompts;
    bool found = measure_median(model, row->n_tokens, median, &n_prompts, &own_projections, &own);
#pragma omp critical
    {
      if (!found && ok) (void)hw_pass_error(err, &own);
      ok = ok && found;
      for (int stage = 0; found && stage < HW_BENCH_STAGES; stage++) row->seconds[stage] += median[stage] / (double)n_prompts / threads;
      row->n_prompts += found ? n_prompts : 0;
      projections = own_projections;
    }
  }
  row->flop[HW_BENCH_FORWARD] = flop_of_forward(c, row->n_tokens);
  row->flop[HW_BENCH_PREDICTION] = unembedding;
  row->flop[HW_BENCH_PROJECTIONS] = projections * unembedding;
  return ok;
}

bool hw_bench(const hw_model *model, int threads, hw_bench_row *rows, size_t n_rows, hw_error *err) {
  for (size_t i = 0; i < n_rows; i++) {
    if (rows[i].n_tokens == 0 || rows[i].n_tokens > (size_t)model->config.n_ctx)
      return hw_fail(err, HW_ERROR_INPUT, "prompts of %zu tokens, want 1 to %lld: the context of the model", rows[i].n_tokens,
                     (long long)model->config.n_ctx);
    rows[i] = (hw_bench_row){.n_tokens = rows[i].n_tokens};
    if (!measure_row(model, threads, &rows[i], err)) return false;
  }
  return true;
}
