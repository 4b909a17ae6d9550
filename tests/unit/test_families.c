/* SPDX-License-Identifier: Apache-2.0
 * Every family of the table on its fixture: METHOD section 1's invariants with windows, output norms and parallel blocks, a prompt
 * alone as in company, and configurations that are refused by name. tests/reference holds the numbers. */
#include "forward_twin.h"

#include <jansson.h>

#include "headwater/flow.h"
#include "family_keys_tests.h"
#include "tensor/kernels.h"

/* A row for each family: fixtures under tests/golden/models. */
static const struct { const char *fixture, *family; } fixtures[] = {
    {"opt-odd", "opt"},
    {"opt-bare", "opt"},
    {"llama-bias", "llama"},
    {"llama-rope3", "llama"},
    {"gpt2-inverse", "gpt2"},
    {"qwen2-odd", "qwen2"},
    {"mistral-odd", "mistral"},
    {"qwen3-odd", "qwen3"},
    {"gpt_neox-parallel", "gpt_neox"},
    {"gpt_neox-sequential", "gpt_neox"},
    {"phi-odd", "phi"},
    {"phi-norms", "phi"},
    {"gpt_neo-odd", "gpt_neo"},
    {"gemma-odd", "gemma"},
    {"gemma2-odd", "gemma2"},
    {"phi3-odd", "phi3"},
    {"phi3-longrope", "phi3"},
    {"olmo-odd", "olmo"},
    {"olmo-clip", "olmo"},
    {"olmo2-odd", "olmo2"},
    {"gemma3-odd", "gemma3_text"},
    {"stablelm-odd", "stablelm"},
    {"stablelm-parallel", "stablelm"},
    {"starcoder2-odd", "starcoder2"},
    {"granite-odd", "granite"},
    {"smollm3-odd", "smollm3"},
    {"smollm3-interval", "smollm3"},
    {"cohere-odd", "cohere"},
    {"cohere-norms", "cohere"},
    {"cohere2-odd", "cohere2"},
    {"gptj-odd", "gptj"},
    {"codegen-odd", "codegen"},
    {"codegen2-odd", "codegen"},
    {"falcon-7b", "falcon"},
    {"falcon-new", "falcon"},
    {"falcon-rw", "falcon"},
    {"falcon-one-norm", "falcon"},
    {"bloom-odd", "bloom"},
    {"mpt-odd", "mpt"},
    {"mpt-clip", "mpt"},
    {"mpt-learned", "mpt"},
    {"gpt_bigcode-odd", "gpt_bigcode"},
    {"gpt_bigcode-heads", "gpt_bigcode"},
    {"llama-yarn", "llama"},
    {"llama-mscale", "llama"},
    {"llama-factor", "llama"},
    {"llama-dynamic", "llama"},
    {"mixtral-odd", "mixtral"},
    {"qwen2_moe-odd", "qwen2_moe"},
    {"qwen3_moe-odd", "qwen3_moe"},
    {"olmoe-odd", "olmoe"},
    {"gpt_oss-odd", "gpt_oss"},
    {"gpt_oss-mxfp4", "gpt_oss"},
};

static void fixture_path(const char *fixture, char path[96]) { (void)snprintf(path, 96, "tests/golden/models/%s", fixture); }

/* sum_n a[n] W[n] added to sum, absolute values to size; what stands behind an output norm is scaled with it. */
static void add_parts(const hw_matrix *w, const float *a, size_t first, size_t n, const float *gamma, double scale, double *sum, double *size) {
  for (size_t k = 0; k < n; k++)
    for (size_t e = 0; e < w->n_out; e++) {
      double part = (double)a[k] * unit_element(w, first + k, e) * (gamma ? (double)gamma[e] * scale : 1);
      sum[e] += part;
      size[e] += fabs(part);
    }
}

static void add_bias(const float *bias, const float *gamma, double scale, size_t d, double *sum, double *size) {
  for (size_t e = 0; bias && e < d; e++) {
    double part = (double)bias[e] * (gamma ? (double)gamma[e] * scale : 1);
    sum[e] += part;
    size[e] += fabs(part);
  }
}

static void expect_state(const float *state, const double *sum, const double *size, size_t d) {
  for (size_t e = 0; e < d; e++) assert_near(state[e], sum[e], 16 * 0x1p-23 * (size[e] + 1e-3));
}

/* x + sum z + b = m and m + sum_n a W_out + b_out = y, whatever the block is made of. */
static void check_parts(const hw_model *model) {
  enum { N = 17 };
  const hw_model_config *c = &model->config;
  size_t d = (size_t)c->d_model, f = hw_active_neurons(c), d_head = (size_t)c->d_head, kv = (size_t)c->n_kv_heads * d_head;
  size_t per_group = (size_t)(c->n_heads / c->n_kv_heads);
  const size_t length = N;
  int32_t ids[N];
  float a[N], *v = unit_floats(d_head);
  uint64_t seed = 7;
  bench b;
  bench_init(&b);
  unit_ids(&seed, model, N, ids);
  hw_activations acts = bench_forward(&b, model, ids, &length, 1);
  assert_true(b.arena.peak <= hw_forward_bytes(model, N, N, 1, false, true) + 1024); /* 1024: the bench's own */
  double *sum = twin_numbers(d), *size = twin_numbers(d);
  for (size_t l = 0; l < (size_t)c->n_layers; l++)
    for (size_t i = 0; i < N; i++) {
      const hw_layer *layer = &model->layers[l];
      for (size_t e = 0; e < d; e++) size[e] = fabs(sum[e] = (double)acts.resid[l][i * d + e]);
      double scale = layer->attn_out_gamma ? (double)acts.attn_out_scale[l][i] : 1;
      add_bias(layer->attn_bias, layer->attn_out_gamma, scale, d, sum, size);
      for (size_t h = 0; h < (size_t)c->n_heads; h++) {
        double total = 0;
        hw_attention_weights(&acts, l, h, 0, i, a);
        for (size_t j = 0; j <= i; j++) {
          total += (double)a[j];
          if (j < hw_attention_first(model, l, i)) assert_true(a[j] == 0);
          for (size_t k = 0; k < d_head; k++) v[k] = a[j] * acts.v[l][j * kv + h / per_group * d_head + k];
          add_parts(&layer->w_o, v, h * d_head, d_head, layer->attn_out_gamma, scale, sum, size);
        }
        if (layer->sinks) assert_true(total > 0 && total < 1);
        else assert_near(total, 1, 1e-6);
      }
      expect_state(acts.mid[l] + i * d, sum, size, d);
      for (size_t e = 0; e < d; e++) size[e] = fabs(sum[e] = (double)acts.mid[l][i * d + e]);
      scale = layer->ffn_out_gamma ? (double)acts.ffn_out_scale[l][i] : 1;
      add_bias(layer->b_out, layer->ffn_out_gamma, scale, d, sum, size);
      for (size_t part = 0; f && part < hw_ffn_parts(c); part++) {
        size_t place;
        if (!hw_ffn_part_place(&acts, l, i, part, &place)) continue;
        const float *neurons = acts.neurons[l] + i * f + place;
        assert_int_equal(hw_neuron_number(&acts, l, i, place), part * (size_t)c->d_expert);
        add_parts(hw_ffn_part_out(model, l, part), neurons, 0, hw_ffn_part_size(c, part), layer->ffn_out_gamma, scale, sum, size);
        for (size_t e = 0; layer->experts && layer->experts[part].b_out && e < d; e++) {
          double bias = (double)acts.routing[l][i * (size_t)c->experts_used + place / (size_t)c->d_expert] * (double)layer->experts[part].b_out[e];
          sum[e] += bias;
          size[e] += fabs(bias);
        }
      }
      expect_state(acts.resid[l + 1] + i * d, sum, size, d);
    }
  free(sum);
  free(size);
  free(v);
  bench_fini(&b);
}

/* Three prompts in one batch give the bits that each gives alone. */
static void check_company(const hw_model *model) {
  static const size_t lengths[3] = {3, 11, 17};
  size_t d = (size_t)model->config.d_model, row = 0;
  int32_t ids[31];
  uint64_t seed = 11;
  bench b;
  bench_init(&b);
  unit_ids(&seed, model, 31, ids);
  hw_activations together = bench_forward(&b, model, ids, lengths, 3);
  for (size_t p = 0; p < 3; row += lengths[p++]) {
    hw_activations alone = bench_forward(&b, model, ids + row, &lengths[p], 1);
    for (int64_t l = 0; l <= model->config.n_layers; l++)
      assert_memory_equal(alone.resid[l], together.resid[l] + row * d, lengths[p] * d * sizeof(float));
  }
  bench_fini(&b);
}

/* Every graph of a prompt: the same rows alone and in company, replayed to a flow that sums to 1 at the tokens. */
static void check_graphs(const hw_model *model) {
  static const size_t lengths[3] = {3, 11, 17};
  static const uint32_t targets[2] = {0, 2};
  const hw_flow_settings settings = {.threshold = 0.04, .floor = 0.01, .top_neurons = 5, .top_tokens = 4, .project = HW_PROJECT_ALL};
  int32_t ids[31];
  uint64_t seed = 11;
  size_t row = 0;
  bench b;
  bench_init(&b);
  unit_ids(&seed, model, 31, ids);
  hw_target_trace together[3][2], alone[2];
  hw_flow_prompt prompts[3], single;
  for (size_t p = 0; p < 3; p++) prompts[p] = (hw_flow_prompt){.prompt = p, .n_targets = 2, .targets = targets, .traces = together[p]};
  hw_activations acts = bench_forward(&b, model, ids, lengths, 3);
  assert_ok(hw_flow_trace(&acts, &settings, prompts, 3, &(hw_team){.panel = b.panel}, &b.arena, &b.scratch, &b.err), &b.err);
  for (size_t p = 0; p < 3; row += lengths[p++]) {
    single = (hw_flow_prompt){.n_targets = 2, .targets = targets, .traces = alone};
    acts = bench_forward(&b, model, ids + row, &lengths[p], 1);
    assert_ok(hw_flow_trace(&acts, &settings, &single, 1, &(hw_team){.panel = b.panel}, &b.arena, &b.scratch, &b.err), &b.err);
    for (size_t t = 0; t < 2; t++) {
      const hw_target_trace *a = &alone[t], *c = &together[p][t];
      double flow = 0;
      assert_int_equal(a->n_parts, c->n_parts);
      for (size_t i = 0; i < a->n_parts; i++) assert_int_equal(a->parts[i].importance, c->parts[i].importance);
      assert_int_equal(a->n_neurons, c->n_neurons);
      for (size_t i = 0; i < a->n_neurons; i++) assert_int_equal(a->neurons[i].importance, c->neurons[i].importance);
      assert_int_equal(a->n_projections, c->n_projections);
      for (size_t i = 0; i < a->frame.n_tokens; i++) flow += c->graph.token_flow[i];
      assert_near(flow, 1, 1e-12);
      for (size_t i = 0; i < c->n_projections; i++)
        assert_false(c->projections[i].kind == HW_COMPONENT_RESID_MID && model->config.parallel);
    }
  }
  bench_fini(&b);
}

static void every_fixture_falls_into_its_parts(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(fixtures); i++) {
    char path[96];
    fixture_path(fixtures[i].fixture, path);
    hw_model *model = unit_open(path);
    assert_string_equal(model->config.family, fixtures[i].family);
    check_parts(model);
    check_company(model);
    check_graphs(model);
    hw_model_close(model);
  }
}

static void every_family_has_a_fixture(void **state) {
  (void)state;
  for (size_t f = 0; hw_family_name(f); f++) {
    bool found = false;
    for (size_t i = 0; i < COUNT_OF(fixtures); i++) found = found || strcmp(fixtures[i].family, hw_family_name(f)) == 0;
    if (!found) fail_msg("no fixture for %s", hw_family_name(f));
  }
}

/* The fixture's config.json with keys set ("-": taken out); NaN as Python writes it. */
static bool read_changed(const char *fixture, const char *keys, hw_model_config *config, hw_error *err) {
  char path[96], file[128];
  fixture_path(fixture, path);
  (void)snprintf(file, sizeof file, "%s/config.json", path);
  const char *key;
  json_t *root = json_load_file(file, 0, NULL), *changes = json_loads(keys, 0, NULL), *value;
  assert_non_null(root);
  if (!changes) fail_msg("%s is no JSON", keys);
  json_object_update(root, changes);
  json_object_foreach(changes, key, value)
    if (strcmp(json_is_string(value) ? json_string_value(value) : "", "-") == 0) json_object_del(root, key);
  toy t = {0};
  toy_folder(&t);
  char *text = json_dumps(root, 0), *nan = strstr(text, "\"nan\"");
  if (nan) memcpy(nan, " NaN ", 5);
  toy_put(&t, "config.json", text, strlen(text));
  bool ok = hw_model_config_read(t.folder, NULL, config, err);
  free(text);
  json_decref(changes);
  json_decref(root);
  toy_fini(&t);
  return ok;
}

static void what_is_not_computed_is_refused_by_name(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(refused); i++) {
    char keys[320];
    (void)snprintf(keys, sizeof keys, "{\"%s\": %s}", refused[i].key, strcmp(refused[i].value, "NaN") == 0 ? "\"nan\"" : refused[i].value);
    hw_model_config config;
    hw_error err = {0};
    bool ok = read_changed(refused[i].fixture, keys, &config, &err);
    if (ok || !strstr(err.message, refused[i].words) || !strstr(err.message, refused[i].key))
      fail_msg("%s with %s = %s: %s", refused[i].fixture, refused[i].key, refused[i].value, ok ? "taken" : err.message);
  }
}

static void other_spellings_and_nulls_mean_the_same(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(same); i++) {
    hw_model_config plain, changed;
    hw_error err = {0};
    assert_ok(read_changed(same[i].fixture, "{}", &plain, &err), &err);
    if (!read_changed(same[i].fixture, same[i].keys, &changed, &err)) fail_msg("%s with %s: %s", same[i].fixture, same[i].keys, err.message);
    changed.window_pattern = plain.window_pattern; /* how the windows are said; windowed has them */
    changed.window_interval = plain.window_interval;
    if (memcmp(&plain, &changed, sizeof plain) != 0) fail_msg("%s with %s: read otherwise", same[i].fixture, same[i].keys);
  }
  hw_model_config config;
  hw_error err = {0};
  assert_ok(read_changed("llama-bias", "{\"nobody_reads_this\": \"nan\"}", &config, &err), &err);
}

static void keys_that_change_nothing_are_told(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(noticed); i++) {
    hw_model_config plain, changed;
    hw_error err = {0};
    assert_ok(read_changed(noticed[i].fixture, "{}", &plain, &err), &err);
    assert_ok(read_changed(noticed[i].fixture, noticed[i].keys, &changed, &err), &err);
    assert_string_equal(changed.notice, noticed[i].notice);
    memset(changed.notice, 0, sizeof changed.notice);
    assert_memory_equal(&plain, &changed, sizeof plain);
  }
}

static void key_value_heads_are_the_class_s(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(kv_heads); i++) {
    hw_model_config config;
    hw_error err = {0};
    assert_ok(read_changed(kv_heads[i].fixture, "{\"num_attention_heads\": 32, \"hidden_size\": 256, \"num_key_value_heads\": \"-\"}", &config, &err), &err);
    assert_int_equal(config.n_kv_heads, kv_heads[i].left_out);
    assert_ok(read_changed(kv_heads[i].fixture, "{\"num_attention_heads\": 32, \"hidden_size\": 256, \"num_key_value_heads\": null}", &config, &err), &err);
    assert_int_equal(config.n_kv_heads, 32);
  }
}

static void keys_left_out_mean_the_defaults_of_the_family(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(defaults); i++) {
    hw_model_config left_out, written;
    hw_error err = {0};
    assert_ok(read_changed(defaults[i].fixture, defaults[i].left_out, &left_out, &err), &err);
    assert_ok(read_changed(defaults[i].fixture, defaults[i].written, &written, &err), &err);
    if (memcmp(&left_out, &written, sizeof written) != 0) fail_msg("%s with %s: read otherwise than %s", defaults[i].fixture, defaults[i].left_out, defaults[i].written);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_fixture_falls_into_its_parts),
      cmocka_unit_test(every_family_has_a_fixture),
      cmocka_unit_test(what_is_not_computed_is_refused_by_name),
      cmocka_unit_test(other_spellings_and_nulls_mean_the_same),
      cmocka_unit_test(keys_that_change_nothing_are_told),
      cmocka_unit_test(key_value_heads_are_the_class_s),
      cmocka_unit_test(keys_left_out_mean_the_defaults_of_the_family),
  };
  return cmocka_run_group_tests_name("families", tests, NULL, NULL);
}
