/* SPDX-License-Identifier: Apache-2.0
 * Finds the row whose column cannot be decoded: an SQL function sees the bytes, not the row that they are from. */
#include <inttypes.h>
#include <string.h>

#include "codec/codec.h"
#include "store/damage.h"

/* The first column of the row that cannot be decoded, NULL when all can. */
static const char *damaged_column(const hw_statement *s, hw_arena *arena) {
  static const char *const names[] = {"edges", "heads", "neurons", "projections"};
  int64_t graph_id = hw_column_integer(s, 0);
  for (int c = 0; c < 4; c++) {
    hw_blob_info info;
    hw_part *parts;
    hw_head_row *heads;
    hw_neurons neurons;
    hw_projections projections;
    size_t n, length;
    hw_arena_reset(arena);
    const void *bytes = hw_column_blob(s, 1 + c, &length);
    bool ok = c == 0   ? hw_decode_edges(bytes, length, arena, &info, &parts, &n, NULL)
              : c == 1 ? hw_decode_heads(bytes, length, arena, &info, &heads, &n, NULL)
              : c == 2 ? hw_decode_neurons(bytes, length, HW_ROWS_STORED, arena, &info, &neurons, NULL)
                       : hw_decode_projections(bytes, length, HW_ROWS_STORED, arena, &info, &projections, NULL);
    if (!ok || info.prompt_id != hw_graph_id_prompt(graph_id) || info.frame.target != hw_graph_id_target(graph_id)) return names[c];
  }
  return NULL;
}

static bool find_in_graphs(hw_store *store, hw_arena *arena, hw_buffer *where) {
  hw_statement s;
  bool found = false, row, ok = hw_statement_open(&s, store, "damage/graphs.sql", NULL);
  while (ok && !found && hw_statement_step(&s, &row, NULL) && row) {
    const char *column = damaged_column(&s, arena);
    if (!column) continue;
    int64_t graph_id = hw_column_integer(&s, 0);
    hw_buffer_printf(where, "the %s of prompt %" PRId64 ", target %u", column, hw_graph_id_prompt(graph_id), hw_graph_id_target(graph_id));
    found = true;
  }
  hw_statement_close(&s);
  return found;
}

static bool sound_tokens(const void *bytes, size_t length, int64_t id, hw_arena *arena) {
  int32_t *ids;
  size_t n;
  (void)id;
  return hw_decode_tokens(bytes, length, arena, &ids, &n, NULL);
}

static bool sound_lens(const void *bytes, size_t length, int64_t id, hw_arena *arena) {
  int64_t prompt_id;
  size_t n;
  hw_answer_lens lens;
  return hw_decode_lens(bytes, length, arena, &prompt_id, &n, &lens, NULL) && prompt_id == id;
}

static bool sound_item(const void *bytes, size_t length, int64_t id, hw_arena *arena) {
  hw_item_graph *graphs;
  size_t n;
  (void)id;
  return hw_decode_item_graphs(bytes, length, arena, &graphs, &n, NULL);
}

static bool sound_relevance(const void *bytes, size_t length, int64_t id, hw_arena *arena) {
  hw_blob_info info;
  hw_relevance_rows rows;
  return hw_decode_relevance(bytes, length, arena, &info, &rows, NULL) && info.prompt_id == id;
}

static bool find_in(hw_store *store, const char *file, const char *what, bool (*sound)(const void *, size_t, int64_t, hw_arena *), hw_arena *arena,
                    hw_buffer *where) {
  hw_statement s;
  bool found = false, row, ok = hw_statement_open(&s, store, file, NULL);
  while (ok && !found && hw_statement_step(&s, &row, NULL) && row) {
    int64_t id = hw_column_integer(&s, 0);
    size_t length;
    const void *bytes = hw_column_blob(&s, 1, &length);
    hw_arena_reset(arena);
    if (sound(bytes, length, id, arena)) continue;
    hw_buffer_printf(where, "%s %" PRId64, what, id);
    found = true;
  }
  hw_statement_close(&s);
  return found;
}

bool hw_find_damage(hw_store *store, hw_buffer *where) {
  hw_arena arena;
  hw_arena_init(&arena);
  bool found = find_in_graphs(store, &arena, where) ||
               find_in(store, "damage/tokens.sql", "the tokens of prompt", sound_tokens, &arena, where) ||
               find_in(store, "damage/lens.sql", "the logit lens of prompt", sound_lens, &arena,
                       where) ||
               find_in(store, "damage/relevance.sql", "the relevance of prompt", sound_relevance, &arena, where) ||
               find_in(store, "damage/items.sql", "the graphs of item", sound_item, &arena, where);
  hw_arena_fini(&arena);
  return found;
}
