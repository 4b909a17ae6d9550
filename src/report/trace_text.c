/* SPDX-License-Identifier: Apache-2.0
 * A trace as a page of text for people. */
#include <string.h>

#include "report/trace.h"
#include "base/json_writer.h"

enum { SHOWN_HEADS = 10, SHOWN_NEURONS = 10, SHOWN_TOKENS = 5, SHOWN_PREDICTIONS = 5 };

void hw_trace_put_token(hw_buffer *out, const hw_trace_view *view, int32_t id) {
  const char *bytes;
  size_t length;
  if (view->tokenizer && hw_tokenizer_piece(view->tokenizer, id, &bytes, &length))
    hw_json_quote(out, bytes, length);
  else
    hw_buffer_printf(out, "#%d", id);
}

/* Code points since `start`, which is what a terminal shows of them for most scripts. */
static size_t width_since(const hw_buffer *out, size_t start) {
  size_t width = 0;
  for (size_t i = start; i < out->length; i++) width += ((unsigned char)out->data[i] & 0xC0) != 0x80;
  return width;
}

static void pad_since(hw_buffer *out, size_t start, size_t width) {
  for (size_t n = out->failed ? width : width_since(out, start); n < width; n++) hw_buffer_append_byte(out, ' ');
}

static void put_bar(hw_buffer *out, double share, size_t width) {
  size_t length = (size_t)(share * (double)width + 0.5);
  for (size_t i = 0; i < length && i < width; i++) hw_buffer_append_byte(out, '#');
  while (!out->failed && out->length && out->data[out->length - 1] == ' ') out->data[--out->length] = '\0';
  hw_buffer_append_byte(out, '\n');
}

static bool starts_word(const hw_trace_view *view, size_t position) {
  const char *bytes;
  size_t length;
  if (position == 0 || !view->tokenizer) return true;
  if (hw_tokenizer_is_special(view->tokenizer, view->input->ids[position]) ||
      hw_tokenizer_is_special(view->tokenizer, view->input->ids[position - 1]))
    return true;
  return hw_tokenizer_piece(view->tokenizer, view->input->ids[position], &bytes, &length) && length && (bytes[0] == ' ' || bytes[0] == '\n');
}

static void put_prediction(hw_buffer *out, const hw_trace_view *view, size_t t) {
  const hw_prediction *prediction = &view->result->predictions[t];
  hw_buffer_printf(out, "\nPREDICTION after ");
  hw_trace_put_token(out, view, view->input->ids[view->input->targets[t]]);
  hw_buffer_printf(out, " (position %u)\n", view->input->targets[t]);
  for (uint32_t i = 0; i < prediction->n && i < SHOWN_PREDICTIONS; i++) {
    size_t start = out->length;
    hw_buffer_append_string(out, "  ");
    hw_trace_put_token(out, view, prediction->ids[i]);
    pad_since(out, start, 22);
    hw_buffer_printf(out, " probability %.4f   logit %9.4f\n", (double)prediction->probabilities[i], (double)prediction->logits[i]);
  }
}

/* One bar per token; where tokens are parts of words, the word's sum stands behind its last token. */
static void put_tokens(hw_buffer *out, const hw_trace_view *view, const hw_graph *graph) {
  size_t n = view->input->n_tokens, width = view->columns > 50 ? (size_t)view->columns - 46 : 10;
  hw_buffer_append_string(out, "\nINPUT: share of the prediction that comes from each token (and word)\n");
  double word = 0;
  size_t in_word = 0;
  for (size_t i = 0; i < n; i++) {
    if (starts_word(view, i)) word = 0, in_word = 0;
    word += graph->token_flow[i];
    in_word++;
    size_t start = out->length;
    hw_buffer_printf(out, "%5zu  ", i);
    hw_trace_put_token(out, view, view->input->ids[i]);
    pad_since(out, start, 26);
    hw_buffer_printf(out, " %.4f ", graph->token_flow[i]);
    if (in_word > 1 && (i + 1 == n || starts_word(view, i + 1)))
      hw_buffer_printf(out, "(%.4f) ", word);
    else
      hw_buffer_append_string(out, "         ");
    put_bar(out, graph->token_flow[i], width);
  }
}

/* The edges of the graph, a line for each node. */
static void put_graph(hw_buffer *out, const hw_trace_view *view, const hw_graph_frame *frame, const hw_graph *graph) {
  hw_buffer_printf(out, "\nGRAPH from the target down: %zu edges at threshold %g (flow of the 1 put in)\n", graph->n_edges, view->flow->threshold);
  unsigned last_layer = UINT32_MAX;
  bool open = false;
  size_t column = 0;
  for (size_t e = 0; e < graph->n_edges; e++) {
    const hw_edge *edge = &graph->edges[e];
    const hw_part *part = &edge->part;
    const hw_part *before = e ? &graph->edges[e - 1].part : NULL;
    const hw_layer_node *node = hw_graph_node_of(frame, part->kind);
    if (!hw_layer_node_has(node, HW_PART_ATTENTION) && view->model->config.d_ffn == 0) continue; /* the residual is its only part */
    if (part->layer != last_layer) hw_buffer_printf(out, "%s  layer %u\n", open ? "\n" : "", part->layer), open = false;
    last_layer = part->layer;
    if (!open || !hw_graph_same_node(frame, before, part)) {
      size_t start = out->length + (open ? 1 : 0);
      hw_buffer_printf(out, "%s    %-9s %u ", open ? "\n" : "", node->name, part->target);
      hw_trace_put_token(out, view, view->input->ids[part->target]);
      pad_since(out, start, 28);
      hw_buffer_append_string(out, " <-");
      column = width_since(out, start);
      open = true;
    }
    hw_buffer piece;
    hw_buffer_init(&piece);
    if (part->kind == HW_PART_ATTENTION) {
      hw_buffer_printf(&piece, " H%u:%u", part->head, part->source);
      hw_trace_put_token(&piece, view, view->input->ids[part->source]);
    } else {
      hw_buffer_append_string(&piece, part->kind == HW_PART_FFN ? " FFN" : " residual");
    }
    hw_buffer_printf(&piece, " %.3f", edge->flow);
    if (piece.failed) {
      out->failed = true;
    } else {
      size_t width = width_since(&piece, 0);
      if (column + width > (size_t)view->columns) {
        hw_buffer_printf(out, "\n%*s", 31, "");
        column = 31;
      }
      hw_buffer_append(out, piece.data, piece.length);
      column += width;
    }
    hw_buffer_fini(&piece);
  }
  hw_buffer_append_string(out, "\n");
}

static void put_list(hw_buffer *out, const hw_trace_view *view, const char *label, const int32_t *ids, size_t k) {
  hw_buffer_printf(out, "      %s", label);
  size_t column = 6 + strlen(label);
  for (size_t i = 0; i < k && i < SHOWN_TOKENS; i++) {
    size_t start = out->length;
    hw_buffer_append_byte(out, ' ');
    hw_trace_put_token(out, view, ids[i]);
    size_t width = out->failed ? 0 : width_since(out, start);
    if (column + width > (size_t)view->columns && !out->failed) { /* wider than the line: removed again */
      out->length = start;
      out->data[start] = '\0';
      break;
    }
    column += width;
  }
  hw_buffer_append_byte(out, '\n');
}

static void put_projection(hw_buffer *out, const hw_trace_view *view, const hw_projection *row, bool swapped) {
  put_list(out, view, "promotes  ", swapped ? row->suppresses : row->promotes, row->k);
  put_list(out, view, "suppresses", swapped ? row->promotes : row->suppresses, row->k);
}

static void put_heads(hw_buffer *out, const hw_trace_view *view, const hw_target_trace *trace) {
  const hw_graph *graph = &trace->graph;
  hw_buffer_printf(out, "\nHEADS: %zu active%s\n", graph->n_heads, graph->n_heads > SHOWN_HEADS ? ", the ten most important" : "");
  uint64_t last = UINT64_MAX; /* sort key of the head shown last: importance, then the lower index */
  for (size_t shown = 0; shown < SHOWN_HEADS; shown++) {
    const hw_head_row *best = NULL;
    uint64_t best_key = 0;
    for (size_t i = 0; i < graph->n_heads; i++) {
      uint64_t key = (uint64_t)graph->heads[i].importance << 32 | (UINT32_MAX - (uint32_t)i);
      if (key < last && (!best || key > best_key)) best = &graph->heads[i], best_key = key;
    }
    if (!best) break;
    last = best_key;
    hw_buffer_printf(out, "  L%uH%u  importance %.4f  flow %.4f  most at %u ", best->layer, best->head, best->importance / HW_MICRO,
                     best->flow, best->best_position);
    hw_trace_put_token(out, view, view->input->ids[best->best_position]);
    hw_buffer_append_byte(out, '\n');
    for (size_t p = 0; p < trace->n_projections; p++) {
      const hw_projection *row = &trace->projections[p];
      if (row->outside || row->kind != HW_COMPONENT_HEAD || row->layer != best->layer || row->index != best->head) continue;
      put_projection(out, view, row, false);
      break;
    }
  }
}

static const hw_projection *find_neuron(const hw_trace_view *view, const hw_neuron_row *row) {
  for (size_t i = 0; i < view->n_neurons; i++)
    if (view->neurons[i].layer == row->layer && view->neurons[i].index == row->neuron) return &view->neurons[i];
  return NULL;
}

static void put_neurons(hw_buffer *out, const hw_trace_view *view, const hw_target_trace *trace) {
  if (trace->n_neurons == 0) return;
  hw_buffer_printf(out, "\nNEURONS: the largest shares of a node\n");
  uint64_t last = UINT64_MAX;
  for (size_t shown = 0; shown < SHOWN_NEURONS; shown++) {
    const hw_neuron_row *best = NULL, *row = trace->neurons;
    uint64_t best_key = 0;
    for (size_t n = 0; n < trace->n_neuron_nodes; n++) {
      bool in_graph = hw_graph_ffn_node(&trace->graph, trace->neuron_nodes[n].layer, trace->neuron_nodes[n].position) != NULL;
      for (uint32_t r = 0; r < trace->neuron_nodes[n].n_rows; r++, row++) {
        uint64_t key = (uint64_t)row->importance << 32 | (UINT32_MAX - (uint32_t)(row - trace->neurons));
        if (in_graph && key < last && (!best || key > best_key)) best = row, best_key = key;
      }
    }
    if (!best) break;
    last = best_key;
    bool swapped = best->activation < 0;
    hw_buffer_printf(out, "  L%uN%u  share %.4f  activation %.4g  at %u ", best->layer, best->neuron, best->importance / HW_MICRO,
                     (double)best->activation, best->position);
    hw_trace_put_token(out, view, view->input->ids[best->position]);
    hw_buffer_append_string(out, swapped ? "  (lists swapped)\n" : "\n");
    const hw_projection *projection = find_neuron(view, best);
    if (projection) put_projection(out, view, projection, swapped);
  }
}

void hw_trace_put_text(const hw_trace_view *view, hw_buffer *out) {
  const hw_model_config *c = &view->model->config;
  hw_buffer_printf(out, "%s: %s, %d layers, %d heads, d_model %d; %zu token%s%s\n", view->model->name, c->family, (int)c->n_layers,
                   (int)c->n_heads, (int)c->d_model, view->input->n_tokens, view->input->n_tokens == 1 ? "" : "s", view->input->has_bos ? " with BOS" : "");
  for (size_t t = 0; t < view->input->n_targets; t++) {
    const hw_target_trace *trace = &view->result->flow.traces[t];
    put_prediction(out, view, t);
    put_tokens(out, view, &trace->graph);
    put_graph(out, view, &trace->frame, &trace->graph);
    put_heads(out, view, trace);
    put_neurons(out, view, trace);
  }
  if (view->relevance) hw_trace_put_answer_text(view, out);
}
