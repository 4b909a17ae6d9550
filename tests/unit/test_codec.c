/* SPDX-License-Identifier: Apache-2.0
 * Compressed columns: what goes in comes out; bytes that were tampered with give an error or rows that keep every limit,
 * never a crash (run under AddressSanitizer). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "codec_relevance_tests.h"
#include "codec_widths_tests.h"
#include "functions/functions.h"
#include "synthetic.h"

#define TEST(name) static void name(void **state __attribute__((unused)))

static const synthetic_shape shapes[] = {
    {SYNTHETIC_SMALL, .projected_heads = 10, .n_targets = 1, .threshold = 0.04, .floor = 0.04},
    {SYNTHETIC_GPT2, .projected_heads = 10, .n_targets = 1, .threshold = 0.04, .floor = 0.02},
    {.n_layers = 3,
     .n_heads = 300,
     .n_tokens = 5,
     .d_ffn = 100000,
     .vocab = 200000,
     .hot = 3,
     .n_parts = 3,
     .k_neurons = 3,
     .k_tokens = 1,
     .projected_heads = 2,
     .n_targets = 1,
     .threshold = 0.1,
     .floor = 0.05,
     .parallel = true},
    {.n_layers = 1, .n_heads = 1, .n_tokens = 3,
     .d_ffn = 7,
     .vocab = 11,
     .hot = 1,
     .n_parts = 1,
     .k_neurons = 2,
     .k_tokens = 2,
     .projected_heads = 1,
     .n_targets = 1,
     .threshold = 0.5,
     .floor = 0.001},
};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0], N_KINDS = 5 };

typedef struct made { /* one graph and its columns */
  hw_arena arena;
  hw_graph_record record;
  double *flows;
  hw_blob_info info;
  hw_relevance_rows relevance;
  hw_buffer blobs[N_KINDS];
} made;

static void encode(made *m, hw_codec *codec) {
  hw_error err = {0};
  hw_blob_info info = m->info;
  const hw_graph_record *r = &m->record;
  m->flows = hw_arena_new(&m->arena, double, r->n_neuron_nodes, &err);
  for (size_t i = 0; i < r->n_neuron_nodes; i++) m->flows[i] = r->graph->ffn_nodes[i].flow;
  for (int i = 0; i < N_KINDS; i++) hw_buffer_init(&m->blobs[i]);
  info.kind = 'E';
  assert_true(hw_encode_edges(codec, &info, r->parts, r->n_parts, &m->blobs[0], &err));
  info.kind = 'H';
  assert_true(hw_encode_heads(codec, &info, r->graph->heads, r->graph->n_heads, &m->blobs[1], &err));
  info.kind = 'N';
  assert_true(hw_encode_neurons(codec, &info, r->neuron_nodes, m->flows, r->n_neuron_nodes, r->neurons, r->n_neurons,
                                &m->blobs[2], &err));
  info.kind = 'P';
  assert_true(hw_encode_projections(codec, &info, r->projections, r->n_projections, &m->blobs[3], &err));
  info.kind = 'R';
  uint64_t rng = (uint64_t)m->info.prompt_id;
  m->relevance = random_rows(&rng, &info, 1 + synthetic_below(&rng, 7), &m->arena);
  if (!hw_encode_relevance(codec, &info, &m->relevance, &m->blobs[4], &err)) fail_msg("%s", err.message);
}

static void make(made *m, const synthetic_shape *shape, uint64_t seed, hw_codec *codec) {
  hw_error err = {0};
  uint64_t rng = seed;
  hw_arena_init(&m->arena);
  uint32_t n_tokens = 1 + synthetic_below(&rng, shape->n_tokens);
  if (!synthetic_graph(&rng, shape, n_tokens, synthetic_below(&rng, n_tokens), &m->arena, &m->record, &err))
    fail_msg("%s", err.message);
  m->info = (hw_blob_info){.prompt_id = (int64_t)(synthetic_random(&rng) >> 30),
                           .frame = m->record.frame,
                           .threshold = shape->threshold,
                           .floor = shape->floor};
  encode(m, codec);
}

static void drop(made *m) {
  for (int i = 0; i < N_KINDS; i++) hw_buffer_fini(&m->blobs[i]);
  hw_arena_fini(&m->arena);
}

static void check_info(const made *m, const hw_blob_info *info) {
  assert_int_equal(info->prompt_id, m->info.prompt_id);
  assert_int_equal(info->frame.target, m->info.frame.target);
  assert_int_equal(info->frame.n_tokens, m->info.frame.n_tokens);
  assert_int_equal(info->frame.n_layers, m->info.frame.n_layers);
  assert_int_equal(info->frame.parallel, m->info.frame.parallel);
}

static void check_edges(made *m) {
  hw_error err = {0};
  hw_blob_info info;
  hw_part *parts;
  size_t n;
  if (!hw_decode_edges(m->blobs[0].data, m->blobs[0].length, &m->arena, &info, &parts, &n, &err))
    fail_msg("%s", err.message);
  check_info(m, &info);
  assert_true(info.threshold == m->info.threshold && info.floor == m->info.floor);
  assert_int_equal(n, m->record.n_parts);
  for (size_t i = 0; i < n; i++) {
    const hw_part *a = &parts[i], *b = &m->record.parts[i];
    assert_int_equal(a->importance, b->importance);
    assert_true(a->target == b->target && a->source == b->source && a->layer == b->layer && a->head == b->head &&
                a->kind == b->kind);
  }
}

static void check_heads(made *m) {
  hw_error err = {0};
  hw_blob_info info;
  hw_head_row *heads;
  size_t n;
  if (!hw_decode_heads(m->blobs[1].data, m->blobs[1].length, &m->arena, &info, &heads, &n, &err))
    fail_msg("%s", err.message);
  check_info(m, &info);
  assert_int_equal(n, m->record.graph->n_heads);
  for (size_t i = 0; i < n; i++) {
    const hw_head_row *a = &heads[i], *b = &m->record.graph->heads[i];
    assert_true(a->layer == b->layer && a->head == b->head && a->importance == b->importance &&
                a->best_position == b->best_position);
    assert_true(fabs(a->flow - b->flow) <= 0.5000001e-6);
  }
}

static void check_neurons(made *m) {
  hw_error err = {0};
  hw_blob_info info;
  hw_neurons neurons;
  if (!hw_decode_neurons(m->blobs[2].data, m->blobs[2].length, HW_ROWS_STORED, &m->arena, &info, &neurons, &err))
    fail_msg("%s", err.message);
  check_info(m, &info);
  assert_int_equal(neurons.n_nodes, m->record.n_neuron_nodes);
  assert_int_equal(neurons.n_rows, m->record.n_neurons);
  for (size_t i = 0; i < neurons.n_nodes; i++) {
    const hw_neuron_node *a = &neurons.nodes[i], *b = &m->record.neuron_nodes[i];
    assert_true(a->layer == b->layer && a->position == b->position && a->total == b->total && a->n_rows == b->n_rows);
    assert_true(neurons.node_flows[i] == m->flows[i]);
  }
  for (size_t i = 0; i < neurons.n_rows; i++) {
    const hw_neuron_row *a = &neurons.rows[i], *b = &m->record.neurons[i];
    assert_true(a->layer == b->layer && a->position == b->position && a->neuron == b->neuron &&
                a->importance == b->importance);
    assert_true(fabsf(a->activation - b->activation) <= fabsf(b->activation) * 0x1p-16f);
    assert_true(a->activation == hw_round_activation(b->activation));
  }
}

static void check_projections(made *m) {
  hw_error err = {0};
  hw_blob_info info;
  hw_projections p;
  if (!hw_decode_projections(m->blobs[3].data, m->blobs[3].length, HW_ROWS_STORED, &m->arena, &info, &p, &err)) fail_msg("%s", err.message);
  check_info(m, &info);
  assert_int_equal(p.n_projections, m->record.n_projections);
  size_t at = 0;
  for (size_t i = 0; i < p.n_projections; i++) {
    const hw_projection *a = &p.projections[i], *b = &m->record.projections[i];
    assert_true(a->kind == b->kind && a->convention == b->convention && a->layer == b->layer &&
                a->position == b->position && a->index == b->index && a->k == b->k);
    for (int list = 0; list < 2; list++)
      for (uint32_t k = 0; k < b->k; k++, at++) {
        const hw_projection_token *t = &p.tokens[at];
        assert_true(t->projection == i && t->suppresses == (list == 1) && t->rank == k + 1);
        assert_int_equal(t->token_id, (list ? b->suppresses : b->promotes)[k]);
        assert_true(fabs((double)t->score / HW_SCORE_UNIT - (double)(list ? b->suppress_scores : b->promote_scores)[k]) <=
                    0.51e-4);
      }
  }
  assert_int_equal(at, p.n_tokens);
}

static void check_relevance(made *m) {
  hw_blob_info info;
  hw_relevance_rows rows;
  assert_true(hw_decode_relevance(m->blobs[4].data, m->blobs[4].length, &m->arena, &info, &rows, NULL));
  check_info(m, &info);
  check_relevance_rows(&rows, &m->relevance);
}

TEST(what_goes_in_comes_out) {
  hw_codec codec;
  assert_true(hw_codec_init(&codec, NULL));
  for (int s = 0; s < N_SHAPES; s++)
    for (uint64_t seed = 0; seed < 60; seed++) {
      made m;
      make(&m, &shapes[s], seed * 17 + (uint64_t)s, &codec);
      check_edges(&m);
      check_heads(&m);
      check_neurons(&m);
      check_projections(&m);
      check_relevance(&m);
      drop(&m);
    }
  hw_codec_fini(&codec);
}

TEST(empty_columns) {
  hw_codec codec;
  assert_true(hw_codec_init(&codec, NULL));
  made m = {.info = {.prompt_id = 3, .frame = {.n_layers = 2, .n_tokens = 1}}};
  hw_graph graph = {0};
  hw_arena_init(&m.arena);
  m.record = (hw_graph_record){.frame = m.info.frame, .graph = &graph};
  encode(&m, &codec);
  check_edges(&m);
  check_heads(&m);
  check_neurons(&m);
  check_projections(&m);
  drop(&m);
  hw_codec_fini(&codec);
}

TEST(extreme_values) {
  hw_codec codec;
  hw_error err = {0};
  assert_true(hw_codec_init(&codec, NULL));
  made m = {.info = {.prompt_id = HW_MAX_PROMPT - 1,
                     .frame = {.n_layers = HW_MAX_LAYERS, .n_tokens = HW_MAX_TOKENS, .target = HW_MAX_TOKENS - 1},
                     .threshold = 1,
                     .floor = 0}};
  hw_arena_init(&m.arena);
  const uint32_t last = HW_MAX_TOKENS - 1;
  hw_part parts[] = {
      {.importance = 1000000,
       .target = 0,
       .source = 0,
       .layer = HW_MAX_LAYERS - 1,
       .head = HW_NO_HEAD,
       .kind = HW_PART_FFN},
      {.importance = 0,
       .target = last,
       .source = last,
       .layer = HW_MAX_LAYERS - 1,
       .head = HW_NO_HEAD,
       .kind = HW_PART_FFN_RESIDUAL},
      {.importance = 1, .target = last, .source = 0, .layer = 0, .head = 0, .kind = HW_PART_ATTENTION},
      {.importance = 1000000, .target = last, .source = 0, .layer = 0, .head = HW_MAX_HEADS, .kind = HW_PART_ATTENTION},
      {.importance = 999999, .target = last, .source = last, .layer = 0, .head = 5, .kind = HW_PART_ATTENTION},
      {.importance = 1000000,
       .target = last,
       .source = last,
       .layer = 0,
       .head = HW_NO_HEAD,
       .kind = HW_PART_ATTENTION_RESIDUAL},
  };
  hw_head_row heads[] = {
      {.layer = 0, .head = HW_MAX_HEADS, .importance = 1000007, .best_position = 0, .flow = 1.0000000001},
      {.layer = HW_MAX_LAYERS - 1, .head = 0, .importance = 0, .best_position = last, .flow = 0}};
  hw_ffn_node node = {.layer = 3, .position = 9, .flow = 1e-300};
  hw_graph graph = {.heads = heads, .n_heads = 2, .ffn_nodes = &node, .n_ffn_nodes = 1};
  hw_neuron_node nodes[] = {{.layer = 3, .position = 9, .total = 1000000, .n_rows = 4}};
  hw_neuron_row rows[] = {{3, 9, (1 << 24) - 1, 1000000, 3.4028235e38f},
                          {3, 9, 0, 7, -3.4028235e38f},
                          {3, 9, 1, 7, 1e-45f},
                          {3, 9, 2, 0, -0.0f}};
  int32_t ids[] = {INT32_MAX, 0}, none = 0;
  float up[] = {1e9f, -1e5f}, down[] = {-1e5f, 1e5f}, zero = 0;
  hw_projection projections[] = {
      {.kind = HW_COMPONENT_NEURON,
       .convention = HW_CONVENTION_FROZEN,
       .layer = HW_MAX_LAYERS - 1,
       .position = last,
       .index = (1 << 24) - 1,
       .k = 2,
       .promotes = ids,
       .promote_scores = (float[]){1e5f, -1e5f},
       .suppresses = ids,
       .suppress_scores = down},
      {.k = 0, .promotes = &none, .promote_scores = &zero, .suppresses = &none, .suppress_scores = &zero},
      {.k = 1, .promotes = ids, .promote_scores = up, .suppresses = ids, .suppress_scores = up + 1}};
  m.record = (hw_graph_record){.frame = m.info.frame,
                               .parts = parts,
                               .n_parts = 6,
                               .graph = &graph,
                               .neurons = rows,
                               .n_neurons = 4,
                               .neuron_nodes = nodes,
                               .n_neuron_nodes = 1,
                               .projections = projections,
                               .n_projections = 3};
  encode(&m, &codec);
  check_edges(&m);
  check_heads(&m);
  check_projections(&m);
  hw_neurons neurons;
  hw_blob_info info;
  assert_true(hw_decode_neurons(m.blobs[2].data, m.blobs[2].length, HW_ROWS_STORED, &m.arena, &info, &neurons, &err));
  for (int i = 0; i < 4; i++) {
    assert_true(isfinite(neurons.rows[i].activation) && neurons.rows[i].neuron == rows[i].neuron);
    assert_int_equal(neurons.rows[i].importance, rows[i].importance);
  }
  assert_true(neurons.node_flows[0] == 1e-300);
  drop(&m);
  hw_codec_fini(&codec);
}

TEST(encoders_refuse_what_cannot_be_read_back) {
  hw_codec codec;
  hw_error err = {0};
  hw_buffer out;
  hw_buffer_init(&out);
  assert_true(hw_codec_init(&codec, NULL));
  hw_blob_info info = {.kind = 'E', .prompt_id = 17, .frame = {.n_layers = 2, .n_tokens = 4, .target = 3}};
  hw_part part = {.importance = 5, .target = 3, .source = 3, .layer = 2, .head = HW_NO_HEAD, .kind = HW_PART_FFN};
  assert_false(hw_encode_edges(&codec, &info, &part, 1, &out, &err));
  assert_string_equal(err.message, "edges of prompt 17, target 3: a row of no known kind or layer");
  info.kind = 'N';
  hw_neuron_node node = {.layer = 1, .position = 3, .total = 10, .n_rows = 1};
  hw_neuron_row row = {.layer = 1, .position = 3, .neuron = 1, .importance = 5, .activation = NAN};
  double flow = 1;
  assert_false(hw_encode_neurons(&codec, &info, &node, &flow, 1, &row, 1, &out, &err));
  row.activation = 1;
  row.position = 2;
  assert_false(hw_encode_neurons(&codec, &info, &node, &flow, 1, &row, 1, &out, &err));
  info.kind = 'P';
  int32_t ids[2] = {1, 2};
  float scores[2] = {NAN, 1}, fine[2] = {1, 1};
  hw_projection p = {.k = 2, .promotes = ids, .promote_scores = scores, .suppresses = ids, .suppress_scores = fine};
  assert_false(hw_encode_projections(&codec, &info, &p, 1, &out, &err));
  scores[0] = 0.5f; /* rising */
  assert_false(hw_encode_projections(&codec, &info, &p, 1, &out, &err));
  assert_string_equal(err.message, "projections of prompt 17, target 3: scores out of order");
  info.kind = 'R';
  uint64_t rng = 3;
  hw_arena arena;
  hw_arena_init(&arena);
  hw_relevance_rows rows = random_rows(&rng, &info, 2, &arena);
  rows.m_reference = rows.m;
  assert_false(hw_encode_relevance(&codec, &info, &rows, &out, &err));
  assert_string_equal(err.message, "relevance of prompt 17, target 3: a margin that cannot be divided");
  rows.m_reference = 0;
  rows.contrast = false;
  ((int64_t *)(uintptr_t)rows.ffn)[1] = HW_MOST_RELEVANCE + 1;
  assert_false(hw_encode_relevance(&codec, &info, &rows, &out, &err));
  hw_arena_fini(&arena);
  hw_buffer_fini(&out);
  hw_codec_fini(&codec);
}

/* ---- untrusted bytes ---- */

/* Runs a column through every function that takes one, in a block of exactly its size. */
static size_t read_column(const void *bytes, size_t length, hw_rows *rows) {
  char *exact = malloc(length ? length : 1);
  assert_non_null(exact);
  if (length) memcpy(exact, bytes, length);
  size_t accepted = 0;
  for (size_t f = 0; f < hw_n_table_functions; f++) {
    hw_error err = {0};
    hw_arena arena = rows->arena;
    hw_arena_reset(&arena);
    *rows = (hw_rows){.arena = arena};
    if (hw_table_functions[f].fill(rows, exact, length, -1, &err)) accepted++;
    else assert_true(err.message[0] != '\0');
  }
  free(exact);
  return accepted;
}

TEST(tampered_bytes) {
  hw_codec codec;
  hw_rows rows = {0};
  uint64_t rng = 99;
  assert_true(hw_codec_init(&codec, NULL));
  hw_arena_init(&rows.arena);
  for (int s = 0; s < N_SHAPES; s++)
    for (uint64_t seed = 0; seed < 4; seed++) {
      made m;
      make(&m, &shapes[s], seed, &codec);
      for (int kind = 0; kind < N_KINDS; kind++) {
        size_t length = m.blobs[kind].length;
        for (size_t cut = 0; cut < length; cut += 1 + length / 60) (void)read_column(m.blobs[kind].data, cut, &rows);
        char *copy = malloc(length);
        for (int round = 0; round < 150; round++) {
          memcpy(copy, m.blobs[kind].data, length);
          uint32_t n = 1 + synthetic_below(&rng, 3);
          for (uint32_t i = 0; i < n; i++)
            copy[synthetic_below(&rng, round % 3 || length < 24 ? (uint32_t)length : 24)] = (char)synthetic_random(&rng);
          (void)read_column(copy, length, &rows);
        }
        free(copy);
      }
      drop(&m);
    }
  hw_arena_fini(&rows.arena);
  hw_codec_fini(&codec);
}

/* The checksum of zlib hides most of the decoder from the test above, so tamper inside and compress again. */
TEST(tampered_payloads) {
  hw_codec codec;
  hw_rows rows = {0};
  uint64_t rng = 7;
  size_t accepted = 0;
  assert_true(hw_codec_init(&codec, NULL));
  hw_arena_init(&rows.arena);
  for (int s = 0; s < N_SHAPES; s++)
    for (uint64_t seed = 0; seed < 6; seed++) {
      made m;
      make(&m, &shapes[s], seed + 50, &codec);
      for (int kind = 0; kind < N_KINDS; kind++) {
        hw_blob_info info;
        hw_reader payload;
        assert_true(hw_blob_open(m.blobs[kind].data, m.blobs[kind].length, "EHNPR", &m.arena, &info, &payload, NULL));
        uint32_t length = (uint32_t)(payload.end - payload.at);
        char *copy = malloc(length + 8);
        for (int round = 0; round < 250; round++) {
          memcpy(copy, payload.at, length);
          uint32_t kept = synthetic_below(&rng, 4) ? length : synthetic_below(&rng, length + 1);
          uint32_t n = 1 + synthetic_below(&rng, 4), reach = round % 2 ? length : length < 40 ? length : 40;
          for (uint32_t i = 0; i < n; i++) {
            uint32_t byte = synthetic_below(&rng, 4);
            copy[synthetic_below(&rng, reach)] = (char)(byte == 0   ? 0xff
                                                        : byte == 1 ? 0x80
                                                        : byte == 2 ? 0
                                                                    : synthetic_random(&rng));
          }
          hw_buffer out;
          hw_buffer_init(&out);
          hw_codec_begin(&codec);
          hw_codec_bytes(&codec, copy, kept);
          assert_true(hw_codec_finish(&codec, &info, &out, NULL));
          accepted += read_column(out.data, out.length, &rows) != 0;
          hw_buffer_fini(&out);
        }
        free(copy);
      }
      drop(&m);
    }
  assert_true(accepted > 100); /* changed numbers within limits are no error: the test does reach the end of the decoders */
  hw_arena_fini(&rows.arena);
  hw_codec_fini(&codec);
}

TEST(lists) {
  hw_arena arena;
  hw_arena_init(&arena);
  hw_error err = {0};
  hw_buffer out;
  hw_buffer_init(&out);
  const int32_t small[] = {0, 65535, 7}, large[] = {0, 65536, INT32_MAX};
  const int32_t *lists[] = {small, large};
  for (int i = 0; i < 2; i++) {
    int32_t *ids;
    size_t n;
    hw_buffer_reset(&out);
    hw_encode_tokens(&out, lists[i], 3);
    assert_int_equal(out.length, i ? 13 : 7);
    assert_true(hw_decode_tokens(out.data, out.length, &arena, &ids, &n, &err));
    assert_int_equal(n, 3);
    assert_memory_equal(ids, lists[i], sizeof small);
    assert_false(hw_decode_tokens(out.data, out.length - 1, &arena, &ids, &n, &err));
  }
  const hw_item_graph graphs[] = {{5, 1}, {(int64_t)1 << 60, 1000000}, {INT64_MAX, 0}};
  hw_item_graph *read;
  size_t n;
  hw_buffer_reset(&out);
  hw_encode_item_graphs(&out, graphs, 3);
  assert_true(hw_decode_item_graphs(out.data, out.length, &arena, &read, &n, &err));
  assert_int_equal(n, 3);
  for (int i = 0; i < 3; i++)
    assert_true(read[i].graph_id == graphs[i].graph_id && read[i].importance == graphs[i].importance);
  assert_false(hw_decode_item_graphs(out.data, out.length - 1, &arena, &read, &n, &err));
  assert_true(hw_decode_item_graphs(NULL, 0, &arena, &read, &n, &err)); /* an empty blob, as SQLite gives it */
  assert_int_equal(n, 0);
  hw_buffer_fini(&out);
  hw_arena_fini(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_goes_in_comes_out),
      cmocka_unit_test(empty_columns),
      cmocka_unit_test(extreme_values),
      cmocka_unit_test(encoders_refuse_what_cannot_be_read_back),
      cmocka_unit_test(tampered_bytes),
      cmocka_unit_test(tampered_payloads),
      cmocka_unit_test(lists),
      cmocka_unit_test(widths_that_the_encoder_never_writes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
