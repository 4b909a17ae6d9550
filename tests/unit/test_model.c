/* SPDX-License-Identifier: Apache-2.0
 * Model folders: what is refused and why, which tensors stand for which weights; the forward pass against a plain double-precision
 * twin and METHOD section 1; the vocabulary's scores, lists and ranks against brute force. */
#include "forward_twin.h"
#include "vocabulary_tests.h"

#include <jansson.h>

static toy t;
static hw_error err;

static int setup(void **state) {
  (void)state;
  err = (hw_error){0};
  return 0;
}
static int teardown(void **state) {
  (void)state;
  toy_fini(&t);
  return 0;
}

/* ---- config.json ---- */

/* Sets a key ("a.b" inside an object) to a JSON text; NULL takes it out. */
static void set_config(const char *key, const char *value) {
  json_t *root = json_loads(t.config, 0, NULL), *at = root;
  assert_non_null(root);
  const char *dot = strchr(key, '.');
  if (dot) {
    char outer[64];
    (void)snprintf(outer, sizeof outer, "%.*s", (int)(dot - key), key);
    if (!json_object_get(root, outer)) json_object_set_new(root, outer, json_object());
    at = json_object_get(root, outer);
    key = dot + 1;
  }
  if (value)
    assert_int_equal(json_object_set_new(at, key, json_loads(value, JSON_DECODE_ANY, NULL)), 0);
  else
    assert_int_equal(json_object_del(at, key), 0);
  char *text = json_dumps(root, 0);
  (void)snprintf(t.config, sizeof t.config, "%s", text);
  free(text);
  json_decref(root);
}

static bool read_config(hw_model_config *config) {
  toy_put(&t, "config.json", t.config, strlen(t.config));
  return hw_model_config_read(t.folder, NULL, config, &err);
}

static void config_refused(const char *key, const char *value, hw_error_kind kind, const char *words) {
  char before[sizeof t.config];
  hw_model_config config;
  memcpy(before, t.config, sizeof before);
  set_config(key, value);
  err = (hw_error){0};
  if (read_config(&config)) print_message("%s = %s\n", key, value ? value : "(absent)");
  assert_refused(read_config(&config), &err, kind, words);
  assert_non_null(strstr(err.message, "config.json")); /* the file is named */
  memcpy(t.config, before, sizeof before);
}

/* One row of the table of keys, held to everything its kind promises. */
typedef enum key_kind { COUNT, NUMBER, SWITCH, ACTIVATION, MUST_BE } key_kind;
typedef struct key_case {
  const char *name;
  key_kind kind;
  bool required;
  const char *good; /* MUST_BE: the only value; NULL: only null */
} key_case;

static void check_key(const key_case *key) {
  static const char *const no_counts[] = {"0", "-1", "1.5", "\"4\"", "true", "268435457", "[]"};
  static const char *const no_numbers[] = {"\"1\"", "-1", "false", "{}"};
  static const char *const no_switches[] = {"1", "\"true\"", "0.0"};
  static const char *const no_activations[] = {"\"tanh\"", "\"\"", "3", "\"GELU\""};
  static const char *const no_musts[] = {"17", "\"another\"", "{\"x\": 1}"};
  hw_model_config config;
  if (key->required) {
    char words[64];
    (void)snprintf(words, sizeof words, "no %s", key->name);
    config_refused(key->name, NULL, HW_ERROR_INPUT, words);
    config_refused(key->name, "null", HW_ERROR_INPUT, words);
  } else if (key->good && strcmp(key->good, "true") == 0) {
    config_refused(key->name, "null", HW_ERROR_UNSUPPORTED, key->name); /* falsy, not "as usual" */
  } else { /* null is as good as absent */
    char before[sizeof t.config];
    memcpy(before, t.config, sizeof before);
    set_config(key->name, "null");
    assert_ok(read_config(&config), &err);
    memcpy(t.config, before, sizeof before);
  }
#define ALL_REFUSED(list, kind) \
  for (size_t i = 0; i < COUNT_OF(list); i++) config_refused(key->name, list[i], kind, key->name)
  switch (key->kind) {
    case COUNT: ALL_REFUSED(no_counts, HW_ERROR_INPUT); break;
    case NUMBER: ALL_REFUSED(no_numbers, HW_ERROR_INPUT); break;
    case SWITCH: ALL_REFUSED(no_switches, HW_ERROR_INPUT); break;
    case ACTIVATION: ALL_REFUSED(no_activations, HW_ERROR_UNSUPPORTED); break;
    case MUST_BE: ALL_REFUSED(no_musts, HW_ERROR_UNSUPPORTED); break;
  }
  if (key->kind != MUST_BE || !key->good) return;
  char before[sizeof t.config];
  memcpy(before, t.config, sizeof before);
  set_config(key->name, key->good);
  assert_ok(read_config(&config), &err);
  memcpy(t.config, before, sizeof before);
}

TEST(every_key_of_gpt2) {
  static const key_case keys[] = {{"n_layer", COUNT, true, NULL}, {"n_head", COUNT, true, NULL}, {"n_embd", COUNT, true, NULL},
                                  {"n_inner", COUNT, false, NULL}, {"n_positions", COUNT, true, NULL}, {"vocab_size", COUNT, true, NULL},
                                  {"layer_norm_epsilon", NUMBER, false, NULL}, {"activation_function", ACTIVATION, false, NULL},
                                  {"tie_word_embeddings", SWITCH, false, NULL}, {"scale_attn_weights", MUST_BE, false, "true"},
                                  {"scale_attn_by_inverse_layer_idx", SWITCH, false, NULL}, {"add_cross_attention", MUST_BE, false, "false"},
                                  {"quantization_config", MUST_BE, false, NULL}};
  toy_gpt2(&t, 1, HW_F32, toy_small);
  for (size_t i = 0; i < COUNT_OF(keys); i++) check_key(&keys[i]);
  config_refused("scale_attn_weights", "false", HW_ERROR_UNSUPPORTED, "scale_attn_weights is false, want true");
}

TEST(every_key_of_llama) {
  static const key_case keys[] = {{"num_hidden_layers", COUNT, true, NULL}, {"num_attention_heads", COUNT, true, NULL},
                                  {"num_key_value_heads", COUNT, false, NULL}, {"hidden_size", COUNT, true, NULL}, {"head_dim", COUNT, false, NULL},
                                  {"intermediate_size", COUNT, true, NULL}, {"max_position_embeddings", COUNT, false, NULL},
                                  {"vocab_size", COUNT, true, NULL}, {"rms_norm_eps", NUMBER, false, NULL}, {"rope_theta", NUMBER, false, NULL},
                                  {"rope_parameters.rope_theta", NUMBER, false, NULL}, {"rope_parameters.rope_type", MUST_BE, false, "\"default\""},
                                  {"hidden_act", ACTIVATION, false, NULL}, {"tie_word_embeddings", SWITCH, false, NULL},
                                  {"rope_scaling", MUST_BE, false, NULL}, {"attention_bias", SWITCH, false, NULL}, {"mlp_bias", SWITCH, false, NULL}, {"partial_rotary_factor", MUST_BE, false, "1"},
                                  {"quantization_config", MUST_BE, false, NULL}};
  toy_llama(&t, 1, HW_F32, toy_small, false);
  for (size_t i = 0; i < COUNT_OF(keys); i++) check_key(&keys[i]);
  config_refused("num_key_value_heads", "3", HW_ERROR_INPUT, "2 heads cannot share 3 key/value heads evenly");
  config_refused("head_dim", "5", HW_ERROR_INPUT, "even head size, found 5");
  config_refused("num_hidden_layers", "257", HW_ERROR_UNSUPPORTED, "257 layers");
  config_refused("num_attention_heads", "1024", HW_ERROR_UNSUPPORTED, "1024 heads");
  config_refused("use_alibi", "true", HW_ERROR_UNSUPPORTED, "use_alibi is true");
  config_refused("attn_config", "{\"alibi\": true}", HW_ERROR_UNSUPPORTED, "attn_config.alibi is true");
  config_refused("n_routed_experts", "8", HW_ERROR_UNSUPPORTED, "n_routed_experts is 8");
  config_refused("rope_scaling", "{\"rope_type\": \"linear\", \"factor\": 2, \"type\": \"default\"}", HW_ERROR_INPUT, "rope_scaling.rope_type and rope_scaling.type say different things");
  config_refused("rope_scaling", "{\"type\": \"default\", \"factor\": 2}", HW_ERROR_INPUT, "has a factor, but its type is default");
  set_config("rope_scaling", "{\"type\": \"linear\", \"factor\": 2}");
  config_refused("rope_parameters", "{\"rope_type\": \"default\"}", HW_ERROR_INPUT, "rope_scaling.type and rope_parameters.rope_type say different things");
}

TEST(a_config_that_is_none) {
  hw_model_config config;
  toy_gpt2(&t, 1, HW_F32, toy_small);
  config_refused("n_head", "5", HW_ERROR_INPUT, "d_model 12 is no multiple of the 5 heads");
  config_refused("model_type", NULL, HW_ERROR_INPUT, "no model_type");
  config_refused("model_type", "7", HW_ERROR_INPUT, "no model_type");
  config_refused("model_type", "\"bert\"", HW_ERROR_UNSUPPORTED, "\"bert\" is not a known family; man headwater-model lists all");
  static const struct { const char *text, *words; } broken[] = {{"", "config.json"}, {"[1]", "is an array, want an object"}, {"{\"model_type\": \"gpt2\",", "line 1"}, {"{\"n_layer\": 1e999}", "config.json"}};
  for (size_t i = 0; i < COUNT_OF(broken); i++) {
    (void)snprintf(t.config, sizeof t.config, "%s", broken[i].text);
    assert_refused(read_config(&config), &err, HW_ERROR_INPUT, broken[i].words);
  }
  char path[64];
  toy_path(&t, "config.json", path);
  assert_int_equal(unlink(path), 0);
  assert_refused(hw_model_config_read(t.folder, NULL, &config, &err), &err, HW_ERROR_INPUT, "neither config.json nor headwater.json");
  assert_refused(hw_model_config_read("/nowhere/at all", NULL, &config, &err), &err, HW_ERROR_INPUT, "/nowhere/at all: no such model folder");
  for (size_t i = 0; i < 3; i++) assert_string_equal(hw_family_name(i), ((const char *[]){"gpt2", "opt", "gpt_neo"})[i]);
}

TEST(what_a_config_means) {
  hw_model_config c;
  toy_gpt2(&t, 1, HW_F32, toy_small);
  set_config("n_inner", "null");
  assert_ok(read_config(&c), &err);
  assert_string_equal(c.family, "gpt2");
  assert_true(c.n_layers == 2 && c.n_heads == 2 && c.n_kv_heads == 2 && c.d_model == 12 && c.d_head == 6 && c.d_ffn == 48 && c.n_ctx == 16 && c.vocab_size == 19);
  assert_true(c.norm_eps == 1e-5 && c.tied && c.norm == HW_NORM_LAYER && c.positions == HW_POSITION_LEARNED && !c.gated && c.activation == HW_ACT_GELU_TANH);
  set_config("layer_norm_epsilon", "1e-3");
  set_config("tie_word_embeddings", "false");
  static const struct { const char *name; hw_activation want; } acts[] = {{"\"gelu\"", HW_ACT_GELU_ERF}, {"\"relu\"", HW_ACT_RELU}, {"\"gelu_new\"", HW_ACT_GELU_TANH}, {"\"silu\"", HW_ACT_SILU}};
  for (size_t i = 0; i < COUNT_OF(acts); i++) {
    set_config("activation_function", acts[i].name);
    assert_ok(read_config(&c), &err);
    assert_int_equal(c.activation, acts[i].want);
  }
  assert_true(c.norm_eps == 1e-3 && !c.tied);
  toy_fini(&t);
  toy_llama(&t, 1, HW_F32, toy_small, false);
  set_config("rope_parameters.rope_theta", "500000.0");
  set_config("head_dim", "10");
  assert_ok(read_config(&c), &err);
  assert_true(c.n_kv_heads == 1 && c.d_head == 10 && c.d_ffn == 20 && c.rope.theta == 500000 && c.norm_eps == 1e-6);
  assert_true(!c.tied && c.norm == HW_NORM_RMS && c.positions == HW_POSITION_ROTARY && c.gated && c.activation == HW_ACT_SILU);
}

/* ---- model.safetensors ---- */

static void open_refused(hw_error_kind kind, const char *words) {
  hw_model *model;
  err = (hw_error){0};
  assert_refused(hw_model_open(t.folder, &model, &err), &err, kind, words);
  assert_null(model);
}
static void write_refused(hw_error_kind kind, const char *words) {
  toy_write(&t);
  open_refused(kind, words);
}
static void file_refused(const void *bytes, size_t length, const char *words) {
  toy_put(&t, "model.safetensors", bytes, length);
  open_refused(HW_ERROR_INPUT, words);
}

TEST(weights_that_are_cut_short) {
  hw_buffer file;
  hw_buffer_init(&file);
  toy_gpt2(&t, 1, HW_F32, toy_small);
  toy_put(&t, "config.json", t.config, strlen(t.config));
  open_refused(HW_ERROR_IO, "model.safetensors");
  toy_put(&t, "pytorch_model.bin", "x", 1);
  open_refused(HW_ERROR_INPUT, "pytorch_model.bin: neither a zip archive nor the older layout");
  toy_put(&t, "model.safetensors.index.json", "{}", 2); /* taken before pytorch_model.bin */
  open_refused(HW_ERROR_INPUT, "model.safetensors.index.json: no weight_map");
  toy_weights(&t, &file);
  file_refused("", 0, "too few");
  file_refused(file.data, 7, "too few");
  file_refused(file.data, 8, "only 0 follow");
  file_refused(file.data, 500, "header's length");
  file_refused(file.data, file.length - 1, "data_offsets");
  file_refused(file.data, file.length / 2, "is the file cut short?");
  memset(file.data, 0xff, 8); /* a length that would overflow */
  file_refused(file.data, file.length, "header's length is 18446744073709551615 bytes");
  memset(file.data, 0, 8);
  file_refused(file.data, file.length, "the header: empty");
  file.data[0] = 60; /* the header cut inside */
  file_refused(file.data, file.length, "the header: not valid JSON");
  static const struct { const char *header, *words; } broken[] = {
      {"[]", "the header: is an array"}, {"{\"x\": 1}", "no dtype"}, {"{\"x\": {\"dtype\": \"F32\", \"shape\": [1]}}", "data_offsets"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [-1], \"data_offsets\": [0, 0]}}", "dimension"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [4294967296, 4294967296, 4294967296], \"data_offsets\": [0, 0]}}", "too large"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [4611686018427387904, 2], \"data_offsets\": [0, 0]}}", "x:"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [1, 1, 1, 1, 1], \"data_offsets\": [0, 4]}}", "5 dimensions"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [0], \"data_offsets\": [4, 0]}}", "outside"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [-4, 0]}}", "outside"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [\"2\"], \"data_offsets\": [0, 8]}}", "dimension"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 4]}}", "4 bytes of data for shape [2] of F32, want 8"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 9223372036854775807]}}", "outside"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}, \"x\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [4, 8]}}", "duplicate"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [8, 16]}}", "x begins at byte 8 of the data, want 0"},
      {"{\"x\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8]}, \"y\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [4, 12]}}", "y begins at byte 4 of the data, want 8"},
      {"{}", "16 bytes behind the last tensor"}};
  for (size_t i = 0; i < COUNT_OF(broken); i++) {
    char bytes[512] = {0};
    size_t length = strlen(broken[i].header);
    bytes[0] = (char)(unsigned char)length;
    memcpy(bytes + 8, broken[i].header, length);
    file_refused(bytes, 8 + length + 16, broken[i].words);
    file_refused(bytes, 8 + length - 1, "header's length"); /* one byte of it is missing */
  }
  hw_buffer_fini(&file);
}

TEST(tensors_that_are_wrong) {
  toy_gpt2(&t, 1, HW_F32, toy_small);
  toy_tensor *w = toy_find(&t, "h.1.mlp.c_fc.weight"), *bias = toy_find(&t, "h.0.ln_2.bias"), saved = *w;
  w->shape[0] = 20, w->shape[1] = 12;
  write_refused(HW_ERROR_INPUT, "model.safetensors: h.1.mlp.c_fc.weight has shape [20, 12], want [12, 20]");
  w->n_dims = 1, w->shape[0] = 240;
  write_refused(HW_ERROR_INPUT, "has shape [240], want [12, 20]");
  *w = saved;
  w->dtype = "I32";
  write_refused(HW_ERROR_UNSUPPORTED, "h.1.mlp.c_fc.weight has dtype I32, want F32, F16 or BF16");
  w->dtype = "F99_SOMETHING_LONG";
  write_refused(HW_ERROR_UNSUPPORTED, "has dtype F99");
  w->dtype = "F64";
  write_refused(HW_ERROR_INPUT, "960 bytes of data for shape [12, 20] of F64, want 1920");
  *w = saved;
  w->move_end = 4;
  write_refused(HW_ERROR_INPUT, "964 bytes of data");
  w->move_begin = w->move_end = 1 << 20;
  write_refused(HW_ERROR_INPUT, "lie outside");
  *w = saved;
  (void)snprintf(w->name, sizeof w->name, "h.0.mlp.c_fc.weight");
  write_refused(HW_ERROR_INPUT, "duplicate");
  *w = saved;
  w->left_out = true;
  write_refused(HW_ERROR_INPUT, "no tensor h.1.mlp.c_fc.weight");
  *w = saved;
  static const struct { float value; const char *words; } bad[] = {{NAN, "h.1.mlp.c_fc.weight holds nan at element 239"}, {INFINITY, "holds inf at element 239"}};
  for (size_t i = 0; i < 2; i++) {
    float before = w->values[239];
    w->values[239] = bad[i].value;
    write_refused(HW_ERROR_INPUT, bad[i].words);
    w->values[239] = before;
  }
  bias->values[0] = -NAN;
  write_refused(HW_ERROR_INPUT, "h.0.ln_2.bias holds");
  bias->values[0] = 0;
  (void)toy_add(&t, "h.2.ln_1.weight", 12, 0, 1, 0);
  write_refused(HW_ERROR_UNSUPPORTED, "tensor h.2.ln_1.weight has no place in a gpt2 model");
  t.n_tensors--;
  free(t.tensors[t.n_tensors].values);
  toy_add(&t, "h.1.attn.bias", 4, 4, 1, 0)->dtype = "I32"; /* a mask that old files carry: nobody reads it */
  toy_write(&t);
  hw_model_close(unit_open(t.folder));
}

/* ---- Which tensors stand for which weights ---- */

TEST(tied_untied_and_head_only) {
  toy_llama(&t, 1, HW_F32, toy_small, false);
  toy_write(&t);
  hw_model *model = unit_open(t.folder);
  const size_t bytes = 19 * 12 * sizeof(float);
  assert_memory_equal(model->token_embedding.data, toy_find(&t, "model.embed_tokens.weight")->values, bytes);
  assert_memory_equal(model->unembed.data, toy_find(&t, "lm_head.weight")->values, bytes);
  hw_model_close(model);
  set_config("tie_word_embeddings", "true"); /* a head that is there all the same must be the same */
  write_refused(HW_ERROR_INPUT, "the embedding and the unembedding differ");
  float own[19 * 12];
  memcpy(own, toy_find(&t, "lm_head.weight")->values, bytes);
  memcpy(toy_find(&t, "lm_head.weight")->values, toy_find(&t, "model.embed_tokens.weight")->values, bytes);
  toy_write(&t);
  model = unit_open(t.folder);
  assert_ptr_equal(model->unembed.data, model->token_embedding.data);
  assert_memory_equal(model->unembed.data, toy_find(&t, "model.embed_tokens.weight")->values, bytes);
  hw_model_close(model);
  for (size_t i = 0; i < 19 * 12; i++) { /* equal numbers in two dtypes */
    float *numbers[2] = {toy_find(&t, "lm_head.weight")->values, toy_find(&t, "model.embed_tokens.weight")->values};
    numbers[0][i] = numbers[1][i] = roundf(numbers[0][i] * 64) / 64;
  }
  toy_find(&t, "lm_head.weight")->stored = HW_BF16;
  toy_find(&t, "lm_head.weight")->dtype = hw_dtype_name(HW_BF16);
  toy_write(&t);
  hw_model_close(unit_open(t.folder));
  toy_find(&t, "lm_head.weight")->values[7] += 0.25f;
  write_refused(HW_ERROR_INPUT, "the embedding and the unembedding differ");
  toy_find(&t, "lm_head.weight")->stored = HW_F32;
  toy_find(&t, "lm_head.weight")->dtype = hw_dtype_name(HW_F32);
  toy_find(&t, "model.embed_tokens.weight")->left_out = true; /* lm_head.weight alone stands for both, if they are tied */
  memcpy(toy_find(&t, "lm_head.weight")->values, own, bytes);
  toy_write(&t);
  model = unit_open(t.folder);
  assert_ptr_equal(model->unembed.data, model->token_embedding.data);
  assert_memory_equal(model->unembed.data, toy_find(&t, "lm_head.weight")->values, bytes);
  hw_model_close(model);
  set_config("tie_word_embeddings", "false");
  write_refused(HW_ERROR_INPUT, "no tensor model.embed_tokens.weight, and the unembedding is not tied");
  set_config("tie_word_embeddings", "true");
  toy_find(&t, "lm_head.weight")->left_out = true;
  write_refused(HW_ERROR_INPUT, "no tensor model.embed_tokens.weight and no lm_head.weight");
  toy_find(&t, "model.embed_tokens.weight")->left_out = false; /* the embedding alone stands for both */
  set_config("tie_word_embeddings", "false");
  write_refused(HW_ERROR_INPUT, "no tensor lm_head.weight, and the unembedding is not tied");
  set_config("tie_word_embeddings", "true");
  toy_write(&t);
  model = unit_open(t.folder);
  assert_ptr_equal(model->unembed.data, model->token_embedding.data);
  hw_model_close(model);
  toy_fini(&t);
  toy_gpt2(&t, 1, HW_F32, toy_small);
  (void)toy_add(&t, "lm_head.weight", 19, 12, 1, 0);
  set_config("tie_word_embeddings", "false");
  toy_write(&t);
  model = unit_open(t.folder);
  assert_memory_equal(model->unembed.data, toy_find(&t, "lm_head.weight")->values, bytes);
  hw_model_close(model);
}

TEST(names_with_and_without_prefix) {
  toy_gpt2(&t, 1, HW_F32, toy_small);
  for (size_t i = 0; i < t.n_tensors; i++) {
    char name[96];
    (void)snprintf(name, sizeof name, "transformer.%.80s", t.tensors[i].name);
    memcpy(t.tensors[i].name, name, sizeof name);
  }
  toy_write(&t);
  hw_model_close(unit_open(t.folder));
  toy_fini(&t);
  toy_llama(&t, 1, HW_F32, toy_small, false);
  for (size_t i = 0; i < t.n_tensors; i++)
    if (strncmp(t.tensors[i].name, "model.", 6) == 0) memmove(t.tensors[i].name, t.tensors[i].name + 6, sizeof t.tensors[i].name - 6);
  toy_write(&t);
  hw_model_close(unit_open(t.folder));
}

/* Training code puts something before every name; a prefix of some names alone is none. */
TEST(names_behind_a_wrapper) {
  static const char *const wrappers[] = {"module.", "_orig_mod.", "base_model.", "base_model.model.", "pretrained_model.", "model.", "_orig_mod.module."};
  for (size_t w = 0; w < COUNT_OF(wrappers); w++) {
    toy_llama(&t, 1, HW_F32, toy_small, false);
    (void)toy_add(&t, "v_head.summary.weight", 1, 12, 1, 0);
    for (size_t i = 0; i + 1 < t.n_tensors; i++) {
      char name[96];
      (void)snprintf(name, sizeof name, "%s%.70s", wrappers[w], t.tensors[i].name);
      memcpy(t.tensors[i].name, name, sizeof name);
    }
    toy_write(&t);
    hw_model *model = unit_open(t.folder);
    char notice[128];
    (void)snprintf(notice, sizeof notice, "\"%s\" before the names of all tensors is left out; tensors not used: v_head.summary.weight", wrappers[w]);
    assert_string_equal(model->notice, notice);
    hw_model_close(model);
    memmove(t.tensors[3].name, t.tensors[3].name + strlen(wrappers[w]), sizeof t.tensors[3].name - strlen(wrappers[w]));
    toy_write(&t);
    assert_refused(hw_model_open(t.folder, &model, &err), &err, HW_ERROR_INPUT, "no tensor");
    toy_fini(&t);
  }
  toy_llama(&t, 1, HW_F32, toy_small, false);
}

/* What most names have counts: the one tensor without it is the one that is named as missing. */
TEST(a_tensor_that_has_lost_the_prefix) {
  toy_llama(&t, 1, HW_F32, toy_small, false);
  for (size_t i = 0; i < t.n_tensors; i++)
    if (strcmp(t.tensors[i].name, "model.embed_tokens.weight") == 0) strcpy(t.tensors[i].name, "embed_tokens.weight");
  write_refused(HW_ERROR_INPUT, "tensor model.embed_tokens.weight");
}

TEST(a_model_knows_its_folder_and_its_content) {
  toy_gpt2(&t, 1, HW_BF16, toy_small);
  toy_write(&t);
  char slashed[64], first[33];
  (void)snprintf(slashed, sizeof slashed, "%s//", t.folder);
  hw_model *model = unit_open(slashed);
  assert_string_equal(model->path, t.folder);
  assert_string_equal(model->name, strrchr(t.folder, '/') + 1);
  assert_int_equal(model->dtype, HW_BF16);
  memcpy(first, model->fingerprint, sizeof first);
  assert_int_equal(strlen(first), 32);
  hw_model_close(model);
  model = unit_open(t.folder);
  assert_string_equal(model->fingerprint, first);
  hw_model_close(model);
  toy_find(&t, "ln_f.bias")->values[11] += 0.5f;
  toy_write(&t);
  model = unit_open(t.folder);
  assert_string_not_equal(model->fingerprint, first);
  memcpy(first, model->fingerprint, sizeof first);
  hw_model_close(model);
  set_config("layer_norm_epsilon", "1e-4");
  toy_write(&t);
  model = unit_open(t.folder);
  assert_string_not_equal(model->fingerprint, first);
  hw_model_close(model);
  hw_model_close(NULL);
}

TEST(prompts_that_do_not_fit) {
  toy_gpt2(&t, 1, HW_F32, toy_small);
  toy_write(&t);
  hw_model *model = unit_open(t.folder);
  int32_t ids[17] = {18, 0};
  assert_true(hw_model_check_ids(model, ids, 16, &err));
  assert_refused(hw_model_check_ids(model, ids, 0, &err), &err, HW_ERROR_PROMPT, "no tokens");
  assert_refused(hw_model_check_ids(model, ids, 17, &err), &err, HW_ERROR_PROMPT, "17 tokens, the model takes at most 16");
  ids[3] = 19;
  assert_refused(hw_model_check_ids(model, ids, 5, &err), &err, HW_ERROR_PROMPT, "token id 19 at position 3 is outside of the vocabulary of 19");
  ids[3] = -1;
  assert_refused(hw_model_check_ids(model, ids, 5, &err), &err, HW_ERROR_PROMPT, "token id -1 at position 3");
  hw_model_close(model);
}

/* Biases are there exactly when config says so. */
TEST(biases_that_are_promised) {
  toy_llama(&t, 1, HW_F32, toy_small, true);
  toy_find(&t, "model.layers.1.self_attn.o_proj.bias")->left_out = true;
  write_refused(HW_ERROR_INPUT, "no tensor model.layers.1.self_attn.o_proj.bias");
  toy_find(&t, "model.layers.1.self_attn.o_proj.bias")->left_out = false;
  set_config("mlp_bias", "false");
  write_refused(HW_ERROR_UNSUPPORTED, "model.layers.0.mlp.gate_proj.bias is there, but config.json says that these layers have none");
}

#include "forward_tests.h"

int main(void) {
  const struct CMUnitTest tests[] = {
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
      IN_A_FOLDER(every_key_of_gpt2),
      IN_A_FOLDER(every_key_of_llama),
      IN_A_FOLDER(a_config_that_is_none),
      IN_A_FOLDER(what_a_config_means),
      IN_A_FOLDER(weights_that_are_cut_short),
      IN_A_FOLDER(tensors_that_are_wrong),
      IN_A_FOLDER(tied_untied_and_head_only),
      IN_A_FOLDER(names_with_and_without_prefix),
      IN_A_FOLDER(names_behind_a_wrapper),
      IN_A_FOLDER(a_tensor_that_has_lost_the_prefix),
      IN_A_FOLDER(a_model_knows_its_folder_and_its_content),
      IN_A_FOLDER(prompts_that_do_not_fit),
      IN_A_FOLDER(biases_that_are_promised),
      cmocka_unit_test(forward_equals_its_twin),
      cmocka_unit_test(toys_equal_their_twin_wherever_the_data_lie),
      IN_A_FOLDER(value_bias_is_folded),
      cmocka_unit_test(parts_and_biases_make_the_whole),
      cmocka_unit_test(lists_are_those_of_brute_force_with_ties_to_the_lowest_id),
      cmocka_unit_test(a_list_longer_than_the_vocabulary_is_all_of_it),
      cmocka_unit_test(next_tokens_equal_their_twin),
      cmocka_unit_test(ranks_of_equals_and_many_questions),
  };
  return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
