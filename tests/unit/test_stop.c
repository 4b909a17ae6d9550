/* SPDX-License-Identifier: Apache-2.0
 * Ctrl-C at the end of a command: what is done is not told as stopped, and what was changed is not told as unchanged. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <zlib.h>

#include "cli/command.h"
#include "headwater/certify.h"
#include "headwater/run.h"
#include "store_fixture.h"

static volatile sig_atomic_t stop;
static bool stop_after_journal;
static const char *last_stage; /* stop when all of it is done */

/* In place of the C library's: the last step of a transaction is that its journal is removed. */
__attribute__((visibility("default"))) int unlink(const char *path) {
  const char *end = strstr(path, "-journal");
  if (stop_after_journal && end && !end[strlen("-journal")]) stop = 1;
  return (int)syscall(SYS_unlink, path);
}

static void stop_at_the_end(void *context, const hw_progress *progress) {
  (void)context;
  if (last_stage && strcmp(progress->stage, last_stage) == 0 && progress->total > 0 && progress->done == progress->total) stop = 1;
}

static void stop_at_a_notice(void *context, const char *text) {
  (void)context;
  (void)text;
  stop = 1;
}

static void run(const char *db, const char *stage, bool is_stopped) {
  hw_job job;
  hw_plan_summary summary;
  hw_run_result result;
  const hw_hooks hooks = {.progress = stop_at_the_end, .stop = &stop};
  hw_job_defaults(&job);
  job.model = "datasets/models/headwater-gpt2";
  job.data = "datasets/pronoun.csv";
  job.db = db;
  job.limit = 6;
  job.threads = 1;
  job.chunk_tokens = 48;
  last_stage = stage;
  OK(hw_run(&job, &hooks, &summary, &result, e));
  assert_int_equal(stop, stage != NULL);
  assert_int_equal(result.interrupted, is_stopped);
  stop = 0;
}

TEST(a_run_that_is_done_is_not_stopped) {
  run(at("run.db"), "prompts", true); /* the neurons are missing */
  run(at("run.db"), "neurons", false);
  run(at("run.db"), NULL, false);
}

TEST(a_new_threshold_that_is_done_is_not_stopped) {
  const hw_hooks hooks = {.progress = stop_at_the_end, .stop = &stop};
  hw_error why = {0};
  int64_t n = 0, n_failed = 1;
  last_stage = "prompts";
  assert_false(hw_rethreshold(at("run.db"), 0.1, at("new.db"), &hooks, &n, &n_failed, &why));
  assert_int_equal(why.kind, HW_ERROR_INTERRUPTED);
  assert_non_null(strstr(why.message, "stopped with 6 prompts stored"));
  assert_false(hw_file_exists(at("new.db-wal")));
  stop = 0;
  sqlite3 *reader; /* of the state before */
  assert_int_equal(sqlite3_open(at("new.db"), &reader), SQLITE_OK);
  assert_int_equal(sqlite3_exec(reader, "PRAGMA journal_mode = WAL; BEGIN; SELECT count(*) FROM prompt", NULL, NULL, NULL), SQLITE_OK);
  assert_false(hw_rethreshold(at("run.db"), 0.1, at("new.db"), &hooks, &n, &n_failed, &why));
  assert_int_equal(why.kind, HW_ERROR_INTERRUPTED);
  assert_non_null(strstr(why.message, "stopped with 6 prompts stored"));
  assert_non_null(strstr(why.message, "new.db-wal could not be folded in"));
  assert_int_equal(sqlite3_close(reader), SQLITE_OK);
  stop = 0;
  last_stage = "neurons";
  OK(hw_rethreshold(at("run.db"), 0.1, at("new.db"), &hooks, &n, &n_failed, e));
  assert_true(n == 6 && n_failed == 0);
  assert_int_equal(stop, 1);
  stop = 0;
}

TEST(certificates_that_are_done_are_not_stopped) {
  const hw_hooks hooks = {.progress = stop_at_the_end, .stop = &stop};
  const hw_certify_settings settings = {.model = "datasets/models/headwater-gpt2", .baseline = HW_BASELINE_ZERO, .threads = 1, .hooks = &hooks};
  hw_certify_summary summary;
  last_stage = "certificates";
  OK(hw_certify(at("run.db"), &settings, &summary, e));
  assert_int_equal(stop, 1);
  assert_int_equal(summary.n_done, 6);
  assert_false(summary.interrupted);
  stop = 0;
}

TEST(a_packed_file_is_not_called_unchanged) {
  const hw_hooks hooks = {.stop = &stop};
  int64_t before, after;
  stop_after_journal = true;
  OK(hw_store_pack(at("run.db"), &hooks, &before, &after, e));
  assert_int_equal(stop, 1);
  stop = 0;
  stop_after_journal = false;
}

TEST(a_migrated_file_is_not_called_unchanged) {
  static char bytes[1 << 20];
  gzFile packed = gzopen("tests/migrate/v2.db.gz", "rb");
  FILE *file = fopen(at("old.db"), "wb");
  assert_non_null(packed);
  assert_non_null(file);
  for (int n; (n = gzread(packed, bytes, sizeof bytes)) > 0;) assert_int_equal(fwrite(bytes, 1, (size_t)n, file), n);
  assert_int_equal(gzclose(packed), Z_OK);
  assert_int_equal(fclose(file), 0);
  const hw_hooks hooks = {.notice = stop_at_a_notice, .stop = &stop};
  int64_t before, after;
  REFUSED("it was brought to schema version 3, nothing else was changed", hw_store_pack(at("old.db"), &hooks, &before, &after, e));
  stop = 0;
}

TEST(a_signal_leaves_errno) {
  int before = dup(STDERR_FILENO);
  hw_cli_catch_interrupts("stopping");
  assert_int_equal(close(STDERR_FILENO), 0); /* what the handler says cannot be written */
  errno = EDOM;
  int raised = raise(SIGINT), after = errno;
  assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
  assert_int_equal(raised, 0);
  assert_int_equal(hw_cli_stop, 1);
  assert_int_equal(after, EDOM);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_run_that_is_done_is_not_stopped), cmocka_unit_test(a_new_threshold_that_is_done_is_not_stopped),
                                     cmocka_unit_test(certificates_that_are_done_are_not_stopped), cmocka_unit_test(a_packed_file_is_not_called_unchanged),
                                     cmocka_unit_test(a_migrated_file_is_not_called_unchanged), cmocka_unit_test(a_signal_leaves_errno)};
  RUN_IN_FOLDER(tests);
}
