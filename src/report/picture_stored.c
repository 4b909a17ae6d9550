/* SPDX-License-Identifier: Apache-2.0
 * The picture of a graph from a database. */
#include <inttypes.h>

#include "report/picture.h"
#include "sqlite/connection.h"

typedef struct vocabulary {
  size_t n, *lengths;
  const char **pieces;
} vocabulary;

static bool find_piece(void *context, int32_t id, const char **bytes, size_t *length) {
  const vocabulary *v = context;
  if (id < 0 || (size_t)id >= v->n || !v->pieces[id]) return false;
  *bytes = v->pieces[id];
  *length = v->lengths[id];
  return true;
}

static bool put(hw_store *store, int64_t prompt_id, int64_t *target, hw_arena *arena, hw_buffer *out, hw_error *err) {
  hw_run_info info;
  hw_graph_record record;
  vocabulary tokens;
  hw_prompt_record prompt;
  bool found = false;
  if (!hw_store_read_run(store, arena, &info, err) ||
      !hw_store_read_graph(store, &info, prompt_id, *target, info.threshold, arena, &found, &record, err)) return false;
  if (!found && *target < 0) return hw_fail(err, HW_ERROR_INPUT, "%s: there is no graph of prompt %" PRId64, store->path, prompt_id);
  if (!found) return hw_fail(err, HW_ERROR_INPUT, "%s: there is no graph of prompt %" PRId64 " at target %" PRId64, store->path, prompt_id, *target);
  if (!hw_store_read_prompt(store, &info, prompt_id, arena, &found, &prompt, err) ||
      !hw_store_read_vocabulary(store, &info, arena, &tokens.n, &tokens.pieces, &tokens.lengths, err))
    return false;
  hw_buffer title;
  hw_buffer_init(&title);
  hw_buffer_printf(&title, "%s: prompt %" PRId64 " of %s", info.model_name, prompt_id, info.dataset_name);
  *target = record.frame.target;
  hw_picture picture = {.record = &record, .ids = prompt.ids, .threshold = info.threshold, .title = title.data, .piece = find_piece, .context = &tokens};
  bool ok = hw_buffer_check(&title, err);
  if (ok) hw_picture_put_svg(&picture, out);
  hw_buffer_fini(&title);
  return ok && hw_buffer_check(out, err);
}

bool hw_store_put_picture(hw_store *store, int64_t prompt_id, int64_t *target, hw_buffer *out, hw_error *err) {
  hw_arena arena;
  hw_arena_init(&arena);
  bool ok = put(store, prompt_id, target, &arena, out, err);
  hw_arena_fini(&arena);
  return ok;
}
