/* SPDX-License-Identifier: Apache-2.0 */
#include "weights/tensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

hw_weights_file *hw_weights_add_file(hw_weights *weights, const char *path, hw_error *err) {
  if (!hw_list_reserve(weights->files, weights->n_files, 1, weights->files_capacity, &weights->arena, err)) return NULL;
  hw_weights_file *file = &weights->files[weights->n_files];
  if (!(file->path = hw_arena_copy(&weights->arena, path, strlen(path), err)) || !hw_file_open(path, &file->map, err)) return NULL;
  file->sample = hw_file_sample(&file->map);
  weights->n_files++;
  return file;
}

hw_tensor *hw_weights_next_tensor(hw_weights *weights, hw_error *err) {
  if (!hw_list_reserve(weights->tensors, weights->n_tensors, 1, weights->tensors_capacity, NULL, err)) return NULL;
  return memset(&weights->tensors[weights->n_tensors], 0, sizeof *weights->tensors);
}

bool hw_tensor_count(hw_tensor *tensor, hw_error *err) {
  tensor->n_elements = 1;
  for (int d = 0; d < tensor->n_dims; d++)
    if (tensor->shape[d] < 0 || !hw_size_product(tensor->n_elements, (size_t)tensor->shape[d], &tensor->n_elements))
      return hw_fail(err, HW_ERROR_INPUT, "%s: %s: a dimension is no count, or the shape is too large", tensor->path, tensor->name);
  return true;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const hw_tensor *)a)->name, ((const hw_tensor *)b)->name);
}

bool hw_weights_sort(hw_weights *weights, hw_error *err) {
  if (weights->n_tensors) qsort(weights->tensors, weights->n_tensors, sizeof *weights->tensors, by_name);
  for (size_t i = 1; i < weights->n_tensors; i++)
    if (by_name(&weights->tensors[i - 1], &weights->tensors[i]) == 0)
      return hw_fail(err, HW_ERROR_INPUT, "%s: tensor %s is there twice, also in %s", weights->tensors[i].path, weights->tensors[i].name,
                     weights->tensors[i - 1].path);
  return true;
}

void hw_weights_forget(const hw_weights *weights) {
  for (size_t i = 0; i < weights->n_files; i++) hw_file_forget(&weights->files[i].map);
}

hw_tensor *hw_weights_find(const hw_weights *weights, const char *name) {
  hw_tensor key = {.name = name};
  return weights->n_tensors ? bsearch(&key, weights->tensors, weights->n_tensors, sizeof *weights->tensors, by_name) : NULL;
}

const void *hw_tensor_gather(hw_weights *weights, const hw_tensor *tensor, hw_arena *arena, hw_error *err) {
  size_t size = hw_dtype_size(tensor->dtype), bytes;
  if (!hw_size_product(tensor->n_elements, size, &bytes) || bytes > hw_weights_bytes(weights) - weights->gathered)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: %s: views of shared storages, written out, have more bytes than the files", tensor->path, tensor->name), NULL;
  unsigned char *out = hw_arena_alloc(arena, tensor->n_elements, size, err);
  if (!out) return NULL;
  weights->gathered += bytes;
  int64_t at[HW_MAX_DIMS] = {0}, columns[2] = {1, tensor->shape[0]};
  const int64_t *strides = tensor->strides ? tensor->strides : columns;
  for (size_t i = 0; i < tensor->n_elements; i++) {
    size_t place = 0;
    for (int d = 0; d < tensor->n_dims; d++) place += (size_t)(at[d] * strides[d]);
    memcpy(out + i * size, (const unsigned char *)tensor->data + place * size, size);
    for (int d = tensor->n_dims - 1; d >= 0 && ++at[d] == tensor->shape[d]; d--) at[d] = 0;
  }
  return out;
}

size_t hw_weights_bytes(const hw_weights *weights) {
  size_t bytes = 0;
  for (size_t i = 0; i < weights->n_files; i++) bytes += weights->files[i].map.size;
  return bytes;
}

void hw_shape_format(const int64_t *shape, int n_dims, char text[96]) {
  size_t used = (size_t)snprintf(text, 96, "[");
  for (int d = 0; d < n_dims && used < 90; d++)
    used += (size_t)snprintf(text + used, 96 - used, "%s%" PRId64, d ? ", " : "", shape[d]);
  (void)snprintf(text + (used < 94 ? used : 94), 96 - (used < 94 ? used : 94), "]");
}

void hw_weights_close(hw_weights *weights) {
  for (size_t i = 0; i < weights->n_files; i++) hw_file_close(&weights->files[i].map);
  free(weights->tensors);
  hw_arena_fini(&weights->arena);
  *weights = (hw_weights){0};
}
