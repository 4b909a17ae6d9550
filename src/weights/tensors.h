/* SPDX-License-Identifier: Apache-2.0
 * Tensors of one or more files, and what the readers of the single formats share: a reader adds its files and their tensors, in any
 * order. Data is mapped and never copied; every offset is checked against its file's size when the file is read. */
#ifndef HW_WEIGHTS_TENSORS_H
#define HW_WEIGHTS_TENSORS_H

#include <stdint.h>

#include "base/file.h"
#include "headwater/arena.h"
#include "headwater/tensor.h"

enum { HW_MAX_DIMS = 4 };

typedef struct hw_tensor {
  const char *name; /* owned by the weights, as all pointers here */
  const char *path; /* of its file */
  hw_dtype dtype;
  bool readable; /* false for a dtype that is not computed with (I64, BOOL...) */
  char dtype_name[12];
  int n_dims;
  int64_t shape[HW_MAX_DIMS];
  size_t n_elements;
  const void *data;
  bool transposed;        /* two dimensions, of which the first lies densest: [out, in] as [in, out] */
  const int64_t *strides; /* [n_dims] in elements, where the elements lie neither in order nor transposed; else NULL */
  const hw_scales *scales; /* of F8_E4M3 and F4_E2M1, once hw_weights_find_scales has been called */
  size_t begin, end; /* bytes in the data of its file */
  bool used; /* taken by the loader */
} hw_tensor;

/* A tensor that an index of shards names and its shard does not have. */
typedef struct hw_absent_tensor {
  const char *name, *file;
} hw_absent_tensor;

typedef struct hw_weights_file {
  char *path;
  hw_file map;
  uint64_t sample; /* hw_file_sample of it when it was opened */
} hw_weights_file;

typedef struct hw_weights {
  const char *path;   /* of the one file, or of the index of several: for messages about all of it */
  const char *format; /* "safetensors" ... */
  size_t n_files, files_capacity;
  hw_weights_file *files; /* all that was read, in the order of the digest */
  size_t n_tensors, tensors_capacity;
  hw_tensor *tensors; /* ordered by name, no name twice */
  size_t n_absent;
  hw_absent_tensor *absent; /* whether the model can do without them, the index does not say */
  bool has_adapter;   /* an adapter lies beside them, which is not read */
  size_t gathered;    /* bytes that hw_tensor_gather has copied */
  size_t n_scaled;    /* tensors that have scales */
  size_t n_activation_scales; /* tensors that say how an 8-bit engine would round activations */
  hw_arena arena;
} hw_weights;

/* Pages of the files that were read leave this process's memory until they are read again. */
void hw_weights_forget(const hw_weights *weights);

/* NULL when there is none of that name. */
hw_tensor *hw_weights_find(const hw_weights *weights, const char *name);

/* The elements of a transposed or strided tensor in order, in the arena; at most as many bytes in all as the files have, because views
 * of one storage can be many. NULL and err filled otherwise. */
const void *hw_tensor_gather(hw_weights *weights, const hw_tensor *tensor, hw_arena *arena, hw_error *err);

/* Gives every tensor of F8_E4M3 its scales, which lie beside it in a tensor of its name with "_scale" or "_scale_inv" behind it: one number
 * for all of it, one for each row, or one for each block of block[0] x block[1] numbers (0: the model has no blocks; NULL: the model is not said to have scales). In both spellings a
 * number is the stored one times its scale. Scales of activations are marked as used and counted: they change no weight. Errors: INPUT
 * for scales that are missing, of another shape or not finite. */
bool hw_weights_find_scales(hw_weights *weights, const int64_t block[2], hw_error *err);

/* Makes one tensor [expert, out, in] of F4_E2M1 with scales of each pair NAME_blocks and NAME_scales, under the name NAME. Errors: INPUT for
 * scales that are missing or of another shape. */
bool hw_weights_join_mxfp4(hw_weights *weights, hw_error *err);

size_t hw_weights_bytes(const hw_weights *weights); /* of all files */

/* "[768, 3072]" into text. */
void hw_shape_format(const int64_t *shape, int n_dims, char text[96]);

void hw_weights_close(hw_weights *weights);

/* ---- For readers ---- */

/* One file of tensors. */
typedef bool hw_weights_reader(hw_weights *weights, const char *path, hw_error *err);
hw_weights_reader hw_safetensors_read, hw_torch_read, hw_gguf_read;

/* An index and the shards that it names, which `read_shard` reads and whose names end with `ending`. */
bool hw_shards_read(hw_weights *weights, const char *index_path, const char *ending, hw_weights_reader *read_shard, hw_error *err);

/* Maps a file and adds it. NULL and err filled on errors. The pointer is valid until the next file is added. */
hw_weights_file *hw_weights_add_file(hw_weights *weights, const char *path, hw_error *err);

/* Room for one more tensor behind the last, cleared; the caller counts n_tensors up when it is whole. */
hw_tensor *hw_weights_next_tensor(hw_weights *weights, hw_error *err);

/* Sorts the tensors by name; false when a name is there twice. */
bool hw_weights_sort(hw_weights *weights, hw_error *err);

/* Multiplies the shape out into n_elements. Errors: INPUT for a negative extent, or a product that overflows. */
bool hw_tensor_count(hw_tensor *tensor, hw_error *err);

#endif
