/* SPDX-License-Identifier: Apache-2.0
 * The table of families: to add one with known kernels, add its rows here and a fixture to the tests. */
#include "model/family.h"

#include <string.h>

#define KEY(field) offsetof(hw_model_config, field)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define KEYS(list) .keys = list, .n_keys = COUNT_OF(list)
#define WEIGHTS(list) .weights = list, .n_weights = COUNT_OF(list)

/* ---- GPT-2: LayerNorm, learned positions, fused q k v in Conv1D layout, biases everywhere ---- */

static const hw_key_row gpt2_keys[] = {
    {"n_layer", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"n_head", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"n_embd", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), false, NULL, NULL}, /* transformers takes these names as well */
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), false, NULL, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), false, NULL, NULL},
    {"max_position_embeddings", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"n_inner", HW_KEY_COUNT, KEY(d_ffn), false, NULL, NULL},
    {"n_positions", HW_KEY_COUNT, KEY(n_ctx), true, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"layer_norm_epsilon", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"activation_function", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
    {"scale_attn_weights", HW_KEY_MUST_BE, 0, false, "true", NULL},
    {"scale_attn_by_inverse_layer_idx", HW_KEY_SWITCH, KEY(scale_by_layer), false, NULL, NULL},
};

static const hw_weight_row gpt2_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "wte.weight", HW_IF_PRESENT},
    {HW_W_POSITION_EMBEDDING, "wpe.weight", HW_REQUIRED},
    {HW_W_ATTN_NORM_GAMMA, "h.{layer}.ln_1.weight", HW_REQUIRED},
    {HW_W_ATTN_NORM_BETA, "h.{layer}.ln_1.bias", HW_REQUIRED},
    {HW_W_QKV, "h.{layer}.attn.c_attn.weight", HW_REQUIRED},
    {HW_W_QKV_BIAS, "h.{layer}.attn.c_attn.bias", HW_REQUIRED},
    {HW_W_O, "h.{layer}.attn.c_proj.weight", HW_REQUIRED},
    {HW_W_O_BIAS, "h.{layer}.attn.c_proj.bias", HW_REQUIRED},
    {HW_W_FFN_NORM_GAMMA, "h.{layer}.ln_2.weight", HW_REQUIRED},
    {HW_W_FFN_NORM_BETA, "h.{layer}.ln_2.bias", HW_REQUIRED},
    {HW_W_IN, "h.{layer}.mlp.c_fc.weight", HW_REQUIRED},
    {HW_W_IN_BIAS, "h.{layer}.mlp.c_fc.bias", HW_REQUIRED},
    {HW_W_OUT, "h.{layer}.mlp.c_proj.weight", HW_REQUIRED},
    {HW_W_OUT_BIAS, "h.{layer}.mlp.c_proj.bias", HW_REQUIRED},
    {HW_W_FINAL_GAMMA, "ln_f.weight", HW_REQUIRED},
    {HW_W_FINAL_BETA, "ln_f.bias", HW_REQUIRED},
    {HW_W_UNEMBED, "=lm_head.weight", HW_IF_PRESENT},
};

static const char *const gpt2_ignored[] = {".attn.bias", ".attn.masked_bias", NULL}; /* causal masks */

static const hw_family gpt2 = {
    .model_type = "gpt2", .layout = HW_LAYOUT_CONV1D, .prefixes = {"transformer.", ""}, .ignored = gpt2_ignored, .ffn_factor = 4,
    .defaults = {.norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_LEARNED, .activation = HW_ACT_GELU_TANH, .tied = true},
    KEYS(gpt2_keys), WEIGHTS(gpt2_weights)};

/* ---- OPT: as GPT-2, with separate q k v as linear layers, ReLU, and a position table that starts at its third row ---- */

static const hw_key_row opt_keys[] = {
    {"do_layer_norm_before", HW_KEY_MUST_BE, 0, false, "true",
     "a post-norm model (OPT-350m) normalises the sum, which then falls into no parts"},
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"ffn_dim", HW_KEY_COUNT, KEY(d_ffn), true, NULL, NULL},
    {"max_position_embeddings", HW_KEY_COUNT, KEY(n_ctx), true, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"activation_function", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
    {"word_embed_proj_dim", HW_KEY_EQUALS, KEY(d_model), false, NULL,
     "projected embeddings (OPT-350m's project_in and project_out) are not computed"},
    {"enable_bias", HW_KEY_MUST_BE, 0, false, "true", NULL},
    {"layer_norm_elementwise_affine", HW_KEY_MUST_BE, 0, false, "true", NULL},
    {"_remove_final_layer_norm", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

static const hw_weight_row opt_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "embed_tokens.weight", HW_IF_PRESENT},
    {HW_W_POSITION_EMBEDDING, "embed_positions.weight", HW_REQUIRED},
    {HW_W_ATTN_NORM_GAMMA, "layers.{layer}.self_attn_layer_norm.weight", HW_REQUIRED},
    {HW_W_ATTN_NORM_BETA, "layers.{layer}.self_attn_layer_norm.bias", HW_REQUIRED},
    {HW_W_Q, "layers.{layer}.self_attn.q_proj.weight", HW_REQUIRED},
    {HW_W_Q_BIAS, "layers.{layer}.self_attn.q_proj.bias", HW_REQUIRED},
    {HW_W_K, "layers.{layer}.self_attn.k_proj.weight", HW_REQUIRED},
    {HW_W_K_BIAS, "layers.{layer}.self_attn.k_proj.bias", HW_REQUIRED},
    {HW_W_V, "layers.{layer}.self_attn.v_proj.weight", HW_REQUIRED},
    {HW_W_V_BIAS, "layers.{layer}.self_attn.v_proj.bias", HW_REQUIRED},
    {HW_W_O, "layers.{layer}.self_attn.out_proj.weight", HW_REQUIRED},
    {HW_W_O_BIAS, "layers.{layer}.self_attn.out_proj.bias", HW_REQUIRED},
    {HW_W_FFN_NORM_GAMMA, "layers.{layer}.final_layer_norm.weight", HW_REQUIRED},
    {HW_W_FFN_NORM_BETA, "layers.{layer}.final_layer_norm.bias", HW_REQUIRED},
    {HW_W_IN, "layers.{layer}.fc1.weight", HW_REQUIRED},
    {HW_W_IN_BIAS, "layers.{layer}.fc1.bias", HW_REQUIRED},
    {HW_W_OUT, "layers.{layer}.fc2.weight", HW_REQUIRED},
    {HW_W_OUT_BIAS, "layers.{layer}.fc2.bias", HW_REQUIRED},
    {HW_W_FINAL_GAMMA, "final_layer_norm.weight", HW_REQUIRED},
    {HW_W_FINAL_BETA, "final_layer_norm.bias", HW_REQUIRED},
    {HW_W_UNEMBED, "=lm_head.weight", HW_IF_PRESENT},
};

static const char *const nothing_ignored[] = {NULL};

static const hw_family opt = {
    .model_type = "opt", .prefixes = {"model.decoder.", "decoder.", ""}, .ignored = nothing_ignored,
    .defaults = {.norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_LEARNED, .position_offset = 2,
                 .activation = HW_ACT_RELU, .tied = true},
    KEYS(opt_keys), WEIGHTS(opt_weights)};

/* ---- LLaMA: RMSNorm, rotary positions, grouped-query attention, gated SiLU; biases only where config says so ---- */

static const hw_key_row llama_keys[] = {
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"num_key_value_heads", HW_KEY_COUNT, KEY(n_kv_heads), false, NULL, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"head_dim", HW_KEY_COUNT, KEY(d_head), false, NULL, NULL},
    {"intermediate_size", HW_KEY_COUNT, KEY(d_ffn), true, NULL, NULL},
    {"max_position_embeddings", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"rms_norm_eps", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"rope_theta", HW_KEY_NUMBER, KEY(rope.theta), false, NULL, NULL},
    {"rope_scaling", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"rope_parameters", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"hidden_act", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
    {"attention_bias", HW_KEY_SWITCH, KEY(attention_bias), false, NULL, NULL},
    {"mlp_bias", HW_KEY_SWITCH, KEY(ffn_bias), false, NULL, NULL},
};

static const hw_weight_row llama_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "embed_tokens.weight", HW_IF_PRESENT},
    {HW_W_ATTN_NORM_GAMMA, "layers.{layer}.input_layernorm.weight", HW_REQUIRED},
    {HW_W_Q, "layers.{layer}.self_attn.q_proj.weight", HW_REQUIRED},
    {HW_W_Q_BIAS, "layers.{layer}.self_attn.q_proj.bias", HW_IF_ATTENTION_BIAS},
    {HW_W_K, "layers.{layer}.self_attn.k_proj.weight", HW_REQUIRED},
    {HW_W_K_BIAS, "layers.{layer}.self_attn.k_proj.bias", HW_IF_ATTENTION_BIAS},
    {HW_W_V, "layers.{layer}.self_attn.v_proj.weight", HW_REQUIRED},
    {HW_W_V_BIAS, "layers.{layer}.self_attn.v_proj.bias", HW_IF_ATTENTION_BIAS},
    {HW_W_O, "layers.{layer}.self_attn.o_proj.weight", HW_REQUIRED},
    {HW_W_O_BIAS, "layers.{layer}.self_attn.o_proj.bias", HW_IF_ATTENTION_BIAS},
    {HW_W_FFN_NORM_GAMMA, "layers.{layer}.post_attention_layernorm.weight", HW_REQUIRED},
    {HW_W_GATE, "layers.{layer}.mlp.gate_proj.weight", HW_REQUIRED},
    {HW_W_GATE_BIAS, "layers.{layer}.mlp.gate_proj.bias", HW_IF_FFN_BIAS},
    {HW_W_IN, "layers.{layer}.mlp.up_proj.weight", HW_REQUIRED},
    {HW_W_IN_BIAS, "layers.{layer}.mlp.up_proj.bias", HW_IF_FFN_BIAS},
    {HW_W_OUT, "layers.{layer}.mlp.down_proj.weight", HW_REQUIRED},
    {HW_W_OUT_BIAS, "layers.{layer}.mlp.down_proj.bias", HW_IF_FFN_BIAS},
    {HW_W_FINAL_GAMMA, "norm.weight", HW_REQUIRED},
    {HW_W_UNEMBED, "=lm_head.weight", HW_IF_PRESENT},
};

static const char *const rotary_buffers[] = {".rotary_emb.inv_freq", NULL};

/* Defaults of the whole line. */
#define LLAMA_BLOCK .norm = HW_NORM_RMS, .norm_eps = 1e-6, .positions = HW_POSITION_ROTARY, .rope = {.theta = 10000.0, .rotary_fraction = 1}, \
                    .gated = true, .activation = HW_ACT_SILU

static const hw_family llama = {.model_type = "llama", .prefixes = {"model.", ""}, .ignored = rotary_buffers,
                                .defaults = {LLAMA_BLOCK, .n_ctx = 2048}, KEYS(llama_keys), WEIGHTS(llama_weights)};

/* ---- Qwen2: LLaMA with biases on q, k and v. A window counts only under use_sliding_window, which is refused ---- */

static const hw_weight_row qwen2_weights[] = {
    {HW_W_Q_BIAS, "layers.{layer}.self_attn.q_proj.bias", HW_REQUIRED},
    {HW_W_K_BIAS, "layers.{layer}.self_attn.k_proj.bias", HW_REQUIRED},
    {HW_W_V_BIAS, "layers.{layer}.self_attn.v_proj.bias", HW_REQUIRED},
};

static const hw_family qwen2 = {.model_type = "qwen2", .like = &llama, .prefixes = {"model.", ""}, .ignored = rotary_buffers,
                                .defaults = {LLAMA_BLOCK, .n_ctx = 32768}, WEIGHTS(qwen2_weights)};

/* ---- Mistral: LLaMA with a sliding window on every layer; null means none ---- */

static const hw_key_row mistral_keys[] = {
    {"sliding_window", HW_KEY_COUNT_OR_NONE, KEY(window), false, NULL, NULL},
};

static const hw_family mistral = {
    .model_type = "mistral", .like = &llama, .prefixes = {"model.", ""}, .ignored = rotary_buffers,
    .defaults = {LLAMA_BLOCK, .n_ctx = 131072, .window = 4096, .window_pattern = HW_WINDOW_ALL}, KEYS(mistral_keys)};

/* ---- Qwen3: LLaMA with an RMSNorm of each head's q and k ---- */

static const hw_weight_row qwen3_weights[] = {
    {HW_W_Q_NORM_GAMMA, "layers.{layer}.self_attn.q_norm.weight", HW_REQUIRED},
    {HW_W_K_NORM_GAMMA, "layers.{layer}.self_attn.k_norm.weight", HW_REQUIRED},
};

static const hw_family qwen3 = {.model_type = "qwen3", .like = &llama, .prefixes = {"model.", ""}, .ignored = rotary_buffers,
                                .defaults = {LLAMA_BLOCK, .n_ctx = 32768, .d_head = 128}, WEIGHTS(qwen3_weights)};

/* ---- GPT-NeoX (Pythia): attention and FFN side by side, q k v fused head by head, the first dimensions of a head turn ---- */

static const hw_key_row gpt_neox_keys[] = {
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"intermediate_size", HW_KEY_COUNT, KEY(d_ffn), true, NULL, NULL},
    {"max_position_embeddings", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"layer_norm_eps", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"rotary_pct", HW_KEY_NUMBER, KEY(rope.rotary_fraction), false, NULL, NULL},
    {"partial_rotary_factor", HW_KEY_NUMBER, KEY(rope.rotary_fraction), false, NULL, NULL},
    {"rotary_emb_base", HW_KEY_NUMBER, KEY(rope.theta), false, NULL, NULL},
    {"rope_theta", HW_KEY_NUMBER, KEY(rope.theta), false, NULL, NULL},
    {"rope_scaling", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"rope_parameters", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"hidden_act", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"use_parallel_residual", HW_KEY_SWITCH, KEY(parallel), false, NULL, NULL},
    {"attention_bias", HW_KEY_SWITCH, KEY(attention_bias), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
};

static const hw_weight_row gpt_neox_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "embed_in.weight", HW_IF_PRESENT},
    {HW_W_ATTN_NORM_GAMMA, "layers.{layer}.input_layernorm.weight", HW_REQUIRED},
    {HW_W_ATTN_NORM_BETA, "layers.{layer}.input_layernorm.bias", HW_REQUIRED},
    {HW_W_QKV, "layers.{layer}.attention.query_key_value.weight", HW_REQUIRED},
    {HW_W_QKV_BIAS, "layers.{layer}.attention.query_key_value.bias", HW_IF_ATTENTION_BIAS},
    {HW_W_O, "layers.{layer}.attention.dense.weight", HW_REQUIRED},
    {HW_W_O_BIAS, "layers.{layer}.attention.dense.bias", HW_IF_ATTENTION_BIAS},
    {HW_W_FFN_NORM_GAMMA, "layers.{layer}.post_attention_layernorm.weight", HW_REQUIRED},
    {HW_W_FFN_NORM_BETA, "layers.{layer}.post_attention_layernorm.bias", HW_REQUIRED},
    {HW_W_IN, "layers.{layer}.mlp.dense_h_to_4h.weight", HW_REQUIRED},
    {HW_W_IN_BIAS, "layers.{layer}.mlp.dense_h_to_4h.bias", HW_REQUIRED},
    {HW_W_OUT, "layers.{layer}.mlp.dense_4h_to_h.weight", HW_REQUIRED},
    {HW_W_OUT_BIAS, "layers.{layer}.mlp.dense_4h_to_h.bias", HW_REQUIRED},
    {HW_W_FINAL_GAMMA, "final_layer_norm.weight", HW_REQUIRED},
    {HW_W_FINAL_BETA, "final_layer_norm.bias", HW_REQUIRED},
    {HW_W_UNEMBED, "=embed_out.weight", HW_IF_PRESENT},
};

static const char *const gpt_neox_ignored[] = {".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq", NULL};

static const hw_family gpt_neox = {
    .model_type = "gpt_neox", .qkv_by_head = true, .prefixes = {"gpt_neox.", ""}, .ignored = gpt_neox_ignored,
    .defaults = {.norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_ROTARY, .rope = {.theta = 10000.0, .rotary_fraction = 0.25},
                 .activation = HW_ACT_GELU_ERF, .parallel = true, .attention_bias = true, .n_ctx = 2048},
    KEYS(gpt_neox_keys), WEIGHTS(gpt_neox_weights)};

/* ---- Phi: attention and FFN side by side behind one norm, biases everywhere and on the head ---- */

static const hw_key_row phi_keys[] = {
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"num_key_value_heads", HW_KEY_COUNT, KEY(n_kv_heads), false, NULL, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"intermediate_size", HW_KEY_COUNT, KEY(d_ffn), true, NULL, NULL},
    {"max_position_embeddings", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"layer_norm_eps", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"partial_rotary_factor", HW_KEY_NUMBER, KEY(rope.rotary_fraction), false, NULL, NULL},
    {"rope_theta", HW_KEY_NUMBER, KEY(rope.theta), false, NULL, NULL},
    {"rope_scaling", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"rope_parameters", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"hidden_act", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
};

static const hw_weight_row phi_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "embed_tokens.weight", HW_IF_PRESENT},
    {HW_W_ATTN_NORM_GAMMA, "layers.{layer}.input_layernorm.weight", HW_REQUIRED},
    {HW_W_ATTN_NORM_BETA, "layers.{layer}.input_layernorm.bias", HW_REQUIRED},
    {HW_W_Q, "layers.{layer}.self_attn.q_proj.weight", HW_REQUIRED},
    {HW_W_Q_BIAS, "layers.{layer}.self_attn.q_proj.bias", HW_REQUIRED},
    {HW_W_K, "layers.{layer}.self_attn.k_proj.weight", HW_REQUIRED},
    {HW_W_K_BIAS, "layers.{layer}.self_attn.k_proj.bias", HW_REQUIRED},
    {HW_W_V, "layers.{layer}.self_attn.v_proj.weight", HW_REQUIRED},
    {HW_W_V_BIAS, "layers.{layer}.self_attn.v_proj.bias", HW_REQUIRED},
    {HW_W_O, "layers.{layer}.self_attn.dense.weight", HW_REQUIRED},
    {HW_W_O_BIAS, "layers.{layer}.self_attn.dense.bias", HW_REQUIRED},
    {HW_W_IN, "layers.{layer}.mlp.fc1.weight", HW_REQUIRED},
    {HW_W_IN_BIAS, "layers.{layer}.mlp.fc1.bias", HW_REQUIRED},
    {HW_W_OUT, "layers.{layer}.mlp.fc2.weight", HW_REQUIRED},
    {HW_W_OUT_BIAS, "layers.{layer}.mlp.fc2.bias", HW_REQUIRED},
    {HW_W_FINAL_GAMMA, "final_layernorm.weight", HW_REQUIRED},
    {HW_W_FINAL_BETA, "final_layernorm.bias", HW_REQUIRED},
    {HW_W_UNEMBED, "=lm_head.weight", HW_IF_PRESENT},
    {HW_W_UNEMBED_BIAS, "=lm_head.bias", HW_REQUIRED},
};

static const hw_family phi = {
    .model_type = "phi", .prefixes = {"model.", ""}, .ignored = rotary_buffers,
    .defaults = {.norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_ROTARY, .rope = {.theta = 10000.0, .rotary_fraction = 0.5},
                 .activation = HW_ACT_GELU_TANH, .parallel = true, .n_ctx = 2048},
    KEYS(phi_keys), WEIGHTS(phi_weights)};

/* ---- GPT-Neo: GPT-2 with linear layers, scores that are not scaled, and layers that see only a window ---- */

static const hw_key_row gpt_neo_keys[] = {
    {"num_layers", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"num_heads", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), false, NULL, NULL}, /* transformers takes these names as well */
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), false, NULL, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"intermediate_size", HW_KEY_COUNT, KEY(d_ffn), false, NULL, NULL},
    {"max_position_embeddings", HW_KEY_COUNT, KEY(n_ctx), true, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"layer_norm_epsilon", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"activation_function", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
    {"window_size", HW_KEY_COUNT, KEY(window), false, NULL, NULL},
    {"attention_types", HW_KEY_LAYER_GROUPS, KEY(windowed), true, NULL, NULL},
    {"attention_layers", HW_KEY_LAYER_TYPES, KEY(windowed), false, NULL, NULL},
};

static const hw_weight_row gpt_neo_weights[] = {
    {HW_W_QKV, NULL, HW_IF_PRESENT},
    {HW_W_QKV_BIAS, NULL, HW_IF_PRESENT},
    {HW_W_Q, "h.{layer}.attn.attention.q_proj.weight", HW_REQUIRED},
    {HW_W_K, "h.{layer}.attn.attention.k_proj.weight", HW_REQUIRED},
    {HW_W_V, "h.{layer}.attn.attention.v_proj.weight", HW_REQUIRED},
    {HW_W_O, "h.{layer}.attn.attention.out_proj.weight", HW_REQUIRED},
    {HW_W_O_BIAS, "h.{layer}.attn.attention.out_proj.bias", HW_REQUIRED},
};

static const char *const gpt_neo_ignored[] = {".attn.attention.bias", ".attn.attention.masked_bias", NULL};

/* Takes the names of tensors from GPT-2, but none of its keys. */
static const hw_family gpt2_names = {WEIGHTS(gpt2_weights)};

static const hw_family gpt_neo = {
    .model_type = "gpt_neo", .like = &gpt2_names, .prefixes = {"transformer.", ""}, .ignored = gpt_neo_ignored, .ffn_factor = 4,
    .defaults = {.norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_LEARNED, .activation = HW_ACT_GELU_TANH, .tied = true,
                 .score_scale = 1, .window = 256},
    KEYS(gpt_neo_keys), WEIGHTS(gpt_neo_weights)};

/* ---- Gemma: LLaMA with scaled embeddings, norms stored as gamma - 1 and tanh gelu, which older files call gelu ---- */

static const hw_key_row gemma_keys[] = {
    {"hidden_act", HW_KEY_ONE_OF, 0, false, "[\"gelu\", \"gelu_pytorch_tanh\"]", "Gemma's is gelu_pytorch_tanh under either name"},
    {"hidden_activation", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"mlp_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

#define GEMMA_BLOCK .norm = HW_NORM_RMS, .norm_eps = 1e-6, .positions = HW_POSITION_ROTARY, .rope = {.theta = 10000.0, .rotary_fraction = 1}, \
                    .gated = true, .activation = HW_ACT_GELU_TANH, .scale_embedding = true, .tied = true, .d_head = 256, .n_ctx = 8192

static const hw_family gemma = {.model_type = "gemma", .like = &llama, .gamma_plus_one = true, .prefixes = {"model.", ""},
                                .ignored = rotary_buffers, .defaults = {GEMMA_BLOCK}, KEYS(gemma_keys)};

/* ---- Gemma 2: norms before and behind each branch, capped scores and logits, a window on every other layer ---- */

static const hw_key_row gemma2_keys[] = {
    {"sliding_window", HW_KEY_COUNT_OR_NONE, KEY(window), false, NULL, NULL},
    {"attn_logit_softcapping", HW_KEY_NUMBER_OR_NONE, KEY(attention_cap), false, NULL, NULL},
    {"final_logit_softcapping", HW_KEY_NUMBER_OR_NONE, KEY(final_cap), false, NULL, NULL},
    {"query_pre_attn_scalar", HW_KEY_NUMBER, KEY(attention_scalar), false, NULL, NULL},
};

static const hw_weight_row gemma2_weights[] = {
    {HW_W_ATTN_OUT_GAMMA, "layers.{layer}.post_attention_layernorm.weight", HW_REQUIRED},
    {HW_W_FFN_NORM_GAMMA, "layers.{layer}.pre_feedforward_layernorm.weight", HW_REQUIRED},
    {HW_W_FFN_OUT_GAMMA, "layers.{layer}.post_feedforward_layernorm.weight", HW_REQUIRED},
};

static const hw_family gemma2 = {
    .model_type = "gemma2", .like = &gemma, .gamma_plus_one = true, .prefixes = {"model.", ""}, .ignored = rotary_buffers,
    .defaults = {GEMMA_BLOCK, .window = 4096, .window_pattern = HW_WINDOW_EVEN, .attention_cap = 50, .final_cap = 30, .attention_scalar = 256},
    KEYS(gemma2_keys), WEIGHTS(gemma2_weights)};

static const hw_family *const families[] = {&gpt2, &opt, &llama, &mistral, &qwen2, &qwen3, &gpt_neox, &phi, &gpt_neo, &gemma, &gemma2};

const char *hw_family_name(size_t index) { return index < COUNT_OF(families) ? families[index]->model_type : NULL; }

const hw_family *hw_family_find(const char *model_type) {
  for (size_t i = 0; i < COUNT_OF(families); i++)
    if (strcmp(families[i]->model_type, model_type) == 0) return families[i];
  return NULL;
}
