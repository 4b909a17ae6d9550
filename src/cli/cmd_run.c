/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "run/job.h"

static const hw_option_table *options(void **defaults) {
  static hw_option_table table;
  static hw_job job;
  table = hw_job_options();
  hw_job_defaults(&job);
  *defaults = &job;
  return &table;
}

/* Says nothing where every answer is one token and differs from its foil. */
static void print_answers(const hw_plan_summary *plan, const char *label) {
  if (!plan->n_answers_several && !plan->n_answers_shared && !plan->n_answers_cut && !plan->n_answers_dropped) return;
  printf("%s%" PRId64 " of several tokens, %" PRId64 " pairs begin with the same token (%" PRId64 " not compared: one begins with the other",
         label, plan->n_answers_several, plan->n_answers_shared, plan->n_answers_contained);
  if (plan->n_answers_cut_alike) printf("; %" PRId64 " not compared: both are cut before they differ", plan->n_answers_cut_alike);
  printf("), %" PRId64 " cut%s, %" PRId64 " dropped\n", plan->n_answers_cut, plan->n_answers_cut ? " (no whole_accuracy, no log_probability)" : "",
         plan->n_answers_dropped);
}

static void print_plan(const hw_plan_summary *plan) {
  char time[32];
  hw_cli_format_time(plan->seconds_expected, time);
  printf("prompts      %" PRId64 " (%" PRId64 " of them cannot be traced)\n", plan->n_prompts, plan->n_unreadable);
  printf("tokens       %" PRId64 " in %zu chunk%s\n", plan->n_tokens, plan->n_chunks, plan->n_chunks == 1 ? "" : "s");
  if (plan->n_shards > 1)
    printf("shard        %" PRId64 " of %" PRId64 ": %" PRId64 " prompts, %" PRId64 " tokens in %zu chunks\n", plan->shard, plan->n_shards, plan->n_shard_prompts,
           plan->n_shard_tokens, plan->n_shard_chunks);
  if (plan->n_chunks_stored)
    printf("stored       %" PRId64 " prompts (%" PRId64 " of them failed) in %zu chunks; %" PRId64 " prompts, %" PRId64 " tokens, %zu chunks remain\n",
           plan->n_prompts_stored, plan->n_failed_stored, plan->n_chunks_stored, plan->n_shard_prompts - plan->n_prompts_stored,
           plan->n_shard_tokens - plan->n_tokens_stored, plan->n_shard_chunks - plan->n_chunks_stored);
  printf("groups       %zu\n", plan->n_groups);
  print_answers(plan, "answers      ");
  printf("memory       %.0f MiB of weights and %d x %.0f MiB at most", (double)plan->weight_bytes / 1048576, plan->workers,
         (double)plan->worker_bytes / 1048576);
  if (plan->packed_bytes) printf(", %.0f MiB of packed weights", (double)(plan->packed_bytes + plan->packed_back_bytes) / 1048576);
  if (plan->screen_bytes) printf(", %.0f MiB to screen projections", (double)plan->screen_bytes / 1048576);
  printf(", up to %.0f MiB for the program and the database", plan->store_bytes / 1048576);
  printf("\n");
  printf("time         about %s on %d threads\n", time, plan->threads);
  printf("disk         about %.1f MiB\n", plan->disk_bytes_expected / 1048576);
  printf("products     %s (rows %s of their place in a batch)\n", plan->gemm,
         plan->batch_invariant ? "independent" : "NOT independent");
}

enum { LEAST_TOLD = 4 }; /* shared prefixes are told from a quarter of the tokens on */

static void print_profile(const hw_run_result *result) {
  double sum = 0;
  for (int stage = 0; stage < HW_RUN_STAGES; stage++) sum += result->seconds[stage];
  printf("time of the workers, %.2f s in all:\n", sum);
  for (int stage = 0; stage < HW_RUN_STAGES; stage++)
    printf("  %-26s %8.2f s %6.1f%%\n", hw_run_stage_name((hw_run_stage)stage), result->seconds[stage], sum > 0 ? 100 * result->seconds[stage] / sum : 0);
}

static void print_relevances(const hw_relevance_counts *counts, const char *mode, const char *db) {
  if (!counts->n_missing) return;
  printf("relevances (%s): %" PRId64 " of %" PRId64 " prompts have none; the most frequent reason (%" PRId64 " of them): %s\n", mode, counts->n_missing, counts->n, counts->n_of_reason, counts->reason);
  printf("why: headwater query %s relevance --mode %s --missing yes\n", db, mode);
}

static int finish(const hw_job *job, const hw_plan_summary *plan, const hw_run_result *result) {
  const hw_progress *p = &result->progress;
  char time[32];
  hw_cli_format_time(p->seconds, time);
  if (result->interrupted) {
    fprintf(stderr, "headwater: stopped with %" PRId64 " of %" PRId64 " prompts stored in %s; the same command continues\n", p->done,
            p->total, job->db);
    return EXIT_STOPPED;
  }
  if (!job->quiet) {
    printf("%s: ", job->db);
    if (plan->n_shards > 1) printf("shard %" PRId64 " of %" PRId64 ": ", plan->shard, plan->n_shards);
    printf("%" PRId64 " prompts stored", p->done - p->failed);
    printf(", %" PRId64 " failed", p->failed);
    if (p->resumed) printf(" (%" PRId64 " were there)", p->resumed);
    printf(", %s, %d threads\n", time, plan->threads);
    if (p->failed) printf("why: headwater query %s failed\n", job->db);
    print_answers(plan, "answers and foils: ");
    print_relevances(&result->relevances[0], "answer", job->db);
    print_relevances(&result->relevances[1], "contrast", job->db);
    if (result->n_tokens_shared * LEAST_TOLD > result->n_tokens)
      printf("shared prefixes: %" PRId64 " of %" PRId64 " tokens, those of answers among them, were not computed again\n", result->n_tokens_shared, result->n_tokens);
    if (job->profile) print_profile(result);
    if (result->screened.in_full)
      printf("projections: %" PRIu64 " of %" PRIu64 " vectors took the whole vocabulary, since screening left too many tokens\n", result->screened.in_full,
             result->screened.vectors);
  }
  int code = hw_cli_finish();
  return code ? code : p->failed && !job->failed_ok ? EXIT_SOME_FAILED : 0;
}

static int run(const hw_command *command, int argc, char **argv) {
  hw_job job;
  hw_arena arena;
  hw_error err = {0};
  const char *pipeline = NULL;
  int n;
  hw_buffer notes; /* on the pipeline file */
  hw_arena_init(&arena);
  hw_buffer_init(&notes);
  hw_option_table table = hw_job_options();
  hw_job_defaults(&job);
  /* The file first, so that the command line overrides it. */
  bool ok = hw_cli_arguments(command, table, &job, argc, argv, &pipeline, 0, 1, &n, &err);
  if (ok && n) {
    const hw_job given = job;
    hw_job_defaults(&job);
    ok = hw_options_read_file(table, &job, &given, pipeline, &arena, &notes, &err) && hw_cli_arguments(command, table, &job, argc, argv, &pipeline, 0, 1, &n, &err);
  }
  int code;
  if (!ok || !hw_job_check(&job, &err)) {
    code = hw_cli_usage(command, err.message);
  } else {
    hw_cli_progress progress;
    hw_plan_summary plan;
    hw_run_result result;
    hw_cli_catch_interrupts("finishing the chunks in work");
    for (char *at = notes.data, *line; at && !job.quiet && (line = strsep(&at, "\n")) && at;) fprintf(stderr, "headwater: %s\n", line);
    hw_cli_progress_start(&progress, job.quiet, job.lock_timeout);
    ok = hw_run(&job, &progress.hooks, &plan, &result, &err);
    hw_cli_progress_stop(&progress, ok && !job.dry_run);
    if (!ok) {
      code = hw_cli_fail(&err);
    } else if (job.dry_run) {
      print_plan(&plan);
      code = hw_cli_finish();
    } else {
      code = finish(&job, &plan, &result);
    }
  }
  hw_buffer_fini(&notes);
  hw_arena_fini(&arena);
  return code;
}

const hw_command hw_cmd_run = {
    .name = "run",
    .usage = "[PIPELINE.ini] [options]",
    .summary = "trace a whole data set into a database; continues where it stopped",
    .example = "  headwater run pipelines/ioi.ini --threads 2\n"
               "  headwater run --model DIR --data prompts.csv --db out.db --threshold 0.02\n",
    .exit_codes = "3 done but some prompts failed, 130 stopped: the same command continues",
    .options = options,
    .run = run,
};
