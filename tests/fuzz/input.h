/* SPDX-License-Identifier: Apache-2.0
 * A fuzzed file in a folder of its own, in memory where the machine has /dev/shm, and what every reader owes: an error is one line. */
#ifndef HW_TESTS_FUZZ_INPUT_H
#define HW_TESTS_FUZZ_INPUT_H

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "headwater/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char fuzz_folder[256];

static inline void fuzz_remove(void) {
  DIR *directory = opendir(fuzz_folder);
  for (const struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) (void)unlinkat(dirfd(directory), entry->d_name, 0);
  if (directory) closedir(directory);
  (void)rmdir(fuzz_folder);
}

/* True once: the folder is made. run.sh names in TMPDIR where, and removes what a crash leaves. */
static inline bool fuzz_start(void) {
  if (fuzz_folder[0]) return false;
  const char *base = getenv("TMPDIR");
  if (!base) base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  if ((size_t)snprintf(fuzz_folder, sizeof fuzz_folder, "%s/hw_fuzz_XXXXXX", base) >= sizeof fuzz_folder || !mkdtemp(fuzz_folder)) abort();
  (void)atexit(fuzz_remove);
  return true;
}

/* The path of a file with these bytes in the folder; it lives until the next call. */
static inline const char *fuzz_file(const char *name, const void *bytes, size_t size) {
  static char path[sizeof fuzz_folder + 64];
  if ((size_t)snprintf(path, sizeof path, "%s/%s", fuzz_folder, name) >= sizeof path) abort();
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0) abort();
  return path;
}

static inline void fuzz_check_error(const hw_error *err) {
  if (!err->kind || !err->message[0] || strchr(err->message, '\n')) abort();
}

/* A small model.safetensors: one tensor of one F32. */
static inline size_t fuzz_put_tensor(char bytes[128], const char *name) {
  memset(bytes, 0, 128);
  int length = snprintf(bytes + 8, 120, "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", name);
  bytes[0] = (char)length;
  return 8 + (size_t)length + 4;
}

#endif
