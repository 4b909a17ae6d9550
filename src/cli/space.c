/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/space.h"

#include <inttypes.h>

#include "base/text.h"

typedef struct used {
  hw_arena arena; /* of `space` */
  hw_space space;
  hw_prompt_counts counts;
} used;

/* End it with hw_arena_fini of its arena, also after an error. */
static bool read_used(hw_store *store, used *u, hw_error *err) {
  hw_arena_init(&u->arena);
  return hw_store_space(store, &u->arena, &u->space, err) && hw_store_count_prompts(store, &u->counts, err);
}

static double a_prompt(int64_t bytes, const hw_prompt_counts *counts) { return counts->stored > 0 ? (double)bytes / (double)counts->stored : 0; }

bool hw_cli_put_space(hw_store *store, hw_buffer *out, hw_error *err) {
  used u;
  bool ok = read_used(store, &u, err);
  if (ok) {
    for (size_t i = 0; i < u.space.n_tables; i++) hw_hide_controls((char *)u.space.tables[i].name); /* the arena's own */
    hw_buffer_printf(out, "%-22s %13s %7s %13s %10s\n", "table, with its indices", "bytes", "share", "bytes/prompt", "unused");
    for (size_t i = 0; i < u.space.n_tables; i++) {
      const hw_table_space *t = &u.space.tables[i];
      hw_buffer_printf(out, "%-22s %13" PRId64 " %6.1f%% %13.1f %10" PRId64 "\n", t->name, t->bytes, 100 * (double)t->bytes / (double)u.space.bytes, a_prompt(t->bytes, &u.counts),
                       t->unused);
    }
    hw_buffer_printf(out, "%-22s %13" PRId64 " %6.1f%% %13.1f\n", "free pages", u.space.free_bytes, 100 * (double)u.space.free_bytes / (double)u.space.bytes,
                     a_prompt(u.space.free_bytes, &u.counts));
    hw_buffer_printf(out, "%-22s %13" PRId64 " %6.1f%% %13.1f\n", "all", u.space.bytes, 100.0, a_prompt(u.space.bytes, &u.counts));
  }
  hw_arena_fini(&u.arena);
  return ok && hw_buffer_check(out, err);
}

bool hw_cli_put_space_json(hw_store *store, hw_json *json, hw_error *err) {
  used u;
  bool ok = read_used(store, &u, err);
  if (ok) {
    hw_json_key_int(json, "bytes", u.space.bytes);
    hw_json_key_int(json, "free_bytes", u.space.free_bytes);
    hw_json_key_int(json, "page_size", u.space.page_size);
    hw_json_key(json, "tables");
    hw_json_begin_array(json);
    for (size_t i = 0; i < u.space.n_tables; i++) {
      const hw_table_space *t = &u.space.tables[i];
      hw_json_begin_object(json);
      hw_json_key_string(json, "table", t->name);
      hw_json_key_int(json, "bytes", t->bytes);
      hw_json_key_int(json, "unused", t->unused);
      hw_json_key_double(json, "bytes_a_prompt", a_prompt(t->bytes, &u.counts));
      hw_json_end_object(json);
    }
    hw_json_end_array(json);
  }
  hw_arena_fini(&u.arena);
  return ok;
}
