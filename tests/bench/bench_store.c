/* SPDX-License-Identifier: Apache-2.0
 * Size and speed of the store on made-up graphs: bench_store OUT.db [small|gpt2] [prompts] [prompts a chunk]
 * A chunk of `headwater run` has 2,048 tokens: 62 prompts of the shape gpt2, 120 of small. */
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/synthetic.h"
#include "base/text.h"

#include <time.h>

/* CPU seconds, so that a busy machine does not count. */
static double seconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static const synthetic_shape small = {SYNTHETIC_SMALL, .projected_heads = 10, .n_targets = 1, .threshold = 0.04, .floor = 0.04};
static const synthetic_shape gpt2 = {SYNTHETIC_GPT2, .projected_heads = 14, .n_targets = 1, .threshold = 0.04, .floor = 0.04};

static int complain(const hw_error *err) {
  fprintf(stderr, "bench_store: %s\n", err->message);
  return 1;
}

/* Text of all tokens, and what every neuron of a top list says. */
static bool put_words(hw_store *store, const synthetic_shape *shape, hw_arena *arena, hw_error *err) {
  size_t most = (size_t)shape->n_layers * shape->d_ffn, n;
  const char **pieces = hw_arena_new(arena, const char *, shape->vocab, err);
  size_t *lengths = hw_arena_new(arena, size_t, shape->vocab, err);
  uint16_t *layers = hw_arena_new(arena, uint16_t, most, err);
  uint32_t *neurons = hw_arena_new(arena, uint32_t, most, err);
  hw_projection *rows = hw_arena_znew(arena, hw_projection, most, err);
  if (!pieces || !lengths || !layers || !neurons || !rows) return false;
  for (uint32_t i = 0; i < shape->vocab; i++) {
    char text[16];
    lengths[i] = (size_t)snprintf(text, sizeof text, " w%" PRIu32, i);
    if (!(pieces[i] = hw_arena_copy(arena, text, lengths[i], err))) return false;
  }
  if (!hw_store_put_vocabulary(store, shape->vocab, pieces, lengths, err) || !hw_store_pending_neurons(store, most, layers, neurons, &n, err)) return false;
  uint64_t rng = 7;
  for (size_t i = 0; i < n; i++) {
    rows[i] = (hw_projection){.kind = HW_COMPONENT_NEURON, .convention = HW_CONVENTION_ALONE, .layer = layers[i], .index = neurons[i], .k = (uint16_t)shape->k_tokens};
    synthetic_list(&rng, shape, 1, &rows[i].promotes, &rows[i].promote_scores, arena);
    synthetic_list(&rng, shape, -1, &rows[i].suppresses, &rows[i].suppress_scores, arena);
  }
  return hw_store_put_neuron_projections(store, rows, n, err);
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "bench_store OUT.db [small|gpt2] [prompts] [prompts a chunk]\n"), 2;
  const synthetic_shape *shape = argc > 2 && !strcmp(argv[2], "gpt2") ? &gpt2 : &small;
  int64_t n_prompts = 10000, chunk_size = 2048 / shape->n_tokens;
  if (argc > 3 && !hw_parse_int(argv[3], 1, INT64_C(1) << 40, &n_prompts)) return 2;
  if (argc > 4 && !hw_parse_int(argv[4], 1, n_prompts, &chunk_size)) return 2;
  size_t n_groups = 4;
  hw_run_info info = synthetic_run(shape, n_groups, n_prompts);
  hw_error err = {0};
  hw_store *store;
  (void)unlink(argv[1]);
  if (!hw_store_open_run(argv[1], &info, &synthetic_process, false, &store, &err)) return complain(&err);
  hw_store_commit_every(store, 1);
  double encode = 0, put = 0;
  size_t edges = 0, neurons = 0, heads = 0, projections = 0, graphs = 0;
  hw_arena arena;
  hw_arena_init(&arena);
  for (int64_t first = 0, index = 0; first < n_prompts; first += chunk_size, index++) {
    hw_chunk_record chunk;
    hw_encoded_chunk *encoded;
    size_t n = (size_t)(n_prompts - first < chunk_size ? n_prompts - first : chunk_size);
    hw_arena_reset(&arena);
    if (!synthetic_chunk(1, index, first, n, shape, n_groups, false, &arena, &chunk, &err)) return complain(&err);
    for (size_t i = 0; i < n; i++)
      for (size_t g = 0; g < chunk.prompts[i].n_graphs; g++, graphs++) {
        edges += chunk.prompts[i].graphs[g].graph->n_edges;
        heads += chunk.prompts[i].graphs[g].graph->n_heads;
        neurons += chunk.prompts[i].graphs[g].n_neurons;
        projections += chunk.prompts[i].graphs[g].n_projections;
      }
    double start = seconds();
    if (!hw_encode_chunk(&chunk, &info, &encoded, &err)) return complain(&err);
    double middle = seconds();
    if (!hw_store_put_chunk(store, encoded, &err)) return complain(&err);
    put += seconds() - middle;
    encode += middle - start;
    hw_encoded_chunk_free(encoded);
  }
  hw_arena_reset(&arena);
  if (!hw_store_flush(store, &err) || !put_words(store, shape, &arena, &err)) return complain(&err);
  double start = seconds();
  if (!hw_store_close(store, true, &err)) return complain(&err);
  double closing = seconds() - start;
  hw_arena_fini(&arena);
  struct stat status;
  if (stat(argv[1], &status) != 0) return 1;
  double n = (double)n_prompts, g = (double)graphs;
  printf("%" PRId64 " prompts: per graph %.0f edges, %.0f heads, %.0f neurons, %.0f projections\n", n_prompts,
         (double)edges / g, (double)heads / g, (double)neurons / g, (double)projections / g);
  printf("%.0f bytes/prompt; encode %.3f ms, put %.3f ms a prompt: %.0f prompts/s on one core; close %.2f s\n",
         (double)status.st_size / n, 1e3 * encode / n, 1e3 * put / n, n / (encode + put + closing), closing);
  return 0;
}
