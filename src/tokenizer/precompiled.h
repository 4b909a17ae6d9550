/* SPDX-License-Identifier: Apache-2.0
 * The normalizer Precompiled: sentencepiece's table of replacements. */
#ifndef HW_TOKENIZER_PRECOMPILED_H
#define HW_TOKENIZER_PRECOMPILED_H

#include "tokenizer/state.h"

bool hw_tok_precompiled_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data);
bool hw_tok_precompiled(hw_tok_run *run, const void *data, hw_tok_piece *piece);
/* From the bytes of the table, for files that do not write them in base64. */
bool hw_tok_precompiled_read(hw_tok_loader *loader, const char *where, const unsigned char *bytes, size_t length, void **data);

#endif
