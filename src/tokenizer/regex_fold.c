/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer/regex_fold.h"

#include <string.h>
#include <utf8proc.h>

#include "tokenizer/unicode.h"
#include "tokenizer/vocab.h"

/* All that fold to several are in these. */
static const hw_tok_range several[] = {{0xDF, 0xDF},   {0x130, 0x130},   {0x149, 0x149},   {0x1F0, 0x1F0},  {0x390, 0x390},
                                       {0x3B0, 0x3B0}, {0x587, 0x587}, {0x1E96, 0x1E9E}, {0x1F50, 0x1FFC}, {0xFB00, 0xFB17}};

size_t hw_tok_fold(uint32_t code_point, int32_t folded[HW_TOK_MOST_FOLDED]) {
  int class = 0;
  utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)code_point, folded, HW_TOK_MOST_FOLDED, UTF8PROC_CASEFOLD, &class);
  if (n > 0 && n <= HW_TOK_MOST_FOLDED) return (size_t)n;
  folded[0] = (int32_t)code_point;
  return 1;
}

bool hw_tok_folds_to_several(uint32_t first, uint32_t last) {
  int32_t folded[HW_TOK_MOST_FOLDED];
  for (size_t k = 0; k < HW_TOK_COUNT(several); k++)
    for (uint32_t c = several[k][0]; c <= several[k][1]; c++)
      if (c >= first && c <= last && hw_tok_fold(c, folded) > 1) return true;
  return false;
}

bool hw_tok_is_folded_from_one(const int32_t *run, size_t length) {
  int32_t folded[HW_TOK_MOST_FOLDED];
  for (size_t k = 0; k < HW_TOK_COUNT(several); k++)
    for (uint32_t c = several[k][0]; c <= several[k][1]; c++) {
      size_t n = hw_tok_fold(c, folded);
      if (n > 1 && n <= length && memcmp(run + length - n, folded, n * sizeof *run) == 0) return true;
    }
  return false;
}
