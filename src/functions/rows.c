/* SPDX-License-Identifier: Apache-2.0
 * One row per table-valued function: its columns, how it decodes, how a value is read out. */
#include "base/number.h"
#include "functions/functions.h"
#include "graph/components.h"

static void text(sqlite3_context *context, const char *value) { sqlite3_result_text(context, value, -1, SQLITE_STATIC); }
static void result_importance(sqlite3_context *context, uint32_t micro) { sqlite3_result_double(context, micro / HW_MICRO); }
static void integer(sqlite3_context *context, int64_t value) { sqlite3_result_int64(context, value); }

bool hw_check_floor(const hw_blob_info *info, double threshold, hw_error *err) {
  if (threshold >= info->floor) return true;
  char what[160];
  (void)hw_snprintf(what, sizeof what, "threshold %.9g is below the floor %.9g that rows were stored from", threshold, info->floor);
  return hw_blob_fail(info, err, what);
}

bool hw_rows_check_threshold(hw_rows *rows, double *threshold, hw_error *err) {
  if (*threshold < 0) *threshold = rows->info.threshold;
  rows->bad_argument = !hw_check_floor(&rows->info, *threshold, err);
  return !rows->bad_argument;
}

static bool fill_parts(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  (void)threshold;
  return hw_decode_edges(bytes, length, &rows->arena, &rows->info, &rows->parts, &rows->n, err);
}

static bool fill_graph(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  size_t n_parts;
  if (!hw_decode_edges(bytes, length, &rows->arena, &rows->info, &rows->parts, &n_parts, err)) return false;
  if (!hw_rows_check_threshold(rows, &threshold, err)) return false;
  hw_error why;
  if (!hw_graph_replay(&rows->info.frame, rows->parts, n_parts, threshold, &rows->arena, &rows->arena, &rows->graph, &why)) {
    hw_blob_fail(&rows->info, err, why.message);
    if (err) err->kind = why.kind;
    return false;
  }
  return true;
}

static bool fill_edges(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  if (!fill_graph(rows, bytes, length, threshold, err)) return false;
  rows->n = rows->graph.n_edges;
  return true;
}

static bool fill_token_flow(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  if (!fill_graph(rows, bytes, length, threshold, err)) return false;
  rows->n = rows->info.frame.n_tokens;
  return true;
}

/* Takes the column `heads`, or `edges`, which it replays: then any threshold is possible. */
static bool fill_heads(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  if (length && ((const uint8_t *)bytes)[0] == 'E') {
    if (!fill_graph(rows, bytes, length, threshold, err)) return false;
    rows->heads = rows->graph.heads;
    rows->n = rows->graph.n_heads;
    for (size_t i = 0; i < rows->n; i++) rows->heads[i].flow = hw_micro(rows->heads[i].flow) / HW_MICRO;
    return true;
  }
  rows->bad_argument = threshold >= 0;
  if (rows->bad_argument)
    return hw_fail(err, HW_ERROR_INPUT, "another threshold needs the column edges: hw_heads(graph.edges, threshold)");
  return hw_decode_heads(bytes, length, &rows->arena, &rows->info, &rows->heads, &rows->n, err);
}

static bool fill_neurons(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  (void)threshold;
  if (!hw_decode_neurons(bytes, length, rows->wanted, &rows->arena, &rows->info, &rows->neurons, err)) return false;
  rows->n = rows->neurons.n_rows;
  return true;
}

static bool fill_projections(hw_rows *rows, const void *bytes, size_t length, double wanted, hw_error *err) {
  if (!hw_decode_projections(bytes, length, rows->wanted, &rows->arena, &rows->info, &rows->projections, err)) return false;
  hw_projection_token *tokens = rows->projections.tokens;
  for (size_t i = 0; i < rows->projections.n_tokens; i++)
    if (wanted < 0 || wanted == tokens[i].token_id) tokens[rows->n++] = tokens[i];
  return true;
}

static bool fill_lens(hw_rows *rows, const void *bytes, size_t length, double unused, hw_error *err) {
  (void)unused;
  int64_t prompt_id;
  return hw_decode_lens(bytes, length, &rows->arena, &prompt_id, &rows->n, &rows->lens, err);
}

static bool fill_pairs(hw_rows *rows, const void *bytes, size_t length, double unused, hw_error *err) {
  (void)unused;
  return hw_decode_pairs(bytes, length, &rows->arena, &rows->pairs, &rows->n, err);
}

/* One row. n_nodes counts the nodes that have edges, and the tokens that get flow. */
static bool fill_graph_size(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  if (!fill_graph(rows, bytes, length, threshold, err)) return false;
  const hw_edge *edges = rows->graph.edges;
  rows->n_nodes = 0;
  for (size_t i = 0; i < rows->graph.n_edges; i++) /* a node's parts are together: the first is counted */
    rows->n_nodes += !i || !hw_graph_same_node(&rows->info.frame, &edges[i - 1].part, &edges[i].part);
  for (uint32_t t = 0; t < rows->info.frame.n_tokens; t++) rows->n_nodes += rows->graph.token_flow[t] > 0;
  rows->n = 1;
  return true;
}

static bool fill_tokens(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  (void)threshold;
  return hw_decode_tokens(bytes, length, &rows->arena, &rows->tokens, &rows->n, err);
}

static bool fill_item_graphs(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  (void)threshold;
  return hw_decode_item_graphs(bytes, length, &rows->arena, &rows->item_graphs, &rows->n, err);
}

static void part_column(sqlite3_context *context, const hw_part *part, int column) {
  switch (column) {
    case 0: text(context, hw_part_kind_names[part->kind]); break;
    case 1: integer(context, part->layer); break;
    case 2:
      if (part->head != HW_NO_HEAD) integer(context, part->head);
      break;
    case 3: integer(context, part->source); break;
    case 4: integer(context, part->target); break;
    default: result_importance(context, part->importance); break;
  }
}

static void parts_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  part_column(context, &rows->parts[row], column);
}

static void edges_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  const hw_edge *edge = &rows->graph.edges[row];
  if (column < 6) part_column(context, &edge->part, column);
  else sqlite3_result_double(context, column == 6 ? edge->weight : edge->flow);
}

static void token_flow_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  if (column == 0) integer(context, (int64_t)row);
  else sqlite3_result_double(context, rows->graph.token_flow[row]);
}

static void heads_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  const hw_head_row *head = &rows->heads[row];
  switch (column) {
    case 0: integer(context, head->layer); break;
    case 1: integer(context, head->head); break;
    case 2: result_importance(context, head->importance); break;
    case 3: sqlite3_result_double(context, head->flow); break;
    default: integer(context, head->best_position); break;
  }
}

static void neurons_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  const hw_neuron_row *neuron = &rows->neurons.rows[row];
  uint32_t node = rows->neurons.row_nodes[row];
  switch (column) {
    case 0: integer(context, neuron->layer); break;
    case 1: integer(context, neuron->position); break;
    case 2: integer(context, neuron->neuron); break;
    case 3: result_importance(context, neuron->importance); break;
    case 4: sqlite3_result_double(context, (double)neuron->activation); break;
    case 5:
      sqlite3_result_double(
          context, hw_neuron_flow(rows->neurons.node_flows[node], neuron->importance, rows->neurons.nodes[node].total));
      break;
    default: integer(context, rows->neurons.node_flows[node] > 0); break;
  }
}

static void projections_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  const hw_projection_token *token = &rows->projections.tokens[row];
  const hw_projection *projection = &rows->projections.projections[token->projection];
  switch (column) {
    case 0: text(context, hw_component_kind_names[projection->kind]); break;
    case 1: text(context, hw_convention_names[projection->convention]); break;
    case 2: integer(context, projection->layer); break;
    case 3: integer(context, projection->position); break;
    case 4:
      if (projection->kind == HW_COMPONENT_HEAD) integer(context, projection->index);
      break;
    case 5:
      if (projection->kind == HW_COMPONENT_NEURON) integer(context, projection->index);
      break;
    case 6: text(context, token->suppresses ? "suppresses" : "promotes"); break;
    case 7: integer(context, token->rank); break;
    case 8: integer(context, token->token_id); break;
    case 9: sqlite3_result_double(context, (double)token->score / HW_SCORE_UNIT); break;
    default: integer(context, !projection->outside); break;
  }
}

static void lens_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  const hw_lens_score *foil = rows->lens.foil ? &rows->lens.foil[row] : NULL, *score = column < 4 ? &rows->lens.answer[row] : foil;
  if (column == 0) integer(context, (int64_t)row);
  else if (!score) return;
  else if (column == 7) sqlite3_result_double(context, (double)hw_lens_difference(&rows->lens, row) / HW_LENS_UNIT);
  else if (column % 3 == 1) integer(context, score->rank);
  else sqlite3_result_double(context, column % 3 == 2 ? score->logit : score->probability);
}

static void pairs_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  const hw_pair *pair = &rows->pairs[row];
  const int64_t values[] = {pair->layer_a, pair->head_a, pair->layer_b, pair->head_b, pair->n, pair->n_a, pair->n_b, pair->n_both};
  integer(context, values[column]);
}

static void graph_size_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  (void)row;
  const size_t values[] = {rows->graph.n_edges, rows->n_nodes, rows->graph.n_heads, rows->graph.n_ffn_nodes};
  integer(context, (int64_t)values[column]);
}

static void tokens_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  integer(context, column == 0 ? (int64_t)row : rows->tokens[row]);
}

static void item_graphs_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  if (column == 0) integer(context, rows->item_graphs[row].graph_id);
  else result_importance(context, rows->item_graphs[row].importance);
}

const hw_table_function hw_table_functions[] = {
    {"hw_edges", "kind, layer, head, source, target, importance, weight, flow", 8, HW_ARGUMENT_THRESHOLD, false, fill_edges, edges_column},
    {"hw_parts", "kind, layer, head, source, target, importance", 6, HW_ARGUMENT_NONE, false, fill_parts, parts_column},
    {"hw_token_flow", "position, flow", 2, HW_ARGUMENT_THRESHOLD, false, fill_token_flow, token_flow_column},
    {"hw_heads", "layer, head, importance, flow, position", 5, HW_ARGUMENT_THRESHOLD, false, fill_heads, heads_column},
    {"hw_neurons", "layer, position, neuron, importance, activation, flow", 6, HW_ARGUMENT_NONE, true, fill_neurons, neurons_column},
    {"hw_projections", "kind, convention, layer, position, head, neuron, list, rank, token_id, score", 10, HW_ARGUMENT_TOKEN, true,
     fill_projections, projections_column},
    {"hw_tokens", "position, token_id", 2, HW_ARGUMENT_NONE, false, fill_tokens, tokens_column},
    {"hw_item_graphs", "graph_id, importance", 2, HW_ARGUMENT_NONE, false, fill_item_graphs, item_graphs_column},
    {"hw_lens", "layer, rank, logit, probability, foil_rank, foil_logit, foil_probability, logit_diff", 8, HW_ARGUMENT_NONE, false, fill_lens, lens_column},
    {"hw_pairs", "layer_a, head_a, layer_b, head_b, n, n_a, n_b, n_both", 8, HW_ARGUMENT_NONE, false, fill_pairs, pairs_column},
    {"hw_relevance", "kind, layer, head, neuron, source, target, r, share, value, key, query", 11, HW_ARGUMENT_SHARE, false, hw_fill_relevance, hw_relevance_column},
    {"hw_graph_size", "edges, nodes, heads, ffn_nodes", 4, HW_ARGUMENT_THRESHOLD, false, fill_graph_size, graph_size_column},
};
const size_t hw_n_table_functions = sizeof hw_table_functions / sizeof hw_table_functions[0];
