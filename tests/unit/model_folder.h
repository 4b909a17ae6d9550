/* SPDX-License-Identifier: Apache-2.0
 * Model folders made by the test: config.json and model.safetensors of a small random GPT-2 or LLaMA, which a test then
 * changes in one place. The folder goes away with toy_fini. */
#ifndef HW_TESTS_MODEL_FOLDER_H
#define HW_TESTS_MODEL_FOLDER_H

#include <dirent.h>

#include "unit.h"

#include "headwater/buffer.h"
#include "headwater/model.h"

typedef struct toy_tensor {
  char name[96];
  const char *dtype;       /* as the header says it: the data follow from `stored` */
  hw_dtype stored;
  int n_dims;
  int64_t shape[3];
  float *values;           /* [n] */
  size_t n;
  long move_begin, move_end; /* added to the offsets in the header */
  bool left_out;
} toy_tensor;

typedef struct toy {
  char folder[32], config[1536];
  toy_tensor tensors[64];
  size_t n_tensors;
  size_t padding;          /* spaces behind the header: moves the data's addresses */
  hw_dtype dtype;
  uint64_t seed;
} toy;

typedef struct toy_sizes {
  int64_t n_layers, n_heads, n_kv_heads, d_model, d_head, d_ffn, n_ctx, vocab;
} toy_sizes;
static const toy_sizes toy_small = {2, 2, 1, 12, 6, 20, 16, 19};

static inline toy_tensor *toy_add(toy *t, const char *name, int64_t rows, int64_t columns, float scale, float centre) {
  assert_true(t->n_tensors < COUNT_OF(t->tensors));
  toy_tensor *tensor = &t->tensors[t->n_tensors++];
  *tensor = (toy_tensor){.dtype = hw_dtype_name(t->dtype), .stored = t->dtype, .n_dims = columns ? 2 : 1, .shape = {rows, columns}};
  (void)snprintf(tensor->name, sizeof tensor->name, "%s", name);
  tensor->n = (size_t)(rows * (columns ? columns : 1));
  tensor->values = unit_floats(tensor->n);
  unit_fill(&t->seed, scale, tensor->n, tensor->values);
  for (size_t i = 0; i < tensor->n; i++) tensor->values[i] += centre;
  return tensor;
}

/* name with %d for the layer */
static inline void toy_add_layer(toy *t, const char *prefix, const char *name, int64_t layer, int64_t rows, int64_t columns, float scale, float centre) {
  char whole[96];
  (void)snprintf(whole, sizeof whole, "%s%d.%s", prefix, (int)layer, name);
  (void)toy_add(t, whole, rows, columns, scale, centre);
}

static inline toy_tensor *toy_find(toy *t, const char *name) {
  for (size_t i = 0; i < t->n_tensors; i++)
    if (strcmp(t->tensors[i].name, name) == 0) return &t->tensors[i];
  fail_msg("the toy has no tensor %s", name);
  return NULL;
}

static inline void toy_folder(toy *t) {
  (void)snprintf(t->folder, sizeof t->folder, "/tmp/hw_model_XXXXXX");
  assert_non_null(mkdtemp(t->folder));
}

static inline void toy_gpt2(toy *t, uint64_t seed, hw_dtype dtype, toy_sizes s) {
  *t = (toy){.seed = seed, .dtype = dtype};
  toy_folder(t);
  (void)snprintf(t->config, sizeof t->config,
                 "{\"model_type\": \"gpt2\", \"n_layer\": %d, \"n_head\": %d, \"n_embd\": %d, \"n_inner\": %d, \"n_positions\": %d, \"vocab_size\": %d}",
                 (int)s.n_layers, (int)s.n_heads, (int)s.d_model, (int)s.d_ffn, (int)s.n_ctx, (int)s.vocab);
  (void)toy_add(t, "wte.weight", s.vocab, s.d_model, 1, 0);
  (void)toy_add(t, "wpe.weight", s.n_ctx, s.d_model, 0.3f, 0);
  for (int64_t l = 0; l < s.n_layers; l++) {
    toy_add_layer(t, "h.", "ln_1.weight", l, s.d_model, 0, 0.5f, 1);
    toy_add_layer(t, "h.", "ln_1.bias", l, s.d_model, 0, 0.5f, 0);
    toy_add_layer(t, "h.", "attn.c_attn.weight", l, s.d_model, 3 * s.d_model, 0.5f, 0);
    toy_add_layer(t, "h.", "attn.c_attn.bias", l, 3 * s.d_model, 0, 0.5f, 0);
    toy_add_layer(t, "h.", "attn.c_proj.weight", l, s.d_model, s.d_model, 0.5f, 0);
    toy_add_layer(t, "h.", "attn.c_proj.bias", l, s.d_model, 0, 0.5f, 0);
    toy_add_layer(t, "h.", "ln_2.weight", l, s.d_model, 0, 0.5f, 1);
    toy_add_layer(t, "h.", "ln_2.bias", l, s.d_model, 0, 0.5f, 0);
    toy_add_layer(t, "h.", "mlp.c_fc.weight", l, s.d_model, s.d_ffn, 0.5f, 0);
    toy_add_layer(t, "h.", "mlp.c_fc.bias", l, s.d_ffn, 0, 0.5f, 0);
    toy_add_layer(t, "h.", "mlp.c_proj.weight", l, s.d_ffn, s.d_model, 0.5f, 0);
    toy_add_layer(t, "h.", "mlp.c_proj.bias", l, s.d_model, 0, 0.5f, 0);
  }
  (void)toy_add(t, "ln_f.weight", s.d_model, 0, 0.5f, 1);
  (void)toy_add(t, "ln_f.bias", s.d_model, 0, 0.5f, 0);
}

/* With biases everywhere the family may have them when `biases`. */
static inline void toy_llama(toy *t, uint64_t seed, hw_dtype dtype, toy_sizes s, bool biases) {
  *t = (toy){.seed = seed, .dtype = dtype};
  toy_folder(t);
  (void)snprintf(t->config, sizeof t->config,
                 "{\"model_type\": \"llama\", \"num_hidden_layers\": %d, \"num_attention_heads\": %d, \"num_key_value_heads\": %d, "
                 "\"hidden_size\": %d, \"head_dim\": %d, \"intermediate_size\": %d, \"max_position_embeddings\": %d, \"vocab_size\": %d, "
                 "\"attention_bias\": %s, \"mlp_bias\": %s}",
                 (int)s.n_layers, (int)s.n_heads, (int)s.n_kv_heads, (int)s.d_model, (int)s.d_head, (int)s.d_ffn, (int)s.n_ctx, (int)s.vocab,
                 biases ? "true" : "false", biases ? "true" : "false");
  int64_t heads = s.n_heads * s.d_head, kv = s.n_kv_heads * s.d_head;
  (void)toy_add(t, "model.embed_tokens.weight", s.vocab, s.d_model, 1, 0);
  (void)toy_add(t, "lm_head.weight", s.vocab, s.d_model, 1, 0);
  for (int64_t l = 0; l < s.n_layers; l++) {
    toy_add_layer(t, "model.layers.", "input_layernorm.weight", l, s.d_model, 0, 0.5f, 1);
    toy_add_layer(t, "model.layers.", "self_attn.q_proj.weight", l, heads, s.d_model, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "self_attn.k_proj.weight", l, kv, s.d_model, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "self_attn.v_proj.weight", l, kv, s.d_model, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "self_attn.o_proj.weight", l, s.d_model, heads, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "post_attention_layernorm.weight", l, s.d_model, 0, 0.5f, 1);
    toy_add_layer(t, "model.layers.", "mlp.gate_proj.weight", l, s.d_ffn, s.d_model, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "mlp.up_proj.weight", l, s.d_ffn, s.d_model, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "mlp.down_proj.weight", l, s.d_model, s.d_ffn, 0.5f, 0);
    if (!biases) continue;
    toy_add_layer(t, "model.layers.", "self_attn.q_proj.bias", l, heads, 0, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "self_attn.k_proj.bias", l, kv, 0, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "self_attn.v_proj.bias", l, kv, 0, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "self_attn.o_proj.bias", l, s.d_model, 0, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "mlp.gate_proj.bias", l, s.d_ffn, 0, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "mlp.up_proj.bias", l, s.d_ffn, 0, 0.5f, 0);
    toy_add_layer(t, "model.layers.", "mlp.down_proj.bias", l, s.d_model, 0, 0.5f, 0);
  }
  (void)toy_add(t, "model.norm.weight", s.d_model, 0, 0.5f, 1);
}

static inline void toy_path(const toy *t, const char *name, char path[64]) { (void)snprintf(path, 64, "%s/%s", t->folder, name); }

static inline void toy_put(const toy *t, const char *name, const void *bytes, size_t length) {
  char path[64];
  toy_path(t, name, path);
  FILE *stream = fopen(path, "wb");
  assert_non_null(stream);
  assert_int_equal(fwrite(bytes, 1, length, stream), length);
  assert_int_equal(fclose(stream), 0);
}

/* The safetensors file as bytes. */
static inline void toy_weights(const toy *t, hw_buffer *file) {
  hw_buffer header;
  hw_buffer_init(&header);
  hw_buffer_append_string(&header, "{\"__metadata__\": {\"format\": \"pt\"}");
  size_t offset = 0;
  for (size_t i = 0; i < t->n_tensors; i++) {
    const toy_tensor *x = &t->tensors[i];
    if (x->left_out) continue;
    size_t bytes = x->n * hw_dtype_size(x->stored);
    hw_buffer_printf(&header, ", \"%s\": {\"dtype\": \"%s\", \"shape\": [", x->name, x->dtype);
    for (int d = 0; d < x->n_dims; d++) hw_buffer_printf(&header, "%s%lld", d ? ", " : "", (long long)x->shape[d]);
    hw_buffer_printf(&header, "], \"data_offsets\": [%ld, %ld]}", (long)offset + x->move_begin, (long)(offset + bytes) + x->move_end);
    offset += bytes;
  }
  hw_buffer_append_byte(&header, '}');
  for (size_t i = 0; i < t->padding; i++) hw_buffer_append_byte(&header, ' ');
  for (int b = 0; b < 8; b++) hw_buffer_append_byte(file, (unsigned char)((uint64_t)header.length >> 8 * b));
  hw_buffer_append(file, header.data, header.length);
  for (size_t i = 0; i < t->n_tensors; i++) {
    const toy_tensor *x = &t->tensors[i];
    if (x->left_out) continue;
    void *data = unit_alloc(x->n, hw_dtype_size(x->stored));
    for (size_t v = 0; v < x->n; v++) unit_store(x->values[v], x->stored, data, v);
    hw_buffer_append(file, data, x->n * hw_dtype_size(x->stored));
    free(data);
  }
  assert_false(file->failed);
  hw_buffer_fini(&header);
}

static inline void toy_write(const toy *t) {
  hw_buffer file;
  hw_buffer_init(&file);
  toy_put(t, "config.json", t->config, strlen(t->config));
  toy_weights(t, &file);
  toy_put(t, "model.safetensors", file.data, file.length);
  hw_buffer_fini(&file);
}

static inline void toy_fini(toy *t) {
  static const char *const names[] = {"config.json", "model.safetensors", "pytorch_model.bin", "model.safetensors.index.json"};
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    char path[64];
    toy_path(t, names[i], path);
    (void)unlink(path);
  }
  (void)rmdir(t->folder);
  for (size_t i = 0; i < t->n_tensors; i++) free(t->tensors[i].values);
  t->n_tensors = 0;
}

/* ---- Running a model ---- */

/* Models with weights on disk: fixtures of odd shapes, and the two that were trained. */
static const char *const unit_models[] = {"tests/golden/models/gpt2-odd",   "tests/golden/models/gpt2-plain", "tests/golden/models/llama-gqa",
                                          "tests/golden/models/llama-headonly", "tests/golden/models/llama-odd",  "datasets/models/headwater-gpt2",
                                          "datasets/models/headwater-llama"};
enum { UNIT_FIXTURES = 5 }; /* the first ones are small */

static inline hw_model *unit_open(const char *folder) {
  hw_model *model;
  hw_error err = {0};
  assert_ok(hw_model_open(folder, &model, &err), &err);
  return model;
}

/* Runs the check on every folder of tests/golden/models, so that a new family's fixture is tested as it comes. */
static inline void unit_each_fixture(void (*check)(const char *folder)) {
  DIR *folder = opendir("tests/golden/models");
  size_t n = 0;
  assert_non_null(folder);
  for (const struct dirent *entry; (entry = readdir(folder));) {
    char path[512];
    (void)snprintf(path, sizeof path, "tests/golden/models/%s/config.json", entry->d_name);
    if (entry->d_name[0] == '.' || access(path, R_OK) != 0) continue;
    path[strlen(path) - strlen("/config.json")] = 0;
    check(path);
    n++;
  }
  (void)closedir(folder);
  assert_true(n > 40);
}

/* Work space of a test. */
typedef struct bench {
  hw_arena arena, scratch;
  float *panel;
  hw_error err;
} bench;
static inline void bench_init(bench *b) {
  *b = (bench){.panel = unit_floats(HW_PANEL_FLOATS)};
  hw_arena_init(&b->arena);
  hw_arena_init(&b->scratch);
}
static inline void bench_fini(bench *b) {
  free(b->panel);
  hw_arena_fini(&b->arena);
  hw_arena_fini(&b->scratch);
}

static inline void unit_ids(uint64_t *seed, const hw_model *model, size_t n, int32_t *ids) {
  for (size_t i = 0; i < n; i++) ids[i] = (int32_t)unit_below(seed, (uint32_t)model->config.vocab_size);
}

/* Prompts of the given lengths as one batch, ids from the seed. */
static inline hw_activations bench_forward(bench *b, const hw_model *model, const int32_t *ids, const size_t *lengths, size_t n_prompts) {
  size_t *first = hw_arena_znew(&b->arena, size_t, n_prompts + 1, &b->err);
  for (size_t p = 0; p < n_prompts; p++) first[p + 1] = first[p] + lengths[p];
  hw_batch batch = {.n_prompts = n_prompts, .n_rows = first[n_prompts], .ids = ids, .first = first, .keeps_inputs = true};
  hw_activations acts;
  assert_ok(hw_forward(model, &batch, &(hw_team){.panel = b->panel}, &b->arena, &acts, &b->err), &b->err);
  return acts;
}

#endif
