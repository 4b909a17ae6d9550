/* SPDX-License-Identifier: Apache-2.0
 * Products of 8-bit numbers bound every score from both sides. Tokens whose bound reaches into a list are computed in float32, by the
 * operations that the product with the whole vocabulary has, so lists are the same. */
#include "engine/screen.h"

#include <math.h>
#include <string.h>

#include "base/size.h"
#include "engine/best.h"
#include "model/screen.h"
#include "tensor/kernels.h"

_Static_assert(sizeof((hw_screen_line *)0)->parts / sizeof(float *) == HW_REQUEST_PARTS, "a line has all parts of a request");

enum { MOST_K = 256, TOKENS_PER_K = 32 }; /* k and the vocabulary that screening serves */
enum { MOST_LEFT = 768, LEFT_ON_PURPOSE = 512 }; /* tokens of a list that are left at most, and with numbers as rough as they may be */

static const double rounding = 0x1p-24; /* of a float32 operation, of its result */
static const double too_rough = 0.5;    /* for numbers of x in any case: what they leave of it, in spreads of its scores (about |x'| / sqrt(n_in)) */

typedef struct vector {
  const hw_unembed_request *request;
  size_t first_product; /* of line->n_products */
  double rough;         /* its numbers should leave less of x', a length */
  double norm, size, slack; /* |x'|, |x^|; slack |u^| bounds the rounding of the sum that stands for x^ u^ */
} vector;

typedef struct hw_screen {
  const hw_model *model;
  const hw_quantized *q;
  vector *vectors;
  hw_screen_line *lines, *sum_lines; /* [vectors] of those with products, and of those that are sums of others */
  size_t n_vectors, n_lines, n_sum_lines, n_products;
  uint32_t last_k;      /* of it, what numbers may leave of a vector, in spreads of its scores */
  double may_leave;
  float *hats;       /* [vectors, n_in] x^ */
  uint8_t *numbers;  /* [products, quads, 4] */
  int32_t *tiles;    /* the same as tiles [quads][rows of the tile] */
  int32_t *products; /* [HW_SCREEN_PANELS][products, HW_PACK_WIDTH] */
  float *sums;       /* [HW_SCREEN_PANELS][vectors, HW_PACK_WIDTH] */
  double *scaled, *rest; /* [n_in] */
  float *rows;       /* [HW_CHAINS, n_in] weights that are widened */
  size_t *places;    /* of requests among the vectors, or SIZE_MAX */
  float *least;      /* [vectors, 2, MOST_K] */
  hw_screen_list *lists; /* [vectors, 2] */
  uint64_t n_tokens;
} screen;

static bool may_screen(const hw_model *model, const hw_unembed_request *q) {
  return !q->scores && q->k > 0 && q->k <= MOST_K && (int64_t)q->k * TOKENS_PER_K <= model->config.vocab_out;
}

/* Above how many spreads from their mean this share of normally distributed numbers lies, 0 < share < 1. */
static double spreads_above(double share) {
  double low = -10, high = 10;
  for (int i = 0; i < 30; i++) {
    double middle = (low + high) / 2;
    if (erfc(middle / sqrt(2)) / 2 > share)
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* What numbers may leave of a vector, in spreads of its scores. Tokens are left from the k-th best score down to twice what is lost of x and of
 * the weights: as many as fit, where scores are about normally distributed. It decides what screening costs, and no result. */
static double may_leave(const hw_quantized *q, uint32_t k) {
  double n = (double)q->n_out, left = fmin(LEFT_ON_PURPOSE, n / 2);
  return fmin(too_rough, (spreads_above(fmin(k, left) / n) - spreads_above(left / n)) / 2 - q->mean_lost * sqrt((double)q->n_in));
}

/* x^ as the sum of others; returns |x' - x^|. */
static double sum_parts(const screen *s, const size_t *parts, size_t n_parts, float *hat) {
  size_t d = s->q->n_in;
  memset(hat, 0, d * sizeof *hat);
  for (size_t p = 0; p < n_parts; p++) hw_add_rows(hat, s->hats + parts[p] * d, NULL, 1, d, hat);
  return hw_take_rest(s->scaled, hat, d, s->rest);
}

/* Numbers of its own. A vector whose numbers are too rough has a second row of them for what the first one leaves. */
static double take_numbers(screen *s, vector *v, hw_screen_line *line, float *hat) {
  size_t d = s->q->n_in;
  double lost = INFINITY, sizes = 0;
  memset(hat, 0, d * sizeof *hat);
  memcpy(s->rest, s->scaled, d * sizeof *s->rest);
  for (line->n_products = 0; line->n_products < 2 && lost > v->rough; line->n_products++) {
    hw_quantized_vector row = hw_quantize_vector(s->rest, d, s->q->quads, s->numbers + (v->first_product + line->n_products) * s->q->quads * 4, hat);
    line->step[line->n_products] = row.step;
    sizes += row.size;
    lost = hw_take_rest(s->scaled, hat, d, s->rest);
  }
  v->slack = 8 * rounding * sizes;
  return lost;
}

/* METHOD section 15 has the bound. */
static void set_bound(const screen *s, const vector *v, hw_screen_line *line, double lost) {
  const hw_unembed_request *q = v->request;
  size_t d = s->q->n_in, chain = d < HW_CHAIN_INPUTS ? d : (size_t)HW_CHAIN_INPUTS;
  double scale = fabs((double)q->scale), up = 1 + 0x1p-20;
  double of_product = 1.01 * rounding * (double)(chain + d / HW_CHAIN_INPUTS + 1) * v->norm;
  double all = of_product + 16 * rounding * (v->size + v->norm) + 2 * v->slack;
  line->of_norm = (float)(scale * (lost + all) * up);
  line->of_lost = (float)(scale * (v->size + all) * up);
  line->constant = (float)((scale * (all * s->q->mean_norm + 0x1p-36 * v->norm * s->q->largest) +
                            (q->with_beta ? 16 * rounding * (double)s->model->screen->largest_beta : 0)) * up);
}

/* Far from the ends of float32, so that nothing overflows and what underflow takes is small beside the bound. */
static bool has_usual_size(double x) { return x > 1e-15 && x < 1e15; }

/* The empty lists of vector i. */
static void begin_lists(screen *s, size_t i, hw_screen_line *line) {
  line->lists = s->lists + 2 * i;
  for (size_t end = 0; end < 2; end++) {
    hw_screen_list *list = &line->lists[end];
    list->overfull = false;
    list->n = list->n_least = 0;
    list->k = hw_best_of(s->vectors[i].request, end ? -1 : 1, s->q->n_out).k;
    list->least = s->least + (2 * i + end) * MOST_K;
    line->wanted[end] = list->k ? -INFINITY : INFINITY;
  }
}

/* The parts of request q, which are answered with it: false where it has none, or one of them has no sums. */
static bool find_parts(const screen *s, const hw_unembed_request *q, size_t first, size_t at, size_t parts[HW_REQUEST_PARTS]) {
  for (size_t p = 0; p < q->n_parts; p++) {
    if (q->parts[p] < first || q->parts[p] - first >= at) return false;
    parts[p] = s->places[q->parts[p] - first];
    if (parts[p] == SIZE_MAX) return false;
  }
  return q->n_parts > 0;
}

/* Request q is number `at` of those that are answered together. False where it is none that bounds serve. */
static bool prepare(screen *s, vector *v, const hw_unembed_request *q, size_t first, size_t at) {
  size_t d = s->q->n_in, parts[HW_REQUEST_PARTS];
  double dot_mean;
  *v = (vector){.request = q, .first_product = s->n_products};
  hw_balance_vector(q->vector, s->q, s->scaled, &v->norm, &dot_mean);
  if ((q->with_beta && !(s->model->screen->largest_beta < 1e15f)) || !has_usual_size(v->norm) || !has_usual_size(v->norm * s->q->largest) || !has_usual_size(fabs((double)q->scale)) ||
      !has_usual_size(v->norm * s->q->largest * fabs((double)q->scale)))
    return false;
  hw_screen_line line = {.scale = q->scale, .shift = (float)(dot_mean * (double)q->scale), .with_beta = q->with_beta,
                         .sums = s->sums + s->n_vectors * HW_PACK_WIDTH};
  float *hat = s->hats + s->n_vectors * d;
  if (q->k != s->last_k) s->may_leave = may_leave(s->q, s->last_k = q->k);
  v->rough = s->may_leave * v->norm / sqrt((double)d);
  double lost = find_parts(s, q, first, at, parts) ? sum_parts(s, parts, q->n_parts, hat) : INFINITY;
  double of_own = hw_quantized_loss(s->scaled, d);
  if (lost <= 2 * of_own && (of_own <= v->rough || lost <= v->rough)) {
    line.n_parts = q->n_parts;
    for (size_t p = 0; p < q->n_parts; p++) {
      line.parts[p] = s->sums + parts[p] * HW_PACK_WIDTH;
      v->slack += 1.001 * s->vectors[parts[p]].slack + 4 * rounding * s->vectors[parts[p]].size;
    }
  } else {
    lost = take_numbers(s, v, &line, hat);
  }
  v->size = hw_length_of_floats(hat, d);
  for (size_t p = 0; p < line.n_products; p++) line.products[p] = s->products + (v->first_product + p) * HW_PACK_WIDTH;
  s->n_products += line.n_products;
  set_bound(s, v, &line, lost + v->slack);
  begin_lists(s, s->n_vectors, &line);
  if (line.n_parts)
    s->sum_lines[s->n_sum_lines++] = line;
  else
    s->lines[s->n_lines++] = line;
  return true;
}

/* Makes room in lists, or gives them up. */
static void make_room(hw_screen_line *line) {
  for (size_t end = 0; end < 2; end++) {
    hw_screen_list *list = &line->lists[end];
    if (list->k) (void)hw_screen_sort_out(list);
    if (list->n <= MOST_LEFT) continue;
    list->overfull = true;
    line->wanted[0] = line->wanted[1] = INFINITY; /* the vector takes the whole vocabulary */
  }
}

static void screen_lines(const hw_kernels *kernels, hw_screen_line *lines, size_t n, const hw_screened_panels *panels) {
  for (size_t i = 0; (i = kernels->screen_panels(lines, i, n, panels)) < n; i++) make_room(&lines[i]);
}

/* The panels from `first` on. filled_beta: space for their beta, with zeros past the last output. */
static hw_screened_panels panels_of(const screen *s, size_t first, size_t n_panels, float filled_beta[HW_SCREEN_PANELS * HW_PACK_WIDTH]) {
  size_t output = first * HW_PACK_WIDTH, n = hw_smaller(s->q->n_out - output, n_panels * HW_PACK_WIDTH);
  const float *beta = s->model->unembed_beta ? s->model->unembed_beta + output : NULL;
  memset(filled_beta, 0, HW_SCREEN_PANELS * HW_PACK_WIDTH * sizeof *filled_beta);
  if (beta) memcpy(filled_beta, beta, n * sizeof *beta);
  return (hw_screened_panels){.first = output, .n = n, .products_apart = s->n_products * HW_PACK_WIDTH, .sums_apart = s->n_vectors * HW_PACK_WIDTH,
                              .steps = s->q->step + output, .norm = s->q->norm + output, .lost = s->q->lost + output, .beta = filled_beta};
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

/* Brings part i of the n parts of some memory near. */
static void fetch_part(const int8_t *memory, size_t bytes, size_t i, size_t n) {
  size_t each = (bytes / n / 64 + 1) * 64;
  for (size_t at = i * each; at < bytes && at < (i + 1) * each; at += 64) __builtin_prefetch(memory + at, 0, 2);
}

/* The lines whose products are among the first `n`, from line `first` on. */
static size_t lines_done(const screen *s, size_t first, size_t n) {
  const int32_t *end = s->products + n * HW_PACK_WIDTH;
  size_t line = first;
  while (line < s->n_lines && s->lines[line].products[s->lines[line].n_products - 1] < end) line++;
  return line - first;
}

/* Some panels with all vectors: a tile of vectors at a time, whose scores are looked at while their products are near. */
static void screen_panels(screen *s, size_t first, size_t n_panels) {
  const hw_quantized_kernel *kernel = hw_quantized_kernel_here();
  const hw_kernels *kernels = hw_kernels_here();
  float filled_beta[HW_SCREEN_PANELS * HW_PACK_WIDTH];
  const hw_screened_panels panels = panels_of(s, first, n_panels, filled_beta);
  size_t quads = s->q->quads, bytes = quads * HW_PACK_WIDTH * 4, n_tiles = (s->n_products + kernel->tile_rows - 1) / kernel->tile_rows;
  const int8_t *numbers = s->q->numbers + first * bytes, *next = numbers + n_panels * bytes;
  size_t n_after = (s->q->n_out - 1) / HW_PACK_WIDTH + 1 - first - n_panels;
  const int32_t *x = s->tiles;
  for (size_t done = 0, tile = 0, line = 0; done < s->n_products; tile++) {
    size_t rows = rows_of_tile(s->n_products, kernel->tile_rows, done, tile);
    fetch_part(next, hw_smaller(n_after, HW_SCREEN_PANELS) * bytes, tile, n_tiles);
    for (size_t p = 0; p < n_panels; p++)
      kernel->tile(rows, quads, x, numbers + p * bytes, s->q->start + (first + p) * HW_PACK_WIDTH, s->products + (p * s->n_products + done) * HW_PACK_WIDTH);
    x += rows * quads;
    done += rows;
    size_t n = lines_done(s, line, done);
    screen_lines(kernels, s->lines + line, n, &panels);
    line += n;
  }
  screen_lines(kernels, s->sum_lines, s->n_sum_lines, &panels);
}

static void screen_all(screen *s) {
  size_t n_panels = (s->q->n_out + HW_PACK_WIDTH - 1) / HW_PACK_WIDTH;
  make_tiles(s, hw_quantized_kernel_here()->tile_rows);
  for (size_t first = 0; first < n_panels; first += HW_SCREEN_PANELS) screen_panels(s, first, hw_smaller(n_panels - first, HW_SCREEN_PANELS));
}

/* The true scores of some tokens. */
static void compute(screen *s, const vector *v, hw_best *best, const int32_t *ids, size_t n) {
  const hw_matrix *w = &s->model->unembed;
  const float *plain = hw_matrix_plain(w), *rows[HW_CHAINS];
  float out[HW_CHAINS];
  s->n_tokens += n;
  for (size_t i = 0; i < n; i += HW_CHAINS) {
    for (size_t r = 0; r < HW_CHAINS; r++) {
      size_t id = (size_t)ids[i + r < n ? i + r : i];
      rows[r] = plain ? plain + id * w->stride : s->rows + (i + r < n ? r : 0) * w->n_in;
      if (!plain && i + r < n) hw_matrix_row(w, id, 0, w->n_in, s->rows + r * w->n_in);
    }
    hw_chains(v->request->vector, rows, hw_smaller(n - i, HW_CHAINS), w->n_in, out);
    for (size_t r = 0; r < HW_CHAINS && i + r < n; r++) {
      float score = out[r] * v->request->scale;
      if (v->request->with_beta && s->model->unembed_beta) score += s->model->unembed_beta[ids[i + r]];
      hw_best_add(best, ids[i + r], score);
    }
  }
}

/* The best of those that are left. Once the scores of as many as are wanted are known, fewer tokens reach into the list. */
static void settle(screen *s, const vector *v, hw_screen_list *list, float sign) {
  hw_best best = hw_best_of(v->request, sign, s->q->n_out);
  if (!best.k) return;
  uint32_t first = hw_screen_sort_out(list), kept = first;
  compute(s, v, &best, list->ids, first);
  float last = best.n == best.k ? sign * best.scores[best.k - 1] : -INFINITY;
  for (uint32_t i = first; i < list->n; i++) {
    list->ids[kept] = list->ids[i];
    kept += list->keys[i] + list->errors[i] >= last;
  }
  compute(s, v, &best, list->ids + first, kept - first);
}

struct hw_screen *hw_screen_new(const hw_model *model, size_t n, hw_arena *arena, hw_error *err) {
  const hw_quantized *q = &model->screen->unembed;
  size_t d = q->n_in;
  screen *s = hw_arena_new(arena, screen, 1, err);
  if (!s) return NULL;
  *s = (screen){.model = model, .q = q};
  s->vectors = hw_arena_new(arena, vector, n, err);
  s->lines = hw_arena_new(arena, hw_screen_line, n, err);
  s->sum_lines = hw_arena_new(arena, hw_screen_line, n, err);
  s->hats = hw_arena_new(arena, float, n * d, err);
  s->numbers = hw_arena_new(arena, uint8_t, (2 * n + 2) * q->quads * 4, err);
  s->tiles = hw_arena_new(arena, int32_t, 2 * n * q->quads, err);
  s->products = hw_arena_new(arena, int32_t, 2 * n * HW_SCREEN_PANELS * HW_PACK_WIDTH, err);
  s->sums = hw_arena_new(arena, float, n * HW_SCREEN_PANELS * HW_PACK_WIDTH, err);
  s->scaled = hw_arena_new(arena, double, d, err);
  s->rest = hw_arena_new(arena, double, d, err);
  s->rows = hw_arena_new(arena, float, HW_CHAINS * d, err);
  s->places = hw_arena_new(arena, size_t, n, err);
  s->least = hw_arena_new(arena, float, 2 * n * MOST_K, err);
  s->lists = hw_arena_new(arena, hw_screen_list, 2 * n, err);
  bool ok = s->vectors && s->lines && s->sum_lines && s->hats && s->numbers && s->tiles && s->products && s->sums && s->scaled && s->rest && s->rows && s->places &&
            s->least && s->lists;
  return ok ? s : NULL;
}

size_t hw_screen_work_bytes(const hw_model *model) {
  if (!hw_model_screen_bytes(model)) return 0;
  size_t n = HW_REQUESTS_TOGETHER, d = (size_t)model->config.d_model, row = d + 4;
  size_t of_vector = sizeof(vector) + 2 * sizeof(hw_screen_line) + d * sizeof(float) + 4 * row + 3 * HW_SCREEN_PANELS * HW_PACK_WIDTH * sizeof(float) + sizeof(size_t) +
                     2 * (sizeof(hw_screen_list) + MOST_K * sizeof(float));
  return sizeof(screen) + n * of_vector + 2 * row + (2 * sizeof(double) + HW_CHAINS * sizeof(float)) * d + 15 * (size_t)HW_ARENA_OVERHEAD;
}

size_t hw_screen_answer(screen *s, const hw_unembed_request *requests, size_t n, size_t first, const hw_unembed_request **left) {
  struct hw_model_screen *counts = s->model->screen;
  size_t n_left = 0, n_wanted = 0, n_in_full = 0;
  s->n_vectors = s->n_lines = s->n_sum_lines = s->n_products = 0;
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
  }
  if (s->n_vectors) screen_all(s);
  for (size_t i = 0; i < s->n_vectors; i++) {
    vector *v = &s->vectors[i];
    if (s->lists[2 * i].overfull || s->lists[2 * i + 1].overfull) {
      n_in_full++;
      left[n_left++] = v->request;
      continue;
    }
    for (int end = 0; end < 2; end++) settle(s, v, &s->lists[2 * i + (size_t)end], end ? -1 : 1);
  }
  counts->vectors += n_wanted;
  counts->products += s->n_products;
  counts->tokens += s->n_tokens;
  counts->in_full += n_in_full;
  return n_left;
}
