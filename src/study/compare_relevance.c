/* SPDX-License-Identifier: Apache-2.0
 * Which prompts have the relevances or answers that are compared. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "headwater/store.h"
#include "study/compare.h"

/* Notes how many prompts have a reason in the place of a relevance. Errors: no prompt has one. */
static bool count(hw_store *store, const char *mode, hw_buffer *notes, hw_error *err) {
  hw_relevance_counts counts = {0};
  bool there;
  if (!hw_store_has_table(store, "relevance", &there, err) || (there && !hw_store_count_relevances(store, strcmp(mode, "contrast") == 0, &counts, err))) return false;
  if (!counts.n) return hw_fail(err, HW_ERROR_INPUT, "%s: no prompt has a relevance of mode %s (run --relevance %s)", store->path, mode, mode);
  if (counts.n == counts.n_missing)
    return hw_fail(err, HW_ERROR_INPUT, "%s: no prompt has a relevance of mode %s; the most frequent reason (%" PRId64 " of %" PRId64 " prompts): %s", store->path, mode,
                   counts.n_of_reason, counts.n, counts.reason);
  if (counts.n_missing)
    hw_buffer_printf(notes, "%s: %" PRId64 " prompts have a reason in the place of a relevance of mode %s, and are left out; the most frequent one (%" PRId64 " of them): %s\n", store->path,
                     counts.n_missing, mode, counts.n_of_reason, counts.reason);
  return true;
}

bool hw_explained_open(hw_explained_prompts *e, hw_store *store, hw_store *other, const hw_comparison_request *request, hw_buffer *notes, hw_error *err) {
  hw_store *const stores[2] = {store, other};
  *e = (hw_explained_prompts){0};
  bool relevance = hw_component_set_is_relevance(request->components);
  if (!relevance && request->components != HW_SET_ANSWERS) return true;
  if (relevance) e->mode = hw_comparison_measure(request);
  for (int i = 0; i < 2 && stores[i]; i++)
    if ((relevance && !count(stores[i], e->mode, notes, err)) ||
        !hw_statement_open(&e->rows[e->n++], stores[i], relevance ? "compare/relevances.sql" : "compare/answered.sql", err))
      return false;
  return true;
}

void hw_explained_name(const hw_explained_prompts *e, char name[48]) {
  (void)snprintf(name, 48, "%s%s", e->mode ? "a relevance of mode " : "an answer", e->mode ? e->mode : "");
}

void hw_explained_close(hw_explained_prompts *e) {
  for (int i = 0; i < e->n; i++) hw_statement_close(&e->rows[i]);
}

bool hw_explained_has(hw_explained_prompts *e, int64_t prompt_id, bool *has, hw_error *err) {
  *has = true;
  for (int i = 0; *has && i < e->n; i++) {
    hw_bind_integer(&e->rows[i], ":prompt_id", prompt_id);
    if (e->mode) hw_bind_string(&e->rows[i], ":mode", e->mode);
    if (!hw_statement_step(&e->rows[i], has, err)) return false;
    hw_statement_reset(&e->rows[i]);
  }
  return true;
}
