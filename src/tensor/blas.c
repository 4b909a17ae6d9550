/* SPDX-License-Identifier: Apache-2.0
 * OpenBLAS: its products, its name, and whether it gives a row the same bits wherever it stands. The only file that includes cblas.h. */
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/blas.h"
#include "tensor/kernels.h"

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

void hw_blas_product(const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, float *panel) {
  const float *plain = hw_matrix_plain(w);
  size_t width = plain ? w->n_out : smaller(w->n_out, HW_PANEL_FLOATS / w->n_in); /* at least 1: models are no wider than the panel */
  for (size_t n = 0; n < w->n_out; n += width) {
    size_t n_out = smaller(w->n_out - n, width), rows = w->in_first ? w->n_in : n_out, length = w->in_first ? n_out : w->n_in;
    for (size_t r = 0; !plain && r < rows; r++) hw_matrix_row(w, w->in_first ? r : n + r, w->in_first ? n : 0, length, panel + r * length);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, w->in_first ? CblasNoTrans : CblasTrans, (blasint)n_rows, (blasint)n_out, (blasint)w->n_in, 1.0f,
                x, (blasint)ldx, plain ? plain : panel, (blasint)(plain ? w->stride : length), 0.0f, y + n, (blasint)ldy);
  }
}

enum { ROWS = 256 };

/* Multiplies one row alone and among others. Invariant: the result is the same, bit by bit. */
static bool row_is_invariant(size_t n_in, size_t n_out, bool in_first, float *scratch, float *panel) {
  float *w = scratch, *x = w + n_in * n_out, *y = x + ROWS * n_in, *alone = y + ROWS * n_out;
  uint32_t state = 1;
  for (size_t i = 0; i < n_in * n_out + ROWS * n_in; i++) {
    state = state * 1664525u + 1013904223u;
    scratch[i] = (float)(int32_t)state / 2147483648.0f;
  }
  hw_matrix matrix = {.data = w, .dtype = HW_F32, .n_in = n_in, .n_out = n_out, .stride = in_first ? n_out : n_in, .in_first = in_first, .blas = true};
  static const size_t places[] = {0, 7, 100, ROWS - 1};
  hw_gemm(&matrix, x, n_in, y, n_out, ROWS, panel);
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    hw_gemm(&matrix, x + places[i] * n_in, n_in, alone, n_out, 1, panel);
    if (memcmp(y + places[i] * n_out, alone, n_out * sizeof *alone) != 0) return false;
  }
  return true;
}

bool hw_blas_batch_invariant(void) {
  static const size_t shapes[][2] = {{64, 192}, {64, 172}, {128, 512}, {512, 128}, {30, 77}, {77, 30}, {768, 768}, {10, 30}};
  enum { LARGEST = 768 };
  size_t floats = (size_t)LARGEST * LARGEST + 2 * ROWS * (size_t)LARGEST + LARGEST;
  float *scratch = malloc(floats * sizeof *scratch), *panel = malloc(HW_PANEL_FLOATS * sizeof *panel);
  bool invariant = scratch && panel;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes && invariant; i++)
    for (int in_first = 0; in_first < 2 && invariant; in_first++)
      invariant = row_is_invariant(shapes[i][0], shapes[i][1], in_first != 0, scratch, panel);
  free(scratch);
  free(panel);
  return invariant;
}

const char *hw_blas_start(void) {
  openblas_set_num_threads(1);
  return openblas_get_corename();
}
