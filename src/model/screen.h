/* SPDX-License-Identifier: Apache-2.0
 * The unembedding in 8-bit numbers, and what was done with it. */
#ifndef HW_MODEL_SCREEN_H
#define HW_MODEL_SCREEN_H

#include <stdatomic.h>

#include "headwater/model.h"
#include "tensor/quantized.h"

struct hw_model_screen {
  hw_quantized unembed;
  float largest_beta; /* magnitude in unembed_beta */
  _Atomic uint64_t vectors, products, tokens, in_full;
};

#endif
