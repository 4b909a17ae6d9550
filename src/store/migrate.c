/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "headwater/buffer.h"
#include "sqlite/sql.h"
#include "store/wide.h"

typedef struct step {
  int64_t version;          /* that the database has after it */
  const char *file;         /* below sql/ */
  const char *only_if;      /* a statement that says 1 where the step is needed; NULL: always */
} step;

/* In the order in which they run. */
static const step steps[] = {
    {3, "migrate/3.sql", NULL},
    {3, "migrate/3_comparison.sql", "migrate/3_comparison_needed.sql"},
};

static bool take_step(hw_store *store, const step *s, hw_error *err) {
  char doing[64];
  int64_t needed = 1;
  (void)snprintf(doing, sizeof doing, "bring it to schema version %" PRId64, s->version);
  if (s->only_if && !hw_store_integer(store, s->only_if, &needed, err)) return false;
  return !needed || hw_store_exec(store, hw_sql(s->file), doing, err);
}

bool hw_store_remake_views(hw_store *store, hw_error *err) {
  static const char begin[] = "\nCREATE VIEW ", doing[] = "make its views anew";
  const char *views = hw_sql("views.sql");
  hw_buffer drop;
  hw_buffer_init(&drop);
  for (const char *at = strstr(views, begin); at; at = strstr(at, begin)) {
    at += sizeof begin - 1;
    hw_buffer_printf(&drop, "DROP VIEW IF EXISTS %.*s;\n", (int)strcspn(at, " ("), at);
  }
  bool ok = hw_buffer_check(&drop, err) && hw_store_exec(store, drop.data, doing, err) && hw_store_exec(store, views, doing, err) &&
            hw_wide_make(store, err);
  hw_buffer_fini(&drop);
  return ok;
}

static bool take_steps(hw_store *store, int64_t from, hw_error *err) {
  char version[64];
  (void)snprintf(version, sizeof version, "PRAGMA user_version = %d", HW_SCHEMA_VERSION);
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
    if (steps[i].version > from && !take_step(store, &steps[i], err)) return false;
  return hw_store_remake_views(store, err) && hw_store_exec(store, version, "note its schema version", err);
}

static void say(const hw_store *store, int64_t from) {
  hw_buffer line;
  if (!store->hooks || !store->hooks->notice) return;
  hw_buffer_init(&line);
  hw_buffer_printf(&line, "%s: brought from schema version %" PRId64 " to %d; older programs cannot read it any more", store->path, from, HW_SCHEMA_VERSION);
  if (!line.failed) store->hooks->notice(store->hooks->context, line.data);
  hw_buffer_fini(&line);
}

bool hw_store_migrate(hw_store *store, hw_error *err) {
  const int64_t from = store->version;
  if (from == HW_SCHEMA_VERSION) return true;
  if (!hw_store_begin(store, err)) return false;
  if (!take_steps(store, from, err) || !hw_store_check_complete(store, err)) return hw_store_rollback(store), false;
  if (!hw_store_commit(store, err)) return false;
  store->version = HW_SCHEMA_VERSION;
  store->migrated = true;
  say(store, from);
  return true;
}

bool hw_store_open_write(const char *path, const hw_hooks *hooks, hw_store **out, hw_error *err) {
  hw_file_state state;
  if (!hw_store_connect(path, HW_OPEN_WRITE, hooks, out, &state, err)) return false;
  (*out)->stoppable = true;
  if (hw_store_exec(*out, "PRAGMA trusted_schema = OFF", "set it up", err) && hw_store_migrate(*out, err)) return true;
  hw_store_free(*out);
  *out = NULL;
  return false;
}
