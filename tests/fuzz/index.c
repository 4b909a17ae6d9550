/* SPDX-License-Identifier: Apache-2.0
 * An index beside two shards with one tensor each: a in 1.safetensors, b in 2.safetensors. */
#include "weights.h"

static char folder[64];

static void put(const char *name, const void *bytes, size_t length) {
  char path[128];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) abort();
}

static void put_shard(const char *name, char tensor) {
  char bytes[128] = {0};
  int length = snprintf(bytes + 8, sizeof bytes - 8, "{\"%c\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", tensor);
  bytes[0] = (char)length;
  put(name, bytes, 8 + (size_t)length + 4);
}

static void remove_all(void) {
  static const char *const names[] = {"1.safetensors", "2.safetensors", "index.json"};
  char path[128];
  for (size_t i = 0; i < 3; i++) {
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    (void)unlink(path);
  }
  (void)rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!folder[0]) {
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/hw_fuzz_XXXXXX" : "/tmp/hw_fuzz_XXXXXX");
    if (!mkdtemp(folder)) abort();
    (void)atexit(remove_all);
    put_shard("1.safetensors", 'a');
    put_shard("2.safetensors", 'b');
  }
  hw_error err = {0};
  hw_weights weights = {0};
  char path[128];
  (void)snprintf(path, sizeof path, "%s/index.json", folder);
  put("index.json", data, size);
  hw_arena_init(&weights.arena);
  if (hw_shards_read(&weights, path, ".safetensors", hw_safetensors_read, &err))
    fuzz_touch(&weights);
  else
    fuzz_check_error(&err);
  hw_weights_close(&weights);
  return 0;
}
