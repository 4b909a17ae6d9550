/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rotary.h"

#include <math.h>
#include <string.h>

#include "base/real.h"

/* LLAMA3: by the turns that a pair makes within the original context. */
static double stretch_by_parts(const hw_rope *rope, double frequency) {
  double slow = frequency / rope->factor, turns = rope->original_ctx * frequency / (2 * M_PI);
  if (turns < rope->low_freq_factor) return slow;
  if (turns > rope->high_freq_factor) return frequency;
  double kept = (turns - rope->low_freq_factor) / (rope->high_freq_factor - rope->low_freq_factor);
  return (1 - kept) * slow + kept * frequency;
}

/* YARN: the pair, not rounded, that makes so many turns within the original context. */
static double pair_of_turns(const hw_rope *rope, double turns) {
  return (double)rope->rotary_dims * hw_log(rope->original_ctx / (turns * 2 * M_PI)) / (2 * hw_log(rope->theta));
}

static double magnitude(double factor, double scale) { return factor <= 1 ? 1 : 0.1 * scale * hw_log(factor) + 1; }

static double stretch_yarn(const hw_rope *rope, double *frequency) {
  double low = pair_of_turns(rope, rope->beta_fast > 0 ? rope->beta_fast : 32), high = pair_of_turns(rope, rope->beta_slow > 0 ? rope->beta_slow : 1);
  if (!rope->untruncated) {
    low = floor(low);
    high = ceil(high);
  }
  low = fmax(low, 0);
  high = fmin(high, (double)rope->rotary_dims - 1);
  if (low == high) high += 0.001; /* transformers does so: a step in the place of a ramp */
  for (int64_t t = 0; t < rope->rotary_dims / 2; t++) {
    double slowed = fmin(fmax(((double)t - low) / (high - low), 0), 1);
    frequency[t] = slowed * frequency[t] / rope->factor + (1 - slowed) * frequency[t];
  }
  if (rope->mscale > 0 && rope->mscale_all_dim > 0) return magnitude(rope->factor, rope->mscale) / magnitude(rope->factor, rope->mscale_all_dim);
  return magnitude(rope->factor, 1);
}

static double stretch_longrope(const hw_rope *rope, size_t n_tokens, double *frequency) {
  const double *divisors = (double)n_tokens > rope->original_ctx ? rope->long_factor : rope->short_factor;
  for (int64_t t = 0; t < rope->rotary_dims / 2; t++) frequency[t] /= divisors[t];
  return rope->factor <= 1 ? 1 : sqrt(1 + hw_log(rope->factor) / hw_log(rope->original_ctx));
}

/* DYNAMIC: the base grows with what of the prompt is past the context of training. */
static double dynamic_theta(const hw_rope *rope, size_t n_tokens) {
  double longest = fmax((double)n_tokens, rope->original_ctx), size = (double)rope->rotary_dims;
  return rope->theta * hw_pow(rope->factor * longest / rope->original_ctx - (rope->factor - 1), size / (size - 2));
}

bool hw_model_shares_rows(const hw_model *model, size_t n_tokens) {
  const hw_rope *rope = &model->config.rope;
  bool by_length = model->config.positions == HW_POSITION_ROTARY && (rope->type == HW_ROPE_DYNAMIC || rope->type == HW_ROPE_LONGROPE);
  return !by_length || (double)n_tokens <= rope->original_ctx;
}

double hw_rotary_frequencies(const hw_model *model, size_t n_tokens, bool local, double *frequency) {
  const hw_rope *rope = &model->config.rope;
  double theta = local ? model->config.local_theta : rope->type == HW_ROPE_DYNAMIC ? dynamic_theta(rope, n_tokens) : rope->theta, factor = 1;
  for (size_t t = 0; t < model->d_rotary / 2; t++) frequency[t] = hw_pow(theta, -2.0 * (double)t / (double)model->d_rotary);
  if (local) return 1;
  switch (rope->type) {
    case HW_ROPE_DEFAULT:
    case HW_ROPE_DYNAMIC: break;
    case HW_ROPE_LINEAR:
    case HW_ROPE_LLAMA3:
      for (size_t t = 0; t < model->d_rotary / 2; t++)
        frequency[t] = rope->type == HW_ROPE_LINEAR ? frequency[t] / rope->factor : stretch_by_parts(rope, frequency[t]);
      break;
    case HW_ROPE_YARN: factor = stretch_yarn(rope, frequency); break;
    case HW_ROPE_LONGROPE: factor = stretch_longrope(rope, n_tokens, frequency); break;
  }
  for (size_t t = 0; model->rope_divisors && t < model->d_rotary / 2; t++) frequency[t] /= (double)model->rope_divisors[t];
  return rope->attention_factor > 0 ? rope->attention_factor : factor;
}

void hw_rotary_table(const hw_model *model, size_t n_tokens, size_t begin, bool local, double *frequency, float *cosine, float *sine) {
  size_t half = model->d_rotary / 2;
  double factor = hw_rotary_frequencies(model, n_tokens, local, frequency);
  for (size_t i = begin; i < n_tokens; i++)
    for (size_t t = 0; t < half; t++) {
      double y, x;
      hw_sin_cos((double)i * frequency[t], &y, &x);
      *cosine++ = (float)(factor * x);
      *sine++ = (float)(factor * y);
    }
}

/* Where q, k and v of a group lie in a fused row. */
typedef struct fused_places {
  size_t heads, kv, key, value; /* numbers of q and of k or v, and where k and v begin */
} fused_places;

static fused_places places_of(const hw_model *model) {
  const hw_model_config *c = &model->config;
  size_t heads = (size_t)(c->n_heads * c->d_head) / model->qkv_groups, kv = (size_t)(c->n_kv_heads * c->d_head) / model->qkv_groups;
  return (fused_places){heads, kv, model->value_before_key ? heads + kv : heads, model->value_before_key ? heads : heads + kv};
}

void hw_qkv_sort(const hw_model *model, const float *fused, float *q, float *k, float *v) {
  const fused_places at = places_of(model);
  for (size_t g = 0; g < model->qkv_groups; g++, fused += at.heads + 2 * at.kv) {
    memcpy(q + g * at.heads, fused, at.heads * sizeof *q);
    memcpy(k + g * at.kv, fused + at.key, at.kv * sizeof *k);
    memcpy(v + g * at.kv, fused + at.value, at.kv * sizeof *v);
  }
}

void hw_qkv_values(const hw_model *model, size_t *begin, size_t *end) {
  const fused_places at = places_of(model);
  *begin = at.value;
  *end = (model->qkv_groups - 1) * (at.heads + 2 * at.kv) + at.value + at.kv;
}

void hw_qkv_join(const hw_model *model, const float *q, const float *k, const float *v, float *fused) {
  const fused_places at = places_of(model);
  for (size_t g = 0; g < model->qkv_groups; g++, fused += at.heads + 2 * at.kv) {
    memcpy(fused, q + g * at.heads, at.heads * sizeof *q);
    memcpy(fused + at.key, k + g * at.kv, at.kv * sizeof *k);
    memcpy(fused + at.value, v + g * at.kv, at.kv * sizeof *v);
  }
}
