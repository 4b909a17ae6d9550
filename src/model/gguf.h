/* SPDX-License-Identifier: Apache-2.0
 * The model of a GGUF file: its metadata as the config of the same family in Hugging Face's files, its tensors under GGUF's names. */
#ifndef HW_MODEL_GGUF_H
#define HW_MODEL_GGUF_H

#include "model/family.h"

/* The family lives in the arena. Errors: UNSUPPORTED for an architecture or a key that is not known. */
bool hw_gguf_describe(const char *path, hw_arena *arena, hw_model_config *config, const hw_family **family, hw_error *err);

#endif
