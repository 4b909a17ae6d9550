/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_tokenizer("tokenizer.json", data, size);
  return 0;
}
