/* SPDX-License-Identifier: Apache-2.0
 * The weights of a model folder, whatever files they lie in. */
#ifndef HW_WEIGHTS_WEIGHTS_H
#define HW_WEIGHTS_WEIGHTS_H

#include "weights/tensors.h"

/* Opens the weights of a folder: the file that is named; or, without one, the first of model.safetensors, model.safetensors.index.json
 * with its shards, pytorch_model.bin, pytorch_model.bin.index.json with its shards, and the one .gguf file. Where there is none, the error
 * says what lies there in its place and the way out. */
bool hw_weights_open(const char *folder, const char *file, hw_weights *weights, hw_error *err);

/* True, with err filled, where the folder has weights, but none that hw_weights_open reads. */
bool hw_weights_are_others(const char *folder, hw_error *err);

/* *path: the .gguf file that hw_weights_open would read, which the caller frees; NULL where it would read something else, or nothing.
 * Errors: INPUT for several such files of which none is named, memory. */
bool hw_weights_find_gguf(const char *folder, const char *file, char **path, hw_error *err);

#endif
