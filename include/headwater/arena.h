/* SPDX-License-Identifier: Apache-2.0
 * Memory that is given back all at once. A worker owns one arena per chunk and resets it afterwards.
 * Not thread safe: one owner. */
#ifndef HEADWATER_ARENA_H
#define HEADWATER_ARENA_H

#include <stddef.h>

#include "headwater/error.h"

HW_BEGIN_C

typedef struct hw_arena {
  struct hw_arena_block *blocks; /* newest first */
  size_t used;                   /* bytes handed out since the last reset */
  size_t peak;                   /* largest `used` ever */
  struct hw_arena_block *spare;  /* memory of an inner arena that has ended, for the next one, and behind it that of the arenas inside; or NULL */
} hw_arena;

HW_API void hw_arena_init(hw_arena *arena);
HW_API void hw_arena_fini(hw_arena *arena);

/* What an allocation takes beside its bytes, at most: rounding, and the gap that AddressSanitizer watches. */
enum { HW_ARENA_OVERHEAD = 128 };

/* Begins an arena for work beside another, in the memory of the last one that ended beside it: fresh memory costs as much as it is large. */
HW_API void hw_arena_init_inner(hw_arena *inner, hw_arena *outer);
/* Ends it: its peak counts on top of what the other holds. */
HW_API void hw_arena_fini_inner(hw_arena *inner, hw_arena *outer);

/* Forgets everything handed out; keeps the memory for the next chunk in one block. */
HW_API void hw_arena_reset(hw_arena *arena);

/* Makes room for `bytes` in one piece, HW_ARENA_OVERHEAD of each allocation included. Errors: MEMORY. */
HW_API bool hw_arena_reserve(hw_arena *arena, size_t bytes, hw_error *err);

/* count * size bytes, aligned to 64, not cleared. NULL and err filled when memory is short or the
 * product overflows. A count of zero gives a valid pointer to nothing. */
HW_API void *hw_arena_alloc(hw_arena *arena, size_t count, size_t size, hw_error *err);

/* The same, cleared to zero. */
HW_API void *hw_arena_zalloc(hw_arena *arena, size_t count, size_t size, hw_error *err);

/* A copy of length bytes with a NUL after them. */
HW_API char *hw_arena_copy(hw_arena *arena, const char *bytes, size_t length, hw_error *err);

/* Product of sizes with an overflow check: false when it does not fit size_t. */
HW_API bool hw_size_product(size_t a, size_t b, size_t *product);

/* Typed allocation: hw_arena_new(arena, float, n, err). */
#define hw_arena_new(arena, type, count, err) ((type *)hw_arena_alloc((arena), (count), sizeof(type), (err)))
#define hw_arena_znew(arena, type, count, err) ((type *)hw_arena_zalloc((arena), (count), sizeof(type), (err)))

HW_END_C

#endif
