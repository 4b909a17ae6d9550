/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/size.h"

/* The number that a file holds; SIZE_MAX for a file that is not there, or holds the word "max". */
static size_t number_in(const char *path) {
  FILE *file = fopen(path, "r");
  char text[32] = "";
  if (!file) return SIZE_MAX;
  size_t n = fread(text, 1, sizeof text - 1, file);
  (void)fclose(file);
  return n && text[0] >= '0' && text[0] <= '9' ? (size_t)strtoull(text, NULL, 10) : SIZE_MAX;
}

/* What a group and those above it allow: `limit` and `used` are the names of the two files. */
static size_t left_in_group(const char *root, char *group, const char *limit, const char *used) {
  size_t left = SIZE_MAX;
  for (;;) {
    char path[4400];
    (void)snprintf(path, sizeof path, "%s%s/%s", root, group, limit);
    size_t most = number_in(path);
    (void)snprintf(path, sizeof path, "%s%s/%s", root, group, used);
    size_t taken = number_in(path);
    if (most != SIZE_MAX && taken != SIZE_MAX) left = hw_smaller(left, taken < most ? most - taken : 0);
    char *slash = strrchr(group, '/');
    if (!slash) return left;
    *slash = '\0';
  }
}

static size_t left_in_groups(void) {
  size_t left = SIZE_MAX;
  char line[4200];
  FILE *file = fopen("/proc/self/cgroup", "r");
  while (file && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) continue;
    *group++ = '\0';
    if (strcmp(controllers, ":") == 0) left = hw_smaller(left, left_in_group("/sys/fs/cgroup", group, "memory.max", "memory.current"));
    if (strcmp(controllers, ":memory") == 0)
      left = hw_smaller(left, left_in_group("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes", "memory.usage_in_bytes"));
  }
  if (file) (void)fclose(file);
  return left;
}

static size_t left_in_machine(void) {
  size_t left = SIZE_MAX;
  char line[256];
  FILE *file = fopen("/proc/meminfo", "r");
  while (file && fgets(line, sizeof line, file)) {
    unsigned long long kib;
    if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1) left = (size_t)kib << 10;
  }
  if (file) (void)fclose(file);
  return left;
}

void *hw_memory_large(size_t bytes) {
  enum { ALIGNMENT = 64, HUGE_PAGE = 1 << 21 };
  size_t alignment = bytes < 2 * HUGE_PAGE ? ALIGNMENT : HUGE_PAGE, padded;
  if (__builtin_add_overflow(bytes, alignment - 1, &padded)) return NULL;
  padded -= padded % alignment;
  void *memory = aligned_alloc(alignment, padded);
  if (memory && alignment == HUGE_PAGE) (void)madvise(memory, padded, MADV_HUGEPAGE);
  return memory;
}

size_t hw_memory_available(void) { return hw_smaller(left_in_machine(), left_in_groups()); }
