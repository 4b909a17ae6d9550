/* SPDX-License-Identifier: Apache-2.0
 * hw_run over small data sets in a temporary folder: the data set changes while it runs. */
#include "unit.h"

#include "headwater/run.h"
#include "headwater/store.h"

enum { N_ROWS = 40 };

static char folder[] = "/tmp/hw_whole_run_XXXXXX";
static char data_path[64], db_path[64];
static hw_error err;
static hw_job job;
static hw_plan_summary plan;
static hw_run_result result;

static int setup(void **state) {
  (void)state;
  err = (hw_error){0};
  hw_job_defaults(&job);
  job.model = "datasets/models/headwater-llama";
  job.data = data_path;
  job.db = db_path;
  job.threads = 1;
  job.commit_seconds = 0;
  job.chunk_tokens = 64;
  job.analysis.project = HW_PROJECT_NONE;
  job.neuron_projections = HW_NEURONS_NONE;
  unlink(db_path);
  return 0;
}

/* Every prompt, answer and group of the file holds `word`. The first prompt begins with the BOS token, about which the plan gives
 * a notice that the tokenizer adds a second time: a hook between the plan and the run. */
static void write_rows(const char *path, const char *word, const char *group, int n_rows) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "prompt,answer,counterfactual,group\n");
  for (int i = 0; i < n_rows; i++)
    fprintf(file, "%sThe %s near the box is row %d,%s,The %s far away is %d,%s\n", i ? "" : "<s>", word, i, word, word, i, group);
  assert_int_equal(fclose(file), 0);
}

typedef struct swap {
  const char *word, *group;
  int n_rows;
  bool move; /* another file takes the place of the data set's, as mv does; else its bytes are written over, as cp does */
  bool done;
} swap;

static void replace_data(swap *s) {
  char path[80];
  if (s->done) return;
  s->done = true;
  (void)snprintf(path, sizeof path, "%s%s", data_path, s->move ? ".new" : "");
  write_rows(path, s->word, s->group, s->n_rows);
  if (s->move) assert_int_equal(rename(path, data_path), 0);
}
static void replace_at_notice(void *context, const char *line) {
  if (strstr(line, "BOS")) replace_data(context);
}
static void replace_after_a_chunk(void *context, const hw_progress *progress) {
  if (progress->done > 0) replace_data(context);
}

/* Stored prompts, and how many of them do not hold the word. */
static int count_strangers(const char *word, int *n_stored) {
  hw_store *store;
  hw_arena arena;
  hw_run_info info;
  int64_t n_chunks;
  int n = *n_stored = 0;
  hw_arena_init(&arena);
  assert_ok(hw_store_open_read(db_path, &store, &err), &err);
  assert_ok(hw_store_read_run(store, &arena, &info, &err), &err);
  assert_ok(hw_store_count_chunks(store, &info, &n_chunks, &err), &err);
  for (int64_t c = 0; c < n_chunks; c++) {
    hw_chunk_record chunk;
    bool found;
    assert_ok(hw_store_read_chunk(store, &info, c, &arena, &found, &chunk, &err), &err);
    for (size_t i = 0; found && i < chunk.n_prompts; i++, ++*n_stored) n += strstr(chunk.prompts[i].text, word) == NULL;
  }
  (void)hw_store_close(store, false, NULL);
  hw_arena_fini(&arena);
  return n;
}

/* With as many rows the change was not seen at all: exit 0, the other rows under the old fingerprint. */
TEST(other_rows_between_the_plan_and_the_run_is_an_error) {
  swap other = {.word = "lamp", .group = "b", .n_rows = N_ROWS};
  hw_hooks hooks = {.notice = replace_at_notice, .context = &other};
  int n_stored;
  write_rows(data_path, "key", "a", N_ROWS);
  assert_refused(hw_run(&job, &hooks, &plan, &result, &err), &err, HW_ERROR_INPUT, "the file changed during the run: rows 0 to ");
  assert_true(other.done);
  assert_non_null(strstr(err.message, data_path));
  assert_true(count_strangers("key", &n_stored) == 0 && n_stored == 0);
  setup(NULL); /* other answers and groups alone are noticed too */
  other = (swap){.word = "key", .group = "b", .n_rows = N_ROWS};
  write_rows(data_path, "key", "a", N_ROWS);
  assert_refused(hw_run(&job, &hooks, &plan, &result, &err), &err, HW_ERROR_INPUT, "the file changed during the run");
}

/* The rows are read a second time for their counterfactuals. */
TEST(other_rows_before_the_counterfactuals_is_an_error) {
  swap other = {.word = "lamp", .group = "a", .n_rows = N_ROWS};
  hw_hooks hooks = {.progress = replace_after_a_chunk, .context = &other};
  int n_stored;
  write_rows(data_path, "key", "a", N_ROWS);
  job.counterfactual = true;
  assert_refused(hw_run(&job, &hooks, &plan, &result, &err), &err, HW_ERROR_INPUT, "the file changed during the run: rows 0 to ");
  assert_int_equal(count_strangers("key", &n_stored), 0);
  assert_int_equal(n_stored, N_ROWS); /* the chunks before stay */
  write_rows(data_path, "key", "a", N_ROWS);
  hooks = (hw_hooks){0};
  assert_ok(hw_run(&job, &hooks, &plan, &result, &err), &err); /* and the run continues with the file that it began with */
  assert_int_equal(result.progress.resumed, N_ROWS);
  assert_true(count_strangers("key", &n_stored) == 0 && n_stored == 2 * N_ROWS);
}

TEST(a_shorter_file_is_an_error) {
  swap other = {.word = "key", .group = "a", .n_rows = N_ROWS - 1};
  hw_hooks hooks = {.notice = replace_at_notice, .context = &other};
  write_rows(data_path, "key", "a", N_ROWS);
  assert_refused(hw_run(&job, &hooks, &plan, &result, &err), &err, HW_ERROR_INPUT, "it ends after 39 rows, the plan read 40");
}

/* The file stays open from the plan on. */
TEST(a_file_that_is_moved_over_the_data_set_is_not_read) {
  swap other = {.word = "lamp", .group = "b", .n_rows = N_ROWS, .move = true};
  hw_hooks hooks = {.notice = replace_at_notice, .context = &other};
  int n_stored;
  write_rows(data_path, "key", "a", N_ROWS);
  job.counterfactual = true;
  assert_ok(hw_run(&job, &hooks, &plan, &result, &err), &err);
  assert_true(other.done && count_strangers("key", &n_stored) == 0 && n_stored == 2 * N_ROWS);
}

/* Rows behind those of the plan belong to another data set: they are not read. */
TEST(rows_that_are_appended_are_not_part_of_the_run) {
  swap longer = {.word = "key", .group = "a", .n_rows = N_ROWS + 9};
  hw_hooks hooks = {.notice = replace_at_notice, .context = &longer};
  int n_stored;
  write_rows(data_path, "key", "a", N_ROWS);
  assert_ok(hw_run(&job, &hooks, &plan, &result, &err), &err);
  assert_true(longer.done && count_strangers("key", &n_stored) == 0 && n_stored == N_ROWS);
}

int main(void) {
  assert_non_null(mkdtemp(folder));
  (void)snprintf(data_path, sizeof data_path, "%s/rows.csv", folder);
  (void)snprintf(db_path, sizeof db_path, "%s/run.db", folder);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(other_rows_between_the_plan_and_the_run_is_an_error, setup),
      cmocka_unit_test_setup(other_rows_before_the_counterfactuals_is_an_error, setup),
      cmocka_unit_test_setup(a_shorter_file_is_an_error, setup),
      cmocka_unit_test_setup(a_file_that_is_moved_over_the_data_set_is_not_read, setup),
      cmocka_unit_test_setup(rows_that_are_appended_are_not_part_of_the_run, setup),
  };
  int failed = cmocka_run_group_tests_name("whole_run", tests, NULL, NULL);
  unlink(data_path);
  unlink(db_path);
  (void)rmdir(folder);
  return failed;
}
