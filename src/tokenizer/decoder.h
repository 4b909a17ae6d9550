/* SPDX-License-Identifier: Apache-2.0
 * The bytes of each token. */
#ifndef HW_TOKENIZER_DECODER_H
#define HW_TOKENIZER_DECODER_H

#include "tokenizer/state.h"

bool hw_tok_pieces_make(hw_tokenizer *tokenizer, hw_error *err); /* fills tokenizer->pieces */

#endif
