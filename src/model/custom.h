/* SPDX-License-Identifier: Apache-2.0
 * headwater.json. */
#ifndef HW_MODEL_CUSTOM_H
#define HW_MODEL_CUSTOM_H

#include "model/family.h"

/* A model that headwater.json describes, by itself or as a change to a family whose config.json is read first. */
bool hw_custom_load(const char *path, const char *config_path, hw_arena *arena, hw_model_config *config, const hw_family **family,
                    hw_error *err);

#endif
