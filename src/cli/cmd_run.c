/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "run/job.h"

static const hw_option_table *options(void **defaults) {
  static hw_option_table table;
  static hw_job job;
  table = hw_job_options();
  hw_job_defaults(&job);
  *defaults = &job;
  return &table;
}

typedef struct progress_line {
  bool terminal;
  double last;       /* seconds at the last line */

  bool open;         /* a line stands without its end */
} progress_line;

static void format_time(double seconds, char text[32]) {
  long s = (long)(seconds + 0.5);
  if (s >= 3600)
    (void)snprintf(text, 32, "%ldh%02ldm", s / 3600, s / 60 % 60);
  else if (s >= 60)
    (void)snprintf(text, 32, "%ldm%02lds", s / 60, s % 60);
  else
    (void)snprintf(text, 32, "%lds", s);
}

static void show_progress(void *context, const hw_progress *p) {
  progress_line *line = context;
  bool last = p->prompts_done == p->prompts_total;
  if (p->seconds - line->last < (line->terminal ? 0.2 : 30) && !(last && line->terminal)) return;
  line->last = p->seconds;
  double rate = p->seconds > 0 ? (double)(p->prompts_done - p->resumed) / p->seconds : 0;
  double left = p->tokens_done ? p->seconds * (double)(p->tokens_total - p->tokens_done) / (double)p->tokens_done : 0;
  char time[32];
  format_time(left, time);
  fprintf(stderr, "%s%s %" PRId64 "/%" PRId64 "  %.1f prompts/s  %s left  %" PRId64 " failed%s", line->terminal ? "\r\033[K" : "", p->stage,
          p->prompts_done, p->prompts_total, rate, time, p->failed, line->terminal ? "" : "\n");
  line->open = line->terminal;
  fflush(stderr);
}

static void show_notice(void *context, const char *text) {
  (void)context;
  fprintf(stderr, "headwater: %s\n", text);
}

/* Says nothing when no answer is cut or dropped. */
static void print_losses(const hw_plan_summary *plan, const char *label) {
  if (plan->n_answers_cut || plan->n_answers_dropped)
    printf("%s%" PRId64 " cut, %" PRId64 " dropped\n", label, plan->n_answers_cut, plan->n_answers_dropped);
}

static void print_plan(const hw_plan_summary *plan) {
  char time[32];
  format_time(plan->seconds_expected, time);
  printf("prompts      %" PRId64 " (%" PRId64 " of them cannot be traced)\n", plan->n_prompts, plan->n_unreadable);
  printf("tokens       %" PRId64 " in %zu chunk%s\n", plan->n_tokens, plan->n_chunks, plan->n_chunks == 1 ? "" : "s");
  printf("groups       %zu\n", plan->n_groups);
  print_losses(plan, "answers      ");
  printf("memory       %.0f MiB of weights and %d x %.0f MiB at most\n", (double)plan->weight_bytes / 1048576, plan->threads,
         (double)plan->worker_bytes / 1048576);
  printf("time         about %s on %d threads\n", time, plan->threads);
  printf("disk         about %.1f MiB\n", plan->disk_bytes_expected / 1048576);
  printf("BLAS kernel  %s (rows %s of their place in a batch)\n", plan->blas_kernel,
         plan->batch_invariant ? "independent" : "NOT independent");
}

static int finish(const hw_job *job, const hw_plan_summary *plan, const hw_run_result *result) {
  const hw_progress *p = &result->progress;
  char time[32];
  format_time(p->seconds, time);
  if (result->interrupted) {
    fprintf(stderr, "headwater: stopped with %" PRId64 " of %" PRId64 " prompts stored in %s; the same command continues\n", p->prompts_done,
            p->prompts_total, job->db);
    return 130;
  }
  if (!job->quiet) {
    printf("%s: %" PRId64 " prompts stored", job->db, p->prompts_done);
    if (p->resumed) printf(" (%" PRId64 " were there)", p->resumed);
    printf(", %" PRId64 " failed, %s, %d threads\n", p->failed, time, plan->threads);
    if (p->failed) printf("why: headwater query %s failed\n", job->db);
    print_losses(plan, "answers and foils: ");
  }
  int code = hw_cli_finish();
  return code ? code : p->failed ? EXIT_SOME_FAILED : 0;
}

static int run(const hw_command *command, int argc, char **argv) {
  hw_job job;
  hw_arena arena;
  hw_error err = {0};
  const char *pipeline = NULL;
  int n;
  hw_arena_init(&arena);
  hw_option_table table = hw_job_options();
  hw_job_defaults(&job);
  /* The file first, so that the command line overrides it. */
  bool ok = hw_cli_arguments(command, table, &job, argc, argv, &pipeline, 0, 1, &n, &err);
  if (ok && n) {
    hw_job_defaults(&job);
    ok = hw_options_read_file(table, &job, pipeline, &arena, &err) && hw_cli_arguments(command, table, &job, argc, argv, &pipeline, 0, 1, &n, &err);
  }
  int code;
  if (!ok || !hw_job_check(&job, &err)) {
    code = hw_cli_usage(command, err.message);
  } else {
    progress_line line = {.terminal = isatty(STDERR_FILENO) != 0};
    hw_run_hooks hooks = {.progress = job.quiet ? NULL : show_progress, .notice = show_notice, .context = &line, .stop = &hw_cli_stop};
    hw_plan_summary plan;
    hw_run_result result;
    hw_cli_catch_interrupts();
    ok = hw_run(&job, &hooks, &plan, &result, &err);
    if (line.open) fputc('\n', stderr);
    if (!ok) {
      code = hw_cli_fail(&err);
    } else if (job.dry_run) {
      print_plan(&plan);
      code = hw_cli_finish();
    } else {
      code = finish(&job, &plan, &result);
    }
  }
  hw_arena_fini(&arena);
  return code;
}

const hw_command hw_cmd_run = {
    .name = "run",
    .usage = "[PIPELINE.ini] [options]",
    .summary = "trace a whole data set into a database; continues where it stopped",
    .example = "  headwater run pipelines/ioi.ini --threads 2\n"
               "  headwater run --model DIR --data prompts.csv --db out.db --threshold 0.02\n",
    .options = options,
    .run = run,
};
