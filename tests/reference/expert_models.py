# SPDX-License-Identifier: Apache-2.0
"""Fixture models of the families of families_experts.py: random weights, odd sizes, the hub's own keys and tensor names."""
import numpy as np

from family_models import llama_like, llama_like_config
from maker import Maker


def experts(seed, arrays, n_layer, n_experts, d_model, d_expert, names, router, shared=None):
    """In the place of the FFN of each layer. names: of gate, up and down."""
    maker = Maker(seed + 1000)
    for layer in range(n_layer):
        h = f"model.layers.{layer}."
        for name in ("gate_proj", "up_proj", "down_proj"):
            del arrays[h + f"mlp.{name}.weight"]
        maker.linear(h + router, n_experts, d_model, 1.5)
        for e in range(n_experts):
            gate, up, down = (h + name.format(e) for name in names)
            maker.linear(gate, d_expert, d_model, 1.5)
            maker.linear(up, d_expert, d_model, 1.4)
            maker.linear(down, d_model, d_expert, 1.6)
        if shared:
            maker.linear(h + "mlp.shared_expert.gate_proj", shared, d_model, 1.5)
            maker.linear(h + "mlp.shared_expert.up_proj", shared, d_model, 1.4)
            maker.linear(h + "mlp.shared_expert.down_proj", d_model, shared, 1.6)
            maker.linear(h + "mlp.shared_expert_gate", 1, d_model, 1.0)
    return {**arrays, **maker.arrays}


QWEN = "mlp.experts.{}.gate_proj", "mlp.experts.{}.up_proj", "mlp.experts.{}.down_proj"
MIXTRAL = "block_sparse_moe.experts.{}.w1", "block_sparse_moe.experts.{}.w3", "block_sparse_moe.experts.{}.w2"


def wide_norms(seed, arrays, n_layer, q, k):
    maker = Maker(seed + 2000)
    for layer in range(n_layer):
        maker.norm_weight(f"model.layers.{layer}.self_attn.q_norm.weight", q, 0.5)
        maker.norm_weight(f"model.layers.{layer}.self_attn.k_norm.weight", k, 0.5)
    return {**arrays, **maker.arrays}


def gpt_oss(seed, n_layer, n_head, n_kv, size, d_model, n_experts, d_expert):
    arrays = llama_like(seed, n_layer, n_head, n_kv, size, d_model, 8, qkv_bias=0.6, o_bias=0.4)
    maker = Maker(seed + 1000)
    for layer in range(n_layer):
        h = f"model.layers.{layer}."
        for name in ("gate_proj", "up_proj", "down_proj"):
            del arrays[h + f"mlp.{name}.weight"]
        maker.normal(h + "self_attn.sinks", n_head, 1.0)
        maker.linear(h + "mlp.router", n_experts, d_model, 1.5, 0.5)
        maker.normal(h + "mlp.experts.gate_up_proj", (n_experts, d_model, 2 * d_expert), 1.5 / d_model ** 0.5)
        maker.normal(h + "mlp.experts.gate_up_proj_bias", (n_experts, 2 * d_expert), 0.5)
        maker.normal(h + "mlp.experts.down_proj", (n_experts, d_expert, d_model), 1.6 / d_expert ** 0.5)
        maker.normal(h + "mlp.experts.down_proj_bias", (n_experts, d_model), 0.5)
    return {**arrays, **maker.arrays}


LEVELS = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def mxfp4(arrays):
    """The experts' matrices [expert, in, out] as blocks of 32 inputs: the nearest of 15 numbers times a power of two."""
    for name in [name for name in arrays if name.endswith(("experts.gate_up_proj", "experts.down_proj"))]:
        rows = arrays.pop(name).transpose(0, 2, 1)
        blocks = rows.reshape(*rows.shape[:2], -1, 32)
        exponent = np.floor(np.log2(np.abs(blocks).max(-1))) - 2
        scaled = blocks / 2 ** exponent[..., None]
        code = np.abs(np.abs(scaled)[..., None] - LEVELS).argmin(-1) + 8 * (scaled < 0)
        arrays[name + "_blocks"] = (code[..., ::2] + 16 * code[..., 1::2]).astype(np.uint8)
        arrays[name + "_scales"] = (exponent + 127).astype(np.uint8)
    return arrays


def models():
    """Name -> (config, arrays, dtype of the file)."""
    keys = {"attention_bias": False, "bos_token_id": 1, "eos_token_id": 2, "max_position_embeddings": 64,
            "output_router_logits": False, "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "router_aux_loss_coef": 0.001}
    return {
        # two of five experts, weights that sum to one, window 5
        "mixtral-odd": (
            llama_like_config("mixtral", "MixtralForCausalLM", "bfloat16", 2, 4, 2, 24, 17, False,
                              **{**keys, "num_experts_per_tok": 2, "num_local_experts": 5, "sliding_window": 5}),
            experts(401, llama_like(401, 2, 4, 2, 6, 24, 17), 2, 5, 24, 17, MIXTRAL, "block_sparse_moe.gate"), "BF16"),
        # a shared expert of another width with its gate, weights as they are
        "qwen2_moe-odd": (
            llama_like_config("qwen2_moe", "Qwen2MoeForCausalLM", "bfloat16", 2, 4, 2, 24, 99, False,
                              **{**keys, "decoder_sparse_step": 1, "max_window_layers": 2, "mlp_only_layers": [],
                                 "moe_intermediate_size": 17, "norm_topk_prob": False, "num_experts": 5,
                                 "num_experts_per_tok": 2, "shared_expert_intermediate_size": 23, "sliding_window": 4,
                                 "use_sliding_window": False}),
            experts(402, llama_like(402, 2, 4, 2, 6, 24, 17, qkv_bias=0.8), 2, 5, 24, 17, QWEN, "mlp.gate", shared=23),
            "BF16"),
        # three of seven experts, weights divided by their sum, norms of q and k
        "qwen3_moe-odd": (
            llama_like_config("qwen3_moe", "Qwen3MoeForCausalLM", "bfloat16", 2, 4, 2, 24, 99, False,
                              **{**keys, "decoder_sparse_step": 1, "head_dim": 10, "max_window_layers": 2,
                                 "mlp_only_layers": [], "moe_intermediate_size": 13, "norm_topk_prob": True,
                                 "num_experts": 7, "num_experts_per_tok": 3, "rope_scaling": None, "sliding_window": None,
                                 "use_sliding_window": False}),
            experts(403, llama_like(403, 2, 4, 2, 10, 24, 17, head_norms=True), 2, 7, 24, 13, QWEN, "mlp.gate"), "BF16"),
        # norms over the whole width of q and k, which are clipped behind them
        "olmoe-odd": (
            llama_like_config("olmoe", "OlmoeForCausalLM", "bfloat16", 2, 4, 4, 24, 15, False,
                              **{**keys, "clip_qkv": 0.9, "norm_topk_prob": False, "num_experts": 6,
                                 "num_experts_per_tok": 2, "rope_scaling": None}),
            experts(404, wide_norms(404, llama_like(404, 2, 4, 4, 6, 24, 17), 2, 24, 24), 2, 6, 24, 15, QWEN, "mlp.gate"),
            "BF16"),
        # sinks, biases, a limit that bites, window 5 in every other layer, yarn without rounding
        "gpt_oss-odd": (
            llama_like_config("gpt_oss", "GptOssForCausalLM", "bfloat16", 2, 4, 2, 24, 14, False,
                              **{**keys, "attention_bias": True, "experts_per_token": 2, "head_dim": 10,
                                 "initial_context_length": 16, "layer_types": ["sliding_attention", "full_attention"],
                                 "num_experts_per_tok": 2, "num_local_experts": 5, "rope_theta": 100.0,
                                 "rope_scaling": {"beta_fast": 4.0, "beta_slow": 1.0, "factor": 4.0,
                                                  "original_max_position_embeddings": 16, "rope_type": "yarn",
                                                  "truncate": False},
                                 "sliding_window": 5, "swiglu_limit": 1.5}),
            gpt_oss(405, 2, 4, 2, 10, 24, 5, 14), "BF16"),
        # the experts' matrices in MXFP4, of 64 inputs and of 32
        "gpt_oss-mxfp4": (
            llama_like_config("gpt_oss", "GptOssForCausalLM", "bfloat16", 1, 4, 2, 64, 32, False,
                              **{**keys, "attention_bias": True, "experts_per_token": 2, "head_dim": 10,
                                 "layer_types": ["full_attention"], "num_experts_per_tok": 2, "num_local_experts": 3,
                                 "quantization_config": {"modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router",
                                                                                    "model.embed_tokens", "lm_head"],
                                                         "quant_method": "mxfp4"},
                                 "rope_scaling": {"rope_type": "default"}, "sliding_window": 5, "swiglu_limit": 3.0}),
            mxfp4(gpt_oss(406, 1, 4, 2, 10, 64, 3, 32)), "BF16"),
    }
