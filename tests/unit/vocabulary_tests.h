/* SPDX-License-Identifier: Apache-2.0
 * Part of test_model.c: scores over the vocabulary, lists of the best and the worst, ranks and probabilities, against brute force. */
#ifndef HW_TESTS_VOCABULARY_TESTS_H
#define HW_TESTS_VOCABULARY_TESTS_H

#include "forward_twin.h"

/* Places of scores from best to worst (sign 1) or the other way round; equals by id. Selection: slow and plain. */
static void check_list(const float *scores, size_t vocab, int sign, size_t k, const int32_t *ids, const float *values) {
  bool *taken = unit_alloc(vocab, sizeof *taken);
  for (size_t i = 0; i < k; i++) {
    size_t best = SIZE_MAX;
    for (size_t v = 0; v < vocab; v++)
      if (!taken[v] && (best == SIZE_MAX || (sign > 0 ? scores[v] > scores[best] : scores[v] < scores[best]))) best = v;
    taken[best] = true;
    assert_int_equal(ids[i], best);
    assert_true(values[i] == scores[best]);
  }
  free(taken);
}

static void check_unembed(const hw_model *model, size_t n, uint32_t k, uint64_t seed, bool want_ties) {
  size_t d = (size_t)model->config.d_model, vocab = (size_t)model->config.vocab_size, listed = k < vocab ? k : vocab, n_ties = 0;
  bench b;
  bench_init(&b);
  float *vectors = unit_floats(n * d), *scores = unit_floats(n * vocab), *high = unit_floats(n * (k + 1)), *low = unit_floats(n * (k + 1));
  int32_t *best = unit_alloc(n * (k + 1), sizeof *best), *worst = unit_alloc(n * (k + 1), sizeof *worst);
  double *want = twin_numbers(vocab), *wide = twin_numbers(d);
  hw_unembed_request *requests = unit_alloc(n, sizeof *requests);
  unit_fill(&seed, 1, n * d, vectors);
  for (size_t r = 0; r < n; r++) {
    requests[r] = (hw_unembed_request){.vector = vectors + r * d, .scale = 0.5f + (float)(r % 3), .with_beta = r % 2 == 0, .k = k, .promotes = best + r * (k + 1),
                                       .promote_scores = high + r * (k + 1), .suppresses = worst + r * (k + 1), .suppress_scores = low + r * (k + 1),
                                       .scores = scores + r * vocab};
    best[r * (k + 1) + listed] = worst[r * (k + 1) + listed] = -77;
    if (r % 5 == 4) requests[r].suppresses = NULL, requests[r].suppress_scores = NULL;
    if (r % 5 == 3) requests[r].promotes = NULL, requests[r].promote_scores = NULL;
  }
  assert_ok(hw_unembed(model, requests, n, &(hw_team){.panel = b.panel}, &b.arena, &b.err), &b.err);
  for (size_t r = 0; r < n; r++) {
    for (size_t i = 0; i < d; i++) wide[i] = (double)vectors[r * d + i] * (double)requests[r].scale;
    for (size_t i = 0; i < d; i++) wide[i] += requests[r].with_beta && model->final_beta ? (double)model->final_beta[i] : 0;
    twin_apply(&model->unembed, wide, NULL, want);
    for (size_t v = 0; v < vocab; v++) assert_near(scores[r * vocab + v], want[v], 1e-6 * (double)d);
    if (requests[r].promotes) check_list(scores + r * vocab, vocab, 1, listed, best + r * (k + 1), high + r * (k + 1));
    if (requests[r].suppresses) check_list(scores + r * vocab, vocab, -1, listed, worst + r * (k + 1), low + r * (k + 1));
    assert_int_equal(best[r * (k + 1) + listed], -77); /* nothing behind the list */
    assert_int_equal(worst[r * (k + 1) + listed], -77);
    for (size_t i = 1; requests[r].promotes && i < listed; i++) n_ties += high[r * (k + 1) + i] == high[r * (k + 1) + i - 1];
  }
  assert_true(!want_ties || n_ties > n); /* the ties that this is about were there */
  free(vectors);
  free(scores);
  free(high);
  free(low);
  free(best);
  free(worst);
  free(want);
  free(wide);
  free(requests);
  bench_fini(&b);
}

/* Rows of W_U that repeat: equal scores within a panel of the vocabulary and across panels. */
TEST(lists_are_those_of_brute_force_with_ties_to_the_lowest_id) {
  toy toys;
  toy_sizes sizes = toy_small;
  sizes.vocab = 2100; /* more than one panel */
  for (int family = 0; family < 2; family++) {
    toy_tensor *head;
    if (family) {
      toy_gpt2(&toys, 9, HW_F32, sizes);
      head = toy_find(&toys, "wte.weight");
    } else {
      toy_llama(&toys, 9, HW_F16, sizes, false);
      head = toy_find(&toys, "lm_head.weight");
    }
    for (size_t v = 0; v < 2100; v++) memcpy(head->values + v * 12, head->values + v * 7 % 50 * 12, 12 * sizeof(float));
    toy_write(&toys);
    hw_model *model = unit_open(toys.folder);
    check_unembed(model, 3, 10, 1, true);
    check_unembed(model, 300, 5, 2, true); /* more than one tile */
    check_unembed(model, 2, 100, 3, true);
    check_unembed(model, 5, 1, 4, false);
    hw_model_close(model);
    toy_fini(&toys);
  }
}

TEST(a_list_longer_than_the_vocabulary_is_all_of_it) {
  for (size_t m = 0; m < UNIT_FIXTURES; m++) {
    hw_model *model = unit_open(unit_models[m]);
    check_unembed(model, 5, 61, 10 + m, false);
    check_unembed(model, 5, 70, 20 + m, false);
    check_unembed(model, 5, 0, 30 + m, false);
    hw_model_close(model);
  }
}

static void check_next_tokens(const hw_model *model, uint64_t seed) {
  static const size_t lengths[2] = {5, 8};
  enum { K = 10, ASKED = 6, QUERIES = 4 };
  size_t d = (size_t)model->config.d_model, vocab = (size_t)model->config.vocab_size, last = (size_t)model->config.n_layers;
  int32_t ids[13], best[QUERIES][K];
  float logits[QUERIES][K], probabilities[QUERIES][K];
  hw_token_score asked[QUERIES][ASKED] = {0};
  hw_next_token queries[QUERIES];
  bench b;
  bench_init(&b);
  unit_ids(&seed, model, 13, ids);
  hw_activations acts = bench_forward(&b, model, ids, lengths, 2);
  static const size_t rows[QUERIES] = {0, 4, 5, 12};
  for (size_t q = 0; q < QUERIES; q++) {
    for (size_t s = 0; s < ASKED; s++) asked[q][s].id = (int32_t)(s == 0 ? 0 : s == 1 ? vocab - 1 : unit_below(&seed, (uint32_t)vocab));
    queries[q] = (hw_next_token){.row = rows[q], .skip = q == 1 ? 2 : 0, .k = q == 2 ? 0 : K, .ids = best[q], .logits = logits[q], .probabilities = probabilities[q], .scores = asked[q], .n_scores = ASKED};
  }
  assert_ok(hw_next_tokens(&acts, queries, QUERIES, &(hw_team){.panel = b.panel}, &b.arena, &b.err), &b.err);
  double *want = twin_numbers(vocab);
  for (size_t q = 0; q < QUERIES; q++) {
    twin_scores_float(model, acts.resid[last - queries[q].skip] + rows[q] * d, 0, true, want); /* skip: the logit lens */
    double largest = -INFINITY, sum = 0, slack = 1e-5 * twin_largest(want, vocab);
    for (size_t v = 0; v < vocab; v++) largest = fmax(largest, want[v]);
    for (size_t v = 0; v < vocab; v++) sum += exp(want[v] - largest);
    double log_z = largest + log(sum);
    for (size_t i = 0; i < queries[q].k; i++) {
      assert_near(logits[q][i], want[best[q][i]], slack);
      assert_near(probabilities[q][i], exp(want[best[q][i]] - log_z), 2 * slack);
      size_t above = 0;
      for (size_t v = 0; v < vocab; v++) above += want[v] > want[best[q][i]] + 2 * slack;
      assert_true(above <= i); /* nothing better was left out */
      for (size_t e = 0; e < i; e++) assert_true(best[q][e] != best[q][i] && logits[q][e] >= logits[q][i]);
    }
    for (size_t s = 0; s < ASKED; s++) {
      double score = want[asked[q][s].id];
      assert_near(asked[q][s].logit, score, slack);
      assert_near(asked[q][s].log_probability, score - log_z, 2 * slack);
      size_t surely_above = 0, maybe_above = 0;
      for (size_t v = 0; v < vocab; v++) {
        surely_above += want[v] > score + 2 * slack;
        maybe_above += want[v] > score - 2 * slack && v != (size_t)asked[q][s].id;
      }
      assert_in_range(asked[q][s].rank, surely_above + 1, maybe_above + 1);
    }
  }
  free(want);
  bench_fini(&b);
}

TEST(next_tokens_equal_their_twin) {
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    hw_model *model = unit_open(unit_models[m]);
    check_next_tokens(model, 300 + m);
    hw_model_close(model);
  }
}

/* 300 questions are more than are answered together. A rank is a place in the list of predictions, where equals stand by id, also where a
 * soft cap makes equals of others. */
static void check_ranks(float cap) {
  toy toys;
  toy_llama(&toys, 5, HW_BF16, toy_small, false);
  toy_tensor *head = toy_find(&toys, "lm_head.weight");
  for (size_t v = 0; v < 19; v++) memcpy(head->values + v * 12, head->values + v % 4 * 12, 12 * sizeof(float));
  toy_write(&toys);
  hw_model *model = unit_open(toys.folder);
  model->config.final_cap = (double)cap;
  bench b;
  bench_init(&b);
  int32_t ids[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const size_t length = 10;
  hw_activations acts = bench_forward(&b, model, ids, &length, 1);
  enum { N = 300 };
  hw_next_token queries[N];
  static hw_token_score scores[N][19];
  static int32_t listed[N][19];
  static float logits[N][19], probabilities[N][19];
  for (size_t q = 0; q < N; q++) {
    for (int32_t v = 0; v < 19; v++) scores[q][v].id = v;
    queries[q] = (hw_next_token){.row = q % 10, .scores = scores[q], .n_scores = 19,
                                 .k = 19, .ids = listed[q], .logits = logits[q], .probabilities = probabilities[q]};
  }
  assert_ok(hw_next_tokens(&acts, queries, N, &(hw_team){.panel = b.panel}, &b.arena, &b.err), &b.err);
  size_t n_ties = 0;
  for (size_t q = 0; q < N; q++)
    for (size_t v = 0; v < 19; v++) {
      assert_in_range(scores[q][v].rank, 1, 19);
      assert_int_equal(listed[q][scores[q][v].rank - 1], v); /* four kinds of rows: 5, 5, 5 and 4 tokens of one score each */
      n_ties += scores[q][v].logit == scores[q][v % 4].logit && v >= 4; /* all of them where BLAS computes columns alike */
      assert_near(scores[q][v].logit, scores[q][v % 4].logit, 1e-5);
      assert_near(scores[q][v].logit, scores[q % 10][v].logit, 1e-5);
    }
  assert_true(n_ties > N);
  bench_fini(&b);
  hw_model_close(model);
  toy_fini(&toys);
}

TEST(ranks_of_equals_and_many_questions) {
  check_ranks(0);
  check_ranks(1e-3f);
}

#endif
