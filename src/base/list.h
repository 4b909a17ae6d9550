/* SPDX-License-Identifier: Apache-2.0
 * Growable lists. The items, their number and the capacity are variables of the caller; an empty list is NULL, 0, 0. */
#ifndef HW_BASE_LIST_H
#define HW_BASE_LIST_H

#include "headwater/arena.h"

/* Makes place for `more` items after the first n; the capacity at least doubles, so adding costs constant time on average. Memory is
 * from the arena (the former place is given back with it), or from realloc without one. Errors: memory, also for a size that
 * overflows; the list is as before then. A macro: n, more and capacity are evaluated more than once. */
#define hw_list_reserve(items, n, more, capacity, arena, err) \
  ((more) <= (capacity) - (n) || hw_list_grow(&(items), (n), (more), &(capacity), sizeof *(items), (arena), (err)))

bool hw_list_grow(void *items, size_t n, size_t more, size_t *capacity, size_t size, hw_arena *arena, hw_error *err);

#endif
