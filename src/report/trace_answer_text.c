/* SPDX-License-Identifier: Apache-2.0
 * What an answer depends on, as `headwater trace` prints it. */
#include <math.h>
#include <stdlib.h>

#include "report/trace.h"

enum { SHOWN = 10 };

/* A head, or with head n_heads the FFN of a layer. */
typedef struct component {
  size_t layer, head;
  double r;
} component;

static int by_size(const void *a, const void *b) {
  const component *x = a, *y = b;
  double p = fabs(x->r), q = fabs(y->r);
  if (p < q || p > q) return p > q ? -1 : 1;
  if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
  return x->head < y->head ? -1 : x->head > y->head;
}

const hw_target_trace *hw_trace_last_routes(const hw_trace_view *view) {
  size_t t = view->input->n_targets - 1;
  return view->input->targets[t] + (size_t)1 == view->input->n_tokens ? &view->result->flow.traces[t] : NULL;
}

static uint32_t importance_of(const hw_graph *graph, size_t layer, size_t head) {
  for (size_t i = 0; i < graph->n_heads; i++)
    if (graph->heads[i].layer == layer && graph->heads[i].head == head) return graph->heads[i].importance;
  return 0;
}

static double component_of(const double *heads, const double *ffn, const component *c, size_t n_heads) {
  return c->head == n_heads ? ffn[c->layer] : heads[c->layer * n_heads + c->head];
}

static void put_component(const hw_trace_view *view, const component *c, double whole, hw_buffer *out) {
  size_t n_heads = (size_t)view->model->config.n_heads;
  const hw_direct_attribution *direct = &view->relevance->direct;
  const hw_target_trace *routes = hw_trace_last_routes(view);
  if (c->head == n_heads) hw_buffer_printf(out, "  L%zu FFN  importance ", c->layer);
  else hw_buffer_printf(out, "  L%zuH%zu%s  importance ", c->layer, c->head, c->head < 10 ? "  " : " ");
  if (c->head == n_heads || !routes) hw_buffer_append_string(out, "      ");
  else hw_buffer_printf(out, "%.4f", importance_of(&routes->graph, c->layer, c->head) / HW_MICRO);
  hw_buffer_printf(out, "  direct %+.3f  share %+.3f", component_of(direct->heads, direct->ffn, c, n_heads), c->r / whole);
  for (size_t k = 0; k < view->n_knockouts; k++)
    hw_buffer_printf(out, "  effect %+.3f", component_of(view->knockouts[k].heads, view->knockouts[k].ffn, c, n_heads));
  hw_buffer_append_byte(out, '\n');
}

static void put_relevance(const hw_trace_view *view, const char *name, const hw_relevance *r, hw_buffer *out) {
  size_t n_layers = (size_t)view->model->config.n_layers, n_heads = (size_t)view->model->config.n_heads, n = 0;
  double whole = r->m - r->m_reference;
  if (r->reason) {
    hw_buffer_printf(out, "\n%s: none, %s\n", name, r->reason);
    return;
  }
  hw_buffer_printf(out, "\n%s: the %d largest shares of %.3f logits\n", name, SHOWN, whole);
  component *all = calloc(n_layers * (n_heads + 1), sizeof *all);
  if (!all) {
    out->failed = true;
    return;
  }
  for (size_t l = 0; l < n_layers; l++)
    for (size_t h = 0; h <= n_heads; h++) {
      all[n] = (component){.layer = l, .head = h};
      all[n].r = component_of(r->heads, r->ffn, &all[n], n_heads);
      n++;
    }
  qsort(all, n, sizeof *all, by_size);
  for (size_t i = 0; i < n && i < SHOWN; i++) put_component(view, &all[i], whole, out);
  free(all);
}

static void put_certificate(const hw_named_certificate *c, hw_buffer *out) {
  hw_buffer_printf(out, "  %-8s by %s, %s for the rest: %zu + %zu parts\n", c->graph, hw_ablation_unit_names[c->unit], hw_baseline_names[c->baseline],
                   c->found.n_attention, c->found.n_ffn);
  hw_buffer_printf(out, "    margin %.3f  kept %.3f  removed %.3f  none %.3f  KL of kept %.4f\n", c->found.m, c->found.kept.m, c->found.removed.m, c->found.none, c->found.kept.kl);
}

/* The model is asked about one token of each side. */
static void put_asked(const hw_trace_view *view, int32_t id, size_t n_tokens, const char *what, hw_buffer *out) {
  hw_trace_put_token(out, view, id);
  if (n_tokens > 1) hw_buffer_printf(out, ", the first of %zu tokens of the %s,", n_tokens, what);
}

static void put_question(const hw_trace_view *view, hw_buffer *out) {
  const hw_answer_question *q = &view->question;
  hw_buffer_append_string(out, "\nASKED: ");
  put_asked(view, view->relevance->answer, q->n_answer, "answer", out);
  hw_buffer_append_string(out, q->answer < 0 ? ", the predicted token, over " : " over ");
  if (q->foil < 0) hw_buffer_append_string(out, "the mean of all tokens");
  else put_asked(view, q->foil, q->n_foil, "foil", out);
  if (out->length && out->data[out->length - 1] == ',') out->length--;
  hw_buffer_append_byte(out, '\n');
}

void hw_trace_put_answer_text(const hw_trace_view *view, hw_buffer *out) {
  const hw_relevance *answer = &view->relevance->by_answer, *contrast = &view->relevance->by_contrast;
  put_question(view, out);
  if (view->relevance_settings->answer) put_relevance(view, "ANSWER RELEVANCE", answer, out);
  if (view->relevance_settings->contrast) put_relevance(view, "CONTRAST RELEVANCE", contrast, out);
  for (size_t k = 0; k < view->n_knockouts; k++)
    hw_buffer_printf(out, "  effect%s: of a knock-out, baseline %s\n", view->n_knockouts > 1 ? k ? ", second" : ", first" : "", hw_baseline_names[view->knockouts[k].baseline]);
  if (!view->certificates) return;
  if (!view->n_certificates) {
    hw_buffer_printf(out, "\nCERTIFICATES: none, %s\n", view->relevance_settings->answer ? answer->reason : contrast->reason);
    return;
  }
  hw_buffer_append_string(out, "\nCERTIFICATES: the answer's margin with the graph alone, and without it\n");
  for (size_t i = 0; i < view->n_certificates; i++) put_certificate(&view->certificates[i], out);
}
