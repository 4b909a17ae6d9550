/* SPDX-License-Identifier: Apache-2.0
 * Keys of config.json, and of headwater.json where they have the same meaning, into hw_model_config. */
#ifndef HW_MODEL_CONFIG_H
#define HW_MODEL_CONFIG_H

#include <jansson.h>

#include "model/family.h"

bool hw_config_read_key(const char *path, json_t *root, const hw_key_row *key, hw_model_config *config, hw_error *err);

/* True for keys that need the sizes which other keys say. */
bool hw_key_comes_later(const hw_key_row *key);

/* The family's defaults and all of its keys. */
bool hw_config_read_family(const char *path, json_t *root, const hw_family *family, hw_model_config *config, hw_error *err);

/* Sizes that follow from others, and what must hold between them. */
bool hw_config_derive(const char *path, const hw_family *family, hw_model_config *config, hw_error *err);

#endif
