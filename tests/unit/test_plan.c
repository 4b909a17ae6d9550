/* SPDX-License-Identifier: Apache-2.0
 * The plan in a file: what one process measured another reads, several that begin together make it once, and no byte of it is believed. */
#include "unit.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "headwater/buffer.h"
#include "run/plan_file.h"
#include "sqlite/sql.h"
#include "store/merge_rows.h"

static hw_model *model;
static hw_tokenizer *tokenizer;
static hw_job job;
static hw_flow_settings flow;
static hw_error err;
static const hw_hooks hooks;
static char path[64], lock[80];

static int open_all(void **state) {
  (void)state;
  (void)snprintf(path, sizeof path, "/tmp/hw-test-plan.%ld", (long)getpid());
  (void)snprintf(lock, sizeof lock, "%s.lock", path);
  return hw_model_open("datasets/models/headwater-gpt2", &model, &err) && hw_tokenizer_open(model->path, NULL, &tokenizer, &err) ? 0 : -1;
}
static int close_all(void **state) {
  (void)state;
  hw_tokenizer_close(tokenizer);
  hw_model_close(model);
  (void)unlink(path);
  (void)unlink(lock);
  return 0;
}
static int setup(void **state) {
  (void)state;
  hw_job_defaults(&job);
  job.model = "datasets/models/headwater-gpt2";
  job.data = "datasets/ioi.csv";
  job.db = "x";
  job.limit = 12;
  job.counterfactual = true;
  job.chunk_tokens = 64;
  (void)unlink(path);
  return hw_analysis_flow(&job.analysis, &flow, &err) ? 0 : -1;
}

static bool obtain(hw_plan *plan, bool from_file) {
  job.plan = from_file ? path : NULL;
  err = (hw_error){0};
  return hw_plan_obtain(&job, &flow, model, tokenizer, &hooks, plan, &err);
}

static void assert_same_plan(const hw_plan *a, const hw_plan *b) {
  assert_int_equal(a->n_chunks, b->n_chunks);
  for (size_t i = 0; i < a->n_chunks; i++) {
    const hw_plan_chunk *x = &a->chunks[i], *y = &b->chunks[i];
    assert_true(x->first_prompt == y->first_prompt && x->n_prompts == y->n_prompts && x->n_tokens == y->n_tokens && x->n_graphs == y->n_graphs &&
                x->content == y->content && x->counterfactual == y->counterfactual);
  }
  assert_true(a->n_rows == b->n_rows && a->n_prompts == b->n_prompts && a->n_tokens == b->n_tokens && a->n_unreadable == b->n_unreadable);
  assert_memory_equal(&a->largest, &b->largest, sizeof a->largest);
  assert_true(a->n_answers_several == b->n_answers_several && a->n_answers_cut == b->n_answers_cut && a->n_ambiguous_roles == b->n_ambiguous_roles);
  assert_int_equal(a->n_hidden_roles, b->n_hidden_roles);
  assert_true(a->n_graphs[0] == b->n_graphs[0] && a->n_graphs[1] == b->n_graphs[1] && a->chunk_tokens == b->chunk_tokens);
  assert_int_equal(a->groups.n_groups, b->groups.n_groups);
  for (size_t g = 0; g < a->groups.n_groups; g++) assert_string_equal(a->info.group_names[g], b->info.group_names[g]);
  assert_int_equal(a->roles.n, b->roles.n);
  for (size_t r = 0; r < a->roles.n; r++) assert_string_equal(a->info.role_names[r], b->info.role_names[r]);
  assert_int_equal(a->info.n_group_columns, b->info.n_group_columns);
  assert_int_equal(a->info.n_prompts, b->info.n_prompts);
  assert_string_equal(a->info.fingerprint, b->info.fingerprint);
}

TEST(a_plan_that_is_read_is_the_one_that_was_measured) {
  hw_plan measured, written, read;
  for (int defaults = 0; defaults < 2; defaults++) {
    if (defaults) job.chunk_tokens = 0, job.counterfactual = false, job.limit = 40;
    (void)unlink(path);
    assert_ok(obtain(&measured, false) && obtain(&written, true) && obtain(&read, true), &err);
    assert_true(measured.groups.n_groups > 1 && measured.roles.n > 6 && measured.n_chunks > 1 && measured.n_ambiguous_roles == read.n_ambiguous_roles);
    assert_same_plan(&measured, &written);
    assert_same_plan(&measured, &read);
    assert_true(access(lock, F_OK) != 0);
    hw_plan_close(&measured), hw_plan_close(&written), hw_plan_close(&read);
  }
}

static void refused(const char *message) {
  hw_plan plan;
  assert_refused(obtain(&plan, true), &err, HW_ERROR_INPUT, message);
  assert_non_null(strstr(err.message, path));
  hw_plan_close(&plan);
}

TEST(a_plan_of_another_run_is_refused_with_what_differs) {
  hw_plan plan;
  assert_ok(obtain(&plan, true), &err);
  hw_plan_close(&plan);
  job.limit = 11;
  job.analysis.threshold = 0.05;
  assert_true(hw_analysis_flow(&job.analysis, &flow, &err));
  refused("the plan of another run: floor is '0.01' there, '0.0125' here; limit is '12' there, '11' here; threshold is '0.04' there, '0.05' here");
  setup(NULL);
  assert_ok(obtain(&plan, true), &err);
  hw_plan_close(&plan);
  job.chunk_tokens = 65;
  refused("chunk-tokens is '64' there, '65' here");
  job.chunk_tokens = 64;
  job.data = "datasets/pronoun.csv";
  refused("data set is 'ioi.csv' there, 'pronoun.csv' here; data set fingerprint is");
  job.data = "datasets/ioi.csv";
  job.share_prefixes = HW_PREFIXES_APART;
  refused("share-prefixes is 'yes' there, 'no' here");
  FILE *file = fopen(path, "w");
  assert_true(file && fputs("prompt,answer\n", file) >= 0 && fclose(file) == 0);
  refused("not a plan of headwater run");
  file = fopen(path, "w");
  assert_true(file && fputs("headwater plan 3\n", file) >= 0 && fclose(file) == 0);
  refused("a plan of another version of Headwater: remove it, and the run makes it anew");
}

static void write_bytes(const char *bytes, size_t n) {
  FILE *file = fopen(path, "w");
  assert_true(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

/* Bytes with a checksum that fits: what is refused then is refused for what it says, and what is taken is no danger. */
TEST(no_byte_of_a_plan_is_believed) {
  enum { HASH = HW_HASH_HEX - 1, BEGIN = 16 };
  hw_plan plan;
  hw_file file;
  uint64_t seed = 1;
  assert_ok(obtain(&plan, true) && hw_file_open(path, &file, &err), &err);
  hw_plan_close(&plan);
  size_t n = file.size;
  char *whole = malloc(n), *bytes = malloc(n + 1), hash[HW_HASH_HEX];
  memcpy(whole, file.data, n);
  hw_file_close(&file);
  memcpy(bytes, whole, n);
  bytes[n / 2] ^= 1;
  write_bytes(bytes, n);
  refused("a damaged plan: its checksum is wrong; delete it");
  write_bytes(whole, BEGIN + 20);
  refused("a damaged plan: it is cut");
  int n_taken = 0, n_refused = 0;
  for (int i = 0; i < 600; i++) {
    size_t at = BEGIN + unit_below(&seed, (uint32_t)(n - HASH - BEGIN)), length = i % 3 ? n : at + HASH;
    memcpy(bytes, whole, n);
    bytes[at] = (char)(i % 2 ? unit_random(&seed) : (uint64_t)(bytes[at] ^ (1 << unit_below(&seed, 8))));
    hw_hash_bytes(bytes, length - HASH, hash);
    memcpy(bytes + length - HASH, hash, HASH);
    write_bytes(bytes, length);
    if (obtain(&plan, true)) n_taken++;
    else n_refused++;
    hw_plan_close(&plan);
  }
  assert_true(n_refused > 400 && n_taken + n_refused == 600);
  free(whole);
  free(bytes);
}

/* Several processes begin together, one of them beside the lock that a process left behind which was killed: one plan, the same in all. */
TEST(processes_that_begin_together_have_one_plan) {
  enum { N = 4 };
  FILE *left = fopen(lock, "w");
  assert_true(left && fclose(left) == 0);
  pid_t children[N];
  for (int i = 0; i < N; i++)
    if ((children[i] = fork()) == 0) {
      hw_plan plan;
      _exit(obtain(&plan, true) && plan.n_chunks > 1 ? 0 : 1);
    }
  for (int i = 0; i < N; i++) {
    int status;
    assert_true(waitpid(children[i], &status, 0) == children[i] && status == 0);
  }
  hw_plan measured, read;
  assert_ok(obtain(&measured, false) && obtain(&read, true), &err);
  assert_same_plan(&measured, &read);
  hw_plan_close(&measured), hw_plan_close(&read);
  assert_true(access(lock, F_OK) != 0);
}

/* ---- shards ---- */

TEST(shards_as_text) {
  static const struct { const char *text; int64_t k, n; } good[] = {{"1/1", 1, 1}, {"3/4", 3, 4}, {"1000000/1000000", 1000000, 1000000}};
  static const char *const bad[] = {"", "/", "1", "1/", "/2", "0/2", "3/2", "1/2/3", "1/2 ", " 1/2", "a/b", "-1/2", "1/1000001", "1/99999999999999999999", "18446744073709551617/2"};
  hw_shard shard;
  for (size_t i = 0; i < COUNT_OF(good); i++) {
    job.shard = good[i].text;
    assert_true(hw_job_shard(&job, &shard, &err) && shard.k == good[i].k && shard.n == good[i].n);
  }
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    job.shard = bad[i];
    assert_refused(hw_job_shard(&job, &shard, &err), &err, HW_ERROR_INPUT, "want K/N with K from 1 to N");
  }
  job.shard = NULL;
  assert_true(hw_job_shard(&job, &shard, &err) && shard.k == 1 && shard.n == 1);
  size_t taken[3] = {0};
  for (size_t chunk = 0; chunk < 10; chunk++)
    for (int64_t k = 1; k <= 3; k++) taken[k - 1] += hw_shard_takes((hw_shard){k, 3}, chunk);
  assert_true(taken[0] == 4 && taken[1] == 3 && taken[2] == 3);
}

/* A table that the merge knows nothing of would be lost. */
TEST(every_table_has_a_rule_of_the_merge) {
  static const char begin[] = "CREATE TABLE ", optional[] = "IF NOT EXISTS ";
  size_t n = 0;
  for (size_t f = 0; f < hw_n_sql_files; f++)
    for (const char *at = strstr(hw_sql_files[f].text, begin); at; at = strstr(at, begin)) {
      at += sizeof begin - 1;
      if (strncmp(at, optional, sizeof optional - 1) == 0) at += sizeof optional - 1;
      char name[64];
      (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(at, " (\n"), at);
      if (!hw_merge_find(name)) fail_msg("sql/%s: table %s has no row in hw_merge_tables (src/store/merge_rows.c)", hw_sql_files[f].name, name);
      n++;
    }
  assert_true(n >= 37 && hw_n_merge_tables <= n);
  for (size_t i = 0; i < hw_n_merge_tables; i++)
    if (hw_merge_tables[i].writer) assert_non_null(hw_sql(hw_merge_tables[i].writer));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_plan_that_is_read_is_the_one_that_was_measured, setup),
      cmocka_unit_test_setup(a_plan_of_another_run_is_refused_with_what_differs, setup),
      cmocka_unit_test_setup(no_byte_of_a_plan_is_believed, setup),
      cmocka_unit_test_setup(processes_that_begin_together_have_one_plan, setup),
      cmocka_unit_test_setup(shards_as_text, setup),
      cmocka_unit_test_setup(every_table_has_a_rule_of_the_merge, setup),
  };
  return cmocka_run_group_tests(tests, open_all, close_all);
}
