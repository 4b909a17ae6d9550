/* SPDX-License-Identifier: Apache-2.0
 * Special tokens and BOS. */
#ifndef HW_TOKENIZER_CONFIG_H
#define HW_TOKENIZER_CONFIG_H

#include "tokenizer/state.h"

typedef struct hw_tok_family {
  const char *model_type;
  const char *bos;
  bool add_bos;           /* by the tokenizer, where its files do not say */
  bool files;             /* vocab.json + merges.txt are byte-level BPE with GPT-2's pattern */
  const char *special[4]; /* found in texts */
  const char *named[2];   /* special, but not found in texts */
} hw_tok_family;
const hw_tok_family *hw_tok_family_find(const char *model_type); /* NULL: not in the table */
void hw_tok_family_list(hw_buffer *out);                         /* those with `files` */

typedef struct hw_tok_config {
  hw_tok_string bos, tokenizer_class;
  bool has_bos_key;          /* bos_token is there, perhaps null */
  int add_bos;               /* -1: not said */
  bool add_prefix_space;
} hw_tok_config;
/* tokenizer_config.json and special_tokens_map.json of the folder, where they are; adds their special tokens. */
bool hw_tok_config_load(hw_tokenizer *tokenizer, const char *model_dir, bool from_files, hw_tok_config *config, hw_error *err);
bool hw_tok_config_apply(hw_tokenizer *tokenizer, const char *model_type, bool from_files, const hw_tok_config *config,
                         hw_error *err);

#endif
