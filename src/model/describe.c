/* SPDX-License-Identifier: Apache-2.0 */
#include "model/describe.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/json_reader.h"
#include "base/model_folder.h"
#include "model/config.h"
#include "model/custom.h"
#include "model/gguf.h"
#include "weights/weights.h"

static bool load_known(const char *path, hw_model_config *config, const hw_family **found, hw_error *err) {
  json_t *root = hw_json_open(path, false, err);
  if (!root) return false;
  const char *model_type = json_string_value(json_object_get(root, "model_type"));
  bool ok = model_type || hw_fail(err, HW_ERROR_INPUT, "%s: no model_type", path);
  ok = ok && hw_family_find(model_type, root, found, err);
  if (ok && !*found)
    ok = hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: model_type \"%.100s\" is not a known family%s; man headwater-model lists all, and how to describe another", path,
            model_type, hw_family_suggest(model_type).text);
  ok = ok && hw_config_read_family(path, root, *found, config, err) && hw_config_derive(path, *found, config, err);
  json_decref(root);
  return ok;
}

bool hw_config_load(const char *folder, const char *file, const char *architecture, hw_arena *arena, hw_model_config *config, const hw_family **family,
                    hw_error *err) {
  char *gguf = NULL, *path = hw_path_join(folder, "config.json"), *custom = hw_path_join(folder, "headwater.json");
  bool described = false, configured = false, ok = path && custom;
  if (!ok) hw_fail_memory(err, folder);
  ok = ok && (architecture || hw_file_find(custom, &described, err));
  const char *description = architecture ? architecture : described ? custom : NULL;
  ok = ok && hw_weights_find_gguf(folder, file, &gguf, err);
  if (ok && gguf && description)
    ok = hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: describes tensors of safetensors files; %s describes itself", description, gguf);
  bool needed = !gguf && !description;
  ok = ok && (!needed || hw_file_find(path, &configured, err));
  if (ok && needed && !configured)
    ok = !hw_weights_are_others(folder, err) && hw_fail(err, HW_ERROR_INPUT, "%s: neither config.json nor headwater.json is there", folder);
  if (ok) ok = gguf ? hw_gguf_describe(gguf, arena, config, family, err) : description ? hw_custom_load(description, path, arena, config, family, err) : load_known(path, config, family, err);
  free(gguf);
  free(path);
  free(custom);
  return ok;
}

bool hw_model_config_read(const char *folder, const char *architecture, hw_model_config *config, hw_error *err) {
  const hw_family *family;
  hw_model_folder found;
  hw_arena arena;
  if (!hw_model_folder_find(folder, &found, err)) return false;
  hw_arena_init(&arena);
  bool ok = hw_config_load(found.path, found.file, architecture, &arena, config, &family, err);
  hw_arena_fini(&arena);
  hw_model_folder_fini(&found);
  return ok;
}
