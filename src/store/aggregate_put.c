/* SPDX-License-Identifier: Apache-2.0
 * Adds sums to the tables agg_*. */
#include "store/writer.h"
#include "graph/keys.h"
#include "store/relevance.h"

/* One row, its values by name. */
typedef struct named_value {
  const char *name; /* NULL: the end */
  int64_t value;
} named_value;

static void bind_values(hw_statement *s, const named_value *values) {
  for (; values->name; values++) hw_bind_integer(s, values->name, values->value);
}

static bool add_row(hw_store *store, const char *file, const named_value *values, hw_error *err) {
  hw_statement *s = hw_store_statement(store, file, err);
  if (!s) return false;
  bind_values(s, values);
  return hw_statement_run(s, "add to the aggregates", err);
}

/* agg_cluster.kind */
enum { KIND_HEAD, KIND_NEURON, KIND_ITEM, KIND_ROLE };

static bool put_cluster(hw_store *store, const hw_sum_row *row, int64_t kind, hw_error *err) {
  const hw_sums *x = &row->sums;
  if (!(x->on_pairs | x->on_others | x->pairs_hi | x->pairs_lo | x->others | x->flow_pairs_hi | x->flow_pairs_lo |
        x->flow_others))
    return true;
  return add_row(store, "writer/add_cluster.sql",
                 (named_value[]){{":kind", kind}, {":group_id", row->group_id}, {":key", (int64_t)row->key}, {":on_pairs", x->on_pairs},
                                 {":on_others", x->on_others}, {":pairs_hi", x->pairs_hi}, {":pairs_lo", x->pairs_lo}, {":others", x->others},
                                 {":flow_pairs_hi", x->flow_pairs_hi}, {":flow_pairs_lo", x->flow_pairs_lo},
                                 {":flow_others", x->flow_others}, {0}},
                 err);
}

/* Rows of agg_head or agg_neuron (`part` is the name of the second half of the key), or of agg_item (NULL: the key is whole). */
static bool put_components(hw_store *store, const hw_sum_table *table, const char *file, const char *part, int64_t kind, hw_error *err) {
  for (size_t i = 0; i < table->n; i++) {
    const hw_sum_row *row = &table->rows[table->order[i]];
    const hw_sums *x = &row->sums;
    hw_statement *s = hw_store_statement(store, file, err);
    if (!s) return false;
    hw_bind_integer(s, ":group_id", row->group_id);
    if (part) {
      hw_bind_integer(s, ":layer", hw_component_key_layer(row->key));
      hw_bind_integer(s, part, hw_component_key_index(row->key));
    } else {
      hw_bind_integer(s, ":item_id", (int64_t)row->key);
    }
    hw_bind_integer(s, ":n_on", x->n_on);
    hw_bind_integer(s, ":sum", x->sum);
    hw_bind_integer(s, ":ssq", x->ssq);
    hw_bind_integer(s, ":flow_sum", x->flow_sum);
    hw_bind_integer(s, ":flow_ssq", x->flow_ssq);
    hw_bind_integer(s, ":max", x->max);
    hw_bind_integer(s, ":ex", x->ex);
    if (!hw_statement_run(s, "add to the aggregates", err) || !put_cluster(store, row, kind, err)) return false;
  }
  return true;
}

static bool put_roles(hw_store *store, const hw_sum_table *table, hw_error *err) {
  for (size_t i = 0; i < table->n; i++) {
    const hw_sum_row *row = &table->rows[table->order[i]];
    const hw_sums *x = &row->sums;
    const named_value values[] = {{":group_id", row->group_id}, {":layer", hw_component_key_layer(row->key)},
                                  {":role_id", hw_component_key_index(row->key)}, {":n_on", x->n_on}, {":sum", x->sum}, {":ssq", x->ssq},
                                  {":max", x->max}, {":ex", x->ex}, {0}};
    if (!add_row(store, "writer/add_role.sql", values, err) || !put_cluster(store, row, KIND_ROLE, err)) return false;
  }
  return true;
}

static bool put_sources(hw_store *store, const hw_sum_table *table, hw_error *err) {
  for (size_t i = 0; i < table->n; i++) {
    const hw_sum_row *row = &table->rows[table->order[i]];
    const hw_sums *x = &row->sums;
    const named_value values[] = {{":group_id", row->group_id}, {":layer", hw_component_key_layer(row->key)},
                                  {":head", hw_head_source_head(hw_component_key_index(row->key))}, {":source", hw_head_source_source(hw_component_key_index(row->key))},
                                  {":n_on", x->n_on}, {":sum", x->sum}, {":flow_sum", x->flow_sum}, {":max", x->max}, {":ex", x->ex}, {0}};
    if (!add_row(store, "writer/add_head_source.sql", values, err)) return false;
  }
  return true;
}

static bool put_answers(hw_store *store, const hw_chunk_sums *sums, hw_error *err) {
  for (size_t i = 0; i < sums->n_answer_groups * sums->n_layers; i++) {
    const hw_answer_sums *x = &sums->answers[i];
    const hw_difference_sums *d = &x->difference;
    if (x->n == 0) continue;
    int64_t group = i < sums->n_layers ? sums->all_groups : (int64_t)(i / sums->n_layers) - 1;
    const named_value values[] = {{":group_id", group}, {":layer", (int64_t)(i % sums->n_layers)}, {":n", x->n}, {":n_top", x->n_top},
                                  {":n_first", x->n_first}, {":n_settled", x->n_settled}, {":rank_sum", x->rank_sum},
                                  {":probability_sum", x->probability_sum}, {":probability_ssq", x->probability_ssq}, {":n_foil", d->n_foil},
                                  {":n_beats", d->n_beats}, {":n_ties", d->n_ties}, {":diff_sum", d->diff_sum},
                                  {":diff_ssq_hi", d->diff_ssq_hi}, {":diff_ssq_lo", d->diff_ssq_lo}, {0}};
    if (!add_row(store, "writer/add_answer.sql", values, err)) return false;
  }
  return true;
}

static bool put_whole_answers(hw_store *store, const hw_chunk_sums *sums, hw_error *err) {
  for (size_t i = 0; i < sums->n_answer_groups; i++) {
    const hw_whole_answer_sums *x = &sums->whole_answers[i];
    const hw_difference_sums *d = &x->difference;
    if (sums->answers[(i + 1) * sums->n_layers - 1].n == 0) continue; /* prompts with an answer, also those whose answer is cut */
    const named_value values[] = {{":group_id", i ? (int64_t)i - 1 : sums->all_groups}, {":n", x->n}, {":n_several", x->n_several},
                                  {":n_greedy", x->n_greedy}, {":n_shared", x->n_shared}, {":n_contained", x->n_contained},
                                  {":n_foil", d->n_foil}, {":n_beats", d->n_beats}, {":n_ties", d->n_ties}, {":diff_sum", d->diff_sum}, {":diff_ssq_hi", d->diff_ssq_hi},
                                  {":diff_ssq_lo", d->diff_ssq_lo}, {0}};
    if (!add_row(store, "writer/add_whole_answer.sql", values, err)) return false;
  }
  return true;
}

static bool put_relevances(hw_store *store, const hw_sum_table *table, hw_error *err) {
  for (size_t i = 0; i < table->n; i++) {
    const hw_sum_row *row = &table->rows[table->order[i]];
    const hw_sums *x = &row->sums;
    hw_statement *s = hw_store_statement(store, "writer/add_relevance.sql", err);
    if (!s) return false;
    hw_bind_string(s, ":mode", hw_relevance_mode_names[hw_relevance_sum_contrast(row->key)]);
    hw_bind_string(s, ":kind", hw_relevance_sum_names[hw_relevance_sum_kind(row->key)]);
    const named_value values[] = {{":group_id", row->group_id}, {":layer", hw_relevance_sum_layer(row->key)}, {":idx", hw_relevance_sum_index(row->key)},
                                  {":n", x->n}, {":n_on", x->n_on}, {":sum", x->sum}, {":ssq_hi", x->ssq_hi}, {":ssq_lo", x->ssq_lo},
                                  {":product_hi", x->product_hi}, {":product_lo", x->product_lo}, {0}};
    bind_values(s, values);
    if (!hw_statement_run(s, "add to the aggregates", err)) return false;
  }
  return true;
}

bool hw_put_aggregates(hw_store *store, const hw_chunk_sums *sums, hw_error *err) {
  for (size_t i = 0; i < sums->n_groups; i++) {
    const hw_group_sums *group = &sums->groups[i];
    const named_value values[] = {
        {":group_id", group->group_id}, {":n", group->n}, {":n_prompts", group->n_prompts}, {":others", group->others}, {0}};
    if (!add_row(store, "writer/add_group.sql", values, err)) return false;
  }
  return put_components(store, &sums->heads, "writer/add_head.sql", ":head", KIND_HEAD, err) &&
         put_components(store, &sums->neurons, "writer/add_neuron.sql", ":neuron", KIND_NEURON, err) &&
         put_components(store, &sums->items, "writer/add_item.sql", NULL, KIND_ITEM, err) && put_roles(store, &sums->roles, err) &&
         put_sources(store, &sums->sources, err) && put_answers(store, sums, err) &&
         put_whole_answers(store, sums, err) && put_relevances(store, &sums->relevances, err);
}
