/* SPDX-License-Identifier: Apache-2.0
 * Reading tokenizer.json, which is untrusted, and its lists of steps. */
#ifndef HW_TOKENIZER_STEPS_H
#define HW_TOKENIZER_STEPS_H

#include "tokenizer/state.h"

extern const hw_tok_stage hw_tok_normalizers;     /* normalizer.c */
extern const hw_tok_stage hw_tok_pretokenizers;   /* pretokenizer.c */
extern const hw_tok_stage hw_tok_postprocessors;  /* postprocessor.c */
extern const hw_tok_stage hw_tok_decoders;        /* decoder.c */

bool hw_tok_json_want(const hw_tok_loader *loader, const char *where, const char *key, const json_t *found, const char *wanted);
/* Absent or null leaves *value as it was. */
bool hw_tok_json_bool(const hw_tok_loader *loader, const json_t *object, const char *where, const char *key, bool *value);
/* Absent or null leaves NULL when not required. The bytes belong to the JSON tree. */
bool hw_tok_json_string(const hw_tok_loader *loader, const json_t *object, const char *where, const char *key, bool required,
                        hw_tok_string *value);
bool hw_tok_json_steps(hw_tok_loader *loader, const json_t *root, const hw_tok_stage *stage, hw_tok_steps *steps);
bool hw_tok_no_settings(hw_tok_loader *loader, const json_t *json, const char *where, void **data); /* a parse that reads nothing */
bool hw_tok_keep(hw_tok_loader *loader, hw_tok_string *value); /* copies the bytes into the tokenizer's arena */

#endif
