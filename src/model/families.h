/* SPDX-License-Identifier: Apache-2.0
 * What the tables of families are written with. To add a family with known kernels: its rows in the file of its group, its name in
 * the list at the end of that file, and a fixture in the tests. */
#ifndef HW_MODEL_FAMILIES_H
#define HW_MODEL_FAMILIES_H

#include "model/family.h"

#define KEY(field) offsetof(hw_model_config, field)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define KEYS(list) .keys = list, .n_keys = COUNT_OF(list)
#define WEIGHTS(list) .weights = list, .n_weights = COUNT_OF(list)

extern const char *const hw_nothing_ignored[], *const hw_rotary_buffers[];

#endif
