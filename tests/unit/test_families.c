/* SPDX-License-Identifier: Apache-2.0
 * Every family of the table on its fixture: METHOD section 1's invariants with windows, output norms and parallel blocks, a prompt
 * alone as in company, and configurations that are refused by name. tests/reference holds the numbers. */
#include "forward_twin.h"

#include <jansson.h>

#include "headwater/flow.h"
#include "tensor/kernels.h"

/* A row for each family: fixtures under tests/golden/models. */
static const struct { const char *fixture, *family; } fixtures[] = {
    {"opt-odd", "opt"},
    {"opt-bare", "opt"},
    {"llama-bias", "llama"},
    {"llama-rope3", "llama"},
    {"gpt2-inverse", "gpt2"},
    {"qwen2-odd", "qwen2"},
    {"mistral-odd", "mistral"},
    {"qwen3-odd", "qwen3"},
    {"gpt_neox-parallel", "gpt_neox"},
    {"gpt_neox-sequential", "gpt_neox"},
    {"phi-odd", "phi"},
    {"phi-norms", "phi"},
    {"gpt_neo-odd", "gpt_neo"},
    {"gemma-odd", "gemma"},
    {"gemma2-odd", "gemma2"},
    {"phi3-odd", "phi3"},
    {"phi3-longrope", "phi3"},
    {"olmo-odd", "olmo"},
    {"olmo-clip", "olmo"},
    {"olmo2-odd", "olmo2"},
    {"gemma3-odd", "gemma3_text"},
    {"stablelm-odd", "stablelm"},
    {"stablelm-parallel", "stablelm"},
    {"starcoder2-odd", "starcoder2"},
    {"granite-odd", "granite"},
    {"smollm3-odd", "smollm3"},
    {"smollm3-interval", "smollm3"},
    {"cohere-odd", "cohere"},
    {"cohere-norms", "cohere"},
    {"cohere2-odd", "cohere2"},
    {"gptj-odd", "gptj"},
    {"codegen-odd", "codegen"},
    {"codegen2-odd", "codegen"},
    {"falcon-7b", "falcon"},
    {"falcon-new", "falcon"},
    {"falcon-rw", "falcon"},
    {"falcon-one-norm", "falcon"},
    {"bloom-odd", "bloom"},
    {"mpt-odd", "mpt"},
    {"mpt-clip", "mpt"},
    {"mpt-learned", "mpt"},
    {"gpt_bigcode-odd", "gpt_bigcode"},
    {"gpt_bigcode-heads", "gpt_bigcode"},
    {"llama-yarn", "llama"},
    {"llama-mscale", "llama"},
    {"llama-factor", "llama"},
    {"llama-dynamic", "llama"},
    {"mixtral-odd", "mixtral"},
    {"qwen2_moe-odd", "qwen2_moe"},
    {"qwen3_moe-odd", "qwen3_moe"},
    {"olmoe-odd", "olmoe"},
    {"gpt_oss-odd", "gpt_oss"},
    {"gpt_oss-mxfp4", "gpt_oss"},
};

/* The fixture's config.json with one key set to a JSON text ("-": taken out) is refused with these words. */
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
    {"smollm3-odd", "no_rope_layers", "[1, 0]", "lists 2 layers, want 3"},
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
    {"granite-odd", "num_local_experts", "8", "num_local_experts is 8, want null"},
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
     "auto_map names code of the repository, modeling_x.XForCausalLM, which is not run: the model is computed as a codegen of transformers"},
    {"llama-yarn", "{\"rope_parameters\": {\"attn_factor\": 0.8782488562869419, \"finetuned\": true, \"extrapolation_factor\": null}}",
     "rope_parameters.attn_factor is not used, as in transformers; rope_parameters.finetuned is not used, as in transformers"},
};

static void fixture_path(const char *fixture, char path[96]) { (void)snprintf(path, 96, "tests/golden/models/%s", fixture); }

/* sum_n a[n] W[n] added to sum, absolute values to size; what stands behind an output norm is scaled with it. */
static void add_parts(const hw_matrix *w, const float *a, size_t first, size_t n, const float *gamma, double scale, double *sum, double *size) {
  for (size_t k = 0; k < n; k++)
    for (size_t e = 0; e < w->n_out; e++) {
      double part = (double)a[k] * unit_element(w, first + k, e) * (gamma ? (double)gamma[e] * scale : 1);
      sum[e] += part;
      size[e] += fabs(part);
    }
}

static void add_bias(const float *bias, const float *gamma, double scale, size_t d, double *sum, double *size) {
  for (size_t e = 0; bias && e < d; e++) {
    double part = (double)bias[e] * (gamma ? (double)gamma[e] * scale : 1);
    sum[e] += part;
    size[e] += fabs(part);
  }
}

static void expect_state(const float *state, const double *sum, const double *size, size_t d) {
  for (size_t e = 0; e < d; e++) assert_near(state[e], sum[e], 16 * 0x1p-23 * (size[e] + 1e-3));
}

/* x + sum z + b = m and m + sum_n a W_out + b_out = y, whatever the block is made of. */
static void check_parts(const hw_model *model) {
  enum { N = 17 };
  const hw_model_config *c = &model->config;
  size_t d = (size_t)c->d_model, f = hw_active_neurons(c), d_head = (size_t)c->d_head, kv = (size_t)c->n_kv_heads * d_head;
  size_t per_group = (size_t)(c->n_heads / c->n_kv_heads);
  const size_t length = N;
  int32_t ids[N];
  float a[N], *v = unit_floats(d_head);
  uint64_t seed = 7;
  bench b;
  bench_init(&b);
  unit_ids(&seed, model, N, ids);
  hw_activations acts = bench_forward(&b, model, ids, &length, 1);
  assert_true(b.arena.peak <= hw_forward_bytes(model, N, N, 1, false, true) + 1024); /* 1024: the bench's own */
  double *sum = twin_numbers(d), *size = twin_numbers(d);
  for (size_t l = 0; l < (size_t)c->n_layers; l++)
    for (size_t i = 0; i < N; i++) {
      const hw_layer *layer = &model->layers[l];
      for (size_t e = 0; e < d; e++) size[e] = fabs(sum[e] = (double)acts.resid[l][i * d + e]);
      double scale = layer->attn_out_gamma ? (double)acts.attn_out_scale[l][i] : 1;
      add_bias(layer->attn_bias, layer->attn_out_gamma, scale, d, sum, size);
      for (size_t h = 0; h < (size_t)c->n_heads; h++) {
        double total = 0;
        hw_attention_weights(&acts, l, h, 0, i, a);
        for (size_t j = 0; j <= i; j++) {
          total += (double)a[j];
          if (j < hw_attention_first(model, l, i)) assert_true(a[j] == 0);
          for (size_t k = 0; k < d_head; k++) v[k] = a[j] * acts.v[l][j * kv + h / per_group * d_head + k];
          add_parts(&layer->w_o, v, h * d_head, d_head, layer->attn_out_gamma, scale, sum, size);
        }
        if (layer->sinks) assert_true(total > 0 && total < 1);
        else assert_near(total, 1, 1e-6);
      }
      expect_state(acts.mid[l] + i * d, sum, size, d);
      for (size_t e = 0; e < d; e++) size[e] = fabs(sum[e] = (double)acts.mid[l][i * d + e]);
      scale = layer->ffn_out_gamma ? (double)acts.ffn_out_scale[l][i] : 1;
      add_bias(layer->b_out, layer->ffn_out_gamma, scale, d, sum, size);
      for (size_t part = 0; f && part < hw_ffn_parts(c); part++) {
        size_t place;
        if (!hw_ffn_part_place(&acts, l, i, part, &place)) continue;
        const float *neurons = acts.neurons[l] + i * f + place;
        assert_int_equal(hw_neuron_number(&acts, l, i, place), part * (size_t)c->d_expert);
        add_parts(hw_ffn_part_out(model, l, part), neurons, 0, hw_ffn_part_size(c, part), layer->ffn_out_gamma, scale, sum, size);
        for (size_t e = 0; layer->experts && layer->experts[part].b_out && e < d; e++) {
          double bias = (double)acts.routing[l][i * (size_t)c->experts_used + place / (size_t)c->d_expert] * (double)layer->experts[part].b_out[e];
          sum[e] += bias;
          size[e] += fabs(bias);
        }
      }
      expect_state(acts.resid[l + 1] + i * d, sum, size, d);
    }
  free(sum);
  free(size);
  free(v);
  bench_fini(&b);
}

/* Three prompts in one batch give the bits that each gives alone. */
static void check_company(const hw_model *model) {
  static const size_t lengths[3] = {3, 11, 17};
  size_t d = (size_t)model->config.d_model, row = 0;
  int32_t ids[31];
  uint64_t seed = 11;
  bench b;
  bench_init(&b);
  unit_ids(&seed, model, 31, ids);
  hw_activations together = bench_forward(&b, model, ids, lengths, 3);
  for (size_t p = 0; p < 3; row += lengths[p++]) {
    hw_activations alone = bench_forward(&b, model, ids + row, &lengths[p], 1);
    for (int64_t l = 0; l <= model->config.n_layers; l++)
      assert_memory_equal(alone.resid[l], together.resid[l] + row * d, lengths[p] * d * sizeof(float));
  }
  bench_fini(&b);
}

/* Every graph of a prompt: the same rows alone and in company, replayed to a flow that sums to 1 at the tokens. */
static void check_graphs(const hw_model *model) {
  static const size_t lengths[3] = {3, 11, 17};
  static const uint32_t targets[2] = {0, 2};
  const hw_flow_settings settings = {.threshold = 0.04, .floor = 0.01, .top_neurons = 5, .top_tokens = 4, .project = HW_PROJECT_ALL};
  int32_t ids[31];
  uint64_t seed = 11;
  size_t row = 0;
  bench b;
  bench_init(&b);
  unit_ids(&seed, model, 31, ids);
  hw_target_trace together[3][2], alone[2];
  hw_flow_prompt prompts[3], single;
  for (size_t p = 0; p < 3; p++) prompts[p] = (hw_flow_prompt){.prompt = p, .n_targets = 2, .targets = targets, .traces = together[p]};
  hw_activations acts = bench_forward(&b, model, ids, lengths, 3);
  assert_ok(hw_flow_trace(&acts, &settings, prompts, 3, &(hw_team){.panel = b.panel}, &b.arena, &b.scratch, &b.err), &b.err);
  for (size_t p = 0; p < 3; row += lengths[p++]) {
    single = (hw_flow_prompt){.n_targets = 2, .targets = targets, .traces = alone};
    acts = bench_forward(&b, model, ids + row, &lengths[p], 1);
    assert_ok(hw_flow_trace(&acts, &settings, &single, 1, &(hw_team){.panel = b.panel}, &b.arena, &b.scratch, &b.err), &b.err);
    for (size_t t = 0; t < 2; t++) {
      const hw_target_trace *a = &alone[t], *c = &together[p][t];
      double flow = 0;
      assert_int_equal(a->n_parts, c->n_parts);
      for (size_t i = 0; i < a->n_parts; i++) assert_int_equal(a->parts[i].importance, c->parts[i].importance);
      assert_int_equal(a->n_neurons, c->n_neurons);
      for (size_t i = 0; i < a->n_neurons; i++) assert_int_equal(a->neurons[i].importance, c->neurons[i].importance);
      assert_int_equal(a->n_projections, c->n_projections);
      for (size_t i = 0; i < a->frame.n_tokens; i++) flow += c->graph.token_flow[i];
      assert_near(flow, 1, 1e-12);
      for (size_t i = 0; i < c->n_projections; i++)
        assert_false(c->projections[i].kind == HW_COMPONENT_RESID_MID && model->config.parallel);
    }
  }
  bench_fini(&b);
}

static void every_fixture_falls_into_its_parts(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(fixtures); i++) {
    char path[96];
    fixture_path(fixtures[i].fixture, path);
    hw_model *model = unit_open(path);
    assert_string_equal(model->config.family, fixtures[i].family);
    check_parts(model);
    check_company(model);
    check_graphs(model);
    hw_model_close(model);
  }
}

static void every_family_has_a_fixture(void **state) {
  (void)state;
  for (size_t f = 0; hw_family_name(f); f++) {
    bool found = false;
    for (size_t i = 0; i < COUNT_OF(fixtures); i++) found = found || strcmp(fixtures[i].family, hw_family_name(f)) == 0;
    if (!found) fail_msg("no fixture for %s", hw_family_name(f));
  }
}

/* The fixture's config.json with keys set; NaN as Python writes it. */
static bool read_changed(const char *fixture, const char *keys, hw_model_config *config, hw_error *err) {
  char path[96], file[128];
  fixture_path(fixture, path);
  (void)snprintf(file, sizeof file, "%s/config.json", path);
  json_t *root = json_load_file(file, 0, NULL), *changes = json_loads(keys, 0, NULL);
  assert_non_null(root);
  if (!changes) fail_msg("%s is no JSON", keys);
  json_object_update(root, changes);
  toy t = {0};
  toy_folder(&t);
  char *text = json_dumps(root, 0), *nan = strstr(text, "\"nan\"");
  if (nan) memcpy(nan, " NaN ", 5);
  toy_put(&t, "config.json", text, strlen(text));
  bool ok = hw_model_config_read(t.folder, NULL, config, err);
  free(text);
  json_decref(changes);
  json_decref(root);
  toy_fini(&t);
  return ok;
}

static void what_is_not_computed_is_refused_by_name(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(refused); i++) {
    char keys[320];
    (void)snprintf(keys, sizeof keys, "{\"%s\": %s}", refused[i].key, strcmp(refused[i].value, "NaN") == 0 ? "\"nan\"" : refused[i].value);
    hw_model_config config;
    hw_error err = {0};
    bool ok = read_changed(refused[i].fixture, keys, &config, &err);
    if (ok || !strstr(err.message, refused[i].words) || !strstr(err.message, refused[i].key))
      fail_msg("%s with %s = %s: %s", refused[i].fixture, refused[i].key, refused[i].value, ok ? "taken" : err.message);
  }
}

static void other_spellings_and_nulls_mean_the_same(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(same); i++) {
    hw_model_config plain, changed;
    hw_error err = {0};
    assert_ok(read_changed(same[i].fixture, "{}", &plain, &err), &err);
    if (!read_changed(same[i].fixture, same[i].keys, &changed, &err)) fail_msg("%s with %s: %s", same[i].fixture, same[i].keys, err.message);
    changed.window_pattern = plain.window_pattern; /* how the windows are said; windowed has them */
    changed.window_interval = plain.window_interval;
    if (memcmp(&plain, &changed, sizeof plain) != 0) fail_msg("%s with %s: read otherwise", same[i].fixture, same[i].keys);
  }
  hw_model_config config;
  hw_error err = {0};
  assert_ok(read_changed("llama-bias", "{\"nobody_reads_this\": \"nan\"}", &config, &err), &err);
}

static void keys_that_change_nothing_are_told(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(noticed); i++) {
    hw_model_config plain, changed;
    hw_error err = {0};
    assert_ok(read_changed(noticed[i].fixture, "{}", &plain, &err), &err);
    assert_ok(read_changed(noticed[i].fixture, noticed[i].keys, &changed, &err), &err);
    assert_string_equal(changed.notice, noticed[i].notice);
    memset(changed.notice, 0, sizeof changed.notice);
    assert_memory_equal(&plain, &changed, sizeof plain);
  }
}

static void keys_left_out_mean_the_defaults_of_the_family(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(defaults); i++) {
    hw_model_config left_out, written;
    hw_error err = {0};
    assert_ok(read_changed(defaults[i].fixture, defaults[i].left_out, &left_out, &err), &err);
    assert_ok(read_changed(defaults[i].fixture, defaults[i].written, &written, &err), &err);
    if (memcmp(&left_out, &written, sizeof written) != 0) fail_msg("%s with %s: read otherwise than %s", defaults[i].fixture, defaults[i].left_out, defaults[i].written);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_fixture_falls_into_its_parts),
      cmocka_unit_test(every_family_has_a_fixture),
      cmocka_unit_test(what_is_not_computed_is_refused_by_name),
      cmocka_unit_test(other_spellings_and_nulls_mean_the_same),
      cmocka_unit_test(keys_that_change_nothing_are_told),
      cmocka_unit_test(keys_left_out_mean_the_defaults_of_the_family),
  };
  return cmocka_run_group_tests_name("families", tests, NULL, NULL);
}
