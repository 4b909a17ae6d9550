/* SPDX-License-Identifier: Apache-2.0
 * A run at another threshold, from its stored rows: they are complete down to the floor, so the graphs are exactly those of a rerun. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "base/size.h"
#include "headwater/store.h"
#include "run/plan.h"
#include "store/checked.h"

typedef struct rerun {
  hw_store *source, *target;
  hw_run_info info; /* of the target */
  hw_arena arena;   /* of the whole */
  const hw_hooks *hooks;
  int64_t *n_prompts, *n_failed; /* of the target */
  hw_error *err;
} rerun;

/* Whether the user stopped it, which is an error then. */
static bool stopped(const rerun *r) {
  if (!hw_asked_to_stop(r->hooks)) return false;
  (void)hw_fail(r->err, HW_ERROR_INTERRUPTED, "stopped with %" PRId64 " prompts stored in %s; the same command continues", *r->n_prompts, r->target->path);
  return true;
}

static const char *setting_text(rerun *r, const char *name, const hw_job *job) {
  hw_buffer text;
  hw_buffer_init(&text);
  hw_option_table table = hw_job_options();
  for (size_t i = 0; i < table.n; i++)
    if (strcmp(table.rows[i].name, name) == 0) (void)hw_option_format(&table.rows[i], job, &text);
  const char *value = hw_buffer_check(&text, r->err) ? hw_arena_copy(&r->arena, text.data, text.length, r->err) : NULL;
  hw_buffer_fini(&text);
  return value;
}

/* The source's settings with the new threshold; the floor stays. */
static bool make_info(rerun *r, double threshold) {
  hw_job job;
  hw_job_defaults(&job);
  job.analysis.threshold = threshold;
  job.analysis.floor = r->info.floor;
  const char *changed[] = {"threshold", "floor"};
  const char **values = hw_arena_new(&r->arena, const char *, r->info.n_settings, r->err);
  if (!values) return false;
  for (size_t i = 0; i < r->info.n_settings; i++) {
    values[i] = r->info.setting_values[i];
    for (int c = 0; c < 2; c++)
      if (strcmp(r->info.setting_names[i], changed[c]) == 0 && !(values[i] = setting_text(r, changed[c], &job))) return false;
  }
  r->info.setting_values = values;
  r->info.threshold = threshold;
  r->info.fingerprint = hw_run_fingerprint(&r->info, &r->arena, r->err);
  return r->info.fingerprint != NULL;
}

static bool replay_chunk(rerun *r, hw_chunk_record *chunk, hw_arena *arena) {
  for (size_t p = 0; p < chunk->n_prompts; p++) {
    const hw_prompt_record *prompt = &chunk->prompts[p];
    hw_graph_record *graphs = hw_arena_new(arena, hw_graph_record, prompt->n_graphs, r->err);
    if (!graphs) return false;
    if (prompt->n_graphs) memcpy(graphs, prompt->graphs, prompt->n_graphs * sizeof *graphs);
    for (size_t g = 0; g < prompt->n_graphs; g++)
      if (!hw_graph_record_replay(&graphs[g], &r->info, r->info.threshold, arena, r->err)) return false;
    ((hw_prompt_record *)chunk->prompts)[p].graphs = graphs; /* the chunk's own array, in our arena */
  }
  return true;
}

static bool copy_chunks(rerun *r, const bool *done, int64_t n_chunks) {
  hw_arena arena;
  hw_arena_init(&arena);
  bool ok = true;
  for (int64_t c = 0; ok && c < n_chunks; c++) {
    hw_chunk_record chunk;
    hw_encoded_chunk *encoded = NULL;
    bool found;
    if (done[c]) continue;
    hw_arena_reset(&arena);
    ok = !stopped(r) && hw_store_read_chunk(r->source, &r->info, c, &arena, &found, &chunk, r->err);
    if (!ok || !found) continue;
    ok = replay_chunk(r, &chunk, &arena) && hw_encode_chunk(&chunk, &r->info, &encoded, r->err) &&
         hw_store_put_chunk(r->target, encoded, r->err);
    hw_encoded_chunk_free(encoded);
    if (!ok) continue;
    for (size_t p = 0; p < chunk.n_prompts; p++) ++*(chunk.prompts[p].failure ? r->n_failed : r->n_prompts);
    hw_tell_progress(r->hooks, "prompts", *r->n_prompts + *r->n_failed, r->info.n_prompts);
  }
  hw_arena_fini(&arena);
  return ok;
}

static bool copy_block(rerun *r, const uint16_t *layers, const uint32_t *neurons, size_t n, hw_arena *arena, size_t *n_found) {
  size_t kept = 0;
  hw_arena_reset(arena);
  hw_projection *rows = hw_arena_new(arena, hw_projection, n, r->err);
  for (size_t i = 0; rows && i < n; i++) {
    bool found;
    if (!hw_store_read_neuron(r->source, &r->info, layers[i], neurons[i], arena, &found, &rows[kept], r->err)) return false;
    kept += found;
  }
  *n_found += kept;
  return rows && hw_store_put_neuron_projections(r->target, rows, kept, r->err);
}

/* At a lower threshold there are neurons that the source's graphs had not. */
static void tell_missing(const rerun *r, size_t missing, size_t n) {
  char line[200];
  (void)snprintf(line, sizeof line, "%zu of %zu neurons in the lists of the new graphs have no projection in the source: headwater run makes them", missing, n);
  if (r->hooks && r->hooks->notice) r->hooks->notice(r->hooks->context, line);
}

/* Projections as the source's setting has them: of all neurons, or of those in the lists of the new graphs. */
static bool copy_neurons(rerun *r) {
  enum { TOGETHER = 1024 };
  const char *setting = hw_run_setting(&r->info, "neuron-projections");
  bool every = strcmp(setting, "all") == 0, none = strcmp(setting, "none") == 0;
  size_t all = (size_t)r->info.n_layers * r->info.d_ffn, n = all, found = 0;
  uint16_t *layers = hw_arena_new(&r->arena, uint16_t, all, r->err);
  uint32_t *neurons = hw_arena_new(&r->arena, uint32_t, all, r->err);
  if (!layers || !neurons || (!every && !hw_store_pending_neurons(r->target, all, layers, neurons, &n, r->err))) return false;
  for (size_t i = 0; every && i < n; i++) {
    layers[i] = (uint16_t)(i / r->info.d_ffn);
    neurons[i] = (uint32_t)(i % r->info.d_ffn);
  }
  hw_arena block;
  hw_arena_init(&block);
  bool ok = true;
  for (size_t i = 0, count; ok && i < n; i += count) {
    count = hw_smaller(n - i, TOGETHER);
    ok = !stopped(r) && copy_block(r, layers + i, neurons + i, count, &block, &found);
    hw_tell_progress(r->hooks, "neurons", (int64_t)(i + count), (int64_t)n);
  }
  hw_arena_fini(&block);
  if (ok && !every && !none && found < n) tell_missing(r, n - found, n);
  return ok;
}

static bool copy_all(rerun *r) {
  size_t n_pieces, *lengths;
  const char **pieces;
  int64_t n_chunks, n_stored, n_failed;
  if (!hw_store_read_vocabulary(r->source, &r->info, &r->arena, &n_pieces, &pieces, &lengths, r->err) ||
      !hw_store_put_vocabulary(r->target, n_pieces, pieces, lengths, r->err) || !hw_store_count_chunks(r->source, &r->info, &n_chunks, r->err))
    return false;
  bool *done = hw_arena_znew(&r->arena, bool, (size_t)n_chunks, r->err);
  if (!done || !hw_store_chunks_done(r->target, (size_t)n_chunks, done, &n_stored, &n_failed, r->err)) return false;
  *r->n_prompts = n_stored - n_failed;
  *r->n_failed = n_failed;
  hw_tell_progress(r->hooks, "prompts", n_stored, r->info.n_prompts);
  return copy_chunks(r, done, n_chunks) && copy_neurons(r);
}

static bool check_source(rerun *r, const char *source, double threshold) {
  int64_t n_chunks, n_stored = 0;
  if (!hw_store_read_run(r->source, &r->arena, &r->info, r->err) || !hw_store_count_chunks(r->source, &r->info, &n_chunks, r->err)) return false;
  if (threshold < r->info.floor)
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: threshold %g is below the floor %g down to which rows are stored", source, threshold,
                   r->info.floor);
  bool *done = hw_arena_znew(&r->arena, bool, (size_t)n_chunks, r->err);
  int64_t n_failed;
  if (!done || !hw_store_chunks_done(r->source, (size_t)n_chunks, done, &n_stored, &n_failed, r->err)) return false;
  return n_stored == r->info.n_prompts || hw_fail(r->err, HW_ERROR_INPUT, "%s: of %lld prompts only %lld are stored and %lld failed; finish the run first",
                                                  source, (long long)r->info.n_prompts, (long long)(n_stored - n_failed), (long long)n_failed);
}

bool hw_rethreshold(const char *source, double threshold, const char *out, const hw_hooks *hooks, int64_t *n_prompts, int64_t *n_failed,
                    hw_error *err) {
  hw_error unread = {0};
  if (!err) err = &unread;
  *n_prompts = *n_failed = 0;
  if (!hw_given_check("database", out, err) || !hw_number_check("threshold", threshold, 0, 1, err)) return false;
  rerun r = {.hooks = hooks, .n_prompts = n_prompts, .n_failed = n_failed, .err = err};
  hw_arena_init(&r.arena);
  hw_process_info process = {.model_path = "", .dataset_path = source, .program_version = HW_VERSION, .blas_kernel = "", .threads = 1, .hooks = hooks};
  bool ok = hw_store_open_read_waiting(source, hooks, &r.source, err) && check_source(&r, source, threshold) && make_info(&r, threshold) &&
            hw_store_open_run(out, &r.info, &process, false, &r.target, err);
  if (ok) {
    hw_store_commit_every(r.target, 1);
    ok = copy_all(&r);
    hw_error closing = {0};
    bool stopped_early = !ok && err->kind == HW_ERROR_INTERRUPTED, closed = hw_store_close(r.target, ok || stopped_early, &closing);
    if (stopped_early && closing.kind == HW_ERROR_INTERRUPTED) (void)hw_fail(err, HW_ERROR_INTERRUPTED, "%s; %s", err->message, closing.message);
    else if (!closed && (ok || stopped_early)) *err = closing;
    ok = ok && closed;
  }
  (void)hw_store_close(r.source, false, NULL);
  hw_arena_fini(&r.arena);
  return ok;
}
