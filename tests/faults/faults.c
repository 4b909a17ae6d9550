/* SPDX-License-Identifier: Apache-2.0
 * A library for LD_PRELOAD that makes one call of a program fail, or kills the program there.
 *   HEADWATER_FAULT=KIND:N   the N-th call, counted from 1, of those that the kind counts
 *   HEADWATER_FAULT=nomem:A-B with HEADWATER_FAULT_FORK   each call from the A-th to the B-th, each in a child of its own (forks.c)
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
 *   nomem   allocations   malloc, calloc, realloc, aligned_alloc, strdup, strndup, opendir or fdopendir gives NULL
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
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "forks.h"

typedef enum kind { NOTHING, KILL, TORN, ENOSPC_ONCE, FULL, SHORT, EIO_ONCE, STAYS, NOMEM } kind;

static kind wanted;
static long wanted_at, wanted_until;
static bool by_forks;
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

int openat(int folder, const char *path, int flags, ...) { /* of folders, to list them */
  NEXT(openat);
  return open_fails(path, flags) ? -1 : next(folder, path, flags);
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
WITH_PATH(renameat, (int folder, const char *path, int to_folder, const char *to), (folder, path, to_folder, to))

static bool removal_fails(const char *name, const char *path) {
  if (!is_ours(path)) return false;
  if (++n_removals != wanted_at || wanted != STAYS) return fails(name, path);
  say_call(name, path);
  errno = EIO;
  return true;
}

int unlink(const char *path) {
  NEXT(unlink);
  return removal_fails("unlink", path) ? -1 : next(path);
}

int unlinkat(int folder, const char *path, int flags) {
  NEXT(unlinkat);
  return removal_fails("unlinkat", path) ? -1 : next(folder, path, flags);
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
  if (wanted != NOMEM || allocation < wanted_at || allocation > wanted_until) return false;
  if (by_forks && !refused_in_child(allocation)) return false;
  wanted_until = 0;
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
DIR *fdopendir(int folder) {
  NEXT(fdopendir);
  return no_memory(__builtin_return_address(0)) ? NULL : next(folder);
}
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
  if (colon) wanted_at = wanted_until = strtol(colon + 1, &dash, 10);
  if (dash && *dash == '-' && (by_forks = refused_by_forks(getenv("HEADWATER_FAULT_FORK")))) wanted_until = strtol(dash + 1, NULL, 10);
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
