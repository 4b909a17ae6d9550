/* SPDX-License-Identifier: Apache-2.0
 * Puts computed prompts together as the records that the store writes. */
#include <string.h>

#include "base/real.h"
#include "run/plan.h"
#include "headwater/store.h"

static hw_answer_record answer_record(const hw_answer_score *score) {
  return (hw_answer_record){.token_id = score->token_id, .n_tokens = score->n_tokens, .logit = score->logit,
                            .probability = (float)hw_exp(score->first_log_probability), .rank = score->rank,
                            .log_probability = score->log_probability, .cut = score->cut, .greedy = score->greedy};
}

const char *const hw_own_values[HW_OWN_VALUES] = {"answer.loss", "foil.loss", "roles.ambiguous", "roles.hidden"};

bool hw_is_own_value(const char *key) {
  for (size_t i = 0; i < HW_OWN_VALUES; i++)
    if (strcmp(key, hw_own_values[i]) == 0) return true;
  return false;
}

/* Every column but the prompt's, and what was noticed in the prompt. */
static bool list_values(const hw_row *row, bool counterfactual, const hw_prompt_input *input, const char *hidden_roles, hw_arena *arena,
                        hw_prompt_record *record, hw_error *err) {
  const char *const findings[HW_OWN_VALUES] = {input->answer_loss, input->foil_loss, input->ambiguous_roles, *hidden_roles ? hidden_roles : NULL};
  hw_key_value *values = hw_arena_new(arena, hw_key_value, row->n_others + 3 + HW_OWN_VALUES, err);
  if (!values) return false;
  size_t n = 0;
  const hw_field *answers[] = {&row->answer, &row->foil, &row->counterfactual};
  for (size_t i = 0; i < (counterfactual ? 2 : 3); i++)
    if (answers[i]->value) values[n++] = (hw_key_value){answers[i]->name, answers[i]->value, answers[i]->length};
  for (size_t i = 0; i < row->n_others; i++)
    if (!hw_is_own_value(row->others[i].name)) values[n++] = (hw_key_value){row->others[i].name, row->others[i].value, row->others[i].length};
  for (size_t i = 0; i < HW_OWN_VALUES; i++)
    if (findings[i]) values[n++] = (hw_key_value){hw_own_values[i], findings[i], strlen(findings[i])};
  record->values = values;
  record->n_values = n;
  return true;
}

static bool list_roles(const hw_plan *plan, const hw_prompt_input *input, hw_arena *arena, hw_prompt_record *record, const char **hidden, hw_error *err) {
  uint8_t *roles = hw_arena_new(arena, uint8_t, 2 * input->n_tokens, err);
  if (!roles) return false;
  hw_roles_assign(&plan->roles, input, roles);
  record->roles = roles;
  return (*hidden = hw_roles_hidden(&plan->roles, input, roles, arena, err)) != NULL;
}

static bool list_graphs(const hw_prompt_input *input, const hw_prompt_result *result, hw_arena *arena, hw_prompt_record *record,
                        hw_error *err) {
  hw_graph_record *graphs = hw_arena_new(arena, hw_graph_record, input->n_targets, err);
  if (!graphs) return false;
  for (size_t t = 0; t < input->n_targets; t++) {
    const hw_target_trace *trace = &result->flow.traces[t];
    const hw_prediction *prediction = &result->predictions[t];
    graphs[t] = (hw_graph_record){
        .frame = trace->frame, .parts = trace->parts, .n_parts = trace->n_parts, .graph = &trace->graph, .neurons = trace->neurons,
        .n_neurons = trace->n_neurons, .neuron_nodes = trace->neuron_nodes, .n_neuron_nodes = trace->n_neuron_nodes,
        .projections = trace->projections, .n_projections = trace->n_projections, .predicted_id = prediction->ids[0],
        .predicted_logit = prediction->logits[0], .predicted_probability = prediction->probabilities[0]};
  }
  record->graphs = graphs;
  record->n_graphs = input->n_targets;
  return true;
}

bool hw_take_result(const hw_prompt_input *input, const hw_prompt_result *result, hw_arena *arena, hw_prompt_record *record, hw_error *err) {
  record->answer = answer_record(&result->answer);
  record->foil = answer_record(&result->foil);
  record->contrast = result->contrast;
  record->lens = result->lens;
  return result->failure || list_graphs(input, result, arena, record, err);
}

bool hw_make_prompt_record(const hw_plan *plan, const hw_row *row, uint32_t group, bool counterfactual, const hw_prompt_input *input,
                      const hw_prompt_result *result, hw_arena *arena, hw_prompt_record *record, hw_error *err) {
  *record = (hw_prompt_record){.prompt_id = row->index + (counterfactual ? plan->n_rows : 0),
                               .counterfactual_of = row->index, .failure = result->failure, .group_id = group,
                               .text = input->text, .text_length = input->text_length, .ids = input->ids,
                               .n_tokens = input->n_tokens, .has_bos = input->has_bos};
  const char *hidden_roles;
  return list_roles(plan, input, arena, record, &hidden_roles, err) && list_values(row, counterfactual, input, hidden_roles, arena, record, err) &&
         hw_take_result(input, result, arena, record, err);
}
