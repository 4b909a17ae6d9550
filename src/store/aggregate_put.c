/* SPDX-License-Identifier: Apache-2.0
 * Adds sums to the tables agg_*. */
#include "store/writer.h"

static bool put_cluster(hw_store *store, const hw_sum_row *row, int64_t kind, hw_error *err) {
  const hw_sums *x = &row->sums;
  if (!(x->on_pairs | x->on_others | x->pairs_hi | x->pairs_lo | x->others | x->flow_pairs_hi | x->flow_pairs_lo |
        x->flow_others))
    return true;
  sqlite3_stmt *s = hw_store_statement(store, HW_ADD_CLUSTER, err);
  if (!s) return false;
  hw_bind_integers(s, 1,
                   (int64_t[]){kind, row->group_id, (int64_t)row->key, x->on_pairs, x->on_others, x->pairs_hi, x->pairs_lo,
                               x->others, x->flow_pairs_hi, x->flow_pairs_lo, x->flow_others},
                   11);
  return hw_store_run(store, s, "add to the aggregates", err);
}

static bool put_components(hw_store *store, const hw_sum_table *table, hw_statement which, int64_t kind, hw_error *err) {
  for (size_t i = 0; i < table->n; i++) {
    const hw_sum_row *row = &table->rows[table->order[i]];
    const hw_sums *x = &row->sums;
    sqlite3_stmt *s = hw_store_statement(store, which, err);
    if (!s) return false;
    int n = 0;
    int64_t key[3];
    key[n++] = row->group_id;
    if (which == HW_ADD_ITEM) {
      key[n++] = (int64_t)row->key;
    } else {
      key[n++] = (int64_t)(row->key >> 32);
      key[n++] = (int64_t)(row->key & UINT32_MAX);
    }
    hw_bind_integers(s, 1, key, n);
    hw_bind_integers(s, 1 + n, (int64_t[]){x->n_on, x->sum, x->ssq, x->flow_sum, x->flow_ssq, x->max, x->ex}, 7);
    if (!hw_store_run(store, s, "add to the aggregates", err) || !put_cluster(store, row, kind, err)) return false;
  }
  return true;
}

static bool put_roles(hw_store *store, const hw_sum_table *table, hw_error *err) {
  for (size_t i = 0; i < table->n; i++) {
    const hw_sum_row *row = &table->rows[table->order[i]];
    const hw_sums *x = &row->sums;
    sqlite3_stmt *s = hw_store_statement(store, HW_ADD_ROLE, err);
    if (!s) return false;
    hw_bind_integers(s, 1,
                     (int64_t[]){row->group_id, (int64_t)(row->key >> 32), (int64_t)(row->key & UINT32_MAX), x->n_on, x->sum, x->ssq,
                                 x->max, x->ex},
                     8);
    if (!hw_store_run(store, s, "add to the aggregates", err) || !put_cluster(store, row, 3, err)) return false;
  }
  return true;
}

static bool put_sources(hw_store *store, const hw_sum_table *table, hw_error *err) {
  for (size_t i = 0; i < table->n; i++) {
    const hw_sum_row *row = &table->rows[table->order[i]];
    const hw_sums *x = &row->sums;
    sqlite3_stmt *s = hw_store_statement(store, HW_ADD_HEAD_SOURCE, err);
    if (!s) return false;
    hw_bind_integers(s, 1,
                     (int64_t[]){row->group_id, (int64_t)(row->key >> 32), (int64_t)(row->key >> 8 & 0xffffff), (int64_t)(row->key & 0xff),
                                 x->n_on, x->sum, x->flow_sum, x->max, x->ex},
                     9);
    if (!hw_store_run(store, s, "add to the aggregates", err)) return false;
  }
  return true;
}

static bool put_answers(hw_store *store, const hw_chunk_sums *sums, hw_error *err) {
  for (size_t i = 0; i < sums->n_answer_groups * sums->n_layers; i++) {
    const hw_answer_sums *x = &sums->answers[i];
    if (x->n == 0) continue;
    int64_t group = i < sums->n_layers ? sums->all_groups : (int64_t)(i / sums->n_layers) - 1;
    sqlite3_stmt *s = hw_store_statement(store, HW_ADD_ANSWER, err);
    if (!s) return false;
    hw_bind_integers(s, 1,
                     (int64_t[]){group, (int64_t)(i % sums->n_layers), x->n, x->n_top, x->n_first, x->n_settled, x->rank_sum,
                                 x->probability_sum, x->probability_ssq, x->n_foil, x->n_beats, x->diff_sum, x->diff_ssq_hi, x->diff_ssq_lo},
                     14);
    if (!hw_store_run(store, s, "add to the aggregates", err)) return false;
  }
  return true;
}

bool hw_put_aggregates(hw_store *store, const hw_chunk_sums *sums, hw_error *err) {
  for (size_t i = 0; i < sums->n_groups; i++) {
    const hw_group_sums *group = &sums->groups[i];
    sqlite3_stmt *s = hw_store_statement(store, HW_ADD_GROUP, err);
    if (!s) return false;
    hw_bind_integers(s, 1, (int64_t[]){group->group_id, group->n, group->n_prompts, group->others}, 4);
    if (!hw_store_run(store, s, "add to the aggregates", err)) return false;
  }
  return put_components(store, &sums->heads, HW_ADD_HEAD, 0, err) &&
         put_components(store, &sums->neurons, HW_ADD_NEURON, 1, err) &&
         put_components(store, &sums->items, HW_ADD_ITEM, 2, err) && put_roles(store, &sums->roles, err) &&
         put_sources(store, &sums->sources, err) && put_answers(store, sums, err);
}
