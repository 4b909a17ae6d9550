/* SPDX-License-Identifier: Apache-2.0
 * Ablations on every fixture: the invariants of METHOD section 12. The numbers themselves are compared with a float64 reference by
 * tests/reference/relevance_parity.py. */
#include "model_folder.h"

#include "headwater/ablation.h"

enum { N = 6, CHANGED = 2 };

typedef struct fixture {
  hw_model *model;
  bench b;
  int32_t ids[2 * N];
  hw_activations acts;
  hw_ablated_prompt prompt;
  hw_part_set all, none;
} fixture;

/* Every part of the prompt, and the first n of them. */
static size_t list_parts(const hw_model *model, hw_ablated_part *parts) {
  size_t n = 0;
  for (uint16_t l = 0; l < model->config.n_layers; l++)
    for (uint32_t i = 0; i < N; i++) {
      for (uint16_t h = 0; h < model->config.n_heads; h++)
        for (uint32_t j = 0; j <= i; j++) parts[n++] = (hw_ablated_part){l, h, i, j};
      parts[n++] = (hw_ablated_part){l, HW_ABLATED_FFN, i, i};
    }
  return n;
}

static hw_part_set set_of(fixture *f, const hw_ablated_part *parts, size_t n) {
  hw_part_set set;
  assert_ok(hw_part_set_make(f->model, N, parts, n, &f->b.arena, &set, &f->b.err), &f->b.err);
  return set;
}

static void fixture_open(fixture *f, const char *folder) {
  uint64_t seed = 21;
  const size_t lengths[] = {N, N};
  f->model = unit_open(folder);
  bench_init(&f->b);
  unit_ids(&seed, f->model, N, f->ids);
  memcpy(f->ids + N, f->ids, N * sizeof *f->ids);
  f->ids[N + CHANGED] = (f->ids[CHANGED] + 1) % (int32_t)f->model->config.vocab_size;
  f->acts = bench_forward(&f->b, f->model, f->ids, lengths, 2);
  f->prompt = (hw_ablated_prompt){.acts = &f->acts, .prompt = 0, .reference = 1, .answer = 1, .foil = 2};
  hw_ablated_part *parts = unit_alloc(N * (N + 2) * 64 * 8, sizeof *parts);
  f->all = set_of(f, parts, list_parts(f->model, parts));
  f->none = set_of(f, parts, 0);
  free(parts);
}
static void fixture_close(fixture *f) {
  bench_fini(&f->b);
  hw_model_close(f->model);
}

static void ablate(fixture *f, hw_ablation *passes, size_t n) {
  assert_ok(hw_ablate(&f->prompt, 1, passes, n, &(hw_team){.panel = f->b.panel}, &f->b.scratch, &f->b.err), &f->b.err);
}

static double margin(fixture *f, size_t prompt) {
  hw_token_score scores[2] = {{.id = f->prompt.answer}, {.id = f->prompt.foil}};
  hw_next_token query = {.row = prompt * N + N - 1, .scores = scores, .n_scores = 2};
  assert_ok(hw_next_tokens(&f->acts, &query, 1, &(hw_team){.panel = f->b.panel}, &f->b.arena, &f->b.err), &f->b.err);
  return (double)scores[0].logit - (double)scores[1].logit;
}

static void assert_margin(const fixture *f, const char *what, double found, double wanted) {
  double slack = 1e-4 * (fabs(wanted) > 1 ? fabs(wanted) : 1);
  if (!(fabs(found - wanted) <= slack)) fail_msg("%s: %s is %.9g, want %.9g", f->model->path, what, found, wanted);
}

static void check_fixture(const char *folder) {
  fixture f;
  fixture_open(&f, folder);
  double m = margin(&f, 0), m_reference = margin(&f, 1);
  for (int unit = HW_ABLATE_EDGES; unit <= HW_ABLATE_NODES; unit++) {
    hw_ablation passes[] = {{.set = &f.all}, {.set = &f.none, .replaces = true}, {.set = &f.none}, {.set = &f.all, .replaces = true}};
    for (size_t i = 0; i < COUNT_OF(passes); i++) passes[i].unit = (hw_ablation_unit)unit;
    ablate(&f, passes, COUNT_OF(passes));
    assert_margin(&f, "m with all parts kept", passes[0].m, m);
    assert_margin(&f, "its KL", passes[0].kl, 0);
    assert_true(passes[1].m == passes[0].m); /* nothing is replaced: the same bits, though no pass was run */
    assert_margin(&f, "m with none kept", passes[2].m, m_reference);
    assert_true(passes[3].m == passes[2].m);
  }
  fixture_close(&f);
}

/* Predictions and ranks are those of the model, also where a soft cap makes equals of its logits. */
static void check_ranks(const char *folder) {
  fixture f;
  fixture_open(&f, folder);
  int64_t vocab = f.model->config.vocab_out;
  for (int capped = 0; capped < 2; capped++) {
    if (capped) f.model->config.final_cap = 1e-6;
    for (int32_t answer = 0; answer < vocab; answer++) {
      int32_t predicted;
      float logit, probability;
      hw_token_score score = {.id = answer};
      hw_next_token query = {.row = N - 1, .k = 1, .ids = &predicted, .logits = &logit, .probabilities = &probability, .scores = &score, .n_scores = 1};
      assert_ok(hw_next_tokens(&f.acts, &query, 1, &(hw_team){.panel = f.b.panel}, &f.b.arena, &f.b.err), &f.b.err);
      assert_true((score.rank == 1) == (predicted == answer));
      hw_ablation passes[] = {{.set = &f.none, .replaces = true}, {.set = &f.all, .replaces = true}, {.set = &f.none}};
      f.prompt.answer = answer;
      f.prompt.reference = 0; /* what is replaced is replaced by the same */
      ablate(&f, passes, COUNT_OF(passes));
      for (size_t i = 0; i < COUNT_OF(passes); i++) assert_true((passes[i].answer_rank == 1) == (passes[i].predicted == answer));
      assert_int_equal(passes[0].predicted, predicted);
      assert_int_equal(passes[0].answer_rank, score.rank);
    }
  }
  fixture_close(&f);
}

static void test_ranks(void **state) {
  (void)state;
  check_ranks(unit_models[0]);
}

static void test_all_and_none(void **state) {
  (void)state;
  unit_each_fixture(check_fixture);
}

/* A baseline that is the prompt itself changes nothing, whatever is replaced; edges and nodes agree where each head's edges are all in or out. */
static void test_baselines(void **state) {
  (void)state;
  const char *const mixtures[] = {"tests/golden/models/qwen2_moe-odd", "tests/golden/models/gpt_oss-odd"};
  for (size_t m = 0; m < UNIT_FIXTURES + COUNT_OF(mixtures); m++) {
    fixture f;
    fixture_open(&f, m < UNIT_FIXTURES ? unit_models[m] : mixtures[m - UNIT_FIXTURES]);
    hw_ablated_part parts[N * (N + 1) / 2 + 1], some[] = {{0, 0, 3, 1}, {0, 0, N - 1, 0}, {0, HW_ABLATED_FFN, 2, 2}};
    size_t n = 0;
    for (uint32_t i = 0; i < N; i++)
      for (uint32_t j = 0; j <= i; j++) parts[n++] = (hw_ablated_part){0, 0, i, j};
    hw_part_set head = set_of(&f, parts, n), few = set_of(&f, some, COUNT_OF(some));
    const hw_ablated_part component = {.layer = 0, .head = 0};
    hw_ablation passes[] = {{.set = &head, .replaces = true, .unit = HW_ABLATE_EDGES}, {.components = &component, .n_components = 1, .replaces = true},
                            {.set = &few, .unit = HW_ABLATE_EDGES}, {.set = &few, .replaces = true, .unit = HW_ABLATE_EDGES}, {.set = &few, .unit = HW_ABLATE_NODES}};
    for (int baseline = HW_BASELINE_COUNTERFACTUAL; baseline <= HW_BASELINE_ZERO; baseline++) {
      for (size_t i = 0; i < COUNT_OF(passes); i++) passes[i].baseline = (hw_baseline)baseline;
      ablate(&f, passes, COUNT_OF(passes));
      assert_true(passes[0].m == passes[1].m);
      assert_true(passes[2].m != passes[4].m);
    }
    double own = margin(&f, 0);
    f.prompt.reference = 0;
    for (size_t i = 0; i < COUNT_OF(passes); i++) passes[i].baseline = HW_BASELINE_COUNTERFACTUAL;
    ablate(&f, passes, COUNT_OF(passes));
    for (size_t i = 0; i < COUNT_OF(passes); i++) assert_margin(&f, "m with itself as the baseline", passes[i].m, own);
    fixture_close(&f);
  }
}

/* A pass gives the same alone as beside others, and begins at the first layer that it changes. */
static void test_company(void **state) {
  (void)state;
  fixture f;
  fixture_open(&f, unit_models[0]);
  hw_ablated_part low[] = {{0, 1, 4, 2}}, high[] = {{1, 0, N - 1, 1}, {1, HW_ABLATED_FFN, N - 1, N - 1}};
  hw_part_set sets[] = {set_of(&f, low, 1), set_of(&f, high, 2)};
  hw_ablation together[4] = {{.set = &sets[0], .replaces = true}, {.set = &sets[0]}, {.set = &sets[1], .replaces = true}, {.set = &sets[1]}};
  ablate(&f, together, 4);
  for (size_t i = 0; i < 4; i++) {
    hw_ablation alone = {.set = together[i].set, .replaces = together[i].replaces};
    ablate(&f, &alone, 1);
    assert_true(alone.m == together[i].m && alone.kl == together[i].kl && alone.predicted == together[i].predicted);
  }
  fixture_close(&f);
}

static void test_bad_parts(void **state) {
  (void)state;
  fixture f;
  hw_part_set set;
  fixture_open(&f, unit_models[0]);
  const hw_ablated_part bad[] = {{99, 0, 1, 1}, {0, 99, 1, 1}, {0, 0, N, 1}, {0, 0, 1, 2}, {0, HW_ABLATED_FFN, N, N}};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    assert_false(hw_part_set_make(f.model, N, &bad[i], 1, &f.b.arena, &set, &f.b.err));
    assert_int_equal(f.b.err.kind, HW_ERROR_INPUT);
  }
  const hw_ablated_part twice[] = {{0, 0, 2, 1}, {0, 0, 2, 1}, {0, HW_ABLATED_FFN, 1, 1}, {0, HW_ABLATED_FFN, 1, 1}};
  set = set_of(&f, twice, 4);
  assert_int_equal(set.n_attention, 1);
  assert_int_equal(set.n_ffn, 1);
  fixture_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_and_none), cmocka_unit_test(test_ranks), cmocka_unit_test(test_baselines), cmocka_unit_test(test_company), cmocka_unit_test(test_bad_parts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
