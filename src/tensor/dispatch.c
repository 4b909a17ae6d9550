/* SPDX-License-Identifier: Apache-2.0
 * Each kernel in the form that this processor runs. */
#include "tensor/isa.h"

#define KERNEL(result, name, parameters, arguments) result hw_##name parameters { return hw_kernels_here()->name arguments; }
HW_KERNEL_LIST(KERNEL)
