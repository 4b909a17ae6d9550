/* SPDX-License-Identifier: Apache-2.0
 * Prompts in, results out: sub-batches of whole prompts go through the forward pass, the predictions and the flow. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/real.h"
#include "flow/nodes.h"
#include "headwater/run.h"
#include "run/prefix.h"
#include "run/profile.h"
#include "run/relevance.h"

bool hw_worker_init(hw_worker *worker, const hw_model *model, const hw_flow_settings *flow, size_t batch_rows, hw_error *err) {
  *worker = (hw_worker){.model = model, .flow = *flow, .batch_rows = batch_rows, .shares_prefixes = true};
  hw_arena_init(&worker->results);
  hw_arena_init(&worker->scratch);
  worker->team.panel = hw_memory_large(HW_PANEL_FLOATS * sizeof *worker->team.panel);
  return worker->team.panel || hw_fail_memory(err, "a worker");
}

bool hw_worker_keep_prefixes(hw_worker *worker, size_t most_rows, hw_error *err) {
  return most_rows == 0 || (worker->prefixes = hw_prefixes_new(worker->model, most_rows, err)) != NULL;
}

void hw_worker_fini(hw_worker *worker) {
  hw_prefixes_free(worker->prefixes);
  free(worker->team.panel);
  hw_arena_fini(&worker->results);
  hw_arena_fini(&worker->scratch);
  *worker = (hw_worker){0};
}

/* Tokens of the extra sequence that scores an answer: the prompt and all of the answer but its last token. */
static size_t scoring_tokens(const hw_prompt_input *input, size_t n_answer) { return n_answer > 1 ? input->n_tokens + n_answer - 1 : 0; }

/* Rows of that sequence. */
static size_t scoring_rows(const hw_model *model, bool shares, const hw_prompt_input *input, size_t n_answer) {
  size_t n = scoring_tokens(input, n_answer);
  return n - (shares && n ? hw_prefix_of_longer(model, input->n_tokens, n) : 0);
}

hw_batch_shape hw_prompt_shape(const hw_model *model, bool shares, const hw_prompt_input *input) {
  if (input->failure) return (hw_batch_shape){0};
  size_t answer = scoring_tokens(input, input->n_answer), foil = scoring_tokens(input, input->n_foil);
  size_t longest = answer > foil ? answer : foil;
  return (hw_batch_shape){.n_rows = input->n_tokens + scoring_rows(model, shares, input, input->n_answer) + scoring_rows(model, shares, input, input->n_foil),
                          .n_tokens = input->n_tokens + answer + foil, .longest = longest > input->n_tokens ? longest : input->n_tokens,
                          .n_targets = input->n_targets, .n_graphs = input->n_targets};
}

/* Sizes of a sub-batch's lists. The number of rows bounds them: each prompt, each target and each later token of an answer counts as a row
 * at least (own_rows). */
static size_t count_queries(const hw_model *model, size_t n_rows) { return n_rows * ((size_t)model->config.n_layers + 4); }

size_t hw_results_bytes(const hw_model *model, const hw_flow_settings *flow, const hw_batch_shape *shape) {
  size_t graphs = shape->n_graphs * hw_flow_graph_bytes(model, flow, shape->longest);
  return graphs > HW_RESULTS_BYTES ? graphs : HW_RESULTS_BYTES;
}

size_t hw_worker_bytes(const hw_model *model, const hw_flow_settings *flow, const hw_batch_shape *shape) {
  size_t rows = shape->n_rows, tokens = shape->n_tokens, queries = count_queries(model, rows), members = shape->n_members ? shape->n_members : 1;
  size_t lists = tokens * sizeof(int32_t) + rows * (3 * sizeof(size_t) + sizeof(hw_flow_prompt)) + sizeof(size_t) + 4 * (size_t)HW_ARENA_OVERHEAD +
                 hw_lay_out_bytes(3 * rows, tokens);
  size_t asked = queries * (sizeof(hw_next_token) + 2 * sizeof(hw_token_score) + HW_ARENA_OVERHEAD);
  return sizeof(float) * HW_PANEL_FLOATS + lists + asked + hw_forward_bytes(model, rows, shape->longest, members, flow->states_only, shape->keeps_inputs) + hw_next_tokens_bytes(model, queries) +
         hw_flow_bytes(model, flow, rows, tokens, shape->longest, shape->n_targets, members) + hw_results_bytes(model, flow, shape);
}

/* A sub-batch as it is put together: prompts first, then the sequences that score answers of several tokens. */
typedef struct sub_batch {
  hw_worker *worker;
  const hw_prompt_input *inputs;
  hw_prompt_result *results;
  size_t begin, end;  /* inputs [begin, end) */
  size_t n_sequences, n_tokens;
  int32_t *ids;
  size_t *first;
  hw_next_token *queries;
  size_t n_queries;
  hw_error *err;
} sub_batch;

static void append_sequence(sub_batch *b, const int32_t *ids, size_t n, const int32_t *more, size_t n_more) {
  memcpy(b->ids + b->n_tokens, ids, n * sizeof *ids);
  if (n_more) memcpy(b->ids + b->n_tokens + n, more, n_more * sizeof *more);
  b->n_tokens += n + n_more;
  b->first[++b->n_sequences] = b->n_tokens;
}

static void begin_score(hw_answer_score *score, const int32_t *ids, size_t n) {
  *score = (hw_answer_score){.token_id = n ? ids[0] : -1, .n_tokens = (uint32_t)n};
}

/* The token, from 0, where answer and foil part if they begin alike; 0 if they part at once, or nowhere. */
static size_t parting_token(const hw_prompt_input *input) {
  return hw_prompt_foil_is_contained(input) ? 0 : hw_prompt_shared_tokens(input);
}

/* Queries of a prompt at most: a logit lens has one for each layer. */
static size_t prompt_queries(const hw_prompt_input *input, size_t n_layers) {
  return input->n_targets + input->n_answer + input->n_foil + n_layers * (parting_token(input) ? 2 : 1);
}

/* Lists the tokens, those that are NULL left out. */
static bool list_scores(sub_batch *b, const int32_t *answer, const int32_t *foil, hw_next_token *query) {
  hw_token_score *scores = hw_arena_znew(&b->worker->scratch, hw_token_score, 2, b->err);
  if (!scores) return false;
  query->scores = scores;
  if (answer) scores[query->n_scores++].id = *answer;
  if (foil) scores[query->n_scores++].id = *foil;
  return true;
}

/* Asks for tokens after a token of the batch, of the state after the last block but `skip`. Tokens get their rows when all are there. */
static bool ask(sub_batch *b, size_t token, size_t skip, const int32_t *answer, const int32_t *foil) {
  hw_next_token *query = &b->queries[b->n_queries++];
  *query = (hw_next_token){.row = token, .skip = (uint32_t)skip};
  return list_scores(b, answer, foil, query);
}

static bool lay_out(sub_batch *b) {
  size_t n_layers = (size_t)b->worker->model->config.n_layers, tokens = 0, queries = 0, n = 0;
  for (size_t i = b->begin; i < b->end; i++) {
    if (b->inputs[i].failure) continue;
    n++;
    tokens += hw_prompt_shape(b->worker->model, false, &b->inputs[i]).n_tokens;
    queries += prompt_queries(&b->inputs[i], n_layers);
  }
  b->ids = hw_arena_new(&b->worker->scratch, int32_t, tokens, b->err);
  b->first = hw_arena_znew(&b->worker->scratch, size_t, 3 * n + 1, b->err);
  b->queries = hw_arena_znew(&b->worker->scratch, hw_next_token, queries, b->err);
  if (!b->ids || !b->first || !b->queries) return false;
  for (size_t i = b->begin; i < b->end; i++)
    if (!b->inputs[i].failure) append_sequence(b, b->inputs[i].ids, b->inputs[i].n_tokens, NULL, 0);
  return true;
}

/* The logit lens: the state after every block but the last, which is the prediction itself. */
static bool ask_lens(sub_batch *b, size_t token, const int32_t *answer, const int32_t *foil) {
  for (size_t skip = (size_t)b->worker->model->config.n_layers - 1; skip > 0; skip--)
    if (!ask(b, token, skip, answer, foil)) return false;
  return true;
}

static bool last_is_target(const hw_prompt_input *input) { return input->targets[input->n_targets - 1] == input->n_tokens - 1; }

/* One query for every target; the first tokens of answer and foil are asked about at the last position, which mostly is one. */
static bool ask_last_position(sub_batch *b, const hw_prompt_input *input, hw_prompt_result *result, size_t first) {
  result->predictions = hw_arena_znew(&b->worker->results, hw_prediction, input->n_targets, b->err);
  if (!result->predictions) return false;
  int64_t vocab = b->worker->model->config.vocab_out;
  for (size_t t = 0; t < input->n_targets; t++) {
    hw_prediction *prediction = &result->predictions[t];
    prediction->n = vocab < HW_PREDICTIONS ? (uint32_t)vocab : HW_PREDICTIONS;
    b->queries[b->n_queries++] = (hw_next_token){.row = first + input->targets[t], .k = prediction->n, .ids = prediction->ids,
                                                 .logits = prediction->logits, .probabilities = prediction->probabilities};
  }
  const int32_t *answer = input->n_answer ? input->answer : NULL, *foil = input->n_foil ? input->foil : NULL;
  size_t token = first + input->n_tokens - 1;
  if (!last_is_target(input)) b->queries[b->n_queries++] = (hw_next_token){.row = token};
  if (!list_scores(b, answer, foil, &b->queries[b->n_queries - 1])) return false;
  return (!answer && !foil) || ask_lens(b, token, answer, foil);
}

/* Asks for the later tokens of an answer along an extra sequence. Where the other one parts from it, its token is asked about as well, and
 * the lens of both. */
static bool ask_later_tokens(sub_batch *b, const hw_prompt_input *input, const int32_t *ids, size_t n, const int32_t *other, size_t parting) {
  size_t token = b->n_tokens + input->n_tokens - 1;
  if (n <= 1) return true;
  append_sequence(b, input->ids, input->n_tokens, ids, n - 1);
  for (size_t t = 1; t < n; t++)
    if (!ask(b, token + t, 0, &ids[t], t == parting ? &other[t] : NULL)) return false;
  return parting == 0 || ask_lens(b, token + parting, &ids[parting], &other[parting]);
}

static bool ask_prompt(sub_batch *b, const hw_prompt_input *input, hw_prompt_result *result, size_t first) {
  begin_score(&result->answer, input->answer, input->n_answer);
  begin_score(&result->foil, input->foil, input->n_foil);
  return ask_last_position(b, input, result, first) &&
         ask_later_tokens(b, input, input->answer, input->n_answer, input->foil, parting_token(input)) &&
         ask_later_tokens(b, input, input->foil, input->n_foil, NULL, 0);
}

static void take_first(hw_answer_score *score, const hw_token_score *first) {
  score->logit = first->logit;
  score->rank = first->rank;
  score->first_log_probability = score->log_probability = first->log_probability;
  score->greedy = first->rank == 1;
}

static void take_later(hw_answer_score *score, const hw_token_score *later) {
  score->log_probability += later->log_probability;
  score->greedy = score->greedy && later->rank == 1;
}

/* What a cut answer goes on with has no score. */
static void forget_whole(hw_answer_score *score) {
  score->cut = true;
  score->log_probability = NAN;
  score->greedy = false;
}

static hw_lens_score lens_score(const hw_token_score *score) {
  return (hw_lens_score){.logit = (double)score->logit, .probability = hw_exp(score->log_probability), .rank = score->rank};
}

/* The lens of one token, the i-th that was asked about: the queries of the lower layers, then `last`, the prediction. */
static hw_lens_score *take_lens(sub_batch *b, const hw_next_token *lower, const hw_next_token *last, size_t i) {
  size_t n_layers = (size_t)b->worker->model->config.n_layers;
  hw_lens_score *lens = hw_arena_new(&b->worker->results, hw_lens_score, n_layers, b->err);
  for (size_t layer = 0; lens && layer < n_layers; layer++) lens[layer] = lens_score(&(layer + 1 < n_layers ? &lower[layer] : last)->scores[i]);
  return lens;
}

/* What stands where answer and foil part, if they begin alike. */
static bool take_parting(sub_batch *b, const hw_next_token *lower, const hw_next_token *last, hw_prompt_result *result) {
  size_t n_layers = (size_t)b->worker->model->config.n_layers;
  double *difference = hw_arena_new(&b->worker->results, double, n_layers, b->err);
  if (!difference) return false;
  for (size_t layer = 0; layer < n_layers; layer++) {
    const hw_token_score *scores = (layer + 1 < n_layers ? &lower[layer] : last)->scores;
    difference[layer] = (double)scores[0].logit - (double)scores[1].logit;
  }
  result->lens.difference = difference;
  result->contrast.logit_diff = last->scores[0].logit - last->scores[1].logit;
  return true;
}

static void contrast(const hw_prompt_input *input, hw_prompt_result *result) {
  if (!input->n_answer || !input->n_foil) return;
  result->contrast.n_shared = (uint32_t)hw_prompt_shared_tokens(input);
  if (hw_prompt_foil_is_contained(input)) return;
  result->contrast.logit_diff = result->answer.logit - result->foil.logit;
  double difference = result->answer.log_probability - result->foil.log_probability;
  if (isfinite(difference)) result->contrast.log_probability_diff = difference;
}

/* Reads the queries of one prompt back, in the order in which ask_prompt wrote them. NULL when memory is short. */
static const hw_next_token *take_answers(sub_batch *b, const hw_prompt_input *input, hw_prompt_result *result, const hw_next_token *query) {
  size_t n_lower = (size_t)b->worker->model->config.n_layers - 1, parting = parting_token(input);
  query += input->n_targets - last_is_target(input);
  const hw_next_token *last = query++;
  size_t n = 0;
  if (input->n_answer) {
    take_first(&result->answer, &last->scores[n]);
    if (!(result->lens.answer = take_lens(b, query, last, n++))) return NULL;
  }
  if (input->n_foil) {
    take_first(&result->foil, &last->scores[n]);
    if (!hw_prompt_foil_is_contained(input) && !(result->lens.foil = take_lens(b, query, last, n))) return NULL;
    n++;
  }
  if (n) query += n_lower;
  const hw_next_token *later = query; /* later[t - 1] is of token t of the answer */
  for (size_t t = 1; t < input->n_answer; t++) take_later(&result->answer, (query++)->scores);
  const hw_next_token *lower = query;
  if (parting) query += n_lower;
  for (size_t t = 1; t < input->n_foil; t++) take_later(&result->foil, (query++)->scores);
  if (input->n_answer && input->answer_loss) forget_whole(&result->answer);
  if (input->n_foil && input->foil_loss) forget_whole(&result->foil);
  contrast(input, result);
  return !parting || take_parting(b, lower, &later[parting - 1], result) ? query : NULL;
}

/* The batch of all sequences, with the rows that they share. Queries get the rows of their tokens. */
static bool make_batch(sub_batch *b, hw_batch *batch) {
  hw_worker *w = b->worker;
  *batch = (hw_batch){.n_prompts = b->n_sequences, .n_rows = b->n_tokens, .ids = b->ids, .first = b->first, .states_only = w->flow.states_only,
                      .keeps_inputs = w->relevance.answer || w->relevance.contrast};
  if (w->shares_prefixes && !hw_prefixes_lay_out(w->flow.states_only ? NULL : w->prefixes, w->model, batch, &w->scratch, b->err)) return false;
  w->n_tokens += (int64_t)b->n_tokens;
  w->n_rows += (int64_t)batch->n_rows;
  for (size_t i = 0; batch->rows && i < batch->n_known; i++) w->n_rows -= (int64_t)batch->known[i].n;
  for (size_t q = 0; batch->rows && q < b->n_queries; q++) b->queries[q].row = batch->rows[b->queries[q].row];
  return true;
}

/* Graphs and their neurons, then the projections: the two halves of hw_flow_trace. */
static bool trace_flows(sub_batch *b, hw_flow_prompt *flows, size_t n) {
  hw_worker *w = b->worker;
  hw_flow_settings graphs = w->flow;
  double neurons = 0;
  graphs.project = HW_PROJECT_NONE;
  graphs.neuron_seconds = w->profile ? &neurons : NULL;
  if (!hw_flow_trace(&w->acts, &graphs, flows, n, &w->team, &w->results, &w->scratch, b->err)) return false;
  hw_profile_lap(w->profile, HW_RUN_GRAPHS);
  hw_profile_move(w->profile, HW_RUN_GRAPHS, HW_RUN_NEURONS, neurons);
  if (!hw_project_traces(&w->acts, &w->flow, flows, n, &w->team, &w->results, &w->scratch, b->err)) return false;
  hw_profile_lap(w->profile, HW_RUN_PROJECTIONS);
  return true;
}

/* The prompts of the sub-batch that have a trace and whose relevances are wanted. */
static bool explain(sub_batch *b, const hw_flow_prompt *flows, size_t n_flows) {
  hw_worker *w = b->worker;
  if (!w->relevance.answer && !w->relevance.contrast) return true;
  hw_explained *list = hw_arena_new(&w->scratch, hw_explained, n_flows, b->err);
  if (!list) return false;
  size_t n = 0, prompt = 0, flow = 0;
  for (size_t i = b->begin; i < b->end; i++) {
    const hw_prompt_input *input = &b->inputs[i];
    if (input->failure) continue;
    bool has_other = input->paired && !b->inputs[i + 1].failure;
    if (!input->only_run && input->explained && !flows[flow].failure)
      list[n++] = (hw_explained){.input = input, .result = &b->results[i], .prompt = prompt, .reference = has_other ? prompt + 1 : HW_NO_REFERENCE};
    flow += !input->only_run;
    prompt++;
  }
  if (!hw_explain(w, list, n, b->err)) return false;
  hw_profile_lap(w->profile, HW_RUN_RELEVANCES);
  return true;
}

/* Asks about each prompt and lists the traces that are wanted. */
static bool ask_all(sub_batch *b, hw_flow_prompt *flows, size_t *n_flows) {
  size_t p = 0, n = 0;
  for (size_t i = b->begin; i < b->end; i++) {
    const hw_prompt_input *input = &b->inputs[i];
    if (input->failure) continue;
    if (!input->only_run) {
      if (!ask_prompt(b, input, &b->results[i], b->first[p])) return false;
      flows[n] = (hw_flow_prompt){.prompt = p, .n_targets = input->n_targets, .targets = input->targets};
      if (!(flows[n++].traces = hw_arena_znew(&b->worker->results, hw_target_trace, input->n_targets, b->err))) return false;
    }
    p++;
  }
  *n_flows = n;
  return true;
}

static bool take_all(sub_batch *b, const hw_flow_prompt *flows) {
  const hw_next_token *query = b->queries;
  size_t n = 0;
  for (size_t i = b->begin; i < b->end; i++) {
    if (b->inputs[i].failure || b->inputs[i].only_run) continue;
    if (!(query = take_answers(b, &b->inputs[i], &b->results[i], query))) return false;
    b->results[i].flow = flows[n];
    b->results[i].failure = flows[n].failure;
    n++;
  }
  return true;
}

static bool compute_sub_batch(sub_batch *b) {
  hw_worker *w = b->worker;
  if (!lay_out(b)) return false;
  size_t n_prompts = b->n_sequences, n_flows;
  if (n_prompts == 0) return true;
  hw_flow_prompt *flows = hw_arena_znew(&w->scratch, hw_flow_prompt, n_prompts, b->err);
  if (!flows || !ask_all(b, flows, &n_flows)) return false;
  hw_batch batch;
  hw_profile_lap(w->profile, HW_RUN_PROMPTS);
  if (!make_batch(b, &batch)) return false;
  if (!hw_forward(w->model, &batch, &w->team, &w->scratch, &w->acts, b->err)) return false;
  if (w->prefixes && !hw_prefixes_keep(w->prefixes, &w->acts, n_prompts, b->err)) return false;
  hw_profile_lap(w->profile, HW_RUN_FORWARD);
  if (!hw_next_tokens(&w->acts, b->queries, b->n_queries, &w->team, &w->scratch, b->err)) return false;
  hw_profile_lap(w->profile, HW_RUN_PREDICTIONS);
  return trace_flows(b, flows, n_flows) && explain(b, flows, n_flows) && take_all(b, flows);
}

/* Rows that a prompt adds to a sub-batch behind `before` (NULL: none), at most: what it shares with other prompts is not looked for. */
static size_t own_rows(const hw_worker *worker, const hw_prompt_input *before, const hw_prompt_input *input) {
  if (input->failure) return 0;
  hw_batch_shape shape = hw_prompt_shape(worker->model, worker->shares_prefixes, input);
  size_t rows = shape.n_rows, later = rows - input->n_tokens, least = input->n_targets + later;
  if (before && worker->shares_prefixes) rows -= hw_prefix_common(worker->model, before->ids, before->n_tokens, input->ids, input->n_tokens);
  return rows > least ? rows : least;
}

/* The end of the sub-batch that begins with inputs[begin]. A prompt and its counterfactual are not parted. */
static size_t next_sub_batch(const hw_worker *worker, const hw_prompt_input *inputs, size_t begin, size_t n) {
  size_t rows = 0, tokens = 0, end = begin, most_tokens = HW_TOKENS_A_ROW * worker->batch_rows, together;
  const hw_prompt_input *before = NULL;
  for (; end < n; end += together) {
    together = inputs[end].paired ? 2 : 1;
    for (size_t i = end; i < end + together; i++) {
      rows += own_rows(worker, before, &inputs[i]);
      tokens += hw_prompt_shape(worker->model, worker->shares_prefixes, &inputs[i]).n_tokens;
      if (!inputs[i].failure) before = &inputs[i];
    }
    if (end > begin && (rows > worker->batch_rows || tokens > most_tokens)) break;
  }
  return end;
}

bool hw_compute(hw_worker *worker, const hw_prompt_input *inputs, size_t n, hw_prompt_result *results, hw_error *err) {
  for (size_t i = 0; i < n; i++)
    results[i] = (hw_prompt_result){.failure = inputs[i].failure, .answer.token_id = -1, .foil.token_id = -1,
                                    .contrast = {.logit_diff = NAN, .log_probability_diff = NAN}};
  for (size_t begin = 0, end; begin < n; begin = end) {
    end = next_sub_batch(worker, inputs, begin, n);
    hw_arena_reset(&worker->scratch);
    sub_batch b = {.worker = worker, .inputs = inputs, .results = results, .begin = begin, .end = end, .err = err};
    if (!compute_sub_batch(&b)) return false;
  }
  return true;
}
