/* SPDX-License-Identifier: Apache-2.0
 * Relevances of a prompt: their column, and their sums over prompts (agg_relevance in schema.sql). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "graph/relevance_list.h"
#include "store/encoded.h"
#include "store/relevance.h"

enum { SPLIT = 40, MODE_SHIFT = 40, KIND_SHIFT = 32, LAYER_SHIFT = 24, INDEX_MASK = (1 << LAYER_SHIFT) - 1 };

const char *const hw_relevance_mode_names[] = {"answer", "contrast"};
const char *const hw_relevance_sum_names[] = {"margin", "head", "value", "key", "query", "ffn", "neuron"};

uint64_t hw_relevance_sum_key(bool contrast, hw_relevance_sum kind, size_t layer, size_t index) {
  return (uint64_t)contrast << MODE_SHIFT | (uint64_t)kind << KIND_SHIFT | (uint64_t)layer << LAYER_SHIFT | (uint64_t)index;
}
bool hw_relevance_sum_contrast(uint64_t key) { return key >> MODE_SHIFT & 1; }
hw_relevance_sum hw_relevance_sum_kind(uint64_t key) { return (hw_relevance_sum)(key >> KIND_SHIFT & 255); }
int64_t hw_relevance_sum_layer(uint64_t key) { return (int64_t)(key >> LAYER_SHIFT & 255); }
int64_t hw_relevance_sum_index(uint64_t key) { return (int64_t)(key & INDEX_MASK); }

/* 1e-4 logits from 1e-6, half away from zero. */
static int64_t to_sum_unit(int64_t r) { return (r + (r < 0 ? -50 : 50)) / 100; }

static void split(__int128 product, int64_t *hi, int64_t *lo) {
  *hi = (int64_t)(product >> SPLIT);
  *lo = (int64_t)(product & ((INT64_C(1) << SPLIT) - 1));
}

typedef struct summing {
  hw_chunk_sums *sums;
  const hw_relevance_rows *rows;
  int64_t group_id, whole; /* whole: m - m_reference, 1e-4 logits */
  hw_error *err;
} summing;

static bool add(const summing *s, hw_relevance_sum kind, size_t layer, size_t index, int64_t r, bool on) {
  hw_sums sums = {.n = 1, .n_on = on, .sum = r};
  split((__int128)r * r, &sums.ssq_hi, &sums.ssq_lo);
  split((__int128)r * s->whole, &sums.product_hi, &sums.product_lo);
  return hw_sum_table_put(&s->sums->relevances, s->group_id, hw_relevance_sum_key(s->rows->contrast, kind, layer, index), &sums, s->err);
}

/* A component is in the graph when one of its parts is: heads, then FFNs. */
static void find_components(const hw_relevance_rows *rows, bool *heads, bool *ffn) {
  for (size_t i = 0; i < rows->n_parts; i++) {
    const hw_relevance_part *part = &rows->parts[i];
    if (part->kind == HW_RELEVANCE_QUERY || !hw_relevance_is_above(rows, part->r, rows->threshold)) continue;
    if (part->kind == HW_RELEVANCE_FFN) ffn[part->layer] = true;
    else heads[part->layer * rows->n_heads + part->head] = true;
  }
}

static bool add_components(const summing *s, const bool *heads, const bool *ffn) {
  const hw_relevance_rows *rows = s->rows;
  const int64_t *const ways[] = {rows->value, rows->key, rows->query};
  for (size_t i = 0; i < rows->n_layers * rows->n_heads; i++) {
    size_t layer = i / rows->n_heads, head = i % rows->n_heads;
    if (!add(s, HW_SUM_HEAD, layer, head, to_sum_unit(rows->heads[i]), heads[i])) return false;
    for (int way = 0; way < 3 && rows->contrast; way++)
      if (!add(s, (hw_relevance_sum)(HW_SUM_VALUE + way), layer, head, to_sum_unit(ways[way][i]), hw_relevance_is_above(rows, ways[way][i], rows->threshold))) return false;
  }
  for (size_t l = 0; l < rows->n_layers; l++)
    if (!add(s, HW_SUM_FFN, l, 0, to_sum_unit(rows->ffn[l]), ffn[l])) return false;
  return true;
}

static bool add_heads(const summing *s) {
  size_t n_heads = s->rows->n_layers * s->rows->n_heads;
  bool *on = calloc(n_heads + s->rows->n_layers, sizeof *on);
  if (!on) return hw_fail_memory(s->err, "the components of a prompt");
  find_components(s->rows, on, on + n_heads);
  bool ok = add_components(s, on, on + n_heads);
  free(on);
  return ok;
}

static int by_neuron(const void *a, const void *b) {
  const hw_stored_neuron *x = a, *y = b;
  if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
  if (x->neuron != y->neuron) return x->neuron < y->neuron ? -1 : 1;
  return (x->position > y->position) - (x->position < y->position);
}

/* Neurons of FFN parts in the graph. One that is listed at several positions is summed over them. */
static bool add_neurons(const summing *s) {
  hw_stored_neuron *sorted = calloc(s->rows->n_neurons + 1, sizeof *sorted);
  if (!sorted) return hw_fail_memory(s->err, "the neurons of a prompt");
  size_t n = hw_relevance_neurons(s->rows, s->rows->threshold, sorted);
  qsort(sorted, n, sizeof *sorted, by_neuron);
  bool ok = true;
  for (size_t first = 0, end; ok && first < n; first = end) {
    int64_t r = 0;
    for (end = first; end < n && sorted[end].layer == sorted[first].layer && sorted[end].neuron == sorted[first].neuron; end++) r += sorted[end].r;
    ok = add(s, HW_SUM_NEURON, sorted[first].layer, sorted[first].neuron, to_sum_unit(r), hw_relevance_is_above(s->rows, r, s->rows->threshold));
  }
  free(sorted);
  return ok;
}

static bool add_sums(hw_chunk_sums *sums, int64_t group_id, const hw_relevance_rows *rows, hw_error *err) {
  const summing s = {.sums = sums, .rows = rows, .group_id = group_id, .whole = to_sum_unit(hw_relevance_micro(rows->m - rows->m_reference)), .err = err};
  return add(&s, HW_SUM_MARGIN, 0, 0, s.whole, true) && add_heads(&s) && add_neurons(&s);
}

bool hw_relevance_encode(hw_codec *codec, const hw_prompt_record *prompt, const hw_run_info *info, hw_encoded_chunk *chunk, hw_encoded_prompt *out,
                         hw_error *err) {
  for (size_t i = 0; i < prompt->n_relevances; i++) {
    const hw_relevance_record *record = &prompt->relevances[i];
    const hw_relevance_rows *rows = record->rows;
    hw_encoded_relevance *to = &out->relevances[out->n_relevances++];
    size_t start = chunk->bytes.length;
    *to = (hw_encoded_relevance){.contrast = record->contrast, .m = record->m, .m_reference = record->m_reference};
    if (!rows) {
      hw_buffer_append(&chunk->bytes, record->reason, strlen(record->reason));
      to->reason = (hw_slice){.at = start, .length = chunk->bytes.length - start, .present = true};
      continue;
    }
    const hw_blob_info blob = {.kind = 'R', .prompt_id = prompt->prompt_id, .threshold = rows->threshold, .floor = rows->floor,
                               .frame = {.n_layers = info->n_layers, .n_tokens = (uint32_t)prompt->n_tokens, .target = (uint32_t)prompt->n_tokens - 1, .parallel = info->parallel_block}};
    if (!hw_encode_relevance(codec, &blob, rows, &chunk->bytes, err)) return false;
    to->parts = (hw_slice){.at = start, .length = chunk->bytes.length - start, .present = true};
    to->n_parts = (int64_t)rows->n_parts;
    if (!add_sums(&chunk->sums, prompt->group_id, rows, err)) return false;
  }
  return true;
}
