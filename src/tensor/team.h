/* SPDX-License-Identifier: Apache-2.0
 * Work that several threads divide among themselves. Its parts are independent of one another, so who computes them changes no result. */
#ifndef HW_TENSOR_TEAM_H
#define HW_TENSOR_TEAM_H

#include "headwater/error.h"
#include "headwater/tensor.h"

/* Who computes a part of some work. */
typedef struct hw_member {
  size_t place; /* below hw_team_most: its work space among those of the team */
  hw_team team; /* itself alone, with a panel of its own */
} hw_member;

/* Computes the parts [begin, end). */
typedef void hw_share(void *context, size_t begin, size_t end, const hw_member *member);

/* Members at most, for work space: at least 1. */
size_t hw_team_most(const hw_team *team);

/* Members that would share work that is divided now. */
size_t hw_team_present(const hw_team *team);

/* Computes the parts [0, n), `least` of them at a time at least, and returns when all are done. */
void hw_divide(const hw_team *team, size_t n, size_t least, hw_share *share, void *context);

/* hw_gemm, divided. */
void hw_team_gemm(const hw_matrix *w, const float *x, size_t ldx, float *y, size_t ldy, size_t n_rows, const hw_team *team);

/* For teams of `most` members at most. NULL and err filled when memory is short. */
struct hw_helpers *hw_helpers_new(size_t most, hw_error *err);

/* Starts n threads that help until the end; fewer where the system gives no more. */
void hw_helpers_start(struct hw_helpers *helpers, size_t n);

/* Makes the calling thread help until hw_helpers_dismiss. panel: its own. */
void hw_help(struct hw_helpers *helpers, float *panel);
void hw_helpers_dismiss(struct hw_helpers *helpers);

/* Dismisses all, and waits for the threads that were started. */
void hw_helpers_free(struct hw_helpers *helpers);

#endif
