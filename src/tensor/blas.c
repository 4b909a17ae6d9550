/* SPDX-License-Identifier: Apache-2.0
 * Which BLAS kernel this processor should run, and whether it gives a row the same bits wherever it stands. */
#include <stdlib.h>
#include <string.h>

#include "tensor/kernels.h"

const char *hw_blas_wanted_core(void) {
#if defined(__x86_64__)
  if (getenv("OPENBLAS_CORETYPE")) return NULL; /* chosen by the user, or by this program before it restarted itself */
  __builtin_cpu_init();
  bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const char *core = hw_blas_start();
  if (avx512 && strcmp(core, "SkylakeX") != 0 && strcmp(core, "Cooperlake") != 0 && strcmp(core, "SapphireRapids") != 0)
    return "SkylakeX";
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (!avx512 && avx2 && (strcmp(core, "Prescott") == 0 || strcmp(core, "Core2") == 0)) return "Haswell";
#endif
  return NULL;
}

/* Multiplies one row twice: in a tile of different rows, and in a tile that holds nothing but copies of it. Invariant: the result
 * is the same, bit by bit, in all of these places. */
static bool row_is_invariant(size_t n_in, size_t n_out, bool in_first, float *scratch) {
  float *w = scratch, *x = w + n_in * n_out, *y = x + HW_TILE_ROWS * n_in, *first = y + HW_TILE_ROWS * n_out;
  uint32_t state = 1;
  for (size_t i = 0; i < n_in * n_out + HW_TILE_ROWS * n_in; i++) {
    state = state * 1664525u + 1013904223u;
    scratch[i] = (float)(int32_t)state / 2147483648.0f;
  }
  hw_matrix matrix = {.data = w, .dtype = HW_F32, .n_in = n_in, .n_out = n_out,
                      .stride = in_first ? n_out : n_in, .in_first = in_first};
  const float *row = x + 7 * n_in; /* the row under test; then copied over all others */
  hw_gemm(&matrix, x, n_in, y, n_out, HW_TILE_ROWS, NULL);
  memcpy(first, y + 7 * n_out, n_out * sizeof *first);
  for (size_t r = 0; r < HW_TILE_ROWS; r++)
    if (r != 7) memcpy(x + r * n_in, row, n_in * sizeof *row);
  hw_gemm(&matrix, x, n_in, y, n_out, HW_TILE_ROWS, NULL);
  for (size_t r = 0; r < HW_TILE_ROWS; r++)
    if (memcmp(y + r * n_out, first, n_out * sizeof *first) != 0) return false;
  return true;
}

bool hw_blas_batch_invariant(void) {
  static const size_t shapes[][2] = {{64, 192}, {64, 172}, {128, 512}, {512, 128}, {30, 77}, {77, 30}, {768, 768}, {10, 30}};
  enum { LARGEST = 768 };
  size_t floats = (size_t)LARGEST * LARGEST + 2 * HW_TILE_ROWS * (size_t)LARGEST + LARGEST;
  float *scratch = malloc(floats * sizeof *scratch);
  if (!scratch) return false;
  bool invariant = true;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes && invariant; i++)
    for (int in_first = 0; in_first < 2 && invariant; in_first++)
      invariant = row_is_invariant(shapes[i][0], shapes[i][1], in_first != 0, scratch);
  free(scratch);
  return invariant;
}
