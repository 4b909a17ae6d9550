/* SPDX-License-Identifier: Apache-2.0
 * Part of test_model.c: the forward pass against its twin in double precision. */
#ifndef HW_TESTS_FORWARD_TESTS_H
#define HW_TESTS_FORWARD_TESTS_H

/* ---- The forward pass ---- */

static void check_rows(const float *found, const double *want, size_t n, const char *what) {
  double slack = 2e-5 * (twin_largest(want, n) + 1e-3);
  for (size_t i = 0; i < n; i++)
    if (!(fabs((double)found[i] - want[i]) <= slack)) fail_msg("%s[%zu] is %.9g, want %.9g within %.2g", what, i, (double)found[i], want[i], slack);
}

/* Three prompts in one batch, each as the twin computes it alone. */
static void check_forward(const hw_model *model, uint64_t seed) {
  static const size_t lengths[3] = {1, 7, 13};
  const hw_model_config *c = &model->config;
  size_t d = (size_t)c->d_model, f = (size_t)c->d_ffn, kv = (size_t)(c->n_kv_heads * c->d_head), heads = (size_t)(c->n_heads * c->d_head), row = 0;
  int32_t ids[21];
  bench b;
  bench_init(&b);
  unit_ids(&seed, model, 21, ids);
  hw_activations acts = bench_forward(&b, model, ids, lengths, 3);
  for (size_t p = 0; p < 3; row += lengths[p++]) {
    forward_twin twin = twin_forward(model, ids + row, lengths[p]);
    for (size_t l = 0; l <= twin.n_layers; l++) {
      check_rows(acts.resid[l] + row * d, twin.resid[l], lengths[p] * d, "resid");
      if (l == twin.n_layers) break;
      check_rows(acts.mid[l] + row * d, twin.mid[l], lengths[p] * d, "mid");
      check_rows(acts.q[l] + row * heads, twin.q[l], lengths[p] * heads, "q");
      check_rows(acts.k[l] + row * kv, twin.k[l], lengths[p] * kv, "k");
      check_rows(acts.v[l] + row * kv, twin.v[l], lengths[p] * kv, "v");
      check_rows(acts.neurons[l] + row * f, twin.neurons[l], lengths[p] * f, "neurons");
    }
    twin_free(&twin);
  }
  bench_fini(&b);
}

TEST(forward_equals_its_twin) {
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    hw_model *model = unit_open(unit_models[m]);
    check_forward(model, 100 + m);
    hw_model_close(model);
  }
}

/* Every dtype, every activation, biases where a LLaMA may have them; with the data at even and at odd addresses of the file. */
TEST(toys_equal_their_twin_wherever_the_data_lie) {
  static const char *const acts[] = {"\"gelu_new\"", "\"gelu\"", "\"relu\"", "\"silu\""};
  for (size_t i = 0; i < 24; i++) {
    hw_dtype dtype = (hw_dtype)(i % 3);
    if (i % 2)
      toy_gpt2(&t, i, dtype, toy_small);
    else
      toy_llama(&t, i, dtype, (toy_sizes){2, 6, 3, 12, 4, 20, 16, 19}, i % 4 == 0);
    set_config(i % 2 ? "activation_function" : "hidden_act", acts[i / 6]);
    t.padding = i / 3 % 4;
    toy_write(&t);
    hw_model *model = unit_open(t.folder);
    check_forward(model, i);
    hw_model_close(model);
    toy_fini(&t);
  }
}

/* b = b_O + b_V W_O, each head with its group's bias. */
TEST(value_bias_is_folded) {
  toy_llama(&t, 3, HW_F32, (toy_sizes){2, 6, 3, 12, 4, 20, 16, 19}, true);
  toy_write(&t);
  hw_model *model = unit_open(t.folder);
  const float *b_v = toy_find(&t, "model.layers.1.self_attn.v_proj.bias")->values, *b_o = toy_find(&t, "model.layers.1.self_attn.o_proj.bias")->values,
              *w_o = toy_find(&t, "model.layers.1.self_attn.o_proj.weight")->values;
  for (size_t e = 0; e < 12; e++) {
    double want = (double)b_o[e];
    for (size_t k = 0; k < 24; k++) want += (double)b_v[k / 4 / 2 * 4 + k % 4] * (double)w_o[e * 24 + k];
    assert_near(model->layers[1].attn_bias[e], want, 1e-6);
  }
  hw_model_close(model);
}

/* METHOD section 1: x + sum z + b = m and m + sum_n a W_out + b_out = y, the parts taken apart in double. */
static void check_parts(const hw_model *model, uint64_t seed) {
  enum { N = 9 };
  const hw_model_config *c = &model->config;
  size_t d = (size_t)c->d_model, f = (size_t)c->d_ffn, d_head = (size_t)c->d_head, kv = (size_t)c->n_kv_heads * d_head, per_group = (size_t)(c->n_heads / c->n_kv_heads);
  const size_t length = N;
  int32_t ids[N];
  float a[N];
  bench b;
  bench_init(&b);
  unit_ids(&seed, model, N, ids);
  hw_activations acts = bench_forward(&b, model, ids, &length, 1);
  double *sum = twin_numbers(d), *size = twin_numbers(d);
  for (size_t l = 0; l < (size_t)c->n_layers; l++)
    for (size_t i = 0; i < N; i++) {
      const hw_layer *layer = &model->layers[l];
      for (size_t e = 0; e < d; e++) size[e] = fabs(sum[e] = (double)acts.resid[l][i * d + e] + (layer->attn_bias ? (double)layer->attn_bias[e] : 0));
      for (size_t h = 0; h < (size_t)c->n_heads; h++) {
        double total = 0;
        hw_attention_weights(&acts, l, h, 0, i, a);
        for (size_t j = 0; j <= i; j++) {
          total += (double)a[j];
          for (size_t k = 0; k < d_head; k++)
            for (size_t e = 0; e < d; e++) {
              double part = (double)a[j] * (double)acts.v[l][j * kv + h / per_group * d_head + k] * unit_element(&layer->w_o, h * d_head + k, e);
              sum[e] += part;
              size[e] += fabs(part);
            }
        }
        assert_near(total, 1, 1e-6);
      }
      for (size_t e = 0; e < d; e++) assert_near(acts.mid[l][i * d + e], sum[e], 8 * 0x1p-23 * size[e]);
      for (size_t e = 0; e < d; e++) size[e] = fabs(sum[e] = (double)acts.mid[l][i * d + e] + (layer->b_out ? (double)layer->b_out[e] : 0));
      for (size_t n = 0; n < f; n++)
        for (size_t e = 0; e < d; e++) {
          double part = (double)acts.neurons[l][i * f + n] * unit_element(&layer->w_out, n, e);
          sum[e] += part;
          size[e] += fabs(part);
        }
      for (size_t e = 0; e < d; e++) assert_near(acts.resid[l + 1][i * d + e], sum[e], 8 * 0x1p-23 * size[e]);
    }
  free(sum);
  free(size);
  bench_fini(&b);
}

TEST(parts_and_biases_make_the_whole) {
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    hw_model *model = unit_open(unit_models[m]);
    check_parts(model, 200 + m);
    hw_model_close(model);
  }
}

#endif
