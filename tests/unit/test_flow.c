/* SPDX-License-Identifier: Apache-2.0
 * The walk over real activations: shares against METHOD section 2 in double, replays against reruns, projections and neurons against
 * brute force, and what one bad prompt does to its neighbours. */
#include "forward_twin.h"
#include "trace_compare.h"

/* One forward pass of one prompt, traced as often as a test wants. */
typedef struct fixture {
  hw_model *model;
  bench b;
  hw_activations acts;
  int32_t ids[128];
  uint32_t n;
} fixture;

static void fixture_open(fixture *f, const char *folder, uint64_t seed, uint32_t n) {
  f->model = unit_open(folder);
  f->n = n;
  bench_init(&f->b);
  unit_ids(&seed, f->model, n, f->ids);
  const size_t length = n;
  f->acts = bench_forward(&f->b, f->model, f->ids, &length, 1);
}
static void fixture_close(fixture *f) {
  bench_fini(&f->b);
  hw_model_close(f->model);
}

static hw_flow_settings settings_of(double threshold, double floor) {
  return (hw_flow_settings){.threshold = threshold, .floor = floor, .top_neurons = 10, .top_tokens = 10, .project = HW_PROJECT_NONE};
}

static hw_flow_prompt trace(fixture *f, hw_flow_settings settings, const uint32_t *targets, size_t n_targets) {
  hw_flow_prompt p = {.n_targets = n_targets, .targets = targets};
  p.traces = hw_arena_znew(&f->b.arena, hw_target_trace, n_targets, &f->b.err);
  assert_ok(hw_flow_trace(&f->acts, &settings, &p, 1, &(hw_team){.panel = f->b.panel}, &f->b.arena, &f->b.scratch, &f->b.err), &f->b.err);
  assert_null(p.failure);
  return p;
}
static hw_target_trace trace_last(fixture *f, hw_flow_settings settings) {
  const uint32_t last = f->n - 1;
  return trace(f, settings, &last, 1).traces[0];
}

/* ---- Shares ---- */

/* max(|w|_1 - |w - scale z|_1, 0) in double */
static double proximity(const float *w, const double *z, size_t d) {
  double sum = 0;
  for (size_t i = 0; i < d; i++) sum += fabs((double)w[i]) - fabs((double)w[i] - z[i]);
  return sum > 0 ? sum : 0;
}

/* Float32 sums of d differences, over a whole of about |w|_1. */
static const double SHARE_SLACK = 3e-6;

/* Every share of one attention node in double, from A, v and W_O element by element; the residual last. */
static void attention_twin(const fixture *f, size_t l, size_t i, double *share) {
  const hw_model_config *c = &f->model->config;
  size_t d = (size_t)c->d_model, d_head = (size_t)c->d_head, kv = (size_t)c->n_kv_heads * d_head, heads = (size_t)c->n_heads, n = (i + 1) * heads;
  const float *whole = f->acts.mid[l] + i * d;
  float a[128];
  double *z = twin_numbers(d), sum = 0;
  for (size_t h = 0; h < heads; h++) {
    hw_attention_weights(&f->acts, l, h, 0, i, a);
    for (size_t j = 0; j <= i; j++) {
      memset(z, 0, d * sizeof *z);
      for (size_t k = 0; k < d_head; k++) {
        double value = (double)a[j] * (double)f->acts.v[l][j * kv + h / (heads / (size_t)c->n_kv_heads) * d_head + k];
        for (size_t e = 0; e < d; e++) z[e] += value * unit_element(&f->model->layers[l].w_o, h * d_head + k, e);
      }
      share[j * heads + h] = proximity(whole, z, d);
    }
  }
  for (size_t e = 0; e < d; e++) z[e] = (double)f->acts.resid[l][i * d + e];
  share[n] = proximity(whole, z, d);
  for (size_t p = 0; p <= n; p++) sum += share[p];
  for (size_t p = 0; p <= n; p++) share[p] = sum > 0 ? share[p] / sum : p == n;
  free(z);
}

#include "flow_signs_tests.h"

/* METHOD section 2: importances of a node sum to 1, and each is what the formula says. */
static void check_raw(fixture *f) {
  hw_flow_settings settings = settings_of(0.04, 0.04);
  settings.raw = true;
  const uint32_t target = f->n - 1;
  hw_raw_importances raw = trace(f, settings, &target, 1).raw;
  size_t heads = (size_t)f->model->config.n_heads, d = (size_t)f->model->config.d_model, n = f->n;
  assert_true(raw.n_layers == (size_t)f->model->config.n_layers && raw.n_tokens == n && raw.n_heads == heads);
  double *want = twin_numbers(n * heads + 1), *m = twin_numbers(d), *ffn = twin_numbers(d);
  for (size_t l = 0; l < raw.n_layers; l++)
    for (size_t i = 0; i < n; i++) {
      const double *found = raw.attention + (l * n + i) * n * heads;
      double sum = raw.attention_residual[l * n + i];
      attention_twin(f, l, i, want);
      for (size_t p = 0; p < n * heads; p++) {
        assert_true(found[p] >= 0);
        sum += found[p];
        if (p < (i + 1) * heads)
          assert_near(found[p], want[p], SHARE_SLACK);
        else
          assert_true(found[p] == 0); /* nothing from later positions */
      }
      assert_near(raw.attention_residual[l * n + i], want[(i + 1) * heads], SHARE_SLACK);
      assert_near(sum, 1, 1e-12);
      const float *y = f->acts.resid[l + 1] + i * d;
      for (size_t e = 0; e < d; e++) ffn[e] = (double)y[e] - (m[e] = (double)f->acts.mid[l][i * d + e]);
      double of_f = proximity(y, ffn, d), of_m = proximity(y, m, d), both = of_f + of_m;
      assert_near(raw.ffn[l * n + i] + raw.ffn_residual[l * n + i], 1, 1e-12);
      assert_near(raw.ffn[l * n + i], both > 0 ? of_f / both : 0, SHARE_SLACK);
    }
  free(want);
  free(m);
  free(ffn);
}

TEST(shares_are_those_of_the_formula_and_sum_to_one) {
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    fixture f;
    fixture_open(&f, unit_models[m], 400 + m, 12);
    check_raw(&f);
    fixture_close(&f);
    fixture_open(&f, unit_models[m], 450 + m, 45); /* with nodes that are measured by signs */
    check_raw(&f);
    fixture_close(&f);
  }
}

/* The rows of the trace are the raw shares rounded, every one above the floor and no other. */
TEST(rows_are_the_raw_shares_rounded_once) {
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    fixture f;
    fixture_open(&f, unit_models[m], 500 + m, 10);
    hw_flow_settings settings = settings_of(0.04, 0.01);
    settings.raw = true;
    const uint32_t target = 9;
    hw_flow_prompt p = trace(&f, settings, &target, 1);
    const hw_target_trace *found = &p.traces[0];
    size_t heads = (size_t)f.model->config.n_heads, n = f.n, expected = 0;
    bool reached[32] = {false}, below[32];
    reached[target] = true;
    for (size_t l = (size_t)f.model->config.n_layers, at = 0; l-- > 0;) {
      for (int ffn = 1; ffn >= 0; ffn--)
        for (uint32_t i = 0; i < n; i++) {
          if (i == 0) memset(below, 0, sizeof below);
          if (!reached[i]) continue;
          size_t first = at, above = 0;
          for (; at < found->n_parts && found->parts[at].layer == l && found->parts[at].target == i && (found->parts[at].kind >= HW_PART_FFN) == (ffn == 1); at++) {
            const hw_part *part = &found->parts[at];
            const double *share = part->kind == HW_PART_ATTENTION            ? p.raw.attention + ((l * n + i) * n + part->source) * heads + part->head
                                  : part->kind == HW_PART_ATTENTION_RESIDUAL ? p.raw.attention_residual + l * n + i
                                  : part->kind == HW_PART_FFN                ? p.raw.ffn + l * n + i
                                                                             : p.raw.ffn_residual + l * n + i;
            assert_int_equal(part->importance, hw_micro(*share));
            if (!ffn) below[part->source] = true;
          }
          for (size_t k = 0; !ffn && k < n * heads; k++) above += hw_micro(p.raw.attention[(l * n + i) * n * heads + k]) > 10000;
          above += hw_micro((ffn ? p.raw.ffn_residual : p.raw.attention_residual)[l * n + i]) > 10000;
          if (ffn) above += hw_micro(p.raw.ffn[l * n + i]) > 10000;
          assert_int_equal(at - first, above ? above : 1);
          expected = at;
        }
      memcpy(reached, below, sizeof reached);
    }
    assert_int_equal(expected, found->n_parts);
    assert_true(found->n_parts > 10);
    fixture_close(&f);
  }
}

/* ---- A higher threshold from stored rows ---- */

/* Neurons of the rerun are among those kept at the floor, with the same numbers. */
static void neurons_are_among(const hw_target_trace *rerun, const hw_target_trace *stored) {
  size_t at = 0;
  for (size_t i = 0; i < rerun->n_neurons; i++) {
    while (at < stored->n_neurons && !same_neuron(&rerun->neurons[i], &stored->neurons[at])) at++;
    assert_true(at < stored->n_neurons);
  }
  assert_int_equal(rerun->n_neuron_nodes, rerun->graph.n_ffn_nodes);
  for (size_t i = 0; i < rerun->n_neuron_nodes; i++)
    assert_true(rerun->neuron_nodes[i].layer == rerun->graph.ffn_nodes[i].layer && rerun->neuron_nodes[i].position == rerun->graph.ffn_nodes[i].position);
}

TEST(a_replay_equals_a_rerun_bit_for_bit) {
  for (size_t m = 0; m < COUNT_OF(unit_models); m++)
    for (uint32_t n = 1; n <= 21; n += 10) {
      fixture f;
      fixture_open(&f, unit_models[m], 600 + m + n, n);
      hw_target_trace stored = trace_last(&f, settings_of(0.003, 0.003));
      uint64_t seed = m;
      for (int i = 0; i < 20; i++) {
        double threshold = i == 0 ? 0.003 : i == 19 ? 0.95 : 0.003 * pow(200, (i + fabs((double)unit_float(&seed))) / 20);
        if (i % 4 == 1) threshold = (double)stored.parts[unit_below(&seed, (uint32_t)stored.n_parts)].importance / 1e6; /* exactly on a share */
        if (threshold < 0.003) threshold = 0.003;
        if (threshold >= 1) threshold = 0.999;
        hw_target_trace rerun = trace_last(&f, settings_of(threshold, threshold)), between = trace_last(&f, settings_of(threshold, 0.003));
        hw_graph replayed;
        assert_ok(hw_graph_replay(&stored.frame, stored.parts, stored.n_parts, threshold, &f.b.arena, &f.b.arena, &replayed, &f.b.err), &f.b.err);
        same_graphs(&replayed, &rerun.graph, n, "replay against rerun");
        same_graphs(&between.graph, &rerun.graph, n, "traced with a floor against rerun");
        neurons_are_among(&rerun, &stored);
      }
      fixture_close(&f);
    }
}

/* ---- Projections ---- */

static void check_scores(const hw_projection *p, const double *want, size_t vocab, const char *what) {
  double slack = 2e-5 * (twin_largest(want, vocab) + 1e-2);
  assert_int_equal(p->k, vocab);
  for (size_t i = 0; i < vocab; i++) {
    if (!(fabs((double)p->promote_scores[i] - want[p->promotes[i]]) <= slack))
      fail_msg("%s layer %u: score of token %d is %.9g, want %.9g", what, p->layer, p->promotes[i], (double)p->promote_scores[i], want[p->promotes[i]]);
    assert_true(p->suppress_scores[i] == p->promote_scores[vocab - 1 - i]); /* the same scores from the other end */
  }
}

/* What a component adds, in double. */
static void component(const fixture *f, const hw_projection *p, double *u) {
  const hw_model_config *c = &f->model->config;
  size_t d = (size_t)c->d_model, d_head = (size_t)c->d_head, kv = (size_t)c->n_kv_heads * d_head, i = p->position, l = p->layer;
  const float *before = f->acts.resid[l] + i * d, *mid = f->acts.mid[l] + i * d, *after = f->acts.resid[l + 1] + i * d;
  float a[128];
  memset(u, 0, d * sizeof *u);
  if (p->kind == HW_COMPONENT_HEAD) hw_attention_weights(&f->acts, l, p->index, 0, i, a);
  for (size_t j = 0; p->kind == HW_COMPONENT_HEAD && j <= i; j++)
    for (size_t k = 0; k < d_head; k++) {
      double value = (double)a[j] * (double)f->acts.v[l][j * kv + p->index / (size_t)(c->n_heads / c->n_kv_heads) * d_head + k];
      for (size_t e = 0; e < d; e++) u[e] += value * unit_element(&f->model->layers[l].w_o, p->index * d_head + k, e);
    }
  for (size_t e = 0; e < d && p->kind != HW_COMPONENT_HEAD; e++)
    u[e] = p->kind == HW_COMPONENT_ATTENTION   ? (double)mid[e] - (double)before[e]
           : p->kind == HW_COMPONENT_FFN       ? (double)after[e] - (double)mid[e]
           : p->kind == HW_COMPONENT_RESID_MID ? (double)mid[e]
                                               : (double)after[e];
}

TEST(projections_equal_their_twin_in_both_conventions) {
  for (size_t m = 0; m < UNIT_FIXTURES; m++) {
    fixture f;
    fixture_open(&f, unit_models[m], 700 + m, 9);
    size_t d = (size_t)f.model->config.d_model, vocab = (size_t)f.model->config.vocab_size, seen[2][6] = {{0}};
    hw_flow_settings settings = settings_of(0.02, 0.02);
    settings.project = HW_PROJECT_ALL;
    settings.conventions = HW_CONVENTIONS_BOTH;
    settings.top_tokens = 1000; /* all tokens */
    const uint32_t target = 7;
    hw_target_trace t = trace(&f, settings, &target, 1).traces[0];
    double *u = twin_numbers(d), *want = twin_numbers(vocab), *target_state = twin_numbers(d), *scratch = twin_numbers(d);
    for (size_t e = 0; e < d; e++) target_state[e] = (double)f.acts.resid[f.model->config.n_layers][target * d + e];
    double sigma = twin_numerator(&f.model->config, target_state, f.model->final_gamma, scratch);
    for (size_t i = 0; i < t.n_projections; i++) {
      const hw_projection *p = &t.projections[i];
      bool alone = p->convention == HW_CONVENTION_ALONE;
      component(&f, p, u);
      twin_scores(f.model, u, alone ? 0 : 1 / sigma, alone, want);
      check_scores(p, want, vocab, hw_component_kind_names[p->kind]);
      if (!p->outside) seen[p->convention][p->kind]++;
    }
    assert_true(seen[0][HW_COMPONENT_HEAD] == t.graph.n_heads && seen[1][HW_COMPONENT_HEAD] == t.graph.n_heads); /* all heads, each at its best node */
    for (size_t h = 0; h < t.n_projections && t.projections[h].kind == HW_COMPONENT_HEAD; h++) {
      size_t g = 0;
      if (t.projections[h].outside) continue;
      while (t.graph.heads[g].layer != t.projections[h].layer || t.graph.heads[g].head != t.projections[h].index) assert_true(++g < t.graph.n_heads);
      assert_int_equal(t.projections[h].position, t.graph.heads[g].best_position);
    }
    for (int kind = HW_COMPONENT_ATTENTION; kind <= HW_COMPONENT_RESID_POST; kind++) assert_true(seen[0][kind] && seen[0][kind] == seen[1][kind]);
    free(u);
    free(want);
    free(target_state);
    free(scratch);
    fixture_close(&f);
  }
}

/* METHOD section 5: at the target the frozen shares of embedding and blocks, and W_U beta, are the logits. */
static void check_frozen_sum(fixture *f, uint32_t target) {
  const hw_model_config *c = &f->model->config;
  size_t d = (size_t)c->d_model, vocab = (size_t)c->vocab_size;
  hw_flow_settings settings = settings_of(0.04, 0.04);
  settings.project = HW_PROJECT_DEFAULT;
  settings.conventions = HW_CONVENTIONS_FROZEN;
  settings.top_tokens = (uint32_t)vocab;
  hw_target_trace t = trace(f, settings, &target, 1).traces[0];
  double *sum = twin_numbers(vocab);
  size_t blocks = 0;
  for (size_t i = 0; i < t.n_projections; i++) {
    const hw_projection *p = &t.projections[i];
    if (p->kind != HW_COMPONENT_ATTENTION && p->kind != HW_COMPONENT_FFN) continue;
    assert_int_equal(p->position, target);
    for (size_t v = 0; v < vocab; v++) sum[p->promotes[v]] += (double)p->promote_scores[v];
    blocks++;
  }
  assert_int_equal(blocks, 2 * c->n_layers);
  float *numerator = unit_floats(d), *scores = unit_floats(vocab), *logits = unit_floats(vocab), *probabilities = unit_floats(vocab);
  int32_t *ids = unit_alloc(vocab, sizeof *ids);
  (void)hw_norm_numerator(c->norm, f->acts.resid[0] + target * d, f->model->final_gamma, (float)c->norm_eps, d, numerator);
  float sigma = hw_norm_scale(c->norm, f->acts.resid[c->n_layers] + target * d, (float)c->norm_eps, d);
  hw_unembed_request embedding = {.vector = numerator, .scale = 1 / sigma, .scores = scores};
  assert_ok(hw_unembed(f->model, &embedding, 1, &(hw_team){.panel = f->b.panel}, &f->b.arena, &f->b.err), &f->b.err);
  hw_next_token query = {.row = target, .k = (uint32_t)vocab, .ids = ids, .logits = logits, .probabilities = probabilities};
  assert_ok(hw_next_tokens(&f->acts, &query, 1, &(hw_team){.panel = f->b.panel}, &f->b.arena, &f->b.err), &f->b.err);
  double largest = 0;
  for (size_t i = 0; i < vocab; i++) largest = fmax(largest, fabs((double)logits[i]));
  for (size_t i = 0; i < vocab; i++) {
    double beta = f->model->unembed_beta ? (double)f->model->unembed_beta[ids[i]] : 0;
    assert_near(sum[ids[i]] + (double)scores[ids[i]] + beta, logits[i], 2e-5 * largest);
  }
  free(sum);
  free(numerator);
  free(scores);
  free(logits);
  free(probabilities);
  free(ids);
}

TEST(frozen_projections_add_up_to_the_logits) {
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    fixture f;
    fixture_open(&f, unit_models[m], 800 + m, 11);
    check_frozen_sum(&f, 10);
    check_frozen_sum(&f, 3);
    fixture_close(&f);
  }
}

TEST(the_default_set_of_projections) {
  fixture f;
  fixture_open(&f, "tests/golden/models/llama-gqa", 900, 14);
  size_t layers = (size_t)f.model->config.n_layers;
  hw_flow_settings settings = settings_of(0.005, 0.005);
  settings.project = HW_PROJECT_DEFAULT;
  hw_target_trace t = trace_last(&f, settings);
  size_t n_heads = t.graph.n_heads < HW_PROJECTED_HEADS ? t.graph.n_heads : HW_PROJECTED_HEADS, n_outside = 0;
  assert_true(t.graph.n_heads > 10); /* more heads than are shown */
  for (size_t i = 0; i < t.n_projections; i++) n_outside += t.projections[i].outside;
  for (size_t i = n_heads; i < n_heads + n_outside; i++) assert_true(t.projections[i].kind == HW_COMPONENT_HEAD && t.projections[i].outside);
  assert_true(n_outside > 0); /* of graphs at higher thresholds, though the floor is the threshold */
  assert_int_equal(t.n_projections, n_heads + n_outside + 4 * layers);
  uint32_t last = UINT32_MAX, least_shown = UINT32_MAX;
  for (size_t i = 0; i < n_heads; i++) {
    const hw_projection *p = &t.projections[i];
    assert_true(p->kind == HW_COMPONENT_HEAD && p->convention == HW_CONVENTION_FROZEN && p->k == 10);
    for (size_t h = 0; h < t.graph.n_heads; h++)
      if (t.graph.heads[h].layer == p->layer && t.graph.heads[h].head == p->index) least_shown = t.graph.heads[h].importance;
    assert_true(least_shown <= last);
    last = least_shown;
  }
  size_t better = 0;
  for (size_t h = 0; h < t.graph.n_heads; h++) better += t.graph.heads[h].importance > least_shown;
  assert_true(better < n_heads);
  for (size_t l = 0; l < layers; l++)
    for (int kind = HW_COMPONENT_ATTENTION, k = 0; k < 4; k++) {
      static const int order[] = {HW_COMPONENT_ATTENTION, HW_COMPONENT_RESID_MID, HW_COMPONENT_FFN, HW_COMPONENT_RESID_POST};
      const hw_projection *p = &t.projections[n_heads + n_outside + 4 * l + (size_t)k];
      kind = order[k];
      assert_true(p->kind == kind && p->layer == l && p->position == 13);
      bool is_state = kind == HW_COMPONENT_RESID_MID || kind == HW_COMPONENT_RESID_POST;
      assert_int_equal(p->convention, is_state ? HW_CONVENTION_ALONE : HW_CONVENTION_FROZEN); /* a state: the logit lens */
    }
  fixture_close(&f);
}

TEST(neurons_promote_what_their_rows_say) {
  for (size_t m = 0; m < UNIT_FIXTURES; m++) {
    hw_model *model = unit_open(unit_models[m]);
    size_t d = (size_t)model->config.d_model, vocab = (size_t)model->config.vocab_size, n = (size_t)model->config.d_ffn;
    bench b;
    bench_init(&b);
    hw_projection *rows = hw_arena_znew(&b.arena, hw_projection, n, &b.err);
    for (size_t i = 0; i < n; i++) rows[i] = (hw_projection){.layer = (uint16_t)(i % 2), .index = (uint32_t)i};
    assert_ok(hw_project_neurons(model, rows, n, (uint32_t)vocab, &(hw_team){.panel = b.panel}, &b.arena, &b.err), &b.err);
    double *u = twin_numbers(d), *want = twin_numbers(vocab);
    for (size_t i = 0; i < n; i++) {
      for (size_t e = 0; e < d; e++) u[e] = unit_element(&model->layers[i % 2].w_out, i, e);
      twin_scores(model, u, 0, true, want);
      assert_true(rows[i].kind == HW_COMPONENT_NEURON && rows[i].convention == HW_CONVENTION_ALONE && rows[i].index == i);
      check_scores(&rows[i], want, vocab, "neuron");
    }
    free(u);
    free(want);
    bench_fini(&b);
    hw_model_close(model);
  }
}

/* ---- Neurons ---- */

static void check_neurons(const fixture *f, const hw_neuron_node *node, const hw_neuron_row *rows) {
  size_t d = (size_t)f->model->config.d_model, n = (size_t)f->model->config.d_ffn, l = node->layer, i = node->position;
  const float *y = f->acts.resid[l + 1] + i * d, *a = f->acts.neurons[l] + i * n;
  double *share = twin_numbers(n), *z = twin_numbers(d), sum = 0;
  for (size_t k = 0; k < n; k++) {
    for (size_t e = 0; e < d; e++) z[e] = (double)a[k] * unit_element(&f->model->layers[l].w_out, k, e);
    sum += share[k] = proximity(y, z, d);
  }
  for (size_t e = 0; e < d; e++) z[e] = (double)f->acts.mid[l][i * d + e];
  double all = sum + proximity(y, z, d);
  assert_near(node->total, 1e6 * sum / all, 5);
  for (size_t k = 0; k < n; k++) share[k] *= 1e6 / all;
  for (size_t r = 0; r < node->n_rows; r++) {
    assert_true(rows[r].layer == l && rows[r].position == i && rows[r].neuron < n);
    assert_near(rows[r].importance, share[rows[r].neuron], 3); /* in 1e-6 */
    assert_true(memcmp(&rows[r].activation, &a[rows[r].neuron], sizeof *a) == 0);
    assert_true(r == 0 || rows[r].importance <= rows[r - 1].importance);
    for (size_t s = 0; s < r; s++) assert_int_not_equal(rows[s].neuron, rows[r].neuron);
  }
  for (size_t r = 0; r < node->n_rows; r++) share[rows[r].neuron] = -1;
  for (size_t k = 0; k < n; k++) assert_true(share[k] <= rows[node->n_rows - 1].importance + 3.0); /* nobody better was left out */
  free(share);
  free(z);
}

TEST(neurons_equal_brute_force) {
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    fixture f;
    fixture_open(&f, unit_models[m], 1000 + m, 10);
    static const uint32_t ks[] = {1, 10, 5000};
    for (size_t k = 0; k < COUNT_OF(ks); k++) {
      hw_flow_settings settings = settings_of(0.04, 0.02);
      settings.top_neurons = ks[k];
      if (k == 2 && m >= UNIT_FIXTURES) continue;
      hw_target_trace t = trace_last(&f, settings);
      size_t row = 0;
      assert_true(t.n_neuron_nodes > 0);
      for (size_t n = 0; n < t.n_neuron_nodes; row += t.neuron_nodes[n++].n_rows) {
        assert_int_equal(t.neuron_nodes[n].n_rows, (int64_t)ks[k] < f.model->config.d_ffn ? (int64_t)ks[k] : f.model->config.d_ffn);
        check_neurons(&f, &t.neuron_nodes[n], t.neurons + row);
      }
      assert_int_equal(row, t.n_neurons);
    }
    hw_flow_settings none = settings_of(0.04, 0.02);
    none.top_neurons = 0;
    assert_int_equal(trace_last(&f, none).n_neurons, 0);
    fixture_close(&f);
  }
}

#include "flow_company_tests.h"
#include "tensor/kernels.h"

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parts_by_signs_equal_their_twin),
      cmocka_unit_test(shares_are_those_of_the_formula_and_sum_to_one),
      cmocka_unit_test(rows_are_the_raw_shares_rounded_once),
      cmocka_unit_test(a_replay_equals_a_rerun_bit_for_bit),
      cmocka_unit_test(projections_equal_their_twin_in_both_conventions),
      cmocka_unit_test(frozen_projections_add_up_to_the_logits),
      cmocka_unit_test(the_default_set_of_projections),
      cmocka_unit_test(neurons_promote_what_their_rows_say),
      cmocka_unit_test(neurons_equal_brute_force),
      cmocka_unit_test(several_targets_at_once_equal_each_alone),
      cmocka_unit_test(a_huge_activation_is_its_own_prompts_failure),
      cmocka_unit_test(overflow_in_every_place_is_a_failure),
      cmocka_unit_test(nothing_to_share_goes_to_the_residual),
      cmocka_unit_test(a_tie_goes_to_the_residual),
      cmocka_unit_test(a_tie_of_heads_goes_to_the_lower),
  };
  return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
