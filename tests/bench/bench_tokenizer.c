/* SPDX-License-Identifier: Apache-2.0
 * How fast a tokenizer reads a text, on one core: bench_tokenizer MODEL_DIR TEXT_FILE [BYTES_OF_A_PROMPT] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "headwater/tokenizer.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  enum { ROUNDS = 5 };
  if (argc < 3) return fprintf(stderr, "usage: bench_tokenizer MODEL_DIR TEXT_FILE [BYTES_OF_A_PROMPT]\n"), 2;
  size_t prompt = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 4096;
  hw_error err = {HW_OK, ""};
  hw_tokenizer *tokenizer = NULL;
  hw_file file = {0};
  bool ok = prompt > 0 && hw_tokenizer_open(argv[1], NULL, &tokenizer, &err) && hw_file_open(argv[2], &file, &err);
  hw_arena arena;
  hw_arena_init(&arena);
  for (int round = 0; ok && round < ROUNDS; round++) {
    double start = now();
    size_t n_tokens = 0;
    for (size_t at = 0, end; ok && at < file.size; at = end) {
      end = file.size - at > prompt ? at + prompt : file.size;
      while (end < file.size && (file.data[end] & 0xC0) == 0x80) end++;
      hw_encoding encoding;
      ok = hw_tokenizer_encode(tokenizer, (const char *)file.data + at, end - at, HW_BOS_NO, &arena, &encoding, &err);
      n_tokens += encoding.n;
      hw_arena_reset(&arena);
    }
    double seconds = now() - start;
    if (ok) printf("%.1f MB/s: %zu bytes, %zu tokens, %.3f s\n", (double)file.size / 1e6 / seconds, file.size, n_tokens, seconds);
  }
  if (!ok) fprintf(stderr, "%s\n", err.message);
  hw_arena_fini(&arena);
  hw_file_close(&file);
  hw_tokenizer_close(tokenizer);
  return ok ? 0 : 1;
}
