/* SPDX-License-Identifier: Apache-2.0
 * config.json and headwater.json: keys into hw_model_config. */
#ifndef HW_MODEL_CONFIG_H
#define HW_MODEL_CONFIG_H

#include <jansson.h>

#include "model/family.h"

/* A file that holds a JSON object; the caller puts it down with json_decref. */
bool hw_config_read_file(const char *path, json_t **root, hw_error *err);

bool hw_config_read_key(const char *path, json_t *root, const hw_key_row *key, hw_model_config *config, hw_error *err);

/* True for keys that need the sizes which other keys say. */
bool hw_key_comes_later(const hw_key_row *key);

/* The family's defaults and all of its keys. */
bool hw_config_read_family(const char *path, json_t *root, const hw_family *family, hw_model_config *config, hw_error *err);

/* Sizes that follow from others, and what must hold between them. */
bool hw_config_derive(const char *path, const hw_family *family, hw_model_config *config, hw_error *err);

/* A model that headwater.json describes, by itself or as a change to a family whose config.json is read first. */
bool hw_custom_load(const char *path, const char *config_path, hw_arena *arena, hw_model_config *config, const hw_family **family,
                    hw_error *err);

#endif
