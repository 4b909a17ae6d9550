/* SPDX-License-Identifier: Apache-2.0
 * Products of 8-bit numbers bound every score from both sides. Tokens whose bound reaches into a list are computed in float32, by the
 * operations that the product with the whole vocabulary has, so lists are the same. */
#include "engine/screen.h"

#include <math.h>
#include <string.h>

#include "engine/best.h"
#include "model/screen.h"
#include "tensor/kernels.h"

enum { LIST = 1024, MOST_K = 256, TOKENS_PER_K = 32 }; /* tokens of a list that may be left; k and the vocabulary that screening serves */

static const double rounding = 0x1p-24; /* of a float32 operation, of its result */

/* A token that is left, and what its key (sign * score) is at most. */
typedef struct candidate {
  int32_t id;
  float reach;
} candidate;

/* One end of a vector's scores: keys of k tokens are at least those in least[], largest first. */
typedef struct side {
  hw_best list;
  float *least; /* [k] */
  uint32_t n_least;
  candidate *left; /* [LIST] */
  uint32_t n_left;
  bool overfull;
} side;

typedef struct vector {
  const hw_unembed_request *request;
  hw_screen_line line;
  size_t n_products, first_product;
  double norm, size, slack; /* |x'|, |x^|; slack |u^| bounds the rounding of the sum that stands for x^ u^ */
  float of_norm, of_lost, constant; /* |score - its estimate| <= of_norm * norm[v] + of_lost * lost[v] + constant */
  side sides[2];
} vector;

typedef struct hw_screen {
  const hw_model *model;
  const hw_quantized *q;
  vector *vectors;
  size_t n_vectors, n_products;
  float *hats;       /* [vectors, n_in] x^ */
  uint8_t *numbers;  /* [products, quads, 4] */
  int32_t *tiles;    /* the same as tiles [quads][rows of the tile] */
  int32_t *products; /* [products, HW_PACK_WIDTH] of a panel */
  float *sums;       /* [vectors, HW_PACK_WIDTH] */
  double *scaled, *rest; /* [n_in] */
  float *rows;       /* [HW_CHAINS, n_in] weights that are widened */
  size_t *places;    /* of requests among the vectors, or SIZE_MAX */
  float *least;      /* [requests, 2, MOST_K] */
  candidate *candidates; /* [requests, 2, LIST] */
  uint64_t n_tokens;
} screen;

static bool may_screen(const hw_model *model, const hw_unembed_request *q) {
  return !q->scores && q->k > 0 && q->k <= MOST_K && (int64_t)q->k * TOKENS_PER_K <= model->config.vocab_out;
}

static double length_of(const double *x, size_t n) {
  double squares = 0;
  for (size_t i = 0; i < n; i++) squares += x[i] * x[i];
  return sqrt(squares) * (1 + 1e-9);
}

static double length_of_floats(const float *x, size_t n) {
  double squares = 0;
  for (size_t i = 0; i < n; i++) squares += (double)x[i] * (double)x[i];
  return sqrt(squares) * (1 + 1e-9);
}

/* x^ as the sum of others; returns |x' - x^|. */
static double sum_parts(const screen *s, const size_t *parts, size_t n_parts, float *hat) {
  size_t d = s->q->n_in;
  for (size_t i = 0; i < d; i++) {
    hat[i] = 0;
    for (size_t p = 0; p < n_parts; p++) hat[i] += s->hats[parts[p] * d + i];
    s->rest[i] = s->scaled[i] - (double)hat[i];
  }
  return length_of(s->rest, d);
}

/* Numbers of its own. A vector whose numbers are too rough has a second row of them for what the first one leaves. */
static double take_numbers(screen *s, vector *v, float *hat) {
  static const double too_rough = 0.5; /* times |x'| / sqrt(n_in), about the spread of scores */
  size_t d = s->q->n_in;
  double lost = INFINITY, sizes = 0;
  for (size_t i = 0; i < d; i++) hat[i] = 0;
  memcpy(s->rest, s->scaled, d * sizeof *s->rest);
  for (v->n_products = 0; v->n_products < 2 && lost * sqrt((double)d) > too_rough * v->norm; v->n_products++) {
    uint8_t *numbers = s->numbers + (v->first_product + v->n_products) * s->q->quads * 4;
    hw_quantized_vector row = hw_quantize_vector(s->rest, d, s->q->quads, numbers);
    v->line.step[v->n_products] = (float)row.step;
    sizes += row.size;
    for (size_t i = 0; i < d; i++) {
      hat[i] += (float)row.step * (float)(numbers[i] - 128);
      s->rest[i] = s->scaled[i] - (double)hat[i];
    }
    lost = length_of(s->rest, d);
  }
  v->slack = 8 * rounding * sizes;
  return lost;
}

/* METHOD section 15 has the bound. */
static void set_bound(const screen *s, vector *v, double lost) {
  const hw_unembed_request *q = v->request;
  size_t d = s->q->n_in, chain = d < HW_CHAIN_INPUTS ? d : (size_t)HW_CHAIN_INPUTS;
  double scale = fabs((double)q->scale), up = 1 + 0x1p-20;
  double of_product = 1.01 * rounding * (double)(chain + d / HW_CHAIN_INPUTS + 1) * v->norm;
  double all = of_product + 16 * rounding * (v->size + v->norm) + 2 * v->slack;
  v->of_norm = (float)(scale * (lost + all) * up);
  v->of_lost = (float)(scale * (v->size + all) * up);
  v->constant = (float)((scale * (all * s->q->mean_norm + 0x1p-36 * v->norm * s->q->largest) +
                         (q->with_beta ? 16 * rounding * (double)s->model->screen->largest_beta : 0)) * up);
}

/* Far from the ends of float32, so that nothing overflows and what underflow takes is small beside the bound. */
static bool has_usual_size(double x) { return x > 1e-15 && x < 1e15; }

/* Request q is number `at` of those that are answered together. False where it is none that bounds serve. */
static bool prepare(screen *s, vector *v, const hw_unembed_request *q, size_t first, size_t at) {
  size_t d = s->q->n_in, parts[HW_REQUEST_PARTS];
  double dot_mean = 0;
  *v = (vector){.request = q, .first_product = s->n_products};
  for (size_t i = 0; i < d; i++) {
    s->scaled[i] = (double)q->vector[i] * s->q->balance[i];
    dot_mean += (double)q->vector[i] * s->q->mean[i];
  }
  v->norm = length_of(s->scaled, d);
  if (!has_usual_size(v->norm) || !has_usual_size(v->norm * s->q->largest) || !has_usual_size(fabs((double)q->scale)) ||
      !has_usual_size(v->norm * s->q->largest * fabs((double)q->scale)))
    return false;
  bool has_parts = q->n_parts > 0;
  for (size_t p = 0; p < q->n_parts; p++) {
    parts[p] = q->parts[p] >= first && q->parts[p] - first < at ? s->places[q->parts[p] - first] : SIZE_MAX;
    has_parts = has_parts && parts[p] != SIZE_MAX;
  }
  float *hat = s->hats + s->n_vectors * d;
  double lost = take_numbers(s, v, hat), of_parts = has_parts ? sum_parts(s, parts, q->n_parts, hat) : INFINITY;
  if (of_parts <= 2 * lost) {
    v->n_products = 0;
    v->slack = 0;
    v->line.n_parts = q->n_parts;
    for (size_t p = 0; p < q->n_parts; p++) {
      v->line.parts[p] = s->sums + parts[p] * HW_PACK_WIDTH;
      v->slack += 1.001 * s->vectors[parts[p]].slack + 4 * rounding * s->vectors[parts[p]].size;
    }
    lost = of_parts;
  } else if (has_parts) {
    lost = take_numbers(s, v, hat);
  }
  v->size = length_of_floats(hat, d);
  v->line.n_products = v->n_products;
  v->line.scale = q->scale;
  v->line.shift = (float)(dot_mean * (double)q->scale);
  for (size_t p = 0; p < v->n_products; p++) v->line.products[p] = s->products + (v->first_product + p) * HW_PACK_WIDTH;
  s->n_products += v->n_products;
  set_bound(s, v, lost + v->slack);
  return true;
}

static float worst(const side *e) { return e->n_least < e->list.k ? -INFINITY : e->least[e->list.k - 1]; }

static void note_least(side *e, float key) {
  if (e->n_least == e->list.k && !(key > worst(e))) return;
  if (e->n_least < e->list.k) e->n_least++;
  uint32_t place = e->n_least - 1;
  for (; place > 0 && key > e->least[place - 1]; place--) e->least[place] = e->least[place - 1];
  e->least[place] = key;
}

static void drop_unreaching(side *e) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < e->n_left; i++)
    if (e->left[i].reach >= worst(e)) e->left[kept++] = e->left[i];
  e->n_left = kept;
}

static void keep(side *e, int32_t id, float key, float error) {
  if (!(key + error >= worst(e))) return;
  note_least(e, key - error);
  if (e->n_left == LIST) {
    drop_unreaching(e);
    if (e->n_left > LIST / 4 * 3) {
      e->overfull = true;
      return;
    }
  }
  e->left[e->n_left++] = (candidate){.id = id, .reach = key + error};
}

/* The tokens of a panel that `hits` says. */
static void keep_hits(const screen *s, const vector *v, side *e, size_t output, uint64_t hits, const float *scores) {
  for (; hits && !e->overfull; hits &= hits - 1) {
    size_t i = (size_t)__builtin_ctzll(hits);
    keep(e, (int32_t)(output + i), e->list.sign * scores[i], v->of_norm * s->q->norm[output + i] + v->of_lost * s->q->lost[output + i] + v->constant);
  }
}

static void screen_panel(screen *s, const hw_kernels *kernels, size_t panel) {
  size_t output = panel * HW_PACK_WIDTH, n = s->q->n_out - output;
  uint64_t inside = n < HW_PACK_WIDTH ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
  const float *beta = s->model->unembed_beta;
  float last_beta[HW_PACK_WIDTH] = {0}, scores[HW_PACK_WIDTH];
  if (beta && n < HW_PACK_WIDTH) memcpy(last_beta, beta + output, n * sizeof *beta);
  for (size_t i = 0; i < s->n_vectors; i++) {
    vector *v = &s->vectors[i];
    side *high = &v->sides[0], *low = &v->sides[1];
    float error = v->of_norm * s->q->panel_norm[panel] + v->of_lost * s->q->panel_lost[panel] + v->constant;
    uint64_t of_high, of_low;
    v->line.beta = !beta || !v->request->with_beta ? NULL : n < HW_PACK_WIDTH ? last_beta : beta + output;
    v->line.least_high = high->list.k && !high->overfull ? worst(high) - error : INFINITY;
    v->line.most_low = low->list.k && !low->overfull ? error - worst(low) : -INFINITY;
    kernels->screen_panel(&v->line, s->q->step + output, s->sums + i * HW_PACK_WIDTH, scores, &of_high, &of_low);
    if (of_high & inside) keep_hits(s, v, high, output, of_high & inside, scores);
    if (of_low & inside) keep_hits(s, v, low, output, of_low & inside, scores);
  }
}

/* Tiles that differ by one row at most. */
static size_t rows_of_tile(size_t n_rows, size_t most, size_t done, size_t tile) {
  size_t n_tiles = (n_rows + most - 1) / most;
  return (n_rows - done) / (n_tiles - tile);
}

static void make_tiles(screen *s, size_t most) {
  int32_t *out = s->tiles;
  size_t quads = s->q->quads;
  for (size_t done = 0, tile = 0; done < s->n_products; tile++) {
    size_t rows = rows_of_tile(s->n_products, most, done, tile);
    for (size_t k = 0; k < quads; k++)
      for (size_t r = 0; r < rows; r++) memcpy(&out[k * rows + r], s->numbers + ((done + r) * quads + k) * 4, sizeof *out);
    out += rows * quads;
    done += rows;
  }
}

static void screen_all(screen *s) {
  const hw_quantized_kernel *kernel = hw_quantized_kernel_here();
  const hw_kernels *kernels = hw_kernels_here();
  size_t quads = s->q->quads;
  make_tiles(s, kernel->tile_rows);
  for (size_t panel = 0; panel * HW_PACK_WIDTH < s->q->n_out; panel++) {
    const int32_t *x = s->tiles;
    for (size_t done = 0, tile = 0; done < s->n_products; tile++) {
      size_t rows = rows_of_tile(s->n_products, kernel->tile_rows, done, tile);
      kernel->tile(rows, quads, x, s->q->numbers + panel * quads * HW_PACK_WIDTH * 4, s->q->start + panel * HW_PACK_WIDTH,
                   s->products + done * HW_PACK_WIDTH);
      x += rows * quads;
      done += rows;
    }
    screen_panel(s, kernels, panel);
  }
}

/* The true scores of some tokens. */
static void compute(screen *s, const vector *v, side *e, const candidate *tokens, size_t n) {
  const hw_matrix *w = &s->model->unembed;
  const float *plain = hw_matrix_plain(w), *rows[HW_CHAINS];
  float out[HW_CHAINS];
  s->n_tokens += n;
  for (size_t i = 0; i < n; i += HW_CHAINS) {
    for (size_t r = 0; r < HW_CHAINS; r++) {
      size_t id = (size_t)tokens[i + r < n ? i + r : i].id;
      rows[r] = plain ? plain + id * w->stride : s->rows + (i + r < n ? r : 0) * w->n_in;
      if (!plain && i + r < n) hw_matrix_row(w, id, 0, w->n_in, s->rows + r * w->n_in);
    }
    hw_chains(v->request->vector, rows, w->n_in, out);
    for (size_t r = 0; r < HW_CHAINS && i + r < n; r++) {
      float score = out[r] * v->request->scale;
      if (v->request->with_beta && s->model->unembed_beta) score += s->model->unembed_beta[tokens[i + r].id];
      hw_best_add(&e->list, tokens[i + r].id, score);
    }
  }
}

/* Moves the HW_CHAINS that reach furthest to the front. */
static void find_furthest(side *e) {
  float furthest[HW_CHAINS];
  uint32_t n = 0, front = 0;
  for (uint32_t i = 0; i < e->n_left; i++) {
    float reach = e->left[i].reach;
    if (n == HW_CHAINS && !(reach > furthest[n - 1])) continue;
    if (n < HW_CHAINS) n++;
    uint32_t place = n - 1;
    for (; place > 0 && reach > furthest[place - 1]; place--) furthest[place] = furthest[place - 1];
    furthest[place] = reach;
  }
  for (uint32_t i = 0; i < e->n_left && front < HW_CHAINS; i++)
    if (e->left[i].reach >= furthest[n - 1]) {
      candidate moved = e->left[i];
      e->left[i] = e->left[front];
      e->left[front++] = moved;
    }
}

/* The best of those that are left. Once some scores are known, fewer tokens reach into the list. */
static void settle(screen *s, const vector *v, side *e) {
  if (!e->list.k) return;
  drop_unreaching(e);
  uint32_t first = e->n_left < HW_CHAINS ? e->n_left : (uint32_t)HW_CHAINS, kept = first;
  find_furthest(e);
  compute(s, v, e, e->left, first);
  if (e->list.n == e->list.k) {
    float last = e->list.sign * e->list.scores[e->list.k - 1];
    for (uint32_t i = first; i < e->n_left; i++)
      if (e->left[i].reach >= last) e->left[kept++] = e->left[i];
  } else {
    kept = e->n_left;
  }
  compute(s, v, e, e->left + first, kept - first);
}

struct hw_screen *hw_screen_new(const hw_model *model, size_t n, hw_arena *arena, hw_error *err) {
  const hw_quantized *q = &model->screen->unembed;
  size_t d = q->n_in;
  screen *s = hw_arena_new(arena, screen, 1, err);
  if (!s) return NULL;
  *s = (screen){.model = model, .q = q};
  s->vectors = hw_arena_new(arena, vector, n, err);
  s->hats = hw_arena_new(arena, float, n * d, err);
  s->numbers = hw_arena_new(arena, uint8_t, (2 * n + 2) * q->quads * 4, err);
  s->tiles = hw_arena_new(arena, int32_t, 2 * n * q->quads, err);
  s->products = hw_arena_new(arena, int32_t, 2 * n * HW_PACK_WIDTH, err);
  s->sums = hw_arena_new(arena, float, n * HW_PACK_WIDTH, err);
  s->scaled = hw_arena_new(arena, double, d, err);
  s->rest = hw_arena_new(arena, double, d, err);
  s->rows = hw_arena_new(arena, float, HW_CHAINS * d, err);
  s->places = hw_arena_new(arena, size_t, n, err);
  s->least = hw_arena_new(arena, float, 2 * n * MOST_K, err);
  s->candidates = hw_arena_new(arena, candidate, 2 * n * LIST, err);
  bool ok = s->vectors && s->hats && s->numbers && s->tiles && s->products && s->sums && s->scaled && s->rest && s->rows && s->places &&
            s->least && s->candidates;
  return ok ? s : NULL;
}

size_t hw_screen_work_bytes(const hw_model *model) {
  if (!hw_model_screen_bytes(model)) return 0;
  size_t n = HW_REQUESTS_TOGETHER, d = (size_t)model->config.d_model, row = d + 4;
  size_t of_vector = sizeof(vector) + d * sizeof(float) + 4 * row + 3 * HW_PACK_WIDTH * sizeof(float) + sizeof(size_t) +
                     2 * (LIST * sizeof(candidate) + MOST_K * sizeof(float));
  return sizeof(screen) + n * of_vector + 2 * row + (2 * sizeof(double) + HW_CHAINS * sizeof(float)) * d + 13 * (size_t)HW_ARENA_OVERHEAD;
}

size_t hw_screen_answer(screen *s, const hw_unembed_request *requests, size_t n, size_t first, const hw_unembed_request **left) {
  struct hw_model_screen *counts = s->model->screen;
  size_t n_left = 0, n_wanted = 0, n_in_full = 0;
  s->n_vectors = s->n_products = 0;
  s->n_tokens = 0;
  for (size_t i = 0; i < n; i++) {
    bool wanted = may_screen(s->model, &requests[i]);
    vector *v = &s->vectors[s->n_vectors];
    n_wanted += wanted;
    s->places[i] = SIZE_MAX;
    if (!wanted || !prepare(s, v, &requests[i], first, i)) {
      n_in_full += wanted;
      left[n_left++] = &requests[i];
      continue;
    }
    s->places[i] = s->n_vectors++;
    for (size_t end = 0; end < 2; end++)
      v->sides[end] = (side){.list = hw_best_of(&requests[i], end ? -1 : 1, s->q->n_out), .least = s->least + (2 * i + end) * MOST_K,
                             .left = s->candidates + (2 * i + end) * LIST};
  }
  if (s->n_vectors) screen_all(s);
  for (size_t i = 0; i < s->n_vectors; i++) {
    vector *v = &s->vectors[i];
    if (v->sides[0].overfull || v->sides[1].overfull) {
      n_in_full++;
      left[n_left++] = v->request;
      continue;
    }
    for (int end = 0; end < 2; end++) settle(s, v, &v->sides[end]);
  }
  counts->vectors += n_wanted;
  counts->products += s->n_products;
  counts->tokens += s->n_tokens;
  counts->in_full += n_in_full;
  return n_left;
}
