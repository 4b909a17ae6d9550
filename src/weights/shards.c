/* SPDX-License-Identifier: Apache-2.0
 * The index of a model in several files: {"metadata": {...}, "weight_map": {"tensor": "file in the same folder"}}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_reader.h"
#include "weights/tensors.h"

/* A name of a file in the index's own folder: no path, so that an index cannot reach other files, and no index of indexes. */
static bool is_shard_name(const char *name, const char *ending) {
  size_t length = strlen(name), end = strlen(ending);
  return length > end && length <= 255 && name[0] != '.' && !strchr(name, '/') && strcmp(name + length - end, ending) == 0;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Names of the shards, each once, by byte value; *n of them. The caller frees the list; the names are the map's. */
static const char **list_shards(const char *index_path, json_t *map, const char *ending, size_t *n, hw_error *err) {
  const char *tensor, **names = calloc(json_object_size(map), sizeof *names);
  json_t *value;
  *n = 0;
  if (!names) return hw_fail_memory(err, index_path), NULL;
  json_object_foreach(map, tensor, value) {
    const char *name = json_string_value(value);
    if (!name || !is_shard_name(name, ending)) {
      hw_fail(err, HW_ERROR_INPUT, "%s: weight_map: %.200s lies in %s%.200s, want a file of this folder whose name ends with %s", index_path, tensor,
              name ? "" : hw_json_type(value), name ? name : "", ending);
      free(names);
      return NULL;
    }
    names[(*n)++] = name;
  }
  qsort(names, *n, sizeof *names, by_text);
  size_t kept = 0;
  for (size_t i = 0; i < *n; i++)
    if (kept == 0 || strcmp(names[i], names[kept - 1]) != 0) names[kept++] = names[i];
  *n = kept;
  return names;
}

static bool read_shard(hw_weights *weights, const char *index_path, const char *name, hw_weights_reader *read, hw_error *err) {
  const char *slash = strrchr(index_path, '/');
  char *folder = slash ? strndup(index_path, (size_t)(slash - index_path)) : strdup("."), *path = folder ? hw_path_join(folder, name) : NULL;
  bool there = false, ok = path ? hw_file_find(path, &there, err) : hw_fail_memory(err, name);
  if (ok && !there) ok = hw_fail(err, HW_ERROR_INPUT, "%s: no such file, but %s lists it", path, index_path);
  ok = ok && read(weights, path, err);
  free(folder);
  free(path);
  return ok;
}

static const char *file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Conversions of repositories copy the index whole and leave out of the files what is there twice, as one end of a tied pair. */
static bool add_absent(hw_weights *weights, const char *name, const char *file, size_t most, hw_error *err) {
  if (!weights->absent && !(weights->absent = hw_arena_new(&weights->arena, hw_absent_tensor, most, err))) return false;
  const char *kept = hw_arena_copy(&weights->arena, name, strlen(name), err), *kept_file = kept ? hw_arena_copy(&weights->arena, file, strlen(file), err) : NULL;
  if (!kept_file) return false;
  weights->absent[weights->n_absent++] = (hw_absent_tensor){kept, kept_file};
  return true;
}

/* No tensor lies in another file than the index says, and the files hold no others. */
static bool check_map(hw_weights *weights, const char *index_path, json_t *map, hw_error *err) {
  const char *name;
  json_t *value;
  json_object_foreach(map, name, value) {
    const char *wanted = json_string_value(value);
    const hw_tensor *tensor = hw_weights_find(weights, name);
    if (!tensor) {
      if (!add_absent(weights, name, wanted, json_object_size(map), err)) return false;
      continue;
    }
    if (strcmp(file_name(tensor->path), wanted) != 0)
      return hw_fail(err, HW_ERROR_INPUT, "%s: weight_map: %.200s lies in %s, but it was found in %s", index_path, name, wanted, file_name(tensor->path));
  }
  for (size_t i = 0; i < weights->n_tensors; i++)
    if (!json_object_get(map, weights->tensors[i].name))
      return hw_fail(err, HW_ERROR_INPUT, "%s: tensor %.200s is not in %s", weights->tensors[i].path, weights->tensors[i].name, index_path);
  return true;
}

bool hw_shards_read(hw_weights *weights, const char *index_path, const char *ending, hw_weights_reader *read, hw_error *err) {
  const hw_weights_file *file = hw_weights_add_file(weights, index_path, err);
  json_t *root = file ? hw_json_parse(index_path, file->map.data, file->map.size, false, err) : NULL;
  if (!root) return false;
  json_t *map = json_object_get(root, "weight_map");
  size_t n = 0;
  const char **names = NULL;
  bool ok = json_object_size(map) > 0 || hw_fail(err, HW_ERROR_INPUT, "%s: no weight_map with the file of each tensor", index_path);
  if (ok) ok = (names = list_shards(index_path, map, ending, &n, err)) != NULL;
  for (size_t i = 0; i < n && ok; i++) ok = read_shard(weights, index_path, names[i], read, err);
  ok = ok && hw_weights_sort(weights, err) && check_map(weights, index_path, map, err);
  free(names);
  json_decref(root);
  return ok;
}
