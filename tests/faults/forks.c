/* SPDX-License-Identifier: Apache-2.0
 * faults.c, where memory is refused at one allocation after another of one process.
 *   HEADWATER_FAULT_FORK=CREDIT:REPORT:FOLDER
 * At each of the allocations the program waits for a byte on the descriptor CREDIT and forks. The child gets NULL and goes on to its end, in a copy of the
 * folder, FOLDER.N, which takes the name FOLDER while the child runs; the open and the mapped files there become those of the copy. The parent waits for
 * the child, gives the folders their names back, writes "N STATUS" to the descriptor REPORT, and goes on as if nothing had been. stdout, stderr and the log
 * belong into the folder. (A mount that the child alone sees does the same, but each one waits for all processors: on a busy machine 200 ms.)
 * A thread that the program starts does not run: the commands start only one that shows the progress from time to time. */
#define _GNU_SOURCE
#include "forks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH = 4096, N_FILES = 1024, SECONDS = 300 };
static char forked[PATH]; /* FOLDER */
static size_t forked_length;
static bool by_forks;
static int credit_fd, report_fd;

/* The copies have the inode numbers of what they were made of: by them SQLite knows its open files. */
static struct {
  ino_t copy, original;
} inodes[N_FILES];
static size_t n_inodes;

static int status_of(int folder, const char *path, struct stat *status, int flags) {
  if (syscall(SYS_newfstatat, folder, path, status, flags) != 0) return -1;
  for (size_t i = 0; i < n_inodes; i++)
    if (inodes[i].copy == status->st_ino) {
      status->st_ino = inodes[i].original;
      break;
    }
  return 0;
}
int stat(const char *path, struct stat *status) { return status_of(AT_FDCWD, path, status, 0); }
int lstat(const char *path, struct stat *status) { return status_of(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW); }
int fstat(int fd, struct stat *status) { return status_of(fd, "", status, AT_EMPTY_PATH); }
int fstatat(int folder, const char *path, struct stat *status, int flags) { return status_of(folder, path, status, flags); }
int stat64(const char *path, struct stat64 *status) { return stat(path, (struct stat *)status); }
int lstat64(const char *path, struct stat64 *status) { return lstat(path, (struct stat *)status); }
int fstat64(int fd, struct stat64 *status) { return fstat(fd, (struct stat *)status); }
int fstatat64(int folder, const char *path, struct stat64 *status, int flags) { return fstatat(folder, path, (struct stat *)status, flags); }

/* What the child needs; else it ends with a status that is no command's. */
static void need(bool ok, const char *what, const char *path) {
  if (ok) return;
  (void)dprintf(STDERR_FILENO, "faults: the copy of the process: %s %s: %s\n", what, path, strerror(errno));
  _exit(125);
}

static void copy_bytes(int from, int to, const char *path) {
  struct stat old, new;
  need(fstat(from, &old) == 0 && fstat(to, &new) == 0, "fstat", path);
  off_t at = 0;
  while (at < old.st_size) need(sendfile(to, from, &at, (size_t)(old.st_size - at)) > 0, "sendfile", path);
  need(lseek(to, 0, SEEK_SET) == 0 && fchmod(to, old.st_mode & 07777) == 0 && futimens(to, (struct timespec[]){old.st_atim, old.st_mtim}) == 0, "fchmod", path);
  need(n_inodes < N_FILES, "too many files", path);
  inodes[n_inodes].copy = new.st_ino;
  inodes[n_inodes++].original = old.st_ino;
}

static void copy_folder(const char *from, const char *to) {
  char old[PATH], new[PATH], target[PATH];
  DIR *folder = opendir(from);
  need(folder && mkdir(to, 0755) == 0, "mkdir", to);
  struct stat status;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    need(snprintf(old, PATH, "%s/%s", from, entry->d_name) < PATH && snprintf(new, PATH, "%s/%s", to, entry->d_name) < PATH, "long path", from);
    need(lstat(old, &status) == 0, "lstat", old);
    if (S_ISDIR(status.st_mode)) {
      copy_folder(old, new);
    } else if (S_ISLNK(status.st_mode)) {
      ssize_t n = readlink(old, target, PATH - 1);
      need(n > 0, "readlink", old);
      target[n] = '\0';
      need(symlink(target, new) == 0, "symlink", new);
    } else {
      int in = open(old, O_RDONLY | O_CLOEXEC), out = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      need(S_ISREG(status.st_mode) && in >= 0 && out >= 0, "open", old);
      copy_bytes(in, out, old);
      need(close(in) == 0 && close(out) == 0, "close", new);
    }
  }
  need(fstat(dirfd(folder), &status) == 0, "fstat", from);
  struct stat copied;
  need(stat(to, &copied) == 0 && n_inodes < N_FILES, "stat", to);
  inodes[n_inodes].copy = copied.st_ino;
  inodes[n_inodes++].original = status.st_ino;
  (void)closedir(folder);
}

static bool is_in_forked(const char *path) { return !strncmp(path, forked, forked_length) && path[forked_length] == '/'; }
static bool is_removed(const char *path) {
  size_t n = strlen(path);
  return n > 10 && !strcmp(path + n - 10, " (deleted)");
}

/* An open file of the folder becomes that of the copy: opened in the same way, at the same place, locked if it was. */
static void move_descriptor(int fd, const char *copy) {
  char link[64], path[PATH], there[2 * PATH], about[4096];
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH - 1);
  if (n <= 0) return;
  path[n] = '\0';
  if (!is_in_forked(path)) return;
  int flags = fcntl(fd, F_GETFL), kept = fcntl(fd, F_GETFD), new;
  off_t at = lseek(fd, 0, SEEK_CUR);
  if (is_removed(path)) {
    int old = open(link, O_RDONLY | O_CLOEXEC);
    new = open(copy, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    need(old >= 0 && new >= 0, "open", path);
    copy_bytes(old, new, path);
    (void)close(old);
  } else {
    (void)snprintf(there, sizeof there, "%s%s", copy, path + forked_length);
    new = open(there, (flags & ~(O_CREAT | O_EXCL | O_TRUNC)) | O_CLOEXEC);
  }
  struct stat old_status, new_status;
  need(new >= 0 && lseek(new, at, SEEK_SET) == at, "open", path);
  need(fstat(fd, &old_status) == 0 && fstat(new, &new_status) == 0 && old_status.st_ino == new_status.st_ino, "another file", path);
  (void)snprintf(link, sizeof link, "/proc/self/fdinfo/%d", fd);
  int info = open(link, O_RDONLY | O_CLOEXEC);
  ssize_t told = info >= 0 ? read(info, about, sizeof about - 1) : -1;
  need(told > 0 && close(info) == 0, "read", link);
  about[told] = '\0';
  if (strstr(about, "FLOCK")) need(flock(new, (strstr(about, "WRITE") ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0, "flock", path);
  need(dup3(new, fd, kept & FD_CLOEXEC ? O_CLOEXEC : 0) == fd && close(new) == 0, "dup3", path);
}

static void move_descriptors(const char *copy) {
  int fds[N_FILES];
  size_t n = 0;
  DIR *folder = opendir("/proc/self/fd");
  need(folder != NULL, "opendir", "/proc/self/fd");
  for (struct dirent *entry; (entry = readdir(folder)) != NULL && n < N_FILES;)
    if (*entry->d_name != '.') fds[n++] = (int)strtol(entry->d_name, NULL, 10);
  (void)closedir(folder);
  for (size_t i = 0; i < n; i++) move_descriptor(fds[i], copy);
}

/* Mapped files of the folder: SQLite's indexes of write-ahead logs, and files that are read. */
static void move_mappings(const char *copy) {
  static char maps[1 << 18];
  size_t n = 0;
  int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  for (ssize_t got; n < sizeof maps - 1 && (got = read(fd, maps + n, sizeof maps - 1 - n)) > 0;) n += (size_t)got;
  need(n > 0 && n < sizeof maps - 1 && close(fd) == 0, "read", "/proc/self/maps");
  for (char *line = maps, *end; *line; line = end + 1) {
    end = strchr(line, '\n');
    *end = '\0';
    unsigned long from, to, offset;
    char how[5], *path = strchr(line, '/'), there[2 * PATH];
    if (!path || !is_in_forked(path)) continue;
    need(sscanf(line, "%lx-%lx %4s %lx", &from, &to, how, &offset) == 4, "a mapping of", line);
    bool shared = how[3] == 's', written = how[1] == 'w';
    need(!is_removed(path) && (shared || !written), "a mapping of", line);
    (void)snprintf(there, sizeof there, "%s%s", copy, path + forked_length);
    int file = open(there, (written ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    int protection = (how[0] == 'r' ? PROT_READ : 0) | (written ? PROT_WRITE : 0);
    need(file >= 0 && mmap((void *)from, to - from, protection, MAP_FIXED | (shared ? MAP_SHARED : MAP_PRIVATE), file, (off_t)offset) != MAP_FAILED, "mmap", path);
    (void)close(file);
  }
}

static ino_t inode_of_forked(void) {
  struct stat status;
  return syscall(SYS_newfstatat, AT_FDCWD, forked, &status, 0) == 0 ? status.st_ino : 0;
}

/* The folders take each other's names. Not by rename(), which may be a call that fails. */
static bool exchange_names(const char *copy) { return syscall(SYS_renameat2, AT_FDCWD, copy, AT_FDCWD, forked, 2 /* RENAME_EXCHANGE */) == 0; }

bool refused_in_child(long allocation) {
  int before = errno, status = 0;
  char credit, copy[2 * PATH], here[PATH];
  (void)snprintf(copy, sizeof copy, "%s.%ld", forked, allocation);
  ino_t own = inode_of_forked();
  if (read(credit_fd, &credit, 1) != 1) _exit(125); /* who reads the reports is gone */
  (void)alarm(SECONDS);
  pid_t child = fork();
  if (child != 0) {
    if (child < 0 || waitpid(child, &status, 0) != child || (inode_of_forked() != own && !exchange_names(copy)) ||
        dprintf(report_fd, "%ld %d\n", allocation, status) < 0)
      _exit(125);
    errno = before;
    return false;
  }
  (void)alarm(SECONDS);
  (void)close(credit_fd);
  (void)close(report_fd);
  need(getcwd(here, PATH) != NULL, "getcwd", "");
  copy_folder(forked, copy);
  move_descriptors(copy);
  move_mappings(copy);
  need(exchange_names(copy) && chdir(here) == 0, "exchange", copy);
  return true;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*function)(void *), void *context) {
  NEXT(pthread_create);
  if (!by_forks) return next(thread, how, function, context);
  *thread = 0;
  return 0;
}

int pthread_join(pthread_t thread, void **result) {
  NEXT(pthread_join);
  return thread ? next(thread, result) : 0;
}

bool refused_by_forks(const char *how) {
  by_forks = how && sscanf(how, "%d:%d:%4095s", &credit_fd, &report_fd, forked) == 3;
  forked_length = strlen(forked);
  return by_forks;
}
