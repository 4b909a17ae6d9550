/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_model("config.json", data, size); }
