/* SPDX-License-Identifier: Apache-2.0
 * PCRE2 knows the scripts: one expression matches one character and marks the script's name. The scripts are those of Unicode 9, as in
 * Hugging Face's table; Hiragana and Katakana count as Han, and what has no script there belongs to what is before it. */
#include "tokenizer/scripts.h"

#include <string.h>

#include "tokenizer/pattern.h"
#include "tokenizer/pieces.h"
#include "tokenizer/unicode.h"

static const char *const scripts[] = {
    "Common", "Latin", "Cyrillic", "Arabic", "Greek", "Hebrew", "Hangul", "Devanagari", "Inherited", "Thai", "Bengali", "Tamil", "Adlam", "Ahom",
    "AnatolianHieroglyphs", "Armenian", "Avestan", "Balinese", "Bamum", "BassaVah", "Batak", "Bhaiksuki", "Bopomofo", "Brahmi", "Braille",
    "Buginese", "Buhid", "CanadianAboriginal", "Carian", "CaucasianAlbanian", "Chakma", "Cham", "Cherokee", "Coptic", "Cuneiform", "Cypriot",
    "Deseret", "Duployan", "EgyptianHieroglyphs", "Elbasan", "Ethiopic", "Georgian", "Glagolitic", "Gothic", "Grantha", "Gujarati", "Gurmukhi",
    "Hanunoo", "Hatran", "ImperialAramaic", "InscriptionalPahlavi", "InscriptionalParthian", "Javanese", "Kaithi", "Kannada", "KayahLi",
    "Kharoshthi", "Khmer", "Khojki", "Khudawadi", "Lao", "Lepcha", "Limbu", "LinearA", "LinearB", "Lisu", "Lycian", "Lydian", "Mahajani",
    "Malayalam", "Mandaic", "Manichaean", "Marchen", "MeeteiMayek", "MendeKikakui", "MeroiticCursive", "MeroiticHieroglyphs", "Miao", "Modi",
    "Mongolian", "Mro", "Multani", "Myanmar", "Nabataean", "NewTaiLue", "Newa", "Nko", "Ogham", "OlChiki", "OldHungarian", "OldItalic",
    "OldNorthArabian", "OldPermic", "OldPersian", "OldSouthArabian", "OldTurkic", "Oriya", "Osage", "Osmanya", "PahawhHmong", "Palmyrene",
    "PauCinHau", "PhagsPa", "Phoenician", "PsalterPahlavi", "Rejang", "Runic", "Samaritan", "Saurashtra", "Sharada", "Shavian", "Siddham",
    "SignWriting", "Sinhala", "SoraSompeng", "Sundanese", "SylotiNagri", "Syriac", "Tagalog", "Tagbanwa", "TaiLe", "TaiTham", "TaiViet", "Takri",
    "Tangut", "Telugu", "Thaana", "Tibetan", "Tifinagh", "Tirhuta", "Ugaritic", "Vai", "WarangCiti", "Yi",
};

/* Characters that are younger than Unicode 9, and the space, have no script. */
static const hw_tok_range without[] = {
    {0x20, 0x20}, {0x560, 0x560}, {0x588, 0x588}, {0x5EF, 0x5EF}, {0x61D, 0x61D}, {0x7FD, 0x7FF}, {0x860, 0x89F}, {0x8B5, 0x8B5},
    {0x8BE, 0x8D3}, {0x9FC, 0x9FE}, {0xA76, 0xA76}, {0xAFA, 0xAFF}, {0xB55, 0xB55}, {0xC04, 0xC04}, {0xC3C, 0xC3C}, {0xC5D, 0xC5D},
    {0xC77, 0xC77}, {0xC84, 0xC84}, {0xCDD, 0xCDD}, {0xCF3, 0xCF3}, {0xD00, 0xD00}, {0xD04, 0xD04}, {0xD3B, 0xD3C}, {0xD81, 0xD81}, {0xE86, 0xE86},
    {0xE89, 0xE89}, {0xE8C, 0xE8C}, {0xE8E, 0xE93}, {0xE98, 0xE98}, {0xEA0, 0xEA0}, {0xEA8, 0xEA9}, {0xEAC, 0xEAC}, {0xEBA, 0xEBA}, {0xECE, 0xECE},
    {0x170D, 0x170D}, {0x1715, 0x171F}, {0x180F, 0x180F}, {0x1878, 0x1878}, {0x1ABF, 0x1ACE}, {0x1B4C, 0x1B4C}, {0x1B7D, 0x1B7E},
    {0x1C90, 0x1CBF}, {0x1CF7, 0x1CF7}, {0x1CFA, 0x1CFA}, {0x1DF6, 0x1DFA}, {0x20BF, 0x20C0}, {0x23FF, 0x23FF}, {0x2B97, 0x2B97},
    {0x2BBA, 0x2BBC}, {0x2BC9, 0x2BC9}, {0x2BD2, 0x2BEB}, {0x2BF0, 0x2BFF}, {0x2C2F, 0x2C2F}, {0x2C5F, 0x2C5F}, {0x2E45, 0x2E5D},
    {0x312E, 0x312F}, {0x31BB, 0x31BF}, {0x32FF, 0x32FF}, {0x4DB6, 0x4DBF}, {0x9FD6, 0x9FFF}, {0xA7AF, 0xA7AF}, {0xA7B8, 0xA7F6},
    {0xA82C, 0xA82C}, {0xA8FE, 0xA8FF}, {0xAB66, 0xAB6B}, {0xFBC2, 0xFBC2}, {0xFD40, 0xFD4F}, {0xFDCF, 0xFDCF}, {0xFDFE, 0xFDFF},
    {0x1019C, 0x1019C}, {0x1032D, 0x1032F}, {0x10780, 0x107BA}, {0x10A34, 0x10A35}, {0x10A48, 0x10A48}, {0x11070, 0x11075},
    {0x110C2, 0x110CD}, {0x11144, 0x11147}, {0x111CE, 0x111CF}, {0x1133B, 0x1133B}, {0x1145A, 0x1145A}, {0x1145E, 0x11461},
    {0x116B8, 0x116B9}, {0x1171A, 0x1171A}, {0x11740, 0x11746}, {0x11AB0, 0x11ABF}, {0x11FB0, 0x11FFF}, {0x13430, 0x13438},
    {0x16F45, 0x16F4F}, {0x16F7F, 0x16F87}, {0x16FE2, 0x16FF1}, {0x187ED, 0x187F7}, {0x18AF3, 0x1AFFE}, {0x1B002, 0x1B167},
    {0x1CF00, 0x1CFC3}, {0x1D1E9, 0x1D1EA}, {0x1D2E0, 0x1D2F3}, {0x1D372, 0x1D378}, {0x1DF00, 0x1DF1E}, {0x1E7E0, 0x1E7FE},
    {0x1E94B, 0x1E94B}, {0x1EC71, 0x1ED3D}, {0x1F10D, 0x1F10F}, {0x1F12F, 0x1F12F}, {0x1F16C, 0x1F16F}, {0x1F1AD, 0x1F1AD},
    {0x1F260, 0x1F265}, {0x1F6D3, 0x1F6DF}, {0x1F6F7, 0x1F6FC}, {0x1F7D5, 0x1F7F0}, {0x1F8B0, 0x1F90F}, {0x1F91F, 0x1F91F},
    {0x1F928, 0x1F92F}, {0x1F931, 0x1F932}, {0x1F93F, 0x1F93F}, {0x1F94C, 0x1F94F}, {0x1F95F, 0x1F97F}, {0x1F992, 0x1F9BF},
    {0x1F9C1, 0x1FBF9}, {0x2A6D7, 0x2A6DF}, {0x2B735, 0x2B738}, {0x2CEB0, 0x2EBE0}, {0x30000, 0x3134A},
};

bool hw_tok_scripts_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  (void)json;
  hw_tok_pattern *pattern = hw_arena_znew(&loader->tokenizer->memory, hw_tok_pattern, 1, loader->err);
  *data = pattern;
  hw_buffer regex;
  hw_buffer_init(&regex);
  hw_buffer_append_string(&regex, "\\G(?![");
  for (size_t i = 0; i < HW_TOK_COUNT(without); i++) hw_buffer_printf(&regex, "\\x{%X}-\\x{%X}", (unsigned)without[i][0], (unsigned)without[i][1]);
  /* Three characters have another script since. */
  hw_buffer_append_string(&regex, "])(?:[\\p{sc:Han}\\p{sc:Hiragana}\\p{sc:Katakana}\\x{30FC}](*MARK:Han)|[\\x{589}\\x{61C}](*MARK:Common)|"
                                  "[\\x{953}\\x{954}](*MARK:Devanagari)");
  for (size_t i = 0; i < HW_TOK_COUNT(scripts); i++) hw_buffer_printf(&regex, "|\\p{sc:%s}(*MARK:%s)", scripts[i], scripts[i]);
  hw_buffer_append_byte(&regex, ')');
  bool ok = pattern && hw_buffer_check(&regex, loader->err) && hw_tok_pattern_compile_pcre2(loader, &regex, "scripts", where, pattern);
  hw_buffer_fini(&regex);
  return ok;
}

bool hw_tok_scripts_split(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  const char *before = NULL; /* the last script; the mark belongs to the expression */
  size_t start = 0;
  for (size_t i = 0, step; i < piece->length; i += step) {
    (void)hw_tok_decode(piece->bytes + i, piece->length - i, &step);
    const char *script = NULL;
    if (!hw_tok_pattern_mark(run, data, piece->bytes, piece->length, i, &script)) return false;
    if (!script || (before && strcmp(before, script) == 0)) continue;
    /* Characters without a script at the beginning are in no part, as in Hugging Face's code. */
    if (before && !hw_tok_push_part(run, piece, start, i, -1)) return false;
    start = i;
    before = script;
  }
  return !before || hw_tok_push_part(run, piece, start, piece->length, -1);
}
