/* SPDX-License-Identifier: Apache-2.0
 * Single weights of a model that is being loaded: found by the family's names, checked to be finite, viewed where they lie. */
#ifndef HW_MODEL_LOADER_H
#define HW_MODEL_LOADER_H

#include "base/model_folder.h"
#include "headwater/arena.h"
#include "model/lookup.h"
#include "weights/weights.h"

struct hw_model_files {
  hw_model_folder folder;
  hw_weights weights;
  hw_arena arena; /* widened vectors, layer structs, rotary tables */
  void *packed;   /* see hw_model_pack, or NULL */
  void *packed_back; /* see hw_model_pack_back, or NULL */
  void *screen;   /* see hw_model_screen, or NULL */
};

typedef struct hw_loader {
  hw_model *model;
  const hw_family *family;
  hw_weights *weights;
  hw_lookup lookup;
  hw_arena *arena;
  hw_error *err;
} hw_loader;

/* Fails with the first number of a tensor that is not finite. */
bool hw_load_check_finite(hw_loader *ld, const hw_tensor *tensor);

/* Vectors are widened into the arena; those of several tensors stand one after the other. *vector is NULL when absent. */
bool hw_load_vector(hw_loader *ld, hw_weight weight, int64_t layer, const float **vector);

/* A vector of one number; NULL and err filled without memory. */
float *hw_load_constant(hw_loader *ld, size_t n, double value);

/* A view of the tensor; of its item where the weight is made of several (hw_lookup_items). data is NULL when absent. */
bool hw_load_matrix(hw_loader *ld, hw_weight weight, int64_t layer, hw_matrix *matrix);
bool hw_load_item(hw_loader *ld, hw_weight weight, int64_t layer, int64_t item, hw_matrix *matrix);

/* A tensor [expert, in, out] as one matrix: the inputs of all experts one after the other; or [expert, out, in]: their outputs. */
bool hw_load_stack(hw_loader *ld, hw_weight weight, int64_t layer, hw_matrix *matrix);

#endif
