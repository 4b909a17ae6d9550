/* SPDX-License-Identifier: Apache-2.0
 * What the files that compare share: statements of sql/compare/, bound by name; the measures of a prompt. */
#ifndef HW_STORE_COMPARE_H
#define HW_STORE_COMPARE_H

#include "headwater/comparison.h"
#include "store/connection.h"

/* ---- compare_bind.c ---- */

/* A statement and whether all of its bindings went well; surplus and misspelt names are errors. */
typedef struct hw_binder {
  hw_store *store;
  const char *file; /* below sql/ */
  sqlite3_stmt *statement;
  int n_bound;
  const char *unknown; /* the first name that is no parameter */
} hw_binder;
bool hw_binder_open(hw_binder *binder, hw_store *store, const char *file, hw_error *err);
void hw_binder_reset(hw_binder *binder);
void hw_bind_integer_as(hw_binder *binder, const char *name, int64_t value); /* name with its colon */
void hw_bind_real_as(hw_binder *binder, const char *name, double value);     /* NaN is NULL */
void hw_bind_text_as(hw_binder *binder, const char *name, const char *text); /* NULL is NULL; must outlive the step */
void hw_bind_null_as(hw_binder *binder, const char *name);
/* One step: *row says whether there is one. Checks at the first that every parameter is bound. */
bool hw_binder_step(hw_binder *binder, bool *row, hw_error *err);
void hw_binder_close(hw_binder *binder);

/* ---- compare_measure.c ---- */

/* Components by number of first appearance, while measures are read. */
typedef struct hw_measured {
  const hw_comparison_request *request;
  uint64_t *keys; /* [n] */
  size_t *active; /* [n] units that are not 0 */
  uint64_t *last; /* [n] the last unit seen, + 1 */
  size_t n, capacity;
  uint32_t *slots; /* number + 1, 0 = free */
  size_t n_slots;
  hw_stats_entry *entries[2]; /* of either side, by unit */
  size_t n_entries[2], entries_capacity[2];
  const char **roles; /* names, of both databases */
  size_t n_roles;
} hw_measured;

/* Every component in one integer, in the order in which they are listed. */
uint64_t hw_compared_key(bool ffn, uint32_t layer, uint32_t index, uint32_t source_role, uint32_t target_role);
void hw_compared_component_of(uint64_t key, const hw_measured *measured, hw_compared_component *component);

/* The number of a component, new when it was not seen before. */
bool hw_measured_number(hw_measured *measured, uint64_t key, uint32_t *number, hw_error *err);
/* Reads prompts[0 .. n) as units 0 .. n of a side. */
bool hw_measured_read(hw_measured *measured, hw_store *store, int side, const int64_t *prompts, size_t n, hw_arena *names,
                      hw_error *err);
void hw_measured_fini(hw_measured *measured);

#endif
