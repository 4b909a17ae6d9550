/* SPDX-License-Identifier: Apache-2.0
 * A program that links the library and calls setlocale: numbers keep their decimal point, and a run keeps its fingerprint.
 * The locale, with a decimal comma, is compiled by localedef into a temporary folder. */
#include "unit.h"

#include <locale.h>

#include "base/json_writer.h"
#include "headwater/query.h"
#include "headwater/run.h"
#include "run/job.h"
#include "base/text.h"

static char folder[] = "/tmp/headwater-locale-XXXXXX";

static bool command(const char *format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return system(line) == 0;
}

static int make_locale(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  (void)command("cd %s && printf 'LC_NUMERIC\\ndecimal_point \"<U002C>\"\\nthousands_sep \"<U002E>\"\\ngrouping 3;3\\nEND LC_NUMERIC\\n' >comma.src && "
                "localedef -c -i comma.src ./comma >/dev/null 2>&1", folder); /* warns of the categories that are not there */
  return setenv("LOCPATH", folder, 1);
}

static int remove_locale(void **state) {
  (void)state;
  return command("rm -r %s", folder) ? 0 : -1;
}

static void use_comma(void) {
  if (!setlocale(LC_ALL, "comma")) skip(); /* no localedef here */
  char text[16];
  (void)snprintf(text, sizeof text, "%g", 0.5);
  assert_string_equal(text, "0,5"); /* the test would prove nothing otherwise */
}

static int use_plain(void **state) {
  (void)state;
  return setlocale(LC_ALL, "C") ? 0 : -1;
}

TEST(numbers_are_read) {
  double value = 0;
  use_comma();
  assert_true(hw_parse_double("0.04", &value) && value == 0.04);
  assert_false(hw_parse_double("0,04", &value));
}

TEST(numbers_are_written) {
  hw_buffer out;
  hw_json json;
  hw_error err;
  use_comma();
  hw_buffer_init(&out);
  hw_json_init(&json, &out);
  hw_json_begin_array(&json);
  hw_json_double(&json, 0.5);
  hw_json_float(&json, 0.1f);
  hw_json_end_array(&json);
  hw_buffer_printf(&out, " %.2f", 1234.5);
  assert_string_equal(out.data, "[0.5,0.1] 1234.50");
  hw_buffer_fini(&out);
  (void)hw_fail(&err, HW_ERROR_INPUT, "threshold is %g", 1.5);
  assert_string_equal(err.message, "threshold is 1.5");
}

TEST(the_callers_locale_stays) {
  hw_buffer out;
  char text[16];
  use_comma();
  hw_buffer_init(&out);
  hw_buffer_printf(&out, "%g", 0.5);
  hw_buffer_fini(&out);
  (void)snprintf(text, sizeof text, "%g", 0.5);
  assert_string_equal(text, "0,5");
}

static bool append(void *context, const char *bytes, size_t length) {
  hw_buffer_append(context, bytes, length);
  return true;
}

/* Runs two prompts into a database; the run's fingerprint, its rows and its settings as a table, CSV and JSON. */
static void run(const char *name, hw_buffer *out) {
  char path[2][64];
  hw_error err = {0};
  hw_job job;
  hw_run_result result;
  hw_plan_summary plan;
  hw_store *store;
  (void)snprintf(path[0], sizeof path[0], "%s/%s.db", folder, name);
  (void)snprintf(path[1], sizeof path[1], "%s/prompts.txt", folder);
  hw_job_defaults(&job);
  job.model = "datasets/models/headwater-gpt2";
  job.data = path[1];
  job.db = path[0];
  job.threads = 1;
  assert_ok(hw_option_set(hw_job_options(), &job, "here", "threshold", "0.045", &err), &err);
  assert_true(command("printf 'Mary went to the\\nJohn and Mary\\n' >%s", job.data));
  assert_ok(hw_run(&job, &(hw_hooks){0}, &plan, &result, &err), &err);
  hw_buffer_append_string(out, result.fingerprint);
  assert_ok(hw_store_open_read(job.db, &store, &err), &err);
  for (int format = HW_FORMAT_TABLE; format <= HW_FORMAT_JSON; format++) {
    assert_ok(hw_store_select(store, "SELECT predicted_logit FROM graph_info ORDER BY 1", NULL, 0, (hw_table_format)format, append, out, &err), &err);
    assert_ok(hw_store_select(store, "SELECT name, value FROM setting ORDER BY 1", NULL, 0, (hw_table_format)format, append, out, &err), &err);
  }
  assert_ok(hw_store_close(store, false, &err), &err);
  assert_true(hw_buffer_check(out, &err));
}

TEST(a_run_is_the_same) {
  hw_buffer plain, comma;
  hw_buffer_init(&plain);
  hw_buffer_init(&comma);
  run("plain", &plain);
  use_comma();
  run("comma", &comma);
  assert_non_null(strstr(plain.data, "0.045"));
  assert_string_equal(comma.data, plain.data);
  hw_buffer_fini(&plain);
  hw_buffer_fini(&comma);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(numbers_are_read, use_plain),
      cmocka_unit_test_teardown(numbers_are_written, use_plain),
      cmocka_unit_test_teardown(the_callers_locale_stays, use_plain),
      cmocka_unit_test_teardown(a_run_is_the_same, use_plain),
  };
  return cmocka_run_group_tests_name("locale", tests, make_locale, remove_locale);
}
