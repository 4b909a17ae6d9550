/* SPDX-License-Identifier: Apache-2.0
 * A fuzzed description of a model beside weights that do not fit: read, and where it is taken, its tensors looked up. */
#ifndef HW_TESTS_FUZZ_MODEL_H
#define HW_TESTS_FUZZ_MODEL_H

#include "headwater/buffer.h"
#include "headwater/model.h"
#include "input.h"

static int fuzz_model(const char *name, const uint8_t *data, size_t size) {
  if (fuzz_start()) {
    static const char gpt2[] = "{\"model_type\": \"gpt2\", \"n_embd\": 8, \"n_head\": 2, \"n_layer\": 2, \"n_positions\": 16, \"vocab_size\": 11}";
    char weights[128];
    (void)fuzz_file("config.json", gpt2, sizeof gpt2 - 1);
    (void)fuzz_file("model.safetensors", weights, fuzz_put_tensor(weights, "transformer.h.0.attn.c_attn.weight"));
  }
  (void)fuzz_file(name, data, size);
  hw_error err = {0};
  hw_model_config config;
  if (!hw_model_config_read(fuzz_folder, NULL, &config, &err)) {
    fuzz_check_error(&err);
    return 0;
  }
  if (config.n_layers < 1 || config.n_layers > HW_MOST_LAYERS || config.n_heads < 1 || config.d_head < 1 || config.d_model < 1 || config.vocab_size < 1 ||
      config.n_kv_heads < 1 || config.n_heads % config.n_kv_heads || config.d_ffn < 0 || config.n_ctx < 1)
    abort();
  hw_buffer lines;
  hw_buffer_init(&lines);
  bool whole = true;
  if (!hw_model_explain(fuzz_folder, NULL, &lines, &whole, &err))
    fuzz_check_error(&err);
  else if (whole)
    abort();
  hw_buffer_fini(&lines);
  return 0;
}

#endif
