/* SPDX-License-Identifier: Apache-2.0
 * Keys of config.json, and of headwater.json where they have the same meaning, into hw_model_config. */
#ifndef HW_MODEL_CONFIG_H
#define HW_MODEL_CONFIG_H

#include <jansson.h>

#include "model/family.h"

/* Keys of a list, those last that need the sizes which others say. Keys of one field must say the same. */
bool hw_config_read_keys(const char *path, json_t *root, const hw_key_row *keys, size_t n, hw_model_config *config, hw_error *err);

/* The family's defaults and all of its keys. */
bool hw_config_read_family(const char *path, json_t *root, const hw_family *family, hw_model_config *config, hw_error *err);

/* quantization_config: refuses what is not weights of FP8 or MXFP4, and every setting that is not known to leave the weights as they are. */
bool hw_config_read_quantization(const char *path, json_t *settings, hw_model_config *config, hw_error *err);

/* Whether a value (NULL: there is none) is the one that the JSON text says; any: an element of the array in the text. Errors: MEMORY. */
bool hw_config_value_is(const json_t *value, const char *text, bool any, bool *is, hw_error *err);

/* Sizes that follow from others, and what must hold between them. */
bool hw_config_derive(const char *path, const hw_family *family, hw_model_config *config, hw_error *err);

#endif
