/* SPDX-License-Identifier: Apache-2.0
 * The pre-tokenizer UnicodeScripts: cuts where the script of the characters changes. */
#ifndef HW_TOKENIZER_SCRIPTS_H
#define HW_TOKENIZER_SCRIPTS_H

#include "tokenizer/state.h"

bool hw_tok_scripts_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data);
bool hw_tok_scripts_split(hw_tok_run *run, const void *data, hw_tok_piece *piece);

#endif
