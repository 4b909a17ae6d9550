/* SPDX-License-Identifier: Apache-2.0
 * GGUF, versions 2 and 3: "GGUF", a version, a number of tensors and of metadata values, the values by key, what each tensor is and where
 * it lies, and, aligned, the data. Numbers are little-endian. */
#ifndef HW_WEIGHTS_GGUF_H
#define HW_WEIGHTS_GGUF_H

#include "weights/tensors.h"

typedef enum hw_gguf_type {
  HW_GGUF_U8, HW_GGUF_I8, HW_GGUF_U16, HW_GGUF_I16, HW_GGUF_U32, HW_GGUF_I32, HW_GGUF_F32, HW_GGUF_BOOL, HW_GGUF_STRING, HW_GGUF_ARRAY,
  HW_GGUF_U64, HW_GGUF_I64, HW_GGUF_F64
} hw_gguf_type;

typedef struct hw_gguf_value {
  const char *key;
  hw_gguf_type type;          /* of the value, or of the elements where it is an array */
  bool is_array;
  size_t n;                   /* elements of an array, else 1 */
  const unsigned char *bytes; /* in the mapping: of the value, or of the first element */
} hw_gguf_value;

typedef struct hw_gguf_text {
  const char *bytes; /* in the mapping, without a NUL behind it */
  size_t length;
} hw_gguf_text;

typedef struct hw_gguf {
  const char *path;
  size_t n_values;
  hw_gguf_value *values; /* ordered by key, no key twice */
  hw_weights weights;    /* the file and its tensors */
} hw_gguf;

/* Every length is checked against the file's size. */
bool hw_gguf_open(const char *path, hw_gguf *gguf, hw_error *err);
void hw_gguf_close(hw_gguf *gguf);

/* The value of a key, or NULL. */
const hw_gguf_value *hw_gguf_find(const hw_gguf *gguf, const char *key);

/* What a value holds; false when it is of another type. Any integer type is an int, any integer or float type a number. */
bool hw_gguf_get_int(const hw_gguf_value *value, int64_t *number);
bool hw_gguf_get_number(const hw_gguf_value *value, double *number);
bool hw_gguf_get_bool(const hw_gguf_value *value, bool *yes);
bool hw_gguf_get_text(const hw_gguf_value *value, hw_gguf_text *text);

/* Element i of an array of numbers (tokenizer.ggml.scores, .token_type). */
bool hw_gguf_get_item(const hw_gguf_value *value, size_t i, double *number);

/* All elements of an array of texts (tokenizer.ggml.tokens, .merges), in the arena. NULL and err filled for anything else. */
const hw_gguf_text *hw_gguf_get_texts(const hw_gguf *gguf, const hw_gguf_value *value, hw_arena *arena, hw_error *err);

#endif
