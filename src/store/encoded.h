/* SPDX-License-Identifier: Apache-2.0
 * A chunk between hw_encode_chunk and hw_store_put_chunk, and the sums in it. No database in here. */
#ifndef HW_STORE_ENCODED_H
#define HW_STORE_ENCODED_H

#include "base/hash_table.h"
#include "store/marginal.h"
#include "headwater/store.h"

typedef struct hw_slice { /* of hw_encoded_chunk.bytes */
  size_t at, length;
  bool present; /* false: NULL */
} hw_slice;

typedef struct hw_encoded_graph {
  int64_t graph_id;
  hw_slice edges, heads, neurons, projections;
  int64_t predicted_id;
  double predicted_logit, predicted_probability;
  int64_t n_parts, n_edges, n_heads, n_ffn_nodes, n_neurons, n_projections;
} hw_encoded_graph;

typedef struct hw_encoded_value {
  hw_slice key, value;
} hw_encoded_value;

typedef struct hw_encoded_relevance {
  bool contrast;
  double m, m_reference;
  int64_t n_parts;
  hw_slice reason, parts;
} hw_encoded_relevance;

typedef struct hw_encoded_prompt {
  int64_t prompt_id, group_id, n_tokens, counterfactual_of;
  bool has_bos;
  hw_slice failure, text, tokens, roles, lens;
  hw_answer_record answer, foil;
  hw_answer_contrast contrast;
  size_t first_value, n_values, first_graph, n_graphs, n_relevances;
  hw_encoded_relevance relevances[HW_MOST_RELEVANCES];
} hw_encoded_prompt;

/* ---- Sums (schema.sql says what each is) ---- */

/* What one graph says about one component. */
typedef struct hw_observation {
  uint64_t key; /* component */
  int64_t graph_id;
  uint32_t importance, flow; /* 1e-6 */
  bool on;
} hw_observation;

typedef struct hw_sums {
  int64_t n_on, sum, ssq, flow_sum, flow_ssq, max, ex;
  int64_t on_pairs, on_others, others, flow_others; /* agg_cluster */
  union {
    struct {
      int64_t pairs_hi, pairs_lo, flow_pairs_hi, flow_pairs_lo;
    };
    struct { /* agg_relevance, which has these, n, n_on and sum alone */
      int64_t ssq_hi, ssq_lo, product_hi, product_lo;
    };
  };
  int64_t n; /* agg_relevance alone */
} hw_sums;

typedef struct hw_sum_row {
  int64_t group_id;
  uint64_t key;
  hw_sums sums;
} hw_sum_row;

typedef struct hw_sum_table {
  hw_sum_row *rows;
  size_t n, capacity;
  hw_hash_table numbers; /* while it fills: row + 1 */
  uint32_t *order; /* [n] after hw_chunk_sums_finish: rows by (group, key) */
} hw_sum_table;

/* Adds the observations of ONE prompt (any order; sorts them), which has n_graphs graphs. */
bool hw_sum_table_add(hw_sum_table *table, int64_t group_id, hw_observation *observations, size_t n, uint32_t n_graphs,
                      hw_error *err);

/* Adds to the sums of a component. */
bool hw_sum_table_put(hw_sum_table *table, int64_t group_id, uint64_t key, const hw_sums *sums, hw_error *err);

typedef struct hw_group_sums {
  int64_t group_id, n, n_prompts, others;
} hw_group_sums;

typedef struct hw_difference_sums { /* answers against foils */
  int64_t n_foil, n_beats, n_ties, diff_sum, diff_ssq_hi, diff_ssq_lo;
} hw_difference_sums;

typedef struct hw_answer_sums { /* agg_answer, of one group and layer */
  int64_t n, n_top, n_first, n_settled, rank_sum, probability_sum, probability_ssq;
  hw_difference_sums difference;
} hw_answer_sums;

typedef struct hw_whole_answer_sums { /* agg_whole_answer, of one group */
  int64_t n, n_several, n_greedy, n_shared, n_contained;
  hw_difference_sums difference;
} hw_whole_answer_sums;

enum { HW_N_OBSERVED_TABLES = 5, HW_N_SUM_TABLES = HW_N_OBSERVED_TABLES + 1 }; /* observed: in graphs, with clusters */
typedef struct hw_chunk_sums { /* of one chunk, or of those that wait for their commit */
  int64_t all_groups; /* group_id of all its prompts: HW_ALL_GROUPS or HW_ALL_COUNTERFACTUALS */
  union {
    struct {
      hw_sum_table heads, neurons, items, roles, sources;
      hw_sum_table relevances; /* of prompts; store/relevance.h has the keys */
    };
    hw_sum_table tables[HW_N_SUM_TABLES];
  };
  hw_group_sums *groups; /* [n_groups of at most n_answer_groups] those that occur */
  size_t n_groups;
  hw_answer_sums *answers; /* [n_answer_groups, n_layers]: all prompts first, then each group of the run, then the marginal ones */
  hw_whole_answer_sums *whole_answers; /* [n_answer_groups] */
  size_t n_answer_groups, n_layers;
  hw_marginals marginals;
} hw_chunk_sums;

bool hw_chunk_sums_init(hw_chunk_sums *sums, const hw_run_info *info, int64_t all_groups, hw_error *err);
/* Empty sums of the same run and all_groups. */
bool hw_chunk_sums_like(hw_chunk_sums *sums, const hw_chunk_sums *like, hw_error *err);
void hw_chunk_sums_fini(hw_chunk_sums *sums);
/* Counts a prompt's graphs. */
bool hw_chunk_sums_count(hw_chunk_sums *sums, int64_t group_id, int64_t n_graphs, hw_error *err);
/* Adds the answer of a prompt to its group and to all. Errors: a measure that is not finite. */
bool hw_chunk_sums_add_answer(hw_chunk_sums *sums, const hw_prompt_record *prompt, hw_error *err);
/* Adds `from`, of the same run and all_groups. After an error `into` is to be thrown away. */
bool hw_chunk_sums_merge(hw_chunk_sums *into, const hw_chunk_sums *from, hw_error *err);
/* Adds the rows of the marginal groups, and of all groups together as group all_groups, and fills each table's `order`. Nothing can be
 * added after. */
bool hw_chunk_sums_finish(hw_chunk_sums *sums, hw_error *err);

typedef struct hw_posting { /* an item in a graph */
  uint64_t item;
  int64_t graph_id;
  uint32_t importance;
} hw_posting;

typedef struct hw_encoded_item {
  uint64_t item;
  int64_t n;
  hw_slice graphs;
} hw_encoded_item;

struct hw_encoded_chunk {
  int64_t chunk_index, first_prompt, n_prompts, n_failed, n_tokens;
  hw_buffer bytes;
  hw_encoded_prompt *prompts;
  hw_encoded_value *values;
  hw_encoded_graph *graphs;
  size_t n_graphs;
  hw_chunk_sums sums;
  hw_encoded_item *item_graphs;
  size_t n_item_graphs;
};

#endif
