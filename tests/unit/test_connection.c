/* SPDX-License-Identifier: Apache-2.0
 * The lock of the one writing process, and statements bound by name. */
#include <errno.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include "headwater/mining.h"
#include "store_fixture.h"

/* In place of the C library's: fails with this error when it is not 0. */
static int lock_error;

int flock(int descriptor, int operation) {
  if (!lock_error) return (int)syscall(SYS_flock, descriptor, operation);
  errno = lock_error;
  return -1;
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_failure_to_lock_is_an_error), cmocka_unit_test(parameters_are_bound_by_name)};
  RUN_IN_FOLDER(tests);
}
