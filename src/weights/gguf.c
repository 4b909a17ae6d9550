/* SPDX-License-Identifier: Apache-2.0 */
#include "weights/gguf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
  const char *path;
  const unsigned char *data;
  size_t size, at;
  hw_arena *arena;
  hw_error *err;
} reader;

enum { LEAST_VALUE = 8 + 4 + 1, LEAST_TENSOR = 8 + 4 + 4 + 8, MOST_NAME = 65535 };

/* Bytes of each type; 0: they differ. */
static const unsigned char type_sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
enum { N_TYPES = sizeof type_sizes };

/* Types of tensors by their number in the file. */
static const struct { uint32_t number; const char *name; bool readable; hw_dtype dtype; } tensor_types[] = {
    {0, "F32", true, HW_F32}, {1, "F16", true, HW_F16}, {30, "BF16", true, HW_BF16}, {8, "Q8_0", true, HW_Q8_0}, {2, "Q4_0", true, HW_Q4_0},
    {12, "Q4_K", true, HW_Q4_K}, {14, "Q6_K", true, HW_Q6_K},
    {3, "Q4_1", false, HW_F32}, {6, "Q5_0", false, HW_F32}, {7, "Q5_1", false, HW_F32}, {9, "Q8_1", false, HW_F32}, {10, "Q2_K", false, HW_F32},
    {11, "Q3_K", false, HW_F32}, {13, "Q5_K", false, HW_F32}, {15, "Q8_K", false, HW_F32}, {16, "IQ2_XXS", false, HW_F32}, {17, "IQ2_XS", false, HW_F32},
    {18, "IQ3_XXS", false, HW_F32}, {19, "IQ1_S", false, HW_F32}, {20, "IQ4_NL", false, HW_F32}, {21, "IQ3_S", false, HW_F32}, {22, "IQ2_S", false, HW_F32},
    {23, "IQ4_XS", false, HW_F32}, {24, "I8", false, HW_F32}, {25, "I16", false, HW_F32}, {26, "I32", false, HW_F32}, {27, "I64", false, HW_F32},
    {28, "F64", false, HW_F32}, {29, "IQ1_M", false, HW_F32}, {34, "TQ1_0", false, HW_F32}, {35, "TQ2_0", false, HW_F32}, {39, "MXFP4", false, HW_F32}};

static uint64_t number_at(const unsigned char *bytes, size_t n) {
  uint64_t number = 0;
  for (size_t i = n; i > 0; i--) number = number << 8 | bytes[i - 1];
  return number;
}

/* ---- Bytes ---- */

static const unsigned char *take(reader *r, uint64_t n, const char *what) {
  const unsigned char *bytes = r->data + r->at;
  if (n <= r->size - r->at) return r->at += (size_t)n, bytes;
  hw_fail(r->err, HW_ERROR_INPUT, "%s: %.200s wants %" PRIu64 " bytes at byte %zu, %zu are there (is the file cut short?)", r->path, what, n, r->at, r->size - r->at);
  return NULL;
}

static bool take_number(reader *r, size_t n, const char *what, uint64_t *number) {
  const unsigned char *bytes = take(r, n, what);
  *number = bytes ? number_at(bytes, n) : 0;
  return bytes != NULL;
}

/* A key or a name of a tensor, with a NUL behind it. */
static const char *take_name(reader *r, const char *what) {
  uint64_t length;
  if (!take_number(r, 8, what, &length)) return NULL;
  if (length > MOST_NAME) {
    hw_fail(r->err, HW_ERROR_INPUT, "%s: %s of %" PRIu64 " bytes at byte %zu, want at most %d", r->path, what, length, r->at, MOST_NAME);
    return NULL;
  }
  const unsigned char *bytes = take(r, length, what);
  const char *name = bytes ? hw_arena_copy(r->arena, (const char *)bytes, (size_t)length, r->err) : NULL;
  if (name && strlen(name) != length) {
    hw_fail(r->err, HW_ERROR_INPUT, "%s: %s %.200s holds a NUL", r->path, what, name);
    return NULL;
  }
  return name;
}

/* ---- Values ---- */

static bool skip_items(reader *r, const hw_gguf_value *value, uint64_t n) {
  size_t size = type_sizes[value->type];
  if (size) {
    if (n > (r->size - r->at) / size) {
      hw_fail(r->err, HW_ERROR_INPUT, "%s: %.200s has %" PRIu64 " elements of %zu bytes at byte %zu, and %zu bytes are there (is the file cut short?)", r->path, value->key,
              n, size, r->at, r->size - r->at);
      return false;
    }
    r->at += (size_t)n * size;
    return true;
  }
  for (uint64_t i = 0, length; i < n; i++)
    if (!take_number(r, 8, value->key, &length) || !take(r, length, value->key)) return false;
  return true;
}

static bool read_value(reader *r, hw_gguf_value *value) {
  uint64_t type, n = 1;
  if (!(value->key = take_name(r, "a key")) || !take_number(r, 4, value->key, &type)) return false;
  value->is_array = type == HW_GGUF_ARRAY;
  if (value->is_array && (!take_number(r, 4, value->key, &type) || !take_number(r, 8, value->key, &n))) return false;
  if (type >= N_TYPES || type == HW_GGUF_ARRAY)
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: %.200s has type %" PRIu64 "%s", r->path, value->key, type, type == HW_GGUF_ARRAY ? ", an array of arrays" : "");
  value->type = (hw_gguf_type)type;
  value->n = (size_t)n;
  value->bytes = r->data + r->at;
  return skip_items(r, value, n);
}

static int by_key(const void *a, const void *b) { return strcmp(((const hw_gguf_value *)a)->key, ((const hw_gguf_value *)b)->key); }

const hw_gguf_value *hw_gguf_find(const hw_gguf *gguf, const char *key) {
  hw_gguf_value wanted = {.key = key};
  return gguf->n_values ? bsearch(&wanted, gguf->values, gguf->n_values, sizeof *gguf->values, by_key) : NULL;
}

static bool number_of(const unsigned char *bytes, hw_gguf_type type, double *number) {
  uint64_t bits = type_sizes[type] ? number_at(bytes, type_sizes[type]) : 0;
  float single;
  uint32_t half = (uint32_t)bits;
  switch (type) {
    case HW_GGUF_U8: case HW_GGUF_U16: case HW_GGUF_U32: case HW_GGUF_U64: *number = (double)bits; return true;
    case HW_GGUF_I8: *number = (double)(int8_t)bits; return true;
    case HW_GGUF_I16: *number = (double)(int16_t)bits; return true;
    case HW_GGUF_I32: *number = (double)(int32_t)bits; return true;
    case HW_GGUF_I64: *number = (double)(int64_t)bits; return true;
    case HW_GGUF_F32: memcpy(&single, &half, sizeof single); *number = (double)single; return true;
    case HW_GGUF_F64: memcpy(number, &bits, sizeof *number); return true;
    case HW_GGUF_BOOL: case HW_GGUF_STRING: case HW_GGUF_ARRAY: break;
  }
  return false;
}

bool hw_gguf_get_number(const hw_gguf_value *value, double *number) { return !value->is_array && number_of(value->bytes, value->type, number); }

bool hw_gguf_get_item(const hw_gguf_value *value, size_t i, double *number) {
  return value->is_array && i < value->n && number_of(value->bytes + i * type_sizes[value->type], value->type, number);
}

bool hw_gguf_get_int(const hw_gguf_value *value, int64_t *number) {
  double real;
  if (value->type == HW_GGUF_F32 || value->type == HW_GGUF_F64 || !hw_gguf_get_number(value, &real)) return false;
  if (real < -9e15 || real > 9e15) return false; /* above 2^53 no key's value makes sense */
  *number = (int64_t)real;
  return true;
}

bool hw_gguf_get_bool(const hw_gguf_value *value, bool *yes) {
  if (value->is_array || value->type != HW_GGUF_BOOL) return false;
  *yes = *value->bytes != 0;
  return true;
}

bool hw_gguf_get_text(const hw_gguf_value *value, hw_gguf_text *text) {
  if (value->is_array || value->type != HW_GGUF_STRING) return false;
  *text = (hw_gguf_text){.bytes = (const char *)value->bytes + 8, .length = (size_t)number_at(value->bytes, 8)};
  return true;
}

const hw_gguf_text *hw_gguf_get_texts(const hw_gguf *gguf, const hw_gguf_value *value, hw_arena *arena, hw_error *err) {
  if (!value->is_array || value->type != HW_GGUF_STRING) {
    hw_fail(err, HW_ERROR_INPUT, "%s: %s is not an array of texts", gguf->path, value->key);
    return NULL;
  }
  hw_gguf_text *texts = hw_arena_new(arena, hw_gguf_text, value->n, err);
  const unsigned char *at = value->bytes;
  for (size_t i = 0; texts && i < value->n; i++) {
    texts[i] = (hw_gguf_text){.bytes = (const char *)at + 8, .length = (size_t)number_at(at, 8)};
    at += 8 + texts[i].length;
  }
  return texts;
}

/* ---- Tensors ---- */

/* Name, extents with the densest first, type, and the place in the data. */
static bool read_tensor(reader *r, hw_tensor *tensor) {
  uint64_t n_dims, type, begin, extent;
  tensor->path = r->path;
  if (!(tensor->name = take_name(r, "the name of a tensor")) || !take_number(r, 4, tensor->name, &n_dims)) return false;
  if (n_dims > HW_MAX_DIMS) return hw_fail(r->err, HW_ERROR_INPUT, "%s: %.200s has %" PRIu64 " dimensions, want at most %d", r->path, tensor->name, n_dims, HW_MAX_DIMS);
  tensor->n_dims = (int)n_dims;
  for (int d = tensor->n_dims - 1; d >= 0; d--) {
    if (!take_number(r, 8, tensor->name, &extent)) return false;
    tensor->shape[d] = extent <= INT64_MAX ? (int64_t)extent : -1;
  }
  if (!hw_tensor_count(tensor, r->err) || !take_number(r, 4, tensor->name, &type) || !take_number(r, 8, tensor->name, &begin)) return false;
  if (begin > r->size) return hw_fail(r->err, HW_ERROR_INPUT, "%s: %.200s begins at byte %" PRIu64 " of the data, past the end of the file", r->path, tensor->name, begin);
  tensor->begin = tensor->end = (size_t)begin;
  (void)snprintf(tensor->dtype_name, sizeof tensor->dtype_name, "type %" PRIu32, (uint32_t)type);
  for (size_t i = 0; i < sizeof tensor_types / sizeof *tensor_types; i++) {
    if (tensor_types[i].number != type) continue;
    tensor->readable = tensor_types[i].readable;
    tensor->dtype = tensor_types[i].dtype;
    (void)snprintf(tensor->dtype_name, sizeof tensor->dtype_name, "%s", tensor_types[i].name);
  }
  if (!tensor->readable) return true;
  size_t block = hw_dtype_block(tensor->dtype), bytes, row = tensor->n_dims ? (size_t)tensor->shape[tensor->n_dims - 1] : 1;
  if (row % block) return hw_fail(r->err, HW_ERROR_INPUT, "%s: %.200s has rows of %zu numbers, want a multiple of %zu for %s", r->path, tensor->name, row, block, tensor->dtype_name);
  if (!hw_size_product(tensor->n_elements / block, hw_dtype_size(tensor->dtype), &bytes) || bytes > SIZE_MAX - tensor->begin)
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: %.200s: the shape is too large", r->path, tensor->name);
  tensor->end = tensor->begin + bytes;
  return true;
}

static int by_place(const void *a, const void *b) {
  const hw_tensor *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return (x->end > y->end) - (x->end < y->end);
}

static bool place_tensors(reader *r, hw_tensor *tensors, size_t n, size_t alignment) {
  size_t over = r->at % alignment, first = r->at + (over ? alignment - over : 0), size = r->size > first ? r->size - first : 0;
  if (n) qsort(tensors, n, sizeof *tensors, by_place);
  for (size_t i = 0; i < n; i++) {
    hw_tensor *tensor = &tensors[i];
    if (tensor->end > size)
      return hw_fail(r->err, HW_ERROR_INPUT, "%s: %.200s lies in bytes %zu to %zu of the data, and only %zu are there (is the file cut short?)", r->path, tensor->name, tensor->begin,
                     tensor->end, size);
    if (tensor->begin % alignment)
      return hw_fail(r->err, HW_ERROR_INPUT, "%s: %.200s begins at byte %zu of the data, want a multiple of %zu", r->path, tensor->name, tensor->begin, alignment);
    if (i && tensor->begin < tensors[i - 1].end)
      return hw_fail(r->err, HW_ERROR_INPUT, "%s: %.200s and %.200s overlap", r->path, tensors[i - 1].name, tensor->name);
    tensor->data = r->data + (first < r->size ? first + tensor->begin : r->size);
  }
  return true;
}

/* ---- The file ---- */

static bool find_alignment(const hw_gguf *gguf, size_t *alignment, hw_error *err) {
  const hw_gguf_value *value = hw_gguf_find(gguf, "general.alignment");
  int64_t number = 32;
  if (value && (!hw_gguf_get_int(value, &number) || number < 1 || number > 1 << 20 || (number & (number - 1))))
    return hw_fail(err, HW_ERROR_INPUT, "%s: general.alignment is not a power of two of at most 2^20", gguf->path);
  *alignment = (size_t)number;
  return true;
}

/* A part holds some of the tensors. */
static bool refuse_parts(const hw_gguf *gguf, hw_error *err) {
  const hw_gguf_value *value = hw_gguf_find(gguf, "split.count");
  int64_t n;
  if (!value || (hw_gguf_get_int(value, &n) && n <= 1)) return true;
  return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: a part of a model in several GGUF files; llama-gguf-split --merge joins them", gguf->path);
}

static bool read_header(reader *r, uint64_t *n_tensors, uint64_t *n_values) {
  if (r->size < 24 || memcmp(r->data, "GGUF", 4) != 0) return hw_fail(r->err, HW_ERROR_INPUT, "%s: does not begin with GGUF and its header (%zu bytes)", r->path, r->size);
  uint64_t version = number_at(r->data + 4, 4);
  *n_tensors = number_at(r->data + 8, 8);
  *n_values = number_at(r->data + 16, 8);
  r->at = 24;
  if (version > 0 && (version & 0xFFFF) == 0) return hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: a GGUF file of a big-endian machine, which is not read", r->path);
  if (version != 2 && version != 3) return hw_fail(r->err, HW_ERROR_UNSUPPORTED, "%s: GGUF version %" PRIu64 ", want 2 or 3", r->path, version);
  if (*n_values > r->size / LEAST_VALUE || *n_tensors > r->size / LEAST_TENSOR)
    return hw_fail(r->err, HW_ERROR_INPUT, "%s: %" PRIu64 " tensors and %" PRIu64 " values cannot lie in %zu bytes", r->path, *n_tensors, *n_values, r->size);
  return true;
}

static bool read_all(reader *r, hw_gguf *gguf) {
  uint64_t n_tensors = 0, n_values = 0;
  if (!read_header(r, &n_tensors, &n_values)) return false;
  gguf->values = hw_arena_znew(r->arena, hw_gguf_value, (size_t)n_values, r->err);
  if (!gguf->values) return false;
  for (uint64_t i = 0; i < n_values; i++)
    if (!read_value(r, &gguf->values[i])) return false;
  gguf->n_values = (size_t)n_values;
  if (n_values) qsort(gguf->values, gguf->n_values, sizeof *gguf->values, by_key);
  for (size_t i = 1; i < gguf->n_values; i++)
    if (by_key(&gguf->values[i - 1], &gguf->values[i]) == 0) return hw_fail(r->err, HW_ERROR_INPUT, "%s: key %.200s is there twice", r->path, gguf->values[i].key);
  for (uint64_t i = 0; i < n_tensors; i++) {
    hw_tensor *tensor = hw_weights_next_tensor(&gguf->weights, r->err);
    if (!tensor || !read_tensor(r, tensor)) return false;
    gguf->weights.n_tensors++;
  }
  size_t alignment = 1;
  return refuse_parts(gguf, r->err) && find_alignment(gguf, &alignment, r->err) && place_tensors(r, gguf->weights.tensors, gguf->weights.n_tensors, alignment) && hw_weights_sort(&gguf->weights, r->err);
}

bool hw_gguf_open(const char *path, hw_gguf *gguf, hw_error *err) {
  *gguf = (hw_gguf){0};
  hw_arena_init(&gguf->weights.arena);
  const hw_weights_file *file = hw_weights_add_file(&gguf->weights, path, err);
  if (file) {
    gguf->path = gguf->weights.path = file->path;
    reader r = {.path = file->path, .data = file->map.data, .size = file->map.size, .arena = &gguf->weights.arena, .err = err};
    if (read_all(&r, gguf)) return true;
  }
  hw_gguf_close(gguf);
  return false;
}

void hw_gguf_close(hw_gguf *gguf) {
  hw_weights_close(&gguf->weights);
  *gguf = (hw_gguf){0};
}

bool hw_gguf_read(hw_weights *weights, const char *path, hw_error *err) {
  hw_gguf gguf;
  if (!hw_gguf_open(path, &gguf, err)) return false;
  hw_weights_close(weights);
  *weights = gguf.weights;
  return true;
}
