/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool hw_list_grow(void *items, size_t n, size_t more, size_t *capacity, size_t size, hw_arena *arena, hw_error *err) {
  enum { FIRST = 64 };
  size_t larger = *capacity ? 2 * *capacity : FIRST, bytes;
  void *old, *grown; /* items is the address of a pointer of any type */
  memcpy(&old, items, sizeof old);
  if (more > SIZE_MAX - n) return hw_fail(err, HW_ERROR_MEMORY, "a size overflows: %zu + %zu items", n, more);
  if (larger < n + more) larger = n + more;
  if (arena) {
    if (!(grown = hw_arena_alloc(arena, larger, size, err))) return false;
    if (n) memcpy(grown, old, n * size);
  } else if (!hw_size_product(larger, size, &bytes) || !(grown = realloc(old, bytes))) {
    return hw_fail(err, HW_ERROR_MEMORY, "out of memory: a list of %zu items of %zu bytes", larger, size);
  }
  memcpy(items, &grown, sizeof grown);
  *capacity = larger;
  return true;
}
