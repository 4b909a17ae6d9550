/* SPDX-License-Identifier: Apache-2.0
 * What hw_encode_chunk sums up beside components and items: how roles share the flow, where heads look, how answers stand layer by
 * layer. No database in here. */
#ifndef HW_STORE_OBSERVE_H
#define HW_STORE_OBSERVE_H

#include "headwater/arena.h"
#include "headwater/store.h"
#include "store/encoded.h"

enum hw_head_source_kind { /* agg_head_source.source */
  HW_SOURCE_ANY,
  HW_SOURCE_FIRST,
  HW_SOURCE_SELF,
  HW_SOURCE_PREVIOUS,
  HW_SOURCE_SAME,
  HW_SOURCE_INDUCTION,
  HW_N_SOURCES,
};

typedef struct hw_observer {
  const hw_run_info *info;
  hw_observation *roles, *sources; /* of one prompt */
  size_t n_roles, roles_capacity, n_sources, sources_capacity;
  uint64_t *importance; /* [n_layers * n_heads * HW_N_SOURCES], zero between graphs */
  double *flow;         /* the same */
  uint32_t *touched;    /* indices into these */
} hw_observer;

bool hw_observer_init(hw_observer *observer, const hw_run_info *info, hw_error *err);
void hw_observer_fini(hw_observer *observer);

/* Before the first graph of a prompt. */
void hw_observer_reset(hw_observer *observer);
/* Adds one graph to the lists. Its rows were checked before. */
bool hw_observe_graph(hw_observer *observer, const hw_prompt_record *prompt, const hw_graph_record *graph, int64_t graph_id,
                      hw_arena *scratch, hw_error *err);

/* Adds the answer of a prompt to the sums of its group and of all. Errors: a measure that is not finite. */
bool hw_observe_answer(hw_encoded_chunk *chunk, const hw_run_info *info, const hw_prompt_record *prompt, hw_error *err);

/* Keys of hw_sum_rows: hw_component_key of a role, and of a head with a source. */

#endif
