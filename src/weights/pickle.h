/* SPDX-License-Identifier: Apache-2.0
 * Python's pickle as a description of data. Nothing is executed: plain containers, numbers and text are read; a call is handed to the
 * caller, who knows what it stands for; every other opcode and every global that the caller does not know is an error that names it. */
#ifndef HW_WEIGHTS_PICKLE_H
#define HW_WEIGHTS_PICKLE_H

#include <stdint.h>

#include "headwater/arena.h"

typedef enum hw_pickle_kind {
  HW_PICKLE_MARK, /* only on the stack */
  HW_PICKLE_NONE,
  HW_PICKLE_BOOL,
  HW_PICKLE_INT,
  HW_PICKLE_FLOAT, /* its number is not kept */
  HW_PICKLE_TEXT,
  HW_PICKLE_TUPLE,
  HW_PICKLE_LIST,
  HW_PICKLE_DICT,   /* items: key, value, key, value... */
  HW_PICKLE_GLOBAL, /* text: "module.name" */
  HW_PICKLE_OBJECT, /* what the caller made: object */
} hw_pickle_kind;

typedef struct hw_pickle_value {
  hw_pickle_kind kind;
  int64_t integer;
  char *text; /* with a NUL behind it */
  size_t n, capacity;
  struct hw_pickle_value **items;
  const void *object;
} hw_pickle_value;

/* What the caller knows. Both return NULL with err filled. */
typedef struct hw_pickle_caller {
  void *context;
  bool (*knows)(const char *global);
  /* function(arguments): arguments is a tuple. */
  hw_pickle_value *(*call)(void *context, const char *global, hw_pickle_value *arguments, hw_error *err);
  /* What lies outside of the pickle under this id. */
  hw_pickle_value *(*load)(void *context, hw_pickle_value *id, hw_error *err);
} hw_pickle_caller;

/* Reads one pickle from the beginning of the bytes; *used: its length. where: for messages. All values live in the arena. */
hw_pickle_value *hw_pickle_read(const char *where, const unsigned char *bytes, size_t size, const hw_pickle_caller *caller, hw_arena *arena,
                                size_t *used, hw_error *err);

hw_pickle_value *hw_pickle_new(hw_pickle_kind kind, hw_arena *arena, hw_error *err);

/* The value of a text key of a dict, or NULL. */
hw_pickle_value *hw_pickle_get(const hw_pickle_value *dict, const char *key);

/* "a dict", "a call's result"... */
const char *hw_pickle_type(const hw_pickle_value *value);

#endif
