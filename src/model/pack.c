/* SPDX-License-Identifier: Apache-2.0
 * All matrices that a model multiplies by: packed once for many products, rounded to BF16, or handed to OpenBLAS. */
#include "base/memory.h"
#include "headwater/model.h"
#include "model/loader.h"
#include "tensor/pack.h"

typedef void visit(hw_matrix *matrix, void *what);

/* All but routers. */
static void visit_layer(const hw_model_config *config, hw_layer *layer, visit *one, void *what) {
  hw_matrix *matrices[] = {&layer->w_q, &layer->w_k, &layer->w_v, &layer->w_qkv, &layer->w_o, &layer->w_gate, &layer->w_in, &layer->w_out};
  for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++) one(matrices[i], what);
  for (size_t part = 0; layer->experts && part < hw_ffn_parts(config); part++) {
    hw_expert *expert = &layer->experts[part];
    hw_matrix *of_expert[] = {&expert->w_gate, &expert->w_in, &expert->w_gate_in, &expert->w_out};
    for (size_t i = 0; i < sizeof of_expert / sizeof *of_expert; i++) one(of_expert[i], what);
  }
}

static void visit_all(hw_model *model, visit *one, void *what) {
  for (int64_t l = 0; l < model->config.n_layers; l++) {
    visit_layer(&model->config, &model->layers[l], one, what);
    one(&model->layers[l].w_router, what);
    one(&model->layers[l].w_shared_router, what);
  }
  one(&model->unembed, what);
}

static void use_blas(hw_matrix *matrix, void *what) {
  (void)what;
  matrix->blas = true;
}

void hw_model_use_blas(hw_model *model) { visit_all(model, use_blas, NULL); }

static void use_bf16(hw_matrix *matrix, void *what) {
  (void)what;
  matrix->bf16 = true;
}

void hw_model_use_bf16(hw_model *model) {
  for (int64_t l = 0; l < model->config.n_layers; l++) visit_layer(&model->config, &model->layers[l], use_bf16, NULL);
}

static void add_cells(hw_matrix *matrix, void *sum) {
  if (matrix->data) *(size_t *)sum += hw_packed_cells(matrix);
}

size_t hw_model_packed_bytes(const hw_model *model) {
  hw_model copy = *model; /* visitors take matrices that they may change */
  size_t cells = 0;
  visit_all(&copy, add_cells, &cells);
  return cells * HW_CELL_BYTES;
}

typedef struct packing {
  char *at;
  int threads;
} packing;

static void pack(hw_matrix *matrix, void *what) {
  packing *p = what;
  if (!matrix->data) return;
  size_t panels = hw_pack_panels(matrix), step = hw_pack_depth(matrix, matrix->n_in) * HW_PACK_WIDTH;
  char *packed = p->at;
#pragma omp parallel for num_threads(p->threads)
  for (size_t i = 0; i < panels; i++) hw_pack_panel(matrix, i, 0, matrix->n_in, packed + i * step * HW_CELL_BYTES);
  matrix->packed = packed;
  matrix->packed_step = step;
  p->at += panels * step * HW_CELL_BYTES;
}

bool hw_model_pack(hw_model *model, int threads, hw_error *err) {
  char *memory = hw_memory_large(hw_model_packed_bytes(model));
  if (!memory) return hw_fail_memory(err, "packed weights");
  visit_all(model, pack, &(packing){.at = memory, .threads = threads});
  model->files->packed = memory;
  hw_weights_forget(&model->files->weights);
  return true;
}
