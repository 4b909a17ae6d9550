/* SPDX-License-Identifier: Apache-2.0
 * The best tokens of vectors without a product with the whole vocabulary: METHOD section 15. */
#ifndef HW_ENGINE_SCREEN_H
#define HW_ENGINE_SCREEN_H

#include "headwater/model.h"

/* Work space for up to n <= HW_REQUESTS_TOGETHER requests at a time, in the arena; NULL and err filled when memory is short. The model has a
 * screen (hw_model_screen). */
struct hw_screen *hw_screen_new(const hw_model *model, size_t n, hw_arena *arena, hw_error *err);

/* Answers those of n requests that screening serves; the others are left[0 .. the result). parts of the requests count from
 * requests[-first]. */
size_t hw_screen_answer(struct hw_screen *s, const hw_unembed_request *requests, size_t n, size_t first, const hw_unembed_request **left);

#endif
