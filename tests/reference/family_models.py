# SPDX-License-Identifier: Apache-2.0
"""Fixture models of the families of issue 4: random weights, odd sizes, the hub's own keys and tensor names.

make_models.py writes them. What each is there to catch is said in models(). Switches that must not be heeded are set
where the hub sets them (use_sliding_window false beside a window, "gelu" in Gemma's configuration, mask buffers).
"""
import numpy as np

from maker import Maker

VOCAB = 47


def config(name, architecture, dtype, **keys):
    return {"architectures": [architecture], "model_type": name, "torch_dtype": dtype,
            "transformers_version": "4.46.0", "use_cache": True, "vocab_size": VOCAB, "initializer_range": 0.02, **keys}


# ---- LLaMA and its relatives

def llama_like(seed, n_layer, n_head, n_kv, head_dim, d_model, d_ffn, head=True, qkv_bias=None, o_bias=None,
               mlp_bias=None, head_norms=False):
    maker = Maker(seed)
    maker.normal("model.embed_tokens.weight", (VOCAB, d_model), 0.8)
    for layer in range(n_layer):
        h = f"model.layers.{layer}."
        maker.norm_weight(h + "input_layernorm.weight", d_model)
        maker.norm_weight(h + "post_attention_layernorm.weight", d_model)
        maker.linear(h + "self_attn.q_proj", n_head * head_dim, d_model, 1.4, qkv_bias)
        maker.linear(h + "self_attn.k_proj", n_kv * head_dim, d_model, 1.4, qkv_bias)
        maker.linear(h + "self_attn.v_proj", n_kv * head_dim, d_model, 1.2, qkv_bias)
        maker.linear(h + "self_attn.o_proj", d_model, n_head * head_dim, 1.5, o_bias)
        if head_norms:
            maker.norm_weight(h + "self_attn.q_norm.weight", head_dim, 0.5)
            maker.norm_weight(h + "self_attn.k_norm.weight", head_dim, 0.5)
        maker.linear(h + "mlp.gate_proj", d_ffn, d_model, 1.5, mlp_bias)
        maker.linear(h + "mlp.up_proj", d_ffn, d_model, 1.2, mlp_bias)
        maker.linear(h + "mlp.down_proj", d_model, d_ffn, 1.3, mlp_bias)
    maker.norm_weight("model.norm.weight", d_model)
    if head:
        maker.normal("lm_head.weight", (VOCAB, d_model), 0.5)
    return maker.arrays


def llama_like_config(name, architecture, dtype, n_layer, n_head, n_kv, d_model, d_ffn, tied, **keys):
    return config(name, architecture, dtype, attention_dropout=0.0, hidden_act="silu", hidden_size=d_model,
                  intermediate_size=d_ffn, num_attention_heads=n_head, num_hidden_layers=n_layer,
                  num_key_value_heads=n_kv, tie_word_embeddings=tied, **keys)


LLAMA3 = {"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 64,
          "rope_type": "llama3"}


# ---- OPT

def opt(seed, prefix, n_layer, n_head, d_model, d_ffn, n_positions, head):
    maker = Maker(seed)
    maker.normal(prefix + "embed_tokens.weight", (VOCAB, d_model), 0.8)
    maker.normal(prefix + "embed_positions.weight", (n_positions + 2, d_model), 0.4)
    for layer in range(n_layer):
        h = f"{prefix}layers.{layer}."
        for name, gain in (("q_proj", 1.3), ("k_proj", 1.3), ("v_proj", 1.2), ("out_proj", 1.4)):
            maker.linear(h + "self_attn." + name, d_model, d_model, gain, 0.5)
        maker.layer_norm(h + "self_attn_layer_norm", d_model)
        maker.layer_norm(h + "final_layer_norm", d_model)
        maker.linear(h + "fc1", d_ffn, d_model, 1.4, 0.5)
        maker.linear(h + "fc2", d_model, d_ffn, 1.3, 0.5)
    maker.layer_norm(prefix + "final_layer_norm", d_model)
    if head:
        maker.arrays["lm_head.weight"] = maker.arrays[prefix + "embed_tokens.weight"]
    return maker.arrays


def opt_config(dtype, n_layer, n_head, d_model, d_ffn, n_positions):
    result = config("opt", "OPTForCausalLM", dtype, _remove_final_layer_norm=False, activation_dropout=0.0,
                    activation_function="relu", attention_dropout=0.0, bos_token_id=2, do_layer_norm_before=True,
                    dropout=0.1, eos_token_id=2, ffn_dim=d_ffn, hidden_size=d_model, init_std=0.02, layerdrop=0.0,
                    max_position_embeddings=n_positions, num_attention_heads=n_head, num_hidden_layers=n_layer,
                    pad_token_id=1, prefix="</s>", word_embed_proj_dim=d_model)
    del result["initializer_range"]
    return result


# ---- GPT-NeoX, Phi, GPT-Neo

def buffers(maker, name, n_positions):
    """The causal mask that older files hold beside the weights; to be ignored."""
    mask = np.tril(np.ones((n_positions, n_positions)))
    maker.arrays[name + ".bias"] = mask.reshape(1, 1, n_positions, n_positions)
    maker.arrays[name + ".masked_bias"] = np.array(-1e4)


def gpt_neox(seed, n_layer, n_head, d_model, d_ffn, rotated, n_positions, masks):
    maker = Maker(seed)
    maker.normal("gpt_neox.embed_in.weight", (VOCAB, d_model), 0.8)
    for layer in range(n_layer):
        h = f"gpt_neox.layers.{layer}."
        maker.layer_norm(h + "input_layernorm", d_model)
        maker.layer_norm(h + "post_attention_layernorm", d_model)
        maker.linear(h + "attention.query_key_value", 3 * d_model, d_model, 1.3, 0.6)
        maker.linear(h + "attention.dense", d_model, d_model, 1.4, 0.5)
        maker.linear(h + "mlp.dense_h_to_4h", d_ffn, d_model, 1.3, 0.5)
        maker.linear(h + "mlp.dense_4h_to_h", d_model, d_ffn, 1.3, 0.5)
        if masks:
            buffers(maker, h + "attention", n_positions)
            maker.arrays[h + "attention.rotary_emb.inv_freq"] = 10000.0 ** (-np.arange(0, rotated, 2) / rotated)
    maker.layer_norm("gpt_neox.final_layer_norm", d_model)
    maker.normal("embed_out.weight", (VOCAB, d_model), 0.5)
    return maker.arrays


def gpt_neox_config(dtype, n_layer, n_head, d_model, d_ffn, pct, n_positions, parallel, base=10000):
    return config("gpt_neox", "GPTNeoXForCausalLM", dtype, bos_token_id=0, eos_token_id=0, hidden_act="gelu",
                  hidden_size=d_model, intermediate_size=d_ffn, layer_norm_eps=1e-05,
                  max_position_embeddings=n_positions, num_attention_heads=n_head, num_hidden_layers=n_layer,
                  rotary_emb_base=base, rotary_pct=pct, tie_word_embeddings=False, use_parallel_residual=parallel)


def phi(seed, n_layer, n_head, d_model, d_ffn, head_norms=False):
    maker = Maker(seed)
    maker.normal("model.embed_tokens.weight", (VOCAB, d_model), 0.8)
    for layer in range(n_layer):
        h = f"model.layers.{layer}."
        maker.layer_norm(h + "input_layernorm", d_model)
        for name, gain in (("q_proj", 1.4), ("k_proj", 1.4), ("v_proj", 1.2), ("dense", 1.4)):
            maker.linear(h + "self_attn." + name, d_model, d_model, gain, 0.5)
        if head_norms:
            maker.layer_norm(h + "self_attn.q_layernorm", d_model // n_head, 0.6)
            maker.layer_norm(h + "self_attn.k_layernorm", d_model // n_head, 0.6)
        maker.linear(h + "mlp.fc1", d_ffn, d_model, 1.3, 0.5)
        maker.linear(h + "mlp.fc2", d_model, d_ffn, 1.3, 0.5)
    maker.layer_norm("model.final_layernorm", d_model)
    maker.linear("lm_head", VOCAB, d_model, 2.5, 0.7)
    return maker.arrays


def phi_config(dtype, n_layer, n_head, d_model, d_ffn, factor, head_norms=False):
    return config("phi", "PhiForCausalLM", dtype, attention_dropout=0.0, bos_token_id=None, embd_pdrop=0.0,
                  eos_token_id=None, hidden_act="gelu_new", hidden_size=d_model, intermediate_size=d_ffn,
                  layer_norm_eps=1e-05, max_position_embeddings=48, num_attention_heads=n_head,
                  num_hidden_layers=n_layer, num_key_value_heads=None, partial_rotary_factor=factor,
                  qk_layernorm=head_norms, resid_pdrop=0.0, rope_scaling=None, rope_theta=10000.0,
                  tie_word_embeddings=False)


def gpt_neo(seed, n_layer, d_model, d_ffn, n_positions):
    maker = Maker(seed)
    maker.normal("transformer.wte.weight", (VOCAB, d_model), 0.8)
    maker.normal("transformer.wpe.weight", (n_positions, d_model), 0.4)
    for layer in range(n_layer):
        h = f"transformer.h.{layer}."
        maker.layer_norm(h + "ln_1", d_model)
        maker.layer_norm(h + "ln_2", d_model)
        for name, gain in (("q", 0.8), ("k", 0.8), ("v", 1.2)):
            maker.linear(h + f"attn.attention.{name}_proj", d_model, d_model, gain)
        maker.linear(h + "attn.attention.out_proj", d_model, d_model, 1.4, 0.5)
        buffers(maker, h + "attn.attention", n_positions)
        maker.linear(h + "mlp.c_fc", d_ffn, d_model, 1.3, 0.5)
        maker.linear(h + "mlp.c_proj", d_model, d_ffn, 1.3, 0.5)
    maker.layer_norm("transformer.ln_f", d_model)
    return maker.arrays


def gpt_neo_config(dtype, kinds, types, n_head, d_model, n_positions, window):
    return config("gpt_neo", "GPTNeoForCausalLM", dtype, activation_function="gelu_new", attention_dropout=0,
                  attention_layers=kinds, attention_types=types, bos_token_id=0, embed_dropout=0, eos_token_id=0,
                  gradient_checkpointing=False, hidden_size=d_model, intermediate_size=None, layer_norm_epsilon=1e-05,
                  max_position_embeddings=n_positions, num_heads=n_head, num_layers=len(kinds), resid_dropout=0,
                  window_size=window)


# ---- Gemma

def gemma(seed, n_layer, n_head, n_kv, head_dim, d_model, d_ffn, output_norms):
    """Norm weights around 0: 1 + w multiplies."""
    maker = Maker(seed)
    maker.normal("model.embed_tokens.weight", (VOCAB, d_model), 1 / d_model ** 0.5)
    for layer in range(n_layer):
        h = f"model.layers.{layer}."
        names = ["input_layernorm", "post_attention_layernorm"]
        names += ["pre_feedforward_layernorm", "post_feedforward_layernorm"] if output_norms else []
        for name in names:
            maker.normal(h + name + ".weight", d_model, 0.4)
        maker.linear(h + "self_attn.q_proj", n_head * head_dim, d_model, 1.5)
        maker.linear(h + "self_attn.k_proj", n_kv * head_dim, d_model, 1.5)
        maker.linear(h + "self_attn.v_proj", n_kv * head_dim, d_model, 1.2)
        maker.linear(h + "self_attn.o_proj", d_model, n_head * head_dim, 1.5)
        maker.linear(h + "mlp.gate_proj", d_ffn, d_model, 1.5)
        maker.linear(h + "mlp.up_proj", d_ffn, d_model, 1.2)
        maker.linear(h + "mlp.down_proj", d_model, d_ffn, 1.4)
    maker.normal("model.norm.weight", d_model, 0.4)
    return maker.arrays


def gemma_config(name, architecture, dtype, n_layer, n_head, n_kv, head_dim, d_model, d_ffn, **keys):
    return config(name, architecture, dtype, attention_bias=False, attention_dropout=0.0, bos_token_id=2,
                  eos_token_id=1, head_dim=head_dim, hidden_size=d_model, intermediate_size=d_ffn,
                  max_position_embeddings=64, num_attention_heads=n_head, num_hidden_layers=n_layer,
                  num_key_value_heads=n_kv, pad_token_id=0, rms_norm_eps=1e-06, rope_theta=10000.0, **keys)


def gpt2_inverse(seed, n_layer, d_model, n_positions):
    """Conv1D: [in, out]."""
    maker = Maker(seed)
    maker.normal("transformer.wte.weight", (VOCAB, d_model), 0.8)
    maker.normal("transformer.wpe.weight", (n_positions, d_model), 0.3)
    for layer in range(n_layer):
        h = f"transformer.h.{layer}."
        maker.layer_norm(h + "ln_1", d_model)
        maker.layer_norm(h + "ln_2", d_model)
        for name, inputs, outputs, gain in (
                ("attn.c_attn", d_model, 3 * d_model, 1.6), ("attn.c_proj", d_model, d_model, 1.4),
                ("mlp.c_fc", d_model, 4 * d_model, 1.2), ("mlp.c_proj", 4 * d_model, d_model, 1.2)):
            maker.matrix(h + name + ".weight", inputs, outputs, gain, inputs)
            maker.normal(h + name + ".bias", outputs, 0.4)
    maker.layer_norm("transformer.ln_f", d_model)
    return maker.arrays


def models():
    """Name -> (config, arrays, dtype of the file)."""
    return {
        # position offset 2, ReLU, biases everywhere; the head stored beside the embedding, as transformers saves it
        "opt-odd": (opt_config("float16", 2, 3, 24, 37, 30), opt(201, "model.decoder.", 2, 3, 24, 37, 30, True), "F16"),
        # names of the bare model, as in facebook/opt-125m
        "opt-bare": (opt_config("float32", 1, 2, 18, 29, 30), opt(202, "decoder.", 1, 2, 18, 29, 30, False), "F32"),
        # biases on q, k, v alone; a window that is not used
        "qwen2-odd": (
            llama_like_config("qwen2", "Qwen2ForCausalLM", "bfloat16", 2, 3, 1, 30, 41, True, bos_token_id=3,
                              eos_token_id=3, max_position_embeddings=64, max_window_layers=1, rms_norm_eps=1e-06,
                              rope_theta=1000000.0, sliding_window=4, use_sliding_window=False),
            llama_like(203, 2, 3, 1, 10, 30, 41, head=False, qkv_bias=0.8), "BF16"),
        # window 5, three layers: the last position reaches the first through two of them
        "mistral-odd": (
            llama_like_config("mistral", "MistralForCausalLM", "bfloat16", 3, 4, 2, 24, 35, False, bos_token_id=1,
                              eos_token_id=2, max_position_embeddings=64, rms_norm_eps=1e-05, rope_theta=10000.0,
                              sliding_window=5),
            llama_like(204, 3, 4, 2, 6, 24, 35), "BF16"),
        # wavelengths 6, 22, 75, 262, 908 against 16 and 64: one kept, one between, three divided
        "llama-rope3": (
            llama_like_config("llama", "LlamaForCausalLM", "bfloat16", 2, 3, 3, 30, 41, True, attention_bias=False,
                              bos_token_id=1, eos_token_id=[2, 3], head_dim=10, max_position_embeddings=512,
                              mlp_bias=False, pretraining_tp=1, rms_norm_eps=1e-05, rope_scaling=LLAMA3,
                              rope_theta=500.0),
            llama_like(205, 2, 3, 3, 10, 30, 41, head=False), "BF16"),
        # biases on all seven projections
        "llama-bias": (
            llama_like_config("llama", "LlamaForCausalLM", "float16", 2, 4, 2, 24, 37, False, attention_bias=True,
                              bos_token_id=1, eos_token_id=2, max_position_embeddings=64, mlp_bias=True,
                              pretraining_tp=1, rms_norm_eps=1e-05, rope_scaling=None, rope_theta=10000.0),
            llama_like(206, 2, 4, 2, 6, 24, 37, qkv_bias=0.6, o_bias=0.4, mlp_bias=0.4), "F16"),
        # parallel block, two of eight entries turned, mask and frequency buffers in the file
        "gpt_neox-parallel": (
            gpt_neox_config("float16", 2, 3, 24, 37, 0.25, 24, True), gpt_neox(207, 2, 3, 24, 37, 2, 24, True), "F16"),
        # the same weights' layout in sequential blocks, six of twelve entries turned, another base
        "gpt_neox-sequential": (
            gpt_neox_config("float32", 2, 2, 24, 31, 0.5, 48, False, base=500),
            gpt_neox(208, 2, 2, 24, 31, 6, 48, False), "F32"),
        # parallel block behind one norm, four of ten entries turned, a bias on the head
        "phi-odd": (phi_config("float16", 2, 3, 30, 41, 0.4), phi(209, 2, 3, 30, 41), "F16"),
        # a LayerNorm of every head's q and k, one weight and bias for all
        "phi-norms": (phi_config("float16", 2, 3, 30, 41, 0.4, True), phi(215, 2, 3, 30, 41, True), "F16"),
        # window 4 in the middle layer, no scale, d_ffn from null
        "gpt_neo-odd": (
            gpt_neo_config("float16", ["global", "local", "global"], [[["global", "local"], 1], [["global"], 1]], 3, 18,
                           24, 4),
            gpt_neo(210, 3, 18, 72, 24), "F16"),
        # norms on every head's q and k; heads wider together than d_model
        "qwen3-odd": (
            llama_like_config("qwen3", "Qwen3ForCausalLM", "bfloat16", 2, 4, 2, 26, 37, True, attention_bias=False,
                              bos_token_id=3, eos_token_id=3, head_dim=10, max_position_embeddings=64,
                              max_window_layers=2, rms_norm_eps=1e-06, rope_scaling=None, rope_theta=1000000.0,
                              sliding_window=None, use_sliding_window=False),
            llama_like(211, 2, 4, 2, 10, 26, 37, head=False, head_norms=True), "BF16"),
        # scaled embeddings, 1 + w, one key/value head, "gelu" that means its tanh form
        "gemma-odd": (
            gemma_config("gemma", "GemmaForCausalLM", "bfloat16", 2, 4, 1, 8, 30, 41, hidden_act="gelu",
                         rope_scaling=None),
            gemma(212, 2, 4, 1, 8, 30, 41, False), "BF16"),
        # output norms, both caps low enough to bite, a scale of its own, window 5 in layers 0 and 2
        "gemma2-odd": (
            gemma_config("gemma2", "Gemma2ForCausalLM", "float32", 3, 4, 2, 6, 26, 37, attn_logit_softcapping=2.5,
                         cache_implementation="hybrid", final_logit_softcapping=2.0, hidden_act="gelu_pytorch_tanh",
                         hidden_activation="gelu_pytorch_tanh", query_pre_attn_scalar=9, sliding_window=5),
            gemma(213, 3, 4, 2, 6, 26, 37, True), "F32"),
        # the attention of layer l divided by l + 1
        "gpt2-inverse": (
            {**config("gpt2", "GPT2LMHeadModel", "float32", activation_function="gelu_new", attn_pdrop=0.1,
                      bos_token_id=0, embd_pdrop=0.1, eos_token_id=0, layer_norm_epsilon=1e-05, n_ctx=24, n_embd=18,
                      n_head=3, n_inner=None, n_layer=3, n_positions=24, reorder_and_upcast_attn=True, resid_pdrop=0.1,
                      scale_attn_by_inverse_layer_idx=True, scale_attn_weights=True)},
            gpt2_inverse(214, 3, 18, 24), "F32"),
    }
