/* SPDX-License-Identifier: Apache-2.0 */
#include "weights/weights.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_reader.h"

/* What is read, and how; the first one that a folder has is taken. */
static const struct { const char *name, *format, *shards; hw_weights_reader *read; } formats[] = {
    {"model.safetensors", "safetensors", NULL, hw_safetensors_read},
    {"model.safetensors.index.json", "safetensors shards", ".safetensors", hw_safetensors_read},
    {"pytorch_model.bin", "PyTorch", NULL, hw_torch_read},
    {"pytorch_model.bin.index.json", "PyTorch shards", ".bin", hw_torch_read},
};
enum { N_FORMATS = sizeof formats / sizeof *formats };

/* What a folder may hold in the place of these; the first row with a file counts. */
static const struct { const char *pattern, *what; } others[] = {
    {"adapter_config.json", "a LoRA adapter without its base model; merge_and_unload() and save_pretrained(DIR) in PEFT write the merged model"},
    {"model-*-of-*.safetensors", "a part of a model in several files; model.safetensors.index.json, which lists the parts, lies beside them where they come from"},
    {"pytorch_model-*-of-*.bin", "a part of a model in several files; pytorch_model.bin.index.json, which lists the parts, lies beside them where they come from"},
    {"pytorch_model*.bin", "a file of another name; rename it to pytorch_model.bin if it has the whole model"},
    {"consolidated*", "weights in their maker's own format (Meta, Mistral), which is not read; the same model in Hugging Face format has model.safetensors"},
    {"*.onnx", "a model for ONNX Runtime, which is not read; the model that it was exported from has model.safetensors"},
    {"onnx", "a model for ONNX Runtime, which is not read; the model that it was exported from has model.safetensors"},
    {"tf_model*.h5", "weights in TensorFlow's format, which is not read; from_pretrained(DIR, from_tf=True) and save_pretrained(DIR) in transformers write model.safetensors"},
    {"model.ckpt*", "weights in TensorFlow's format, which is not read; the conversion script of transformers writes model.safetensors"},
    {"flax_model*.msgpack", "weights in Flax's format, which is not read; from_pretrained(DIR, from_flax=True) and save_pretrained(DIR) in transformers write model.safetensors"},
    {"*.safetensors", "a file of another name; rename it to model.safetensors if it has the whole model"},
};

/* The first name in the folder, by byte value, that the pattern matches; NULL: none. The caller frees it. *n: how many there are. Errors: MEMORY. */
static bool find_names(const char *folder, const char *pattern, char **found, size_t *n, hw_error *err) {
  bool ok = true;
  *found = NULL;
  *n = 0;
  DIR *directory = opendir(folder);
  bool may_be = directory || errno != ENOMEM;
  for (const struct dirent *entry; ok && directory && (entry = readdir(directory)) != NULL;) {
    if (fnmatch(pattern, entry->d_name, 0) != 0) continue;
    ++*n;
    if (*found && strcmp(entry->d_name, *found) >= 0) continue;
    free(*found);
    ok = (*found = strdup(entry->d_name)) != NULL;
  }
  if (directory) closedir(directory);
  return (ok && may_be) || hw_fail_memory(err, folder);
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

/* The first of the formats that the folder has; N_FORMATS: none. Errors: those of hw_file_find, MEMORY. */
static bool find_format(const char *folder, size_t *format, hw_error *err) {
  bool there = false;
  for (*format = 0; *format < N_FORMATS; ++*format) {
    char *path = hw_path_join(folder, formats[*format].name);
    bool ok = path ? hw_file_find(path, &there, err) : hw_fail_memory(err, folder);
    free(path);
    if (!ok || there) return ok;
  }
  return true;
}

bool hw_weights_find_gguf(const char *folder, const char *file, char **path, hw_error *err) {
  size_t n = 0, format = N_FORMATS;
  char *found = NULL;
  *path = NULL;
  if (!file && !find_format(folder, &format, err)) return false;
  if (format < N_FORMATS) return true;
  bool ok = file || find_names(folder, "*.gguf", &found, &n, err);
  if (ok && found && n > 1) ok = hw_fail(err, HW_ERROR_INPUT, "%s: %zu GGUF files; --model %s/%s takes that one", folder, n, folder, found);
  if (ok && (file || found) && !(*path = hw_path_join(folder, file ? file : found))) ok = hw_fail_memory(err, folder);
  free(found);
  return ok;
}

bool hw_weights_are_others(const char *folder, hw_error *err) {
  char *name = NULL;
  size_t i = 0, n = 0, format;
  if (!find_format(folder, &format, err)) return true;
  if (format < N_FORMATS) return false;
  if (!find_names(folder, "*.gguf", &name, &n, err)) return true;
  if (name) {
    free(name);
    return false;
  }
  for (; i < sizeof others / sizeof *others && !name; i++)
    if (!find_names(folder, others[i].pattern, &name, &n, err)) return true;
  if (!name) return false;
  i--;
  char base[160] = "";
  if (i == 0) describe_base(folder, name, base);
  hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: no %s, but %s%s: %s", folder, formats[0].name, name, base, others[i].what);
  free(name);
  return true;
}

static bool find_adapter(const char *folder, bool *there, hw_error *err) {
  char *path = hw_path_join(folder, "adapter_config.json");
  bool ok = path ? hw_file_find(path, there, err) : hw_fail_memory(err, folder);
  free(path);
  return ok;
}

static bool read_format(size_t format, const char *path, hw_weights *weights, hw_error *err) {
  if (!(weights->path = hw_arena_copy(&weights->arena, path, strlen(path), err))) return false;
  if (format == N_FORMATS) return hw_gguf_read(weights, path, err);
  const char *ending = formats[format].shards;
  bool ok = ending ? hw_shards_read(weights, path, ending, formats[format].read, err) : formats[format].read(weights, path, err);
  return ok && hw_weights_sort(weights, err);
}

bool hw_weights_open(const char *folder, const char *file, hw_weights *weights, hw_error *err) {
  char *path = NULL;
  *weights = (hw_weights){0};
  hw_arena_init(&weights->arena);
  if (!file && hw_weights_are_others(folder, err)) return false;
  if (!hw_weights_find_gguf(folder, file, &path, err)) return false;
  size_t format = N_FORMATS;
  if (!path && !find_format(folder, &format, err)) return false;
  if (!path && format == N_FORMATS) format = 0; /* the error names the usual file */
  if (!path) path = hw_path_join(folder, formats[format].name);
  bool ok = path ? read_format(format, path, weights, err) && find_adapter(folder, &weights->has_adapter, err) : hw_fail_memory(err, folder);
  weights->format = format == N_FORMATS ? "GGUF" : formats[format].format;
  free(path);
  if (!ok) hw_weights_close(weights);
  return ok;
}
