/* SPDX-License-Identifier: Apache-2.0 */
#include "model/loader.h"

#include <math.h>
#include <string.h>

#include "tensor/kernels.h"
#include "tensor/widen.h"

bool hw_load_check_finite(hw_loader *ld, const hw_tensor *tensor) {
  enum { BLOCK = 4096 };
  float block[BLOCK];
  for (size_t i = 0; i < tensor->n_elements; i += BLOCK) {
    size_t n = tensor->n_elements - i < BLOCK ? tensor->n_elements - i : BLOCK;
    hw_widen_from(tensor->data, tensor->dtype, i, n, block);
    hw_apply_scales(tensor->scales, i, n, block);
    if (hw_all_finite(block, n)) continue;
    size_t at = 0;
    while (at + 1 < n && isfinite(block[at])) at++;
    return hw_fail(ld->err, HW_ERROR_INPUT, "%s: %s holds %f at element %zu, want finite numbers", tensor->path, tensor->name,
                   (double)block[at], i + at);
  }
  return true;
}

/* The numbers where the file holds them; those of a view with gaps, and of a transposed one where only the plain order will do, are
 * copied. Checks that all are finite. NULL and err filled otherwise. */
static const void *take_data(hw_loader *ld, const hw_tensor *tensor, bool in_order) {
  hw_tensor dense = *tensor;
  if (tensor->strides || (tensor->transposed && in_order)) dense.data = hw_tensor_gather(ld->weights, tensor, ld->arena, ld->err);
  return dense.data && hw_load_check_finite(ld, &dense) ? dense.data : NULL;
}

static bool is_gamma(hw_weight weight) {
  return weight == HW_W_ATTN_NORM_GAMMA || weight == HW_W_FFN_NORM_GAMMA || weight == HW_W_FINAL_GAMMA || weight == HW_W_ATTN_OUT_GAMMA ||
         weight == HW_W_FFN_OUT_GAMMA || weight == HW_W_Q_NORM_GAMMA || weight == HW_W_K_NORM_GAMMA ||
         weight == HW_W_EMBEDDING_NORM_GAMMA;
}

bool hw_load_vector(hw_loader *ld, hw_weight weight, int64_t layer, const float **vector) {
  const hw_weight_row *row = hw_family_weight(ld->family, weight);
  size_t n_items = row ? (size_t)hw_lookup_items(&ld->lookup, row) : 0, filled = 0;
  float *widened = NULL;
  *vector = NULL;
  for (size_t item = 0; item < n_items; item++) {
    hw_tensor *tensor;
    if (!hw_lookup_find(&ld->lookup, weight, layer, (int64_t)item, &tensor, ld->err)) return false;
    if (!tensor) return true;
    const void *data = take_data(ld, tensor, true);
    if (!data || (!widened && !(widened = hw_arena_new(ld->arena, float, n_items * tensor->n_elements, ld->err)))) return false;
    hw_widen(data, tensor->dtype, tensor->n_elements, widened + filled);
    filled += tensor->n_elements;
  }
  if (ld->family->gamma_plus_one && is_gamma(weight))
    for (size_t i = 0; i < filled; i++) widened[i] += 1.0f;
  *vector = widened;
  return true;
}

float *hw_load_constant(hw_loader *ld, size_t n, double value) {
  float *constant = hw_arena_new(ld->arena, float, n, ld->err);
  for (size_t i = 0; constant && i < n; i++) constant[i] = (float)value;
  return constant;
}

/* [head, in, d_head] to [in, head * d_head], copied: models that keep their heads apart are small. */
static bool join_heads(hw_loader *ld, hw_matrix *matrix) {
  size_t size = hw_dtype_size(matrix->dtype), row = (size_t)ld->model->config.d_head * size, n_heads = matrix->n_out * size / row;
  unsigned char *joined = hw_arena_alloc(ld->arena, matrix->n_in * matrix->n_out, size, ld->err);
  if (!joined) return false;
  for (size_t h = 0; h < n_heads; h++)
    for (size_t i = 0; i < matrix->n_in; i++)
      memcpy(joined + (i * n_heads + h) * row, (const unsigned char *)matrix->data + (h * matrix->n_in + i) * row, row);
  matrix->data = joined;
  return true;
}

bool hw_load_item(hw_loader *ld, hw_weight weight, int64_t layer, int64_t item, hw_matrix *matrix) {
  hw_tensor *tensor;
  *matrix = (hw_matrix){0};
  if (!hw_lookup_find(&ld->lookup, weight, layer, item, &tensor, ld->err)) return false;
  if (!tensor) return true;
  const hw_weight_shape *shape = &hw_weight_shapes[weight];
  bool table = shape->out == HW_EXT_VOCAB || shape->out == HW_EXT_VOCAB_OUT || shape->out == HW_EXT_CTX; /* its rows are looked up */
  const void *data = take_data(ld, tensor, table);
  if (!data) return false;
  bool in_first = (hw_lookup_layout(&ld->lookup, weight) != HW_LAYOUT_LINEAR) != (tensor->transposed && !table);
  size_t n_in = (size_t)hw_lookup_extent(&ld->lookup, shape->in), n_out = (size_t)hw_lookup_extent(&ld->lookup, shape->out);
  *matrix = (hw_matrix){.data = data, .dtype = tensor->dtype, .scales = tensor->scales, .n_in = n_in, .n_out = n_out,
                        .stride = in_first ? n_out : n_in, .in_first = in_first};
  bool apart = tensor->n_dims == 3 && shape->in == HW_EXT_D_MODEL; /* [head, in, d_head]; W_O's [head, d_head, out] is one matrix */
  return !apart || join_heads(ld, matrix);
}

bool hw_load_matrix(hw_loader *ld, hw_weight weight, int64_t layer, hw_matrix *matrix) { return hw_load_item(ld, weight, layer, 0, matrix); }

bool hw_load_stack(hw_loader *ld, hw_weight weight, int64_t layer, hw_matrix *matrix) {
  hw_tensor *tensor;
  *matrix = (hw_matrix){0};
  if (!hw_lookup_find(&ld->lookup, weight, layer, 0, &tensor, ld->err)) return false;
  if (!tensor) return true;
  const void *data = take_data(ld, tensor, true);
  size_t n_first = (size_t)tensor->shape[0] * (size_t)tensor->shape[1], n_last = (size_t)tensor->shape[2];
  *matrix = (hw_matrix){.data = data, .dtype = tensor->dtype, .scales = tensor->scales, .n_in = n_first, .n_out = n_last, .stride = n_last,
                        .in_first = true};
  if (hw_lookup_outputs_first(tensor)) {
    matrix->in_first = false;
    matrix->n_in = n_last;
    matrix->n_out = n_first;
  }
  return data != NULL;
}
