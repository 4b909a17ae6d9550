/* SPDX-License-Identifier: Apache-2.0
 * Part of test_tensor.c: what the bits of a result may depend on. */
#ifndef HW_TESTS_TENSOR_BITS_TESTS_H
#define HW_TESTS_TENSOR_BITS_TESTS_H

#include "instruction_sets.h"

/* ---- What the bits may depend on ---- */

/* Each kernel over inputs that start `shift` floats past an aligned address; all results into one row. */
static size_t run_kernels(const float *source, size_t shift, size_t d, float *memory, float *out) {
  float *a = memory + shift, *b = memory + 4096 + shift, *c = memory + 8192 + shift, *z = memory + 12288 + shift, *o = memory + 20000 + shift;
  size_t used = 0, ld = d + 1;
  memcpy(a, source, d * sizeof *a);
  memcpy(b, source + 300, d * sizeof *b);
  memcpy(c, source + 600, d * sizeof *c);
  memcpy(z, source + 1000, 9 * ld * sizeof *z);
  for (int kind = HW_NORM_LAYER; kind <= HW_NORM_RMS; kind++) {
    hw_norm_row((hw_norm_kind)kind, a, b, c, 1e-5f, d, o);
    memcpy(out + used, o, d * sizeof *o);
    used += d;
    out[used++] = hw_norm_scale((hw_norm_kind)kind, a, 1e-5f, d);
  }
  for (int kind = HW_ACT_GELU_TANH; kind <= HW_ACT_SILU; kind++) {
    memcpy(o, a, d * sizeof *o);
    hw_activate((hw_activation)kind, o, d);
    memcpy(out + used, o, d * sizeof *o);
    used += d;
  }
  hw_attention_row(a, z, ld, 9, d, &(hw_scoring){.scale = 0.3f}, o);
  memcpy(out + used, o, 9 * sizeof *o);
  used += 9;
  hw_weighted_sum(b, z, ld, d < 9 ? d : 9, d, o);
  memcpy(out + used, o, d * sizeof *o);
  used += d;
  hw_proximity_rows(a, z, ld, source, 9, d, o);
  memcpy(out + used, o, 9 * sizeof *o);
  used += 9;
  out[used++] = hw_l1_difference(a, b, d);
  out[used++] = hw_dot(a, b, d);
  return used;
}

TEST(bits_do_not_depend_on_addresses) {
  uint64_t seed = 9;
  float *source = unit_floats(4096), *memory = unit_floats(24000), *aligned = unit_floats(4096), *shifted = unit_floats(4096);
  unit_fill(&seed, 1, 4096, source);
  for (size_t s = 0; s < COUNT_OF(odd_sizes); s++)
    for (size_t shift = 1; shift < 16; shift++) {
      size_t n = run_kernels(source, 0, odd_sizes[s], memory, aligned);
      assert_int_equal(run_kernels(source, shift, odd_sizes[s], memory, shifted), n);
      for (size_t i = 0; i < n; i++)
        if (memcmp(aligned + i, shifted + i, sizeof *aligned) != 0)
          fail_msg("d %zu, shift %zu floats: result %zu is %.9g, aligned %.9g", odd_sizes[s], shift, i, (double)shifted[i], (double)aligned[i]);
    }
  free(source);
  free(memory);
  free(aligned);
  free(shifted);
}

/* A row alone, then at many places among others, in batches of several sizes. */
static void check_row_invariance(uint64_t *seed, hw_dtype dtype, bool in_first, size_t n_in, size_t n_out, float *panel) {
  enum { ROWS = 300 };
  made_matrix w = make_matrix(seed, dtype, in_first, n_in, n_out);
  float *x = unit_floats(ROWS * n_in), *y = unit_floats(ROWS * n_out), *row = unit_floats(n_in), *want = unit_floats(n_out);
  unit_fill(seed, 1, n_in, row);
  hw_gemm(&w.view, row, n_in, want, n_out, 1, panel);
  static const size_t places[][2] = {{0, 2}, {1, 2}, {2, 3}, {4, 5}, {0, 7}, {7, 8}, {8, 9}, {10, 17}, {63, 64}, {99, 130}, {255, 256}, {256, 257}, {299, 300}};
  for (size_t p = 0; p < COUNT_OF(places); p++) {
    unit_fill(seed, 100, ROWS * n_in, x);
    memcpy(x + places[p][0] * n_in, row, n_in * sizeof *row);
    hw_gemm(&w.view, x, n_in, y, n_out, places[p][1], panel);
    for (size_t c = 0; c < n_out; c++)
      if (memcmp(y + places[p][0] * n_out + c, want + c, sizeof *want) != 0)
        fail_msg("%zu x %zu %s: output %zu of row %zu of %zu is %.9g, alone %.9g", n_in, n_out, hw_dtype_name(dtype), c, places[p][0], places[p][1],
                 (double)y[places[p][0] * n_out + c], (double)want[c]);
  }
  free(w.memory);
  free(x);
  free(y);
  free(row);
  free(want);
}

TEST(gemm_rows_do_not_depend_on_place_or_neighbours) {
  static const size_t shapes[][2] = {{24, 72}, {30, 77}, {77, 30}, {10, 30}, {34, 61}, {50, 36}, {39, 28}, {128, 344}, {344, 128}, {128, 600}, {900, 50}};
  uint64_t seed = 10;
  float *panel = unit_floats(HW_PANEL_FLOATS);
  for (size_t s = 0; s < COUNT_OF(shapes); s++)
    for (int dtype = HW_F32; dtype <= HW_BF16; dtype++)
      for (int in_first = 0; in_first < 2; in_first++)
        check_row_invariance(&seed, (hw_dtype)dtype, in_first != 0, shapes[s][0], shapes[s][1], panel);
  free(panel);
}

static void *pack_whole(hw_matrix *w) {
  size_t step = HW_PACK_WIDTH * hw_pack_depth(w, w->n_in);
  char *packed = unit_alloc(hw_packed_cells(w), HW_CELL_BYTES);
  for (size_t p = 0; p < hw_pack_panels(w); p++) hw_pack_panel(w, p, 0, w->n_in, packed + p * step * HW_CELL_BYTES);
  w->packed = packed;
  w->packed_step = step;
  return packed;
}

/* Packed beforehand or by panel, the transposed matrix too; all inputs or some, from any of them on; all outputs or from a panel's border, and from
 * elsewhere. */
TEST(gemm_bits_do_not_depend_on_packing) {
  enum { ROWS = 11, N_IN = 800, N_OUT = 203 };
  static const size_t parts[][4] = {{0, N_IN, 0, N_OUT}, {64, 64, 0, N_OUT}, {300, 500, 0, N_OUT}, {0, N_IN, 48, 100}, {0, N_IN, 47, 100}, {5, 700, 96, 107}, {96, 301, 7, 100}};
  uint64_t seed = 12;
  float *panel = unit_floats(HW_PANEL_FLOATS), *x = unit_floats(ROWS * N_IN), *y = unit_floats(ROWS * N_IN), *z = unit_floats(ROWS * N_IN);
  unit_fill(&seed, 1, ROWS * N_IN, x);
  for (int form = 0; form < 2; form++) {
    made_matrix w = make_matrix(&seed, HW_BF16, form != 0, N_IN, N_OUT);
    hw_matrix packed = w.view;
    hw_matrix whole_back = hw_matrix_transposed(&w.view);
    void *memory = pack_whole(&packed), *back_memory = pack_whole(&whole_back);
    packed.packed_back = back_memory;
    packed.packed_back_step = whole_back.packed_step;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
      const size_t *p = parts[i];
      hw_matrix inputs = hw_matrix_inputs(&w.view, p[0], p[1]), part = hw_matrix_outputs(&inputs, p[2], p[3]);
      hw_matrix packed_inputs = hw_matrix_inputs(&packed, p[0], p[1]), packed_part = hw_matrix_outputs(&packed_inputs, p[2], p[3]);
      assert_true((packed_part.packed != NULL) == (p[2] % HW_PACK_WIDTH == 0));
      hw_gemm(&part, x, N_IN, y, p[3], ROWS, panel);
      hw_gemm(&packed_part, x, N_IN, z, p[3], ROWS, panel);
      assert_memory_equal(y, z, ROWS * p[3] * sizeof *y);
      hw_matrix back = hw_matrix_transposed(&part), packed_back = hw_matrix_transposed(&packed_part);
      assert_true((packed_back.packed != NULL) == (p[0] % HW_PACK_WIDTH == 0));
      hw_gemm(&back, x, N_IN, y, p[1], ROWS, panel);
      hw_gemm(&packed_back, x, N_IN, z, p[1], ROWS, panel);
      assert_memory_equal(y, z, ROWS * p[1] * sizeof *y);
    }
    size_t ld, packed_ld;
    const float *rows = hw_matrix_input_rows(&w.view, 7, 3, y, &ld), *packed_rows = hw_matrix_input_rows(&packed, 7, 3, z, &packed_ld);
    for (size_t r = 0; r < 3; r++) assert_memory_equal(rows + r * ld, packed_rows + r * packed_ld, N_OUT * sizeof *rows);
    for (size_t p = 0; p < hw_pack_panels(&packed); p++) {
      float space[3 * HW_PACK_WIDTH];
      const float *found[] = {hw_panel_inputs(&w.view, p, 7, 3, space, &ld), hw_panel_inputs(&packed, p, 7, 3, space, &packed_ld)};
      for (size_t r = 0; r < 3; r++) {
        assert_memory_equal(found[0] + r * ld, rows + r * N_OUT + p * HW_PACK_WIDTH, hw_panel_width(&packed, p) * sizeof *rows);
        assert_memory_equal(found[1] + r * packed_ld, rows + r * N_OUT + p * HW_PACK_WIDTH, hw_panel_width(&packed, p) * sizeof *rows);
      }
    }
    free(memory);
    free(back_memory);
    free(w.memory);
  }
  free(panel);
  free(x);
  free(y);
  free(z);
}

TEST(gemm_bits_do_not_depend_on_the_instruction_set) {
  const hw_kernels *kernels[3];
  size_t n = list_instruction_sets(kernels);
  uint64_t seed = 13;
  float x[4 * 200], w[200 * HW_PACK_WIDTH], y[2][4 * HW_PACK_WIDTH];
  for (size_t depth = 1; depth <= 200; depth += 3)
    for (size_t rows = 1; rows <= 4; rows++)
      for (size_t width = 1; width <= HW_PACK_WIDTH; width += 5)
        for (int add = 0; add < 2; add++) {
          unit_fill(&seed, 1, rows * depth, x);
          unit_fill(&seed, 1, depth * HW_PACK_WIDTH, w);
          for (size_t k = 0; k < n; k++) {
            float *out = y[k > 0];
            for (size_t i = 0; i < COUNT_OF(y[0]); i++) out[i] = (float)i;
            kernels[k]->gemm_tile(rows, depth, x, w, out, HW_PACK_WIDTH, width, add != 0, &(hw_fetch){.at = (const char *)w});
            if (memcmp(y[0], out, sizeof y[0]) != 0)
              fail_msg("%s, depth %zu, %zu rows, %zu outputs: not the bits of %s", kernels[k]->name, depth, rows, width, kernels[0]->name);
          }
        }
}

/* A head over many queries, against each query alone. */
static void check_attend(const hw_kernels *k, uint64_t *seed, size_t n_keys, size_t n_queries, size_t d, size_t window, const hw_scoring *scoring) {
  size_t ldq = d + unit_below(seed, 3);
  float *q = unit_floats(n_queries * ldq), *keys = unit_floats(n_keys * d), *values = unit_floats(n_keys * d), *out = unit_floats(n_queries * ldq);
  float *space = unit_floats(hw_attend_space(n_keys, d)), *weights = unit_floats(n_keys), *want = unit_floats(d);
  unit_fill(seed, 1, n_queries * ldq, q);
  unit_fill(seed, 1, n_keys * d, keys);
  unit_fill(seed, 1, n_keys * d, values);
  k->attend(&(hw_attended_head){.q = q, .k = keys, .v = values, .out = out, .ldq = ldq, .n_keys = n_keys, .n_queries = n_queries, .d_head = d,
                                .window = window, .scoring = *scoring}, space);
  for (size_t i = 0; i < n_queries; i++) {
    size_t seen = n_keys - n_queries + i + 1, first = window && seen > window ? seen - window : 0;
    k->attention_row(q + i * ldq, keys + first * d, d, seen - first, d, scoring, weights);
    k->weighted_sum(weights, values + first * d, d, seen - first, d, want);
    if (memcmp(want, out + i * ldq, d * sizeof *want) != 0)
      fail_msg("%s: query %zu of %zu, %zu keys, window %zu, d_head %zu: not the bits of the query alone", k->name, i, n_queries, n_keys, window, d);
  }
  float *all[] = {q, keys, values, out, space, weights, want};
  for (size_t i = 0; i < COUNT_OF(all); i++) free(all[i]);
}

TEST(attention_of_many_queries_is_that_of_each) {
  static const size_t lengths[] = {1, 2, 16, 17, 63, 64, 65, 130}, widths[] = {1, 8, 15, 16, 31, 64, 80, 131};
  const hw_kernels *kernels[3];
  const float sink = 0.4f;
  const hw_scoring scorings[] = {{.scale = 0.3f}, {.scale = 0.3f, .cap = 2, .slope = 0.25f, .sink = &sink}};
  size_t n = list_instruction_sets(kernels);
  uint64_t seed = 17;
  for (size_t k = 0; k < n; k++)
    for (size_t l = 0; l < COUNT_OF(lengths); l++)
      for (size_t w = 0; w < COUNT_OF(widths); w++)
        for (size_t s = 0; s < COUNT_OF(scorings); s++) {
          check_attend(kernels[k], &seed, lengths[l], lengths[l], widths[w], 0, &scorings[s]);
          check_attend(kernels[k], &seed, lengths[l], 1 + unit_below(&seed, (uint32_t)lengths[l]), widths[w], 1 + unit_below(&seed, (uint32_t)lengths[l]), &scorings[s]);
        }
}

TEST(blas_is_named) {
  const char *core;
  hw_error err;
  assert_true(hw_blas_start(1, &core, &err));
  assert_true(core[0] != '\0');
  assert_true(hw_blas_batch_invariant() == hw_blas_batch_invariant());
}

#endif
