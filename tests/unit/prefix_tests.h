/* SPDX-License-Identifier: Apache-2.0
 * Part of test_run.c: prompts that begin with the same tokens, with shared rows and without, on the fixtures of all families. */
#ifndef HW_TESTS_PREFIX_TESTS_H
#define HW_TESTS_PREFIX_TESTS_H

#include <dirent.h>

/* By turns each model takes one of the two sub-batches with each of the three sizes of what is kept; under a sanitizer one of the sizes. */
enum { FAMILY_PROMPTS = 26 };

/* Prompts that share all, some or none of their tokens, that are the same, and that are the beginnings of others; with targets inside of
 * what is shared, and answers of several tokens that begin alike. */
static void make_family(const hw_model *model, uint64_t seed, hw_prompt_input *inputs) {
  static const char *const targets[] = {"last", "all", "0", "last"};
  size_t longest = model->config.n_ctx < 44 ? (size_t)model->config.n_ctx - 3 : 41, shared = longest / 2;
  int32_t common[2][64];
  for (size_t c = 0; c < 2; c++) unit_ids(&seed, model, longest, common[c]);
  memcpy(common[1], common[0], longest / 3 * sizeof common[0][0]); /* the two part in the middle */
  for (size_t i = 0; i < FAMILY_PROMPTS; i++) {
    size_t same = i % 4 == 3 ? 0 : i % 5 == 4 ? longest : shared + unit_below(&seed, 3), length = same + unit_below(&seed, (uint32_t)(longest - same) + 1);
    if (length == 0) length = 1;
    int32_t *ids = hw_arena_new(&arena, int32_t, length + 6, &err);
    unit_ids(&seed, model, length + 6, ids);
    memcpy(ids, common[i % 3 == 2], same * sizeof *ids);
    job.analysis.targets = targets[i % 4];
    assert_ok(hw_prompt_from_ids(model, &job.analysis, ids, length, &arena, &inputs[i], &err), &err);
    assert_null(inputs[i].failure);
    inputs[i].answer = ids + length;
    inputs[i].n_answer = unit_below(&seed, 4);
    inputs[i].foil = ids + length + 3;
    inputs[i].n_foil = unit_below(&seed, 4);
    if (i % 3 == 1) memcpy(ids + length + 3, ids + length, (1 + i % 2) * sizeof *ids);
  }
}

static void check_family(const hw_model *model, uint64_t seed) {
  static const size_t batch_rows[] = {1, 60}, kept_rows[] = {0, 40, 5000};
  static hw_prompt_input inputs[FAMILY_PROMPTS];
  static hw_prompt_result apart[FAMILY_PROMPTS], shared[FAMILY_PROMPTS];
  hw_flow_settings flow = all_of_it();
  hw_worker first, worker;
  make_family(model, seed, inputs);
  assert_ok(hw_worker_init(&first, model, &flow, 100, &err), &err);
  first.shares_prefixes = false;
  assert_ok(hw_compute(&first, inputs, FAMILY_PROMPTS, apart, &err), &err);
  assert_int_equal(first.n_rows, first.n_tokens);
  for (size_t b = 0; b < COUNT_OF(batch_rows); b++)
    for (size_t k = 0; k < COUNT_OF(kept_rows); k++) {
      if (b != (seed + k) % COUNT_OF(batch_rows) || (SANITIZED && k != seed % COUNT_OF(kept_rows))) continue;
      int64_t rows = 0;
      assert_ok(hw_worker_init(&worker, model, &flow, batch_rows[b], &err), &err);
      assert_ok(hw_worker_keep_prefixes(&worker, kept_rows[k], &err), &err);
      for (int pass = 0; pass < (kept_rows[k] ? 2 : 1); pass++) { /* the first fills what is kept */
        rows = -worker.n_rows;
        hw_arena_reset(&worker.results);
        assert_ok(hw_compute(&worker, inputs, FAMILY_PROMPTS, shared, &err), &err);
        rows += worker.n_rows;
        for (size_t i = 0; i < FAMILY_PROMPTS; i++) {
          char where[128];
          (void)snprintf(where, sizeof where, "%s, sub-batches of %zu rows, %zu rows kept, pass %d, prompt %zu", model->path, batch_rows[b], kept_rows[k], pass, i);
          same_results(&shared[i], &apart[i], (size_t)model->config.n_layers, where);
        }
        if (pass == 0 && hw_model_shares_rows(model, 41)) assert_true(worker.n_rows < worker.n_tokens && worker.n_tokens == first.n_tokens);
      }
      /* what the first pass kept serves the second */
      if (kept_rows[k] == 5000 && model->config.n_ctx >= 44 && hw_model_shares_rows(model, 44)) assert_true(rows < worker.n_rows - rows);
      hw_worker_fini(&worker);
    }
  hw_worker_fini(&first);
}

TEST(shared_prefixes_change_no_bit) {
  DIR *folder = opendir("tests/golden/models");
  size_t n = 0;
  assert_non_null(folder);
  for (const struct dirent *entry; (entry = readdir(folder));) {
    char path[400];
    hw_model *model;
    (void)snprintf(path, sizeof path, "tests/golden/models/%s", entry->d_name);
    if (entry->d_name[0] == '.' || !hw_model_open(path, &model, &err)) continue;
    if (model->config.n_ctx > 12) check_family(model, 6000 + n++);
    hw_model_close(model);
    hw_arena_reset(&arena);
  }
  closedir(folder);
  assert_true(n > 50);
}

#endif
