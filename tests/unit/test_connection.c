/* SPDX-License-Identifier: Apache-2.0
 * The lock of the one writing process, and statements bound by name. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "headwater/mining.h"
#include "store_fixture.h"

/* In place of the C library's: fails with this error when it is not 0. */
static int lock_error;
static void (*before_lock)(void); /* called once */

int flock(int descriptor, int operation) {
  void (*first)(void) = before_lock;
  before_lock = NULL;
  if (first) first();
  if (!lock_error) return (int)syscall(SYS_flock, descriptor, operation);
  errno = lock_error;
  return -1;
}

static bool no_copies; /* of descriptors */

int fcntl(int descriptor, int operation, ...) {
  va_list rest;
  va_start(rest, operation);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  if (!no_copies || operation != F_DUPFD_CLOEXEC) return (int)syscall(SYS_fcntl, descriptor, operation, argument);
  errno = EMFILE;
  return -1;
}

TEST(a_merge_that_cannot_keep_its_lock_is_an_error) {
  hw_merge_result result;
  make_run(at("a.db"), &one_target, (const int[]){0, 1, 2, 3, 4});
  char part[4096];
  (void)snprintf(part, sizeof part, "%s", at("a.db"));
  no_copies = true;
  REFUSED("merged.db.merging: its lock cannot be kept: Too many open files", hw_store_merge(at("merged.db"), (const char *const[]){part}, 1, false, NULL, &result, e));
  no_copies = false;
  OK(hw_store_merge(at("merged.db"), (const char *const[]){part}, 1, false, NULL, &result, e));
}

TEST(every_failure_to_lock_is_an_error) {
  hw_run_info info = synthetic_run(&one_target, N_GROUPS, N_PROMPTS);
  hw_mining_settings settings = {.min_support = 0.5, .top = 10, .seconds = 10, .bytes = 1 << 20};
  hw_mining_summary summary;
  hw_store *store;
  make_run(at("a.db"), &one_target, (const int[]){0, 1, 2, 3, 4});
  static const int errors[] = {ENOLCK, EOPNOTSUPP, EINVAL};
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
    lock_error = errors[i];
    REFUSED("cannot be locked", hw_store_open_run(at("a.db"), &info, &synthetic_process, false, &store, e));
    REFUSED(strerror(errors[i]), hw_store_open_run(at("new.db"), &info, &synthetic_process, false, &store, e));
    REFUSED("write to a local disk", hw_store_mine(at("a.db"), &settings, &summary, e));
    assert_false(hw_file_exists(at("new.db"))); /* made by us, so removed */
    assert_true(hw_file_exists(at("a.db")));
  }
  lock_error = EWOULDBLOCK;
  REFUSED("another process is writing", hw_store_open_run(at("a.db"), &info, &synthetic_process, false, &store, e));
  lock_error = 0;
  OK(hw_store_open_run(at("a.db"), &info, &synthetic_process, false, &store, e));
  OK(hw_store_close(store, true, e));
}

static void run_of_another_process(void) { make_run(at("both.db"), &one_target, (const int[]){0, 1, 2, 3, 4}); }

static void copy_of_another_program(void) {
  FILE *file = fopen(at("both.db"), "w");
  assert_non_null(file);
  assert_true(fputs("no database", file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void file_in_its_place(void) {
  assert_int_equal(unlink(at("both.db")), 0);
  copy_of_another_program();
}

static void failed_run_of_another_process(void) { assert_int_equal(unlink(at("both.db")), 0); }

TEST(what_another_process_wrote_before_the_lock_stays) {
  hw_run_info info = synthetic_run(&three_targets, N_GROUPS, N_PROMPTS);
  hw_store *store;
  char before[33], after[33];
  info.fingerprint = "another";
  make_run(at("whole.db"), &one_target, (const int[]){0, 1, 2, 3, 4});
  digest_of(at("whole.db"), before);
  before_lock = run_of_another_process;
  REFUSED("holds another run", hw_store_open_run(at("both.db"), &info, &synthetic_process, false, &store, e));
  digest_of(at("both.db"), after);
  assert_string_equal(before, after);
  assert_int_equal(unlink(at("both.db")), 0);
  before_lock = copy_of_another_program;
  REFUSED("not a database", hw_store_open_run(at("both.db"), &info, &synthetic_process, false, &store, e));
  assert_true(hw_file_exists(at("both.db")));
  assert_int_equal(unlink(at("both.db")), 0);
  before_lock = file_in_its_place;
  lock_error = ENOLCK;
  REFUSED("cannot be locked", hw_store_open_run(at("both.db"), &info, &synthetic_process, false, &store, e));
  lock_error = 0;
  assert_true(hw_file_exists(at("both.db")));
  assert_int_equal(unlink(at("both.db")), 0);
  before_lock = failed_run_of_another_process; /* the lock is that of a file that is gone: it is made again */
  OK(hw_store_open_run(at("both.db"), &info, &synthetic_process, false, &store, e));
  OK(hw_store_close(store, true, e));
  assert_true(hw_file_exists(at("both.db")));
}

static nlink_t links; /* to the file that was closed last */

int close(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) links = status.st_nlink;
  return (int)syscall(SYS_close, descriptor);
}

TEST(a_file_is_removed_before_its_lock_is_free) {
  hw_run_info info = synthetic_run(&one_target, N_GROUPS, N_PROMPTS);
  hw_store *store;
  info.n_prompts = -1; /* refused by the table */
  REFUSED("constraint", hw_store_open_run(at("first.db"), &info, &synthetic_process, false, &store, e));
  assert_false(hw_file_exists(at("first.db")));
  assert_int_equal(links, 0);
}

TEST(the_target_of_a_link_is_removed_and_the_link_stays) {
  hw_run_info info = synthetic_run(&one_target, N_GROUPS, N_PROMPTS);
  hw_store *store;
  char target[64];
  assert_int_equal(symlink(at("target.db"), at("link.db")), 0);
  lock_error = ENOLCK;
  REFUSED("cannot be locked", hw_store_open_run(at("link.db"), &info, &synthetic_process, false, &store, e));
  lock_error = 0;
  assert_false(hw_file_exists(at("target.db")));
  assert_true(readlink(at("link.db"), target, sizeof target) > 0);
}

static volatile sig_atomic_t stop;

TEST(a_wait_for_the_lock_that_is_stopped_says_so) {
  hw_run_info info = synthetic_run(&one_target, N_GROUPS, N_PROMPTS);
  hw_store *store;
  hw_error err = {0};
  const hw_hooks hooks = {.stop = &stop, .lock_timeout = 60};
  hw_process_info process = synthetic_process;
  process.hooks = &hooks;
  make_run(at("a.db"), &one_target, (const int[]){0, 1, 2, 3, 4});
  lock_error = EWOULDBLOCK;
  stop = 1;
  assert_false(hw_store_open_run(at("a.db"), &info, &process, false, &store, &err));
  assert_int_equal(err.kind, HW_ERROR_INTERRUPTED);
  stop = 0;
  lock_error = 0;
}

TEST(parameters_are_bound_by_name) {
  hw_store *store;
  hw_statement s;
  bool row;
  hw_file_state found;
  OK(hw_store_connect("numbers", HW_OPEN_MEMORY, NULL, &store, &found, e));
  const char *sql = "SELECT :a, :b";
  OK(hw_statement_open_text(&s, store, "test", sql, e));
  REFUSED("0 parameters are bound, it has 2", hw_statement_step(&s, &row, e)); /* missing */
  hw_bind_integer(&s, ":a", 1);
  hw_bind_integer(&s, ":c", 2);
  REFUSED("bound twice: :c", hw_statement_step(&s, &row, e)); /* unknown */
  hw_statement_reset(&s);
  hw_bind_integer(&s, ":b", 1);
  hw_bind_integer(&s, ":b", 2);
  REFUSED("bound twice: :b", hw_statement_step(&s, &row, e));
  hw_statement_reset(&s);
  hw_bind_integer(&s, ":b", 2); /* in any order */
  hw_bind_string(&s, ":a", NULL);
  OK(hw_statement_step(&s, &row, e) && row);
  assert_true(hw_column_is_null(&s, 0));
  assert_int_equal(hw_column_integer(&s, 1), 2);
  hw_statement_close(&s);
  REFUSED("is not part of this program", hw_statement_open(&s, store, "writer/none.sql", e));
  hw_statement_close(&s);
  hw_store_free(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_failure_to_lock_is_an_error), cmocka_unit_test(a_merge_that_cannot_keep_its_lock_is_an_error),
                                     cmocka_unit_test(what_another_process_wrote_before_the_lock_stays),
                                     cmocka_unit_test(a_file_is_removed_before_its_lock_is_free),
                                     cmocka_unit_test(the_target_of_a_link_is_removed_and_the_link_stays),
                                     cmocka_unit_test(a_wait_for_the_lock_that_is_stopped_says_so),
                                     cmocka_unit_test(parameters_are_bound_by_name)};
  RUN_IN_FOLDER(tests);
}
