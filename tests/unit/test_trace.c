/* SPDX-License-Identifier: Apache-2.0
 * Questions to a trace: lists against those of a trace that projects everything, bit for bit; lens, attention and heads at any position
 * against double precision; what is refused. */
#include "forward_twin.h"

#include "headwater/trace.h"

/* Sequential and parallel blocks, grouped queries, windows, caps, norms of heads and of outputs, no output norms. */
static const char *const models[] = {"tests/golden/models/gpt2-odd",  "tests/golden/models/llama-gqa",         "tests/golden/models/gpt_neox-parallel",
                                     "tests/golden/models/phi-odd",   "tests/golden/models/gemma2-odd",        "tests/golden/models/qwen3-odd",
                                     "tests/golden/models/mistral-odd", "datasets/models/headwater-gpt2"};
enum { TOKENS = 13, K = 9 };

static hw_arena arena;
static hw_error err;

static int setup(void **state) {
  (void)state;
  hw_arena_init(&arena);
  err = (hw_error){0};
  return 0;
}
static int teardown(void **state) {
  (void)state;
  hw_arena_fini(&arena);
  return 0;
}

typedef struct fixture {
  hw_model *model;
  hw_analysis analysis;
  int32_t ids[TOKENS];
  hw_trace trace;
} fixture;

static void open_model(fixture *f, size_t m) {
  uint64_t seed = 90 + m;
  f->model = unit_open(models[m]);
  unit_ids(&seed, f->model, TOKENS, f->ids);
  hw_analysis_defaults(&f->analysis);
  f->analysis.targets = "5,12";
  f->analysis.top_tokens = K;
  f->analysis.project = HW_PROJECT_NONE;
}
static void trace_ids(fixture *f) { assert_ok(hw_trace_ids(f->model, &f->analysis, f->ids, TOKENS, &f->trace, &err), &err); }
static void close_all(fixture *f) {
  hw_trace_fini(&f->trace);
  hw_model_close(f->model);
}

static size_t size_of(int64_t n) { return (size_t)n; }

/* ---- Lists ---- */

static void same_list(const hw_projection *found, const hw_projection *want) {
  assert_true(found->kind == want->kind && found->convention == want->convention && found->layer == want->layer && found->index == want->index && found->k == want->k);
  for (size_t i = 0; i < want->k; i++)
    for (int list = 0; list < 2; list++) {
      float a = (list ? found->suppress_scores : found->promote_scores)[i], b = (list ? want->suppress_scores : want->promote_scores)[i];
      assert_true(memcmp(&a, &b, sizeof a) == 0 && (list ? found->suppresses : found->promotes)[i] == (list ? want->suppresses : want->promotes)[i]);
    }
}

TEST(lists_are_those_of_a_trace_that_projects_everything) {
  for (size_t m = 0; m < COUNT_OF(models); m++) {
    fixture all, none;
    hw_projection rows[2];
    size_t n, n_compared = 0;
    open_model(&all, m);
    open_model(&none, m);
    all.analysis.project = HW_PROJECT_ALL;
    all.analysis.conventions = HW_CONVENTIONS_BOTH;
    trace_ids(&all);
    trace_ids(&none);
    assert_true(all.trace.prompt.n_targets == 2 && none.trace.result.flow.traces[0].n_projections == 0);
    for (size_t t = 0; t < 2; t++) {
      const hw_target_trace *trace = &all.trace.result.flow.traces[t];
      for (size_t i = 0; i < trace->n_projections; i++, n_compared++) {
        const hw_projection *want = &trace->projections[i];
        assert_ok(hw_trace_list(&none.trace, t, (hw_component_kind)want->kind, want->layer, want->position, want->index, K, &arena, rows, &n, &err), &err);
        assert_int_equal(n, 2);
        assert_int_equal(rows[want->convention].position, want->position);
        same_list(&rows[want->convention], want);
      }
    }
    for (size_t i = 0; i < all.trace.n_neurons; i++) {
      const hw_projection *want = &all.trace.neurons[i];
      assert_ok(hw_trace_list(&none.trace, 0, HW_COMPONENT_NEURON, want->layer, 3, want->index, K, &arena, rows, &n, &err), &err);
      assert_int_equal(n, 1);
      same_list(&rows[0], want);
    }
    assert_true(n_compared > 20 && all.trace.n_neurons > 5);
    close_all(&all);
    close_all(&none);
    hw_arena_reset(&arena);
  }
}

/* What a head adds at a position, element by element in double. */
static void head_twin(const fixture *f, size_t l, size_t h, size_t i, double *u) {
  const hw_model_config *c = &f->model->config;
  const hw_activations *acts = &f->trace.worker.acts;
  const hw_layer *layer = &f->model->layers[l];
  size_t d = size_of(c->d_model), d_head = size_of(c->d_head), kv = size_of(c->n_kv_heads) * d_head, group = h / size_of(c->n_heads / c->n_kv_heads);
  float a[TOKENS];
  hw_attention_weights(acts, l, h, 0, i, a);
  memset(u, 0, d * sizeof *u);
  for (size_t j = 0; j <= i; j++)
    for (size_t k = 0; k < d_head; k++) {
      double value = (double)a[j] * (double)acts->v[l][j * kv + group * d_head + k];
      for (size_t e = 0; e < d; e++) u[e] += value * unit_element(&layer->w_o, h * d_head + k, e);
    }
  for (size_t e = 0; e < d && layer->attn_out_gamma; e++) u[e] *= (double)layer->attn_out_gamma[e] * (double)acts->attn_out_scale[l][i];
}

/* Scores of a list are those of the twin, best first, and nothing better is left out. */
static void check_scores(const hw_projection *row, const double *want, size_t vocab) {
  double slack = 2e-5 * twin_largest(want, vocab) + 1e-9;
  for (int sign = 1; sign >= -1; sign -= 2) {
    const int32_t *ids = sign > 0 ? row->promotes : row->suppresses;
    const float *scores = sign > 0 ? row->promote_scores : row->suppress_scores;
    for (size_t i = 0; i < row->k; i++) {
      size_t better = 0;
      assert_near(scores[i], want[ids[i]], slack);
      for (size_t v = 0; v < vocab; v++) better += sign * want[v] > sign * want[ids[i]] + 2 * slack;
      assert_true(better <= i);
    }
  }
}

TEST(heads_at_every_position_are_those_of_the_twin) {
  for (size_t m = 0; m < COUNT_OF(models) - 1; m++) { /* the last one takes long */
    fixture f;
    open_model(&f, m);
    trace_ids(&f);
    const hw_model_config *c = &f.model->config;
    size_t d = size_of(c->d_model), vocab = size_of(c->vocab_out), n;
    double *u = twin_numbers(d), *scores = twin_numbers(vocab), *wide = twin_numbers(d), *numerator = twin_numbers(d);
    float *beta = unit_floats(vocab);
    for (size_t v = 0; v < vocab; v++) beta[v] = f.model->unembed_beta ? f.model->unembed_beta[v] : 0;
    for (size_t e = 0; e < d; e++) wide[e] = (double)f.trace.worker.acts.resid[c->n_layers][5 * d + e]; /* of target 0 */
    double sigma = twin_numerator(c, wide, f.model->final_gamma, numerator);
    for (size_t l = 0; l < size_of(c->n_layers); l++)
      for (size_t h = 0; h < size_of(c->n_heads); h++)
        for (size_t i = 0; i < TOKENS; i++) {
          hw_projection rows[2];
          assert_ok(hw_trace_list(&f.trace, 0, HW_COMPONENT_HEAD, l, i, h, K, &arena, rows, &n, &err), &err);
          head_twin(&f, l, h, i, u);
          twin_scores(f.model, u, 1 / sigma, false, scores);
          check_scores(&rows[HW_CONVENTION_FROZEN], scores, vocab);
          twin_scores(f.model, u, 0, false, scores);
          for (size_t v = 0; v < vocab; v++) scores[v] += (double)beta[v];
          check_scores(&rows[HW_CONVENTION_ALONE], scores, vocab);
          hw_arena_reset(&arena);
        }
    free(u);
    free(scores);
    free(wide);
    free(numerator);
    free(beta);
    close_all(&f);
  }
}

/* ---- Lens ---- */

static void state_twin(const fixture *f, const float *state, double *scores) {
  size_t vocab = size_of(f->model->config.vocab_out);
  double cap = f->model->config.final_cap;
  twin_scores_float(f->model, state, 0, false, scores);
  for (size_t v = 0; v < vocab; v++) {
    scores[v] += f->model->unembed_beta ? (double)f->model->unembed_beta[v] : 0;
    if (cap > 0) scores[v] = cap * tanh(scores[v] / cap);
  }
}

static void check_lens(fixture *f, size_t l, hw_state after, size_t i) {
  const hw_model_config *c = &f->model->config;
  const hw_activations *acts = &f->trace.worker.acts;
  size_t d = size_of(c->d_model), vocab = size_of(c->vocab_out), n;
  hw_lens_token *tokens;
  assert_ok(hw_trace_lens(&f->trace, l, after, i, K, &arena, &tokens, &n, &err), &err);
  assert_int_equal(n, K);
  double *now = twin_numbers(vocab), *before = twin_numbers(vocab), largest = -INFINITY, sum = 0;
  state_twin(f, (after == HW_STATE_MID ? acts->mid[l] : acts->resid[l + 1]) + i * d, now);
  state_twin(f, (after == HW_STATE_POST && !c->parallel ? acts->mid[l] : acts->resid[l]) + i * d, before);
  double slack = 2e-5 * twin_largest(now, vocab), slack_before = 2e-5 * twin_largest(before, vocab);
  for (size_t v = 0; v < vocab; v++) largest = fmax(largest, now[v]);
  for (size_t v = 0; v < vocab; v++) sum += exp(now[v] - largest);
  for (size_t k = 0; k < n; k++) {
    size_t better = 0, surely = 0, maybe = 0;
    double score = before[tokens[k].id];
    assert_near(tokens[k].logit, now[tokens[k].id], slack);
    assert_near(tokens[k].probability, exp(now[tokens[k].id] - largest) / sum, 4 * slack);
    for (size_t v = 0; v < vocab; v++) {
      better += now[v] > now[tokens[k].id] + 2 * slack;
      surely += before[v] > score + 2 * slack_before;
      maybe += before[v] > score - 2 * slack_before && v != (size_t)tokens[k].id;
    }
    assert_true(better <= k);
    assert_in_range(tokens[k].rank_before, surely + 1, maybe + 1);
  }
  free(now);
  free(before);
}

TEST(the_lens_of_every_state_is_that_of_the_twin) {
  for (size_t m = 0; m < COUNT_OF(models); m++) {
    fixture f;
    open_model(&f, m);
    trace_ids(&f);
    size_t n_layers = size_of(f.model->config.n_layers), n;
    for (size_t l = 0; l < n_layers; l++)
      for (size_t i = 0; i < TOKENS; i += 6) {
        if (!f.model->config.parallel) check_lens(&f, l, HW_STATE_MID, i);
        check_lens(&f, l, HW_STATE_POST, i);
        hw_arena_reset(&arena);
      }
    hw_lens_token *tokens; /* after the last layer it is the prediction */
    const hw_prediction *prediction = &f.trace.result.predictions[1];
    assert_ok(hw_trace_lens(&f.trace, n_layers - 1, HW_STATE_POST, 12, 5, &arena, &tokens, &n, &err), &err);
    for (size_t k = 0; k < 5; k++)
      assert_true(tokens[k].id == prediction->ids[k] && tokens[k].logit == prediction->logits[k]);
    close_all(&f);
  }
}

/* ---- Attention ---- */

/* Weights of one query in double, from q and k. */
static void weights_twin(const fixture *f, size_t l, size_t h, size_t i, double *a) {
  const hw_model_config *c = &f->model->config;
  const hw_activations *acts = &f->trace.worker.acts;
  size_t d_head = size_of(c->d_head), heads = size_of(c->n_heads), kv = size_of(c->n_kv_heads), window = size_of(f->model->layers[l].window);
  const float *q = acts->q[l] + (i * heads + h) * d_head;
  double largest = -INFINITY, sum = 0;
  for (size_t j = 0; j <= i; j++) {
    const float *k = acts->k[l] + (j * kv + h / (heads / kv)) * d_head;
    a[j] = 0;
    for (size_t e = 0; e < d_head; e++) a[j] += (double)q[e] * (double)k[e] * (double)f->model->layers[l].attention_scale;
    if (c->attention_cap > 0) a[j] = c->attention_cap * tanh(a[j] / c->attention_cap);
    if (window && i - j >= window) a[j] = -INFINITY;
    largest = fmax(largest, a[j]);
  }
  for (size_t j = 0; j <= i; j++) sum += a[j] = exp(a[j] - largest);
  for (size_t j = 0; j <= i; j++) a[j] /= sum;
}

TEST(attention_is_the_weights_and_the_raw_importances) {
  for (size_t m = 0; m < COUNT_OF(models); m++) {
    fixture f;
    open_model(&f, m);
    f.analysis.raw = true;
    trace_ids(&f);
    const hw_raw_importances *raw = &f.trace.result.flow.raw;
    double twin[TOKENS];
    for (size_t l = 0; l < raw->n_layers; l++)
      for (size_t h = 0; h < raw->n_heads; h++) {
        const float *weights;
        const double *contributions;
        assert_ok(hw_trace_attention(&f.trace, l, h, &arena, &weights, &contributions, &err), &err);
        for (size_t i = 0; i < TOKENS; i++) {
          double sum = 0;
          weights_twin(&f, l, h, i, twin);
          for (size_t j = 0; j <= i; j++) {
            size_t at = i * (i + 1) / 2 + j;
            sum += (double)weights[at];
            assert_near(weights[at], twin[j], 1e-5);
            assert_true(unit_same_double(contributions[at], raw->attention[((l * TOKENS + i) * TOKENS + j) * raw->n_heads + h]));
          }
          assert_near(sum, 1, 1e-5);
        }
      }
    close_all(&f);
    hw_arena_reset(&arena);
  }
}

/* ---- Refusals ---- */

TEST(what_is_not_there_is_refused) {
  fixture f;
  hw_projection rows[2];
  hw_lens_token *tokens;
  const float *weights;
  const double *contributions;
  size_t n;
  open_model(&f, 0);
  trace_ids(&f);
  const hw_model_config *c = &f.model->config;
  size_t layers = size_of(c->n_layers), heads = size_of(c->n_heads), neurons = size_of(c->d_ffn);
  const struct { hw_component_kind kind; size_t t, layer, position, index; uint32_t k; const char *words; } lists[] = {
      {HW_COMPONENT_HEAD, 2, 0, 0, 0, 5, "target is 2, the trace has target 0 to 1"}, {HW_COMPONENT_FFN, 0, layers, 0, 0, 5, "layer is"},
      {HW_COMPONENT_RESID_POST, 0, 0, TOKENS, 0, 5, "position is 13, the trace has position 0 to 12"}, {HW_COMPONENT_HEAD, 0, 0, 0, heads, 5, "head is"},
      {HW_COMPONENT_NEURON, 0, 0, 0, neurons, 5, "neuron is"}, {HW_COMPONENT_HEAD, 0, 0, 0, 0, 0, "want 1 to 1000"}, {HW_COMPONENT_HEAD, 0, 0, 0, 0, 1001, "want 1 to 1000"}};
  for (size_t i = 0; i < COUNT_OF(lists); i++)
    assert_refused(hw_trace_list(&f.trace, lists[i].t, lists[i].kind, lists[i].layer, lists[i].position, lists[i].index, lists[i].k, &arena, rows, &n, &err), &err,
                   HW_ERROR_INPUT, lists[i].words);
  assert_refused(hw_trace_lens(&f.trace, layers, HW_STATE_POST, 0, 5, &arena, &tokens, &n, &err), &err, HW_ERROR_INPUT, "layer is");
  assert_refused(hw_trace_lens(&f.trace, 0, HW_STATE_POST, TOKENS, 5, &arena, &tokens, &n, &err), &err, HW_ERROR_INPUT, "position is");
  assert_refused(hw_trace_lens(&f.trace, 0, HW_STATE_POST, 0, 0, &arena, &tokens, &n, &err), &err, HW_ERROR_INPUT, "want 1 to 1000");
  assert_refused(hw_trace_attention(&f.trace, layers, 0, &arena, &weights, &contributions, &err), &err, HW_ERROR_INPUT, "layer is");
  assert_refused(hw_trace_attention(&f.trace, 0, heads, &arena, &weights, &contributions, &err), &err, HW_ERROR_INPUT, "head is");
  assert_ok(hw_trace_lens(&f.trace, 0, HW_STATE_POST, 0, 1000, &arena, &tokens, &n, &err), &err); /* the whole vocabulary */
  assert_int_equal(n, c->vocab_out);
  close_all(&f);
  open_model(&f, 2);
  trace_ids(&f);
  assert_refused(hw_trace_lens(&f.trace, 0, HW_STATE_MID, 0, 5, &arena, &tokens, &n, &err), &err, HW_ERROR_INPUT, "parallel");
  assert_refused(hw_trace_list(&f.trace, 0, HW_COMPONENT_RESID_MID, 0, 0, 0, 5, &arena, rows, &n, &err), &err, HW_ERROR_INPUT, "parallel");
  close_all(&f);
}

/* The least memory that is allowed holds what is taken; less is refused. */
TEST(relevances_keep_within_the_memory) {
  enum { MOST_MIB = 64 };
  const hw_relevance_settings settings = {.answer = true, .contrast = true, .floor = 0.001, .top_neurons = 5};
  bool refused = false;
  for (size_t m = 0; m < COUNT_OF(models); m++) {
    fixture f;
    hw_answer_trace trace;
    open_model(&f, m);
    int32_t other[TOKENS];
    for (size_t i = 0; i < TOKENS; i++) other[i] = f.ids[(i + 1) % TOKENS];
    hw_answer_question question = {.answer = -1, .foil = -1, .counterfactual = other, .n_counterfactual = TOKENS, .threads = 2, .memory = 1};
    while (!hw_answer_trace_ids(f.model, f.ids, TOKENS, &question, &settings, &trace, &err)) {
      assert_refused(false, &err, HW_ERROR_PROMPT, "prompt and counterfactual have 26 tokens: relevances take");
      hw_answer_trace_fini(&trace);
      refused = true;
      assert_true(++question.memory <= MOST_MIB);
    }
    assert_true(trace.arena.peak + trace.scratch.peak <= (size_t)question.memory << 20);
    hw_answer_trace_fini(&trace);
    hw_model_close(f.model);
  }
  assert_true(refused);
}

TEST(a_trace_over_the_memory_is_refused) {
  fixture f;
  open_model(&f, 0);
  f.analysis.memory = 1;
  assert_refused(hw_trace_ids(f.model, &f.analysis, f.ids, TOKENS, &f.trace, &err), &err, HW_ERROR_PROMPT, "the prompt has 13 tokens: its trace takes");
  hw_trace_fini(&f.trace);
  f.analysis.memory = 256;
  trace_ids(&f);
  assert_true(f.trace.worker.scratch.peak + f.trace.worker.results.peak + HW_PANEL_FLOATS * sizeof(float) <= 256u << 20);
  close_all(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(lists_are_those_of_a_trace_that_projects_everything, setup, teardown),
      cmocka_unit_test_setup_teardown(heads_at_every_position_are_those_of_the_twin, setup, teardown),
      cmocka_unit_test_setup_teardown(the_lens_of_every_state_is_that_of_the_twin, setup, teardown),
      cmocka_unit_test_setup_teardown(attention_is_the_weights_and_the_raw_importances, setup, teardown),
      cmocka_unit_test_setup_teardown(what_is_not_there_is_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(relevances_keep_within_the_memory, setup, teardown),
      cmocka_unit_test_setup_teardown(a_trace_over_the_memory_is_refused, setup, teardown),
  };
  return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
