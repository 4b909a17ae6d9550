/* SPDX-License-Identifier: Apache-2.0
 * Untrusted JSON files: strict, no key twice. An integer that no json_int_t holds is read as the nearest real number, as the
 * "model_max_length": 1000000000000000019884624838656 of tokenizer_config.json; NaN and Infinity, which Python writes, are read as
 * strings, so that only who reads such a key complains. Errors name the file, what was found and what was wanted. */
#ifndef HW_BASE_JSON_READER_H
#define HW_BASE_JSON_READER_H

#include <jansson.h>
#include <stddef.h>

#include "headwater/error.h"

/* An object; NULL with err filled for all else. `where` names it in errors. with_nul: strings may hold U+0000. */
json_t *hw_json_parse(const char *where, const void *bytes, size_t length, bool with_nul, hw_error *err);
/* The same from a file. */
json_t *hw_json_open(const char *path, bool with_nul, hw_error *err);

/* "a string", "null", "absent" ... */
const char *hw_json_type(const json_t *json);

#endif
