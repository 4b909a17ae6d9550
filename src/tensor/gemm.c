/* SPDX-License-Identifier: Apache-2.0
 * Matrix products. Inputs are taken in blocks of DEPTH cells; the sum of a block is one chain of fused multiply-adds from 0, and the blocks are
 * added in their order. So an output's bits depend on its row of x and its weights alone: not on the rows beside it, on threads, on the
 * processor, nor on whether the weights are packed beforehand. A cell is an input in float32, or a pair of inputs in BF16. */
#include "base/size.h"
#include "tensor/bf16.h"
#include "tensor/blas.h"
#include "tensor/kernels.h"
#include "tensor/pack.h"

enum { DEPTH = HW_CHAIN_CELLS, MOST_ROWS = 256 };
enum { ROW_FLOATS = MOST_ROWS * DEPTH, WIDENED_PANELS = (HW_PANEL_FLOATS - ROW_FLOATS) / (DEPTH * HW_PACK_WIDTH) };

/* Rows of a block stay in the second-level cache. Where registers hold the sums of a whole panel, each tile of rows is multiplied by three panels,
 * which stay in that cache too. Where they hold a third of one, all tiles are multiplied by that strip of a panel, most of which stays in the
 * first-level cache: the weights are then read from memory once a block. */
typedef struct blocking {
  size_t rows, panels, strip; /* rows of a block; panels at once; outputs of a strip */
} blocking;

/* The kernels of one of the two. */
typedef struct arithmetic {
  const hw_kernels *float32;
  const hw_bf16_kernel *bf16; /* NULL: float32 */
  size_t tile_rows, inputs_of_cell;
  blocking block;
} arithmetic;

enum { ROWS_OF_SMALL_CACHE = 192 }; /* processors without AVX-512 have half the second-level cache, or less */

static arithmetic arithmetic_of(const hw_matrix *w) {
  const hw_kernels *float32 = hw_kernels_here();
  const hw_bf16_kernel *bf16 = w->bf16 ? hw_bf16_kernel_here() : NULL;
  bool strips = float32->tile_outputs < HW_PACK_WIDTH;
  blocking block = {.rows = strips ? ROWS_OF_SMALL_CACHE : MOST_ROWS, .panels = 3, .strip = HW_PACK_WIDTH};
  if (strips && !bf16) block.panels = 1, block.strip = float32->tile_outputs;
  return (arithmetic){.float32 = float32, .bf16 = bf16, .tile_rows = bf16 ? bf16->tile_rows : float32->tile_rows, .inputs_of_cell = bf16 ? 2 : 1, .block = block};
}

/* Floats that rows of x take in a tile. */
static size_t tile_floats(const arithmetic *a, size_t rows, size_t depth) { return rows * (a->bf16 ? (size_t)DEPTH : depth); }

/* Rows of x as tiles, which differ by one row at most. */
static void pack_rows(const arithmetic *a, const float *x, size_t ldx, size_t n_rows, size_t n_tiles, size_t n_in, float *out) {
  for (size_t r = 0; a->bf16 && r < n_rows; r++) a->bf16->round(x + r * ldx, n_in, (uint16_t *)(void *)(out + r * DEPTH));
  for (size_t t = 0, r = 0; !a->bf16 && t < n_tiles; t++) {
    size_t rows = (n_rows - r) / (n_tiles - t);
    a->float32->pack_tile(rows, n_in, x + r * ldx, ldx, out);
    out += rows * n_in;
    r += rows;
  }
}

/* y (+)= x times n_in inputs, a block at most, of n_out outputs, whose panels lie `step` cells apart. packed_rows: ROW_FLOATS floats. `after`: the
 * weights of the product that comes next. */
static void block_product(const arithmetic *a, const void *w, size_t step, size_t n_in, size_t n_out, const float *x, size_t ldx, float *y, size_t ldy,
                          size_t n_rows, bool add, float *packed_rows, const void *after) {
  size_t n_panels = (n_out + HW_PACK_WIDTH - 1) / HW_PACK_WIDTH, n_blocks = (n_rows + a->block.rows - 1) / a->block.rows;
  size_t depth = (n_in + a->inputs_of_cell - 1) / a->inputs_of_cell;
  for (size_t block = 0, done = 0; block < n_blocks; block++) {
    size_t rows = (n_rows - done) / (n_blocks - block), n_tiles = (rows + a->tile_rows - 1) / a->tile_rows;
    size_t bytes = depth * HW_PACK_WIDTH * HW_CELL_BYTES / n_tiles; /* of a panel, that a tile brings near */
    pack_rows(a, x + done * ldx, ldx, rows, n_tiles, n_in, packed_rows);
    for (size_t first = 0; first < n_panels; first += a->block.panels) {
      for (size_t strip = 0; strip < HW_PACK_WIDTH; strip += a->block.strip) {
        const float *tile = packed_rows;
        for (size_t t = 0, r = 0; t < n_tiles; t++) {
          size_t of_tile = (rows - r) / (n_tiles - t);
          for (size_t p = first; p < n_panels && p < first + a->block.panels; p++) {
            size_t output = p * HW_PACK_WIDTH + strip;
            if (output >= n_out) continue;
            const void *next = p + a->block.panels < n_panels ? hw_cell(w, (p + a->block.panels) * step) : hw_cell(block + 1 < n_blocks ? w : after, (p % a->block.panels) * step);
            const hw_fetch fetch = {.at = (const char *)next + t * bytes + bytes * strip / HW_PACK_WIDTH, .bytes = bytes};
            const void *panel = hw_cell(w, p * step + strip);
            float *out = y + (done + r) * ldy + output;
            size_t width = hw_smaller(n_out - output, a->block.strip);
            if (a->bf16) a->bf16->tile(of_tile, depth, tile, panel, out, ldy, width, add, &fetch);
            else a->float32->gemm_tile(of_tile, depth, tile, panel, out, ldy, width, add, &fetch);
          }
          tile += tile_floats(a, of_tile, depth);
          r += of_tile;
        }
      }
    }
    done += rows;
  }
}

/* Without packed weights: some panels of a block of inputs at a time. */
static void product_of_unpacked(const arithmetic *a, const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, float *panel) {
  float *widened = panel + ROW_FLOATS;
  size_t n_panels = hw_pack_panels(w), most = DEPTH * a->inputs_of_cell;
  for (size_t first = 0; first < n_panels; first += WIDENED_PANELS) {
    size_t count = hw_smaller(n_panels - first, WIDENED_PANELS), output = first * HW_PACK_WIDTH;
    for (size_t k = 0; k < w->n_in; k += most) {
      size_t n = hw_smaller(w->n_in - k, most), step = hw_pack_depth(w, n) * HW_PACK_WIDTH;
      for (size_t p = 0; p < count; p++) hw_pack_panel(w, first + p, k, n, widened + p * step);
      block_product(a, widened, step, n, hw_smaller(w->n_out - output, count * HW_PACK_WIDTH), x + k, ldx, y + output, ldy, n_rows, k > 0, panel, widened);
    }
  }
}

void hw_gemm(const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, float *panel) {
  if (n_rows == 0 || w->n_out == 0) return;
  const arithmetic a = arithmetic_of(w);
  if (w->blas) {
    hw_blas_product(w, x, ldx, y, ldy, n_rows, panel);
  } else if (!w->packed) {
    product_of_unpacked(&a, w, x, ldx, y, ldy, n_rows, panel);
  } else {
    size_t most = DEPTH * a.inputs_of_cell;
    for (size_t k = 0; k < w->n_in; k += most) {
      size_t at = hw_pack_depth(w, k) * HW_PACK_WIDTH, next = k + most < w->n_in ? at + DEPTH * HW_PACK_WIDTH : 0;
      block_product(&a, hw_cell(w->packed, at), w->packed_step, hw_smaller(w->n_in - k, most), w->n_out, x + k, ldx, y, ldy, n_rows, k > 0, panel,
                    hw_cell(w->packed, next));
    }
  }
}
