/* SPDX-License-Identifier: Apache-2.0
 * Normalizers of tokenizer.json: each changes the text of a piece and keeps its alignment. */

#include "tokenizer/bert.h"
#include "tokenizer/byte_level.h"
#include "tokenizer/normal_form.h"
#include "tokenizer/pattern.h"
#include "tokenizer/pieces.h"
#include "tokenizer/precompiled.h"
#include "tokenizer/state.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"

typedef struct strip_settings {
  bool left, right;
} strip_settings;

typedef struct replace_settings {
  hw_tok_pattern pattern;
  hw_tok_string content;
} replace_settings;

/* At the start of a text that continues another, nothing is put before it or taken away. */
static bool continues(const hw_tok_run *run, const hw_tok_piece *piece) { return run->continuation && piece->origin == 0; }

static bool prepend_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  hw_tok_string *content = hw_arena_znew(&loader->tokenizer->memory, hw_tok_string, 1, loader->err);
  *data = content;
  return content && hw_tok_json_string(loader, json, where, "prepend", true, content) && hw_tok_keep(loader, content);
}

static bool prepend(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  return continues(run, piece) || hw_tok_prepend(run, piece, *(const hw_tok_string *)data);
}

static bool replace_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  replace_settings *settings = hw_arena_znew(&loader->tokenizer->memory, replace_settings, 1, loader->err);
  *data = settings;
  return settings && hw_tok_pattern_parse(loader, json, where, "pattern", &settings->pattern) &&
         hw_tok_json_string(loader, json, where, "content", true, &settings->content) && hw_tok_keep(loader, &settings->content);
}

static bool replace(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  const replace_settings *settings = data;
  return hw_tok_replace(run, piece, &settings->pattern, settings->content);
}

static bool strip_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  strip_settings *settings = hw_arena_znew(&loader->tokenizer->memory, strip_settings, 1, loader->err);
  *data = settings;
  return settings && hw_tok_json_bool(loader, json, where, "strip_left", &settings->left) &&
         hw_tok_json_bool(loader, json, where, "strip_right", &settings->right);
}

static bool strip(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  const strip_settings *settings = data;
  size_t start = 0, end = piece->length, step;
  while (settings->left && !continues(run, piece) && start < end &&
         hw_tok_is_space(hw_tok_decode(piece->bytes + start, end - start, &step)))
    start += step;
  while (settings->right && start < end) {
    size_t last = hw_tok_last_char(piece->bytes, end);
    if (!hw_tok_is_space(hw_tok_decode(piece->bytes + last, end - last, &step))) break;
    end = last;
  }
  piece->bytes += start;
  piece->from += start;
  piece->to += start;
  piece->length = end - start;
  return true;
}

static bool nfc(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  (void)data;
  return hw_tok_normal_form(run, piece, false, true);
}
static bool nfd(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  (void)data;
  return hw_tok_normal_form(run, piece, false, false);
}
static bool nfkc(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  (void)data;
  return hw_tok_normal_form(run, piece, true, true);
}
static bool nfkd(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  (void)data;
  return hw_tok_normal_form(run, piece, true, false);
}

static bool byte_level_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  (void)json, (void)where, (void)data;
  loader->tokenizer->byte_level = true;
  return true;
}

static const hw_tok_kind kinds[] = {
    {"Prepend", prepend_parse, {.normalize = prepend}},
    {"Replace", replace_parse, {.normalize = replace}},
    {"Strip", strip_parse, {.normalize = strip}},
    {"NFC", hw_tok_no_settings, {.normalize = nfc}},
    {"NFD", hw_tok_no_settings, {.normalize = nfd}},
    {"NFKC", hw_tok_no_settings, {.normalize = nfkc}},
    {"NFKD", hw_tok_no_settings, {.normalize = nfkd}},
    {"Lowercase", hw_tok_no_settings, {.normalize = hw_tok_lowercase}},
    {"StripAccents", hw_tok_no_settings, {.normalize = hw_tok_strip_accents}},
    {"Nmt", hw_tok_no_settings, {.normalize = hw_tok_nmt}},
    {"BertNormalizer", hw_tok_bert_parse, {.normalize = hw_tok_bert_normalize}},
    {"Precompiled", hw_tok_precompiled_parse, {.normalize = hw_tok_precompiled}},
    {"ByteLevel", byte_level_parse, {.normalize = hw_tok_byte_level}},
};

const hw_tok_stage hw_tok_normalizers = {"normalizer", "normalizers", kinds, HW_TOK_COUNT(kinds)};
