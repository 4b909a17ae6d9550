/* SPDX-License-Identifier: Apache-2.0
 * Fuzzed weights: what is read of the tensors of a file. */
#ifndef HW_TESTS_FUZZ_WEIGHTS_H
#define HW_TESTS_FUZZ_WEIGHTS_H

#include "input.h"
#include "tensor/widen.h"
#include "weights/tensors.h"

/* Reads the first and the last numbers of every tensor. */
static inline void fuzz_touch(hw_weights *weights) {
  enum { MOST = 300 };
  float numbers[MOST];
  for (size_t i = 0; i < weights->n_tensors; i++) {
    hw_tensor *tensor = &weights->tensors[i];
    if (hw_weights_find(weights, tensor->name) != tensor) abort();
    if (!tensor->readable || tensor->n_elements == 0) continue;
    const void *data = tensor->data;
    hw_error err = {0};
    hw_arena arena;
    hw_arena_init(&arena);
    if (tensor->strides || tensor->transposed) data = hw_tensor_gather(weights, tensor, &arena, &err);
    size_t n = tensor->n_elements < MOST ? tensor->n_elements : MOST;
    if (!data) fuzz_check_error(&err);
    if (data) hw_widen(data, tensor->dtype, n, numbers);
    if (data) hw_widen_from(data, tensor->dtype, tensor->n_elements - n, n, numbers);
    hw_apply_scales(tensor->scales, tensor->n_elements - n, n, numbers);
    hw_arena_fini(&arena);
  }
}

/* One file, through its reader. */
static inline int fuzz_reader(hw_weights_reader *read, const uint8_t *data, size_t size) {
  hw_error err = {0};
  hw_weights weights = {0};
  (void)fuzz_start();
  hw_arena_init(&weights.arena);
  const int64_t block[2] = {2, 3};
  const char *path = fuzz_file("weights", data, size);
  if (read(&weights, path, &err) && hw_weights_sort(&weights, &err) && hw_weights_find_scales(&weights, block, &err))
    fuzz_touch(&weights);
  else
    fuzz_check_error(&err);
  hw_weights_close(&weights);
  return 0;
}

#endif
