/* SPDX-License-Identifier: Apache-2.0
 * The backward pass through the heads of a layer: softmax, keys, queries and values. */
#include <math.h>
#include <string.h>

#include "base/real.h"
#include "relevance/attention.h"
#include "relevance/secant.h"
#include "tensor/kernels.h"

enum { BOTH = 2 };

/* A head of a prompt at work. Matrices of keys are [n_keys, d_head]; of queries and keys [n_queries, n_keys]. */
typedef struct head_work {
  hw_pass_prompt *prompt;
  size_t head, group, n_keys, n_queries, first_query, row; /* row: of the first query, in the rows at hand */
  const size_t *own, *reference; /* rows of the batch of the queries */
  float *keys[BOTH], *values[BOTH], *queries; /* queries: [BOTH * n_queries, d_head] */
  float *scores[BOTH];   /* [BOTH * n_queries, n_keys] products of both runs' queries with the keys of one run */
  float *through[BOTH];  /* products of `mixed` with the values of one run */
  float *of_parts[BOTH]; /* the same of `parts` */
  float *weights;        /* mean attention */
  float *of_scores;      /* w of METHOD section 10 */
  float *turned;         /* [n_keys, n_queries] */
  float *mean, *taken;   /* [n_keys, d_head] or [n_queries, d_head] */
  double *log_own, *log_reference, *secant; /* [n_keys] */
  double *attention[BOTH]; /* [n_keys] of both runs: exp of the logarithms */
} head_work;

static hw_matrix view(const float *data, size_t n_in, size_t n_out, size_t stride, bool in_first) {
  return (hw_matrix){.data = data, .dtype = HW_F32, .n_in = n_in, .n_out = n_out, .stride = stride, .in_first = in_first};
}

/* ---- Scores ---- */

/* Attention of a query at position i, keys [seen, i], and its logarithms in `out`; returns that of the sink, -infinity without one. */
static double log_attention(const hw_pass *pass, size_t layer, size_t head, const float *products, size_t seen, size_t i, double *out, double *attention) {
  const hw_layer *l = &pass->model->layers[layer];
  double cap = pass->model->config.attention_cap, slope = pass->model->alibi_slopes ? (double)pass->model->alibi_slopes[head] : 0;
  double sink = l->sinks ? (double)l->sinks[head] : -INFINITY, largest = sink, sum = 0;
  for (size_t j = seen; j <= i; j++) {
    double score = (double)l->attention_scale * (double)products[j];
    if (cap > 0) score = hw_capped(score, cap);
    out[j] = score - slope * (double)(i - j);
    if (out[j] > largest) largest = out[j];
  }
  for (size_t j = seen; j <= i; j++) attention[j] = out[j] - largest;
  hw_exp_doubles(attention + seen, i + 1 - seen);
  for (size_t j = seen; j <= i; j++) sum += attention[j];
  if (l->sinks) sum += hw_exp(sink - largest);
  double whole = largest + hw_log(sum);
  for (size_t j = seen; j <= i; j++) attention[j] = out[j] -= whole;
  hw_exp_doubles(attention + seen, i + 1 - seen);
  return sink - whole;
}

static const float *row_of(const head_work *h, float *const *matrix, int side, size_t i) {
  return matrix[side] + i * h->n_keys;
}

/* w of METHOD section 10 for the query i of the prompt (number n of those at hand). */
static void pull_scores(const hw_pass *pass, const hw_pass_layer *w, const head_work *h, size_t n, size_t seen, size_t i, double sink, double other_sink) {
  const hw_layer *l = &pass->model->layers[w->layer];
  const float *through = row_of(h, h->through, 0, n), *other = row_of(h, h->through, 1, n);
  const float *products = row_of(h, h->scores, 0, n), *other_products = row_of(h, h->scores, 1, h->n_queries + n);
  double scale = (double)l->attention_scale, cap = pass->model->config.attention_cap, sum = 0, weighted = 0;
  float *out = h->of_scores + n * h->n_keys;
  if (l->sinks) sum = hw_logarithmic_mean(sink, other_sink, hw_exp(sink), hw_exp(other_sink), hw_exp(-fabs(sink - other_sink)));
  for (size_t j = seen; j <= i; j++) h->secant[j] = -fabs(h->log_own[j] - h->log_reference[j]);
  hw_exp_doubles(h->secant + seen, i + 1 - seen);
  for (size_t j = seen; j <= i; j++) {
    h->secant[j] = hw_logarithmic_mean(h->log_own[j], h->log_reference[j], h->attention[0][j], h->attention[1][j], h->secant[j]);
    sum += h->secant[j];
    weighted += h->secant[j] * ((double)through[j] + (double)other[j]) / 2;
  }
  for (size_t j = seen; j <= i; j++) {
    double e = ((double)through[j] + (double)other[j]) / 2, slope = cap > 0 ? hw_cap_secant(scale * (double)products[j], scale * (double)other_products[j], cap) : 1;
    out[j] = (float)(sum > 0 ? h->secant[j] * (e - weighted / sum) * slope * scale : 0);
  }
}

/* ---- Relevances of the parts ---- */

/* Factor of a run's parts behind an output norm. */
static double out_scale(const hw_pass *pass, size_t layer, size_t row) {
  return pass->model->layers[layer].attn_out_gamma ? (double)pass->acts->attn_out_scale[layer][row] : 1;
}

static void note_parts(const hw_pass *pass, const hw_pass_layer *w, const head_work *h, size_t n, size_t seen, size_t i) {
  hw_relevance *out = h->prompt->out;
  size_t at = w->layer * (size_t)pass->model->config.n_heads + h->head;
  const float *own = row_of(h, h->of_parts, 0, n), *other = row_of(h, h->of_parts, 1, n), *pull = h->of_scores + n * h->n_keys;
  const float *through = row_of(h, h->through, 0, n), *other_through = row_of(h, h->through, 1, n), *mean = h->weights + n * h->n_keys;
  double scale = out_scale(pass, w->layer, h->own[n]), other_scale = out_scale(pass, w->layer, h->reference[n]), query = 0;
  hw_relevance_part part = {.kind = HW_RELEVANCE_ATTENTION, .layer = (uint16_t)w->layer, .head = (uint16_t)h->head, .target = (uint32_t)i};
  for (size_t j = seen; j <= i; j++) {
    double r = h->attention[0][j] * (double)own[j] * scale, value = 0, key = 0;
    part.source = (uint32_t)j;
    if (pass->contrast) {
      double qk = (double)row_of(h, h->scores, 0, n)[j], other_qk = (double)row_of(h, h->scores, 0, h->n_queries + n)[j];
      double q_other = (double)row_of(h, h->scores, 1, n)[j], other_q_other = (double)row_of(h, h->scores, 1, h->n_queries + n)[j];
      value = (double)mean[j] * ((double)through[j] - (double)other_through[j]);
      key = (double)pull[j] * ((qk - q_other) + (other_qk - other_q_other)) / 2;
      r -= h->attention[1][j] * (double)other[j] * other_scale;
      query += (double)pull[j] * ((qk - other_qk) + (q_other - other_q_other)) / 2;
      out->value[at] += value;
      out->key[at] += key;
    }
    out->heads[at] += r;
    part.r = hw_relevance_micro(r);
    if (!hw_pass_keeps(pass, h->prompt, part.r)) continue;
    part.value = hw_relevance_micro(value);
    part.key = hw_relevance_micro(key);
    hw_buffer_append(&h->prompt->parts, &part, sizeof part);
  }
  if (!pass->contrast) return;
  out->query[at] += query;
  part = (hw_relevance_part){.kind = HW_RELEVANCE_QUERY, .layer = part.layer, .head = part.head, .target = part.target, .source = part.target, .r = hw_relevance_micro(query)};
  if (hw_pass_keeps(pass, h->prompt, part.r)) hw_buffer_append(&h->prompt->parts, &part, sizeof part);
}

/* ---- One head ---- */

/* Keys and values of the prompt's positions, of both runs, together. */
static void gather_group(const hw_pass *pass, const hw_pass_layer *w, const head_work *h) {
  size_t d_head = (size_t)pass->model->config.d_head, ld = (size_t)pass->model->config.n_kv_heads * d_head;
  for (int side = 0; side < (pass->contrast ? BOTH : 1); side++)
    for (size_t j = 0; j < h->n_keys; j++) {
      size_t from = hw_batch_row(&pass->acts->batch, side ? h->prompt->reference : h->prompt->prompt, j) * ld + h->group * d_head;
      memcpy(h->keys[side] + j * d_head, pass->acts->k[w->layer] + from, d_head * sizeof(float));
      memcpy(h->values[side] + j * d_head, pass->acts->v[w->layer] + from, d_head * sizeof(float));
    }
}

static void products(const hw_pass *pass, const hw_pass_layer *w, const head_work *h) {
  size_t d_head = (size_t)pass->model->config.d_head, ldq = (size_t)pass->model->config.n_heads * d_head;
  const float *mixed = w->mixed + h->row * ldq + h->head * d_head, *parts = w->parts + h->row * ldq + h->head * d_head;
  int sides = pass->contrast ? BOTH : 1;
  for (int side = 0; side < sides; side++)
    for (size_t n = 0; n < h->n_queries; n++)
      memcpy(h->queries + ((size_t)side * h->n_queries + n) * d_head, pass->acts->q[w->layer] + (side ? h->reference : h->own)[n] * ldq + h->head * d_head,
             d_head * sizeof(float));
  for (int side = 0; side < sides; side++) {
    hw_matrix keys = view(h->keys[side], d_head, h->n_keys, d_head, false), values = view(h->values[side], d_head, h->n_keys, d_head, false);
    hw_gemm(&keys, h->queries, d_head, h->scores[side], h->n_keys, (size_t)sides * h->n_queries, pass->team->panel);
    hw_gemm(&values, mixed, ldq, h->through[side], h->n_keys, h->n_queries, pass->team->panel);
    if (w->parts != w->mixed) hw_gemm(&values, parts, ldq, h->of_parts[side], h->n_keys, h->n_queries, pass->team->panel);
  }
}

static void turn(const float *x, size_t n_rows, size_t n, size_t first, float *out) {
  for (size_t j = first; j < n; j++)
    for (size_t r = 0; r < n_rows; r++) out[(j - first) * n_rows + r] = x[r * n + j];
}

/* The mean of both runs, or the one run. */
static void average(const hw_pass *pass, const float *own, const float *other, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = pass->contrast ? 0.5f * own[i] + 0.5f * other[i] : own[i];
}

/* Adds to the co-vectors of the keys' rows from the prompt's begin on: the transposed weights times rows of queries. */
static void pull_keys(const hw_pass *pass, const head_work *h, const float *weights, const float *rows, size_t ld, float *to) {
  size_t d_head = (size_t)pass->model->config.d_head, width = (size_t)pass->model->config.n_kv_heads * d_head, begin = h->prompt->begin;
  hw_matrix queries = view(rows, h->n_queries, d_head, ld, true);
  turn(weights, h->n_queries, h->n_keys, begin, h->turned);
  hw_gemm(&queries, h->turned, h->n_queries, h->taken, d_head, h->n_keys - begin, pass->team->panel);
  for (size_t j = begin; j < h->n_keys; j++) {
    float *g = to + (h->prompt->first + j - begin) * width + h->group * d_head;
    hw_add_rows(g, h->taken + (j - begin) * d_head, NULL, 1, d_head, g);
  }
}

static void pull_queries(const hw_pass *pass, const hw_pass_layer *w, const head_work *h) {
  size_t d_head = (size_t)pass->model->config.d_head, ldq = (size_t)pass->model->config.n_heads * d_head;
  average(pass, h->keys[0], h->keys[1], h->n_keys * d_head, h->mean);
  hw_matrix keys = view(h->mean, h->n_keys, d_head, d_head, true);
  float *to = w->q + (h->prompt->first + h->first_query - h->prompt->begin) * ldq + h->head * d_head;
  hw_gemm(&keys, h->of_scores, h->n_keys, to, ldq, h->n_queries, pass->team->panel);
  average(pass, h->queries, h->queries + h->n_queries * d_head, h->n_queries * d_head, h->mean);
  pull_keys(pass, h, h->of_scores, h->mean, d_head, w->k);
}

static void run_head(const hw_pass *pass, const hw_pass_layer *w, const head_work *h) {
  size_t d_head = (size_t)pass->model->config.d_head, ldq = (size_t)pass->model->config.n_heads * d_head;
  products(pass, w, h);
  memset(h->of_scores, 0, h->n_queries * h->n_keys * sizeof *h->of_scores);
  memset(h->weights, 0, h->n_queries * h->n_keys * sizeof *h->weights);
  for (size_t n = 0; n < h->n_queries; n++) {
    size_t i = h->first_query + n, seen = hw_attention_first(pass->model, w->layer, i);
    double sink = log_attention(pass, w->layer, h->head, row_of(h, h->scores, 0, n), seen, i, h->log_own, h->attention[0]), other_sink = sink;
    if (pass->contrast) other_sink = log_attention(pass, w->layer, h->head, row_of(h, h->scores, 1, h->n_queries + n), seen, i, h->log_reference, h->attention[1]);
    for (size_t j = seen; j <= i; j++)
      h->weights[n * h->n_keys + j] = (float)(pass->contrast ? (h->attention[0][j] + h->attention[1][j]) / 2 : h->attention[0][j]);
    if (pass->contrast) pull_scores(pass, w, h, n, seen, i, sink, other_sink);
    note_parts(pass, w, h, n, seen, i);
  }
  if (pass->contrast) pull_queries(pass, w, h);
  pull_keys(pass, h, h->weights, w->mixed + h->row * ldq + h->head * d_head, ldq, w->v);
}

static bool new_head(const hw_pass *pass, const hw_pass_layer *w, head_work *h, size_t n_keys, size_t n_queries) {
  size_t d_head = (size_t)pass->model->config.d_head, cells = n_queries * n_keys, other = pass->contrast ? 1 : 0, apart = w->parts != w->mixed;
  float **const lists[] = {&h->keys[0], &h->values[0], &h->keys[1], &h->values[1], &h->queries, &h->scores[0], &h->scores[1], &h->through[0], &h->through[1],
                           &h->of_parts[0], &h->of_parts[1], &h->weights, &h->of_scores, &h->turned, &h->mean, &h->taken};
  const size_t sizes[] = {n_keys * d_head, n_keys * d_head, other * n_keys * d_head, other * n_keys * d_head, BOTH * n_queries * d_head, (1 + other) * cells, 2 * other * cells, cells, other * cells,
                          apart * cells, apart * other * cells, cells, cells, cells, n_keys * d_head, n_keys * d_head};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (!(*lists[i] = hw_arena_new(pass->work, float, sizes[i], pass->err))) return false;
  for (int side = 0; side < BOTH && !apart; side++) h->of_parts[side] = h->through[side];
  h->log_own = hw_arena_new(pass->work, double, n_keys, pass->err);
  h->log_reference = hw_arena_new(pass->work, double, n_keys, pass->err);
  h->secant = hw_arena_new(pass->work, double, n_keys, pass->err);
  for (int side = 0; side < BOTH; side++)
    if (!(h->attention[side] = hw_arena_new(pass->work, double, n_keys, pass->err))) return false;
  return h->log_own && h->log_reference && h->secant;
}

bool hw_pass_heads(const hw_pass *pass, const hw_pass_layer *w) {
  size_t n_kv = (size_t)pass->model->config.n_kv_heads, per_group = (size_t)pass->model->config.n_heads / n_kv, longest = 0, most = 0;
  for (size_t p = 0; p < pass->n_prompts; p++) {
    size_t n = pass->prompts[p].n_tokens, queries = w->rows == &pass->last ? 1 : n - pass->prompts[p].begin;
    if (n > longest) longest = n;
    if (queries > most) most = queries;
  }
  head_work h = {0};
  if (!new_head(pass, w, &h, longest, most)) return false;
  for (size_t p = 0; p < pass->n_prompts; p++) {
    h.prompt = &pass->prompts[p];
    h.n_keys = h.prompt->n_tokens;
    h.first_query = w->rows == &pass->last ? h.n_keys - 1 : h.prompt->begin;
    h.n_queries = h.n_keys - h.first_query;
    h.row = w->rows == &pass->last ? p : h.prompt->first;
    h.own = w->rows->own + h.row;
    h.reference = w->rows->reference + h.row;
    for (h.group = 0; h.group < n_kv; h.group++) {
      gather_group(pass, w, &h);
      for (h.head = h.group * per_group; h.head < (h.group + 1) * per_group; h.head++) run_head(pass, w, &h);
    }
  }
  return true;
}

size_t hw_pass_heads_bytes(const hw_model *model, size_t longest) {
  enum { MATRICES = 12, OF_HEADS = 8, ALLOCATIONS = 21 }; /* new_head */
  return longest * (MATRICES * longest + OF_HEADS * (size_t)model->config.d_head) * sizeof(float) + 5 * longest * sizeof(double) + ALLOCATIONS * (size_t)HW_ARENA_OVERHEAD;
}
