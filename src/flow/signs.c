/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/signs.h"

#include <math.h>
#include <string.h>

#include "tensor/kernels.h"
#include "tensor/pack.h"

enum { MOST_ROWS = 16 }; /* at least the rows of a tile of any instruction set */

static const float upwards = 1 + 0x1p-10f;   /* makes bounds of what roundings may take from them */
static const float underflow = 0x1p-58f;     /* of a length whose squares are no normal numbers, at most */

static size_t panel_floats(const hw_model *model) {
  size_t panels = ((size_t)model->config.d_model + HW_PACK_WIDTH - 1) / HW_PACK_WIDTH;
  return panels * (size_t)model->config.d_head * HW_PACK_WIDTH;
}

size_t hw_head_signs_floats(const hw_model *model) { return (size_t)model->config.d_model + panel_floats(model); }

/* A panel of a head's W_O: where it lies packed as float32, or in space[d_head][HW_PACK_WIDTH], zeros past its outputs. */
static const float *take_panel(const hw_matrix *w_o, size_t panel, float *space) {
  size_t ld, width = hw_panel_width(w_o, panel);
  const float *rows = hw_panel_inputs(w_o, panel, 0, w_o->n_in, space, &ld);
  if (rows == space || w_o->packed) return rows;
  for (size_t k = 0; k < w_o->n_in; k++) {
    memcpy(space + k * HW_PACK_WIDTH, rows + k * ld, width * sizeof *rows);
    memset(space + k * HW_PACK_WIDTH + width, 0, (HW_PACK_WIDTH - width) * sizeof *rows);
  }
  return space;
}

void hw_head_signs_make(const hw_model *model, size_t layer, size_t head, float *work, hw_head_signs *signs) {
  size_t d = (size_t)model->config.d_model, d_head = (size_t)model->config.d_head;
  hw_matrix w_o = hw_matrix_inputs(&model->layers[layer].w_o, head * d_head, d_head);
  *signs = (hw_head_signs){.d = d, .d_head = d_head, .gamma = model->layers[layer].attn_out_gamma, .norms = work};
  for (size_t p = 0; p < hw_pack_panels(&w_o); p++) {
    size_t first = p * HW_PACK_WIDTH, width = hw_panel_width(&w_o, p);
    const float *panel = take_panel(&w_o, p, work + d + p * d_head * HW_PACK_WIDTH);
    if (p == 0) signs->w_o = panel;
    if (p == 1) signs->step = (size_t)(panel - signs->w_o);
    hw_column_squares(panel, HW_PACK_WIDTH, d_head, width, signs->norms + first);
    for (size_t c = first; c < first + width; c++) {
      float norm = sqrtf(signs->norms[c]) * upwards + underflow;
      signs->norms[c] = signs->gamma ? norm * fabsf(signs->gamma[c]) : norm;
    }
  }
}

/* Work space of a node's parts through a head. */
typedef struct sign_work {
  float *signs;   /* [d] of the whole, times gamma */
  float *query;   /* [d_head] W_O signs */
  float *bound;   /* [n] |weight v|, 0 where there is no proximity */
  float *lanes;   /* [d_head, HW_SUM_LANES] */
  float *columns; /* [d_head, HW_PACK_WIDTH] of W_O */
  float *values, *tile; /* [MOST_ROWS, d_head] */
  float *output;  /* [MOST_ROWS, d] */
} sign_work;

size_t hw_sign_floats(const hw_model *model, size_t longest) {
  size_t d = (size_t)model->config.d_model, d_head = (size_t)model->config.d_head;
  return d + d_head * (1 + HW_SUM_LANES + HW_PACK_WIDTH + 2 * MOST_ROWS) + MOST_ROWS * (d > HW_PACK_WIDTH ? d : (size_t)HW_PACK_WIDTH) + longest;
}

static sign_work lay_out(const hw_head_signs *s, float *at) {
  sign_work w = {.signs = at, .query = at + s->d};
  w.lanes = w.query + s->d_head;
  w.columns = w.lanes + s->d_head * HW_SUM_LANES;
  w.values = w.columns + s->d_head * HW_PACK_WIDTH;
  w.tile = w.values + MOST_ROWS * s->d_head;
  w.output = w.tile + MOST_ROWS * s->d_head;
  w.bound = w.output + MOST_ROWS * (s->d > HW_PACK_WIDTH ? s->d : (size_t)HW_PACK_WIDTH);
  return w;
}

/* The sums of the parts' numbers with the signs of the whole, and bounds of the parts. */
static void first_terms(const hw_head_signs *s, const float *whole, const float *weights, const float *v, size_t ldv, size_t n, const sign_work *w,
                        float *proximity) {
  for (size_t c = 0; c < s->d; c++) {
    float size = s->gamma ? s->gamma[c] : 1;
    w->signs[c] = whole[c] < 0 ? -size : size;
  }
  memset(w->lanes, 0, s->d_head * HW_SUM_LANES * sizeof *w->lanes);
  for (size_t first = 0, p = 0; first < s->d; first += HW_PACK_WIDTH, p++)
    hw_dot_panel(w->signs + first, s->w_o + p * s->step, HW_PACK_WIDTH, s->d_head, s->d - first < HW_PACK_WIDTH ? s->d - first : HW_PACK_WIDTH, w->lanes);
  hw_sum_lanes(w->lanes, s->d_head, w->query);
  hw_row_dots(w->query, v, ldv, n, s->d_head, proximity);
  for (size_t j = 0; j < n; j++) {
    proximity[j] *= weights[j];
    w->bound[j] = 0;
    if (proximity[j] > 0)
      w->bound[j] = fabsf(weights[j]) * (sqrtf(hw_dot(v + j * ldv, v + j * ldv, s->d_head)) * upwards + underflow);
    else
      proximity[j] = 0;
  }
}

/* Outputs of a panel of some sources: the bits that hw_gemm gives them. */
static void panel_outputs(const hw_kernels *kernels, const hw_head_signs *s, const float *v, size_t n, const float *panel, size_t width, float *tile,
                          float *out, size_t ld) {
  for (size_t k = 0; k < s->d_head; k += HW_CHAIN_INPUTS) {
    size_t depth = s->d_head - k < HW_CHAIN_INPUTS ? s->d_head - k : (size_t)HW_CHAIN_INPUTS;
    const float *weights = panel + k * HW_PACK_WIDTH;
    kernels->pack_tile(n, depth, v + k, s->d_head, tile);
    kernels->gemm_tile(n, depth, tile, weights, out, ld, width, k > 0, &(hw_fetch){.at = (const char *)weights});
  }
}

/* Columns of W_O in which a part of some length may be larger than the whole. */
typedef struct columns {
  float limit, least; /* of the bounds that they serve; of those that reach into a column */
  size_t n;
  uint32_t list[HW_PACK_WIDTH];
  float sign[HW_PACK_WIDTH], size[HW_PACK_WIDTH]; /* zeros past n */
} columns;

/* The largest limit, of the largest bound halved again and again, that a panel of columns serves. */
static void find_columns(const hw_head_signs *s, const float *whole, float largest, const sign_work *w, columns *c) {
  enum { HALVINGS = 24 };
  c->limit = largest;
  for (int i = 0; (c->n = hw_list_below(whole, s->norms, c->limit, s->d, c->list, HW_PACK_WIDTH)) > HW_PACK_WIDTH; i++) {
    c->limit = i < HALVINGS ? c->limit / 2 : 0;
    if (i == HALVINGS) {
      c->n = 0;
      break;
    }
  }
  c->least = INFINITY;
  memset(c->sign, 0, sizeof c->sign);
  memset(c->size, 0, sizeof c->size);
  for (size_t i = 0; i < c->n; i++) {
    c->sign[i] = w->signs[c->list[i]];
    c->size[i] = fabsf(whole[c->list[i]]);
    c->least = fminf(c->least, c->size[i] / s->norms[c->list[i]]);
  }
  for (size_t k = 0; c->n && k < s->d_head; k++) {
    float *row = w->columns + k * HW_PACK_WIDTH;
    for (size_t i = 0; i < c->n; i++)
      row[i] = s->w_o[c->list[i] / HW_PACK_WIDTH * s->step + k * HW_PACK_WIDTH + c->list[i] % HW_PACK_WIDTH];
    memset(row + c->n, 0, (HW_PACK_WIDTH - c->n) * sizeof *row);
  }
}

/* Sources that are computed together. */
typedef struct group {
  size_t n;
  size_t source[MOST_ROWS];
  float weight[MOST_ROWS];
} group;

static void take_excess(const hw_kernels *kernels, const hw_head_signs *s, const columns *c, const group *g, const sign_work *w, float *proximity) {
  float excess[MOST_ROWS];
  panel_outputs(kernels, s, w->values, g->n, w->columns, HW_PACK_WIDTH, w->tile, w->output, HW_PACK_WIDTH);
  hw_excess_rows(w->output, g->weight, c->sign, c->size, g->n, excess);
  for (size_t i = 0; i < g->n; i++) {
    float left = proximity[g->source[i]] - 2 * excess[i];
    proximity[g->source[i]] = left > 0 ? left : 0;
  }
}

/* Parts that are large: all of their numbers. */
static void measure_whole_parts(const hw_kernels *kernels, const hw_head_signs *s, const float *whole, const group *g, const sign_work *w,
                                float *proximity) {
  float found[MOST_ROWS];
  for (size_t first = 0, p = 0; first < s->d; first += HW_PACK_WIDTH, p++)
    panel_outputs(kernels, s, w->values, g->n, s->w_o + p * s->step, s->d - first < HW_PACK_WIDTH ? s->d - first : HW_PACK_WIDTH, w->tile,
                  w->output + first, s->d);
  for (size_t i = 0; s->gamma && i < g->n; i++) hw_multiply(w->output + i * s->d, s->gamma, s->d);
  hw_proximity_rows(whole, w->output, s->d, g->weight, g->n, s->d, found);
  for (size_t i = 0; i < g->n; i++) proximity[g->source[i]] = found[i] > 0 ? found[i] : 0;
}

void hw_sign_proximity(const hw_head_signs *s, const float *whole, const float *weights, const float *v, size_t ldv, size_t n, float *work,
                       float *proximity) {
  const hw_kernels *kernels = hw_kernels_here();
  const sign_work w = lay_out(s, work);
  columns c;
  first_terms(s, whole, weights, v, ldv, n, &w, proximity);
  find_columns(s, whole, hw_max(w.bound, n), &w, &c);
  for (int large = c.n == 0; large < 2; large++) {
    group g = {0};
    for (size_t j = 0; j < n; j++) {
      bool is_large = !(w.bound[j] <= c.limit);
      if (large ? is_large : !is_large && w.bound[j] >= c.least) {
        memcpy(w.values + g.n * s->d_head, v + j * ldv, s->d_head * sizeof *v);
        g.source[g.n] = j;
        g.weight[g.n++] = weights[j];
      }
      if (g.n < kernels->tile_rows && (j + 1 < n || g.n == 0)) continue;
      if (large)
        measure_whole_parts(kernels, s, whole, &g, &w, proximity);
      else
        take_excess(kernels, s, &c, &g, &w, proximity);
      g.n = 0;
    }
  }
}
