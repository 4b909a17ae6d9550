/* SPDX-License-Identifier: Apache-2.0
 * The table of families: to add one with known kernels, add its rows here and a fixture to the tests. */
#include "model/family.h"

#include <stddef.h>
#include <string.h>

#define KEY(field) offsetof(hw_model_config, field)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- GPT-2: LayerNorm, learned positions, fused q k v in Conv1D layout, biases everywhere ---- */

static const hw_key_row gpt2_keys[] = {
    {"n_layer", HW_KEY_COUNT, KEY(n_layers), true, NULL},
    {"n_head", HW_KEY_COUNT, KEY(n_heads), true, NULL},
    {"n_embd", HW_KEY_COUNT, KEY(d_model), true, NULL},
    {"n_inner", HW_KEY_COUNT, KEY(d_ffn), false, NULL},
    {"n_positions", HW_KEY_COUNT, KEY(n_ctx), true, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL},
    {"layer_norm_epsilon", HW_KEY_NUMBER, KEY(norm_eps), false, NULL},
    {"activation_function", HW_KEY_ACTIVATION, KEY(activation), false, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL},
    {"scale_attn_weights", HW_KEY_MUST_BE, 0, false, "true"},
    {"scale_attn_by_inverse_layer_idx", HW_KEY_MUST_BE, 0, false, "false"},
    {"add_cross_attention", HW_KEY_MUST_BE, 0, false, "false"},
    {"quantization_config", HW_KEY_MUST_BE, 0, false, "null"},
};

static const hw_weight_row gpt2_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "wte.weight", HW_EXT_D_MODEL, HW_EXT_VOCAB, HW_IF_PRESENT},
    {HW_W_POSITION_EMBEDDING, "wpe.weight", HW_EXT_D_MODEL, HW_EXT_CTX, HW_REQUIRED},
    {HW_W_ATTN_NORM_GAMMA, "h.%d.ln_1.weight", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_ATTN_NORM_BETA, "h.%d.ln_1.bias", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_QKV, "h.%d.attn.c_attn.weight", HW_EXT_D_MODEL, HW_EXT_QKV, HW_REQUIRED},
    {HW_W_QKV_BIAS, "h.%d.attn.c_attn.bias", HW_EXT_NONE, HW_EXT_QKV, HW_REQUIRED},
    {HW_W_O, "h.%d.attn.c_proj.weight", HW_EXT_HEADS, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_O_BIAS, "h.%d.attn.c_proj.bias", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_FFN_NORM_GAMMA, "h.%d.ln_2.weight", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_FFN_NORM_BETA, "h.%d.ln_2.bias", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_IN, "h.%d.mlp.c_fc.weight", HW_EXT_D_MODEL, HW_EXT_D_FFN, HW_REQUIRED},
    {HW_W_IN_BIAS, "h.%d.mlp.c_fc.bias", HW_EXT_NONE, HW_EXT_D_FFN, HW_REQUIRED},
    {HW_W_OUT, "h.%d.mlp.c_proj.weight", HW_EXT_D_FFN, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_OUT_BIAS, "h.%d.mlp.c_proj.bias", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_FINAL_GAMMA, "ln_f.weight", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_FINAL_BETA, "ln_f.bias", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_UNEMBED, "=lm_head.weight", HW_EXT_D_MODEL, HW_EXT_VOCAB, HW_IF_PRESENT},
};

static const char *const gpt2_ignored[] = {".attn.bias", ".attn.masked_bias", NULL}; /* causal masks */

/* ---- LLaMA: RMSNorm, rotary positions, grouped-query attention, gated SiLU; biases only where config says so ---- */

static const hw_key_row llama_keys[] = {
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), true, NULL},
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), true, NULL},
    {"num_key_value_heads", HW_KEY_COUNT, KEY(n_kv_heads), false, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), true, NULL},
    {"head_dim", HW_KEY_COUNT, KEY(d_head), false, NULL},
    {"intermediate_size", HW_KEY_COUNT, KEY(d_ffn), true, NULL},
    {"max_position_embeddings", HW_KEY_COUNT, KEY(n_ctx), false, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL},
    {"rms_norm_eps", HW_KEY_NUMBER, KEY(norm_eps), false, NULL},
    {"rope_theta", HW_KEY_NUMBER, KEY(rope_theta), false, NULL},
    {"rope_parameters.rope_theta", HW_KEY_NUMBER, KEY(rope_theta), false, NULL},
    {"rope_parameters.rope_type", HW_KEY_MUST_BE, 0, false, "\"default\""},
    {"hidden_act", HW_KEY_ACTIVATION, KEY(activation), false, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL},
    {"rope_scaling", HW_KEY_MUST_BE, 0, false, "null"},
    {"partial_rotary_factor", HW_KEY_MUST_BE, 0, false, "1.0"},
    {"quantization_config", HW_KEY_MUST_BE, 0, false, "null"},
};

static const hw_weight_row llama_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "embed_tokens.weight", HW_EXT_D_MODEL, HW_EXT_VOCAB, HW_IF_PRESENT},
    {HW_W_ATTN_NORM_GAMMA, "layers.%d.input_layernorm.weight", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_Q, "layers.%d.self_attn.q_proj.weight", HW_EXT_D_MODEL, HW_EXT_HEADS, HW_REQUIRED},
    {HW_W_Q_BIAS, "layers.%d.self_attn.q_proj.bias", HW_EXT_NONE, HW_EXT_HEADS, HW_IF_PRESENT},
    {HW_W_K, "layers.%d.self_attn.k_proj.weight", HW_EXT_D_MODEL, HW_EXT_KV_HEADS, HW_REQUIRED},
    {HW_W_K_BIAS, "layers.%d.self_attn.k_proj.bias", HW_EXT_NONE, HW_EXT_KV_HEADS, HW_IF_PRESENT},
    {HW_W_V, "layers.%d.self_attn.v_proj.weight", HW_EXT_D_MODEL, HW_EXT_KV_HEADS, HW_REQUIRED},
    {HW_W_V_BIAS, "layers.%d.self_attn.v_proj.bias", HW_EXT_NONE, HW_EXT_KV_HEADS, HW_IF_PRESENT},
    {HW_W_O, "layers.%d.self_attn.o_proj.weight", HW_EXT_HEADS, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_O_BIAS, "layers.%d.self_attn.o_proj.bias", HW_EXT_NONE, HW_EXT_D_MODEL, HW_IF_PRESENT},
    {HW_W_FFN_NORM_GAMMA, "layers.%d.post_attention_layernorm.weight", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_GATE, "layers.%d.mlp.gate_proj.weight", HW_EXT_D_MODEL, HW_EXT_D_FFN, HW_REQUIRED},
    {HW_W_IN, "layers.%d.mlp.up_proj.weight", HW_EXT_D_MODEL, HW_EXT_D_FFN, HW_REQUIRED},
    {HW_W_OUT, "layers.%d.mlp.down_proj.weight", HW_EXT_D_FFN, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_OUT_BIAS, "layers.%d.mlp.down_proj.bias", HW_EXT_NONE, HW_EXT_D_MODEL, HW_IF_PRESENT},
    {HW_W_FINAL_GAMMA, "norm.weight", HW_EXT_NONE, HW_EXT_D_MODEL, HW_REQUIRED},
    {HW_W_UNEMBED, "=lm_head.weight", HW_EXT_D_MODEL, HW_EXT_VOCAB, HW_IF_PRESENT},
};

static const char *const llama_ignored[] = {".rotary_emb.inv_freq", NULL};

static const hw_family families[] = {
    {.model_type = "gpt2",
     .norm = HW_NORM_LAYER,
     .positions = HW_POSITION_LEARNED,
     .in_first = true,
     .prefixes = {"transformer.", ""},
     .ignored = gpt2_ignored,
     .defaults = {.norm_eps = 1e-5, .activation = HW_ACT_GELU_TANH, .tied = true},
     .ffn_factor = 4,
     .keys = gpt2_keys,
     .n_keys = COUNT_OF(gpt2_keys),
     .weights = gpt2_weights,
     .n_weights = COUNT_OF(gpt2_weights)},
    {.model_type = "llama",
     .norm = HW_NORM_RMS,
     .positions = HW_POSITION_ROTARY,
     .gated = true,
     .prefixes = {"model.", ""},
     .ignored = llama_ignored,
     .defaults = {.norm_eps = 1e-6, .activation = HW_ACT_SILU, .rope_theta = 10000.0, .n_ctx = 2048},
     .keys = llama_keys,
     .n_keys = COUNT_OF(llama_keys),
     .weights = llama_weights,
     .n_weights = COUNT_OF(llama_weights)},
};

const char *hw_family_name(size_t index) { return index < COUNT_OF(families) ? families[index].model_type : NULL; }

const hw_family *hw_family_find(const char *model_type) {
  for (size_t i = 0; i < COUNT_OF(families); i++)
    if (strcmp(families[i].model_type, model_type) == 0) return &families[i];
  return NULL;
}

bool hw_activation_find(const char *name, hw_activation *activation) {
  static const struct { const char *name; hw_activation activation; } names[] = {
      {"gelu_new", HW_ACT_GELU_TANH}, {"gelu_pytorch_tanh", HW_ACT_GELU_TANH}, {"gelu_fast", HW_ACT_GELU_TANH},
      {"gelu", HW_ACT_GELU_ERF}, {"relu", HW_ACT_RELU}, {"silu", HW_ACT_SILU}, {"swish", HW_ACT_SILU}};
  for (size_t i = 0; i < COUNT_OF(names); i++)
    if (strcmp(names[i].name, name) == 0) return *activation = names[i].activation, true;
  return false;
}
