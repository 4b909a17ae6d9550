/* SPDX-License-Identifier: Apache-2.0
 * Weights in the order in which products read them: [panel of HW_PACK_WIDTH outputs][input][output], widened to float32; the last panel is
 * filled up with zeros. */
#ifndef HW_TENSOR_PACK_H
#define HW_TENSOR_PACK_H

#include "headwater/tensor.h"
#include "tensor/isa.h"

/* Panels of a matrix, and floats of them all. */
size_t hw_pack_panels(const hw_matrix *w);
size_t hw_packed_floats(const hw_matrix *w);

/* Inputs [first, first + depth) of one panel: out[depth][HW_PACK_WIDTH]. */
void hw_pack_panel(const hw_matrix *w, size_t panel, size_t first, size_t depth, float *out);

/* n inputs of a panel from input `first` on, *ld floats from one to the next: where they lie as float32, or in space[n][HW_PACK_WIDTH]. */
const float *hw_panel_inputs(const hw_matrix *w, size_t panel, size_t first, size_t n, float *space, size_t *ld);

/* Outputs of a panel: fewer in the last one. */
size_t hw_panel_width(const hw_matrix *w, size_t panel);

#endif
