/* SPDX-License-Identifier: Apache-2.0
 * The kinds of models. */
#ifndef HW_TOKENIZER_MODELS_H
#define HW_TOKENIZER_MODELS_H

#include "tokenizer/state.h"

extern const hw_tok_model hw_tok_bpe_model, hw_tok_unigram_model;

bool hw_tok_model_load_json(hw_tok_loader *loader, const json_t *json); /* "model" of tokenizer.json */

#endif
