/* SPDX-License-Identifier: Apache-2.0
 * Passes of several ablations as prompts of one batch. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/option.h"
#include "base/real.h"
#include "engine/heads.h"
#include "engine/log_sum_exp.h"
#include "engine/rank.h"
#include "headwater/ablation.h"
#include "tensor/kernels.h"

const char *const hw_ablation_unit_names[3] = {"edge", "node", NULL};
const char *const hw_baseline_names[4] = {"counterfactual", "zero", "mean", NULL};

enum { ROWS_TOGETHER = 512, PASSES_TOGETHER = 64 };

typedef struct ranking {
  int32_t predicted;
  uint32_t answer_rank;
} ranking;

/* A prompt, and what its passes share. */
typedef struct ablated {
  const hw_ablated_prompt *asked;
  size_t n_tokens;
  float **mixes;       /* [n_layers] of [n_tokens, n_heads * d_head] of the counterfactual, or NULL where no pass wants it */
  float *logits;       /* [vocab_out] of the model itself */
  ranking ranked;      /* of these */
  double log_z;
} ablated;

/* A pass of a batch: its rows are those of the prompt's positions from `begin` on. */
typedef struct ablated_rows {
  hw_ablation *pass;
  const ablated *prompt;
  bool *components; /* [n_layers * (n_heads + 1)] of a pass without a set, the FFN behind the heads */
  size_t first, begin;
} ablated_rows;

typedef struct ablating {
  const hw_model *model;
  ablated *prompts;
  ablated_rows *rows; /* [n] of the batch */
  size_t n, first_layer;
  float *weights, *base_weights;  /* [longest prompt] */
  const hw_team *team;
  hw_arena *arena;
  hw_error *err;
} ablating;

static size_t row_of_own(const ablated *p, size_t position) { return hw_batch_row(&p->asked->acts->batch, p->asked->prompt, position); }
static size_t row_of_reference(const ablated *p, size_t position) { return hw_batch_row(&p->asked->acts->batch, p->asked->reference, position); }

/* The first layer in which the pass replaces something; n_layers: none. */
static size_t first_replaced(const hw_ablation *pass, size_t n_layers) {
  const hw_part_set *set = pass->set;
  if (!pass->replaces) return 0;
  size_t first = n_layers;
  for (size_t c = 0; !set && c < pass->n_components; c++)
    if (pass->components[c].layer < first) first = pass->components[c].layer;
  for (size_t l = 0; set && l < first; l++) {
    bool any = set->first[(l + 1) * set->n_heads * set->n_tokens] > set->first[l * set->n_heads * set->n_tokens];
    for (size_t i = 0; i < set->n_tokens && !any; i++) any = set->ffn[l * set->n_tokens + i];
    if (any) first = l;
  }
  return first;
}

/* Nothing is kept: positions are independent of one another then. */
static bool keeps_nothing(const hw_ablation *pass) {
  return !pass->replaces && (pass->set ? pass->set->n_attention + pass->set->n_ffn : pass->n_components) == 0;
}

/* ---- The edits ---- */

static void begin(void *context, float *states) {
  const ablating *w = context;
  size_t d = (size_t)w->model->config.d_model;
  for (size_t p = 0; p < w->n; p++)
    for (size_t i = w->rows[p].begin; i < w->rows[p].prompt->n_tokens; i++)
      memcpy(states + (w->rows[p].first + i - w->rows[p].begin) * d, w->rows[p].prompt->asked->acts->resid[w->first_layer] + row_of_own(w->rows[p].prompt, i) * d,
             d * sizeof *states);
}

/* mix += sign * sum over the sources of A v - A' v', without the second term where the baseline is zero. */
static void add_sources(const ablating *w, const hw_activations *acts, size_t layer, size_t head, size_t pass, size_t position, const uint32_t *sources, size_t n, float sign, float *mix) {
  const hw_model_config *c = &w->model->config;
  const ablated *prompt = w->rows[pass].prompt;
  size_t d_head = (size_t)c->d_head, ld = (size_t)c->n_kv_heads * d_head, group = head / (size_t)(c->n_heads / c->n_kv_heads);
  bool counterfactual = w->rows[pass].pass->baseline == HW_BASELINE_COUNTERFACTUAL;
  hw_attention_weights(acts, layer, head, pass, position, w->weights);
  if (counterfactual) hw_attention_weights(prompt->asked->acts, layer, head, prompt->asked->reference, position, w->base_weights);
  for (size_t s = 0; s < n; s++) {
    size_t j = sources[s];
    const float *v = acts->v[layer] + hw_batch_row(&acts->batch, pass, j) * ld + group * d_head;
    for (size_t e = 0; e < d_head; e++) mix[e] += sign * w->weights[j] * v[e];
    if (!counterfactual) continue;
    v = prompt->asked->acts->v[layer] + row_of_reference(prompt, j) * ld + group * d_head;
    for (size_t e = 0; e < d_head; e++) mix[e] -= sign * w->base_weights[j] * v[e];
  }
}

static void put_baseline(const ablating *w, size_t layer, size_t head, const ablated_rows *rows, size_t position, float *mix) {
  size_t d_head = (size_t)w->model->config.d_head, n_heads = (size_t)w->model->config.n_heads;
  if (rows->pass->baseline == HW_BASELINE_ZERO) {
    memset(mix, 0, d_head * sizeof *mix);
    return;
  }
  const float *from = rows->pass->baseline == HW_BASELINE_MEAN ? rows->prompt->asked->mean_mixes[layer] : rows->prompt->mixes[layer];
  memcpy(mix, from + (position * n_heads + head) * d_head, d_head * sizeof *mix);
}

/* Sources of a head at a position that the pass lists; *all: as many as decide about the whole head there. */
static size_t list_sources(const ablated_rows *rows, size_t n_heads, size_t layer, size_t head, size_t position, const uint32_t **sources, bool *all) {
  const hw_part_set *set = rows->pass->set;
  *sources = NULL;
  if (!set) return *all = rows->components[layer * (n_heads + 1) + head];
  const size_t *first = &set->first[(layer * n_heads + head) * set->n_tokens + position];
  size_t listed = first[1] - first[0];
  *sources = set->sources + first[0];
  *all = rows->pass->unit == HW_ABLATE_NODES ? listed > 0 : listed == position + 1;
  return listed;
}

static void edit_heads(void *context, const hw_activations *acts, size_t layer, float *mixes) {
  const ablating *w = context;
  size_t n_heads = (size_t)w->model->config.n_heads, d_head = (size_t)w->model->config.d_head;
  for (size_t p = 0; p < w->n; p++) {
    const ablated_rows *rows = &w->rows[p];
    bool replaces = rows->pass->replaces;
    for (size_t i = rows->begin; i < rows->prompt->n_tokens; i++)
      for (size_t h = 0; h < n_heads; h++) {
        const uint32_t *sources;
        bool all;
        size_t listed = list_sources(rows, n_heads, layer, h, i, &sources, &all);
        float *mix = mixes + ((rows->first + i - rows->begin) * n_heads + h) * d_head;
        if (replaces ? listed == 0 : all) continue;
        if (replaces ? all : listed == 0) {
          put_baseline(w, layer, h, rows, i, mix);
          continue;
        }
        if (!replaces) put_baseline(w, layer, h, rows, i, mix);
        add_sources(w, acts, layer, h, p, i, sources, listed, replaces ? -1 : 1, mix);
      }
  }
}

static bool lists_ffn(const ablated_rows *rows, size_t n_heads, size_t layer, size_t position) {
  const hw_part_set *set = rows->pass->set;
  return set ? set->ffn[layer * set->n_tokens + position] : rows->components[layer * (n_heads + 1) + n_heads];
}

/* What the FFN adds is the difference of two states. */
static void edit_ffn(void *context, const hw_activations *acts, size_t layer) {
  const ablating *w = context;
  size_t d = (size_t)w->model->config.d_model;
  for (size_t p = 0; p < w->n; p++) {
    const ablated_rows *rows = &w->rows[p];
    const ablated *prompt = rows->prompt;
    for (size_t i = rows->begin; i < prompt->n_tokens; i++) {
      if (lists_ffn(rows, (size_t)w->model->config.n_heads, layer, i) != rows->pass->replaces) continue;
      size_t row = (rows->first + i - rows->begin) * d;
      float *after = acts->resid[layer + 1] + row;
      memcpy(after, acts->mid[layer] + row, d * sizeof *after);
      if (rows->pass->baseline == HW_BASELINE_ZERO) continue;
      if (rows->pass->baseline == HW_BASELINE_MEAN) {
        const float *f = prompt->asked->mean_ffn[layer] + i * d;
        for (size_t e = 0; e < d; e++) after[e] += f[e];
        continue;
      }
      const float *y = prompt->asked->acts->resid[layer + 1] + row_of_reference(prompt, i) * d, *m = prompt->asked->acts->mid[layer] + row_of_reference(prompt, i) * d;
      for (size_t e = 0; e < d; e++) after[e] += y[e] - m[e];
    }
  }
}

/* ---- The answer ---- */

static bool find_logits(const ablating *w, const float *const *states, size_t n, float *logits) {
  const hw_model_config *c = &w->model->config;
  size_t d = (size_t)c->d_model, vocab = (size_t)c->vocab_out;
  float *vectors = hw_arena_new(w->arena, float, n * d, w->err);
  hw_unembed_request *requests = hw_arena_znew(w->arena, hw_unembed_request, n, w->err);
  if (!vectors || !requests) return false;
  for (size_t i = 0; i < n; i++) {
    float sigma = hw_norm_numerator(c->norm, states[i], w->model->final_gamma, (float)c->norm_eps, d, vectors + i * d);
    requests[i] = (hw_unembed_request){.vector = vectors + i * d, .scale = 1.0f / sigma, .with_beta = true, .scores = logits + i * vocab};
  }
  return hw_unembed(w->model, requests, n, w->team, w->arena, w->err);
}

/* Ranks before the soft cap, which makes equals of large logits. */
static ranking rank_and_cap(const ablating *w, const hw_ablated_prompt *asked, float *logits) {
  size_t vocab = (size_t)w->model->config.vocab_out, best = 0;
  for (size_t v = 1; v < vocab; v++)
    if (logits[v] > logits[best]) best = v;
  const ranking ranked = {.predicted = (int32_t)best, .answer_rank = hw_rank(logits, vocab, (size_t)asked->answer)};
  if (w->model->config.final_cap > 0) hw_soft_cap(logits, vocab, (float)w->model->config.final_cap);
  return ranked;
}

static void answer(const ablating *w, const ablated *prompt, const float *logits, ranking ranked, hw_ablation *pass) {
  size_t vocab = (size_t)w->model->config.vocab_out;
  const hw_ablated_prompt *asked = prompt->asked;
  double log_z = hw_log_sum_exp(logits, vocab), mean = 0, kl = 0;
  for (size_t v = 0; v < vocab; v++) {
    mean += (double)logits[v] / (double)vocab;
    double log_p = (double)prompt->logits[v] - prompt->log_z;
    kl += hw_exp(log_p) * (log_p - ((double)logits[v] - log_z));
  }
  pass->m = (double)logits[asked->answer] - (asked->foil >= 0 ? (double)logits[asked->foil] : mean);
  pass->kl = kl > 0 ? kl : 0;
  pass->predicted = ranked.predicted;
  pass->answer_rank = ranked.answer_rank;
}

/* ---- Batches ---- */

static bool check_pass(const hw_ablated_prompt *prompt, const hw_ablation *pass, hw_error *err) {
  if (!hw_choice_check("unit", (int)pass->unit, hw_ablation_unit_names, err) || !hw_choice_check("baseline", (int)pass->baseline, hw_baseline_names, err)) return false;
  if (pass->baseline != HW_BASELINE_MEAN) return true;
  if (!prompt->mean_mixes || !prompt->mean_ffn) return hw_fail(err, HW_ERROR_INPUT, "the baseline \"mean\" needs means over other prompts, and none are given");
  return !pass->set || pass->unit == HW_ABLATE_NODES || hw_fail(err, HW_ERROR_INPUT, "the baseline \"mean\" is for nodes: means of single edges are not made");
}

static bool run_batch(ablating *w) {
  size_t n = 0, d = (size_t)w->model->config.d_model, layers = (size_t)w->model->config.n_layers, vocab = (size_t)w->model->config.vocab_out;
  size_t *first = hw_arena_new(w->arena, size_t, w->n + 1, w->err);
  const float **states = hw_arena_new(w->arena, const float *, w->n, w->err);
  float *logits = hw_arena_new(w->arena, float, w->n * vocab, w->err);
  hw_activations acts;
  if (!first || !states || !logits) return false;
  for (size_t p = 0; p < w->n; p++) {
    first[p] = w->rows[p].first = n;
    n += w->rows[p].prompt->n_tokens - w->rows[p].begin;
  }
  first[w->n] = n;
  int32_t *ids = hw_arena_new(w->arena, int32_t, n, w->err);
  if (!ids) return false;
  for (size_t p = 0; p < w->n; p++) {
    const hw_batch *own = &w->rows[p].prompt->asked->acts->batch;
    memcpy(ids + first[p], own->ids + own->first[w->rows[p].prompt->asked->prompt] + w->rows[p].begin, (first[p + 1] - first[p]) * sizeof *ids);
  }
  const hw_batch batch = {.n_prompts = w->n, .n_rows = n, .ids = ids, .first = first};
  const hw_forward_edits edits = {.context = w, .first_layer = w->first_layer, .begin = begin, .heads = edit_heads, .ffn = edit_ffn};
  if (!hw_forward_edited(w->model, &batch, &edits, w->team, w->arena, &acts, w->err)) return false;
  for (size_t p = 0; p < w->n; p++) states[p] = acts.resid[layers] + (first[p + 1] - 1) * d;
  if (!find_logits(w, states, w->n, logits)) return false;
  for (size_t p = 0; p < w->n; p++) {
    const ablated *prompt = w->rows[p].prompt;
    ranking ranked = rank_and_cap(w, prompt->asked, logits + p * vocab);
    answer(w, prompt, logits + p * vocab, ranked, w->rows[p].pass);
  }
  return true;
}

/* The mixes of the counterfactual. */
static bool find_mixes(ablating *w, ablated *p) {
  const hw_model_config *c = &w->model->config;
  size_t layers = (size_t)c->n_layers, heads = (size_t)(c->n_heads * c->d_head);
  float *values = hw_arena_new(w->arena, float, p->n_tokens * (size_t)c->d_head, w->err);
  p->mixes = hw_arena_new(w->arena, float *, layers, w->err);
  if (!values || !p->mixes) return false;
  for (size_t l = 0; l < layers; l++) {
    if (!(p->mixes[l] = hw_arena_new(w->arena, float, p->n_tokens * heads, w->err))) return false;
    for (size_t i = 0; i < p->n_tokens; i++) hw_mix_heads(p->asked->acts, l, p->asked->reference, i, w->weights, values, p->mixes[l] + i * heads);
  }
  return true;
}

/* What the passes of a prompt share, and the model's own answers. */
static bool prepare(ablating *w, const hw_ablated_prompt *asked, size_t n, const hw_ablation *passes, size_t n_passes) {
  size_t d = (size_t)w->model->config.d_model, layers = (size_t)w->model->config.n_layers, vocab = (size_t)w->model->config.vocab_out, longest = 1;
  w->prompts = hw_arena_znew(w->arena, ablated, n, w->err);
  float *logits = hw_arena_new(w->arena, float, n * vocab, w->err);
  const float **states = hw_arena_new(w->arena, const float *, n, w->err);
  bool *compared = hw_arena_znew(w->arena, bool, n, w->err); /* with a counterfactual */
  if (!w->prompts || !logits || !states || !compared) return false;
  for (size_t p = 0; p < n; p++) {
    ablated *prompt = &w->prompts[p];
    *prompt = (ablated){.asked = &asked[p], .n_tokens = hw_batch_tokens(&asked[p].acts->batch, asked[p].prompt), .logits = logits + p * vocab};
    states[p] = asked[p].acts->resid[layers] + row_of_own(prompt, prompt->n_tokens - 1) * d;
    if (prompt->n_tokens > longest) longest = prompt->n_tokens;
  }
  if (!find_logits(w, states, n, logits)) return false;
  for (size_t p = 0; p < n; p++) {
    ablated *prompt = &w->prompts[p];
    prompt->ranked = rank_and_cap(w, prompt->asked, prompt->logits);
    prompt->log_z = hw_log_sum_exp(prompt->logits, vocab);
  }
  w->weights = hw_arena_new(w->arena, float, longest, w->err);
  w->base_weights = hw_arena_new(w->arena, float, longest, w->err);
  if (!w->weights || !w->base_weights) return false;
  for (size_t i = 0; i < n_passes; i++) compared[passes[i].prompt] |= passes[i].baseline == HW_BASELINE_COUNTERFACTUAL;
  for (size_t p = 0; p < n; p++)
    if (compared[p] && !find_mixes(w, &w->prompts[p])) return false;
  return true;
}

typedef struct queued {
  size_t layer, pass; /* layer: the first that has something to replace */
} queued;

static int by_layer(const void *a, const void *b) {
  const queued *x = a, *y = b;
  if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
  return x->pass < y->pass ? -1 : x->pass > y->pass;
}

static bool add_to_batch(ablating *w, hw_ablation *pass) {
  ablated_rows *rows = &w->rows[w->n++];
  const ablated *prompt = &w->prompts[pass->prompt];
  size_t n_heads = (size_t)w->model->config.n_heads;
  *rows = (ablated_rows){.pass = pass, .prompt = prompt, .begin = keeps_nothing(pass) ? prompt->n_tokens - 1 : 0};
  if (pass->set) return true;
  if (!(rows->components = hw_arena_znew(w->arena, bool, (size_t)w->model->config.n_layers * (n_heads + 1), w->err))) return false;
  for (size_t c = 0; c < pass->n_components; c++) {
    const hw_ablated_part *part = &pass->components[c];
    rows->components[part->layer * (n_heads + 1) + (part->head == HW_ABLATED_FFN ? n_heads : part->head)] = true;
  }
  return true;
}

/* The next batch of the queue: passes that begin at the same layer. */
static bool run_some(ablating *w, hw_ablation *passes, const queued *queue, size_t n, size_t *taken) {
  size_t n_rows = 0;
  w->first_layer = queue[0].layer;
  w->n = 0;
  for (*taken = 0; *taken < n && queue[*taken].layer == w->first_layer && w->n < PASSES_TOGETHER; (*taken)++) {
    hw_ablation *pass = &passes[queue[*taken].pass];
    const ablated *prompt = &w->prompts[pass->prompt];
    if (w->first_layer == (size_t)w->model->config.n_layers) {
      answer(w, prompt, prompt->logits, prompt->ranked, pass);
      continue;
    }
    n_rows += keeps_nothing(pass) ? 1 : prompt->n_tokens;
    if (w->n && n_rows > ROWS_TOGETHER) break;
    if (!add_to_batch(w, pass)) return false;
  }
  return w->n == 0 || run_batch(w);
}

bool hw_ablate(const hw_ablated_prompt *prompts, size_t n_prompts, hw_ablation *passes, size_t n, const hw_team *team, hw_arena *scratch, hw_error *err) {
  for (size_t i = 0; i < n; i++)
    if (!check_pass(&prompts[passes[i].prompt], &passes[i], err)) return false;
  if (n == 0) return true;
  hw_arena batch;
  ablating w = {.model = prompts->acts->model, .team = team, .arena = scratch, .err = err};
  queued *queue = hw_arena_new(scratch, queued, n, err);
  if (!queue || !prepare(&w, prompts, n_prompts, passes, n) || !(w.rows = hw_arena_new(scratch, ablated_rows, PASSES_TOGETHER, err))) return false;
  for (size_t i = 0; i < n; i++) queue[i] = (queued){first_replaced(&passes[i], (size_t)w.model->config.n_layers), i};
  qsort(queue, n, sizeof *queue, by_layer);
  bool ok = true;
  hw_arena_init_inner(&batch, scratch);
  w.arena = &batch;
  for (size_t i = 0, taken; i < n && ok; i += taken) {
    ok = run_some(&w, passes, queue + i, n - i, &taken);
    hw_arena_reset(&batch);
  }
  hw_arena_fini_inner(&batch, scratch);
  return ok;
}
