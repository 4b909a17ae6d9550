# SPDX-License-Identifier: Apache-2.0
"""GGUF as its specification describes it: a writer, quantisers and dequantisers in numpy, and the names and keys of llama.cpp."""
import struct

import numpy as np

TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q8_0": 8, "Q4_K": 12, "Q6_K": 14, "BF16": 30}
BLOCKS = {"Q4_0": 32, "Q8_0": 32, "Q4_K": 256, "Q6_K": 256}


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(data)) + data


def value(item):
    """A metadata value with its type: int u32, float f32, bool, str, or a list of one of these."""
    if isinstance(item, bool):
        return struct.pack("<IB", 7, item)
    if isinstance(item, int):
        return struct.pack("<II", 4, item)
    if isinstance(item, float):
        return struct.pack("<If", 6, item)
    if isinstance(item, str):
        return struct.pack("<I", 8) + text(item)
    parts = [value(part) for part in item]
    return struct.pack("<I", 9) + parts[0][:4] + struct.pack("<Q", len(parts)) + b"".join(part[4:] for part in parts)


def encode(kind, array):
    """The bytes of a tensor."""
    flat = np.ascontiguousarray(array, np.float32)
    if kind == "F32":
        return flat.astype("<f4").tobytes()
    if kind == "F16":
        return flat.astype("<f2").tobytes()
    if kind == "BF16":
        bits = flat.view("<u4").astype(np.uint64)
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()
    return {"Q8_0": q8_0, "Q4_0": q4_0, "Q4_K": q4_k, "Q6_K": q6_k}[kind](flat.reshape(-1, BLOCKS[kind]).astype(np.float64))


def half(values):
    return values.astype("<f2")


def inverse(values):
    wide = values.astype(np.float64)
    return np.divide(1, wide, out=np.zeros_like(wide), where=wide != 0)


def q8_0(blocks):
    scale = half(np.abs(blocks).max(1, keepdims=True) / 127)
    numbers = np.clip(np.rint(blocks * inverse(scale)), -127, 127).astype(np.int8)
    return np.concatenate([scale.view(np.uint8), numbers.view(np.uint8)], 1).tobytes()


def q4_0(blocks):
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(1)[:, None], 1)
    scale = half(largest / -8)
    numbers = np.clip(np.rint(blocks * inverse(scale)) + 8, 0, 15).astype(np.uint8)
    return np.concatenate([scale.view(np.uint8), numbers[:, :16] | numbers[:, 16:] << 4], 1).tobytes()


def q4_k(blocks):
    parts = blocks.reshape(-1, 8, 32)
    low = np.minimum(parts.min(2), 0)
    scale = (parts.max(2) - low) / 15
    d, d_min = half(scale.max(1, keepdims=True) / 63), half(-low.min(1, keepdims=True) / 63)
    scales = np.clip(np.rint(scale * inverse(d)), 0, 63).astype(np.uint8)
    minima = np.clip(np.rint(-low * inverse(d_min)), 0, 63).astype(np.uint8)
    step = d.astype(np.float64) * scales
    numbers = np.clip(np.rint((parts + (d_min.astype(np.float64) * minima)[..., None]) * inverse(step)[..., None]), 0, 15).astype(np.uint8)
    packed = np.zeros((len(blocks), 12), np.uint8)
    packed[:, :4] = scales[:, :4] | (scales[:, 4:] >> 4) << 6
    packed[:, 4:8] = minima[:, :4] | (minima[:, 4:] >> 4) << 6
    packed[:, 8:] = (scales[:, 4:] & 15) | (minima[:, 4:] & 15) << 4
    nibbles = numbers[:, 0::2] | numbers[:, 1::2] << 4
    return np.concatenate([d.view(np.uint8), d_min.view(np.uint8), packed, nibbles.reshape(-1, 128)], 1).tobytes()


def q6_k(blocks):
    parts = blocks.reshape(-1, 16, 16)
    scale = np.abs(parts).max(2) / 31
    d = half(scale.max(1, keepdims=True) / 127)
    scales = np.clip(np.rint(scale * inverse(d)), -128, 127).astype(np.int8)
    scales[:, ::3] *= -1  # signs that a real quantiser chooses too
    numbers = np.clip(np.rint(parts * inverse(d.astype(np.float64) * scales)[..., None]), -32, 31).astype(np.int64) + 32
    numbers = numbers.reshape(-1, 2, 4, 32).astype(np.uint8)
    low = np.stack([numbers[:, :, 0] & 15 | (numbers[:, :, 2] & 15) << 4, numbers[:, :, 1] & 15 | (numbers[:, :, 3] & 15) << 4], 2)
    high = sum((numbers[:, :, i] >> 4) << 2 * i for i in range(4)).astype(np.uint8)
    return np.concatenate([low.reshape(-1, 128), high.reshape(-1, 64), scales.view(np.uint8), d.view(np.uint8)], 1).tobytes()


def decode(kind, data, shape):
    """float32 numbers of a tensor's bytes, by the formulas of the specification in float64, rounded once."""
    if kind in ("F32", "F16"):
        return np.frombuffer(data, {"F32": "<f4", "F16": "<f2"}[kind]).astype(np.float32).reshape(shape)
    if kind == "BF16":
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(shape)
    size = {"Q8_0": 34, "Q4_0": 18, "Q4_K": 144, "Q6_K": 210}[kind]
    blocks = np.frombuffer(data, np.uint8).reshape(-1, size)
    wide = lambda piece: np.ascontiguousarray(piece).view("<f2").astype(np.float64)  # noqa: E731
    if kind == "Q8_0":
        out = wide(blocks[:, :2]) * blocks[:, 2:].copy().view(np.int8)
    elif kind == "Q4_0":
        out = wide(blocks[:, :2]) * (np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], 1).astype(np.float64) - 8)
    elif kind == "Q4_K":
        out = np.zeros((len(blocks), 256))
        for j in range(8):
            packed = blocks[:, 4:16].astype(int)
            scale = packed[:, j] & 63 if j < 4 else packed[:, j + 4] & 15 | packed[:, j - 4] >> 6 << 4
            low = packed[:, j + 4] & 63 if j < 4 else packed[:, j + 4] >> 4 | packed[:, j] >> 6 << 4
            q = blocks[:, 16 + j // 2 * 32:48 + j // 2 * 32] >> (4 if j % 2 else 0) & 15
            out[:, 32 * j:32 * j + 32] = (wide(blocks[:, :2])[:, 0] * scale)[:, None] * q - (wide(blocks[:, 2:4])[:, 0] * low)[:, None]
    else:
        out = np.zeros((len(blocks), 256))
        scales, d = blocks[:, 192:208].copy().view(np.int8).astype(np.float64), wide(blocks[:, 208:])
        for i in range(256):
            half_block, part, place = i // 128, i % 128 // 32, i % 32
            low = blocks[:, 64 * half_block + part % 2 * 32 + place] >> (4 if part >= 2 else 0) & 15
            high = blocks[:, 128 + 32 * half_block + place] >> 2 * part & 3
            out[:, i] = d[:, 0] * scales[:, i // 16] * ((low | high << 4).astype(np.float64) - 32)
    return out.astype(np.float32).reshape(shape)


def write(path, metadata, tensors, version=3, alignment=32):
    """metadata: {key: value}; tensors: {name: (kind, bytes, shape in PyTorch's order)}."""
    infos, data = [], b""
    for name, (kind, bytes_, shape) in tensors.items():
        data += bytes(-len(data) % alignment)
        infos.append(text(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", n) for n in reversed(shape)) +
                     struct.pack("<IQ", TYPES[kind], len(data)))
        data += bytes_
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    head += b"".join(text(key) + value(item) for key, item in metadata.items()) + b"".join(infos)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % alignment) + data)


LAYER = {  # Hugging Face's names in a layer: those of LLaMA and its relatives
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "pre_feedforward_layernorm": "ffn_norm", "post_feedforward_layernorm": "post_ffw_norm",
    "self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up", "self_attn.dense": "attn_output", "mlp.fc1": "ffn_up", "mlp.fc2": "ffn_down",
    "ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
OUTSIDE = {"embed_tokens": "token_embd", "norm": "output_norm", "final_layernorm": "output_norm", "lm_head": "output", "wte": "token_embd",
           "wpe": "position_embd", "ln_f": "output_norm"}


def rename(name, model_type):
    for prefix in ("model.", "transformer."):
        name = name[len(prefix):] if name.startswith(prefix) else name
    stem, ending = name.rsplit(".", 1)
    if stem in OUTSIDE:
        return f"{OUTSIDE[stem]}.{ending}"
    _, layer, rest = stem.split(".", 2)
    if model_type in ("gemma2", "gemma3_text") and rest == "post_attention_layernorm":
        return f"blk.{layer}.post_attention_norm.{ending}"
    return f"blk.{layer}.{LAYER[rest]}.{ending}"


def permute(array, n_heads):
    """llama.cpp's order of the rows of q and k: (0, half), (1, half + 1)... of each head."""
    return array.reshape(n_heads, 2, array.shape[0] // n_heads // 2, *array.shape[1:]).swapaxes(1, 2).reshape(array.shape)


def convert(config, arrays):
    """({GGUF name: float32 array}, a function that takes such an array back to {Hugging Face name: array})."""
    kind = config["model_type"]
    heads, kv = config.get("num_attention_heads", config.get("n_head")), config.get("num_key_value_heads", config.get("num_attention_heads"))
    made, back = {}, {}
    for name, array in arrays.items():
        new = rename(name, kind)
        made[new], back[new] = array, name
        if kind == "llama" and ".attn_q." in new:
            made[new] = permute(array, heads)
        elif kind == "llama" and ".attn_k." in new:
            made[new] = permute(array, kv)
        elif kind == "gpt2" and array.ndim == 2 and new.startswith("blk."):
            made[new] = array.T
        elif kind.startswith("gemma") and "norm" in new:
            made[new] = array + np.float32(1)
    if kind == "phi":
        for ending in ("weight", "bias"):
            for layer in range(config["num_hidden_layers"]):
                parts = [made.pop(f"blk.{layer}.attn_{part}.{ending}") for part in "qkv"]
                made[f"blk.{layer}.attn_qkv.{ending}"] = np.concatenate(parts)
    return made, back


def undo(config, name, array):
    """What `convert` did to one array of LLaMA or GPT-2, taken back."""
    heads, kv = config.get("num_attention_heads"), config.get("num_key_value_heads", config.get("num_attention_heads"))
    if config["model_type"] == "llama" and (".attn_q." in name or ".attn_k." in name):
        n = heads if ".attn_q." in name else kv
        return array.reshape(n, array.shape[0] // n // 2, 2, *array.shape[1:]).swapaxes(1, 2).reshape(array.shape)
    return array.T if config["model_type"] == "gpt2" and array.ndim == 2 and name.startswith("blk.") else array


def metadata(config):
    """The keys that llama.cpp's converter writes for a config.json."""
    kind = config["model_type"]
    name = {"phi": "phi2", "gemma3_text": "gemma3"}.get(kind, kind)
    width, heads = config.get("hidden_size", config.get("n_embd")), config.get("num_attention_heads", config.get("n_head"))
    made = {"general.architecture": name, "general.name": "a test", "tokenizer.ggml.tokens": ["a", "b"], "tokenizer.ggml.scores": [0.5, 1.0]}

    def put(key, item):
        if item is not None:
            made[f"{name}.{key}"] = item

    put("block_count", config.get("num_hidden_layers", config.get("n_layer")))
    put("context_length", config.get("max_position_embeddings", config.get("n_positions")))
    put("embedding_length", width)
    put("feed_forward_length", config.get("intermediate_size", config.get("n_inner") or 4 * width))
    put("attention.head_count", heads)
    put("attention.head_count_kv", config.get("num_key_value_heads"))
    put("attention.layer_norm_rms_epsilon", config.get("rms_norm_eps"))
    put("attention.layer_norm_epsilon", config.get("layer_norm_epsilon", config.get("layer_norm_eps")))
    put("rope.freq_base", None if config.get("rope_theta") is None else float(config["rope_theta"]))
    if config.get("head_dim"):
        put("attention.key_length", config["head_dim"])
        put("attention.value_length", config["head_dim"])
    if kind not in ("gpt2",) and not kind.startswith("gemma"):
        head = config.get("head_dim") or width // heads
        put("rope.dimension_count", int(head * config.get("partial_rotary_factor", 0.5 if kind == "phi" else 1)))
    if kind in ("gemma2", "gemma3_text", "phi3"):
        put("attention.sliding_window", config.get("sliding_window"))
    scaling = config.get("rope_scaling") or {}
    if scaling.get("rope_type") == "linear":
        put("rope.scaling.type", "linear")
        put("rope.scaling.factor", float(scaling["factor"]))
    if kind == "gemma2":
        put("attn_logit_softcapping", float(config["attn_logit_softcapping"]))
        put("final_logit_softcapping", float(config["final_logit_softcapping"]))
    return made
