/* SPDX-License-Identifier: Apache-2.0
 * Matrix products through BLAS: the only file that includes cblas.h. */
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/kernels.h"

size_t hw_tile_round(size_t n_rows) { return (n_rows + HW_TILE_ROWS - 1) / HW_TILE_ROWS * HW_TILE_ROWS; }

static void sgemm_tiles(const float *w, size_t ldw, bool in_first, size_t n_in, size_t n_out, const float *x, size_t ldx,
                        float *y, size_t ldy, size_t n_rows) {
  for (size_t r = 0; r < n_rows; r += HW_TILE_ROWS)
    cblas_sgemm(CblasRowMajor, CblasNoTrans, in_first ? CblasNoTrans : CblasTrans, HW_TILE_ROWS, (blasint)n_out,
                (blasint)n_in, 1.0f, x + r * ldx, (blasint)ldx, w, (blasint)ldw, 0.0f, y + r * ldy, (blasint)ldy);
}

void hw_gemm(const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, float *panel) {
  if (n_rows == 0 || w->n_out == 0) return;
  const float *plain = hw_matrix_plain(w);
  if (plain) {
    sgemm_tiles(plain, w->stride, w->in_first, w->n_in, w->n_out, x, ldx, y, ldy, n_rows);
    return;
  }
  /* A cache-sized panel of outputs at a time, so that weights are widened once for all tiles. */
  size_t width = HW_PANEL_FLOATS / w->n_in; /* at least 1: models are no wider than the panel */
  if (width > 16) width -= width % 16;
  if (width > w->n_out) width = w->n_out;
  for (size_t n = 0; n < w->n_out; n += width) {
    size_t count = w->n_out - n < width ? w->n_out - n : width;
    if (w->in_first) {
      for (size_t k = 0; k < w->n_in; k++) hw_matrix_row(w, k, n, count, panel + k * count);
      sgemm_tiles(panel, count, true, w->n_in, count, x, ldx, y + n, ldy, n_rows);
    } else {
      for (size_t c = 0; c < count; c++) hw_matrix_row(w, n + c, 0, w->n_in, panel + c * w->n_in);
      sgemm_tiles(panel, w->n_in, false, w->n_in, count, x, ldx, y + n, ldy, n_rows);
    }
  }
}

const char *hw_blas_start(void) {
  openblas_set_num_threads(1);
  return openblas_get_corename();
}
