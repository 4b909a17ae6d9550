/* SPDX-License-Identifier: Apache-2.0
 * Relevances between a prompt's record, its column and the sums of agg_relevance. */
#ifndef HW_STORE_RELEVANCE_H
#define HW_STORE_RELEVANCE_H

#include "codec/codec.h"
#include "store/encoded.h"

/* agg_relevance.kind */
typedef enum hw_relevance_sum { HW_SUM_MARGIN, HW_SUM_HEAD, HW_SUM_VALUE, HW_SUM_KEY, HW_SUM_QUERY, HW_SUM_FFN, HW_SUM_NEURON } hw_relevance_sum;

extern const char *const hw_relevance_mode_names[]; /* "answer", "contrast" */
extern const char *const hw_relevance_sum_names[];  /* by hw_relevance_sum */

/* Keys of hw_chunk_sums.relevances. */
uint64_t hw_relevance_sum_key(bool contrast, hw_relevance_sum kind, size_t layer, size_t index);
bool hw_relevance_sum_contrast(uint64_t key);
hw_relevance_sum hw_relevance_sum_kind(uint64_t key);
int64_t hw_relevance_sum_layer(uint64_t key);
int64_t hw_relevance_sum_index(uint64_t key);

/* Packs the relevances of a prompt and adds them to the chunk's sums. */
bool hw_relevance_encode(hw_codec *codec, const hw_prompt_record *prompt, const hw_run_info *info, hw_encoded_chunk *chunk, hw_encoded_prompt *out,
                         hw_error *err);

/* The relevances of a stored prompt whose id and n_tokens are set. */
bool hw_relevance_read(hw_store *store, const hw_run_info *info, hw_prompt_record *prompt, hw_arena *arena, hw_error *err);

#endif
