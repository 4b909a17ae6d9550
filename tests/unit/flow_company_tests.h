/* SPDX-License-Identifier: Apache-2.0
 * Part of test_flow.c: several targets in one walk, a bad prompt among good ones, nodes where nothing or everything ties. */
#ifndef HW_TESTS_FLOW_COMPANY_TESTS_H
#define HW_TESTS_FLOW_COMPANY_TESTS_H

/* ---- Several targets, several prompts ---- */

TEST(several_targets_at_once_equal_each_alone) {
  static const uint32_t targets[] = {0, 3, 4, 11};
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    fixture f;
    fixture_open(&f, unit_models[m], 1100 + m, 12);
    hw_flow_settings settings = settings_of(0.05, 0.02);
    settings.conventions = HW_CONVENTIONS_BOTH;
    settings.project = HW_PROJECT_ALL;
    hw_flow_prompt together = trace(&f, settings, targets, COUNT_OF(targets));
    for (size_t t = 0; t < COUNT_OF(targets); t++) {
      hw_flow_prompt alone = trace(&f, settings, targets + t, 1);
      same_traces(&together.traces[t], &alone.traces[0], unit_models[m]);
      assert_int_equal(alone.traces[0].frame.target, targets[t]);
      double sum = 0;
      for (uint32_t i = 0; i < f.n; i++) sum += alone.traces[0].graph.token_flow[i];
      assert_near(sum, 1, 1e-12);
    }
    settings.raw = true; /* every node evaluated: the graphs stay what they were */
    hw_flow_prompt raw = trace(&f, settings, targets, COUNT_OF(targets));
    for (size_t t = 0; t < COUNT_OF(targets); t++) same_traces(&raw.traces[t], &together.traces[t], "raw");
    fixture_close(&f);
  }
}

/* Three prompts in a batch, of which the second meets a weight of 1e35. */
TEST(a_huge_activation_is_its_own_prompts_failure) {
  static const size_t lengths[] = {5, 6, 4}, first[] = {0, 5, 11};
  static const int32_t ids[15] = {1, 2, 3, 4, 6, 7, 8, 5, 9, 1, 2, 3, 3, 1, 0};
  const uint32_t targets[3][2] = {{0, 4}, {0, 5}, {1, 3}};
  for (int family = 0; family < 2; family++) {
    toy t;
    if (family)
      toy_gpt2(&t, 7, HW_F32, toy_small);
    else
      toy_llama(&t, 7, HW_F32, toy_small, true);
    toy_find(&t, family ? "wte.weight" : "model.embed_tokens.weight")->values[5 * 12 + 3] = 1e35f;
    toy_write(&t);
    fixture f = {.model = unit_open(t.folder)};
    bench_init(&f.b);
    f.acts = bench_forward(&f.b, f.model, ids, lengths, 3);
    hw_flow_settings settings = settings_of(0.04, 0.02);
    settings.project = HW_PROJECT_DEFAULT;
    settings.raw = true;
    hw_flow_prompt prompts[3] = {0};
    for (size_t p = 0; p < 3; p++)
      prompts[p] = (hw_flow_prompt){.prompt = p, .n_targets = 2, .targets = targets[p], .traces = hw_arena_znew(&f.b.arena, hw_target_trace, 2, &f.b.err)};
    assert_ok(hw_flow_trace(&f.acts, &settings, prompts, 3, &(hw_team){.panel = f.b.panel}, &f.b.arena, &f.b.scratch, &f.b.err), &f.b.err);
    assert_non_null(prompts[1].failure);
    assert_non_null(strstr(prompts[1].failure, "not a finite number"));
    for (size_t p = 0; p < 3; p += 2) {
      assert_null(prompts[p].failure);
      f.n = (uint32_t)lengths[p];
      f.acts = bench_forward(&f.b, f.model, ids + first[p], lengths + p, 1);
      hw_flow_prompt alone = trace(&f, settings, targets[p], 2);
      for (size_t k = 0; k < 2; k++) {
        double sum = 0;
        for (size_t i = 0; i < lengths[p]; i++) sum += prompts[p].traces[k].graph.token_flow[i];
        assert_near(sum, 1, 1e-12);
        same_traces(&prompts[p].traces[k], &alone.traces[k], "beside a bad prompt");
      }
    }
    fixture_close(&f);
    toy_fini(&t);
  }
}

/* Weights that make a query, a value, a neuron or a norm overflow: wherever it happens, the prompt fails and has no numbers. */
TEST(overflow_in_every_place_is_a_failure) {
  static const struct { const char *name; float factor; bool gpt2; } places[] = {
      {"wpe.weight", 1e38f, true}, {"h.0.ln_1.weight", 1e38f, true}, {"h.1.attn.c_attn.weight", 1e25f, true}, {"h.1.attn.c_attn.weight", 1e38f, true},
      {"h.1.attn.c_proj.weight", 1e38f, true}, {"h.0.mlp.c_fc.weight", 1e38f, true}, {"h.1.mlp.c_proj.weight", 1e38f, true},
      {"h.1.mlp.c_proj.bias", 3e38f, true}, {"h.1.attn.c_proj.bias", 1e33f, true},
      {"model.layers.0.self_attn.q_proj.weight", 3e38f, false}, {"model.layers.1.self_attn.v_proj.weight", 1e38f, false},
      {"model.layers.1.self_attn.o_proj.weight", 1e38f, false}, {"model.layers.0.mlp.gate_proj.weight", 3e38f, false},
      {"model.layers.1.mlp.up_proj.weight", 3e38f, false}, {"model.layers.1.mlp.down_proj.weight", 1e38f, false}};
  for (size_t i = 0; i < COUNT_OF(places); i++) {
    toy t;
    if (places[i].gpt2)
      toy_gpt2(&t, 8 + i, HW_F32, toy_small);
    else
      toy_llama(&t, 8 + i, HW_F32, toy_small, false);
    toy_tensor *w = toy_find(&t, places[i].name);
    for (size_t v = 0; v < w->n; v++) w->values[v] *= places[i].factor;
    if (strcmp(places[i].name, "h.1.attn.c_proj.bias") == 0) /* the FFN takes away what was too much */
      for (size_t v = 0; v < w->n; v++) toy_find(&t, "h.1.mlp.c_proj.bias")->values[v] = -w->values[v];
    toy_write(&t);
    fixture f = {.model = unit_open(t.folder)};
    bench_init(&f.b);
    static const int32_t ids[6] = {1, 2, 3, 4, 5, 6};
    static const size_t length = 6;
    const uint32_t target = 5;
    f.acts = bench_forward(&f.b, f.model, ids, &length, 1);
    hw_flow_settings settings = settings_of(0.04, 0.04);
    hw_flow_prompt p = {.n_targets = 1, .targets = &target, .traces = hw_arena_znew(&f.b.arena, hw_target_trace, 1, &f.b.err)};
    assert_ok(hw_flow_trace(&f.acts, &settings, &p, 1, &(hw_team){.panel = f.b.panel}, &f.b.arena, &f.b.scratch, &f.b.err), &f.b.err);
    if (!p.failure) fail_msg("%s times %g went through", places[i].name, (double)places[i].factor);
    fixture_close(&f);
    toy_fini(&t);
  }
}

/* y = 0 although m and f are not: no part is near it, so the residual has it all (METHOD section 2). y = 2 m with f = m: neither is
 * larger, and where neither survives the residual is kept. */
static void check_residual(bool tie) {
  toy t;
  toy_sizes sizes = toy_small;
  sizes.n_layers = 1;
  toy_gpt2(&t, 9, HW_F32, sizes);
  static const char *const zero[] = {"wpe.weight", "h.0.attn.c_proj.weight", "h.0.attn.c_proj.bias", "h.0.mlp.c_proj.weight"};
  for (size_t i = 0; i < COUNT_OF(zero); i++) memset(toy_find(&t, zero[i])->values, 0, toy_find(&t, zero[i])->n * sizeof(float));
  float *embedding = toy_find(&t, "wte.weight")->values, *bias = toy_find(&t, "h.0.mlp.c_proj.bias")->values;
  for (size_t v = 1; v < 19; v++) memcpy(embedding + v * 12, embedding, 12 * sizeof(float));
  for (size_t e = 0; e < 12; e++) bias[e] = tie ? embedding[e] : -embedding[e];
  toy_write(&t);
  fixture f = {.model = unit_open(t.folder), .n = 3};
  bench_init(&f.b);
  static const int32_t ids[3] = {1, 2, 3};
  static const size_t length = 3;
  f.acts = bench_forward(&f.b, f.model, ids, &length, 1);
  const uint32_t target = 2;
  hw_flow_settings settings = settings_of(tie ? 0.5 : 0.04, tie ? 0.5 : 0.001); /* 0.5 is not above 0.5 */
  settings.raw = true;
  hw_flow_prompt p = trace(&f, settings, &target, 1);
  const double of_f = tie ? 0.5 : 0;
  for (size_t i = 0; i < 3; i++) assert_true(p.raw.ffn[i] == of_f && p.raw.ffn_residual[i] == 1 - of_f);
  assert_int_equal(p.traces[0].n_parts, 2);
  assert_true(p.traces[0].parts[0].kind == HW_PART_FFN_RESIDUAL && p.traces[0].parts[0].importance == (tie ? 500000 : 1000000));
  assert_true(p.traces[0].parts[1].kind == HW_PART_ATTENTION_RESIDUAL && p.traces[0].parts[1].importance == 1000000);
  assert_near(p.traces[0].graph.token_flow[2], 1, 0);
  assert_int_equal(p.traces[0].n_neurons, 0); /* M was not reached */
  fixture_close(&f);
  toy_fini(&t);
}
TEST(nothing_to_share_goes_to_the_residual) { check_residual(false); }
TEST(a_tie_goes_to_the_residual) { check_residual(true); }

/* Two heads that are one another's copy, each the larger part by far, and neither above the floor: the lower head is kept. */
TEST(a_tie_of_heads_goes_to_the_lower) {
  toy t;
  toy_sizes sizes = toy_small;
  sizes.n_layers = 1;
  toy_gpt2(&t, 10, HW_F32, sizes);
  float *qkv = toy_find(&t, "h.0.attn.c_attn.weight")->values, *bias = toy_find(&t, "h.0.attn.c_attn.bias")->values, *out = toy_find(&t, "h.0.attn.c_proj.weight")->values;
  for (size_t part = 0; part < 3; part++)
    for (size_t k = 0; k < 6; k++) {
      bias[part * 12 + 6 + k] = bias[part * 12 + k];
      for (size_t in = 0; in < 12; in++) qkv[in * 36 + part * 12 + 6 + k] = qkv[in * 36 + part * 12 + k];
    }
  for (size_t k = 0; k < 6 * 12; k++) out[6 * 12 + k] = out[k] *= 10;
  toy_write(&t);
  fixture f = {.model = unit_open(t.folder), .n = 1};
  bench_init(&f.b);
  static const int32_t id = 4;
  static const size_t length = 1;
  f.acts = bench_forward(&f.b, f.model, &id, &length, 1);
  hw_target_trace low = trace_last(&f, settings_of(0.04, 0.001)), high = trace_last(&f, settings_of(0.7, 0.7));
  size_t a = low.n_parts - 3; /* head 0, head 1, residual */
  assert_true(low.parts[a].head == 0 && low.parts[a + 1].head == 1 && low.parts[a].importance > 300000);
  assert_int_equal(low.parts[a].importance, low.parts[a + 1].importance);
  const hw_part *kept = &high.parts[high.n_parts - 1];
  assert_true(kept->kind == HW_PART_ATTENTION && kept->head == 0);
  assert_int_equal(high.graph.n_heads, 1);
  fixture_close(&f);
  toy_fini(&t);
}

#endif
