/* SPDX-License-Identifier: Apache-2.0
 * Lists of the best tokens from screening against those of the whole vocabulary: the same ids, values and order, bit for bit. */
#include "unit.h"

#include "headwater/model.h"
#include "model/loader.h"
#include "model/screen.h"
#include "tensor/isa.h"

/* A model that is an unembedding alone. */
typedef struct toy {
  hw_model model;
  struct hw_model_files files;
  float *weights, *beta;
  uint16_t *halves;
  size_t d, vocab;
} toy;

static void toy_init(toy *t, size_t d, size_t vocab) {
  *t = (toy){.d = d, .vocab = vocab, .weights = unit_floats(d * vocab), .beta = unit_floats(vocab)};
  t->model = (hw_model){.config = {.d_model = (int64_t)d, .vocab_out = (int64_t)vocab}, .unembed_beta = t->beta, .files = &t->files};
  t->model.unembed = (hw_matrix){.data = t->weights, .dtype = HW_F32, .n_in = d, .n_out = vocab, .stride = d};
}

/* The weights cut to BF16 from now on. */
static void toy_to_bf16(toy *t) {
  t->halves = unit_alloc(t->d * t->vocab, sizeof *t->halves);
  for (size_t i = 0; i < t->d * t->vocab; i++) {
    uint32_t bits;
    memcpy(&bits, &t->weights[i], sizeof bits);
    t->halves[i] = (uint16_t)(bits >> 16);
  }
  t->model.unembed.data = t->halves;
  t->model.unembed.dtype = HW_BF16;
}

static void toy_fini(toy *t) {
  free(t->weights);
  free(t->beta);
  free(t->halves);
  free(t->files.screen);
}

static void make_screen(toy *t, bool made) {
  hw_error err = {0};
  assert_ok(hw_model_screen(&t->model, 2, &err), &err);
  assert_true((t->model.screen != NULL) == made);
}

/* Vectors and what is asked of them; lists are filled in. */
typedef struct questions {
  size_t n, k;
  float *vectors;
  hw_unembed_request *requests;
  int32_t *ids;
  float *scores;
} questions;

static questions questions_new(const toy *t, size_t n, uint32_t k) {
  questions q = {.n = n, .k = k, .vectors = unit_floats(n * t->d), .requests = unit_alloc(n, sizeof *q.requests), .ids = unit_alloc(2 * n * k, sizeof *q.ids),
                 .scores = unit_floats(2 * n * k)};
  for (size_t i = 0; i < n; i++) {
    q.requests[i] = (hw_unembed_request){.vector = q.vectors + i * t->d, .scale = 0.25f + (float)(i % 3), .with_beta = i % 2 == 0, .k = k};
    if (i % 7 != 5) q.requests[i].promotes = q.ids + 2 * i * k, q.requests[i].promote_scores = q.scores + 2 * i * k;
    if (i % 7 != 6) q.requests[i].suppresses = q.ids + (2 * i + 1) * k, q.requests[i].suppress_scores = q.scores + (2 * i + 1) * k;
  }
  return q;
}

static void questions_free(questions *q) {
  free(q->vectors);
  free(q->requests);
  free(q->ids);
  free(q->scores);
}

static void answer(const hw_model *model, questions *q) {
  hw_error err = {0};
  hw_arena arena;
  hw_arena_init(&arena);
  float *panel = unit_floats(HW_PANEL_FLOATS);
  memset(q->ids, 0xEE, 2 * q->n * q->k * sizeof *q->ids);
  memset(q->scores, 0xEE, 2 * q->n * q->k * sizeof *q->scores);
  assert_ok(hw_unembed(model, q->requests, q->n, &(hw_team){.panel = panel}, &arena, &err), &err);
  assert_true(arena.peak <= hw_unembed_bytes(model));
  free(panel);
  hw_arena_fini(&arena);
}

/* Screened and in full: the same bits. Returns what screening did. */
static hw_screen_counts check(toy *t, questions *q, const char *what) {
  hw_screen_counts before = hw_model_screen_counts(&t->model);
  answer(&t->model, q);
  hw_screen_counts after = hw_model_screen_counts(&t->model);
  size_t n = 2 * q->n * q->k;
  int32_t *ids = unit_alloc(n, sizeof *ids);
  float *scores = unit_floats(n);
  memcpy(ids, q->ids, n * sizeof *ids);
  memcpy(scores, q->scores, n * sizeof *scores);
  hw_model full = t->model;
  full.screen = NULL;
  answer(&full, q);
  for (size_t i = 0; i < n; i++)
    if (ids[i] != q->ids[i] || memcmp(scores + i, q->scores + i, sizeof *scores) != 0)
      fail_msg("%s: vector %zu, place %zu: token %d with %.9g, in full %d with %.9g", what, i / q->k / 2, i % q->k, ids[i], (double)scores[i], q->ids[i],
               (double)q->scores[i]);
  free(ids);
  free(scores);
  return (hw_screen_counts){.vectors = after.vectors - before.vectors, .products = after.products - before.products, .tokens = after.tokens - before.tokens,
                            .in_full = after.in_full - before.in_full};
}

TEST(random_weights) {
  static const size_t shapes[][2] = {{12, 1100}, {40, 1531}, {128, 2100}, {387, 5000}, {769, 3000}, {96, 1225}}; /* the last group has 1 to 4 panels */
  uint64_t seed = 1;
  for (size_t s = 0; s < COUNT_OF(shapes); s++)
    for (int bf16 = 0; bf16 < 2; bf16++) {
      toy t;
      toy_init(&t, shapes[s][0], shapes[s][1]);
      unit_fill(&seed, 0.05f, t.d * t.vocab, t.weights);
      unit_fill(&seed, 0.1f, t.vocab, t.beta);
      for (size_t v = 0; v < t.vocab; v += 100) /* rows that are much larger than others */
        for (size_t i = 0; i < t.d; i++) t.weights[v * t.d + i] *= 30;
      if (bf16) toy_to_bf16(&t);
      make_screen(&t, true);
      questions q = questions_new(&t, 300, 10); /* more than are answered together */
      unit_fill(&seed, 3, q.n * t.d, q.vectors);
      for (size_t r = 0; r < q.n; r += 5) /* rough vectors, with two rows of numbers: some lie in two tiles */
        q.vectors[r * t.d + r % t.d] = 300;
      hw_screen_counts counts = check(&t, &q, "random");
      assert_int_equal(counts.vectors, 300);
      assert_int_equal(counts.in_full, 0);
      if (t.d > 300) assert_int_equal(counts.products, 300 + 60); /* where others are small beside the largest number */
      assert_true(counts.tokens < 300 * t.vocab / 3);
      questions_free(&q);
      toy_fini(&t);
    }
}

/* Hints that are true, of vectors that are the same, false ones, and ones that point outside. */
TEST(parts_of_a_vector) {
  enum { N = 90 };
  uint64_t seed = 2;
  toy t;
  toy_init(&t, 100, 2500);
  unit_fill(&seed, 0.05f, t.d * t.vocab, t.weights);
  make_screen(&t, true);
  questions q = questions_new(&t, N, 10);
  unit_fill(&seed, 1, q.n * t.d, q.vectors);
  for (size_t r = 2; r < N; r += 2) { /* a block, the state after it, the next block... */
    for (size_t i = 0; i < t.d; i++) q.vectors[r * t.d + i] = q.vectors[(r - 2) * t.d + i] + q.vectors[(r - 1) * t.d + i];
    q.requests[r].n_parts = 2;
    q.requests[r].parts[0] = (uint32_t)r - 1;
    q.requests[r].parts[1] = (uint32_t)r - 2;
  }
  hw_screen_counts counts = check(&t, &q, "sums");
  assert_int_equal(counts.products, N / 2 + 1);
  assert_int_equal(counts.in_full, 0);
  unit_fill(&seed, 1, q.n * t.d, q.vectors);
  assert_int_equal(check(&t, &q, "false hints").products, N);
  for (size_t r = 0; r < N; r++) {
    q.requests[r].n_parts = 1 + (uint32_t)(r % HW_REQUEST_PARTS);
    for (size_t p = 0; p < HW_REQUEST_PARTS; p++) q.requests[r].parts[p] = (uint32_t)(r + p * 40); /* itself, later ones, none */
  }
  assert_int_equal(check(&t, &q, "hints outside").products, N);
  questions_free(&q);
  toy_fini(&t);
}

/* Rows that repeat, rows that differ in the last bit, constant rows and rows of zeros. */
TEST(ties_and_near_ties) {
  uint64_t seed = 3;
  toy t;
  toy_init(&t, 96, 3000);
  unit_fill(&seed, 0.05f, t.d * t.vocab, t.weights);
  for (size_t v = 0; v < t.vocab; v++) {
    float *row = t.weights + v * t.d;
    if (v % 3) memcpy(row, t.weights + v * 7 % 40 * 3 * t.d, t.d * sizeof *row);
    if (v % 3 == 2) row[v % t.d] = nextafterf(row[v % t.d], v % 2 ? 1 : -1);
    for (size_t i = 0; v % 11 == 0 && i < t.d; i++) row[i] = v % 2 ? 0 : 0.01f;
  }
  make_screen(&t, true);
  questions q = questions_new(&t, 60, 20);
  unit_fill(&seed, 1, q.n * t.d, q.vectors);
  hw_screen_counts counts = check(&t, &q, "ties");
  assert_true(counts.in_full < 60);
  size_t n_ties = 0;
  for (size_t i = 1; i < 2 * q.n * q.k; i++) n_ties += q.scores[i] == q.scores[i - 1];
  assert_true(n_ties > 500);
  questions_free(&q);
  toy_fini(&t);
}

/* What bounds do not serve is computed in full, and counted. */
TEST(unusual_vectors_take_the_whole_vocabulary) {
  enum { N = 12 };
  static const float factors[N] = {1, 0, 1e-20f, 1e-38f, 1e20f, 1e36f, 1, 1, 1, 1, 1, 1};
  uint64_t seed = 4;
  toy t;
  toy_init(&t, 64, 2000);
  unit_fill(&seed, 0.05f, t.d * t.vocab, t.weights);
  unit_fill(&seed, 0.05f, t.vocab, t.beta);
  make_screen(&t, true);
  questions q = questions_new(&t, N, 5);
  for (size_t r = 0; r < N; r++) {
    unit_fill(&seed, factors[r], t.d, q.vectors + r * t.d);
    q.requests[r].promotes = q.ids + 2 * r * q.k; /* all of both lists */
    q.requests[r].promote_scores = q.scores + 2 * r * q.k;
    q.requests[r].suppresses = q.ids + (2 * r + 1) * q.k;
    q.requests[r].suppress_scores = q.scores + (2 * r + 1) * q.k;
  }
  q.vectors[6 * t.d + 3] = NAN;
  q.vectors[7 * t.d + 3] = INFINITY;
  q.requests[8].scale = 0;
  q.requests[9].scale = 1e30f;
  q.requests[10].scale = -2;
  hw_screen_counts counts = check(&t, &q, "unusual");
  assert_int_equal(counts.vectors, N);
  assert_int_equal(counts.in_full, 9);
  questions_free(&q);
  questions many = questions_new(&t, 4, 100); /* k of which 32 times the vocabulary has not as many: not screened, and not counted */
  unit_fill(&seed, 1, many.n * t.d, many.vectors);
  assert_int_equal(check(&t, &many, "long lists").vectors, 0);
  questions_free(&many);
  toy_fini(&t);
}

/* All scores lie so near that bounds leave too many tokens. */
TEST(what_screening_leaves_is_limited) {
  uint64_t seed = 5;
  toy t;
  toy_init(&t, 64, 4000);
  for (size_t v = 0; v < t.vocab; v++)
    for (size_t i = 0; i < t.d; i++) t.weights[v * t.d + i] = i == v % t.d ? 1 : 1e-4f * unit_float(&seed);
  make_screen(&t, true);
  questions q = questions_new(&t, 20, 10);
  for (size_t i = 0; i < q.n * t.d; i++) q.vectors[i] = 1 + 1e-5f * unit_float(&seed);
  assert_int_equal(check(&t, &q, "near").in_full, 20);
  questions_free(&q);
  toy_fini(&t);
}

/* One row of numbers would leave about 1,100 tokens of each list: these vectors have two. */
TEST(many_inputs_and_tokens) {
  enum { N = 12 };
  uint64_t seed = 7;
  toy t;
  toy_init(&t, 3600, 8000);
  unit_fill(&seed, 0.05f, t.d * t.vocab, t.weights);
  for (size_t v = 0; v < t.vocab; v++) t.weights[v * t.d + v % t.d] = 0.1f; /* the largest of its output */
  make_screen(&t, true);
  questions q = questions_new(&t, N, 10);
  unit_fill(&seed, 1, q.n * t.d, q.vectors);
  for (size_t r = 0; r < N; r++) q.vectors[r * t.d + r] = 2;
  hw_screen_counts counts = check(&t, &q, "many inputs");
  assert_int_equal(counts.in_full, 0);
  assert_int_equal(counts.products, 2 * N);
  questions_free(&q);
  toy_fini(&t);
}

/* Only one end of the scores is crowded; the other one's list is right nevertheless. */
TEST(one_end_that_is_crowded) {
  uint64_t seed = 6;
  toy t;
  toy_init(&t, 64, 4000);
  for (size_t v = 0; v < t.vocab; v++)
    for (size_t i = 0; i < t.d; i++) t.weights[v * t.d + i] = v < 20 ? -1 - 0.01f * (float)v : 1 + 1e-5f * unit_float(&seed);
  make_screen(&t, true);
  questions q = questions_new(&t, 20, 10);
  for (size_t i = 0; i < q.n * t.d; i++) q.vectors[i] = 1 + 1e-5f * unit_float(&seed);
  assert_true(check(&t, &q, "crowded").in_full >= 15); /* all that want the upper end */
  questions_free(&q);
  toy_fini(&t);
}

/* Scores are all below those of what fills up the last panel. */
TEST(what_fills_the_last_panel_is_no_token) {
  uint64_t seed = 7;
  toy t;
  toy_init(&t, 64, 2001);
  unit_fill(&seed, 0.05f, t.d * t.vocab, t.weights);
  for (size_t v = 0; v < t.vocab; v++) t.beta[v] = -10;
  make_screen(&t, true);
  questions q = questions_new(&t, 40, 10);
  unit_fill(&seed, 1, q.n * t.d, q.vectors);
  assert_int_equal(check(&t, &q, "filled").in_full, 0);
  questions_free(&q);
  toy_fini(&t);
}

/* A beta that takes tokens away, or is no number, allows no bound: all vectors with it take the whole vocabulary. */
TEST(betas_beyond_all_bounds) {
  static const float bad[] = {-3.4e38f, 3.4e38f, INFINITY, -INFINITY, 1e16f};
  uint64_t seed = 8;
  for (size_t b = 0; b < COUNT_OF(bad); b++) {
    toy t;
    toy_init(&t, 64, 4000);
    unit_fill(&seed, 0.05f, t.d * t.vocab, t.weights);
    for (size_t v = t.vocab - 143; v < t.vocab; v++) t.beta[v] = bad[b];
    make_screen(&t, true);
    questions q = questions_new(&t, 42, 5); /* some want one end alone */
    unit_fill(&seed, 1, q.n * t.d, q.vectors);
    assert_int_equal(check(&t, &q, "beta").in_full, 21);
    questions_free(&q);
    toy_fini(&t);
  }
}

TEST(weights_that_are_not_finite_have_no_screen) {
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  uint64_t seed = 6;
  for (size_t b = 0; b < COUNT_OF(bad); b++) {
    toy t;
    toy_init(&t, 32, 1500);
    unit_fill(&seed, 1, t.d * t.vocab, t.weights);
    t.weights[1499 * t.d + 31] = bad[b];
    make_screen(&t, false);
    assert_int_equal(hw_model_screen_counts(&t.model).vectors, 0);
    toy_fini(&t);
  }
  toy t;
  toy_init(&t, 32, 100); /* a small vocabulary */
  make_screen(&t, false);
  toy_fini(&t);
}

/* The bound is reached: what rounding to 8 bits takes from one token and adds to another is all that the lengths allow, so the best token is
 * kept by a hair. Half of the bound would lose it. Weights come with their negatives, so that their mean is 0. */
TEST(bound_is_reached_by_the_weights) {
  enum { D = 128, PAIRS = 1000 };
  uint64_t seed = 7;
  toy t;
  toy_init(&t, D, 2 * PAIRS);
  for (size_t p = 0; p < PAIRS; p++) {
    float *row = t.weights + 2 * p * D, *negative = row + D;
    for (size_t i = 0; i < D; i++) {
      row[i] = p == 500 ? (i ? 40.49f : 127) : p == 700 ? (i == 0 ? 127 : i < 4 ? 39.51f : 40.51f) : (float)(int)(unit_below(&seed, 255)) - 127;
      if (i == 1 && p != 500 && p != 700) row[i] = 127; /* a step of 8 bits is 1 */
    }
    for (size_t i = 0; i < D; i++) negative[i] = -row[i];
  }
  make_screen(&t, true);
  questions q = questions_new(&t, 1, 1);
  for (size_t i = 0; i < D; i++) q.vectors[i] = i == 0 ? 1.0f / 4096 : 1; /* 0 in 8 bits */
  hw_screen_counts counts = check(&t, &q, "weights");
  assert_int_equal(q.ids[0], 1000);
  assert_int_equal(counts.in_full, 0);
  assert_true(counts.tokens < 20);
  questions_free(&q);
  toy_fini(&t);
}

/* The same for what rounding takes from a vector. */
TEST(bound_is_reached_by_the_vector) {
  enum { D = 256, PAIRS = 1000 };
  uint64_t seed = 8;
  toy t;
  toy_init(&t, D, 2 * PAIRS);
  for (size_t p = 0; p < PAIRS; p++) {
    float *row = t.weights + 2 * p * D, *negative = row + D;
    for (size_t i = 0; i < D; i++) {
      row[i] = unit_below(&seed, 2) ? 1 : -1; /* exact in 8 bits */
      if (p == 300) row[i] = i < D / 2 ? 1 : 0;
      if (p == 600) row[i] = i < D / 2 ? 0 : 1;
    }
    for (size_t i = 0; i < D; i++) negative[i] = -row[i];
  }
  make_screen(&t, true);
  questions q = questions_new(&t, 1, 1);
  for (size_t i = 0; i < D; i++) q.vectors[i] = i == 0 ? 127 : i < D / 2 ? 60.49f : i == D / 2 ? 126 : i < D / 2 + 3 ? 59.51f : 60.51f;
  hw_screen_counts counts = check(&t, &q, "vector");
  assert_true(q.ids[0] == 600 || q.ids[0] == 1200);
  assert_int_equal(counts.in_full, 0);
  assert_true(counts.tokens < 20);
  questions_free(&q);
  toy_fini(&t);
}

static void exchange(float *a, float *b) {
  float kept = *a;
  *a = *b;
  *b = kept;
}

/* Numbers that are exact in 8 bits, so that the bound has nothing but its share for what float32 rounds. The scores of a few tokens differ by units, and
 * are so large that float32 rounds them to even numbers, or multiples of 4: a product does so after each 384 inputs, screening once. So their order is
 * not the same, and without any share for rounding the list would be another one. Weights come with their negatives, as above. */
TEST(bound_has_what_products_round) {
  enum { D = 3840, HALF = D / 2, PAIRS = 1000, NEAR = 60, LEAST = 90 };
  uint64_t seed = 12;
  toy t;
  toy_init(&t, D, 2 * PAIRS);
  float base[D], row[D];
  for (size_t i = 0; i < D; i++) base[i] = i == 0 ? 127 : (float)(LEAST + unit_below(&seed, 38));
  for (size_t p = 0; p < PAIRS; p++) {
    for (size_t i = HALF; i-- > 1;) /* another order of each half: the same sum, as its inputs are the same */
      for (size_t half = 0; half < D; half += HALF) exchange(&base[half + i], &base[half + unit_below(&seed, (uint32_t)i + 1)]);
    memcpy(row, base, sizeof row);
    for (size_t i = 0; i < HALF; i++) /* and another sum, by the difference of two weights */
      if (fabsf(row[i] - row[HALF + i]) == (float)(1 + p % 3)) {
        exchange(&row[i], &row[HALF + i]);
        break;
      }
    for (size_t i = 0; i < D; i++) {
      float w = p < NEAR || row[i] == 127 ? row[i] : row[i] - 60;
      t.weights[2 * p * D + i] = w;
      t.weights[(2 * p + 1) * D + i] = -w;
    }
  }
  make_screen(&t, true);
  questions q = questions_new(&t, 4, 10);
  for (size_t r = 0; r < q.n; r++) {
    q.requests[r].with_beta = false;
    for (size_t i = 0; i < D; i++) q.vectors[r * D + i] = (r % 2 ? -1.0f : 1.0f) * (i < HALF ? 127 : 126);
  }
  hw_screen_counts counts = check(&t, &q, "rounded");
  assert_int_equal(counts.in_full, 0);
  assert_true(counts.tokens <= (size_t)2 * NEAR * q.n);
  questions_free(&q);
  toy_fini(&t);
}

#include "screen_kernel_tests.h"

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_weights),
      cmocka_unit_test(parts_of_a_vector),
      cmocka_unit_test(ties_and_near_ties),
      cmocka_unit_test(unusual_vectors_take_the_whole_vocabulary),
      cmocka_unit_test(what_screening_leaves_is_limited),
      cmocka_unit_test(many_inputs_and_tokens),
      cmocka_unit_test(one_end_that_is_crowded),
      cmocka_unit_test(what_fills_the_last_panel_is_no_token),
      cmocka_unit_test(betas_beyond_all_bounds),
      cmocka_unit_test(weights_that_are_not_finite_have_no_screen),
      cmocka_unit_test(bound_is_reached_by_the_weights),
      cmocka_unit_test(bound_is_reached_by_the_vector),
      cmocka_unit_test(bound_has_what_products_round),
      cmocka_unit_test(products_of_8_bit_numbers_are_exact_in_every_form),
      cmocka_unit_test(chains_have_the_bits_of_gemm),
  };
  return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
