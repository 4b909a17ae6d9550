/* SPDX-License-Identifier: Apache-2.0
 * quantization_config of models whose weights are FP8 or MXFP4. What it says of activations is for engines that multiply in 8 bits: it changes no
 * weight, and the forward pass does not follow it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/config.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

typedef struct member {
  const char *name;
  const char *values; /* JSON text: an array of those that are understood; NULL: any */
  bool required;
} member;

static const member fp8_members[] = {
    {"quant_method", NULL, true}, {"fmt", "[\"e4m3\", null]", false}, {"weight_block_size", NULL, false},
    {"kv_cache_scheme", "[null]", false},
    {"activation_scheme", NULL, false}, {"scale_fmt", NULL, false}, {"dequantize", NULL, false}, /* nothing about the numbers in the file */
    {"modules_to_not_convert", NULL, false}, {"ignored_layers", NULL, false}};               /* each tensor's dtype says it */

static const member fbgemm_members[] = {
    {"quant_method", NULL, true}, {"activation_scale_ub", NULL, false}, {"modules_to_not_convert", NULL, false}};

static const member mxfp4_members[] = {{"quant_method", NULL, true}, {"modules_to_not_convert", NULL, false}, {"dequantize", NULL, false}};

static const member compressed_members[] = {
    {"quant_method", NULL, true}, {"format", "[\"float-quantized\", \"naive-quantized\"]", true}, {"config_groups", NULL, true},
    {"quantization_status", "[null, \"compressed\", \"frozen\"]", false}, /* each tensor's dtype says whether it is compressed */
    {"kv_cache_scheme", "[null]", false}, {"sparsity_config", NULL, false},
    {"transform_config", "[null, {}]", false}, {"ignore", NULL, false}, {"global_compression_ratio", NULL, false}, {"version", NULL, false}};

static const member sparsity_members[] = {
    {"format", "[\"dense\"]", true}, {"targets", NULL, false}, {"ignore", NULL, false}, {"global_sparsity", NULL, false},
    {"sparsity_structure", NULL, false}, {"registry_requires_subclass", NULL, false}};

static const member group_members[] = {
    {"weights", NULL, true}, {"format", "[null, \"float-quantized\", \"naive-quantized\"]", false}, {"targets", NULL, false},
    {"input_activations", NULL, false}, {"output_activations", NULL, false}};

static const member weight_members[] = {
    {"num_bits", "[8]", true}, {"type", "[\"float\"]", true}, {"strategy", "[\"tensor\", \"channel\", \"block\"]", true},
    {"symmetric", "[true]", false}, {"dynamic", "[false]", false}, {"group_size", "[null]", false}, {"actorder", "[null]", false},
    {"block_structure", NULL, false}, {"observer", NULL, false}, {"observer_kwargs", NULL, false}, {"scale_dtype", NULL, false},
    {"zp_dtype", NULL, false}};

static const struct { const char *name; const member *members; size_t n; } methods[] = {
    {"fp8", fp8_members, COUNT_OF(fp8_members)},
    {"fbgemm_fp8", fbgemm_members, COUNT_OF(fbgemm_members)},
    {"mxfp4", mxfp4_members, COUNT_OF(mxfp4_members)},
    {"compressed-tensors", compressed_members, COUNT_OF(compressed_members)}};

typedef struct reader {
  const char *path;
  hw_model_config *config;
  hw_error *err;
} reader;

static bool wrong(const reader *r, const char *where, const char *name, json_t *value, const char *wanted) {
  char *found = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
  hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: %s%s%s is %.200s, want %s", r->path, where, *name ? "." : "", name, found ? found : "?", wanted);
  free(found);
  return false;
}

static bool check_members(const reader *r, const char *where, json_t *object, const member *members, size_t n) {
  const char *name;
  json_t *value;
  if (!json_is_object(object)) return wrong(r, where, "", object, "an object");
  json_object_foreach(object, name, value) {
    size_t i = 0;
    while (i < n && strcmp(members[i].name, name) != 0) i++;
    if (i == n) return hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: %s.%.100s is not a setting that is understood", r->path, where, name);
    bool is = true;
    if (members[i].values && !hw_config_value_is(value, members[i].values, true, &is, r->err)) return false;
    if (!is) return wrong(r, where, name, value, members[i].values);
  }
  for (size_t i = 0; i < n; i++)
    if (members[i].required && !json_object_get(object, members[i].name))
      return hw_fail(r->err, HW_ERROR_INPUT, "%s: no %s.%s", r->path, where, members[i].name);
  return true;
}

/* [rows, columns]; absent or null: no blocks. */
static bool read_block(const reader *r, const char *where, json_t *object, const char *name, int64_t block[2]) {
  json_t *value = json_object_get(object, name);
  block[0] = block[1] = 0;
  if (!value || json_is_null(value)) return true;
  for (size_t i = 0; i < 2; i++) {
    json_t *size = json_array_get(value, i);
    if (json_array_size(value) != 2 || json_integer_value(size) < 1 || json_integer_value(size) > 1 << 20)
      return wrong(r, where, name, value, "[rows, columns]");
    block[i] = json_integer_value(size);
  }
  return true;
}

/* The weights of one group of modules. All groups of a model must have their scales in the same way. */
static bool read_group(const reader *r, const char *name, json_t *group, bool first) {
  char where[160], weights_where[176];
  int64_t block[2];
  (void)snprintf(where, sizeof where, "quantization_config.config_groups.%.100s", name);
  (void)snprintf(weights_where, sizeof weights_where, "%s.weights", where);
  if (!check_members(r, where, group, group_members, COUNT_OF(group_members))) return false;
  json_t *weights = json_object_get(group, "weights");
  if (!check_members(r, weights_where, weights, weight_members, COUNT_OF(weight_members)) ||
      !read_block(r, weights_where, weights, "block_structure", block))
    return false;
  json_t *strategy = json_object_get(weights, "strategy");
  if ((strcmp(json_string_value(strategy), "block") == 0) != (block[0] > 0))
    return wrong(r, weights_where, "strategy", strategy, block[0] > 0 ? "\"block\", because there is a block_structure"
                                                                      : "another one, because there is no block_structure");
  if (!first && memcmp(block, r->config->scale_block, sizeof block) != 0)
    return hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: %s.block_structure is not that of the group before", r->path, weights_where);
  memcpy(r->config->scale_block, block, sizeof block);
  return true;
}

bool hw_config_read_quantization(const char *path, json_t *settings, hw_model_config *config, hw_error *err) {
  static const char key[] = "quantization_config";
  const reader r = {.path = path, .config = config, .err = err};
  json_t *method = json_object_get(settings, "quant_method"), *group;
  size_t m = 0;
  while (m < COUNT_OF(methods) && (!json_is_string(method) || strcmp(methods[m].name, json_string_value(method)) != 0)) m++;
  if (m == COUNT_OF(methods))
    return wrong(&r, key, "", settings, "null, or quant_method fp8, fbgemm_fp8 or compressed-tensors with weights of FP8, or mxfp4");
  if (!check_members(&r, key, settings, methods[m].members, methods[m].n)) return false;
  json_t *sparsity = json_object_get(settings, "sparsity_config");
  bool sparse = sparsity && !json_is_null(sparsity) && !(json_is_object(sparsity) && json_object_size(sparsity) == 0);
  if (sparse && !check_members(&r, "quantization_config.sparsity_config", sparsity, sparsity_members, COUNT_OF(sparsity_members))) return false;
  config->quantized = true;
  if (!read_block(&r, key, settings, "weight_block_size", config->scale_block)) return false;
  const char *name;
  bool first = true;
  json_object_foreach(json_object_get(settings, "config_groups"), name, group) {
    if (!read_group(&r, name, group, first)) return false;
    first = false;
  }
  return true;
}
