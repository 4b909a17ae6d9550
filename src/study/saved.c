/* SPDX-License-Identifier: Apache-2.0 */
#include "study/saved.h"

#include <inttypes.h>

#include "headwater/comparison.h"
#include "headwater/mining.h"
#include "store/migrate.h"

struct hw_saved {
  const char *table, *query;
  const char *files[6]; /* the last one deletes the row of `table` */
};

const hw_saved hw_saved_mining = {"mining", "minings",
                                  {"mining/delete_edges.sql", "mining/delete_groups.sql", "mining/delete_breaks.sql",
                                   "mining/delete_circuits.sql", "mining/delete_mining.sql"}};
const hw_saved hw_saved_comparison = {"comparison", "comparisons", {"compare/delete_components.sql", "compare/delete_comparison.sql"}};
const hw_saved hw_saved_certificate = {"certificate_run", "certificates",
                                       {"certify/delete_certificate.sql", "certify/delete_certificate_component.sql", "certify/delete_knockout.sql",
                                        "certify/delete_knockout_pair.sql", "certify/delete_certificate_curve.sql", "certify/delete_certificate_run.sql"}};

bool hw_saved_delete(hw_store *store, const hw_saved *kind, int64_t id, bool *there, hw_error *err) {
  bool ok = true;
  *there = false;
  for (size_t i = 0; ok && i < sizeof kind->files / sizeof *kind->files && kind->files[i]; i++) {
    hw_statement s;
    ok = hw_statement_open(&s, store, kind->files[i], err);
    if (ok) hw_bind_integer(&s, ":id", id);
    ok = ok && hw_statement_run(&s, "delete a saved result", err);
    hw_statement_close(&s);
    *there = sqlite3_changes(store->db) > 0;
  }
  return ok;
}

static bool delete_one(hw_store *store, const hw_saved *kind, int64_t id, hw_error *err) {
  bool there = false;
  if (!hw_store_has_table(store, kind->table, &there, err)) return false;
  if (there) {
    if (!hw_store_begin(store, err)) return false;
    if (!hw_saved_delete(store, kind, id, &there, err)) return hw_store_rollback(store), false;
    if (!hw_store_commit(store, err)) return false;
  }
  return there || hw_fail(err, HW_ERROR_INPUT, "%s: there is no %s %" PRId64 " (headwater query DB %s lists them)", store->path, kind->table, id,
                          kind->query);
}

bool hw_saved_delete_from(const char *path, const hw_saved *kind, int64_t id, const hw_hooks *hooks, hw_error *err) {
  hw_store *store;
  if (!hw_store_open_write(path, hooks, &store, err)) return false;
  bool ok = delete_one(store, kind, id, err);
  hw_store_free(store);
  return ok;
}

bool hw_mining_delete(const char *path, int64_t id, const hw_hooks *hooks, hw_error *err) {
  return hw_saved_delete_from(path, &hw_saved_mining, id, hooks, err);
}

bool hw_comparison_delete(const char *path, int64_t id, const hw_hooks *hooks, hw_error *err) {
  return hw_saved_delete_from(path, &hw_saved_comparison, id, hooks, err);
}
