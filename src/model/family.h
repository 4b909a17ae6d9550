/* SPDX-License-Identifier: Apache-2.0
 * A model family is a row of data: what its config keys and tensors are called and how its block is put together. The one
 * loader and the one forward pass read the row. */
#ifndef HW_MODEL_FAMILY_H
#define HW_MODEL_FAMILY_H

#include <stddef.h>

#include "headwater/model.h"

/* Sizes that shapes are made of. */
typedef enum hw_extent {
  HW_EXT_NONE,
  HW_EXT_D_MODEL,
  HW_EXT_HEADS,    /* n_heads * d_head */
  HW_EXT_KV_HEADS, /* n_kv_heads * d_head */
  HW_EXT_QKV,      /* both together: HEADS + 2 KV_HEADS, fused in the order q, k, v */
  HW_EXT_D_FFN,
  HW_EXT_VOCAB,
  HW_EXT_CTX,
} hw_extent;

typedef enum hw_weight {
  HW_W_TOKEN_EMBEDDING,
  HW_W_POSITION_EMBEDDING,
  HW_W_ATTN_NORM_GAMMA,
  HW_W_ATTN_NORM_BETA,
  HW_W_QKV,
  HW_W_QKV_BIAS,
  HW_W_Q,
  HW_W_Q_BIAS,
  HW_W_K,
  HW_W_K_BIAS,
  HW_W_V,
  HW_W_V_BIAS,
  HW_W_O,
  HW_W_O_BIAS,
  HW_W_FFN_NORM_GAMMA,
  HW_W_FFN_NORM_BETA,
  HW_W_GATE,
  HW_W_IN,
  HW_W_IN_BIAS,
  HW_W_OUT,
  HW_W_OUT_BIAS,
  HW_W_FINAL_GAMMA,
  HW_W_FINAL_BETA,
  HW_W_UNEMBED,
  HW_N_WEIGHTS
} hw_weight;

typedef enum hw_presence { HW_REQUIRED, HW_IF_PRESENT } hw_presence;

typedef struct hw_weight_row {
  hw_weight weight;
  const char *name; /* "h.%d.ln_1.weight": %d is the layer; "=lm_head.weight": never behind a prefix */
  hw_extent in;     /* matrices: inputs; embeddings: the row length; vectors: NONE */
  hw_extent out;    /* matrices: outputs; embeddings: the number of rows; vectors: the length */
  hw_presence presence;
} hw_weight_row;

typedef enum hw_key_kind {
  HW_KEY_COUNT,      /* integer >= 1 -> int64_t */
  HW_KEY_NUMBER,     /* -> double */
  HW_KEY_SWITCH,     /* true or false -> bool */
  HW_KEY_ACTIVATION, /* a name of the activation table -> hw_activation */
  HW_KEY_MUST_BE,    /* absent, null, or exactly `must_be`; anything else is not computed and refused */
} hw_key_kind;

typedef struct hw_key_row {
  const char *name; /* "rope_parameters.rope_theta" looks inside an object */
  hw_key_kind kind;
  size_t offset;       /* in hw_model_config */
  bool required;       /* else the config's field keeps its default when the key is absent or null */
  const char *must_be; /* JSON text */
} hw_key_row;

typedef struct hw_family {
  const char *model_type;
  hw_norm_kind norm;
  hw_position_scheme positions;
  bool gated;
  bool in_first;               /* linear layers are stored [in, out] */
  const char *prefixes[3];     /* that tensor names may stand behind; NULL ends */
  const char *const *ignored;  /* endings of tensors that hold nothing to compute with; NULL ends */
  hw_model_config defaults;    /* of optional keys; 0 = derived (d_head, n_kv_heads, d_ffn) */
  int64_t ffn_factor;          /* d_ffn = factor * d_model when no key says it */
  const hw_key_row *keys;
  size_t n_keys;
  const hw_weight_row *weights;
  size_t n_weights;
} hw_family;

const hw_family *hw_family_find(const char *model_type);

/* Name -> activation; false when unknown. */
bool hw_activation_find(const char *name, hw_activation *activation);

/* config.json -> config and family. */
bool hw_config_load(const char *path, hw_model_config *config, const hw_family **family, hw_error *err);

#endif
