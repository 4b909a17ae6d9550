/* SPDX-License-Identifier: Apache-2.0
 * A fuzzed file as the tokenizer of a folder: opened, and where it is taken, a text read with it. */
#ifndef HW_TESTS_FUZZ_TOKENIZER_H
#define HW_TESTS_FUZZ_TOKENIZER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "headwater/tokenizer.h"

static char fuzz_folder[64], fuzz_path[128];

static void fuzz_remove(void) {
  (void)unlink(fuzz_path);
  (void)rmdir(fuzz_folder);
}

static void fuzz_tokenizer(const char *name, const uint8_t *data, size_t size) {
  static const char text[] = " The cat's 12\xC3\xA9 <s>\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD\r\n\t[CLS] aaaa e\xCC\x81  ";
  if (!fuzz_folder[0]) {
    strcpy(fuzz_folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/hw_fuzz_XXXXXX" : "/tmp/hw_fuzz_XXXXXX");
    if (!mkdtemp(fuzz_folder)) abort();
    (void)snprintf(fuzz_path, sizeof fuzz_path, "%s/%s", fuzz_folder, name);
    (void)atexit(fuzz_remove);
  }
  FILE *file = fopen(fuzz_path, "wb");
  if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) abort();
  hw_error err = {HW_OK, ""};
  hw_tokenizer *tokenizer = NULL;
  if (!hw_tokenizer_open(fuzz_folder, NULL, &tokenizer, &err)) {
    if (!err.message[0] || strchr(err.message, '\n')) abort(); /* an error is one line */
    return;
  }
  hw_arena arena;
  hw_arena_init(&arena);
  hw_encoding encoding;
  if (hw_tokenizer_encode(tokenizer, text, sizeof text - 1, HW_BOS_YES, &arena, &encoding, &err))
    for (size_t i = 0; i < encoding.n; i++) {
      const char *bytes;
      size_t length;
      if (!hw_tokenizer_piece(tokenizer, encoding.ids[i], &bytes, &length) || encoding.starts[i] > encoding.ends[i]) abort();
    }
  hw_arena_fini(&arena);
  hw_tokenizer_close(tokenizer);
}

#endif
