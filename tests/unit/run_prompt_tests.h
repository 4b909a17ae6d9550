/* SPDX-License-Identifier: Apache-2.0
 * Part of test_run.c: prompts through the tokenizer, and hw_compute over batches. */
#ifndef HW_TESTS_RUN_PROMPT_TESTS_H
#define HW_TESTS_RUN_PROMPT_TESTS_H

/* Under a sanitizer, ten times as slow, models take some of the sizes of a test, by turns: bits are compared in the plain build. */
#ifdef UNIT_SANITIZED
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static const char *const trained[] = {"datasets/models/headwater-gpt2", "datasets/models/headwater-llama"};

static hw_tokenizer *open_tokenizer(const char *folder, const hw_model *model) {
  hw_tokenizer *tokenizer;
  assert_ok(hw_tokenizer_open(folder, model->config.family, &tokenizer, &err), &err);
  return tokenizer;
}

static hw_prompt_input prepare(const hw_model *model, const hw_tokenizer *tokenizer, const char *text, const char *answer, const char *foil) {
  hw_prompt_input input;
  assert_ok(hw_prompt_prepare(model, tokenizer, &job.analysis, text, strlen(text), answer, answer ? strlen(answer) : 0, foil, foil ? strlen(foil) : 0, &arena, &input, &err), &err);
  return input;
}

TEST(prompts_that_cannot_be_traced) {
  for (size_t m = 0; m < 2; m++) {
    hw_model *model = unit_open(trained[m]);
    hw_tokenizer *tokenizer = open_tokenizer(trained[m], model);
    assert_string_equal(prepare(model, tokenizer, "", NULL, NULL).failure, "the prompt is empty");
    assert_non_null(strstr(prepare(model, tokenizer, "bad \xff byte", NULL, NULL).failure, "UTF-8"));
    char longer[2000] = "";
    for (int i = 0; i < 200; i++) strcat(longer, "the key ");
    assert_non_null(strstr(prepare(model, tokenizer, longer, "a", "b").failure, "the model takes at most 128"));
    hw_prompt_input good = prepare(model, tokenizer, "The key", NULL, "");
    assert_null(good.failure);
    assert_true(good.n_answer == 0 && good.n_foil == 0 && good.n_targets == 1 && good.targets[0] == good.n_tokens - 1);
    assert_int_equal(good.has_bos, m == 1); /* auto: LLaMA's files add one */
    job.analysis.bos = HW_BOS_YES;
    hw_prompt_input marked = prepare(model, tokenizer, "The key", NULL, NULL);
    assert_true(marked.has_bos && marked.n_tokens == good.n_tokens + (m == 0));
    assert_memory_equal(marked.ids + (m == 0), good.ids, good.n_tokens * sizeof *good.ids);
    job.analysis.bos = HW_BOS_AUTO;
    hw_tokenizer_close(tokenizer);
    hw_model_close(model);
  }
}

/* The bytes of a list of tokens. */
static const char *bytes_of(const hw_tokenizer *tokenizer, const int32_t *ids, size_t n) {
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_append_string(&text, "");
  for (size_t i = 0; i < n; i++) {
    const char *bytes;
    size_t length;
    assert_true(hw_tokenizer_piece(tokenizer, ids[i], &bytes, &length));
    hw_buffer_append(&text, bytes, length);
  }
  const char *copy = hw_arena_copy(&arena, text.data, text.length, &err);
  hw_buffer_fini(&text);
  return copy;
}

static void compute(const hw_model *model, hw_worker *worker, const hw_flow_settings *flow, size_t batch_rows, const hw_prompt_input *inputs, size_t n, hw_prompt_result *results) {
  assert_ok(hw_worker_init(worker, model, flow, batch_rows, &err), &err);
  assert_ok(hw_compute(worker, inputs, n, results, &err), &err);
}

/* ---- Batches ---- */

enum { MOST_PROMPTS = 70 };

static void same_score(const hw_answer_score *a, const hw_answer_score *b, const char *where) {
  SAME(a->token_id == b->token_id && a->n_tokens == b->n_tokens && a->rank == b->rank && memcmp(&a->logit, &b->logit, sizeof a->logit) == 0 &&
           unit_same_double(a->first_log_probability, b->first_log_probability) && unit_same_double(a->log_probability, b->log_probability),
       "an answer's score differs: log p %.17g, want %.17g", a->log_probability, b->log_probability);
}

static void same_contrast(const hw_prompt_result *a, const hw_prompt_result *b, size_t n_layers, const char *where) {
  SAME(a->contrast.n_shared == b->contrast.n_shared && memcmp(&a->contrast.logit_diff, &b->contrast.logit_diff, sizeof a->contrast.logit_diff) == 0 &&
           unit_same_double(a->contrast.log_probability_diff, b->contrast.log_probability_diff) && a->answer.greedy == b->answer.greedy,
       "an answer against its foil differs: %g, want %g", (double)a->contrast.logit_diff, (double)b->contrast.logit_diff);
  SAME(!a->lens.difference == !b->lens.difference &&
           (!a->lens.difference || memcmp(a->lens.difference, b->lens.difference, n_layers * sizeof *a->lens.difference) == 0),
       "the lens of a difference differs");
}

static void same_results(const hw_prompt_result *a, const hw_prompt_result *b, size_t n_layers, const char *where) {
  SAME(!a->failure == !b->failure && a->flow.n_targets == b->flow.n_targets, "another outcome");
  same_score(&a->answer, &b->answer, where);
  same_score(&a->foil, &b->foil, where);
  same_contrast(a, b, n_layers, where);
  for (size_t t = 0; !a->failure && t < a->flow.n_targets; t++) {
    const hw_prediction *p = &a->predictions[t], *q = &b->predictions[t];
    SAME(p->n == q->n && memcmp(p->ids, q->ids, p->n * sizeof *p->ids) == 0 && memcmp(p->logits, q->logits, p->n * sizeof *p->logits) == 0 &&
             memcmp(p->probabilities, q->probabilities, p->n * sizeof *p->probabilities) == 0,
         "target %zu has another prediction", t);
    same_traces(&a->flow.traces[t], &b->flow.traces[t], where);
  }
}

/* Prompts of 1 to 20 tokens with targets and answers of 0 to 3 tokens: more rows than two sub-batches. */
static void make_prompts(const hw_model *model, uint64_t seed, size_t n, hw_prompt_input *inputs) {
  static const char *const targets[] = {"last", "all", "0", "last"};
  for (size_t i = 0; i < n; i++) {
    size_t length = 1 + unit_below(&seed, 20);
    int32_t *ids = hw_arena_new(&arena, int32_t, length + 6, &err);
    unit_ids(&seed, model, length + 6, ids);
    job.analysis.targets = targets[i % 4];
    assert_ok(hw_prompt_from_ids(model, &job.analysis, ids, length, &arena, &inputs[i], &err), &err);
    assert_null(inputs[i].failure);
    inputs[i].answer = ids + length;
    inputs[i].n_answer = unit_below(&seed, 4);
    inputs[i].foil = ids + length + 3;
    inputs[i].n_foil = unit_below(&seed, 4);
    if (i % 3 == 1) memcpy(ids + length + 3, ids + length, (1 + i % 2) * sizeof *ids); /* answer and foil begin alike */
  }
}

static hw_flow_settings all_of_it(void) {
  return (hw_flow_settings){.threshold = 0.04, .floor = 0.02, .top_neurons = 5, .top_tokens = 5, .project = HW_PROJECT_ALL, .conventions = HW_CONVENTIONS_BOTH};
}

static void check_company(const hw_model *model, size_t n, uint64_t seed) {
  static hw_prompt_input inputs[MOST_PROMPTS], mixed[MOST_PROMPTS];
  static hw_prompt_result alone[MOST_PROMPTS], together[MOST_PROMPTS];
  hw_flow_settings flow = all_of_it();
  hw_worker first, second;
  uint64_t first_seed = seed;
  make_prompts(model, seed, n, inputs);
  compute(model, &first, &flow, 1, inputs, n, alone); /* a sub-batch holds one row: every prompt by itself */
  static const size_t batch_rows[] = {33, 256, HW_BATCH_ROWS, 5000};
  for (size_t s = 0; s < COUNT_OF(batch_rows); s++) {
    if (SANITIZED && s / 2 != first_seed % 2) continue;
    size_t order[MOST_PROMPTS];
    for (size_t i = 0; i < n; i++) order[i] = i;
    for (size_t i = n - 1; s % 2 && i > 0; i--) {
      size_t j = unit_below(&seed, (uint32_t)i + 1), kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    for (size_t i = 0; i < n; i++) mixed[i] = inputs[order[i]];
    compute(model, &second, &flow, batch_rows[s], mixed, n, together);
    for (size_t i = 0; i < n; i++) {
      char where[128];
      (void)snprintf(where, sizeof where, "%s, sub-batches of %zu rows, prompt %zu at place %zu", model->name, batch_rows[s], order[i], i);
      same_results(&together[i], &alone[order[i]], (size_t)model->config.n_layers, where);
    }
    hw_worker_fini(&second);
  }
  hw_worker_fini(&first);
}

TEST(a_prompts_results_are_its_own) {
  if (SANITIZED) print_message("under a sanitizer: some sizes of sub-batches, blocks and kept rows, by turns\n");
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    hw_model *model = unit_open(unit_models[m]);
    /* room for the longest prompt with its answer */
    assert_true(model->config.n_ctx >= 23);
    check_company(model, m < UNIT_FIXTURES ? MOST_PROMPTS : 30, 2000 + m);
    hw_model_close(model);
  }
}

/* On any kernel: the same prompts in the same sub-batches, by a worker that has worked before and by a new one. */
TEST(the_same_chunk_gives_the_same_results) {
  static hw_prompt_input inputs[MOST_PROMPTS];
  static hw_prompt_result before[MOST_PROMPTS], after[MOST_PROMPTS];
  for (size_t m = 0; m < COUNT_OF(unit_models); m += 2) {
    hw_model *model = unit_open(unit_models[m]);
    hw_flow_settings flow = all_of_it();
    hw_worker fresh, used;
    make_prompts(model, 3000 + m, 25, inputs);
    compute(model, &fresh, &flow, 200, inputs, 25, before);
    compute(model, &used, &flow, 200, inputs + 7, 18, after);
    hw_arena_reset(&used.results);
    assert_ok(hw_compute(&used, inputs, 25, after, &err), &err);
    for (size_t i = 0; i < 25; i++) same_results(&after[i], &before[i], (size_t)model->config.n_layers, "again");
    hw_worker_fini(&fresh);
    hw_worker_fini(&used);
    hw_model_close(model);
  }
}

/* What one graph holds, with the arena's rounding. */
static size_t graph_bytes(const hw_target_trace *trace) {
  size_t bytes = sizeof *trace + sizeof(hw_prediction) + trace->n_parts * sizeof(hw_part) + trace->graph.n_edges * sizeof(hw_edge) +
                 trace->graph.n_heads * sizeof(hw_head_row) + trace->graph.n_ffn_nodes * sizeof(hw_ffn_node) + trace->frame.n_tokens * sizeof(double) +
                 trace->n_neuron_nodes * sizeof(hw_neuron_node) + trace->n_neurons * sizeof(hw_neuron_row) + 12 * (size_t)HW_ARENA_OVERHEAD;
  for (size_t i = 0; i < trace->n_projections; i++)
    bytes += sizeof(hw_projection) + 2 * (2 * sizeof(float) * (size_t)trace->projections[i].k + HW_ARENA_OVERHEAD);
  return bytes;
}

/* One prompt or several of a length, with answers, and all that is made of them. */
static void check_memory(const hw_model *model, hw_flow_settings flow, size_t n, size_t length, size_t n_answer, const char *targets, size_t batch_rows) {
  static hw_prompt_input inputs[MOST_PROMPTS];
  static hw_prompt_result results[MOST_PROMPTS];
  hw_worker worker;
  uint64_t seed = 77;
  hw_batch_shape shape = {.n_rows = batch_rows, .n_tokens = HW_TOKENS_A_ROW * batch_rows};
  for (size_t i = 0; i < n; i++) {
    int32_t *ids = hw_arena_new(&arena, int32_t, length + n_answer, &err);
    unit_ids(&seed, model, length + n_answer, ids);
    job.analysis.targets = targets;
    assert_ok(hw_prompt_from_ids(model, &job.analysis, ids, length, &arena, &inputs[i], &err), &err);
    assert_null(inputs[i].failure);
    inputs[i].answer = inputs[i].foil = ids + length;
    inputs[i].n_answer = inputs[i].n_foil = n_answer;
    hw_batch_shape own = hw_prompt_shape(model, true, &inputs[i]);
    if (own.n_rows > shape.n_rows) shape.n_rows = own.n_rows;
    if (own.n_tokens > shape.n_tokens) shape.n_tokens = own.n_tokens;
    if (own.longest > shape.longest) shape.longest = own.longest;
    if (own.n_targets > shape.n_targets) shape.n_targets = own.n_targets;
  }
  compute(model, &worker, &flow, batch_rows, inputs, n, results);
  size_t estimate = hw_worker_bytes(model, &flow, &shape) - HW_RESULTS_BYTES - HW_PANEL_FLOATS * sizeof(float), most_parts = 0;
  size_t of_results = n * (4096 + 64 * (size_t)model->config.n_layers); /* what the prompts have beside their graphs */
  for (size_t i = 0; i < n; i++)
    for (size_t t = 0; t < results[i].flow.n_targets; t++) {
      const hw_target_trace *trace = &results[i].flow.traces[t];
      if (trace->n_parts > most_parts) most_parts = trace->n_parts;
      of_results += graph_bytes(trace);
    }
  estimate += 2 * most_parts * (sizeof(hw_edge) + sizeof(hw_ffn_node)); /* a replay's rows, and the graph that is made of them */
  if (worker.results.peak > of_results)
    fail_msg("%s: %zu prompts of %zu tokens, targets %s: results of %zu bytes hold graphs of %zu", model->name, n, length, targets,
             worker.results.peak, of_results);
  if (worker.scratch.peak > estimate)
    fail_msg("%s: %zu prompts of %zu tokens, answers of %zu, targets %s, sub-batches of %zu rows: %zu bytes, the estimate is %zu", model->name, n, length,
             n_answer, targets, batch_rows, worker.scratch.peak, estimate);
  hw_worker_fini(&worker);
}

TEST(a_workers_memory_is_at_most_the_estimate) {
  static const size_t lengths[] = {1, 17, 63}, batches[] = {1, 65, HW_BATCH_ROWS};
  static const char *const targets[] = {"last", "all", "0"};
  if (SANITIZED) print_message("under a sanitizer: a third of the models\n");
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    if (SANITIZED && m % 3) continue;
    hw_model *model = unit_open(unit_models[m]);
    for (size_t l = 0; l < COUNT_OF(lengths) && (int64_t)lengths[l] + 8 < model->config.n_ctx; l++)
      for (size_t i = 0; i < 3; i++) {
        hw_flow_settings flow = all_of_it();
        if (i == 1) flow = (hw_flow_settings){.threshold = 1e-6, .floor = 1e-6, .top_neurons = 5, .top_tokens = 5}; /* all nodes are reached */
        flow.states_only = (l + m) % 2 == 0 && hw_model_holds_layers(model);
        check_memory(model, flow, 1 + 6 * i, lengths[l], 4 - 2 * i, targets[(i + m) % 3], batches[(i + l) % 3]);
        hw_arena_reset(&arena);
      }
    size_t n_ctx = (size_t)model->config.n_ctx; /* the longest prompt, and the longest answer */
    check_memory(model, all_of_it(), 1, n_ctx, 0, "last", 1);
    check_memory(model, all_of_it(), 3, n_ctx / 2, n_ctx - n_ctx / 2 + 1, "last", HW_BATCH_ROWS);
    hw_model_close(model);
  }
}

/* Shapes in which one thing takes most of the memory: proximities (all at once, and in blocks), neurons, positions of
 * the graphs of many targets. */
TEST(what_takes_most_of_the_memory_is_counted) {
  static const struct { int64_t n_heads, d_ffn; size_t floats; const char *targets; } shapes[] = {{12, 5, 0, "last"}, {12, 5, 20000, "last"}, {1, 20000, 0, "all"}, {2, 5, 0, "all"}};
  for (size_t i = 0; i < COUNT_OF(shapes); i++) {
    toy t;
    hw_model *model;
    hw_flow_settings flow = {.threshold = 1e-6, .floor = 1e-6, .top_neurons = 5, .top_tokens = 5, .project = HW_PROJECT_NONE, .proximity_floats = shapes[i].floats};
    if (shapes[i].targets[0] == 'a') flow.threshold = flow.floor = 0.9; /* every node of the last layer is a target's */
    toy_gpt2(&t, 5, HW_F32, (toy_sizes){2, shapes[i].n_heads, shapes[i].n_heads, 12, 12 / shapes[i].n_heads, shapes[i].d_ffn, 500, 19});
    toy_write(&t);
    assert_ok(hw_model_open(t.folder, &model, &err), &err);
    check_memory(model, flow, 1, 499, 0, shapes[i].targets, 1);
    hw_model_close(model);
    toy_fini(&t);
    hw_arena_reset(&arena);
  }
}

/* What hw_estimate_memory gives up for less memory, in its order. */
enum { HALF_BATCH = 1, IN_BLOCKS = 2, NO_PREFIXES = 4, FEWER_WORKERS = 8, STATES_ONLY = 16, ALL_STEPS = 31 };

/* n prompts that begin alike, under each cap in MiB from what is wanted down to what is refused: what workers take stays below what is
 * announced, and that below the cap. Returns the steps that were taken. */
static int check_caps(const hw_model *model, size_t n, size_t length) {
  static hw_prompt_input inputs[MOST_PROMPTS];
  static hw_prompt_result results[MOST_PROMPTS];
  enum { THREADS = 2 };
  const hw_flow_settings whole = {.threshold = 0.04, .floor = 0.01, .top_neurons = 5, .top_tokens = 5};
  int32_t *ids = hw_arena_new(&arena, int32_t, length + n, &err);
  uint64_t seed = 5;
  unit_ids(&seed, model, length + n, ids);
  job.analysis.targets = "last";
  for (size_t i = 0; i < n; i++) {
    int32_t *own = hw_arena_new(&arena, int32_t, length, &err);
    memcpy(own, ids, length * sizeof *ids);
    own[length - 1] = ids[length - 1 + i];
    assert_ok(hw_prompt_from_ids(model, &job.analysis, own, length, &arena, &inputs[i], &err), &err);
  }
  hw_plan plan = {.largest = hw_prompt_shape(model, true, &inputs[0]), .n_tokens = (int64_t)(n * length)};
  plan.largest.n_graphs = n;
  int before = 0, tried = -1;
  const char *where = model->name;
  size_t batch_rows, kept_rows;
  hw_plan_summary summary = {.threads = THREADS};
  hw_flow_settings flow = whole;
  job.memory = 0;
  assert_ok(hw_estimate_memory(&job, model, &plan, &flow, &summary, &batch_rows, &kept_rows, &err), &err);
  for (job.memory = (int64_t)(THREADS * summary.worker_bytes >> 20) + 1;; job.memory--) {
    flow = whole;
    if (!hw_estimate_memory(&job, model, &plan, &flow, &summary, &batch_rows, &kept_rows, &err)) break;
    size_t announced = (size_t)summary.workers * summary.worker_bytes + summary.packed_bytes + summary.packed_back_bytes + summary.screen_bytes;
    int steps = (batch_rows < HW_BATCH_ROWS ? HALF_BATCH : 0) | (flow.proximity_floats ? IN_BLOCKS : 0) | (kept_rows ? 0 : NO_PREFIXES) |
                (summary.workers < THREADS ? FEWER_WORKERS : 0) | (flow.states_only ? STATES_ONLY : 0);
    SAME(announced <= (size_t)job.memory << 20, "%zu bytes are announced, the cap is %lld MiB", announced, (long long)job.memory);
    SAME((before & ~steps) == 0, "steps %d after %d", steps, before);
    if (steps == tried) continue;
    before = tried = steps;
    hw_worker worker;
    assert_ok(hw_worker_init(&worker, model, &flow, batch_rows, &err), &err);
    assert_ok(hw_worker_keep_prefixes(&worker, kept_rows, &err), &err);
    assert_true((worker.prefixes != NULL) == (kept_rows > 0));
    assert_ok(hw_compute(&worker, inputs, n, results, &err), &err);
    size_t taken = worker.scratch.peak + HW_PANEL_FLOATS * sizeof(float) + hw_prefixes_bytes(model, kept_rows, length, false);
    size_t for_results = hw_results_bytes(model, &flow, &plan.largest);
    SAME(worker.results.peak <= for_results && taken <= summary.worker_bytes - for_results, "with steps %d a worker takes %zu bytes and %zu of results, %zu and %zu are announced",
         steps, taken, worker.results.peak, summary.worker_bytes - for_results, for_results);
    hw_worker_fini(&worker);
  }
  assert_non_null(strstr(err.message, "the cap is"));
  bool advised = strstr(err.message, "leave such prompts out") != NULL; /* where that helps */
  plan.largest.n_rows /= 2;
  plan.largest.n_tokens /= 2;
  plan.largest.longest /= 2;
  flow = whole;
  bool fits = hw_estimate_memory(&job, model, &plan, &flow, &summary, &batch_rows, &kept_rows, &err);
  SAME(advised == fits, "prompts of half the length %s", fits ? "fit" : "do not fit");
  SAME(advised == (length > HW_BATCH_ROWS), "a prompt of %zu tokens", length);
  err = (hw_error){0};
  return before;
}

TEST(memory_stays_within_the_cap_step_by_step) {
  toy t;
  hw_model *model;
  toy_gpt2(&t, 5, HW_F32, (toy_sizes){3, 12, 12, 96, 8, 400, 640, 19});
  toy_write(&t);
  assert_ok(hw_model_open(t.folder, &model, &err), &err);
  assert_int_equal(check_caps(model, 20, 40) | check_caps(model, 1, 640), ALL_STEPS);
  assert_int_equal(check_caps(model, 1, 640) & STATES_ONLY, STATES_ONLY);
  hw_model_close(model);
  toy_fini(&t);
}

/* Each attention node by itself, some together, all together; with activations of states only. */
TEST(blocks_of_attention_nodes_and_states_only_do_not_change_the_results) {
  static hw_prompt_input inputs[MOST_PROMPTS];
  static hw_prompt_result whole[MOST_PROMPTS], blocks[MOST_PROMPTS];
  static const size_t floats[] = {1, 100, 777};
  for (size_t m = 0; m < COUNT_OF(unit_models); m++) {
    hw_model *model = unit_open(unit_models[m]);
    hw_flow_settings flow = all_of_it();
    hw_worker first, second;
    make_prompts(model, 4000 + m, 20, inputs);
    compute(model, &first, &flow, HW_BATCH_ROWS, inputs, 20, whole);
    for (size_t f = 0; f < COUNT_OF(floats) + hw_model_holds_layers(model); f++) {
      if (SANITIZED && f < COUNT_OF(floats) && f != m % COUNT_OF(floats)) continue;
      flow.states_only = f == COUNT_OF(floats);
      flow.proximity_floats = flow.states_only ? 0 : floats[f];
      compute(model, &second, &flow, HW_BATCH_ROWS, inputs, 20, blocks);
      for (size_t i = 0; i < 20; i++) same_results(&blocks[i], &whole[i], (size_t)model->config.n_layers, "in blocks, or with states only");
      hw_worker_fini(&second);
    }
    hw_worker_fini(&first);
    hw_model_close(model);
  }
}

TEST(failed_prompts_leave_the_others_alone) {
  hw_model *model = unit_open(unit_models[2]);
  hw_prompt_input inputs[5], good[2];
  hw_prompt_result results[5], want[2];
  hw_worker worker, other;
  hw_flow_settings flow = all_of_it();
  make_prompts(model, 5, 5, inputs);
  inputs[0] = (hw_prompt_input){.failure = "first"};
  inputs[2] = (hw_prompt_input){.failure = "third"};
  inputs[4] = (hw_prompt_input){.failure = "fifth"};
  good[0] = inputs[1];
  good[1] = inputs[3];
  compute(model, &worker, &flow, HW_BATCH_ROWS, inputs, 5, results);
  compute(model, &other, &flow, HW_BATCH_ROWS, good, 2, want);
  assert_string_equal(results[0].failure, "first");
  assert_string_equal(results[2].failure, "third");
  assert_string_equal(results[4].failure, "fifth");
  assert_int_equal(results[0].answer.token_id, -1);
  same_results(&results[1], &want[0], (size_t)model->config.n_layers, "beside failed rows");
  same_results(&results[3], &want[1], (size_t)model->config.n_layers, "beside failed rows");
  hw_worker_fini(&worker);
  hw_worker_fini(&other);
  static hw_prompt_input none[3];
  for (size_t i = 0; i < 3; i++) none[i].failure = "all";
  compute(model, &worker, &flow, HW_BATCH_ROWS, none, 3, results); /* nothing to do at all */
  for (size_t i = 0; i < 3; i++) assert_string_equal(results[i].failure, "all");
  hw_worker_fini(&worker);
  hw_model_close(model);
}

#endif
