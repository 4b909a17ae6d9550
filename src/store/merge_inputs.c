/* SPDX-License-Identifier: Apache-2.0 */
#include "store/merge_inputs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "graph/keys.h"
#include "store/checked.h"

enum { CACHE_KILOBYTES = 2048 }; /* of each file, which is read once from its beginning to its end */

bool hw_merge_read_chunks(hw_store *store, size_t file, hw_merge_chunks *chunks, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "merge/chunks.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    hw_merge_chunk chunk = {.file = file};
    hw_checked_row checked = {&s, "chunk", hw_column_integer(&s, 0), err};
    ok = hw_checked_integer(&checked, 0, 0, HW_MAX_PROMPT, &chunk.chunk_id) && hw_checked_integer(&checked, 1, 0, HW_MAX_PROMPT - 1, &chunk.first_prompt) &&
         hw_checked_integer(&checked, 2, 1, HW_MAX_PROMPT - chunk.first_prompt, &chunk.n_prompts) &&
         hw_checked_integer(&checked, 3, 0, chunk.n_prompts, &chunk.n_failed) && hw_list_reserve(chunks->list, chunks->n, 1, chunks->capacity, NULL, err);
    if (ok) chunks->list[chunks->n++] = chunk;
  }
  hw_statement_close(&s);
  return ok;
}

const hw_merge_chunk *hw_merge_find_chunk(const hw_merge_chunks *chunks, int64_t chunk_id) {
  size_t low = 0, high = chunks->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (chunks->list[middle].chunk_id < chunk_id) low = middle + 1;
    else high = middle;
  }
  return low < chunks->n && chunks->list[low].chunk_id == chunk_id ? &chunks->list[low] : NULL;
}

/* Errors: a table of another program, whose rows would be lost. */
static bool check_tables(hw_store *store, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "merge/tables.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    const char *name = hw_column_text(&s, 0);
    if (!name) ok = hw_fail_memory(err, "the name of a table");
    else if (!hw_merge_find(name)) ok = hw_fail(err, HW_ERROR_INPUT, "%s: has a table %.80s, which is none of Headwater's: its rows would be lost", store->path, name);
  }
  hw_statement_close(&s);
  return ok;
}

static bool check_run(const hw_merge_inputs *inputs, hw_store *store, hw_error *err) {
  hw_error why;
  if (hw_store_check_run(store, &inputs->info, &why)) return true;
  return hw_fail(err, why.kind, "%s (here: %s)", why.message, inputs->files[0].store->path);
}

static bool open_file(hw_merge_inputs *inputs, const char *path, const hw_hooks *hooks, hw_error *err) {
  hw_merge_file *file = &inputs->files[inputs->n];
  if (!(file->rows = calloc(hw_n_merge_tables, sizeof *file->rows))) return hw_fail_memory(err, "the files of a merge");
  if (!hw_store_open_read_waiting(path, hooks, &file->store, err)) return false;
  inputs->n++;
  file->store->stoppable = true;
  if (!hw_store_set_cache(file->store, CACHE_KILOBYTES, err) || !hw_store_begin_read(file->store, err) || !check_tables(file->store, err)) return false;
  if (inputs->n == 1 ? !hw_store_read_run(file->store, &inputs->arena, &inputs->info, err) : !check_run(inputs, file->store, err)) return false;
  return hw_store_count_prompts(file->store, &file->counts, err) && hw_merge_read_chunks(file->store, inputs->n - 1, &inputs->chunks, err);
}

static int by_id(const void *a, const void *b) {
  const hw_merge_chunk *x = a, *y = b;
  if (x->chunk_id != y->chunk_id) return x->chunk_id < y->chunk_id ? -1 : 1;
  return (x->file > y->file) - (x->file < y->file);
}

/* Each chunk is in one file, and begins where the one before it ends. */
static bool check_chunks(const hw_merge_inputs *inputs, hw_error *err) {
  for (size_t i = 0; i < inputs->chunks.n; i++) {
    const hw_merge_chunk *chunk = &inputs->chunks.list[i], *before = i ? chunk - 1 : NULL;
    const char *path = inputs->files[chunk->file].store->path;
    if (before && before->chunk_id == chunk->chunk_id)
      return hw_fail(err, HW_ERROR_INPUT, "chunk %" PRId64 " (prompts %" PRId64 " to %" PRId64 ") is in both %s and %s", chunk->chunk_id, chunk->first_prompt,
                     chunk->first_prompt + chunk->n_prompts - 1, inputs->files[before->file].store->path, path);
    int64_t end = before ? before->first_prompt + before->n_prompts : 0;
    bool follows = before ? chunk->chunk_id == before->chunk_id + 1 : chunk->chunk_id == 0;
    if (chunk->first_prompt < end || (follows && chunk->first_prompt > end) || chunk->first_prompt + chunk->n_prompts > inputs->info.n_prompts)
      return hw_fail(err, HW_ERROR_INPUT, "%s: chunk %" PRId64 " begins with prompt %" PRId64 " and has %" PRId64 " of the run's %" PRId64 ", the chunks before it end with prompt %" PRId64,
                     path, chunk->chunk_id, chunk->first_prompt, chunk->n_prompts, inputs->info.n_prompts, end - 1);
  }
  return true;
}

bool hw_merge_inputs_open(hw_merge_inputs *inputs, const char *const *paths, size_t n, const hw_hooks *hooks, hw_error *err) {
  *inputs = (hw_merge_inputs){0};
  hw_arena_init(&inputs->arena);
  if (n == 0 || n > HW_MOST_MERGED)
    return hw_fail(err, HW_ERROR_INPUT, "%zu files to merge, want 1 to %d; more are merged in steps, with --partial", n, HW_MOST_MERGED);
  if (!(inputs->files = calloc(n, sizeof *inputs->files))) return hw_fail_memory(err, "the files of a merge");
  for (size_t i = 0; i < n; i++)
    if (!open_file(inputs, paths[i], hooks, err)) {
      free(inputs->n == i ? inputs->files[i].rows : NULL);
      return false;
    }
  if (inputs->chunks.n) qsort(inputs->chunks.list, inputs->chunks.n, sizeof *inputs->chunks.list, by_id);
  return check_chunks(inputs, err);
}

void hw_merge_inputs_close(hw_merge_inputs *inputs) {
  for (size_t i = 0; i < inputs->n; i++) {
    hw_merge_file *file = &inputs->files[i];
    for (size_t t = 0; t < hw_n_merge_tables; t++) hw_merge_rows_close(&file->rows[t]);
    free(file->rows);
    hw_store_rollback(file->store);
    hw_store_free(file->store);
  }
  free(inputs->files);
  free(inputs->chunks.list);
  hw_arena_fini(&inputs->arena);
  *inputs = (hw_merge_inputs){0};
}

/* The shards of the files' run that no file has, as "2, 5", and the files that are not finished. */
static void say_missing(const hw_merge_inputs *inputs, hw_buffer *out) {
  int64_t n_shards = inputs->files[0].counts.n_shards;
  for (size_t i = 0; i < inputs->n; i++)
    if (inputs->files[i].counts.n_shards != n_shards) n_shards = 0; /* some are merged ones */
  int64_t n_named = 0;
  for (int64_t k = 1; k <= n_shards && n_named < 10; k++) {
    bool there = false;
    for (size_t i = 0; i < inputs->n && !there; i++) there = inputs->files[i].counts.shard == k;
    if (!there) hw_buffer_printf(out, "%s%" PRId64, n_named++ ? ", " : "; there is no file of shards ", k);
  }
  if (n_named) hw_buffer_printf(out, " (of %" PRId64 ")", n_shards);
  size_t n_unfinished = 0;
  for (size_t i = 0; i < inputs->n && n_unfinished < 10; i++) {
    const hw_prompt_counts *c = &inputs->files[i].counts;
    if (c->n_shards && c->stored + c->failed < c->planned)
      hw_buffer_printf(out, "; %s lacks %" PRId64 " of %" PRId64, inputs->files[i].store->path, c->planned - c->stored - c->failed, c->planned), n_unfinished++;
  }
}

bool hw_merge_inputs_check_cover(const hw_merge_inputs *inputs, hw_error *err) {
  int64_t n = 0, first_missing = -1;
  for (size_t i = 0; i < inputs->chunks.n; i++) {
    if (first_missing < 0 && inputs->chunks.list[i].first_prompt > n) first_missing = n;
    n += inputs->chunks.list[i].n_prompts;
  }
  if (n >= inputs->info.n_prompts) return true;
  hw_buffer why;
  hw_buffer_init(&why);
  say_missing(inputs, &why);
  (void)hw_fail(err, HW_ERROR_INPUT, "%" PRId64 " of %" PRId64 " prompts are in none of the files, the first is prompt %" PRId64 "%.600s; --partial merges what is there",
                inputs->info.n_prompts - n, inputs->info.n_prompts, first_missing < 0 ? n : first_missing, why.data ? why.data : "");
  hw_buffer_fini(&why);
  return false;
}
