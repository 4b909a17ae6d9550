/* SPDX-License-Identifier: Apache-2.0
 * What the files that compare share: statements of sql/compare/, bound by name; the measures of a prompt. */
#ifndef HW_STORE_COMPARE_H
#define HW_STORE_COMPARE_H

#include "base/hash_table.h"
#include "headwater/comparison.h"
#include "sqlite/connection.h"

typedef struct hw_measured_component {
  uint64_t key;
  size_t n_active;    /* units that are not 0 */
  uint64_t last_unit; /* seen, + 1 */
  size_t missing;     /* prompts without this measure of their answer */
} hw_measured_component;

/* condition.c: prompts that satisfy two conditions on the columns of the view prompt_wide, as JSON arrays. Counterfactuals satisfy none.
 * b NULL: those for which a is false; others, for which a is NULL (a value is missing), are on neither side, with a note. Another note counts
 * prompts with a text in a column of numbers that a condition reads. Errors: INPUT, for a condition that is no condition, and when a prompt satisfies both. */
bool hw_condition_sides(hw_store *store, const char *a, const char *b, hw_buffer *prompts_a, hw_buffer *prompts_b, hw_buffer *notes, hw_error *err);

/* compare_relevance.c: the prompts that have relevances of the request's mode, or an answer where answers are compared, in each of one or two
 * databases; all prompts where something else is compared. Open notes how many have a reason instead of relevances. Errors: INPUT where none has one.
 * Close also after an error. */
typedef struct hw_explained_prompts {
  const char *mode; /* of relevances */
  hw_statement rows[2];
  int n;
} hw_explained_prompts;
bool hw_explained_open(hw_explained_prompts *e, hw_store *store, hw_store *other, const hw_comparison_request *request, hw_buffer *notes, hw_error *err);
bool hw_explained_has(hw_explained_prompts *e, int64_t prompt_id, bool *has, hw_error *err);
/* What they have: "a relevance of mode contrast", "an answer". */
void hw_explained_name(const hw_explained_prompts *e, char name[48]);
void hw_explained_close(hw_explained_prompts *e);

/* Components by number of first appearance, while measures are read. */
typedef struct hw_measured {
  const hw_comparison_request *request;
  hw_measured_component *components;
  size_t n, capacity;
  hw_hash_table numbers; /* of the keys, + 1 */
  hw_stats_entry *entries[2]; /* of either side, by unit */
  size_t n_entries[2], entries_capacity[2];
  const char **roles; /* names, of both databases */
  size_t n_roles;
} hw_measured;

/* Measures of answers, in the order of the columns of compare/answers.sql. */
extern const char *const hw_answer_measures[6];

/* Keys are in the order in which components are listed: hw_component_key of heads and neurons, of items one with the numbers of
 * their roles among both databases, of answers the index of the measure. */
void hw_compared_component_of(uint64_t key, const hw_measured *measured, hw_compared_component *component);

/* The number of a component, new when it was not seen before. */
bool hw_measured_number(hw_measured *measured, uint64_t key, uint32_t *number, hw_error *err);
/* Reads prompts[0 .. n) as units 0 .. n of a side. */
bool hw_measured_read(hw_measured *measured, hw_store *store, int side, const int64_t *prompts, size_t n, hw_arena *names,
                      hw_error *err);
void hw_measured_fini(hw_measured *measured);

#endif
