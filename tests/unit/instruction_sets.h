/* SPDX-License-Identifier: Apache-2.0
 * The kernels of all instruction sets that this processor has. */
#ifndef HW_TESTS_INSTRUCTION_SETS_H
#define HW_TESTS_INSTRUCTION_SETS_H

#include <stddef.h>

#include "tensor/isa.h"

/* Fills the list, the plain ones first, and returns how many there are. */
static inline size_t list_instruction_sets(const hw_kernels *sets[3]) {
  size_t n = 0;
  sets[n++] = &hw_kernels_plain;
#if defined(__x86_64__)
  if (hw_kernels_here() != &hw_kernels_plain) sets[n++] = &hw_kernels_v3;
  if (hw_kernels_here() == &hw_kernels_v4) sets[n++] = &hw_kernels_v4;
#endif
  return n;
}

#endif
