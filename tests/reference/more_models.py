# SPDX-License-Identifier: Apache-2.0
"""Fixture models of the families of families_more.py: random weights, odd sizes, the hub's own keys and tensor names."""
import numpy as np

import expert_models
from family_models import VOCAB, buffers, config, llama_like, llama_like_config
from maker import Maker


class Names:
    """Tensors of a block, by the words of a family."""

    def __init__(self, seed, embedding, d_model):
        self.maker, self.d = Maker(seed), d_model
        self.maker.normal(embedding, (VOCAB, d_model), 0.8)

    def norm(self, name, size=None, bias=True):
        if bias:
            self.maker.layer_norm(name, size or self.d)
        else:
            self.maker.norm_weight(name + ".weight", size or self.d)

    def linear(self, name, outputs, inputs, gain=1.4, bias=None):
        self.maker.linear(name, outputs, inputs, gain, bias)


def phi3(seed, n_layer, n_head, n_kv, size, d_model, d_ffn):
    names = Names(seed, "model.embed_tokens.weight", d_model)
    for layer in range(n_layer):
        h = f"model.layers.{layer}."
        names.norm(h + "input_layernorm", bias=False)
        names.norm(h + "post_attention_layernorm", bias=False)
        names.linear(h + "self_attn.qkv_proj", (n_head + 2 * n_kv) * size, d_model)
        names.linear(h + "self_attn.o_proj", d_model, n_head * size)
        names.linear(h + "mlp.gate_up_proj", 2 * d_ffn, d_model)
        names.linear(h + "mlp.down_proj", d_model, d_ffn)
    names.norm("model.norm", bias=False)
    names.linear("lm_head", VOCAB, d_model, 2.5)
    return names.maker.arrays


def phi3_config(d_model, d_ffn, n_layer, n_head, n_kv, **keys):
    return config("phi3", "Phi3ForCausalLM", "bfloat16", **{
        "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 1, "embd_pdrop": 0.0, "eos_token_id": 2,
        "hidden_act": "silu", "hidden_size": d_model, "intermediate_size": d_ffn, "max_position_embeddings": 64,
        "num_attention_heads": n_head, "num_hidden_layers": n_layer, "num_key_value_heads": n_kv,
        "original_max_position_embeddings": 64, "pad_token_id": 0, "resid_pdrop": 0.0, "rms_norm_eps": 1e-05,
        "rope_scaling": None, "rope_theta": 10000.0, "sliding_window": 5, "tie_word_embeddings": False, **keys})


def without_norms(arrays):
    return {name: value for name, value in arrays.items() if "norm" not in name}


def olmo2(seed, n_layer, n_head, n_kv, size, d_model, d_ffn):
    """Norms of a branch in the place of those before it."""
    arrays = llama_like(seed, n_layer, n_head, n_kv, size, d_model, d_ffn)
    maker = Maker(seed + 1000)
    for layer in range(n_layer):
        h = f"model.layers.{layer}."
        arrays[h + "post_feedforward_layernorm.weight"] = arrays.pop(h + "input_layernorm.weight")
        maker.norm_weight(h + "self_attn.q_norm.weight", n_head * size, 0.5)
        maker.norm_weight(h + "self_attn.k_norm.weight", n_kv * size, 0.5)
    return {**arrays, **maker.arrays}


def gemma3(seed, n_layer, n_head, n_kv, size, d_model, d_ffn):
    from family_models import gemma
    arrays = gemma(seed, n_layer, n_head, n_kv, size, d_model, d_ffn, True)
    maker = Maker(seed + 1000)
    for layer in range(n_layer):
        for name in ("q_norm", "k_norm"):
            maker.normal(f"model.layers.{layer}.self_attn.{name}.weight", size, 0.4)
    return {**arrays, **maker.arrays}


def llama_named(seed, n_layer, n_head, n_kv, d_model, d_ffn, ffn, qkv_bias=None, bias=None, norm_bias=True, two_norms=True,
                head=True, head_norms=None):
    """LLaMA's names around LayerNorms; ffn: names and (outputs, inputs) of the FFN."""
    size = d_model // n_head
    names = Names(seed, "model.embed_tokens.weight", d_model)
    for layer in range(n_layer):
        h = f"model.layers.{layer}."
        names.norm(h + "input_layernorm", bias=norm_bias)
        if two_norms:
            names.norm(h + "post_attention_layernorm", bias=norm_bias)
        for name, heads in (("q", n_head), ("k", n_kv), ("v", n_kv)):
            names.linear(h + f"self_attn.{name}_proj", heads * size, d_model, bias=qkv_bias)
        names.linear(h + "self_attn.o_proj", d_model, n_head * size, bias=bias)
        for name, heads in (("q", n_head), ("k", n_kv)):
            if head_norms == "each":        # StableLM: a module for each head
                for i in range(heads):
                    names.maker.norm_weight(h + f"self_attn.{name}_layernorm.norms.{i}.weight", size, 0.5)
            elif head_norms == "rows":      # Cohere: a row for each head
                names.maker.arrays[h + f"self_attn.{name}_norm.weight"] = \
                    1 + 0.5 * names.maker.random.standard_normal((heads, size))
        for name, outputs, inputs in ffn:
            names.linear(h + name, outputs, inputs, bias=bias)
    names.norm("model.norm", bias=norm_bias)
    if head:
        names.linear("lm_head", VOCAB, d_model, 2.5)
    return names.maker.arrays


def gated(d_model, d_ffn):
    return ("mlp.gate_proj", d_ffn, d_model), ("mlp.up_proj", d_ffn, d_model), ("mlp.down_proj", d_model, d_ffn)


def stablelm_config(n_layer, n_head, n_kv, d_model, d_ffn, **keys):
    return llama_like_config("stablelm", "StableLmForCausalLM", "bfloat16", n_layer, n_head, n_kv, d_model, d_ffn, False,
                             bos_token_id=0, eos_token_id=0, hidden_dropout=0.0, layer_norm_eps=1e-05,
                             max_position_embeddings=64, partial_rotary_factor=0.5, rope_scaling=None, rope_theta=10000,
                             **keys)


def cohere_config(name, architecture, n_layer, n_head, n_kv, d_model, d_ffn, **keys):
    return config(name, architecture, "float16", **{
        "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 5, "eos_token_id": 6, "hidden_act": "silu",
        "hidden_size": d_model, "intermediate_size": d_ffn, "layer_norm_eps": 1e-05, "logit_scale": 0.25,
        "max_position_embeddings": 64, "num_attention_heads": n_head, "num_hidden_layers": n_layer,
        "num_key_value_heads": n_kv, "pad_token_id": 0, "rope_theta": 5000.0, **keys})


def gpt_named(seed, embedding, n_layer, d_model, block, final="transformer.ln_f", final_bias=True, head=None, masks=None,
              embedding_norm=None, positions=None, layers="transformer.h"):
    """block: (name, outputs, inputs, bias) of a block's linear layers, (name, None, None, bias) of its norms."""
    names = Names(seed, embedding, d_model)
    if positions:
        names.maker.normal("transformer.wpe.weight", (positions, d_model), 0.4)
    if embedding_norm:
        names.norm(embedding_norm)
    for layer in range(n_layer):
        h = f"{layers}.{layer}."
        for name, outputs, inputs, bias in block:
            if outputs:
                names.linear(h + name, outputs, inputs, bias=0.5 if bias else None)
            else:
                names.norm(h + name, bias=bias)
        if masks:
            buffers(names.maker, h + "attn", masks)
    names.norm(final, bias=final_bias)
    if head == "tied":      # stored beside the embedding
        names.maker.arrays["lm_head.weight"] = names.maker.arrays[embedding]
    elif head:
        names.linear("lm_head", VOCAB, d_model, 2.5, 0.7)
    return names.maker.arrays


def gptj_config(name, architecture, d_model, n_layer, n_head, rotary_dim, n_positions):
    return config(name, architecture, "float16", **{
        "activation_function": "gelu_new", "attn_pdrop": 0.0, "bos_token_id": 0, "embd_pdrop": 0.0, "eos_token_id": 0,
        "gradient_checkpointing": False, "layer_norm_epsilon": 1e-05, "n_embd": d_model, "n_head": n_head, "n_inner": None,
        "n_layer": n_layer, "n_positions": n_positions, "resid_pdrop": 0.0, "rotary": True, "rotary_dim": rotary_dim,
        "scale_attn_weights": True, "tie_word_embeddings": False})


def gptj(seed, d_model, n_layer, n_positions, masks):
    square = [(f"attn.{name}_proj", d_model, d_model, False) for name in ("q", "k", "v", "out")]
    return gpt_named(seed, "transformer.wte.weight", n_layer, d_model, [
        ("ln_1", None, None, True), *square, ("mlp.fc_in", 4 * d_model, d_model, True),
        ("mlp.fc_out", d_model, 4 * d_model, True)], head="bias", masks=n_positions if masks else None)


def codegen(seed, d_model, n_layer, n_positions, width=None):
    """width: of all heads, where it is not d_model."""
    width = width or d_model
    arrays = gpt_named(seed, "transformer.wte.weight", n_layer, d_model, [
        ("ln_1", None, None, True), ("attn.qkv_proj", 3 * width, d_model, False), ("attn.out_proj", d_model, width, False),
        ("mlp.fc_in", 4 * d_model, d_model, True), ("mlp.fc_out", d_model, 4 * d_model, True)], head="bias")
    for layer in range(n_layer):
        mask = np.tril(np.ones((n_positions, n_positions)))
        arrays[f"transformer.h.{layer}.attn.causal_mask"] = mask.reshape(1, 1, n_positions, n_positions)
    return arrays


def falcon_config(n_layer, n_head, d_model, **keys):
    return config("falcon", "FalconForCausalLM", "bfloat16", **{
        "alibi": False, "attention_dropout": 0.0, "bias": False, "bos_token_id": 11, "eos_token_id": 11,
        "hidden_dropout": 0.0, "hidden_size": d_model, "layer_norm_epsilon": 1e-05, "multi_query": True,
        "new_decoder_architecture": False, "num_attention_heads": n_head, "num_hidden_layers": n_layer,
        "parallel_attn": True, **keys})


def falcon(seed, n_layer, n_head, groups, d_model, norms, bias=False, fused="self_attention", prefix="transformer.",
           d_ffn=None, **options):
    """Each of the groups with its heads of q and one of k and v."""
    width, d_ffn = (n_head + 2 * groups) * (d_model // n_head), d_ffn or 4 * d_model
    return gpt_named(seed, prefix + "word_embeddings.weight", n_layer, d_model, [
        *[(name, None, None, True) for name in norms], (fused + ".query_key_value", width, d_model, bias),
        (fused + ".dense", d_model, d_model, bias), ("mlp.dense_h_to_4h", d_ffn, d_model, bias),
        ("mlp.dense_4h_to_h", d_model, d_ffn, bias)], final=prefix + "ln_f", layers=prefix + "h", **options)


def big_code(seed, n_layer, n_head, groups, d_model, d_ffn, n_positions):
    return gpt_named(seed, "transformer.wte.weight", n_layer, d_model, [
        ("ln_1", None, None, True), ("ln_2", None, None, True),
        ("attn.c_attn", (n_head + 2 * groups) * (d_model // n_head), d_model, True), ("attn.c_proj", d_model, d_model, True),
        ("mlp.c_fc", d_ffn, d_model, True), ("mlp.c_proj", d_model, d_ffn, True)], positions=n_positions)


def big_code_config(n_layer, n_head, d_model, d_ffn, multi_query, n_positions):
    return config("gpt_bigcode", "GPTBigCodeForCausalLM", "float32", **{
        "activation_function": "gelu_pytorch_tanh", "attention_softmax_in_fp32": True, "attn_pdrop": 0.1, "bos_token_id": 0,
        "embd_pdrop": 0.1, "eos_token_id": 0, "inference_runner": 0, "layer_norm_epsilon": 1e-05, "max_batch_size": None,
        "max_sequence_length": None, "multi_query": multi_query, "n_embd": d_model, "n_head": n_head, "n_inner": d_ffn,
        "n_layer": n_layer, "n_positions": n_positions, "pad_key_length": True, "pre_allocate_kv_cache": False,
        "resid_pdrop": 0.1, "scale_attention_softmax_in_fp32": True, "scale_attn_weights": True,
        "validate_runner_input": True})


def mpt(seed, n_layer, d_model, ratio, positions=None):
    return gpt_named(seed, "transformer.wte.weight", n_layer, d_model, [
        ("norm_1", None, None, False), ("norm_2", None, None, False), ("attn.Wqkv", 3 * d_model, d_model, False),
        ("attn.out_proj", d_model, d_model, False), ("ffn.up_proj", ratio * d_model, d_model, False),
        ("ffn.down_proj", d_model, ratio * d_model, False)], final="transformer.norm_f", final_bias=False,
        layers="transformer.blocks", positions=positions)


def mpt_config(n_layer, n_head, d_model, ratio, clip=None, largest=8, alibi=True):
    return config("mpt", "MPTForCausalLM", "float32", **{
        "attn_config": {"alibi": alibi, "alibi_bias_max": largest, "attn_impl": "torch", "attn_pdrop": 0,
                        "attn_type": "multihead_attention", "attn_uses_sequence_id": False, "clip_qkv": clip,
                        "prefix_lm": False, "qk_ln": False, "softmax_scale": None},
        "d_model": d_model, "emb_pdrop": 0, "embedding_fraction": 1.0, "expansion_ratio": ratio, "init_device": "cpu",
        "learned_pos_emb": True, "logit_scale": None, "max_seq_len": 32, "n_heads": n_head, "n_layers": n_layer,
        "no_bias": True, "norm_type": "low_precision_layernorm", "resid_pdrop": 0, "tokenizer_name": "none", "verbose": 0})


def models():
    """Name -> (config, arrays, dtype of the file)."""
    llama_keys = {"attention_bias": False, "bos_token_id": 1, "eos_token_id": 2, "max_position_embeddings": 64,
                  "mlp_bias": False, "rms_norm_eps": 1e-05, "rope_scaling": None, "rope_theta": 10000.0}
    return {
        # fused q, k, v with fewer key/value heads, fused gate and up, window 5
        "phi3-odd": (phi3_config(32, 37, 3, 4, 2), phi3(301, 3, 4, 2, 8, 32, 37), "BF16"),
        # a divisor for each pair, prompts of 21 tokens past the original context, three quarters of a head turned
        "phi3-longrope": (
            phi3_config(32, 37, 2, 4, 4, max_position_embeddings=64, original_max_position_embeddings=16,
                        partial_rotary_factor=0.75, sliding_window=None,
                        rope_scaling={"long_factor": [1.5, 3.0, 9.0], "short_factor": [1.0, 1.25, 2.5], "type": "longrope"}),
            phi3(302, 2, 4, 4, 8, 32, 37), "BF16"),
        # norms without weights
        "olmo-odd": (
            llama_like_config("olmo", "OlmoForCausalLM", "float32", 2, 3, 3, 30, 41, False,
                              **{**llama_keys, "clip_qkv": None, "pretraining_tp": 1, "rms_norm_eps": None}),
            without_norms(llama_like(303, 2, 3, 3, 10, 30, 41)), "F32"),
        # q, k and v clipped where they are large
        "olmo-clip": (
            llama_like_config("olmo", "OlmoForCausalLM", "float32", 2, 3, 1, 30, 41, True,
                              **{**llama_keys, "clip_qkv": 1.1, "rms_norm_eps": None}),
            without_norms(llama_like(304, 2, 3, 1, 10, 30, 41, head=False)), "F32"),
        # norms at the end of the branches only, q and k normalised over the whole width
        "olmo2-odd": (
            llama_like_config("olmo2", "Olmo2ForCausalLM", "float32", 2, 4, 2, 24, 35, False,
                              **{**llama_keys, "rms_norm_eps": 1e-06, "rope_theta": 500000}),
            olmo2(305, 2, 4, 2, 6, 24, 35), "F32"),
        # window 5 in five of six layers, with a rotary base of its own; the other layer's scaled
        "gemma3-odd": (
            config("gemma3_text", "Gemma3ForCausalLM", "bfloat16", **{
                "attention_bias": False, "attention_dropout": 0.0, "attn_logit_softcapping": None, "bos_token_id": 2,
                "cache_implementation": "hybrid", "eos_token_id": 1, "final_logit_softcapping": None, "head_dim": 8,
                "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 26, "intermediate_size": 33,
                "max_position_embeddings": 64, "num_attention_heads": 4, "num_hidden_layers": 7, "num_key_value_heads": 2,
                "pad_token_id": 0, "query_pre_attn_scalar": 5, "rms_norm_eps": 1e-06, "rope_local_base_freq": 100.0,
                "rope_scaling": {"factor": 4.0, "rope_type": "linear"}, "rope_theta": 10000.0, "sliding_window": 5,
                "sliding_window_pattern": 6}),
            gemma3(306, 7, 4, 2, 8, 26, 33), "BF16"),
        # half of a head turned, biases on q, k, v
        "stablelm-odd": (
            stablelm_config(2, 3, 3, 24, 35, qk_layernorm=False, use_parallel_residual=False, use_qkv_bias=True),
            llama_named(307, 2, 3, 3, 24, 35, gated(24, 35), qkv_bias=0.6), "BF16"),
        # parallel behind one norm, a LayerNorm for each head of q and k
        "stablelm-parallel": (
            stablelm_config(2, 4, 2, 32, 35, qk_layernorm=True, use_parallel_residual=True, use_qkv_bias=False),
            llama_named(308, 2, 4, 2, 32, 35, gated(32, 35), two_norms=False, head_norms="each"), "BF16"),
        # biases everywhere, a plain FFN under other names, window 5
        "starcoder2-odd": (
            config("starcoder2", "Starcoder2ForCausalLM", "bfloat16", **{
                "activation_function": "gelu", "attention_dropout": 0.1, "bos_token_id": 0, "embedding_dropout": 0.1,
                "eos_token_id": 0, "hidden_act": "gelu_pytorch_tanh", "hidden_size": 24, "intermediate_size": 37,
                "layer_norm_epsilon": 1e-05, "max_position_embeddings": 64, "mlp_type": "default", "norm_epsilon": 1e-05,
                "norm_type": "layer_norm", "num_attention_heads": 4, "num_hidden_layers": 2, "num_key_value_heads": 2,
                "residual_dropout": 0.1, "rope_theta": 999999.4420358813, "sliding_window": 5, "use_bias": True}),
            llama_named(309, 2, 4, 2, 24, 37, (("mlp.c_fc", 37, 24), ("mlp.c_proj", 24, 37)), qkv_bias=0.5, bias=0.5,
                        head=False), "BF16"),
        # its four multipliers
        "granite-odd": (
            llama_like_config("granite", "GraniteForCausalLM", "bfloat16", 2, 4, 2, 24, 35, True,
                              **{**llama_keys, "attention_multiplier": 0.3, "embedding_multiplier": 1.7,
                                 "logits_scaling": 2.5, "residual_multiplier": 0.6}),
            llama_like(310, 2, 4, 2, 6, 24, 35, head=False), "BF16"),
        # the second layer without positions
        "smollm3-odd": (
            llama_like_config("smollm3", "SmolLM3ForCausalLM", "bfloat16", 3, 4, 2, 24, 35, True,
                              **{**llama_keys, "layer_types": ["full_attention"] * 3, "max_window_layers": 28,
                                 "no_rope_layer_interval": 4, "no_rope_layers": [1, 0, 1], "sliding_window": None,
                                 "use_sliding_window": False}),
            llama_like(311, 3, 4, 2, 6, 24, 35, head=False), "BF16"),
        # every second layer without positions
        "smollm3-interval": (
            llama_like_config("smollm3", "SmolLM3ForCausalLM", "bfloat16", 2, 2, 1, 20, 23, True,
                              **{**llama_keys, "no_rope_layer_interval": 2, "no_rope_layers": None, "sliding_window": None,
                                 "use_sliding_window": False}),
            llama_like(331, 2, 2, 1, 10, 20, 23, head=False), "BF16"),
        # neighbours turn, one norm without bias, logits times 1/4
        "cohere-odd": (
            cohere_config("cohere", "CohereForCausalLM", 2, 4, 2, 32, 35, use_qk_norm=False),
            llama_named(312, 2, 4, 2, 32, 35, gated(32, 35), two_norms=False, norm_bias=False, head=False), "F16"),
        # a LayerNorm of each head's q and k, weights of its own for each
        "cohere-norms": (
            cohere_config("cohere", "CohereForCausalLM", 2, 4, 2, 32, 35, use_qk_norm=True),
            llama_named(313, 2, 4, 2, 32, 35, gated(32, 35), two_norms=False, norm_bias=False, head=False, head_norms="rows"),
            "F16"),
        # window 5 in three of four layers, the fourth without positions
        "cohere2-odd": (
            cohere_config("cohere2", "Cohere2ForCausalLM", 4, 4, 2, 32, 35, cache_implementation="hybrid", head_dim=8,
                          layer_switch=4, order_of_interleaved_layers="local_attn_first",
                          position_embedding_type="rope_gptj", rotary_pct=1.0, sliding_window=5, sliding_window_pattern=4,
                          use_embedding_sharing=True, use_gated_activation=True, use_parallel_block=True,
                          use_parallel_embedding=True),
            llama_named(314, 4, 4, 2, 32, 35, gated(32, 35), two_norms=False, norm_bias=False, head=False), "F16"),
        # six of ten entries turned in neighbouring pairs, a bias on the head, mask buffers
        "gptj-odd": (gptj_config("gptj", "GPTJForCausalLM", 30, 2, 3, 6, 24), gptj(315, 30, 2, 24, True), "F16"),
        # four groups of two heads: q, v, k; two neighbouring pairs turn
        "codegen-odd": (
            gptj_config("codegen", "CodeGenForCausalLM", 32, 2, 8, 4, 24), codegen(316, 32, 2, 24), "F16"),
        # eight groups, said by a head_dim of 128, which keeps the heads from being small; the state is
        "codegen2-odd": (
            {**gptj_config("codegen", "CodeGenForCausalLM", 12, 1, 8, 4, 24), "head_dim": 128,
             "auto_map": {"AutoConfig": "configuration_codegen.CodeGenConfig",
                          "AutoModelForCausalLM": "modeling_codegen.CodeGenForCausalLM"}},
            codegen(332, 12, 1, 24, 8 * 128), "F16"),
        # multi-query: one key/value head, one norm, parallel
        "falcon-7b": (
            falcon_config(2, 3, 24, apply_residual_connection_post_layernorm=False),
            falcon(317, 2, 3, 1, 24, ["input_layernorm"], head="tied"), "BF16"),
        # the new decoder: two groups of two heads, two norms, parallel
        "falcon-new": (
            falcon_config(2, 4, 32, new_decoder_architecture=True, num_kv_heads=2, ffn_hidden_size=45, bias=True),
            falcon(318, 2, 4, 2, 32, ["ln_attn", "ln_mlp"], bias=True, d_ffn=45), "BF16"),
        # RW: ALiBi, q, k, v of each head together, biases, not parallel
        "falcon-rw": (
            falcon_config(2, 3, 24, alibi=True, bias=True, multi_query=False, parallel_attn=False),
            falcon(319, 2, 3, 3, 24, ["input_layernorm", "post_attention_layernorm"], bias=True), "BF16"),
        # Falcon 2: the new decoder behind one norm
        "falcon-one-norm": (
            falcon_config(1, 4, 32, new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1),
            falcon(320, 1, 4, 2, 32, ["input_layernorm"]), "BF16"),
        # ALiBi of six heads, a norm of the embeddings, no prefix before the names
        "bloom-odd": (
            config("bloom", "BloomForCausalLM", "float16", **{
                "apply_residual_connection_post_layernorm": False, "attention_dropout": 0.0, "attention_softmax_in_fp32": True,
                "bias_dropout_fusion": True, "bos_token_id": 1, "eos_token_id": 2, "hidden_dropout": 0.0,
                "layer_norm_epsilon": 1e-05, "masked_softmax_fusion": True, "n_embed": 36, "n_inner": None, "n_layer": 2,
                "num_attention_heads": 6, "offset_alibi": 100, "pad_token_id": 3, "pretraining_tp": 1, "seq_length": 32,
                "skip_bias_add": True, "skip_bias_add_qkv": False, "slow_but_exact": False,
                "unk_token_id": 0, "use_cache": True}),
            falcon(321, 2, 6, 6, 36, ["input_layernorm", "post_attention_layernorm"], bias=True, prefix="",
                   embedding_norm="word_embeddings_layernorm"), "F16"),
        # ALiBi of three heads, norms without bias
        "mpt-odd": (mpt_config(2, 3, 30, 3), mpt(322, 2, 30, 3), "F32"),
        # clipped q, k, v, another largest ALiBi exponent
        "mpt-clip": (mpt_config(1, 4, 32, 2, clip=0.9, largest=4), mpt(323, 1, 32, 2), "F32"),
        # learned positions in the place of ALiBi
        "mpt-learned": (mpt_config(1, 4, 32, 2, alibi=False), mpt(328, 1, 32, 2, positions=32), "F32"),
        # one key/value head
        "gpt_bigcode-odd": (big_code_config(2, 3, 30, 41, True, 24), big_code(324, 2, 3, 1, 30, 41, 24), "F32"),
        # q, k, v of each head together
        "gpt_bigcode-heads": (big_code_config(1, 3, 24, 37, False, 24), big_code(325, 1, 3, 3, 24, 37, 24), "F32"),
        # yarn: of five pairs one is kept, two are divided, two lie between
        "llama-yarn": (
            llama_like_config("llama", "LlamaForCausalLM", "bfloat16", 2, 3, 3, 30, 41, True,
                              **{**llama_keys, "max_position_embeddings": 512, "rope_theta": 50.0,
                                 "rope_scaling": {"beta_fast": 8.0, "beta_slow": 1.0, "factor": 8.0,
                                                  "original_max_position_embeddings": 64, "rope_type": "yarn"}}),
            llama_like(326, 2, 3, 3, 10, 30, 41, head=False), "BF16"),
        # yarn with its magnitude from mscale and mscale_all_dim, other turns than the usual 32 and 1
        "llama-mscale": (
            llama_like_config("llama", "LlamaForCausalLM", "bfloat16", 1, 2, 2, 28, 31, True,
                              **{**llama_keys, "max_position_embeddings": 512, "rope_theta": 30.0,
                                 "rope_scaling": {"beta_fast": 6.0, "beta_slow": 2.5, "factor": 8.0, "mscale": 2.0, "mscale_all_dim": 0.5,
                                                  "original_max_position_embeddings": 64, "rope_type": "yarn"}}),
            llama_like(329, 1, 2, 2, 14, 28, 31, head=False), "BF16"),
        # yarn with the magnitude that attention_factor says
        "llama-factor": (
            llama_like_config("llama", "LlamaForCausalLM", "bfloat16", 1, 2, 2, 28, 31, True,
                              **{**llama_keys, "max_position_embeddings": 512, "rope_theta": 50.0,
                                 "rope_scaling": {"attention_factor": 0.7, "factor": 8.0, "original_max_position_embeddings": 512,
                                                  "rope_type": "yarn"}}),
            llama_like(330, 1, 2, 2, 14, 28, 31, head=False), "BF16"),
        # dynamic: prompts of 21 tokens past the context of 16 have another base
        "llama-dynamic": (
            llama_like_config("llama", "LlamaForCausalLM", "bfloat16", 2, 3, 3, 30, 41, True,
                              **{**llama_keys, "max_position_embeddings": 16, "rope_theta": 100.0,
                                 "rope_scaling": {"factor": 2.0, "type": "dynamic"}}),
            llama_like(327, 2, 3, 3, 10, 30, 41, head=False), "BF16"),
        **expert_models.models(),
    }
