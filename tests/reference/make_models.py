# SPDX-License-Identifier: Apache-2.0
"""Write the random fixture models of odd shapes, in Hugging Face layout, under tests/golden/models/.
Those of the other families: family_models.py.

    /usr/bin/python3 tests/reference/make_models.py [OUT_DIR]

Seeded: the same bytes every time. Scales are chosen so that attention is far from uniform, parts weigh about as much
as the residual, and thresholds from 0.01 to 0.6 cut in different places (fallbacks included).
"""
import json
import os
import sys

import numpy as np

import family_models
import more_models
import tensorfile
from maker import Maker

VOCAB = 61
HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.normpath(os.path.join(HERE, "..", "golden", "models"))


def gpt2(seed, prefix, n_layer, n_head, n_embd, d_ffn, n_positions, tied, bias, buffers=False):
    """GPT-2 tensors (Conv1D: [in, out]). `bias` is the size of every bias, those of the values included."""
    maker = Maker(seed)
    maker.normal(prefix + "wte.weight", (VOCAB, n_embd), 0.8)
    maker.normal(prefix + "wpe.weight", (n_positions, n_embd), 0.3)
    for layer in range(n_layer):
        h = f"{prefix}h.{layer}."
        for norm in ("ln_1", "ln_2"):
            maker.norm_weight(h + norm + ".weight", n_embd)
            maker.normal(h + norm + ".bias", n_embd, bias / 2)
        maker.matrix(h + "attn.c_attn.weight", n_embd, 3 * n_embd, 1.3, n_embd)
        maker.normal(h + "attn.c_attn.bias", 3 * n_embd, bias)
        maker.matrix(h + "attn.c_proj.weight", n_embd, n_embd, 1.4, n_embd)
        maker.normal(h + "attn.c_proj.bias", n_embd, bias)
        maker.matrix(h + "mlp.c_fc.weight", n_embd, d_ffn, 1.2, n_embd)
        maker.normal(h + "mlp.c_fc.bias", d_ffn, bias)
        maker.matrix(h + "mlp.c_proj.weight", d_ffn, n_embd, 1.2, d_ffn)
        maker.normal(h + "mlp.c_proj.bias", n_embd, bias)
        if buffers:     # as in files saved by older versions of transformers; to be ignored
            mask = np.tril(np.ones((n_positions, n_positions)))
            maker.arrays[h + "attn.bias"] = mask.reshape(1, 1, n_positions, n_positions)
            maker.arrays[h + "attn.masked_bias"] = np.array(-1e4)
    maker.norm_weight(prefix + "ln_f.weight", n_embd)
    maker.normal(prefix + "ln_f.bias", n_embd, bias / 2)
    if not tied:
        maker.normal("lm_head.weight", (VOCAB, n_embd), 0.5)
    return maker.arrays


def gpt2_config(n_layer, n_head, n_embd, n_inner, n_positions, tied, activation):
    config = {
        "activation_function": activation, "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1, "bos_token_id": 0,
        "embd_pdrop": 0.1, "eos_token_id": 0, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2", "n_ctx": n_positions, "n_embd": n_embd, "n_head": n_head, "n_inner": n_inner,
        "n_layer": n_layer, "n_positions": n_positions, "resid_pdrop": 0.1, "torch_dtype": "float32",
        "use_cache": True, "vocab_size": VOCAB}
    if not tied:
        config["tie_word_embeddings"] = False   # the default, true, is not written by Hugging Face
    return config


def llama(seed, n_layer, n_head, n_kv, head_dim, d_model, d_ffn, embedding=True, head=True):
    """LLaMA tensors (Linear: [out, in]); embedding, head: which of the two are stored."""
    maker = Maker(seed)
    if embedding:
        maker.normal("model.embed_tokens.weight", (VOCAB, d_model), 0.8)
    for layer in range(n_layer):
        h = f"model.layers.{layer}."
        maker.norm_weight(h + "input_layernorm.weight", d_model)
        maker.norm_weight(h + "post_attention_layernorm.weight", d_model)
        maker.matrix(h + "self_attn.q_proj.weight", n_head * head_dim, d_model, 1.4, d_model)
        maker.matrix(h + "self_attn.k_proj.weight", n_kv * head_dim, d_model, 1.4, d_model)
        maker.matrix(h + "self_attn.v_proj.weight", n_kv * head_dim, d_model, 1.2, d_model)
        maker.matrix(h + "self_attn.o_proj.weight", d_model, n_head * head_dim, 1.6, n_head * head_dim)
        maker.matrix(h + "mlp.gate_proj.weight", d_ffn, d_model, 1.5, d_model)
        maker.matrix(h + "mlp.up_proj.weight", d_ffn, d_model, 1.2, d_model)
        maker.matrix(h + "mlp.down_proj.weight", d_model, d_ffn, 1.3, d_ffn)
    maker.norm_weight("model.norm.weight", d_model)
    if head:
        maker.normal("lm_head.weight", (VOCAB, d_model), 0.5)
    return maker.arrays


def llama_config(n_layer, n_head, n_kv, head_dim, d_model, d_ffn, tied, dtype, theta=10000.0, eps=1e-05):
    config = {
        "architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 1,
        "eos_token_id": 2, "hidden_act": "silu", "hidden_size": d_model, "initializer_range": 0.02,
        "intermediate_size": d_ffn, "max_position_embeddings": 64, "mlp_bias": False, "model_type": "llama",
        "num_attention_heads": n_head, "num_hidden_layers": n_layer, "num_key_value_heads": n_kv,
        "pretraining_tp": 1, "rms_norm_eps": eps, "rope_scaling": None, "rope_theta": theta,
        "tie_word_embeddings": tied, "torch_dtype": dtype, "use_cache": True, "vocab_size": VOCAB}
    if head_dim * n_head != d_model:
        config["head_dim"] = head_dim
    return config


def models():
    """Name -> (config, arrays, dtype of the file)."""
    return {
        # three heads of ten, d_ffn not 4 x d_model, untied head, large biases everywhere
        "gpt2-odd": (
            gpt2_config(3, 3, 30, 77, 32, tied=False, activation="gelu_new"),
            gpt2(101, "transformer.", 3, 3, 30, 77, 32, tied=False, bias=0.8), "F32"),
        # bare tensor names, tied head, erf gelu, n_inner null, mask buffers in the file
        "gpt2-plain": (
            gpt2_config(2, 4, 24, None, 24, tied=True, activation="gelu"),
            gpt2(102, "", 2, 4, 24, 96, 24, tied=True, bias=0.1, buffers=True), "F32"),
        # three heads per key/value head, head size 6, BF16
        "llama-gqa": (
            llama_config(3, 6, 2, 6, 36, 50, tied=True, dtype="bfloat16"),
            llama(103, 3, 6, 2, 6, 36, 50, head=False), "BF16"),
        # heads wider together than d_model, another rotary base and eps, untied, F16
        "llama-odd": (
            llama_config(2, 5, 5, 10, 34, 45, tied=False, dtype="float16", theta=50000.0, eps=1e-06),
            llama(104, 2, 5, 5, 10, 34, 45), "F16"),
        # one key/value head for both heads; one matrix stored, under the name of the head, for both ends
        "llama-headonly": (
            llama_config(2, 2, 1, 14, 28, 39, tied=True, dtype="float32"),
            llama(105, 2, 2, 1, 14, 28, 39, embedding=False), "F32"),
        **family_models.models(),
        **more_models.models(),
    }


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else MODELS
    total = 0
    for name, (config, arrays, dtype) in models().items():
        folder = os.path.join(out, name)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
            json.dump(dict(sorted(config.items())), file, indent=2)
            file.write("\n")
        path = os.path.join(folder, "model.safetensors")
        tensorfile.write(path, arrays, dtype)
        total += os.path.getsize(path)
        print(f"{name}: {os.path.getsize(path)} bytes")
    print(f"total {total} bytes")


if __name__ == "__main__":
    main()
