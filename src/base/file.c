/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

bool hw_file_map(int fd, const char *path, hw_file *file, hw_error *err) {
  *file = (hw_file){0};
  struct stat status;
  if (fstat(fd, &status) != 0) return hw_fail(err, HW_ERROR_IO, "%s: %s", path, strerror(errno));
  if (!S_ISREG(status.st_mode)) return hw_fail(err, HW_ERROR_INPUT, "%s: not a regular file", path);
  *file = (hw_file){.device = status.st_dev, .inode = status.st_ino, .seconds = status.st_mtim.tv_sec, .nanoseconds = status.st_mtim.tv_nsec};
  if (status.st_size == 0) return true;
  void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED) return hw_fail(err, HW_ERROR_IO, "%s: cannot map: %s", path, strerror(errno));
  file->data = data;
  file->size = (size_t)status.st_size;
  static const char pointer[] = "version https://git-lfs.github.com/spec/";
  if (file->size < sizeof pointer || memcmp(data, pointer, sizeof pointer - 1) != 0) return true;
  hw_file_close(file);
  return hw_fail(err, HW_ERROR_INPUT, "%s: a Git LFS pointer, not the file itself; git lfs pull in its folder brings the file", path);
}

/* What stat or open said of a path. */
static bool fail_path(const char *path, int code, hw_error *err) {
  struct stat link;
  if (code == ENOENT && lstat(path, &link) == 0) return hw_fail(err, HW_ERROR_INPUT, "%s: a link to a file that is not there", path);
  return hw_fail(err, HW_ERROR_IO, "%s: %s", path, strerror(code));
}

bool hw_file_open(const char *path, hw_file *file, hw_error *err) {
  *file = (hw_file){0};
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer is refused below, not waited for */
  if (fd < 0) return fail_path(path, errno, err);
  bool ok = hw_file_map(fd, path, file, err);
  close(fd);
  return ok;
}

void hw_file_close(hw_file *file) {
  if (file->data) munmap((void *)(uintptr_t)file->data, file->size);
  *file = (hw_file){0};
}

void hw_file_forget(const hw_file *file) {
  if (file->data) (void)madvise((void *)(uintptr_t)file->data, file->size, MADV_DONTNEED);
}

enum { SAMPLES = 256, SAMPLE_BYTES = 4096 };

uint64_t hw_file_sample(const hw_file *file) {
  uint64_t hash = 0;
  size_t step = file->size / SAMPLES > SAMPLE_BYTES ? file->size / SAMPLES : SAMPLE_BYTES;
  for (size_t at = 0; at < file->size; at += step)
    hash = XXH3_64bits_withSeed(file->data + at, file->size - at < SAMPLE_BYTES ? file->size - at : SAMPLE_BYTES, hash);
  return hash;
}

bool hw_file_has_changed(const hw_file *file, const char *path, uint64_t sample) {
  struct stat now;
  if (stat(path, &now) == 0 && now.st_dev == file->device && now.st_ino == file->inode &&
      ((size_t)now.st_size != file->size || now.st_mtim.tv_sec != file->seconds || now.st_mtim.tv_nsec != file->nanoseconds))
    return true;
  return hw_file_sample(file) != sample;
}

char *hw_path_join(const char *folder, const char *name) {
  size_t length = strlen(folder), extra = strlen(name);
  while (length > 1 && folder[length - 1] == '/') length--;
  char *path = malloc(length + extra + 2);
  if (!path) return NULL;
  memcpy(path, folder, length);
  path[length] = '/';
  memcpy(path + length + 1, name, extra + 1);
  return path;
}

char *hw_path_beside(const char *path, const char *suffix) {
  struct stat status;
  bool is_link = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
  char *target = is_link ? realpath(path, NULL) : NULL;
  if (is_link && !target && errno == ENOMEM) return NULL;
  const char *file = target ? target : path;
  size_t length = strlen(file), extra = strlen(suffix);
  char *name = malloc(length + extra + 1);
  if (name) {
    memcpy(name, file, length);
    memcpy(name + length, suffix, extra + 1);
  }
  free(target);
  return name;
}

bool hw_file_exists(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

bool hw_file_find(const char *path, bool *there, hw_error *err) {
  struct stat status;
  *there = lstat(path, &status) == 0;
  if (!*there && (errno == ENOENT || errno == ENOTDIR)) return true;
  if (!*there || stat(path, &status) != 0) return fail_path(path, errno, err);
  return S_ISREG(status.st_mode) || hw_fail(err, HW_ERROR_INPUT, "%s: not a regular file", path);
}

bool hw_folder_exists(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

void hw_hash_bytes(const void *bytes, size_t length, char hex[HW_HASH_HEX]) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, length));
  for (size_t i = 0; i < sizeof canonical.digest; i++) {
    hex[2 * i] = "0123456789abcdef"[canonical.digest[i] >> 4];
    hex[2 * i + 1] = "0123456789abcdef"[canonical.digest[i] & 15];
  }
  hex[HW_HASH_HEX - 1] = '\0';
}

bool hw_hash_file(const char *path, char hex[HW_HASH_HEX], hw_error *err) {
  hw_file file;
  if (!hw_file_open(path, &file, err)) return false;
  hw_hash_bytes(file.data, file.size, hex);
  hw_file_close(&file);
  return true;
}
