/* SPDX-License-Identifier: Apache-2.0
 * A model family is a row of data: what its config keys and tensors are called and how its block is put together. The one
 * loader and the one forward pass read the row. */
#ifndef HW_MODEL_FAMILY_H
#define HW_MODEL_FAMILY_H

#include <jansson.h>
#include <stddef.h>

#include "base/text.h"
#include "headwater/model.h"

/* Sizes that shapes are made of. */
typedef enum hw_extent {
  HW_EXT_NONE,
  HW_EXT_D_MODEL,
  HW_EXT_HEADS,    /* n_heads * d_head */
  HW_EXT_KV_HEADS, /* n_kv_heads * d_head */
  HW_EXT_Q_NORM,   /* d_head, or all heads' (hw_qk_norm) */
  HW_EXT_K_NORM,
  HW_EXT_QKV,      /* both together: HEADS + 2 KV_HEADS, fused */
  HW_EXT_D_FFN,    /* of an expert in a mixture */
  HW_EXT_ALL_HEADS, /* n_heads */
  HW_EXT_EXPERTS,
  HW_EXT_SHARED,   /* d_shared */
  HW_EXT_ONE,
  HW_EXT_GATE_IN,  /* 2 D_FFN, fused */
  HW_EXT_VOCAB,
  HW_EXT_VOCAB_OUT,
  HW_EXT_CTX,      /* n_ctx + position_offset */
} hw_extent;

typedef enum hw_weight {
  HW_W_TOKEN_EMBEDDING,
  HW_W_POSITION_EMBEDDING,
  HW_W_EMBEDDING_NORM_GAMMA, /* of the token embeddings */
  HW_W_EMBEDDING_NORM_BETA,
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
  HW_W_Q_NORM_GAMMA, /* before the rotation; hw_qk_norm says of what */
  HW_W_Q_NORM_BETA,
  HW_W_K_NORM_GAMMA,
  HW_W_K_NORM_BETA,
  HW_W_O,
  HW_W_O_BIAS,
  HW_W_ATTN_OUT_GAMMA, /* RMSNorm of what the attention adds */
  HW_W_FFN_NORM_GAMMA,
  HW_W_FFN_NORM_BETA,
  HW_W_GATE_IN, /* both fused: gate, then in */
  HW_W_GATE,
  HW_W_GATE_BIAS,
  HW_W_IN,
  HW_W_IN_BIAS,
  HW_W_OUT,
  HW_W_OUT_BIAS,
  HW_W_FFN_OUT_GAMMA,
  HW_W_SINKS,
  HW_W_ROUTER, /* from here on: of mixtures of experts, whose own weights are GATE, IN and OUT with "{expert}" in their names */
  HW_W_ROUTER_BIAS,
  HW_W_EXPERTS_GATE_IN, /* or all experts in one tensor: [expert, in, out], outputs gate 0, in 0, gate 1, in 1... */
  HW_W_EXPERTS_GATE_IN_BIAS,
  HW_W_EXPERTS_OUT,
  HW_W_EXPERTS_OUT_BIAS,
  HW_W_SHARED_GATE,
  HW_W_SHARED_IN,
  HW_W_SHARED_OUT,
  HW_W_SHARED_ROUTER,
  HW_W_FINAL_GAMMA,
  HW_W_FINAL_BETA,
  HW_W_UNEMBED,
  HW_W_UNEMBED_BIAS,
  HW_N_WEIGHTS
} hw_weight;

/* What a weight is, the same in every family. */
typedef struct hw_weight_shape {
  const char *name; /* in headwater.json */
  hw_extent in;     /* matrices: inputs; embeddings: the row length; vectors: NONE */
  hw_extent out;    /* matrices: outputs; embeddings: the number of rows; vectors: the length */
} hw_weight_shape;
extern const hw_weight_shape hw_weight_shapes[HW_N_WEIGHTS];

/* How linear layers lie in the file. */
typedef enum hw_layout {
  HW_LAYOUT_DEFAULT,  /* of one weight: as the family says; of a family: LINEAR */
  HW_LAYOUT_LINEAR,   /* [out, in] */
  HW_LAYOUT_CONV1D,   /* [in, out] */
  HW_LAYOUT_PER_HEAD, /* [in, out], the heads of q, k, v and o in a dimension of their own that comes first */
} hw_layout;

typedef enum hw_presence {
  HW_REQUIRED,
  HW_IF_PRESENT,
  HW_IF_ATTENTION_BIAS, /* there exactly when config says so */
  HW_IF_FFN_BIAS,
  HW_IF_QK_NORMED,
  HW_IF_SEQUENTIAL, /* there exactly when the block is not parallel */
  HW_IF_LEARNED,    /* there exactly when positions are learned */
} hw_presence;

typedef struct hw_weight_row {
  hw_weight weight;
  const char *name; /* "h.{layer}.ln_1.weight"; "=lm_head.weight": never behind a prefix; "{head}", "{expert}": one tensor for each */
  hw_presence presence;
} hw_weight_row;

typedef enum hw_key_kind {
  HW_KEY_COUNT,         /* integer >= 1 -> int64_t */
  HW_KEY_COUNT_OR_ZERO,
  HW_KEY_COUNT_OR_NONE, /* the same; null says that there is none: 0 */
  HW_KEY_NUMBER,        /* above 0; norm_eps may be 0 -> double */
  HW_KEY_NUMBER_OR_NONE,
  HW_KEY_SWITCH,        /* true or false -> bool */
  HW_KEY_ACTIVATION,    /* a name of the activation table -> hw_activation */
  HW_KEY_MUST_BE,       /* absent, null, or exactly `must_be`; anything else is not computed and refused */
  HW_KEY_ONE_OF,        /* absent, null, or an element of the array `must_be` */
  HW_KEY_IGNORED,       /* changes nothing in this family */
  HW_KEY_EQUALS,        /* absent, null, or the number that the int64_t field holds */
  HW_KEY_ROPE,          /* an object that describes scaled rotary positions -> hw_rope */
  HW_KEY_QUANTIZATION,  /* an object: how the weights were rounded to 8 bits -> quantized, scale_block */
  HW_KEY_LAYER_TYPES,   /* the kind of attention of every layer -> windowed */
  HW_KEY_LAYER_GROUPS,  /* the same as [[["global", "local"], 12]] */
  HW_KEY_LAYER_POSITIONS, /* a list of 1 (the layer has rotary positions) and 0 -> positionless */
} hw_key_kind;

typedef struct hw_key_row {
  const char *name; /* "attn_config.clip_qkv" looks inside an object */
  hw_key_kind kind;
  size_t offset;       /* in hw_model_config */
  bool required;       /* this key, or another one of the same field (of HW_KEY_ROPE: its type); else the field keeps its default */
  const char *must_be; /* JSON text */
  const char *why;     /* for the message of a refusal, or NULL */
} hw_key_row;

enum { HW_MOST_PREFIXES = 4, HW_MOST_CONDITIONS = 2 };

/* The order of the outputs of fused q, k, v. */
typedef enum hw_fusion {
  HW_FUSED_IN_ORDER, /* all of q, all of k, all of v */
  HW_FUSED_BY_GROUP, /* for each key/value head: the heads of q that share it, its k, its v */
  HW_FUSED_QUARTERS, /* four groups: a quarter of q, of v, of k */
  HW_FUSED_EIGHTHS,  /* eight such groups */
} hw_fusion;

/* Groups of q, v and k: 4 of QUARTERS, 8 of EIGHTHS; else 0. */
int64_t hw_fusion_groups(hw_fusion fusion);

typedef struct hw_family {
  const char *model_type;
  struct { const char *key, *value; } when[HW_MOST_CONDITIONS]; /* a variant: the row of models whose config.json says so (JSON text) */
  const struct hw_family *like; /* keys and weights that are not listed here are taken from that row; or NULL */
  hw_model_config defaults;     /* what no key says; 0 = derived (d_head, n_kv_heads, d_ffn) */
  hw_layout layout;
  hw_layout layouts[HW_N_WEIGHTS]; /* of single weights that lie in another way */
  bool gamma_plus_one;          /* the file holds gamma - 1 */
  hw_fusion fusion;
  bool paired_heads;            /* q and k of a head are stored as rotary pairs, not as two halves */
  const char *prefixes[HW_MOST_PREFIXES];      /* that tensor names may stand behind; NULL ends */
  const char *const *ignored;   /* endings of tensors that hold nothing to compute with; NULL ends */
  const hw_key_row *keys;
  size_t n_keys;
  const hw_weight_row *weights;
  size_t n_weights;
} hw_family;

/* The rows, in groups, each ended by NULL; variants stand before the row that they are variants of. */
extern const hw_family *const hw_gpt_families[], *const hw_llama_families[], *const hw_parallel_families[];

/* The row of a model_type, and of its variants the one that the config.json is of; NULL when there is none. Errors: MEMORY. */
bool hw_family_find(const char *model_type, const json_t *config, const hw_family **found, hw_error *err);

/* " (did you mean NAME, NAME?)": families whose names begin with the same letters, else the nearest one; empty when there is none. */
hw_suggestion hw_family_suggest(const char *model_type);

/* The row of a weight, the family's own or the one it takes from its relatives; NULL when it has no such weight. */
const hw_weight_row *hw_family_weight(const hw_family *family, hw_weight weight);

/* Keys that change what is computed wherever they appear; families that know one list it themselves. */
extern const hw_key_row hw_common_keys[];
extern const size_t hw_n_common_keys;

/* Name -> activation; false when unknown. */
bool hw_activation_find(const char *name, hw_activation *activation);

#endif
