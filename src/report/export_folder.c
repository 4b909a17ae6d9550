/* SPDX-License-Identifier: Apache-2.0 */
#include "report/export_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/list.h"
#include "report/export_tables.h"

enum { MOST_SHOWN = 5 };

typedef bool (*visitor)(const hw_export_folder *folder, const char *name, void *context, hw_error *err);

/* Calls visit for each file of the folder that is open as the descriptor, which is closed, until one fails. `path` is for messages. */
static bool each_file_of(int descriptor, const char *path, const hw_export_folder *folder, visitor visit, void *context, hw_error *err) {
  DIR *list = descriptor < 0 ? NULL : fdopendir(descriptor);
  if (!list && descriptor >= 0) (void)close(descriptor);
  if (!list) return hw_fail(err, HW_ERROR_IO, "%s: %s", path, strerror(errno));
  bool ok = true;
  const struct dirent *entry;
  while (ok && (errno = 0, entry = readdir(list)))
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) ok = visit(folder, entry->d_name, context, err);
  if (ok && errno) ok = hw_fail(err, HW_ERROR_IO, "%s: %s", path, strerror(errno));
  (void)closedir(list);
  return ok;
}

/* The same of the temporary folder. Like the visitors it takes the folder that is locked, whatever has its name now. */
static bool each_file(const hw_export_folder *folder, visitor visit, hw_error *err) {
  return each_file_of(openat(folder->lock, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder->temporary, folder, visit, NULL, err);
}

static bool remove_file(const hw_export_folder *folder, const char *name, void *context, hw_error *err) {
  (void)context;
  return unlinkat(folder->lock, name, 0) == 0 || hw_fail(err, HW_ERROR_IO, "%s/%s: cannot be removed: %s", folder->temporary, name, strerror(errno));
}

static bool move(const hw_export_folder *folder, const char *name, hw_error *err) {
  char *to = hw_path_join(folder->path, name);
  if (!to) return hw_fail_memory(err, "the name of a file");
  bool ok = renameat(folder->lock, name, AT_FDCWD, to) == 0 || hw_fail(err, HW_ERROR_IO, "%s: %s", to, strerror(errno));
  free(to);
  return ok;
}

static bool move_but_manifest(const hw_export_folder *folder, const char *name, void *context, hw_error *err) {
  (void)context;
  return strcmp(name, HW_EXPORT_MANIFEST) == 0 || move(folder, name, err);
}

static bool remove_manifest(const hw_export_folder *folder, hw_error *err) {
  char *path = hw_path_join(folder->path, HW_EXPORT_MANIFEST);
  if (!path) return hw_fail_memory(err, "the name of a file");
  bool ok = unlink(path) == 0 || errno == ENOENT || hw_fail(err, HW_ERROR_IO, "%s: cannot be replaced: %s", path, strerror(errno));
  free(path);
  return ok;
}

static bool make(const char *path, bool *made, hw_error *err) {
  *made = mkdir(path, 0777) == 0;
  if (*made || (errno == EEXIST && hw_folder_exists(path))) return true;
  return hw_fail(err, HW_ERROR_IO, "%s: %s", path, errno == EEXIST ? "not a folder" : strerror(errno));
}

/* A link in the place of the temporary folder would lead to files that are no export's: they would be removed. */
static int open_folder(const char *path, hw_error *err) {
  int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  bool link = descriptor < 0 && (errno == ELOOP || errno == ENOTDIR);
  if (descriptor < 0) (void)hw_fail(err, HW_ERROR_IO, "%s: %s", path, link ? "a link, wanted a folder of an export" : strerror(errno));
  return descriptor;
}

/* The export that held the lock may have removed the folder. */
static bool is_still_there(const hw_export_folder *folder) {
  struct stat opened, named;
  return fstat(folder->lock, &opened) == 0 && lstat(folder->temporary, &named) == 0 && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

bool hw_export_folder_open(hw_export_folder *folder, const char *path, hw_error *err) {
  *folder = (hw_export_folder){.path = path, .lock = -1};
  bool new, ok = make(path, &folder->made, err);
  if (ok && !(folder->temporary = hw_path_join(path, ".headwater-export"))) ok = hw_fail_memory(err, "the name of a folder");
  if (!ok || !make(folder->temporary, &new, err)) return false;
  if ((folder->lock = open_folder(folder->temporary, err)) < 0) return false;
  /* Some network drives have no locks: there two exports into one folder at a time are the user's risk. */
  if ((flock(folder->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) || !is_still_there(folder)) {
    (void)close(folder->lock);
    folder->lock = -1;
    return hw_fail(err, HW_ERROR_IO, "%s: another export is writing into it", path);
  }
  return each_file(folder, remove_file, err);
}

/* ---- files of earlier exports ---- */

typedef struct name_list {
  char (*names)[NAME_MAX + 1];
  size_t n, capacity;
} name_list;

static bool list_other(const hw_export_folder *folder, const char *name, void *context, hw_error *err) {
  name_list *list = context;
  if (!hw_export_is_file(name)) return true;
  if (faccessat(folder->lock, name, F_OK, 0) == 0) return true; /* replaced */
  if (!hw_list_reserve(list->names, list->n, 1, list->capacity, NULL, err)) return false;
  (void)snprintf(list->names[list->n++], sizeof *list->names, "%s", name);
  return true;
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

bool hw_export_folder_note_others(const hw_export_folder *folder, hw_buffer *notes, hw_error *err) {
  name_list list = {0};
  bool ok = each_file_of(open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder->path, folder, list_other, &list, err);
  if (ok && list.n) {
    qsort(list.names, list.n, sizeof *list.names, by_name);
    hw_buffer_printf(notes, "%s: %zu file%s of earlier exports stay%s, perhaps of another database; " HW_EXPORT_MANIFEST " does not list %s:", folder->path, list.n,
                     list.n == 1 ? "" : "s", list.n == 1 ? "s" : "", list.n == 1 ? "it" : "them");
    for (size_t i = 0; i < list.n && i < MOST_SHOWN; i++) hw_buffer_printf(notes, "%s %s", i ? "," : "", list.names[i]);
    if (list.n > MOST_SHOWN) hw_buffer_printf(notes, " and %zu more", list.n - MOST_SHOWN);
    hw_buffer_append_byte(notes, '\n');
    ok = hw_buffer_check(notes, err);
  }
  free(list.names);
  return ok;
}

bool hw_export_folder_publish(const hw_export_folder *folder, hw_error *err) {
  return remove_manifest(folder, err) && each_file(folder, move_but_manifest, err) && move(folder, HW_EXPORT_MANIFEST, err);
}

void hw_export_folder_close(hw_export_folder *folder) {
  hw_error ignored;
  if (folder->lock >= 0) {
    (void)each_file(folder, remove_file, &ignored);
    (void)rmdir(folder->temporary);
    (void)close(folder->lock);
  }
  if (folder->made) (void)rmdir(folder->path); /* stays when it holds something */
  free(folder->temporary);
  *folder = (hw_export_folder){.lock = -1};
}
