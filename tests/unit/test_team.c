/* SPDX-License-Identifier: Apache-2.0
 * Divided work: each part is computed once, places are nobody else's at the same time, and no bit depends on the number of members. */
#include <pthread.h>
#include <stdatomic.h>

#include "model_folder.h"
#include "relevance_compare.h"
#include "trace_compare.h"

#include "headwater/trace.h"
#include "tensor/pack.h"
#include "tensor/team.h"

static const size_t sizes[] = {1, 2, 4, 7};

/* A team all of whose helpers wait. */
typedef struct made_team {
  hw_team team;
  float *panel;
} made_team;

static void wait_for_all(const hw_team *team) {
  while (hw_team_present(team) < hw_team_most(team)) usleep(100);
}

static made_team open_team(size_t n) {
  hw_error err;
  made_team made = {.panel = unit_floats(HW_PANEL_FLOATS)};
  made.team = (hw_team){.panel = made.panel, .helpers = hw_helpers_new(n, &err)};
  assert_non_null(made.team.helpers);
  hw_helpers_start(made.team.helpers, n - 1);
  wait_for_all(&made.team);
  return made;
}

static void close_team(made_team *made) {
  hw_helpers_free(made->team.helpers);
  free(made->panel);
}

/* ---- hw_divide ---- */

enum { PARTS = 1000, MOST = 8 };

typedef struct tally {
  atomic_int done[PARTS], at_place[MOST], n_shares;
  atomic_bool collided, small;
  size_t most, least;
  const hw_member *members[MOST];
  float *panels[MOST];
} tally;

static void count_parts(void *context, size_t begin, size_t end, const hw_member *member) {
  tally *t = context;
  if (member->place >= t->most || member->team.helpers || atomic_fetch_add(&t->at_place[member->place], 1) != 0) t->collided = true;
  if (end - begin < t->least && end != PARTS) t->small = true;
  t->panels[member->place] = member->team.panel;
  for (size_t i = begin; i < end; i++) atomic_fetch_add(&t->done[i], 1);
  atomic_fetch_add(&t->n_shares, 1);
  usleep(200); /* so that the others come */
  atomic_fetch_sub(&t->at_place[member->place], 1);
}

TEST(each_part_is_computed_once) {
  for (size_t s = 0; s < COUNT_OF(sizes); s++)
    for (size_t least = 1; least <= 300; least *= 17) {
      made_team made = open_team(sizes[s]);
      tally t = {.most = sizes[s], .least = least};
      hw_divide(&made.team, PARTS, least, count_parts, &t);
      for (size_t i = 0; i < PARTS; i++) assert_int_equal(t.done[i], 1);
      assert_false(t.collided);
      assert_false(t.small);
      if (sizes[s] > 1) assert_true(t.n_shares > 1);
      for (size_t a = 0; a < MOST; a++) /* each has a panel of its own */
        for (size_t b = 0; b < a; b++) assert_true(!t.panels[a] || t.panels[a] != t.panels[b]);
      close_team(&made);
    }
}

TEST(work_too_small_to_divide_stays_whole) {
  made_team made = open_team(4);
  tally t = {.most = 4, .least = PARTS};
  hw_divide(&made.team, PARTS, PARTS, count_parts, &t);
  assert_int_equal(t.n_shares, 1);
  hw_divide(&made.team, 0, 1, count_parts, &t);
  assert_int_equal(t.n_shares, 1);
  close_team(&made);
}

/* Three threads divide work among themselves and two helpers, again and again; later they help one another. */
typedef struct divider {
  struct hw_helpers *helpers;
  atomic_int *working;
  bool wrong;
} divider;

static void *divide_often(void *context) {
  divider *d = context;
  float *panel = unit_floats(HW_PANEL_FLOATS);
  const hw_team team = {.panel = panel, .helpers = d->helpers};
  for (int i = 0; i < 20; i++) {
    tally t = {.most = 5, .least = 3};
    hw_divide(&team, PARTS, 3, count_parts, &t);
    for (size_t p = 0; p < PARTS; p++) d->wrong = d->wrong || t.done[p] != 1;
    d->wrong = d->wrong || t.collided;
  }
  if (atomic_fetch_sub(d->working, 1) == 1) hw_helpers_dismiss(d->helpers);
  hw_help(d->helpers, panel);
  free(panel);
  return NULL;
}

TEST(several_threads_divide_at_once) {
  hw_error err;
  pthread_t threads[3];
  divider dividers[3];
  atomic_int working = 3;
  struct hw_helpers *helpers = hw_helpers_new(5, &err);
  assert_non_null(helpers);
  hw_helpers_start(helpers, 2);
  for (int i = 0; i < 3; i++) {
    dividers[i] = (divider){.helpers = helpers, .working = &working};
    assert_int_equal(pthread_create(&threads[i], NULL, divide_often, &dividers[i]), 0);
  }
  for (int i = 0; i < 3; i++) {
    (void)pthread_join(threads[i], NULL);
    assert_false(dividers[i].wrong);
  }
  hw_helpers_free(helpers);
}

/* ---- Products ---- */

/* Plain, with the inputs first, with heads as rotary pairs, in BF16; packed beforehand or not; fewer rows than outputs, and more. */
TEST(products_have_the_same_bits) {
  enum { N_IN = 400, N_OUT = 1000, PAIRED = 40, MOST_ROWS = 700 };
  static const size_t rows[] = {3, 90, MOST_ROWS};
  uint64_t seed = 3;
  float *panel = unit_floats(HW_PANEL_FLOATS), *data = unit_floats((size_t)N_IN * N_OUT), *x = unit_floats((size_t)MOST_ROWS * N_IN);
  float *want = unit_floats((size_t)MOST_ROWS * N_OUT), *y = unit_floats((size_t)MOST_ROWS * N_OUT);
  unit_fill(&seed, 1, (size_t)N_IN * N_OUT, data);
  unit_fill(&seed, 1, (size_t)MOST_ROWS * N_IN, x);
  for (int form = 0; form < 4; form++) {
    hw_matrix w = {.data = data, .dtype = HW_F32, .n_in = N_IN, .n_out = N_OUT, .stride = form == 1 ? N_OUT : N_IN, .in_first = form == 1, .paired = form == 2 ? PAIRED : 0, .bf16 = form == 3};
    size_t step = HW_PACK_WIDTH * hw_pack_depth(&w, N_IN);
    float *packed = unit_floats(hw_packed_cells(&w));
    for (size_t p = 0; p < hw_pack_panels(&w); p++) hw_pack_panel(&w, p, 0, N_IN, packed + p * step);
    for (int is_packed = 0; is_packed < 2; is_packed++) {
      if (is_packed) w.packed = packed, w.packed_step = step;
      for (size_t r = 0; r < COUNT_OF(rows); r++) {
        hw_gemm(&w, x, N_IN, want, N_OUT, rows[r], panel);
        for (size_t s = 0; s < COUNT_OF(sizes); s++) {
          made_team made = open_team(sizes[s]);
          for (size_t i = 0; i < rows[r] * N_OUT; i++) y[i] = NAN;
          hw_team_gemm(&w, x, N_IN, y, N_OUT, rows[r], &made.team);
          assert_memory_equal(y, want, rows[r] * N_OUT * sizeof *y);
          close_team(&made);
        }
      }
    }
    free(packed);
  }
  free(panel);
  free(data);
  free(x);
  free(want);
  free(y);
}

/* ---- Traces ---- */

static void same_predictions(const hw_trace *a, const hw_trace *b) {
  for (size_t t = 0; t < a->prompt.n_targets; t++)
    for (uint32_t i = 0; i < HW_PREDICTIONS; i++) {
      const hw_prediction *found = &a->result.predictions[t], *want = &b->result.predictions[t];
      assert_true(found->ids[i] == want->ids[i] && memcmp(&found->logits[i], &want->logits[i], sizeof(float)) == 0);
    }
}

/* Long enough that each kind of work is divided. */
TEST(traces_have_the_same_bits) {
  static const char *const models[] = {"datasets/models/headwater-gpt2", "datasets/models/headwater-llama"};
  enum { TOKENS = 128 };
  hw_error err;
  for (size_t m = 0; m < COUNT_OF(models); m++) {
    uint64_t seed = 5 + m;
    hw_model *model = unit_open(models[m]);
    int32_t ids[TOKENS];
    unit_ids(&seed, model, TOKENS, ids);
    hw_analysis analysis;
    hw_analysis_defaults(&analysis);
    analysis.targets = "all";
    analysis.project = HW_PROJECT_ALL;
    analysis.threads = 1;
    hw_trace want, found;
    assert_ok(hw_trace_ids(model, &analysis, ids, TOKENS, &want, &err), &err);
    for (size_t s = 1; s < COUNT_OF(sizes); s++) {
      analysis.threads = (int64_t)sizes[s];
      assert_ok(hw_trace_ids(model, &analysis, ids, TOKENS, &found, &err), &err);
      same_predictions(&found, &want);
      for (size_t t = 0; t < TOKENS; t++) same_traces(&found.result.flow.traces[t], &want.result.flow.traces[t], models[m]);
      hw_trace_fini(&found);
    }
    hw_trace_fini(&want);
    hw_model_close(model);
  }
}

/* ---- Relevances ---- */

/* Two prompts, each the other's counterfactual. Whether all margins can be divided. Work space is what is counted, at most. */
static bool ask(bench *b, const hw_activations *acts, const made_team *made, size_t n_tokens, int32_t answer, int32_t foil, hw_relevance_prompt asked[2]) {
  const hw_relevance_settings settings = {.answer = true, .contrast = true, .floor = 1e-4, .top_neurons = 100};
  hw_arena scratch;
  bool usable = true;
  hw_arena_init(&scratch);
  for (size_t i = 0; i < 2; i++) asked[i] = (hw_relevance_prompt){.prompt = i, .reference = 1 - i, .answer = answer, .foil = foil};
  assert_ok(hw_relevance_trace(acts, &settings, asked, 2, &made->team, &b->arena, &scratch, &b->err), &b->err);
  size_t n = hw_team_most(&made->team), counted = hw_relevance_work_bytes(acts->model, &settings, 2 * n_tokens, n_tokens, n);
  if (scratch.peak > counted) fail_msg("%s, %zu threads: %zu bytes are taken, %zu counted", acts->model->name, n, scratch.peak, counted);
  hw_arena_fini(&scratch);
  for (size_t i = 0; i < 2; i++) usable = usable && !asked[i].by_answer.reason && !asked[i].by_contrast.reason;
  return usable;
}

/* Two prompts that part in two places, and two tokens between which they differ; by each team. */
static void check_relevances(const hw_model *model, size_t n_tokens, uint64_t seed) {
  enum { FIRST_TOKEN = 5 };
  const size_t changed[] = {1, n_tokens - 1};
  hw_relevance_prompt want[2], found[2];
  int32_t *ids = unit_alloc(2 * n_tokens, sizeof *ids), answer = FIRST_TOKEN, foil = FIRST_TOKEN + 1;
  unit_ids(&seed, model, n_tokens, ids);
  memcpy(ids + n_tokens, ids, n_tokens * sizeof *ids);
  for (size_t i = 0; i < COUNT_OF(changed); i++) ids[n_tokens + changed[i]] = (ids[changed[i]] + 1) % (int32_t)model->config.vocab_size;
  bench b;
  bench_init(&b);
  hw_activations acts = bench_forward(&b, model, ids, (const size_t[]){n_tokens, n_tokens}, 2);
  made_team alone = open_team(1);
  while (!ask(&b, &acts, &alone, n_tokens, answer, foil, want)) {
    if (++foil == (int32_t)model->config.vocab_out) foil = ++answer + 1;
    assert_true(foil < (int32_t)model->config.vocab_out);
  }
  close_team(&alone);
  assert_true(want[0].by_contrast.n_parts > 100 && want[1].by_contrast.n_parts > 100);
  for (size_t s = 1; s < COUNT_OF(sizes); s++) {
    made_team made = open_team(sizes[s]);
    assert_true(ask(&b, &acts, &made, n_tokens, answer, foil, found));
    for (size_t i = 0; i < 2; i++) {
      same_relevances(&found[i].by_answer, &want[i].by_answer, model, n_tokens);
      same_relevances(&found[i].by_contrast, &want[i].by_contrast, model, n_tokens);
    }
    close_team(&made);
  }
  bench_fini(&b);
  free(ids);
}

/* Long enough that heads are divided; the last one has more queries than are taken at a time. */
TEST(relevances_have_the_same_bits) {
  static const char *const models[] = {"datasets/models/headwater-gpt2", "datasets/models/headwater-llama"};
  for (size_t m = 0; m < COUNT_OF(models); m++) {
    hw_model *model = unit_open(models[m]);
    check_relevances(model, 128, 5 + m);
    hw_model_close(model);
  }
  toy t;
  toy_llama(&t, 3, HW_F32, (toy_sizes){2, 6, 3, 12, 4, 20, 420, 19}, false);
  toy_write(&t);
  hw_model *model = unit_open(t.folder);
  check_relevances(model, 420, 9);
  hw_model_close(model);
  toy_fini(&t);
}

/* Rows of an FFN are computed 1,024 at a time: a long prompt has the same bits wherever it is cut, and beside prompts of few tokens. What is left at the
 * embedding, with the biases, is the margin. */
TEST(answer_relevances_have_the_same_bits_wherever_rows_are_cut) {
  enum { SHORT = 9, LONG = 1100, N = SHORT + 2 * LONG };
  static const size_t lengths[] = {SHORT, LONG, LONG}, starts[] = {0, SHORT, SHORT + LONG};
  const hw_relevance_settings settings = {.answer = true, .floor = 1e-4, .top_neurons = 100};
  uint64_t seed = 17;
  int32_t ids[N];
  toy t;
  toy_llama(&t, 3, HW_F32, (toy_sizes){3, 6, 3, 12, 4, 20, LONG, 19}, false);
  toy_write(&t);
  hw_model *model = unit_open(t.folder);
  unit_ids(&seed, model, N, ids);
  made_team team = open_team(2);
  bench b, own;
  bench_init(&b);
  bench_init(&own);
  hw_relevance_prompt together[COUNT_OF(lengths)], alone;
  for (size_t i = 0; i < COUNT_OF(lengths); i++) together[i] = (hw_relevance_prompt){.prompt = i, .reference = HW_NO_REFERENCE, .answer = 5, .foil = 6};
  hw_activations acts = bench_forward(&b, model, ids, lengths, COUNT_OF(lengths));
  assert_ok(hw_relevance_trace(&acts, &settings, together, COUNT_OF(lengths), &team.team, &b.arena, &b.arena, &b.err), &b.err);
  for (size_t i = 0; i < COUNT_OF(lengths); i++) {
    hw_activations only = bench_forward(&own, model, ids + starts[i], &lengths[i], 1);
    alone = (hw_relevance_prompt){.prompt = 0, .reference = HW_NO_REFERENCE, .answer = 5, .foil = 6};
    assert_ok(hw_relevance_trace(&only, &settings, &alone, 1, &team.team, &own.arena, &own.arena, &own.err), &own.err);
    const hw_relevance *found = &together[i].by_answer;
    assert_null(found->reason);
    same_relevances(found, &alone.by_answer, model, lengths[i]);
    double sum = found->biases;
    for (size_t k = 0; k < lengths[i]; k++) sum += found->states[k];
    if (!(fabs(sum - found->m) <= 1e-5 * fmax(1, fabs(found->m)))) fail_msg("prompt %zu: %g of %g", i, sum, found->m);
    hw_arena_reset(&own.arena);
  }
  close_team(&team);
  bench_fini(&own);
  bench_fini(&b);
  hw_model_close(model);
  toy_fini(&t);
}

/* What is counted for a longest prompt holds for shorter ones, of which more are computed at the same time. */
TEST(memory_of_relevances_grows_with_the_longest_prompt) {
  const hw_relevance_settings settings = {.answer = true, .contrast = true};
  hw_model *model = unit_open("datasets/models/headwater-gpt2");
  for (size_t s = 0; s < COUNT_OF(sizes); s++)
    for (size_t longest = 2; longest <= 10000; longest++)
      assert_true(hw_relevance_work_bytes(model, &settings, 10000, longest, sizes[s]) >= hw_relevance_work_bytes(model, &settings, 10000, longest - 1, sizes[s]));
  hw_model_close(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_part_is_computed_once),  cmocka_unit_test(work_too_small_to_divide_stays_whole), cmocka_unit_test(several_threads_divide_at_once),
      cmocka_unit_test(products_have_the_same_bits), cmocka_unit_test(traces_have_the_same_bits),
      cmocka_unit_test(relevances_have_the_same_bits), cmocka_unit_test(answer_relevances_have_the_same_bits_wherever_rows_are_cut), cmocka_unit_test(memory_of_relevances_grows_with_the_longest_prompt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
