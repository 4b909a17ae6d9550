/* SPDX-License-Identifier: Apache-2.0
 * Families whose attention and FFN stand side by side. */
#include "model/families.h"

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
    {"original_max_position_embeddings", HW_KEY_NUMBER, KEY(rope.original_ctx), false, NULL, NULL},
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
    .model_type = "gpt_neox", .fusion = HW_FUSED_BY_GROUP, .prefixes = {"gpt_neox.", ""}, .ignored = gpt_neox_ignored,
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
    {"original_max_position_embeddings", HW_KEY_NUMBER, KEY(rope.original_ctx), false, NULL, NULL},
    {"rope_scaling", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"rope_parameters", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"hidden_act", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
    {"qk_layernorm", HW_KEY_SWITCH, KEY(qk_normed), false, NULL, NULL},
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
    {HW_W_Q_NORM_GAMMA, "layers.{layer}.self_attn.q_layernorm.weight", HW_IF_QK_NORMED},
    {HW_W_Q_NORM_BETA, "layers.{layer}.self_attn.q_layernorm.bias", HW_IF_QK_NORMED},
    {HW_W_K_NORM_GAMMA, "layers.{layer}.self_attn.k_layernorm.weight", HW_IF_QK_NORMED},
    {HW_W_K_NORM_BETA, "layers.{layer}.self_attn.k_layernorm.bias", HW_IF_QK_NORMED},
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
    .model_type = "phi", .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {.norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_ROTARY, .rope = {.theta = 10000.0, .rotary_fraction = 0.5},
                 .activation = HW_ACT_GELU_TANH, .parallel = true, .qk_norm = HW_QK_NORM_LAYER, .n_ctx = 2048},
    KEYS(phi_keys), WEIGHTS(phi_weights)};

/* ---- GPT-J: one norm, neighbouring dimensions turn together, biases in the FFN and on the head ---- */

static const hw_key_row gptj_keys[] = {
    {"n_layer", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), false, NULL, NULL},
    {"n_head", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), false, NULL, NULL},
    {"n_embd", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), false, NULL, NULL},
    {"n_inner", HW_KEY_COUNT, KEY(d_ffn), false, NULL, NULL},
    {"n_positions", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"max_position_embeddings", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"layer_norm_epsilon", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"rotary_dim", HW_KEY_COUNT_OR_NONE, KEY(rope.rotary_dims), false, NULL, NULL},
    {"activation_function", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
    {"scale_attn_weights", HW_KEY_MUST_BE, 0, false, "true", NULL},
};

static const hw_weight_row gptj_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "wte.weight", HW_IF_PRESENT},
    {HW_W_ATTN_NORM_GAMMA, "h.{layer}.ln_1.weight", HW_REQUIRED},
    {HW_W_ATTN_NORM_BETA, "h.{layer}.ln_1.bias", HW_REQUIRED},
    {HW_W_Q, "h.{layer}.attn.q_proj.weight", HW_REQUIRED},
    {HW_W_K, "h.{layer}.attn.k_proj.weight", HW_REQUIRED},
    {HW_W_V, "h.{layer}.attn.v_proj.weight", HW_REQUIRED},
    {HW_W_O, "h.{layer}.attn.out_proj.weight", HW_REQUIRED},
    {HW_W_IN, "h.{layer}.mlp.fc_in.weight", HW_REQUIRED},
    {HW_W_IN_BIAS, "h.{layer}.mlp.fc_in.bias", HW_REQUIRED},
    {HW_W_OUT, "h.{layer}.mlp.fc_out.weight", HW_REQUIRED},
    {HW_W_OUT_BIAS, "h.{layer}.mlp.fc_out.bias", HW_REQUIRED},
    {HW_W_FINAL_GAMMA, "ln_f.weight", HW_REQUIRED},
    {HW_W_FINAL_BETA, "ln_f.bias", HW_REQUIRED},
    {HW_W_UNEMBED, "=lm_head.weight", HW_IF_PRESENT},
    {HW_W_UNEMBED_BIAS, "=lm_head.bias", HW_REQUIRED},
};

static const char *const gptj_ignored[] = {".attn.bias", ".attn.masked_bias", ".attn.causal_mask", NULL};

#define GPTJ_BLOCK .ffn_factor = 4, .norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_ROTARY, \
                   .rope = {.theta = 10000.0, .rotary_fraction = 1, .rotary_dims = 64, .interleaved = true}, \
                   .activation = HW_ACT_GELU_TANH, .parallel = true, .n_ctx = 2048

static const hw_family gptj = {.model_type = "gptj", .prefixes = {"transformer.", ""}, .ignored = gptj_ignored, .defaults = {GPTJ_BLOCK},
                               KEYS(gptj_keys), WEIGHTS(gptj_weights)};

/* ---- CodeGen: GPT-J with q, v, k fused in four groups; in CodeGen2, whose files alone say head_dim, in eight ---- */

static const hw_key_row codegen_keys[] = {
    {"head_dim", HW_KEY_MUST_BE, 0, false, "null", "128 and 256 mean the eight groups of q, k, v of CodeGen2; the groups of other sizes are not known"},
};

static const hw_key_row codegen2_keys[] = {{"head_dim", HW_KEY_COUNT, KEY(d_head), true, NULL, NULL}};

static const hw_weight_row codegen_weights[] = {
    {HW_W_QKV, "h.{layer}.attn.qkv_proj.weight", HW_REQUIRED},
    {HW_W_Q, NULL, HW_IF_PRESENT},
    {HW_W_K, NULL, HW_IF_PRESENT},
    {HW_W_V, NULL, HW_IF_PRESENT},
};

static const hw_family codegen = {.model_type = "codegen", .like = &gptj, .fusion = HW_FUSED_QUARTERS, .prefixes = {"transformer.", ""},
                                  .ignored = gptj_ignored, .defaults = {GPTJ_BLOCK}, KEYS(codegen_keys), WEIGHTS(codegen_weights)};

#define CODEGEN2(size) {.model_type = "codegen", .when = {{"head_dim", size}}, .like = &codegen, .fusion = HW_FUSED_EIGHTHS, \
                        .prefixes = {"transformer.", ""}, .ignored = gptj_ignored, .defaults = {GPTJ_BLOCK}, KEYS(codegen2_keys)}
static const hw_family codegen2 = CODEGEN2("128"), codegen2_wide = CODEGEN2("256");

/* ---- Falcon: one norm and one key/value head (7B); the RW models are sequential and have ALiBi ---- */

static const hw_key_row falcon_keys[] = {
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"ffn_hidden_size", HW_KEY_COUNT, KEY(d_ffn), false, NULL, NULL},
    {"max_position_embeddings", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"layer_norm_epsilon", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"multi_query", HW_KEY_SWITCH, KEY(multi_query), false, NULL, NULL},
    {"parallel_attn", HW_KEY_SWITCH, KEY(parallel), false, NULL, NULL},
    {"bias", HW_KEY_SWITCH, KEY(attention_bias), false, NULL, NULL},
    {"bias", HW_KEY_SWITCH, KEY(ffn_bias), false, NULL, NULL},
    {"alibi", HW_KEY_SWITCH, KEY(alibi), false, NULL, NULL},
    {"rope_theta", HW_KEY_NUMBER, KEY(rope.theta), false, NULL, NULL},
    {"original_max_position_embeddings", HW_KEY_NUMBER, KEY(rope.original_ctx), false, NULL, NULL},
    {"rope_scaling", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"rope_parameters", HW_KEY_ROPE, KEY(rope), false, NULL, NULL},
    {"activation", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
    {"num_ln_in_parallel_attn", HW_KEY_MUST_BE, 0, false, "1", NULL},
    {"new_decoder_architecture", HW_KEY_MUST_BE, 0, false, "false", NULL},
    {"apply_residual_connection_post_layernorm", HW_KEY_MUST_BE, 0, false, "false", "the residual would be the norm of the state"},
};

static const hw_weight_row falcon_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "word_embeddings.weight", HW_IF_PRESENT},
    {HW_W_ATTN_NORM_GAMMA, "h.{layer}.input_layernorm.weight", HW_REQUIRED},
    {HW_W_ATTN_NORM_BETA, "h.{layer}.input_layernorm.bias", HW_REQUIRED},
    {HW_W_QKV, "h.{layer}.self_attention.query_key_value.weight", HW_REQUIRED},
    {HW_W_QKV_BIAS, "h.{layer}.self_attention.query_key_value.bias", HW_IF_ATTENTION_BIAS},
    {HW_W_O, "h.{layer}.self_attention.dense.weight", HW_REQUIRED},
    {HW_W_O_BIAS, "h.{layer}.self_attention.dense.bias", HW_IF_ATTENTION_BIAS},
    {HW_W_FFN_NORM_GAMMA, "h.{layer}.post_attention_layernorm.weight", HW_IF_SEQUENTIAL},
    {HW_W_FFN_NORM_BETA, "h.{layer}.post_attention_layernorm.bias", HW_IF_SEQUENTIAL},
    {HW_W_IN, "h.{layer}.mlp.dense_h_to_4h.weight", HW_REQUIRED},
    {HW_W_IN_BIAS, "h.{layer}.mlp.dense_h_to_4h.bias", HW_IF_FFN_BIAS},
    {HW_W_OUT, "h.{layer}.mlp.dense_4h_to_h.weight", HW_REQUIRED},
    {HW_W_OUT_BIAS, "h.{layer}.mlp.dense_4h_to_h.bias", HW_IF_FFN_BIAS},
    {HW_W_FINAL_GAMMA, "ln_f.weight", HW_REQUIRED},
    {HW_W_FINAL_BETA, "ln_f.bias", HW_REQUIRED},
    {HW_W_UNEMBED, "=lm_head.weight", HW_IF_PRESENT},
};

#define FALCON_BLOCK .ffn_factor = 4, .norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_ROTARY, \
                     .rope = {.theta = 10000.0, .rotary_fraction = 1}, .alibi_scaled = true, .activation = HW_ACT_GELU_ERF, \
                     .parallel = true, .tied = true, .n_ctx = 2048
#define FALCON_FILES .fusion = HW_FUSED_BY_GROUP, .prefixes = {"transformer.", ""}, .ignored = hw_rotary_buffers

static const hw_family falcon = {.model_type = "falcon", FALCON_FILES, .defaults = {FALCON_BLOCK, .multi_query = true}, KEYS(falcon_keys),
                                 WEIGHTS(falcon_weights)};

/* ---- Falcon's new decoder (40B, 180B): grouped queries, a norm for each branch; Falcon 2 has one norm again ---- */

static const hw_key_row falcon_new_keys[] = {
    {"new_decoder_architecture", HW_KEY_MUST_BE, 0, false, "true", NULL},
    {"num_kv_heads", HW_KEY_COUNT, KEY(n_kv_heads), false, NULL, NULL},
    {"parallel_attn", HW_KEY_MUST_BE, 0, false, "true", NULL},
    {"multi_query", HW_KEY_IGNORED, 0, false, NULL, NULL},
    {"num_ln_in_parallel_attn", HW_KEY_ONE_OF, 0, false, "[1, 2]", NULL},
};

static const hw_weight_row falcon_new_weights[] = {
    {HW_W_ATTN_NORM_GAMMA, "h.{layer}.ln_attn.weight", HW_REQUIRED},
    {HW_W_ATTN_NORM_BETA, "h.{layer}.ln_attn.bias", HW_REQUIRED},
    {HW_W_FFN_NORM_GAMMA, "h.{layer}.ln_mlp.weight", HW_REQUIRED},
    {HW_W_FFN_NORM_BETA, "h.{layer}.ln_mlp.bias", HW_REQUIRED},
};

static const hw_family falcon_new = {.model_type = "falcon", .when = {{"new_decoder_architecture", "true"}}, .like = &falcon, FALCON_FILES,
                                     .defaults = {FALCON_BLOCK}, KEYS(falcon_new_keys), WEIGHTS(falcon_new_weights)};

static const hw_family falcon2 = {.model_type = "falcon", .when = {{"new_decoder_architecture", "true"}, {"num_ln_in_parallel_attn", "1"}},
                                  .like = &falcon, FALCON_FILES, .defaults = {FALCON_BLOCK}, KEYS(falcon_new_keys)};

const hw_family *const hw_parallel_families[] = {&gpt_neox, &phi, &gptj, &codegen2, &codegen2_wide, &codegen, &falcon2, &falcon_new, &falcon, NULL};
