/* SPDX-License-Identifier: Apache-2.0
 * Sums over the graphs of chunks. Integers only, so any order of graphs and chunks gives the same. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "sqlite/connection.h"
#include "store/encoded.h"

enum { SPLIT = 40 }; /* pairs = hi * 2^40 + lo */

static void combine(hw_sums *into, const hw_sums *add) {
  if (add->max > into->max || (add->max == into->max && add->ex < into->ex)) {
    into->max = add->max;
    into->ex = add->ex;
  }
  into->n += add->n;
  into->n_on += add->n_on;
  into->sum += add->sum;
  into->ssq += add->ssq;
  into->flow_sum += add->flow_sum;
  into->flow_ssq += add->flow_ssq;
  into->on_pairs += add->on_pairs;
  into->on_others += add->on_others;
  into->pairs_hi += add->pairs_hi;
  into->pairs_lo += add->pairs_lo;
  into->others += add->others;
  into->flow_pairs_hi += add->flow_pairs_hi;
  into->flow_pairs_lo += add->flow_pairs_lo;
  into->flow_others += add->flow_others;
}

bool hw_sum_table_put(hw_sum_table *table, int64_t group_id, uint64_t key, const hw_sums *sums, hw_error *err) {
  if (table->n >= UINT32_MAX / 2) return hw_fail(err, HW_ERROR_UNSUPPORTED, "a chunk has too many components to sum up");
  if (!hw_hash_reserve(&table->numbers, 1, NULL, err)) return false;
  uint64_t hash = key + (uint64_t)group_id * UINT64_C(0x9e3779b97f4a7c15);
  hw_hash_entry *entry = hw_hash_find(&table->numbers, hash);
  for (; entry->value; entry = hw_hash_next(&table->numbers, entry)) {
    hw_sum_row *row = &table->rows[entry->value - 1];
    if (row->key == key && row->group_id == group_id) return combine(&row->sums, sums), true;
  }
  if (!hw_list_reserve(table->rows, table->n, 1, table->capacity, NULL, err)) return false;
  table->rows[table->n++] = (hw_sum_row){.group_id = group_id, .key = key, .sums = *sums};
  hw_hash_put(&table->numbers, entry, hash, table->n);
  return true;
}

/* (sum over the prompt's graphs)^2 - sum of squares, in two halves. */
static void split_pairs(int64_t sum, int64_t ssq, int64_t *hi, int64_t *lo) {
  unsigned __int128 pairs = (unsigned __int128)(uint64_t)sum * (uint64_t)sum - (uint64_t)ssq;
  *hi = (int64_t)(pairs >> SPLIT);
  *lo = (int64_t)(pairs & ((UINT64_C(1) << SPLIT) - 1));
}

static int compare_observations(const void *a, const void *b) {
  const hw_observation *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return (x->graph_id > y->graph_id) - (x->graph_id < y->graph_id);
}

bool hw_sum_table_add(hw_sum_table *table, int64_t group_id, hw_observation *observations, size_t n, uint32_t n_graphs,
                      hw_error *err) {
  if (n_graphs > 1) qsort(observations, n, sizeof *observations, compare_observations);
  for (size_t first = 0, end; first < n; first = end) {
    hw_sums s = {.max = -1};
    for (end = first; end < n && observations[end].key == observations[first].key; end++) {
      const hw_observation *o = &observations[end];
      s.n_on += o->on;
      s.sum += o->importance;
      s.ssq += (int64_t)o->importance * o->importance;
      s.flow_sum += o->flow;
      s.flow_ssq += (int64_t)o->flow * o->flow;
      if (o->importance > s.max) {
        s.max = o->importance;
        s.ex = o->graph_id;
      }
    }
    int64_t others = (int64_t)n_graphs - 1;
    s.on_pairs = s.n_on * s.n_on - s.n_on;
    s.on_others = s.n_on * others;
    s.others = s.sum * others;
    s.flow_others = s.flow_sum * others;
    split_pairs(s.sum, s.ssq, &s.pairs_hi, &s.pairs_lo);
    split_pairs(s.flow_sum, s.flow_ssq, &s.flow_pairs_hi, &s.flow_pairs_lo);
    if (!hw_sum_table_put(table, group_id, observations[first].key, &s, err)) return false;
  }
  return true;
}

typedef struct sort_key { /* sorted in the place of the rows, which are large */
  uint64_t key;
  int64_t group_id;
  uint32_t row;
} sort_key;

static int by_group(const void *a, const void *b) {
  const sort_key *x = a, *y = b;
  if (x->group_id != y->group_id) return x->group_id < y->group_id ? -1 : 1;
  return (x->key > y->key) - (x->key < y->key);
}

static bool finish_table(hw_sum_table *table, int64_t all_groups, const hw_marginals *marginals, hw_error *err) {
  size_t n = table->n;
  for (size_t i = 0; i < n; i++) {
    hw_sum_row row = table->rows[i]; /* a copy: the table may move */
    const uint32_t *wider = marginals->of_cell + (size_t)row.group_id * marginals->n_columns;
    if (!hw_sum_table_put(table, all_groups, row.key, &row.sums, err)) return false;
    for (size_t c = 0; c < marginals->n_columns; c++)
      if (!hw_sum_table_put(table, (int64_t)(marginals->n_cells + wider[c]), row.key, &row.sums, err)) return false;
  }
  hw_hash_fini(&table->numbers);
  if (!n) return true;
  sort_key *keys = calloc(table->n, sizeof *keys);
  table->order = calloc(table->n, sizeof *table->order);
  if (!keys || !table->order) {
    free(keys);
    return hw_fail_memory(err, "the sums of a chunk");
  }
  for (size_t i = 0; i < table->n; i++) keys[i] = (sort_key){.key = table->rows[i].key, .group_id = table->rows[i].group_id, .row = (uint32_t)i};
  qsort(keys, table->n, sizeof *keys, by_group);
  for (size_t i = 0; i < table->n; i++) table->order[i] = keys[i].row;
  free(keys);
  return true;
}

/* ---- all sums of a chunk ---- */

static bool allocate_sums(hw_chunk_sums *sums, hw_error *err) {
  sums->n_answer_groups = 1 + sums->marginals.n_cells + sums->marginals.n;
  sums->groups = calloc(sums->n_answer_groups, sizeof *sums->groups);
  sums->answers = calloc(sums->n_answer_groups * sums->n_layers, sizeof *sums->answers);
  sums->whole_answers = calloc(sums->n_answer_groups, sizeof *sums->whole_answers);
  if (sums->groups && sums->answers && sums->whole_answers) return true;
  hw_chunk_sums_fini(sums);
  return hw_fail_memory(err, "the sums of a chunk");
}

bool hw_chunk_sums_init(hw_chunk_sums *sums, const hw_run_info *info, int64_t all_groups, hw_error *err) {
  *sums = (hw_chunk_sums){.all_groups = all_groups, .n_layers = info->n_layers};
  return hw_marginals_find(info, &sums->marginals, err) && allocate_sums(sums, err);
}

bool hw_chunk_sums_like(hw_chunk_sums *sums, const hw_chunk_sums *like, hw_error *err) {
  *sums = (hw_chunk_sums){.all_groups = like->all_groups, .n_layers = like->n_layers};
  return hw_marginals_copy(&like->marginals, &sums->marginals, err) && allocate_sums(sums, err);
}

void hw_chunk_sums_fini(hw_chunk_sums *sums) {
  for (size_t i = 0; i < HW_N_SUM_TABLES; i++) {
    free(sums->tables[i].rows);
    hw_hash_fini(&sums->tables[i].numbers);
    free(sums->tables[i].order);
  }
  free(sums->groups);
  free(sums->answers);
  free(sums->whole_answers);
  hw_marginals_fini(&sums->marginals);
  *sums = (hw_chunk_sums){0};
}

static bool add_group(hw_chunk_sums *sums, const hw_group_sums *add, hw_error *err) {
  size_t i = 0;
  while (i < sums->n_groups && sums->groups[i].group_id != add->group_id) i++;
  if (i == sums->n_answer_groups) return hw_fail(err, HW_ERROR_INPUT, "a chunk has more groups than its run");
  if (i == sums->n_groups) sums->groups[sums->n_groups++] = (hw_group_sums){.group_id = add->group_id};
  sums->groups[i].n += add->n;
  sums->groups[i].n_prompts += add->n_prompts;
  sums->groups[i].others += add->others;
  return true;
}

bool hw_chunk_sums_count(hw_chunk_sums *sums, int64_t group_id, int64_t n_graphs, hw_error *err) {
  hw_group_sums one = {.group_id = group_id, .n = n_graphs, .n_prompts = 1, .others = n_graphs * (n_graphs - 1)};
  return add_group(sums, &one, err);
}

static void combine_differences(hw_difference_sums *into, const hw_difference_sums *add) {
  into->n_foil += add->n_foil;
  into->n_beats += add->n_beats;
  into->n_ties += add->n_ties;
  into->diff_sum += add->diff_sum;
  into->diff_ssq_hi += add->diff_ssq_hi;
  into->diff_ssq_lo += add->diff_ssq_lo;
}

static void combine_whole_answers(hw_whole_answer_sums *into, const hw_whole_answer_sums *add) {
  into->n += add->n;
  into->n_several += add->n_several;
  into->n_greedy += add->n_greedy;
  into->n_shared += add->n_shared;
  into->n_contained += add->n_contained;
  combine_differences(&into->difference, &add->difference);
}

static void combine_answers(hw_answer_sums *into, const hw_answer_sums *add) {
  into->n += add->n;
  into->n_top += add->n_top;
  into->n_first += add->n_first;
  into->n_settled += add->n_settled;
  into->rank_sum += add->rank_sum;
  into->probability_sum += add->probability_sum;
  into->probability_ssq += add->probability_ssq;
  combine_differences(&into->difference, &add->difference);
}

bool hw_chunk_sums_merge(hw_chunk_sums *into, const hw_chunk_sums *from, hw_error *err) {
  for (size_t t = 0; t < HW_N_SUM_TABLES; t++)
    for (size_t i = 0; i < from->tables[t].n; i++) {
      const hw_sum_row *row = &from->tables[t].rows[i];
      if (!hw_sum_table_put(&into->tables[t], row->group_id, row->key, &row->sums, err)) return false;
    }
  for (size_t i = 0; i < from->n_groups; i++)
    if (!add_group(into, &from->groups[i], err)) return false;
  for (size_t i = 0; i < from->n_answer_groups * from->n_layers; i++) combine_answers(&into->answers[i], &from->answers[i]);
  for (size_t i = 0; i < from->n_answer_groups; i++) combine_whole_answers(&into->whole_answers[i], &from->whole_answers[i]);
  return true;
}

static bool finish_groups(hw_chunk_sums *sums, hw_error *err) {
  const hw_marginals *marginals = &sums->marginals;
  size_t n = sums->n_groups;
  for (size_t i = 0; i < n; i++) {
    hw_group_sums wider = sums->groups[i];
    const uint32_t *of_cell = marginals->of_cell + (size_t)wider.group_id * marginals->n_columns;
    wider.group_id = sums->all_groups;
    if (!add_group(sums, &wider, err)) return false;
    for (size_t c = 0; c < marginals->n_columns; c++) {
      wider.group_id = (int64_t)(marginals->n_cells + of_cell[c]);
      if (!add_group(sums, &wider, err)) return false;
    }
  }
  return true;
}

static void finish_answers(hw_chunk_sums *sums) {
  const hw_marginals *marginals = &sums->marginals;
  for (size_t cell = 0; cell < marginals->n_cells; cell++)
    for (size_t c = 0; c <= marginals->n_columns; c++) { /* into the groups of each column's value, and into all */
      size_t wider = c == marginals->n_columns ? 0 : 1 + marginals->n_cells + marginals->of_cell[cell * marginals->n_columns + c];
      for (size_t layer = 0; layer < sums->n_layers; layer++)
        combine_answers(&sums->answers[wider * sums->n_layers + layer], &sums->answers[(1 + cell) * sums->n_layers + layer]);
      combine_whole_answers(&sums->whole_answers[wider], &sums->whole_answers[1 + cell]);
    }
}

bool hw_chunk_sums_finish(hw_chunk_sums *sums, hw_error *err) {
  for (size_t i = 0; i < HW_N_SUM_TABLES; i++)
    if (!finish_table(&sums->tables[i], sums->all_groups, &sums->marginals, err)) return false;
  finish_answers(sums);
  return finish_groups(sums, err);
}
