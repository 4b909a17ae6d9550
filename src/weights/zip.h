/* SPDX-License-Identifier: Apache-2.0
 * The entries of a zip archive in memory, also zip64. Entries are stored as they are: a compressed one is an error. */
#ifndef HW_WEIGHTS_ZIP_H
#define HW_WEIGHTS_ZIP_H

#include <stdint.h>

#include "base/file.h"
#include "headwater/arena.h"

typedef struct hw_zip_entry {
  const char *name;
  const unsigned char *data;
  size_t size;
  size_t begin; /* of its local header in the archive */
} hw_zip_entry;

typedef struct hw_zip {
  size_t n;
  hw_zip_entry *entries; /* ordered by name, no name twice */
} hw_zip;

/* Checks that all entries lie in the file and that no two overlap. path: for messages. The entries live in the arena. */
bool hw_zip_read(const char *path, const hw_file *file, hw_arena *arena, hw_zip *zip, hw_error *err);

/* NULL when there is none. */
const hw_zip_entry *hw_zip_find(const hw_zip *zip, const char *name);

#endif
