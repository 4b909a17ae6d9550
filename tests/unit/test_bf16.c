/* SPDX-License-Identifier: Apache-2.0
 * Products in BF16: what the processor's instruction computes, every form that stands for it, and the products that are made of it. */
#include "unit.h"
#include "headwater/model.h"
#include "tensor/bf16.h"
#include "tensor/kernels.h"
#include "tensor/pack.h"

static size_t list_kernels(const hw_bf16_kernel *list[4]) {
  size_t n = 0;
  list[n++] = &hw_bf16_kernel_plain;
#if defined(__x86_64__)
  if (hw_kernels_here() != &hw_kernels_plain) list[n++] = &hw_bf16_kernel_v3;
  if (hw_kernels_here() == &hw_kernels_v4) list[n++] = &hw_bf16_kernel_v4;
  if (hw_kernels_here() == &hw_kernels_v4 && __builtin_cpu_supports("avx512bf16")) list[n++] = &hw_bf16_kernel_v4_bf16;
#endif
  return n;
}

static float of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static bool same(float a, float b) { return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0; }

/* ---- Rounding ---- */

/* The nearest number of 8 bits, by float64. */
static double nearest_bf16(double x) {
  int exponent;
  if (x == 0 || isinf(x) || isnan(x)) return x;
  if (fabs(x) < 0x1p-126) return copysign(0, x);
  (void)frexp(x, &exponent);
  double step = ldexp(1, exponent - 8), rounded = nearbyint(x / step) * step;
  return fabs(rounded) >= 0x1p128 ? copysign(INFINITY, x) : rounded;
}

TEST(rounding_is_to_the_nearest_in_every_form) {
  enum { N = 512 * 260 + 7 };
  float *x = unit_floats(N);
  uint16_t *found = unit_alloc(N + 1, sizeof *found);
  uint64_t seed = 1;
  for (size_t i = 0; i < N; i++) { /* every sign and exponent; ties, and what lies beside them */
    uint32_t mantissa = i % 4 == 0 ? (uint32_t)unit_random(&seed) & 0x7F0000u : (uint32_t)unit_random(&seed) & 0x7FFFFFu;
    if (i % 4 < 2) mantissa = (mantissa & 0x7F0000u) | (0x8000u + (uint32_t)unit_below(&seed, 3) - 1);
    x[i] = of_bits((uint32_t)(i % 512) << 23 | mantissa);
  }
  const hw_bf16_kernel *kernels[4];
  size_t n = list_kernels(kernels);
  for (size_t k = 0; k < n; k++)
    for (size_t length = N; length > N - 40; length -= 3) {
      found[N] = found[length] = 0x1234;
      kernels[k]->round(x, length, found);
      for (size_t i = 0; i < length; i++)
        if (!same(hw_bf16_value(found[i]), (float)nearest_bf16((double)x[i])))
          fail_msg("%s: %a is %a, want %a", kernels[k]->name, (double)x[i], (double)hw_bf16_value(found[i]), nearest_bf16((double)x[i]));
      assert_int_equal(found[length], length % 2 ? 0 : 0x1234); /* the second number of the last pair */
    }
  free(x);
  free(found);
}

/* ---- The sum of a pair ---- */

/* s + x w rounded once; of what is small, rounded as if exponents had no end. */
static float twin_add(float s, float x, float w) {
  if (fabsf(s) < 0x1p-126f) s = copysignf(0, s);
  if (fabsf(x) < 0x1p-126f) x = copysignf(0, x);
  if (fabsf(w) < 0x1p-126f) w = copysignf(0, w);
  float sum = fmaf(x, w, s);
  if (!(fabsf(sum) < 0x1p-120f) || (x == 0 || w == 0)) return sum;
  if (fabsf(x) < fabsf(w)) x *= 0x1p60f;
  else w *= 0x1p60f;
  float larger = fmaf(x, w, s * 0x1p60f);
  return fabsf(larger) < 0x1p-66f ? copysignf(0, larger == 0 ? sum : larger) : sum;
}

static uint16_t any_number(uint64_t *seed, uint32_t kind) {
  static const uint16_t special[] = {0, 0x8000, 0x0001, 0x807F, 0x0080, 0x8080, 0x7F80, 0xFF80, 0x7FC0, 0xFFC1, 0x7F81, 0x7F7F, 0xFF7F, 0x3F80, 0xBF80, 0x3F81};
  uint16_t bits = (uint16_t)unit_random(seed);
  if (kind == 0) return special[unit_below(seed, COUNT_OF(special))];
  if (kind == 1) return bits;
  static const uint16_t exponents[] = {124, 62, 189}; /* of usual numbers; of products at the lower end of float32, and at the upper one */
  return (uint16_t)((bits & 0x807Fu) | (uint32_t)(exponents[kind - 2] + unit_below(seed, 4)) << 7);
}

static void fill_numbers(uint64_t *seed, uint32_t kind, size_t n, uint16_t *numbers) {
  for (size_t i = 0; i < n; i++) numbers[i] = any_number(seed, kind);
}

enum { MOST_PAIRS = 40, MOST_ROWS = 8, LD = HW_PACK_WIDTH + 1 };

TEST(every_form_gives_the_bits_of_the_twin) {
  const hw_bf16_kernel *kernels[4];
  size_t n = list_kernels(kernels);
  static uint16_t x[MOST_ROWS * HW_CHAIN_CELLS * 2], w[MOST_PAIRS * HW_PACK_WIDTH * 2];
  uint64_t seed = 2;
  for (uint32_t trial = 0; trial < 4000; trial++) {
    size_t pairs = 1 + unit_below(&seed, trial % 8 == 0 ? MOST_PAIRS : 3), width = trial % 3 ? (size_t)HW_PACK_WIDTH : 1 + unit_below(&seed, HW_PACK_WIDTH);
    bool add = trial % 2;
    for (size_t r = 0; r < MOST_ROWS; r++) fill_numbers(&seed, trial % 5, 2 * pairs, x + r * HW_CHAIN_CELLS * 2);
    fill_numbers(&seed, trial % 5, pairs * HW_PACK_WIDTH * 2, w);
    for (size_t k = 0; k < n; k++)
      for (size_t rows = 1; rows <= kernels[k]->tile_rows; rows++) {
        float y[MOST_ROWS * LD];
        for (size_t i = 0; i < MOST_ROWS * LD; i++) y[i] = i % 3 ? 0x1p-126f : -0x1.8p-140f; /* these sums are not flushed */
        kernels[k]->tile(rows, pairs, x, w, y, LD, width, add, &(hw_fetch){.at = (const char *)w});
        for (size_t r = 0; r < MOST_ROWS; r++)
          for (size_t c = 0; c < LD; c++) {
            float before = (r * LD + c) % 3 ? 0x1p-126f : -0x1.8p-140f, sum = 0;
            for (size_t p = 0; p < pairs; p++)
              for (size_t half = 2; half-- > 0;)
                sum = c < HW_PACK_WIDTH ? twin_add(sum, hw_bf16_value(x[(r * HW_CHAIN_CELLS + p) * 2 + half]), hw_bf16_value(w[(p * HW_PACK_WIDTH + c) * 2 + half])) : 0;
            float want = r >= rows || c >= width ? before : add ? before + sum : sum;
            if (!same(y[r * LD + c], want))
              fail_msg("%s (%zu), numbers %u, %zu pairs, %zu rows: %a, want %a", kernels[k]->name, k, trial % 5, pairs, rows, (double)y[r * LD + c], (double)want);
          }
      }
  }
  for (size_t k = 0; k < n; k++) print_message("compared: %s\n", kernels[k]->name);
}

/* Where rounding to 24 bits, and not to a multiple of 2^-149, decides what is flushed. */
TEST(the_border_of_flushing_is_the_same_in_every_form) {
  static const uint16_t factors[] = {0x9980, 0x99A0, 0x99C0, 0x9981, 0x99FF, 0x9A00, 0x9900, 0x1980, 0x1981};
  const hw_bf16_kernel *kernels[4];
  size_t n = list_kernels(kernels);
  for (size_t k = 0; k < n; k++)
    for (size_t i = 0; i < COUNT_OF(factors); i++)
      for (int half = 0; half < 2; half++)
        for (int sign = 0; sign < 2; sign++) {
          static uint16_t x[4], w[2 * HW_PACK_WIDTH * 2];
          float y[HW_PACK_WIDTH];
          x[0] = 0x2000, x[1] = 0; /* +-2^-126, then +-2^-75 times the factor */
          x[2 + half] = factors[i] ^ (sign ? 0x8000 : 0);
          x[3 - half] = 0;
          for (size_t c = 0; c < HW_PACK_WIDTH; c++) w[2 * c] = sign ? 0xA000 : 0x2000, w[(HW_PACK_WIDTH + c) * 2 + (size_t)half] = 0x1A00;
          kernels[k]->tile(1, 2, x, w, y, HW_PACK_WIDTH, HW_PACK_WIDTH, false, &(hw_fetch){.at = (const char *)w});
          float want = twin_add(sign ? -0x1p-126f : 0x1p-126f, hw_bf16_value(x[2 + half]), 0x1p-75f);
          if (half) want = twin_add(want, 0, 0);
          for (size_t c = 0; c < HW_PACK_WIDTH; c++)
            if (!same(y[c], want)) fail_msg("%s (%zu), factor %zu: %a, want %a", kernels[k]->name, k, i, (double)y[c], (double)want);
          memset(w, 0, sizeof w);
        }
}

TEST(the_instruction_here_is_as_said) {
  const hw_bf16_kernel *kernels[4];
  size_t n = list_kernels(kernels);
  for (size_t k = 0; k < n; k++) assert_true(kernels[k]->as_said());
  assert_ptr_equal(hw_bf16_kernel_here(), kernels[n - 1]);
}

/* ---- Products ---- */

typedef struct made_product {
  hw_matrix w;
  void *memory;
  float *x, *panel;
  size_t ldx;
} made_product;

static made_product make_product(uint64_t *seed, hw_dtype dtype, bool in_first, size_t n_in, size_t n_out, size_t n_rows) {
  size_t rows = in_first ? n_in : n_out, stride = (in_first ? n_out : n_in) + 5;
  made_product m = {.memory = unit_alloc(rows * stride, hw_dtype_size(dtype)), .ldx = n_in + 3, .panel = unit_floats(HW_PANEL_FLOATS)};
  for (size_t i = 0; i < rows * stride; i++) unit_store(unit_float(seed), dtype, m.memory, i);
  m.w = (hw_matrix){.data = m.memory, .dtype = dtype, .n_in = n_in, .n_out = n_out, .stride = stride, .in_first = in_first, .bf16 = true};
  m.x = unit_floats(n_rows * m.ldx);
  unit_fill(seed, 1, n_rows * m.ldx, m.x);
  return m;
}

static void free_product(made_product *m) {
  free(m->memory);
  free(m->x);
  free(m->panel);
}

static void *pack_whole(hw_matrix *w) {
  size_t step = hw_pack_depth(w, w->n_in) * HW_PACK_WIDTH;
  char *packed = unit_alloc(hw_packed_cells(w), HW_CELL_BYTES);
  for (size_t p = 0; p < hw_pack_panels(w); p++) hw_pack_panel(w, p, 0, w->n_in, packed + p * step * HW_CELL_BYTES);
  w->packed = packed;
  w->packed_step = step;
  return packed;
}

/* Against the product of the rounded numbers in float64, as close as in float32; against that of the numbers themselves within their rounding. */
static void check_product(uint64_t *seed, hw_dtype dtype, bool in_first, size_t n_in, size_t n_out, size_t n_rows) {
  made_product m = make_product(seed, dtype, in_first, n_in, n_out, n_rows);
  size_t ldy = n_out + 2;
  float *y = unit_floats(n_rows * ldy);
  hw_gemm(&m.w, m.x, m.ldx, y, ldy, n_rows, m.panel);
  for (size_t r = 0; r < n_rows; r++)
    for (size_t c = 0; c < n_out; c++) {
      double rounded = 0, magnitude = 0, exact = 0;
      for (size_t k = 0; k < n_in; k++) {
        double x = (double)m.x[r * m.ldx + k], w = unit_element(&m.w, k, c), term = nearest_bf16(x) * nearest_bf16(w);
        rounded += term;
        exact += x * w;
        magnitude += fabs(term);
      }
      assert_near(y[r * ldy + c], rounded, 4 * 0x1p-23 * magnitude);
      assert_near(y[r * ldy + c], exact, 1.01 * 0x1p-7 * magnitude);
    }
  free(y);
  free_product(&m);
}

TEST(products_are_those_of_rounded_numbers) {
  static const size_t shapes[][3] = {{1, 1, 1}, {7, 3, 2}, {30, 77, 5}, {77, 30, 256}, {64, 61, 257}, {769, 50, 9}, {1601, 20, 4}};
  uint64_t seed = 3;
  for (size_t s = 0; s < COUNT_OF(shapes); s++)
    for (int dtype = HW_F32; dtype <= HW_BF16; dtype++)
      for (int in_first = 0; in_first < 2; in_first++) check_product(&seed, (hw_dtype)dtype, in_first != 0, shapes[s][0], shapes[s][1], shapes[s][2]);
}

TEST(bits_depend_on_a_row_and_its_weights_alone) {
  enum { ROWS = 300, N_IN = 801, N_OUT = 203 };
  static const size_t parts[][4] = {{0, N_IN, 0, N_OUT}, {64, 64, 0, N_OUT}, {300, 501, 0, N_OUT}, {0, N_IN, 48, 100}, {0, N_IN, 47, 100}, {6, 9, 0, N_OUT},
                                    {7, 9, 0, N_OUT}, {5, 700, 96, 107}};
  uint64_t seed = 4;
  for (int in_first = 0; in_first < 2; in_first++) {
    made_product m = make_product(&seed, HW_F32, in_first != 0, N_IN, N_OUT, ROWS);
    hw_matrix packed = m.w;
    void *memory = pack_whole(&packed);
    float *y = unit_floats(ROWS * N_OUT), *z = unit_floats(ROWS * N_OUT), *alone = unit_floats(N_OUT);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
      const size_t *p = parts[i];
      hw_matrix inputs = hw_matrix_inputs(&m.w, p[0], p[1]), part = hw_matrix_outputs(&inputs, p[2], p[3]);
      hw_matrix packed_inputs = hw_matrix_inputs(&packed, p[0], p[1]), packed_part = hw_matrix_outputs(&packed_inputs, p[2], p[3]);
      bool whole_pairs = p[0] % 2 == 0 && (p[1] % 2 == 0 || p[0] + p[1] == N_IN);
      assert_true((packed_part.packed != NULL) == (whole_pairs && p[2] % HW_PACK_WIDTH == 0));
      hw_gemm(&part, m.x, m.ldx, y, p[3], ROWS, m.panel);
      hw_gemm(&packed_part, m.x, m.ldx, z, p[3], ROWS, m.panel);
      assert_memory_equal(y, z, ROWS * p[3] * sizeof *y);
      for (size_t r = 0; r < ROWS; r += 37) {
        hw_gemm(&packed_part, m.x + r * m.ldx, m.ldx, alone, p[3], 1, m.panel);
        assert_memory_equal(y + r * p[3], alone, p[3] * sizeof *y);
      }
    }
    for (size_t first = 6; first < 8; first++) {
      size_t ld, packed_ld;
      const float *rows = hw_matrix_input_rows(&m.w, first, 100, y, &ld), *packed_rows = hw_matrix_input_rows(&packed, first, 100, z, &packed_ld);
      for (size_t r = 0; r < 100; r++)
        for (size_t c = 0; c < N_OUT; c++) {
          assert_true(rows[r * ld + c] == packed_rows[r * packed_ld + c]);
          assert_true((double)rows[r * ld + c] == nearest_bf16(unit_element(&m.w, first + r, c)));
        }
      for (size_t p = 0; p < hw_pack_panels(&packed); p++) {
        float *space = unit_floats(200 * HW_PACK_WIDTH);
        const float *found[] = {hw_panel_inputs(&m.w, p, first, 100, space, &ld), hw_panel_inputs(&packed, p, first, 100, space + 100 * HW_PACK_WIDTH, &packed_ld)};
        for (size_t r = 0; r < 100; r++) {
          assert_memory_equal(found[0] + r * ld, rows + r * N_OUT + p * HW_PACK_WIDTH, hw_panel_width(&packed, p) * sizeof *rows);
          assert_memory_equal(found[1] + r * packed_ld, rows + r * N_OUT + p * HW_PACK_WIDTH, hw_panel_width(&packed, p) * sizeof *rows);
        }
        free(space);
      }
    }
    free(y);
    free(z);
    free(alone);
    free(memory);
    free_product(&m);
  }
}

/* ---- A model ---- */

TEST(packed_weights_of_layers_take_half_the_memory) {
  hw_error err;
  hw_model *model;
  assert_true(hw_model_open("datasets/models/headwater-gpt2", &model, &err));
  const hw_model_config *c = &model->config;
  size_t in_float32 = hw_model_packed_bytes(model), d = (size_t)c->d_model, layers = (size_t)c->n_layers;
  hw_model_use_bf16(model);
  size_t cells = layers * (hw_packed_cells(&model->layers[0].w_qkv) + hw_packed_cells(&model->layers[0].w_q) + hw_packed_cells(&model->layers[0].w_k) +
                           hw_packed_cells(&model->layers[0].w_v) + hw_packed_cells(&model->layers[0].w_o) + hw_packed_cells(&model->layers[0].w_in) +
                           hw_packed_cells(&model->layers[0].w_out));
  assert_true(cells >= layers * 12 * d * d / 2 && cells < layers * 12 * d * d * 3 / 5);
  assert_int_equal(hw_model_packed_bytes(model), in_float32 - cells * HW_CELL_BYTES);
  assert_true(!model->unembed.bf16 && hw_packed_cells(&model->unembed) >= d * (size_t)c->vocab_out);
  hw_model_close(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rounding_is_to_the_nearest_in_every_form), cmocka_unit_test(every_form_gives_the_bits_of_the_twin),
      cmocka_unit_test(the_border_of_flushing_is_the_same_in_every_form), cmocka_unit_test(the_instruction_here_is_as_said),
      cmocka_unit_test(products_are_those_of_rounded_numbers), cmocka_unit_test(bits_depend_on_a_row_and_its_weights_alone),
      cmocka_unit_test(packed_weights_of_layers_take_half_the_memory)};
  return cmocka_run_group_tests_name("bf16", tests, NULL, NULL);
}
