/* SPDX-License-Identifier: Apache-2.0
 * What every family has in common: the shapes of weights, keys that no family may ignore, the names of activations. */
#include "model/family.h"

#include <string.h>


const hw_weight_shape hw_weight_shapes[HW_N_WEIGHTS] = {
    [HW_W_TOKEN_EMBEDDING] = {"token_embedding", HW_EXT_D_MODEL, HW_EXT_VOCAB},
    [HW_W_POSITION_EMBEDDING] = {"position_embedding", HW_EXT_D_MODEL, HW_EXT_CTX},
    [HW_W_EMBEDDING_NORM_GAMMA] = {"embedding_norm", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_EMBEDDING_NORM_BETA] = {"embedding_norm_bias", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_ATTN_NORM_GAMMA] = {"attention_norm", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_ATTN_NORM_BETA] = {"attention_norm_bias", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_QKV] = {"qkv", HW_EXT_D_MODEL, HW_EXT_QKV},
    [HW_W_QKV_BIAS] = {"qkv_bias", HW_EXT_NONE, HW_EXT_QKV},
    [HW_W_Q] = {"q", HW_EXT_D_MODEL, HW_EXT_HEADS},
    [HW_W_Q_BIAS] = {"q_bias", HW_EXT_NONE, HW_EXT_HEADS},
    [HW_W_K] = {"k", HW_EXT_D_MODEL, HW_EXT_KV_HEADS},
    [HW_W_K_BIAS] = {"k_bias", HW_EXT_NONE, HW_EXT_KV_HEADS},
    [HW_W_V] = {"v", HW_EXT_D_MODEL, HW_EXT_KV_HEADS},
    [HW_W_V_BIAS] = {"v_bias", HW_EXT_NONE, HW_EXT_KV_HEADS},
    [HW_W_Q_NORM_GAMMA] = {"q_norm", HW_EXT_NONE, HW_EXT_Q_NORM},
    [HW_W_Q_NORM_BETA] = {"q_norm_bias", HW_EXT_NONE, HW_EXT_Q_NORM},
    [HW_W_K_NORM_GAMMA] = {"k_norm", HW_EXT_NONE, HW_EXT_K_NORM},
    [HW_W_K_NORM_BETA] = {"k_norm_bias", HW_EXT_NONE, HW_EXT_K_NORM},
    [HW_W_O] = {"o", HW_EXT_HEADS, HW_EXT_D_MODEL},
    [HW_W_O_BIAS] = {"o_bias", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_ATTN_OUT_GAMMA] = {"attention_out_norm", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_FFN_NORM_GAMMA] = {"ffn_norm", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_FFN_NORM_BETA] = {"ffn_norm_bias", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_GATE_IN] = {"ffn_gate_in", HW_EXT_D_MODEL, HW_EXT_GATE_IN},
    [HW_W_GATE] = {"ffn_gate", HW_EXT_D_MODEL, HW_EXT_D_FFN},
    [HW_W_GATE_BIAS] = {"ffn_gate_bias", HW_EXT_NONE, HW_EXT_D_FFN},
    [HW_W_IN] = {"ffn_in", HW_EXT_D_MODEL, HW_EXT_D_FFN},
    [HW_W_IN_BIAS] = {"ffn_in_bias", HW_EXT_NONE, HW_EXT_D_FFN},
    [HW_W_OUT] = {"ffn_out", HW_EXT_D_FFN, HW_EXT_D_MODEL},
    [HW_W_OUT_BIAS] = {"ffn_out_bias", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_FFN_OUT_GAMMA] = {"ffn_out_norm", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_SINKS] = {"attention_sinks", HW_EXT_NONE, HW_EXT_ALL_HEADS},
    [HW_W_ROUTER] = {"router", HW_EXT_D_MODEL, HW_EXT_EXPERTS},
    [HW_W_ROUTER_BIAS] = {"router_bias", HW_EXT_NONE, HW_EXT_EXPERTS},
    [HW_W_EXPERTS_GATE_IN] = {"experts_gate_in", HW_EXT_D_MODEL, HW_EXT_GATE_IN},
    [HW_W_EXPERTS_GATE_IN_BIAS] = {"experts_gate_in_bias", HW_EXT_NONE, HW_EXT_GATE_IN},
    [HW_W_EXPERTS_OUT] = {"experts_out", HW_EXT_D_FFN, HW_EXT_D_MODEL},
    [HW_W_EXPERTS_OUT_BIAS] = {"experts_out_bias", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_SHARED_GATE] = {"shared_gate", HW_EXT_D_MODEL, HW_EXT_SHARED},
    [HW_W_SHARED_IN] = {"shared_in", HW_EXT_D_MODEL, HW_EXT_SHARED},
    [HW_W_SHARED_OUT] = {"shared_out", HW_EXT_SHARED, HW_EXT_D_MODEL},
    [HW_W_SHARED_ROUTER] = {"shared_router", HW_EXT_D_MODEL, HW_EXT_ONE},
    [HW_W_FINAL_GAMMA] = {"final_norm", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_FINAL_BETA] = {"final_norm_bias", HW_EXT_NONE, HW_EXT_D_MODEL},
    [HW_W_UNEMBED] = {"unembed", HW_EXT_D_MODEL, HW_EXT_VOCAB_OUT},
    [HW_W_UNEMBED_BIAS] = {"unembed_bias", HW_EXT_NONE, HW_EXT_VOCAB_OUT},
};

#define OFF(name, value) {name, HW_KEY_MUST_BE, 0, false, value, NULL}
#define NONE(name) {name, HW_KEY_ONE_OF, 0, false, "[null, 0]", NULL}

/* Keys of mechanisms that the forward pass does not compute (ALiBi, quantized weights, ...), with the one value that switches the
 * mechanism off. Any other value is refused. */
const hw_key_row hw_common_keys[] = {
    {"quantization_config", HW_KEY_QUANTIZATION, 0, false, NULL, NULL},
    OFF("compression_config", "null"),
    OFF("rope_scaling", "null"),
    OFF("rope_parameters", "null"),
    OFF("partial_rotary_factor", "1.0"),
    OFF("rotary_pct", "1.0"),
    OFF("rotary_dim", "null"),
    OFF("no_rope_layers", "null"),
    OFF("position_embedding_type", "\"absolute\""),
    OFF("alibi", "false"),
    OFF("use_alibi", "false"),
    OFF("attn_config.alibi", "false"),
    OFF("use_sliding_window", "false"),
    OFF("attention_chunk_size", "null"),
    OFF("attn_logit_softcapping", "null"),
    OFF("final_logit_softcapping", "null"),
    OFF("query_pre_attn_scalar", "null"),
    OFF("attention_multiplier", "1.0"),
    OFF("embedding_multiplier", "1.0"),
    OFF("residual_multiplier", "1.0"),
    OFF("logits_scaling", "1.0"),
    OFF("logit_scale", "1.0"),
    OFF("clip_qkv", "null"),
    OFF("qk_layernorm", "false"),
    OFF("use_qk_norm", "false"),
    OFF("multi_query", "false"),
    NONE("num_experts"),
    NONE("num_local_experts"),
    NONE("n_routed_experts"),
    NONE("moe_intermediate_size"),
    OFF("add_cross_attention", "false"),
    OFF("is_encoder_decoder", "false"),
    OFF("is_causal", "true"),
    OFF("use_bidirectional_attention", "false"),
    OFF("pruned_heads", "{}"),
    {"layer_types", HW_KEY_LAYER_TYPES, 0, false, NULL, NULL},
};
const size_t hw_n_common_keys = sizeof hw_common_keys / sizeof *hw_common_keys;

const hw_weight_row *hw_family_weight(const hw_family *family, hw_weight weight) {
  for (; family; family = family->like)
    for (size_t i = 0; i < family->n_weights; i++)
      if (family->weights[i].weight == weight) return family->weights[i].name ? &family->weights[i] : NULL;
  return NULL;
}

int64_t hw_fusion_groups(hw_fusion fusion) { return fusion == HW_FUSED_QUARTERS ? 4 : fusion == HW_FUSED_EIGHTHS ? 8 : 0; }

bool hw_activation_find(const char *name, hw_activation *activation) {
  static const struct { const char *name; hw_activation activation; } names[] = {
      {"gelu_new", HW_ACT_GELU_TANH}, {"gelu_pytorch_tanh", HW_ACT_GELU_TANH}, {"gelu_fast", HW_ACT_GELU_TANH},
      {"gelu_accurate", HW_ACT_GELU_TANH}, {"gelu_python_tanh", HW_ACT_GELU_TANH},
      {"gelu", HW_ACT_GELU_ERF}, {"gelu_python", HW_ACT_GELU_ERF}, {"relu", HW_ACT_RELU}, {"silu", HW_ACT_SILU}, {"swish", HW_ACT_SILU}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i].name, name) == 0) return *activation = names[i].activation, true;
  return false;
}
