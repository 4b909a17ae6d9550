/* SPDX-License-Identifier: Apache-2.0 */
#include "weights/folder.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_reader.h"

#define WEIGHTS "model.safetensors"

/* What a folder may hold in the place of model.safetensors; the first row with a file counts. */
static const struct { const char *pattern, *what; } others[] = {
    {"adapter_config.json", "a LoRA adapter without its base model; merge_and_unload() and save_pretrained(DIR) in PEFT write the merged model"},
    {"model.safetensors.index.json", "a model in several files, which is not read; save_pretrained(DIR, max_shard_size=\"1000GB\") in transformers joins them"},
    {"model-*-of-*.safetensors", "a model in several files, which is not read; save_pretrained(DIR, max_shard_size=\"1000GB\") in transformers joins them"},
    {"pytorch_model*.bin", "weights in PyTorch's format, which is not read; save_pretrained(DIR) in transformers writes model.safetensors"},
    {"pytorch_model.bin.index.json", "weights in PyTorch's format, which is not read; save_pretrained(DIR) in transformers writes model.safetensors"},
    {"consolidated*", "weights in their maker's own format (Meta, Mistral), which is not read; the same model in Hugging Face format has model.safetensors"},
    {"*.gguf", "weights in GGUF, which is not read; from_pretrained(DIR, gguf_file=NAME) and save_pretrained(DIR) in transformers write model.safetensors"},
    {"*.onnx", "a model for ONNX Runtime, which is not read; the model that it was exported from has model.safetensors"},
    {"onnx", "a model for ONNX Runtime, which is not read; the model that it was exported from has model.safetensors"},
    {"tf_model*.h5", "weights in TensorFlow's format, which is not read; from_pretrained(DIR, from_tf=True) and save_pretrained(DIR) in transformers write model.safetensors"},
    {"model.ckpt*", "weights in TensorFlow's format, which is not read; the conversion script of transformers writes model.safetensors"},
    {"flax_model*.msgpack", "weights in Flax's format, which is not read; from_pretrained(DIR, from_flax=True) and save_pretrained(DIR) in transformers write model.safetensors"},
    {"*.safetensors", "a file of another name; rename it to model.safetensors if it has the whole model"},
};

/* The first name in the folder, by byte value, that the pattern matches; NULL: none. The caller frees it. */
static char *find_name(const char *folder, const char *pattern) {
  char *found = NULL;
  DIR *directory = opendir(folder);
  for (const struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
    if (fnmatch(pattern, entry->d_name, 0) != 0 || (found && strcmp(entry->d_name, found) >= 0)) continue;
    free(found);
    found = strdup(entry->d_name);
  }
  if (directory) closedir(directory);
  return found;
}

/* " (of BASE)" where the adapter's file says it. */
static void describe_base(const char *folder, const char *name, char text[160]) {
  hw_error ignored;
  char *path = hw_path_join(folder, name);
  json_t *root = path ? hw_json_open(path, false, &ignored) : NULL;
  const char *base = json_string_value(json_object_get(root, "base_model_name_or_path"));
  if (base) (void)snprintf(text, 160, " (of %.150s)", base);
  json_decref(root);
  free(path);
}

bool hw_weights_are_others(const char *folder, hw_error *err) {
  char *path = hw_path_join(folder, WEIGHTS), *name = NULL;
  bool there = path && access(path, F_OK) == 0;
  free(path);
  if (there) return false;
  size_t i = 0;
  while (i < sizeof others / sizeof *others && !(name = find_name(folder, others[i].pattern))) i++;
  if (!name) return false;
  char base[160] = "";
  if (i == 0) describe_base(folder, name, base);
  hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: no %s, but %s%s: %s", folder, WEIGHTS, name, base, others[i].what);
  free(name);
  return true;
}

bool hw_weights_open(const char *folder, hw_safetensors *st, hw_error *err) {
  *st = (hw_safetensors){0};
  char *path = hw_path_join(folder, WEIGHTS);
  if (!path) return hw_fail_memory(err, folder);
  bool ok = !hw_weights_are_others(folder, err) && hw_safetensors_open(path, st, err);
  free(path);
  return ok;
}
