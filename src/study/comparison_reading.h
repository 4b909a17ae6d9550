/* SPDX-License-Identifier: Apache-2.0
 * Reading what is compared: prompts on two sides, then the units that change places. */
#ifndef HW_STUDY_COMPARISON_READING_H
#define HW_STUDY_COMPARISON_READING_H

#include <string.h>

#include "study/compare.h"

typedef struct hw_compared_prompt {
  int64_t prompt_id;
  int side;
  uint32_t cluster, pair; /* number from 1; 0: none */
} hw_compared_prompt;

typedef struct hw_compared_shape { /* of a model */
  uint32_t n_layers, n_heads, d_ffn;
} hw_compared_shape;

typedef struct hw_comparison_reading {
  hw_store *store, *other;
  const hw_comparison_request *request;
  hw_comparison *c;
  hw_compared_prompt *members; /* by prompt_id */
  size_t n_members, n_sides[2];
  hw_compared_shape shapes[2];
  size_t n_unexplained[2]; /* prompts of the sides without the relevances or answers that are compared */
  size_t n_in_clusters, n_in_pairs;
  uint32_t n_clusters, n_pairs; /* numbers in use */
  int64_t *prompts[2];          /* [n_units] */
  uint32_t *clusters[2];
  size_t n_units[2];
  hw_measured measured;
  hw_explained_prompts explained;
} hw_comparison_reading;

/* The column that pairs prompts when the user names none. */
static inline const char *hw_comparison_pairs(const hw_comparison *c) { return c->column && !strcmp(c->column, "variant") ? "counterfactual_of" : "pair_id"; }

/* The column that the user named, else the default, or NULL for "none". */
static inline const char *hw_comparison_column(const char *asked, const char *usual) {
  if (!asked) return usual;
  return strcmp(asked, "none") != 0 ? asked : NULL;
}

/* From prompts to units: pairs, or the prompts of each side, and their clusters. Notes what a reader should know. Errors: INPUT, MEMORY. */
bool hw_comparison_make_units(hw_comparison_reading *reading, hw_error *err);

#endif
