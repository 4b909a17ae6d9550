/* SPDX-License-Identifier: Apache-2.0
 * pytorch_model.bin. Since PyTorch 1.6 a zip archive: NAME/data.pkl, a pickled state dict whose tensors are views of storages, and
 * NAME/data/KEY, the bytes of each storage. Before: five pickles one behind the other (a magic number, a protocol version, a description
 * of the system, the state dict, the keys of the storages), then for each key a count and the bytes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash_table.h"
#include "base/list.h"
#include "weights/pickle.h"
#include "weights/tensors.h"
#include "weights/zip.h"

typedef struct storage_type {
  const char *global;
  const char *dtype_name;
  bool readable;
  hw_dtype dtype;
  size_t size; /* bytes of an element */
} storage_type;

static const storage_type storage_types[] = {
    {"torch.FloatStorage", "F32", true, HW_F32, 4}, {"torch.HalfStorage", "F16", true, HW_F16, 2}, {"torch.BFloat16Storage", "BF16", true, HW_BF16, 2},
    {"torch.DoubleStorage", "F64", false, HW_F32, 8}, {"torch.LongStorage", "I64", false, HW_F32, 8}, {"torch.IntStorage", "I32", false, HW_F32, 4},
    {"torch.ShortStorage", "I16", false, HW_F32, 2}, {"torch.CharStorage", "I8", false, HW_F32, 1}, {"torch.ByteStorage", "U8", false, HW_F32, 1},
    {"torch.BoolStorage", "BOOL", false, HW_F32, 1}};

typedef struct storage {
  const char *key;
  const storage_type *type;
  size_t n; /* elements */
  const unsigned char *data; /* NULL until it is found */
} storage;

/* A HW_PICKLE_OBJECT: a storage, or a view of one. */
typedef struct object {
  size_t storage; /* index */
  bool is_tensor;
  size_t offset;
  int n_dims;
  int64_t shape[HW_MAX_DIMS], strides[HW_MAX_DIMS]; /* in elements */
} object;

typedef struct reader {
  hw_weights *weights;
  const char *path;
  hw_arena *arena;
  storage *storages;
  size_t n_storages, capacity;
  hw_hash_table by_key;
} reader;

static const char ordered_dict[] = "collections.OrderedDict", rebuild_tensor[] = "torch._utils._rebuild_tensor_v2",
                  rebuild_parameter[] = "torch._utils._rebuild_parameter";

static const storage_type *find_type(const char *global) {
  for (size_t i = 0; i < sizeof storage_types / sizeof *storage_types; i++)
    if (strcmp(storage_types[i].global, global) == 0) return &storage_types[i];
  return NULL;
}

static bool knows(const char *global) {
  return strcmp(global, ordered_dict) == 0 || strcmp(global, rebuild_tensor) == 0 || strcmp(global, rebuild_parameter) == 0 || find_type(global);
}

static hw_pickle_value *fail(const reader *r, hw_error *err, const char *what) {
  hw_fail(err, HW_ERROR_INPUT, "%s: %s", r->path, what);
  return NULL;
}

/* ---- Tensors ---- */

static bool read_extents(const hw_pickle_value *tuple, int64_t *extents) {
  for (size_t i = 0; i < tuple->n; i++) {
    if (tuple->items[i]->kind != HW_PICKLE_INT || tuple->items[i]->integer < 0) return false;
    extents[i] = tuple->items[i]->integer;
  }
  return true;
}

static bool is_empty(const hw_pickle_value *v) { return v->kind == HW_PICKLE_NONE || (v->kind == HW_PICKLE_DICT && v->n == 0); }

/* _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks[, metadata]) */
static hw_pickle_value *make_tensor(reader *r, const hw_pickle_value *arguments, hw_error *err) {
  hw_pickle_value *const *of = arguments->items;
  if (arguments->n < 6 || arguments->n > 7 || of[0]->kind != HW_PICKLE_OBJECT || of[1]->kind != HW_PICKLE_INT || of[1]->integer < 0 ||
      of[2]->kind != HW_PICKLE_TUPLE || of[3]->kind != HW_PICKLE_TUPLE || of[2]->n != of[3]->n)
    return fail(r, err, "a tensor's description is not a storage, an offset, a shape and strides");
  if (arguments->n == 7 && !is_empty(of[6])) return fail(r, err, "a tensor with metadata (conjugate or negative bit), which is not read");
  const object *from = of[0]->object;
  if (from->is_tensor) return fail(r, err, "a tensor is made of a tensor, want a storage");
  if (of[2]->n > HW_MAX_DIMS) {
    hw_fail(err, HW_ERROR_INPUT, "%s: a tensor has %zu dimensions, want at most %d", r->path, of[2]->n, HW_MAX_DIMS);
    return NULL;
  }
  object *tensor = hw_arena_znew(r->arena, object, 1, err);
  hw_pickle_value *v = tensor ? hw_pickle_new(HW_PICKLE_OBJECT, r->arena, err) : NULL;
  if (!v) return NULL;
  *tensor = (object){.storage = from->storage, .is_tensor = true, .offset = (size_t)of[1]->integer, .n_dims = (int)of[2]->n};
  v->object = tensor;
  return read_extents(of[2], tensor->shape) && read_extents(of[3], tensor->strides) ? v : fail(r, err, "an extent or a stride of a tensor is no count");
}

static hw_pickle_value *call(void *context, const char *global, hw_pickle_value *arguments, hw_error *err) {
  reader *r = context;
  if (strcmp(global, rebuild_tensor) == 0) return make_tensor(r, arguments, err);
  if (strcmp(global, rebuild_parameter) == 0) {
    bool ok = arguments->n == 3 && arguments->items[0]->kind == HW_PICKLE_OBJECT && ((const object *)arguments->items[0]->object)->is_tensor;
    return ok ? arguments->items[0] : fail(r, err, "a parameter is made of no tensor");
  }
  if (strcmp(global, ordered_dict) == 0)
    return arguments->n == 0 ? hw_pickle_new(HW_PICKLE_DICT, r->arena, err) : fail(r, err, "an OrderedDict is made of a list, want an empty one that is filled");
  hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: calls %s, which is not run", r->path, global);
  return NULL;
}

static uint64_t hash_text(const char *text) {
  uint64_t hash = UINT64_C(14695981039346656037);
  for (; *text; text++) hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
  return hash;
}

static bool find_storage(reader *r, const char *key, size_t *index, hw_error *err) {
  if (!hw_hash_reserve(&r->by_key, 1, NULL, err)) return false;
  uint64_t hash = hash_text(key);
  hw_hash_entry *entry = hw_hash_find(&r->by_key, hash);
  for (; entry->value; entry = hw_hash_next(&r->by_key, entry))
    if (strcmp(r->storages[entry->value - 1].key, key) == 0) return *index = (size_t)entry->value - 1, true;
  if (!hw_list_reserve(r->storages, r->n_storages, 1, r->capacity, NULL, err)) return false;
  r->storages[r->n_storages] = (storage){.key = key};
  *index = r->n_storages++;
  hw_hash_put(&r->by_key, entry, hash, r->n_storages);
  return true;
}

/* ("storage", class, key, device, elements), and in the older layout None behind it. */
static hw_pickle_value *load(void *context, hw_pickle_value *id, hw_error *err) {
  reader *r = context;
  if (id->kind != HW_PICKLE_TUPLE || id->n < 5 || id->n > 6 || id->items[0]->kind != HW_PICKLE_TEXT || strcmp(id->items[0]->text, "storage") != 0 ||
      id->items[1]->kind != HW_PICKLE_GLOBAL || id->items[2]->kind != HW_PICKLE_TEXT || id->items[4]->kind != HW_PICKLE_INT || id->items[4]->integer < 0)
    return fail(r, err, "what is named outside of the pickle is not a storage with a class, a key and a number of elements");
  if (id->n == 6 && id->items[5]->kind != HW_PICKLE_NONE) return fail(r, err, "a storage that is a part of another, which is not read");
  const storage_type *type = find_type(id->items[1]->text);
  if (!type) return fail(r, err, "the class of a storage is none of PyTorch's");
  object *made = hw_arena_znew(r->arena, object, 1, err);
  hw_pickle_value *v = made ? hw_pickle_new(HW_PICKLE_OBJECT, r->arena, err) : NULL;
  if (!v || !find_storage(r, id->items[2]->text, &made->storage, err)) return NULL;
  v->object = made;
  storage *s = &r->storages[made->storage];
  if (s->type && (s->type != type || s->n != (size_t)id->items[4]->integer)) {
    hw_fail(err, HW_ERROR_INPUT, "%s: storage %.100s is said to be %zu x %s and %" PRId64 " x %s", r->path, s->key, s->n, s->type->dtype_name, id->items[4]->integer,
            type->dtype_name);
    return NULL;
  }
  s->type = type;
  s->n = (size_t)id->items[4]->integer;
  return v;
}

/* The last element of the view lies in the storage, and no element is there more than once. */
static bool check_view(const reader *r, const object *view, const storage *s, const hw_tensor *tensor, hw_error *err) {
  size_t last = view->offset;
  bool ok = true;
  for (int d = 0; d < view->n_dims && tensor->n_elements; d++) {
    size_t reach;
    ok = ok && hw_size_product((size_t)view->strides[d], (size_t)view->shape[d] - 1, &reach) && reach <= SIZE_MAX - last;
    if (ok) last += reach;
  }
  if (!ok || (tensor->n_elements ? last >= s->n : last > s->n))
    return hw_fail(err, HW_ERROR_INPUT, "%s: %.200s reaches past the %zu elements of its storage %.100s", r->path, tensor->name, s->n, s->key);
  return tensor->n_elements <= s->n || hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: %.200s repeats elements of its storage %.100s", r->path, tensor->name, s->key);
}

/* How the elements lie: in order, the columns of a matrix in order, or anyhow. */
static void set_order(const object *view, hw_tensor *tensor, const int64_t *strides) {
  int64_t next = 1; /* does not overflow: no more elements than the storage has */
  bool in_order = true;
  if (tensor->n_elements == 0) return;
  for (int d = view->n_dims - 1; d >= 0; d--) {
    if (view->shape[d] > 1 && view->strides[d] != next) in_order = false;
    next *= view->shape[d];
  }
  if (in_order) return;
  tensor->transposed = view->n_dims == 2 && view->strides[0] == 1 && view->strides[1] == view->shape[0];
  if (!tensor->transposed) tensor->strides = strides;
}

static bool add_tensors(reader *r, const hw_pickle_value *dict, hw_error *err) {
  if (dict->kind != HW_PICKLE_DICT) return hw_fail(err, HW_ERROR_INPUT, "%s: holds %s, want a dict of tensors", r->path, hw_pickle_type(dict));
  for (size_t i = 0; i + 1 < dict->n; i += 2) {
    const hw_pickle_value *name = dict->items[i], *v = dict->items[i + 1];
    if (name->kind != HW_PICKLE_TEXT) return hw_fail(err, HW_ERROR_INPUT, "%s: a key of the dict is %s, want a name", r->path, hw_pickle_type(name));
    if (strlen(name->text) != name->n) return hw_fail(err, HW_ERROR_INPUT, "%s: the name %.200s holds a NUL", r->path, name->text);
    const object *view = v->kind == HW_PICKLE_OBJECT ? v->object : NULL;
    if (!view || !view->is_tensor)
      return hw_fail(err, HW_ERROR_INPUT, "%s: %.200s is %s, want a tensor", r->path, name->text, view ? "a storage" : hw_pickle_type(v));
    hw_tensor *tensor = hw_weights_next_tensor(r->weights, err);
    if (!tensor) return false;
    const storage *s = &r->storages[view->storage];
    *tensor = (hw_tensor){.name = name->text, .path = r->path, .dtype = s->type->dtype, .readable = s->type->readable, .n_dims = view->n_dims};
    (void)snprintf(tensor->dtype_name, sizeof tensor->dtype_name, "%s", s->type->dtype_name);
    memcpy(tensor->shape, view->shape, sizeof tensor->shape);
    if (!hw_tensor_count(tensor, err) || !check_view(r, view, s, tensor, err)) return false;
    set_order(view, tensor, view->strides);
    tensor->data = s->data + view->offset * s->type->size;
    r->weights->n_tensors++;
  }
  return true;
}

static hw_pickle_value *read_pickle(reader *r, const char *what, const unsigned char *bytes, size_t size, size_t *used, hw_error *err) {
  char where[4096];
  (void)snprintf(where, sizeof where, "%s: %s", r->path, what);
  hw_pickle_caller caller = {.context = r, .knows = knows, .call = call, .load = load};
  return hw_pickle_read(where, bytes, size, &caller, r->arena, used, err);
}

/* ---- The two layouts ---- */

static bool place_storage(const reader *r, storage *s, const unsigned char *data, size_t size, hw_error *err) {
  size_t bytes;
  if (!hw_size_product(s->n, s->type->size, &bytes) || bytes > size || size - bytes >= s->type->size)
    return hw_fail(err, HW_ERROR_INPUT, "%s: storage %.100s has %zu bytes, want %zu x %zu", r->path, s->key, size, s->n, s->type->size);
  s->data = data;
  return true;
}

/* The folder in the archive that data.pkl lies in; its length with the slash, 0: none. */
static size_t find_root(const hw_zip *zip, const char **root) {
  static const char ending[] = "/data.pkl";
  for (size_t i = 0; i < zip->n; i++) {
    const char *name = zip->entries[i].name, *slash = strchr(name, '/');
    if (!slash || strcmp(slash, ending) != 0) continue;
    *root = name;
    return (size_t)(slash - name) + 1;
  }
  return 0;
}

static const hw_zip_entry *find_entry(const hw_zip *zip, const char *root, size_t length, const char *folder, const char *name) {
  char whole[512];
  int n = snprintf(whole, sizeof whole, "%.*s%s%s", (int)length, root, folder, name);
  return n > 0 && (size_t)n < sizeof whole ? hw_zip_find(zip, whole) : NULL;
}

static bool read_zip(reader *r, const hw_file *file, hw_error *err) {
  hw_zip zip;
  const char *root = NULL;
  if (!hw_zip_read(r->path, file, r->arena, &zip, err)) return false;
  size_t length = find_root(&zip, &root), used;
  if (!length) return hw_fail(err, HW_ERROR_INPUT, "%s: a zip archive without NAME/data.pkl, want a file of torch.save", r->path);
  const hw_zip_entry *pickle = find_entry(&zip, root, length, "", "data.pkl"), *order = find_entry(&zip, root, length, "", "byteorder");
  if (!pickle) return hw_fail(err, HW_ERROR_INPUT, "%s: the name of the folder in the archive is too long", r->path);
  if (order && (order->size != 6 || memcmp(order->data, "little", 6) != 0))
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: its byte order is not little", r->path);
  hw_pickle_value *dict = read_pickle(r, "data.pkl", pickle->data, pickle->size, &used, err);
  for (size_t i = 0; i < r->n_storages && dict; i++) {
    const hw_zip_entry *entry = find_entry(&zip, root, length, "data/", r->storages[i].key);
    if (!entry) return hw_fail(err, HW_ERROR_INPUT, "%s: no entry data/%.100s for a storage of data.pkl", r->path, r->storages[i].key);
    if (!place_storage(r, &r->storages[i], entry->data, entry->size, err)) return false;
  }
  return dict && add_tensors(r, dict, err);
}

/* The first pickle: the number 0x1950a86a20f9469cfc6c. */
static const unsigned char magic[] = {0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};

static bool read_keys(reader *r, const hw_pickle_value *keys, const unsigned char *at, size_t left, hw_error *err) {
  if (keys->kind != HW_PICKLE_LIST) return hw_fail(err, HW_ERROR_INPUT, "%s: the keys of the storages are %s, want a list", r->path, hw_pickle_type(keys));
  for (size_t i = 0; i < keys->n; i++) {
    size_t known = r->n_storages, index, bytes;
    uint64_t n = 0;
    if (keys->items[i]->kind != HW_PICKLE_TEXT) return hw_fail(err, HW_ERROR_INPUT, "%s: the key of a storage is %s, want a text", r->path, hw_pickle_type(keys->items[i]));
    if (!find_storage(r, keys->items[i]->text, &index, err)) return false;
    storage *s = &r->storages[index];
    if (r->n_storages > known || s->data) return hw_fail(err, HW_ERROR_INPUT, "%s: no tensor, or two lists of bytes, for storage %.100s", r->path, s->key);
    for (int b = 7; b >= 0 && left >= 8; b--) n = n << 8 | at[b];
    if (left < 8 || n != s->n || !hw_size_product(s->n, s->type->size, &bytes) || bytes > left - 8)
      return hw_fail(err, HW_ERROR_INPUT, "%s: storage %.100s has %" PRIu64 " elements and %zu bytes follow, want %zu elements of %zu bytes (is the file cut short?)", r->path,
                     s->key, n, left < 8 ? 0 : left - 8, s->n, s->type->size);
    if (!place_storage(r, s, at + 8, bytes, err)) return false;
    at += 8 + bytes;
    left -= 8 + bytes;
  }
  for (size_t i = 0; i < r->n_storages; i++)
    if (!r->storages[i].data) return hw_fail(err, HW_ERROR_INPUT, "%s: storage %.100s is not among the keys", r->path, r->storages[i].key);
  return left == 0 || hw_fail(err, HW_ERROR_INPUT, "%s: %zu bytes behind the last storage", r->path, left);
}

static bool read_old(reader *r, const hw_file *file, hw_error *err) {
  const unsigned char *at = file->data + sizeof magic;
  size_t left = file->size - sizeof magic, used;
  static const char *const names[] = {"the protocol version", "the description of the system", "the state dict", "the keys of the storages"};
  hw_pickle_value *values[4];
  for (size_t i = 0; i < 4; i++) {
    if (!(values[i] = read_pickle(r, names[i], at, left, &used, err))) return false;
    at += used;
    left -= used;
  }
  if (values[0]->kind != HW_PICKLE_INT || values[0]->integer != 1001) return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: the protocol version is not 1001", r->path);
  const hw_pickle_value *little = hw_pickle_get(values[1], "little_endian");
  if (!little || little->kind != HW_PICKLE_BOOL || !little->integer) return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: its byte order is not little", r->path);
  return read_keys(r, values[3], at, left, err) && add_tensors(r, values[2], err);
}

bool hw_torch_read(hw_weights *weights, const char *path, hw_error *err) {
  const hw_weights_file *added = hw_weights_add_file(weights, path, err);
  if (!added) return false;
  hw_file file = added->map;
  reader r = {.weights = weights, .path = added->path, .arena = &weights->arena};
  bool ok;
  if (file.size >= 4 && memcmp(file.data, "PK\3\4", 4) == 0)
    ok = read_zip(&r, &file, err);
  else if (file.size > sizeof magic && memcmp(file.data, magic, sizeof magic) == 0)
    ok = read_old(&r, &file, err);
  else
    ok = hw_fail(err, HW_ERROR_INPUT, "%s: neither a zip archive nor the older layout of torch.save (%zu bytes)", path, file.size);
  free(r.storages);
  hw_hash_fini(&r.by_key);
  return ok;
}
