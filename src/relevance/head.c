/* SPDX-License-Identifier: Apache-2.0
 * The backward pass through the heads of a layer: softmax, keys, queries and values. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/real.h"
#include "base/simd.h"
#include "base/size.h"
#include "relevance/attention.h"
#include "relevance/secant.h"
#include "tensor/isa.h"
#include "tensor/kernels.h"
#include "tensor/square.h"
#include "tensor/team.h"

/* QUERIES are taken at a time: as many as a product sums in one chain, so that the sum of a key over all queries has the same bits as without blocks (not
 * where heads share keys). MOST_SPACES: bytes of all work spaces of a layer's heads; a single one may take more. */
enum { BOTH = 2, QUERIES = HW_CHAIN_INPUTS, MOST_SPACES = 128 << 20 };

/* Queries of a head of a prompt at work, and the keys that they see. Matrices of keys are [n_keys, d_head]; of queries and keys [n_queries, n_keys]. */
typedef struct head_work {
  hw_pass_prompt *prompt;
  size_t head, group, n_keys, n_queries, first_query, row; /* row: of the first query, in the rows at hand */
  const size_t *own, *reference; /* rows of the batch of the queries */
  float *panel; /* of the thread */
  hw_buffer *kept; /* kept_part: its parts */
  float *keys[BOTH], *values[BOTH], *queries; /* queries: [BOTH * n_queries, d_head] */
  float *scores[BOTH];   /* [BOTH * n_queries, n_keys] products of both runs' queries with the keys of one run */
  float *through[BOTH];  /* products of `mixed` with the values of one run */
  float *of_parts[BOTH]; /* the same of `parts` */
  float *weights;        /* mean attention */
  float *of_scores;      /* w of METHOD section 10; in contrast alone */
  float *turned;         /* [n_keys, n_queries] */
  float *mean_keys, *taken; /* [n_keys, d_head] */
  float *mean_queries;      /* [n_queries, d_head] */
  double *log_own, *log_reference, *secant; /* [n_keys] */
  double *of_whole, *of_value, *of_key, *of_query; /* [n_keys] relevances of parts; the last three in contrast alone */
  double *attention[BOTH]; /* [n_keys] of both runs: exp of the logarithms */
} head_work;

static hw_matrix view(const float *data, size_t n_in, size_t n_out, size_t stride, bool in_first) {
  return (hw_matrix){.data = data, .dtype = HW_F32, .n_in = n_in, .n_out = n_out, .stride = stride, .in_first = in_first};
}

/* ---- Scores ---- */

/* Attention of a query at position i, keys [seen, i]. In contrast its logarithms in `out` too; returns that of the sink, -infinity without one. */
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
  if (!pass->contrast) {
    for (size_t j = seen; j <= i; j++) attention[j] /= sum;
    return -INFINITY; /* unused */
  }
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

/* A part that is kept, until those of all threads are together. */
typedef struct kept_part {
  hw_pass_prompt *prompt;
  hw_relevance_part part;
} kept_part;

static void keep(const hw_pass *pass, const head_work *h, const hw_relevance_part *part) {
  if (!hw_pass_keeps(pass, h->prompt, part->r)) return;
  const kept_part kept = {h->prompt, *part};
  hw_buffer_append(h->kept, &kept, sizeof kept);
}

HW_SIMD static void whole_parts(const double *attention, const float *pulled, double scale, size_t n, double *out) {
  for (size_t j = 0; j < n; j++) out[j] = attention[j] * (double)pulled[j] * scale;
}

HW_SIMD static void less_whole_parts(const double *attention, const float *pulled, double scale, size_t n, double *out) {
  for (size_t j = 0; j < n; j++) out[j] -= attention[j] * (double)pulled[j] * scale;
}

HW_SIMD static void value_parts(const float *mean, const float *through, const float *other, size_t n, double *out) {
  for (size_t j = 0; j < n; j++) out[j] = (double)mean[j] * ((double)through[j] - (double)other[j]);
}

/* Of the products of queries and keys: own queries, the reference's queries. */
HW_SIMD static void score_parts(const float *pull, const float *const of_own_keys[BOTH], const float *const of_other_keys[BOTH], size_t n, double *key, double *query) {
  for (size_t j = 0; j < n; j++) {
    double own = (double)of_own_keys[0][j], other_query = (double)of_own_keys[1][j], other_key = (double)of_other_keys[0][j], both_other = (double)of_other_keys[1][j];
    key[j] = (double)pull[j] * ((own - other_key) + (other_query - both_other)) / 2;
    query[j] = (double)pull[j] * ((own - other_query) + (other_key - both_other)) / 2;
  }
}

static void add_in_order(const double *x, size_t n, double *sum) {
  double so_far = *sum;
  for (size_t j = 0; j < n; j++) so_far += x[j];
  *sum = so_far;
}

/* The edges of query number n, at position i, from keys [seen, i]. */
static void keep_edges(const hw_pass *pass, const hw_pass_layer *w, const head_work *h, size_t seen, size_t i) {
  hw_relevance_part part = {.kind = HW_RELEVANCE_ATTENTION, .layer = (uint16_t)w->layer, .head = (uint16_t)h->head, .target = (uint32_t)i};
  for (size_t j = seen; j <= i; j++) {
    if (fabs(h->of_whole[j]) * 1e6 + 1 < h->prompt->least) continue; /* rounding to millionths changes it by less than 1 */
    part.source = (uint32_t)j;
    part.r = hw_relevance_micro(h->of_whole[j]);
    part.value = pass->contrast ? hw_relevance_micro(h->of_value[j]) : 0;
    part.key = pass->contrast ? hw_relevance_micro(h->of_key[j]) : 0;
    keep(pass, h, &part);
  }
}

static void note_parts(const hw_pass *pass, const hw_pass_layer *w, const head_work *h, size_t n, size_t seen, size_t i) {
  hw_relevance *out = h->prompt->out;
  size_t at = w->layer * (size_t)pass->model->config.n_heads + h->head, count = i + 1 - seen;
  whole_parts(h->attention[0] + seen, row_of(h, h->of_parts, 0, n) + seen, out_scale(pass, w->layer, h->own[n]), count, h->of_whole + seen);
  if (pass->contrast) {
    const float *const of_own_keys[BOTH] = {row_of(h, h->scores, 0, n) + seen, row_of(h, h->scores, 0, h->n_queries + n) + seen};
    const float *const of_other_keys[BOTH] = {row_of(h, h->scores, 1, n) + seen, row_of(h, h->scores, 1, h->n_queries + n) + seen};
    less_whole_parts(h->attention[1] + seen, row_of(h, h->of_parts, 1, n) + seen, out_scale(pass, w->layer, h->reference[n]), count, h->of_whole + seen);
    value_parts(h->weights + n * h->n_keys + seen, row_of(h, h->through, 0, n) + seen, row_of(h, h->through, 1, n) + seen, count, h->of_value + seen);
    score_parts(h->of_scores + n * h->n_keys + seen, of_own_keys, of_other_keys, count, h->of_key + seen, h->of_query + seen);
  }
  add_in_order(h->of_whole + seen, count, &out->heads[at]);
  keep_edges(pass, w, h, seen, i);
  if (!pass->contrast) return;
  double query = 0;
  add_in_order(h->of_value + seen, count, &out->value[at]);
  add_in_order(h->of_key + seen, count, &out->key[at]);
  add_in_order(h->of_query + seen, count, &query);
  out->query[at] += query;
  const hw_relevance_part part = {.kind = HW_RELEVANCE_QUERY, .layer = (uint16_t)w->layer, .head = (uint16_t)h->head, .target = (uint32_t)i, .source = (uint32_t)i,
                                  .r = hw_relevance_micro(query)};
  keep(pass, h, &part);
}

/* ---- Queries of a head ---- */

/* The mean of both runs, or the one run. */
static void average(const hw_pass *pass, const float *own, const float *other, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = pass->contrast ? 0.5f * own[i] + 0.5f * other[i] : own[i];
}

/* Keys and values of the prompt's positions, of both runs, together. */
static void gather_group(const hw_pass *pass, const hw_pass_layer *w, const head_work *h) {
  size_t d_head = (size_t)pass->model->config.d_head, ld = (size_t)pass->model->config.n_kv_heads * d_head;
  for (int side = 0; side < (pass->contrast ? BOTH : 1); side++)
    for (size_t j = 0; j < h->prompt->n_tokens; j++) {
      size_t from = hw_batch_row(&pass->acts->batch, side ? h->prompt->reference : h->prompt->prompt, j) * ld + h->group * d_head;
      memcpy(h->keys[side] + j * d_head, pass->acts->k[w->layer] + from, d_head * sizeof(float));
      memcpy(h->values[side] + j * d_head, pass->acts->v[w->layer] + from, d_head * sizeof(float));
    }
  if (pass->contrast) average(pass, h->keys[0], h->keys[1], h->prompt->n_tokens * d_head, h->mean_keys);
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
    hw_gemm(&keys, h->queries, d_head, h->scores[side], h->n_keys, (size_t)sides * h->n_queries, h->panel);
    hw_gemm(&values, mixed, ldq, h->through[side], h->n_keys, h->n_queries, h->panel);
    if (w->parts != w->mixed) hw_gemm(&values, parts, ldq, h->of_parts[side], h->n_keys, h->n_queries, h->panel);
  }
}

/* out[n - first, n_rows] = x[n_rows, n] turned, from column `first` on. */
static void turn(const float *x, size_t n_rows, size_t n, size_t first, float *out) {
  size_t rows = n_rows - n_rows % HW_SQUARE_SIDE, end = n - (n - first) % HW_SQUARE_SIDE;
  for (size_t j = first; j < end; j += HW_SQUARE_SIDE)
    for (size_t r = 0; r < rows; r += HW_SQUARE_SIDE) hw_turn_square(x + r * n + j, n, out + (j - first) * n_rows + r, n_rows);
  for (size_t j = first; j < n; j++)
    for (size_t r = j < end ? rows : 0; r < n_rows; r++) out[(j - first) * n_rows + r] = x[r * n + j];
}

/* Adds to the co-vectors of the keys' rows from the prompt's begin on: the transposed weights times rows of queries. */
static void pull_keys(const hw_pass *pass, const head_work *h, const float *weights, const float *rows, size_t ld, float *to) {
  size_t d_head = (size_t)pass->model->config.d_head, width = (size_t)pass->model->config.n_kv_heads * d_head, begin = h->prompt->begin;
  hw_matrix queries = view(rows, h->n_queries, d_head, ld, true);
  turn(weights, h->n_queries, h->n_keys, begin, h->turned);
  hw_gemm(&queries, h->turned, h->n_queries, h->taken, d_head, h->n_keys - begin, h->panel);
  for (size_t j = begin; j < h->n_keys; j++) {
    float *g = to + (h->prompt->first + j - begin) * width + h->group * d_head;
    hw_add_rows(g, h->taken + (j - begin) * d_head, NULL, 1, d_head, g);
  }
}

static void pull_queries(const hw_pass *pass, const hw_pass_layer *w, const head_work *h) {
  size_t d_head = (size_t)pass->model->config.d_head, ldq = (size_t)pass->model->config.n_heads * d_head;
  hw_matrix keys = view(h->mean_keys, h->n_keys, d_head, d_head, true);
  float *to = w->q + (h->prompt->first + h->first_query - h->prompt->begin) * ldq + h->head * d_head;
  hw_gemm(&keys, h->of_scores, h->n_keys, to, ldq, h->n_queries, h->panel);
  average(pass, h->queries, h->queries + h->n_queries * d_head, h->n_queries * d_head, h->mean_queries);
  pull_keys(pass, h, h->of_scores, h->mean_queries, d_head, w->k);
}

/* The pattern of the one query at hand. */
static void note_shares(const hw_pass *pass, const hw_pass_layer *w, const head_work *h) {
  size_t heads = (size_t)pass->model->config.n_heads, begin = h->prompt->begin;
  for (size_t j = begin; j < h->n_keys; j++) w->shares[(h->prompt->first + j - begin) * heads + h->head] = h->weights[j];
}

static void run_queries(const hw_pass *pass, const hw_pass_layer *w, const head_work *h) {
  size_t d_head = (size_t)pass->model->config.d_head, ldq = (size_t)pass->model->config.n_heads * d_head;
  products(pass, w, h);
  if (pass->contrast) memset(h->of_scores, 0, h->n_queries * h->n_keys * sizeof *h->of_scores);
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
  if (w->shares) note_shares(pass, w, h);
  pull_keys(pass, h, h->weights, w->mixed + h->row * ldq + h->head * d_head, ldq, w->v);
}

/* ---- Heads ---- */

/* A layer, and the work spaces that threads take: there may be fewer than members of the team. Whoever is done with a group of heads that share their
 * keys takes the next one. */
typedef struct heads_of_layer {
  const hw_pass *pass;
  const hw_pass_layer *w;
  head_work *work;
  size_t n_groups; /* of all prompts */
  atomic_size_t next;
} heads_of_layer;

static bool at_last(const hw_pass *pass, const hw_pass_layer *w) { return w->rows == &pass->last; }

static void run_head(const hw_pass *pass, const hw_pass_layer *w, head_work *h, size_t p) {
  size_t n = h->prompt->n_tokens, first = at_last(pass, w) ? n - 1 : h->prompt->begin, first_row = at_last(pass, w) ? p : h->prompt->first;
  for (h->first_query = first; h->first_query < n; h->first_query += h->n_queries) {
    h->n_queries = hw_smaller(n - h->first_query, QUERIES);
    h->n_keys = h->first_query + h->n_queries;
    h->row = first_row + h->first_query - first;
    h->own = w->rows->own + h->row;
    h->reference = w->rows->reference + h->row;
    run_queries(pass, w, h);
  }
}

/* Group i is group i % n_kv_heads of prompt i / n_kv_heads. */
static void run_groups(heads_of_layer *of, head_work *h) {
  size_t n_kv = (size_t)of->pass->model->config.n_kv_heads, per_group = (size_t)of->pass->model->config.n_heads / n_kv;
  for (size_t i; (i = atomic_fetch_add(&of->next, 1)) < of->n_groups;) {
    h->prompt = &of->pass->prompts[i / n_kv];
    h->group = i % n_kv;
    gather_group(of->pass, of->w, h);
    for (h->head = h->group * per_group; h->head < (h->group + 1) * per_group; h->head++) run_head(of->pass, of->w, h, i / n_kv);
  }
}

static void share_groups(void *context, size_t begin, size_t end, const hw_member *member) {
  heads_of_layer *of = context;
  for (size_t i = begin; i < end; i++) {
    of->work[i].panel = member->team.panel;
    run_groups(of, &of->work[i]);
  }
}

static bool new_head(const hw_pass *pass, const hw_pass_layer *w, head_work *h, size_t n_keys, size_t n_queries) {
  size_t d_head = (size_t)pass->model->config.d_head, cells = n_queries * n_keys, other = pass->contrast ? 1 : 0, apart = w->parts != w->mixed;
  float **const lists[] = {&h->keys[0], &h->values[0], &h->keys[1], &h->values[1], &h->queries, &h->scores[0], &h->scores[1], &h->through[0], &h->through[1],
                           &h->of_parts[0], &h->of_parts[1], &h->weights, &h->of_scores, &h->turned, &h->mean_keys, &h->mean_queries, &h->taken};
  const size_t sizes[] = {n_keys * d_head, n_keys * d_head, other * n_keys * d_head, other * n_keys * d_head, BOTH * n_queries * d_head, (1 + other) * cells, 2 * other * cells, cells, other * cells,
                          apart * cells, apart * other * cells, cells, other * cells, cells, other * n_keys * d_head, other * n_queries * d_head, n_keys * d_head};
  double **const of_keys[] = {&h->log_own, &h->log_reference, &h->secant, &h->attention[0], &h->attention[1], &h->of_whole, &h->of_value, &h->of_key, &h->of_query};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (!(*lists[i] = hw_arena_new(pass->work, float, sizes[i], pass->err))) return false;
  for (int side = 0; side < BOTH && !apart; side++) h->of_parts[side] = h->through[side];
  for (size_t i = 0; i < sizeof of_keys / sizeof *of_keys; i++)
    if (!(*of_keys[i] = hw_arena_new(pass->work, double, n_keys, pass->err))) return false;
  return true;
}

/* To their prompts: those of all work spaces. */
static bool gather_kept(const hw_pass *pass, size_t n) {
  for (size_t m = 0; m < n; m++) {
    const hw_buffer *kept = &pass->kept[m];
    if (!hw_buffer_check(kept, pass->err)) return false;
    const kept_part *parts = (const kept_part *)(const void *)kept->data;
    for (size_t i = 0; i < kept->length / sizeof *parts; i++) hw_buffer_append(&parts[i].prompt->parts, &parts[i].part, sizeof parts[i].part);
  }
  return true;
}

/* Of one work space. */
static size_t head_bytes(const hw_model *model, size_t longest) {
  enum { MATRICES = 12, OF_HEADS = 9, OF_KEYS = 9, ALLOCATIONS = 27 }; /* new_head */
  return longest * (MATRICES * hw_smaller(longest, QUERIES) + OF_HEADS * (size_t)model->config.d_head) * sizeof(float) + OF_KEYS * longest * sizeof(double) + sizeof(head_work) +
         ALLOCATIONS * (size_t)HW_ARENA_OVERHEAD;
}

/* Work spaces for n threads at most. */
static size_t count_spaces(const hw_model *model, size_t longest, size_t n) {
  size_t fit = MOST_SPACES / head_bytes(model, longest);
  return hw_smaller(n, fit > 0 ? fit : 1);
}

bool hw_pass_heads(const hw_pass *pass, const hw_pass_layer *w) {
  enum { LEAST = 1 << 19 }; /* multiplications of a product of queries and keys, for each thread */
  size_t longest = 0, most = 0, cells = 0;
  for (size_t p = 0; p < pass->n_prompts; p++) {
    size_t n = pass->prompts[p].n_tokens, queries = at_last(pass, w) ? 1 : n - pass->prompts[p].begin;
    cells += n * queries;
    if (n > longest) longest = n;
    if (queries > most) most = queries;
  }
  heads_of_layer of = {.pass = pass, .w = w, .n_groups = pass->n_prompts * (size_t)pass->model->config.n_kv_heads};
  size_t n_worth = cells * (size_t)(pass->model->config.n_heads * pass->model->config.d_head) / LEAST + 1;
  size_t n = count_spaces(pass->model, longest, hw_smaller(hw_team_present(pass->team), hw_smaller(of.n_groups, n_worth)));
  if (!(of.work = hw_arena_znew(pass->work, head_work, n, pass->err))) return false;
  for (size_t m = 0; m < n; m++) {
    of.work[m].kept = &pass->kept[m];
    hw_buffer_reset(&pass->kept[m]);
    if (!new_head(pass, w, &of.work[m], longest, hw_smaller(most, QUERIES))) return false;
  }
  hw_divide(pass->team, n, 1, share_groups, &of);
  return gather_kept(pass, n);
}

/* Of shorter prompts more spaces may fit: they do not take more than this either. */
size_t hw_pass_heads_bytes(const hw_model *model, size_t longest, size_t n_members) {
  size_t one = head_bytes(model, longest);
  return one > MOST_SPACES ? one : hw_smaller(n_members * one, MOST_SPACES);
}
