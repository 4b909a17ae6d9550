/* SPDX-License-Identifier: Apache-2.0
 * A fuzzed file as the tokenizer of a folder: opened, and where it is taken, a text read with it. */
#ifndef HW_TESTS_FUZZ_TOKENIZER_H
#define HW_TESTS_FUZZ_TOKENIZER_H

#include "headwater/tokenizer.h"
#include "input.h"

static int fuzz_tokenizer(const char *name, const uint8_t *data, size_t size) {
  static const char text[] = " The cat's 12\xC3\xA9 <s>\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD\r\n\t[CLS] aaaa e\xCC\x81  ";
  (void)fuzz_start();
  (void)fuzz_file(name, data, size);
  hw_error err = {0};
  hw_tokenizer *tokenizer = NULL;
  if (!hw_tokenizer_open(fuzz_folder, NULL, &tokenizer, &err)) {
    fuzz_check_error(&err);
    return 0;
  }
  hw_arena arena;
  hw_arena_init(&arena);
  hw_encoding encoding;
  if (!hw_tokenizer_encode(tokenizer, text, sizeof text - 1, HW_BOS_YES, &arena, &encoding, &err)) {
    fuzz_check_error(&err);
    encoding.n = 0;
  }
  for (size_t i = 0; i < encoding.n; i++) {
    const char *bytes;
    size_t length;
    if (!hw_tokenizer_piece(tokenizer, encoding.ids[i], &bytes, &length) || encoding.starts[i] > encoding.ends[i]) abort();
  }
  hw_arena_fini(&arena);
  hw_tokenizer_close(tokenizer);
  return 0;
}

#endif
