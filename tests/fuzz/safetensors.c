/* SPDX-License-Identifier: Apache-2.0 */
#include "weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_reader(hw_safetensors_read, data, size); }
