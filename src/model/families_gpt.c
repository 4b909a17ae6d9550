/* SPDX-License-Identifier: Apache-2.0
 * Families after GPT-2: learned positions or ALiBi, and LayerNorms. */
#include "model/families.h"

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
    .model_type = "gpt2", .layout = HW_LAYOUT_CONV1D, .prefixes = {"transformer.", ""}, .ignored = gpt2_ignored,
    .defaults = {.ffn_factor = 4, .norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_LEARNED, .activation = HW_ACT_GELU_TANH, .tied = true},
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

static const hw_family opt = {
    .model_type = "opt", .prefixes = {"model.decoder.", "decoder.", ""}, .ignored = hw_nothing_ignored,
    .defaults = {.norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_LEARNED, .position_offset = 2,
                 .activation = HW_ACT_RELU, .tied = true},
    KEYS(opt_keys), WEIGHTS(opt_weights)};

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
    .model_type = "gpt_neo", .like = &gpt2_names, .prefixes = {"transformer.", ""}, .ignored = gpt_neo_ignored,
    .defaults = {.ffn_factor = 4, .norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_LEARNED, .activation = HW_ACT_GELU_TANH, .tied = true,
                 .score_scale = 1, .window = 256},
    KEYS(gpt_neo_keys), WEIGHTS(gpt_neo_weights)};

/* ---- GPT-BigCode (SantaCoder, StarCoder): GPT-2 with linear layers and one key/value head for all heads ---- */

static const hw_key_row gpt_bigcode_keys[] = {
    {"multi_query", HW_KEY_SWITCH, KEY(multi_query), false, NULL, NULL},
};

static const hw_family gpt_bigcode = {
    .model_type = "gpt_bigcode", .like = &gpt2, .fusion = HW_FUSED_BY_GROUP, .prefixes = {"transformer.", ""}, .ignored = gpt2_ignored,
    .defaults = {.ffn_factor = 4, .norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_LEARNED, .activation = HW_ACT_GELU_TANH,
                 .tied = true, .multi_query = true},
    KEYS(gpt_bigcode_keys)};

/* ---- BLOOM: ALiBi in the place of positions, a norm of the embeddings, q k v fused head by head ---- */

static const hw_key_row bloom_keys[] = {
    {"n_layer", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), false, NULL, NULL},
    {"n_head", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), false, NULL, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"n_embed", HW_KEY_COUNT, KEY(d_model), false, NULL, NULL},
    {"seq_length", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"layer_norm_epsilon", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
    {"apply_residual_connection_post_layernorm", HW_KEY_MUST_BE, 0, false, "false", "the residual would be the norm of the state"},
};

static const hw_weight_row bloom_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "word_embeddings.weight", HW_IF_PRESENT},
    {HW_W_EMBEDDING_NORM_GAMMA, "word_embeddings_layernorm.weight", HW_REQUIRED},
    {HW_W_EMBEDDING_NORM_BETA, "word_embeddings_layernorm.bias", HW_REQUIRED},
    {HW_W_ATTN_NORM_GAMMA, "h.{layer}.input_layernorm.weight", HW_REQUIRED},
    {HW_W_ATTN_NORM_BETA, "h.{layer}.input_layernorm.bias", HW_REQUIRED},
    {HW_W_QKV, "h.{layer}.self_attention.query_key_value.weight", HW_REQUIRED},
    {HW_W_QKV_BIAS, "h.{layer}.self_attention.query_key_value.bias", HW_REQUIRED},
    {HW_W_O, "h.{layer}.self_attention.dense.weight", HW_REQUIRED},
    {HW_W_O_BIAS, "h.{layer}.self_attention.dense.bias", HW_REQUIRED},
    {HW_W_FFN_NORM_GAMMA, "h.{layer}.post_attention_layernorm.weight", HW_REQUIRED},
    {HW_W_FFN_NORM_BETA, "h.{layer}.post_attention_layernorm.bias", HW_REQUIRED},
    {HW_W_IN, "h.{layer}.mlp.dense_h_to_4h.weight", HW_REQUIRED},
    {HW_W_IN_BIAS, "h.{layer}.mlp.dense_h_to_4h.bias", HW_REQUIRED},
    {HW_W_OUT, "h.{layer}.mlp.dense_4h_to_h.weight", HW_REQUIRED},
    {HW_W_OUT_BIAS, "h.{layer}.mlp.dense_4h_to_h.bias", HW_REQUIRED},
    {HW_W_FINAL_GAMMA, "ln_f.weight", HW_REQUIRED},
    {HW_W_FINAL_BETA, "ln_f.bias", HW_REQUIRED},
    {HW_W_UNEMBED, "=lm_head.weight", HW_IF_PRESENT},
};

static const hw_family bloom = {
    .model_type = "bloom", .fusion = HW_FUSED_BY_GROUP, .prefixes = {"transformer.", ""}, .ignored = hw_nothing_ignored,
    .defaults = {.ffn_factor = 4, .norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_ALIBI, .activation = HW_ACT_GELU_TANH,
                 .tied = true, .n_ctx = 2048},
    KEYS(bloom_keys), WEIGHTS(bloom_weights)};

/* ---- MPT: ALiBi or learned positions, no bias anywhere, the LayerNorms included; some clip q, k and v ---- */

static const hw_key_row mpt_keys[] = {
    {"n_layers", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), false, NULL, NULL},
    {"n_heads", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), false, NULL, NULL},
    {"d_model", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), false, NULL, NULL},
    {"expansion_ratio", HW_KEY_COUNT, KEY(ffn_factor), false, NULL, NULL},
    {"max_seq_len", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"layer_norm_epsilon", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"tie_word_embeddings", HW_KEY_SWITCH, KEY(tied), false, NULL, NULL},
    {"no_bias", HW_KEY_MUST_BE, 0, false, "true", NULL},
    {"norm_type", HW_KEY_ONE_OF, 0, false, "[\"low_precision_layernorm\", \"layernorm\"]", NULL},
    {"logit_scale", HW_KEY_MUST_BE, 0, false, "null", NULL},
    {"attn_config.alibi", HW_KEY_SWITCH, KEY(alibi), false, NULL, NULL},
    {"attn_config.alibi_bias_max", HW_KEY_NUMBER, KEY(alibi_max), false, NULL, NULL},
    {"attn_config.attn_type", HW_KEY_MUST_BE, 0, false, "\"multihead_attention\"", NULL},
    {"attn_config.attn_uses_sequence_id", HW_KEY_MUST_BE, 0, false, "false", NULL},
    {"attn_config.clip_qkv", HW_KEY_NUMBER_OR_NONE, KEY(qkv_clip), false, NULL, NULL},
    {"attn_config.prefix_lm", HW_KEY_MUST_BE, 0, false, "false", NULL},
    {"attn_config.qk_ln", HW_KEY_MUST_BE, 0, false, "false", NULL},
    {"attn_config.rope", HW_KEY_MUST_BE, 0, false, "false", NULL},
    {"attn_config.softmax_scale", HW_KEY_NUMBER, KEY(score_scale), false, NULL, NULL},
};

static const hw_weight_row mpt_weights[] = {
    {HW_W_TOKEN_EMBEDDING, "wte.weight", HW_IF_PRESENT},
    {HW_W_POSITION_EMBEDDING, "wpe.weight", HW_IF_LEARNED},
    {HW_W_ATTN_NORM_GAMMA, "blocks.{layer}.norm_1.weight", HW_REQUIRED},
    {HW_W_QKV, "blocks.{layer}.attn.Wqkv.weight", HW_REQUIRED},
    {HW_W_O, "blocks.{layer}.attn.out_proj.weight", HW_REQUIRED},
    {HW_W_FFN_NORM_GAMMA, "blocks.{layer}.norm_2.weight", HW_REQUIRED},
    {HW_W_IN, "blocks.{layer}.ffn.up_proj.weight", HW_REQUIRED},
    {HW_W_OUT, "blocks.{layer}.ffn.down_proj.weight", HW_REQUIRED},
    {HW_W_FINAL_GAMMA, "norm_f.weight", HW_REQUIRED},
    {HW_W_UNEMBED, "=lm_head.weight", HW_IF_PRESENT},
};

static const hw_family mpt = {
    .model_type = "mpt", .prefixes = {"transformer.", ""}, .ignored = hw_nothing_ignored,
    .defaults = {.ffn_factor = 4, .norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_LEARNED, .alibi = true, .activation = HW_ACT_GELU_ERF,
                 .tied = true, .n_ctx = 2048},
    KEYS(mpt_keys), WEIGHTS(mpt_weights)};

const hw_family *const hw_gpt_families[] = {&gpt2, &opt, &gpt_neo, &gpt_bigcode, &bloom, &mpt, NULL};
