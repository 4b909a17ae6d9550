/* SPDX-License-Identifier: Apache-2.0
 * Options and targets as text; prompts and answers as ids; and the promise that a prompt's results are its own: alone, in a batch, with
 * shuffled neighbours, in sub-batches of any size. */
#include "forward_twin.h"
#include "trace_compare.h"

#include "run/estimate.h"
#include "run/job.h"
#include "run/prefix.h"

static hw_arena arena;
static hw_error err;
static hw_job job;

static int setup(void **state) {
  (void)state;
  hw_arena_init(&arena);
  err = (hw_error){0};
  hw_job_defaults(&job);
  return 0;
}
static int teardown(void **state) {
  (void)state;
  hw_arena_fini(&arena);
  return 0;
}

/* ---- Options ---- */

static const char *positionals[2];
static int n_positionals;

/* Words divided by spaces, as argv. */
static bool read_words(const char *words) {
  char *argv[32], *copy = hw_arena_copy(&arena, words, strlen(words), &err);
  int argc = 0;
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
  err = (hw_error){0};
  return hw_options_read_arguments(hw_job_options(), &job, argc, argv, positionals, 2, &n_positionals, &err);
}

TEST(arguments_fill_the_job) {
  assert_ok(read_words("--model m one --threshold=0.1 --limit 7 - --quiet --durable=no --bos=yes --project none --floor 0.01 --data a=b --model=n"), &err);
  assert_string_equal(job.model, "n"); /* the last one counts */
  assert_string_equal(job.data, "a=b");
  assert_true(job.analysis.threshold == 0.1 && job.analysis.floor == 0.01 && job.limit == 7 && job.quiet && !job.durable && !job.dry_run);
  assert_true(job.analysis.bos == HW_BOS_YES && job.analysis.project == HW_PROJECT_NONE && job.neuron_projections == HW_NEURONS_USED);
  assert_int_equal(n_positionals, 2);
  assert_string_equal(positionals[0], "one");
  assert_string_equal(positionals[1], "-"); /* a dash alone is a word */
  assert_ok(read_words(""), &err);
  assert_int_equal(n_positionals, 0);
}

TEST(arguments_that_are_wrong) {
  static const struct { const char *words, *message; } cases[] = {
      {"a b c", "one argument too many: \"c\""},
      {"--treshold 0.1", "unknown option --treshold (did you mean --threshold?)"},
      {"--thread 2", "did you mean --threads?"},
      {"--no-such-thing 2", "unknown option --no-such-thing"},
      {"-threshold 0.1", "unknown option -threshold"},
      {"--threshold", "--threshold wants a value (T)"},
      {"--model m --data", "--data wants a value (FILE)"},
      {"--limit -1", "limit is \"-1\", want a whole number from 0"},
      {"--threshold=", "threshold is \"\""},
      {"--quiet=perhaps", "quiet is \"perhaps\", want yes or no"},
      {"--bos sometimes", "bos is \"sometimes\", want one of auto, yes, no"}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) assert_refused(read_words(cases[i].words), &err, HW_ERROR_INPUT, cases[i].message);
  assert_null(strstr(err.message, "\n"));
}

/* The name is what stands before the '='. */
TEST(an_unknown_option_with_a_value_has_its_nearest_name_too) {
  assert_refused(read_words("--treshold=0.04"), &err, HW_ERROR_INPUT, "did you mean --threshold?");
}

static bool set(const char *name, const char *value) {
  err = (hw_error){0};
  return hw_option_set(hw_job_options(), &job, "here", name, value, &err);
}

static void check_bounds(const hw_option *option) {
  char text[64];
  static const char *const no_numbers[] = {"", "x", "1x", "nan", "inf", "0x1g"};
  for (size_t i = 0; i < COUNT_OF(no_numbers); i++) assert_refused(set(option->name, no_numbers[i]), &err, HW_ERROR_INPUT, option->name);
  if (option->kind == HW_OPTION_NUMBER) { /* the bounds themselves are out */
    double inside[] = {option->min + 1e-9, (option->min + option->max) / 2, option->max - 1e-9}, outside[] = {option->min, option->max, option->min - 1, option->max + 1};
    for (size_t i = 0; i < 3; i++) {
      (void)snprintf(text, sizeof text, "%.17g", inside[i]);
      assert_ok(set(option->name, text), &err);
      assert_true(*(double *)((char *)&job + option->offset) == inside[i]);
    }
    for (size_t i = 0; i < 4; i++) {
      (void)snprintf(text, sizeof text, "%.17g", outside[i]);
      assert_refused(set(option->name, text), &err, HW_ERROR_INPUT, "above");
    }
    return;
  }
  for (int i = 0; i < 2; i++) {
    (void)snprintf(text, sizeof text, "%.0f", i ? option->max : option->min);
    assert_ok(set(option->name, text), &err);
    assert_true((double)*(int64_t *)((char *)&job + option->offset) == (i ? option->max : option->min));
    (void)snprintf(text, sizeof text, "%.0f", i ? option->max + 1 : option->min - 1);
    assert_refused(set(option->name, text), &err, HW_ERROR_INPUT, "whole number from");
  }
  assert_refused(set(option->name, "1.5"), &err, HW_ERROR_INPUT, "whole number");
}

TEST(every_option_keeps_to_its_kind) {
  hw_option_table table = hw_job_options();
  for (size_t i = 0; i < table.n; i++) {
    const hw_option *option = &table.rows[i];
    void *field = (char *)&job + option->offset;
    switch (option->kind) {
      case HW_OPTION_FLAG: {
        static const char *const words[] = {"yes", "true", "1", "no", "false", "0"};
        for (size_t w = 0; w < 6; w++) {
          assert_ok(set(option->name, words[w]), &err);
          assert_int_equal(*(bool *)field, w < 3);
        }
        assert_refused(set(option->name, "Yes please"), &err, HW_ERROR_INPUT, "want yes or no");
        break;
      }
      case HW_OPTION_TEXT:
      case HW_OPTION_PATH:
        assert_ok(set(option->name, "some text"), &err);
        assert_string_equal(*(const char **)field, "some text");
        break;
      case HW_OPTION_TEXTS: fail(); break; /* a run has none */
      case HW_OPTION_CHOICE:
        for (int c = 0; option->choices[c]; c++) {
          assert_ok(set(option->name, option->choices[c]), &err);
          assert_int_equal(*(int *)field, c);
        }
        assert_refused(set(option->name, "neither"), &err, HW_ERROR_INPUT, option->choices[0]);
        assert_refused(set(option->name, ""), &err, HW_ERROR_INPUT, option->choices[1] ? "want one of " : "want ");
        break;
      case HW_OPTION_COUNT:
      case HW_OPTION_NUMBER: check_bounds(option); break;
      case HW_OPTION_NUMBER_FROM:
      case HW_OPTION_NUMBER_TO: fail(); break; /* nor these */
    }
    for (size_t j = 0; j < i; j++) assert_string_not_equal(option->name, table.rows[j].name);
    hw_buffer text, again;
    hw_buffer_init(&text);
    hw_buffer_init(&again);
    assert_true(hw_option_format(option, &job, &text)); /* reads back to itself */
    assert_ok(set(option->name, text.data), &err);
    assert_true(hw_option_format(option, &job, &again));
    assert_string_equal(text.data, again.data);
    hw_buffer_fini(&text);
    hw_buffer_fini(&again);
  }
  assert_refused(set("threshold ", "0.1"), &err, HW_ERROR_INPUT, "here: unknown option");
}

TEST(help_names_every_option_within_80_columns) {
  hw_option_table table = hw_job_options();
  hw_buffer out;
  hw_buffer_init(&out);
  hw_options_help(table, &job, &out);
  for (size_t i = 0; i < table.n; i++) {
    char words[96];
    (void)snprintf(words, sizeof words, "  --%s%s", table.rows[i].name, table.rows[i].argument ? " " : "");
    assert_non_null(strstr(out.data, words));
  }
  for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1) assert_true(strcspn(line, "\n") <= 80);
  assert_non_null(strstr(out.data, "[0.04]")); /* a default */
  hw_buffer_fini(&out);
}

/* ---- The pipeline file ---- */

static hw_buffer notes;

static bool read_file(const char *text) {
  char path[] = "/tmp/hw_run_XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  close(fd);
  hw_job_defaults(&job);
  err = (hw_error){0};
  hw_buffer_reset(&notes);
  bool ok = hw_options_read_file(hw_job_options(), &job, NULL, path, &arena, &notes, &err);
  unlink(path);
  if (!ok) assert_non_null(strstr(err.message, path)); /* errors name the file */
  return ok;
}

TEST(a_pipeline_file_fills_the_job) {
  assert_ok(read_file("\xef\xbb\xbf; a comment\n# another\n\n[any section]\nmodel = a folder/with spaces\ndata=x#y;z.csv\r\nthreshold = 0.1 ; why\n[next]\nquiet = yes\nbos = no\n"), &err);
  assert_string_equal(job.model, "a folder/with spaces");
  assert_string_equal(job.data, "x#y;z.csv");
  assert_true(job.analysis.threshold == 0.1 && job.quiet && job.analysis.bos == HW_BOS_NO);
  assert_null(job.db);
  assert_ok(read_file(""), &err);
}

TEST(comments_and_line_ends_of_a_pipeline_file) {
  assert_ok(read_file("model = m # a # b\ndata = a;b.csv#c\t;d\ndb = 'c ; d' ; e\nprompt-column = ; nothing\nthreads = 2\t# e\n"), &err);
  assert_string_equal(job.model, "m");
  assert_string_equal(job.data, "a;b.csv#c");
  assert_string_equal(job.db, "c ; d");
  assert_string_equal(job.prompt_column, "");
  assert_int_equal(job.threads, 2);
  assert_ok(read_file("model = m\r# data = x\r\rthreads = 2\r\nlimit = 5"), &err);
  assert_string_equal(job.model, "m");
  assert_null(job.data);
  assert_true(job.threads == 2 && job.limit == 5);
  assert_refused(read_file("model = m\r\nlimit = x\r"), &err, HW_ERROR_INPUT, "line 2: limit is \"x\"");
  assert_refused(read_file("model # = m\n"), &err, HW_ERROR_INPUT, "line 1 is not \"name = value\"");
  assert_refused(read_file("data =\n"), &err, HW_ERROR_INPUT, "line 1: data is empty, want FILE");
}

TEST(values_in_quotes_and_paths_with_variables) {
  assert_int_equal(setenv("HOME", "/home/ada", 1), 0);
  assert_int_equal(setenv("MODELS", "/big/models", 1), 0);
  assert_int_equal(unsetenv("NOWHERE"), 0);
  assert_ok(read_file("model = \"$MODELS/gpt2\" ; a comment\ndata = '$MODELS/a ; b.csv'\ndb=~/x/${MODELS}.db\nprompt-column = \"a $MODELS\"\n"
                      "threshold = \"0.1\"\n"), &err);
  assert_string_equal(job.model, "/big/models/gpt2");
  assert_string_equal(job.data, "$MODELS/a ; b.csv");
  assert_string_equal(job.db, "/home/ada/x//big/models.db");
  assert_string_equal(job.prompt_column, "a $MODELS");
  assert_true(job.analysis.threshold == 0.1);
  assert_ok(read_file("data = cost$\ndb = ~ada/$1\nmodel = a~c\n"), &err);
  assert_string_equal(job.data, "cost$");
  assert_string_equal(job.db, "~ada/$1");
  assert_string_equal(job.model, "a~c");
}

TEST(a_path_beside_the_pipeline_file) {
  char folder[] = "/tmp/hw_run_XXXXXX", name[64], want[128];
  assert_non_null(mkdtemp(folder));
  (void)snprintf(name, sizeof name, "%s/beside.csv", folder);
  FILE *file = fopen(name, "w");
  assert_non_null(file);
  assert_int_equal(fclose(file), 0);
  (void)snprintf(name, sizeof name, "%s/job.ini", folder);
  file = fopen(name, "w");
  assert_non_null(file);
  (void)fprintf(file, "data = beside.csv\nmodel = datasets/models/headwater-gpt2\ndb = new.db\n");
  assert_int_equal(fclose(file), 0);
  hw_job_defaults(&job);
  hw_buffer_reset(&notes);
  assert_ok(hw_options_read_file(hw_job_options(), &job, NULL, name, &arena, &notes, &err), &err);
  (void)snprintf(want, sizeof want, "%s/beside.csv", folder);
  assert_string_equal(job.data, want);
  assert_string_equal(job.model, "datasets/models/headwater-gpt2"); /* it is there from here */
  assert_string_equal(job.db, "new.db");                            /* it is nowhere: made here */
  (void)snprintf(want, sizeof want, "%s/job.ini: line 1: data is %s/beside.csv, beside this file\n", folder, folder);
  assert_string_equal(notes.data, want);
  assert_int_equal(unlink(name), 0);
  assert_int_equal(unlink(job.data), 0);
  assert_int_equal(rmdir(folder), 0);
}

TEST(a_pipeline_file_that_is_wrong) {
  static const struct { const char *text, *message; } cases[] = {
      {"model = m\nno equals sign\n", "line 2 is not \"name = value\""},
      {"treshold = 0.1\n", "unknown option treshold (did you mean threshold?)"},
      {"threshold = 1\n", "threshold is \"1\", want a number above 0 and below 1"},
      {"model = m\nthreads = many\n", "threads is \"many\""},
      {"[open\nmodel = m\n", "line 1"},
      {"threads = 1\n\nthreads = 2\n", "line 3 gives threads a second time, after line 1"},
      {"model = \"m\n", "line 1 has a quote that is not closed"},
      {"model = 'm' n\n", "line 1 has words behind the closing quote"},
      {"model = $NOWHERE/m\n", "line 1: model speaks of $NOWHERE, which is not set"},
      {"--model = m\n", "unknown option --model"},
      {"bos = maybe\nthreshold = 7\n", "bos is \"maybe\""}}; /* the first error */
  for (size_t i = 0; i < COUNT_OF(cases); i++) assert_refused(read_file(cases[i].text), &err, HW_ERROR_INPUT, cases[i].message);
  assert_refused(hw_options_read_file(hw_job_options(), &job, NULL, "/nowhere.ini", &arena, &notes, &err), &err, HW_ERROR_IO, "/nowhere.ini");
}

/* An indented line is a line like any other: never quietly the new value of the option above it. */
TEST(an_indented_line_does_not_replace_the_value_above) {
  if (read_file("model = m\n  threshold = 0.1\n")) {
    assert_string_equal(job.model, "m");
    assert_true(job.analysis.threshold == 0.1);
  }
  if (read_file("model = m\n  more of it\n")) assert_string_equal(job.model, "m more of it");
}

TEST(a_pipeline_line_may_be_long) {
  char text[1200], want[1001];
  memset(want, 'p', sizeof want - 1);
  want[sizeof want - 1] = '\0';
  (void)snprintf(text, sizeof text, "data = %s\nmodel = m\n", want);
  assert_ok(read_file(text), &err);
  assert_string_equal(job.data, want);
  assert_string_equal(job.model, "m");
}

TEST(jobs_that_cannot_be) {
  assert_refused(hw_job_check(&job, &err), &err, HW_ERROR_INPUT, "--model");
  job.model = "m";
  assert_refused(hw_job_check(&job, &err), &err, HW_ERROR_INPUT, "--data");
  job.data = "d";
  assert_refused(hw_job_check(&job, &err), &err, HW_ERROR_INPUT, "--db");
  job.dry_run = true;
  assert_ok(hw_job_check(&job, &err), &err);
  hw_flow_settings flow;
  assert_ok(hw_analysis_flow(&job.analysis, &flow, &err), &err);
  assert_true(flow.threshold == 0.04 && flow.floor == 0.01 && flow.top_neurons == 10 && flow.top_tokens == 10 && !flow.raw && flow.project == HW_PROJECT_DEFAULT);
  job.db = ":memory:"; /* the run would be lost at its end */
  assert_refused(hw_job_check(&job, &err), &err, HW_ERROR_INPUT, "want a file");
  job.db = "./:memory:";
  assert_ok(hw_job_check(&job, &err), &err);
  job.analysis.floor = 0.041;
  assert_refused(hw_job_check(&job, &err), &err, HW_ERROR_INPUT, "floor 0.041 is above the threshold 0.04");
  job.analysis.floor = 0.04;
  assert_ok(hw_job_check(&job, &err), &err);
  const double bad[] = {0, 1, -0.1, 1.5, NAN};
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    job.analysis.threshold = bad[i];
    assert_refused(hw_job_check(&job, &err), &err, HW_ERROR_INPUT, "want a number above 0 and below 1");
  }
  job.analysis.threshold = 0.04;
  job.analysis.targets = "first";
  assert_refused(hw_job_check(&job, &err), &err, HW_ERROR_INPUT, "targets is \"first\"");
}

/* ---- Targets ---- */

TEST(lists_of_targets) {
  static const char *const good[] = {"last", "all", "0", "0,5", "5,0,5", "9999999", "007"}, *const bad[] = {"", ",", "0,", ",0", "0,,1", "a", "1 ,2", "-1", "0-3", "1.5", "last,0", "ALL", "10000000", "99999999999999999999"};
  for (size_t i = 0; i < COUNT_OF(good); i++) assert_ok(hw_targets_check(good[i], &err), &err);
  for (size_t i = 0; i < COUNT_OF(bad); i++) assert_refused(hw_targets_check(bad[i], &err), &err, HW_ERROR_INPUT, "want last, all, or positions");
}

TEST(targets_of_a_prompt) {
  hw_model *model = unit_open(unit_models[0]);
  static const int32_t ids[6] = {1, 2, 3, 4, 5, 60};
  static const struct { const char *list; size_t n; uint32_t want[6]; } cases[] = {
      {"last", 1, {5}}, {"all", 6, {0, 1, 2, 3, 4, 5}}, {"3", 1, {3}}, {"5,0", 2, {0, 5}}, {"4,4,1,4", 2, {1, 4}}, {"0,1,2,3,4,5", 6, {0, 1, 2, 3, 4, 5}}};
  hw_prompt_input input;
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    job.analysis.targets = cases[i].list;
    assert_ok(hw_prompt_from_ids(model, &job.analysis, ids, 6, &arena, &input, &err), &err);
    assert_null(input.failure);
    assert_int_equal(input.n_targets, cases[i].n);
    assert_memory_equal(input.targets, cases[i].want, cases[i].n * sizeof *input.targets);
  }
  job.analysis.targets = "2,6";
  assert_ok(hw_prompt_from_ids(model, &job.analysis, ids, 6, &arena, &input, &err), &err);
  assert_string_equal(input.failure, "target 6 is outside of the prompt's 6 tokens");
  job.analysis.targets = "last";
  static const int32_t outside[2] = {1, 61};
  assert_ok(hw_prompt_from_ids(model, &job.analysis, outside, 2, &arena, &input, &err), &err);
  assert_non_null(strstr(input.failure, "token id 61 at position 1"));
  assert_ok(hw_prompt_from_ids(model, &job.analysis, ids, 0, &arena, &input, &err), &err);
  assert_non_null(strstr(input.failure, "no tokens"));
  hw_model_close(model);
}

#include "run_prompt_tests.h"
#include "answer_tests.h"
#include "prefix_tests.h"

int main(void) {
  const struct CMUnitTest tests[] = {
#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
      FRESH(arguments_fill_the_job),
      FRESH(arguments_that_are_wrong),
      FRESH(an_unknown_option_with_a_value_has_its_nearest_name_too),
      FRESH(every_option_keeps_to_its_kind),
      FRESH(help_names_every_option_within_80_columns),
      FRESH(a_pipeline_file_fills_the_job),
      FRESH(comments_and_line_ends_of_a_pipeline_file),
      FRESH(values_in_quotes_and_paths_with_variables),
      FRESH(a_path_beside_the_pipeline_file),
      FRESH(a_pipeline_file_that_is_wrong),
      FRESH(an_indented_line_does_not_replace_the_value_above),
      FRESH(a_pipeline_line_may_be_long),
      FRESH(jobs_that_cannot_be),
      FRESH(lists_of_targets),
      FRESH(targets_of_a_prompt),
      FRESH(prompts_that_cannot_be_traced),
      FRESH(answers_are_what_would_follow_the_prompt),
      FRESH(what_stands_between_prompt_and_answer),
      FRESH(an_answer_of_several_tokens_is_scored_step_by_step),
      FRESH(answers_that_begin_alike_are_compared_where_they_part),
      FRESH(a_prompts_results_are_its_own),
      FRESH(the_same_chunk_gives_the_same_results),
      FRESH(a_workers_memory_is_at_most_the_estimate),
      FRESH(what_takes_most_of_the_memory_is_counted),
      FRESH(memory_stays_within_the_cap_step_by_step),
      FRESH(blocks_of_attention_nodes_and_states_only_do_not_change_the_results),
      FRESH(failed_prompts_leave_the_others_alone),
      FRESH(shared_prefixes_change_no_bit),
  };
  return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
