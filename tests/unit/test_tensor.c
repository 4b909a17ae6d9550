/* SPDX-License-Identifier: Apache-2.0
 * Every kernel against a plain double-precision twin; then what the trace's bits rest on: rows that do not depend on their
 * neighbours, their place or the address of an array. Tolerances are in units of float32 rounding: a sum of n products of
 * numbers below 1 is off by at most n * 2^-24 of their magnitudes' sum, and mostly by far less. */
#include "unit.h"
#include "tensor/kernels.h"
#include "tensor/pack.h"
#include "tensor/widen.h"

static const double EPS = 0x1p-23;

static const size_t odd_sizes[] = {1, 2, 3, 5, 7, 8, 15, 16, 17, 30, 31, 33, 36, 63, 77, 128, 131};

/* ---- Weights in three dtypes and two layouts ---- */

/* A matrix inside a larger one: stride wider than the row, first element not at the start. */
typedef struct made_matrix {
  hw_matrix view;
  void *memory;
} made_matrix;

static made_matrix make_matrix(uint64_t *seed, hw_dtype dtype, bool in_first, size_t n_in, size_t n_out) {
  size_t before = 3, after = 5, rows = (in_first ? n_in : n_out) + 4, stride = (in_first ? n_out : n_in) + before + after;
  made_matrix made = {.memory = unit_alloc(rows * stride, hw_dtype_size(dtype))};
  for (size_t i = 0; i < rows * stride; i++) unit_store(unit_float(seed), dtype, made.memory, i);
  hw_matrix whole = {.data = made.memory, .dtype = dtype, .n_in = in_first ? rows : stride, .n_out = in_first ? stride : rows,
                     .stride = stride, .in_first = in_first};
  hw_matrix inputs = hw_matrix_inputs(&whole, in_first ? 2 : before, n_in);
  made.view = hw_matrix_outputs(&inputs, in_first ? before : 2, n_out);
  /* The part's corner is where the views were said to begin. */
  assert_true(unit_element(&made.view, 0, 0) == unit_element(&whole, in_first ? 2 : before, in_first ? before : 2));
  assert_int_equal(made.view.n_in, n_in);
  assert_int_equal(made.view.n_out, n_out);
  return made;
}

/* y = x W in double, with the sum of magnitudes that its rounding is measured by. */
static double product(const hw_matrix *w, const float *x, size_t out, double *magnitude) {
  double sum = 0;
  *magnitude = 0;
  for (size_t k = 0; k < w->n_in; k++) {
    double term = (double)x[k] * unit_element(w, k, out);
    sum += term;
    *magnitude += fabs(term);
  }
  return sum;
}

static void check_gemm(uint64_t *seed, hw_dtype dtype, bool in_first, bool blas, size_t n_in, size_t n_out, size_t n_rows, float *panel) {
  made_matrix w = make_matrix(seed, dtype, in_first, n_in, n_out);
  w.view.blas = blas;
  size_t ldx = n_in + 3, ldy = n_out + 2, rows = n_rows + 1;
  float *x = unit_floats(rows * ldx), *y = unit_floats(rows * ldy);
  for (size_t r = 0; r < n_rows; r++) unit_fill(seed, 1, n_in, x + r * ldx);
  for (size_t i = 0; i < rows * ldy; i++) y[i] = 12345;
  hw_gemm(&w.view, x, ldx, y, ldy, n_rows, panel);
  for (size_t r = 0; r < n_rows; r++) {
    for (size_t c = 0; c < n_out; c++) {
      double magnitude, want = product(&w.view, x + r * ldx, c, &magnitude);
      assert_near(y[r * ldy + c], want, 4 * EPS * magnitude);
    }
    for (size_t c = n_out; c < ldy; c++) assert_true(y[r * ldy + c] == 12345); /* between the rows nothing is written */
  }
  for (size_t c = 0; c < ldy; c++) assert_true(y[n_rows * ldy + c] == 12345); /* nor behind them */
  free(w.memory);
  free(x);
  free(y);
}

TEST(gemm_equals_its_twin) {
  static const size_t shapes[][3] = {{1, 1, 1}, {7, 3, 2}, {30, 77, 5}, {77, 30, 256}, {64, 61, 257}, {130, 519, 3}, {600, 20, 4}};
  uint64_t seed = 1;
  float *panel = unit_floats(HW_PANEL_FLOATS);
  for (size_t s = 0; s < COUNT_OF(shapes); s++)
    for (int dtype = HW_F32; dtype <= HW_BF16; dtype++)
      for (int in_first = 0; in_first < 2; in_first++)
        for (int blas = 0; blas < 2; blas++)
          check_gemm(&seed, (hw_dtype)dtype, in_first != 0, blas != 0, shapes[s][0], shapes[s][1], shapes[s][2], panel);
  free(panel);
}

/* More outputs than a panel of widened weights holds: several panels a row. */
TEST(gemm_in_several_panels_equals_its_twin) {
  enum { N_IN = 30000, N_OUT = 83 };
  uint64_t seed = 2;
  float *panel = unit_floats(HW_PANEL_FLOATS), *x = unit_floats((size_t)2 * N_IN), *y = unit_floats((size_t)2 * N_OUT);
  unit_fill(&seed, 1, 2 * (size_t)N_IN, x);
  for (int form = 0; form < 4; form++) {
    made_matrix w = make_matrix(&seed, HW_F16, form % 2 != 0, N_IN, N_OUT);
    w.view.blas = form < 2;
    hw_gemm(&w.view, x, N_IN, y, N_OUT, 2, panel);
    for (size_t r = 0; r < 2; r++)
      for (size_t c = 0; c < N_OUT; c++) {
        double magnitude, want = product(&w.view, x + r * N_IN, c, &magnitude);
        /* OpenBLAS may sum all inputs in one chain: its kernels for AVX-512 do. */
        assert_near(y[r * N_OUT + c], want, w.view.blas ? 4 * EPS * magnitude : 64 * EPS * sqrt(magnitude));
      }
    free(w.memory);
  }
  free(panel);
  free(x);
  free(y);
}

TEST(widening_is_exact_for_every_bit_pattern) {
  uint16_t *bits = unit_alloc(65536, sizeof *bits);
  float *wide = unit_floats(65536);
  for (size_t i = 0; i < 65536; i++) bits[i] = (uint16_t)i;
  for (int dtype = HW_F16; dtype <= HW_BF16; dtype++) {
    hw_widen(bits, (hw_dtype)dtype, 65536, wide);
    for (size_t i = 0; i < 65536; i++) {
      double want = dtype == HW_F16 ? unit_half(bits[i]) : unit_bfloat(bits[i]);
      if (isnan(want))
        assert_true(isnan(wide[i]));
      else
        assert_true((double)wide[i] == want && !signbit(wide[i]) == !signbit(want));
    }
  }
  float odd[9];
  hw_widen(bits + 0x3C00, HW_F16, 9, odd); /* a length that is no vector's */
  for (size_t i = 0; i < 9; i++) assert_true((double)odd[i] == unit_half((uint16_t)(0x3C00 + i)));
  assert_int_equal(hw_dtype_size(HW_F32), 4);
  assert_int_equal(hw_dtype_size(HW_F16), 2);
  assert_int_equal(hw_dtype_size(HW_BF16), 2);
  free(bits);
  free(wide);
}

/* Subnormal halves count, an infinite one shows. */
TEST(gemm_takes_subnormal_and_infinite_halves) {
  const uint16_t w[4] = {0x0001, 0x8003, 0x7C00, 0x3C00}; /* 2^-24, -3 * 2^-24 | inf, 1 as [out 2][in 2] */
  hw_matrix matrix = {.data = w, .dtype = HW_F16, .n_in = 2, .n_out = 2, .stride = 2};
  float *panel = unit_floats(HW_PANEL_FLOATS), x[2] = {1024, 2}, y[2];
  hw_gemm(&matrix, x, 2, y, 2, 1, panel);
  assert_true((double)y[0] == 1018 * 0x1p-24);
  assert_true(isinf(y[1]) && y[1] > 0);
  free(panel);
}

static void check_input_rows(uint64_t *seed, hw_dtype dtype, bool in_first, size_t n_out) {
  made_matrix w = make_matrix(seed, dtype, in_first, 150, n_out);
  float *out = unit_floats(150 * n_out);
  static const size_t parts[][2] = {{0, 150}, {17, 1}, {64, 64}, {80, 70}, {149, 1}};
  for (size_t p = 0; p < COUNT_OF(parts); p++) {
    size_t ld = 0;
    const float *rows = hw_matrix_input_rows(&w.view, parts[p][0], parts[p][1], out, &ld);
    assert_true(rows == out || (dtype == HW_F32 && in_first)); /* no copy of what lies there already */
    for (size_t r = 0; r < parts[p][1]; r++)
      for (size_t c = 0; c < n_out; c++) assert_true((double)rows[r * ld + c] == unit_element(&w.view, parts[p][0] + r, c));
  }
  free(out);
  free(w.memory);
}

TEST(input_rows_are_the_rows) {
  static const size_t widths[] = {31, 48, 131};
  uint64_t seed = 3;
  for (int dtype = HW_F32; dtype <= HW_BF16; dtype++)
    for (int in_first = 0; in_first < 2; in_first++)
      for (size_t i = 0; i < COUNT_OF(widths); i++) check_input_rows(&seed, (hw_dtype)dtype, in_first != 0, widths[i]);
}

/* ---- Norms, activations, rotation ---- */

static void norm_twin(hw_norm_kind kind, const float *x, size_t n, double eps, double *mean, double *sigma) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i];
  *mean = kind == HW_NORM_LAYER ? sum / (double)n : 0;
  for (size_t i = 0; i < n; i++) squares += ((double)x[i] - *mean) * ((double)x[i] - *mean);
  *sigma = sqrt(squares / (double)n + eps);
}

static void check_norm(hw_norm_kind kind, const float *x, const float *gamma, const float *beta, float eps, size_t n) {
  float *whole = unit_floats(n), *part = unit_floats(n);
  double mean, sigma, largest = 0;
  norm_twin(kind, x, n, (double)eps, &mean, &sigma);
  for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)x[i]));
  double slack = 8 * EPS * (largest + sigma);
  hw_norm_row(kind, x, gamma, beta, eps, n, whole);
  assert_near(hw_norm_scale(kind, x, eps, n), sigma, 2 * EPS * sigma);
  assert_near(hw_norm_numerator(kind, x, gamma, eps, n, part), sigma, 2 * EPS * sigma);
  for (size_t i = 0; i < n; i++) {
    double numerator = ((double)x[i] - mean) * (double)gamma[i];
    assert_near(part[i], numerator, slack * fabs((double)gamma[i]));
    assert_near(whole[i], numerator / sigma + (beta ? (double)beta[i] : 0), (slack / sigma + 4 * EPS) * 2);
  }
  free(whole);
  free(part);
}

TEST(norms_equal_their_twin) {
  uint64_t seed = 4;
  for (size_t s = 0; s < COUNT_OF(odd_sizes); s++) {
    size_t n = odd_sizes[s];
    float *x = unit_floats(n), *gamma = unit_floats(n), *beta = unit_floats(n);
    unit_fill(&seed, 2, n, gamma);
    unit_fill(&seed, 1, n, beta);
    for (int offset = 0; offset < 2; offset++) { /* a mean that is far larger than the spread: nothing may cancel */
      unit_fill(&seed, 1, n, x);
      for (size_t i = 0; offset && i < n; i++) x[i] += 1000;
      for (int kind = HW_NORM_LAYER; kind <= HW_NORM_RMS; kind++) {
        check_norm((hw_norm_kind)kind, x, gamma, beta, 1e-5f, n);
        check_norm((hw_norm_kind)kind, x, gamma, NULL, 1e-1f, n); /* eps counts */
      }
    }
    free(x);
    free(gamma);
    free(beta);
  }
}

static double activation_twin(hw_activation kind, double v) {
  switch (kind) {
    case HW_ACT_GELU_TANH: return 0.5 * v * (1 + tanh(sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
    case HW_ACT_GELU_ERF: return 0.5 * v * (1 + erf(v / M_SQRT2));
    case HW_ACT_RELU: return v > 0 ? v : 0;
    case HW_ACT_SILU: return v / (1 + exp(-v));
  }
  return NAN;
}

TEST(activations_equal_libm) {
  enum { N = 4003 };
  float *x = unit_floats(N), *y = unit_floats(N);
  for (int kind = HW_ACT_GELU_TANH; kind <= HW_ACT_SILU; kind++) {
    for (size_t i = 0; i < N; i++) x[i] = (float)(((double)i - N / 2) / 100.0); /* -20 to 20 */
    x[0] = 0;
    x[1] = 60; /* far out nothing overflows */
    x[2] = -60;
    memcpy(y, x, N * sizeof *x);
    hw_activate((hw_activation)kind, y, N);
    for (size_t i = 0; i < N; i++) /* 1 + tanh cancels: the error is of v, not of the result */
      assert_near(y[i], activation_twin((hw_activation)kind, (double)x[i]), 4 * EPS * fmax(1e-3, fabs((double)x[i])));
    for (size_t n = 1; n < 40; n++) { /* short rows */
      memcpy(y, x + 1990, n * sizeof *x);
      y[n] = 777;
      hw_activate((hw_activation)kind, y, n);
      for (size_t i = 0; i < n; i++)
        assert_near(y[i], activation_twin((hw_activation)kind, (double)x[1990 + i]), 4 * EPS * fmax(1e-3, fabs((double)x[1990 + i])));
      assert_true(y[n] == 777);
    }
  }
  free(x);
  free(y);
}

TEST(rotation_turns_half_split_pairs) {
  uint64_t seed = 5;
  for (size_t half = 1; half <= 33; half++) {
    float x[66], y[66], cosine[33], sine[33];
    unit_fill(&seed, 1, 2 * half, x);
    for (size_t t = 0; t < half; t++) {
      double angle = 7.0 * pow(10000, -(double)t / (double)half);
      cosine[t] = (float)cos(angle);
      sine[t] = (float)sin(angle);
    }
    memcpy(y, x, sizeof y);
    hw_rotate_half(y, cosine, sine, 2 * half);
    for (size_t t = 0; t < half; t++) {
      double a = (double)x[t], b = (double)x[t + half], c = (double)cosine[t], s = (double)sine[t];
      assert_near(y[t], a * c - b * s, 4 * EPS);
      assert_near(y[t + half], b * c + a * s, 4 * EPS);
    }
  }
}

/* ---- Attention ---- */

static void check_attention(uint64_t *seed, size_t n_keys, size_t d_head, float size) {
  size_t ld = d_head + 5;
  float *q = unit_floats(d_head), *k = unit_floats(n_keys * ld), *v = unit_floats(n_keys * ld), *a = unit_floats(n_keys), *out = unit_floats(d_head);
  double *weights = unit_alloc(n_keys, sizeof *weights), largest = -INFINITY, sum = 0, found = 0, scale = 1 / sqrt((double)d_head), size_q = 0;
  unit_fill(seed, size, d_head, q);
  unit_fill(seed, 1, n_keys * ld, k);
  unit_fill(seed, 1, n_keys * ld, v);
  for (size_t j = 0; j < n_keys; j++) {
    for (size_t i = 0; i < d_head; i++) weights[j] += scale * (double)q[i] * (double)k[j * ld + i];
    largest = fmax(largest, weights[j]);
  }
  for (size_t i = 0; i < d_head; i++) size_q += fabs((double)q[i]) * scale;
  for (size_t j = 0; j < n_keys; j++) sum += weights[j] = exp(weights[j] - largest);
  hw_attention_row(q, k, ld, n_keys, d_head, &(hw_scoring){.scale = (float)scale}, a);
  for (size_t j = 0; j < n_keys; j++) {
    assert_near(a[j], weights[j] / sum, 8 * EPS * (1 + size_q));
    found += (double)a[j];
  }
  assert_near(found, 1, 8 * EPS * sqrt((double)n_keys));
  hw_weighted_sum(a, v, ld, n_keys, d_head, out);
  for (size_t i = 0; i < d_head; i++) {
    double want = 0;
    for (size_t j = 0; j < n_keys; j++) want += (double)a[j] * (double)v[j * ld + i];
    assert_near(out[i], want, 8 * EPS);
  }
  free(q);
  free(k);
  free(v);
  free(a);
  free(out);
  free(weights);
}

TEST(attention_equals_its_twin) {
  static const size_t keys[] = {1, 2, 3, 4, 7, 8, 9, 16, 17, 33, 100, 257};
  uint64_t seed = 6;
  for (size_t n = 0; n < COUNT_OF(keys); n++)
    for (size_t s = 0; s < COUNT_OF(odd_sizes); s++) {
      check_attention(&seed, keys[n], odd_sizes[s], 1);
      check_attention(&seed, keys[n], odd_sizes[s], 300); /* scores whose exp would overflow */
    }
}

/* ---- Proximity ---- */

/* Rows 8, 6, 4, 2 and 0 of z by panels, to the bits of hw_proximity_rows. */
static void check_panels(const float *w, const float *z, size_t ld, const float *scale, size_t d, const float want[9]) {
  const uint32_t listed[] = {8, 6, 4, 2, 0};
  float of_listed[5], lanes[5 * HW_SUM_LANES] = {0}, out[6];
  for (size_t r = 0; r < 5; r++) of_listed[r] = scale[listed[r]];
  const hw_listed_rows rows = {.n = 5, .row = listed, .scale = of_listed};
  for (size_t at = 0; at < d; at += HW_PACK_WIDTH)
    hw_proximity_panel(w + at, z + at, ld, &rows, d - at < HW_PACK_WIDTH ? d - at : HW_PACK_WIDTH, lanes);
  out[5] = 777;
  hw_sum_lanes(lanes, 5, out);
  assert_true(out[5] == 777);
  for (size_t r = 0; r < 5; r++)
    if (memcmp(&out[r], &want[listed[r]], sizeof *out) != 0)
      fail_msg("d %zu, row %u: %.9g by panels, %.9g as a row", d, listed[r], (double)out[r], (double)want[listed[r]]);
}

TEST(proximity_equals_its_twin_alone_and_in_company) {
  uint64_t seed = 7;
  for (size_t s = 0; s < COUNT_OF(odd_sizes); s++) {
    size_t d = odd_sizes[s], ld = d + 3;
    float *w = unit_floats(d), *z = unit_floats(9 * ld), scale[9], out[10], one;
    unit_fill(&seed, 1, d, w);
    unit_fill(&seed, 1, 9 * ld, z);
    unit_fill(&seed, 1, 9, scale);
    scale[2] = 1e-6f; /* a small part of a large vector keeps its digits */
    for (size_t n_rows = 1; n_rows <= 9; n_rows++) {
      out[n_rows] = 777;
      hw_proximity_rows(w, z, ld, scale, n_rows, d, out);
      assert_true(out[n_rows] == 777);
      for (size_t r = 0; r < n_rows; r++) {
        double whole = 0, rest = 0, part = 0;
        for (size_t i = 0; i < d; i++) {
          double zi = (double)scale[r] * (double)z[r * ld + i];
          whole += fabs((double)w[i]);
          rest += fabs((double)w[i] - zi);
          part += fabs(zi);
        }
        assert_near(out[r], whole - rest, 2 * EPS * (whole + part) + 1e-12);
        hw_proximity_rows(w, z + r * ld, ld, scale + r, 1, d, &one);
        if (memcmp(&one, &out[r], sizeof one) != 0) /* the same bits, whoever stands beside it */
          fail_msg("d %zu, row %zu of %zu: %.9g in company, %.9g alone", d, r, n_rows, (double)out[r], (double)one);
      }
    }
    check_panels(w, z, ld, scale, d, out);
    double difference = 0, magnitude = 0;
    for (size_t i = 0; i < d; i++) {
      difference += fabs((double)w[i]) - fabs((double)z[i]);
      magnitude += fabs((double)w[i]) + fabs((double)z[i]);
    }
    assert_near(hw_l1_difference(w, z, d), difference, 2 * EPS * magnitude);
    free(w);
    free(z);
  }
}

/* ---- The small ones ---- */

TEST(elementwise_kernels) {
  uint64_t seed = 8;
  for (size_t s = 0; s < COUNT_OF(odd_sizes); s++) {
    size_t d = odd_sizes[s], n = 3 * (d + 1);
    float *x = unit_floats(n), *y = unit_floats(n), *before = unit_floats(n), *bias = unit_floats(d);
    unit_fill(&seed, 1, n, x);
    unit_fill(&seed, 1, n, before);
    unit_fill(&seed, 1, d, bias);
    memcpy(y, before, n * sizeof *y);
    hw_add_rows(y, x, bias, 3, d, y);
    for (size_t i = 0; i < 3 * d; i++) assert_true(y[i] == (before[i] + x[i]) + bias[i % d]);
    hw_add_rows(y, x, NULL, 3, d, y);
    for (size_t i = 0; i < 3 * d; i++) assert_true(y[i] == ((before[i] + x[i]) + bias[i % d]) + x[i]);
    memcpy(y, before, n * sizeof *y);
    hw_add_bias(y, d + 1, bias, 3, d); /* a stride wider than the row */
    for (size_t i = 0; i < n; i++) assert_true(y[i] == (i % (d + 1) < d ? before[i] + bias[i % (d + 1)] : before[i]));
    hw_add_bias(y, d + 1, NULL, 3, d);
    memcpy(y, before, n * sizeof *y);
    hw_multiply(y, x, n);
    double dot = 0, high = -INFINITY, low = INFINITY;
    for (size_t i = 0; i < n; i++) {
      assert_true(y[i] == before[i] * x[i]);
      dot += (double)before[i] * (double)x[i];
      high = fmax(high, (double)x[i]);
      low = fmin(low, (double)x[i]);
    }
    assert_near(hw_dot(before, x, n), dot, EPS * (double)n);
    assert_true((double)hw_max(x, n) == high && (double)hw_min(x, n) == low);
    double above = 0;
    memcpy(y, x, n * sizeof *y);
    y[n / 2] = NAN;
    for (size_t i = 0; i < n; i++) above += x[i] > 0 && i != n / 2 ? (double)x[i] : 0;
    assert_near(hw_clip_and_sum(y, n), above, 0x1p-50 * (double)n);
    for (size_t i = 0; i < n; i++) assert_true(y[i] == (x[i] > 0 && i != n / 2 ? x[i] : 0));
    free(x);
    free(y);
    free(before);
    free(bias);
  }
}

TEST(one_bad_number_is_seen_wherever_it_stands) {
  float x[70];
  for (size_t n = 1; n <= 70; n++)
    for (size_t at = 0; at < n; at++) {
      for (size_t i = 0; i < n; i++) x[i] = i % 2 ? -3e38f : 3e38f; /* huge is still finite */
      assert_true(hw_all_finite(x, n));
      static const float bad[] = {NAN, INFINITY, -INFINITY};
      for (size_t b = 0; b < 3; b++) {
        x[at] = bad[b];
        assert_false(hw_all_finite(x, n));
      }
      for (size_t i = 0; i < n; i++) x[i] = i % 2 ? -2.5f : 2.5f;
      assert_true(hw_all_below(x, n, 3));
      x[at] = at % 3 ? -3.0f : 3.0f;
      assert_false(hw_all_below(x, n, 3));
    }
}

#include "tensor_bits_tests.h"
#include "widen_tests.h"

int main(void) {
  const char *kernel;
  hw_error err;
  if (!hw_blas_start(1, &kernel, &err)) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gemm_equals_its_twin),
      cmocka_unit_test(gemm_in_several_panels_equals_its_twin),
      cmocka_unit_test(widening_is_exact_for_every_bit_pattern),
      cmocka_unit_test(quantised_numbers_from_inside_a_block),
      cmocka_unit_test(gemm_takes_subnormal_and_infinite_halves),
      cmocka_unit_test(input_rows_are_the_rows),
      cmocka_unit_test(norms_equal_their_twin),
      cmocka_unit_test(activations_equal_libm),
      cmocka_unit_test(rotation_turns_half_split_pairs),
      cmocka_unit_test(attention_equals_its_twin),
      cmocka_unit_test(proximity_equals_its_twin_alone_and_in_company),
      cmocka_unit_test(elementwise_kernels),
      cmocka_unit_test(one_bad_number_is_seen_wherever_it_stands),
      cmocka_unit_test(bits_do_not_depend_on_addresses),
      cmocka_unit_test(gemm_rows_do_not_depend_on_place_or_neighbours),
      cmocka_unit_test(gemm_bits_do_not_depend_on_packing),
      cmocka_unit_test(gemm_bits_do_not_depend_on_the_instruction_set),
      cmocka_unit_test(attention_of_many_queries_is_that_of_each),
      cmocka_unit_test(blas_is_named),
  };
  return cmocka_run_group_tests_name("tensor", tests, NULL, NULL);
}
