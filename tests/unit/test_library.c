/* SPDX-License-Identifier: Apache-2.0
 * What a program in C may give that no command line can: values out of range, NULL for the error and the hooks, calls twice, a sink that stops. */
#include "unit.h"

#include <signal.h>

#include "headwater/headwater.h"

static const char model_path[] = "datasets/models/headwater-gpt2";
static char folder[] = "/tmp/hw_library_XXXXXX";
static char db_path[64], out_path[64];
static hw_error err;
static hw_arena arena;
static hw_model *model;
static hw_tokenizer *tokenizer;
static hw_job job;
static hw_plan_summary plan;
static hw_run_result result;

static int open_all(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  (void)snprintf(db_path, sizeof db_path, "%s/run.db", folder);
  (void)snprintf(out_path, sizeof out_path, "%s/out.db", folder);
  hw_arena_init(&arena);
  return hw_model_open(model_path, &model, &err) && hw_tokenizer_open(model_path, NULL, &tokenizer, &err) ? 0 : -1;
}
static int close_all(void **state) {
  (void)state;
  (void)unlink(db_path);
  (void)unlink(out_path);
  hw_tokenizer_close(tokenizer);
  hw_model_close(model);
  hw_arena_fini(&arena);
  return rmdir(folder);
}
static int setup(void **state) {
  (void)state;
  err = (hw_error){0};
  hw_job_defaults(&job);
  job.model = model_path;
  job.data = "datasets/ioi.csv";
  job.db = db_path;
  job.limit = 4;
  job.threads = 1;
  return 0;
}

/* ---- Ranges ---- */

static bool trace(const hw_analysis *analysis) {
  hw_trace made;
  bool ok = hw_trace_text(model, tokenizer, analysis, "When Mary and John", &made, &err);
  hw_trace_fini(&made);
  return ok;
}

/* Both ways in of a job refuse it with the same words, and the next one begins with a job that is taken. */
static void job_is_refused(const char *words) {
  assert_refused(hw_job_check(&job, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_run(&job, NULL, &plan, &result, &err), &err, HW_ERROR_INPUT, words);
  assert_int_not_equal(access(db_path, F_OK), 0);
  (void)setup(NULL);
}

/* So do those of an analysis alone. */
static void analysis_is_refused(const char *words) {
  hw_flow_settings flow;
  assert_refused(hw_analysis_flow(&job.analysis, &flow, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(trace(&job.analysis), &err, HW_ERROR_INPUT, words);
  job_is_refused(words);
}

TEST(an_analysis_out_of_range_is_refused) {
  job.analysis.norm = 2;
  analysis_is_refused("norm is 2, want 0 (l1)");
  job.analysis.bos = 9;
  analysis_is_refused("bos is 9, want one of 0 (auto), 1 (yes), 2 (no)");
  job.analysis.answer_joint = -1;
  analysis_is_refused("answer-joint is -1, want one of 0 (auto), 1 (space), 2 (none)");
  job.analysis.project = 3;
  analysis_is_refused("project is 3, want one of 0 (default), 1 (all), 2 (none)");
  job.analysis.conventions = 77;
  analysis_is_refused("convention is 77, want one of 0 (auto), 1 (alone), 2 (frozen), 3 (both)");
  job.analysis.top_neurons = -5;
  analysis_is_refused("top-neurons is -5, want a whole number from 0 to 1000");
  job.analysis.top_tokens = 0;
  analysis_is_refused("top-tokens is 0, want a whole number from 1 to 1000");
  job.analysis.floor = -1;
  analysis_is_refused("floor is -1, want a number above 0 and below 1");
  job.analysis.floor = NAN;
  analysis_is_refused("floor is nan, want a number above 0 and below 1");
  job.analysis.threshold = NAN;
  analysis_is_refused("threshold is nan, want a number above 0 and below 1");
  job.analysis.targets = NULL;
  analysis_is_refused("no targets are given");
  job.analysis.threads = -2;
  assert_refused(trace(&job.analysis), &err, HW_ERROR_INPUT, "threads is -2, want a whole number from 0 to 1024");
  job.analysis.threads = 0;
  job.analysis.memory = -1;
  assert_refused(trace(&job.analysis), &err, HW_ERROR_INPUT, "memory is -1, want a whole number from 0 to 16777216");
}

TEST(a_job_out_of_range_is_refused) {
  job.relevance = 99;
  job_is_refused("relevance is 99, want one of 0 (none), 1 (answer), 2 (contrast), 3 (both)");
  job.quoting = 3;
  job_is_refused("quoting is 3, want one of 0 (auto), 1 (never), 2 (always)");
  job.gemm = 2;
  job_is_refused("gemm is 2, want one of 0 (built-in), 1 (openblas)");
  job.threads = -2;
  job_is_refused("threads is -2, want a whole number from 0 to 1024");
  job.memory = -1;
  job_is_refused("memory is -1, want a whole number from 0 to 16777216");
  job.max_row = 0;
  job_is_refused("max-row is 0, want a whole number from 1 to 1073741824");
  job.neuron_threshold = 1.5;
  job_is_refused("neuron-threshold is 1.5, want a number above 0 and below 1");
  job.relevance_threshold = -0.5;
  job_is_refused("relevance-threshold is -0.5, want a number above 0 and below 1");
  job.lock_timeout = -1;
  job_is_refused("lock-timeout is -1, want a number above 0 and below 1000000");
  job.lock_timeout = 0; /* no wait, see hw_hooks */
  assert_ok(hw_job_check(&job, &err), &err);
}

TEST(other_settings_out_of_range_are_refused) {
  const double shares[] = {0, -0.1, 1.5, NAN};
  hw_mining_summary mined;
  hw_certify_summary certified;
  int64_t n, n_failed;
  for (size_t i = 0; i < COUNT_OF(shares); i++) {
    const hw_mining_settings mining = {.min_support = shares[i], .top = 10};
    assert_refused(hw_store_mine(db_path, &mining, &mined, &err), &err, HW_ERROR_INPUT, "want a share above 0, 1 at most");
    assert_refused(hw_rethreshold(db_path, shares[i], out_path, NULL, &n, &n_failed, &err), &err, HW_ERROR_INPUT, "want a number above 0 and below 1");
    const hw_certify_settings certify = {.model = model_path, .threshold = shares[i]};
    if (shares[i] != 0) assert_refused(hw_certify(db_path, &certify, &certified, &err), &err, HW_ERROR_INPUT, "want a number above 0 and below 1");
  }
  const struct { hw_certify_settings settings; const char *words; } certify[] = {
      {{.graph = 3}, "graph is 3, want one of 0 (routes), 1 (answer), 2 (contrast)"}, {{.unit = 2}, "unit is 2, want one of 0 (edge), 1 (node)"},
      {{.baseline = -1}, "baseline is -1, want one of 0 (counterfactual), 1 (zero), 2 (mean)"}, {{.curve = 9}, "curve is 9, want one of 0"},
      {{.n_random = -1}, "n_random is -1, want a whole number from 0 to 1000"}, {{.threads = -2}, "threads is -2, want a whole number from 0"},
      {{.limit = INT64_MAX}, "limit is 9223372036854775807, want a whole number from 0 to 1000000000000000"}};
  for (size_t i = 0; i < COUNT_OF(certify); i++) {
    hw_certify_settings settings = certify[i].settings;
    settings.model = model_path;
    assert_refused(hw_certify(db_path, &settings, &certified, &err), &err, HW_ERROR_INPUT, certify[i].words);
  }
  const struct { hw_comparison_request request; const char *words; } comparisons[] = {
      {{.measure = (hw_measure)4}, "measure is 4"}, {{.components = (hw_component_set)6}, "components is 6"},
      {{.min_active = -1}, "min_active is -1, want a whole number from 0 to 1000000000000000"}};
  for (size_t i = 0; i < COUNT_OF(comparisons); i++) {
    hw_comparison comparison;
    assert_refused(hw_comparison_read(NULL, NULL, &comparisons[i].request, &comparison, &err), &err, HW_ERROR_INPUT, comparisons[i].words);
    hw_comparison_fini(&comparison);
  }
  assert_int_not_equal(access(out_path, F_OK), 0);
}

TEST(a_mining_out_of_range_is_refused) {
  const hw_mining_settings usual = {.min_support = 0.5, .top = 10, .seconds = 10, .bytes = 1 << 20};
  const struct { size_t top; double seconds; size_t bytes; const char *words; } refused[] = {
      {0, 10, 1 << 20, "top is 0, want a whole number from 1 to 10000"}, {10001, 10, 1 << 20, "top is 10001, want a whole number from 1 to 10000"},
      {SIZE_MAX, 10, 1 << 20, "top is 18446744073709551615, want a whole number from 1 to 10000"},
      {10, NAN, 1 << 20, "seconds is nan, want a number above 0 and below 10000000"}, {10, 0, 1 << 20, "seconds is 0"}, {10, -1, 1 << 20, "seconds is -1"},
      {10, (double)INFINITY, 1 << 20, "seconds is inf"}, {10, 10, 0, "bytes is 0, want a whole number from 1 to 17592186044416"},
      {10, 10, SIZE_MAX, "bytes is 18446744073709551615, want"}};
  hw_mining_summary mined;
  for (size_t i = 0; i < COUNT_OF(refused); i++) {
    hw_mining_settings settings = usual;
    settings.top = refused[i].top;
    settings.seconds = refused[i].seconds;
    settings.bytes = refused[i].bytes;
    assert_refused(hw_store_mine(db_path, &settings, &mined, &err), &err, HW_ERROR_INPUT, refused[i].words);
  }
}

TEST(a_data_set_out_of_range_is_refused) {
  const struct { hw_dataset_options options; const char *words; } refused[] = {
      {{.path = "datasets/ioi.csv", .quoting = (hw_quoting)9}, "quoting is 9, want one of 0 (auto), 1 (never), 2 (always)"}, {{.format = "csv"}, "no data set is given"}};
  hw_dataset *dataset;
  for (size_t i = 0; i < COUNT_OF(refused); i++) assert_refused(hw_dataset_open(&refused[i].options, &dataset, &err), &err, HW_ERROR_INPUT, refused[i].words);
}

TEST(a_model_that_is_not_given_is_refused) {
  static const char words[] = "no model is given";
  hw_certify_summary certified;
  hw_model *opened;
  hw_tokenizer *opened_tokenizer;
  hw_model_config config;
  hw_buffer text;
  bool whole = true;
  hw_buffer_init(&text);
  assert_refused(hw_certify(db_path, &(hw_certify_settings){0}, &certified, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_model_open(NULL, &opened, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_tokenizer_open(NULL, NULL, &opened_tokenizer, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_model_config_read(NULL, NULL, &config, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_model_explain(NULL, NULL, &text, &whole, &err), &err, HW_ERROR_INPUT, words);
  assert_false(whole);
  hw_buffer_fini(&text);
}

TEST(targets_that_are_none_are_refused) {
  static const int32_t ids[] = {5, 6, 7};
  char many[201];
  memset(many, 'x', sizeof many - 1);
  many[sizeof many - 1] = '\0';
  const char *const targets[] = {"", "0,", "x", "a,2", many, NULL};
  for (size_t i = 0; i < COUNT_OF(targets); i++) {
    hw_prompt_input input;
    job.analysis.targets = targets[i];
    assert_refused(hw_prompt_from_ids(model, &job.analysis, ids, 3, &arena, &input, &err), &err, HW_ERROR_INPUT, "want last, all, or positions like 0,5");
    assert_refused(hw_prompt_prepare(model, tokenizer, &job.analysis, "the key", 7, NULL, 0, NULL, 0, &arena, &input, &err), &err, HW_ERROR_INPUT,
                   "want last, all, or positions like 0,5");
  }
}

TEST(states_and_components_that_are_none_are_refused) {
  hw_trace made;
  hw_lens_token *tokens;
  hw_projection rows[2];
  size_t n;
  assert_ok(hw_trace_text(model, tokenizer, NULL, "When Mary and John", &made, &err), &err);
  for (int which = HW_STATE_PRE; which < 10; which += 7)
    assert_refused(hw_trace_lens(&made, 2, (hw_state)which, 3, 1, &arena, &tokens, &n, &err), &err, HW_ERROR_INPUT, "want 0 (after the layer) or 1 (after its attention)");
  assert_refused(hw_trace_list(&made, 0, (hw_component_kind)6, 2, 3, 0, 1, &arena, rows, &n, &err), &err, HW_ERROR_INPUT, "component kind is 6, want 0 to 5");
  hw_trace_fini(&made);
}

TEST(baselines_that_are_not_there_are_refused) {
  static const int32_t ids[] = {5, 6, 7}, shorter[] = {5, 8};
  const hw_relevance_settings settings = {.answer = true, .floor = 0.01, .top_neurons = 5};
  hw_answer_question question = {.answer = -1, .foil = -1, .threads = -2};
  hw_answer_trace made;
  hw_certificate certificate = {.n_ffn = 7};
  double heads[64], ffn[8];
  assert_true(model->config.n_layers * model->config.n_heads <= (int64_t)COUNT_OF(heads));
  assert_refused(hw_answer_trace_ids(model, ids, 3, &question, &settings, &made, &err), &err, HW_ERROR_INPUT, "threads is -2");
  hw_answer_trace_fini(&made);
  question.threads = 1;
  for (size_t n = 0; n < 3; n += 2) { /* without a counterfactual, and with one of another length */
    const struct { int baseline; const char *words; } refused[] = {
        {HW_BASELINE_MEAN, "the baseline \"mean\" needs means over other prompts"}, {9, "baseline is 9"},
        {HW_BASELINE_COUNTERFACTUAL, n ? "the baseline \"counterfactual\" needs one of 3 tokens; it has 2" : "needs a counterfactual, and none is given"}};
    question.counterfactual = n ? shorter : NULL;
    question.n_counterfactual = n;
    assert_ok(hw_answer_trace_ids(model, ids, 3, &question, &settings, &made, &err), &err);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
      for (int unit = HW_ABLATE_EDGES; unit <= HW_ABLATE_NODES; unit++)
        assert_refused(hw_answer_trace_certify(&made, NULL, 0, (hw_ablation_unit)unit, (hw_baseline)refused[i].baseline, &certificate, &err), &err, HW_ERROR_INPUT,
                       refused[i].words);
      assert_refused(hw_answer_trace_knock_out(&made, (hw_baseline)refused[i].baseline, heads, ffn, &err), &err, HW_ERROR_INPUT, refused[i].words);
    }
    assert_refused(hw_answer_trace_certify(&made, NULL, 0, (hw_ablation_unit)2, HW_BASELINE_ZERO, &certificate, &err), &err, HW_ERROR_INPUT,
                   "unit is 2, want one of 0 (edge), 1 (node)");
    assert_int_equal(certificate.n_ffn, 0);
    assert_ok(hw_answer_trace_knock_out(&made, HW_BASELINE_ZERO, heads, ffn, &err), &err);
    hw_answer_trace_fini(&made);
  }
}

/* ---- Calls ---- */

TEST(a_model_is_packed_once) {
  const hw_matrix *matrix = &model->layers[0].w_o;
  assert_ok(hw_model_pack(model, 1, &err) && hw_model_pack_back(model, 1, &err), &err);
  const void *packed = matrix->packed, *packed_back = matrix->packed_back;
  assert_true(packed && packed_back);
  assert_ok(hw_model_pack(model, 1, &err) && hw_model_pack_back(model, 1, &err), &err);
  assert_true(matrix->packed == packed && matrix->packed_back == packed_back);
}

TEST(a_run_of_rows_ends_with_its_prompt) {
  static const size_t first[] = {0, 1, 4};
  size_t rows[] = {7, 8, 9, 11};
  hw_batch batch = {.n_prompts = 2, .n_rows = 4, .first = first};
  for (int with_rows = 0; with_rows < 2; with_rows++) {
    batch.rows = with_rows ? rows : NULL;
    assert_int_equal(hw_batch_run(&batch, 0, 0, 10), 1);
    assert_int_equal(hw_batch_run(&batch, 1, 0, 10), with_rows ? 2 : 3);
    assert_int_equal(hw_batch_run(&batch, 1, 0, 2), 2);
    assert_int_equal(hw_batch_run(&batch, 1, 2, 10), 1);
    assert_int_equal(hw_batch_run(&batch, 1, 3, 10), 0);
  }
}

static void stop_at_once(void *context, const hw_progress *progress) {
  (void)progress;
  *(volatile sig_atomic_t *)context = 1;
}

/* Makes the database that the tests behind it read. */
TEST(errors_and_hooks_may_be_left_out) {
  volatile sig_atomic_t stop = 0;
  const hw_hooks stopping = {.progress = stop_at_once, .context = (void *)(uintptr_t)&stop, .stop = &stop};
  const char *missing[] = {"/nowhere/a.db", "/nowhere/b.db"};
  hw_merge_result merged;
  hw_prompt_input input;
  int64_t n, n_failed;
  assert_ok(hw_run(&job, NULL, &plan, &result, &err), &err);
  assert_int_equal(result.progress.done, 4);
  assert_false(hw_store_merge(out_path, missing, 2, false, NULL, &merged, NULL));
  assert_false(hw_store_merge(out_path, (const char *[]){db_path, db_path}, 2, false, NULL, &merged, NULL));
  assert_false(hw_rethreshold(missing[0], 0.1, out_path, NULL, &n, &n_failed, NULL));
  assert_false(hw_rethreshold(db_path, 0.1, out_path, &stopping, &n, &n_failed, NULL));
  assert_int_equal(stop, 1);
  assert_false(hw_check(missing[0], &(hw_check_settings){0}, NULL, NULL, &n, NULL));
  job.analysis.targets = "x";
  assert_false(hw_prompt_prepare(model, tokenizer, &job.analysis, "the key", 7, "a", 1, "b", 1, &arena, &input, NULL));
  assert_false(hw_trace_text(model, tokenizer, &job.analysis, "the key", &(hw_trace){0}, NULL));
  assert_false(hw_run(&job, NULL, &plan, &result, NULL));
  job.analysis.targets = "last";
  job.data = "/nowhere.csv";
  assert_false(hw_run(&job, NULL, &plan, &result, NULL));
}

static bool count_bytes(void *context, const char *bytes, size_t length) {
  (void)bytes;
  *(size_t *)context += length;
  return true;
}

TEST(a_format_that_is_none_is_refused) {
  static const char words[] = "format is 99, want one of 0 (table), 1 (csv), 2 (json)";
  const hw_table_format format = (hw_table_format)99;
  const hw_comparison_request request = {.by = "group=a,b"};
  const hw_comparison comparison = {.value_a = "a", .value_b = "b"};
  hw_store *store;
  size_t n_bytes = 0;
  assert_ok(hw_store_open_read(db_path, &store, &err), &err);
  assert_refused(hw_store_select(store, "SELECT 1", NULL, 0, format, count_bytes, &n_bytes, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_store_show_tables(store, format, count_bytes, &n_bytes, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_comparison_show(&request, &comparison, &(hw_stats_result){0}, 0, format, 0, count_bytes, &n_bytes, &err), &err, HW_ERROR_INPUT, words);
  assert_int_equal(n_bytes, 0);
  assert_ok(hw_store_close(store, false, &err), &err);
}

TEST(a_path_that_is_not_given_is_refused) {
  static const char words[] = "no database is given";
  const hw_mining_settings mining = {.min_support = 0.5, .top = 10, .seconds = 10, .bytes = 1 << 20};
  const hw_export no_script = {.folder = folder, .figures = true};
  hw_mining_summary mined;
  hw_certify_summary certified;
  hw_merge_result merged;
  hw_store *store;
  int64_t n, n_failed;
  assert_refused(hw_store_open_read(NULL, &store, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_store_mine(NULL, &mining, &mined, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_certify(NULL, &(hw_certify_settings){.model = model_path}, &certified, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_check(NULL, &(hw_check_settings){0}, count_bytes, &(size_t){0}, &n, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_store_merge(out_path, (const char *[]){NULL}, 1, false, NULL, &merged, &err), &err, HW_ERROR_INPUT, words);
  assert_refused(hw_store_merge(NULL, (const char *[]){db_path}, 1, false, NULL, &merged, &err), &err, HW_ERROR_INPUT, words);
  assert_int_not_equal(access("(null).merging", F_OK), 0);
  assert_refused(hw_rethreshold(db_path, 0.1, NULL, NULL, &n, &n_failed, &err), &err, HW_ERROR_INPUT, words);
  assert_ok(hw_store_open_read(db_path, &store, &err), &err);
  assert_refused(hw_store_export(store, &(hw_export){0}, &err), &err, HW_ERROR_INPUT, "no folder is given");
  assert_refused(hw_store_export(store, &no_script, &err), &err, HW_ERROR_INPUT, "no script is given");
  assert_ok(hw_store_close(store, false, &err), &err);
}

TEST(a_wait_out_of_range_is_refused) {
  const double seconds[] = {NAN, -1, 1e6};
  int64_t before, after;
  for (size_t i = 0; i < COUNT_OF(seconds); i++)
    assert_refused(hw_store_pack(db_path, &(hw_hooks){.lock_timeout = seconds[i]}, &before, &after, &err), &err, HW_ERROR_INPUT, "lock_timeout is ");
}

/* A caller that reads it after an error finds zeros. */
TEST(what_a_refused_call_gives_is_filled) {
  hw_certify_summary certified;
  int64_t n = 7, n_failed = 7, before = 7, after = 7, id = 7;
  memset(&certified, 7, sizeof certified);
  assert_false(hw_certify(db_path, &(hw_certify_settings){.model = model_path, .graph = 3}, &certified, &err));
  assert_int_equal(certified.n_prompts, 0);
  assert_int_equal(certified.threads, 0);
  assert_true(certified.stage == NULL && *certified.reason == '\0');
  assert_false(hw_rethreshold(db_path, 0, out_path, NULL, &n, &n_failed, &err));
  assert_int_equal(n, 0);
  assert_int_equal(n_failed, 0);
  assert_false(hw_store_pack("/nowhere/a.db", NULL, &before, &after, &err));
  assert_int_equal(before, 0);
  assert_int_equal(after, 0);
  assert_false(hw_comparison_save("/nowhere/a.db", &(hw_comparison_request){.by = "group=a,b"}, &(hw_comparison){0}, &(hw_stats_result){0}, &id, &err));
  assert_int_equal(id, 0);
}

static bool take_lines(void *context, const char *bytes, size_t length) {
  int *left = context;
  assert_true(length > 0 && bytes[length - 1] == '\n' && *left > 0);
  return --*left > 0;
}

TEST(a_check_stops_with_its_sink) {
  int64_t n_differences;
  int left = 1000;
  assert_ok(hw_check(db_path, &(hw_check_settings){0}, take_lines, &left, &n_differences, &err), &err);
  for (int most = 1; most < 3; most++) {
    left = most;
    assert_refused(hw_check(db_path, &(hw_check_settings){0}, take_lines, &left, &n_differences, &err), &err, HW_ERROR_INTERRUPTED, "stopped");
    assert_int_equal(left, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(an_analysis_out_of_range_is_refused, setup),
      cmocka_unit_test_setup(a_job_out_of_range_is_refused, setup),
      cmocka_unit_test_setup(other_settings_out_of_range_are_refused, setup),
      cmocka_unit_test_setup(a_mining_out_of_range_is_refused, setup),
      cmocka_unit_test_setup(a_data_set_out_of_range_is_refused, setup),
      cmocka_unit_test_setup(a_model_that_is_not_given_is_refused, setup),
      cmocka_unit_test_setup(targets_that_are_none_are_refused, setup),
      cmocka_unit_test_setup(states_and_components_that_are_none_are_refused, setup),
      cmocka_unit_test_setup(baselines_that_are_not_there_are_refused, setup),
      cmocka_unit_test_setup(a_model_is_packed_once, setup),
      cmocka_unit_test_setup(a_run_of_rows_ends_with_its_prompt, setup),
      cmocka_unit_test_setup(errors_and_hooks_may_be_left_out, setup),
      cmocka_unit_test_setup(a_format_that_is_none_is_refused, setup),
      cmocka_unit_test_setup(a_path_that_is_not_given_is_refused, setup),
      cmocka_unit_test_setup(a_wait_out_of_range_is_refused, setup),
      cmocka_unit_test_setup(what_a_refused_call_gives_is_filled, setup),
      cmocka_unit_test_setup(a_check_stops_with_its_sink, setup),
  };
  return cmocka_run_group_tests_name("library", tests, open_all, close_all);
}
