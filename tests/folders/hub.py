# SPDX-License-Identifier: Apache-2.0
"""The layouts of well-known repositories: which files lie there, and what their config.json says.

REPOSITORIES: name on the hub -> (fixture, kind of tokenizer, config.json, weights, other files). The weights are the fixture's, cut as
they are on the hub: "model.safetensors", "model-{}-of-2.safetensors" (shards with an index), "pytorch_model.bin". The other files are
those that must not be read, among them the same weights and vocabularies in further formats. The lists are from memory (Nov 2026); those
of Mistral v0.3, SmolLM2, gemma-2b, bloom, GPT-J and Mixtral were compared, in part, with what public programs download.
"""
import configs
from configs import GEMMA_SIZES, LLAMA_SIZES, NEO_SIZES, PHI_SIZES, fixture, sizes, version

ONE, BIN = "model.safetensors", "pytorch_model.bin"


def shards(n):
    return f"model-{{:05d}}-of-{n:05d}.safetensors"


def bin_shards(n):
    """The same weights as pickles, beside the safetensors."""
    return ["pytorch_model.bin.index.json", *(f"pytorch_model-{i + 1:05d}-of-{n:05d}.bin" for i in range(n))]


def known(name):
    """The config.json of a row of configs.py."""
    return next(row[3] for row in configs.folders() if row[0] == name)


def whole(name, **more):
    """A fixture's config.json."""
    return {**fixture(name), **more}


LLAMA = {"architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "hidden_act": "silu",
         "initializer_range": 0.02, "mlp_bias": False, "model_type": "llama", "pretraining_tp": 1}
MISTRAL = {"architectures": ["MistralForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
           "initializer_range": 0.02, "model_type": "mistral"}
PHI = {"architectures": ["PhiForCausalLM"], "attention_dropout": 0.0, "bos_token_id": None, "embd_pdrop": 0.0, "eos_token_id": None,
       "hidden_act": "gelu_new", "initializer_range": 0.02, "model_type": "phi", "num_key_value_heads": None,
       "partial_rotary_factor": 0.4, "qk_layernorm": False, "resid_pdrop": 0.0, "rope_scaling": None, "rope_theta": 10000.0,
       "tie_word_embeddings": False}

DOCUMENTS = [".gitattributes", "README.md"]
FILES = [*DOCUMENTS, "generation_config.json"]
VOCABULARY = ["vocab.json", "merges.txt"]               # beside tokenizer.json, which has both
META = [*FILES, "LICENSE.txt", "USE_POLICY.md"]
MICROSOFT = [*FILES, *VOCABULARY, "CODE_OF_CONDUCT.md", "LICENSE", "NOTICE.md", "SECURITY.md"]
SENTENCEPIECE = "tokenizer.model"                       # beside tokenizer.json, which was made of it
TFLITE = ["64-8bits.tflite", "64-fp16.tflite", "64.tflite"]
ONNX = ["onnx/config.json", "onnx/decoder_model.onnx", "onnx/tokenizer.json", "onnx/vocab.json"]
OTHER_GPT2 = [*FILES, *VOCABULARY, *TFLITE, BIN, "flax_model.msgpack", "rust_model.ot", "tf_model.h5"]

REPOSITORIES = {
    "openai-community/gpt2": ("gpt2-plain", "gpt2_whole", known("gpt2"), ONE, [*OTHER_GPT2, *ONNX]),
    "distilbert/distilgpt2": ("gpt2-plain", "gpt2_whole", known("distilgpt2"), ONE, [
        *OTHER_GPT2, "LICENSE", "coreml/text-generation/float32_model.mlpackage/Manifest.json"]),
    "facebook/opt-125m": ("opt-odd", "opt", known("opt-125m"), BIN, [*FILES, "LICENSE.md", "flax_model.msgpack", "tf_model.h5"]),
    "meta-llama/Llama-2-7b-hf": ("llama-gqa", "llama_pad", known("llama-2-7b-hf"), shards(2), [*META, SENTENCEPIECE, *bin_shards(2)]),
    "meta-llama/Llama-3.2-1B": ("llama-rope3", "llama3", {
        **LLAMA, **sizes("llama-rope3", *LLAMA_SIZES), "bos_token_id": 128000, "eos_token_id": 128001, "head_dim": 10,
        "rope_scaling": fixture("llama-rope3")["rope_scaling"], "rope_theta": 500.0, **version("4.45.0.dev0")}, ONE,
                                [*META, "original/consolidated.00.pth", "original/params.json", "original/tokenizer.model"]),
    "TinyLlama/TinyLlama-1.1B-Chat-v1.0": ("llama-headonly", "llama", {
        **known("tinyllama-1.1b"), "attention_bias": False, "pretraining_tp": 1, "rope_theta": 10000.0}, ONE,
                                           [*FILES, SENTENCEPIECE, "eval_results.json"]),
    "HuggingFaceTB/SmolLM2-135M": ("llama-headonly", "smollm", {
        **{key: value for key, value in LLAMA.items() if key != "mlp_bias"}, **sizes("llama-headonly", *LLAMA_SIZES), "bos_token_id": 0,
        "eos_token_id": 0, "initializer_range": 0.041666666666666664, "is_llama_config": True, "rope_interleaved": False, "rope_scaling": None,
        "rope_theta": 10000.0, **version("4.40.1")}, ONE, [*FILES, *VOCABULARY]),
    "EleutherAI/pythia-70m": ("gpt_neox-parallel", "neox", known("pythia-70m"), ONE, [*DOCUMENTS, BIN]),
    "EleutherAI/gpt-neo-125m": ("gpt_neo-odd", "gpt2_json", known("gpt-neo-125m"), ONE, [
        *FILES, *VOCABULARY, BIN, "flax_model.msgpack", "rust_model.ot"]),
    "roneneldan/TinyStories-33M": ("gpt_neo-odd", "gpt2_json", {
        **sizes("gpt_neo-odd", *NEO_SIZES), "_name_or_path": "EleutherAI/gpt-neo-125M", "activation_function": "gelu_new",
        "architectures": ["GPTNeoForCausalLM"], "attention_dropout": 0, "bos_token_id": 50256, "embed_dropout": 0, "eos_token_id": 50256,
        "gradient_checkpointing": False, "initializer_range": 0.02, "model_type": "gpt_neo", "resid_dropout": 0, **configs.SUMMARY,
        **version("4.28.1")}, BIN, [*FILES, *VOCABULARY]),
    "Qwen/Qwen2.5-0.5B": ("qwen2-odd", "qwen", known("qwen2.5-0.5b"), ONE, [*FILES, *VOCABULARY, "LICENSE"]),
    "Qwen/Qwen3-0.6B": ("qwen3-odd", "qwen", known("qwen3-0.6b"), ONE, [*FILES, *VOCABULARY, "LICENSE"]),
    "microsoft/phi-1_5": ("phi-odd", "phi", {**PHI, **sizes("phi-odd", *PHI_SIZES), "_name_or_path": "microsoft/phi-1_5", **version("4.37.0")},
                          ONE, MICROSOFT),
    "microsoft/phi-2": ("phi-odd", "phi", known("phi-2"), shards(2), MICROSOFT),
    "microsoft/Phi-3-mini-4k-instruct": ("phi3-odd", "phi3_mini", whole(
        "phi3-odd", _name_or_path="Phi-3-mini-4k-instruct",
        auto_map={"AutoConfig": "configuration_phi3.Phi3Config", "AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"},
        **version("4.40.2")), shards(2), [*FILES, SENTENCEPIECE, "CODE_OF_CONDUCT.md", "LICENSE", "NOTICE.md", "SECURITY.md", "configuration_phi3.py",
                                          "modeling_phi3.py", "sample_finetune.py"]),
    "google/gemma-2b": ("gemma-odd", "gemma", known("gemma-2b"), shards(2), [*FILES, SENTENCEPIECE, "gemma-2b.gguf"]),
    "google/gemma-2-2b": ("gemma2-odd", "gemma", known("gemma-2-2b"), shards(3), [*FILES, SENTENCEPIECE]),
    "google/gemma-3-1b-pt": ("gemma3-odd", "gemma3", {
        **sizes("gemma3-odd", *GEMMA_SIZES, "query_pre_attn_scalar", "rope_local_base_freq", "rope_theta", "rope_scaling", "sliding_window",
                "sliding_window_pattern"), "architectures": ["Gemma3ForCausalLM"], "attention_bias": False, "attention_dropout": 0.0,
        "attn_logit_softcapping": None, "bos_token_id": 2, "cache_implementation": "hybrid", "eos_token_id": 1, "final_logit_softcapping": None,
        "hidden_activation": "gelu_pytorch_tanh", "initializer_range": 0.02, "model_type": "gemma3_text", "pad_token_id": 0,
        "rms_norm_eps": 1e-06, **version("4.50.0.dev0")}, ONE, [*FILES, SENTENCEPIECE]),
    "mistralai/Mistral-7B-v0.1": ("mistral-odd", "mistral", known("mistral-7b-v0.1"), shards(2), [*FILES, SENTENCEPIECE, *bin_shards(2)]),
    "mistralai/Mistral-7B-v0.3": ("llama-odd", "mistral", {
        **MISTRAL, **sizes("llama-odd", *LLAMA_SIZES), "attention_dropout": 0.0, "head_dim": 10, "rope_theta": 50000.0, "sliding_window": None,
        **version("4.42.0.dev0")}, shards(3), [*FILES, SENTENCEPIECE, "params.json", "tokenizer.model.v3", "consolidated.safetensors"]),
    "allenai/OLMo-2-0425-1B": ("olmo2-odd", "olmo2", whole("olmo2-odd", **version("4.50.0.dev0")), ONE, [*FILES, *VOCABULARY]),
    "bigscience/bloom-560m": ("bloom-odd", "bloom", whole("bloom-odd", **version("4.20.0")), ONE, [
        *DOCUMENTS, BIN, "LICENSE", "flax_model.msgpack", "onnx/decoder_model_merged.onnx"]),
    "tiiuae/falcon-7b": ("falcon-7b", "falcon", whole(
        "falcon-7b", auto_map={
            "AutoConfig": "configuration_falcon.FalconConfig", "AutoModel": "modeling_falcon.FalconModel",
            "AutoModelForCausalLM": "modeling_falcon.FalconForCausalLM"}, **version("4.27.4")), shards(2),
                         [*FILES, *bin_shards(2), "configuration_falcon.py", "handler.py", "modeling_falcon.py",
                          "coreml/text-generation/falcon-7b-64-float32.mlpackage/Manifest.json"]),
    "EleutherAI/gpt-j-6b": ("gptj-odd", "gptj", whole(
        "gptj-odd", **{**configs.SUMMARY, **version("4.18.0.dev0"), "tokenizer_class": "GPT2Tokenizer"}), BIN,
                            [*DOCUMENTS, *VOCABULARY, "flax_model.msgpack", "tf_model.h5"]),
    "mistralai/Mixtral-8x7B-v0.1": ("mixtral-odd", "mistral", whole("mixtral-odd", **version("4.36.0.dev0")), shards(19), [
        *FILES, SENTENCEPIECE, *(f"consolidated.{i:02d}.pt" for i in range(8))]),
}

# What info says of the weights that it took.
FORMATS = {ONE: "safetensors", BIN: "PyTorch"}
