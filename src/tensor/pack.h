/* SPDX-License-Identifier: Apache-2.0
 * Weights in the order in which products read them: [panel of HW_PACK_WIDTH outputs][cell][output]; the last panel is filled up with zeros. A
 * cell has 4 bytes: an input in float32, or two inputs in BF16 (bf16.h). */
#ifndef HW_TENSOR_PACK_H
#define HW_TENSOR_PACK_H

#include "headwater/tensor.h"
#include "tensor/isa.h"

enum { HW_CELL_BYTES = 4 };

static inline const void *hw_cell(const void *cells, size_t n) { return (const char *)cells + n * HW_CELL_BYTES; }

/* Panels of a matrix, cells of n of its inputs, and cells of all panels. */
size_t hw_pack_panels(const hw_matrix *w);
size_t hw_pack_depth(const hw_matrix *w, size_t n);
size_t hw_packed_cells(const hw_matrix *w);

/* n inputs of one panel from input `first` on: out[hw_pack_depth(w, n)][HW_PACK_WIDTH] cells. */
void hw_pack_panel(const hw_matrix *w, size_t panel, size_t first, size_t n, void *out);

/* n inputs of a panel from input `first` on, *ld floats from one to the next: where they lie as float32, or in space[n][HW_PACK_WIDTH].
 * Rounded to BF16 where products round them. */
const float *hw_panel_inputs(const hw_matrix *w, size_t panel, size_t first, size_t n, float *space, size_t *ld);

/* Outputs of a panel: fewer in the last one. */
size_t hw_panel_width(const hw_matrix *w, size_t panel);

#endif
