/* SPDX-License-Identifier: Apache-2.0
 * Means of what heads and FFNs give, position by position, over the counterfactuals (else the prompts) of one group and length. They are
 * summed up as integers, so that they do not depend on the order in which workers come. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "certify/certify.h"
#include "engine/heads.h"

static const double MEAN_UNIT = 16777216; /* sums are in 2^-24 */

static size_t row_width(const hw_certifying *c) { return (size_t)(c->model->config.n_heads * c->model->config.d_head + c->model->config.d_model); }
static size_t count_numbers(const hw_certifying *c, const hw_means *means) { return c->info.n_layers * (size_t)means->n_tokens * row_width(c); }

size_t hw_means_bytes(const hw_certifying *c, const hw_means *means) { return count_numbers(c, means) * (sizeof(int64_t) + sizeof(float)); }

static int by_class(const void *a, const void *b) {
  const hw_certify_item *x = a, *y = b;
  if (x->group_id != y->group_id) return x->group_id < y->group_id ? -1 : 1;
  if (x->n_tokens != y->n_tokens) return x->n_tokens < y->n_tokens ? -1 : 1;
  return x->prompt_id < y->prompt_id ? -1 : x->prompt_id > y->prompt_id;
}

/* Whether the prompt's counterfactual, or the prompt itself where the database has no counterfactuals, gives to the mean. */
static bool gives(const hw_certifying *c, const hw_certify_item *item) {
  return !c->with_reference || (item->counterfactual >= 0 && item->n_counterfactual == item->n_tokens);
}

bool hw_means_make(hw_certifying *c, hw_certify_item *items, size_t n, hw_error *err) {
  if (n) qsort(items, n, sizeof *items, by_class);
  c->n_means = 0;
  c->means = hw_arena_znew(c->arena, hw_means, n, err);
  if (!c->means) return false;
  for (size_t i = 0; i < n; i++) {
    if (i == 0 || items[i].group_id != items[i - 1].group_id || items[i].n_tokens != items[i - 1].n_tokens)
      c->means[c->n_means++] = (hw_means){.group_id = items[i].group_id, .n_tokens = items[i].n_tokens};
    items[i].class = c->n_means - 1;
    c->means[c->n_means - 1].n += gives(c, &items[i]);
  }
  return true;
}

bool hw_means_begin(const hw_certifying *c, hw_means *means, hw_error *err) {
  means->sums = calloc(count_numbers(c, means), sizeof *means->sums);
  return means->sums || hw_fail_memory(err, "means");
}

/* Adds n numbers. A sum of so many prompts as a database holds stays within 63 bits. */
static bool add(const hw_certifier *w, const hw_certify_item *item, const float *values, size_t n, int64_t *sums) {
  const double most = 0x1p62 / MEAN_UNIT / (double)(w->shared->n_items + 1);
  for (size_t e = 0; e < n; e++) {
    if (!(fabs((double)values[e]) < most)) return hw_fail(w->err, HW_ERROR_UNSUPPORTED, "prompt %lld: an activation is too large for a mean, or no finite number", (long long)item->prompt_id);
    sums[e] += llrint((double)values[e] * MEAN_UNIT);
  }
  return true;
}

static bool add_prompt(hw_certifier *w, const hw_certify_item *item, size_t prompt, hw_means *means, float *weights, float *values, float *numbers) {
  const hw_model_config *config = &w->shared->model->config;
  size_t width = row_width(w->shared), heads = (size_t)(config->n_heads * config->d_head), d = (size_t)config->d_model;
  for (size_t l = 0; l < w->shared->info.n_layers; l++)
    for (size_t i = 0; i < means->n_tokens; i++) {
      size_t row = hw_batch_row(&w->acts.batch, prompt, i) * d;
      hw_mix_heads(&w->acts, l, prompt, i, weights, values, numbers);
      for (size_t e = 0; e < d; e++) numbers[heads + e] = w->acts.resid[l + 1][row + e] - w->acts.mid[l][row + e];
      if (!add(w, item, numbers, width, means->sums + (l * means->n_tokens + i) * width)) return false;
    }
  return true;
}

bool hw_means_add(hw_certifier *w) {
  hw_arena_reset(&w->scratch);
  for (size_t i = 0; i < w->n_prompts; i++) {
    const hw_certified_prompt *p = &w->prompts[i];
    hw_means *means = &w->shared->means[p->item->class];
    if (!gives(w->shared, p->item)) continue;
    float *weights = hw_arena_new(&w->scratch, float, means->n_tokens, w->err);
    float *values = hw_arena_new(&w->scratch, float, means->n_tokens * (size_t)w->shared->model->config.d_head, w->err);
    float *numbers = hw_arena_new(&w->scratch, float, row_width(w->shared), w->err);
    if (!weights || !values || !numbers) return false;
    if (!add_prompt(w, p->item, w->shared->with_reference ? p->reference_in_batch : p->in_batch, means, weights, values, numbers)) return false;
  }
  return true;
}

bool hw_means_end(const hw_certifying *c, hw_means *means, hw_error *err) {
  size_t n_layers = c->info.n_layers, width = row_width(c), heads = (size_t)(c->model->config.n_heads * c->model->config.d_head), d = width - heads;
  means->mixes = calloc(n_layers, sizeof *means->mixes);
  means->ffn = calloc(n_layers, sizeof *means->ffn);
  if (!means->mixes || !means->ffn) return hw_fail_memory(err, "means");
  for (size_t l = 0; l < n_layers; l++) {
    means->mixes[l] = malloc(means->n_tokens * heads * sizeof(float) + 1);
    means->ffn[l] = malloc(means->n_tokens * d * sizeof(float) + 1);
    if (!means->mixes[l] || !means->ffn[l]) return hw_fail_memory(err, "means");
    for (size_t i = 0; i < means->n_tokens; i++) {
      const int64_t *sums = means->sums + (l * means->n_tokens + i) * width;
      for (size_t e = 0; e < width; e++) {
        float mean = means->n ? (float)((double)sums[e] / MEAN_UNIT / (double)means->n) : 0;
        if (e < heads) means->mixes[l][i * heads + e] = mean;
        else means->ffn[l][i * d + e - heads] = mean;
      }
    }
  }
  free(means->sums);
  means->sums = NULL;
  return true;
}

void hw_means_fini(const hw_certifying *c, hw_means *means) {
  for (size_t l = 0; l < c->info.n_layers; l++) {
    if (means->mixes) free(means->mixes[l]);
    if (means->ffn) free(means->ffn[l]);
  }
  free(means->mixes);
  free(means->ffn);
  free(means->sums);
  means->mixes = means->ffn = NULL;
  means->sums = NULL;
}
