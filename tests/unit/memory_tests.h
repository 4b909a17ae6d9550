/* SPDX-License-Identifier: Apache-2.0
 * Part of test_base.c: arenas, lists and hash tables. */
#ifndef HW_TESTS_MEMORY_TESTS_H
#define HW_TESTS_MEMORY_TESTS_H

#include "base/hash_table.h"
#include "base/list.h"
#include "headwater/arena.h"

/* ---- Arena ---- */

TEST(arena_blocks_are_aligned_and_apart) {
  hw_arena arena;
  hw_error err = {0};
  uint64_t seed = 1;
  hw_arena_init(&arena);
  for (int round = 0; round < 3; round++) {
    unsigned char *blocks[300];
    size_t sizes[300];
    for (size_t i = 0; i < 300; i++) {
      sizes[i] = i % 50 == 49 ? 3u << 20 : unit_below(&seed, 5000); /* some larger than a block */
      blocks[i] = hw_arena_alloc(&arena, sizes[i], 1, &err);
      assert_non_null(blocks[i]);
      assert_int_equal((uintptr_t)blocks[i] % 64, 0);
      memset(blocks[i], (int)(i % 251), sizes[i]);
    }
    for (size_t i = 0; i < 300; i++)
      for (size_t b = 0; b < sizes[i]; b++)
        if (blocks[i][b] != i % 251) fail_msg("block %zu was overwritten at byte %zu", i, b);
    assert_true(arena.used > 0 && arena.peak >= arena.used);
    size_t peak = arena.peak;
    hw_arena_reset(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(hw_arena_alloc(&arena, 1, 1, &err));
    assert_int_equal(arena.peak, peak); /* the largest ever is remembered */
    hw_arena_reset(&arena);
  }
  hw_arena_fini(&arena);
}

TEST(arena_reuses_its_memory) {
  hw_arena arena;
  hw_error err = {0};
  hw_arena_init(&arena);
  for (int i = 0; i < 10; i++) assert_non_null(hw_arena_alloc(&arena, 1 << 20, 1, &err));
  hw_arena_reset(&arena);
  char *first = hw_arena_alloc(&arena, 1 << 20, 1, &err);
  char *before = first;
  for (size_t i = 1; i < 10; i++) { /* one block now, with nothing but a red zone between allocations */
    char *next = hw_arena_alloc(&arena, 1 << 20, 1, &err);
    assert_true(next >= before + (1 << 20) && next <= before + (1 << 20) + 64);
    before = next;
  }
  hw_arena_reset(&arena);
  assert_ptr_equal(hw_arena_alloc(&arena, 1, 1, &err), first);
  hw_arena_fini(&arena);
  hw_arena_fini(&arena); /* twice is fine */
}

extern int __asan_address_is_poisoned(const volatile void *address) __attribute__((weak)); /* NULL without AddressSanitizer */

TEST(arena_overruns_are_found_by_address_sanitizer) {
  if (!__asan_address_is_poisoned) skip();
  hw_arena arena;
  hw_error err;
  hw_arena_init(&arena);
  char *one = hw_arena_alloc(&arena, 61, 1, &err), *two = hw_arena_alloc(&arena, 64, 1, &err);
  assert_false(__asan_address_is_poisoned(one + 60));
  assert_true(__asan_address_is_poisoned(one + 61));
  assert_true(__asan_address_is_poisoned(two + 64)); /* the size fills its alignment: a red zone of its own follows */
  assert_true(__asan_address_is_poisoned(two - 1));
  hw_arena_reset(&arena);
  assert_true(__asan_address_is_poisoned(one));
  assert_ptr_equal(hw_arena_alloc(&arena, 1, 1, &err), one);
  assert_false(__asan_address_is_poisoned(one));
  hw_arena_fini(&arena);
}

TEST(arena_reserves_room_in_one_piece) {
  hw_arena arena;
  hw_error err;
  hw_arena_init(&arena);
  assert_non_null(hw_arena_alloc(&arena, 100, 1, &err));
  assert_true(hw_arena_reserve(&arena, (5 << 20) + 2 * HW_ARENA_OVERHEAD, &err)); /* from 4 MiB on in large pages */
  char *first = hw_arena_alloc(&arena, 2 << 20, 1, &err), *second = hw_arena_alloc(&arena, 3 << 20, 1, &err);
  assert_non_null(first);
  assert_true(second >= first + (2 << 20) && second <= first + (2 << 20) + HW_ARENA_OVERHEAD);
  memset(first, 1, 2 << 20);
  memset(second, 2, 3 << 20);
  assert_true(hw_arena_reserve(&arena, 0, &err));
  assert_false(hw_arena_reserve(&arena, SIZE_MAX - 10, &err));
  assert_int_equal(err.kind, HW_ERROR_MEMORY);
  hw_arena_fini(&arena);
}

TEST(arena_clears_copies_and_counts) {
  hw_arena arena;
  hw_error err = {0};
  hw_arena_init(&arena);
  assert_non_null(hw_arena_alloc(&arena, 0, 8, &err)); /* a pointer to nothing */
  memset(hw_arena_alloc(&arena, 4096, 1, &err), 0xff, 4096);
  hw_arena_reset(&arena);
  unsigned char *zero = hw_arena_zalloc(&arena, 512, 8, &err);
  for (size_t i = 0; i < 4096; i++) assert_int_equal(zero[i], 0);
  char *copy = hw_arena_copy(&arena, "a\0b", 3, &err);
  assert_memory_equal(copy, "a\0b", 4); /* with the NUL behind */
  assert_string_equal(hw_arena_copy(&arena, NULL, 0, &err), "");
  hw_arena_fini(&arena);
}

/* Under AddressSanitizer malloc says no as it does elsewhere, and does not end the test. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }

/* Two at once, of which the larger one's memory is kept; the peak counts what stood beside it. */
TEST(arenas_beside_another_take_over_memory) {
  hw_arena outer, first, second;
  hw_error err = {0};
  hw_arena_init(&outer);
  assert_non_null(hw_arena_alloc(&outer, 1000, 1, &err));
  size_t used = outer.used;
  hw_arena_init_inner(&first, &outer);
  hw_arena_init_inner(&second, &outer);
  assert_null(first.blocks);
  void *small = hw_arena_alloc(&first, 100, 1, &err), *large = hw_arena_alloc(&second, 5 << 20, 1, &err);
  assert_true(small && large && small != large);
  size_t peak = used + second.peak;
  hw_arena_fini_inner(&second, &outer);
  hw_arena_fini_inner(&first, &outer);
  assert_int_equal(outer.used, used);
  assert_int_equal(outer.peak, peak);
  for (int i = 0; i < 3; i++) {
    hw_arena_init_inner(&first, &outer);
    assert_ptr_equal(hw_arena_alloc(&first, 100, 1, &err), large);
    hw_arena_fini_inner(&first, &outer);
  }
  assert_int_equal(outer.peak, peak);
  hw_arena_reset(&outer); /* the spare memory stays */
  hw_arena_init_inner(&first, &outer);
  assert_ptr_equal(hw_arena_alloc(&first, 5 << 20, 1, &err), large);
  hw_arena_fini_inner(&first, &outer);
  hw_arena_fini(&outer);
}

TEST(arenas_within_others_take_over_memory) {
  hw_arena outer, middle, inmost, beside;
  hw_error err = {0};
  void *first = NULL, *second = NULL;
  hw_arena_init(&outer);
  for (int i = 0; i < 3; i++) {
    hw_arena_init_inner(&middle, &outer);
    void *in_middle = hw_arena_alloc(&middle, 3 << 20, 1, &err);
    hw_arena_init_inner(&inmost, &middle);
    assert_true((inmost.blocks != NULL) == (i > 0)); /* fresh memory may lie where the old one lay */
    void *in_inmost = hw_arena_alloc(&inmost, 5 << 20, 1, &err);
    assert_true(in_middle && in_inmost);
    if (i > 0) assert_true(in_middle == first && in_inmost == second);
    first = in_middle;
    second = in_inmost;
    hw_arena_fini_inner(&inmost, &middle);
    hw_arena_fini_inner(&middle, &outer);
  }
  hw_arena_init_inner(&middle, &outer); /* ends last, with the memory of both; the one beside it has less */
  hw_arena_init_inner(&beside, &outer);
  assert_non_null(hw_arena_alloc(&beside, 2 << 20, 1, &err));
  hw_arena_fini_inner(&beside, &outer);
  hw_arena_fini_inner(&middle, &outer);
  hw_arena_init_inner(&middle, &outer);
  assert_ptr_equal(hw_arena_alloc(&middle, 3 << 20, 1, &err), first);
  hw_arena_init_inner(&inmost, &middle);
  assert_ptr_equal(hw_arena_alloc(&inmost, 5 << 20, 1, &err), second);
  hw_arena_fini_inner(&inmost, &middle);
  hw_arena_fini_inner(&middle, &outer);
  hw_arena_fini(&outer);
}

TEST(arena_refuses_sizes_that_overflow) {
  hw_arena arena;
  hw_error err = {0};
  hw_arena_init(&arena);
  const size_t sizes[][2] = {{SIZE_MAX, 2}, {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX, 1}, {SIZE_MAX - 100, 1}, {(size_t)1 << 33, (size_t)1 << 33}, {SIZE_MAX / 4, 3}};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    err = (hw_error){0};
    void *volatile memory = hw_arena_alloc(&arena, sizes[i][0], sizes[i][1], &err);
    assert_null(memory);
    assert_int_equal(err.kind, HW_ERROR_MEMORY);
  }
  assert_null(hw_arena_copy(&arena, "", SIZE_MAX, &err));
  assert_non_null(hw_arena_alloc(&arena, 10, 1, &err)); /* still works */
  size_t product;
  assert_true(hw_size_product(1u << 20, 1u << 20, &product) && product == (size_t)1 << 40);
  assert_false(hw_size_product(SIZE_MAX, 2, &product));
  hw_arena_fini(&arena);
}

/* ---- Lists ---- */

TEST(lists_keep_their_items) {
  hw_arena arena;
  hw_error err = {0};
  hw_arena_init(&arena);
  for (int in_arena = 0; in_arena < 2; in_arena++) {
    uint64_t *items = NULL;
    size_t n = 0, capacity = 0, n_grown = 0;
    for (uint64_t i = 0; i < 10000; i++) {
      size_t before = capacity;
      assert_true(hw_list_reserve(items, n, 1, capacity, in_arena ? &arena : NULL, &err));
      n_grown += capacity != before;
      items[n++] = i * i;
    }
    for (uint64_t i = 0; i < n; i++) assert_true(items[i] == i * i);
    assert_true(n_grown < 12);
    assert_true(hw_list_reserve(items, n, 12345, capacity, in_arena ? &arena : NULL, &err));
    assert_true(capacity >= n + 12345 && items[n - 1] == (n - 1) * (n - 1));
    if (!in_arena) free(items);
  }
  hw_arena_fini(&arena);
}

TEST(lists_refuse_sizes_that_overflow) {
  hw_arena arena;
  hw_arena_init(&arena);
  for (int in_arena = 0; in_arena < 2; in_arena++) {
    const size_t wanted[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 8 + 1, SIZE_MAX / 2};
    uint64_t *items = NULL;
    size_t n = 2, capacity = 0;
    hw_error err = {0};
    assert_true(hw_list_reserve(items, 0, n, capacity, in_arena ? &arena : NULL, &err));
    const uint64_t *same = items;
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
      size_t same_capacity = capacity;
      err.kind = HW_OK;
      assert_false(hw_list_reserve(items, n, wanted[i], capacity, in_arena ? &arena : NULL, &err));
      assert_int_equal(err.kind, HW_ERROR_MEMORY);
      assert_true(items == same && capacity == same_capacity);
    }
    if (!in_arena) free(items);
  }
  hw_arena_fini(&arena);
}

/* ---- Hash tables ---- */

/* Keys 0 .. 999 twice each, with another value: as when the key is a hash. */
TEST(hash_tables_find_all_values_of_a_key) {
  hw_arena arena;
  hw_error err = {0};
  hw_arena_init(&arena);
  for (int in_arena = 0; in_arena < 2; in_arena++) {
    hw_hash_table table = {0};
    for (uint64_t value = 1; value <= 2000; value++) {
      uint64_t key = value % 1000 * UINT64_C(0x100000001);
      assert_true(hw_hash_reserve(&table, 1, in_arena ? &arena : NULL, &err));
      hw_hash_entry *entry = hw_hash_find(&table, key);
      assert_int_equal(entry->value, value > 1000 ? value - 1000 : 0);
      if (entry->value) entry = hw_hash_next(&table, entry);
      assert_int_equal(entry->value, 0);
      hw_hash_put(&table, entry, key, value);
    }
    assert_int_equal(table.n, 2000);
    for (uint64_t i = 0; i < 1000; i++) {
      const hw_hash_entry *one = hw_hash_find(&table, i * UINT64_C(0x100000001)), *two = hw_hash_next(&table, one);
      assert_int_equal(one->value % 1000, i);
      assert_int_equal(two->value % 1000, i);
      assert_true(one->value != two->value && !hw_hash_next(&table, two)->value);
    }
    assert_false(hw_hash_find(&table, 1)->value);
    assert_false(hw_hash_reserve(&table, SIZE_MAX, in_arena ? &arena : NULL, &err));
    assert_int_equal(err.kind, HW_ERROR_MEMORY);
    if (!in_arena) hw_hash_fini(&table);
  }
  hw_arena_fini(&arena);
}

#endif
