/* SPDX-License-Identifier: Apache-2.0
 * Columns that are small enough to stay uncompressed. */
#include <inttypes.h>

#include "store/codec.h"

void hw_encode_tokens(hw_buffer *out, const int32_t *ids, size_t n) {
  uint32_t all = 0;
  for (size_t i = 0; i < n; i++) all |= (uint32_t)ids[i];
  unsigned width = all < 1u << 16 ? 2 : 4;
  hw_buffer_append_byte(out, (unsigned char)width);
  for (size_t i = 0; i < n; i++)
    for (unsigned byte = 0; byte < width; byte++)
      hw_buffer_append_byte(out, (unsigned char)((uint32_t)ids[i] >> (8 * byte)));
}

bool hw_decode_tokens(const void *bytes, size_t length, hw_arena *arena, int32_t **ids, size_t *n, hw_error *err) {
  const uint8_t *at = bytes;
  if (length < 1 || (at[0] != 2 && at[0] != 4) || (length - 1) % at[0])
    return hw_fail(err, HW_ERROR_INPUT, "these %zu bytes are no list of tokens", length);
  unsigned width = at[0];
  *n = (length - 1) / width;
  if (!(*ids = hw_arena_new(arena, int32_t, *n, err))) return false;
  at++;
  for (size_t i = 0; i < *n; i++) {
    uint32_t id = 0;
    for (unsigned byte = 0; byte < width; byte++) id |= (uint32_t)*at++ << (8 * byte);
    (*ids)[i] = (int32_t)id;
  }
  return true;
}

void hw_encode_item_graphs(hw_buffer *out, const hw_item_graph *graphs, size_t n) {
  int64_t before = 0;
  for (size_t i = 0; i < n; i++) {
    hw_put_varint(out, (uint64_t)(graphs[i].graph_id - before));
    hw_put_varint(out, graphs[i].importance);
    before = graphs[i].graph_id;
  }
}

bool hw_decode_item_graphs(const void *bytes, size_t length, hw_arena *arena, hw_item_graph **graphs, size_t *n,
                           hw_error *err) {
  hw_reader r = {.at = bytes, .end = (const uint8_t *)bytes + length};
  size_t room = length / 2;
  *n = 0;
  if (!(*graphs = hw_arena_new(arena, hw_item_graph, room, err))) return false;
  uint64_t graph = 0;
  while (r.at < r.end && !r.failed) {
    uint64_t step = hw_read_varint(&r), importance = hw_read_varint(&r);
    if (__builtin_add_overflow(graph, step, &graph) || graph > INT64_MAX || importance > UINT32_MAX || (*n && !step))
      r.failed = true;
    if (!r.failed) (*graphs)[(*n)++] = (hw_item_graph){.graph_id = (int64_t)graph, .importance = (uint32_t)importance};
  }
  return r.failed ? hw_fail(err, HW_ERROR_INPUT, "these %zu bytes are no list of an item's graphs", length) : true;
}
