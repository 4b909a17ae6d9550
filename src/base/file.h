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
  uint64_t device, inode;    /* of the file, and when it was last written: as it was opened */
  int64_t seconds, nanoseconds;
} hw_file;

/* Maps a regular file; a Git LFS pointer in its place is an error. Errors name the path. The mapping lives until hw_file_close. */
bool hw_file_open(const char *path, hw_file *file, hw_error *err);
/* The same from an open descriptor, which stays the caller's. */
bool hw_file_map(int fd, const char *path, hw_file *file, hw_error *err);
void hw_file_close(hw_file *file);
/* Its pages leave this process's memory until they are read again. */
void hw_file_forget(const hw_file *file);

/* A hash of blocks spread over the file, 1 MB at most: quick for files of any size. */
uint64_t hw_file_sample(const hw_file *file);
/* Was the file written into or cut since it was opened? sample: of then. What another file at its path replaced is not: the mapping has the old one. */
bool hw_file_has_changed(const hw_file *file, const char *path, uint64_t sample);

/* "folder/name" in a malloc'd string (caller frees); NULL when memory is short. */
char *hw_path_join(const char *folder, const char *name);
/* PATH with SUFFIX, for what SQLite keeps beside a database ("-wal", "-shm", "-journal"): where PATH is a symbolic link, that lies beside the file
 * that the link names. Malloc'd (caller frees); NULL when memory is short. */
char *hw_path_beside(const char *path, const char *suffix);
bool hw_file_exists(const char *path);
/* Whether a regular file is there. Errors: INPUT where the name is there as something else: a link to a file that is not there, a folder, a pipe; IO. */
bool hw_file_find(const char *path, bool *there, hw_error *err);
bool hw_folder_exists(const char *path);

/* Hex digest (32 digits + NUL) of the XXH3-128 hash. */
#define HW_HASH_HEX 33
void hw_hash_bytes(const void *bytes, size_t length, char hex[HW_HASH_HEX]);
bool hw_hash_file(const char *path, char hex[HW_HASH_HEX], hw_error *err);

#endif
