/* SPDX-License-Identifier: Apache-2.0
 * headwater.json: the same weights described in another way give the same bits; models without norms or FFN; what is refused. */
#include "forward_twin.h"

static toy t;
static hw_error err;

static int setup(void **state) {
  (void)state;
  err = (hw_error){0};
  return 0;
}
static int teardown(void **state) {
  char path[64];
  (void)state;
  toy_path(&t, "headwater.json", path);
  (void)unlink(path);
  toy_fini(&t);
  return 0;
}

static void describe(const char *text) { toy_put(&t, "headwater.json", text, strlen(text)); }

/* The states and scores of one prompt through a folder. */
static float *run_folder(const char *folder, size_t *n) {
  static const int32_t ids[5] = {3, 1, 4, 1, 5};
  const size_t length = 5;
  hw_model *model = unit_open(folder);
  size_t d = (size_t)model->config.d_model, layers = (size_t)model->config.n_layers, vocab = (size_t)model->config.vocab_out;
  bench b;
  bench_init(&b);
  hw_activations acts = bench_forward(&b, model, ids, &length, 1);
  float *all = unit_floats(*n = 5 * d * (layers + 1) + vocab), logits[32];
  int32_t order[32];
  float probabilities[32];
  assert_true(vocab <= 32);
  for (size_t l = 0; l <= layers; l++) memcpy(all + l * 5 * d, acts.resid[l], 5 * d * sizeof *all);
  hw_next_token query = {.row = 4, .k = (uint32_t)vocab, .ids = order, .logits = logits, .probabilities = probabilities};
  assert_ok(hw_next_tokens(&acts, &query, 1, &(hw_team){.panel = b.panel}, &b.arena, &b.err), &b.err);
  for (size_t v = 0; v < vocab; v++) all[5 * d * (layers + 1) + (size_t)order[v]] = logits[v];
  bench_fini(&b);
  hw_model_close(model);
  return all;
}

static void same_as(const float *want, size_t n_want, const char *description) {
  size_t n;
  describe(description);
  float *found = run_folder(t.folder, &n);
  assert_int_equal(n, n_want);
  assert_memory_equal(found, want, n * sizeof *found);
  free(found);
}

#define GPT2_SIZES "\"layers\": 2, \"heads\": 2, \"d_model\": 12, \"d_ffn\": 20, \"context\": 16, \"vocabulary\": 19, "
#define GPT2_TENSORS \
  "\"token_embedding\": \"wte.weight\", \"position_embedding\": \"wpe.weight\", \"attention_norm\": \"h.{layer}.ln_1.weight\", " \
  "\"attention_norm_bias\": \"h.{layer}.ln_1.bias\", \"qkv\": \"h.{layer}.attn.c_attn.weight\", \"qkv_bias\": \"h.{layer}.attn.c_attn.bias\", " \
  "\"o\": \"h.{layer}.attn.c_proj.weight\", \"o_bias\": \"h.{layer}.attn.c_proj.bias\", \"ffn_norm\": \"h.{layer}.ln_2.weight\", " \
  "\"ffn_norm_bias\": \"h.{layer}.ln_2.bias\", \"ffn_in\": \"h.{layer}.mlp.c_fc.weight\", \"ffn_in_bias\": \"h.{layer}.mlp.c_fc.bias\", " \
  "\"ffn_out\": \"h.{layer}.mlp.c_proj.weight\", \"ffn_out_bias\": \"h.{layer}.mlp.c_proj.bias\", \"final_norm\": \"ln_f.weight\", " \
  "\"final_norm_bias\": \"ln_f.bias\""

static void gpt2_from_scratch_and_by_likeness(void **state) {
  (void)state;
  size_t n;
  toy_gpt2(&t, 5, HW_F16, toy_small);
  toy_write(&t);
  float *want = run_folder(t.folder, &n);
  same_as(want, n, "{" GPT2_SIZES "\"norm\": \"layer\", \"positions\": \"learned\", \"activation\": \"gelu_new\", \"tied\": true, "
                   "\"layout\": \"conv1d\", \"tensors\": {" GPT2_TENSORS "}}");
  same_as(want, n, "{\"like\": \"gpt2\"}");
  char *inner = strstr(t.config, "\"n_inner\""); /* what config.json leaves to the family stays with it */
  inner[1] = 'x';
  toy_put(&t, "config.json", t.config, strlen(t.config));
  hw_model_config config;
  assert_ok(hw_model_config_read(t.folder, NULL, &config, &err), &err);
  assert_int_equal(config.d_ffn, 48);
  inner[1] = 'n';
  (void)snprintf(toy_find(&t, "h.0.ln_1.weight")->name, 96, "h.0.first.weight");
  (void)snprintf(toy_find(&t, "h.1.ln_1.weight")->name, 96, "h.1.first.weight");
  toy_write(&t);
  same_as(want, n, "{\"like\": \"gpt2\", \"tensors\": {\"attention_norm\": \"h.{layer}.first.weight\"}}");
  free(want);
}

/* Two layers of attention alone, no norms, as TransformerLens stores them and as linear layers. */
static void attention_only_per_head(void **state) {
  (void)state;
  enum { D = 12, H = 3, DH = 4 };
  size_t n;
  t = (toy){.seed = 9, .dtype = HW_F32};
  toy_folder(&t);
  (void)toy_add(&t, "embed.W_E", 19, D, 1, 0);
  (void)toy_add(&t, "pos_embed.W_pos", 16, D, 1, 0);
  toy_tensor *w_u = toy_add(&t, "unembed.W_U", D, 17, 1, 0);
  for (int l = 0; l < 2; l++) {
    static const char *const names[] = {"attn.W_Q", "attn.W_K", "attn.W_V", "attn.W_O"};
    for (int m = 0; m < 4; m++) toy_add_layer(&t, "blocks.", names[m], l, m < 3 ? H * D : H * DH, m < 3 ? DH : D, 0.5f, 0);
    toy_add_layer(&t, "blocks.", "attn.b_V", l, H, DH, 0.5f, 0);
    toy_add_layer(&t, "blocks.", "attn.b_O", l, D, 0, 0.5f, 0);
  }
  for (size_t i = 0; i < t.n_tensors; i++) { /* the third dimension */
    toy_tensor *x = &t.tensors[i];
    if (!strstr(x->name, "attn.W_")) continue;
    x->n_dims = 3;
    x->shape[2] = x->shape[1];
    x->shape[1] = x->shape[0] / H;
    x->shape[0] = H;
  }
  toy_write(&t);
  (void)w_u;
  static const char description[] =
      "{\"layers\": 2, \"heads\": 3, \"d_model\": 12, \"d_ffn\": 0, \"context\": 16, \"vocabulary\": 19, \"vocabulary_out\": 17, "
      "\"norm\": \"none\", \"positions\": \"learned\", \"layout\": \"%s\", \"tensors\": {\"token_embedding\": \"embed.W_E\", "
      "\"position_embedding\": \"pos_embed.W_pos\", \"q\": \"blocks.{layer}.attn.W_Q\", \"k\": \"blocks.{layer}.attn.W_K\", "
      "\"v\": \"blocks.{layer}.attn.W_V\", \"v_bias\": \"blocks.{layer}.attn.b_V\", \"o\": \"blocks.{layer}.attn.W_O\", "
      "\"o_bias\": \"blocks.{layer}.attn.b_O\", \"unembed\": \"unembed.W_U\"}}";
  char text[sizeof description + 16];
  (void)snprintf(text, sizeof text, description, "per_head");
  describe(text);
  float *want = run_folder(t.folder, &n);
  for (size_t i = 0; i < t.n_tensors; i++) { /* the same as matrices [in, out] */
    toy_tensor *x = &t.tensors[i];
    if (strstr(x->name, "attn.b_V")) x->n_dims = 1, x->shape[0] = H * DH;
    if (!strstr(x->name, "attn.W_")) continue;
    x->n_dims = 2;
    if (strstr(x->name, "W_O")) {
      x->shape[0] = H * DH;
      x->shape[1] = D;
      continue;
    }
    float joined[D * H * DH];
    for (int h = 0; h < H; h++)
      for (int d = 0; d < D; d++)
        for (int k = 0; k < DH; k++) joined[d * H * DH + h * DH + k] = x->values[(h * D + d) * DH + k];
    memcpy(x->values, joined, sizeof joined);
    x->shape[0] = D;
    x->shape[1] = H * DH;
  }
  toy_write(&t);
  (void)snprintf(text, sizeof text, description, "conv1d");
  char *place = strstr(text, "\"unembed.W_U\""), tail[64];
  (void)snprintf(tail, sizeof tail, "{\"name\": \"unembed.W_U\", \"layout\": \"conv1d\"}}}");
  char whole[sizeof text + 64];
  (void)snprintf(whole, sizeof whole, "%.*s%s", (int)(place - text), text, tail);
  same_as(want, n, whole);
  free(want);
}

static void what_is_refused(void **state) {
  (void)state;
  static const struct { const char *text, *words; } cases[] = {
      {"[]", "is an array, want an object"},
      {"{", "headwater.json: not valid JSON at line 1"},
      {"{\"layer\": 2}", "layer is not a key of this file"},
      {"{\"like\": \"bert\"}", "like is \"bert\", want a known family"},
      {"{\"like\": \"gpt3\"}", "want a known family (did you mean gpt2, gpt_neo, gpt_bigcode, gpt_oss?)"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"q_norm_bias\": \"h.{layer}.q\"}}", "tensors names q_norm_bias, but no q_norm"},
      {"{\"like\": 7}", "like wants the name of a family"},
      {"{" GPT2_SIZES "\"positions\": \"learned\", \"tensors\": {}}", "no norm"},
      {"{" GPT2_SIZES "\"norm\": \"batch\", \"positions\": \"learned\", \"tensors\": {}}", "norm is \"batch\", want one of layer, rms, none"},
      {"{" GPT2_SIZES "\"norm\": \"layer\", \"positions\": \"learned\", \"tensors\": {" GPT2_TENSORS "}}", "no activation"},
      {"{" GPT2_SIZES "\"norm\": \"layer\", \"positions\": \"learned\", \"activation\": \"relu\", \"tensors\": {" GPT2_TENSORS "}}", "names no unembed"},
      {"{" GPT2_SIZES "\"norm\": \"layer\", \"positions\": \"rotary\", \"activation\": \"relu\", \"tied\": true, \"tensors\": {" GPT2_TENSORS "}}",
       "position_embedding, but positions are not learned"},
      {"{" GPT2_SIZES "\"norm\": \"none\", \"positions\": \"learned\", \"activation\": \"relu\", \"tied\": true, \"tensors\": {" GPT2_TENSORS "}}",
       "attention_norm, but norm is none"},
      {"{\"like\": \"gpt2\", \"d_ffn\": 0}", "ffn_norm, but d_ffn is 0"},
      {"{\"like\": \"gpt2\", \"gated\": true}", "names no ffn_gate"},
      {"{\"like\": \"gpt2\", \"gated\": true, \"gated\": true}", "duplicate"},
      {"", "empty, want JSON"},
      {"{\"like\": \"gpt2\", \"tied\": false}", "no tensor lm_head.weight, and the unembedding is not tied"},
      {"{\"like\": \"gpt2\", \"layout\": \"tf\"}", "layout is \"tf\", want one of linear, conv1d, per_head"},
      {"{\"like\": \"gpt2\", \"layers\": 300, \"window\": 3, \"layer_types\": [\"global\", \"global\", \"global\"]}", "layer_types lists 3 layers, want 300"},
      {"{\"like\": \"gpt2\", \"fused\": \"by_head\", \"kv_heads\": 1}", "h.0.attn.c_attn.weight has shape [12, 36], want [12, 24]"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"qkv\": null, \"q\": \"a\", \"k\": \"b\", \"v\": \"c\"}}", "names qkv_bias, but no qkv"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"q\": \"a\"}}", "names q beside qkv"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"ffn_gate_bias\": \"a\"}}", "ffn_gate_bias, but the FFN is not gated"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"o\": {\"name\": \"h.{layer}.attn.c_proj.weight\", \"optional\": true}}}", "o cannot be optional"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"o\": {\"name\": \"o\", \"lay_out\": \"conv1d\"}}}", "lay_out is none of name, layout, optional"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"o_bias\": {\"name\": \"o\", \"optional\": \"yes\"}}}", "optional wants true or false"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"token_embedding\": {\"name\": \"o\", \"layout\": \"conv1d\"}}}", "token_embedding has a row for each token"},
      {"{\"like\": \"gpt2\", \"rotary\": {\"rope_theta\": 5}}", "rotary is said, but positions are not rotary"},
      {"{\"like\": \"gpt2\", \"score_scale\": 0}", "score_scale is 0, want a number above 0"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"w_q\": \"x\"}}", "tensors.w_q is not a weight"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"q\": 7}}", "tensors.q wants a name"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"ffn_in\": \"h.{layer}.up\"}}", "no tensor h.0.up"},
      {"{\"like\": \"gpt2\", \"layout\": \"linear\"}", "has shape"},
      {"{\"like\": \"gpt2\", \"tensors\": {\"ffn_norm_bias\": null}}", "tensor h.0.ln_2.bias has no place in a gpt2 model"},
  };
  toy_gpt2(&t, 5, HW_F32, toy_small);
  toy_write(&t);
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    hw_model *model;
    err = (hw_error){0};
    describe(cases[i].text);
    bool ok = hw_model_open(t.folder, &model, &err);
    if (ok || !strstr(err.message, cases[i].words)) fail_msg("%s: %s", cases[i].text, ok ? "taken" : err.message);
  }
}

static void layers_of_the_one_and_kinds_of_the_other(void **state) {
  (void)state;
  hw_model *model;
  toy_llama(&t, 5, HW_F32, toy_small, false);
  char *end = strrchr(t.config, '}'); /* one key more */
  (void)snprintf(end, sizeof t.config - (size_t)(end - t.config), ", \"layer_types\": [\"full_attention\", \"full_attention\"]}");
  toy_write(&t);
  describe("{\"like\": \"llama\", \"layers\": 3}");
  err = (hw_error){0};
  assert_false(hw_model_open(t.folder, &model, &err));
  assert_non_null(strstr(err.message, "3 layers, but the layer_types of config.json list 2"));
}

static void tensor_by_tensor(void **state) {
  (void)state;
  hw_buffer out;
  bool whole = false;
  hw_buffer_init(&out);
  toy_gpt2(&t, 5, HW_F16, toy_small);
  toy_write(&t);
  describe("{\"like\": \"opt\"}"); /* a file that is named stands for the folder's */
  char other[64];
  toy_path(&t, "other.json", other);
  toy_put(&t, "other.json", "{\"like\": \"gpt2\"}", strlen("{\"like\": \"gpt2\"}"));
  assert_ok(hw_model_explain(t.folder, other, &out, &whole, &err), &err);
  assert_true(whole);
  hw_model *model;
  assert_ok(hw_model_open_as(t.folder, other, &model, &err), &err);
  hw_model_close(model);
  assert_false(hw_model_open(t.folder, &model, &err));
  (void)unlink(other);
  describe("{\"like\": \"gpt2\"}");
  assert_non_null(strstr(out.data, "attention_norm      h.{layer}.ln_1.weight in layers 0 to 1: [12] F16\n"));
  assert_non_null(strstr(out.data, "unembed             lm_head.weight: none, which is allowed\n"));
  toy_find(&t, "h.1.ln_1.weight")->left_out = true;
  (void)snprintf(toy_find(&t, "h.0.mlp.c_fc.weight")->name, 96, "h.0.mlp.up.weight");
  toy_find(&t, "ln_f.bias")->dtype = "I16";
  toy_write(&t);
  hw_buffer_reset(&out);
  assert_ok(hw_model_explain(t.folder, NULL, &out, &whole, &err), &err);
  assert_false(whole);
  assert_non_null(strstr(out.data, "h.{layer}.ln_1.weight in layer 0: [12] F16\n"));
  assert_non_null(strstr(out.data, "h.{layer}.ln_1.weight in layer 1: MISSING, want [12]\n"));
  assert_non_null(strstr(out.data, "ffn_in              h.{layer}.mlp.c_fc.weight in layer 0: MISSING, want [12, 20]\n"));
  assert_non_null(strstr(out.data, "NO PLACE            h.0.mlp.up.weight: [12, 20] F16\n"));
  assert_non_null(strstr(out.data, "ln_f.bias: WRONG: [12] I16, want [12]\n"));
  hw_buffer_fini(&out);
}

int main(void) {
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      IN_A_FOLDER(gpt2_from_scratch_and_by_likeness),
      IN_A_FOLDER(attention_only_per_head),
      IN_A_FOLDER(what_is_refused),
      IN_A_FOLDER(layers_of_the_one_and_kinds_of_the_other),
      IN_A_FOLDER(tensor_by_tensor),
  };
  return cmocka_run_group_tests_name("custom", tests, NULL, NULL);
}
