/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_tokenizer("tokenizer.json", data, size); }
