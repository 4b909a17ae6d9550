/* SPDX-License-Identifier: Apache-2.0
 * What each component at the last position says by itself (METHOD section 8). */
#ifndef HW_RELEVANCE_DIRECT_H
#define HW_RELEVANCE_DIRECT_H

#include "relevance/measure.h"

/* Fills in the direct attributions of n prompts. */
bool hw_direct_attribute(const hw_activations *acts, hw_relevance_prompt *prompts, const hw_measure *measures, size_t n, const hw_team *team,
                         hw_arena *arena, hw_arena *scratch, hw_error *err);

#endif
