/* SPDX-License-Identifier: Apache-2.0
 * How fast, against the machine's own limit, in one run:
 *   bench MODEL_DIR [THREADS] [PROMPTS]
 * prints what a plain GEMM reaches here, what the forward pass reaches, and whole traces a second into a database (everything of
 * the default stored, no neuron projections) for prompts of 16, 64 and 128 tokens, with the peak of memory. Nothing is asserted:
 * machines are shared and noisy, ratios are not. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "headwater/run.h"
#include "headwater/store.h"
#include "base/text.h"
#include "tensor/kernels.h"

static void die(const hw_error *err) {
  fprintf(stderr, "bench: %s\n", err->message);
  exit(1);
}

/* GFLOP/s of [512, d] x [d, 4d] on every thread at once. */
static double gemm_limit(size_t d, int threads, bool blas) {
  double total = 0;
#pragma omp parallel num_threads(threads) reduction(+ : total)
  {
    size_t rows = 512, wide = 4 * d;
    float *w = calloc(d * wide, sizeof *w), *x = calloc(rows * d, sizeof *x), *y = calloc(rows * wide, sizeof *y),
          *panel = calloc(HW_PANEL_FLOATS, sizeof *panel);
    for (size_t i = 0; i < d * wide; i++) w[i] = (float)(i % 7) - 3;
    for (size_t i = 0; i < rows * d; i++) x[i] = (float)(i % 5) - 2;
    hw_matrix matrix = {.data = w, .dtype = HW_F32, .n_in = d, .n_out = wide, .stride = wide, .in_first = true, .blas = blas};
    hw_gemm(&matrix, x, d, y, wide, rows, panel);
#pragma omp barrier
    double start = hw_clock_seconds();
    int n = 0;
    while (hw_clock_seconds() - start < 1.5) {
      hw_gemm(&matrix, x, d, y, wide, rows, panel);
      n++;
    }
    total += n * 2.0 * (double)(rows * d * wide) / (hw_clock_seconds() - start) / 1e9;
    free(w);
    free(x);
    free(y);
    free(panel);
  }
  return total;
}

/* Forward passes of 512 rows in prompts of `length`, tokens a second over all threads. */
static double forward_rate(const hw_model *model, size_t length, int threads) {
  double total = 0;
#pragma omp parallel num_threads(threads) reduction(+ : total)
  {
    hw_error err;
    hw_arena arena;
    hw_arena_init(&arena);
    size_t n_prompts = 512 / length, first[513];
    int32_t ids[512];
    for (size_t i = 0; i < 512; i++) ids[i] = (int32_t)(i * 37 % (size_t)model->config.vocab_size);
    for (size_t p = 0; p <= n_prompts; p++) first[p] = p * length;
    hw_batch batch = {.n_prompts = n_prompts, .n_rows = n_prompts * length, .ids = ids, .first = first};
    float *panel = malloc(HW_PANEL_FLOATS * sizeof *panel);
    hw_activations acts;
    if (!panel || !hw_forward(model, &batch, panel, &arena, &acts, &err)) die(&err);
#pragma omp barrier
    double start = hw_clock_seconds();
    size_t tokens = 0;
    while (hw_clock_seconds() - start < 2) {
      hw_arena_reset(&arena);
      if (!hw_forward(model, &batch, panel, &arena, &acts, &err)) die(&err);
      tokens += batch.n_rows;
    }
    total += (double)tokens / (hw_clock_seconds() - start);
    free(panel);
    hw_arena_fini(&arena);
  }
  return total;
}

/* A prompt of n words that are one token each. */
static void write_prompts(const hw_tokenizer *tokenizer, const char *path, size_t n_prompts, size_t length) {
  FILE *file = fopen(path, "w");
  if (!file) exit(1);
  uint32_t state = 7;
  int32_t n_ids = hw_tokenizer_size(tokenizer);
  for (size_t p = 0; p < n_prompts; p++) {
    for (size_t i = 0; i < length;) {
      state = state * 1664525u + 1013904223u;
      const char *bytes;
      size_t size, letters = 1;
      if (!hw_tokenizer_piece(tokenizer, (int32_t)((state >> 8) % (uint32_t)n_ids), &bytes, &size) || size < 4 || bytes[0] != ' ') continue;
      while (letters < size && bytes[letters] >= 'a' && bytes[letters] <= 'z') letters++;
      if (letters != size) continue;
      fwrite(bytes, 1, size, file);
      i++;
    }
    fputc('\n', file);
  }
  fclose(file);
}

static double trace_rate(const char *folder, const char *data, const char *db, int threads) {
  hw_error err;
  hw_job job;
  hw_job_defaults(&job);
  job.model = folder;
  job.data = data;
  job.db = db;
  job.threads = threads;
  job.neuron_projections = HW_NEURONS_NONE;
  hw_hooks hooks = {0};
  hw_plan_summary plan;
  hw_run_result result;
  (void)unlink(db);
  if (!hw_run(&job, &hooks, &plan, &result, &err)) die(&err);
  return (double)result.progress.done / result.progress.seconds;
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: bench MODEL_DIR [THREADS] [PROMPTS]\n"), 2;
  int threads = argc > 2 ? atoi(argv[2]) : omp_get_num_procs();
  size_t n_prompts = argc > 3 ? (size_t)atol(argv[3]) : 256;
  hw_error err;
  hw_model *model;
  hw_tokenizer *tokenizer;
  printf("%s, %d threads\n", hw_instruction_set(), threads);
  if (!hw_model_open(argv[1], &model, &err) || !hw_tokenizer_open(argv[1], NULL, &tokenizer, &err)) die(&err);
  const hw_model_config *c = &model->config;
  double flop = 2.0 * (double)c->n_layers * (double)(c->d_model * c->d_head * (2 * c->n_heads + 2 * c->n_kv_heads) + (c->gated ? 3 : 2) * c->d_model * c->d_ffn);
  double limit = gemm_limit((size_t)c->d_model, threads, false);
  printf("GEMM limit %.0f GFLOP/s; OpenBLAS %s %.0f\n", limit, hw_blas_start(), gemm_limit((size_t)c->d_model, threads, true));
  static const size_t lengths[] = {16, 64, 128};
  char data[64], db[64];
  (void)snprintf(data, sizeof data, "/tmp/headwater-bench-%ld.txt", (long)getpid());
  (void)snprintf(db, sizeof db, "/tmp/headwater-bench-%ld.db", (long)getpid());
  double forwards[3];
  size_t weights = model->weight_bytes >> 20;
  if (!hw_model_pack(model, threads, &err)) die(&err);
  for (int i = 0; i < 3; i++) forwards[i] = forward_rate(model, lengths[i], threads);
  hw_model_close(model); /* the run opens its own: mapped twice, the pages would count twice */
  for (int i = 0; i < 3; i++) {
    size_t n = n_prompts * 16 / lengths[i];
    double forward = forwards[i];
    write_prompts(tokenizer, data, n, lengths[i]);
    double rate = trace_rate(argv[1], data, db, threads);
    printf("%4zu tokens: forward %6.0f tokens/s (%2.0f%% of the limit), %7.2f traces/s, a trace costs %.2f forward passes\n", lengths[i], forward,
           100 * forward * flop / 1e9 / limit, rate, forward / (double)lengths[i] / rate);
    fflush(stdout);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("peak memory %ld MiB, weights %zu MiB\n", usage.ru_maxrss / 1024, weights);
  (void)unlink(data);
  (void)unlink(db);
  hw_tokenizer_close(tokenizer);
  return 0;
}
