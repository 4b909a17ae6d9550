/* SPDX-License-Identifier: Apache-2.0
 * Weights: tensors found by the family's names, checked against the config, viewed where they lie. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "headwater/buffer.h"
#include "base/file.h"
#include "base/model_folder.h"
#include "base/real.h"
#include "base/text.h"
#include "model/describe.h"
#include "model/family.h"
#include "model/loader.h"
#include "model/rotary.h"
#include "tensor/kernels.h"
#include "tensor/widen.h"
#include "weights/weights.h"

/* q or k and its bias, whose numbers lie as rotary pairs: put the halves one behind the other. */
static bool unpair(hw_loader *ld, hw_matrix *matrix, const float **bias) {
  if (!ld->family->paired_heads) return true;
  size_t d_head = (size_t)ld->model->config.d_head, half = d_head / 2, n = matrix->n_out;
  matrix->paired = d_head;
  if (!*bias) return true;
  float *sorted = hw_arena_new(ld->arena, float, n, ld->err);
  if (!sorted) return false;
  for (size_t i = 0; i < n; i++) sorted[i] = (*bias)[i / d_head * d_head + 2 * (i % half) + i % d_head / half];
  *bias = sorted;
  return true;
}

/* b = b_O + b_V W_O, summed in double: the values are kept without their bias (METHOD section 1). */
static bool fold_value_bias(hw_loader *ld, hw_layer *layer, const float *b_v, const float *b_o) {
  if (!b_v && !b_o) return true;
  const hw_model_config *c = &ld->model->config;
  size_t d = (size_t)c->d_model, d_head = (size_t)c->d_head;
  double *sum = hw_arena_znew(ld->arena, double, d, ld->err);
  float *folded = hw_arena_new(ld->arena, float, d, ld->err), *scratch = malloc(d_head * d * sizeof *scratch);
  for (size_t h = 0; b_v && h < (size_t)c->n_heads && sum && folded && scratch; h++) {
    size_t group = h / (size_t)(c->n_heads / c->n_kv_heads), ld_row;
    const float *rows = hw_matrix_input_rows(&layer->w_o, h * d_head, d_head, scratch, &ld_row);
    for (size_t k = 0; k < d_head; k++)
      for (size_t i = 0; i < d; i++) sum[i] += (double)b_v[group * d_head + k] * (double)rows[k * ld_row + i];
  }
  free(scratch);
  if (!sum || !folded) return false;
  if (!scratch) return hw_fail_memory(ld->err, "the bias of the values");
  for (size_t i = 0; i < d; i++) folded[i] = (float)(sum[i] + (b_o ? (double)b_o[i] : 0.0));
  layer->attn_bias = folded;
  return true;
}

/* How the outputs of fused q, k, v lie: in one group they are used as they lie. */
static void set_fusion(hw_model *model, const hw_family *family) {
  size_t kv = (size_t)model->config.n_kv_heads, groups = (size_t)hw_fusion_groups(family->fusion);
  model->qkv_groups = family->fusion == HW_FUSED_BY_GROUP ? kv : groups ? groups : 1;
  model->value_before_key = groups > 0;
}

static bool load_fused(hw_loader *ld, int64_t l, hw_layer *layer, const hw_matrix *fused, const float **b_v) {
  const hw_model_config *c = &ld->model->config;
  size_t heads = (size_t)(c->n_heads * c->d_head), kv = (size_t)(c->n_kv_heads * c->d_head);
  const float *bias;
  *b_v = NULL;
  if (!hw_load_vector(ld, HW_W_QKV_BIAS, l, &bias)) return false;
  if (ld->model->qkv_groups > 1 || ld->model->value_before_key) {
    layer->w_qkv = *fused;
  } else {
    layer->w_q = hw_matrix_outputs(fused, 0, heads);
    layer->w_k = hw_matrix_outputs(fused, heads, kv);
    layer->w_v = hw_matrix_outputs(fused, heads + kv, kv);
  }
  if (!bias) return true;
  float *sorted = hw_arena_new(ld->arena, float, heads + 2 * kv, ld->err);
  if (!sorted) return false;
  hw_qkv_sort(ld->model, bias, sorted, sorted + heads, sorted + heads + kv);
  layer->b_q = sorted;
  layer->b_k = sorted + heads;
  *b_v = sorted + heads + kv;
  return true;
}

/* The value bias is no part's where a row of attention sums to 1; where it does not, or values are clipped, it stays with them (METHOD section 1). */
static bool load_output_bias(hw_loader *ld, int64_t l, hw_layer *layer, const float *b_v) {
  const float *b_o;
  if (!hw_load_vector(ld, HW_W_O_BIAS, l, &b_o)) return false;
  if (ld->model->config.qkv_clip > 0 || layer->sinks) {
    layer->b_v = b_v;
    b_v = NULL;
  }
  return fold_value_bias(ld, layer, b_v, b_o);
}

/* The gain of what a branch adds: that of its output norm, or the model's one number. */
static bool load_out_gamma(hw_loader *ld, hw_weight weight, int64_t l, const float **gamma) {
  const hw_model_config *c = &ld->model->config;
  if (!(c->residual_factor > 0)) return hw_load_vector(ld, weight, l, gamma);
  return (*gamma = hw_load_constant(ld, (size_t)c->d_model, c->residual_factor)) != NULL;
}

static bool load_attention(hw_loader *ld, int64_t l, hw_layer *layer) {
  const hw_model_config *c = &ld->model->config;
  const float *b_v;
  hw_matrix fused;
  if (!hw_load_matrix(ld, HW_W_QKV, l, &fused)) return false;
  if (fused.data ? !load_fused(ld, l, layer, &fused, &b_v)
                 : !hw_load_matrix(ld, HW_W_Q, l, &layer->w_q) || !hw_load_matrix(ld, HW_W_K, l, &layer->w_k) ||
                       !hw_load_matrix(ld, HW_W_V, l, &layer->w_v) || !hw_load_vector(ld, HW_W_Q_BIAS, l, &layer->b_q) ||
                       !hw_load_vector(ld, HW_W_K_BIAS, l, &layer->b_k) || !hw_load_vector(ld, HW_W_V_BIAS, l, &b_v) ||
                       !unpair(ld, &layer->w_q, &layer->b_q) || !unpair(ld, &layer->w_k, &layer->b_k))
    return false;
  layer->window = c->windowed[l] ? c->window : 0;
  layer->attention_scale = 1.0f / sqrtf(c->attention_scalar > 0 ? (float)c->attention_scalar : (float)c->d_head);
  if (c->score_scale > 0) layer->attention_scale = (float)c->score_scale;
  if (c->scale_by_layer) layer->attention_scale /= (float)(l + 1);
  return hw_load_vector(ld, HW_W_Q_NORM_GAMMA, l, &layer->q_norm_gamma) && hw_load_vector(ld, HW_W_K_NORM_GAMMA, l, &layer->k_norm_gamma) &&
         hw_load_vector(ld, HW_W_Q_NORM_BETA, l, &layer->q_norm_beta) && hw_load_vector(ld, HW_W_K_NORM_BETA, l, &layer->k_norm_beta) &&
         hw_load_vector(ld, HW_W_SINKS, l, &layer->sinks) && hw_load_matrix(ld, HW_W_O, l, &layer->w_o) && load_output_bias(ld, l, layer, b_v) &&
         load_out_gamma(ld, HW_W_ATTN_OUT_GAMMA, l, &layer->attn_out_gamma);
}

static bool load_ffn_in(hw_loader *ld, int64_t l, hw_layer *layer) {
  size_t d_ffn = (size_t)ld->model->config.d_ffn;
  hw_matrix fused;
  if (!hw_load_matrix(ld, HW_W_GATE_IN, l, &fused)) return false;
  if (!fused.data)
    return hw_load_matrix(ld, HW_W_GATE, l, &layer->w_gate) && hw_load_vector(ld, HW_W_GATE_BIAS, l, &layer->b_gate) &&
           hw_load_matrix(ld, HW_W_IN, l, &layer->w_in) && hw_load_vector(ld, HW_W_IN_BIAS, l, &layer->b_in);
  layer->w_gate = hw_matrix_outputs(&fused, 0, d_ffn);
  layer->w_in = hw_matrix_outputs(&fused, d_ffn, d_ffn);
  return true;
}

/* Expert e of tensors that hold all of them. */
static void take_expert(const hw_model_config *c, const hw_matrix *gate_in, const float *b_gate_in, const hw_matrix *out, const float *b_out, size_t e,
                        hw_expert *expert) {
  size_t d = (size_t)c->d_model, d_expert = (size_t)c->d_expert;
  expert->w_gate_in = gate_in->in_first ? hw_matrix_inputs(gate_in, e * d, d) : hw_matrix_outputs(gate_in, e * 2 * d_expert, 2 * d_expert);
  expert->w_out = out->in_first ? hw_matrix_inputs(out, e * d_expert, d_expert) : hw_matrix_outputs(out, e * d, d);
  expert->b_gate_in = b_gate_in ? b_gate_in + e * 2 * d_expert : NULL;
  expert->b_out = b_out ? b_out + e * d : NULL;
}

static bool load_experts(hw_loader *ld, int64_t l, hw_layer *layer) {
  const hw_model_config *c = &ld->model->config;
  hw_matrix gate_in, out;
  const float *b_gate_in, *b_out;
  layer->experts = hw_arena_znew(ld->arena, hw_expert, hw_ffn_parts(c), ld->err);
  if (!layer->experts || !hw_load_matrix(ld, HW_W_ROUTER, l, &layer->w_router) || !hw_load_vector(ld, HW_W_ROUTER_BIAS, l, &layer->b_router) ||
      !hw_load_stack(ld, HW_W_EXPERTS_GATE_IN, l, &gate_in) || !hw_load_vector(ld, HW_W_EXPERTS_GATE_IN_BIAS, l, &b_gate_in) ||
      !hw_load_stack(ld, HW_W_EXPERTS_OUT, l, &out) || !hw_load_vector(ld, HW_W_EXPERTS_OUT_BIAS, l, &b_out))
    return false;
  for (int64_t e = 0; e < c->n_experts; e++) {
    hw_expert *expert = &layer->experts[e];
    if (gate_in.data)
      take_expert(c, &gate_in, b_gate_in, &out, b_out, (size_t)e, expert);
    else if (!hw_load_item(ld, HW_W_GATE, l, e, &expert->w_gate) || !hw_load_item(ld, HW_W_IN, l, e, &expert->w_in) ||
             !hw_load_item(ld, HW_W_OUT, l, e, &expert->w_out))
      return false;
  }
  if (!c->d_shared) return true;
  hw_expert *shared = &layer->experts[c->n_experts];
  return hw_load_matrix(ld, HW_W_SHARED_ROUTER, l, &layer->w_shared_router) && hw_load_matrix(ld, HW_W_SHARED_GATE, l, &shared->w_gate) &&
         hw_load_matrix(ld, HW_W_SHARED_IN, l, &shared->w_in) && hw_load_matrix(ld, HW_W_SHARED_OUT, l, &shared->w_out);
}

static bool load_ffn(hw_loader *ld, int64_t l, hw_layer *layer) {
  if (ld->model->config.n_experts) return load_experts(ld, l, layer);
  return load_ffn_in(ld, l, layer) && hw_load_matrix(ld, HW_W_OUT, l, &layer->w_out) && hw_load_vector(ld, HW_W_OUT_BIAS, l, &layer->b_out);
}

static bool load_layer(hw_loader *ld, int64_t l, hw_layer *layer) {
  return hw_load_vector(ld, HW_W_ATTN_NORM_GAMMA, l, &layer->attn_norm_gamma) &&
         hw_load_vector(ld, HW_W_ATTN_NORM_BETA, l, &layer->attn_norm_beta) && load_attention(ld, l, layer) &&
         hw_load_vector(ld, HW_W_FFN_NORM_GAMMA, l, &layer->ffn_norm_gamma) &&
         hw_load_vector(ld, HW_W_FFN_NORM_BETA, l, &layer->ffn_norm_beta) && load_ffn(ld, l, layer) &&
         load_out_gamma(ld, HW_W_FFN_OUT_GAMMA, l, &layer->ffn_out_gamma);
}

/* Equal numbers of two tables, in whatever dtypes. */
static bool same_matrix(const hw_matrix *a, const hw_matrix *b) {
  enum { BLOCK = 1024 };
  float x[BLOCK], y[BLOCK];
  if (a->n_in != b->n_in || a->n_out != b->n_out) return false;
  for (size_t row = 0; row < a->n_out; row++)
    for (size_t i = 0, n; i < a->n_in; i += n) {
      n = a->n_in - i < BLOCK ? a->n_in - i : BLOCK;
      hw_matrix_row(a, row, i, n, x);
      hw_matrix_row(b, row, i, n, y);
      for (size_t k = 0; k < n; k++)
        if (!(x[k] == y[k])) return false;
    }
  return true;
}

/* The embedding and the unembedding may be one tensor, under either name. */
static bool load_embeddings(hw_loader *ld) {
  hw_model *model = ld->model;
  if (!hw_load_matrix(ld, HW_W_TOKEN_EMBEDDING, 0, &model->token_embedding) || !hw_load_matrix(ld, HW_W_UNEMBED, 0, &model->unembed) ||
      !hw_load_matrix(ld, HW_W_POSITION_EMBEDDING, 0, &model->position_embedding) ||
      !hw_load_vector(ld, HW_W_EMBEDDING_NORM_GAMMA, 0, &model->embedding_gamma) ||
      !hw_load_vector(ld, HW_W_EMBEDDING_NORM_BETA, 0, &model->embedding_beta))
    return false;
  if (!model->token_embedding.data && !model->unembed.data) {
    char name[HW_NAME_SIZE];
    hw_lookup_name(&ld->lookup, hw_family_weight(ld->family, HW_W_TOKEN_EMBEDDING), 0, 0, name);
    return hw_fail(ld->err, HW_ERROR_INPUT, "%s: no tensor %s and no lm_head.weight to stand for it", ld->weights->path, name);
  }
  if (model->config.tied && model->token_embedding.data && model->unembed.data && !same_matrix(&model->token_embedding, &model->unembed))
    return hw_fail(ld->err, HW_ERROR_INPUT, "%s: the embedding and the unembedding differ, but the model is said to tie them", ld->weights->path);
  if (!model->token_embedding.data) model->token_embedding = model->unembed;
  if (!model->unembed.data || model->config.tied) model->unembed = model->token_embedding;
  return true;
}

/* W_U beta and the head's own bias: what every prediction has in common. */
static bool fold_final_beta(hw_loader *ld) {
  hw_model *model = ld->model;
  const float *bias;
  if (!hw_load_vector(ld, HW_W_UNEMBED_BIAS, 0, &bias)) return false;
  if (!model->final_beta) return model->unembed_beta = bias, true;
  float *scores = hw_arena_new(ld->arena, float, model->unembed.n_out, ld->err);
  if (!scores) return false;
  float *panel = aligned_alloc(64, HW_PANEL_FLOATS * sizeof *panel);
  if (!panel) return hw_fail_memory(ld->err, "the bias of the predictions");
  hw_gemm(&model->unembed, model->final_beta, model->unembed.n_in, scores, model->unembed.n_out, 1, panel);
  free(panel);
  hw_add_bias(scores, 0, bias, 1, model->unembed.n_out);
  model->unembed_beta = scores;
  return true;
}

/* What GGUF divides the frequencies by, in the place of a description of how they are stretched. */
static bool load_rope_divisors(hw_loader *ld) {
  hw_tensor *tensor = hw_weights_find(ld->weights, "rope_freqs.weight");
  if (!tensor || !ld->family->paired_heads) return true;
  tensor->used = true;
  if (tensor->n_elements != ld->model->d_rotary / 2 || tensor->dtype != HW_F32 || !tensor->readable)
    return hw_fail(ld->err, HW_ERROR_INPUT, "%s: rope_freqs.weight has %zu numbers of %s, want %zu of F32", tensor->path, tensor->n_elements, tensor->dtype_name,
                   ld->model->d_rotary / 2);
  float *copy = hw_load_check_finite(ld, tensor) ? hw_arena_new(ld->arena, float, tensor->n_elements, ld->err) : NULL;
  if (!copy) return false;
  hw_widen(tensor->data, HW_F32, tensor->n_elements, copy);
  for (size_t i = 0; i < tensor->n_elements; i++)
    if (!(copy[i] > 0)) return hw_fail(ld->err, HW_ERROR_INPUT, "%s: rope_freqs.weight holds %f, want positive numbers", tensor->path, (double)copy[i]);
  ld->model->rope_divisors = copy;
  return true;
}

/* Slopes of ALiBi: a geometric series; heads past a power of two take the odd members of the series of the next one. */
static bool make_alibi_slopes(hw_loader *ld) {
  hw_model *model = ld->model;
  const hw_model_config *c = &model->config;
  if (c->positions != HW_POSITION_ALIBI) return true;
  double largest = c->alibi_max > 0 ? c->alibi_max : 8, power = 1;
  while (2 * power <= (double)c->n_heads) power *= 2;
  float *slopes = hw_arena_new(ld->arena, float, (size_t)c->n_heads, ld->err);
  for (int64_t h = 0; slopes && h < c->n_heads; h++) {
    double step = (double)h < power ? (double)(h + 1) : (double)(2 * h + 1) / 2 - power;
    slopes[h] = (float)hw_exp2(-largest * step / power) * (c->alibi_scaled ? model->layers[0].attention_scale : 1.0f);
  }
  return (model->alibi_slopes = slopes) != NULL;
}

/* The final norm with the factor of the logits in it. */
static bool load_final_norm(hw_loader *ld) {
  hw_model *model = ld->model;
  const hw_model_config *c = &model->config;
  double factor = (c->logit_factor > 0 ? c->logit_factor : 1) / (c->logit_divisor > 0 ? c->logit_divisor : 1);
  if (!hw_load_vector(ld, HW_W_FINAL_GAMMA, 0, &model->final_gamma) || !hw_load_vector(ld, HW_W_FINAL_BETA, 0, &model->final_beta)) return false;
  if (factor == 1) return true;
  float *gain = hw_load_constant(ld, (size_t)c->d_model, factor), *offset = hw_load_constant(ld, (size_t)c->d_model, factor);
  if (!gain || !offset) return false;
  if (model->final_gamma) hw_multiply(gain, model->final_gamma, (size_t)c->d_model);
  if (model->final_beta) hw_multiply(offset, model->final_beta, (size_t)c->d_model);
  model->final_gamma = gain;
  if (model->final_beta) model->final_beta = offset;
  return true;
}

/* A tensor that no weight used means that the model is not what the family's row describes. */
static bool check_leftovers(hw_loader *ld) {
  for (size_t i = 0; i < ld->weights->n_tensors; i++) {
    const hw_tensor *tensor = &ld->weights->tensors[i];
    if (tensor->used || hw_lookup_ignores(&ld->lookup, tensor->name)) continue;
    return hw_fail(ld->err, HW_ERROR_UNSUPPORTED, "%s: tensor %s has no place in a %s model", tensor->path, tensor->name, ld->family->model_type);
  }
  return true;
}

/* Tensors that say what the weights are: parts of a sum or a product that is not computed. */
static bool refuse_other_tensors(hw_loader *ld) {
  static const struct { const char *part, *what; } kinds[] = {
      {".lora_", "of a LoRA adapter that is not merged; merge_and_unload() and save_pretrained(DIR) in PEFT write the merged model"},
      {".qweight", "of weights that are quantised as by GPTQ or AWQ, which are not read; the model that they were made from has whole weights"}};
  for (size_t i = 0; i < ld->weights->n_tensors; i++)
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
      if (strstr(ld->weights->tensors[i].name, kinds[k].part))
        return hw_fail(ld->err, HW_ERROR_UNSUPPORTED, "%s: tensor %s is %s", ld->weights->tensors[i].path, ld->weights->tensors[i].name, kinds[k].what);
  return true;
}

/* What the user should know: what was taken off the names of tensors, tensors that nobody reads, and what config.json asks for in vain. */
static bool make_notice(hw_loader *ld) {
  enum { SHOWN = 4 };
  size_t n = 0;
  hw_buffer text;
  hw_buffer_init(&text);
  if (ld->lookup.wrapper[0]) hw_buffer_printf(&text, "\"%s\" before the names of all tensors is left out", ld->lookup.wrapper);
  for (size_t i = 0; i < ld->weights->n_tensors; i++) {
    const hw_tensor *tensor = &ld->weights->tensors[i];
    if (tensor->used || hw_lookup_is_buffer(&ld->lookup, tensor->name)) continue;
    if (n < SHOWN) hw_buffer_printf(&text, "%s%.200s", n ? ", " : text.length ? "; tensors not used: " : "tensors not used: ", tensor->name);
    n++;
  }
  if (n > SHOWN) hw_buffer_printf(&text, " and %zu more", n - SHOWN);
  for (size_t i = 0; i < ld->weights->n_absent && i < SHOWN; i++)
    hw_buffer_printf(&text, "%s%.200s", i ? ", " : text.length ? "; in the index and in no file: " : "in the index and in no file: ", ld->weights->absent[i].name);
  if (ld->weights->n_absent > SHOWN) hw_buffer_printf(&text, " and %zu more", ld->weights->n_absent - SHOWN);
  if (ld->weights->n_scaled)
    hw_buffer_printf(&text, "%s%zu weights of F8_E4M3 are multiplied with their scales; activations are not rounded to 8 bits", text.length ? "; " : "",
                     ld->weights->n_scaled);
  if (ld->weights->n_activation_scales) hw_buffer_printf(&text, " (%zu tensors with scales for that are not used)", ld->weights->n_activation_scales);
  if (ld->weights->has_adapter)
    hw_buffer_printf(&text, "%sadapter_config.json is of an adapter, which is not applied: merge_and_unload() and save_pretrained(DIR) in PEFT write the merged model",
                     text.length ? "; " : "");
  if (ld->model->config.notice[0]) hw_buffer_printf(&text, "%s%s", text.length ? "; " : "", ld->model->config.notice);
  bool ok = hw_buffer_check(&text, ld->err);
  if (ok && text.length) {
    hw_hide_controls(text.data);
    ok = (ld->model->notice = hw_arena_copy(ld->arena, text.data, text.length, ld->err)) != NULL;
  }
  hw_buffer_fini(&text);
  return ok;
}

static bool load_weights(hw_loader *ld) {
  hw_model *model = ld->model;
  ld->lookup = hw_lookup_start(&model->config, ld->family, ld->weights);
  set_fusion(model, ld->family);
  model->d_rotary = model->config.positions == HW_POSITION_ROTARY ? (size_t)model->config.rope.rotary_dims : 0;
  model->layers = hw_arena_znew(ld->arena, hw_layer, (size_t)model->config.n_layers, ld->err);
  if (!model->layers || !refuse_other_tensors(ld) || !hw_lookup_check_absent(&ld->lookup, ld->err) || !load_embeddings(ld)) return false;
  for (int64_t l = 0; l < model->config.n_layers; l++)
    if (!load_layer(ld, l, &model->layers[l])) return false;
  model->dtype = model->layers[0].w_o.dtype;
  return load_final_norm(ld) && load_rope_divisors(ld) && fold_final_beta(ld) && check_leftovers(ld) && make_notice(ld) && make_alibi_slopes(ld);
}

/* Appends the hash of file_path (NULL: of folder/name), if the file exists. */
static bool hash_file(const char *file_path, const char *folder, const char *name, hw_buffer *parts, hw_error *err) {
  char *path = file_path ? strdup(file_path) : hw_path_join(folder, name), hex[HW_HASH_HEX];
  bool there = false, ok = path ? hw_file_find(path, &there, err) : hw_fail_memory(err, name);
  if (ok && there && (ok = hw_hash_file(path, hex, err))) hw_buffer_append(parts, hex, sizeof hex);
  free(path);
  return ok;
}

static bool hash_files(hw_model *model, const char *folder, const char *architecture, hw_error *err) {
  char hex[HW_HASH_HEX];
  hw_buffer parts;
  hw_buffer_init(&parts);
  bool ok = hash_file(NULL, folder, "config.json", &parts, err) && hash_file(architecture, folder, "headwater.json", &parts, err);
  const hw_weights *weights = &model->files->weights;
  for (size_t i = 0; i < weights->n_files; i++) {
    hw_hash_bytes(weights->files[i].map.data, weights->files[i].map.size, hex);
    hw_buffer_append(&parts, hex, sizeof hex);
  }
  ok = ok && hw_buffer_check(&parts, err);
  if (ok) hw_hash_bytes(parts.data, parts.length, model->fingerprint);
  hw_buffer_fini(&parts);
  return ok;
}

bool hw_model_check_files(const hw_model *model, hw_error *err) {
  const hw_weights *weights = &model->files->weights;
  for (size_t i = 0; i < weights->n_files; i++)
    if (hw_file_has_changed(&weights->files[i].map, weights->files[i].path, weights->files[i].sample))
      return hw_fail(err, HW_ERROR_INPUT, "%s: the file changed while it was in use", weights->files[i].path);
  return true;
}

static bool open_files(hw_model *model, const char *given, const char *architecture, hw_error *err) {
  model->files = calloc(1, sizeof *model->files);
  if (!model->files) return hw_fail_memory(err, "a model");
  hw_loader ld = {.model = model, .arena = &model->files->arena, .weights = &model->files->weights, .err = err};
  hw_arena_init(ld.arena);
  if (!hw_model_folder_find(given, &model->files->folder, err)) return false;
  const char *folder = model->files->folder.path, *file = model->files->folder.file, *path = file ? given : folder;
  model->path = hw_arena_copy(ld.arena, path, strlen(path), err);
  model->name = model->files->folder.name;
  bool ok = model->path && hw_config_load(folder, file, architecture, ld.arena, &model->config, &ld.family, err) &&
            hw_weights_open(folder, file, ld.weights, err) &&
            hw_weights_find_scales(ld.weights, model->config.quantized ? model->config.scale_block : NULL, err) &&
            load_weights(&ld) && hash_files(model, folder, architecture, err);
  model->weight_bytes = hw_weights_bytes(ld.weights);
  model->format = ld.weights->format;
  return ok;
}

bool hw_model_open(const char *folder, hw_model **model, hw_error *err) { return hw_model_open_as(folder, NULL, model, err); }

bool hw_model_open_as(const char *folder, const char *architecture, hw_model **model, hw_error *err) {
  *model = calloc(1, sizeof **model);
  if (!*model) return hw_fail_memory(err, "a model");
  if (open_files(*model, folder, architecture, err)) return true;
  hw_model_close(*model);
  *model = NULL;
  return false;
}

void hw_model_close(hw_model *model) {
  if (!model) return;
  if (model->files) {
    hw_weights_close(&model->files->weights);
    hw_arena_fini(&model->files->arena);
    hw_model_folder_fini(&model->files->folder);
    free(model->files->packed);
    free(model->files->packed_back);
    free(model->files->screen);
    free(model->files);
  }
  free(model);
}
