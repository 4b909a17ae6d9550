/* SPDX-License-Identifier: Apache-2.0
 * Columns `edges` and `heads`.
 *
 * Edges are the raw rows, group by group: which group, how many parts, their sources and heads, their importances. A group is a node
 * of a sequential block; a parallel block's node has two groups, its FFN row and its attention rows. The last part of a group is
 * written as what is missing of 1: where a node is one group and all its parts are stored, that is only the rounding, which costs
 * next to nothing. */
#include <math.h>
#include <string.h>

#include "codec/codec.h"

enum { HAS_FFN = 1, HAS_RESIDUAL = 2, COUNT_SHIFT = 2 };

static const char *row_problem(const hw_graph_frame *frame, const hw_part *part) {
  bool attention = part->kind == HW_PART_ATTENTION;
  if (part->kind > HW_PART_FFN_RESIDUAL || part->layer >= frame->n_layers) return "a row of no known kind or layer";
  if (part->target > frame->target || part->source > part->target) return "a row outside of the prompt";
  if (!attention && (part->source != part->target || part->head != HW_NO_HEAD)) return "a residual or FFN row with a head";
  if (attention && part->head > HW_MAX_HEADS) return "a head out of range";
  if (part->importance > (uint32_t)HW_MICRO) return "an importance above 1";
  return NULL;
}

static bool same_group(const hw_part *a, const hw_part *b) {
  return a->layer == b->layer && a->target == b->target && hw_part_in_ffn_rows(a) == hw_part_in_ffn_rows(b);
}

typedef struct group_columns { /* indexed by group */
  size_t n_groups;
  uint32_t *first; /* [n_groups + 1] row */
} group_columns;

static bool find_groups(const hw_blob_info *info, const hw_part *parts, size_t n, hw_arena *arena, group_columns *groups,
                        hw_error *err) {
  if (n >= UINT32_MAX / 4) return hw_blob_fail(info, err, "too many rows");
  groups->n_groups = 0;
  if (!(groups->first = hw_arena_new(arena, uint32_t, n + 1, err))) return false;
  for (size_t i = 0; i < n; i++) {
    const char *problem = row_problem(&info->frame, &parts[i]);
    if (problem) return hw_blob_fail(info, err, problem);
    if (i && hw_part_compare(&parts[i - 1], &parts[i]) >= 0) return hw_blob_fail(info, err, "rows out of order");
    if (!i || !same_group(&parts[i - 1], &parts[i])) groups->first[groups->n_groups++] = (uint32_t)i;
  }
  groups->first[groups->n_groups] = (uint32_t)n;
  return true;
}

static void put_groups(hw_codec *codec, const hw_part *parts, const group_columns *groups, uint32_t n_layers) {
  uint32_t layer = n_layers;
  for (size_t i = 0; i < groups->n_groups; i++) { /* layers downwards, FFN or attention */
    const hw_part *part = &parts[groups->first[i]];
    hw_codec_varint(codec, (layer - part->layer) << 1 | (hw_part_in_ffn_rows(part) ? 0u : 1u));
    layer = part->layer;
  }
  hw_codec_cut(codec, false);
  uint32_t target = 0;
  for (size_t i = 0; i < groups->n_groups; i++) {
    const hw_part *part = &parts[groups->first[i]];
    hw_codec_zigzag(codec, (int64_t)part->target - target);
    target = part->target;
  }
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < groups->n_groups; i++) {
    uint32_t n_attention = 0, flags = 0;
    for (uint32_t r = groups->first[i]; r < groups->first[i + 1]; r++) {
      if (parts[r].kind == HW_PART_ATTENTION) n_attention++;
      else flags |= parts[r].kind == HW_PART_FFN ? HAS_FFN : HAS_RESIDUAL;
    }
    hw_codec_varint(codec, n_attention << COUNT_SHIFT | flags);
  }
  hw_codec_cut(codec, false);
}

bool hw_encode_edges(hw_codec *codec, const hw_blob_info *info, const hw_part *parts, size_t n, hw_buffer *out,
                     hw_error *err) {
  hw_arena *arena = &codec->scratch;
  hw_arena_reset(arena);
  group_columns groups = {0};
  if (!find_groups(info, parts, n, arena, &groups, err)) return false;
  uint32_t *shares = hw_arena_new(arena, uint32_t, n, err), *missing = hw_arena_new(arena, uint32_t, groups.n_groups, err);
  if (!shares || !missing) return false;
  hw_codec_begin(codec);
  hw_codec_varint(codec, groups.n_groups);
  hw_codec_varint(codec, n);
  put_groups(codec, parts, &groups, info->frame.n_layers);
  for (size_t i = 0; i < n; i++) { /* distance to the source before it in the same group, from the target for the first */
    if (parts[i].kind != HW_PART_ATTENTION) continue;
    bool follows = i && same_group(&parts[i - 1], &parts[i]);
    hw_codec_varint(codec, follows ? parts[i].source - parts[i - 1].source : parts[i].target - parts[i].source);
  }
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < n; i++)
    if (parts[i].kind == HW_PART_ATTENTION) hw_codec_varint(codec, parts[i].head);
  hw_codec_cut(codec, false);
  size_t n_shares = 0;
  for (size_t i = 0; i < groups.n_groups; i++) {
    int64_t left = (int64_t)HW_MICRO;
    for (uint32_t r = groups.first[i]; r < groups.first[i + 1]; r++) {
      left -= parts[r].importance;
      if (r + 1 < groups.first[i + 1]) shares[n_shares++] = parts[r].importance;
    }
    uint64_t zigzag = hw_zigzag(left);
    if (zigzag >= 1u << 24) return hw_blob_fail(info, err, "the importances of a group of rows sum to more than 9");
    missing[i] = (uint32_t)zigzag;
  }
  hw_codec_planes(codec, shares, n_shares, 3, 1);
  hw_codec_planes(codec, missing, groups.n_groups, 3, 0);
  return hw_codec_finish(codec, info, out, err);
}

typedef struct edge_reader {
  hw_reader payload;
  hw_part *parts;
  size_t n_parts, n_groups;
  uint32_t *group_rows; /* rows of each group */
} edge_reader;

/* Layers, kinds and targets of groups and rows; everything is checked afterwards, row by row. */
static bool read_groups(edge_reader *e, const hw_blob_info *info, hw_arena *arena, hw_error *err) {
  hw_reader *r = &e->payload;
  uint16_t *layers = hw_arena_new(arena, uint16_t, e->n_groups, err);
  bool *attention = hw_arena_new(arena, bool, e->n_groups, err);
  uint32_t *targets = hw_arena_new(arena, uint32_t, e->n_groups, err);
  if (!layers || !attention || !targets) return false;
  uint64_t layer = info->frame.n_layers;
  for (size_t i = 0; i < e->n_groups; i++) {
    uint64_t value = hw_read_varint(r);
    attention[i] = value & 1;
    if (value >> 1 > layer) r->failed = true;
    else layer -= value >> 1;
    layers[i] = (uint16_t)layer;
  }
  int64_t target = 0;
  for (size_t i = 0; i < e->n_groups; i++) {
    if (__builtin_add_overflow(target, hw_read_zigzag(r), &target) || target < 0 || target > info->frame.target) {
      r->failed = true;
      target = 0;
    }
    targets[i] = (uint32_t)target;
  }
  size_t n = 0;
  for (size_t i = 0; i < e->n_groups; i++) {
    uint64_t value = hw_read_varint(r), count = (value >> COUNT_SHIFT) + (value & 1) + (value >> 1 & 1);
    if (r->failed || count == 0 || count > e->n_parts - n) return hw_blob_fail(info, err, "damaged counts of rows");
    e->group_rows[i] = (uint32_t)count;
    for (uint64_t k = 0; k < count; k++) {
      hw_part_kind kind = HW_PART_ATTENTION;
      if (k + 1 == count && (value & HAS_RESIDUAL)) kind = attention[i] ? HW_PART_ATTENTION_RESIDUAL : HW_PART_FFN_RESIDUAL;
      else if (k >= value >> COUNT_SHIFT) kind = HW_PART_FFN;
      e->parts[n++] = (hw_part){
          .kind = (uint8_t)kind, .layer = layers[i], .target = targets[i], .source = targets[i], .head = HW_NO_HEAD};
    }
  }
  return n == e->n_parts ? true : hw_blob_fail(info, err, "damaged counts of rows");
}

static bool read_edges(edge_reader *e, const hw_blob_info *info, hw_arena *arena, hw_error *err) {
  hw_reader *r = &e->payload;
  e->n_groups = hw_read_count(r, 3);
  e->n_parts = hw_read_count(r, 1);
  if (r->failed || e->n_groups > e->n_parts) return hw_blob_fail(info, err, "damaged counts of rows");
  e->parts = hw_arena_new(arena, hw_part, e->n_parts, err);
  e->group_rows = hw_arena_new(arena, uint32_t, e->n_groups, err);
  uint32_t *shares = hw_arena_new(arena, uint32_t, e->n_parts, err);
  uint32_t *missing = hw_arena_new(arena, uint32_t, e->n_groups, err);
  if (!e->parts || !e->group_rows || !shares || !missing || !read_groups(e, info, arena, err)) return false;
  size_t n = 0;
  for (size_t i = 0; i < e->n_groups; i++) {
    uint64_t before = 0;
    for (uint32_t k = 0; k < e->group_rows[i]; k++, n++) {
      if (e->parts[n].kind != HW_PART_ATTENTION) continue;
      uint64_t step = hw_read_varint(r), source = k ? before + step : e->parts[n].target - step;
      if (source > e->parts[n].target || (!k && step > e->parts[n].target))
        return hw_blob_fail(info, err, "a damaged source position");
      e->parts[n].source = (uint32_t)(before = source);
    }
  }
  for (size_t i = 0; i < e->n_parts; i++) {
    if (e->parts[i].kind != HW_PART_ATTENTION) continue;
    uint64_t head = hw_read_varint(r);
    if (head > HW_MAX_HEADS) return hw_blob_fail(info, err, "a head out of range");
    e->parts[i].head = (uint16_t)head;
  }
  hw_read_planes(r, shares, e->n_parts - e->n_groups, 3);
  hw_read_planes(r, missing, e->n_groups, 3);
  if (r->failed || r->at != r->end) return hw_blob_fail(info, err, "the column has the wrong length");
  size_t share = 0;
  n = 0;
  for (size_t i = 0; i < e->n_groups; i++) {
    int64_t left = (int64_t)HW_MICRO;
    for (uint32_t k = 0; k + 1 < e->group_rows[i]; k++) left -= e->parts[n++].importance = shares[share++];
    left -= hw_unzigzag(missing[i]);
    if (left < 0 || left > (int64_t)HW_MICRO) return hw_blob_fail(info, err, "an importance above 1");
    e->parts[n++].importance = (uint32_t)left;
  }
  for (size_t i = 0; i < e->n_parts; i++) {
    const char *problem = row_problem(&info->frame, &e->parts[i]);
    if (problem) return hw_blob_fail(info, err, problem);
    if (i && hw_part_compare(&e->parts[i - 1], &e->parts[i]) >= 0) return hw_blob_fail(info, err, "rows out of order");
  }
  return true;
}

bool hw_decode_edges(const void *bytes, size_t length, hw_arena *arena, hw_blob_info *info, hw_part **parts, size_t *n,
                     hw_error *err) {
  edge_reader e = {0};
  if (!hw_blob_open(bytes, length, "E", arena, info, &e.payload, err) || !read_edges(&e, info, arena, err)) return false;
  *parts = e.parts;
  *n = e.n_parts;
  return true;
}

/* ---- heads ---- */

bool hw_encode_heads(hw_codec *codec, const hw_blob_info *info, const hw_head_row *heads, size_t n, hw_buffer *out,
                     hw_error *err) {
  hw_arena_reset(&codec->scratch);
  uint32_t *values = hw_arena_new(&codec->scratch, uint32_t, n, err);
  if (!values) return false;
  hw_codec_begin(codec);
  hw_codec_varint(codec, n);
  bool ok = true;
  uint32_t before = 0;
  for (size_t i = 0; i < n; i++) {
    const hw_head_row *row = &heads[i];
    uint32_t slot = row->layer * (HW_MAX_HEADS + 1u) + row->head;
    if (row->head > HW_MAX_HEADS || row->layer >= info->frame.n_layers || (i && slot <= before) ||
        row->importance >= 1u << 24 || !(row->flow >= 0 && row->flow < 2) || row->best_position > info->frame.target)
      ok = hw_blob_fail(info, err, "heads out of order or range");
    /* Heads of one layer follow each other: 2 * distance; a new layer: 2 * head + 1, then the number of layers passed. */
    if (i && row->layer == heads[i - 1].layer) {
      hw_codec_varint(codec, 2u * (uint32_t)(row->head - heads[i - 1].head));
    } else {
      hw_codec_varint(codec, 2u * row->head + 1u);
      hw_codec_varint(codec, row->layer - (i ? heads[i - 1].layer : 0u));
    }
    before = slot;
  }
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < n; i++) hw_codec_varint(codec, info->frame.target - heads[i].best_position);
  hw_codec_cut(codec, false);
  for (size_t i = 0; i < n; i++) values[i] = heads[i].importance;
  hw_codec_planes(codec, values, n, 3, 1);
  for (size_t i = 0; i < n && ok; i++) values[i] = hw_micro(heads[i].flow);
  hw_codec_planes(codec, values, n, 3, 1);
  return ok && hw_codec_finish(codec, info, out, err);
}

bool hw_decode_heads(const void *bytes, size_t length, hw_arena *arena, hw_blob_info *info, hw_head_row **heads, size_t *n,
                     hw_error *err) {
  hw_reader r;
  if (!hw_blob_open(bytes, length, "H", arena, info, &r, err)) return false;
  *n = hw_read_count(&r, 8);
  *heads = hw_arena_znew(arena, hw_head_row, *n, err);
  uint32_t *values = hw_arena_new(arena, uint32_t, *n, err);
  if (!*heads || !values) return false;
  uint64_t layer = 0, head = 0;
  for (size_t i = 0; i < *n; i++) {
    uint64_t value = hw_read_varint(&r);
    if (value & 1) {
      uint64_t step = hw_read_varint(&r);
      layer = step > HW_MAX_LAYERS ? HW_MAX_LAYERS : layer + step;
      head = value >> 1;
    } else if (i && value) {
      head += value >> 1;
    } else {
      r.failed = true;
    }
    if (layer >= info->frame.n_layers || head > HW_MAX_HEADS) r.failed = true;
    if (r.failed) break;
    (*heads)[i].layer = (uint16_t)layer;
    (*heads)[i].head = (uint16_t)head;
  }
  for (size_t i = 0; i < *n; i++) {
    uint64_t back = hw_read_varint(&r);
    if (back > info->frame.target) r.failed = true;
    else (*heads)[i].best_position = info->frame.target - (uint32_t)back;
  }
  hw_read_planes(&r, values, *n, 3);
  for (size_t i = 0; i < *n; i++) (*heads)[i].importance = values[i];
  hw_read_planes(&r, values, *n, 3);
  for (size_t i = 0; i < *n; i++) (*heads)[i].flow = values[i] / HW_MICRO;
  if (r.failed || r.at != r.end) return hw_blob_fail(info, err, "the column is damaged");
  return true;
}
