/* SPDX-License-Identifier: Apache-2.0
 * An index beside two shards with one tensor each: a in 1.safetensors, b in 2.safetensors. */
#include "weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (fuzz_start()) {
    char shard[128];
    (void)fuzz_file("1.safetensors", shard, fuzz_put_tensor(shard, "a"));
    (void)fuzz_file("2.safetensors", shard, fuzz_put_tensor(shard, "b"));
  }
  hw_error err = {0};
  hw_weights weights = {0};
  hw_arena_init(&weights.arena);
  if (hw_shards_read(&weights, fuzz_file("index.json", data, size), ".safetensors", hw_safetensors_read, &err))
    fuzz_touch(&weights);
  else
    fuzz_check_error(&err);
  hw_weights_close(&weights);
  return 0;
}
