/* SPDX-License-Identifier: Apache-2.0 */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a path names: a file, whose name has no link at its end, or a descriptor of this process, as /dev/stdout does. */
typedef struct place {
  char *file;
  int descriptor; /* -1: none */
} place;

enum { MOST_LINKS = 40 };

/* FOLDER is a real path. N in /proc/PID/fd/N of this process, and in /dev/fd/N where that is a folder of its own; -1: another file. */
static int own_descriptor(const char *folder, const char *name) {
  char own[64], *end;
  (void)snprintf(own, sizeof own, "/proc/%ld/", (long)getpid());
  size_t length = strlen(folder);
  bool listed = strcmp(folder, "/dev/fd") == 0 || (strncmp(folder, own, strlen(own)) == 0 && length > 3 && strcmp(folder + length - 3, "/fd") == 0);
  if (!listed || name[0] < '0' || name[0] > '9') return -1;
  long number = strtol(name, &end, 10);
  return *end || number > INT_MAX ? -1 : (int)number;
}

/* FOLDER/NAME of a path: the real path of its folder, and where the name begins. NULL where there is no such folder. */
static char *real_folder(const char *path, const char **name) {
  const char *slash = strrchr(path, '/');
  *name = slash ? slash + 1 : path;
  char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("."), *real = folder ? realpath(folder, NULL) : NULL;
  free(folder);
  return real;
}

/* The file that a link names, from FOLDER on; NULL: no link. */
static char *read_link(const char *folder, const char *path) {
  char target[PATH_MAX + 1];
  ssize_t length = readlink(path, target, PATH_MAX);
  if (length < 0) return NULL;
  target[length] = '\0';
  hw_buffer joined;
  hw_buffer_init(&joined);
  hw_buffer_printf(&joined, "%s%s%s", target[0] == '/' ? "" : folder, target[0] == '/' ? "" : "/", target);
  return joined.failed ? hw_buffer_fini(&joined), NULL : joined.data;
}

/* Follows the links at the end of the path. What cannot be followed stays as it is: opening it gives the error. */
static place find_place(const char *path) {
  place found = {.file = strdup(path), .descriptor = -1};
  for (int i = 0; found.file && i < MOST_LINKS; i++) {
    const char *name;
    char *folder = real_folder(found.file, &name);
    if (!folder) break;
    found.descriptor = own_descriptor(folder, name);
    char *next = found.descriptor < 0 && strncmp(folder, "/proc/", 6) != 0 ? read_link(folder, found.file) : NULL;
    free(folder);
    if (!next) break;
    free(found.file);
    found.file = next;
  }
  return found;
}

/* Links of /proc are files that programs have open. */
static bool is_written_directly(const char *file) {
  struct stat status;
  return (stat(file, &status) == 0 && !S_ISREG(status.st_mode)) || (lstat(file, &status) == 0 && S_ISLNK(status.st_mode));
}

bool hw_output_open(hw_output *out, const char *path, hw_error *err) {
  place found = find_place(path);
  *out = (hw_output){.path = strdup(path), .file_path = found.file};
  if (!out->path || !out->file_path) return hw_fail_memory(err, "the name of a file");
  if (found.descriptor >= 0) { /* a second one of the same file: what was written to it before stays */
    int copy = fcntl(found.descriptor, F_DUPFD_CLOEXEC, 0);
    out->file = copy < 0 ? NULL : fdopen(copy, "wb");
    if (!out->file && copy >= 0) (void)close(copy);
  } else if (is_written_directly(found.file)) {
    out->file = fopen(found.file, "wbe");
  } else {
    hw_buffer temporary;
    hw_buffer_init(&temporary);
    hw_buffer_printf(&temporary, "%s.%ld.tmp", found.file, (long)getpid());
    if (!hw_buffer_check(&temporary, err)) return false;
    out->temporary = temporary.data;
    out->file = fopen(out->temporary, "wbe");
  }
  return out->file ? true : hw_fail(err, HW_ERROR_IO, "%s: %s", out->path, strerror(errno));
}

bool hw_output_write(void *context, const char *bytes, size_t length) {
  hw_output *out = context;
  if (fwrite(bytes, 1, length, out->file) == length) return true;
  out->error = errno;
  return false;
}

/* Before it takes its name: after a power failure the name could stand for an empty file. */
static bool put_on_disk(FILE *file) {
  return fflush(file) == 0 && (fsync(fileno(file)) == 0 || errno == EINVAL || errno == ENOSYS); /* the file system cannot do it */
}

bool hw_output_close(hw_output *out, bool ok, hw_error *err) {
  bool renames = out->temporary != NULL;
  if (ok && renames && !out->error && !put_on_disk(out->file)) out->error = errno;
  if (out->file && fclose(out->file) != 0 && !out->error) out->error = errno;
  if (out->error) ok = hw_fail(err, HW_ERROR_IO, "%s: %s", out->path, strerror(out->error));
  if (ok && renames && rename(out->temporary, out->file_path) != 0) ok = hw_fail(err, HW_ERROR_IO, "%s: %s", out->path, strerror(errno));
  if (!ok && renames && out->file) (void)unlink(out->temporary);
  free(out->path);
  free(out->file_path);
  free(out->temporary);
  return ok;
}

bool hw_output_write_file(const char *path, const hw_buffer *text, hw_error *err) {
  hw_output out;
  if (!hw_buffer_check(text, err)) return false;
  bool ok = hw_output_open(&out, path, err);
  if (ok) (void)hw_output_write(&out, text->data, text->length);
  return hw_output_close(&out, ok, err);
}
