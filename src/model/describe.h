/* SPDX-License-Identifier: Apache-2.0
 * What a model folder describes: a known family (config.h) or an architecture of its own (custom.h). */
#ifndef HW_MODEL_DESCRIBE_H
#define HW_MODEL_DESCRIBE_H

#include "model/family.h"

/* What describes the model of a folder: the architecture file if one is named, else headwater.json if there is one, else the .gguf file
 * where that has the weights (file: its name, if it was named), else config.json. A family that is not in the table lives in the arena. */
bool hw_config_load(const char *folder, const char *file, const char *architecture, hw_arena *arena, hw_model_config *config, const hw_family **family, hw_error *err);

#endif
