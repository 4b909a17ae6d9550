/* SPDX-License-Identifier: Apache-2.0
 * Normalizers that treat each character by itself: BERT's, sentencepiece's nmt, and the removal of marks. */
#include "tokenizer/bert.h"

#include "tokenizer/category.h"
#include "tokenizer/normal_form.h"
#include "tokenizer/pieces.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"

static const uint32_t DROPPED = UINT32_MAX;

/* Each character becomes what `map` says, or is dropped; the others keep their alignment. */
static bool map_chars(hw_tok_run *run, hw_tok_piece *piece, uint32_t (*map)(uint32_t c)) {
  if (!hw_tok_build_begin(run, piece->length)) return false;
  for (size_t i = 0, step; i < piece->length; i += step) {
    uint32_t c = map(hw_tok_decode(piece->bytes + i, piece->length - i, &step));
    char bytes[4];
    if (c != DROPPED && !hw_tok_build_put(run, bytes, hw_tok_encode(c, bytes), piece->from[i], piece->to[i])) return false;
  }
  hw_tok_build_end(run, piece);
  return true;
}

/* ---- BertNormalizer ---- */

typedef struct bert_settings {
  bool clean_text, handle_chinese_chars, strip_accents, lowercase;
} bert_settings;

bool hw_tok_bert_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  bert_settings *settings = hw_arena_znew(&loader->tokenizer->memory, bert_settings, 1, loader->err);
  static const char *const required[] = {"clean_text", "handle_chinese_chars", "lowercase"};
  *data = settings;
  if (!settings) return false;
  for (size_t i = 0; i < HW_TOK_COUNT(required); i++) {
    const json_t *found = json_object_get(json, required[i]);
    if (!json_is_boolean(found)) return hw_tok_json_want(loader, where, required[i], found, "true or false");
  }
  settings->clean_text = json_is_true(json_object_get(json, "clean_text"));
  settings->handle_chinese_chars = json_is_true(json_object_get(json, "handle_chinese_chars"));
  settings->lowercase = settings->strip_accents = json_is_true(json_object_get(json, "lowercase"));
  return hw_tok_json_bool(loader, json, where, "strip_accents", &settings->strip_accents);
}

static uint32_t clean(uint32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return ' ';
  if (c == 0 || c == 0xFFFD || hw_tok_is_other(c)) return DROPPED;
  return hw_tok_is_space(c) ? ' ' : c;
}

/* The ranges are BERT's own: ideographs, not Kana or Hangul. */
static bool is_chinese(uint32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

static bool space_chinese(hw_tok_run *run, hw_tok_piece *piece) {
  if (!hw_tok_build_begin(run, piece->length)) return false;
  for (size_t i = 0, step; i < piece->length; i += step) {
    bool spaced = is_chinese(hw_tok_decode(piece->bytes + i, piece->length - i, &step));
    if ((spaced && !hw_tok_build_put(run, " ", 1, piece->from[i], piece->to[i])) ||
        !hw_tok_build_put(run, piece->bytes + i, step, piece->from[i], piece->to[i]) ||
        (spaced && !hw_tok_build_put(run, " ", 1, piece->from[i], piece->to[i])))
      return false;
  }
  hw_tok_build_end(run, piece);
  return true;
}

static uint32_t without_nonspacing(uint32_t c) { return hw_tok_is_nonspacing(c) ? DROPPED : c; }

bool hw_tok_bert_normalize(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  const bert_settings *settings = data;
  return (!settings->clean_text || map_chars(run, piece, clean)) && (!settings->handle_chinese_chars || space_chinese(run, piece)) &&
         (!settings->strip_accents || (hw_tok_normal_form(run, piece, false, false) && map_chars(run, piece, without_nonspacing))) &&
         (!settings->lowercase || hw_tok_lowercase(run, NULL, piece));
}

/* ---- StripAccents, Nmt ---- */

static uint32_t without_combining(uint32_t c) { return hw_tok_is_combining(c) ? DROPPED : c; }

bool hw_tok_strip_accents(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  (void)data;
  return map_chars(run, piece, without_combining);
}

static uint32_t nmt(uint32_t c) {
  if (c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 || (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 ||
      c == 0x2581 || c == 0xFEFF || c == 0xFFFD)
    return ' ';
  bool control = (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
  return control ? DROPPED : c;
}

bool hw_tok_nmt(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  (void)data;
  return map_chars(run, piece, nmt);
}
