/* SPDX-License-Identifier: Apache-2.0
 * Whole runs into a database:
 *   bench_run MODEL_DIR [THREADS] [PROMPTS]
 * prints traces a second (everything of the default stored, no neuron projections) for prompts of 16, 64 and 128 tokens, what one costs in
 * bare forward passes of the same process, and the peak of memory. `headwater bench` measures the stages. Nothing is asserted: machines
 * are shared and noisy, ratios are not. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "headwater/bench.h"
#include "headwater/run.h"
#include "headwater/store.h"
#include "base/text.h"

enum { N_LENGTHS = 3 };

static void die(const hw_error *err) {
  fprintf(stderr, "bench: %s\n", err->message);
  exit(1);
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
  if (argc < 2) return fprintf(stderr, "usage: bench_run MODEL_DIR [THREADS] [PROMPTS]\n"), 2;
  int threads = argc > 2 ? atoi(argv[2]) : omp_get_num_procs();
  size_t n_prompts = argc > 3 ? (size_t)atol(argv[3]) : 256;
  hw_error err;
  hw_model *model;
  hw_tokenizer *tokenizer;
  if (!hw_model_open(argv[1], &model, &err) || !hw_tokenizer_open(argv[1], NULL, &tokenizer, &err) || !hw_model_pack(model, threads, &err)) die(&err);
  hw_bench_row rows[] = {{.n_tokens = 16}, {.n_tokens = 64}, {.n_tokens = 128}};
  if (!hw_bench(model, threads, rows, N_LENGTHS, &err)) die(&err);
  hw_model_close(model); /* the run opens its own: two copies would count twice */
  char data[64], db[64];
  (void)snprintf(data, sizeof data, "/tmp/headwater-bench-%ld.txt", (long)getpid());
  (void)snprintf(db, sizeof db, "/tmp/headwater-bench-%ld.db", (long)getpid());
  printf("%s, %d threads\n", hw_instruction_set(), threads);
  for (int i = 0; i < N_LENGTHS; i++) {
    write_prompts(tokenizer, data, n_prompts * 16 / rows[i].n_tokens, rows[i].n_tokens);
    double rate = trace_rate(argv[1], data, db, threads);
    printf("%4zu tokens: %7.2f traces/s, one costs %.2f forward passes\n", rows[i].n_tokens, rate, threads / rate / (rows[i].seconds[HW_BENCH_FORWARD] + rows[i].seconds[HW_BENCH_PREDICTION]));
    (void)fflush(stdout);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("peak memory %ld MiB\n", usage.ru_maxrss / 1024);
  (void)unlink(data);
  (void)unlink(db);
  hw_tokenizer_close(tokenizer);
  return 0;
}
