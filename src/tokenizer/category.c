/* SPDX-License-Identifier: Apache-2.0
 * The ranges were found by asking the library about every code point (tests/tokenizer/README.md). */
#include "tokenizer/category.h"

#include <stddef.h>
#include <utf8proc.h>

#include "tokenizer/unicode.h"
#include "tokenizer/younger.h"

/* What these hold of punctuation, marks and format characters is younger than Unicode 9, or was something else before. */
static const hw_tok_range younger[] = {
    {0x61D, 0x61D}, {0x7FD, 0x7FD}, {0x890, 0x8D3}, {0x8E2, 0x8E2}, {0x9FD, 0x9FE}, {0xA76, 0xA76}, {0xAFA, 0xAFF}, {0xB55, 0xB55},
    {0xC04, 0xC3C}, {0xC77, 0xC77}, {0xC84, 0xC84}, {0xCF3, 0xD00}, {0xD3B, 0xD3C}, {0xD81, 0xD81}, {0xEBA, 0xEBA}, {0xECE, 0xECE},
    {0x1715, 0x1715}, {0x180F, 0x180F}, {0x1ABF, 0x1ACE}, {0x1B7D, 0x1B7E}, {0x1CF7, 0x1CF7}, {0x1DF6, 0x1DFA}, {0x2E43, 0x2E5D},
    {0xA82C, 0xA82C}, {0xA8FF, 0xA8FF}, {0x10D24, 0x10F89}, {0x11070, 0x11074}, {0x110C2, 0x110CD}, {0x11145, 0x11146}, {0x111C9, 0x111C9},
    {0x111CE, 0x111CF}, {0x11241, 0x11241}, {0x1133B, 0x1133B}, {0x1144B, 0x1145E}, {0x11660, 0x1166C}, {0x116B9, 0x116B9},
    {0x1182C, 0x11B09}, {0x11C41, 0x11C71}, {0x11D31, 0x11FFF}, {0x12FF1, 0x13455}, {0x16E97, 0x16F4F}, {0x16F7F, 0x16F87},
    {0x16FE2, 0x16FF1}, {0x1CF00, 0x1CF46}, {0x1E08F, 0x1E4EF}, {0x1E95E, 0x1E95F},
};

/* Marks of Unicode 9. */
static const hw_tok_range marks_of_9[] = {
    {0x8D4, 0x8E1}, {0x1885, 0x1886}, {0x1DFB, 0x1DFB}, {0xA8C5, 0xA8C5}, {0xA9BD, 0xA9BD}, {0x1123E, 0x1123E}, {0x11438, 0x11446},
    {0x11C30, 0x11CB6}, {0x1E000, 0x1E02A}, {0x1E944, 0x1E94A},
};

static utf8proc_category_t category(uint32_t c) {
  bool unknown = hw_tok_in_ranges(younger, sizeof younger / sizeof *younger, c);
  return unknown ? UTF8PROC_CATEGORY_CN : utf8proc_category((utf8proc_int32_t)c);
}

bool hw_tok_is_punctuation(uint32_t c) {
  if (c < 0x80) return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  utf8proc_category_t found = category(c);
  return (found >= UTF8PROC_CATEGORY_PC && found <= UTF8PROC_CATEGORY_PO) || c == 0x166D || c == 0x111C9;
}

bool hw_tok_is_other(uint32_t c) {
  utf8proc_category_t found = category(c);
  return found == UTF8PROC_CATEGORY_CC || found == UTF8PROC_CATEGORY_CF || found == UTF8PROC_CATEGORY_CO;
}

bool hw_tok_is_nonspacing(uint32_t c) {
  if (hw_tok_in_ranges(marks_of_9, sizeof marks_of_9 / sizeof *marks_of_9, c)) return false;
  return category(c) == UTF8PROC_CATEGORY_MN || c == 0x1734;
}

bool hw_tok_is_combining(uint32_t c) {
  utf8proc_category_t found = category(c);
  return found == UTF8PROC_CATEGORY_MN || found == UTF8PROC_CATEGORY_MC || found == UTF8PROC_CATEGORY_ME || c == 0x1CF2 || c == 0x1CF3;
}

/* ---- of Unicode 16, digits of 17 ---- */

bool hw_tok_is_numeric(uint32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  utf8proc_category_t found = utf8proc_category((utf8proc_int32_t)c);
  return found == UTF8PROC_CATEGORY_ND || found == UTF8PROC_CATEGORY_NL || found == UTF8PROC_CATEGORY_NO ||
         hw_tok_younger_is(c, "N") || (c >= 0x11DE0 && c <= 0x11DE9) || (c >= 0x16FF4 && c <= 0x16FF6); /* the last two: Unicode 17 */
}

bool hw_tok_is_word(uint32_t c) {
  switch (utf8proc_category((utf8proc_int32_t)c)) {
  case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
  case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
  case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_PC:
    return true;
  default: /* Join_Control, and the symbols that are Other_Alphabetic */
    return c == 0x200C || c == 0x200D || (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
           (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189) || hw_tok_younger_is_alphabetic(c) || hw_tok_younger_is(c, "M") ||
           hw_tok_younger_is(c, "Nd");
  }
}

bool hw_tok_is_mark(uint32_t c) {
  utf8proc_category_t found = utf8proc_category((utf8proc_int32_t)c);
  return found == UTF8PROC_CATEGORY_MN || found == UTF8PROC_CATEGORY_MC || found == UTF8PROC_CATEGORY_ME ||
         hw_tok_younger_is(c, "M");
}
