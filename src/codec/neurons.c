/* SPDX-License-Identifier: Apache-2.0
 * Column `neurons`: the FFN nodes of a graph and the best neurons of each. */
#include <math.h>
#include <string.h>

#include "codec/codec.h"

float hw_round_activation(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7f800000u) == 0x7f800000u) return value;
  uint32_t rounded = bits + 0x7f + (bits >> 8 & 1);           /* half to even */
  if ((rounded & 0x7f800000u) == 0x7f800000u) rounded = bits; /* a finite value stays finite */
  rounded &= ~0xffu;
  memcpy(&value, &rounded, sizeof value);
  return value;
}

static const char *nodes_problem(const hw_blob_info *info, const hw_neuron_node *nodes, const double *flows, size_t n_nodes,
                                 const hw_neuron_row *rows, size_t n_rows) {
  size_t row = 0;
  if (n_rows >= UINT32_MAX / 8) return "too many neurons";
  for (size_t i = 0; i < n_nodes; i++) {
    const hw_neuron_node *node = &nodes[i];
    if (node->layer >= info->frame.n_layers || node->position > info->frame.target || node->total >= 1u << 24)
      return "an FFN node out of range";
    if (i && (node->layer > node[-1].layer || (node->layer == node[-1].layer && node->position <= node[-1].position)))
      return "FFN nodes out of order";
    if (!(flows[i] >= 0 && flows[i] < 2)) return "an FFN node without a flow";
    for (uint32_t k = 0; k < node->n_rows; k++, row++) {
      if (row == n_rows || rows[row].layer != node->layer || rows[row].position != node->position)
        return "neurons that belong to no FFN node";
      if (k && rows[row].importance > rows[row - 1].importance) return "neurons out of order";
      if (rows[row].neuron > HW_MAX_NEURONS || rows[row].importance >= 1u << 24) return "a neuron out of range";
      if (!isfinite(rows[row].activation)) return "an activation that is not finite";
    }
  }
  return row == n_rows ? NULL : "neurons that belong to no FFN node";
}

static void put_flows(hw_codec *codec, const double *flows, size_t n) { /* all 64 bits of each, as byte planes */
  for (int plane = 0; plane < 8; plane++) {
    for (size_t i = 0; i < n; i++) {
      uint64_t bits;
      memcpy(&bits, &flows[i], sizeof bits);
      unsigned char byte = (unsigned char)(bits >> (8 * plane));
      hw_codec_bytes(codec, &byte, 1);
    }
    hw_codec_cut(codec, plane < 6);
  }
}

bool hw_encode_neurons(hw_codec *codec, const hw_blob_info *info, const hw_neuron_node *nodes, const double *node_flows,
                       size_t n_nodes, const hw_neuron_row *rows, size_t n_rows, hw_buffer *out, hw_error *err) {
  const char *problem = nodes_problem(info, nodes, node_flows, n_nodes, rows, n_rows);
  if (problem) return hw_blob_fail(info, err, problem);
  hw_arena_reset(&codec->scratch);
  uint32_t *values = hw_arena_new(&codec->scratch, uint32_t, n_rows > n_nodes ? n_rows : n_nodes, err);
  if (!values) return false;
  uint32_t widest = 0;
  for (size_t i = 0; i < n_rows; i++) widest |= rows[i].neuron;
  unsigned width = widest < 1u << 16 ? 2 : 3;
  hw_codec_begin(codec);
  hw_codec_varint(codec, n_nodes);
  hw_codec_varint(codec, n_rows);
  hw_codec_varint(codec, width);
  uint32_t layer = info->frame.n_layers;
  for (size_t i = 0; i < n_nodes; layer = nodes[i++].layer) hw_codec_varint(codec, layer - nodes[i].layer);
  hw_codec_cut(codec, false);
  uint32_t position = 0;
  for (size_t i = 0; i < n_nodes; position = nodes[i++].position)
    hw_codec_zigzag(codec, (int64_t)nodes[i].position - position);
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < n_nodes; i++) hw_codec_varint(codec, nodes[i].n_rows);
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < n_nodes; i++) values[i] = nodes[i].total;
  hw_codec_planes(codec, values, n_nodes, 3, 1);
  put_flows(codec, node_flows, n_nodes);
  for (size_t i = 0; i < n_rows; i++) values[i] = rows[i].neuron;
  hw_codec_planes(codec, values, n_rows, width, 0);
  size_t row = 0;
  for (size_t i = 0; i < n_nodes; i++) /* the largest share of a node, then the difference from the share before */
    for (uint32_t k = 0; k < nodes[i].n_rows; k++, row++)
      values[row] = k ? rows[row - 1].importance - rows[row].importance : rows[row].importance;
  hw_codec_planes(codec, values, n_rows, 3, 1);
  for (size_t i = 0; i < n_rows; i++) {
    float rounded = hw_round_activation(rows[i].activation);
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    values[i] = (bits >> 8 & 0x7fffffu) << 1 | bits >> 31; /* the sign goes to the mantissa, so that the exponents fill one byte plane */
  }
  hw_codec_planes(codec, values, n_rows, 3, 2);
  return hw_codec_finish(codec, info, out, err);
}

static bool read_nodes(hw_reader *r, const hw_blob_info *info, hw_arena *arena, hw_neurons *out, hw_error *err) {
  size_t n = out->n_nodes;
  uint32_t *values = hw_arena_new(arena, uint32_t, n, err);
  out->nodes = hw_arena_znew(arena, hw_neuron_node, n, err);
  out->node_flows = hw_arena_new(arena, double, n, err);
  uint64_t *bits = hw_arena_znew(arena, uint64_t, n, err);
  if (!values || !out->nodes || !out->node_flows || !bits) return false;
  uint64_t layer = info->frame.n_layers;
  for (size_t i = 0; i < n; i++) {
    uint64_t step = hw_read_varint(r);
    if (step > layer) return hw_blob_fail(info, err, "a damaged layer");
    out->nodes[i].layer = (uint16_t)(layer -= step);
  }
  int64_t position = 0;
  for (size_t i = 0; i < n; i++) {
    if (__builtin_add_overflow(position, hw_read_zigzag(r), &position) || position < 0 || position > info->frame.target)
      return hw_blob_fail(info, err, "a damaged position");
    out->nodes[i].position = (uint32_t)position;
  }
  for (size_t i = 0; i < n; i++) {
    uint64_t rows = hw_read_varint(r);
    if (rows > out->n_rows) return hw_blob_fail(info, err, "damaged counts of neurons");
    out->nodes[i].n_rows = (uint32_t)rows;
  }
  hw_read_planes(r, values, n, 3);
  for (size_t i = 0; i < n; i++) out->nodes[i].total = values[i];
  for (int plane = 0; plane < 8; plane++) {
    hw_read_planes(r, values, n, 1);
    for (size_t i = 0; i < n; i++) bits[i] |= (uint64_t)values[i] << (8 * plane);
  }
  if (n) memcpy(out->node_flows, bits, n * sizeof *bits);
  return true;
}

static bool read_rows(hw_reader *r, const hw_blob_info *info, unsigned width, hw_arena *arena, hw_neurons *out,
                      hw_error *err) {
  uint32_t *neurons = hw_arena_new(arena, uint32_t, out->n_rows, err);
  uint32_t *shares = hw_arena_new(arena, uint32_t, out->n_rows, err);
  uint32_t *activations = hw_arena_new(arena, uint32_t, out->n_rows, err);
  out->rows = hw_arena_new(arena, hw_neuron_row, out->n_rows, err);
  out->row_nodes = hw_arena_new(arena, uint32_t, out->n_rows, err);
  if (!neurons || !shares || !activations || !out->rows || !out->row_nodes) return false;
  hw_read_planes(r, neurons, out->n_rows, width);
  hw_read_planes(r, shares, out->n_rows, 3);
  hw_read_planes(r, activations, out->n_rows, 3);
  size_t row = 0;
  for (size_t i = 0; i < out->n_nodes; i++) {
    const hw_neuron_node *node = &out->nodes[i];
    if (node->n_rows > out->n_rows - row) return hw_blob_fail(info, err, "damaged counts of neurons");
    uint32_t share = 0;
    for (uint32_t k = 0; k < node->n_rows; k++, row++) {
      share = k ? share - shares[row] : shares[row]; /* a difference larger than the share wraps around: the range check finds it */
      uint32_t bits = (activations[row] >> 1) << 8 | activations[row] << 31;
      float activation;
      memcpy(&activation, &bits, sizeof activation);
      out->rows[row] = (hw_neuron_row){.layer = node->layer,
                                       .position = node->position,
                                       .neuron = neurons[row],
                                       .importance = share,
                                       .activation = activation};
      out->row_nodes[row] = (uint32_t)i;
    }
  }
  return row == out->n_rows ? true : hw_blob_fail(info, err, "damaged counts of neurons");
}

/* The flow of a node in the graph is above 0. */
static void leave_out_outside(hw_neurons *all) {
  size_t n_nodes = 0, n_rows = 0;
  for (size_t i = 0; i < all->n_rows; i++)
    if (all->node_flows[all->row_nodes[i]] > 0) all->rows[n_rows++] = all->rows[i];
  for (size_t i = 0, row = 0; i < all->n_nodes; i++) {
    if (!(all->node_flows[i] > 0)) continue;
    for (uint32_t k = 0; k < all->nodes[i].n_rows; k++) all->row_nodes[row++] = (uint32_t)n_nodes;
    all->nodes[n_nodes] = all->nodes[i];
    all->node_flows[n_nodes++] = all->node_flows[i];
  }
  all->n_nodes = n_nodes;
  all->n_rows = n_rows;
}

bool hw_decode_neurons(const void *bytes, size_t length, hw_row_set wanted, hw_arena *arena, hw_blob_info *info, hw_neurons *out,
                       hw_error *err) {
  *out = (hw_neurons){0};
  hw_reader r;
  if (!hw_blob_open(bytes, length, "N", arena, info, &r, err)) return false;
  out->n_nodes = hw_read_count(&r, 14);
  out->n_rows = hw_read_count(&r, 8);
  uint64_t width = hw_read_varint(&r);
  if (r.failed || width < 2 || width > 3) return hw_blob_fail(info, err, "the column is damaged");
  if (!read_nodes(&r, info, arena, out, err) || !read_rows(&r, info, (unsigned)width, arena, out, err)) return false;
  if (r.failed || r.at != r.end) return hw_blob_fail(info, err, "the column has the wrong length");
  const char *problem = nodes_problem(info, out->nodes, out->node_flows, out->n_nodes, out->rows, out->n_rows);
  if (problem) return hw_blob_fail(info, err, problem);
  if (wanted == HW_ROWS_IN_GRAPH) leave_out_outside(out);
  return true;
}
