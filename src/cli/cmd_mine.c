/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/select.h"
#include "headwater/mining.h"
#include "headwater/query.h"

static const char *const items_names[] = {"heads", "heads+ffn", NULL}, *const by_names[] = {"none", "group", NULL},
                         *const rank_names[] = {"area", "surplus", NULL},
                         *const yes_no[] = {"no", "yes", NULL};

typedef struct mine_settings {
  double min_support, timeout, lock_timeout;
  int64_t top, memory, delete;
  const char *roles;
  int items, by, connected, rank, format;
} mine_settings;

static const hw_option rows[] = {
    {"min-support", HW_OPTION_NUMBER_TO, offsetof(mine_settings, min_support), "SHARE",
     "of the graphs (prompts and targets) that must have all edges of a circuit", 0, 1, NULL, false},
    {"items", HW_OPTION_CHOICE, offsetof(mine_settings, items), "NAME", "edges: heads or heads+ffn", 0, 0, items_names, false},
    {"roles", HW_OPTION_TEXT, offsetof(mine_settings, roles), "A,B,...",
     "edges between these roles, or all; without it: all roles but BOS and the nameless rest", 0, 0, NULL, false},
    {"by", HW_OPTION_CHOICE, offsetof(mine_settings, by), "NAME",
     "none or group: with group, the share must be reached in at least one group (there by at least 10 graphs; smaller groups are counted and take no part in this), and the groups are shown",
     0, 0, by_names, false},
    {"connected", HW_OPTION_CHOICE, offsetof(mine_settings, connected), "yes|no", "only circuits that hang together", 0, 0, yes_no, false},
    {"rank", HW_OPTION_CHOICE, offsetof(mine_settings, rank), "NAME",
     "by area: edges times graphs that no circuit before covers; or by surplus: the part of it that chance does not explain", 0, 0,
     rank_names, false},
    {"top", HW_OPTION_COUNT, offsetof(mine_settings, top), "N", "circuits to keep", 1, HW_MINING_MOST_CIRCUITS, NULL, false},
    {"timeout", HW_OPTION_NUMBER, offsetof(mine_settings, timeout), "SECONDS",
     "for search and ranking; then the highest supports that were done are kept", 0, HW_MINING_MOST_SECONDS, NULL, false},
    {"memory", HW_OPTION_COUNT, offsetof(mine_settings, memory), "MiB", "for search and ranking", 1, HW_MINING_MOST_MIB, NULL, false},
    {"format", HW_OPTION_CHOICE, offsetof(mine_settings, format), "NAME", "table; csv or json: the circuits, and what was searched on stderr", 0, 0, hw_table_format_names, false},
    {"delete", HW_OPTION_COUNT, offsetof(mine_settings, delete), "N", "instead: delete the saved mining N (headwater query DB minings lists them)", 1, 1e15, NULL, false},
    HW_LOCK_TIMEOUT_ROW(mine_settings),
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};
static const mine_settings usual = {.min_support = 0.2, .timeout = 60, .lock_timeout = HW_LOCK_SECONDS, .top = 20, .memory = 1024, .connected = 1, .rank = 1};

static const hw_option_table *options(void **defaults) {
  static mine_settings settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

/* Prints a named query about the new mining; limited: it has a parameter --limit. */
static int show(hw_store *store, const char *query, const hw_mining_summary *summary, bool limited, hw_table_format format) {
  char mining[24], limit[24];
  (void)snprintf(mining, sizeof mining, "%" PRId64, summary->mining_id);
  (void)snprintf(limit, sizeof limit, "%" PRId64, summary->n_circuits);
  hw_parameter parameters[] = {{"mining", mining}, {"limit", limit}};
  const char *sql = hw_cli_query_text(query);
  return sql ? hw_cli_select(store, sql, parameters, limited ? 2 : 1, format, NULL) : 1;
}

static double least_share(const mine_settings *settings) { return settings->min_support > 1 ? 1 : settings->min_support; }

/* What was searched, and what was left out. */
static void print_summary(FILE *out, const char *db, const mine_settings *settings, const hw_mining_summary *summary) {
  fprintf(out, "%s, mining %" PRId64 ": %" PRId64 " graphs, %" PRId64 " edges (%s) in at least %g%% of %s, roles %s;\n"
         "%" PRId64 " closed%s sets of them, %s\n",
         db, summary->mining_id, summary->n_graphs, summary->n_items, items_names[settings->items], 100 * least_share(settings),
         settings->by ? "a group" : "them", summary->roles, summary->n_sets, settings->connected ? " connected" : "",
         summary->complete ? "complete" : "NOT complete");
  if (settings->by && summary->n_small_groups)
    fprintf(out, "%" PRId64 " of %" PRId64 " groups have fewer than 10 graphs: an edge or a circuit cannot be frequent by them\n", summary->n_small_groups, summary->n_groups);
  fprintf(out, "\n");
  if (!summary->complete) fprintf(out, "%s\n", summary->note);
  if (!summary->complete && summary->complete_support <= 1) fprintf(out, "all sets in at least %.3g%% were found\n", 100 * summary->complete_support);
  if (!summary->complete) fprintf(out, "\n");
  if (summary->n_sets == 0 && summary->complete) fprintf(out, "No edges come together in so many graphs. A lower --min-support or other --roles may find some.\n\n");
  else if (summary->n_sets > 0 && summary->n_circuits == 0 && settings->rank == 1)
    fprintf(out, "None of the sets comes more often than its edges would by chance. --rank area lists them all the same.\n\n");
}

static int run(const hw_command *command, int argc, char **argv) {
  mine_settings settings = usual;
  const char *db;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  if (settings.delete && !hw_cli_alone(table, &settings, &usual, "delete", &err)) return hw_cli_usage(command, err.message);
  hw_mining_summary summary;
  hw_cli_progress progress;
  hw_mining_settings mining = {.min_support = least_share(&settings),
                               .ffn = settings.items == 1,
                               .roles = settings.roles,
                               .by_group = settings.by == 1,
                               .connected = settings.connected == 1,
                               .surplus = settings.rank == 1,
                               .top = (size_t)settings.top,
                               .seconds = settings.timeout,
                               .bytes = (size_t)settings.memory << 20,
                               .hooks = &progress.hooks};
  hw_cli_catch_interrupts("stopping");
  hw_cli_progress_start(&progress, false, settings.lock_timeout);
  bool ok = settings.delete ? hw_mining_delete(db, settings.delete, &progress.hooks, &err) : hw_store_mine(db, &mining, &summary, &err);
  hw_cli_progress_stop(&progress, false);
  if (!ok) return err.kind == HW_ERROR_INTERRUPTED ? hw_cli_fail_in(db, &err) : hw_cli_fail(&err);
  if (settings.delete) return hw_cli_finish();
  hw_table_format format = (hw_table_format)settings.format;
  print_summary(format == HW_FORMAT_TABLE ? stdout : stderr, db, &settings, &summary);
  hw_store *store;
  if (!hw_cli_open_read(db, NULL, &store, &err)) return hw_cli_fail(&err);
  int code = show(store, "circuits", &summary, true, format);
  if (code == 0 && mining.by_group && summary.n_circuits && format == HW_FORMAT_TABLE) {
    printf("\n");
    code = show(store, "circuits_by_group", &summary, false, format);
  }
  (void)hw_store_close(store, false, NULL);
  return code;
}

const hw_command hw_cmd_mine = {
    .name = "mine",
    .usage = "DB [options]",
    .summary = "recurring circuits: edges that come together over the data set",
    .example = "  headwater mine ioi.db --min-support 0.2 --roles IO,S1,S2,END\n"
               "  headwater query ioi.db circuits\n",
    .exit_codes = "130 stopped: nothing was stored",
    .options = options,
    .run = run,
};
