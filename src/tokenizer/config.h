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

/* A file beside the vocabulary. */
typedef struct hw_tok_file {
  char *path;
  json_t *root; /* NULL where the file is not there, or does not count */
} hw_tok_file;

typedef struct hw_tok_config {
  hw_tok_file settings; /* tokenizer_config.json */
  hw_tok_file map;      /* special_tokens_map.json, which wins over it; neither this nor the next counts beside added_tokens_decoder */
  hw_tok_file added;    /* added_tokens.json */
  hw_tok_string bos, tokenizer_class;
  bool has_bos_key;     /* bos_token is there, perhaps null */
  int add_bos, add_prefix_space, legacy; /* -1: not said */
} hw_tok_config;

/* Opens the files of the folder that are there, before the vocabulary is read. hw_tok_config_close also after an error. */
bool hw_tok_config_open(hw_tokenizer *tokenizer, const char *model_dir, hw_tok_config *config, hw_error *err);
void hw_tok_config_close(hw_tok_config *config);

/* What add_prefix_space changes in a tokenizer.json. True when it changed something. */
bool hw_tok_config_change_prefix(const hw_tok_config *config, json_t *tokenizer_json);

/* Adds the files' added and special tokens to those of the vocabulary's file. */
bool hw_tok_config_add(hw_tokenizer *tokenizer, hw_tok_config *config, hw_error *err);
bool hw_tok_config_apply(hw_tokenizer *tokenizer, const char *model_type, bool from_files, const hw_tok_config *config,
                         hw_error *err);

#endif
