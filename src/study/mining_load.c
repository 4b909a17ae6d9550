/* SPDX-License-Identifier: Apache-2.0
 * From the index of role-aligned edges to bitmaps. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/text.h"
#include "codec/codec.h"
#include "study/mining_data.h"

/* ---- roles ---- */

static bool want_role(hw_store *store, hw_mining_data *data, const char *name, size_t length, hw_error *err) {
  const char *names[HW_ROLE_IDS];
  size_t n = 0;
  for (int i = 0; i < HW_ROLE_IDS; i++) {
    if (!data->role_names[i]) continue;
    if (strlen(data->role_names[i]) == length && !memcmp(data->role_names[i], name, length)) return data->wanted[i] = true;
    names[n++] = data->role_names[i];
  }
  char text[64];
  (void)snprintf(text, sizeof text, "%.*s", length < sizeof text ? (int)length : (int)sizeof text - 1, name);
  hw_buffer list;
  hw_buffer_init(&list);
  hw_buffer_append_string(&list, hw_suggest(text, "", names, n).text);
  if (!list.length) {
    for (size_t i = 0; i < n; i++) hw_buffer_printf(&list, "%s%s", i ? ", " : " (its roles are ", names[i]);
    hw_buffer_append_string(&list, n ? ")" : " (it has no roles)");
  }
  hw_fail(err, HW_ERROR_INPUT, "%s: there is no role \"%s\"%s", store->path, text, list.data ? list.data : "");
  hw_buffer_fini(&list);
  return false;
}

static bool choose_roles(hw_store *store, const char *roles, hw_mining_data *data, hw_error *err) {
  if (!roles || !strcmp(roles, "all")) {
    for (int i = 0; i < HW_ROLE_IDS; i++) {
      const char *name = data->role_names[i];
      data->wanted[i] = name && (roles || (strcmp(name, "-") != 0 && strcmp(name, "BOS") != 0));
    }
    return true;
  }
  for (const char *at = roles;; at++) {
    size_t length = strcspn(at, ",");
    if (!want_role(store, data, at, length, err)) return false;
    at += length;
    if (!*at) return true;
  }
}

/* ---- graphs ---- */

static int compare_ids(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static size_t find_group(const hw_mining_data *data, int64_t id) {
  const int64_t *found = bsearch(&id, data->group_ids, data->base.n_groups, sizeof id, compare_ids);
  return found ? (size_t)(found - data->group_ids) : SIZE_MAX;
}

static bool damaged(hw_store *store, const char *what, hw_error *err) {
  return hw_fail(err, HW_ERROR_INPUT, "%s: damaged: %s", store->path, what);
}

/* Groups that have graphs of the data set's own prompts. */
static bool load_groups(hw_store *store, hw_mining_data *data, hw_error *err) {
  int64_t n;
  if (!hw_store_integer(store, "mining/count_groups.sql", &n, err)) return false;
  size_t capacity = (size_t)n + 1, n_groups = 0;
  uint32_t *sizes = hw_arena_znew(&data->arena, uint32_t, capacity, err);
  size_t *ends = hw_arena_znew(&data->arena, size_t, capacity, err);
  if (!sizes || !ends || !(data->group_ids = hw_arena_znew(&data->arena, int64_t, capacity, err))) return false;
  hw_statement s;
  bool row, ok = hw_statement_open(&s, store, "mining/select_groups.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    int64_t size = hw_column_integer(&s, 1);
    data->n_graphs += (size_t)size;
    if (n_groups == capacity || data->n_graphs > INT32_MAX) break;
    data->group_ids[n_groups] = hw_column_integer(&s, 0);
    sizes[n_groups] = (uint32_t)size;
    data->base.n_words += ((size_t)size + 63) / 64;
    ends[n_groups++] = data->base.n_words;
  }
  hw_statement_close(&s);
  if (!ok) return false;
  data->base.n_groups = n_groups;
  data->base.group_ends = ends;
  data->base.group_sizes = sizes;
  if (data->n_graphs > INT32_MAX)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: too many graphs; mine takes at most %d", store->path, INT32_MAX);
  if (row) return damaged(store, "prompts have groups that prompt_group does not list", err);
  return data->n_graphs ? true : hw_fail(err, HW_ERROR_INPUT, "%s: holds no graphs to mine", store->path);
}

/* Counts the groups that are too small to make anything frequent; by group, one has to be left. */
static bool check_groups(hw_store *store, const hw_mining_settings *settings, hw_mining_data *data, hw_error *err) {
  uint32_t largest = 0;
  for (size_t g = 0; g < data->base.n_groups; g++) {
    uint32_t size = data->base.group_sizes[g];
    data->n_small_groups += size < HW_MINE_GROUP_LEAST;
    if (size > largest) largest = size;
  }
  return !settings->by_group || largest >= HW_MINE_GROUP_LEAST ||
         hw_fail(err, HW_ERROR_INPUT, "%s: nothing can recur in a group: the largest of its %zu groups has %u graphs, want %d", store->path, data->base.n_groups, largest, HW_MINE_GROUP_LEAST);
}

static bool load_graphs(hw_store *store, hw_mining_data *data, hw_error *err) {
  data->graph_ids = hw_arena_new(&data->arena, int64_t, data->n_graphs, err);
  data->bit_of = hw_arena_new(&data->arena, uint32_t, data->n_graphs, err);
  data->all = hw_arena_znew(&data->arena, uint64_t, data->base.n_words, err);
  uint32_t *filled = hw_arena_znew(&data->arena, uint32_t, data->base.n_groups, err);
  if (!data->graph_ids || !data->bit_of || !data->all || !filled) return false;
  hw_statement s;
  size_t n = 0;
  bool row, ok = hw_statement_open(&s, store, "mining/select_graphs.sql", err);
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    size_t group = find_group(data, hw_column_integer(&s, 1));
    if (n == data->n_graphs || group == SIZE_MAX || filled[group] == data->base.group_sizes[group]) {
      ok = damaged(store, "prompts and graphs do not fit together", err);
      break;
    }
    size_t bit = 64 * (group ? data->base.group_ends[group - 1] : 0) + filled[group]++;
    data->graph_ids[n] = hw_column_integer(&s, 0);
    data->bit_of[n++] = (uint32_t)bit;
    data->all[bit / 64] |= (uint64_t)1 << (bit % 64);
  }
  if (ok && n != data->n_graphs) ok = damaged(store, "prompts and graphs do not fit together", err);
  hw_statement_close(&s);
  return ok;
}

/* ---- items ---- */

typedef struct frequent {
  uint32_t item;
  int64_t n; /* graphs of all groups */
} frequent;

static bool wanted_item(const hw_mining_data *data, const hw_mining_settings *settings, int64_t item) {
  if (item < 0 || item > INT32_MAX) return false;
  uint32_t kind = hw_item_kind((uint32_t)item);
  return (kind == HW_ITEM_ATTENTION || settings->ffn) && data->wanted[hw_item_source((uint32_t)item)] &&
         data->wanted[hw_item_target((uint32_t)item)];
}

static int more_frequent_first(const void *a, const void *b) {
  const frequent *x = a, *y = b;
  if (x->n != y->n) return x->n > y->n ? -1 : 1;
  return (x->item > y->item) - (x->item < y->item);
}

static int compare_items(const void *a, const void *b) {
  const frequent *x = a, *y = b;
  return (x->item > y->item) - (x->item < y->item);
}

/* Wanted items that are frequent, from the aggregates. */
static bool list_items(hw_store *store, const hw_mining_settings *settings, hw_mining_data *data, frequent **list, size_t *n,
                       hw_error *err) {
  int64_t n_all;
  if (!hw_store_integer(store, "mining/count_items.sql", &n_all, err)) return false;
  frequent *items = hw_arena_znew(&data->arena, frequent, (size_t)n_all + 1, err);
  if (!items) return false;
  hw_statement s;
  bool row = true, ok = hw_statement_open(&s, store, "mining/select_items.sql", err);
  uint32_t least_of_all = hw_mine_least(settings->min_support, (uint32_t)data->n_graphs, false);
  frequent now = {0};
  bool open = false, in_group = false; /* `now` is being counted; it is frequent in a group */
  *n = 0;
  while (ok && row && (ok = hw_statement_step(&s, &row, err))) {
    int64_t item = row ? hw_column_integer(&s, 0) : -1;
    if (open && item != now.item) {
      if (settings->by_group ? in_group : now.n >= least_of_all) items[(*n)++] = now;
      open = false;
    }
    if (!row || !wanted_item(data, settings, item)) continue;
    if (!open) {
      now = (frequent){.item = (uint32_t)item};
      in_group = false;
    }
    open = true;
    size_t group = find_group(data, hw_column_integer(&s, 1));
    int64_t on = hw_column_integer(&s, 2);
    if (group == SIZE_MAX) continue; /* a group of counterfactuals */
    if (on > data->base.group_sizes[group]) ok = damaged(store, "agg_item counts more graphs than a group has", err);
    now.n += on;
    if (on >= hw_mine_least(settings->min_support, data->base.group_sizes[group], true)) in_group = true;
  }
  hw_statement_close(&s);
  *list = items;
  return ok;
}

size_t hw_mining_data_bytes(const hw_mining_data *data) {
  return data->n_graphs * 12 + (2 * data->base.n_items + 2) * data->base.n_words * sizeof *data->bits;
}

typedef struct column {
  const hw_mining_data *data;
  uint64_t *bits;
  int64_t n;
} column;

static void add_graph(void *context, size_t graph, uint32_t importance) {
  column *c = context;
  (void)importance;
  size_t bit = c->data->bit_of[graph];
  c->bits[bit / 64] |= (uint64_t)1 << (bit % 64);
  c->n++;
}

static bool load_items(hw_store *store, const hw_mining_settings *settings, hw_mining_data *data, hw_error *err) {
  frequent *list;
  size_t n;
  if (!list_items(store, settings, data, &list, &n, err)) return false;
  /* A good half of the memory for the bitmaps and what is covered of them, the rest for the search. */
  size_t bytes = data->base.n_words * sizeof *data->bits, most = settings->bytes / 10 * 6 / 2 / bytes;
  data->n_items_cut = n > most ? n - most : 0;
  if (data->n_items_cut) {
    qsort(list, n, sizeof *list, more_frequent_first);
    data->most_cut = list[most].n;
    n = most;
  }
  uint32_t *items = hw_arena_new(&data->arena, uint32_t, n, err);
  if (!items) return false;
  if (n) qsort(list, n, sizeof *list, compare_items);
  for (size_t i = 0; i < n; i++) items[i] = list[i].item;
  if (!(data->bits = calloc(n * data->base.n_words + 1, sizeof *data->bits))) return hw_fail_memory(err, "the bitmaps of edges");
  data->base.items = items;
  data->base.bits = data->bits;
  data->base.n_items = n;
  for (size_t i = 0; i < n; i++) {
    hw_tell_progress(settings->hooks, "edges", (int64_t)i, (int64_t)n);
    column c = {.data = data, .bits = data->bits + i * data->base.n_words};
    if (!hw_mining_visit(store, data, items[i], add_graph, &c, err)) return false;
    if (c.n != list[i].n) return damaged(store, "agg_item does not count what item_graph has", err);
  }
  return true;
}

bool hw_mining_visit(hw_store *store, const hw_mining_data *data, uint32_t item, hw_graph_visitor visit, void *context,
                     hw_error *err) {
  hw_statement *s = hw_store_statement(store, "mining/select_item_graphs.sql", err);
  if (!s) return false;
  hw_bind_integer(s, ":item_id", item);
  hw_arena arena;
  hw_arena_init(&arena);
  bool row, ok;
  while ((ok = hw_statement_step(s, &row, err)) && row) {
    hw_item_graph *graphs;
    size_t n, length, at = 0;
    hw_arena_reset(&arena);
    const void *blob = hw_column_blob(s, 0, &length);
    if (!(ok = hw_decode_item_graphs(blob, length, &arena, &graphs, &n, err))) break;
    for (size_t i = 0; i < n; i++) {
      /* Ids of an item ascend: the next graph in the list is tried before the search. */
      if (i == 0 || at == data->n_graphs || data->graph_ids[at] != graphs[i].graph_id) {
        const int64_t *found = bsearch(&graphs[i].graph_id, data->graph_ids, data->n_graphs, sizeof *found, compare_ids);
        if (!found) continue; /* a counterfactual's */
        at = (size_t)(found - data->graph_ids);
      }
      visit(context, at++, graphs[i].importance);
    }
  }
  hw_statement_reset(s);
  hw_arena_fini(&arena);
  return ok;
}

bool hw_mining_load(hw_store *store, const hw_mining_settings *settings, hw_mining_data *data, hw_error *err) {
  *data = (hw_mining_data){0};
  hw_arena_init(&data->arena);
  int64_t parallel;
  if (!hw_store_integer(store, "mining/parallel_block.sql", &parallel, err)) return false;
  data->parallel_block = parallel != 0;
  return hw_roles_read(store, &data->arena, data->role_names, err) && choose_roles(store, settings->roles, data, err) && load_groups(store, data, err) &&
         check_groups(store, settings, data, err) && load_graphs(store, data, err) && load_items(store, settings, data, err);
}

void hw_mining_data_fini(hw_mining_data *data) {
  hw_arena_fini(&data->arena);
  free(data->bits);
  *data = (hw_mining_data){0};
}
