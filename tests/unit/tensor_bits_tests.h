/* SPDX-License-Identifier: Apache-2.0
 * Part of test_tensor.c: what the bits of a result may depend on. */
#ifndef HW_TESTS_TENSOR_BITS_TESTS_H
#define HW_TESTS_TENSOR_BITS_TESTS_H

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

TEST(tiles_are_whole) {
  static const size_t cases[][2] = {{0, 0}, {1, 256}, {255, 256}, {256, 256}, {257, 512}, {512, 512}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) assert_int_equal(hw_tile_round(cases[i][0]), cases[i][1]);
}

static void check_row_invariance(uint64_t *seed, hw_dtype dtype, bool in_first, size_t n_in, size_t n_out, float *panel) {
  enum { ROWS = 2 * HW_TILE_ROWS };
  made_matrix w = make_matrix(seed, dtype, in_first, n_in, n_out);
  float *x = unit_floats(ROWS * n_in), *y = unit_floats(ROWS * n_out), *row = unit_floats(n_in), *want = unit_floats(n_out);
  unit_fill(seed, 1, n_in, row);
  memcpy(x, row, n_in * sizeof *row);
  hw_gemm(&w.view, x, n_in, y, n_out, 1, panel); /* alone: the rest of the tile is zero */
  memcpy(want, y, n_out * sizeof *want);
  static const size_t places[] = {0, 1, 2, 3, 5, 15, 16, 31, 47, 63, 64, 127, 128, 200, 254, 255, 256, 300, 511};
  for (size_t p = 0; p < COUNT_OF(places); p++) {
    unit_fill(seed, 100, ROWS * n_in, x);
    memcpy(x + places[p] * n_in, row, n_in * sizeof *row);
    hw_gemm(&w.view, x, n_in, y, n_out, ROWS, panel);
    for (size_t c = 0; c < n_out; c++)
      if (memcmp(y + places[p] * n_out + c, want + c, sizeof *want) != 0)
        fail_msg("%zu x %zu %s: output %zu of the row at place %zu is %.9g, alone %.9g", n_in, n_out, hw_dtype_name(dtype), c, places[p],
                 (double)y[places[p] * n_out + c], (double)want[c]);
  }
  free(w.memory);
  free(x);
  free(y);
  free(row);
  free(want);
}

TEST(gemm_rows_do_not_depend_on_place_or_neighbours) {
  if (!hw_blas_batch_invariant()) {
    print_message("skipped: the BLAS kernel %s gives a row other bits at other places\n", hw_blas_start());
    skip();
  }
  static const size_t shapes[][2] = {{24, 72}, {30, 77}, {77, 30}, {10, 30}, {34, 61}, {50, 36}, {39, 28}, {128, 344}, {344, 128}, {128, 600}};
  uint64_t seed = 10;
  float *panel = unit_floats(HW_PANEL_FLOATS);
  for (size_t s = 0; s < COUNT_OF(shapes); s++)
    for (int dtype = HW_F32; dtype <= HW_BF16; dtype++)
      for (int in_first = 0; in_first < 2; in_first++)
        check_row_invariance(&seed, (hw_dtype)dtype, in_first != 0, shapes[s][0], shapes[s][1], panel);
  free(panel);
}

/* However BLAS treats places, a row at the same place of the same tile is the same whatever tiles follow. */
TEST(gemm_tiles_do_not_see_each_other) {
  uint64_t seed = 11;
  float *panel = unit_floats(HW_PANEL_FLOATS), *x = unit_floats((size_t)3 * HW_TILE_ROWS * 30), *one = unit_floats((size_t)3 * HW_TILE_ROWS * 77),
        *three = unit_floats((size_t)3 * HW_TILE_ROWS * 77);
  for (int dtype = HW_F32; dtype <= HW_BF16; dtype++) {
    made_matrix w = make_matrix(&seed, (hw_dtype)dtype, true, 30, 77);
    unit_fill(&seed, 1, (size_t)3 * HW_TILE_ROWS * 30, x);
    hw_gemm(&w.view, x, 30, one, 77, HW_TILE_ROWS, panel);
    hw_gemm(&w.view, x, 30, three, 77, 3 * HW_TILE_ROWS, panel);
    assert_memory_equal(one, three, (size_t)HW_TILE_ROWS * 77 * sizeof *one);
    free(w.memory);
  }
  free(panel);
  free(x);
  free(one);
  free(three);
}

TEST(blas_is_named) {
  const char *core = hw_blas_start();
  assert_non_null(core);
  assert_true(core[0] != '\0');
  assert_true(hw_blas_batch_invariant() == hw_blas_batch_invariant());
}

#endif
