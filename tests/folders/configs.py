# SPDX-License-Identifier: Apache-2.0
"""config.json files with the keys of well-known repositories, and as versions 4.2x, 4.4x and 5.x of transformers write them.

Each row of FOLDERS has the meaning of one fixture of tests/golden/models, whose float64 goldens say what comes out: a name, the
fixture, the kind of tokenizer (tokenizers.py), the text of config.json, and what is done to the names of the tensors. REFUSED has
models that are not computed, with the words of the message.
"""
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(HERE, "..", "golden", "models")


def fixture(name):
    with open(os.path.join(MODELS, name, "config.json"), encoding="utf-8") as file:
        return json.load(file)


def sizes(name, *keys):
    """The fixture's values of these keys, where it has them."""
    values = fixture(name)
    return {key: values[key] for key in keys if key in values}


LLAMA_SIZES = ("hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers", "num_key_value_heads",
               "max_position_embeddings", "rms_norm_eps", "vocab_size", "tie_word_embeddings")
GPT2_SIZES = ("activation_function", "layer_norm_epsilon", "n_ctx", "n_embd", "n_head", "n_layer", "n_positions", "vocab_size")
OPT_SIZES = ("ffn_dim", "hidden_size", "max_position_embeddings", "num_attention_heads", "num_hidden_layers", "vocab_size",
             "word_embed_proj_dim", "activation_function")
NEOX_SIZES = ("hidden_size", "intermediate_size", "layer_norm_eps", "max_position_embeddings", "num_attention_heads",
              "num_hidden_layers", "tie_word_embeddings", "use_parallel_residual", "vocab_size", "hidden_act")
PHI_SIZES = ("hidden_size", "intermediate_size", "layer_norm_eps", "max_position_embeddings", "num_attention_heads",
             "num_hidden_layers", "vocab_size")
NEO_SIZES = ("attention_layers", "attention_types", "hidden_size", "intermediate_size", "layer_norm_epsilon",
             "max_position_embeddings", "num_heads", "num_layers", "vocab_size", "window_size")
GEMMA_SIZES = ("head_dim", "hidden_size", "intermediate_size", "max_position_embeddings", "num_attention_heads",
               "num_hidden_layers", "num_key_value_heads", "vocab_size")

SUMMARY = {"summary_activation": None, "summary_first_dropout": 0.1, "summary_proj_to_labels": True,
           "summary_type": "cls_index", "summary_use_proj": True,
           "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}}}


def default_rope(theta, **more):
    return {"rope_parameters": {**more, "rope_theta": theta, "rope_type": "default"}}


def version(number, **more):
    """What every writer of that version of transformers adds."""
    if number.startswith("5"):
        return {"dtype": "float32", "transformers_version": number, "use_cache": True, "pad_token_id": None, **more}
    return {"torch_dtype": "float32", "transformers_version": number, "use_cache": True, **more}


def gpt2():
    plain, odd, inverse = (sizes(f"gpt2-{name}", *GPT2_SIZES) for name in ("plain", "odd", "inverse"))
    drops = {"attn_pdrop": 0.1, "embd_pdrop": 0.1, "resid_pdrop": 0.1, "initializer_range": 0.02, "bos_token_id": 50256,
             "eos_token_id": 50256, "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}
    saved = {**odd, **drops, **SUMMARY, "n_inner": 77, "tie_word_embeddings": False, "reorder_and_upcast_attn": False,
             "scale_attn_by_inverse_layer_idx": False, "scale_attn_weights": True}
    yield "gpt2", "gpt2-plain", "gpt2_files", {**plain, **drops, **SUMMARY}
    yield "distilgpt2", "gpt2-plain", "gpt2_json", {
        **plain, **drops, **SUMMARY, "_num_labels": 1, "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}
    yield "gpt2-medium", "gpt2-plain", "gpt2_prefix", {**plain, **drops, **SUMMARY, "n_special": 0, "predict_special_tokens": True}
    yield "gpt2-4.2", "gpt2-odd", "gpt2_added", {**saved, **version("4.28.1")}
    yield "gpt2-4.4", "gpt2-odd", "gpt2_json", {**saved, **version("4.46.3")}
    yield "gpt2-5", "gpt2-odd", "gpt2_json", {**saved, **version("5.2.0"), "add_cross_attention": False}
    yield "gpt2-by-other-names", "gpt2-odd", "gpt2_json", {
        **{key: value for key, value in saved.items() if key not in ("n_embd", "n_head", "n_layer", "n_positions", "n_ctx")},
        "hidden_size": odd["n_embd"], "num_attention_heads": odd["n_head"], "num_hidden_layers": odd["n_layer"],
        "max_position_embeddings": odd["n_positions"]}
    yield "stanford-gpt2", "gpt2-inverse", "gpt2_prefix", {
        **inverse, **drops, "n_inner": None, "reorder_and_upcast_attn": True, "scale_attn_by_inverse_layer_idx": True,
        "scale_attn_weights": True, "_name_or_path": "gpt2", **version("4.12.3")}


def opt():
    odd, bare = sizes("opt-odd", *OPT_SIZES), sizes("opt-bare", *OPT_SIZES)
    hub = {"_name_or_path": "opt", "activation_dropout": 0.0, "architectures": ["OPTForCausalLM"], "attention_dropout": 0.0,
           "bos_token_id": 2, "do_layer_norm_before": True, "dropout": 0.1, "eos_token_id": 2, "init_std": 0.02, "layerdrop": 0.0,
           "model_type": "opt", "pad_token_id": 1, "prefix": "</s>"}
    yield "opt-125m", "opt-odd", "opt", {**hub, **odd, "_remove_final_layer_norm": False, **version("4.21.0.dev0")}
    yield "opt-bare", "opt-bare", "opt", {**hub, **bare, **version("4.19.0")}
    yield "opt-5", "opt-odd", "opt", {**hub, **odd, **version("5.1.0"), "pad_token_id": 1, "enable_bias": True,
                                      "layer_norm_elementwise_affine": True, "tie_word_embeddings": True, "_remove_final_layer_norm": False}


def llama():
    gqa, odd, rope3, bias, head = (sizes(f"llama-{name}", *LLAMA_SIZES) for name in ("gqa", "odd", "rope3", "bias", "headonly"))
    hub = {"architectures": ["LlamaForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
           "initializer_range": 0.02, "model_type": "llama"}
    late = {**hub, "attention_bias": False, "attention_dropout": 0.0, "mlp_bias": False, "pretraining_tp": 1}
    scaled = fixture("llama-rope3")["rope_scaling"]
    yield "llama-7b", "llama-gqa", "llama", {**hub, **gqa, "max_sequence_length": 2048, "pad_token_id": 0, **version("4.28.0.dev0")}, "tables"
    yield "llama-2-7b-hf", "llama-gqa", "llama_pad", {**hub, **gqa, "pretraining_tp": 1, "rope_scaling": None, **version("4.31.0.dev0")}
    yield "llama-2-5", "llama-gqa", "llama", {**late, **gqa, **default_rope(10000.0), **version("5.0.0")}
    yield "codellama-7b", "llama-odd", "llama", {**hub, **odd, "head_dim": 10, "rope_scaling": None, "rope_theta": 50000, **version("4.33.0.dev0")}
    yield "codellama-5", "llama-odd", "llama_no_prefix", {**late, **odd, "head_dim": 10, **default_rope(50000), **version("5.0.0")}
    yield "llama-3.1-8b", "llama-rope3", "llama3", {**late, **rope3, "eos_token_id": [2, 3], "head_dim": 10, "rope_scaling": scaled,
                                                   "rope_theta": 500.0, **version("4.42.3")}
    yield "llama-3.2-5", "llama-rope3", "llama3", {**late, **rope3, "head_dim": 10, "rope_parameters": {**scaled, "rope_theta": 500.0},
                                                  **version("5.1.0")}
    yield "llama-3.2-both", "llama-rope3", "llama3", {
        **late, **rope3, "head_dim": 10, "rope_theta": 500, "rope_scaling": {**scaled, "type": "llama3"},
        "rope_parameters": {**scaled, "factor": 8, "rope_theta": 500.0}, **version("5.0.0rc1")}
    yield "llama-bias", "llama-bias", "llama", {**late, **bias, "attention_bias": True, "mlp_bias": True, "rope_scaling": None,
                                               "rope_theta": 10000.0, **version("4.46.0")}
    yield "smollm-135m", "llama-headonly", "gpt2_json", {
        **late, **head, "_name_or_path": "HuggingFaceTB/SmolLM", "is_llama_config": True, "rope_interleaved": False,
        "rope_scaling": None, "rope_theta": 10000.0, "transformers.js_config": {"dtype": "q4"}, **version("4.47.1")}
    yield "tinyllama-1.1b", "llama-headonly", "llama", {**hub, **head, "rope_scaling": None, **version("4.35.0")}
    yield "llama-with-window", "llama-gqa", "llama", {**late, **gqa, "sliding_window": 4, "use_sliding_window": False, "rope_theta": None}
    yield "trl-value-head", "llama-gqa", "llama_pad", {**late, **gqa, "rope_theta": 10000.0}, "pretrained_model."
    yield "compiled", "llama-rope3", "llama3", {**late, **rope3, "head_dim": 10, "rope_scaling": scaled, "rope_theta": 500.0}, "_orig_mod."


def mistral():
    own = sizes("mistral-odd", *LLAMA_SIZES, "sliding_window")
    hub = {"architectures": ["MistralForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
           "initializer_range": 0.02, "model_type": "mistral"}
    yield "mistral-7b-v0.1", "mistral-odd", "mistral", {**hub, **own, "rope_theta": 10000.0, **version("4.34.0.dev0")}
    yield "mistral-4.4", "mistral-odd", "mistral", {**hub, **own, "attention_dropout": 0.0, "head_dim": 6, "rope_theta": 10000.0,
                                                  **version("4.48.0")}
    yield "mistral-5", "mistral-odd", "mistral", {**hub, **own, "head_dim": None, **default_rope(10000.0), **version("5.2.0")}


def qwen():
    two, three = sizes("qwen2-odd", *LLAMA_SIZES), sizes("qwen3-odd", *LLAMA_SIZES, "head_dim")
    hub = {"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151643,
           "hidden_act": "silu", "initializer_range": 0.02, "max_window_layers": 24, "model_type": "qwen2", "use_sliding_window": False}
    hub3 = {**hub, "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "attention_bias": False}
    full = ["full_attention", "full_attention"]
    yield "qwen2-0.5b", "qwen2-odd", "qwen", {**hub, **two, "rope_theta": 1000000.0, "sliding_window": 131072, **version("4.40.1")}
    yield "qwen2.5-0.5b", "qwen2-odd", "qwen", {**hub, **two, "rope_theta": 1000000.0, "sliding_window": 32768, "use_mrope": False,
                                              "rope_scaling": None, **version("4.43.1")}
    yield "qwen2-5", "qwen2-odd", "qwen", {**hub, **two, "layer_types": full, "sliding_window": None, **default_rope(1000000.0),
                                         **version("5.1.0")}
    yield "qwen3-0.6b", "qwen3-odd", "qwen", {**hub3, **three, "rope_theta": 1000000, "rope_scaling": None, "sliding_window": None,
                                            **version("4.51.0")}
    yield "qwen3-5", "qwen3-odd", "qwen", {**hub3, **three, "layer_types": full, "sliding_window": None, **default_rope(1000000),
                                         **version("5.0.0")}


def gpt_neox():
    parallel, sequential = sizes("gpt_neox-parallel", *NEOX_SIZES), sizes("gpt_neox-sequential", *NEOX_SIZES)
    hub = {"architectures": ["GPTNeoXForCausalLM"], "bos_token_id": 0, "eos_token_id": 0, "initializer_range": 0.02,
           "model_type": "gpt_neox"}
    late = {**hub, "attention_bias": True, "attention_dropout": 0.0, "classifier_dropout": 0.1, "hidden_dropout": 0.0}
    yield "pythia-70m", "gpt_neox-parallel", "neox", {**hub, **parallel, "rotary_emb_base": 10000, "rotary_pct": 0.25, **version("4.24.0")}
    yield "pythia-4.4", "gpt_neox-parallel", "neox", {
        **late, **parallel, "partial_rotary_factor": 0.25, "rope_scaling": None, "rope_theta": 10000, "rotary_emb_base": 10000,
        "rotary_pct": 0.25, **version("4.49.0")}
    yield "pythia-5", "gpt_neox-parallel", "neox", {**late, **parallel, **default_rope(10000, partial_rotary_factor=0.25), **version("5.0.0")}
    yield "stablelm-alpha", "gpt_neox-sequential", "neox", {**hub, **sequential, "rotary_emb_base": 500, "rotary_pct": 0.5,
                                                          **version("4.28.1")}


def phi():
    own = sizes("phi-odd", *PHI_SIZES)
    hub = {"architectures": ["PhiForCausalLM"], "attention_dropout": 0.0, "bos_token_id": None, "embd_pdrop": 0.0, "eos_token_id": None,
           "hidden_act": "gelu_new", "initializer_range": 0.02, "model_type": "phi", "num_key_value_heads": None,
           "qk_layernorm": False, "resid_pdrop": 0.0, "tie_word_embeddings": False}
    old = {"partial_rotary_factor": 0.4, "rope_scaling": None, "rope_theta": 10000.0}
    yield "phi-1", "phi-odd", "phi", {**hub, **own, **old, "_name_or_path": "microsoft/phi-1", **version("4.37.0")}
    yield "phi-2", "phi-odd", "phi", {**hub, **own, **old, "bos_token_id": 50256, "eos_token_id": 50256, "resid_pdrop": 0.1, **version("4.37.0")}
    yield "phi-5", "phi-odd", "phi", {**hub, **own, **default_rope(10000.0, partial_rotary_factor=0.4), **version("5.0.0")}


def gpt_neo():
    own = sizes("gpt_neo-odd", *NEO_SIZES)
    hub = {"activation_function": "gelu_new", "architectures": ["GPTNeoForCausalLM"], "attention_dropout": 0, "bos_token_id": 50256,
           "embed_dropout": 0, "eos_token_id": 50256, "gradient_checkpointing": False, "initializer_range": 0.02,
           "model_type": "gpt_neo", "resid_dropout": 0}
    yield "gpt-neo-125m", "gpt_neo-odd", "gpt2_files", {**hub, **own, **SUMMARY, **version("4.9.0")}
    yield "gpt-neo-4.4", "gpt_neo-odd", "gpt2_json", {**hub, **own, "classifier_dropout": 0.1, **version("4.44.0")}
    yield "gpt-neo-5", "gpt_neo-odd", "gpt2_json", {**hub, **own, "tie_word_embeddings": True, **version("5.0.0")}


def gemma():
    one = sizes("gemma-odd", *GEMMA_SIZES)
    two = sizes("gemma2-odd", *GEMMA_SIZES, "attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar", "sliding_window")
    hub = {"architectures": ["GemmaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 2, "eos_token_id": 1,
           "initializer_range": 0.02, "model_type": "gemma", "pad_token_id": 0, "rms_norm_eps": 1e-06}
    hub2 = {**hub, "architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "hidden_act": "gelu_pytorch_tanh",
            "hidden_activation": "gelu_pytorch_tanh"}
    yield "gemma-2b", "gemma-odd", "gemma", {**hub, **one, "hidden_act": "gelu", "hidden_activation": None, "rope_scaling": None,
                                           "rope_theta": 10000.0, **version("4.38.0.dev0")}
    yield "gemma-4.4", "gemma-odd", "gemma", {**hub, **one, "hidden_act": "gelu_pytorch_tanh", "hidden_activation": None,
                                            "rope_scaling": None, "rope_theta": 10000.0, **version("4.46.0")}
    yield "gemma-5", "gemma-odd", "gemma", {**hub, **one, "hidden_act": "gelu_pytorch_tanh", "use_bidirectional_attention": None,
                                          **default_rope(10000.0), **version("5.0.0"), "pad_token_id": 0}
    yield "gemma-2-2b", "gemma2-odd", "gemma", {**hub2, **two, "cache_implementation": "hybrid", "rope_theta": 10000.0, **version("4.42.4")}
    yield "gemma-2-5", "gemma2-odd", "gemma", {
        **hub2, **two, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "use_bidirectional_attention": None,
        **default_rope(10000.0), **version("5.0.0"), "pad_token_id": 0}


def rope():
    """The original context beside the dictionary or inside; what of factor and the two contexts counts."""
    key = "original_max_position_embeddings"
    for name in ("llama-rope3", "llama-yarn"):
        own = fixture(name)
        scaling = {**own["rope_scaling"]}
        yield name + "-beside", name, "llama", {**own, key: scaling.pop(key), "rope_scaling": scaling}
    phi3 = fixture("phi3-longrope")
    scaling = phi3["rope_scaling"]
    yield "phi3-inside", "phi3-longrope", "llama", {**phi3, key: None, "rope_scaling": {**scaling, key: phi3[key]}}
    # the fixture stretches from 16 to 64
    yield "phi3-factor", "phi3-longrope", "llama", {**phi3, "max_position_embeddings": 128, "rope_scaling": {**scaling, "factor": 4.0}}
    dynamic = fixture("llama-dynamic")
    yield "dynamic-inside", "llama-dynamic", "llama", {**dynamic, "rope_scaling": {**dynamic["rope_scaling"], key: 4}}
    yield "dynamic-beside", "llama-dynamic", "llama", {**dynamic, key: 4}


def folders():
    for family in (gpt2, opt, llama, mistral, qwen, gpt_neox, phi, gpt_neo, gemma, rope):
        for row in family():
            yield row if len(row) == 5 else (*row, "")


def refused():
    """Name, config.json, words of the message."""
    kinds = ("gemma3", "deepseek_v2", "phi-msft", "llama4_text", "mamba", "bert", "t5")
    for kind in kinds:
        yield kind, {"model_type": kind, "hidden_size": 16}, [f'model_type "{kind}" is not a known family']
    yield "gemma3-guess", {"model_type": "gemma3"}, ["(did you mean gemma, gemma2, gemma3_text?); man headwater-model lists all"]
    llama_ = {**fixture("llama-bias")}
    opt_ = {**fixture("opt-odd")}
    yield "opt-350m", {**opt_, "do_layer_norm_before": False, "word_embed_proj_dim": 12}, ["do_layer_norm_before", "post-norm"]
    yield "proportional-llama", {**llama_, "rope_scaling": {"type": "proportional", "factor": 16.0}}, ["rope_scaling.type", "proportional"]
    yield "dynamic-llama", {**llama_, "rope_parameters": {"rope_type": "dynamic", "rope_theta": 10000.0}}, ["no rope_parameters.factor"]
    yield "gpt-oss-int4", {**fixture("gpt_oss-odd"), "quantization_config": {"quant_method": "gptq"}}, ["quantization_config", "want null, or quant_method", "or mxfp4"]
    yield "mpt-rope", {**fixture("mpt-odd"), "attn_config": {"alibi": False, "rope": True}}, ["attn_config.rope is true"]
    yield "bloom-post", {**fixture("bloom-odd"), "apply_residual_connection_post_layernorm": True}, ["norm of the state"]
    yield "two-bases", {**llama_, **default_rope(500000.0)}, ["rope_theta and rope_parameters.rope_theta say different things"]
    yield "qwen2-window", {**fixture("qwen2-odd"), "use_sliding_window": True}, ["use_sliding_window is true"]
    yield "awq", {**llama_, "quantization_config": {"quant_method": "awq", "bits": 4}}, ["quantization_config"]
    yield "gptq-neox", {**fixture("gpt_neox-parallel"), "quantization_config": {"bits": 4}}, ["quantization_config"]
    yield "gemma-silu", {**fixture("gemma-odd"), "hidden_act": "silu"}, ["hidden_act"]
    yield "gemma2-nested", {**fixture("gemma2-odd"), "rope_theta": None,
                            "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 10000.0}}}, ["rope_parameters.full_attention"]
    yield "not-a-number", {**llama_, "rope_theta": float("nan")}, ["rope_theta is \"NaN\""]
    yield "llama-partial", {**llama_, "partial_rotary_factor": 0.5}, ["partial_rotary_factor"]
