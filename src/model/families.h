/* SPDX-License-Identifier: Apache-2.0
 * The table of families. */
#ifndef HW_MODEL_FAMILIES_H
#define HW_MODEL_FAMILIES_H

#include "model/family.h"

extern const hw_family *const hw_families[];
extern const size_t hw_n_families;

#endif
