/* SPDX-License-Identifier: Apache-2.0
 * Which part of a run a database is for. */
#include <inttypes.h>

#include "headwater/store.h"
#include "sqlite/connection.h"
#include "store/checked.h"

enum { FIRST_VERSION = 3, MOST_SHARDS = 1000000, MOST_NAMED = 10 }; /* FIRST_VERSION: of the schema, whose processes name their shard */

static void put_shard(hw_buffer *out, int64_t shard, int64_t n_shards) {
  if (n_shards) hw_buffer_printf(out, "shard %" PRId64 " of %" PRId64, shard, n_shards);
  else hw_buffer_append_string(out, "all chunks");
}

typedef struct parts { /* that processes took */
  int64_t n;
  bool has_wanted;
  hw_buffer text;
} parts;

static void add_part(parts *p, int64_t shard, int64_t n_shards, int64_t wanted, int64_t n_wanted) {
  p->has_wanted = p->has_wanted || (shard == wanted && n_shards == n_wanted);
  if (p->n) hw_buffer_append_string(&p->text, p->n < MOST_NAMED ? ", " : p->n == MOST_NAMED ? ", ..." : "");
  if (p->n++ < MOST_NAMED) put_shard(&p->text, shard, n_shards);
}

static bool read_parts(hw_store *store, parts *p, int64_t wanted, int64_t n_wanted, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "open/shards.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    int64_t shard = 0, n_shards = 0;
    hw_checked_row checked = {&s, "process", p->n, err};
    if (!hw_column_is_null(&s, 0))
      ok = hw_checked_integer(&checked, 1, 1, MOST_SHARDS, &n_shards) && hw_checked_integer(&checked, 0, 1, n_shards, &shard);
    if (ok) add_part(p, shard, n_shards, wanted, n_wanted);
  }
  hw_statement_close(&s);
  return ok;
}

bool hw_store_check_shard(hw_store *store, int64_t shard, int64_t n_shards, hw_error *err) {
  if (n_shards <= 1) shard = n_shards = 0;
  parts p = {0};
  hw_buffer_init(&p.text);
  bool ok = true;
  if (store->version < FIRST_VERSION) add_part(&p, 0, 0, shard, n_shards);
  else ok = read_parts(store, &p, shard, n_shards, err);
  bool fits = p.n == 0 || (p.has_wanted && (p.n == 1 || !n_shards)) || (!n_shards && p.n > 1);
  if (ok && !fits) {
    hw_buffer wanted;
    hw_buffer_init(&wanted);
    put_shard(&wanted, shard, n_shards);
    ok = hw_fail(err, HW_ERROR_INPUT, "%s: holds %s of the run, this process takes %s: give each a --db of its own, and join them with headwater merge", store->path,
                 p.text.data ? p.text.data : "", wanted.data ? wanted.data : "");
    hw_buffer_fini(&wanted);
  }
  hw_buffer_fini(&p.text);
  return ok;
}
