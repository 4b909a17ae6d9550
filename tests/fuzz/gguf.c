/* SPDX-License-Identifier: Apache-2.0
 * A GGUF file: its values by every accessor, its tensors, and the model that it describes. */
#include "model/gguf.h"

#include "weights.h"
#include "weights/gguf.h"

static void read_values(const hw_gguf *gguf) {
  hw_arena arena;
  hw_arena_init(&arena);
  for (size_t i = 0; i < gguf->n_values; i++) {
    const hw_gguf_value *value = &gguf->values[i];
    int64_t integer;
    double number, sum = 0;
    bool yes;
    hw_gguf_text text;
    hw_error err = {0};
    (void)hw_gguf_get_int(value, &integer);
    (void)hw_gguf_get_number(value, &number);
    (void)hw_gguf_get_bool(value, &yes);
    if (hw_gguf_get_text(value, &text) && text.length && memchr(text.bytes, 1, text.length)) sum++;
    for (size_t k = 0; k < value->n && hw_gguf_get_item(value, k, &number); k++) sum += number;
    const hw_gguf_text *texts = hw_gguf_get_texts(gguf, value, &arena, &err);
    for (size_t k = 0; texts && k < value->n; k++)
      if (texts[k].length && memchr(texts[k].bytes, 1, texts[k].length)) sum++;
    if (!texts) fuzz_check_error(&err);
  }
  hw_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  hw_error err = {0};
  hw_gguf gguf;
  hw_arena arena;
  hw_model_config config;
  const hw_family *family;
  (void)fuzz_start();
  const char *path = fuzz_file("x.gguf", data, size);
  if (hw_gguf_open(path, &gguf, &err)) {
    read_values(&gguf);
    fuzz_touch(&gguf.weights);
    hw_gguf_close(&gguf);
  } else {
    fuzz_check_error(&err);
  }
  hw_arena_init(&arena);
  err = (hw_error){0};
  if (!hw_gguf_describe(path, &arena, &config, &family, &err)) fuzz_check_error(&err);
  hw_arena_fini(&arena);
  return 0;
}
