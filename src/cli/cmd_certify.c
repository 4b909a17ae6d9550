/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/select.h"
#include "headwater/certify.h"
#include "headwater/query.h"

typedef struct certify_settings {
  const char *model, *architecture;
  double threshold, lock_timeout;
  int64_t random, knockout, pairs, limit, threads, delete;
  int graph, unit, baseline, curve, format;
  bool dry_run, profile, quiet;
} certify_settings;

#define AT(field) offsetof(certify_settings, field)
static const hw_option rows[] = {
    {"model", HW_OPTION_PATH, AT(model), "DIR", "the model of the run", 0, 0, NULL, false},
    {"architecture", HW_OPTION_PATH, AT(architecture), "FILE", "describes the model in the place of its headwater.json, as for run", 0, 0, NULL, false},
    {"graph", HW_OPTION_CHOICE, AT(graph), "WHICH", "routes: those that are stored; answer or contrast: the relevance of a prompt, or against its counterfactual", 0, 0, hw_certified_graph_names, false},
    {"threshold", HW_OPTION_NUMBER, AT(threshold), "SHARE", "parts above it are the graph; of routes it is at least the floor of the run. When left out: the run's threshold, for answer and contrast its --relevance-threshold (0.04 where it stored none)", 0, 1, NULL, false},
    {"unit", HW_OPTION_CHOICE, AT(unit), "WHAT", "kept and replaced are edges, or nodes: whole heads and FFNs at a position", 0, 0, hw_ablation_unit_names, false},
    {"baseline", HW_OPTION_CHOICE, AT(baseline), "WHAT", "what stands in the place of what is replaced: that of the counterfactual, zero, or the mean over prompts of the same group and length (with --unit node)", 0, 0, hw_baseline_names, false},
    {"random", HW_OPTION_COUNT, AT(random), "N", "random graphs to compare with, for each prompt: of as many parts in each layer, or as many as the positions that are reached allow", 0, HW_CERTIFY_MOST_RANDOM, NULL, false},
    {"knockout", HW_OPTION_COUNT, AT(knockout), "K", "knock out the K heads and FFNs with the largest sums over the whole set, one by one; a large K takes all", 0, HW_CERTIFY_MOST_KNOCKOUTS, NULL, false},
    {"pairs", HW_OPTION_COUNT, AT(pairs), "K", "knock out the K largest two by two as well", 0, HW_CERTIFY_MOST_PAIRS, NULL, false},
    {"curve", HW_OPTION_CHOICE, AT(curve), "WHICH", "keep more and more heads and FFNs, in the order of each prompt (components) or of the whole set (set), or heads and FFNs at single positions (parts)", 0, 0, hw_curve_names, false},
    {"limit", HW_OPTION_COUNT, AT(limit), "N", "only the first N prompts; 0: all. A later call with more goes on", 0, HW_CERTIFY_MOST_PROMPTS, NULL, false},
    {"threads", HW_OPTION_COUNT, AT(threads), "N", "0: one for each core. No result depends on it", 0, HW_CERTIFY_MOST_THREADS, NULL, false},
    {"dry-run", HW_OPTION_FLAG, AT(dry_run), NULL, "only say what it will take", 0, 0, NULL, false},
    {"profile", HW_OPTION_FLAG, AT(profile), NULL, "print what the time was spent on", 0, 0, NULL, false},
    {"quiet", HW_OPTION_FLAG, AT(quiet), NULL, "no progress and no table", 0, 0, NULL, false},
    {"format", HW_OPTION_CHOICE, AT(format), "NAME", "of the table: table, csv or json", 0, 0, hw_table_format_names, false},
    {"delete", HW_OPTION_COUNT, AT(delete), "N", "instead: delete the certificates N (headwater query DB certificates lists them)", 1, 1e15, NULL, false},
    HW_LOCK_TIMEOUT_ROW(certify_settings),
};
static const hw_option_table table = {rows, sizeof rows / sizeof *rows};
static const certify_settings usual = {.graph = HW_CERTIFY_CONTRAST, .random = 1, .lock_timeout = HW_LOCK_SECONDS};

static const hw_option_table *options(void **defaults) {
  static certify_settings settings;
  settings = usual;
  *defaults = &settings;
  return &table;
}

static void print_profile(FILE *out, const hw_certify_summary *summary) {
  double sum = 0;
  for (int stage = 0; stage < HW_CERTIFY_STAGES; stage++) sum += summary->seconds[stage];
  fprintf(out, "time of the workers, %.3f s in all, %" PRId64 " passes, %" PRId64 " tokens:\n", sum, summary->n_passes, summary->n_tokens);
  for (int stage = 0; stage < HW_CERTIFY_STAGES; stage++) fprintf(out, "  %-16s %10.3f s\n", hw_certify_stage_names[stage], summary->seconds[stage]);
}

static int print_plan(const hw_certify_summary *summary) {
  char time[32];
  hw_cli_format_time(summary->seconds_expected, time);
  printf("prompts      %" PRId64 " (%" PRId64 " of them are certified)\ntime         about %s on %d threads\n", summary->n_prompts, summary->n_there, time, summary->threads);
  return hw_cli_finish();
}

static int show(const char *db, const certify_settings *settings, const hw_certify_summary *summary) {
  char id[24];
  hw_error err = {0};
  hw_store *store;
  if (settings->profile) print_profile(stderr, summary);
  if (settings->quiet) return 0;
  (void)snprintf(id, sizeof id, "%" PRId64, summary->certificate_id);
  if (!hw_cli_open_read(db, NULL, &store, &err)) return hw_cli_fail(&err);
  const hw_parameter parameter = {"certificate", id};
  const char *sql = hw_cli_query_text("certificates");
  int code = sql ? hw_cli_select(store, sql, &parameter, 1, (hw_table_format)settings->format, NULL) : 1;
  (void)hw_store_close(store, false, NULL);
  return code;
}

static int finish(const char *db, const certify_settings *settings, const hw_certify_summary *summary) {
  if (summary->n_dropped)
    fprintf(stderr, "headwater: %s: %" PRId64 " rows of an earlier call were deleted, as prompts were stored since: they are made anew%s\n", db, summary->n_dropped,
            settings->limit ? ", those beyond --limit by a call without it" : "");
  if (summary->interrupted) {
    bool first_pass = summary->n_done == 0 && summary->stage && strcmp(summary->stage, "certificates") != 0;
    fprintf(stderr, "headwater: stopped with %" PRId64 " of %" PRId64 " prompts certified in %s; the same command continues%s%s\n", summary->n_there + summary->n_done, summary->n_prompts, db,
            first_pass ? ", and begins again what was in work, a pass over all prompts for " : "", first_pass ? summary->stage : "");
    return EXIT_STOPPED;
  }
  if (!settings->quiet)
    fprintf(stderr, "%s, certificates %" PRId64 ": %" PRId64 " prompts (%" PRId64 " were there), %" PRId64 " of the new ones without numbers\n", db, summary->certificate_id,
            summary->n_there + summary->n_done, summary->n_there, summary->n_without);
  if (!settings->quiet && summary->n_without && *summary->reason)
    fprintf(stderr, "the most frequent reason: %s (headwater query %s certificate_failures --certificate %" PRId64 " lists them)\n", summary->reason, db, summary->certificate_id);
  if (!settings->quiet && summary->n_smaller)
    fprintf(stderr, "%" PRId64 " of %" PRId64 " random graphs are smaller than their graph: the positions that they reach have fewer parts in a layer\n", summary->n_smaller, summary->n_random);
  if (!settings->quiet && summary->n_stored > summary->n_there + summary->n_done)
    fprintf(stderr, "the table is over all %" PRId64 " prompts that are certified so, not the first %" PRId64 " alone\n", summary->n_stored, summary->n_there + summary->n_done);
  return show(db, settings, summary);
}

static int run(const hw_command *command, int argc, char **argv) {
  certify_settings settings = usual;
  const char *db;
  int n;
  hw_error err = {0};
  hw_certify_summary summary;
  hw_cli_progress progress;
  if (!hw_cli_arguments(command, table, &settings, argc, argv, &db, 1, 1, &n, &err)) return hw_cli_usage(command, err.message);
  if (settings.delete && !hw_cli_alone(table, &settings, &usual, "delete", &err)) return hw_cli_usage(command, err.message);
  if (!settings.delete && !settings.model) return hw_cli_usage(command, "--model DIR is missing: the model of the run");
  const hw_certify_settings asked = {.model = settings.model, .architecture = settings.architecture, .graph = settings.graph, .threshold = settings.threshold, .unit = settings.unit,
                                     .baseline = settings.baseline, .n_random = settings.random, .knockout = settings.knockout, .pairs = settings.pairs, .curve = settings.curve,
                                     .limit = settings.limit, .threads = settings.threads, .dry_run = settings.dry_run, .hooks = &progress.hooks};
  hw_cli_catch_interrupts("finishing the prompts in work");
  hw_cli_progress_start(&progress, settings.quiet, settings.lock_timeout);
  bool ok = settings.delete ? hw_certificate_delete(db, settings.delete, &progress.hooks, &err) : hw_certify(db, &asked, &summary, &err);
  hw_cli_progress_stop(&progress, false);
  if (!ok) return hw_cli_fail(&err);
  if (settings.delete) return hw_cli_finish();
  return settings.dry_run ? print_plan(&summary) : finish(db, &settings, &summary);
}

const hw_command hw_cmd_certify = {
    .name = "certify",
    .usage = "DB --model DIR [options]",
    .summary = "what graphs are worth: kept alone, taken away; knock-outs, curves",
    .example = "  headwater run pipelines/pronoun.ini\n"
               "  headwater certify pronoun.db --model datasets/models/headwater-gpt2 \\\n"
               "      --graph contrast --threshold 0.04\n"
               "  headwater query pronoun.db certificates\n",
    .exit_codes = "130 stopped: the same command continues",
    .options = options,
    .run = run,
};
