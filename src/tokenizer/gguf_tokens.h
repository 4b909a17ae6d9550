/* SPDX-License-Identifier: Apache-2.0
 * The tokenizer that a GGUF file holds among its metadata. */
#ifndef HW_TOKENIZER_GGUF_TOKENS_H
#define HW_TOKENIZER_GGUF_TOKENS_H

#include "tokenizer/config.h"

/* loader->path is the file. What the file says of BOS is written into `config` where that does not say it. `hashes` gets the hash of
 * all that decides the ids: the rest of the file may be large. */
bool hw_tok_gguf_load(hw_tok_loader *loader, hw_tok_config *config, hw_buffer *hashes);

#endif
