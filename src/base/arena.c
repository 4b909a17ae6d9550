/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, MIN_BLOCK = 1 << 20 };

struct hw_arena_block {
  struct hw_arena_block *next;
  size_t capacity; /* bytes after the header */
  size_t used;
};

/* The header fills one alignment unit, so the bytes behind it are aligned. */
static unsigned char *block_bytes(struct hw_arena_block *block) { return (unsigned char *)block + ALIGNMENT; }

static struct hw_arena_block *block_new(size_t capacity) {
  if (capacity > SIZE_MAX - 2 * ALIGNMENT) return NULL;
  struct hw_arena_block *block = aligned_alloc(ALIGNMENT, ALIGNMENT + capacity);
  if (!block) return NULL;
  *block = (struct hw_arena_block){.capacity = capacity};
  return block;
}

static void free_blocks(hw_arena *arena) {
  while (arena->blocks) {
    struct hw_arena_block *next = arena->blocks->next;
    free(arena->blocks);
    arena->blocks = next;
  }
}

void hw_arena_init(hw_arena *arena) { *arena = (hw_arena){0}; }

void hw_arena_fini(hw_arena *arena) {
  free_blocks(arena);
  *arena = (hw_arena){0};
}

void hw_arena_reset(hw_arena *arena) {
  if (arena->blocks && arena->blocks->next) {
    size_t total = 0;
    for (struct hw_arena_block *block = arena->blocks; block; block = block->next) total += block->capacity;
    free_blocks(arena);
    arena->blocks = block_new(total); /* NULL is fine: the next alloc tries again */
  }
  if (arena->blocks) arena->blocks->used = 0;
  arena->used = 0;
}

bool hw_size_product(size_t a, size_t b, size_t *product) { return !__builtin_mul_overflow(a, b, product); }

void *hw_arena_alloc(hw_arena *arena, size_t count, size_t size, hw_error *err) {
  size_t bytes;
  if (!hw_size_product(count, size, &bytes) || bytes > SIZE_MAX - 2 * ALIGNMENT) {
    hw_fail(err, HW_ERROR_MEMORY, "a size overflows: %zu x %zu bytes", count, size);
    return NULL;
  }
  bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
  struct hw_arena_block *block = arena->blocks;
  if (!block || block->capacity - block->used < bytes) {
    size_t capacity = block && block->capacity > MIN_BLOCK ? block->capacity : (size_t)MIN_BLOCK;
    struct hw_arena_block *grown = block_new(bytes > capacity ? bytes : capacity);
    if (!grown) {
      hw_fail(err, HW_ERROR_MEMORY, "out of memory: %zu more bytes beside %zu in use", bytes, arena->used);
      return NULL;
    }
    grown->next = arena->blocks;
    arena->blocks = block = grown;
  }
  void *memory = block_bytes(block) + block->used;
  block->used += bytes;
  arena->used += bytes;
  if (arena->used > arena->peak) arena->peak = arena->used;
  return memory;
}

void *hw_arena_zalloc(hw_arena *arena, size_t count, size_t size, hw_error *err) {
  void *memory = hw_arena_alloc(arena, count, size, err);
  if (memory) memset(memory, 0, count * size);
  return memory;
}

char *hw_arena_copy(hw_arena *arena, const char *bytes, size_t length, hw_error *err) {
  if (length == SIZE_MAX) {
    hw_fail(err, HW_ERROR_MEMORY, "a size overflows");
    return NULL;
  }
  char *copy = hw_arena_alloc(arena, length + 1, 1, err);
  if (!copy) return NULL;
  if (length) memcpy(copy, bytes, length);
  copy[length] = '\0';
  return copy;
}
