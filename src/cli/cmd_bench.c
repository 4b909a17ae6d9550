/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <omp.h>
#include <stddef.h>
#include <stdlib.h>

#include "cli/command.h"
#include "headwater/bench.h"
#include "headwater/run.h"

typedef struct bench_settings {
  const char *model, *architecture, *tokens;
  int64_t threads;
  int gemm;      /* hw_gemm_choice */
  int precision; /* hw_precision */
  int packed;    /* index into packed_names */
} bench_settings;

static const char *const gemm_names[] = {"built-in", "openblas", NULL};
static const char *const precision_names[] = {"f32", "bf16", NULL};

static const char *const packed_names[] = {"yes", "no", NULL};

#define AT(field) offsetof(bench_settings, field)
static const hw_option rows[] = {
    {"model", HW_OPTION_PATH, AT(model), "DIR", "model folder, or the name of a model in the Hugging Face cache", 0, 0, NULL, false},
    {"architecture", HW_OPTION_PATH, AT(architecture), "FILE", "describes the model, instead of its headwater.json", 0, 0, NULL, false},
    {"tokens", HW_OPTION_TEXT, AT(tokens), "LIST", "lengths of prompts", 0, 0, NULL, false},
    {"threads", HW_OPTION_COUNT, AT(threads), "N", "threads at once; 0 for one per core", 0, 1024, NULL, false},
    {"gemm", HW_OPTION_CHOICE, AT(gemm), "WHICH", "matrix products: built-in or openblas", 0, 0, gemm_names, false},
    {"packed", HW_OPTION_CHOICE, AT(packed), "WHEN", "weights are packed for products beforehand: yes; or no, a panel at a time, as run does where memory is short", 0, 0, packed_names, false},
    {"precision", HW_OPTION_CHOICE, AT(precision), "WHICH", "products with the weights of layers: f32 or bf16; the peak is that of f32 in either case", 0, 0, precision_names, false},
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};
static const bench_settings usual = {.tokens = "16,64,128,512", .threads = 1};

static const hw_option_table *options(void **defaults) {
  static bench_settings settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

enum { MOST_LENGTHS = 64 };

/* Numbers with commas between them; 0 for anything else. */
static size_t read_lengths(const char *text, hw_bench_row *lengths) {
  size_t n = 0;
  for (;;) {
    char *end;
    long value = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : 0;
    if (value <= 0 || n == MOST_LENGTHS || (*end != ',' && *end != '\0')) return 0;
    lengths[n++] = (hw_bench_row){.n_tokens = (size_t)value};
    if (*end == '\0') return n;
    text = end + 1;
  }
}

static void print_cells(size_t n_tokens, const char *name, double seconds, double flop, double peak) {
  printf("%6zu  %-13s %9.2f", n_tokens, name, 1e3 * seconds);
  if (flop > 0) printf(" %9.1f %6.0f%%", flop / seconds / 1e9, 100 * flop / seconds / peak);
}

/* The forward pass with its last position unembedded is what a trace is compared with. */
static void print_row(const hw_bench_row *row, double peak) {
  double sum = 0, bare = row->seconds[HW_BENCH_FORWARD] + row->seconds[HW_BENCH_PREDICTION];
  for (int stage = 0; stage < HW_BENCH_STAGES; stage++) {
    print_cells(row->n_tokens, hw_bench_stage_name((hw_bench_stage)stage), row->seconds[stage], row->flop[stage], peak);
    printf("\n");
    sum += row->seconds[stage];
    if (stage != HW_BENCH_PREDICTION) continue;
    print_cells(row->n_tokens, "bare forward", bare, row->flop[HW_BENCH_FORWARD] + row->flop[HW_BENCH_PREDICTION], peak);
    printf(" %7.2f\n", 1.0);
  }
  printf("%6zu  %-13s %9.2f%26.2f\n", row->n_tokens, "all", 1e3 * sum, sum / bare);
}

static int measure(hw_model *model, int threads, const bench_settings *settings, hw_bench_row *lengths, size_t n, hw_error *err) {
  bool blas = settings->gemm == HW_GEMM_OPENBLAS, bf16 = settings->precision == HW_PRECISION_BF16;
  const char *kernel = "";
  if (blas && !hw_blas_start(threads, &kernel, err)) return hw_cli_fail(err);
  if (blas) hw_model_use_blas(model);
  if (bf16) hw_model_use_bf16(model);
  if (!blas && !(hw_model_screen(model, threads, err) && (settings->packed != 0 || hw_model_pack(model, threads, err)))) return hw_cli_fail(err);
  double peak = hw_bench_peak(threads);
  if (!hw_bench(model, threads, lengths, n, err)) return hw_cli_fail(err);
  if (blas) printf("products     OpenBLAS %s\n", kernel);
  else printf("products     built-in %s%s%s, %.0f MiB of packed weights\n", hw_instruction_set(), bf16 ? " + " : "", bf16 ? hw_bf16_products() : "",
              settings->packed == 0 ? (double)hw_model_packed_bytes(model) / 1048576 : 0);
  printf("threads      %d\npeak         %.1f GFLOP/s a core\n\n", threads, peak / 1e9);
  printf("tokens  stage         ms/prompt   GFLOP/s    peak   times\n");
  for (size_t i = 0; i < n; i++) print_row(&lengths[i], peak);
  hw_screen_counts screened = hw_model_screen_counts(model);
  if (screened.vectors)
    printf("\nprojections of %" PRIu64 " vectors took %.2f products in 8-bit numbers and %.0f tokens in float32 each; %" PRIu64 " of them took the whole vocabulary\n",
           screened.vectors, (double)screened.products / (double)screened.vectors, (double)screened.tokens / (double)screened.vectors, screened.in_full);
  return hw_cli_finish();
}

static int run(const hw_command *command, int argc, char **argv) {
  bench_settings settings = usual;
  hw_bench_row lengths[MOST_LENGTHS];
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, NULL, 0, 0, &n, &err)) return hw_cli_usage(command, err.message);
  if (!settings.model) return hw_cli_usage(command, "no --model DIR given");
  size_t n_lengths = read_lengths(settings.tokens, lengths);
  if (!n_lengths) return hw_cli_usage(command, "--tokens wants up to 64 numbers above 0, as 16,128");
  if (settings.gemm == HW_GEMM_OPENBLAS && settings.precision == HW_PRECISION_BF16)
    return hw_cli_usage(command, "--precision bf16 wants the built-in products, not --gemm openblas");
  hw_model *model;
  if (!hw_model_open_as(settings.model, settings.architecture, &model, &err)) return hw_cli_fail(&err);
  int code = measure(model, settings.threads ? (int)settings.threads : omp_get_num_procs(), &settings, lengths, n_lengths, &err);
  hw_model_close(model);
  return code;
}

const hw_command hw_cmd_bench = {
    .name = "bench",
    .usage = "--model DIR [options]",
    .summary = "how fast a model is traced here, against the limit of this machine",
    .example = "  headwater bench --model datasets/models/headwater-gpt2 --tokens 16,64\n",
    .options = options,
    .run = run,
};
