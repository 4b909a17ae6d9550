/* SPDX-License-Identifier: Apache-2.0
 * Adds the sums of a chunk to the tables agg_*. */
#include "store/writer.h"

static bool put_components(hw_store *store, const hw_sum_table *table, hw_statement which, hw_error *err) {
  for (size_t i = 0; i < table->n; i++) {
    const hw_sum_row *row = &table->rows[i];
    sqlite3_stmt *s = hw_store_statement(store, which, err);
    if (!s) return false;
    int n = 0;
    int64_t values[3 + HW_N_SUMS];
    values[n++] = row->group_id;
    if (which == HW_ADD_ITEM) {
      values[n++] = (int64_t)row->key;
    } else {
      values[n++] = (int64_t)(row->key >> 32);
      values[n++] = (int64_t)(row->key & UINT32_MAX);
    }
    const hw_sums *x = &row->sums;
    const int64_t sums[HW_N_SUMS] = {x->n_on, x->sum, x->ssq, x->flow_sum, x->flow_ssq, x->max, x->ex, x->on_pairs, x->on_others,
                                     x->pairs_hi, x->pairs_lo, x->others, x->flow_pairs_hi, x->flow_pairs_lo, x->flow_others};
    hw_bind_integers(s, 1, values, n);
    hw_bind_integers(s, 1 + n, sums, HW_N_SUMS);
    if (!hw_store_run(store, s, "add to the aggregates", err)) return false;
  }
  return true;
}

bool hw_put_aggregates(hw_store *store, const hw_encoded_chunk *chunk, hw_error *err) {
  for (size_t i = 0; i < chunk->n_groups; i++) {
    const hw_group_sums *group = &chunk->groups[i];
    sqlite3_stmt *s = hw_store_statement(store, HW_ADD_GROUP, err);
    if (!s) return false;
    hw_bind_integers(s, 1, (int64_t[]){group->group_id, group->n, group->n_prompts, group->others}, 4);
    if (!hw_store_run(store, s, "add to the aggregates", err)) return false;
  }
  return put_components(store, &chunk->heads, HW_ADD_HEAD, err) && put_components(store, &chunk->neurons, HW_ADD_NEURON, err) &&
         put_components(store, &chunk->items, HW_ADD_ITEM, err);
}
