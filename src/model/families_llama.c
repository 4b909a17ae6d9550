/* SPDX-License-Identifier: Apache-2.0
 * LLaMA and the families that are changes of it. */
#include "model/families.h"

/* ---- LLaMA: RMSNorm, rotary positions, grouped-query attention, gated SiLU; biases only where config says so ---- */

static const hw_key_row llama_keys[] = {
    {"num_hidden_layers", HW_KEY_COUNT, KEY(n_layers), true, NULL, NULL},
    {"num_attention_heads", HW_KEY_COUNT, KEY(n_heads), true, NULL, NULL},
    {"num_key_value_heads", HW_KEY_COUNT_OR_NONE, KEY(n_kv_heads), false, NULL, NULL}, /* null: as many as heads */
    {"hidden_size", HW_KEY_COUNT, KEY(d_model), true, NULL, NULL},
    {"head_dim", HW_KEY_COUNT, KEY(d_head), false, NULL, NULL},
    {"intermediate_size", HW_KEY_COUNT, KEY(d_ffn), true, NULL, NULL},
    {"max_position_embeddings", HW_KEY_COUNT, KEY(n_ctx), false, NULL, NULL},
    {"vocab_size", HW_KEY_COUNT, KEY(vocab_size), true, NULL, NULL},
    {"rms_norm_eps", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"rope_theta", HW_KEY_NUMBER, KEY(rope.theta), false, NULL, NULL},
    {"original_max_position_embeddings", HW_KEY_NUMBER, KEY(rope.original_ctx), false, NULL, NULL},
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

/* Defaults of the whole line; eps of the norms and base of the rotation differ between families. */
#define LLAMA_BASE(eps, base) .norm = HW_NORM_RMS, .norm_eps = eps, .positions = HW_POSITION_ROTARY, .rope = {.theta = base, .rotary_fraction = 1}, \
                              .gated = true, .activation = HW_ACT_SILU
#define LLAMA_BLOCK LLAMA_BASE(1e-6, 10000.0)

static const hw_family llama = {.model_type = "llama", .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
                                .defaults = {LLAMA_BLOCK, .n_ctx = 2048}, KEYS(llama_keys), WEIGHTS(llama_weights)};

/* ---- Qwen2: LLaMA with biases on q, k and v. A window counts only under use_sliding_window, which is refused ---- */

static const hw_weight_row qwen2_weights[] = {
    {HW_W_Q_BIAS, "layers.{layer}.self_attn.q_proj.bias", HW_REQUIRED},
    {HW_W_K_BIAS, "layers.{layer}.self_attn.k_proj.bias", HW_REQUIRED},
    {HW_W_V_BIAS, "layers.{layer}.self_attn.v_proj.bias", HW_REQUIRED},
};

static const hw_family qwen2 = {.model_type = "qwen2", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
                                .defaults = {LLAMA_BLOCK, .n_ctx = 32768, .n_kv_heads = 32}, WEIGHTS(qwen2_weights)};

/* ---- Mistral: LLaMA with a sliding window on every layer; null means none ---- */

static const hw_key_row mistral_keys[] = {
    {"sliding_window", HW_KEY_COUNT_OR_NONE, KEY(window), false, NULL, NULL},
};

static const hw_family mistral = {
    .model_type = "mistral", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {LLAMA_BLOCK, .n_ctx = 131072, .n_kv_heads = 8, .window = 4096, .window_pattern = HW_WINDOW_ALL}, KEYS(mistral_keys)};

/* ---- Qwen3: LLaMA with an RMSNorm of each head's q and k ---- */

static const hw_weight_row qwen3_weights[] = {
    {HW_W_Q_NORM_GAMMA, "layers.{layer}.self_attn.q_norm.weight", HW_REQUIRED},
    {HW_W_K_NORM_GAMMA, "layers.{layer}.self_attn.k_norm.weight", HW_REQUIRED},
};

static const hw_family qwen3 = {.model_type = "qwen3", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
                                .defaults = {LLAMA_BLOCK, .n_ctx = 32768, .n_kv_heads = 32, .d_head = 128}, WEIGHTS(qwen3_weights)};

/* ---- Gemma: LLaMA with scaled embeddings, norms stored as gamma - 1 and tanh gelu, which older files call gelu ---- */

static const hw_key_row gemma_keys[] = {
    {"hidden_act", HW_KEY_ONE_OF, 0, false, "[\"gelu\", \"gelu_pytorch_tanh\"]", "Gemma's is gelu_pytorch_tanh under either name"},
    {"hidden_activation", HW_KEY_ACTIVATION, KEY(activation), false, NULL, NULL},
    {"mlp_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

#define GEMMA_BLOCK .norm = HW_NORM_RMS, .norm_eps = 1e-6, .positions = HW_POSITION_ROTARY, .rope = {.theta = 10000.0, .rotary_fraction = 1}, \
                    .gated = true, .activation = HW_ACT_GELU_TANH, .scale_embedding = true, .tied = true, .d_head = 256, .n_ctx = 8192

static const hw_family gemma = {.model_type = "gemma", .like = &llama, .gamma_plus_one = true, .prefixes = {"model.", ""},
                                .ignored = hw_rotary_buffers, .defaults = {GEMMA_BLOCK, .n_kv_heads = 16}, KEYS(gemma_keys)};

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
    .model_type = "gemma2", .like = &gemma, .gamma_plus_one = true, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {GEMMA_BLOCK, .n_kv_heads = 4, .window = 4096, .window_pattern = HW_WINDOW_INTERVAL, .window_interval = 2, .attention_cap = 50, .final_cap = 30, .attention_scalar = 256},
    KEYS(gemma2_keys), WEIGHTS(gemma2_weights)};

/* ---- Gemma 3: Gemma 2 with norms of q and k and no caps; five of six layers have a window and a rotary base of their own ---- */

static const hw_key_row gemma3_keys[] = {
    {"rope_local_base_freq", HW_KEY_NUMBER, KEY(local_theta), false, NULL, NULL},
    {"sliding_window_pattern", HW_KEY_COUNT, KEY(window_interval), false, NULL, NULL},
    {"_sliding_window_pattern", HW_KEY_COUNT, KEY(window_interval), false, NULL, NULL},
};

static const hw_family gemma3 = {
    .model_type = "gemma3_text", .like = &gemma2, .gamma_plus_one = true, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {.norm = HW_NORM_RMS, .norm_eps = 1e-6, .positions = HW_POSITION_ROTARY, .rope = {.theta = 1e6, .rotary_fraction = 1},
                 .local_theta = 10000, .gated = true, .activation = HW_ACT_GELU_TANH, .scale_embedding = true, .tied = true, .d_head = 256,
                 .n_ctx = 131072, .n_kv_heads = 4, .window = 4096, .window_pattern = HW_WINDOW_INTERVAL, .window_interval = 6, .attention_scalar = 256},
    KEYS(gemma3_keys), WEIGHTS(qwen3_weights)};

/* ---- Phi-3: LLaMA with one matrix for q, k and v and one for gate and up ---- */

static const hw_key_row phi3_keys[] = {
    {"sliding_window", HW_KEY_COUNT_OR_NONE, KEY(window), false, NULL, NULL},
    {"partial_rotary_factor", HW_KEY_NUMBER, KEY(rope.rotary_fraction), false, NULL, NULL},
    {"attention_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
    {"mlp_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

static const hw_weight_row phi3_weights[] = {
    {HW_W_QKV, "layers.{layer}.self_attn.qkv_proj.weight", HW_REQUIRED},
    {HW_W_Q, NULL, HW_IF_PRESENT},
    {HW_W_K, NULL, HW_IF_PRESENT},
    {HW_W_V, NULL, HW_IF_PRESENT},
    {HW_W_GATE_IN, "layers.{layer}.mlp.gate_up_proj.weight", HW_REQUIRED},
    {HW_W_GATE, NULL, HW_IF_PRESENT},
    {HW_W_IN, NULL, HW_IF_PRESENT},
};

static const hw_family phi3 = {.model_type = "phi3", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
                               .defaults = {LLAMA_BASE(1e-5, 10000.0), .rope.original_ctx = 4096, .n_ctx = 4096, .window_pattern = HW_WINDOW_ALL},
                               KEYS(phi3_keys), WEIGHTS(phi3_weights)};

/* ---- OLMo: LLaMA with LayerNorms that have no weights; some clip q, k and v ---- */

static const hw_key_row olmo_keys[] = {
    {"clip_qkv", HW_KEY_NUMBER_OR_NONE, KEY(qkv_clip), false, NULL, NULL},
    {"rms_norm_eps", HW_KEY_IGNORED, 0, false, NULL, NULL}, /* its eps is always 1e-5 */
    {"mlp_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

static const hw_weight_row olmo_weights[] = {
    {HW_W_ATTN_NORM_GAMMA, NULL, HW_IF_PRESENT},
    {HW_W_FFN_NORM_GAMMA, NULL, HW_IF_PRESENT},
    {HW_W_FINAL_GAMMA, NULL, HW_IF_PRESENT},
};

static const hw_family olmo = {
    .model_type = "olmo", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {.norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_ROTARY, .rope = {.theta = 10000.0, .rotary_fraction = 1},
                 .gated = true, .activation = HW_ACT_SILU, .n_ctx = 2048},
    KEYS(olmo_keys), WEIGHTS(olmo_weights)};

/* ---- OLMo 2: LLaMA with norms behind the branches in the place of those before them, and norms over the whole of q and k ---- */

static const hw_key_row olmo2_keys[] = {
    {"mlp_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

static const hw_weight_row olmo2_weights[] = {
    {HW_W_ATTN_NORM_GAMMA, NULL, HW_IF_PRESENT},
    {HW_W_FFN_NORM_GAMMA, NULL, HW_IF_PRESENT},
    {HW_W_Q_NORM_GAMMA, "layers.{layer}.self_attn.q_norm.weight", HW_REQUIRED},
    {HW_W_K_NORM_GAMMA, "layers.{layer}.self_attn.k_norm.weight", HW_REQUIRED},
    {HW_W_ATTN_OUT_GAMMA, "layers.{layer}.post_attention_layernorm.weight", HW_REQUIRED},
    {HW_W_FFN_OUT_GAMMA, "layers.{layer}.post_feedforward_layernorm.weight", HW_REQUIRED},
};

static const hw_family olmo2 = {.model_type = "olmo2", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
                                .defaults = {LLAMA_BASE(1e-5, 10000.0), .n_ctx = 2048, .no_input_norm = true, .qk_norm = HW_QK_NORM_WIDE},
                                KEYS(olmo2_keys), WEIGHTS(olmo2_weights)};

/* ---- Granite: LLaMA times four numbers ---- */

static const hw_key_row granite_keys[] = {
    {"embedding_multiplier", HW_KEY_NUMBER, KEY(embedding_factor), false, NULL, NULL},
    {"residual_multiplier", HW_KEY_NUMBER, KEY(residual_factor), false, NULL, NULL},
    {"attention_multiplier", HW_KEY_NUMBER, KEY(score_scale), false, NULL, NULL},
    {"logits_scaling", HW_KEY_NUMBER, KEY(logit_divisor), false, NULL, NULL},
};

static const hw_family granite = {.model_type = "granite", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
                                  .defaults = {LLAMA_BLOCK, .n_ctx = 2048, .score_scale = 1}, KEYS(granite_keys)};

/* ---- SmolLM3: LLaMA with layers that have no positions, every fourth or as listed ---- */

static const hw_key_row smollm3_keys[] = {
    {"no_rope_layers", HW_KEY_LAYER_POSITIONS, KEY(positionless), false, NULL, NULL},
    {"no_rope_layer_interval", HW_KEY_COUNT, KEY(positionless_interval), false, NULL, NULL},
};

static const hw_family smollm3 = {
    .model_type = "smollm3", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {LLAMA_BASE(1e-6, 2e6), .n_ctx = 32768, .n_kv_heads = 4, .tied = true, .positionless_interval = 4}, KEYS(smollm3_keys)};

/* ---- Starcoder 2: LLaMA's attention with a window, GPT-2's FFN, LayerNorms, biases everywhere ---- */

static const hw_key_row starcoder2_keys[] = {
    {"norm_epsilon", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"use_bias", HW_KEY_SWITCH, KEY(attention_bias), false, NULL, NULL},
    {"use_bias", HW_KEY_SWITCH, KEY(ffn_bias), false, NULL, NULL},
    {"attention_bias", HW_KEY_IGNORED, 0, false, NULL, NULL},
    {"mlp_bias", HW_KEY_IGNORED, 0, false, NULL, NULL},
    {"sliding_window", HW_KEY_COUNT_OR_NONE, KEY(window), false, NULL, NULL},
    {"mlp_type", HW_KEY_MUST_BE, 0, false, "\"default\"", NULL},
    {"norm_type", HW_KEY_MUST_BE, 0, false, "\"layer_norm\"", NULL},
};

static const hw_weight_row starcoder2_weights[] = {
    {HW_W_ATTN_NORM_BETA, "layers.{layer}.input_layernorm.bias", HW_REQUIRED},
    {HW_W_FFN_NORM_BETA, "layers.{layer}.post_attention_layernorm.bias", HW_REQUIRED},
    {HW_W_GATE, NULL, HW_IF_PRESENT},
    {HW_W_GATE_BIAS, NULL, HW_IF_PRESENT},
    {HW_W_IN, "layers.{layer}.mlp.c_fc.weight", HW_REQUIRED},
    {HW_W_IN_BIAS, "layers.{layer}.mlp.c_fc.bias", HW_IF_FFN_BIAS},
    {HW_W_OUT, "layers.{layer}.mlp.c_proj.weight", HW_REQUIRED},
    {HW_W_OUT_BIAS, "layers.{layer}.mlp.c_proj.bias", HW_IF_FFN_BIAS},
    {HW_W_FINAL_BETA, "norm.bias", HW_REQUIRED},
};

static const hw_family starcoder2 = {
    .model_type = "starcoder2", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {.norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_ROTARY, .rope = {.theta = 10000.0, .rotary_fraction = 1},
                 .activation = HW_ACT_GELU_TANH, .attention_bias = true, .ffn_bias = true, .tied = true, .n_ctx = 4096, .n_kv_heads = 2,
                 .window_pattern = HW_WINDOW_ALL},
    KEYS(starcoder2_keys), WEIGHTS(starcoder2_weights)};

/* ---- StableLM: LLaMA with LayerNorms and partial rotation; some have parallel blocks, some norms of each head's q and k ---- */

static const hw_key_row stablelm_keys[] = {
    {"layer_norm_eps", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"partial_rotary_factor", HW_KEY_NUMBER, KEY(rope.rotary_fraction), false, NULL, NULL},
    {"use_qkv_bias", HW_KEY_SWITCH, KEY(attention_bias), false, NULL, NULL},
    {"qk_layernorm", HW_KEY_SWITCH, KEY(qk_normed), false, NULL, NULL},
    {"use_parallel_residual", HW_KEY_SWITCH, KEY(parallel), false, NULL, NULL},
    {"attention_bias", HW_KEY_IGNORED, 0, false, NULL, NULL},
    {"mlp_bias", HW_KEY_IGNORED, 0, false, NULL, NULL},
};

static const hw_weight_row stablelm_weights[] = {
    {HW_W_ATTN_NORM_BETA, "layers.{layer}.input_layernorm.bias", HW_REQUIRED},
    {HW_W_Q_NORM_GAMMA, "layers.{layer}.self_attn.q_layernorm.norms.{head}.weight", HW_IF_QK_NORMED},
    {HW_W_K_NORM_GAMMA, "layers.{layer}.self_attn.k_layernorm.norms.{head}.weight", HW_IF_QK_NORMED},
    {HW_W_O_BIAS, NULL, HW_IF_PRESENT},
    {HW_W_FFN_NORM_GAMMA, "layers.{layer}.post_attention_layernorm.weight", HW_IF_SEQUENTIAL},
    {HW_W_FFN_NORM_BETA, "layers.{layer}.post_attention_layernorm.bias", HW_IF_SEQUENTIAL},
    {HW_W_FINAL_BETA, "norm.bias", HW_REQUIRED},
};

static const hw_family stablelm = {
    .model_type = "stablelm", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {.norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_ROTARY, .rope = {.theta = 10000.0, .rotary_fraction = 0.25},
                 .gated = true, .activation = HW_ACT_SILU, .n_ctx = 4096, .n_kv_heads = 32, .qk_norm = HW_QK_NORM_EACH},
    KEYS(stablelm_keys), WEIGHTS(stablelm_weights)};

/* ---- Cohere: LLaMA with parallel blocks behind one LayerNorm without bias; neighbouring dimensions turn together ---- */

static const hw_key_row cohere_keys[] = {
    {"rope_theta", HW_KEY_NUMBER, KEY(rope.theta), true, NULL, "without it transformers 4 takes 10000 and transformers 5 500000"},
    {"layer_norm_eps", HW_KEY_NUMBER, KEY(norm_eps), false, NULL, NULL},
    {"logit_scale", HW_KEY_NUMBER, KEY(logit_factor), false, NULL, NULL},
    {"use_qk_norm", HW_KEY_SWITCH, KEY(qk_normed), false, NULL, NULL},
    {"mlp_bias", HW_KEY_IGNORED, 0, false, NULL, NULL},
};

static const hw_weight_row cohere_weights[] = {
    {HW_W_Q_NORM_GAMMA, "layers.{layer}.self_attn.q_norm.weight", HW_IF_QK_NORMED},
    {HW_W_K_NORM_GAMMA, "layers.{layer}.self_attn.k_norm.weight", HW_IF_QK_NORMED},
    {HW_W_FFN_NORM_GAMMA, NULL, HW_IF_PRESENT},
};

#define COHERE_BLOCK .norm = HW_NORM_LAYER, .norm_eps = 1e-5, .positions = HW_POSITION_ROTARY, \
                     .rope = {.theta = 10000.0, .rotary_fraction = 1, .interleaved = true}, .gated = true, .activation = HW_ACT_SILU, \
                     .parallel = true, .tied = true, .n_ctx = 8192, .logit_factor = 0.0625

static const hw_family cohere = {.model_type = "cohere", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
                                 .defaults = {COHERE_BLOCK, .qk_norm = HW_QK_NORM_EACH}, KEYS(cohere_keys), WEIGHTS(cohere_weights)};

/* ---- Cohere 2: three of four layers have a window, the fourth has no positions ---- */

static const hw_key_row cohere2_keys[] = {
    {"rope_theta", HW_KEY_NUMBER, KEY(rope.theta), false, NULL, NULL},
    {"sliding_window", HW_KEY_COUNT_OR_NONE, KEY(window), false, NULL, NULL},
    {"sliding_window_pattern", HW_KEY_COUNT, KEY(window_interval), false, NULL, NULL},
    {"_sliding_window_pattern", HW_KEY_COUNT, KEY(window_interval), false, NULL, NULL},
    {"layer_switch", HW_KEY_COUNT, KEY(window_interval), false, NULL, NULL},
    {"order_of_interleaved_layers", HW_KEY_MUST_BE, 0, false, "\"local_attn_first\"", NULL},
    {"position_embedding_type", HW_KEY_MUST_BE, 0, false, "\"rope_gptj\"", NULL},
    {"use_parallel_block", HW_KEY_MUST_BE, 0, false, "true", NULL},
    {"use_gated_activation", HW_KEY_MUST_BE, 0, false, "true", NULL},
    {"use_qk_norm", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

static const hw_family cohere2 = {
    .model_type = "cohere2", .like = &cohere, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {COHERE_BLOCK, .window = 4096, .window_pattern = HW_WINDOW_INTERVAL, .window_interval = 4, .windowed_positions_only = true},
    KEYS(cohere2_keys)};

/* ---- Mixtral: Mistral with a mixture of experts ---- */

static const hw_key_row mixtral_keys[] = {
    {"intermediate_size", HW_KEY_COUNT, KEY(d_expert), true, NULL, NULL},
    {"num_local_experts", HW_KEY_COUNT, KEY(n_experts), false, NULL, NULL},
    {"num_experts_per_tok", HW_KEY_COUNT, KEY(experts_used), false, NULL, NULL},
    {"mlp_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

static const hw_weight_row mixtral_weights[] = {
    {HW_W_ROUTER, "layers.{layer}.block_sparse_moe.gate.weight", HW_REQUIRED},
    {HW_W_GATE, "layers.{layer}.block_sparse_moe.experts.{expert}.w1.weight", HW_REQUIRED},
    {HW_W_IN, "layers.{layer}.block_sparse_moe.experts.{expert}.w3.weight", HW_REQUIRED},
    {HW_W_OUT, "layers.{layer}.block_sparse_moe.experts.{expert}.w2.weight", HW_REQUIRED},
};

static const hw_family mixtral = {
    .model_type = "mixtral", .like = &mistral, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {LLAMA_BASE(1e-5, 1e6), .n_ctx = 131072, .n_kv_heads = 8, .window_pattern = HW_WINDOW_ALL, .n_experts = 8, .experts_used = 2, .experts_normed = true},
    KEYS(mixtral_keys), WEIGHTS(mixtral_weights)};

/* ---- Qwen2 and Qwen3 with experts; Qwen2 has one more that is always used, with a gate of its own ---- */

static const hw_key_row qwen2_moe_keys[] = {
    {"intermediate_size", HW_KEY_IGNORED, 0, false, NULL, NULL}, /* of layers without experts, which are refused */
    {"moe_intermediate_size", HW_KEY_COUNT, KEY(d_expert), true, NULL, NULL},
    {"shared_expert_intermediate_size", HW_KEY_COUNT, KEY(d_shared), true, NULL, NULL},
    {"num_experts", HW_KEY_COUNT, KEY(n_experts), true, NULL, NULL},
    {"num_experts_per_tok", HW_KEY_COUNT, KEY(experts_used), true, NULL, NULL},
    {"norm_topk_prob", HW_KEY_SWITCH, KEY(experts_normed), false, NULL, NULL},
    {"decoder_sparse_step", HW_KEY_MUST_BE, 0, false, "1", "all layers must have experts"},
    {"mlp_only_layers", HW_KEY_MUST_BE, 0, false, "[]", "all layers must have experts"},
    {"mlp_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

static const hw_weight_row qwen2_moe_weights[] = {
    {HW_W_ROUTER, "layers.{layer}.mlp.gate.weight", HW_REQUIRED},
    {HW_W_GATE, "layers.{layer}.mlp.experts.{expert}.gate_proj.weight", HW_REQUIRED},
    {HW_W_IN, "layers.{layer}.mlp.experts.{expert}.up_proj.weight", HW_REQUIRED},
    {HW_W_OUT, "layers.{layer}.mlp.experts.{expert}.down_proj.weight", HW_REQUIRED},
    {HW_W_SHARED_GATE, "layers.{layer}.mlp.shared_expert.gate_proj.weight", HW_REQUIRED},
    {HW_W_SHARED_IN, "layers.{layer}.mlp.shared_expert.up_proj.weight", HW_REQUIRED},
    {HW_W_SHARED_OUT, "layers.{layer}.mlp.shared_expert.down_proj.weight", HW_REQUIRED},
    {HW_W_SHARED_ROUTER, "layers.{layer}.mlp.shared_expert_gate.weight", HW_REQUIRED},
};

static const hw_family qwen2_moe = {.model_type = "qwen2_moe", .like = &qwen2, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
                                    .defaults = {LLAMA_BLOCK, .n_ctx = 32768, .n_kv_heads = 16}, KEYS(qwen2_moe_keys), WEIGHTS(qwen2_moe_weights)};

static const hw_key_row qwen3_moe_keys[] = {
    {"intermediate_size", HW_KEY_IGNORED, 0, false, NULL, NULL}, /* of layers without experts, which are refused */
    {"moe_intermediate_size", HW_KEY_COUNT, KEY(d_expert), true, NULL, NULL},
    {"num_experts", HW_KEY_COUNT, KEY(n_experts), true, NULL, NULL},
    {"num_experts_per_tok", HW_KEY_COUNT, KEY(experts_used), true, NULL, NULL},
    {"norm_topk_prob", HW_KEY_SWITCH, KEY(experts_normed), false, NULL, NULL},
    {"decoder_sparse_step", HW_KEY_MUST_BE, 0, false, "1", "all layers must have experts"},
    {"mlp_only_layers", HW_KEY_MUST_BE, 0, false, "[]", "all layers must have experts"},
    {"mlp_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

static const hw_weight_row qwen3_moe_weights[] = {
    {HW_W_ROUTER, "layers.{layer}.mlp.gate.weight", HW_REQUIRED},
    {HW_W_GATE, "layers.{layer}.mlp.experts.{expert}.gate_proj.weight", HW_REQUIRED},
    {HW_W_IN, "layers.{layer}.mlp.experts.{expert}.up_proj.weight", HW_REQUIRED},
    {HW_W_OUT, "layers.{layer}.mlp.experts.{expert}.down_proj.weight", HW_REQUIRED},
};

static const hw_family qwen3_moe = {.model_type = "qwen3_moe", .like = &qwen3, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
                                    .defaults = {LLAMA_BLOCK, .n_ctx = 32768, .n_kv_heads = 4}, KEYS(qwen3_moe_keys), WEIGHTS(qwen3_moe_weights)};

/* ---- OLMoE: experts, and norms over the whole of q and k ---- */

static const hw_key_row olmoe_keys[] = {
    {"intermediate_size", HW_KEY_COUNT, KEY(d_expert), true, NULL, NULL},
    {"num_experts", HW_KEY_COUNT, KEY(n_experts), false, NULL, NULL},
    {"num_experts_per_tok", HW_KEY_COUNT, KEY(experts_used), false, NULL, NULL},
    {"norm_topk_prob", HW_KEY_SWITCH, KEY(experts_normed), false, NULL, NULL},
    {"clip_qkv", HW_KEY_NUMBER_OR_NONE, KEY(qkv_clip), false, NULL, NULL},
    {"mlp_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

static const hw_family olmoe_names = {.like = &qwen3, WEIGHTS(qwen3_moe_weights)}; /* Qwen3's names of tensors, and LLaMA's keys */

static const hw_family olmoe = {
    .model_type = "olmoe", .like = &olmoe_names, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {LLAMA_BASE(1e-5, 10000.0), .n_ctx = 4096, .n_experts = 64, .experts_used = 8, .qk_norm = HW_QK_NORM_WIDE}, KEYS(olmoe_keys)};

/* ---- GPT-OSS: experts in one tensor, biases, a clipped activation, sinks in the attention. Its released weights are MXFP4 ---- */

static const hw_key_row gpt_oss_keys[] = {
    {"intermediate_size", HW_KEY_COUNT, KEY(d_expert), true, NULL, NULL},
    {"num_local_experts", HW_KEY_COUNT, KEY(n_experts), true, NULL, NULL},
    {"num_experts_per_tok", HW_KEY_COUNT, KEY(experts_used), true, NULL, NULL},
    {"experts_per_token", HW_KEY_COUNT, KEY(experts_used), false, NULL, NULL},
    {"swiglu_limit", HW_KEY_NUMBER, KEY(glu_limit), false, NULL, NULL},
    {"swiglu_alpha", HW_KEY_MUST_BE, 0, false, "1.702", NULL},
    {"sliding_window", HW_KEY_COUNT_OR_NONE, KEY(window), false, NULL, NULL},
    {"rope_scaling", HW_KEY_ROPE, KEY(rope), true, NULL, "without it versions of transformers compute different things; type default says that there is none"},
    {"mlp_bias", HW_KEY_MUST_BE, 0, false, "false", NULL},
};

static const hw_weight_row gpt_oss_weights[] = {
    {HW_W_SINKS, "layers.{layer}.self_attn.sinks", HW_REQUIRED},
    {HW_W_ROUTER, "layers.{layer}.mlp.router.weight", HW_REQUIRED},
    {HW_W_ROUTER_BIAS, "layers.{layer}.mlp.router.bias", HW_REQUIRED},
    {HW_W_EXPERTS_GATE_IN, "layers.{layer}.mlp.experts.gate_up_proj", HW_REQUIRED},
    {HW_W_EXPERTS_GATE_IN_BIAS, "layers.{layer}.mlp.experts.gate_up_proj_bias", HW_REQUIRED},
    {HW_W_EXPERTS_OUT, "layers.{layer}.mlp.experts.down_proj", HW_REQUIRED},
    {HW_W_EXPERTS_OUT_BIAS, "layers.{layer}.mlp.experts.down_proj_bias", HW_REQUIRED},
    {HW_W_GATE, NULL, HW_IF_PRESENT},
    {HW_W_IN, NULL, HW_IF_PRESENT},
    {HW_W_OUT, NULL, HW_IF_PRESENT},
};

static const hw_family gpt_oss = {
    .model_type = "gpt_oss", .like = &llama, .prefixes = {"model.", ""}, .ignored = hw_rotary_buffers,
    .defaults = {LLAMA_BASE(1e-5, 150000.0), .n_ctx = 131072, .n_kv_heads = 8, .d_head = 64, .attention_bias = true, .experts_normed = true, .glu_limit = 7, .window = 128,
                 .window_pattern = HW_WINDOW_INTERVAL, .window_interval = 2},
    KEYS(gpt_oss_keys), WEIGHTS(gpt_oss_weights)};

const hw_family *const hw_llama_families[] = {&llama, &mistral, &qwen2, &qwen3, &gemma, &gemma2, &gemma3, &phi3, &olmo, &olmo2, &granite,
                                              &smollm3, &starcoder2, &stablelm, &cohere, &cohere2, &mixtral,
                                              &qwen2_moe, &qwen3_moe, &olmoe, &gpt_oss, NULL};
