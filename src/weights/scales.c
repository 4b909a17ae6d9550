/* SPDX-License-Identifier: Apache-2.0
 * Scales of weights in F8_E4M3, as DeepSeek, Qwen and llm-compressor write them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tensor/kernels.h"
#include "tensor/widen.h"
#include "weights/tensors.h"

enum { NAME_SIZE = 256 };

static hw_tensor *find_beside(const hw_weights *weights, const hw_tensor *tensor, const char *ending) {
  char name[NAME_SIZE];
  int length = snprintf(name, sizeof name, "%s%s", tensor->name, ending);
  return length > 0 && length < NAME_SIZE ? hw_weights_find(weights, name) : NULL;
}

static size_t blocks_of(int64_t extent, size_t block) { return ((size_t)extent + block - 1) / block; }

/* Which of the three layouts the shape of the scales is. */
static bool find_layout(const hw_tensor *tensor, const hw_tensor *values, const int64_t block[2], hw_scales *scales, hw_error *err) {
  size_t rows = (size_t)tensor->shape[0], columns = (size_t)tensor->shape[1];
  bool table = values->n_dims == 2, list = values->n_dims == 1;
  *scales = (hw_scales){.row_length = columns, .block_rows = rows, .block_columns = columns, .row_blocks = 1};
  if (block[0] > 0) {
    scales->block_rows = (size_t)block[0];
    scales->block_columns = (size_t)block[1];
    scales->row_blocks = blocks_of(tensor->shape[1], scales->block_columns);
    size_t row_count = blocks_of(tensor->shape[0], scales->block_rows);
    if (table && (size_t)values->shape[0] == row_count && (size_t)values->shape[1] == scales->row_blocks) return true;
  } else if (values->n_elements == 1) {
    return true;
  } else if (values->n_elements == rows && (list || (table && values->shape[1] == 1))) {
    scales->block_rows = 1;
    return true;
  }
  char has[96], of[96];
  hw_shape_format(values->shape, values->n_dims, has);
  hw_shape_format(tensor->shape, tensor->n_dims, of);
  if (block[0] > 0)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s has shape %s, want [%zu, %zu]: one for each %" PRId64 " x %" PRId64 " numbers of %s", values->path,
                   values->name, has, blocks_of(tensor->shape[0], scales->block_rows), scales->row_blocks, block[0], block[1], of);
  return hw_fail(err, HW_ERROR_INPUT, "%s: %s has shape %s, want one number, or one for each row of %s", values->path, values->name, has, of);
}

static bool read_scales(hw_weights *weights, hw_tensor *tensor, hw_tensor *values, const int64_t block[2], hw_error *err) {
  hw_scales *scales = hw_arena_new(&weights->arena, hw_scales, 1, err);
  if (!scales || !find_layout(tensor, values, block, scales, err)) return false;
  if (!values->readable || values->dtype > HW_BF16)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: %s has dtype %s, want F32, F16 or BF16", values->path, values->name, values->dtype_name);
  float *widened = hw_arena_new(&weights->arena, float, values->n_elements, err);
  if (!widened) return false;
  hw_widen(values->data, values->dtype, values->n_elements, widened);
  if (!hw_all_finite(widened, values->n_elements))
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s holds a number that is not finite", values->path, values->name);
  scales->values = widened;
  tensor->scales = scales;
  values->used = true;
  return true;
}

/* What an engine that multiplies in 8 bits would round activations with: "mlp.down_proj.input_scale" beside "mlp.down_proj.weight". */
static void count_activation_scales(hw_weights *weights, const hw_tensor *tensor) {
  static const char *const names[] = {"input_scale", "activation_scale"};
  const char *dot = strrchr(tensor->name, '.');
  for (size_t i = 0; dot && i < sizeof names / sizeof *names; i++) {
    char name[NAME_SIZE];
    int length = snprintf(name, sizeof name, "%.*s.%s", (int)(dot - tensor->name), tensor->name, names[i]);
    hw_tensor *found = length > 0 && length < NAME_SIZE ? hw_weights_find(weights, name) : NULL;
    if (!found || found->used) continue;
    found->used = true;
    weights->n_activation_scales++;
  }
}

bool hw_weights_find_scales(hw_weights *weights, const int64_t block[2], hw_error *err) {
  if (block && !hw_weights_join_mxfp4(weights, err)) return false;
  for (size_t i = 0; i < weights->n_tensors; i++) {
    hw_tensor *tensor = &weights->tensors[i];
    if (!tensor->readable || tensor->dtype != HW_F8_E4M3) continue;
    if (!block)
      return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: %s has dtype F8_E4M3, but config.json has no quantization_config that says how it is scaled",
                     tensor->path, tensor->name);
    hw_tensor *values = find_beside(weights, tensor, "_scale"), *other = find_beside(weights, tensor, "_scale_inv");
    if (values && other)
      return hw_fail(err, HW_ERROR_INPUT, "%s: %s has scales under two names, %s and %s", tensor->path, tensor->name, values->name, other->name);
    if (!values) values = other;
    if (!values)
      return hw_fail(err, HW_ERROR_INPUT, "%s: %s has dtype F8_E4M3, but there is no %s_scale or %s_scale_inv", tensor->path, tensor->name,
                     tensor->name, tensor->name);
    if (tensor->n_dims != 2 || tensor->n_elements == 0) {
      char shape[96];
      hw_shape_format(tensor->shape, tensor->n_dims, shape);
      return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: %s of F8_E4M3 has shape %s, want a matrix", tensor->path, tensor->name, shape);
    }
    if (!read_scales(weights, tensor, values, block, err)) return false;
    weights->n_scaled++;
    count_activation_scales(weights, tensor);
  }
  return true;
}
