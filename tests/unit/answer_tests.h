/* SPDX-License-Identifier: Apache-2.0
 * Part of test_run.c, after run_prompt_tests.h: answers through the tokenizer, and how they are scored. */
#ifndef HW_TESTS_ANSWER_TESTS_H
#define HW_TESTS_ANSWER_TESTS_H

/* METHOD section 6: as they would follow the prompt, a space put between unless one of them brings it. */
TEST(answers_are_what_would_follow_the_prompt) {
  static const struct { const char *prompt, *answer, *bytes; bool whole; } cases[] = {
      {"The key that I found", "was", " was", true},    {"The key that I found", " was", " was", true}, {"The key that I found ", "was", "was", false},
      {"The key that I found\n", "was", "was", false},  {"The key that I found\t", "was", "was", false}, {"The key that I found", "\nwas", "\nwas", false},
      {"The key", "that I found", " that I found", true}, {"The key", "zqxjvkw", " zqxjvkw", true},        {"A year 16", "98", " 98", true},
      {"The key", "\xc3\xa9t\xc3\xa9 \xf0\x9f\x99\x82", " \xc3\xa9t\xc3\xa9 \xf0\x9f\x99\x82", true}};
  for (size_t m = 0; m < 2; m++) {
    hw_model *model = unit_open(trained[m]);
    hw_tokenizer *tokenizer = open_tokenizer(trained[m], model);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
      hw_prompt_input input = prepare(model, tokenizer, cases[i].prompt, cases[i].answer, cases[i].answer);
      assert_null(input.failure);
      assert_string_equal(bytes_of(tokenizer, input.answer, input.n_answer), cases[i].bytes);
      assert_int_equal(input.n_foil, input.n_answer); /* a foil is read as an answer is */
      assert_memory_equal(input.foil, input.answer, input.n_answer * sizeof *input.answer);
      if (!cases[i].whole) continue;
      char text[128]; /* the ids that the text as a whole has */
      hw_encoding whole;
      int length = snprintf(text, sizeof text, "%s%s", cases[i].prompt, cases[i].bytes);
      assert_ok(hw_tokenizer_encode(tokenizer, text, (size_t)length, HW_BOS_AUTO, &arena, &whole, &err), &err);
      assert_int_equal(whole.n, input.n_tokens + input.n_answer);
      assert_memory_equal(whole.ids, input.ids, input.n_tokens * sizeof *whole.ids);
      assert_memory_equal(whole.ids + input.n_tokens, input.answer, input.n_answer * sizeof *whole.ids);
    }
    hw_prompt_input input = prepare(model, tokenizer, "The key", "\xff", "was");
    assert_true(!input.failure && input.n_answer == 0 && input.n_foil == 1); /* an answer that is no text is none */
    assert_non_null(strstr(input.answer_loss, "dropped: byte "));
    assert_null(input.foil_loss);
    char longer[1200] = "the";
    while (prepare(model, tokenizer, longer, NULL, NULL).n_tokens < 126 && strlen(longer) < 1100) strcat(longer, " key");
    input = prepare(model, tokenizer, longer, "was was was was was was was was", NULL);
    assert_null(input.failure);
    assert_int_equal(input.n_tokens + input.n_answer - 1, 128); /* as much of it as the model can be run on */
    assert_non_null(strstr(input.answer_loss, "cut to "));
    assert_non_null(strstr(input.answer_loss, "the model takes 128"));
    hw_tokenizer_close(tokenizer);
    hw_model_close(model);
  }
}

TEST(what_stands_between_prompt_and_answer) {
  static const struct { const char *prompt, *answer, *automatic, *space, *none; } cases[] = {
      {"in the year 17", "45", " 45", " 45", "45"},
      {"The key", " was", " was", " was", " was"},
      {"The key ", "was", "was", "was", "was"},
      {"The key\xC2\xA0", "was", "was", "was", "was"}, /* a space that does not break */
      {"He said, \"", "was", "was", " was", "was"},
      {"He said \"no\"", "was", " was", " was", "was"},
      {"x = \"\"", "was", " was", " was", "was"},
      {"<a href=\"", "was", "was", " was", "was"},
      {"He said '", "was", "was", " was", "was"},
      {"the dogs'", "was", " was", " was", "was"},
      {"f(", "was", "was", " was", "was"},
      {"f(x)", "was", " was", " was", "was"},
      {"said \xE2\x80\x9C", "was", "was", " was", "was"},             /* opening double quote */
      {"said \xE2\x80\x9Cno\xE2\x80\x9D", "was", " was", " was", "was"},
      {"\xE2\x80\x9Ano\xE2\x80\x98", "was", " was", " was", "was"}, /* German: what opens in English closes */
      {"\xE7\x9A\x84", "\xE4\xBB\x96", "\xE4\xBB\x96", " \xE4\xBB\x96", "\xE4\xBB\x96"},
      {"\xEF\xBC\x8C", "\xE4\xBB\x96", "\xE4\xBB\x96", " \xE4\xBB\x96", "\xE4\xBB\x96"}, /* behind a full width comma */
      {"\xE0\xB8\xA1\xE0\xB8\xB5", "\xE0\xB8\x81", "\xE0\xB8\x81", " \xE0\xB8\x81", "\xE0\xB8\x81"}, /* Thai */
      {"the word", "\xE4\xBB\x96", " \xE4\xBB\x96", " \xE4\xBB\x96", "\xE4\xBB\x96"}};
  for (size_t m = 0; m < 2; m++) {
    hw_model *model = unit_open(trained[m]);
    hw_tokenizer *tokenizer = open_tokenizer(trained[m], model);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
      for (int joint = HW_JOINT_AUTO; joint <= HW_JOINT_NONE; joint++) {
        job.analysis.answer_joint = joint;
        hw_prompt_input input = prepare(model, tokenizer, cases[i].prompt, cases[i].answer, NULL);
        const char *wanted = joint == HW_JOINT_AUTO ? cases[i].automatic : joint == HW_JOINT_SPACE ? cases[i].space : cases[i].none;
        assert_string_equal(bytes_of(tokenizer, input.answer, input.n_answer), wanted);
      }
    job.analysis.answer_joint = HW_JOINT_AUTO;
    hw_tokenizer_close(tokenizer);
    hw_model_close(model);
  }
}

/* log p of one token after some others, by a forward pass of its own. */
static double step(bench *b, const hw_model *model, const int32_t *ids, size_t n, int32_t next, hw_token_score *score) {
  *score = (hw_token_score){.id = next};
  hw_activations acts = bench_forward(b, model, ids, &n, 1);
  hw_next_token query = {.row = n - 1, .scores = score, .n_scores = 1};
  assert_ok(hw_next_tokens(&acts, &query, 1, &(hw_team){.panel = b->panel}, &b->arena, &b->err), &b->err);
  hw_arena_reset(&b->arena);
  return score->log_probability;
}

static void check_score(bench *b, const hw_model *model, const hw_prompt_input *input, const int32_t *answer, size_t n, const hw_answer_score *found) {
  if (n == 0) {
    assert_int_equal(found->token_id, -1);
    return;
  }
  int32_t ids[256];
  double sum = 0;
  hw_token_score score, first;
  memcpy(ids, input->ids, input->n_tokens * sizeof *ids);
  for (size_t t = 0; t < n; t++) {
    sum += step(b, model, ids, input->n_tokens + t, answer[t], t ? &score : &first);
    ids[input->n_tokens + t] = answer[t];
  }
  assert_int_equal(found->token_id, answer[0]);
  assert_int_equal(found->n_tokens, n);
  assert_int_equal(found->rank, first.rank);
  assert_near(found->logit, first.logit, 1e-5 * (1 + fabs((double)first.logit)));
  assert_near(found->first_log_probability, first.log_probability, 1e-4);
  assert_near(found->log_probability, sum, 1e-4 * (double)n);
}

TEST(an_answer_of_several_tokens_is_scored_step_by_step) {
  static const char *const texts[][3] = {{"The key that I found", "was zqxjvkw the", "were"}, {"Every day Vera waited", "in the museum", "zqx"}, {"The", "key", NULL}, {"One more time", NULL, "the old key"}};
  static const char *const targets[] = {"last", "0", "all"};
  for (size_t m = 0; m < 2; m++)
    for (size_t k = 0; k < 3; k++) {
      hw_model *model = unit_open(trained[m]);
      hw_tokenizer *tokenizer = open_tokenizer(trained[m], model);
      job.analysis.targets = targets[k];
      hw_prompt_input inputs[4];
      hw_prompt_result results[4];
      hw_worker worker;
      bench b;
      bench_init(&b);
      for (size_t i = 0; i < 4; i++) inputs[i] = prepare(model, tokenizer, texts[i][0], texts[i][1], texts[i][2]);
      assert_true(inputs[0].n_answer >= 4 && inputs[3].n_foil == 3);
      hw_flow_settings flow;
      assert_ok(hw_analysis_flow(&job.analysis, &flow, &err), &err);
      compute(model, &worker, &flow, HW_BATCH_ROWS, inputs, 4, results);
      for (size_t i = 0; i < 4; i++) {
        check_score(&b, model, &inputs[i], inputs[i].answer, inputs[i].n_answer, &results[i].answer);
        check_score(&b, model, &inputs[i], inputs[i].foil, inputs[i].n_foil, &results[i].foil);
        assert_int_equal(results[i].flow.n_targets, inputs[i].n_targets);
        for (size_t t = 0; t < inputs[i].n_targets; t++) { /* the prediction after each target, not of another row */
          const hw_prediction *p = &results[i].predictions[t];
          hw_token_score score;
          assert_int_equal(p->n, HW_PREDICTIONS);
          double log_p = step(&b, model, inputs[i].ids, inputs[i].targets[t] + (size_t)1, p->ids[0], &score);
          assert_int_equal(score.rank, 1);
          assert_near(p->logits[0], score.logit, 1e-5 * (1 + fabs((double)score.logit)));
          assert_near(p->probabilities[0], exp(log_p), 1e-4);
          for (size_t e = 1; e < HW_PREDICTIONS; e++) assert_true(p->logits[e] <= p->logits[e - 1]);
          assert_int_equal(results[i].flow.traces[t].frame.target, inputs[i].targets[t]);
        }
      }
      hw_worker_fini(&worker);
      bench_fini(&b);
      hw_tokenizer_close(tokenizer);
      hw_model_close(model);
    }
}

/* Logit of a token after some others: of the state after all blocks but `skip`, by a forward pass of its own. */
static double logit_after(bench *b, const hw_model *model, const int32_t *ids, size_t n, size_t skip, int32_t token) {
  hw_token_score score = {.id = token};
  hw_activations acts = bench_forward(b, model, ids, &n, 1);
  hw_next_token query = {.row = n - 1, .skip = (uint32_t)skip, .scores = &score, .n_scores = 1};
  assert_ok(hw_next_tokens(&acts, &query, 1, &(hw_team){.panel = b->panel}, &b->arena, &b->err), &b->err);
  hw_arena_reset(&b->arena);
  return (double)score.logit;
}

/* The answer that greedy decoding writes. */
static void decode_greedily(bench *b, const hw_model *model, const hw_prompt_input *input, int32_t *answer, size_t n) {
  int32_t ids[64];
  memcpy(ids, input->ids, input->n_tokens * sizeof *ids);
  for (size_t t = 0; t < n; t++) {
    float logit, probability;
    size_t length = input->n_tokens + t;
    hw_activations acts = bench_forward(b, model, ids, &length, 1);
    hw_next_token query = {.row = length - 1, .k = 1, .ids = &answer[t], .logits = &logit, .probabilities = &probability};
    assert_ok(hw_next_tokens(&acts, &query, 1, &(hw_team){.panel = b->panel}, &b->arena, &b->err), &b->err);
    ids[length] = answer[t];
    hw_arena_reset(&b->arena);
  }
}

static void check_contrast(bench *b, const hw_model *model, const hw_prompt_input *input, const hw_prompt_result *found, size_t n_shared, bool parts) {
  size_t n_layers = (size_t)model->config.n_layers, at = n_shared;
  int32_t ids[64];
  assert_int_equal(found->contrast.n_shared, n_shared);
  if (!parts) { /* one begins with the other */
    assert_true(isnan(found->contrast.logit_diff) && isnan(found->contrast.log_probability_diff));
    assert_true(found->lens.answer && !found->lens.foil && !found->lens.difference);
    return;
  }
  assert_near(found->contrast.log_probability_diff, found->answer.log_probability - found->foil.log_probability, 1e-12);
  memcpy(ids, input->ids, input->n_tokens * sizeof *ids);
  memcpy(ids + input->n_tokens, input->answer, at * sizeof *ids);
  assert_int_equal(found->lens.difference != NULL, at > 0);
  for (size_t layer = 0; layer < n_layers; layer++) {
    double wanted = logit_after(b, model, ids, input->n_tokens + at, n_layers - 1 - layer, input->answer[at]) -
                    logit_after(b, model, ids, input->n_tokens + at, n_layers - 1 - layer, input->foil[at]);
    double difference = at ? found->lens.difference[layer] : found->lens.answer[layer].logit - found->lens.foil[layer].logit;
    assert_near(difference, wanted, 1e-4 * (1 + fabs(wanted)));
    if (layer == n_layers - 1) assert_near(found->contrast.logit_diff, wanted, 1e-4 * (1 + fabs(wanted)));
  }
}

/* Where answer and foil begin alike their logits are compared after the prompt and what they share. */
TEST(answers_that_begin_alike_are_compared_where_they_part) {
  static const struct { int32_t answer[4], foil[4]; size_t n_answer, n_foil, n_shared; bool parts; } cases[] = {
      {{21, 34, 55}, {21, 34, 60}, 3, 3, 2, true},  {{21, 34}, {21, 35, 7, 9}, 2, 4, 1, true}, {{30, 7}, {31, 7}, 2, 2, 0, true},
      {{21, 34}, {21, 34, 60}, 2, 3, 2, false},     {{21}, {21}, 1, 1, 1, false},              {{40}, {41}, 1, 1, 0, true}};
  enum { N = COUNT_OF(cases) };
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    hw_model *model = unit_open(unit_models[m]);
    hw_prompt_input inputs[N + 2];
    hw_prompt_result results[N + 2];
    int32_t ids[5], greedy[3];
    uint64_t seed = 70 + m;
    hw_worker worker;
    hw_flow_settings flow = {.threshold = 0.04, .floor = 0.04, .top_tokens = 5};
    bench b;
    bench_init(&b);
    unit_ids(&seed, model, 5, ids);
    job.analysis.targets = "last";
    for (size_t i = 0; i <= N; i++) {
      assert_ok(hw_prompt_from_ids(model, &job.analysis, ids, 5, &arena, &inputs[i], &err), &err);
      if (i == N) continue;
      inputs[i].answer = cases[i].answer;
      inputs[i].foil = cases[i].foil;
      inputs[i].n_answer = cases[i].n_answer;
      inputs[i].n_foil = cases[i].n_foil;
      assert_int_equal(hw_prompt_shared_tokens(&inputs[i]), cases[i].n_shared);
    }
    decode_greedily(&b, model, &inputs[N], greedy, 3);
    int32_t other[] = {greedy[0], greedy[1], greedy[2] ? 0 : 1};
    inputs[N].answer = greedy;
    inputs[N].foil = other;
    inputs[N].n_answer = inputs[N].n_foil = 3;
    inputs[N + 1] = inputs[N];
    inputs[N + 1].answer_loss = "cut";
    compute(model, &worker, &flow, HW_BATCH_ROWS, inputs, N + 2, results);
    for (size_t i = 0; i < N; i++) {
      check_score(&b, model, &inputs[i], inputs[i].answer, inputs[i].n_answer, &results[i].answer);
      check_score(&b, model, &inputs[i], inputs[i].foil, inputs[i].n_foil, &results[i].foil);
      check_contrast(&b, model, &inputs[i], &results[i], cases[i].n_shared, cases[i].parts);
    }
    assert_true(results[N].answer.greedy && !results[N].foil.greedy);
    assert_true(results[N].contrast.logit_diff > 0); /* of the third token: the most probable one */
    assert_true(results[N].contrast.log_probability_diff > 0 && !results[N].answer.cut);
    const hw_prompt_result *cut = &results[N + 1]; /* a cut answer is no whole one; what is left of it is compared */
    assert_true(cut->answer.cut && !cut->answer.greedy && isnan(cut->answer.log_probability) && isnan(cut->contrast.log_probability_diff));
    assert_true(!cut->foil.cut && cut->foil.log_probability == results[N].foil.log_probability && cut->contrast.logit_diff == results[N].contrast.logit_diff);
    hw_worker_fini(&worker);
    bench_fini(&b);
    hw_model_close(model);
  }
}

#endif
