/* SPDX-License-Identifier: Apache-2.0
 * MXFP4, as GPT-OSS is published: NAME_blocks [expert, out, in / 32, 16] has two numbers of F4_E2M1 in a byte, the lower half first, and
 * NAME_scales [expert, out, in / 32] an exponent for each 32 of them (OCP Microscaling Formats 1.0). */
#include <stdio.h>
#include <string.h>

#include "weights/tensors.h"

enum { NUMBERS = 32, BYTES = NUMBERS / 2, NAME_SIZE = 256, RESERVED = 255 };

static const char blocks_ending[] = "_blocks", scales_ending[] = "_scales";

static size_t base_length(const char *name) {
  size_t length = strlen(name), ending = sizeof blocks_ending - 1;
  return length > ending && strcmp(name + length - ending, blocks_ending) == 0 ? length - ending : 0;
}

static bool are_bytes(const hw_tensor *tensor, int n_dims) {
  return strcmp(tensor->dtype_name, "U8") == 0 && tensor->n_dims == n_dims && !tensor->strides && !tensor->transposed &&
         tensor->n_elements > 0;
}

/* Makes one tensor [expert, out, in] of the two; its name is changed by the caller. */
static bool join(hw_weights *weights, hw_tensor *tensor, hw_error *err) {
  char name[NAME_SIZE], has[96];
  int length = snprintf(name, sizeof name, "%.*s%s", (int)base_length(tensor->name), tensor->name, scales_ending);
  hw_tensor *exponents = length > 0 && length < NAME_SIZE ? hw_weights_find(weights, name) : NULL;
  if (!exponents) return hw_fail(err, HW_ERROR_INPUT, "%s: %s is there, but no %.200s", tensor->path, tensor->name, name);
  if (!are_bytes(exponents, 3) || memcmp(exponents->shape, tensor->shape, 3 * sizeof *tensor->shape) != 0) {
    char of[96];
    hw_shape_format(exponents->shape, exponents->n_dims, has);
    hw_shape_format(tensor->shape, tensor->n_dims, of);
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s has shape %s of %s, want one U8 for each %d bytes of %s", exponents->path, exponents->name,
                   has, exponents->dtype_name, BYTES, of);
  }
  if (memchr(exponents->data, RESERVED, exponents->n_elements))
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s holds the exponent 255, which stands for no number", exponents->path, exponents->name);
  hw_scales *scales = hw_arena_new(&weights->arena, hw_scales, 1, err);
  if (!scales) return false;
  size_t row_blocks = (size_t)tensor->shape[2], row = row_blocks * NUMBERS;
  *scales = (hw_scales){.exponents = exponents->data, .row_length = row, .block_rows = 1, .block_columns = NUMBERS, .row_blocks = row_blocks};
  exponents->used = true;
  tensor->scales = scales;
  tensor->dtype = HW_F4_E2M1;
  tensor->readable = true;
  (void)snprintf(tensor->dtype_name, sizeof tensor->dtype_name, "%s", hw_dtype_name(HW_F4_E2M1));
  tensor->shape[2] = (int64_t)row;
  tensor->n_dims = 3;
  tensor->n_elements *= 2;
  return true;
}

bool hw_weights_join_mxfp4(hw_weights *weights, hw_error *err) {
  for (size_t i = 0; i < weights->n_tensors; i++) {
    hw_tensor *tensor = &weights->tensors[i];
    if (base_length(tensor->name) && are_bytes(tensor, 4) && tensor->shape[3] == BYTES && !join(weights, tensor, err)) return false;
  }
  for (size_t i = 0; i < weights->n_tensors; i++) { /* behind the look-ups, which want the names in order */
    hw_tensor *tensor = &weights->tensors[i];
    if (!tensor->readable || tensor->dtype != HW_F4_E2M1) continue;
    if (!(tensor->name = hw_arena_copy(&weights->arena, tensor->name, base_length(tensor->name), err))) return false;
  }
  return hw_weights_sort(weights, err);
}
