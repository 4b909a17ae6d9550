/* SPDX-License-Identifier: Apache-2.0
 * config.json, key by key as the family's row lists them. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "headwater/buffer.h"
#include "headwater/file.h"
#include "headwater/text.h"
#include "model/family.h"

enum { LARGEST_COUNT = 1 << 28 };

/* "a.b" looks for b inside the object a; null counts as absent. */
static json_t *lookup(json_t *root, const char *name) {
  const char *dot = strchr(name, '.');
  json_t *value;
  if (dot) {
    json_t *inner = json_object_getn(root, name, (size_t)(dot - name));
    value = json_object_get(inner, dot + 1);
  } else {
    value = json_object_get(root, name);
  }
  return json_is_null(value) ? NULL : value;
}

static bool wrong_value(const char *path, const hw_key_row *key, json_t *value, hw_error_kind kind, const char *wanted, hw_error *err) {
  char *found = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
  hw_fail(err, kind, "%s: %s is %.200s, want %s", path, key->name, found ? found : "?", wanted);
  free(found);
  return false;
}

static bool equals_text(json_t *value, const char *text) {
  json_t *wanted = json_loads(text, JSON_DECODE_ANY, NULL);
  bool equal = json_equal(value, wanted) ||
               (json_is_number(value) && json_is_number(wanted) && json_number_value(value) == json_number_value(wanted));
  json_decref(wanted);
  return equal;
}

static bool read_key(const char *path, json_t *root, const hw_key_row *key, hw_model_config *config, hw_error *err) {
  json_t *value = lookup(root, key->name);
  if (!value) {
    if (key->required) return hw_fail(err, HW_ERROR_INPUT, "%s: no %s", path, key->name);
    return true;
  }
  void *field = (char *)config + key->offset;
  switch (key->kind) {
    case HW_KEY_COUNT: {
      json_int_t count = json_integer_value(value);
      if (!json_is_integer(value) || count < 1 || count > LARGEST_COUNT)
        return wrong_value(path, key, value, HW_ERROR_INPUT, "a whole number of at least 1", err);
      *(int64_t *)field = count;
      return true;
    }
    case HW_KEY_NUMBER:
      if (!json_is_number(value) || !(json_number_value(value) >= 0))
        return wrong_value(path, key, value, HW_ERROR_INPUT, "a number that is not negative", err);
      *(double *)field = json_number_value(value);
      return true;
    case HW_KEY_SWITCH:
      if (!json_is_boolean(value)) return wrong_value(path, key, value, HW_ERROR_INPUT, "true or false", err);
      *(bool *)field = json_is_true(value);
      return true;
    case HW_KEY_ACTIVATION:
      if (!json_is_string(value) || !hw_activation_find(json_string_value(value), (hw_activation *)field))
        return wrong_value(path, key, value, HW_ERROR_UNSUPPORTED, "gelu_new, gelu, relu or silu", err);
      return true;
    case HW_KEY_MUST_BE:
      if (!equals_text(value, key->must_be)) return wrong_value(path, key, value, HW_ERROR_UNSUPPORTED, key->must_be, err);
      return true;
  }
  return true;
}

static bool unknown_family(const char *path, const char *model_type, hw_error *err) {
  hw_buffer list;
  hw_buffer_init(&list);
  for (size_t i = 0; hw_family_name(i); i++) hw_buffer_printf(&list, "%s%s", i ? ", " : "", hw_family_name(i));
  hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: model_type \"%.100s\" is not a known family (known: %s)", path, model_type,
          list.failed ? "?" : list.data);
  hw_buffer_fini(&list);
  return false;
}

static bool derive_sizes(const char *path, const hw_family *family, hw_model_config *config, hw_error *err) {
  if (!config->n_kv_heads) config->n_kv_heads = config->n_heads;
  if (!config->d_ffn) config->d_ffn = family->ffn_factor * config->d_model;
  if (!config->d_head) {
    if (config->d_model % config->n_heads)
      return hw_fail(err, HW_ERROR_INPUT, "%s: d_model %" PRId64 " is no multiple of the %" PRId64 " heads", path, config->d_model,
                     config->n_heads);
    config->d_head = config->d_model / config->n_heads;
  }
  if (config->n_heads % config->n_kv_heads)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %" PRId64 " heads cannot share %" PRId64 " key/value heads evenly", path, config->n_heads,
                   config->n_kv_heads);
  if (config->positions == HW_POSITION_ROTARY && config->d_head % 2)
    return hw_fail(err, HW_ERROR_INPUT, "%s: rotary positions need an even head size, found %" PRId64, path, config->d_head);
  if (config->positions == HW_POSITION_ROTARY && !(config->rope_theta > 0))
    return hw_fail(err, HW_ERROR_INPUT, "%s: rope_theta is %g, want a number above 0", path, config->rope_theta);
  /* Limits of the stored format (layers in 8 bits, heads in 10, positions in 20) and of the GEMM's panel. */
  if (config->n_layers > 255 || config->n_heads > 1023 || config->d_model > HW_PANEL_FLOATS || config->d_ffn > HW_PANEL_FLOATS ||
      config->n_heads * config->d_head > HW_PANEL_FLOATS)
    return hw_fail(err, HW_ERROR_UNSUPPORTED,
                   "%s: %" PRId64 " layers, %" PRId64 " heads, d_model %" PRId64 ", d_ffn %" PRId64
                   ": larger than 255, 1023, 1048576, 1048576",
                   path, config->n_layers, config->n_heads, config->d_model, config->d_ffn);
  if (config->n_ctx > 1 << 20) config->n_ctx = 1 << 20;
  return true;
}

static bool read_config(const char *path, json_t *root, hw_model_config *config, const hw_family **found, hw_error *err) {
  if (!json_is_object(root)) return hw_fail(err, HW_ERROR_INPUT, "%s: not a JSON object", path);
  const char *model_type = json_string_value(json_object_get(root, "model_type"));
  if (!model_type) return hw_fail(err, HW_ERROR_INPUT, "%s: no model_type", path);
  const hw_family *family = hw_family_find(model_type);
  if (!family) return unknown_family(path, model_type, err);
  *config = family->defaults;
  config->family = family->model_type;
  config->norm = family->norm;
  config->positions = family->positions;
  config->gated = family->gated;
  for (size_t i = 0; i < family->n_keys; i++)
    if (!read_key(path, root, &family->keys[i], config, err)) return false;
  *found = family;
  return derive_sizes(path, family, config, err);
}

bool hw_config_load(const char *path, hw_model_config *config, const hw_family **family, hw_error *err) {
  hw_file file;
  if (!hw_file_open(path, &file, err)) return false;
  json_error_t problem;
  json_t *root = json_loadb((const char *)file.data, file.size, 0, &problem);
  bool ok = root ? read_config(path, root, config, family, err)
                 : hw_fail(err, HW_ERROR_INPUT, "%s: line %d: %s", path, problem.line, problem.text);
  json_decref(root);
  hw_file_close(&file);
  return ok;
}

bool hw_model_config_read(const char *folder, hw_model_config *config, hw_error *err) {
  if (!hw_folder_exists(folder)) return hw_fail(err, HW_ERROR_INPUT, "%s: no such model folder", folder);
  char *path = hw_path_join(folder, "config.json");
  if (!path) return hw_fail_memory(err, folder);
  const hw_family *family;
  bool ok = hw_config_load(path, config, &family, err);
  free(path);
  return ok;
}
