/* SPDX-License-Identifier: Apache-2.0
 * Three tables: architectures, names of tensors, keys of the metadata. A GGUF file has the tensors of its family under other names, all
 * linear layers as [out, in], Gemma's norms as gamma itself, and the rows of LLaMA's q and k in the order of rotary pairs. */
#include "model/gguf.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_reader.h"
#include "model/config.h"
#include "weights/gguf.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const struct architecture {
  const char *name, *family;
  bool paired_heads;
  bool fused; /* q, k and v one after the other in one tensor, also where the family has three */
} architectures[] = {
    {"llama", "llama", true, false}, {"qwen2", "qwen2", false, false}, {"qwen3", "qwen3", false, false}, {"gpt2", "gpt2", false, true},
    {"gemma", "gemma", false, false}, {"gemma2", "gemma2", false, false},
    {"gemma3", "gemma3_text", false, false}, {"phi2", "phi", false, true}, {"phi3", "phi3", false, false}};

static const char *const names[HW_N_WEIGHTS] = {
    [HW_W_TOKEN_EMBEDDING] = "token_embd.weight",
    [HW_W_POSITION_EMBEDDING] = "position_embd.weight",
    [HW_W_ATTN_NORM_GAMMA] = "blk.{layer}.attn_norm.weight",
    [HW_W_ATTN_NORM_BETA] = "blk.{layer}.attn_norm.bias",
    [HW_W_QKV] = "blk.{layer}.attn_qkv.weight",
    [HW_W_QKV_BIAS] = "blk.{layer}.attn_qkv.bias",
    [HW_W_Q] = "blk.{layer}.attn_q.weight",
    [HW_W_Q_BIAS] = "blk.{layer}.attn_q.bias",
    [HW_W_K] = "blk.{layer}.attn_k.weight",
    [HW_W_K_BIAS] = "blk.{layer}.attn_k.bias",
    [HW_W_V] = "blk.{layer}.attn_v.weight",
    [HW_W_V_BIAS] = "blk.{layer}.attn_v.bias",
    [HW_W_Q_NORM_GAMMA] = "blk.{layer}.attn_q_norm.weight",
    [HW_W_K_NORM_GAMMA] = "blk.{layer}.attn_k_norm.weight",
    [HW_W_O] = "blk.{layer}.attn_output.weight",
    [HW_W_O_BIAS] = "blk.{layer}.attn_output.bias",
    [HW_W_ATTN_OUT_GAMMA] = "blk.{layer}.post_attention_norm.weight",
    [HW_W_FFN_NORM_GAMMA] = "blk.{layer}.ffn_norm.weight",
    [HW_W_FFN_NORM_BETA] = "blk.{layer}.ffn_norm.bias",
    [HW_W_GATE_IN] = "blk.{layer}.ffn_up.weight",
    [HW_W_GATE] = "blk.{layer}.ffn_gate.weight",
    [HW_W_GATE_BIAS] = "blk.{layer}.ffn_gate.bias",
    [HW_W_IN] = "blk.{layer}.ffn_up.weight",
    [HW_W_IN_BIAS] = "blk.{layer}.ffn_up.bias",
    [HW_W_OUT] = "blk.{layer}.ffn_down.weight",
    [HW_W_OUT_BIAS] = "blk.{layer}.ffn_down.bias",
    [HW_W_FFN_OUT_GAMMA] = "blk.{layer}.post_ffw_norm.weight",
    [HW_W_FINAL_GAMMA] = "output_norm.weight",
    [HW_W_FINAL_BETA] = "output_norm.bias",
    [HW_W_UNEMBED] = "output.weight",
    [HW_W_UNEMBED_BIAS] = "output.bias",
};

/* Behind the architecture's name and a dot. A family reads those of the config's keys that it has. */
static const struct key_row {
  const char *key;
  const char *config[2]; /* the keys in config.json; none: known, and read elsewhere or without a meaning for the computation */
} keys[] = {
    {"block_count", {"num_hidden_layers"}},
    {"context_length", {"max_position_embeddings"}},
    {"embedding_length", {"hidden_size"}},
    {"feed_forward_length", {"intermediate_size", "n_inner"}},
    {"attention.head_count", {"num_attention_heads"}},
    {"attention.head_count_kv", {"num_key_value_heads"}},
    {"attention.key_length", {"head_dim"}},
    {"attention.layer_norm_rms_epsilon", {"rms_norm_eps"}},
    {"attention.layer_norm_epsilon", {"layer_norm_epsilon", "layer_norm_eps"}},
    {"attention.sliding_window", {"sliding_window"}},
    {"attn_logit_softcapping", {"attn_logit_softcapping"}},
    {"final_logit_softcapping", {"final_logit_softcapping"}},
    {"rope.freq_base", {"rope_theta"}},
    {"rope.dimension_count", {NULL}},
    {"rope.scaling.type", {NULL}},
    {"rope.scaling.factor", {NULL}},
    {"rope.scaling.original_context_length", {NULL}},
    {"rope.scaling.finetuned", {NULL}},
    {"attention.value_length", {NULL}},
    {"vocab_size", {NULL}}, /* the embedding has as many rows */
    {"tensor_data_layout", {NULL}},
};

typedef struct describer {
  const hw_gguf *gguf;
  const struct architecture *architecture;
  size_t prefix; /* bytes of the architecture's name and the dot */
  json_t *config;
  hw_error *err;
} describer;

static const hw_gguf_value *find(const describer *d, const char *key) {
  char whole[128];
  (void)snprintf(whole, sizeof whole, "%s.%s", d->architecture->name, key);
  return hw_gguf_find(d->gguf, whole);
}

static bool put(describer *d, const char *key, json_t *value) {
  return json_object_set_new(d->config, key, value) == 0 || hw_fail_memory(d->err, d->gguf->path);
}

static bool find_architecture(describer *d) {
  const hw_gguf_value *value = hw_gguf_find(d->gguf, "general.architecture");
  hw_gguf_text text = {0};
  if (!value || !hw_gguf_get_text(value, &text)) return hw_fail(d->err, HW_ERROR_INPUT, "%s: no general.architecture", d->gguf->path);
  for (size_t i = 0; i < COUNT_OF(architectures) && !d->architecture; i++)
    if (strlen(architectures[i].name) == text.length && memcmp(architectures[i].name, text.bytes, text.length) == 0) d->architecture = &architectures[i];
  if (!d->architecture) {
    int shown = text.length < 100 ? (int)text.length : 100;
    return hw_fail(d->err, HW_ERROR_UNSUPPORTED, "%s: architecture \"%.*s\" is not known in GGUF (known: llama, qwen2, qwen3, gpt2, gemma, gemma2, gemma3, phi2, phi3)", d->gguf->path, shown,
                   text.bytes);
  }
  d->prefix = strlen(d->architecture->name) + 1;
  return true;
}

/* A number of the metadata as JSON: eps and theta are float32 in the file. */
static json_t *as_json(const hw_gguf_value *value) {
  int64_t integer;
  double real;
  if (hw_gguf_get_int(value, &integer)) return json_integer(integer);
  return hw_gguf_get_number(value, &real) && isfinite(real) ? json_real(real) : NULL;
}

static bool read_keys(describer *d) {
  for (size_t i = 0; i < d->gguf->n_values; i++) {
    const hw_gguf_value *value = &d->gguf->values[i];
    if (strncmp(value->key, d->architecture->name, d->prefix - 1) != 0 || value->key[d->prefix - 1] != '.') continue;
    const struct key_row *row = NULL;
    for (size_t k = 0; k < COUNT_OF(keys) && !row; k++)
      if (strcmp(keys[k].key, value->key + d->prefix) == 0) row = &keys[k];
    double number;
    if (!row && hw_gguf_get_number(value, &number) && number == 0) continue; /* switched off */
    if (!row) return hw_fail(d->err, HW_ERROR_UNSUPPORTED, "%s: key %.200s asks for what is not computed", d->gguf->path, value->key);
    for (size_t k = 0; k < COUNT_OF(row->config) && row->config[k]; k++) {
      json_t *json = as_json(value);
      if (!json) return hw_fail(d->err, HW_ERROR_INPUT, "%s: key %.200s is not one number", d->gguf->path, value->key);
      if (!put(d, row->config[k], json)) return false;
    }
  }
  return true;
}

static bool get_count(describer *d, const char *key, int64_t *count) {
  const hw_gguf_value *value = find(d, key);
  if (!value) return true;
  return (hw_gguf_get_int(value, count) && *count > 0) || hw_fail(d->err, HW_ERROR_INPUT, "%s: key %.200s is not a count", d->gguf->path, value->key);
}

static bool read_scaling(describer *d) {
  const hw_gguf_value *type = find(d, "rope.scaling.type"), *factor = find(d, "rope.scaling.factor");
  hw_gguf_text text = {0};
  double number = 1;
  if (type && !hw_gguf_get_text(type, &text)) return hw_fail(d->err, HW_ERROR_INPUT, "%s: rope.scaling.type is not a text", d->gguf->path);
  if (!type || (text.length == 4 && memcmp(text.bytes, "none", 4) == 0)) return true;
  if (text.length != 6 || memcmp(text.bytes, "linear", 6) != 0)
    return hw_fail(d->err, HW_ERROR_UNSUPPORTED, "%s: rope.scaling.type is \"%.*s\", want none or linear", d->gguf->path, text.length < 50 ? (int)text.length : 50, text.bytes);
  if (factor && (!hw_gguf_get_number(factor, &number) || !(number > 0))) return hw_fail(d->err, HW_ERROR_INPUT, "%s: rope.scaling.factor is no number above 0", d->gguf->path);
  return put(d, "rope_scaling", json_pack("{s:s,s:f}", "type", "linear", "factor", number));
}

/* What a config says and the metadata leaves to the tensors. */
static bool read_sizes(describer *d) {
  const hw_tensor *embedding = hw_weights_find(&d->gguf->weights, "token_embd.weight");
  if (!embedding || embedding->n_dims != 2) return hw_fail(d->err, HW_ERROR_INPUT, "%s: no matrix token_embd.weight", d->gguf->path);
  int64_t width = 0, heads = 0, head = 0, turning = 0, layers = 0, value_width = 0;
  if (!get_count(d, "embedding_length", &width) || !get_count(d, "attention.head_count", &heads) || !get_count(d, "attention.key_length", &head) ||
      !get_count(d, "rope.dimension_count", &turning) || !get_count(d, "block_count", &layers) || !get_count(d, "attention.value_length", &value_width))
    return false;
  if (!head && heads && strncmp(d->architecture->name, "gemma", 5) != 0) {
    head = width / heads;
    if (!put(d, "head_dim", json_integer(head))) return false;
  }
  if (heads && !find(d, "attention.head_count_kv") && !put(d, "num_key_value_heads", json_integer(heads))) return false;
  if (head && value_width && head != value_width)
    return hw_fail(d->err, HW_ERROR_UNSUPPORTED, "%s: keys of %" PRId64 " and values of %" PRId64 " dimensions", d->gguf->path, head, value_width);
  if (head && turning && turning != head && !put(d, "partial_rotary_factor", json_real(((double)turning + 0.25) / (double)head))) return false;
  bool gemma2 = strcmp(d->architecture->name, "gemma2") == 0, gemma3 = strcmp(d->architecture->name, "gemma3") == 0;
  bool is_27b = heads && ((gemma2 && layers == 46) || (gemma3 && layers == 62)); /* its scores are scaled as if the heads shared the width evenly */
  if ((gemma2 || gemma3) && head && !put(d, "query_pre_attn_scalar", json_integer(is_27b ? width / heads : head))) return false;
  return put(d, "vocab_size", json_integer((json_int_t)embedding->shape[0])) &&
         put(d, "tie_word_embeddings", json_boolean(!hw_weights_find(&d->gguf->weights, "output.weight"))) &&
         put(d, "attention_bias", json_boolean(hw_weights_find(&d->gguf->weights, "blk.0.attn_output.bias") != NULL)) &&
         put(d, "mlp_bias", json_boolean(hw_weights_find(&d->gguf->weights, "blk.0.ffn_gate.bias") != NULL));
}

/* The family's row with GGUF's names. Rows without a name keep the family's own from being looked for. */
static bool make_family(const describer *d, const hw_family *like, hw_arena *arena, const hw_family **made) {
  static const char *const nothing_ignored[] = {NULL};
  hw_family *family = hw_arena_new(arena, hw_family, 1, d->err);
  hw_weight_row *rows = hw_arena_new(arena, hw_weight_row, HW_N_WEIGHTS, d->err);
  if (!family || !rows) return false;
  for (hw_weight w = 0; w < HW_N_WEIGHTS; w++) {
    const hw_weight_row *row = hw_family_weight(like, w);
    bool fused = w == HW_W_QKV || w == HW_W_QKV_BIAS, apart = w >= HW_W_Q && w <= HW_W_V_BIAS;
    bool there = d->architecture->fused && (fused || apart) ? fused : row != NULL;
    rows[w] = (hw_weight_row){w, there ? names[w] : NULL, row ? row->presence : HW_REQUIRED};
  }
  *family = *like;
  family->like = like;
  family->prefixes[0] = "";
  family->prefixes[1] = NULL;
  family->ignored = nothing_ignored;
  family->weights = rows;
  family->n_weights = HW_N_WEIGHTS;
  family->layout = HW_LAYOUT_LINEAR;
  memset(family->layouts, 0, sizeof family->layouts);
  family->gamma_plus_one = false;
  family->fusion = HW_FUSED_IN_ORDER;
  family->paired_heads = d->architecture->paired_heads;
  *made = family;
  return true;
}

bool hw_gguf_describe(const char *path, hw_arena *arena, hw_model_config *config, const hw_family **family, hw_error *err) {
  hw_gguf gguf;
  if (!hw_gguf_open(path, &gguf, err)) return false;
  describer d = {.gguf = &gguf, .config = json_object(), .err = err};
  bool ok = d.config != NULL;
  if (!ok) hw_fail_memory(err, path);
  ok = ok && find_architecture(&d) && read_keys(&d) && read_scaling(&d) && read_sizes(&d);
  const hw_family *like = NULL;
  ok = ok && hw_family_find(d.architecture->family, d.config, &like, err);
  if (ok && !like) ok = hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: family %s is not known", path, d.architecture->family);
  ok = ok && make_family(&d, like, arena, family) && hw_config_read_family(path, d.config, like, config, err) && hw_config_derive(path, *family, config, err);
  json_decref(d.config);
  hw_gguf_close(&gguf);
  return ok;
}
