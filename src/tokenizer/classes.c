/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer/classes.h"

#include "tokenizer/category.h"
#include "tokenizer/pieces.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"

/* A run of one class is a part. */
typedef enum char_class {
  LEFT_OUT, /* is in no part */
  ALONE,    /* each character is a part */
  WORD,
  MARKS,    /* what is neither word nor space */
} char_class;

static bool split(hw_tok_run *run, const hw_tok_piece *piece, char_class (*classify)(const void *data, uint32_t c), const void *data) {
  size_t start = 0;
  char_class before = LEFT_OUT;
  for (size_t i = 0, step; i < piece->length; i += step) {
    char_class class = classify(data, hw_tok_decode(piece->bytes + i, piece->length - i, &step));
    if (class != before || class == ALONE) {
      if (before != LEFT_OUT && !hw_tok_push_part(run, piece, start, i, -1)) return false;
      start = i;
    }
    before = class;
  }
  return before == LEFT_OUT || hw_tok_push_part(run, piece, start, piece->length, -1);
}

static char_class by_word(const void *data, uint32_t c) {
  (void)data;
  return hw_tok_is_word(c) ? WORD : hw_tok_is_space(c) ? LEFT_OUT : MARKS;
}

bool hw_tok_whitespace(hw_tok_run *run, const void *data, hw_tok_piece *piece) { return split(run, piece, by_word, data); }

static char_class by_space(const void *data, uint32_t c) {
  (void)data;
  return hw_tok_is_space(c) ? LEFT_OUT : WORD;
}

bool hw_tok_whitespace_split(hw_tok_run *run, const void *data, hw_tok_piece *piece) { return split(run, piece, by_space, data); }

static char_class by_punctuation(const void *data, uint32_t c) {
  (void)data;
  return hw_tok_is_space(c) ? LEFT_OUT : hw_tok_is_punctuation(c) ? ALONE : WORD;
}

bool hw_tok_bert_split(hw_tok_run *run, const void *data, hw_tok_piece *piece) { return split(run, piece, by_punctuation, data); }

/* ---- CharDelimiterSplit ---- */

bool hw_tok_delimiter_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  uint32_t *delimiter = hw_arena_znew(&loader->tokenizer->memory, uint32_t, 1, loader->err);
  hw_tok_string text;
  size_t step = 0;
  *data = delimiter;
  if (!delimiter || !hw_tok_json_string(loader, json, where, "delimiter", true, &text)) return false;
  if (text.length) *delimiter = hw_tok_decode(text.bytes, text.length, &step);
  return (text.length && step == text.length) ||
         hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s.delimiter is \"%s\", want one character", loader->path, where, text.bytes);
}

static char_class by_delimiter(const void *data, uint32_t c) { return c == *(const uint32_t *)data ? LEFT_OUT : WORD; }

bool hw_tok_delimiter_split(hw_tok_run *run, const void *data, hw_tok_piece *piece) { return split(run, piece, by_delimiter, data); }

/* ---- FixedLength ---- */

bool hw_tok_fixed_length_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  size_t *length = hw_arena_znew(&loader->tokenizer->memory, size_t, 1, loader->err);
  const json_t *found = json_object_get(json, "length");
  *data = length;
  if (!length) return false;
  *length = 5;
  if (!found) return true;
  if (!json_is_integer(found) || json_integer_value(found) < 1) return hw_tok_json_want(loader, where, "length", found, "an integer of 1 or more");
  *length = (size_t)json_integer_value(found);
  return true;
}

bool hw_tok_fixed_length(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  const size_t most = *(const size_t *)data;
  size_t start = 0, n = 0;
  for (size_t i = 0, step; i < piece->length; i += step, n++) {
    (void)hw_tok_decode(piece->bytes + i, piece->length - i, &step);
    if (n < most) continue;
    if (!hw_tok_push_part(run, piece, start, i, -1)) return false;
    start = i;
    n = 0;
  }
  return hw_tok_push_part(run, piece, start, piece->length, -1);
}
