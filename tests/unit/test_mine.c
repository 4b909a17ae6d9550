/* SPDX-License-Identifier: Apache-2.0
 * Closed frequent sets against brute force over all subsets, connected ones too, by group, planted circuits, limits, ranking. */
#include "mine/mine.h"
#include "base/text.h"
#include "unit.h"

enum { MOST_ITEMS = 18, N_GRAPHS = 1500, MOST_GROUPS = 3 };

/* ---- a made-up data set ---- */

typedef struct made {
  hw_mine_base base;
  uint32_t items[MOST_ITEMS];
  uint64_t *bits;
  size_t group_ends[MOST_GROUPS];
  uint32_t group_sizes[MOST_GROUPS];
  uint32_t rows[N_GRAPHS]; /* bit i: the graph has item i; in order of the group */
} made;

static int compare_items(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static void make_columns(made *m, size_t n_items, size_t n_groups, uint32_t n_graphs) {
  size_t n_words = 0;
  for (size_t g = 0; g < n_groups; g++) {
    uint32_t begin = (uint32_t)((size_t)n_graphs * g * g / n_groups / n_groups), end = (uint32_t)((size_t)n_graphs * (g + 1) * (g + 1) / n_groups / n_groups);
    m->group_sizes[g] = end - begin; /* unequal ones */
    m->group_ends[g] = n_words += (end - begin + 63) / 64;
  }
  m->bits = calloc(n_items * n_words + 1, sizeof *m->bits);
  assert_non_null(m->bits);
  size_t row = 0;
  for (size_t g = 0; g < n_groups; g++)
    for (uint32_t i = 0; i < m->group_sizes[g]; i++, row++) {
      size_t bit = (g ? m->group_ends[g - 1] : 0) * 64 + i;
      for (size_t k = 0; k < n_items; k++)
        if (m->rows[row] >> k & 1) m->bits[k * n_words + bit / 64] |= (uint64_t)1 << (bit % 64);
    }
  m->base = (hw_mine_base){.n_items = n_items, .items = m->items, .n_words = n_words, .bits = m->bits, .n_groups = n_groups,
                           .group_ends = m->group_ends, .group_sizes = m->group_sizes};
}

/* Items over few roles and layers, so that some are neighbours and some are not; each with a frequency of its own, in
 * patches that come together. */
static void make(made *m, uint64_t seed, size_t n_items, size_t n_groups) {
  uint32_t patches[4], rates[MOST_ITEMS];
  for (size_t i = 0; i < n_items; i++) {
    bool known;
    do {
      uint32_t kind = unit_below(&seed, 5) == 0, source = unit_below(&seed, 6), target = kind ? source : unit_below(&seed, 6);
      m->items[i] = hw_item(kind, unit_below(&seed, 4), kind ? 0 : unit_below(&seed, 3), source, target);
      known = false;
      for (size_t k = 0; k < i; k++) known = known || m->items[k] == m->items[i];
    } while (known);
    rates[i] = 5 + unit_below(&seed, 75);
  }
  qsort(m->items, n_items, sizeof *m->items, compare_items);
  for (int p = 0; p < 4; p++) patches[p] = (uint32_t)unit_random(&seed) & (uint32_t)unit_random(&seed) & ((1u << n_items) - 1);
  for (size_t row = 0; row < N_GRAPHS; row++) {
    m->rows[row] = 0;
    for (size_t i = 0; i < n_items; i++) m->rows[row] |= (uint32_t)(unit_below(&seed, 100) < rates[i]) << i;
    for (int p = 0; p < 4; p++)
      if (unit_below(&seed, 100) < 30) m->rows[row] |= patches[p];
    if (seed % 7 == 0) m->rows[row] &= ~patches[0];
  }
  make_columns(m, n_items, n_groups, N_GRAPHS);
}

/* ---- brute force ---- */

static bool brute_neighbours(uint32_t a, uint32_t b) { /* written from the header's words */
  uint32_t layer_a = a >> 22 & 255, layer_b = b >> 22 & 255, from_a = a >> 6 & 63, from_b = b >> 6 & 63, to_a = a & 63, to_b = b & 63;
  bool a_feeds_b = to_a == from_b && layer_a < layer_b, b_feeds_a = to_b == from_a && layer_b < layer_a;
  return to_a == to_b || from_a == from_b || a_feeds_b || b_feeds_a;
}

static bool brute_connected(const made *m, uint32_t mask) {
  uint32_t seen = mask & -mask;
  for (uint32_t before = 0; before != seen;) {
    before = seen;
    for (size_t i = 0; i < m->base.n_items; i++)
      for (size_t k = 0; k < m->base.n_items; k++)
        if ((seen >> i & 1) && (mask >> k & 1) && brute_neighbours(m->items[i], m->items[k])) seen |= 1u << k;
  }
  return seen == mask;
}

/* support[g][mask] = graphs of the group that have all items of the mask: sums over supersets. */
static uint32_t *brute_supports(const made *m) {
  size_t n = (size_t)1 << m->base.n_items, row = 0;
  uint32_t *supports = calloc(m->base.n_groups * n, sizeof *supports);
  assert_non_null(supports);
  for (size_t g = 0; g < m->base.n_groups; g++) {
    uint32_t *s = supports + g * n;
    for (uint32_t i = 0; i < m->group_sizes[g]; i++) s[m->rows[row++]]++;
    for (size_t bit = 1; bit < n; bit *= 2)
      for (size_t mask = 0; mask < n; mask++)
        if (!(mask & bit)) s[mask] += s[mask | bit];
  }
  return supports;
}

static uint32_t total(const made *m, const uint32_t *supports, uint32_t mask) {
  uint32_t sum = 0;
  for (size_t g = 0; g < m->base.n_groups; g++) sum += supports[(g << m->base.n_items) + mask];
  return sum;
}

static bool brute_frequent(const made *m, const uint32_t *supports, uint32_t mask, double share, bool by_group) {
  if (!by_group) return total(m, supports, mask) >= share * (double)N_GRAPHS - 1e-6;
  for (size_t g = 0; g < m->base.n_groups; g++) {
    uint32_t n = supports[(g << m->base.n_items) + mask];
    if (n >= share * m->group_sizes[g] - 1e-6 && n >= 10) return true;
  }
  return false;
}

static bool brute_closed(const made *m, const uint32_t *supports, uint32_t mask, bool connected) {
  uint32_t support = total(m, supports, mask);
  if (connected && !brute_connected(m, mask)) return false;
  for (size_t i = 0; i < m->base.n_items; i++)
    if (!(mask >> i & 1) && total(m, supports, mask | 1u << i) == support && (!connected || brute_connected(m, mask | 1u << i))) return false;
  return true;
}

static uint32_t mask_of(const hw_mine_sets *sets, size_t i) {
  uint32_t mask = 0;
  for (uint32_t k = 0; k < sets->sets[i].n; k++) {
    uint32_t member = sets->members[sets->sets[i].first + k];
    assert_true(k == 0 || member > sets->members[sets->sets[i].first + k - 1]);
    mask |= 1u << member;
  }
  return mask;
}

static hw_mine_limits limits_of(double share, bool by_group, bool connected) {
  return (hw_mine_limits){.min_support = share, .by_group = by_group, .connected = connected,
                          .deadline = hw_clock_seconds() + 600, .bytes = (size_t)1 << 30};
}

static size_t compare_with_brute_force(const made *m, double share, bool by_group, bool connected) {
  hw_mine_limits limits = limits_of(share, by_group, connected);
  hw_mine_sets sets;
  hw_error err = {0};
  assert_ok(hw_mine_sets_find(&m->base, &limits, &sets, &err), &err);
  assert_true(sets.complete_support == share && !sets.out_of_time && !sets.out_of_memory);
  uint32_t *supports = brute_supports(m);
  size_t n = (size_t)1 << m->base.n_items, wanted = 0;
  uint8_t *found = calloc(n, 1);
  assert_non_null(found);
  for (size_t i = 0; i < sets.n; i++) {
    uint32_t mask = mask_of(&sets, i);
    assert_int_equal(found[mask]++, 0); /* once */
    assert_int_equal(sets.sets[i].support, total(m, supports, mask));
  }
  for (uint32_t mask = 1; mask < n; mask++) {
    bool want = brute_frequent(m, supports, mask, share, by_group) && brute_closed(m, supports, mask, connected);
    wanted += want;
    if (want != found[mask]) fail_msg("set %#x: found %d, want %d (support %u)", mask, found[mask], want, total(m, supports, mask));
  }
  assert_int_equal(sets.n, wanted);
  free(found);
  free(supports);
  hw_mine_sets_fini(&sets);
  return wanted;
}

TEST(equals_brute_force_at_two_supports) {
  size_t n_sets[2][2] = {{0}};
  for (uint64_t seed = 1; seed <= 6; seed++) {
    made m;
    make(&m, seed, seed % 2 ? 16 : 14, 1);
    for (int low = 0; low < 2; low++)
      for (int connected = 0; connected < 2; connected++)
        n_sets[low][connected] += compare_with_brute_force(&m, low ? 0.02 : 0.2, false, connected);
    free(m.bits);
  }
  for (int low = 0; low < 2; low++) { /* the test has something to tell apart */
    print_message("support %s: %zu closed sets, %zu closed connected ones\n", low ? "2%" : "20%", n_sets[low][0], n_sets[low][1]);
    assert_true(n_sets[low][0] > 200 && n_sets[low][1] > 100 && n_sets[low][0] != n_sets[low][1]);
  }
}

TEST(equals_brute_force_by_group) {
  for (uint64_t seed = 11; seed <= 13; seed++) {
    made m;
    make(&m, seed, 13, 3);
    for (int connected = 0; connected < 2; connected++) {
      size_t by_group = compare_with_brute_force(&m, 0.15, true, connected), all = compare_with_brute_force(&m, 0.15, false, connected);
      assert_true(by_group > all);
    }
    free(m.bits);
  }
}

TEST(neighbours_are_what_the_header_says) {
  uint64_t seed = 3;
  for (int i = 0; i < 100000; i++) {
    uint32_t pair[2];
    for (int k = 0; k < 2; k++) {
      uint32_t kind = unit_below(&seed, 3) == 0, source = unit_below(&seed, 4), target = kind ? source : unit_below(&seed, 4);
      pair[k] = hw_item(kind, unit_below(&seed, 5), kind ? 0 : unit_below(&seed, 4), source, target);
    }
    assert_int_equal(hw_items_are_neighbours(pair[0], pair[1]), brute_neighbours(pair[0], pair[1]));
    assert_int_equal(hw_items_are_neighbours(pair[0], pair[1]), hw_items_are_neighbours(pair[1], pair[0]));
  }
  /* written before it is read, and after */
  assert_true(hw_items_are_neighbours(hw_item(0, 1, 0, 1, 2), hw_item(0, 2, 0, 2, 3)));
  assert_false(hw_items_are_neighbours(hw_item(0, 2, 0, 1, 2), hw_item(0, 2, 0, 2, 3)));
  assert_false(hw_items_are_neighbours(hw_item(0, 3, 0, 1, 2), hw_item(0, 2, 0, 2, 3)));
  assert_false(hw_items_are_neighbours(hw_item(0, 3, 0, 1, 2), hw_item(0, 2, 0, 3, 4)));
}

/* ---- ranking ---- */

TEST(ranking_equals_the_greedy_one_by_the_slow_road) {
  for (uint64_t seed = 21; seed <= 24; seed++) {
    enum { MOST = 12 };
    made m;
    make(&m, seed, 12, 2);
    hw_mine_limits limits = limits_of(0.1, false, seed % 2);
    hw_mine_sets sets;
    hw_mine_pick picks[MOST];
    size_t n_picks;
    bool in_time;
    hw_error err = {0};
    assert_ok(hw_mine_sets_find(&m.base, &limits, &sets, &err), &err);
    assert_ok(hw_mine_rank(&m.base, &sets, MOST, false, &limits, picks, &n_picks, &in_time, &err), &err);
    assert_true(in_time && n_picks > 3);
    uint32_t *covered = calloc(N_GRAPHS, sizeof *covered);
    assert_non_null(covered);
    for (size_t p = 0; p < n_picks; p++) {
      uint64_t best = 0;
      for (size_t i = 0; i <= sets.n; i++) { /* the last: what was picked */
        uint32_t mask = mask_of(&sets, i < sets.n ? i : picks[p].set);
        uint64_t cells = 0;
        for (size_t row = 0; row < N_GRAPHS; row++)
          if ((m.rows[row] & mask) == mask) cells += (uint64_t)__builtin_popcount(mask & ~covered[row]);
        if (cells > best) best = cells;
        if (i == sets.n) assert_true(cells == best && cells == picks[p].new_cells);
      }
      uint32_t mask = mask_of(&sets, picks[p].set);
      for (size_t row = 0; row < N_GRAPHS; row++)
        if ((m.rows[row] & mask) == mask) covered[row] |= mask;
    }
    free(covered);
    free(m.bits);
    hw_mine_sets_fini(&sets);
  }
}

TEST(planted_circuits_come_first) {
  /* three chains into role 0, each in a fifth of the graphs, in noise */
  enum { N_ITEMS = 18 };
  static const uint32_t chains[3] = {0x00007, 0x00078, 0x00f80};
  for (uint64_t seed = 31; seed <= 36; seed++) {
    made m;
    uint64_t rng = seed;
    bool surplus = seed % 2;
    for (uint32_t i = 0; i < N_ITEMS; i++) m.items[i] = hw_item(0, i, 0, i % 5, 0);
    for (size_t row = 0; row < N_GRAPHS; row++) {
      m.rows[row] = 0;
      for (int i = 0; i < N_ITEMS; i++) m.rows[row] |= (uint32_t)(unit_below(&rng, 100) < (surplus && i > 14 ? 60 : 12)) << i; /* edges that are just frequent */
      for (int c = 0; c < 3; c++)
        if (unit_below(&rng, 100) < 20) m.rows[row] |= chains[c];
    }
    make_columns(&m, N_ITEMS, 1, N_GRAPHS);
    hw_mine_limits limits = limits_of(0.05, false, true);
    hw_mine_sets sets;
    hw_mine_pick picks[3];
    size_t n_picks;
    bool in_time;
    hw_error err = {0};
    assert_ok(hw_mine_sets_find(&m.base, &limits, &sets, &err), &err);
    assert_ok(hw_mine_rank(&m.base, &sets, 3, surplus, &limits, picks, &n_picks, &in_time, &err), &err);
    assert_int_equal(n_picks, 3);
    for (int c = 0; c < 3; c++) assert_int_equal(mask_of(&sets, picks[c].set), chains[2 - c]); /* the longest first */
    free(m.bits);
    hw_mine_sets_fini(&sets);
  }
}

/* ---- limits ---- */

/* What is said to be complete is: every set at complete_support or above is there, and none twice. */
static void check_cut(const made *m, const hw_mine_limits *limits, bool time) {
  hw_mine_sets sets;
  hw_error err = {0};
  assert_ok(hw_mine_sets_find(&m->base, limits, &sets, &err), &err);
  assert_true(sets.complete_support > limits->min_support);
  assert_true(time ? sets.out_of_time : sets.out_of_memory);
  uint32_t *supports = brute_supports(m);
  size_t wanted = 0, found = 0;
  for (uint32_t mask = 1; mask < 1u << m->base.n_items; mask++)
    wanted += sets.complete_support <= 1 && brute_frequent(m, supports, mask, sets.complete_support, false) && brute_closed(m, supports, mask, false);
  for (size_t i = 0; i < sets.n; i++) found += sets.sets[i].support >= sets.complete_support * (double)N_GRAPHS - 1e-6;
  assert_int_equal(found, wanted);
  free(supports);
  hw_mine_sets_fini(&sets);
}

TEST(limits_are_kept_and_told) {
  made m;
  make(&m, 41, 16, 1);
  hw_mine_limits limits = limits_of(0.002, false, false);
  limits.bytes = 200000;
  check_cut(&m, &limits, false);
  limits.bytes = (size_t)1 << 30;
  limits.deadline = hw_clock_seconds() - 1;
  check_cut(&m, &limits, true);
  limits.bytes = 100;
  hw_mine_sets sets;
  hw_error err = {0};
  assert_refused(hw_mine_sets_find(&m.base, &limits, &sets, &err), &err, HW_ERROR_MEMORY, "16 edges");
  free(m.bits);
}

/* The search takes rare items first and runs out of memory at their third level; the search at a high share has frequent items alone, and comes
 * to the same level. Limits are so close that memory ends in each of the level's arrays. */
TEST(memory_may_run_out_anywhere) {
  enum { RARE = 12, OFTEN = 5, N_ITEMS = RARE + OFTEN };
  made m;
  uint64_t rng = 51;
  for (uint32_t i = 0; i < N_ITEMS; i++) m.items[i] = hw_item(0, i, 0, 1, 2);
  for (size_t row = 0; row < N_GRAPHS; row++) {
    m.rows[row] = 0;
    for (uint32_t i = 0; i < RARE; i++) m.rows[row] |= (uint32_t)(row < 900 && unit_below(&rng, 100) < 45) << i;
    for (uint32_t i = 0; i < OFTEN; i++) m.rows[row] |= (uint32_t)(row >= 900 && row % 100 != i) << (RARE + i);
  }
  make_columns(&m, N_ITEMS, 1, N_GRAPHS);
  size_t cut = 0;
  for (size_t bytes = 44000; bytes < 49000; bytes += 8) {
    hw_mine_limits limits = limits_of(0.05, false, false);
    limits.bytes = bytes;
    hw_mine_sets sets;
    hw_error err = {0};
    if (hw_mine_sets_find(&m.base, &limits, &sets, &err)) {
      cut += sets.out_of_memory;
      hw_mine_sets_fini(&sets);
    } else assert_int_equal(err.kind, HW_ERROR_MEMORY);
  }
  assert_true(cut > 100);
  free(m.bits);
}

TEST(empty_and_single) {
  made m = {.items = {hw_item(0, 0, 0, 1, 2)}};
  hw_mine_limits limits = limits_of(0.5, false, true);
  hw_mine_sets sets;
  hw_error err = {0};
  make_columns(&m, 0, 1, 100);
  assert_ok(hw_mine_sets_find(&m.base, &limits, &sets, &err), &err);
  assert_int_equal(sets.n, 0);
  hw_mine_sets_fini(&sets);
  free(m.bits);
  for (int i = 0; i < 50; i++) m.rows[2 * i] = 1;
  make_columns(&m, 1, 1, 100);
  assert_ok(hw_mine_sets_find(&m.base, &limits, &sets, &err), &err);
  assert_int_equal(sets.n, 1); /* exactly half is enough */
  assert_int_equal(sets.sets[0].support, 50);
  hw_mine_sets_fini(&sets);
  free(m.bits);
}

TEST(least_graphs_of_a_share) {
  assert_int_equal(hw_mine_least(0.07, 100, false), 7);
  assert_int_equal(hw_mine_least(0.2, 1001, false), 201);
  assert_int_equal(hw_mine_least(1e-9, 100, false), 1);
  assert_int_equal(hw_mine_least(1, 100, false), 100);
  assert_int_equal(hw_mine_least(0.1, 20, true), HW_MINE_GROUP_LEAST);
  assert_int_equal(hw_mine_least(0.1, 10, true), 10);
  assert_int_equal(hw_mine_least(0.1, 9, true), UINT32_MAX);
  assert_int_equal(hw_mine_least(0.1, 1000, true), 100);
}

/* ---- paths ---- */

static void check_paths(const uint32_t *items, size_t n, bool parallel_block, const char *want) {
  static const char *const roles[] = {"-", "S1", "S2", "IO", "END"};
  hw_buffer out;
  hw_buffer_init(&out);
  hw_mine_paths(items, n, parallel_block, roles, COUNT_OF(roles), &out);
  assert_false(out.failed);
  assert_string_equal(out.data, want);
  hw_buffer_fini(&out);
}

TEST(paths_follow_the_flow) {
  uint32_t io = hw_item(0, 2, 3, 3, 4), s1 = hw_item(0, 0, 1, 1, 2), s2 = hw_item(0, 1, 2, 2, 4), ffn = hw_item(1, 0, 0, 2, 2),
           ffn3 = hw_item(1, 3, 0, 4, 4), odd = hw_item(0, 0, 0, 9, 3), early = hw_item(0, 0, 5, 2, 4);
  check_paths(&io, 1, false, "IO -L2H3-> END");
  check_paths((uint32_t[]){s1, s2}, 2, false, "S1 -L0H1-> S2 -L1H2-> END");
  check_paths((uint32_t[]){s1, io, s2}, 3, false, "S1 -L0H1-> S2 -L1H2-> END; IO -L2H3-> END");
  check_paths((uint32_t[]){s1, s2, ffn, ffn3}, 4, false, "S1 -L0H1-> S2 -FFN0- S2 -L1H2-> END -FFN3- END");
  check_paths((uint32_t[]){s1, early}, 2, false, "S1 -L0H1-> S2; S2 -L0H5-> END");
  check_paths((uint32_t[]){s1, s2, ffn, ffn3}, 4, true, "S1 -L0H1-> S2 -L1H2-> END -FFN3- END; S2 -FFN0- S2"); /* FFN0 reads the state before layer 0 */
  check_paths((uint32_t[]){odd, io}, 2, false, "role9 -L0H0-> IO -L2H3-> END");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_brute_force_at_two_supports),
      cmocka_unit_test(equals_brute_force_by_group),
      cmocka_unit_test(neighbours_are_what_the_header_says),
      cmocka_unit_test(ranking_equals_the_greedy_one_by_the_slow_road),
      cmocka_unit_test(planted_circuits_come_first),
      cmocka_unit_test(limits_are_kept_and_told),
      cmocka_unit_test(memory_may_run_out_anywhere),
      cmocka_unit_test(empty_and_single),
      cmocka_unit_test(least_graphs_of_a_share),
      cmocka_unit_test(paths_follow_the_flow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
