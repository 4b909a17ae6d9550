/* SPDX-License-Identifier: Apache-2.0 */
#include "weights/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_reader.h"
#include "headwater/arena.h"

void hw_shape_format(const int64_t *shape, int n_dims, char text[96]) {
  size_t used = (size_t)snprintf(text, 96, "[");
  for (int d = 0; d < n_dims && used < 90; d++)
    used += (size_t)snprintf(text + used, 96 - used, "%s%" PRId64, d ? ", " : "", shape[d]);
  (void)snprintf(text + (used < 94 ? used : 94), 96 - (used < 94 ? used : 94), "]");
}

static bool find_dtype(const char *name, hw_dtype *dtype, size_t *element_size) {
  static const struct { const char *name; size_t size; } others[] = {
      {"BOOL", 1}, {"U8", 1}, {"I8", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"U16", 2}, {"I16", 2},
      {"U32", 4},  {"I32", 4}, {"F64", 8}, {"I64", 8}, {"U64", 8}};
  for (int d = 0; d < 3; d++)
    if (strcmp(name, hw_dtype_names[d]) == 0) {
      *dtype = (hw_dtype)d;
      *element_size = hw_dtype_size(*dtype);
      return true;
    }
  *element_size = 0;
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (strcmp(name, others[i].name) == 0) *element_size = others[i].size;
  return false;
}

/* One entry of the header: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}. */
static bool read_entry(const char *path, const char *name, json_t *entry, const unsigned char *data, size_t data_size,
                       hw_tensor *tensor, hw_error *err) {
  *tensor = (hw_tensor){.name = name, .n_elements = 1};
  const char *dtype = json_string_value(json_object_get(entry, "dtype"));
  json_t *shape = json_object_get(entry, "shape"), *offsets = json_object_get(entry, "data_offsets");
  json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
  if (!dtype || !json_is_array(shape) || json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s: the header entry has no dtype, shape and two data_offsets", path, name);
  (void)snprintf(tensor->dtype_name, sizeof tensor->dtype_name, "%s", dtype);
  size_t element_size;
  tensor->readable = find_dtype(dtype, &tensor->dtype, &element_size);
  if (json_array_size(shape) > HW_MAX_DIMS)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s has %zu dimensions, want at most %d", path, name, json_array_size(shape), HW_MAX_DIMS);
  tensor->n_dims = (int)json_array_size(shape);
  for (int d = 0; d < tensor->n_dims; d++) {
    json_t *extent = json_array_get(shape, (size_t)d);
    tensor->shape[d] = json_integer_value(extent);
    if (!json_is_integer(extent) || tensor->shape[d] < 0 ||
        !hw_size_product(tensor->n_elements, (size_t)tensor->shape[d], &tensor->n_elements))
      return hw_fail(err, HW_ERROR_INPUT, "%s: %s: a dimension is no count, or the shape is too large", path, name);
  }
  json_int_t first = json_integer_value(begin), last = json_integer_value(end);
  if (first < 0 || last < first || (uint64_t)last > data_size)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s: data_offsets [%" PRId64 ", %" PRId64 "] lie outside of the %zu bytes of data (is the file cut short?)",
                   path, name, (int64_t)first, (int64_t)last, data_size);
  size_t bytes = 0;
  if (element_size && (!hw_size_product(tensor->n_elements, element_size, &bytes) || bytes != (size_t)(last - first))) {
    char text[96];
    hw_shape_format(tensor->shape, tensor->n_dims, text);
    return hw_fail(err, HW_ERROR_INPUT, "%s: %s: %" PRId64 " bytes of data for shape %s of %s, want %zu", path, name,
                   (int64_t)(last - first), text, dtype, bytes);
  }
  tensor->data = data + first;
  tensor->begin = (size_t)first;
  tensor->end = (size_t)last;
  return true;
}

static int by_place(const void *a, const void *b) {
  const hw_tensor *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return (x->end > y->end) - (x->end < y->end);
}

/* One tensor after another and nothing else, as the format wants it: what lies between is a sign of damage. */
static bool check_places(hw_safetensors *st, size_t data_size, hw_error *err) {
  size_t at = 0;
  qsort(st->tensors, st->n_tensors, sizeof *st->tensors, by_place);
  for (size_t i = 0; i < st->n_tensors; at = st->tensors[i++].end)
    if (st->tensors[i].begin != at)
      return hw_fail(err, HW_ERROR_INPUT, "%s: %s begins at byte %zu of the data, want %zu, where the tensor before it ends", st->path,
                     st->tensors[i].name, st->tensors[i].begin, at);
  return at == data_size || hw_fail(err, HW_ERROR_INPUT, "%s: %zu bytes behind the last tensor", st->path, data_size - at);
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const hw_tensor *)a)->name, ((const hw_tensor *)b)->name);
}

static bool read_header(hw_safetensors *st, hw_error *err) {
  const char *path = st->path;
  if (st->file.size < 8)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %zu bytes are too few for a safetensors file", path, st->file.size);
  uint64_t length = 0;
  for (int i = 7; i >= 0; i--) length = length << 8 | st->file.data[i];
  if (length > st->file.size - 8)
    return hw_fail(err, HW_ERROR_INPUT, "%s: the header's length is %" PRIu64 " bytes, but only %zu follow (is the file cut short?)", path,
                   length, st->file.size - 8);
  char where[4096];
  (void)snprintf(where, sizeof where, "%s: the header", path);
  json_t *header = hw_json_parse(where, st->file.data + 8, (size_t)length, false, err);
  st->header = header;
  if (!header) return false;
  st->tensors = calloc(json_object_size(header) + 1, sizeof *st->tensors);
  if (!st->tensors) return hw_fail_memory(err, "the tensor list");
  const unsigned char *data = st->file.data + 8 + length;
  size_t data_size = st->file.size - 8 - (size_t)length;
  const char *name;
  json_t *entry;
  json_object_foreach(header, name, entry) {
    if (strcmp(name, "__metadata__") == 0) continue;
    if (!read_entry(path, name, entry, data, data_size, &st->tensors[st->n_tensors], err)) return false;
    st->n_tensors++;
  }
  if (!check_places(st, data_size, err)) return false;
  qsort(st->tensors, st->n_tensors, sizeof *st->tensors, by_name);
  return true;
}

bool hw_safetensors_open(const char *path, hw_safetensors *st, hw_error *err) {
  *st = (hw_safetensors){0};
  st->path = strdup(path);
  if (!st->path) return hw_fail_memory(err, path);
  if (!hw_file_open(path, &st->file, err) || !read_header(st, err)) {
    hw_safetensors_close(st);
    return false;
  }
  return true;
}

void hw_safetensors_close(hw_safetensors *st) {
  json_decref(st->header);
  free(st->tensors);
  free(st->path);
  hw_file_close(&st->file);
  *st = (hw_safetensors){0};
}

hw_tensor *hw_safetensors_find(hw_safetensors *st, const char *name) {
  hw_tensor key = {.name = name};
  return bsearch(&key, st->tensors, st->n_tensors, sizeof *st->tensors, by_name);
}
