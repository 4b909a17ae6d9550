/* SPDX-License-Identifier: Apache-2.0
 * The matrices of a forward pass that have a row for each row of the batch, and which token has which row. */
#include <string.h>

#include "engine/activations.h"

enum { N_MATRICES = 12 };

/* One matrix a layer, or the same one in all layers. */
typedef struct row_matrices {
  void *list; /* the address of the list in hw_activations */
  size_t count, row_bytes;
  bool same;
} row_matrices;

static void list_matrices(const hw_model *model, hw_activations *acts, row_matrices all[N_MATRICES]) {
  const hw_model_config *c = &model->config;
  size_t layers = (size_t)c->n_layers, of_mixture = c->n_experts ? layers : 0, d = (size_t)c->d_model * sizeof(float);
  size_t heads = (size_t)(c->n_heads * c->d_head) * sizeof(float), kv = (size_t)(c->n_kv_heads * c->d_head) * sizeof(float);
  bool same = acts->batch.states_only;
  size_t of_inputs = acts->batch.keeps_inputs && !c->n_experts ? layers : 0, d_ffn = (size_t)c->d_ffn * sizeof(float);
  const row_matrices list[N_MATRICES] = {
      {&acts->resid, layers + 1, d, false},
      {&acts->mid, layers, d, false},
      {&acts->q, layers, heads, same},
      {&acts->k, layers, kv, same},
      {&acts->v, layers, kv, same},
      {&acts->neurons, layers, hw_active_neurons(c) * sizeof(float), same},
      {&acts->u, of_inputs, d_ffn, false},
      {&acts->p, c->gated ? of_inputs : 0, d_ffn, false},
      {&acts->attn_out_scale, layers, sizeof(float), false},
      {&acts->ffn_out_scale, layers, sizeof(float), false},
      {&acts->experts, of_mixture, (size_t)c->experts_used * sizeof(int32_t), false},
      {&acts->routing, of_mixture, (size_t)c->experts_used * sizeof(float), false},
  };
  memcpy(all, list, sizeof list);
}

/* The lists hold pointers to several types: they are read and written as bytes. */
static void *matrix_of(const row_matrices *matrices, size_t i) {
  char *list;
  void *matrix;
  memcpy(&list, matrices->list, sizeof list);
  memcpy(&matrix, list + i * sizeof matrix, sizeof matrix);
  return matrix;
}

static bool make_list(const row_matrices *matrices, hw_arena *arena, hw_error *err) {
  if (matrices->count == 0) return true;
  void *list = hw_arena_alloc(arena, matrices->count, sizeof(void *), err);
  if (list) memcpy(matrices->list, &list, sizeof list);
  return list != NULL;
}

static void put_matrix(const row_matrices *matrices, size_t i, const void *matrix) {
  char *list;
  memcpy(&list, matrices->list, sizeof list);
  memcpy(list + i * sizeof matrix, &matrix, sizeof matrix);
}

bool hw_activations_make(const hw_model *model, size_t n_rows, bool states_only, bool keeps_inputs, hw_arena *arena, hw_activations *acts, hw_error *err) {
  row_matrices all[N_MATRICES];
  *acts = (hw_activations){.model = model, .batch = {.states_only = states_only, .keeps_inputs = keeps_inputs}};
  list_matrices(model, acts, all);
  for (size_t m = 0; m < N_MATRICES; m++) {
    if (!make_list(&all[m], arena, err)) return false;
    for (size_t i = 0; i < all[m].count; i++) {
      void *matrix = all[m].same && i > 0 ? matrix_of(&all[m], 0) : hw_arena_alloc(arena, n_rows, all[m].row_bytes, err);
      if (!matrix) return false;
      put_matrix(&all[m], i, matrix);
    }
  }
  return true;
}

size_t hw_activations_bytes(const hw_model *model, size_t n_rows, bool states_only, bool keeps_inputs) {
  hw_activations acts = {.batch = {.states_only = states_only, .keeps_inputs = keeps_inputs}};
  row_matrices all[N_MATRICES];
  size_t bytes = 0;
  list_matrices(model, &acts, all);
  for (size_t m = 0; m < N_MATRICES; m++)
    bytes += (all[m].same ? 1 : all[m].count) * (n_rows * all[m].row_bytes + HW_ARENA_OVERHEAD) + all[m].count * sizeof(void *) + HW_ARENA_OVERHEAD;
  return bytes;
}

bool hw_activations_from(const hw_activations *all_rows, size_t first, hw_arena *arena, hw_activations *acts, hw_error *err) {
  hw_activations from = *all_rows;
  row_matrices all[N_MATRICES], own[N_MATRICES];
  *acts = from;
  acts->batch.n_rows -= first;
  list_matrices(from.model, &from, all);
  list_matrices(from.model, acts, own);
  for (size_t m = 0; m < N_MATRICES; m++) {
    if (!make_list(&own[m], arena, err)) return false;
    for (size_t i = 0; i < own[m].count; i++) put_matrix(&own[m], i, (const char *)matrix_of(&all[m], i) + first * all[m].row_bytes);
  }
  return true;
}

void hw_activations_copy(const hw_activations *from, size_t first_from, const hw_activations *to, size_t first_to, size_t n) {
  hw_activations source = *from, target = *to;
  row_matrices all[N_MATRICES], own[N_MATRICES];
  list_matrices(source.model, &source, all);
  list_matrices(source.model, &target, own);
  for (size_t m = 0; m < N_MATRICES; m++)
    for (size_t i = 0; i < all[m].count; i++)
      memcpy((char *)matrix_of(&own[m], i) + first_to * own[m].row_bytes, (const char *)matrix_of(&all[m], i) + first_from * all[m].row_bytes,
             n * all[m].row_bytes);
}

size_t hw_batch_tokens(const hw_batch *batch, size_t prompt) { return batch->first[prompt + 1] - batch->first[prompt]; }

size_t hw_batch_row(const hw_batch *batch, size_t prompt, size_t i) {
  size_t token = batch->first[prompt] + i;
  return batch->rows ? batch->rows[token] : token;
}

size_t hw_batch_run(const hw_batch *batch, size_t prompt, size_t i, size_t most) {
  const size_t *rows = batch->rows ? batch->rows + batch->first[prompt] + i : NULL;
  size_t n = 1, tokens = hw_batch_tokens(batch, prompt), left = i < tokens ? tokens - i : 0;
  if (most > left) most = left;
  if (!rows || !most || rows[most - 1] == rows[0] + most - 1) return most;
  while (n < most && rows[n] == rows[0] + n) n++;
  return n;
}

const float *hw_batch_gather(const hw_batch *batch, size_t prompt, size_t i, size_t n, const float *matrix, size_t ld, size_t width, float *space,
                             size_t *stride) {
  size_t run = hw_batch_run(batch, prompt, i, n);
  *stride = run == n ? ld : width;
  if (run == n) return matrix + hw_batch_row(batch, prompt, i) * ld;
  for (size_t j = 0; j < n; j++) memcpy(space + j * width, matrix + hw_batch_row(batch, prompt, i + j) * ld, width * sizeof *space);
  return space;
}
