# SPDX-License-Identifier: Apache-2.0
"""The layouts of well-known repositories: which files lie there, and what their config.json says.

REPOSITORIES: name on the hub -> (fixture, kind of tokenizer, config.json, weights, other files). The weights are the fixture's, cut as
they are on the hub: "model.safetensors", "model-{}-of-2.safetensors" (shards with an index), "pytorch_model.bin". Other files are there to
be left alone.
"""
import configs
from configs import GEMMA_SIZES, LLAMA_SIZES, NEO_SIZES, PHI_SIZES, fixture, sizes, version

ONE, BIN = "model.safetensors", "pytorch_model.bin"


def shards(n):
    return f"model-{{:05d}}-of-{n:05d}.safetensors"


def known(name):
    """The config.json of a row of configs.py."""
    return next(row[3] for row in configs.folders() if row[0] == name)


def whole(name, **more):
    """A fixture's config.json without what its writer added."""
    return {**{key: value for key, value in fixture(name).items() if key != "initializer_range"}, **more}


LLAMA = {"architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "hidden_act": "silu",
         "initializer_range": 0.02, "mlp_bias": False, "model_type": "llama", "pretraining_tp": 1}
MISTRAL = {"architectures": ["MistralForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
           "initializer_range": 0.02, "model_type": "mistral"}
PHI = {"architectures": ["PhiForCausalLM"], "attention_dropout": 0.0, "bos_token_id": None, "embd_pdrop": 0.0, "eos_token_id": None,
       "hidden_act": "gelu_new", "initializer_range": 0.02, "model_type": "phi", "num_key_value_heads": None,
       "partial_rotary_factor": 0.4, "qk_layernorm": False, "resid_pdrop": 0.0, "rope_scaling": None, "rope_theta": 10000.0,
       "tie_word_embeddings": False}
README, GENERATION = "README.md", "generation_config.json"

REPOSITORIES = {
    "openai-community/gpt2": ("gpt2-plain", "gpt2_files", known("gpt2"), ONE, [README, GENERATION, "64.tflite", "rust_model.ot"]),
    "distilbert/distilgpt2": ("gpt2-plain", "gpt2_json", known("distilgpt2"), ONE, [README, GENERATION, "flax_model.msgpack"]),
    "facebook/opt-125m": ("opt-odd", "opt", known("opt-125m"), BIN, [README, GENERATION, "LICENSE.md", "tf_model.h5"]),
    "meta-llama/Llama-2-7b-hf": ("llama-gqa", "llama_pad", known("llama-2-7b-hf"), shards(2), [README, GENERATION, "USE_POLICY.md"]),
    "meta-llama/Llama-3.2-1B": ("llama-rope3", "llama3", {
        **LLAMA, **sizes("llama-rope3", *LLAMA_SIZES), "bos_token_id": 128000, "eos_token_id": 128001, "head_dim": 10,
        "rope_scaling": fixture("llama-rope3")["rope_scaling"], "rope_theta": 500.0, **version("4.45.0.dev0")}, ONE,
                                [README, GENERATION, "original/params.json"]),
    "TinyLlama/TinyLlama-1.1B-Chat-v1.0": ("llama-headonly", "llama", known("tinyllama-1.1b"), ONE, [README, GENERATION, "eval_results.json"]),
    "HuggingFaceTB/SmolLM2-135M": ("llama-headonly", "gpt2_json", known("smollm-135m"), ONE, [README, GENERATION]),
    "EleutherAI/pythia-70m": ("gpt_neox-parallel", "neox", known("pythia-70m"), ONE, [README]),
    "EleutherAI/gpt-neo-125m": ("gpt_neo-odd", "gpt2_files", known("gpt-neo-125m"), ONE, [README, GENERATION, "rust_model.ot"]),
    "roneneldan/TinyStories-33M": ("gpt_neo-odd", "gpt2_json", {
        **sizes("gpt_neo-odd", *NEO_SIZES), "_name_or_path": "EleutherAI/gpt-neo-125M", "activation_function": "gelu_new",
        "architectures": ["GPTNeoForCausalLM"], "attention_dropout": 0, "bos_token_id": 50256, "embed_dropout": 0, "eos_token_id": 50256,
        "gradient_checkpointing": False, "initializer_range": 0.02, "model_type": "gpt_neo", "resid_dropout": 0, **configs.SUMMARY,
        **version("4.28.1")}, BIN, [README, GENERATION]),
    "Qwen/Qwen2.5-0.5B": ("qwen2-odd", "qwen", known("qwen2.5-0.5b"), ONE, [README, GENERATION, "LICENSE"]),
    "Qwen/Qwen3-0.6B": ("qwen3-odd", "qwen", known("qwen3-0.6b"), ONE, [README, GENERATION, "LICENSE"]),
    "microsoft/phi-1_5": ("phi-odd", "phi", {**PHI, **sizes("phi-odd", *PHI_SIZES), "_name_or_path": "microsoft/phi-1_5", **version("4.37.0")},
                          ONE, [README, GENERATION, "LICENSE", "NOTICE.md"]),
    "microsoft/phi-2": ("phi-odd", "phi", known("phi-2"), shards(2), [README, GENERATION, "LICENSE"]),
    "microsoft/Phi-3-mini-4k-instruct": ("phi3-odd", "llama", whole(
        "phi3-odd", _name_or_path="Phi-3-mini-4k-instruct",
        auto_map={"AutoConfig": "configuration_phi3.Phi3Config", "AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"},
        **version("4.40.2")), shards(2), [README, GENERATION, "configuration_phi3.py", "modeling_phi3.py", "sample_finetune.py"]),
    "google/gemma-2b": ("gemma-odd", "gemma", known("gemma-2b"), shards(2), [README, GENERATION]),
    "google/gemma-2-2b": ("gemma2-odd", "gemma", known("gemma-2-2b"), shards(3), [README, GENERATION]),
    "google/gemma-3-1b-pt": ("gemma3-odd", "gemma", {
        **sizes("gemma3-odd", *GEMMA_SIZES, "query_pre_attn_scalar", "rope_local_base_freq", "rope_theta", "rope_scaling", "sliding_window",
                "sliding_window_pattern"), "architectures": ["Gemma3ForCausalLM"], "attention_bias": False, "attention_dropout": 0.0,
        "attn_logit_softcapping": None, "bos_token_id": 2, "cache_implementation": "hybrid", "eos_token_id": 1, "final_logit_softcapping": None,
        "hidden_activation": "gelu_pytorch_tanh", "initializer_range": 0.02, "model_type": "gemma3_text", "pad_token_id": 0,
        "rms_norm_eps": 1e-06, **version("4.50.0.dev0")}, ONE, [README, GENERATION]),
    "mistralai/Mistral-7B-v0.1": ("mistral-odd", "mistral", known("mistral-7b-v0.1"), shards(2), [README, GENERATION]),
    "mistralai/Mistral-7B-v0.3": ("llama-odd", "mistral", {
        **MISTRAL, **sizes("llama-odd", *LLAMA_SIZES), "attention_dropout": 0.0, "head_dim": 10, "rope_theta": 50000.0, "sliding_window": None,
        **version("4.42.0.dev0")}, shards(3), [README, GENERATION, "params.json", "tokenizer.model.v3", "consolidated.safetensors"]),
    "allenai/OLMo-2-0425-1B": ("olmo2-odd", "gpt2_json", whole("olmo2-odd", **version("4.50.0.dev0")), ONE, [README, GENERATION]),
    "bigscience/bloom-560m": ("bloom-odd", "gpt2_json", whole("bloom-odd", **version("4.20.0")), ONE, [README, "config-tp.json"]),
    "tiiuae/falcon-7b": ("falcon-7b", "gpt2_json", whole(
        "falcon-7b", auto_map={"AutoConfig": "configuration_falcon.FalconConfig"}, **version("4.27.4")), shards(2),
                         [README, GENERATION, "configuration_falcon.py", "handler.py", "modeling_falcon.py"]),
    "EleutherAI/gpt-j-6b": ("gptj-odd", "gpt2_files", whole(
        "gptj-odd", **{**configs.SUMMARY, **version("4.18.0.dev0"), "tokenizer_class": "GPT2Tokenizer"}), BIN, [README, "tf_model.h5"]),
    "mistralai/Mixtral-8x7B-v0.1": ("mixtral-odd", "mistral", whole("mixtral-odd", **version("4.36.0.dev0")), shards(5), [README, GENERATION]),
}
