/* SPDX-License-Identifier: Apache-2.0
 * The kernels that are compiled for each instruction set: exp, tanh and erf against libm's in float64 over every exponent, and the same
 * bits from all instruction sets that this processor has. */
#include "unit.h"
#include "instruction_sets.h"
#include "base/real.h"
#include "tensor/functions.h"

/* ---- exp, tanh, erf: at most 2 units in the last place ---- */

typedef hw_vector vector_function(hw_vector);
static hw_vector exp_here(hw_vector x) { return hw_vector_exp(x); }
static hw_vector tanh_here(hw_vector x) { return hw_vector_tanh(x); }
static hw_vector erf_here(hw_vector x) { return hw_vector_erf(x); }

static void check_function(const char *name, vector_function *function, double (*twin)(double)) {
  enum { MANTISSAS = 4000, MOST_UNITS = 2 };
  uint64_t seed = 1;
  double worst = 0, at = 0;
  for (uint32_t sign_and_exponent = 0; sign_and_exponent < 512; sign_and_exponent++)
    for (size_t m = 0; m < MANTISSAS; m += HW_WIDTH) {
      float in[HW_WIDTH], out[HW_WIDTH];
      for (size_t i = 0; i < HW_WIDTH; i++) {
        uint32_t mantissa = m + i == 0 ? 0 : m + i == 1 ? 0x7FFFFFu : (uint32_t)(unit_random(&seed) >> 41), bits = sign_and_exponent << 23 | mantissa;
        memcpy(in + i, &bits, sizeof bits);
      }
      hw_store(out, function(hw_load(in)));
      for (size_t i = 0; i < HW_WIDTH; i++) {
        double want = twin((double)in[i]), found = (double)out[i];
        if (isnan(want) || isinf((float)want)) {
          assert_true(isnan(want) ? isnan(found) : found == (double)(float)want);
          continue;
        }
        int exponent;
        (void)frexp(want, &exponent);
        double units = fabs(found - want) / ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
        if (!(units <= worst)) worst = units, at = (double)in[i];
      }
    }
  print_message("%s: %.3f units in the last place at %.9g\n", name, worst, at);
  assert_true(worst <= MOST_UNITS);
}

TEST(functions_equal_libm_over_all_exponents) {
  check_function("exp", exp_here, exp);
  check_function("tanh", tanh_here, tanh);
  check_function("erf", erf_here, erf);
}

TEST(fused_multiply_add_is_rounded_once) {
  uint64_t seed = 2;
  for (size_t trial = 0; trial < 500000; trial++) {
    float a[HW_WIDTH], b[HW_WIDTH], c[HW_WIDTH], out[HW_WIDTH];
    for (size_t i = 0; i < HW_WIDTH; i++) {
      uint32_t bits[3];
      for (size_t k = 0; k < 3; k++) bits[k] = (uint32_t)unit_random(&seed);
      if (trial % 2) /* numbers of like size, whose sum cancels; few digits, so that ties are frequent */
        for (size_t k = 0; k < 3; k++) bits[k] = (bits[k] & 0x80FFF001u) | (k == 2 ? 0x3F000000u : 0x3F800000u);
      memcpy(a + i, bits, 4);
      memcpy(b + i, bits + 1, 4);
      memcpy(c + i, bits + 2, 4);
    }
    hw_store(out, hw_fma(hw_load(a), hw_load(b), hw_load(c)));
    for (size_t i = 0; i < HW_WIDTH; i++) {
      float want = fmaf(a[i], b[i], c[i]);
      if (isnan(want) ? !isnan(out[i]) : memcmp(&want, out + i, sizeof want) != 0)
        fail_msg("%a * %a + %a is %a, want %a", (double)a[i], (double)b[i], (double)c[i], (double)out[i], (double)want);
    }
  }
}

/* ---- The same bits from every instruction set ---- */

enum { LONGEST = 200, ROWS = 21, OUT = 40000 };

/* Every kernel over numbers of one seed; all results in a row. */
static size_t run_all(const hw_kernels *k, size_t d, uint64_t seed, float *out) {
  static float a[LONGEST + 8], b[LONGEST + 8], c[LONGEST + 8], z[ROWS * (LONGEST + 8)], scale[ROWS], work[ROWS * (LONGEST + 8)];
  size_t ld = d + unit_below(&seed, 8), used = 0;
  unit_fill(&seed, 2, d, a);
  unit_fill(&seed, 3, d, b);
  unit_fill(&seed, 1, d, c);
  unit_fill(&seed, 1, ROWS * ld, z);
  unit_fill(&seed, 1, ROWS, scale);
#define KEEP(x, n) (memcpy(out + used, x, (n) * sizeof *out), used += (n))
#define ON_COPY(of, n, call) (memcpy(work, of, (n) * sizeof *work), call, KEEP(work, n))
  out[used++] = k->dot(a, b, d);
  out[used++] = k->l1_difference(a, b, d);
  out[used++] = (float)k->all_below(a, d, 1.9f);
  out[used++] = k->max(a, d);
  out[used++] = k->min(a, d);
  for (int kind = HW_NORM_LAYER; kind <= HW_NORM_NONE; kind++) {
    out[used++] = k->norm_scale((hw_norm_kind)kind, a, 1e-5f, d);
    ON_COPY(a, d, out[used++] = k->norm_numerator((hw_norm_kind)kind, a, b, 1e-5f, d, work));
    ON_COPY(a, d, k->norm_row((hw_norm_kind)kind, a, b, c, 1e-5f, d, work));
  }
  k->proximity_rows(a, z, ld, scale, ROWS, d, work);
  KEEP(work, ROWS);
  const uint32_t listed[] = {0, 3, 4, 20};
  float lanes[4 * HW_SUM_LANES] = {0};
  for (size_t at = 0; at < d; at += HW_PACK_WIDTH)
    k->proximity_panel(a + at, z + at, ld, &(hw_listed_rows){.n = 4, .row = listed, .scale = scale}, d - at < HW_PACK_WIDTH ? d - at : HW_PACK_WIDTH, lanes);
  k->sum_lanes(lanes, 4, work);
  KEEP(work, 4);
  for (size_t at = 0; at < d; at += HW_PACK_WIDTH)
    k->dot_panel(a + at, z + at, ld, 4, d - at < HW_PACK_WIDTH ? d - at : HW_PACK_WIDTH, lanes);
  k->sum_lanes(lanes, 4, work);
  KEEP(work, 4);
  k->column_squares(z, ld, ROWS, d < HW_PACK_WIDTH ? d : HW_PACK_WIDTH, work);
  KEEP(work, d < HW_PACK_WIDTH ? d : HW_PACK_WIDTH);
  uint32_t below[LONGEST] = {0};
  out[used++] = (float)k->list_below(a, b, 0.8f, d, below, 9);
  for (size_t i = 0; i < 9; i++) out[used++] = (float)below[i];
  k->row_dots(a, z, ld, ROWS, d, work);
  KEEP(work, ROWS);
  static float sign[HW_PACK_WIDTH], size[HW_PACK_WIDTH];
  unit_fill(&seed, 1, HW_PACK_WIDTH, sign);
  for (size_t i = 0; i < HW_PACK_WIDTH; i++) size[i] = fabsf(sign[i]) / 3;
  if (ROWS * ld >= 3 * HW_PACK_WIDTH) {
    k->excess_rows(z, scale, sign, size, 3, work);
    KEEP(work, 3);
  }
  double clipped;
  ON_COPY(a, d, clipped = k->clip_and_sum(work, d));
  KEEP((const float *)(const void *)&clipped, 2);
  for (int capped = 0; capped < 2; capped++) {
    const hw_scoring scoring = {.scale = 0.3f, .cap = capped ? 20 : 0, .slope = capped ? 0.25f : 0, .sink = capped ? scale : NULL};
    k->attention_row(a, z, ld, ROWS, d, &scoring, work);
    KEEP(work, ROWS);
  }
  k->weighted_sum(scale, z, ld, ROWS, d, work);
  KEEP(work, d);
  static float space[HW_QUERIES_TOGETHER * (ROWS + 2 * LONGEST)];
  k->attend(&(hw_attended_head){.q = z, .k = z, .v = z, .out = work, .ldq = d, .n_keys = ROWS, .n_queries = ROWS - 3, .d_head = d, .window = 12,
                                .scoring = {.scale = 0.3f}}, space);
  KEEP(work, (ROWS - 3) * d);
  for (int kind = HW_ACT_GELU_TANH; kind <= HW_ACT_SILU; kind++) ON_COPY(b, d, k->activate((hw_activation)kind, work, d));
  ON_COPY(a, d, k->clamped_glu(work, b, 1.5f, d));
  ON_COPY(a, d, k->soft_cap(work, d, 1.25f));
  ON_COPY(a, d, out[used++] = k->exp_sum(work, d, 0.5f));
  double total = k->exp_total(a, d, 0.5f);
  KEEP((const float *)(const void *)&total, 2);
  double exps[LONGEST];
  for (size_t i = 0; i < d; i++) exps[i] = 250 * (double)a[i];
  k->exp_doubles(exps, d);
  for (size_t i = 0; i < d; i++) assert_true(exps[i] == hw_exp(250 * (double)a[i]));
  KEEP((const float *)(const void *)exps, 2 * d);
  size_t even = d / 2 * 2;
  ON_COPY(a, even, k->rotate_half(work, b, c, even));
  ON_COPY(a, even, k->rotate_pairs(work, b, c, even));
  ON_COPY(a, d, k->clip(work, 0.7f, d));
  ON_COPY(z, 3 * ld, k->add_bias(work, ld, b, 3, d));
  k->add_rows(z, z + 1, c, 2, d, work);
  KEEP(work, 2 * d);
  ON_COPY(a, d, k->multiply(work, b, d));
  ON_COPY(a, d, k->scale(work, 0.1f, d));
  assert_true(used <= OUT);
  return used;
}

/* At the limits, by every instruction set. */
static void check_exps(const hw_kernels *k) {
  const double at[] = {-INFINITY, -1e300, -746.5, -746, -745.5, -745, -709, -1e-300, 0, 709.5, 709.8, 710, 710.5, INFINITY};
  double x[COUNT_OF(at) + 1];
  memcpy(x, at, sizeof at);
  x[COUNT_OF(at)] = NAN;
  k->exp_doubles(x, COUNT_OF(x));
  for (size_t i = 0; i < COUNT_OF(at); i++) assert_true(x[i] == hw_exp(at[i]));
  assert_true(isnan(x[COUNT_OF(at)]));
}

TEST(instruction_sets_give_the_same_bits) {
  const hw_kernels *sets[3];
  size_t n_sets = list_instruction_sets(sets);
  float *want = unit_floats(OUT), *found = unit_floats(OUT);
  for (size_t d = 1; d <= LONGEST; d++)
    for (uint64_t seed = 1; seed <= 5; seed++) {
      size_t n = run_all(sets[0], d, seed * 1000 + d, want);
      for (size_t s = 1; s < n_sets; s++) {
        assert_int_equal(run_all(sets[s], d, seed * 1000 + d, found), n);
        for (size_t i = 0; i < n; i++)
          if (memcmp(want + i, found + i, sizeof *want) != 0)
            fail_msg("length %zu, seed %d: result %zu is %a on %s, %a on %s", d, (int)seed, i, (double)found[i], sets[s]->name, (double)want[i],
                     sets[0]->name);
      }
    }
  for (size_t s = 0; s < n_sets; s++) {
    check_exps(sets[s]);
    print_message("compared: %s\n", sets[s]->name);
  }
  free(want);
  free(found);
}

/* exp, tanh and erf of numbers of every exponent, within the kernels that have them. */
TEST(instruction_sets_agree_on_functions_over_all_exponents) {
  enum { N = 512 * 64 };
  const hw_kernels *sets[3];
  size_t n_sets = list_instruction_sets(sets);
  float *x = unit_floats(N), *want = unit_floats(N), *found = unit_floats(N);
  uint64_t seed = 3;
  for (size_t i = 0; i < N; i++) {
    uint32_t bits = (uint32_t)(i / 64) << 23 | (uint32_t)(unit_random(&seed) >> 41);
    memcpy(x + i, &bits, sizeof bits);
  }
  for (int function = 0; function < 5; function++)
    for (size_t s = 0; s < n_sets; s++) {
      float *out = s == 0 ? want : found;
      memcpy(out, x, N * sizeof *x);
      if (function == 4) (void)sets[s]->exp_sum(out, N, 0);
      else sets[s]->activate((hw_activation)function, out, N);
      for (size_t i = 0; i < N; i++)
        if (memcmp(want + i, out + i, sizeof *want) != 0 && !(isnan(want[i]) && isnan(out[i])))
          fail_msg("function %d of %a is %a on %s, %a on %s", function, (double)x[i], (double)out[i], sets[s]->name, (double)want[i], sets[0]->name);
    }
  free(x);
  free(want);
  free(found);
}

#ifdef __SANITIZE_ADDRESS__
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Products whose inputs, weights or outputs (0, 1, 2), or packing whose rows or tile (3, 4), end one number too early. */
static void short_of(const hw_kernels *k, int which) {
  enum { N_ROWS = 2, DEPTH = 5, WIDTH = 40 };
  size_t outputs = (WIDTH + k->tile_outputs - 1) / k->tile_outputs * k->tile_outputs;
  float *x = unit_floats(N_ROWS * DEPTH - (size_t)(which == 0 || which == 3)), *w = unit_floats((DEPTH - 1) * HW_PACK_WIDTH + outputs - (size_t)(which == 1));
  float *y = unit_floats(N_ROWS * WIDTH - (size_t)(which == 2)), *packed = unit_floats(N_ROWS * DEPTH - (size_t)(which == 4));
  if (which < 3 || which == 5) k->gemm_tile(N_ROWS, DEPTH, x, w, y, WIDTH, WIDTH, false, &(hw_fetch){.at = (const char *)w});
  if (which >= 3) k->pack_tile(N_ROWS, DEPTH, x, DEPTH, packed);
  free(x);
  free(w);
  free(y);
  free(packed);
}

/* gemm_tile.c is not built with the sanitizer (src/tensor/CMakeLists.txt). */
TEST(a_tile_that_leaves_its_memory_is_found) {
  const hw_kernels *sets[3];
  size_t n_sets = list_instruction_sets(sets);
  for (size_t s = 0; s < n_sets; s++)
    for (int which = 0; which <= 5; which++) {
      pid_t child = fork();
      assert_true(child >= 0);
      if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO); /* AddressSanitizer's report */
        short_of(sets[s], which);
        _exit(0);
      }
      int status = 0;
      assert_int_equal(waitpid(child, &status, 0), child);
      bool fine = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if (fine != (which == 5)) fail_msg("%s, memory %d is too short: %s", sets[s]->name, which, fine ? "not found" : "found where nothing is");
    }
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_equal_libm_over_all_exponents),
      cmocka_unit_test(fused_multiply_add_is_rounded_once),
      cmocka_unit_test(instruction_sets_give_the_same_bits),
      cmocka_unit_test(instruction_sets_agree_on_functions_over_all_exponents),
#ifdef __SANITIZE_ADDRESS__
      cmocka_unit_test(a_tile_that_leaves_its_memory_is_found),
#endif
  };
  return cmocka_run_group_tests_name("isa", tests, NULL, NULL);
}
