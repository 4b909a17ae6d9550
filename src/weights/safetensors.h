/* SPDX-License-Identifier: Apache-2.0
 * model.safetensors: 8 bytes of header length, a JSON header, raw little-endian numbers. Mapped, never copied; every offset is
 * checked against the mapping when the file is opened. */
#ifndef HW_MODEL_SAFETENSORS_H
#define HW_MODEL_SAFETENSORS_H

#include <stdint.h>

#include "headwater/error.h"
#include "base/file.h"
#include "headwater/tensor.h"

enum { HW_MAX_DIMS = 4 };

typedef struct hw_tensor {
  const char *name; /* owned by the file */
  hw_dtype dtype;
  bool readable; /* false for a dtype that is not computed with (I64, BOOL...) */
  char dtype_name[12];
  int n_dims;
  int64_t shape[HW_MAX_DIMS];
  size_t n_elements;
  const void *data;
  size_t begin, end; /* bytes behind the header */
  bool used; /* taken by the loader */
} hw_tensor;

typedef struct hw_safetensors {
  hw_file file;
  char *path;
  size_t n_tensors;
  hw_tensor *tensors; /* ordered by name */
  void *header;       /* the parsed JSON that owns the names */
} hw_safetensors;

bool hw_safetensors_open(const char *path, hw_safetensors *st, hw_error *err);
void hw_safetensors_close(hw_safetensors *st);

/* NULL when there is none of that name. */
hw_tensor *hw_safetensors_find(hw_safetensors *st, const char *name);

/* "[768, 3072]" into text. */
void hw_shape_format(const int64_t *shape, int n_dims, char text[96]);

#endif
