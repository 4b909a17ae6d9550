/* SPDX-License-Identifier: Apache-2.0
 * The units of a comparison: pairs or prompts, and their clusters. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "study/comparison_reading.h"

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

typedef struct pairing {
  const hw_compared_prompt **partners; /* [n_pairs + 1] by the number of a pair: its prompt of side b; NULL: it has not exactly one prompt on each side */
  size_t n;                            /* pairs */
  size_t n_crowded;                    /* values with prompts on both sides, and several on one */
  int64_t crowded;                     /* a prompt of the first of them */
} pairing;

static bool find_pairs(hw_comparison_reading *r, pairing *p, hw_error *err) {
  size_t n_numbers = (size_t)r->n_pairs + 1; /* 0: no pair */
  uint32_t *counts = calloc(2 * n_numbers, sizeof *counts);
  p->partners = calloc(n_numbers, sizeof *p->partners);
  if (!counts || !p->partners) {
    free(counts);
    return hw_fail_memory(err, "the pairs");
  }
  for (size_t i = 0; i < r->n_members; i++) {
    const hw_compared_prompt *m = &r->members[i];
    counts[2 * m->pair + (unsigned)m->side]++;
    if (m->side == 1) p->partners[m->pair] = m;
  }
  for (size_t pair = 0; pair < n_numbers; pair++) {
    uint32_t n_a = counts[2 * pair], n_b = counts[2 * pair + 1];
    if (pair && n_a == 1 && n_b == 1) {
      p->n++;
      continue;
    }
    if (pair && n_a && n_b && !p->n_crowded++) p->crowded = p->partners[pair]->prompt_id;
    p->partners[pair] = NULL;
  }
  free(counts);
  return true;
}

/* What the pairs of the column cannot do. */
static void note_pairs(hw_comparison_reading *r, const pairing *p, const char *column, bool paired, size_t fewer) {
  hw_buffer *notes = &r->c->notes;
  if (p->n_crowded)
    hw_buffer_printf(notes, "%zu value%s of %.100s, as that of prompt %" PRId64 ", %s prompts in both groups and several in one of them: no pair is made of these\n", p->n_crowded,
                     p->n_crowded == 1 ? "" : "s", column, p->crowded, p->n_crowded == 1 ? "has" : "have");
  if (paired) return;
  hw_buffer_printf(notes, "not paired: %zu value%s of %.100s %s exactly one prompt in each group, ", p->n, p->n == 1 ? "" : "s", column, p->n == 1 ? "has" : "have");
  if (p->n < 2) hw_buffer_append_string(notes, "and a paired test needs two pairs or more\n");
  else hw_buffer_printf(notes, "which pairs fewer than half of the %zu prompts of the smaller one (--pairs %.100s pairs these all the same)\n", fewer, column);
}

static bool make_units(hw_comparison_reading *r, hw_error *err) {
  if (r->other) {
    if (!new_units(r, r->n_members, r->n_members, err)) return false;
    for (size_t i = 0; i < r->n_members; i++)
      for (int side = 0; side < 2; side++) add_unit(r, side, &r->members[i]);
    return r->c->paired = true;
  }
  const char *column = hw_comparison_column(r->request->pairs, hw_comparison_pairs(r->c));
  size_t fewer = r->n_sides[0] < r->n_sides[1] ? r->n_sides[0] : r->n_sides[1];
  pairing pairs = {0};
  bool ok = find_pairs(r, &pairs, err);
  size_t n_pairs = pairs.n;
  bool paired = n_pairs >= 2 && (r->request->pairs || 2 * n_pairs >= fewer);
  if (ok && column && r->request->pairs && !paired)
    ok = hw_fail(err, HW_ERROR_INPUT, "%zu values of %.100s have exactly one prompt in each group, want two or more (--pairs none)", n_pairs,
                 column);
  if (ok && column && r->n_in_pairs) note_pairs(r, &pairs, column, paired, fewer);
  ok = ok && new_units(r, paired ? n_pairs : r->n_sides[0], paired ? n_pairs : r->n_sides[1], err);
  for (size_t i = 0; ok && i < r->n_members; i++) {
    const hw_compared_prompt *m = &r->members[i];
    if (!paired) add_unit(r, m->side, m);
    if (!paired || m->side != 0 || !pairs.partners[m->pair]) continue;
    add_unit(r, 0, m);
    add_unit(r, 1, pairs.partners[m->pair]);
  }
  if (ok && paired) {
    r->c->left_out_a = (int64_t)(r->n_sides[0] - n_pairs);
    r->c->left_out_b = (int64_t)(r->n_sides[1] - n_pairs);
    ok = (r->c->pair_column = hw_arena_copy(&r->c->arena, column, strlen(column), err)) != NULL;
  }
  r->c->paired = paired;
  free(pairs.partners);
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
    hw_buffer_append_string(&r->c->notes, "all prompts are of one template: prompts are the units, and the results are about this template\n");
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
