/* SPDX-License-Identifier: Apache-2.0
 * Unicode normal forms and lower case, with the alignment kept. */
#ifndef HW_TOKENIZER_NORMAL_FORM_H
#define HW_TOKENIZER_NORMAL_FORM_H

#include "tokenizer/state.h"

bool hw_tok_normal_form(hw_tok_run *run, hw_tok_piece *piece, bool compatible, bool compose);
bool hw_tok_lowercase(hw_tok_run *run, const void *data, hw_tok_piece *piece);

#endif
