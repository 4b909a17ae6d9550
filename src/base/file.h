/* SPDX-License-Identifier: Apache-2.0
 * Files read through a read-only mapping. Every byte is untrusted: compare lengths with `size` before use. */
#ifndef HW_BASE_FILE_H
#define HW_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/error.h"

typedef struct hw_file {
  const unsigned char *data; /* NULL for an empty file */
  size_t size;               /* bytes */
} hw_file;

/* Maps a regular file; a Git LFS pointer in its place is an error. Errors name the path. The mapping lives until hw_file_close. */
bool hw_file_open(const char *path, hw_file *file, hw_error *err);
/* The same from an open descriptor, which stays the caller's. */
bool hw_file_map(int fd, const char *path, hw_file *file, hw_error *err);
void hw_file_close(hw_file *file);
/* Its pages leave this process's memory until they are read again. */
void hw_file_forget(const hw_file *file);

/* "folder/name" in a malloc'd string (caller frees); NULL when memory is short. */
char *hw_path_join(const char *folder, const char *name);
bool hw_file_exists(const char *path);
bool hw_folder_exists(const char *path);

/* Hex digest (32 digits + NUL) of the XXH3-128 hash. */
#define HW_HASH_HEX 33
void hw_hash_bytes(const void *bytes, size_t length, char hex[HW_HASH_HEX]);
bool hw_hash_file(const char *path, char hex[HW_HASH_HEX], hw_error *err);

#endif
