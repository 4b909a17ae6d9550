/* SPDX-License-Identifier: Apache-2.0
 * A run that is killed while a chunk takes long keeps the chunks that were finished more than commit-seconds before. */
#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>
#include <zlib.h>

#include "headwater/run.h"
#include "store_fixture.h"

static volatile bool one_is_stored; /* in the process that runs */

/* In place of zlib's: what comes after the first chunk takes a minute to encode. */
int deflateReset(z_streamp stream) {
  int (*next)(z_streamp);
  *(void **)&next = dlsym(RTLD_NEXT, "deflateReset");
  if (one_is_stored) (void)sleep(60);
  return next(stream);
}

static void note_progress(void *context, const hw_progress *progress) {
  (void)context;
  if (progress->done > 0) one_is_stored = true;
}

static void run_slowly(const char *db) {
  hw_job job;
  hw_error err = {0};
  hw_plan_summary summary;
  hw_run_result result;
  hw_hooks hooks = {.progress = note_progress};
  hw_job_defaults(&job);
  job.model = "datasets/models/headwater-gpt2";
  job.data = "datasets/pronoun.csv";
  job.db = db;
  job.limit = 20;
  job.threads = 1;
  job.chunk_tokens = 48;
  job.commit_seconds = 1;
  if (!hw_run(&job, &hooks, &summary, &result, &err)) (void)fprintf(stderr, "%s\n", err.message);
  _exit(1); /* it was to be killed */
}

static bool count_chunks(hw_store *store, int64_t *n, hw_error *err) {
  hw_arena arena;
  hw_run_info info;
  hw_arena_init(&arena);
  bool ok = hw_store_read_run(store, &arena, &info, err) && hw_store_count_chunks(store, &info, n, err);
  hw_arena_fini(&arena);
  return ok;
}

TEST(finished_chunks_do_not_wait_for_a_long_one) {
  const char *db = at("slow.db");
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) run_slowly(db);
  int64_t n = 0;
  for (int tenths = 0; n == 0 && tenths < 300; tenths++) { /* 30 s for a machine with much to do; usually 2 */
    (void)usleep(100000);
    hw_store *store;
    hw_error none;
    if (!hw_store_open_read(db, &store, &none)) continue;
    if (!count_chunks(store, &n, &none)) n = 0;
    (void)hw_store_close(store, false, NULL);
  }
  (void)kill(child, SIGKILL);
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  hw_store *store;
  OK(hw_store_open_read(db, &store, e));
  OK(count_chunks(store, &n, e));
  assert_int_equal(n, 1);
  OK(hw_store_close(store, false, e));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(finished_chunks_do_not_wait_for_a_long_one)};
  RUN_IN_FOLDER(tests);
}
