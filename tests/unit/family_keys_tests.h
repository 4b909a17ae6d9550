/* SPDX-License-Identifier: Apache-2.0
 * Part of test_families.c: keys of config.json that are refused, change nothing, are told, or are left out. */
#ifndef HW_TESTS_FAMILY_KEYS_TESTS_H
#define HW_TESTS_FAMILY_KEYS_TESTS_H

#include <stdint.h>

/* The fixture's config.json with one key set to a JSON text is refused with these words. */
static const struct { const char *fixture, *key, *value, *words; } refused[] = {
    {"opt-odd", "do_layer_norm_before", "false", "post-norm"},
    {"opt-odd", "word_embed_proj_dim", "12", "want 24: projected embeddings"},
    {"opt-odd", "activation_function", "\"quick_gelu\"", "activation_function is \"quick_gelu\""},
    {"opt-odd", "quantization_config", "{\"bits\": 4}", "quantization_config is {\"bits\":4}, want null"},
    {"opt-odd", "_remove_final_layer_norm", "true", "_remove_final_layer_norm"},
    {"llama-bias", "rope_scaling", "{\"type\": \"proportional\", \"factor\": 2.0}", "rope_scaling.type is \"proportional\", want default, linear, llama3"},
    {"llama-bias", "rope_scaling", "{\"rope_type\": \"yarn\"}", "no rope_scaling.factor"},
    {"llama-bias", "rope_scaling", "{\"rope_type\": \"longrope\", \"short_factor\": [1, 1, 1]}", "short_factor has 3 numbers and long_factor 0, want 3 each"},
    {"llama-bias", "rope_scaling", "{\"rope_type\": \"longrope\", \"short_factor\": [1, 0, 1]}", "rope_scaling.short_factor is [1,0,1]"},
    {"phi3-longrope", "rope_scaling", "{\"type\": \"longrope\", \"short_mscale\": 1.2}", "rope_scaling.short_mscale"},
    {"phi3-longrope", "rope_parameters", "{\"original_max_position_embeddings\": 8}",
     "original_max_position_embeddings and rope_parameters.original_max_position_embeddings say different things"},
    {"llama-yarn", "original_max_position_embeddings", "32", "original_max_position_embeddings and rope_scaling.original_max_position_embeddings say different things"},
    {"phi3-longrope", "original_max_position_embeddings", "1", "original_max_position_embeddings is 1"},
    {"gemma3-odd", "rope_parameters", "{\"full_attention\": {\"rope_theta\": 9}, \"sliding_attention\": {\"rope_theta\": 7, \"rope_type\": \"linear\"}}",
     "sliding_attention.rope_type is not default"},
    {"gemma3-odd", "rope_parameters", "{\"full_attention\": {\"rope_theta\": 9}, \"sliding_attention\": {\"rope_theta\": 7}, \"chunked_attention\": {}}",
     "want full_attention and sliding_attention"},
    {"gemma3-odd", "rope_parameters", "{\"full_attention\": {\"rope_theta\": 9}, \"sliding_attention\": {\"rope_theta\": 7, \"factor\": 2}}",
     "sliding_attention.factor is not computed"},
    {"phi3-longrope", "rope_parameters", "{\"short_factor\": [1.0, 1.25, 2.75]}", "rope_scaling.short_factor and rope_parameters.short_factor say different things"},
    {"granite-odd", "logits_scaling", "0", "logits_scaling is 0, want a number above 0"},
    {"cohere-odd", "logit_scale", "0.0", "logit_scale is 0.0, want a number above 0"},
    {"gpt_oss-odd", "swiglu_limit", "0", "swiglu_limit is 0, want"},
    {"gpt_oss-odd", "swiglu_alpha", "1.0", "swiglu_alpha is 1.0, want 1.702"},
    {"gpt_oss-odd", "rope_scaling", "null", "no rope_scaling: without it versions of transformers compute different things"},
    {"cohere-odd", "rope_theta", "null", "no rope_theta: without it transformers 4 takes 10000"},
    {"gemma2-odd", "attn_logit_softcapping", "0", "attn_logit_softcapping is 0, want"},
    {"llama-bias", "rms_norm_eps", "1e40", "rms_norm_eps is 1e40, want a number above 0"},
    {"stablelm-odd", "rope_scaling", "{\"type\": \"dynamic\", \"factor\": 0}", "rope_scaling.factor is 0"},
    {"llama-bias", "rope_scaling", "{\"rope_type\": \"linear\"}", "no rope_scaling.factor"},
    {"llama-bias", "rope_scaling", "{\"factor\": 2.0}", "no rope_scaling.rope_type"},
    {"llama-bias", "rope_scaling", "{\"type\": \"linear\", \"factor\": \"2\"}", "rope_scaling.factor is \"2\""},
    {"llama-bias", "rope_scaling", "{\"type\": \"linear\", \"factor\": 2, \"beta_fastest\": 32}", "rope_scaling.beta_fastest"},
    {"llama-rope3", "rope_scaling", "{\"rope_type\": \"llama3\", \"factor\": 8.0}", "low_freq_factor"},
    {"llama-bias", "layer_types", "[\"full_attention\", \"chunked_attention\"]", "\"chunked_attention\""},
    {"llama-bias", "layer_types", "[\"full_attention\"]", "lists 1 layers, want 2"},
    {"llama-bias", "layer_types", "[\"full_attention\", \"sliding_attention\"]", "no window is given"},
    {"mistral-odd", "layer_types", "[\"full_attention\", \"full_attention\", \"full_attention\"]",
     "layer_types says full_attention for layer 0, but in mistral sliding_window alone counts: all layers have the window"},
    {"mixtral-odd", "layer_types", "[\"sliding_attention\", \"full_attention\"]", "for layer 1, but in mixtral"},
    {"phi3-longrope", "layer_types", "[\"full_attention\", \"sliding_attention\"]", "for layer 1, but in phi3 sliding_window alone counts: all layers have full attention"},
    {"starcoder2-odd", "layer_types", "[\"full_attention\", \"full_attention\"]", "for layer 0, but in starcoder2"},
    {"phi3-longrope", "rope_scaling", "{\"type\": \"yarn\", \"short_factor\": [1, 1, 1], \"long_factor\": [1, 1, 1]}", "want type longrope"},
    {"llama-bias", "rope_scaling", "{\"type\": \"linear\", \"factor\": 2, \"long_factor\": [1, 1, 1]}", "want type longrope"},
    {"qwen2-odd", "use_sliding_window", "true", "use_sliding_window is true, want false"},
    {"qwen3-odd", "use_sliding_window", "true", "use_sliding_window is true, want false"},
    {"mistral-odd", "sliding_window", "0", "sliding_window is 0"},
    {"gpt_neox-parallel", "rotary_pct", "0.4", "found 3 of the head's 8"},
    {"gpt_neo-odd", "attention_types", "[[[\"global\", \"local\"], 1]]", "lists 2 layers, want 3"},
    {"gpt_neo-odd", "attention_layers", "[\"global\", \"local\", \"nearby\"]", "want full_attention"},
    {"gemma-odd", "hidden_act", "\"silu\"", "hidden_act is \"silu\""},
    {"gemma-odd", "final_logit_softcapping", "30.0", "final_logit_softcapping"},
    {"gemma2-odd", "use_bidirectional_attention", "true", "use_bidirectional_attention"},
    {"llama-bias", "rope_theta", "NaN", "rope_theta is \"NaN\""},
    {"llama-bias", "rope_parameters", "{\"rope_type\": \"default\", \"rope_theta\": 500.0}", "rope_theta and rope_parameters.rope_theta say different things"},
    {"llama-rope3", "rope_parameters", "{\"rope_type\": \"default\"}", "rope_scaling.rope_type and rope_parameters.rope_type say different things"},
    {"llama-bias", "rope_scaling", "{\"rope_type\": \"linear\", \"type\": \"llama3\", \"factor\": 2}", "rope_scaling.rope_type and rope_scaling.type say different things"},
    {"gpt_neox-parallel", "partial_rotary_factor", "0.5", "rotary_pct and partial_rotary_factor say different things"},
    {"gpt_neox-parallel", "rope_parameters", "{\"partial_rotary_factor\": 0.5}", "rotary_pct and rope_parameters.partial_rotary_factor say different things"},
    {"gpt2-inverse", "hidden_size", "20", "n_embd and hidden_size say different things"},
    {"gpt_neo-odd", "attention_layers", "[\"global\", \"local\", \"local\"]", "attention_types and attention_layers say different things"},
    {"llama-bias", "attn_logit_softcapping", "30.0", "attn_logit_softcapping"},
    {"llama-bias", "clip_qkv", "8.0", "clip_qkv is 8.0, want null"},
    {"llama-bias", "no_rope_layers", "[1, 0]", "no_rope_layers"},
    {"smollm3-odd", "no_rope_layers", "[1, 0]", "lists 2 layers, want at least 3"},
    {"smollm3-odd", "no_rope_layers", "[1, 0, 1, 2]", "want 0 or 1 for each layer"},
    {"smollm3-odd", "no_rope_layers", "[1, 2, 0]", "want 0 or 1 for each layer"},
    {"bloom-odd", "apply_residual_connection_post_layernorm", "true", "the residual would be the norm of the state"},
    {"mpt-odd", "attn_config", "{\"alibi\": false, \"rope\": true}", "attn_config.rope is true, want false"},
    {"mpt-odd", "attn_config", "{\"qk_ln\": true, \"alibi\": true}", "attn_config.qk_ln is true"},
    {"mpt-odd", "no_bias", "false", "no_bias is false, want true"},
    {"mpt-odd", "logit_scale", "\"inv_sqrt_d_model\"", "logit_scale is"},
    {"falcon-7b", "num_ln_in_parallel_attn", "2", "num_ln_in_parallel_attn is 2, want 1"},
    {"falcon-new", "parallel_attn", "false", "parallel_attn is false, want true"},
    {"cohere2-odd", "use_qk_norm", "true", "use_qk_norm is true"},
    {"cohere2-odd", "order_of_interleaved_layers", "\"global_attn_first\"", "order_of_interleaved_layers"},
    {"starcoder2-odd", "norm_type", "\"rms_norm\"", "norm_type is \"rms_norm\""},
    {"starcoder2-odd", "mlp_type", "\"gated\"", "mlp_type is \"gated\""},
    {"gptj-odd", "rotary_dim", "7", "found 7 of the head's 10"},
    {"codegen-odd", "n_head", "2", "in 4 groups want a multiple of as many heads, found 2 (n_head)"},
    {"codegen-odd", "head_dim", "64", "head_dim is 64, want null: 128 and 256 mean the eight groups of q, k, v of CodeGen2"},
    {"codegen2-odd", "n_head", "12", "in 8 groups want a multiple of as many heads, found 12 (n_head)"},
    {"phi3-odd", "mlp_bias", "true", "mlp_bias is true, want false"},
    {"qwen2_moe-odd", "mlp_only_layers", "[1]", "mlp_only_layers is [1], want []: all layers must have experts"},
    {"qwen3_moe-odd", "decoder_sparse_step", "2", "decoder_sparse_step is 2, want 1"},
    {"mixtral-odd", "num_experts_per_tok", "6", "num_experts_per_tok is 6, but there are 5 experts"},
    {"mixtral-odd", "num_local_experts", "100000", "100000 experts, at most 1024 (num_local_experts"},
    {"llama-bias", "model_type", "\"gemma3\"", "is not a known family (did you mean gemma, gemma2, gemma3_text?); man headwater-model lists all"},
    {"llama-bias", "model_type", "\"olm\"", "is not a known family (did you mean olmo?)"},
    {"gpt_oss-odd", "quantization_config", "{\"quant_method\": \"mxfp4\", \"bits\": 3}", "quantization_config.bits is not a setting"},
    {"granite-odd", "num_local_experts", "8", "num_local_experts is 8, want [null, 0]"},
};

/* Keys put to the fixture's config.json that change nothing: nulls, further spellings, keys that the family never reads. */
static const struct { const char *fixture, *keys; } same[] = {
    {"gemma-odd", "{\"hidden_activation\": null}"}, /* as Gemma 1's own file: null is tanh gelu, whatever hidden_act says */
    {"gemma-odd", "{\"hidden_activation\": null, \"hidden_act\": \"gelu_pytorch_tanh\"}"},
    {"gemma2-odd", "{\"hidden_activation\": null, \"query_pre_attn_scalar\": 9.0, \"sliding_window\": 5.0}"},
    {"llama-bias", "{\"rope_theta\": null, \"hidden_act\": null, \"tie_word_embeddings\": null}"},
    {"llama-bias", "{\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 10000}, \"rope_theta\": null}"},
    {"llama-bias", "{\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 10000}}"},
    {"llama-bias", "{\"rope_scaling\": {\"rope_type\": \"default\", \"type\": \"default\"}}"},
    {"llama-bias", "{\"sliding_window\": 4096, \"use_sliding_window\": false}"},
    {"llama-rope3", "{\"rope_parameters\": {\"type\": \"llama3\", \"rope_type\": \"llama3\", \"rope_theta\": 500, \"factor\": 8, \"low_freq_factor\": 1, "
                    "\"high_freq_factor\": 4, \"original_max_position_embeddings\": 64}}"},
    {"llama-rope3", "{\"rope_parameters\": {\"rope_type\": \"llama3\", \"factor\": 8.0}}"}, /* the rest stands in rope_scaling */
    {"gpt_neox-parallel", "{\"partial_rotary_factor\": 0.25, \"rope_theta\": 10000.0, \"sliding_window\": 7}"},
    {"gpt_neox-parallel", "{\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 10000.0, \"partial_rotary_factor\": 0.25}}"},
    {"gpt2-inverse", "{\"n_layer\": null, \"num_hidden_layers\": 3, \"n_embd\": null, \"hidden_size\": 18, \"n_head\": null, \"num_attention_heads\": 3, "
                     "\"n_positions\": null, \"max_position_embeddings\": 24}"},
    {"gpt2-inverse", "{\"hidden_size\": 18, \"activation_function\": \"gelu_accurate\", \"layer_norm_epsilon\": null}"},
    {"gpt2-plain", "{\"activation_function\": \"gelu_python\", \"sliding_window\": 3}"},
    {"gpt_neo-odd", "{\"num_layers\": null, \"num_hidden_layers\": 3, \"num_heads\": null, \"num_attention_heads\": 3}"},
    {"gpt_neo-odd", "{\"attention_types\": null}"}, /* attention_layers says it */
    {"qwen2-odd", "{\"layer_types\": [\"full_attention\", \"full_attention\"], \"sliding_window\": null}"},
    {"mistral-odd", "{\"head_dim\": null, \"num_key_value_heads\": 2.0}"},
    {"phi-odd", "{\"num_key_value_heads\": 3, \"qk_layernorm\": null}"},
    {"opt-odd", "{\"word_embed_proj_dim\": 24.0, \"enable_bias\": true}"},
    {"phi3-odd", "{\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 10000.0, \"original_max_position_embeddings\": 64}}"},
    {"phi3-longrope", "{\"rope_scaling\": {\"type\": \"su\", \"short_factor\": [1.0, 1.25, 2.5], \"long_factor\": [1.5, 3.0, 9.0]}}"},
    {"phi3-longrope", "{\"dtype\": \"bfloat16\", \"torch_dtype\": null, \"head_dim\": 8}"},
    {"phi3-longrope", "{\"rope_parameters\": {\"original_max_position_embeddings\": 16}, \"original_max_position_embeddings\": null}"},
    {"llama-yarn", "{\"original_max_position_embeddings\": 64}"},
    {"llama-rope3", "{\"original_max_position_embeddings\": 64, \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, "
                    "\"high_freq_factor\": 4}}"},
    {"llama-dynamic", "{\"original_max_position_embeddings\": 4}"}, /* the context is max_position_embeddings */
    {"llama-dynamic", "{\"rope_scaling\": {\"factor\": 2.0, \"type\": \"dynamic\", \"original_max_position_embeddings\": 4}}"},
    {"gemma3-odd", "{\"sliding_window_pattern\": null, \"_sliding_window_pattern\": 6}"},
    {"gemma3-odd", "{\"sliding_window_pattern\": null, \"layer_types\": [\"sliding_attention\", \"sliding_attention\", \"sliding_attention\", "
                   "\"sliding_attention\", \"sliding_attention\", \"full_attention\", \"sliding_attention\"]}"},
    {"gemma3-odd", "{\"rope_theta\": null, \"rope_scaling\": null, \"rope_local_base_freq\": null, \"rope_parameters\": {\"full_attention\": "
                   "{\"rope_type\": \"linear\", \"factor\": 4.0, \"rope_theta\": 10000.0}, \"sliding_attention\": {\"rope_type\": \"default\", "
                   "\"rope_theta\": 100.0}}}"},
    {"smollm3-odd", "{\"no_rope_layers\": [1, 0, 1, 0, 0]}"},
    {"granite-odd", "{\"num_local_experts\": 0, \"num_experts\": 0.0}"},
    {"smollm3-odd", "{\"no_rope_layer_interval\": 4, \"use_sliding_window\": false}"},
    {"bloom-odd", "{\"n_embed\": null, \"hidden_size\": 36, \"num_attention_heads\": null, \"n_head\": 6}"},
    {"falcon-7b", "{\"num_ln_in_parallel_attn\": 1, \"activation\": \"gelu\", \"ffn_hidden_size\": 96}"},
    {"falcon-new", "{\"num_ln_in_parallel_attn\": 2}"},
    {"mpt-odd", "{\"hidden_size\": 30, \"num_hidden_layers\": 2}"},
    {"cohere2-odd", "{\"sliding_window_pattern\": null}"}, /* layer_switch says it */
    {"llama-yarn", "{\"rope_scaling\": null, \"rope_parameters\": {\"rope_type\": \"yarn\", \"rope_theta\": 50.0, \"factor\": 8.0, \"beta_fast\": 8, "
                   "\"beta_slow\": 1, \"original_max_position_embeddings\": 64, \"truncate\": true}}"},
};

/* Keys left out of config.json mean what transformers' class of the family has: its default, written out. */
static const struct { const char *fixture, *left_out, *written; } defaults[] = {
    {"llama-bias", "{\"rope_theta\": null, \"rms_norm_eps\": null}", "{\"rope_theta\": 1e4, \"rms_norm_eps\": 1e-6}"},
    {"mistral-odd", "{\"rope_theta\": null, \"rms_norm_eps\": null}", "{\"rope_theta\": 1e4, \"rms_norm_eps\": 1e-6}"},
    {"mixtral-odd", "{\"rope_theta\": null, \"rms_norm_eps\": null}", "{\"rope_theta\": 1e6, \"rms_norm_eps\": 1e-5}"},
    {"qwen3-odd", "{\"rope_theta\": null, \"rms_norm_eps\": null}", "{\"rope_theta\": 1e4, \"rms_norm_eps\": 1e-6}"},
    {"olmo2-odd", "{\"rope_theta\": null, \"rms_norm_eps\": null}", "{\"rope_theta\": 1e4, \"rms_norm_eps\": 1e-5}"},
    {"olmoe-odd", "{\"rope_theta\": null, \"rms_norm_eps\": null}", "{\"rope_theta\": 1e4, \"rms_norm_eps\": 1e-5}"},
    {"phi3-longrope", "{\"rope_theta\": null, \"rms_norm_eps\": null, \"original_max_position_embeddings\": null}",
     "{\"rope_theta\": 1e4, \"rms_norm_eps\": 1e-5, \"original_max_position_embeddings\": 4096}"},
    {"smollm3-odd", "{\"rope_theta\": null, \"rms_norm_eps\": null}", "{\"rope_theta\": 2e6, \"rms_norm_eps\": 1e-6}"},
    {"cohere2-odd", "{\"rope_theta\": null, \"layer_norm_eps\": null}", "{\"rope_theta\": 1e4, \"layer_norm_eps\": 1e-5}"},
    /* the context is cut to 2^20 positions, the stretch is not */
    {"phi3-longrope", "{\"max_position_embeddings\": 16777216}",
     "{\"max_position_embeddings\": 1048576, \"rope_parameters\": {\"factor\": 1048576.0}}"},
    {"gpt_oss-odd", "{\"rope_theta\": null, \"rms_norm_eps\": null}", "{\"rope_theta\": 150000, \"rms_norm_eps\": 1e-5}"},
};

/* Keys that change nothing but what is said of the model. */
static const struct { const char *fixture, *keys, *notice; } noticed[] = {
    {"codegen-odd", "{\"auto_map\": {\"AutoConfig\": \"configuration_x.X\"}}", ""},
    {"codegen-odd", "{\"auto_map\": {\"AutoConfig\": \"configuration_x.X\", \"AutoModelForCausalLM\": \"modeling_x.XForCausalLM\"}}",
     "auto_map names code of the repository, modeling_x.XForCausalLM, which is not run: man headwater-model says what is computed"},
    {"llama-yarn", "{\"rope_parameters\": {\"attn_factor\": 0.8782488562869419, \"finetuned\": true, \"extrapolation_factor\": null}}",
     "rope_parameters.attn_factor is not used, as in transformers; rope_parameters.finetuned is not used, as in transformers"},
};

/* Key/value heads of 32 heads where no key says them, and where null does. */
static const struct { const char *fixture; int64_t left_out; } kv_heads[] = {
    {"llama-bias", 32}, {"mistral-odd", 8}, {"mixtral-odd", 8}, {"qwen2-odd", 32}, {"qwen3-odd", 32}, {"qwen2_moe-odd", 16}, {"qwen3_moe-odd", 4},
    {"gemma-odd", 16}, {"gemma2-odd", 4}, {"gemma3-odd", 4}, {"smollm3-odd", 4}, {"starcoder2-odd", 2}, {"stablelm-odd", 32}, {"gpt_oss-odd", 8},
    {"phi3-odd", 32}, {"olmo-odd", 32}, {"cohere-odd", 32}, {"granite-odd", 32},
};

#endif
