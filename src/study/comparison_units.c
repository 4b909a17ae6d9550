/* SPDX-License-Identifier: Apache-2.0
 * The units of a comparison: pairs or prompts, and their clusters. */
#include <stdlib.h>
#include <string.h>

#include "study/comparison_reading.h"

static void note(hw_comparison *c, const char *text) {
  hw_buffer_append_string(&c->notes, text);
  hw_buffer_append_byte(&c->notes, '\n');
}

static bool new_units(hw_comparison_reading *r, size_t n_a, size_t n_b, hw_error *err) {
  size_t n[2] = {n_a, n_b};
  for (int side = 0; side < 2; side++) {
    r->n_units[side] = 0;
    r->prompts[side] = hw_arena_new(&r->c->arena, int64_t, n[side], err);
    r->clusters[side] = hw_arena_new(&r->c->arena, uint32_t, n[side], err);
    if (!r->prompts[side] || !r->clusters[side]) return false;
  }
  return true;
}

static void add_unit(hw_comparison_reading *r, int side, const hw_compared_prompt *m) {
  size_t i = r->n_units[side]++;
  r->prompts[side][i] = m->prompt_id;
  r->clusters[side][i] = m->cluster;
}

/* Pairs that have exactly one prompt on each side, in the order of side a; *n of them. partners[pair]: its prompt of side b. */
static bool find_pairs(hw_comparison_reading *r, const hw_compared_prompt **partners, size_t *n, hw_error *err) {
  size_t n_numbers = (size_t)r->n_pairs + 1; /* 0: no pair */
  uint32_t *counts = calloc(2 * n_numbers, sizeof *counts);
  if (!counts) return hw_fail_memory(err, "the pairs");
  for (size_t i = 0; i < r->n_members; i++) {
    const hw_compared_prompt *m = &r->members[i];
    counts[2 * m->pair + (unsigned)m->side]++;
    if (m->side == 1) partners[m->pair] = m;
  }
  *n = 0;
  for (size_t pair = 0; pair < n_numbers; pair++) {
    if (pair && counts[2 * pair] == 1 && counts[2 * pair + 1] == 1) (*n)++;
    else partners[pair] = NULL;
  }
  free(counts);
  return true;
}

static bool make_units(hw_comparison_reading *r, hw_error *err) {
  if (r->other) {
    if (!new_units(r, r->n_members, r->n_members, err)) return false;
    for (size_t i = 0; i < r->n_members; i++)
      for (int side = 0; side < 2; side++) add_unit(r, side, &r->members[i]);
    return r->c->paired = true;
  }
  const char *column = hw_comparison_column(r->request->pairs, hw_comparison_pairs(r->c));
  size_t n_pairs = 0, fewer = r->n_sides[0] < r->n_sides[1] ? r->n_sides[0] : r->n_sides[1];
  const hw_compared_prompt **partners = calloc((size_t)r->n_pairs + 1, sizeof *partners);
  bool ok = partners || hw_fail_memory(err, "the pairs");
  ok = ok && find_pairs(r, partners, &n_pairs, err);
  bool paired = n_pairs >= 2 && (r->request->pairs || 2 * n_pairs >= fewer);
  if (ok && column && r->request->pairs && !paired)
    ok = hw_fail(err, HW_ERROR_INPUT, "%zu values of %.100s have exactly one prompt in each group, want two or more (--pairs none)", n_pairs,
                 column);
  if (ok && !paired && r->n_in_pairs)
    note(r->c, "not paired: fewer than half of the prompts have a partner of the same pair_id in the other group");
  ok = ok && new_units(r, paired ? n_pairs : r->n_sides[0], paired ? n_pairs : r->n_sides[1], err);
  for (size_t i = 0; ok && i < r->n_members; i++) {
    const hw_compared_prompt *m = &r->members[i];
    if (!paired) add_unit(r, m->side, m);
    if (!paired || m->side != 0 || !partners[m->pair]) continue;
    add_unit(r, 0, m);
    add_unit(r, 1, partners[m->pair]);
  }
  if (ok && paired) {
    r->c->left_out_a = (int64_t)(r->n_sides[0] - n_pairs);
    r->c->left_out_b = (int64_t)(r->n_sides[1] - n_pairs);
    ok = (r->c->pair_column = hw_arena_copy(&r->c->arena, column, strlen(column), err)) != NULL;
  }
  r->c->paired = paired;
  free(partners);
  return ok;
}

static bool is_one_cluster(const uint32_t *clusters, size_t n) {
  for (size_t i = 1; i < n; i++)
    if (clusters[i] != clusters[0]) return false;
  return true;
}

/* A prompt without a cluster is a cluster of its own. */
static bool make_clusters(hw_comparison_reading *r, hw_error *err) {
  const char *column = hw_comparison_column(r->request->cluster, "template");
  uint32_t next = r->n_clusters, first = 0;
  bool several = false;
  if (!column || !r->n_in_clusters) return true;
  for (int side = 0; side < 2; side++)
    for (size_t i = 0; i < r->n_units[side]; i++) {
      uint32_t *cluster = &r->clusters[side][i];
      if (!*cluster) *cluster = ++next;
      if (r->c->paired && side == 1) *cluster = r->clusters[0][i]; /* a pair belongs to the cluster of its member in side a */
      if (!first) first = *cluster;
      several = several || *cluster != first;
    }
  if (!several && r->request->cluster)
    return hw_fail(err, HW_ERROR_INPUT, "all prompts have the same %.100s: nothing says how clusters vary (--cluster none)", column);
  if (!several) {
    note(r->c, "all prompts are of one template: prompts are the units, and the results are about this template");
    return true;
  }
  for (int side = 0; side < 2 && !r->c->paired; side++)
    if (is_one_cluster(r->clusters[side], r->n_units[side]))
      hw_buffer_printf(&r->c->notes, "%c has one %.100s alone: no interval is given, as nothing says how others would differ\n", 'a' + side, column);
  r->c->clusters_a = r->clusters[0];
  r->c->clusters_b = r->clusters[1];
  return (r->c->cluster_column = hw_arena_copy(&r->c->arena, column, strlen(column), err)) != NULL;
}

bool hw_comparison_make_units(hw_comparison_reading *r, hw_error *err) { return make_units(r, err) && make_clusters(r, err); }
