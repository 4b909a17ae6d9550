/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/select.h"
#include "headwater/comparison.h"
#include "headwater/query.h"

enum { TABLE_ROWS = 20, RARE = 10 };

static const char *const save_names[] = {"auto", "yes", "no", NULL};
enum { SAVE_AUTO, SAVE_YES, SAVE_NO };

typedef struct compare_settings {
  const char *by, *where[2], *with, *cluster, *pairs;
  int64_t permutations, seed, min_active, top, delete;
  double lock_timeout;
  int measure, components, format, save;
} compare_settings;

#define AT(field) offsetof(compare_settings, field)
static const hw_option rows[] = {
    {"by", HW_OPTION_TEXT, AT(by), "COLUMN=A,B", "two groups: prompts with the value A and with B in a --group-by column or another one of the data set", 0, 0, NULL, false},
    {"where", HW_OPTION_TEXTS, AT(where), "CONDITION", "or two groups by SQL conditions on the columns of query prompts; once: the prompts that satisfy it, and those that do not; those for which it is NULL, as a value is missing, are on neither side, and counted", 0, 2, NULL, false},
    {"with", HW_OPTION_TEXT, AT(with), "OTHER.db", "or the same prompts in another database: another model, checkpoint, threshold", 0, 0, NULL, false},
    {"measure", HW_OPTION_CHOICE, AT(measure), "NAME", "of components: importance or flow, 0 where one is absent; of relevances: contrast (the default there), or answer", 0, 0, hw_measure_names, false},
    {"components", HW_OPTION_CHOICE, AT(components), "NAME", "heads, neurons, items (edges aligned by role), answers: accuracy, probability, logit_diff and the like; relevance: heads and FFNs by --relevance of the run; relevance_neurons", 0, 0, hw_component_set_names, false},
    {"min-active", HW_OPTION_COUNT, AT(min_active), "N", "leave out components that are not 0 in fewer prompts of both sides together; 0: 10 for neurons, items and relevance_neurons, of the others all", 0, HW_COMPARISON_MOST_ACTIVE, NULL, false},
    {"cluster", HW_OPTION_TEXT, AT(cluster), "COLUMN", "prompts with the same value are no independent observations; else template where it exists; none", 0, 0, NULL, false},
    {"pairs", HW_OPTION_TEXT, AT(pairs), "COLUMN", "prompts of the two groups with the same value are pairs; else pair_id where it pairs them; none", 0, 0, NULL, false},
    {"permutations", HW_OPTION_COUNT, AT(permutations), "N", "of the test, drawn at random; where there are no more ways to exchange than this, each is taken once and p is exact", 1, HW_STATS_MOST_PERMUTATIONS, NULL, false},
    {"seed", HW_OPTION_COUNT, AT(seed), "N", "of permutations that are drawn: the same seed gives the same p everywhere", 0, 9e15, NULL, false},
    {"top", HW_OPTION_COUNT, AT(top), "N", "rows, best p first; 0: 20 of a table, all of csv and json", 0, 1e15, NULL, false},
    {"format", HW_OPTION_CHOICE, AT(format), "NAME", "table, csv or json", 0, 0, hw_table_format_names, false},
    {"save", HW_OPTION_CHOICE, AT(save), "WHEN", "keep the result in the database (headwater query DB comparisons): yes, no, or auto: where the file can be written", 0, 0, save_names, false},
    {"delete", HW_OPTION_COUNT, AT(delete), "N", "instead: delete the saved comparison N (headwater query DB comparisons lists them)", 1, 1e15, NULL, false},
    HW_LOCK_TIMEOUT_ROW(compare_settings),
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};
static const compare_settings usual = {.permutations = 10000, .seed = 1, .lock_timeout = HW_LOCK_SECONDS};

static const hw_option_table *options(void **defaults) {
  static compare_settings settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

static const char *plural(size_t n) { return n == 1 ? "" : "s"; }

static void put_side(char side, const char *column, const char *value, size_t n_prompts, hw_buffer *out) {
  hw_buffer_printf(out, "%c: %s %s, %zu prompt%s\n", side, column, value, n_prompts, plural(n_prompts));
}

static void put_design(const hw_comparison_request *request, const hw_comparison *c, const hw_stats_result *result, hw_buffer *out) {
  static const char *const tests[] = {"labels of prompts permuted", "signs of pairs flipped", "labels of whole clusters permuted",
                                      "signs of whole clusters flipped"};
  if (hw_component_set_is_relevance(request->components))
    hw_buffer_printf(out, "%s relevance of %s, ", hw_comparison_measure(request), request->components == HW_SET_RELEVANCE ? "heads and FFNs" : "neurons");
  else hw_buffer_printf(out, "%s of %s, ", hw_comparison_measure(request), hw_component_set_names[request->components]);
  if (c->paired) hw_buffer_printf(out, "paired by %s", request->with ? "prompt" : c->pair_column);
  else hw_buffer_append_string(out, "unpaired");
  if (result->n_clusters) hw_buffer_printf(out, ", %zu clusters by %s", result->n_clusters, c->cluster_column);
  hw_buffer_append_byte(out, '\n');
  put_side('a', c->column ? c->column : request->with ? "this database," : "where", c->value_a, c->a.n_units, out);
  put_side('b', c->column ? c->column : request->with ? "the other," : "where", c->value_b, c->b.n_units, out);
  if (result->exact) hw_buffer_printf(out, "p: %s in all %" PRId64 " ways there are (exact)\n", tests[result->exchange], result->n_arrangements);
  else hw_buffer_printf(out, "p: %s %" PRId64 " times (seed %" PRIu64 ")\n", tests[result->exchange], result->n_arrangements, request->seed);
  hw_buffer_printf(out, "effect: %s; q: Benjamini-Hochberg over %zu component%s\n\n", c->paired ? "d_z" : "Hedges' g", c->n_components,
                   plural(c->n_components));
}

/* What is not in the table, and what the numbers cannot say. */
static void put_notes(const hw_comparison_request *request, const hw_comparison *c, const hw_stats_result *result) {
  for (const char *at = c->notes.data; at && *at;) {
    size_t length = strcspn(at, "\n");
    fprintf(stderr, "note: %.*s\n", (int)length, at);
    at += length + (at[length] == '\n');
  }
  if (c->left_out_a || c->left_out_b)
    fprintf(stderr, "note: in no pair, so left out: %" PRId64 " prompt%s of a, %" PRId64 " of b\n", c->left_out_a,
            plural((size_t)c->left_out_a), c->left_out_b);
  if (c->n_rare)
    fprintf(stderr, "note: %zu %s that are not 0 in fewer than %" PRId64 " prompts are left out (--min-active)\n", c->n_rare,
            hw_component_set_names[request->components], request->min_active);
  if (result->least_p * (double)c->n_components >= 0.05)
    fprintf(stderr,
            "note: the smallest p that is possible here is %.3g, so one component alone cannot reach q < 0.05 among %zu; %s\n", result->least_p,
            c->n_components,
            result->least_exact_p * (double)c->n_components >= 0.05 ? "there are too few units to change places" : "more --permutations can");
}

static int show(const hw_comparison_request *request, const hw_comparison *c, const hw_stats_result *result, int64_t top,
                hw_table_format format) {
  hw_error err = {0};
  hw_buffer design;
  hw_buffer_init(&design);
  if (format == HW_FORMAT_TABLE) {
    put_design(request, c, result, &design);
    if (!top) top = TABLE_ROWS;
  }
  int code = hw_cli_write(&design);
  hw_buffer_fini(&design);
  if (code) return code;
  if (!hw_comparison_show(request, c, result, top, format, hw_cli_line_width(), hw_cli_sink, NULL, &err)) return ferror(stdout) ? hw_cli_finish() : hw_cli_fail(&err);
  if (format == HW_FORMAT_TABLE && (size_t)top < c->n_components) printf("\n%zu more: --top, or --format csv\n", c->n_components - (size_t)top);
  code = hw_cli_finish();
  if (!code) put_notes(request, c, result);
  return code;
}

static int save(const char *db, const hw_comparison_request *request, const hw_comparison *c, const hw_stats_result *result, int when) {
  int64_t id;
  hw_error err = {0};
  if (when == SAVE_NO || (when == SAVE_AUTO && !hw_comparison_can_save(db))) return 0;
  if (hw_comparison_save(db, request, c, result, &id, &err)) {
    fprintf(stderr, "saved as comparison %" PRId64 " (headwater query %s comparisons)\n", id, db);
    return 0;
  }
  return hw_cli_fail(&err);
}

static bool read_databases(const char *db, const hw_comparison_request *request, hw_comparison *c, hw_error *err) {
  hw_store *store = NULL, *other = NULL;
  bool ok = hw_cli_open_read(db, request->hooks, &store, err) && (!request->with || hw_cli_open_read(request->with, request->hooks, &other, err)) &&
            hw_comparison_read(store, other, request, c, err);
  (void)hw_store_close(store, false, NULL);
  (void)hw_store_close(other, false, NULL);
  return ok;
}

static int delete_saved(const char *db, const compare_settings *settings) {
  hw_cli_progress progress;
  hw_error err = {0};
  hw_cli_progress_start(&progress, true, settings->lock_timeout);
  bool ok = hw_comparison_delete(db, settings->delete, &progress.hooks, &err);
  hw_cli_progress_stop(&progress, false);
  return ok ? 0 : hw_cli_fail(&err);
}

static int run(const hw_command *command, int argc, char **argv) {
  compare_settings settings = usual;
  const char *db;
  int n;
  hw_error err = {0};
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  if (settings.delete && !hw_cli_alone(table, &settings, &usual, "delete", &err)) return hw_cli_usage(command, err.message);
  if (settings.delete) return delete_saved(db, &settings);
  int n_ways = !!settings.by + !!settings.where[0] + !!settings.with;
  if (n_ways != 1)
    return hw_cli_usage(command, n_ways ? "one of --by, --where and --with, not several" : "no --by COLUMN=A,B, no --where CONDITION and no --with OTHER.db given");
  hw_cli_progress progress;
  if (settings.components == HW_SET_ANSWERS && settings.measure != HW_MEASURE_IMPORTANCE)
    return hw_cli_usage(command, "--measure says what is compared of heads, neurons and items; answers have measures of their own");
  bool relevance = hw_component_set_is_relevance((hw_component_set)settings.components);
  if (relevance && settings.measure == HW_MEASURE_IMPORTANCE) settings.measure = HW_MEASURE_CONTRAST;
  bool all = settings.components == HW_SET_HEADS || settings.components == HW_SET_ANSWERS || settings.components == HW_SET_RELEVANCE;
  hw_comparison_request request = {.by = settings.by,
                                   .where = {settings.where[0], settings.where[1]},
                                   .with = settings.with,
                                   .measure = (hw_measure)settings.measure,
                                   .components = (hw_component_set)settings.components,
                                   .cluster = settings.cluster,
                                   .pairs = settings.pairs,
                                   .min_active = settings.min_active || all ? settings.min_active : RARE,
                                   .n_permutations = settings.permutations,
                                   .seed = (uint64_t)settings.seed,
                                   .hooks = &progress.hooks};
  hw_comparison c = {0};
  hw_stats_result result = {0};
  hw_cli_catch_interrupts("stopping");
  hw_cli_progress_start(&progress, false, settings.lock_timeout);
  bool ok = read_databases(db, &request, &c, &err);
  if (ok) {
    hw_stats_sample a = {&c.a, c.clusters_a}, b = {&c.b, c.clusters_b};
    hw_stats_settings test = {.paired = c.paired, .seed = request.seed, .n_permutations = request.n_permutations, .hooks = request.hooks};
    ok = hw_stats_compare(&a, &b, &test, &result, &err);
  }
  hw_cli_progress_stop(&progress, false);
  int code = ok ? show(&request, &c, &result, settings.top, (hw_table_format)settings.format) : err.kind == HW_ERROR_INTERRUPTED ? hw_cli_fail_in(db, &err) : hw_cli_fail(&err);
  if (!code) {
    hw_cli_progress_start(&progress, true, settings.lock_timeout);
    code = save(db, &request, &c, &result, settings.save);
    hw_cli_progress_stop(&progress, false);
  }
  hw_stats_result_fini(&result);
  hw_comparison_fini(&c);
  return code;
}

const hw_command hw_cmd_compare = {
    .name = "compare",
    .usage = "DB --by COLUMN=A,B | --where A --where B | --with DB2",
    .summary = "what differs between two groups, or two databases, with p and q",
    .example = "  headwater compare ioi.db --by group=ABBA,BABA\n"
               "  headwater compare ioi.db --where \"NOT correct\" --where correct\n"
               "  headwater compare ioi.db --with ioi-finetuned.db --measure flow\n",
    .exit_codes = "130 stopped: nothing was stored",
    .options = options,
    .run = run,
};
