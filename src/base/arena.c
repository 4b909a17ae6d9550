/* SPDX-License-Identifier: Apache-2.0 */
#include "headwater/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { ALIGNMENT = 64 };

/* Under AddressSanitizer every allocation is followed by a red zone, and memory that was not handed out, or was taken back by a
 * reset, is poisoned: reading or writing there is reported although it lies within a block. Fresh memory is filled with bytes
 * that make uninitialised values visible. Blocks are small: the shadow of each is written when it is made and when it is freed,
 * and blocks over 256 KB are mapped anew each time. */
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif
#ifdef ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
enum { MIN_BLOCK = 1 << 16, RED_ZONE = ALIGNMENT, FILL = 0xA5 };
static void poison(void *bytes, size_t n) { __asan_poison_memory_region(bytes, n); }
static void unpoison(void *bytes, size_t n) { __asan_unpoison_memory_region(bytes, n); }
static void hand_out(void *bytes, size_t n) {
  unpoison(bytes, n);
  memset(bytes, FILL, n);
}
#else
enum { MIN_BLOCK = 1 << 20, RED_ZONE = 0 };
static void poison(void *bytes, size_t n) { (void)bytes, (void)n; }
static void unpoison(void *bytes, size_t n) { (void)bytes, (void)n; }
static void hand_out(void *bytes, size_t n) { (void)bytes, (void)n; }
#endif

struct hw_arena_block {
  struct hw_arena_block *next;
  size_t capacity; /* bytes after the header */
  size_t used;
};

/* The header fills one alignment unit, so the bytes behind it are aligned. */
static unsigned char *block_bytes(struct hw_arena_block *block) { return (unsigned char *)block + ALIGNMENT; }

static struct hw_arena_block *block_new(size_t capacity) {
  if (capacity > SIZE_MAX - 2 * ALIGNMENT) return NULL;
  struct hw_arena_block *block = hw_memory_large(ALIGNMENT + capacity);
  if (!block) return NULL;
  *block = (struct hw_arena_block){.capacity = capacity};
  poison(block_bytes(block), capacity);
  return block;
}

static void free_blocks(struct hw_arena_block **blocks) {
  while (*blocks) {
    struct hw_arena_block *next = (*blocks)->next;
    unpoison(block_bytes(*blocks), (*blocks)->capacity);
    free(*blocks);
    *blocks = next;
  }
}

void hw_arena_init(hw_arena *arena) { *arena = (hw_arena){0}; }

void hw_arena_fini(hw_arena *arena) {
  free_blocks(&arena->blocks);
  free_blocks(&arena->spare);
  *arena = (hw_arena){0};
}

void hw_arena_init_inner(hw_arena *inner, hw_arena *outer) {
  *inner = (hw_arena){.blocks = outer->spare};
  outer->spare = NULL;
  if (!inner->blocks) return;
  inner->spare = inner->blocks->next;
  inner->blocks->next = NULL;
}

/* Of two lists the larger block at each place; the other is freed. */
static void keep_larger(struct hw_arena_block **kept, struct hw_arena_block *from) {
  for (struct hw_arena_block *next; from; from = next, kept = &(*kept)->next) {
    struct hw_arena_block *smaller = *kept;
    next = from->next;
    from->next = smaller ? smaller->next : NULL;
    if (smaller && smaller->capacity >= from->capacity)
      smaller = from;
    else
      *kept = from;
    if (smaller) smaller->next = NULL;
    free_blocks(&smaller);
  }
}

/* Two that worked beside the same one leave the larger memory, and so do those that worked beside them. */
void hw_arena_fini_inner(hw_arena *inner, hw_arena *outer) {
  if (outer->used + inner->peak > outer->peak) outer->peak = outer->used + inner->peak;
  hw_arena_reset(inner);
  if (inner->blocks) inner->blocks->next = inner->spare;
  keep_larger(&outer->spare, inner->blocks ? inner->blocks : inner->spare);
  *inner = (hw_arena){0};
}

void hw_arena_reset(hw_arena *arena) {
  if (arena->blocks && arena->blocks->next) {
    size_t total = 0;
    for (struct hw_arena_block *block = arena->blocks; block; block = block->next) total += block->capacity;
    free_blocks(&arena->blocks);
    arena->blocks = block_new(total); /* NULL is fine: the next alloc tries again */
  }
  if (arena->blocks) {
    arena->blocks->used = 0;
    poison(block_bytes(arena->blocks), arena->blocks->capacity);
  }
  arena->used = 0;
}

bool hw_size_product(size_t a, size_t b, size_t *product) { return !__builtin_mul_overflow(a, b, product); }

/* A new block for at least `bytes`, in front of the others. */
static bool grow(hw_arena *arena, size_t bytes, hw_error *err) {
  size_t capacity = arena->blocks && arena->blocks->capacity > MIN_BLOCK ? arena->blocks->capacity : (size_t)MIN_BLOCK;
  struct hw_arena_block *grown = block_new(bytes > capacity ? bytes : capacity);
  if (!grown) return hw_fail(err, HW_ERROR_MEMORY, "out of memory: %zu more bytes beside %zu in use", bytes, arena->used);
  grown->next = arena->blocks;
  arena->blocks = grown;
  return true;
}

static bool has_room(const hw_arena *arena, size_t bytes) { return arena->blocks && arena->blocks->capacity - arena->blocks->used >= bytes; }

bool hw_arena_reserve(hw_arena *arena, size_t bytes, hw_error *err) { return has_room(arena, bytes) || grow(arena, bytes, err); }

void *hw_arena_alloc(hw_arena *arena, size_t count, size_t size, hw_error *err) {
  size_t wanted;
  if (!hw_size_product(count, size, &wanted) || wanted > SIZE_MAX - 3 * ALIGNMENT) {
    hw_fail(err, HW_ERROR_MEMORY, "a size overflows: %zu x %zu bytes", count, size);
    return NULL;
  }
  size_t bytes = ((wanted + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1)) + RED_ZONE;
  if (!has_room(arena, bytes) && !grow(arena, bytes, err)) return NULL;
  struct hw_arena_block *block = arena->blocks;
  void *memory = block_bytes(block) + block->used;
  block->used += bytes;
  hand_out(memory, wanted);
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
