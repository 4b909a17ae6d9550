/* SPDX-License-Identifier: Apache-2.0
 * Pre-tokenizers of tokenizer.json: each cuts pieces into parts that the model may not merge across. */
#include <string.h>

#include "tokenizer/byte_level.h"
#include "tokenizer/category.h"
#include "tokenizer/classes.h"
#include "tokenizer/pattern.h"
#include "tokenizer/pieces.h"
#include "tokenizer/scripts.h"
#include "tokenizer/state.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"

static bool choose(hw_tok_loader *loader, const json_t *json, const char *where, const char *key, const char *const *names,
                   size_t n_names, size_t *choice) {
  hw_tok_string value;
  if (!hw_tok_json_string(loader, json, where, key, true, &value)) return false;
  for (size_t i = 0; i < n_names; i++)
    if (strcmp(names[i], value.bytes) == 0) return *choice = i, true;
  return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: %s.%s is %s, which is not supported", loader->path, where, key, value.bytes);
}

/* ---- ByteLevel ---- */

typedef struct byte_level_settings {
  bool add_prefix_space, use_regex;
  hw_tok_pattern pattern;
} byte_level_settings;

static bool byte_level_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  byte_level_settings *settings = hw_arena_znew(&loader->tokenizer->memory, byte_level_settings, 1, loader->err);
  if (!settings) return false;
  *data = settings;
  settings->use_regex = true;
  const json_t *space = json_object_get(json, "add_prefix_space");
  if (!json_is_boolean(space)) return hw_tok_json_want(loader, where, "add_prefix_space", space, "true or false");
  settings->add_prefix_space = json_is_true(space);
  loader->tokenizer->byte_level = true;
  return hw_tok_json_bool(loader, json, where, "use_regex", &settings->use_regex) &&
         hw_tok_pattern_compile(loader, hw_tok_gpt2_regex, strlen(hw_tok_gpt2_regex), where, &settings->pattern);
}

static bool byte_level(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  const byte_level_settings *settings = data;
  if (settings->add_prefix_space && piece->bytes[0] != ' ' && !(run->continuation && piece->origin == 0) &&
      !hw_tok_prepend(run, piece, (hw_tok_string){" ", 1}))
    return false;
  size_t first = run->next.n;
  if (settings->use_regex ? !hw_tok_split(run, piece, &settings->pattern, HW_TOK_ISOLATED, false) : !hw_tok_push(run, piece))
    return false;
  for (size_t i = first; i < run->next.n; i++)
    if (!hw_tok_byte_level(run, NULL, &run->next.items[i])) return false;
  return true;
}

/* ---- Metaspace ---- */

typedef struct metaspace_settings {
  hw_tok_pattern space, mark;
  enum scheme { FIRST, NEVER, ALWAYS } scheme;
  bool split;
} metaspace_settings;

static bool metaspace_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  static const char *const schemes[] = {"first", "never", "always"};
  metaspace_settings *settings = hw_arena_znew(&loader->tokenizer->memory, metaspace_settings, 1, loader->err);
  if (!settings) return false;
  *data = settings;
  hw_tok_string mark;
  bool prefix = true, old_style = false;
  size_t scheme = ALWAYS, step = 0;
  settings->split = true;
  if (!hw_tok_json_string(loader, json, where, "replacement", true, &mark)) return false;
  if (mark.length) (void)hw_tok_decode(mark.bytes, mark.length, &step);
  if (!mark.length || step != mark.length)
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s.replacement is \"%s\", want one character", loader->path, where, mark.bytes);
  const json_t *declared = json_object_get(json, "prepend_scheme");
  if (declared && !choose(loader, json, where, "prepend_scheme", schemes, HW_TOK_COUNT(schemes), &scheme)) return false;
  if (!hw_tok_json_bool(loader, json, where, "add_prefix_space", &prefix) ||
      !hw_tok_json_bool(loader, json, where, "split", &settings->split))
    return false;
  old_style = !declared; /* before prepend_scheme there was add_prefix_space alone */
  if (!prefix && !old_style && scheme != NEVER)
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s.add_prefix_space is false, but prepend_scheme is \"%s\"", loader->path, where,
                   schemes[scheme]);
  if (!prefix) scheme = NEVER;
  settings->scheme = (enum scheme)scheme;
  settings->space = (hw_tok_pattern){.type = HW_TOK_LITERAL, .literal = {" ", 1}};
  settings->mark = (hw_tok_pattern){.type = HW_TOK_LITERAL, .literal = mark};
  loader->tokenizer->metaspace = true;
  return hw_tok_keep(loader, &settings->mark.literal);
}

static bool metaspace(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  const metaspace_settings *settings = data;
  hw_tok_string mark = settings->mark.literal;
  if (!hw_tok_replace(run, piece, &settings->space, mark)) return false;
  bool starts = piece->length >= mark.length && memcmp(piece->bytes, mark.bytes, mark.length) == 0;
  bool wanted = settings->scheme == ALWAYS || (settings->scheme == FIRST && piece->origin == 0);
  if (wanted && !starts && !(run->continuation && piece->origin == 0) && !hw_tok_prepend(run, piece, mark)) return false;
  return settings->split ? hw_tok_split(run, piece, &settings->mark, HW_TOK_MERGED_WITH_NEXT, false) : hw_tok_push(run, piece);
}

/* ---- Split, Digits, Punctuation ---- */

typedef struct split_settings {
  hw_tok_pattern pattern;
  hw_tok_behavior behavior;
  bool invert;
} split_settings;

static const char *const behaviors[] = {/* in the order of hw_tok_behavior */
                                        "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};

static bool split_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  split_settings *settings = hw_arena_znew(&loader->tokenizer->memory, split_settings, 1, loader->err);
  size_t behavior = 0;
  *data = settings;
  if (!settings || !hw_tok_pattern_parse(loader, json, where, "pattern", &settings->pattern) ||
      !choose(loader, json, where, "behavior", behaviors, HW_TOK_COUNT(behaviors), &behavior))
    return false;
  settings->behavior = (hw_tok_behavior)behavior;
  return hw_tok_json_bool(loader, json, where, "invert", &settings->invert);
}

static bool digits_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  split_settings *settings = hw_arena_znew(&loader->tokenizer->memory, split_settings, 1, loader->err);
  bool individual = false;
  *data = settings;
  if (!settings || !hw_tok_json_bool(loader, json, where, "individual_digits", &individual)) return false;
  settings->pattern = (hw_tok_pattern){.type = HW_TOK_CLASS, .is_member = hw_tok_is_numeric};
  settings->behavior = individual ? HW_TOK_ISOLATED : HW_TOK_CONTIGUOUS;
  return true;
}

static bool punctuation_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  split_settings *settings = hw_arena_znew(&loader->tokenizer->memory, split_settings, 1, loader->err);
  size_t behavior = HW_TOK_ISOLATED;
  *data = settings;
  if (!settings || (json_object_get(json, "behavior") && !choose(loader, json, where, "behavior", behaviors, HW_TOK_COUNT(behaviors), &behavior)))
    return false;
  settings->pattern = (hw_tok_pattern){.type = HW_TOK_CLASS, .is_member = hw_tok_is_punctuation};
  settings->behavior = (hw_tok_behavior)behavior;
  return true;
}

static bool split(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  const split_settings *settings = data;
  return hw_tok_split(run, piece, &settings->pattern, settings->behavior, settings->invert);
}

static const hw_tok_kind kinds[] = {
    {"ByteLevel", byte_level_parse, {.split = byte_level}},
    {"Metaspace", metaspace_parse, {.split = metaspace}},
    {"Split", split_parse, {.split = split}},
    {"Digits", digits_parse, {.split = split}},
    {"Punctuation", punctuation_parse, {.split = split}},
    {"Whitespace", hw_tok_no_settings, {.split = hw_tok_whitespace}},
    {"WhitespaceSplit", hw_tok_no_settings, {.split = hw_tok_whitespace_split}},
    {"BertPreTokenizer", hw_tok_no_settings, {.split = hw_tok_bert_split}},
    {"CharDelimiterSplit", hw_tok_delimiter_parse, {.split = hw_tok_delimiter_split}},
    {"UnicodeScripts", hw_tok_scripts_parse, {.split = hw_tok_scripts_split}},
    {"FixedLength", hw_tok_fixed_length_parse, {.split = hw_tok_fixed_length}},
};

const hw_tok_stage hw_tok_pretokenizers = {"pre_tokenizer", "pretokenizers", kinds, HW_TOK_COUNT(kinds)};
