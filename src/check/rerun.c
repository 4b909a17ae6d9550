/* SPDX-License-Identifier: Apache-2.0 */
#include "check/rerun.h"

#include <inttypes.h>
#include <string.h>

#include "base/progress.h"
#include "check/rules.h"
#include "dataset/reader.h"
#include "graph/keys.h"
#include "run/plan.h"
#include "run/relevance.h"
#include "run/running.h"

/* ---- opening ---- */

static bool read_settings(hw_check_model *m, hw_error *err) {
  hw_job_defaults(&m->job);
  for (size_t i = 0; i < m->info->n_settings; i++)
    if (!hw_option_set(hw_job_options(), &m->job, "table setting", m->info->setting_names[i], m->info->setting_values[i], err)) return false;
  if (m->job.gemm == HW_GEMM_OPENBLAS)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "a run with OpenBLAS is not run again: its bits are those of a kernel and of the prompts beside");
  return hw_analysis_flow(&m->job.analysis, &m->flow, err);
}

static bool check_fingerprints(const hw_check_model *m, const char *folder, hw_error *err) {
  if (strcmp(m->model->fingerprint, m->info->model_fingerprint) != 0)
    return hw_fail(err, HW_ERROR_INPUT, "%s: another model: its fingerprint is %s, the run's is %s", folder, m->model->fingerprint, m->info->model_fingerprint);
  if (strcmp(hw_tokenizer_fingerprint(m->tokenizer), m->info->tokenizer_fingerprint) != 0)
    return hw_fail(err, HW_ERROR_INPUT, "%s: another tokenizer: its fingerprint is %s, the run's is %s", folder, hw_tokenizer_fingerprint(m->tokenizer),
                   m->info->tokenizer_fingerprint);
  return true;
}

static void check_sizes(const hw_check_model *m, hw_check_report *report) {
  const hw_model_config *c = &m->model->config;
  const hw_run_info *info = m->info;
  const struct {
    const char *name;
    int64_t found, wanted;
  } sizes[] = {{"n_layers", info->n_layers, c->n_layers}, {"n_heads", info->n_heads, c->n_heads}, {"n_kv_heads", info->n_kv_heads, c->n_kv_heads},
               {"d_model", info->d_model, c->d_model}, {"d_ffn", info->d_ffn, c->d_ffn}, {"vocab_size", info->vocab_size, c->vocab_size},
               {"parallel_block", info->parallel_block, c->parallel}};
  if (strcmp(info->model_family, c->family) != 0) hw_check_differs(report, "run: model_family is '%s', wanted '%s'", info->model_family, c->family);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i].found != sizes[i].wanted)
      hw_check_differs(report, "run: %s is %" PRId64 ", wanted %" PRId64, sizes[i].name, sizes[i].found, sizes[i].wanted);
}

bool hw_check_model_open(hw_check_model *m, const hw_check_settings *settings, const hw_run_info *info, hw_check_report *report, hw_error *err) {
  *m = (hw_check_model){.info = info};
  hw_arena_init(&m->arena);
  if (!read_settings(m, err) || !hw_model_open_as(settings->model, settings->architecture, &m->model, err) ||
      !hw_tokenizer_open(m->model->path, NULL, &m->tokenizer, err) || !check_fingerprints(m, settings->model, err))
    return false;
  if (m->job.precision == HW_PRECISION_BF16) hw_model_use_bf16(m->model);
  check_sizes(m, report);
  m->has_worker = hw_worker_init(&m->worker, m->model, &m->flow, HW_BATCH_ROWS, err);
  m->worker.relevance = hw_job_relevance(&m->job);
  return m->has_worker;
}

void hw_check_model_close(hw_check_model *m) {
  if (m->has_worker) hw_worker_fini(&m->worker);
  hw_tokenizer_close(m->tokenizer);
  hw_model_close(m->model);
  hw_arena_fini(&m->arena);
}

/* ---- texts ---- */

static const char *text_problem(const hw_encoding *encoding, const hw_prompt_record *prompt) {
  if (encoding->n != prompt->n_tokens) return "its text has another number of tokens";
  if (memcmp(encoding->ids, prompt->ids, encoding->n * sizeof *encoding->ids) != 0) return "its text has other tokens";
  return encoding->has_bos != prompt->has_bos ? "has_bos is not what its text says" : NULL;
}

bool hw_check_texts(hw_check_model *m, const hw_chunk_record *chunk, hw_check_report *report, hw_error *err) {
  for (size_t i = 0; i < chunk->n_prompts; i++) {
    const hw_prompt_record *prompt = &chunk->prompts[i];
    hw_encoding encoding;
    hw_error why = {0};
    if (prompt->failure || !prompt->text) continue;
    hw_arena_reset(&m->arena);
    m->n_texts++;
    bool ok = hw_tokenizer_encode(m->tokenizer, prompt->text, prompt->text_length, (hw_bos)m->job.analysis.bos, &m->arena, &encoding, &why);
    if (!ok && why.kind != HW_ERROR_PROMPT) return *err = why, false;
    const char *problem = ok ? text_problem(&encoding, prompt) : why.message;
    if (problem) hw_check_differs(report, "prompt %" PRId64 ": %s", prompt->prompt_id, problem);
  }
  return true;
}

/* ---- tables of the model ---- */

/* The lists of the neurons in statement s, HW_REQUESTS_TOGETHER together. */
static bool put_neurons(hw_check_model *m, const hw_check_pair *pair, hw_statement *s, hw_error *err) {
  bool row = true, ok = true;
  while (ok && row) {
    size_t n = 0;
    hw_arena_reset(&m->worker.results);
    hw_projection *rows = hw_arena_znew(&m->worker.results, hw_projection, HW_REQUESTS_TOGETHER, err);
    if (!rows) return false;
    while (n < HW_REQUESTS_TOGETHER && (ok = hw_statement_step(s, &row, err)) && row) {
      int64_t layer = hw_column_integer(s, 0), neuron = hw_column_integer(s, 1);
      if (layer < 0 || layer >= m->model->config.n_layers || neuron < 0 || neuron >= m->model->config.d_ffn) continue; /* neuron_lists.sql reports it */
      rows[n++] = (hw_projection){.layer = (uint16_t)layer, .index = (uint32_t)neuron};
    }
    m->n_neurons += (int64_t)n;
    ok = ok && (n == 0 || (hw_project_neurons(m->model, rows, n, m->flow.top_tokens, &m->worker.team, &m->worker.results, err) &&
                           hw_store_put_neuron_projections(pair->wanted, rows, n, err)));
  }
  return ok;
}

bool hw_check_model_tables(hw_check_model *m, const hw_check_pair *pair, hw_error *err) {
  hw_statement s;
  if (!hw_running_put_vocabulary(pair->wanted, m->model, m->tokenizer, err)) return false;
  bool ok = hw_statement_open(&s, pair->found, "check/neurons.sql", err) && put_neurons(m, pair, &s, err);
  hw_statement_close(&s);
  return ok;
}

/* ---- prompts again ---- */

/* The stored value that an answer was made of: the first whose tokens begin and count as the stored ones, columns with the name of an answer
 * column first. NULL: none. */
static const hw_key_value *find_text(hw_check_model *m, const hw_prompt_record *prompt, const hw_answer_record *answer, const char *column,
                                     hw_column_use use, hw_error *err) {
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < prompt->n_values; i++) {
      const hw_key_value *value = &prompt->values[i];
      hw_prompt_input input;
      bool named = column && *column ? !strcmp(value->key, column) : hw_use_knows(use, value->key);
      if (named != (pass == 0)) continue;
      if (!hw_prompt_prepare(m->model, m->tokenizer, &m->job.analysis, prompt->text, prompt->text_length, value->value, value->value_length, NULL, 0,
                             &m->arena, &input, err))
        return NULL;
      if (!input.failure && input.n_answer == answer->n_tokens && input.n_answer && input.answer[0] == answer->token_id) return value;
    }
  return NULL;
}

static bool prepare(hw_check_model *m, const hw_prompt_record *prompt, hw_check_report *report, hw_prompt_input *input, bool *whole, hw_error *err) {
  static const hw_key_value none = {0};
  const hw_key_value *answer = &none, *foil = &none;
  *whole = true;
  if (!prompt->text) return hw_prompt_from_ids(m->model, &m->job.analysis, prompt->ids, prompt->n_tokens, &m->arena, input, err);
  *err = (hw_error){0};
  if (prompt->answer.token_id >= 0) answer = find_text(m, prompt, &prompt->answer, m->job.answer_column, HW_USE_ANSWER, err);
  if (prompt->foil.token_id >= 0 && !*err->message) foil = find_text(m, prompt, &prompt->foil, m->job.foil_column, HW_USE_FOIL, err);
  if (*err->message) return false;
  *whole = answer && foil;
  if (!*whole) hw_check_differs(report, "answer %" PRId64 ": no value of the prompt has the tokens of its %s", prompt->prompt_id, answer ? "foil" : "answer");
  return hw_prompt_prepare(m->model, m->tokenizer, &m->job.analysis, prompt->text, prompt->text_length, answer ? answer->value : NULL,
                           answer ? answer->value_length : 0, foil ? foil->value : NULL, foil ? foil->value_length : 0, &m->arena, input, err);
}

/* The foil that nothing could be asked about has its reason among the values. */
static void take_loss(const hw_prompt_record *prompt, hw_prompt_input *input) {
  for (size_t i = 0; i < prompt->n_values && !input->n_foil; i++)
    if (strcmp(prompt->values[i].key, "foil.loss") == 0) input->foil_loss = prompt->values[i].value;
}

/* Puts the counterfactual of a prompt behind it where relevances need it. *known is false when it is not stored. */
static bool pair_up(hw_check_model *m, const hw_check_pair *pair, const hw_prompt_record *prompt, hw_prompt_input inputs[2], bool *known, hw_error *err) {
  hw_statement s;
  hw_prompt_record other;
  bool row, found = false, ok = hw_statement_open(&s, pair->found, "check/counterfactual.sql", err);
  if (ok) {
    hw_bind_integer(&s, ":prompt", prompt->prompt_id);
    hw_bind_integer(&s, ":counterfactual", prompt->prompt_id + m->info->n_prompts / 2);
  }
  ok = ok && hw_statement_step(&s, &row, err);
  *known = ok && row;
  if (*known && !hw_column_is_null(&s, 1)) ok = hw_counterfactual_failure(hw_column_text(&s, 1), &m->arena, &inputs[0].no_counterfactual, err);
  else if (*known) ok = hw_store_read_prompt(pair->found, m->info, hw_column_integer(&s, 0), &m->arena, &found, &other, err);
  hw_statement_close(&s);
  if (!ok || !found) return ok;
  if (!hw_prompt_from_ids(m->model, &m->job.analysis, other.ids, other.n_tokens, &m->arena, &inputs[1], err)) return false;
  inputs[0].paired = inputs[1].only_run = true;
  return true;
}

/* The relevances as they were computed again; the stored ones stay where they were not. */
static bool take_relevances(hw_check_model *m, const hw_prompt_input *input, const hw_prompt_result *result, hw_prompt_record *again, hw_error *err) {
  if (!input->explained) return true;
  again->n_relevances = 0;
  if (!hw_list_relevances(&m->job, &m->model->config, input, result, &m->arena, again, err)) return false;
  m->n_relevances += (int64_t)again->n_relevances;
  return true;
}

/* Stored rows with what was computed again in their place. */
static bool compare_again(hw_check_model *m, const hw_check_pair *pair, const hw_prompt_record *prompt, const hw_prompt_input *input,
                          const hw_prompt_result *result, hw_error *err) {
  hw_prompt_record again = *prompt;
  hw_encoded_chunk *encoded = NULL;
  int64_t ignored = 0;
  if (!hw_take_result(input, result, &m->arena, &again, err) || !take_relevances(m, input, result, &again, err)) return false;
  hw_chunk_record chunk = {.first_prompt = prompt->prompt_id, .n_prompts = 1, .n_tokens = prompt->n_tokens, .prompts = &again,
                           .counterfactual = prompt->counterfactual_of >= 0};
  bool ok = hw_encode_chunk(&chunk, m->info, &encoded, err) && hw_store_put_chunk(pair->wanted, encoded, err);
  hw_encoded_chunk_free(encoded);
  int64_t id = prompt->prompt_id;
  for (size_t i = 0; ok && i < hw_n_check_rules; i++) {
    const hw_check_rule *rule = &hw_check_rules[i];
    if (!pair->made[i]) continue;
    if (rule->kind == HW_CHECK_PROMPTS) ok = hw_check_compare_rows(pair, rule->table, "prompt_id", id, id, &ignored, err);
    if (rule->kind == HW_CHECK_GRAPHS) ok = hw_check_compare_rows(pair, rule->table, "graph_id", hw_graph_id(id, 0), hw_graph_id(id + 1, 0) - 1, &ignored, err);
  }
  return ok && hw_check_forget_rows(pair, err);
}

static bool run_again(hw_check_model *m, const hw_check_pair *pair, int64_t prompt_id, hw_error *err) {
  hw_prompt_record prompt;
  hw_prompt_input inputs[2];
  hw_prompt_result results[2];
  hw_error why = {0};
  bool found, whole, known = true;
  hw_arena_reset(&m->arena);
  hw_arena_reset(&m->worker.results);
  if (!hw_store_read_prompt(pair->found, m->info, prompt_id, &m->arena, &found, &prompt, &why)) {
    hw_check_differs(pair->report, "prompt %" PRId64 " cannot be run again: %s", prompt_id, why.message);
    return why.kind == HW_ERROR_INPUT || why.kind == HW_ERROR_UNSUPPORTED || (*err = why, false);
  }
  if (!found) return true;
  m->n_again++;
  if (!prepare(m, &prompt, pair->report, &inputs[0], &whole, err)) return false;
  if (!whole) return true;
  take_loss(&prompt, &inputs[0]);
  bool explained = m->job.relevance != HW_RELEVANCE_NONE && prompt.counterfactual_of < 0;
  if (explained && hw_job_pairs(&m->job) && !pair_up(m, pair, &prompt, inputs, &known, err)) return false;
  inputs[0].explained = explained && known;
  if (!hw_compute(&m->worker, inputs, inputs[0].paired ? 2 : 1, results, err)) return false;
  if (!results[0].failure) return compare_again(m, pair, &prompt, &inputs[0], &results[0], err);
  hw_check_differs(pair->report, "prompt %" PRId64 ": stored, but run again it fails: %s", prompt_id, results[0].failure);
  return true;
}

bool hw_check_sample(hw_check_model *m, const hw_check_pair *pair, const hw_check_settings *settings, hw_error *err) {
  hw_statement s;
  bool row, ok = hw_statement_open(&s, pair->found, "check/sample.sql", err);
  if (ok) {
    hw_bind_integer(&s, ":seed", (int64_t)(settings->seed & INT32_MAX));
    hw_bind_integer(&s, ":most", settings->sample ? settings->sample : -1);
  }
  while (ok && (ok = hw_statement_step(&s, &row, err)) && row) {
    if (hw_asked_to_stop(settings->hooks)) ok = hw_store_stopped(pair->found, err);
    ok = ok && hw_check_reported(pair->report, err) && run_again(m, pair, hw_column_integer(&s, 0), err);
    hw_tell_progress(settings->hooks, "run again", m->n_again, settings->sample);
  }
  hw_statement_close(&s);
  return ok;
}
