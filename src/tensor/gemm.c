/* SPDX-License-Identifier: Apache-2.0
 * Matrix products. Inputs are taken in blocks of DEPTH; the sum of a block is one chain of fused multiply-adds from 0, and the blocks are
 * added in their order. So an output's bits depend on its row of x and its weights alone: not on the rows beside it, on threads, on the
 * processor, nor on whether the weights are packed beforehand. */
#include "tensor/blas.h"
#include "tensor/kernels.h"
#include "tensor/pack.h"

/* Rows of a block and some panels stay in the second-level cache together. */
enum { DEPTH = HW_CHAIN_INPUTS, BLOCK_ROWS = 256, PANELS_AT_ONCE = 3 };
enum { ROW_FLOATS = BLOCK_ROWS * DEPTH, WIDENED_PANELS = (HW_PANEL_FLOATS - ROW_FLOATS) / (DEPTH * HW_PACK_WIDTH) };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Rows of x as tiles [depth][rows of the tile], which differ by one row at most. */
static void pack_rows(const hw_kernels *kernels, const float *x, size_t ldx, size_t n_rows, size_t n_tiles, size_t depth, float *out) {
  for (size_t t = 0, r = 0; t < n_tiles; t++) {
    size_t rows = (n_rows - r) / (n_tiles - t);
    kernels->pack_tile(rows, depth, x + r * ldx, ldx, out);
    out += rows * depth;
    r += rows;
  }
}

/* y (+)= x times a block of inputs of n_out outputs, whose panels lie `step` floats apart. packed_rows: ROW_FLOATS floats. `after`: the
 * weights of the product that comes next. */
static void block_product(const float *w, size_t step, size_t depth, size_t n_out, const float *x, size_t ldx, float *y, size_t ldy,
                          size_t n_rows, bool add, float *packed_rows, const float *after) {
  const hw_kernels *kernels = hw_kernels_here();
  size_t n_panels = (n_out + HW_PACK_WIDTH - 1) / HW_PACK_WIDTH, n_blocks = (n_rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
  for (size_t block = 0, done = 0; block < n_blocks; block++) {
    size_t rows = (n_rows - done) / (n_blocks - block), n_tiles = (rows + kernels->tile_rows - 1) / kernels->tile_rows;
    size_t bytes = depth * HW_PACK_WIDTH * sizeof *w / n_tiles; /* of a panel, that a tile brings near */
    pack_rows(kernels, x + done * ldx, ldx, rows, n_tiles, depth, packed_rows);
    for (size_t first = 0; first < n_panels; first += PANELS_AT_ONCE) {
      const float *tile = packed_rows;
      for (size_t t = 0, r = 0; t < n_tiles; t++) {
        size_t of_tile = (rows - r) / (n_tiles - t);
        for (size_t p = first; p < n_panels && p < first + PANELS_AT_ONCE; p++) {
          const float *next = p + PANELS_AT_ONCE < n_panels ? w + (p + PANELS_AT_ONCE) * step : (block + 1 < n_blocks ? w : after) + (p % PANELS_AT_ONCE) * step;
          kernels->gemm_tile(of_tile, depth, tile, w + p * step, y + (done + r) * ldy + p * HW_PACK_WIDTH, ldy,
                             smaller(n_out - p * HW_PACK_WIDTH, HW_PACK_WIDTH), add,
                             &(hw_fetch){.at = (const char *)next + t * bytes, .bytes = bytes});
        }
        tile += of_tile * depth;
        r += of_tile;
      }
    }
    done += rows;
  }
}

/* Without packed weights: some panels of a block of inputs at a time. */
static void product_of_unpacked(const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, float *panel) {
  float *widened = panel + ROW_FLOATS;
  size_t n_panels = hw_pack_panels(w);
  for (size_t first = 0; first < n_panels; first += WIDENED_PANELS) {
    size_t count = smaller(n_panels - first, WIDENED_PANELS), output = first * HW_PACK_WIDTH;
    for (size_t k = 0; k < w->n_in; k += DEPTH) {
      size_t depth = smaller(w->n_in - k, DEPTH), step = depth * HW_PACK_WIDTH;
      for (size_t p = 0; p < count; p++) hw_pack_panel(w, first + p, k, depth, widened + p * step);
      block_product(widened, step, depth, smaller(w->n_out - output, count * HW_PACK_WIDTH), x + k, ldx, y + output, ldy, n_rows, k > 0, panel, widened);
    }
  }
}

void hw_gemm(const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, float *panel) {
  if (n_rows == 0 || w->n_out == 0) return;
  if (w->blas) {
    hw_blas_product(w, x, ldx, y, ldy, n_rows, panel);
  } else if (!w->packed) {
    product_of_unpacked(w, x, ldx, y, ldy, n_rows, panel);
  } else {
    for (size_t k = 0; k < w->n_in; k += DEPTH)
      block_product(w->packed + k * HW_PACK_WIDTH, w->packed_step, smaller(w->n_in - k, DEPTH), w->n_out, x + k, ldx, y, ldy, n_rows, k > 0, panel,
                    w->packed + (k + DEPTH < w->n_in ? k + DEPTH : 0) * HW_PACK_WIDTH);
  }
}
