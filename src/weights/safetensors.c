/* SPDX-License-Identifier: Apache-2.0
 * safetensors: 8 bytes of header length, a JSON header, raw little-endian numbers. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_reader.h"
#include "weights/tensors.h"

static bool find_dtype(const char *name, hw_dtype *dtype, size_t *element_size) {
  static const struct { const char *name; size_t size; } others[] = {
      {"BOOL", 1}, {"U8", 1}, {"I8", 1}, {"F8_E5M2", 1}, {"U16", 2}, {"I16", 2},
      {"U32", 4},  {"I32", 4}, {"F64", 8}, {"I64", 8}, {"U64", 8}};
  static const hw_dtype read[] = {HW_F32, HW_F16, HW_BF16, HW_F8_E4M3};
  for (size_t d = 0; d < sizeof read / sizeof *read; d++)
    if (strcmp(name, hw_dtype_name(read[d])) == 0) {
      *dtype = read[d];
      *element_size = hw_dtype_size(*dtype);
      return true;
    }
  *element_size = 0;
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (strcmp(name, others[i].name) == 0) *element_size = others[i].size;
  return false;
}

/* One entry of the header: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}. */
static bool read_entry(json_t *entry, const unsigned char *data, size_t data_size, hw_tensor *tensor, hw_error *err) {
  const char *path = tensor->path, *name = tensor->name;
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
    tensor->shape[d] = json_is_integer(extent) ? json_integer_value(extent) : -1;
  }
  if (!hw_tensor_count(tensor, err)) return false;
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
static bool check_places(hw_tensor *tensors, size_t n, const char *path, size_t data_size, hw_error *err) {
  size_t at = 0;
  if (n) qsort(tensors, n, sizeof *tensors, by_place);
  for (size_t i = 0; i < n; at = tensors[i++].end)
    if (tensors[i].begin != at)
      return hw_fail(err, HW_ERROR_INPUT, "%s: %s begins at byte %zu of the data, want %zu, where the tensor before it ends", path,
                     tensors[i].name, tensors[i].begin, at);
  return at == data_size || hw_fail(err, HW_ERROR_INPUT, "%s: %zu bytes behind the last tensor", path, data_size - at);
}

static bool read_entries(hw_weights *weights, const hw_weights_file *file, json_t *header, size_t length, hw_error *err) {
  const unsigned char *data = file->map.data + 8 + length;
  size_t data_size = file->map.size - 8 - length, first = weights->n_tensors;
  const char *path = file->path, *name;
  json_t *entry;
  json_object_foreach(header, name, entry) {
    if (strcmp(name, "__metadata__") == 0) continue;
    hw_tensor *tensor = hw_weights_next_tensor(weights, err);
    if (!tensor || !(tensor->name = hw_arena_copy(&weights->arena, name, strlen(name), err))) return false;
    tensor->path = path;
    if (!read_entry(entry, data, data_size, tensor, err)) return false;
    weights->n_tensors++;
  }
  size_t n = weights->n_tensors - first;
  return check_places(n ? weights->tensors + first : NULL, n, path, data_size, err);
}

bool hw_safetensors_read(hw_weights *weights, const char *path, hw_error *err) {
  const hw_weights_file *file = hw_weights_add_file(weights, path, err);
  if (!file) return false;
  if (file->map.size < 8)
    return hw_fail(err, HW_ERROR_INPUT, "%s: %zu bytes are too few for a safetensors file", path, file->map.size);
  uint64_t length = 0;
  for (int i = 7; i >= 0; i--) length = length << 8 | file->map.data[i];
  if (length > file->map.size - 8)
    return hw_fail(err, HW_ERROR_INPUT, "%s: the header's length is %" PRIu64 " bytes, but only %zu follow (is the file cut short?)", path,
                   length, file->map.size - 8);
  char where[4096];
  (void)snprintf(where, sizeof where, "%s: the header", path);
  json_t *header = hw_json_parse(where, file->map.data + 8, (size_t)length, false, err);
  bool ok = header && read_entries(weights, file, header, (size_t)length, err);
  json_decref(header);
  return ok;
}
