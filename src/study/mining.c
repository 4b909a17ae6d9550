/* SPDX-License-Identifier: Apache-2.0
 * `headwater mine`: opens the file for writing, loads, searches, ranks, stores. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/option.h"
#include "base/progress.h"
#include "base/text.h"
#include "headwater/query.h"
#include "store/migrate.h"
#include "study/mining_data.h"
#include "sqlite/connection.h"

static void note(hw_mining_summary *summary, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(hw_mining_summary *summary, const char *format, ...) {
  size_t at = strlen(summary->note);
  va_list arguments;
  if (at && at + 2 < sizeof summary->note) {
    memcpy(summary->note + at, "; ", 3);
    at += 2;
  }
  va_start(arguments, format);
  (void)hw_vsnprintf(summary->note + at, sizeof summary->note - at, format, arguments);
  va_end(arguments);
  summary->complete = false;
}

/* Counts, and a note about what limits of memory and time left out. */
static void fill_summary(const hw_mining_data *data, const hw_mining_settings *settings, const hw_mine_sets *sets, size_t n_picks,
                         bool ranked, hw_mining_summary *summary) {
  summary->n_graphs = (int64_t)data->n_graphs;
  summary->n_items = (int64_t)(data->base.n_items + data->n_items_cut);
  summary->n_items_cut = (int64_t)data->n_items_cut;
  summary->n_groups = (int64_t)data->base.n_groups;
  summary->n_small_groups = (int64_t)data->n_small_groups;
  summary->n_sets = (int64_t)sets->n;
  summary->n_circuits = (int64_t)n_picks;
  summary->complete_support = sets->complete_support;
  summary->complete = true;
  summary->note[0] = '\0';
  if (data->n_items_cut) {
    /* A set is at most as frequent as each of its edges: sets above the edges that were left out are complete. */
    double sure = settings->by_group ? 2 : (double)(data->most_cut + 1) / (double)data->n_graphs;
    if (sure > summary->complete_support) summary->complete_support = sure;
    note(summary, "out of memory: the %zu rarest of %" PRId64 " frequent edges were left out, in up to %" PRId64 " graphs",
         data->n_items_cut, summary->n_items, data->most_cut);
  }
  if (sets->complete_support > settings->min_support) {
    const char *what = sets->out_of_time ? "time" : "memory";
    if (sets->complete_support > 1) note(summary, "out of %s: the search was broken off, and what was found is a part of the sets", what);
    else note(summary, "out of %s: the search ended at the sets in at least %.1f%%", what, 100 * sets->complete_support);
  }
  if (!ranked) note(summary, "out of time: only %zu circuits were ranked", n_picks);
}

static bool list_roles(const hw_mining_data *data, hw_mining_summary *summary, hw_error *err) {
  hw_buffer list;
  hw_buffer_init(&list);
  for (int i = 0; i < HW_ROLE_IDS; i++)
    if (data->wanted[i]) hw_buffer_printf(&list, "%s%s", list.length ? "," : "", data->role_names[i]);
  bool ok = hw_buffer_check(&list, err);
  if (ok && list.length >= sizeof summary->roles) ok = hw_fail(err, HW_ERROR_UNSUPPORTED, "the names of the roles are too long");
  if (ok) (void)snprintf(summary->roles, sizeof summary->roles, "%s", list.data ? list.data : "");
  hw_buffer_fini(&list);
  return ok;
}

static bool mine(hw_store *store, const hw_mining_settings *settings, hw_mining_data *data, hw_mine_sets *sets,
                 hw_mining_summary *summary, hw_error *err) {
  double start = hw_clock_seconds();
  size_t n_picks = 0;
  bool ranked = true;
  if (!hw_mining_load(store, settings, data, err) || !list_roles(data, summary, err)) return false;
  size_t used = hw_mining_data_bytes(data);
  hw_mine_limits limits = {.min_support = settings->min_support,
                           .by_group = settings->by_group,
                           .connected = settings->connected,
                           .deadline = start + 0.8 * settings->seconds,
                           .bytes = settings->bytes > used ? settings->bytes - used : 0,
                           .hooks = settings->hooks};
  hw_tell_progress(settings->hooks, "searching", 0, 0);
  if (!hw_mine_sets_find(&data->base, &limits, sets, err)) return false;
  hw_mine_pick *picks = calloc(settings->top + 1, sizeof *picks);
  bool ok = picks || hw_fail_memory(err, "the circuits");
  hw_tell_progress(settings->hooks, "ranking", 0, 0);
  limits.deadline = start + settings->seconds;
  ok = ok && hw_mine_rank(&data->base, sets, settings->top, settings->surplus, &limits, picks, &n_picks, &ranked, err);
  if (ok) {
    fill_summary(data, settings, sets, n_picks, ranked, summary);
    ok = hw_mining_put(store, data, settings, sets, picks, n_picks, summary, err);
  }
  free(picks);
  return ok;
}

static bool check_size(const char *name, size_t value, int64_t most, hw_error *err) {
  return (value >= 1 && value <= (size_t)most) || hw_fail(err, HW_ERROR_INPUT, "%s is %zu, want a whole number from 1 to %" PRId64, name, value, most);
}

static bool check_settings(const hw_mining_settings *s, hw_error *err) {
  if (!(s->min_support > 0 && s->min_support <= 1)) return hw_fail(err, HW_ERROR_INPUT, "min_support is %g, want a share above 0, 1 at most", s->min_support);
  return check_size("top", s->top, HW_MINING_MOST_CIRCUITS, err) && hw_number_check("seconds", s->seconds, 0, HW_MINING_MOST_SECONDS, err) &&
         check_size("bytes", s->bytes, (int64_t)HW_MINING_MOST_MIB << 20, err);
}

bool hw_store_mine(const char *path, const hw_mining_settings *settings, hw_mining_summary *summary, hw_error *err) {
  *summary = (hw_mining_summary){0};
  hw_store *store;
  if (!check_settings(settings, err)) return false;
  if (!hw_store_open_write(path, settings->hooks, &store, err)) return false;
  hw_mining_data data = {0};
  hw_mine_sets sets = {0};
  hw_arena_init(&data.arena);
  bool ok = hw_store_exec(store, "PRAGMA cache_size = -65536; PRAGMA cell_size_check = ON", "set it up", err) &&
            mine(store, settings, &data, &sets, summary, err);
  hw_mine_sets_fini(&sets);
  hw_mining_data_fini(&data);
  hw_store_free(store);
  return ok;
}
