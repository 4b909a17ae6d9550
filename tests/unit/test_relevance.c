/* SPDX-License-Identifier: Apache-2.0
 * Relevances on every fixture: the invariants of METHOD sections 8 to 10, and independence of the prompts beside. The numbers themselves are
 * compared with float64 references by tests/reference/relevance. */
#include "model_folder.h"
#include "relevance_compare.h"

#include "relevance/ffn.h"
#include "relevance/routing.h"
#include "tensor/kernels.h"

enum { N = 7 };

/* A prompt and its counterfactual, tokens of which two differ, as one batch. */
typedef struct pair {
  hw_model *model;
  bench b;
  int32_t ids[4 * N];
  hw_activations acts;
} pair;

enum { FIRST_CHANGE = 2, OTHER_CHANGE = 4 };

static void pair_run_model(pair *p, hw_model *model, uint64_t seed) {
  const size_t lengths[] = {N, N};
  p->model = model;
  bench_init(&p->b);
  unit_ids(&seed, p->model, N, p->ids);
  memcpy(p->ids + N, p->ids, N * sizeof *p->ids);
  for (size_t i = FIRST_CHANGE; i <= OTHER_CHANGE; i += OTHER_CHANGE - FIRST_CHANGE) p->ids[N + i] = (p->ids[i] + 1) % (int32_t)p->model->config.vocab_size;
  p->acts = bench_forward(&p->b, p->model, p->ids, lengths, 2);
}
static void pair_run(pair *p, const char *folder, uint64_t seed) { pair_run_model(p, unit_open(folder), seed); }
static void pair_fini(pair *p) {
  bench_fini(&p->b);
  hw_model_close(p->model);
}

static const hw_relevance_settings all_parts = {.answer = true, .contrast = true, .floor = 0, .top_neurons = 1000};

static hw_relevance_prompt trace(pair *p, size_t prompt, size_t reference, int32_t answer, int32_t foil) {
  hw_relevance_prompt asked = {.prompt = prompt, .reference = reference, .answer = answer, .foil = foil};
  assert_ok(hw_relevance_trace(&p->acts, &all_parts, &asked, 1, &(hw_team){.panel = p->b.panel}, &p->b.arena, &p->b.scratch, &p->b.err), &p->b.err);
  return asked;
}

/* Fixtures have margins of any size: two tokens far enough apart in both runs' difference are asked about. */
static hw_relevance_prompt trace_usable(pair *p) {
  int32_t vocab = (int32_t)p->model->config.vocab_out;
  for (int32_t answer = 0; answer < vocab; answer++)
    for (int32_t foil = -1; foil < vocab; foil += 3) {
      if (foil == answer) continue;
      hw_relevance_prompt asked = trace(p, 0, 1, answer, foil);
      if (!asked.by_answer.reason && !asked.by_contrast.reason) return asked;
    }
  fail_msg("%s: no two tokens with a margin", p->model->path);
  return (hw_relevance_prompt){0};
}

static double whole_of(const hw_relevance *r) { return fabs(r->m) + fabs(r->m_reference) > 1 ? fabs(r->m) + fabs(r->m_reference) : 1; }
static double sum(const double *x, size_t n) {
  double total = 0;
  for (size_t i = 0; i < n; i++) total += x[i];
  return total;
}

static void assert_close(const pair *p, const char *what, double found, double wanted, double whole) {
  if (!(fabs(found - wanted) <= 1e-4 * whole)) fail_msg("%s: %s is %.9g, want %.9g", p->model->path, what, found, wanted);
}

/* m is the difference of the logits, and all that is said directly adds up to it. */
static void check_direct(pair *p, const hw_relevance_prompt *asked) {
  const hw_model_config *c = &p->model->config;
  size_t layers = (size_t)c->n_layers;
  hw_token_score scores[2] = {{.id = asked->answer}, {.id = asked->foil < 0 ? 0 : asked->foil}};
  hw_next_token query = {.row = N - 1, .scores = scores, .n_scores = 2};
  assert_ok(hw_next_tokens(&p->acts, &query, 1, &(hw_team){.panel = p->b.panel}, &p->b.arena, &p->b.err), &p->b.err);
  const hw_relevance *r = &asked->by_answer;
  if (asked->foil >= 0) assert_close(p, "m", r->m, (double)scores[0].logit - (double)scores[1].logit, whole_of(r));
  double total = sum(asked->direct.heads, layers * (size_t)c->n_heads) + sum(asked->direct.ffn, layers) + sum(asked->direct.attention_bias, layers) +
                 asked->direct.embedding + asked->direct.norm_bias;
  assert_close(p, "the sum of direct attributions", total, r->m, whole_of(r));
}

static void check_answer(const pair *p, const hw_relevance *r) {
  assert_close(p, "answer relevance of tokens and biases", sum(r->states, N) + r->biases, r->m, whole_of(r));
}

/* Invariant 1, and that rows before the first difference have no relevance at all. */
static void check_states(const pair *p, const hw_relevance *r) {
  for (size_t l = 0; l < (size_t)p->model->config.n_layers; l++) {
    assert_close(p, "the sum of a layer's states", sum(r->states + l * N, N), r->m - r->m_reference, whole_of(r));
    for (size_t i = 0; i < N; i++)
      if (i < FIRST_CHANGE || (l == 0 && i != FIRST_CHANGE && i != OTHER_CHANGE)) assert_true(r->states[l * N + i] == 0);
  }
}

/* Invariants 2 and 4 at each position: a state is the state above it, less the attention parts into it, and what leaves it as value, key and
 * query. The FFN's part comes back through its norm, at the same position. */
static void check_positions(const pair *p, const hw_relevance *r) {
  const hw_model_config *c = &p->model->config;
  if (p->model->layers[0].attn_out_gamma && p->model->layers[0].attn_bias) return; /* a bias in front of the norm has a share that is no part */
  for (size_t l = 0; l < (size_t)c->n_layers; l++) {
    double state[N] = {0};
    for (size_t i = 0; i < N; i++) state[i] = l + 1 < (size_t)c->n_layers ? r->states[(l + 1) * N + i] : i == N - 1 ? r->m - r->m_reference : 0;
    for (size_t k = 0; k < r->n_parts; k++) {
      const hw_relevance_part *part = &r->parts[k];
      if (part->layer != l) continue;
      if (part->kind == HW_RELEVANCE_ATTENTION) state[part->source] += (double)(part->value + part->key) / 1e6;
      if (part->kind != HW_RELEVANCE_FFN) state[part->target] += (part->kind == HW_RELEVANCE_QUERY ? 1 : -1) * (double)part->r / 1e6;
    }
    for (size_t i = 0; i < N; i++) assert_close(p, "a state", r->states[l * N + i], state[i], whole_of(r));
  }
}

/* Biases that have a share of f: in front of an output norm, and of experts, whose weights differ between the runs. */
static bool has_ffn_bias(const hw_model *model, size_t l) {
  const hw_layer *layer = &model->layers[l];
  return layer->experts ? layer->experts[0].b_out != NULL : layer->ffn_out_gamma && layer->b_out;
}

/* Invariant 3, and neurons of 2. */
static void check_components(const pair *p, const hw_relevance *r) {
  const hw_model_config *c = &p->model->config;
  size_t heads = (size_t)c->n_heads;
  for (size_t l = 0; l < (size_t)c->n_layers; l++) {
    double ways[64] = {0}, neurons = 0;
    for (size_t h = 0; h < heads; h++) {
      ways[h] = r->value[l * heads + h] + r->key[l * heads + h] + r->query[l * heads + h];
      if (!p->model->layers[l].attn_out_gamma) assert_close(p, "value, key and query of a head", ways[h], r->heads[l * heads + h], whole_of(r));
    }
    if (!p->model->layers[l].attn_out_gamma || !p->model->layers[l].attn_bias)
      assert_close(p, "value, key and query of a layer", sum(ways, heads), sum(r->heads + l * heads, heads), whole_of(r));
    for (size_t k = 0; k < r->n_neurons; k++)
      if (r->neurons[k].layer == l) neurons += r->neurons[k].r;
    if (!has_ffn_bias(p->model, l)) assert_close(p, "the neurons of a layer", neurons, r->ffn[l], whole_of(r));
  }
}

/* Invariant 5. */
static void check_exchange(pair *p, const hw_relevance_prompt *asked) {
  const hw_relevance back = trace(p, 1, 0, asked->answer, asked->foil).by_contrast, *there = &asked->by_contrast;
  size_t heads = (size_t)(p->model->config.n_layers * p->model->config.n_heads);
  for (size_t h = 0; h < heads; h++) {
    assert_close(p, "a head of exchanged runs", -back.heads[h], there->heads[h], whole_of(there));
    assert_close(p, "its key", -back.key[h], there->key[h], whole_of(there));
  }
  for (size_t i = 0; i < (size_t)p->model->config.n_layers * N; i++) assert_close(p, "a state of exchanged runs", -back.states[i], there->states[i], whole_of(there));
}

static void check_all(pair *p) {
  hw_relevance_prompt asked = trace_usable(p);
  check_direct(p, &asked);
  check_answer(p, &asked.by_answer);
  check_states(p, &asked.by_contrast);
  check_positions(p, &asked.by_contrast);
  check_components(p, &asked.by_contrast);
  check_exchange(p, &asked);
}

static void check_fixture(const char *folder) {
  pair p;
  pair_run(&p, folder, 11);
  check_all(&p);
  pair_fini(&p);
}

static void test_invariants_of_every_fixture(void **state) {
  (void)state;
  unit_each_fixture(check_fixture);
}

/* ---- Mixtures of experts ---- */

static const char *const mixtures[] = {"tests/golden/models/mixtral-odd", "tests/golden/models/qwen2_moe-odd", "tests/golden/models/gpt_oss-odd"};

/* Positions of a layer at which the two runs use different experts. */
static size_t count_changes(const pair *p) {
  size_t used = (size_t)p->model->config.experts_used, n = 0;
  for (size_t l = 0; l < (size_t)p->model->config.n_layers; l++)
    for (size_t i = 0; i < N; i++) n += memcmp(p->acts.experts[l] + i * used, p->acts.experts[l] + (N + i) * used, used * sizeof(int32_t)) != 0;
  return n;
}

/* Neurons of experts that no run uses are no parts. */
static void check_numbers(const pair *p, const hw_relevance *r) {
  const hw_model_config *c = &p->model->config;
  for (size_t k = 0; k < r->n_neurons; k++) {
    const hw_relevance_neuron *neuron = &r->neurons[k];
    size_t part = neuron->neuron / (size_t)c->d_expert, place;
    if (part > (size_t)c->n_experts) part = (size_t)c->n_experts;
    assert_true(neuron->neuron < c->d_ffn);
    assert_true(hw_ffn_part_place(&p->acts, neuron->layer, neuron->position, part, &place) || hw_ffn_part_place(&p->acts, neuron->layer, N + neuron->position, part, &place));
    for (size_t other = k + 1; other < r->n_neurons && r->neurons[other].layer == neuron->layer && r->neurons[other].position == neuron->position; other++)
      assert_true(r->neurons[other].neuron != neuron->neuron && fabs(r->neurons[other].r) <= fabs(neuron->r));
  }
}

/* Routers whose scores hardly differ, an output norm behind the experts, a parallel block with a norm for both branches: the same holds. */
static void test_unusual_mixtures(void **state) {
  (void)state;
  enum { CLOSE, NORMED, PARALLEL, N_KINDS };
  for (size_t m = 0; m < COUNT_OF(mixtures); m++)
    for (int kind = CLOSE; kind < N_KINDS; kind++) {
      hw_model *model = unit_open(mixtures[m]);
      size_t d = (size_t)model->config.d_model, n = (size_t)model->config.n_experts;
      float *gain = unit_floats(d), *router = unit_floats(n * d), *none = unit_floats(n);
      uint64_t seed = 31;
      unit_fill(&seed, 0.5f, d, gain);
      for (size_t l = 0; l < (size_t)model->config.n_layers; l++) {
        hw_layer *layer = &model->layers[l];
        if (kind == NORMED) layer->ffn_out_gamma = gain;
        if (kind == PARALLEL) layer->ffn_norm_gamma = NULL;
        if (kind != CLOSE) continue;
        unit_fill(&seed, 1e-5f, n * d, router);
        layer->w_router = (hw_matrix){.data = router, .dtype = HW_F32, .n_in = d, .n_out = n, .stride = d};
        if (layer->b_router) layer->b_router = none;
      }
      model->config.parallel = kind == PARALLEL;
      pair p;
      pair_run_model(&p, model, 12);
      assert_true(count_changes(&p) > 0);
      check_all(&p);
      hw_relevance_prompt asked = trace_usable(&p);
      check_numbers(&p, &asked.by_answer);
      check_numbers(&p, &asked.by_contrast);
      pair_fini(&p);
      free(gain);
      free(router);
      free(none);
    }
}

/* What is counted for a block of rows is what it takes, at most. */
static void test_work_space(void **state) {
  (void)state;
  for (size_t m = 0; m < COUNT_OF(mixtures); m++) {
    bench b;
    struct hw_experts *experts;
    hw_model *model = unit_open(mixtures[m]);
    bench_init(&b);
    const hw_pass pass = {.model = model, .settings = &all_parts, .work = &b.scratch, .err = &b.err};
    assert_ok(hw_experts_open(&pass, 300, &experts), &b.err);
    size_t counted = hw_experts_bytes(model, &all_parts, 300);
    assert_true(b.scratch.peak <= counted && counted <= b.scratch.peak + b.scratch.peak / 50);
    bench_fini(&b);
    hw_model_close(model);
  }
}

/* The weight of an expert, in float64. */
static double weight_of(const float *scores, size_t n, const int32_t *used, size_t n_used, bool normed, size_t expert) {
  double sum = 0;
  bool is_used = false;
  for (size_t i = 0; i < n_used; i++) is_used |= (size_t)used[i] == expert;
  for (size_t i = 0; i < (normed ? n_used : n); i++) sum += exp((double)scores[normed ? (size_t)used[i] : i]);
  return is_used ? exp((double)scores[expert]) / sum : 0;
}

/* What the weights' difference is worth is divided over the scores, which of the experts have changed or not; runs exchanged, the co-vectors stay. */
static void test_routing(void **state) {
  (void)state;
  enum { EXPERTS = 6, USED = 3 };
  const int32_t sets[][USED] = {{0, 2, 4}, {0, 2, 5}, {1, 3, 5}};
  const float own[] = {2, -1, 1.5f, -0.5f, 1, 0.25f}, others[][EXPERTS] = {{1.5f, -2, 1, -0.5f, 1.25f, 0.5f}, {1.5f, -2, 1, -0.5f, 0.5f, 1.25f}, {0, 2, 0.25f, 1, -1, 3}};
  const double worth[] = {1.5, -2, 0.5, 3, -1, 0.75};
  for (size_t s = 0; s < COUNT_OF(sets); s++)
    for (int normed = 0; normed < 2; normed++) {
      float to[EXPERTS], back[EXPERTS];
      hw_routing routing = {.n_experts = EXPERTS, .n_used = USED, .normed = normed, .used = {sets[0], sets[s]}, .scores = {own, others[s]}, .worth = worth};
      hw_routing exchanged = routing;
      exchanged.used[0] = sets[s], exchanged.used[1] = sets[0], exchanged.scores[0] = others[s], exchanged.scores[1] = own;
      assert_true(hw_routing_pull(&routing, to) == 0 && hw_routing_pull(&exchanged, back) == 0);
      double found = 0, wanted = 0, level = 0;
      for (size_t e = 0; e < EXPERTS; e++) {
        found += (double)to[e] * ((double)own[e] - (double)others[s][e]);
        wanted += worth[e] * (weight_of(own, EXPERTS, sets[0], USED, normed, e) - weight_of(others[s], EXPERTS, sets[s], USED, normed, e));
        level += (double)to[e];
        assert_true(fabs((double)to[e] - (double)back[e]) < 1e-6);
        if (normed && e == 1 && s < 2) assert_true(to[e] == 0); /* no run uses it */
      }
      assert_true(fabs(found - wanted) < 1e-5 && fabs(wanted) > 1e-2);
      assert_true(fabs(level) < 1e-5); /* what raises all scores changes nothing */
    }
  float near[EXPERTS], to[EXPERTS]; /* experts 4 and 5 take turns by a hair: the scores do not explain it */
  memcpy(near, own, sizeof near);
  near[4] = 0.9999f;
  float here[EXPERTS];
  memcpy(here, near, sizeof here);
  near[5] = 1.0f, here[5] = 0.9998f;
  const hw_routing close = {.n_experts = EXPERTS, .n_used = USED, .normed = true, .used = {sets[0], sets[1]}, .scores = {here, near}, .worth = worth};
  double jump = hw_routing_pull(&close, to), wanted = 0;
  for (size_t e = 0; e < EXPERTS; e++)
    wanted += worth[e] * (weight_of(here, EXPERTS, sets[0], USED, true, e) - weight_of(near, EXPERTS, sets[1], USED, true, e)) - (double)to[e] * ((double)here[e] - (double)near[e]);
  assert_true(fabs(jump - wanted) < 1e-6 && fabs(jump) > 1e-2);
}

static const char *small_model(size_t m) { return m < UNIT_FIXTURES ? unit_models[m] : mixtures[m - UNIT_FIXTURES]; }

/* The bits of a prompt are those that it has alone. */
static void test_company_changes_nothing(void **state) {
  (void)state;
  for (size_t m = 0; m < UNIT_FIXTURES + COUNT_OF(mixtures); m++) {
    pair alone;
    pair_run(&alone, small_model(m), 5);
    hw_relevance_prompt one = trace_usable(&alone);
    pair both = {.model = alone.model};
    bench_init(&both.b);
    uint64_t seed = 99;
    unit_ids(&seed, both.model, N, both.ids + 2 * N);
    memcpy(both.ids, both.ids + 2 * N, N * sizeof *both.ids);
    both.ids[3] = (both.ids[3] + 1) % (int32_t)both.model->config.vocab_size;
    int32_t ids[4 * N];
    memcpy(ids, both.ids, N * sizeof *ids);
    memcpy(ids + N, alone.ids, 2 * N * sizeof *ids);
    memcpy(ids + 3 * N, both.ids + 2 * N, N * sizeof *ids);
    const size_t lengths[] = {N, N, N, N};
    both.acts = bench_forward(&both.b, both.model, ids, lengths, 4);
    hw_relevance_prompt asked[] = {{.prompt = 0, .reference = 3, .answer = one.answer, .foil = one.foil}, {.prompt = 1, .reference = 2, .answer = one.answer, .foil = one.foil}};
    assert_ok(hw_relevance_trace(&both.acts, &all_parts, asked, 2, &(hw_team){.panel = both.b.panel}, &both.b.arena, &both.b.scratch, &both.b.err), &both.b.err);
    same_relevances(&asked[1].by_answer, &one.by_answer, alone.model, N);
    same_relevances(&asked[1].by_contrast, &one.by_contrast, alone.model, N);
    bench_fini(&both.b);
    pair_fini(&alone);
  }
}

/* A prompt and its counterfactual that share the rows of their common beginning have the same bits. */
static void test_shared_rows_change_nothing(void **state) {
  (void)state;
  for (size_t m = 0; m < UNIT_FIXTURES + COUNT_OF(mixtures); m++) {
    pair apart;
    pair_run(&apart, small_model(m), 5);
    hw_relevance_prompt one = trace_usable(&apart);
    size_t rows[2 * N], first[] = {0, N, 2 * N};
    const size_t n_shared[] = {0, FIRST_CHANGE};
    for (size_t i = 0; i < N; i++) {
      rows[i] = i;
      rows[N + i] = i < FIRST_CHANGE ? i : N + i - FIRST_CHANGE;
    }
    const hw_batch batch = {.n_prompts = 2, .n_rows = 2 * N - FIRST_CHANGE, .ids = apart.ids, .first = first, .rows = rows, .n_shared = n_shared, .keeps_inputs = true};
    pair shared = {.model = apart.model};
    bench_init(&shared.b);
    assert_ok(hw_forward(apart.model, &batch, &(hw_team){.panel = shared.b.panel}, &shared.b.arena, &shared.acts, &shared.b.err), &shared.b.err);
    hw_relevance_prompt asked = trace(&shared, 0, 1, one.answer, one.foil);
    same_relevances(&asked.by_answer, &one.by_answer, apart.model, N);
    same_relevances(&asked.by_contrast, &one.by_contrast, apart.model, N);
    bench_fini(&shared.b);
    pair_fini(&apart);
  }
}

/* What cannot be divided has a reason. */
static void test_reasons(void **state) {
  (void)state;
  pair p;
  pair_run(&p, unit_models[0], 3);
  assert_string_equal(trace(&p, 0, HW_NO_REFERENCE, 1, 2).by_contrast.reason, "there is no counterfactual");
  hw_relevance_prompt itself = trace(&p, 0, 0, 1, 2);
  assert_non_null(strstr(itself.by_contrast.reason, "closer than 0.1"));
  assert_true(itself.by_contrast.m == itself.by_contrast.m_reference);
  hw_relevance_prompt same = trace(&p, 0, 1, 4, 4);
  assert_string_equal(same.by_answer.reason, HW_REASON_SAME_TOKEN);
  assert_string_equal(same.by_contrast.reason, HW_REASON_SAME_TOKEN);
  bool small = false; /* of all pairs of tokens */
  for (int32_t answer = 0; answer < p.model->config.vocab_out; answer++)
    for (int32_t foil = answer + 1; foil < p.model->config.vocab_out && !small; foil++) {
      const hw_relevance r = trace(&p, 0, 1, answer, foil).by_answer;
      small = r.reason && fabs(r.m) < 0.1 && strstr(r.reason, "it is smaller than 0.1");
    }
  assert_true(small);
  const size_t lengths[] = {N, N - 1};
  p.acts = bench_forward(&p.b, p.model, p.ids, lengths, 2);
  assert_string_equal(trace(&p, 0, 1, 1, 2).by_contrast.reason, "the counterfactual has 6 tokens, the prompt 7");
  p.acts.resid[1][3] = NAN;
  assert_string_equal(trace(&p, 0, 1, 1, 2).by_answer.reason, "an activation is not a finite number");
  pair_fini(&p);
}

/* Kernels against float64, and their secants against the values at both ends. */
static void test_kernels(void **state) {
  (void)state;
  enum { WIDTH = 37 };
  float x[WIDTH], other[WIDTH], g[WIDTH], gamma[WIDTH], out[WIDTH], left[WIDTH], right[WIDTH];
  uint64_t seed = 8;
  for (int i = 0; i < WIDTH; i++) {
    x[i] = (float)unit_below(&seed, 2000) / 300 - 3;
    other[i] = (float)unit_below(&seed, 2000) / 500 - 1;
    g[i] = (float)unit_below(&seed, 2000) / 1000 - 1;
    gamma[i] = (float)unit_below(&seed, 2000) / 1000;
  }
  double exact = 0;
  for (int i = 0; i < WIDTH; i++) exact += ((double)x[i] - (double)other[i]) * (double)g[i];
  assert_true(fabs(hw_difference_dot(x, other, g, WIDTH) - exact) < 1e-12);
  for (hw_norm_kind kind = HW_NORM_LAYER; kind <= HW_NORM_NONE; kind++) {
    double ends = 0;
    memset(out, 0, sizeof out);
    hw_norm_secant_pull(kind, x, other, gamma, 1e-5f, g, WIDTH, out);
    hw_norm_row(kind, x, gamma, NULL, 1e-5f, WIDTH, left);
    hw_norm_row(kind, other, gamma, NULL, 1e-5f, WIDTH, right);
    for (int i = 0; i < WIDTH; i++) ends += ((double)left[i] - (double)right[i]) * (double)g[i];
    assert_true(fabs(hw_difference_dot(x, other, out, WIDTH) - ends) < 1e-5);
    double fixed = 0;
    memset(out, 0, sizeof out);
    hw_norm_pull(kind, x, gamma, 1e-5f, g, WIDTH, out);
    for (int i = 0; i < WIDTH; i++) fixed += (double)left[i] * (double)g[i];
    assert_true(fabs(hw_difference_dot(x, NULL, out, WIDTH) - fixed) < 1e-5);
  }
  for (hw_activation kind = HW_ACT_GELU_TANH; kind <= HW_ACT_SILU; kind++) {
    const float step = 0x1p-7f;
    float slope[WIDTH];
    memcpy(slope, x, sizeof slope);
    hw_activation_slopes(kind, slope, WIDTH);
    for (int i = 0; i < WIDTH; i++) left[i] = x[i] - step, right[i] = x[i] + step;
    hw_activate(kind, left, WIDTH);
    hw_activate(kind, right, WIDTH);
    for (int i = 0; i < WIDTH; i++)
      if (kind != HW_ACT_RELU || fabsf(x[i]) > step) assert_true(fabsf(slope[i] - (right[i] - left[i]) / (2 * step)) < 2e-4f);
  }
}

/* The list is that of looking at every neuron: also where many are alike, where float32 cannot tell the products apart, or they are tiny. */
static void test_largest_products(void **state) {
  (void)state;
  enum { WIDTH = 1000, MOST = 20 };
  const float scales[] = {1, 3e-21f, 3e-22f, 3e-23f, 1e-25f, 0};
  float a[WIDTH], other[WIDTH], g[WIDTH];
  hw_ranked list[MOST], wanted[MOST];
  uint64_t seed = 5;
  for (size_t s = 0; s < COUNT_OF(scales); s++)
    for (int steps = 4; steps <= 1 << 22; steps *= 64) {
      for (int i = 0; i < WIDTH; i++) {
        a[i] = scales[s] * (1 + (float)unit_below(&seed, (uint32_t)steps) / (float)(1 << 22));
        other[i] = scales[s] * (float)unit_below(&seed, 3) / 2;
        g[i] = scales[s] * (1 - (float)unit_below(&seed, (uint32_t)steps) / (float)(1 << 23));
      }
      for (size_t k = 1; k <= MOST; k++)
        for (int with = 0; with < 2; with++) {
          size_t n = 0;
          for (size_t i = 0; i < WIDTH; i++) n = hw_ffn_rank(wanted, n, k, (hw_ranked){((double)a[i] - (with ? (double)other[i] : 0)) * (double)g[i], i});
          assert_int_equal(hw_ffn_rank_products(list, k, a, with ? other : NULL, g, WIDTH), n);
          for (size_t i = 0; i < n; i++) assert_true(list[i].neuron == wanted[i].neuron && list[i].r == wanted[i].r);
        }
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_invariants_of_every_fixture), cmocka_unit_test(test_unusual_mixtures), cmocka_unit_test(test_routing), cmocka_unit_test(test_work_space),
      cmocka_unit_test(test_company_changes_nothing), cmocka_unit_test(test_shared_rows_change_nothing),
      cmocka_unit_test(test_reasons), cmocka_unit_test(test_kernels), cmocka_unit_test(test_largest_products),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
