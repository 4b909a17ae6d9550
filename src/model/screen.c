/* SPDX-License-Identifier: Apache-2.0 */
#include "model/screen.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/loader.h"

/* Below so many tokens a product with all of them costs less. */
enum { LEAST_VOCABULARY = 1024 };

static bool serves(const hw_model *model) {
  const hw_matrix *w = &model->unembed;
  return w->n_out >= LEAST_VOCABULARY && w->n_in <= HW_MOST_QUANTIZED && !w->in_first && !w->blas;
}

/* The struct stands in the first cache lines of the memory. */
static size_t head_bytes(void) { return (sizeof(struct hw_model_screen) + 63) / 64 * 64; }

size_t hw_model_screen_bytes(const hw_model *model) {
  return serves(model) ? head_bytes() + hw_quantized_bytes(&model->unembed) : 0;
}

bool hw_model_screen(hw_model *model, int threads, hw_error *err) {
  size_t bytes = hw_model_screen_bytes(model);
  if (!bytes || model->screen) return true;
  char *memory = hw_memory_large(bytes);
  if (!memory) return hw_fail_memory(err, "the unembedding in 8-bit numbers");
  struct hw_model_screen *screen = (struct hw_model_screen *)(void *)memory;
  *screen = (struct hw_model_screen){0};
  if (!hw_quantize(&model->unembed, threads, memory + head_bytes(), &screen->unembed)) {
    free(memory);
    return true;
  }
  for (size_t v = 0; model->unembed_beta && v < model->unembed.n_out; v++) {
    float size = fabsf(model->unembed_beta[v]);
    if (!(size <= screen->largest_beta)) screen->largest_beta = isfinite(size) ? size : INFINITY;
  }
  model->files->screen = memory;
  model->screen = screen;
  return true;
}

hw_screen_counts hw_model_screen_counts(const hw_model *model) {
  const struct hw_model_screen *s = model->screen;
  return s ? (hw_screen_counts){.vectors = s->vectors, .products = s->products, .tokens = s->tokens, .in_full = s->in_full} : (hw_screen_counts){0};
}
