/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trace_question.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *hw_question_problem(const hw_question_options *o, const char *prompt) {
  bool text = o->answer || o->foil || o->counterfactual, ids = o->answer_token || o->foil_token || o->counterfactual_tokens;
  if ((text || ids) && o->relevance == HW_RELEVANCE_NONE) return "--answer, --foil and --counterfactual need --relevance";
  if ((o->certify || o->knockout) && o->relevance == HW_RELEVANCE_NONE) return "--certify and --knockout need --relevance";
  if (o->answer && o->answer_token) return "--answer and --answer-token are both given; want one of them";
  if (o->foil && o->foil_token) return "--foil and --foil-token are both given; want one of them";
  if (o->counterfactual && o->counterfactual_tokens) return "--counterfactual and --counterfactual-tokens are both given; want one of them";
  if ((o->answer || o->foil) && !prompt) return "--answer and --foil follow a --prompt; with --tokens give --answer-token and --foil-token";
  if (o->relevance >= HW_RELEVANCE_CONTRAST && !o->counterfactual && !o->counterfactual_tokens) return "--relevance contrast needs --counterfactual TEXT or --counterfactual-tokens IDS";
  if (o->knockout && strstr(o->knockout, hw_baseline_names[HW_BASELINE_COUNTERFACTUAL]) && !o->counterfactual && !o->counterfactual_tokens)
    return "--knockout counterfactual needs --counterfactual TEXT or --counterfactual-tokens IDS";
  return NULL;
}

bool hw_parse_ids(const char *option, const char *text, hw_arena *arena, int32_t **ids, size_t *n, hw_error *err) {
  *ids = hw_arena_new(arena, int32_t, strlen(text) / 2 + 1, err);
  *n = 0;
  if (!*ids) return false;
  const char *at = text;
  for (;;) {
    char *end;
    long id = strtol(at, &end, 10);
    if (end == at || (*end && *end != ',') || id < 0 || id > INT32_MAX)
      return hw_fail(err, HW_ERROR_ARGUMENT, "%s is \"%.100s\", want ids like 464,1175", option, text);
    (*ids)[(*n)++] = (int32_t)id;
    if (!*end) return true;
    at = end + 1;
  }
}

static bool one_id(const char *option, const char *text, hw_arena *arena, int32_t *id, hw_error *err) {
  int32_t *ids;
  size_t n;
  if (!hw_parse_ids(option, text, arena, &ids, &n, err)) return false;
  if (n != 1) return hw_fail(err, HW_ERROR_ARGUMENT, "%s is \"%.100s\", want one id", option, text);
  *id = ids[0];
  return true;
}

static bool find_tokens(const hw_question_options *o, const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *prompt,
                        hw_arena *arena, hw_answer_question *question, hw_error *err) {
  const hw_answer_texts texts = {.answer = o->answer, .foil = o->foil, .counterfactual = o->counterfactual};
  const char *text = o->answer ? o->answer : o->foil ? o->foil : o->counterfactual;
  int32_t *ids;
  *question = (hw_answer_question){.answer = -1, .foil = -1, .threads = analysis->threads};
  if (text && !tokenizer) return hw_fail(err, HW_ERROR_INPUT, "\"%.100s\" needs the model's tokenizer, which could not be read", text);
  if (text && !hw_answer_question_prepare(model, tokenizer, analysis, prompt, &texts, arena, question, err)) return false;
  if ((o->answer_token && !one_id("answer-token", o->answer_token, arena, &question->answer, err)) ||
      (o->foil_token && !one_id("foil-token", o->foil_token, arena, &question->foil, err)))
    return false;
  if (!o->counterfactual_tokens) return true;
  if (!hw_parse_ids("counterfactual-tokens", o->counterfactual_tokens, arena, &ids, &question->n_counterfactual, err)) return false;
  question->counterfactual = ids;
  return true;
}

/* ---- Certificates ---- */

/* Then no margin tells anything. */
static bool same_token(const hw_answer_trace *trace) { return trace->relevance.answer == trace->relevance.foil; }

/* Parts of a graph of relevances at the threshold. */
static size_t relevance_parts(const hw_relevance *r, double threshold, hw_ablated_part *parts) {
  size_t n = 0;
  for (size_t i = 0; i < r->n_parts; i++) {
    const hw_relevance_part *part = &r->parts[i];
    if (part->kind == HW_RELEVANCE_QUERY || !(fabs((double)part->r / 1e6 / (r->m - r->m_reference)) > threshold)) continue;
    parts[n++] = (hw_ablated_part){part->layer, part->kind == HW_RELEVANCE_FFN ? HW_ABLATED_FFN : part->head, part->target, part->source};
  }
  return n;
}

/* Parts of the routes of the last position. */
static size_t route_parts(const hw_target_trace *routes, hw_ablated_part *parts) {
  size_t n = 0;
  for (size_t i = 0; i < routes->graph.n_edges; i++) {
    const hw_part *part = &routes->graph.edges[i].part;
    if (part->kind != HW_PART_ATTENTION && part->kind != HW_PART_FFN) continue;
    parts[n++] = (hw_ablated_part){part->layer, part->kind == HW_PART_FFN ? HW_ABLATED_FFN : part->head, part->target, part->source};
  }
  return n;
}

/* Each graph that there is, by edges and nodes, against each baseline that there is. */
static bool certify(hw_answer_trace *trace, hw_arena *arena, hw_trace_view *view, hw_error *err) {
  enum { GRAPHS = 3, UNITS = 2, BASELINES = 2 };
  const hw_relevance *by[] = {view->relevance_settings->answer ? &trace->relevance.by_answer : NULL, view->relevance_settings->contrast ? &trace->relevance.by_contrast : NULL};
  static const char *const names[] = {"answer", "contrast", "routes"};
  hw_named_certificate *list = hw_arena_znew(arena, hw_named_certificate, GRAPHS * UNITS * BASELINES, err);
  view->certificates = list;
  if (!list) return false;
  for (int g = 0; g < GRAPHS && !same_token(trace); g++) {
    const hw_target_trace *routes = g == 2 ? hw_trace_last_routes(view) : NULL;
    if (g < 2 ? !by[g] || by[g]->reason : !routes) continue;
    hw_ablated_part *parts = hw_arena_new(arena, hw_ablated_part, g < 2 ? by[g]->n_parts : routes->graph.n_edges, err);
    if (!parts) return false;
    size_t n = g < 2 ? relevance_parts(by[g], view->flow->threshold, parts) : route_parts(routes, parts);
    for (int unit = 0; unit < UNITS; unit++)
      for (int baseline = 0; baseline < BASELINES; baseline++) {
        if (baseline == HW_BASELINE_COUNTERFACTUAL && trace->first[2] != 2 * trace->first[1]) continue;
        hw_named_certificate *c = &list[view->n_certificates++];
        *c = (hw_named_certificate){.graph = names[g], .threshold = view->flow->threshold, .unit = (hw_ablation_unit)unit, .baseline = (hw_baseline)baseline};
        if (!hw_answer_trace_certify(trace, parts, n, c->unit, c->baseline, &c->found, err)) return false;
      }
  }
  return true;
}

/* --knockout A,B */
static bool knock_out(const char *names, hw_answer_trace *trace, hw_arena *arena, hw_trace_view *view, hw_error *err) {
  size_t n_layers = (size_t)view->model->config.n_layers, n_heads = (size_t)view->model->config.n_heads;
  hw_knockouts *list = hw_arena_znew(arena, hw_knockouts, strlen(names) / 2 + 1, err);
  view->knockouts = list;
  if (!list) return false;
  for (const char *at = names, *end; at; at = *end ? end + 1 : NULL) {
    size_t baseline = 0;
    end = strchrnul(at, ',');
    while (baseline < HW_BASELINE_MEAN && (strlen(hw_baseline_names[baseline]) != (size_t)(end - at) || strncmp(hw_baseline_names[baseline], at, (size_t)(end - at)) != 0)) baseline++;
    if (baseline == HW_BASELINE_MEAN) return hw_fail(err, HW_ERROR_ARGUMENT, "knockout is \"%.100s\", want counterfactual, zero, or counterfactual,zero", names);
    if (same_token(trace)) continue;
    hw_knockouts *k = &list[view->n_knockouts++];
    *k = (hw_knockouts){.baseline = (hw_baseline)baseline, .heads = hw_arena_new(arena, double, n_layers * n_heads, err), .ffn = hw_arena_new(arena, double, n_layers, err)};
    if (!k->heads || !k->ffn || !hw_answer_trace_knock_out(trace, k->baseline, k->heads, k->ffn, err)) return false;
  }
  return true;
}

bool hw_question_trace(const hw_question_options *options, const char *prompt, hw_relevance_settings *settings, hw_arena *arena, hw_answer_trace *trace,
                       hw_trace_view *view, hw_error *err) {
  *settings = (hw_relevance_settings){.answer = options->relevance != HW_RELEVANCE_CONTRAST, .contrast = options->relevance >= HW_RELEVANCE_CONTRAST,
                                      .floor = view->flow->floor, .top_neurons = view->flow->top_neurons};
  if (!find_tokens(options, view->model, view->tokenizer, view->analysis, prompt, arena, &view->question, err) ||
      !hw_answer_trace_ids(view->model, view->input->ids, view->input->n_tokens, &view->question, settings, trace, err))
    return false;
  view->relevance = &trace->relevance;
  view->relevance_settings = settings;
  return (!options->certify || certify(trace, arena, view, err)) && (!options->knockout || knock_out(options->knockout, trace, arena, view, err));
}
