/* SPDX-License-Identifier: Apache-2.0
 * Traces one prompt: the predicted token, the strongest attention edges and the most important heads.
 *   cc trace_prompt.c $(pkg-config --cflags --libs headwater) -o trace_prompt
 *   ./trace_prompt MODEL_DIR "TEXT" */
#include <headwater/headwater.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN = 5 };

static void print_token(const hw_tokenizer *tokenizer, int32_t id) {
  const char *bytes;
  size_t length;
  if (hw_tokenizer_piece(tokenizer, id, &bytes, &length)) printf("\"%.*s\"", (int)length, bytes);
}

static int by_flow(const void *a, const void *b) {
  const hw_edge *x = (const hw_edge *)a, *y = (const hw_edge *)b;
  return (x->flow < y->flow) - (x->flow > y->flow);
}

static void show(const hw_trace *trace, const hw_tokenizer *tokenizer) {
  const hw_prediction *prediction = &trace->result.predictions[0];
  const hw_graph *graph = &trace->result.flow.traces[0].graph;
  printf("prediction ");
  print_token(tokenizer, prediction->ids[0]);
  printf(" probability %.3f\n", (double)prediction->probabilities[0]);
  qsort(graph->edges, graph->n_edges, sizeof *graph->edges, by_flow); /* the graph belongs to the trace, which is ours */
  for (size_t i = 0, shown = 0; i < graph->n_edges && shown < SHOWN; i++) {
    const hw_edge *edge = &graph->edges[i];
    if (edge->part.kind != HW_PART_ATTENTION) continue;
    shown++;
    printf("edge L%dH%d ", edge->part.layer, edge->part.head);
    print_token(tokenizer, trace->prompt.ids[edge->part.source]);
    printf(" -> ");
    print_token(tokenizer, trace->prompt.ids[edge->part.target]);
    printf(" flow %.3f\n", edge->flow);
  }
  for (size_t i = 0; i < graph->n_heads; i++)
    if (graph->heads[i].importance >= 0.2 * HW_MICRO)
      printf("head L%dH%d importance %.3f\n", graph->heads[i].layer, graph->heads[i].head, graph->heads[i].importance / HW_MICRO);
}

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: trace_prompt MODEL_DIR TEXT\n"), 2;
  hw_error err = {HW_OK, ""};
  hw_model *model = NULL;
  hw_tokenizer *tokenizer = NULL;
  hw_trace trace;
  bool ok = hw_model_open(argv[1], &model, &err) && hw_tokenizer_open(argv[1], NULL, &tokenizer, &err);
  if (ok) {
    ok = hw_trace_text(model, tokenizer, NULL, argv[2], &trace, &err);
    if (ok) show(&trace, tokenizer);
    hw_trace_fini(&trace);
  }
  if (!ok) fprintf(stderr, "%s\n", err.message);
  hw_tokenizer_close(tokenizer);
  hw_model_close(model);
  return ok ? 0 : 1;
}
