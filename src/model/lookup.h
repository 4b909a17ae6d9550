/* SPDX-License-Identifier: Apache-2.0
 * Which tensor of a file stands for which weight, and what shape it must have. */
#ifndef HW_MODEL_LOOKUP_H
#define HW_MODEL_LOOKUP_H

#include "model/family.h"
#include "weights/tensors.h"

enum { HW_NAME_SIZE = 160 };

typedef struct hw_lookup {
  const hw_model_config *config;
  const hw_family *family;
  hw_weights *weights;
  const char *prefix; /* of the family's, the one under which the file has its tensors */
  char wrapper[64];   /* what training code has put before every name: "module.", "_orig_mod.", or nothing */
} hw_lookup;

hw_lookup hw_lookup_start(const hw_model_config *config, const hw_family *family, hw_weights *weights);

/* item: the number in the place of "{head}" or "{expert}". */
void hw_lookup_name(const hw_lookup *lookup, const hw_weight_row *row, int64_t layer, int64_t item, char name[HW_NAME_SIZE]);
/* Of how many tensors the weight of one layer is made. */
int64_t hw_lookup_items(const hw_lookup *lookup, const hw_weight_row *row);
hw_layout hw_lookup_layout(const hw_lookup *lookup, hw_weight weight);
int64_t hw_lookup_extent(const hw_lookup *lookup, hw_extent which);

/* The wanted shape in the file; returns the number of dimensions. */
int hw_lookup_shape(const hw_lookup *lookup, hw_weight weight, int64_t shape[3]);

/* Tensors of all experts are [expert, in, out], but [expert, out, in] in MXFP4. */
bool hw_lookup_outputs_first(const hw_tensor *tensor);

/* Whether config lets this weight exist (biases that it must promise). */
bool hw_lookup_asked(const hw_lookup *lookup, const hw_weight_row *row);

/* True when the file need not hold this weight: an optional one, and one end of a tied pair. */
bool hw_lookup_may_lack(const hw_lookup *lookup, hw_weight weight, const hw_weight_row *row);

/* True for weights that every layer has one of. */
bool hw_weight_is_layered(const hw_weight_row *row);

/* The tensor of a weight, its shape and dtype checked. *tensor is NULL when it is optional and absent. */
bool hw_lookup_find(const hw_lookup *lookup, hw_weight weight, int64_t layer, int64_t item, hw_tensor **tensor, hw_error *err);

/* True for a tensor that the family's row says to leave alone: masks and tables that its files have beside the weights. */
bool hw_lookup_is_buffer(const hw_lookup *lookup, const char *name);

/* True for these, and for what trained checkpoints of any family carry: a value head, rotary tables, position ids, masks. */
bool hw_lookup_ignores(const hw_lookup *lookup, const char *name);

/* False for the first tensor that an index of shards promises, its shard does not have, and the model cannot do without: all but one end of a
 * tied pair and what hw_lookup_ignores. */
bool hw_lookup_check_absent(const hw_lookup *lookup, hw_error *err);

#endif
