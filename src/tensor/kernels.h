/* SPDX-License-Identifier: Apache-2.0
 * Matrix products whose rows do not depend on their neighbours, and the elementwise kernels of a transformer. Nothing here
 * allocates or fails. */
#ifndef HW_TENSOR_KERNELS_H
#define HW_TENSOR_KERNELS_H

#include <math.h>

#include "headwater/tensor.h"

/* The part of a matrix with inputs [first, first + n) only, or outputs. */
hw_matrix hw_matrix_inputs(const hw_matrix *matrix, size_t first, size_t n);
hw_matrix hw_matrix_outputs(const hw_matrix *matrix, size_t first, size_t n);

/* The matrix that maps outputs to inputs: products with it take co-vectors back. Not packed, and float32. */
hw_matrix hw_matrix_transposed(const hw_matrix *matrix);

/* n numbers of a row from number `first` on, widened: in_first, the row of an input; else the row of an output. */
void hw_matrix_row(const hw_matrix *w, size_t row, size_t first, size_t n, float *out);

/* The elements where they lie as aligned float32 in the order of the rows; else NULL. */
const float *hw_matrix_plain(const hw_matrix *w);

/* y[r, :] = x[r, :] W for r < n_rows. ldx, ldy: row strides in floats. panel: work space of HW_PANEL_FLOATS floats. */
void hw_gemm(const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, float *panel);

/* Rows [first, first + n) of W_out, one per input (neuron), widened to out[n, n_out]; or, when they are not packed and the file
 * holds them as float32 rows, a pointer to them without a copy. *ld is the stride of the result in floats. */
const float *hw_matrix_input_rows(const hw_matrix *w, size_t first, size_t n, float *out, size_t *ld);

/* LayerNorm, RMSNorm or none of one row of n numbers; gamma and beta may be NULL. */
void hw_norm_row(hw_norm_kind kind, const float *x, const float *gamma, const float *beta, float eps, size_t n, float *out);

/* The two halves of that norm: out = gamma * c(x), c centring for LayerNorm; returns the divisor sigma (with eps). */
float hw_norm_numerator(hw_norm_kind kind, const float *x, const float *gamma, float eps, size_t n, float *out);
/* sigma alone. */
float hw_norm_scale(hw_norm_kind kind, const float *x, float eps, size_t n);

/* A co-vector g of a norm's output taken back to its input, for METHOD section 10: out += N(g; x, other, gamma), the secant between two
 * inputs; and section 9: out += C(gamma g) / sigma, the divisor fixed. Sums in float64. gamma may be NULL. */
void hw_norm_secant_pull(hw_norm_kind kind, const float *x, const float *other, const float *gamma, float eps, const float *g, size_t n, float *out);
void hw_norm_pull(hw_norm_kind kind, const float *x, const float *gamma, float eps, const float *g, size_t n, float *out);

/* sum_i (x_i - minus_i) g_i in float64; minus NULL: zeros. */
double hw_difference_dot(const float *x, const float *minus, const float *g, size_t n);

void hw_activate(hw_activation kind, float *x, size_t n);
void hw_activation_slopes(hw_activation kind, float *x, size_t n); /* x = the derivative at x */

/* GPT-OSS: gate = min(gate, limit), up to [-limit, limit], gate = gate sigmoid(1.702 gate) (up + 1). */
void hw_clamped_glu(float *gate, const float *up, float limit, size_t n);

/* Rotates the pairs (t, t + n/2) of x[n] by position * inverse_frequency[t] (Hugging Face's half-split order);
 * cosine and sine: [n/2] of this position. */
void hw_rotate_half(float *x, const float *cosine, const float *sine, size_t n);

/* The same with the pairs (2t, 2t + 1), GPT-J's order. */
void hw_rotate_pairs(float *x, const float *cosine, const float *sine, size_t n);

void hw_clip(float *x, float largest, size_t n); /* to [-largest, largest] */

/* x = cap * tanh(x / cap) */
void hw_soft_cap(float *x, size_t n, float cap);

/* How scores are made: scale * q . k, capped where cap > 0, less slope for each step from the query (at the last key) back to the key.
 * sink: a score more in the softmax, without a key; NULL: none. */
typedef struct hw_scoring {
  float scale, cap, slope;
  const float *sink;
} hw_scoring;

/* Attention weights of one query: out[j] = softmax_j(score_j), j < n_keys; k has row stride ldk. */
void hw_attention_row(const float *q, const float *k, size_t ldk, size_t n_keys, size_t d_head, const hw_scoring *scoring, float *out);

/* out[d_head] = sum_j a[j] v_j. */
void hw_weighted_sum(const float *a, const float *v, size_t ldv, size_t n_keys, size_t d_head, float *out);

/* A head over queries that follow one another: the last n_queries of n_keys positions. A query sees the keys up to its own, the last
 * `window` of them (0: all). q and out have the row stride ldq; k and v are [n_keys, d_head]. */
typedef struct hw_attended_head {
  const float *q, *k, *v;
  float *out;
  size_t ldq, n_keys, n_queries, d_head, window;
  hw_scoring scoring;
} hw_attended_head;

enum { HW_QUERIES_TOGETHER = 16 };

/* out = what hw_attention_row and hw_weighted_sum give for each query, to the bit. space: hw_attend_space floats. */
void hw_attend(const hw_attended_head *head, float *space);
static inline size_t hw_attend_space(size_t n_keys, size_t d_head) { return HW_QUERIES_TOGETHER * (n_keys + 2 * d_head); }

/* The L1 proximity before clipping, METHOD section 2: out[r] = sum_d |w_d| - |w_d - scale[r] z[r, d]|, r < n_rows.
 * Summed as a difference per element, so that a small part of a large vector keeps its digits. */
void hw_proximity_rows(const float *w, const float *z, size_t ldz, const float *scale, size_t n_rows, size_t d, float *out);

/* Some rows of a matrix, and what each is multiplied with. */
typedef struct hw_listed_rows {
  size_t n;
  const uint32_t *row;
  const float *scale; /* of row[i]: scale[i] */
} hw_listed_rows;

enum { HW_SUM_LANES = 16 };

/* The same sums where rows lie in panels of up to HW_PACK_WIDTH numbers: adds what `width` numbers of w and of the rows give to
 * lanes[rows->n][HW_SUM_LANES], which begin at 0. After all panels of a row, in their order, hw_sum_lanes gives the bits of hw_proximity_rows. */
void hw_proximity_panel(const float *w, const float *z, size_t ldz, const hw_listed_rows *rows, size_t width, float *lanes);
void hw_sum_lanes(const float *lanes, size_t n, float *out); /* out[n] */

/* The same lanes of products: adds x times `width` numbers of each row. */
void hw_dot_panel(const float *x, const float *rows, size_t ld, size_t n_rows, size_t width, float *lanes);
/* out[c] = sum_r rows[r, c]^2, c < width <= HW_PACK_WIDTH */
void hw_column_squares(const float *rows, size_t ld, size_t n_rows, size_t width, float *out);
/* Lists up to `most` of the i with |x[i]| < factor * y[i], lowest first; returns how many there are. */
size_t hw_list_below(const float *x, const float *y, float factor, size_t n, uint32_t *list, size_t most);
/* out[r] = sum_c max(scale[r] z[r, c] sign[c] - size[c], 0), c < HW_PACK_WIDTH */
void hw_excess_rows(const float *z, const float *scale, const float *sign, const float *size, size_t n_rows, float *out);
/* out[r] = x . rows[r] */
void hw_row_dots(const float *x, const float *rows, size_t ld, size_t n_rows, size_t n, float *out);
/* What is not above 0, NaN too, becomes 0; returns the sum. */
double hw_clip_and_sum(float *x, size_t n);
/* sum_d |w_d| - |u_d| */
float hw_l1_difference(const float *w, const float *u, size_t d);

/* out = x + y + bias (NULL: none); rows of d, out may be x. */
void hw_add_rows(const float *x, const float *y, const float *bias, size_t n_rows, size_t d, float *out);
void hw_add_bias(float *y, size_t ldy, const float *bias, size_t n_rows, size_t d);     /* y = y + bias, NULL: nothing */
void hw_multiply(float *y, const float *x, size_t n);                       /* y = y * x */
void hw_scale(float *y, float factor, size_t n);                            /* y = y * factor */
/* x = exp(x - subtract); returns the sum. */
float hw_exp_sum(float *x, size_t n, float subtract);
/* The sum of exp(x - subtract) in float64; x stays. */
double hw_exp_total(const float *x, size_t n, float subtract);
void hw_exp_doubles(double *x, size_t n);                                   /* x = hw_exp(x), the same bits */
float hw_dot(const float *a, const float *b, size_t n);
bool hw_all_below(const float *x, size_t n, float limit); /* every |x| is; NaN is not */
static inline bool hw_all_finite(const float *x, size_t n) { return hw_all_below(x, n, INFINITY); }
float hw_max(const float *x, size_t n);
float hw_min(const float *x, size_t n);

enum { HW_SCREEN_PANELS = 4 }; /* that are looked at at once: what one line takes from the caches is needed once for them */
enum { HW_SCREEN_ROOM = 1024 + HW_SCREEN_PANELS * 48 };

/* One end of a vector's scores. A key is a score, or for the lower end its negative; the k largest are wanted. */
typedef struct hw_screen_list {
  bool overfull; /* too many reach into it: nothing is added any more */
  uint32_t n, k, n_least;
  float *least;                  /* [k] keys of n_least outputs are at least these, largest first */
  int32_t ids[HW_SCREEN_ROOM];   /* n outputs that may be among the k: */
  float keys[HW_SCREEN_ROOM], errors[HW_SCREEN_ROOM]; /* what their keys are near, and by how much at most */
} hw_screen_list;

/* A vector's scores in panels of HW_PACK_WIDTH outputs from products of 8-bit numbers (quantized.h): sum = the sum of step[p] * steps * products[p],
 * and of the sums of other vectors, parts[p]; its score is near scale * sum + shift + beta, by of_norm * norm + of_lost * lost + constant at most. */
typedef struct hw_screen_line {
  size_t n_products, n_parts;
  const int32_t *products[2]; /* these three: [HW_PACK_WIDTH] of the first panel */
  const float *parts[3];
  float *sums;                /* made here */
  float step[2];
  float scale, shift;
  float of_norm, of_lost, constant;
  float wanted[2]; /* keys of the upper, of the lower end that reach as far are wanted; INFINITY: none */
  bool with_beta;
  hw_screen_list *lists; /* [2] */
} hw_screen_line;

/* Outputs [first, first + n) in panels, one behind the other, whose arrays are filled up to HW_PACK_WIDTH. */
typedef struct hw_screened_panels {
  size_t first, n;
  size_t products_apart, sums_apart; /* numbers from a panel's products, or sums, to those of the next */
  const float *steps, *norm, *lost, *beta;
} hw_screened_panels;

/* Adds outputs to the lists of lines [first, n). Stops behind a line with a list that may lack room for more, and returns its number; n: all are
 * done. */
size_t hw_screen_panels(hw_screen_line *lines, size_t first, size_t n, const hw_screened_panels *panels);

/* Leaves the outputs that may be among the k; those which now make sure of the k stand first. Returns their number. */
uint32_t hw_screen_sort_out(hw_screen_list *list);

/* out[r] = x w[r], r < n_outputs: the bits that hw_gemm gives an output. x and all w[r]: n numbers. out and w have HW_CHAINS places, all of w
 * can be read, and n_outputs is at most as many. */
void hw_chains(const float *x, const float *const *w, size_t n_outputs, size_t n, float *out);

/* After hw_blas_start: true when OpenBLAS gives a row the same bits alone and among others, tried out on this machine. */
bool hw_blas_batch_invariant(void);

#endif
