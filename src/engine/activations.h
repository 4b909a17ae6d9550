/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_ENGINE_ACTIVATIONS_H
#define HW_ENGINE_ACTIVATIONS_H

#include "headwater/model.h"

/* The same matrices without their first rows. */
bool hw_activations_from(const hw_activations *all_rows, size_t first, hw_arena *arena, hw_activations *acts, hw_error *err);

#endif
