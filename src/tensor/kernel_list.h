/* SPDX-License-Identifier: Apache-2.0
 * The kernels of kernels.h that are compiled for each instruction set: result, name without hw_, parameters, arguments. */
#ifndef HW_TENSOR_KERNEL_LIST_H
#define HW_TENSOR_KERNEL_LIST_H

#define HW_KERNEL_LIST(X)                                                                                                            \
  X(float, dot, (const float *a, const float *b, size_t n), (a, b, n))                                                               \
  X(float, l1_difference, (const float *w, const float *u, size_t d), (w, u, d))                                                     \
  X(bool, all_below, (const float *x, size_t n, float limit), (x, n, limit))                                                         \
  X(float, max, (const float *x, size_t n), (x, n))                                                                                  \
  X(float, min, (const float *x, size_t n), (x, n))                                                                                  \
  X(float, norm_scale, (hw_norm_kind kind, const float *x, float eps, size_t n), (kind, x, eps, n))                                  \
  X(float, norm_numerator, (hw_norm_kind kind, const float *x, const float *gamma, float eps, size_t n, float *out),                 \
    (kind, x, gamma, eps, n, out))                                                                                                   \
  X(void, norm_row, (hw_norm_kind kind, const float *x, const float *gamma, const float *beta, float eps, size_t n, float *out),     \
    (kind, x, gamma, beta, eps, n, out))                                                                                             \
  X(void, proximity_rows, (const float *w, const float *z, size_t ldz, const float *scale, size_t n_rows, size_t d, float *out),     \
    (w, z, ldz, scale, n_rows, d, out))                                                                                              \
  X(void, proximity_panel, (const float *w, const float *z, size_t ldz, const hw_listed_rows *rows, size_t width, float *lanes),     \
    (w, z, ldz, rows, width, lanes))                                                                                                 \
  X(void, dot_panel, (const float *x, const float *rows, size_t ld, size_t n_rows, size_t width, float *lanes), (x, rows, ld, n_rows, width, lanes)) \
  X(void, column_squares, (const float *rows, size_t ld, size_t n_rows, size_t width, float *out), (rows, ld, n_rows, width, out))   \
  X(size_t, list_below, (const float *x, const float *y, float factor, size_t n, uint32_t *list, size_t most), (x, y, factor, n, list, most)) \
  X(void, excess_rows, (const float *z, const float *scale, const float *sign, const float *size, size_t n_rows, float *out),        \
    (z, scale, sign, size, n_rows, out))                                                                                             \
  X(void, row_dots, (const float *x, const float *rows, size_t ld, size_t n_rows, size_t n, float *out), (x, rows, ld, n_rows, n, out)) \
  X(void, sum_lanes, (const float *lanes, size_t n, float *out), (lanes, n, out))                                                    \
  X(double, clip_and_sum, (float *x, size_t n), (x, n))                                                                              \
  X(void, attention_row, (const float *q, const float *k, size_t ldk, size_t n_keys, size_t d_head, const hw_scoring *scoring, float *out), \
    (q, k, ldk, n_keys, d_head, scoring, out))                                                                                       \
  X(void, weighted_sum, (const float *a, const float *v, size_t ldv, size_t n_keys, size_t d_head, float *out),                      \
    (a, v, ldv, n_keys, d_head, out))                                                                                                \
  X(void, attend, (const hw_attended_head *head, float *space), (head, space))                                                       \
  X(void, activate, (hw_activation kind, float *x, size_t n), (kind, x, n))                                                          \
  X(void, activation_slopes, (hw_activation kind, float *x, size_t n), (kind, x, n))                                                 \
  X(double, difference_dot, (const float *x, const float *minus, const float *g, size_t n), (x, minus, g, n))                        \
  X(void, norm_pull, (hw_norm_kind kind, const float *x, const float *gamma, float eps, const float *g, size_t n, float *out),       \
    (kind, x, gamma, eps, g, n, out))                                                                                                \
  X(void, norm_secant_pull, (hw_norm_kind kind, const float *x, const float *other, const float *gamma, float eps, const float *g, size_t n, float *out), \
    (kind, x, other, gamma, eps, g, n, out))                                                                                         \
  X(void, clamped_glu, (float *gate, const float *up, float limit, size_t n), (gate, up, limit, n))                                  \
  X(void, soft_cap, (float *x, size_t n, float cap), (x, n, cap))                                                                    \
  X(float, exp_sum, (float *x, size_t n, float subtract), (x, n, subtract))                                                          \
  X(double, exp_total, (const float *x, size_t n, float subtract), (x, n, subtract))                                                 \
  X(void, exp_doubles, (double *x, size_t n), (x, n))                                                                                \
  X(void, rotate_half, (float *x, const float *cosine, const float *sine, size_t n), (x, cosine, sine, n))                           \
  X(void, rotate_pairs, (float *x, const float *cosine, const float *sine, size_t n), (x, cosine, sine, n))                          \
  X(void, clip, (float *x, float largest, size_t n), (x, largest, n))                                                                \
  X(void, add_bias, (float *y, size_t ldy, const float *bias, size_t n_rows, size_t d), (y, ldy, bias, n_rows, d))                   \
  X(void, add_rows, (const float *x, const float *y, const float *bias, size_t n_rows, size_t d, float *out), (x, y, bias, n_rows, d, out)) \
  X(void, multiply, (float *y, const float *x, size_t n), (y, x, n))                                                                 \
  X(void, scale, (float *y, float factor, size_t n), (y, factor, n))                                                                 \
  X(size_t, screen_panels, (hw_screen_line *lines, size_t first, size_t n, const hw_screened_panels *panels), (lines, first, n, panels)) \
  X(uint32_t, screen_sort_out, (hw_screen_list *list), (list))                                                                      \
  X(void, chains, (const float *x, const float *const *w, size_t n_outputs, size_t n, float *out), (x, w, n_outputs, n, out))

#endif
