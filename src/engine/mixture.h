/* SPDX-License-Identifier: Apache-2.0
 * The FFN of a mixture of experts. */
#ifndef HW_ENGINE_MIXTURE_H
#define HW_ENGINE_MIXTURE_H

#include "headwater/model.h"

/* Work space for n_rows rows. Nothing is allocated for a model without experts. */
typedef struct hw_mixture {
  float *scores; /* [rows, n_experts] */
  float *x, *out; /* [rows, d_model] of the rows that use the expert at work */
  float *gate, *up; /* [rows, twice the widest expert], [rows, the widest expert] */
  size_t *rows, *places; /* [n_rows] which rows these are, and where their neurons stand in them */
  float *weights;   /* [n_rows] of the expert at work in them */
} hw_mixture;

bool hw_mixture_open(const hw_model *model, size_t n_rows, hw_arena *arena, hw_mixture *mixture, hw_error *err);
size_t hw_mixture_bytes(const hw_model *model, size_t n_rows);

/* Neurons of the widest expert, the shared one too. */
size_t hw_widest_expert(const hw_model_config *config);

/* The weight of the shared expert, from the product with its router. */
double hw_shared_weight(double score);

/* What an expert's neurons take in, for n rows of x [n, d]: gate, which has space for [n, 2 width] and holds [n, width] after that, and up
 * [n, width], with their biases. */
void hw_expert_project(const hw_expert *expert, const float *x, size_t d, size_t width, size_t n, float *gate, float *up, const hw_team *team);

/* Routes the rows of `normed` [rows, d_model], fills in acts->experts, routing and neurons of the layer, and `added` [rows, d_model], what the
 * FFN adds. */
void hw_mixture_run(const hw_mixture *mixture, const hw_activations *acts, size_t layer, const float *normed, float *added, const hw_team *team);

#endif
