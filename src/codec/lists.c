/* SPDX-License-Identifier: Apache-2.0
 * Columns that are small enough to stay uncompressed. */
#include <inttypes.h>
#include <math.h>

#include "codec/codec.h"

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

enum { GRAPHS_AT_ONCE = 64 };

void hw_encode_item_graphs(hw_buffer *out, const hw_item_graph *graphs, size_t n) {
  unsigned char bytes[GRAPHS_AT_ONCE * 2 * HW_MOST_VARINT];
  int64_t before = 0;
  size_t length = 0;
  for (size_t i = 0; i < n; i++) {
    length += hw_write_varint(bytes + length, (uint64_t)(graphs[i].graph_id - before));
    length += hw_write_varint(bytes + length, graphs[i].importance);
    before = graphs[i].graph_id;
    if (i + 1 < n && (i + 1) % GRAPHS_AT_ONCE) continue;
    hw_buffer_append(out, bytes, length);
    length = 0;
  }
}

hw_item_graphs hw_item_graphs_of(const void *bytes, size_t length) { return (hw_item_graphs){.reader = hw_reader_of(bytes, length), .length = length}; }

bool hw_next_item_graph(hw_item_graphs *list, hw_item_graph *next) {
  hw_reader *r = &list->reader;
  if (r->at == r->end || r->failed) return false;
  uint64_t step = hw_read_varint(r), importance = hw_read_varint(r);
  if (__builtin_add_overflow(list->graph, step, &list->graph) || list->graph > INT64_MAX || importance > UINT32_MAX || (list->started && !step))
    r->failed = true;
  list->started = true;
  if (!r->failed) *next = (hw_item_graph){.graph_id = (int64_t)list->graph, .importance = (uint32_t)importance};
  return !r->failed;
}

bool hw_item_graphs_end(const hw_item_graphs *list, hw_error *err) {
  return !list->reader.failed || hw_fail(err, HW_ERROR_INPUT, "these %zu bytes are no list of an item's graphs", list->length);
}

bool hw_decode_item_graphs(const void *bytes, size_t length, hw_arena *arena, hw_item_graph **graphs, size_t *n,
                           hw_error *err) {
  hw_item_graphs list = hw_item_graphs_of(bytes, length);
  *n = 0;
  if (!(*graphs = hw_arena_new(arena, hw_item_graph, length / 2, err))) return false; /* each has two varints of at least a byte */
  for (hw_item_graph next; hw_next_item_graph(&list, &next);) (*graphs)[(*n)++] = next;
  return hw_item_graphs_end(&list, err);
}

int64_t hw_lens_logit(double logit) { return llround(logit * HW_LENS_UNIT); }

static void put_score(hw_buffer *out, const hw_lens_score *score) {
  hw_put_varint(out, score->rank);
  hw_put_varint(out, hw_zigzag(hw_lens_logit(score->logit)));
  hw_put_varint(out, hw_micro(score->probability));
}

int64_t hw_lens_difference(const hw_answer_lens *lens, size_t layer) {
  if (lens->difference) return hw_lens_logit(lens->difference[layer]);
  return hw_lens_logit(lens->answer[layer].logit) - hw_lens_logit(lens->foil[layer].logit);
}

enum { HAS_FOIL = 1U, HAS_DIFFERENCE = 2U };

void hw_encode_lens(hw_buffer *out, int64_t prompt_id, size_t n_layers, const hw_answer_lens *lens) {
  hw_buffer_append_byte(out, 'L');
  hw_buffer_append_byte(out, HW_CODEC_VERSION);
  hw_put_varint(out, (uint64_t)prompt_id);
  hw_put_varint(out, (lens->foil ? HAS_FOIL : 0U) | (lens->difference ? HAS_DIFFERENCE : 0U));
  hw_put_varint(out, n_layers);
  for (size_t layer = 0; layer < n_layers; layer++) {
    put_score(out, &lens->answer[layer]);
    if (lens->foil) put_score(out, &lens->foil[layer]);
    if (lens->difference) hw_put_varint(out, hw_zigzag(hw_lens_difference(lens, layer)));
  }
}

static double read_logit(hw_reader *r) {
  int64_t logit = hw_read_zigzag(r);
  if (logit > INT64_C(10000000000000) || logit < -INT64_C(10000000000000)) r->failed = true;
  return (double)logit / HW_LENS_UNIT;
}

static hw_lens_score read_score(hw_reader *r) {
  uint64_t rank = hw_read_varint(r);
  double logit = read_logit(r);
  uint64_t probability = hw_read_varint(r);
  if (rank == 0 || rank > INT32_MAX || probability > 1000000) r->failed = true;
  return (hw_lens_score){.rank = (uint32_t)rank, .logit = logit, .probability = (double)probability / HW_MICRO};
}

bool hw_decode_lens(const void *bytes, size_t length, hw_arena *arena, int64_t *prompt_id, size_t *n_layers, hw_answer_lens *lens,
                    hw_error *err) {
  const uint8_t *at = bytes;
  if (length < 2 || at[0] != 'L' || at[1] != HW_CODEC_VERSION) return hw_fail(err, HW_ERROR_INPUT, "these %zu bytes are no logit lens", length);
  hw_reader r = hw_reader_of(at + 2, length - 2);
  uint64_t prompt = hw_read_varint(&r), flags = hw_read_varint(&r), n = hw_read_varint(&r);
  if (r.failed || prompt >= (uint64_t)HW_MAX_PROMPT || flags > (HAS_FOIL | HAS_DIFFERENCE) || flags == HAS_DIFFERENCE || n < 1 || n > HW_MAX_LAYERS)
    return hw_fail(err, HW_ERROR_INPUT, "the header of a logit lens is damaged");
  *prompt_id = (int64_t)prompt;
  *n_layers = (size_t)n;
  hw_lens_score *answer = hw_arena_new(arena, hw_lens_score, *n_layers, err), *foil = hw_arena_new(arena, hw_lens_score, *n_layers, err);
  double *difference = hw_arena_new(arena, double, *n_layers, err);
  if (!answer || !foil || !difference) return false;
  for (size_t layer = 0; layer < *n_layers; layer++) {
    answer[layer] = read_score(&r);
    if (flags & HAS_FOIL) foil[layer] = read_score(&r);
    if (flags & HAS_DIFFERENCE) difference[layer] = read_logit(&r);
  }
  *lens = (hw_answer_lens){.answer = answer, .foil = flags & HAS_FOIL ? foil : NULL, .difference = flags & HAS_DIFFERENCE ? difference : NULL};
  if (r.failed || r.at != r.end) return hw_fail(err, HW_ERROR_INPUT, "the logit lens of prompt %" PRId64 " is damaged", *prompt_id);
  return true;
}
