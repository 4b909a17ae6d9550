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

static void visit_layers(hw_model *model, visit *one, void *what) {
  for (int64_t l = 0; l < model->config.n_layers; l++) visit_layer(&model->config, &model->layers[l], one, what);
}

void hw_model_use_bf16(hw_model *model) { visit_layers(model, use_bf16, NULL); }

static void add_cells(hw_matrix *matrix, void *sum) {
  if (matrix->data) *(size_t *)sum += hw_packed_cells(matrix);
}

size_t hw_model_packed_bytes(const hw_model *model) {
  hw_model copy = *model; /* visitors take matrices that they may change */
  size_t cells = 0;
  visit_all(&copy, add_cells, &cells);
  return cells * HW_CELL_BYTES;
}

static void add_back_cells(hw_matrix *matrix, void *sum) {
  const hw_matrix back = hw_matrix_transposed(matrix);
  if (matrix->data) *(size_t *)sum += hw_packed_cells(&back);
}

size_t hw_model_packed_back_bytes(const hw_model *model) {
  hw_model copy = *model;
  size_t cells = 0;
  visit_layers(&copy, add_back_cells, &cells);
  return cells * HW_CELL_BYTES;
}

typedef struct packing {
  char *at;
  int threads;
} packing;

/* The panels of a matrix and, in *step, the cells of one. */
static const void *pack_panels(packing *p, const hw_matrix *matrix, size_t *step) {
  size_t panels = hw_pack_panels(matrix), cells = hw_pack_depth(matrix, matrix->n_in) * HW_PACK_WIDTH;
  char *packed = p->at;
#pragma omp parallel for num_threads(p->threads)
  for (size_t i = 0; i < panels; i++) hw_pack_panel(matrix, i, 0, matrix->n_in, packed + i * cells * HW_CELL_BYTES);
  p->at += panels * cells * HW_CELL_BYTES;
  *step = cells;
  return packed;
}

static void pack(hw_matrix *matrix, void *what) {
  if (matrix->data) matrix->packed = pack_panels(what, matrix, &matrix->packed_step);
}

static void pack_back(hw_matrix *matrix, void *what) {
  const hw_matrix back = hw_matrix_transposed(matrix);
  if (matrix->data) matrix->packed_back = pack_panels(what, &back, &matrix->packed_back_step);
}

/* Memory of its own in *memory for what `one` packs of each matrix that `each` visits; nothing where that is done already. */
static bool pack_all(hw_model *model, void (*each)(hw_model *, visit *, void *), visit *one, size_t bytes, int threads, void **memory, hw_error *err) {
  if (*memory) return true;
  *memory = hw_memory_large(bytes);
  if (!*memory) return hw_fail_memory(err, "packed weights");
  each(model, one, &(packing){.at = *memory, .threads = threads});
  hw_weights_forget(&model->files->weights);
  return true;
}

bool hw_model_pack(hw_model *model, int threads, hw_error *err) {
  return pack_all(model, visit_all, pack, hw_model_packed_bytes(model), threads, &model->files->packed, err);
}

bool hw_model_pack_back(hw_model *model, int threads, hw_error *err) {
  return pack_all(model, visit_layers, pack_back, hw_model_packed_back_bytes(model), threads, &model->files->packed_back, err);
}
