/* SPDX-License-Identifier: Apache-2.0
 * Integers that name a graph, an edge aligned by role, a component and a circuit, as the database stores them (sql/schema.sql). */
#ifndef HW_GRAPH_KEYS_H
#define HW_GRAPH_KEYS_H

#include <stdint.h>

/* A graph: prompt_id << 20 | position of the target. */
enum { HW_POSITION_BITS = 20, HW_MAX_TOKENS = 1 << HW_POSITION_BITS };
#define HW_MAX_PROMPT ((int64_t)1 << 42)
static inline int64_t hw_graph_id(int64_t prompt_id, uint32_t target) { return prompt_id << HW_POSITION_BITS | target; }
static inline int64_t hw_graph_id_prompt(int64_t graph_id) { return graph_id >> HW_POSITION_BITS; }
static inline uint32_t hw_graph_id_target(int64_t graph_id) { return (uint32_t)(graph_id & (HW_MAX_TOKENS - 1)); }

/* An item, which is an edge aligned by role: kind << 30 | layer << 22 | head << 12 | source role << 6 | target role. */
enum { HW_ITEM_ATTENTION = 0, HW_ITEM_FFN = 1 };
static inline uint32_t hw_item(uint32_t kind, uint32_t layer, uint32_t head, uint32_t source, uint32_t target) {
  return kind << 30 | layer << 22 | head << 12 | source << 6 | target;
}
static inline uint32_t hw_item_kind(uint32_t item) { return item >> 30; }
static inline uint32_t hw_item_layer(uint32_t item) { return item >> 22 & 255; }
static inline uint32_t hw_item_head(uint32_t item) { return item >> 12 & 1023; }
static inline uint32_t hw_item_source(uint32_t item) { return item >> 6 & 63; }
static inline uint32_t hw_item_target(uint32_t item) { return item & 63; }
static inline uint32_t hw_item_edge(uint32_t item) { return item >> 12; } /* without its roles */
static inline uint32_t hw_item_of_edge(uint32_t edge) { return edge << 12; }

/* A part of a layer, which is a head, a neuron, a role, or a head with a source of its edges: layer << 32 | index. */
static inline uint64_t hw_component_key(uint32_t layer, uint32_t index) { return (uint64_t)layer << 32 | index; }
static inline uint32_t hw_component_key_layer(uint64_t key) { return (uint32_t)(key >> 32); }
static inline uint32_t hw_component_key_index(uint64_t key) { return (uint32_t)key; }
static inline uint32_t hw_head_source(uint32_t head, uint32_t source) { return head << 8 | source; }
static inline uint32_t hw_head_source_head(uint32_t index) { return index >> 8; }
static inline uint32_t hw_head_source_source(uint32_t index) { return index & 255; }

/* A circuit: mining_id << 20 | rank. */
#define HW_MAX_MINING (INT64_MAX >> 20)
static inline int64_t hw_circuit_id(int64_t mining_id, uint32_t rank) { return mining_id << 20 | rank; }

#endif
