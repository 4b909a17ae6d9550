/* SPDX-License-Identifier: Apache-2.0
 * A library for LD_PRELOAD that makes one call of a program fail, or kills the program there.
 *   HEADWATER_FAULT=KIND:N   the N-th call, counted from 1, of those that the kind counts
 *   HEADWATER_FAULT=nomem:A-B and HEADWATER_FAULT_FORK=CREDIT:REPORT:FOLDER   instead of that: at each allocation from A to B the program forks. The
 *                            child gets NULL and goes on in a copy of the folder, FOLDER.N, that it alone sees in the place of FOLDER; what the
 *                            program then finds there, its open files and its mapped ones too, are those of the copy. The parent waits for a byte on
 *                            the descriptor CREDIT, forks, waits for the child, writes "N STATUS" to REPORT, and goes on as if nothing had been. Needs
 *                            root. A thread that the program starts never gets to run: the commands start only one that shows the progress.
 *   HEADWATER_FAULT_LOG=FILE at the end of the program: "writes N", "calls N", "removals N", "allocations N", and "place N"
 *                            for the first allocation of each place; at the fault: the name of the call
 *
 *   kind    counts        what happens
 *   kill    writes        SIGKILL before the call
 *   torn    writes        half of the bytes are written, then SIGKILL
 *   enospc  writes        the call fails with ENOSPC
 *   full    writes        this call and all after it fail with ENOSPC
 *   short   writes        a write writes half of its bytes; other calls are left alone
 *   eio     calls         the call fails with EIO
 *   stays   removals      the file is not removed, the call fails with EIO
 *   nomem   allocations   malloc, calloc, realloc, aligned_alloc, strdup, strndup or opendir gives NULL
 *
 * writes: calls that change files, removals: those of them that remove one. calls: writes and those that read. Both only of regular files and folders outside of the system's own
 * (/proc, /sys, /dev, /etc, /usr, /lib), and not of stdin, stdout, stderr. allocations: made by the program itself (also for Jansson) and by SQLite,
 * PCRE2, zlib, libcsv and utf8proc. A place: the function of the program that allocates, or that calls such a library, and the two that called it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef enum kind { NOTHING, KILL, TORN, ENOSPC_ONCE, FULL, SHORT, EIO_ONCE, STAYS, NOMEM } kind;

static kind wanted;
static long wanted_at;
static const char *log_path;
static atomic_long n_writes, n_calls, n_removals, n_allocations;

/* ---- what happens ---- */

static void say(const char *text) {
  int fd = log_path ? (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
  if (fd < 0) return;
  (void)syscall(SYS_write, fd, text, strlen(text));
  (void)syscall(SYS_close, fd);
}

static void say_call(const char *name, const char *what) {
  char line[400];
  (void)snprintf(line, sizeof line, "at %s %.300s\n", name, what ? what : "");
  say(line);
}

static void die(void) { (void)syscall(SYS_kill, getpid(), SIGKILL); }

/* A call that changes files. Returns what shall happen to it. */
static kind count_write(const char *name, const char *what) {
  long write = ++n_writes, call = ++n_calls;
  if (wanted == EIO_ONCE) {
    if (call != wanted_at) return NOTHING;
  } else if (wanted == FULL) {
    if (write < wanted_at) return NOTHING;
  } else if (wanted == NOMEM || wanted == STAYS || write != wanted_at) {
    return NOTHING;
  }
  if (wanted == NOTHING) return NOTHING;
  if (wanted != FULL || write == wanted_at) say_call(name, what);
  if (wanted == KILL) die();
  return wanted;
}

static bool read_fails(const char *name, const char *what) {
  if (++n_calls != wanted_at || wanted != EIO_ONCE) return false;
  say_call(name, what);
  errno = EIO;
  return true;
}

/* For calls that are done as a whole or not at all: true when errno is set and the call must not be made. */
static bool fails(const char *name, const char *what) {
  switch (count_write(name, what)) {
    case TORN: die(); return true;
    case ENOSPC_ONCE:
    case FULL: errno = ENOSPC; return true;
    case EIO_ONCE: errno = EIO; return true;
    default: return false;
  }
}

/* For calls that write bytes: how many shall be written; -1 when the call fails. *then_die: after it. */
static ssize_t let_write(const char *name, size_t length, bool *then_die) {
  *then_die = false;
  switch (count_write(name, NULL)) {
    case TORN: *then_die = true; return (ssize_t)(length / 2);
    case SHORT: return (ssize_t)(length > 1 ? length / 2 : length);
    case ENOSPC_ONCE:
    case FULL: errno = ENOSPC; return -1;
    case EIO_ONCE: errno = EIO; return -1;
    default: return (ssize_t)length;
  }
}

/* ---- which files ---- */

static bool is_ours(const char *path) {
  static const char *const others[] = {"/proc/", "/sys/", "/dev/", "/etc/", "/usr/", "/lib"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (!strncmp(path, others[i], strlen(others[i]))) return false;
  return true;
}

static bool is_our_descriptor(int fd) {
  char link[64], path[4096];
  struct stat status;
  if (wanted == NOMEM || fd <= STDERR_FILENO || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0) return false;
  path[n] = '\0';
  return is_ours(path);
}

/* The function that the program would have called. */
#define NEXT(name)                                                                  \
  static __typeof__(&name) next;                                                    \
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, #name)

/* ---- calls that change files ---- */

static bool changes(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

static bool open_fails(const char *path, int flags) {
  if (!is_ours(path)) return false;
  if (!changes(flags)) return read_fails("open", path);
  return fails("open", path);
}

int open(const char *path, int flags, ...) {
  NEXT(open);
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  return open_fails(path, flags) ? -1 : next(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  NEXT(open64);
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  return open_fails(path, flags) ? -1 : next(path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  NEXT(write);
  bool then_die = false;
  ssize_t n = is_our_descriptor(fd) ? let_write("write", length, &then_die) : (ssize_t)length;
  ssize_t written = n < 0 ? -1 : next(fd, bytes, (size_t)n);
  if (then_die) die();
  return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
  NEXT(pwrite64);
  bool then_die = false;
  ssize_t n = is_our_descriptor(fd) ? let_write("pwrite", length, &then_die) : (ssize_t)length;
  ssize_t written = n < 0 ? -1 : next(fd, bytes, (size_t)n, offset);
  if (then_die) die();
  return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

/* What stdio holds back is written by the half that a torn write leaves. A failed fclose has written it all. */
size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file) {
  NEXT(fwrite);
  bool then_die = false;
  ssize_t n = file != stdout && file != stderr && is_our_descriptor(fileno(file)) ? let_write("fwrite", size * count, &then_die) : (ssize_t)(size * count);
  if (n < 0 || (size_t)n < size * count) { /* a short write of stdio is an error */
    if (n > 0) (void)next(bytes, 1, (size_t)n, file);
    if (then_die) (void)fflush(file), die();
    if (n >= 0) errno = ENOSPC;
    return 0;
  }
  return next(bytes, size, count, file);
}

FILE *fopen(const char *path, const char *mode) {
  NEXT(fopen);
  if (is_ours(path) && (strpbrk(mode, "wa+") ? fails("fopen", path) : read_fails("fopen", path))) return NULL;
  return next(path, mode);
}

FILE *fopen64(const char *path, const char *mode) { return fopen(path, mode); }

int fclose(FILE *file) {
  NEXT(fclose);
  bool fail = file != stdout && file != stderr && is_our_descriptor(fileno(file)) && fails("fclose", NULL);
  int why = errno, code = next(file);
  if (fail) errno = why;
  return fail ? EOF : code;
}

#define WITH_DESCRIPTOR(name, parameters, arguments)        \
  int name parameters {                                     \
    NEXT(name);                                             \
    return is_our_descriptor(fd) && fails(#name, NULL) ? -1 : next arguments; \
  }
WITH_DESCRIPTOR(ftruncate, (int fd, off_t length), (fd, length))
WITH_DESCRIPTOR(ftruncate64, (int fd, off_t length), (fd, length))
WITH_DESCRIPTOR(fallocate, (int fd, int mode, off_t offset, off_t length), (fd, mode, offset, length))
WITH_DESCRIPTOR(fsync, (int fd), (fd))
WITH_DESCRIPTOR(fdatasync, (int fd), (fd))

#define WITH_PATH(name, parameters, arguments)                   \
  int name parameters {                                          \
    NEXT(name);                                                  \
    return is_ours(path) && fails(#name, path) ? -1 : next arguments; \
  }
WITH_PATH(rmdir, (const char *path), (path))
WITH_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
WITH_PATH(rename, (const char *path, const char *to), (path, to))

int unlink(const char *path) {
  NEXT(unlink);
  if (!is_ours(path)) return next(path);
  if (++n_removals == wanted_at && wanted == STAYS) {
    say_call("unlink", path);
    errno = EIO;
    return -1;
  }
  return fails("unlink", path) ? -1 : next(path);
}

/* ---- calls that read ---- */

ssize_t read(int fd, void *bytes, size_t length) {
  NEXT(read);
  return is_our_descriptor(fd) && read_fails("read", NULL) ? -1 : next(fd, bytes, length);
}

ssize_t pread64(int fd, void *bytes, size_t length, off_t offset) {
  NEXT(pread64);
  return is_our_descriptor(fd) && read_fails("pread", NULL) ? -1 : next(fd, bytes, length, offset);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t offset) { return pread64(fd, bytes, length, offset); }

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  NEXT(mmap);
  return fd >= 0 && is_our_descriptor(fd) && read_fails("mmap", NULL) ? MAP_FAILED : next(address, length, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return mmap(address, length, protection, flags, fd, offset);
}

/* ---- a child for each allocation ---- */

enum { PATH = 4096, N_FILES = 1024, SECONDS = 300 };
static char forked[PATH]; /* FOLDER; empty: no child is made */
static size_t forked_length;
static long forks_until;
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

/* True in the child, which gets no memory now. */
static bool forks(long allocation) {
  int before = errno, status = 0;
  char credit;
  if (read(credit_fd, &credit, 1) != 1) _exit(125); /* who reads the reports is gone */
  (void)alarm(SECONDS);
  pid_t child = fork();
  if (child != 0) {
    if (child < 0 || waitpid(child, &status, 0) != child || dprintf(report_fd, "%ld %d\n", allocation, status) < 0) _exit(125);
    errno = before;
    return false;
  }
  (void)alarm(SECONDS);
  (void)close(credit_fd);
  (void)close(report_fd);
  char copy[2 * PATH], here[PATH];
  (void)snprintf(copy, sizeof copy, "%s.%ld", forked, allocation);
  need(getcwd(here, PATH) != NULL, "getcwd", "");
  copy_folder(forked, copy);
  move_descriptors(copy);
  move_mappings(copy);
  need(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "unshare", "");
  need(mount(copy, forked, NULL, MS_BIND, NULL) == 0 && chdir(here) == 0, "mount", copy);
  *forked = '\0';
  return true;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*function)(void *), void *context) {
  NEXT(pthread_create);
  if (!*forked && !n_inodes) return next(thread, how, function, context);
  *thread = 0;
  return 0;
}

int pthread_join(pthread_t thread, void **result) {
  NEXT(pthread_join);
  return thread ? next(thread, result) : 0;
}

/* ---- allocations of the program and of SQLite ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

enum { CODE = 8 }; /* of the program and of the libraries whose allocations count */
static struct {
  uintptr_t from, to;
} code[CODE];

static int note_code(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  static const char *const libraries[] = {"libsqlite3", "libpcre2", "libz.", "libcsv", "libutf8proc"};
  int *n = context;
  bool counts = !*info->dlpi_name; /* the program */
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) counts |= strstr(info->dlpi_name, libraries[i]) != NULL;
  if (!counts) return 0;
  for (int i = 0; i < info->dlpi_phnum && *n < CODE; i++)
    if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
      code[*n].from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
      code[*n].to = code[*n].from + info->dlpi_phdr[i].p_memsz;
      (*n)++;
    }
  return 0;
}

/* Places that have allocated, and their first allocations; only while calls are counted. */
enum { N_PLACES = 1 << 15, N_FRAMES = 64 };
static struct {
  uintptr_t key;
  long first;
} places[N_PLACES];
static pthread_mutex_t places_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t n_places;
static _Thread_local bool looks_up;

static void note_place(long allocation) {
  void *frames[N_FRAMES];
  if (looks_up) return; /* backtrace itself allocates */
  looks_up = true;
  int before = errno;
  int n = backtrace(frames, N_FRAMES), taken = 0;
  uintptr_t key = 1;
  for (int i = 0; i < n && taken < 3; i++) {
    uintptr_t at = (uintptr_t)frames[i];
    if (at < code[0].from || at >= code[0].to) continue;
    key = (key ^ (at - code[0].from)) * 0x9e3779b97f4a7c15U;
    taken++;
  }
  (void)pthread_mutex_lock(&places_lock);
  size_t slot = key >> 49;
  while (places[slot].key && places[slot].key != key) slot = (slot + 1) % N_PLACES;
  if (!places[slot].key && n_places < N_PLACES / 2) {
    n_places++;
    places[slot].key = key;
    places[slot].first = allocation;
  }
  (void)pthread_mutex_unlock(&places_lock);
  errno = before;
  looks_up = false;
}

static bool no_memory(const void *caller) {
  uintptr_t at = (uintptr_t)caller;
  bool ours = false;
  for (int i = 0; i < CODE; i++) ours |= at >= code[i].from && at < code[i].to;
  if (!ours) return false;
  long allocation = ++n_allocations;
  if (wanted_at == 0 && log_path) note_place(allocation);
  if (wanted != NOMEM || allocation < wanted_at || (*forked ? allocation > forks_until || !forks(allocation) : allocation != wanted_at)) return false;
  say("at an allocation\n");
  errno = ENOMEM;
  return true;
}

/* Of libc's functions that allocate inside of it those that the program calls. */
extern void *__libc_memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size) { return no_memory(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size); }
static char *copy_text(const void *caller, const char *text, size_t length) {
  char *copy = no_memory(caller) ? NULL : __libc_malloc(length + 1);
  if (!copy) return NULL;
  memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}
#undef strdup
#undef strndup
char *strdup(const char *text) { return copy_text(__builtin_return_address(0), text, strlen(text)); }
char *strndup(const char *text, size_t most) { return copy_text(__builtin_return_address(0), text, strnlen(text, most)); }
DIR *opendir(const char *path) {
  NEXT(opendir);
  return no_memory(__builtin_return_address(0)) ? NULL : next(path);
}
void *malloc(size_t size) { return no_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return no_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size); }
void *realloc(void *memory, size_t size) { return no_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size); }

/* ---- begin and end ---- */

__attribute__((constructor)) static void begin(void) {
  static const char *const names[] = {"", "kill", "torn", "enospc", "full", "short", "eio", "stays", "nomem"};
  const char *fault = getenv("HEADWATER_FAULT"), *colon = fault ? strchr(fault, ':') : NULL;
  log_path = getenv("HEADWATER_FAULT_LOG");
  int n = 0;
  (void)dl_iterate_phdr(note_code, &n);
  for (size_t i = 1; colon && i < sizeof names / sizeof *names; i++)
    if (strlen(names[i]) == (size_t)(colon - fault) && !strncmp(fault, names[i], strlen(names[i]))) wanted = (kind)i;
  char *dash = NULL;
  if (colon) wanted_at = strtol(colon + 1, &dash, 10);
  const char *how = getenv("HEADWATER_FAULT_FORK");
  if (how && dash && *dash == '-' && sscanf(how, "%d:%d:%4095s", &credit_fd, &report_fd, forked) == 3) {
    forked_length = strlen(forked);
    forks_until = strtol(dash + 1, NULL, 10);
  }
  n_writes = n_calls = n_removals = n_allocations = 0;
}

__attribute__((destructor)) static void end(void) {
  char line[120];
  (void)snprintf(line, sizeof line, "writes %ld\ncalls %ld\nremovals %ld\nallocations %ld\n", n_writes, n_calls, n_removals, n_allocations);
  say(line);
  for (size_t i = 0; i < N_PLACES; i++)
    if (places[i].key) {
      (void)snprintf(line, sizeof line, "place %ld\n", places[i].first);
      say(line);
    }
}
