/* SPDX-License-Identifier: Apache-2.0
 * Column `parts` of the table relevance: what an answer depends on.
 *
 * Payload: whether it is contrast; m, m_reference (float64); heads of a layer; numbers of parts and of neurons. Then the columns of the
 * parts (layer and kind, target, distance to the source, head, r, value, key), the sums over positions (heads, of contrast their values, keys
 * and queries; FFNs), the tokens, the biases, and the neurons: how many each FFN part has, their numbers, their r. */
#include <math.h>
#include <string.h>

#include "codec/codec.h"

enum { KIND_BITS = 2, KIND_MASK = (1 << KIND_BITS) - 1 };

static bool is_relevance(int64_t r) { return r >= -HW_MOST_RELEVANCE && r <= HW_MOST_RELEVANCE; }

static bool are_relevances(const int64_t *list, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!is_relevance(list[i])) return false;
  return true;
}

static const char *part_problem(const hw_relevance_rows *rows, const hw_relevance_part *part, const hw_relevance_part *before) {
  bool attention = part->kind == HW_RELEVANCE_ATTENTION;
  if (part->kind > HW_RELEVANCE_QUERY || part->layer >= rows->n_layers || part->target >= rows->n_tokens) return "a part out of range";
  if (attention ? part->source > part->target : part->source != part->target) return "a part with a wrong source";
  if (part->kind != HW_RELEVANCE_FFN && part->head >= rows->n_heads) return "a head out of range";
  if (!rows->contrast && part->kind == HW_RELEVANCE_QUERY) return "the part of a query without a counterfactual";
  if (!is_relevance(part->r) || !is_relevance(part->value) || !is_relevance(part->key)) return "a relevance out of range";
  return before && hw_relevance_part_compare(before, part) >= 0 ? "parts out of order" : NULL;
}

/* Neurons belong to FFN parts, in their order. */
static const char *neuron_problem(const hw_relevance_rows *rows) {
  size_t n = 0;
  for (size_t i = 0; i < rows->n_parts; i++) {
    const hw_relevance_part *part = &rows->parts[i];
    if (part->kind != HW_RELEVANCE_FFN) continue;
    for (; n < rows->n_neurons && rows->neurons[n].layer == part->layer && rows->neurons[n].position == part->target; n++)
      if (rows->neurons[n].neuron > HW_MAX_NEURONS || !is_relevance(rows->neurons[n].r)) return "a neuron out of range";
  }
  return n == rows->n_neurons ? NULL : "neurons that belong to no FFN part";
}

static const char *problem_of(const hw_relevance_rows *rows) {
  size_t n_heads = rows->n_layers * rows->n_heads;
  double whole = rows->m - rows->m_reference;
  if (!isfinite(rows->m) || !isfinite(rows->m_reference) || !(fabs(whole) > 0) || (!rows->contrast && rows->m_reference != 0)) return "a margin that cannot be divided";
  if (rows->n_parts >= UINT32_MAX / 8 || rows->n_neurons >= UINT32_MAX / 8 || rows->n_heads > HW_MAX_HEADS) return "too many parts";
  for (size_t i = 0; i < rows->n_parts; i++) {
    const char *problem = part_problem(rows, &rows->parts[i], i ? &rows->parts[i - 1] : NULL);
    if (problem) return problem;
  }
  if (!are_relevances(rows->heads, n_heads) || !are_relevances(rows->ffn, rows->n_layers) || !are_relevances(rows->tokens, rows->n_tokens) ||
      !is_relevance(rows->biases) ||
      (rows->contrast && !(are_relevances(rows->value, n_heads) && are_relevances(rows->key, n_heads) && are_relevances(rows->query, n_heads))))
    return "a relevance out of range";
  return neuron_problem(rows);
}

/* ---- writing ---- */

static void put_list(hw_codec *codec, const int64_t *list, size_t n) {
  for (size_t i = 0; i < n; i++) hw_codec_zigzag(codec, list[i]);
  hw_codec_cut(codec, false);
}

static void put_parts(hw_codec *codec, const hw_relevance_rows *rows) {
  const hw_relevance_part *parts = rows->parts;
  uint64_t layer = rows->n_layers;
  int64_t target = 0;
  for (size_t i = 0; i < rows->n_parts; layer = parts[i++].layer) hw_codec_varint(codec, (layer - parts[i].layer) << KIND_BITS | (uint64_t)parts[i].kind);
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < rows->n_parts; target = parts[i++].target) hw_codec_zigzag(codec, (int64_t)parts[i].target - target);
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < rows->n_parts; i++)
    if (parts[i].kind == HW_RELEVANCE_ATTENTION) hw_codec_varint(codec, parts[i].target - parts[i].source);
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < rows->n_parts; i++)
    if (parts[i].kind != HW_RELEVANCE_FFN) hw_codec_varint(codec, parts[i].head);
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < rows->n_parts; i++) hw_codec_zigzag(codec, parts[i].r);
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < rows->n_parts && rows->contrast; i++)
    if (parts[i].kind == HW_RELEVANCE_ATTENTION) {
      hw_codec_zigzag(codec, parts[i].value);
      hw_codec_zigzag(codec, parts[i].key);
    }
  hw_codec_cut(codec, false);
}

static void put_neurons(hw_codec *codec, const hw_relevance_rows *rows) {
  size_t next = 0;
  for (size_t i = 0; i < rows->n_parts; i++) {
    const hw_relevance_part *part = &rows->parts[i];
    size_t first = next;
    if (part->kind != HW_RELEVANCE_FFN) continue;
    while (next < rows->n_neurons && rows->neurons[next].layer == part->layer && rows->neurons[next].position == part->target) next++;
    hw_codec_varint(codec, next - first);
  }
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < rows->n_neurons; i++) hw_codec_varint(codec, rows->neurons[i].neuron);
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < rows->n_neurons; i++) hw_codec_zigzag(codec, rows->neurons[i].r);
}

bool hw_encode_relevance(hw_codec *codec, const hw_blob_info *info, const hw_relevance_rows *rows, hw_buffer *out, hw_error *err) {
  const char *problem = problem_of(rows);
  if (rows->n_layers != info->frame.n_layers || rows->n_tokens != info->frame.n_tokens) problem = "relevances of another prompt or model";
  if (problem) return hw_blob_fail(info, err, problem);
  hw_codec_begin(codec);
  hw_codec_varint(codec, rows->contrast);
  hw_put_double(&codec->raw, rows->m);
  hw_put_double(&codec->raw, rows->m_reference);
  hw_codec_varint(codec, rows->n_heads);
  hw_codec_varint(codec, rows->n_parts);
  hw_codec_varint(codec, rows->n_neurons);
  put_parts(codec, rows);
  put_list(codec, rows->heads, rows->n_layers * rows->n_heads);
  const int64_t *const ways[] = {rows->value, rows->key, rows->query};
  for (int way = 0; way < 3 && rows->contrast; way++) put_list(codec, ways[way], rows->n_layers * rows->n_heads);
  put_list(codec, rows->ffn, rows->n_layers);
  put_list(codec, rows->tokens, rows->n_tokens);
  put_list(codec, &rows->biases, 1);
  put_neurons(codec, rows);
  return hw_codec_finish(codec, info, out, err);
}

/* ---- reading ---- */

static const int64_t *read_list(hw_reader *r, size_t n, hw_arena *arena, hw_error *err) {
  int64_t *list = hw_arena_new(arena, int64_t, n, err);
  for (size_t i = 0; list && i < n; i++) list[i] = hw_read_zigzag(r);
  return list;
}

/* Ranges are checked afterwards, part by part; here only what the columns' types cannot hold. */
static bool read_parts(hw_reader *r, const hw_relevance_rows *rows, hw_relevance_part *parts) {
  uint64_t layer = rows->n_layers, value;
  int64_t target = 0;
  for (size_t i = 0; i < rows->n_parts; i++) {
    value = hw_read_varint(r);
    if (value >> KIND_BITS > layer || (value & KIND_MASK) > HW_RELEVANCE_QUERY) r->failed = true;
    else layer -= value >> KIND_BITS;
    parts[i] = (hw_relevance_part){.kind = r->failed ? HW_RELEVANCE_FFN : (hw_relevance_kind)(value & KIND_MASK), .layer = (uint16_t)layer};
  }
  for (size_t i = 0; i < rows->n_parts; i++) {
    if (__builtin_add_overflow(target, hw_read_zigzag(r), &target) || target < 0 || target >= (int64_t)rows->n_tokens) r->failed = true;
    if (r->failed) target = 0;
    parts[i].target = parts[i].source = (uint32_t)target;
  }
  for (size_t i = 0; i < rows->n_parts; i++) {
    if (parts[i].kind != HW_RELEVANCE_ATTENTION) continue;
    if ((value = hw_read_varint(r)) > parts[i].target) r->failed = true;
    else parts[i].source -= (uint32_t)value;
  }
  for (size_t i = 0; i < rows->n_parts; i++) {
    if (parts[i].kind == HW_RELEVANCE_FFN) continue;
    if ((value = hw_read_varint(r)) > HW_MAX_HEADS) r->failed = true;
    else parts[i].head = (uint16_t)value;
  }
  for (size_t i = 0; i < rows->n_parts; i++) parts[i].r = hw_read_zigzag(r);
  for (size_t i = 0; i < rows->n_parts && rows->contrast; i++)
    if (parts[i].kind == HW_RELEVANCE_ATTENTION) {
      parts[i].value = hw_read_zigzag(r);
      parts[i].key = hw_read_zigzag(r);
    }
  return !r->failed;
}

static bool read_neurons(hw_reader *r, const hw_relevance_rows *rows, hw_stored_neuron *neurons) {
  size_t n = 0;
  for (size_t i = 0; i < rows->n_parts; i++) {
    if (rows->parts[i].kind != HW_RELEVANCE_FFN) continue;
    uint64_t count = hw_read_varint(r);
    if (r->failed || count > rows->n_neurons - n) return false;
    for (uint64_t k = 0; k < count; k++) neurons[n++] = (hw_stored_neuron){.layer = rows->parts[i].layer, .position = rows->parts[i].target};
  }
  for (size_t i = 0; i < n; i++) {
    uint64_t neuron = hw_read_varint(r);
    if (neuron > HW_MAX_NEURONS) r->failed = true;
    else neurons[i].neuron = (uint32_t)neuron;
  }
  for (size_t i = 0; i < n; i++) neurons[i].r = hw_read_zigzag(r);
  return n == rows->n_neurons && !r->failed;
}

bool hw_decode_relevance(const void *bytes, size_t length, hw_arena *arena, hw_blob_info *info, hw_relevance_rows *rows, hw_error *err) {
  hw_reader r;
  *rows = (hw_relevance_rows){0};
  if (!hw_blob_open(bytes, length, "R", arena, info, &r, err)) return false;
  uint64_t contrast = hw_read_varint(&r);
  rows->contrast = contrast != 0;
  rows->m = hw_read_double(&r);
  rows->m_reference = hw_read_double(&r);
  rows->threshold = info->threshold;
  rows->floor = info->floor;
  rows->n_layers = info->frame.n_layers;
  rows->n_tokens = info->frame.n_tokens;
  rows->n_heads = hw_read_count(&r, 1);
  rows->n_parts = hw_read_count(&r, 3);
  rows->n_neurons = hw_read_count(&r, 2);
  size_t cells = rows->n_layers * rows->n_heads;
  if (r.failed || contrast > 1 || rows->n_heads > HW_MAX_HEADS || cells + rows->n_tokens > (size_t)(r.end - r.at)) return hw_blob_fail(info, err, "the column is damaged");
  hw_relevance_part *parts = hw_arena_new(arena, hw_relevance_part, rows->n_parts, err);
  hw_stored_neuron *neurons = hw_arena_new(arena, hw_stored_neuron, rows->n_neurons, err);
  if (!parts || !neurons) return false;
  rows->parts = parts;
  rows->neurons = neurons;
  if (!read_parts(&r, rows, parts)) return hw_blob_fail(info, err, "a damaged part");
  if (!(rows->heads = read_list(&r, cells, arena, err))) return false;
  const int64_t **const ways[] = {&rows->value, &rows->key, &rows->query};
  for (int way = 0; way < 3 && rows->contrast; way++)
    if (!(*ways[way] = read_list(&r, cells, arena, err))) return false;
  if (!(rows->ffn = read_list(&r, rows->n_layers, arena, err)) || !(rows->tokens = read_list(&r, rows->n_tokens, arena, err))) return false;
  rows->biases = hw_read_zigzag(&r);
  if (!read_neurons(&r, rows, neurons)) return hw_blob_fail(info, err, "damaged neurons");
  if (r.at != r.end) return hw_blob_fail(info, err, "the column has the wrong length");
  const char *problem = problem_of(rows);
  return !problem || hw_blob_fail(info, err, problem);
}
