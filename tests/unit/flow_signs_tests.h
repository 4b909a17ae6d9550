/* SPDX-License-Identifier: Apache-2.0
 * Part of test_flow.c: proximities by signs. */
#ifndef HW_TESTS_FLOW_SIGNS_TESTS_H
#define HW_TESTS_FLOW_SIGNS_TESTS_H

#include "flow/signs.h"

/* Parts of many sizes in a whole that is 0 here and there, against the formula in double; with and without an output norm. */
static void check_signs(uint64_t *seed, size_t d, size_t d_head, bool with_gamma) {
  enum { N = 70 };
  float *w_o = unit_floats(d_head * d), *whole = unit_floats(d), *gamma = unit_floats(d), *v = unit_floats(N * (d_head + 3)), a[N], found[N];
  unit_fill(seed, 1, d_head * d, w_o);
  unit_fill(seed, 4, d, whole);
  unit_fill(seed, 2, d, gamma);
  unit_fill(seed, 1, N * (d_head + 3), v);
  unit_fill(seed, 0.5f, N, a);
  for (size_t i = 0; i < d; i += 11) whole[i] = i % 2 ? -0.0f : 0;
  for (size_t j = 0; j < N; j++) a[j] = j == 17 ? 3 : j % 5 ? fabsf(a[j]) * 0.05f : 0;
  hw_layer layer = {.w_o = {.data = w_o, .n_in = d_head, .n_out = d, .stride = d, .in_first = true}, .attn_out_gamma = with_gamma ? gamma : NULL};
  const hw_model model = {.config = {.d_model = (int64_t)d, .d_head = (int64_t)d_head}, .layers = &layer};
  float *of_head = unit_floats(hw_head_signs_floats(&model)), *work = unit_floats(hw_sign_floats(&model, N));
  hw_head_signs signs;
  hw_head_signs_make(&model, 0, 0, of_head, &signs);
  hw_sign_proximity(&signs, whole, a, v, d_head + 3, N, work, found);
  double *z = twin_numbers(d);
  for (size_t j = 0; j < N; j++) {
    double size = 0;
    for (size_t c = 0; c < d; c++) {
      z[c] = 0;
      for (size_t k = 0; k < d_head; k++) z[c] += (double)v[j * (d_head + 3) + k] * (double)w_o[k * d + c];
      z[c] *= (double)a[j] * (with_gamma ? (double)gamma[c] : 1);
      size += fabs(z[c]) + 1e-2 * fabs((double)whole[c]); /* what roundings are measured by */
    }
    assert_near(found[j], proximity(whole, z, d), 1e-6 * (double)d_head * size);
  }
  free(z);
  free(w_o);
  free(whole);
  free(gamma);
  free(v);
  free(of_head);
  free(work);
}

TEST(parts_by_signs_equal_their_twin) {
  uint64_t seed = 77;
  static const size_t shapes[][2] = {{24, 6}, {48, 16}, {130, 24}, {200, 64}, {64, 400}};
  for (size_t s = 0; s < COUNT_OF(shapes); s++)
    for (int gamma = 0; gamma < 2; gamma++) check_signs(&seed, shapes[s][0], shapes[s][1], gamma != 0);
}

#endif
