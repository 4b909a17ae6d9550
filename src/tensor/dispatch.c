/* SPDX-License-Identifier: Apache-2.0
 * Each kernel in the form that this processor runs. */
#include "tensor/isa.h"

#define KERNEL(result, name, parameters, arguments) result hw_##name parameters { return hw_kernels_here()->name arguments; }
HW_KERNEL_LIST(KERNEL)

size_t hw_attend_space(size_t n_keys, size_t d_head) { return HW_QUERIES_TOGETHER * (n_keys + 2 * d_head); }
