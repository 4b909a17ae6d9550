/* SPDX-License-Identifier: Apache-2.0
 * From prompts to passes: activations, relevances, graphs, and the ablations of all prompts of a chunk together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "certify/certify.h"
#include "headwater/relevance.h"

size_t hw_certify_knockouts(const hw_certifying *c) { return (size_t)c->settings->knockout < c->n_components ? (size_t)c->settings->knockout : c->n_components; }

size_t hw_certify_pairs(const hw_certifying *c) {
  size_t n = (size_t)c->settings->pairs < c->n_components ? (size_t)c->settings->pairs : c->n_components;
  return n * (n - 1) / 2 * (n > 0);
}

bool hw_certify_forward(hw_certifier *w) {
  size_t n_tokens = 0, n = 0;
  for (size_t i = 0; i < w->n_prompts; i++) n_tokens += w->prompts[i].item->n_tokens + (w->prompts[i].reference ? w->prompts[i].item->n_counterfactual : 0);
  int32_t *ids = hw_arena_new(&w->arena, int32_t, n_tokens, w->err);
  size_t *first = hw_arena_new(&w->arena, size_t, 2 * w->n_prompts + 1, w->err);
  if (!ids || !first) return false;
  first[0] = 0;
  for (size_t i = 0; i < w->n_prompts; i++) {
    hw_certified_prompt *p = &w->prompts[i];
    memcpy(ids + first[n], p->ids, p->item->n_tokens * sizeof *ids);
    first[n + 1] = first[n] + p->item->n_tokens;
    p->in_batch = n++;
    p->reference_in_batch = p->reference ? n : HW_NO_REFERENCE;
    if (!p->reference) continue;
    memcpy(ids + first[n], p->reference, p->item->n_counterfactual * sizeof *ids);
    first[n + 1] = first[n] + p->item->n_counterfactual;
    n++;
  }
  const hw_batch batch = {.n_prompts = n, .n_rows = n_tokens, .ids = ids, .first = first, .keeps_inputs = true};
  return hw_forward(w->shared->model, &batch, &w->team, &w->arena, &w->acts, w->err);
}

/* ---- Graphs ---- */

/* Whether a part whose relevance is r of `whole` is in the graph, as in trace. */
static bool is_in_graph(const hw_certifying *c, const hw_relevance_part *part, double whole) {
  return part->kind != HW_RELEVANCE_QUERY && fabs((double)part->r / 1e6 / whole) > c->threshold;
}

static bool take_relevance(hw_certifier *w, hw_certified_prompt *p, const hw_relevance *r) {
  const hw_certifying *c = w->shared;
  size_t n_layers = c->info.n_layers, n_heads = c->info.n_heads;
  p->relevance = r;
  if (r->reason) {
    p->reason = r->reason;
    return true;
  }
  double whole = r->m - r->m_reference;
  p->parts = hw_arena_new(&w->arena, hw_ablated_part, r->n_parts, w->err);
  p->scores = hw_arena_new(&w->arena, double, c->n_components, w->err);
  if (!p->parts || !p->scores) return false;
  for (size_t i = 0; i < r->n_parts; i++) {
    const hw_relevance_part *part = &r->parts[i];
    if (is_in_graph(c, part, whole))
      p->parts[p->n_parts++] = (hw_ablated_part){part->layer, part->kind == HW_RELEVANCE_FFN ? HW_ABLATED_FFN : part->head, part->target, part->source};
  }
  for (size_t l = 0; l < n_layers; l++) {
    memcpy(p->scores + l * (n_heads + 1), r->heads + l * n_heads, n_heads * sizeof *p->scores);
    p->scores[l * (n_heads + 1) + n_heads] = r->ffn[l];
  }
  return true;
}

static bool find_relevances(hw_certifier *w) {
  const hw_certifying *c = w->shared;
  bool contrast = c->settings->graph == HW_CERTIFY_CONTRAST;
  hw_relevance_prompt *asked = hw_arena_znew(&w->arena, hw_relevance_prompt, w->n_prompts, w->err);
  if (!asked) return false;
  for (size_t i = 0; i < w->n_prompts; i++) {
    const hw_certified_prompt *p = &w->prompts[i];
    asked[i] = (hw_relevance_prompt){.prompt = p->in_batch, .reference = p->reference_in_batch, .answer = p->answer, .foil = p->foil};
  }
  const hw_relevance_settings settings = {.answer = !contrast, .contrast = contrast, .floor = c->settings->curve == HW_CURVE_PARTS ? 0 : c->threshold};
  hw_arena_reset(&w->scratch);
  if (!hw_relevance_trace(&w->acts, &settings, asked, w->n_prompts, &w->team, &w->arena, &w->scratch, w->err)) return false;
  for (size_t i = 0; i < w->n_prompts; i++) {
    hw_certified_prompt *p = &w->prompts[i];
    p->answer = asked[i].answer;
    if (contrast && p->reference) p->m_reference = asked[i].by_contrast.m_reference;
    if (!p->reason && !take_relevance(w, p, contrast ? &asked[i].by_contrast : &asked[i].by_answer)) return false;
  }
  return true;
}

/* Why nothing can be replaced in the prompt, or NULL. */
static const char *missing_baseline(const hw_certifying *c, const hw_certified_prompt *p) {
  if (c->settings->baseline == HW_BASELINE_COUNTERFACTUAL && !p->reference) return "there is no counterfactual";
  if (c->settings->baseline == HW_BASELINE_COUNTERFACTUAL && p->item->n_counterfactual != p->item->n_tokens) return "the counterfactual has another number of tokens";
  if (c->settings->baseline == HW_BASELINE_COUNTERFACTUAL && memcmp(p->reference, p->ids, p->item->n_tokens * sizeof *p->ids) == 0) return "the counterfactual has the same tokens";
  if (c->settings->baseline == HW_BASELINE_MEAN && c->means[p->item->class].n < 2) return "there are no two prompts of its group and length for a mean";
  return NULL;
}

bool hw_certify_find_graphs(hw_certifier *w) {
  hw_certifying *c = w->shared;
  bool routes = c->settings->graph == HW_CERTIFY_ROUTES;
  if (!routes && !find_relevances(w)) return false;
  for (size_t i = 0; i < w->n_prompts; i++) {
    hw_certified_prompt *p = &w->prompts[i];
    if (!p->reason) p->reason = missing_baseline(c, p);
    if (p->reason) continue;
    if (routes) {
      p->parts = p->routes;
      p->n_parts = p->n_routes;
    }
    if (!hw_part_set_make(c->model, p->item->n_tokens, p->parts, p->n_parts, &w->arena, &p->set, w->err)) return false;
  }
  return true;
}

/* ---- Curves ---- */

/* Shares of the components that a curve keeps, in thousandths. */
static const unsigned curve_points[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
enum { CURVE_POINTS = sizeof curve_points / sizeof *curve_points };

typedef struct ranked {
  double score;
  size_t index;
} ranked;

static int by_score(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

static ranked *rank(const double *scores, size_t n, hw_arena *arena, hw_error *err) {
  ranked *order = hw_arena_new(arena, ranked, n, err);
  if (!order) return NULL;
  for (size_t i = 0; i < n; i++) order[i] = (ranked){fabs(scores[i]), i};
  qsort(order, n, sizeof *order, by_score);
  return order;
}

static hw_ablated_part component(const hw_certifying *c, size_t index) {
  size_t width = c->info.n_heads + (size_t)1, head = index % width;
  return (hw_ablated_part){.layer = (uint16_t)(index / width), .head = head == c->info.n_heads ? HW_ABLATED_FFN : (uint16_t)head};
}

/* Scores of heads and FFNs at single positions: [component][position]. */
static double *score_nodes(const hw_certifier *w, const hw_certified_prompt *p, hw_arena *arena) {
  const hw_certifying *c = w->shared;
  size_t n_tokens = p->item->n_tokens, width = c->info.n_heads + (size_t)1;
  double *scores = hw_arena_znew(arena, double, c->n_components * n_tokens, w->err);
  if (!scores) return NULL;
  for (size_t i = 0; i < p->relevance->n_parts; i++) {
    const hw_relevance_part *part = &p->relevance->parts[i];
    size_t head = part->kind == HW_RELEVANCE_FFN ? width - 1 : part->head;
    if (part->kind != HW_RELEVANCE_QUERY) scores[(part->layer * width + head) * n_tokens + part->target] += (double)part->r;
  }
  return scores;
}

/* Fills in the parts that a curve keeps, the first first: *list is components, or with HW_CURVE_PARTS parts of single positions. */
static bool order_curve(hw_certifier *w, const hw_certified_prompt *p, hw_arena *arena, hw_ablated_part **list, size_t *n) {
  const hw_certifying *c = w->shared;
  size_t n_tokens = p->item->n_tokens;
  bool nodes = c->settings->curve == HW_CURVE_PARTS;
  *n = c->n_components * (nodes ? n_tokens : 1);
  const double *scores = nodes ? score_nodes(w, p, arena) : p->scores;
  ranked *order = c->settings->curve == HW_CURVE_SET ? NULL : scores ? rank(scores, *n, arena, w->err) : NULL;
  *list = hw_arena_new(arena, hw_ablated_part, *n, w->err);
  if (!*list || (!order && c->settings->curve != HW_CURVE_SET)) return false;
  for (size_t i = 0; i < *n; i++) {
    size_t index = order ? order[i].index : c->ranking[i];
    (*list)[i] = component(c, nodes ? index / n_tokens : index);
    if (nodes) (*list)[i].target = (*list)[i].source = (uint32_t)(index % n_tokens);
  }
  return true;
}

static bool make_curve(hw_certifier *w, hw_certified_prompt *p, hw_arena *arena, hw_ablation *passes) {
  const hw_certifying *c = w->shared;
  hw_ablated_part *list;
  size_t n, sizes[CURVE_POINTS] = {0};
  if (!order_curve(w, p, arena, &list, &n)) return false;
  for (size_t point = 0; point < CURVE_POINTS; point++) {
    size_t k = n * curve_points[point] / 1000;
    if (p->n_curve == 0 || sizes[p->n_curve - 1] != k) sizes[p->n_curve++] = k;
  }
  p->curve = hw_arena_new(&w->arena, size_t, p->n_curve, w->err);
  hw_part_set *sets = hw_arena_new(arena, hw_part_set, p->n_curve, w->err);
  if (!p->curve || !sets) return false;
  memcpy(p->curve, sizes, p->n_curve * sizeof *sizes);
  for (size_t i = 0; i < p->n_curve; i++) {
    passes[i] = (hw_ablation){.components = list, .n_components = sizes[i], .unit = HW_ABLATE_NODES};
    if (c->settings->curve != HW_CURVE_PARTS) continue;
    if (!hw_part_set_make(c->model, p->item->n_tokens, list, sizes[i], arena, &sets[i], w->err)) return false;
    passes[i].set = &sets[i];
  }
  return true;
}

/* ---- Passes ---- */

static size_t most_passes(const hw_certifying *c) {
  return HW_PASS_RANDOM + 2 * (size_t)c->settings->n_random + hw_certify_knockouts(c) + hw_certify_pairs(c) + (c->settings->curve ? CURVE_POINTS : 0);
}

static bool make_random(hw_certifier *w, const hw_certified_prompt *p, hw_ablation *passes) {
  size_t n = (size_t)w->shared->settings->n_random;
  hw_part_set *sets = hw_arena_new(&w->scratch, hw_part_set, n, w->err);
  if (!sets) return false;
  for (size_t i = 0; i < n; i++) {
    bool smaller;
    if (!hw_random_graph(w->shared, p->item, &p->set, i, &w->scratch, &sets[i], &smaller, w->err)) return false;
    w->n_random++;
    w->n_smaller += smaller;
    passes[2 * i] = (hw_ablation){.set = &sets[i]};
    passes[2 * i + 1] = (hw_ablation){.set = &sets[i], .replaces = true};
  }
  return true;
}

/* Single ones and pairs of the whole set's largest. */
static bool make_knockouts(hw_certifier *w, hw_ablation *passes) {
  const hw_certifying *c = w->shared;
  size_t n = hw_certify_knockouts(c), n_pairs = hw_certify_pairs(c), at = 0;
  hw_ablated_part *parts = hw_arena_new(&w->scratch, hw_ablated_part, n + 2 * n_pairs, w->err);
  if (!parts) return false;
  for (size_t i = 0; i < n; i++) {
    parts[i] = component(c, c->ranking[i]);
    passes[i] = (hw_ablation){.components = &parts[i], .n_components = 1, .replaces = true};
  }
  for (size_t b = 1; at < n_pairs; b++)
    for (size_t a = 0; a < b; a++, at++) {
      hw_ablated_part *pair = parts + n + 2 * at;
      pair[0] = component(c, c->ranking[a]);
      pair[1] = component(c, c->ranking[b]);
      passes[n + at] = (hw_ablation){.components = pair, .n_components = 2, .replaces = true};
    }
  return true;
}

static bool make_passes(hw_certifier *w, hw_certified_prompt *p, const hw_part_set *empty, hw_ablation *passes, size_t *n) {
  const hw_certifying *c = w->shared;
  size_t n_random = (size_t)c->settings->n_random, n_single = hw_certify_knockouts(c) + hw_certify_pairs(c);
  passes[HW_PASS_MODEL] = (hw_ablation){.set = empty, .replaces = true};
  passes[HW_PASS_NONE] = (hw_ablation){.set = empty};
  passes[HW_PASS_KEPT] = (hw_ablation){.set = &p->set};
  passes[HW_PASS_REMOVED] = (hw_ablation){.set = &p->set, .replaces = true};
  if (!make_random(w, p, passes + HW_PASS_RANDOM)) return false;
  *n = HW_PASS_RANDOM + 2 * n_random;
  for (size_t i = 0; i < *n; i++) passes[i].unit = (hw_ablation_unit)c->settings->unit;
  if (n_single && !make_knockouts(w, passes + *n)) return false;
  *n += n_single;
  if (c->settings->curve && !make_curve(w, p, &w->scratch, passes + *n)) return false;
  *n += p->n_curve;
  for (size_t i = 0; i < *n; i++) passes[i].baseline = (hw_baseline)c->settings->baseline;
  return true;
}

bool hw_certify_ablate(hw_certifier *w) {
  hw_certifying *c = w->shared;
  size_t n = 0, n_passes = 0;
  hw_arena_reset(&w->scratch);
  hw_ablated_prompt *prompts = hw_arena_znew(&w->scratch, hw_ablated_prompt, w->n_prompts, w->err);
  hw_ablation *passes = hw_arena_znew(&w->arena, hw_ablation, w->n_prompts * most_passes(c), w->err);
  hw_part_set *empty = hw_arena_new(&w->scratch, hw_part_set, w->n_prompts, w->err);
  size_t *items = hw_arena_new(&w->scratch, size_t, w->n_prompts, w->err); /* by number among those that are ablated */
  if (!prompts || !passes || !empty || !items) return false;
  for (size_t i = 0; i < w->n_prompts; i++) {
    hw_certified_prompt *p = &w->prompts[i];
    if (p->reason) continue;
    size_t made;
    items[n] = i;
    if (!hw_part_set_make(c->model, p->item->n_tokens, NULL, 0, &w->scratch, &empty[i], w->err) || !make_passes(w, p, &empty[i], passes + n_passes, &made)) return false;
    for (size_t k = 0; k < made; k++) passes[n_passes + k].prompt = n;
    p->passes = passes + n_passes;
    n_passes += made;
    prompts[n] = (hw_ablated_prompt){.acts = &w->acts, .prompt = p->in_batch, .reference = p->reference_in_batch, .answer = p->answer, .foil = p->foil};
    if (c->settings->baseline == HW_BASELINE_MEAN) {
      prompts[n].mean_mixes = c->means[p->item->class].mixes;
      prompts[n].mean_ffn = c->means[p->item->class].ffn;
    }
    n++;
    w->n_tokens += p->item->n_tokens;
  }
  w->n_passes += (int64_t)n_passes;
  if (!hw_ablate(prompts, n, passes, n_passes, &w->team, &w->scratch, w->err)) return false;
  for (size_t i = 0; i < n_passes; i++)
    if (!isfinite(passes[i].m) || !isfinite(passes[i].kl)) w->prompts[items[passes[i].prompt]].reason = "a margin is not a finite number";
  return true;
}
