/* SPDX-License-Identifier: Apache-2.0
 * OpenBLAS: its name, and whether it gives a row the same bits wherever it stands. */
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/kernels.h"

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
