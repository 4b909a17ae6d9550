/* SPDX-License-Identifier: Apache-2.0 */
#include "relevance/span.h"

#include <string.h>

#include "base/size.h"
#include "tensor/kernels.h"
#include "tensor/team.h"

enum { ROWS_OF_A_VECTOR = 2 }; /* at least, of a prompt */

static size_t heads_of(const hw_model *model) { return (size_t)model->config.n_heads; }

bool hw_span_is_worth(const hw_pass *pass, const hw_pass_prompt *prompt) { return prompt->n_tokens > ROWS_OF_A_VECTOR * heads_of(pass->model); }

bool hw_pass_new_span(hw_pass *pass, hw_arena *arena) {
  size_t d = (size_t)pass->model->config.d_model, heads = heads_of(pass->model);
  size_t n = 0;
  for (size_t p = 0; p < pass->n_prompts; p++)
    if (hw_span_is_worth(pass, &pass->prompts[p])) pass->prompts[p].place = n++;
  if (n == 0 || hw_pass_reads_scores(pass) || pass->model->config.n_layers < 2 || pass->model->config.qkv_clip > 0) return true; /* what is clipped is no sum */
  hw_span *made = hw_arena_new(arena, hw_span, 1, pass->err);
  if (!made) return false;
  made->n = n;
  made->vectors = hw_arena_new(arena, float, n * heads * d, pass->err);
  made->shares = hw_arena_znew(arena, float, pass->all.n * heads, pass->err);
  if (!made->vectors || !made->shares) return false;
  pass->span = made;
  return true;
}

/* ---- Products ---- */

/* Rows of a prompt among those at hand: [first, end), numbers of all rows. */
typedef struct piece {
  size_t prompt, first, end;
  bool spanned;
} piece;

/* The piece that begins at row `at`, of rows up to `end`. */
static piece piece_at(const hw_pass *pass, size_t at, size_t end) {
  size_t position;
  const hw_pass_prompt *prompt = hw_pass_prompt_of(pass, &pass->all, at, &position);
  return (piece){(size_t)(prompt - pass->prompts), at, hw_smaller(end, at + prompt->n_tokens - position), hw_span_is_worth(pass, prompt)};
}

/* Rows of a spanned piece that are no sums: the prompt's last one, if it is there. */
static size_t whole_rows(const hw_pass *pass, const piece *of) {
  const hw_pass_prompt *prompt = &pass->prompts[of->prompt];
  if (!of->spanned) return of->end - of->first;
  return of->end == prompt->first + prompt->n_tokens - prompt->begin;
}

/* Vectors, then whole rows, of each piece: [result, width]. */
static size_t gather(const hw_pass *pass, const float *vectors, const float *x, size_t first, size_t n, size_t width, float *out) {
  size_t heads = heads_of(pass->model), filled = 0;
  for (piece at = {.end = first}; at.end < first + n;) {
    at = piece_at(pass, at.end, first + n);
    size_t whole = whole_rows(pass, &at);
    if (at.spanned) {
      memcpy(out + filled * width, vectors + pass->prompts[at.prompt].place * heads * width, heads * width * sizeof *out);
      filled += heads;
    }
    if (whole) memcpy(out + filled * width, x + (at.end - whole - first) * width, whole * width * sizeof *out);
    filled += whole;
  }
  return filled;
}

/* The way back, from the products of what was gathered. */
static void scatter(const hw_pass *pass, const float *products, size_t first, size_t n, size_t width, float *y, float *to_vectors) {
  size_t heads = heads_of(pass->model);
  for (piece at = {.end = first}; at.end < first + n;) {
    at = piece_at(pass, at.end, first + n);
    size_t whole = whole_rows(pass, &at);
    if (at.spanned) {
      const hw_matrix sums = {.data = products, .dtype = HW_F32, .n_in = heads, .n_out = width, .stride = width, .in_first = true};
      hw_team_gemm(&sums, pass->span->shares + at.first * heads, heads, y + (at.first - first) * width, width, at.end - whole - at.first, pass->team);
      if (to_vectors) memcpy(to_vectors + pass->prompts[at.prompt].place * heads * width, products, heads * width * sizeof *products);
      products += heads * width;
    }
    if (whole) memcpy(y + (at.end - whole - first) * width, products, whole * width * sizeof *products);
    products += whole * width;
  }
}

/* Vectors are fewer than the rows of a whole prompt; the first and last ones at hand may be cut. */
static size_t most_gathered(const hw_model *model, size_t n) { return n + 2 * (heads_of(model) + 1); }

bool hw_span_gemm(const hw_pass *pass, const hw_matrix *w, const float *vectors, const float *x, size_t first, size_t n, float *y, float *to_vectors) {
  size_t most = most_gathered(pass->model, n);
  hw_arena work;
  hw_arena_init_inner(&work, pass->work);
  float *rows = hw_arena_new(&work, float, most * w->n_in, pass->err), *products = rows ? hw_arena_new(&work, float, most * w->n_out, pass->err) : NULL;
  if (products) {
    size_t gathered = gather(pass, vectors, x, first, n, w->n_in, rows);
    hw_team_gemm(w, rows, w->n_in, products, w->n_out, gathered, pass->team);
    scatter(pass, products, first, n, w->n_out, y, to_vectors);
  }
  hw_arena_fini_inner(&work, pass->work);
  return products != NULL;
}

size_t hw_span_gemm_bytes(const hw_model *model, size_t n, size_t n_in, size_t n_out) {
  return most_gathered(model, n) * (n_in + n_out) * sizeof(float) + 2 * (size_t)HW_ARENA_OVERHEAD;
}

/* What the norm and the attention take of the work space is in it too: there the vectors are of values. */
size_t hw_pass_span_bytes(const hw_model *model, size_t n_rows) {
  size_t heads = heads_of(model), d = (size_t)model->config.d_model, kv = (size_t)(model->config.n_kv_heads * model->config.d_head);
  size_t numbers = n_rows * ((d + kv) / ROWS_OF_A_VECTOR + 1 + heads) + heads * d;
  return sizeof(hw_span) + numbers * sizeof(float) + 5 * (size_t)HW_ARENA_OVERHEAD + hw_span_gemm_bytes(model, n_rows, kv, d);
}

/* ---- Norm ---- */

/* A norm's divisor is of its row: the vectors are divided by that of the prompt's last row, and the shares take the ratio. */
bool hw_span_norm(const hw_pass *pass, size_t layer) {
  size_t d = (size_t)pass->model->config.d_model, heads = heads_of(pass->model);
  const float *x = pass->acts->resid[layer], *gamma = pass->model->layers[layer].attn_norm_gamma;
  float eps = (float)pass->model->config.norm_eps, *normed = hw_arena_new(pass->work, float, heads * d, pass->err);
  hw_norm_kind kind = hw_pass_input_norm(pass);
  if (!normed) return false;
  for (size_t p = 0; p < pass->n_prompts; p++) {
    const hw_pass_prompt *prompt = &pass->prompts[p];
    if (!hw_span_is_worth(pass, prompt)) continue;
    const float *last = x + pass->last.own[p] * d;
    float *vectors = pass->span->vectors + prompt->place * heads * d, divisor = hw_norm_scale(kind, last, eps, d);
    memset(normed, 0, heads * d * sizeof *normed);
    for (size_t h = 0; h < heads; h++) hw_pass_norm(pass, kind, last, last, gamma, d, vectors + h * d, normed + h * d);
    memcpy(vectors, normed, heads * d * sizeof *vectors);
    for (size_t i = 0; i + 1 < prompt->n_tokens; i++) {
      float *shares = pass->span->shares + (prompt->first + i) * heads, ratio = divisor / hw_norm_scale(kind, x + pass->all.own[prompt->first + i] * d, eps, d);
      for (size_t h = 0; h < heads; h++) shares[h] *= ratio;
    }
  }
  return true;
}
