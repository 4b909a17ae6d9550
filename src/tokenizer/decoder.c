/* SPDX-License-Identifier: Apache-2.0
 * What each token stands for. Decoders work on a whole text; here each token is decoded by itself, so those that only treat the
 * ends of a text (Strip, Fuse, Metaspace's first space) do nothing. */
#include <string.h>

#include "tokenizer/byte_level.h"
#include "tokenizer/decoder.h"
#include "tokenizer/state.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"

static bool byte_level(const void *data, const char *bytes, size_t length, hw_buffer *out) {
  (void)data;
  size_t before = out->length;
  for (size_t i = 0, step; i < length; i += step) {
    unsigned char byte;
    if (hw_tok_char_byte(hw_tok_decode(bytes + i, length - i, &step), &byte)) {
      hw_buffer_append_byte(out, byte);
      continue;
    }
    out->length = before; /* not in GPT-2's byte alphabet: the token is kept unchanged */
    hw_buffer_append(out, bytes, length);
    return true;
  }
  return true;
}

static int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool byte_fallback(const void *data, const char *bytes, size_t length, hw_buffer *out) {
  (void)data;
  if (length == 6 && memcmp(bytes, "<0x", 3) == 0 && bytes[5] == '>' && hex_digit(bytes[3]) >= 0 && hex_digit(bytes[4]) >= 0)
    hw_buffer_append_byte(out, (unsigned char)(16 * hex_digit(bytes[3]) + hex_digit(bytes[4])));
  else
    hw_buffer_append(out, bytes, length);
  return true;
}

static bool nothing(const void *data, const char *bytes, size_t length, hw_buffer *out) {
  (void)data;
  hw_buffer_append(out, bytes, length);
  return true;
}

typedef struct replace_settings {
  hw_tok_string from, to;
} replace_settings;

static bool replace_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  replace_settings *settings = hw_arena_znew(&loader->tokenizer->memory, replace_settings, 1, loader->err);
  *data = settings;
  const json_t *pattern = json_object_get(json, "pattern");
  if (!settings) return false;
  if (!hw_tok_json_string(loader, pattern, where, "String", false, &settings->from) || !settings->from.length)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: %s.pattern is not {\"String\": ...}, which alone is supported",
                   loader->path, where);
  return hw_tok_keep(loader, &settings->from) && hw_tok_json_string(loader, json, where, "content", true, &settings->to) &&
         hw_tok_keep(loader, &settings->to);
}

static bool metaspace_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  replace_settings *settings = hw_arena_znew(&loader->tokenizer->memory, replace_settings, 1, loader->err);
  *data = settings;
  if (!settings || !hw_tok_json_string(loader, json, where, "replacement", true, &settings->from)) return false;
  if (!settings->from.length) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s.replacement is empty", loader->path, where);
  settings->to = (hw_tok_string){" ", 1};
  return hw_tok_keep(loader, &settings->from);
}

static bool replace(const void *data, const char *bytes, size_t length, hw_buffer *out) {
  const replace_settings *settings = data;
  for (size_t i = 0; i < length;) {
    const char *found = memmem(bytes + i, length - i, settings->from.bytes, settings->from.length);
    size_t end = found ? (size_t)(found - bytes) : length;
    hw_buffer_append(out, bytes + i, end - i);
    if (found) hw_buffer_append(out, settings->to.bytes, settings->to.length);
    i = found ? end + settings->from.length : length;
  }
  return true;
}

/* ---- WordPiece ---- */

typedef struct wordpiece_settings {
  hw_tok_string prefix;
  bool cleanup;
} wordpiece_settings;

static bool wordpiece_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  wordpiece_settings *settings = hw_arena_znew(&loader->tokenizer->memory, wordpiece_settings, 1, loader->err);
  *data = settings;
  return settings && hw_tok_json_string(loader, json, where, "prefix", true, &settings->prefix) && hw_tok_keep(loader, &settings->prefix) &&
         hw_tok_json_bool(loader, json, where, "cleanup", &settings->cleanup);
}

/* A token that continues no word begins one. With cleanup there is no space before some marks. */
static bool wordpiece(const void *data, const char *bytes, size_t length, hw_buffer *out) {
  static const char *const unspaced[] = {".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"};
  const wordpiece_settings *settings = data;
  size_t prefix = settings->prefix.length;
  if (prefix && length >= prefix && memcmp(bytes, settings->prefix.bytes, prefix) == 0) {
    hw_buffer_append(out, bytes + prefix, length - prefix);
    return true;
  }
  bool space = true;
  for (size_t i = 0; settings->cleanup && i < HW_TOK_COUNT(unspaced); i++) {
    size_t n = strlen(unspaced[i]);
    if (length >= n && memcmp(bytes, unspaced[i], n) == 0) space = false;
  }
  if (space) hw_buffer_append_byte(out, ' ');
  hw_buffer_append(out, bytes, length);
  return true;
}

static const hw_tok_kind kinds[] = {
    {"ByteLevel", hw_tok_no_settings, {.decode = byte_level}},
    {"ByteFallback", hw_tok_no_settings, {.decode = byte_fallback}},
    {"Replace", replace_parse, {.decode = replace}},
    {"Metaspace", metaspace_parse, {.decode = replace}},
    {"WordPiece", wordpiece_parse, {.decode = wordpiece}},
    {"Fuse", hw_tok_no_settings, {.decode = nothing}},
    {"Strip", hw_tok_no_settings, {.decode = nothing}},
};

const hw_tok_stage hw_tok_decoders = {"decoder", "decoders", kinds, HW_TOK_COUNT(kinds)};

/* What `a` could not hold is missing in `b` too. */
static void swap(hw_buffer *a, hw_buffer *b) {
  hw_buffer before = *a;
  *a = *b;
  *b = before;
  a->failed |= before.failed;
}

/* Runs the decoders over one token; `a` holds the result. A file without decoders is read as its encoding side suggests. */
static void decode(const hw_tokenizer *tokenizer, hw_tok_string name, bool added, hw_buffer *a, hw_buffer *b) {
  hw_buffer_reset(a);
  hw_buffer_append(a, name.bytes, name.length);
  for (size_t i = 0; i < tokenizer->decoders.n; i++) {
    const hw_tok_step *step = &tokenizer->decoders.items[i];
    if (added && step->kind->apply.decode != replace) continue; /* an added token is text, not bytes */
    hw_buffer_reset(b);
    step->kind->apply.decode(step->data, a->data ? a->data : "", a->length, b);
    swap(a, b);
  }
  if (tokenizer->decoders.n == 0 && tokenizer->byte_level && !added) {
    hw_buffer_reset(b);
    byte_level(NULL, a->data ? a->data : "", a->length, b);
    swap(a, b);
  }
}

static bool keep_piece(hw_tokenizer *tokenizer, int32_t id, const hw_buffer *bytes, hw_error *err) {
  char *copy = hw_buffer_check(bytes, err) ? hw_arena_copy(&tokenizer->memory, bytes->data ? bytes->data : "", bytes->length, err) : NULL;
  tokenizer->pieces[id] = (hw_tok_string){copy, bytes->length};
  return copy != NULL;
}

bool hw_tok_pieces_make(hw_tokenizer *tokenizer, hw_error *err) {
  const hw_tok_vocab *vocab = &tokenizer->vocab;
  tokenizer->size = vocab->size;
  for (size_t i = 0; i < tokenizer->added.n; i++)
    if (tokenizer->added.tokens[i].id >= tokenizer->size) tokenizer->size = tokenizer->added.tokens[i].id + 1;
  tokenizer->pieces = hw_arena_znew(&tokenizer->memory, hw_tok_string, (size_t)tokenizer->size, err);
  tokenizer->special = hw_arena_znew(&tokenizer->memory, bool, (size_t)tokenizer->size, err);
  if (!tokenizer->pieces || !tokenizer->special) return false;
  hw_buffer a, b;
  hw_buffer_init(&a);
  hw_buffer_init(&b);
  bool ok = true;
  for (int32_t id = 0; ok && id < vocab->size; id++) {
    if (!vocab->names[id].bytes) continue;
    decode(tokenizer, vocab->names[id], false, &a, &b);
    ok = keep_piece(tokenizer, id, &a, err);
  }
  for (size_t i = 0; ok && i < tokenizer->added.n; i++) {
    const hw_tok_added_token *token = &tokenizer->added.tokens[i];
    tokenizer->special[token->id] |= token->special;
    if (token->special) {
      tokenizer->pieces[token->id] = token->content;
      continue;
    }
    decode(tokenizer, token->content, true, &a, &b);
    ok = keep_piece(tokenizer, token->id, &a, err);
  }
  hw_buffer_fini(&a);
  hw_buffer_fini(&b);
  return ok;
}
