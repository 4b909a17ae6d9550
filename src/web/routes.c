/* SPDX-License-Identifier: Apache-2.0 */
#include "web/routes.h"

#include <string.h>

#include "web/data.h"
#include "web/live.h"

#define MOST_PROMPTS 4398046511103.0 /* a prompt_id is below 2^42 */
#define MOST_POSITIONS 1048575.0
#define MOST_LAYERS 254.0

#define MOST_HEADS 1022.0
#define MOST_NEURONS 16777215.0
#define MOST_ITEMS 2147483647.0
#define MOST_BYTES 400.0 /* of a text that is looked for, a name */

#define PROMPT {"prompt", HW_WEB_WHOLE, 0, MOST_PROMPTS, NULL, true}
#define TARGET {"target", HW_WEB_WHOLE, 0, MOST_POSITIONS, NULL, false}
#define POSITION {"position", HW_WEB_WHOLE, 0, MOST_POSITIONS, NULL, true}

#define MODE {"mode", HW_WEB_CHOICE, 0, 0, "answer|contrast", true} /* of relevance */

#define GROUP {"group", HW_WEB_TEXT, 0, MOST_BYTES, NULL, false}
#define LAYER {"layer", HW_WEB_WHOLE, 0, MOST_LAYERS, NULL, true}
#define HEAD {"head", HW_WEB_WHOLE, 0, MOST_HEADS, NULL, true}

#define NEURON {"neuron", HW_WEB_WHOLE, 0, MOST_NEURONS, NULL, true}
#define MINING {"mining", HW_WEB_WHOLE, 1, MOST_ITEMS, NULL, false}

/* What a list of prompts is filtered by. */
#define LIST_FILTERS                                                                                                                       \
  {"q", HW_WEB_TEXT, 0, MOST_BYTES, NULL, false}, GROUP,                                                                                   \
      {"head", HW_WEB_TEXT, 0, MOST_BYTES, NULL, false}, {"edge", HW_WEB_WHOLE, 0, MOST_ITEMS, NULL, false},                                \
      {"answers", HW_WEB_CHOICE, 0, 0, "all|right|wrong", false}, {"counterfactuals", HW_WEB_CHOICE, 0, 0, "no|yes|only", false},           \
      {"sort", HW_WEB_CHOICE, 0, 0, "number|importance|probability|rank|logit_diff", false}, {"order", HW_WEB_CHOICE, 0, 0, "up|down", false}
#define CIRCUIT_FILTERS {"circuit", HW_WEB_WHOLE, 1, MOST_ITEMS, NULL, true}, MINING
#define LIST_PAGE {"after", HW_WEB_WHOLE, 0, 9.2e18, NULL, false}, {"limit", HW_WEB_WHOLE, 1, 1000, NULL, false}

static const hw_web_route routes[] = {
    {.path = "run", .method = "GET", .file = "web/run.sql", .tells_live = true,
     .sections = {{"minings", "web/run_minings.sql"}, {"comparisons", "web/run_comparisons.sql"}}},
    {.path = "graph", .method = "GET", .file = "web/graph.sql", .missing = "web/graph_missing.sql", .parameters = {PROMPT, TARGET}},
    {.path = "relevance", .method = "GET", .file = "web/relevance.sql",
     .parameters = {PROMPT, TARGET, MODE}},
    {.path = "lists", .method = "GET", .file = "web/lists.sql", .missing = "web/graph_missing.sql", .parameters = {PROMPT, TARGET}},
    {.path = "neurons", .method = "GET", .file = "web/neurons.sql", .missing = "web/graph_missing.sql", .has_neuron_lists = true,
     .parameters = {PROMPT, TARGET, LAYER, POSITION}},
    {.path = "trace", .method = "POST", .answer = hw_live_trace},
    {.path = "trace/*/list", .method = "GET", .answer = hw_live_list,
     .parameters = {{"kind", HW_WEB_CHOICE, 0, 0, "head|attention|ffn|resid_mid|resid_post|neuron", true}, LAYER, POSITION,
                    {"index", HW_WEB_WHOLE, 0, MOST_POSITIONS, NULL, false}}},
    {.path = "trace/*/neurons", .method = "GET", .answer = hw_live_neurons, .parameters = {LAYER, POSITION}},
    {.path = "trace/*/lens", .method = "GET", .answer = hw_live_lens,
     .parameters = {LAYER, POSITION, {"after", HW_WEB_CHOICE, 0, 0, "attention|ffn", true}}},
    {.path = "trace/*/attention", .method = "GET", .answer = hw_live_attention,
     .parameters = {LAYER, {"head", HW_WEB_WHOLE, 0, MOST_POSITIONS, NULL, true}}},
    {.path = "trace/*/relevance", .method = "GET", .answer = hw_live_relevance, .parameters = {MODE}},
    {.path = "export/*", .method = "GET", .answer = hw_data_export},
    {.path = "accuracy", .method = "GET", .file = "web/accuracy.sql"},
    {.path = "size_curve", .method = "GET", .file = "web/size_curve.sql"},
    {.path = "failed", .method = "GET", .file = "web/failed.sql"},
    {.path = "prompts", .method = "GET", .file = "web/prompts.sql", .parameters = {LIST_FILTERS, LIST_PAGE}},
    {.path = "circuit_prompts", .method = "GET", .file = "web/circuit_prompts.sql", .parameters = {LIST_FILTERS, CIRCUIT_FILTERS, LIST_PAGE}},
    {.path = "walk", .method = "GET", .file = "web/walk.sql", .parameters = {LIST_FILTERS, PROMPT, TARGET}},
    {.path = "circuit_walk", .method = "GET", .file = "web/circuit_walk.sql", .parameters = {LIST_FILTERS, CIRCUIT_FILTERS, PROMPT, TARGET}},
    {.path = "heads", .method = "GET", .file = "web/heads.sql", .parameters = {GROUP}},
    {.path = "head", .method = "GET", .file = "web/head.sql", .parameters = {LAYER, HEAD}},
    {.path = "head_tokens", .method = "GET", .file = "web/head_tokens.sql",
     .parameters = {LAYER, HEAD, {"convention", HW_WEB_CHOICE, 0, 0, "frozen|alone", false}}},
    {.path = "top_neurons", .method = "GET", .file = "web/top_neurons.sql", .has_neuron_lists = true,
     .parameters = {GROUP, {"by", HW_WEB_CHOICE, 0, 0, "importance|flow|frequency", false}, {"limit", HW_WEB_WHOLE, 1, 1000, NULL, false}}},
    {.path = "neuron", .method = "GET", .file = "web/neuron.sql", .has_neuron_lists = true, .parameters = {LAYER, NEURON}},
    {.path = "neuron_prompts", .method = "GET", .file = "web/neuron_prompts.sql", .parameters = {LAYER, NEURON}},
    {.path = "circuits", .method = "GET", .file = "web/circuits.sql", .parameters = {MINING}},
    {.path = "circuit", .method = "GET", .file = "web/circuit.sql", .missing = "web/circuit_missing.sql",
     .parameters = {MINING, {"rank", HW_WEB_WHOLE, 1, MOST_ITEMS, NULL, true}}},
    {.path = "comparisons", .method = "GET", .file = "web/comparisons.sql"},
    {.path = "comparison", .method = "GET", .file = "web/comparison.sql", .parameters = {{"id", HW_WEB_WHOLE, 1, MOST_ITEMS, NULL, true}}},
    {.path = "lens", .method = "GET", .file = "web/lens.sql", .parameters = {GROUP}},
    {.path = "roles", .method = "GET", .file = "web/roles.sql", .parameters = {GROUP}},
    {.path = "edge", .method = "GET", .file = "web/edge.sql", .parameters = {{"item", HW_WEB_WHOLE, 0, MOST_ITEMS, NULL, true}}},
};
enum { N_ROUTES = sizeof routes / sizeof *routes };

static const char *method_of(const char *method) { return strcmp(method, "HEAD") == 0 ? "GET" : method; }

/* "application/json", and perhaps parameters behind it. */
static bool is_json(const char *type) { return type && hw_http_list_has(type, "application/json"); }

const hw_web_route *hw_route_find(const hw_http_request *request, hw_http_reply *reply) {
  const char *path = request->path + strlen("/api/"), *allow = NULL;
  for (int i = 0; i < N_ROUTES; i++) {
    if (!hw_route_fits(&routes[i], path)) continue;
    allow = strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : routes[i].method;
    if (strcmp(routes[i].method, method_of(request->method)) != 0) continue;
    if (strcmp(routes[i].method, "POST") != 0 || is_json(request->headers[HW_HEADER_CONTENT_TYPE].value)) return &routes[i];
    hw_http_reply_error(reply, 415, "type", "Content-Type is \"%.100s\", want application/json",
                        request->headers[HW_HEADER_CONTENT_TYPE].n ? request->headers[HW_HEADER_CONTENT_TYPE].value : "");
    return NULL;
  }
  if (allow) {
    hw_http_reply_error(reply, 405, "method", "%.20s is not for \"%.100s\", want %s", request->method, request->path, allow);
    reply->allow = allow;
  } else {
    hw_http_reply_error(reply, 404, "not_found", "there is no end point \"%.100s\"", request->path);
  }
  return NULL;
}
