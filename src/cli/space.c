/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/space.h"

#include <inttypes.h>

#include "base/text.h"

static bool read_space(hw_store *store, hw_arena *arena, hw_space *space, hw_prompt_counts *counts, hw_error *err) {
  return hw_store_space(store, arena, space, err) && hw_store_count_prompts(store, counts, err);
}

static double a_prompt(int64_t bytes, const hw_prompt_counts *counts) { return counts->stored > 0 ? (double)bytes / (double)counts->stored : 0; }

bool hw_cli_put_space(hw_store *store, hw_buffer *out, hw_error *err) {
  hw_arena arena;
  hw_space space;
  hw_prompt_counts counts;
  hw_arena_init(&arena);
  bool ok = read_space(store, &arena, &space, &counts, err);
  if (ok) {
    for (size_t i = 0; i < space.n_tables; i++) hw_hide_controls((char *)space.tables[i].name); /* the arena's own */
    hw_buffer_printf(out, "%-22s %13s %7s %13s %10s\n", "table, with its indices", "bytes", "share", "bytes/prompt", "unused");
    for (size_t i = 0; i < space.n_tables; i++) {
      const hw_table_space *t = &space.tables[i];
      hw_buffer_printf(out, "%-22s %13" PRId64 " %6.1f%% %13.1f %10" PRId64 "\n", t->name, t->bytes, 100 * (double)t->bytes / (double)space.bytes, a_prompt(t->bytes, &counts),
                       t->unused);
    }
    hw_buffer_printf(out, "%-22s %13" PRId64 " %6.1f%% %13.1f\n", "free pages", space.free_bytes, 100 * (double)space.free_bytes / (double)space.bytes,
                     a_prompt(space.free_bytes, &counts));
    hw_buffer_printf(out, "%-22s %13" PRId64 " %6.1f%% %13.1f\n", "all", space.bytes, 100.0, a_prompt(space.bytes, &counts));
  }
  hw_arena_fini(&arena);
  return ok && hw_buffer_check(out, err);
}

static void put_member(hw_json *json, const char *key, int64_t value) {
  hw_json_key(json, key);
  hw_json_int(json, value);
}

bool hw_cli_put_space_json(hw_store *store, hw_json *json, hw_error *err) {
  hw_arena arena;
  hw_space space;
  hw_prompt_counts counts;
  hw_arena_init(&arena);
  bool ok = read_space(store, &arena, &space, &counts, err);
  if (ok) {
    put_member(json, "bytes", space.bytes);
    put_member(json, "free_bytes", space.free_bytes);
    put_member(json, "page_size", space.page_size);
    hw_json_key(json, "tables");
    hw_json_begin_array(json);
    for (size_t i = 0; i < space.n_tables; i++) {
      const hw_table_space *t = &space.tables[i];
      hw_json_begin_object(json);
      hw_json_key(json, "table");
      hw_json_string(json, t->name);
      put_member(json, "bytes", t->bytes);
      put_member(json, "unused", t->unused);
      hw_json_key(json, "bytes_a_prompt");
      hw_json_double(json, a_prompt(t->bytes, &counts));
      hw_json_end_object(json);
    }
    hw_json_end_array(json);
  }
  hw_arena_fini(&arena);
  return ok;
}
