/* SPDX-License-Identifier: Apache-2.0
 * Patterns: a literal, a regular expression or a class of characters; and cutting a piece at
 * the places that match. */
#include <string.h>

#include "base/size.h"
#include "base/text.h"
#include "tokenizer/pattern.h"
#include "tokenizer/pieces.h"
#include "tokenizer/regex.h"
#include "tokenizer/state.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"
#include "tokenizer/younger.h"

/* Bytes of an expression that a message shows: whole characters. */
static int shown_bytes(const char *regex, size_t length) { return (int)hw_utf8_valid_prefix(regex, hw_smaller(length, 300)); }

bool hw_tok_pattern_compile_pcre2(hw_tok_loader *loader, const hw_buffer *pcre2, const char *shown, const char *where,
                                  hw_tok_pattern *pattern) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  struct hw_tok_code *entry = hw_arena_znew(&tokenizer->memory, struct hw_tok_code, 1, loader->err);
  if (!entry || !hw_buffer_check(pcre2, loader->err)) return false;
  pcre2_compile_context *context = pcre2_compile_context_create(NULL);
  int code = 0;
  PCRE2_SIZE at = 0;
  if (context) {
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, 100);
    entry->code = pcre2_compile((PCRE2_SPTR)(pcre2->data ? pcre2->data : ""), pcre2->length,
                                PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &code, &at, context);
    pcre2_compile_context_free(context);
  }
  if (!entry->code && (code == 0 || code == PCRE2_ERROR_HEAP_FAILED)) return hw_fail_memory(loader->err, loader->path);
  if (!entry->code) {
    char message[160];
    pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: %s: regular expression not understood (%s): %.*s", loader->path, where, message,
                   shown_bytes(shown, strlen(shown)), shown);
  }
  entry->next = tokenizer->codes;
  tokenizer->codes = entry;
  /* The bytes stand in for all settings of the step. */
  *pattern = (hw_tok_pattern){.type = HW_TOK_REGEX, .code = entry->code};
  pattern->jit = pcre2_jit_compile(entry->code, PCRE2_JIT_COMPLETE) == 0;
  return true;
}

/* The expression for text with younger characters, which is slower. */
static bool compile_younger(hw_tok_loader *loader, const hw_buffer *pcre2, const char *shown, const char *where, hw_tok_pattern *pattern) {
  hw_buffer with_younger;
  hw_buffer_init(&with_younger);
  hw_tok_pattern other;
  bool ok = true;
  if (hw_tok_regex_add_younger(pcre2, &with_younger)) {
    ok = hw_tok_pattern_compile_pcre2(loader, &with_younger, shown, where, &other);
    if (ok) pattern->younger = other.code, pattern->jit = pattern->jit && other.jit;
  }
  hw_buffer_fini(&with_younger);
  return ok;
}

bool hw_tok_pattern_compile(hw_tok_loader *loader, const char *regex, size_t length, const char *where, hw_tok_pattern *pattern) {
  hw_buffer translated;
  hw_buffer_init(&translated);
  const char *refused = NULL;
  bool read = hw_tok_regex_translate(regex, length, &translated, &refused);
  bool ok = hw_buffer_check(&translated, loader->err) && /* without memory it is not what was read */
            (read || hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: %s: regular expression with %s, which is not supported: %.*s", loader->path, where,
                    refused, shown_bytes(regex, length), regex));
  ok = ok && hw_tok_pattern_compile_pcre2(loader, &translated, regex, where, pattern) && compile_younger(loader, &translated, regex, where, pattern);
  hw_buffer_fini(&translated);
  return ok;
}

bool hw_tok_pattern_parse(hw_tok_loader *loader, const json_t *object, const char *where, const char *key,
                          hw_tok_pattern *pattern) {
  const json_t *value = json_object_get(object, key);
  const json_t *regex = json_object_get(value, "Regex"), *literal = json_object_get(value, "String");
  if (json_is_string(value)) literal = value;
  if (json_is_string(regex)) return hw_tok_pattern_compile(loader, json_string_value(regex), json_string_length(regex), where, pattern);
  if (!json_is_string(literal)) return hw_tok_json_want(loader, where, key, value, "{\"String\": ...} or {\"Regex\": ...}");
  *pattern = (hw_tok_pattern){.type = HW_TOK_LITERAL, .literal = {json_string_value(literal), json_string_length(literal)}};
  if (pattern->literal.length == 0)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: %s.%s is an empty string, which is not supported", loader->path, where, key);
  return hw_tok_keep(loader, &pattern->literal);
}

void hw_tok_matcher_init(hw_tok_matcher *matcher, const hw_tok_pattern *pattern, const hw_tok_piece *piece) {
  bool younger = pattern->younger && hw_tok_has_younger(piece->bytes, piece->length);
  const pcre2_code *code = younger ? pattern->younger : pattern->code;
  *matcher = (hw_tok_matcher){.pattern = pattern, .code = code, .bytes = piece->bytes, .length = piece->length, .last_end = SIZE_MAX};
}

static int literal_next(hw_tok_matcher *matcher, size_t *start, size_t *end) {
  hw_tok_string literal = matcher->pattern->literal;
  const char *from = matcher->bytes + matcher->position;
  const char *found = literal.length == 1 ? memchr(from, literal.bytes[0], matcher->length - matcher->position)
                                          : memmem(from, matcher->length - matcher->position, literal.bytes, literal.length);
  if (!found) return 0;
  *start = (size_t)(found - matcher->bytes);
  *end = matcher->position = *start + literal.length;
  return 1;
}

static int class_next(hw_tok_matcher *matcher, size_t *start, size_t *end) {
  for (size_t step; matcher->position < matcher->length;) {
    *start = matcher->position;
    uint32_t c = hw_tok_decode(matcher->bytes + *start, matcher->length - *start, &step);
    *end = matcher->position = *start + step;
    if (matcher->pattern->is_member(c)) return 1;
  }
  return 0;
}

static int regex_match(hw_tok_run *run, const pcre2_code *expression, bool jit, const char *bytes, size_t length, size_t position) {
  PCRE2_SPTR subject = (PCRE2_SPTR)bytes;
  int code = PCRE2_ERROR_JIT_STACKLIMIT;
  if (jit) code = pcre2_jit_match(expression, subject, length, position, 0, run->match, NULL);
  if (code == PCRE2_ERROR_JIT_STACKLIMIT)
    code = pcre2_match(expression, subject, length, position, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, run->match, NULL);
  return code;
}

static bool fail_match(const hw_tok_run *run, int code) {
  if (code == PCRE2_ERROR_NOMEMORY) return hw_fail_memory(run->err, "the tokenizer's regular expression");
  char message[160] = "";
  pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
  return hw_fail(run->err, HW_ERROR_PROMPT, "the tokenizer's regular expression gave up on this text: %s", message);
}

static int regex_next(hw_tok_run *run, hw_tok_matcher *matcher, size_t *start, size_t *end) {
  while (matcher->position <= matcher->length) {
    int code = regex_match(run, matcher->code, matcher->pattern->jit, matcher->bytes, matcher->length, matcher->position);
    if (code == PCRE2_ERROR_NOMATCH) return 0;
    if (code < 0) return fail_match(run, code), -1;
    const PCRE2_SIZE *found = pcre2_get_ovector_pointer(run->match);
    *start = found[0] < found[1] ? found[0] : found[1]; /* \K in a lookahead can turn them round */
    *end = found[1];
    if (*start == *end && *end == matcher->last_end) { /* no empty match right behind a match */
      size_t step = 1;
      if (matcher->position < matcher->length)
        (void)hw_tok_decode(matcher->bytes + matcher->position, matcher->length - matcher->position, &step);
      matcher->position += step;
      continue;
    }
    matcher->position = matcher->last_end = *end;
    return 1;
  }
  return 0;
}

bool hw_tok_pattern_mark(hw_tok_run *run, const hw_tok_pattern *pattern, const char *bytes, size_t length, size_t position, const char **mark) {
  int code = regex_match(run, pattern->code, pattern->jit, bytes, length, position);
  *mark = code > 0 ? (const char *)pcre2_get_mark(run->match) : NULL;
  return code > 0 || code == PCRE2_ERROR_NOMATCH || fail_match(run, code);
}

int hw_tok_matcher_next(hw_tok_run *run, hw_tok_matcher *matcher, size_t *start, size_t *end) {
  switch (matcher->pattern->type) {
  case HW_TOK_LITERAL: return literal_next(matcher, start, end);
  case HW_TOK_CLASS: return class_next(matcher, start, end);
  default: return regex_next(run, matcher, start, end);
  }
}

/* Joins runs of matching and other text as the behavior says; holds the last one back. */
typedef struct joiner {
  hw_tok_behavior behavior;
  bool held, is_match;
  size_t start, end;
} joiner;

static bool flush(hw_tok_run *run, joiner *state, const hw_tok_piece *piece) {
  bool keep = state->held && !(state->behavior == HW_TOK_REMOVED && state->is_match);
  state->held = false;
  return !keep || hw_tok_push_part(run, piece, state->start, state->end, -1);
}

static bool join(hw_tok_run *run, joiner *state, const hw_tok_piece *piece, size_t start, size_t end, bool is_match) {
  bool extend = false;
  switch (state->behavior) {
  case HW_TOK_CONTIGUOUS: extend = is_match == state->is_match; break;
  case HW_TOK_MERGED_WITH_PREVIOUS: extend = is_match && !state->is_match; break;
  case HW_TOK_MERGED_WITH_NEXT: extend = !is_match && state->is_match; break;
  case HW_TOK_REMOVED:
  case HW_TOK_ISOLATED: break;
  }
  if (!state->held || !extend) {
    if (!flush(run, state, piece)) return false;
    state->start = start;
  }
  state->held = true;
  state->is_match = is_match;
  state->end = end;
  return true;
}

bool hw_tok_split(hw_tok_run *run, const hw_tok_piece *piece, const hw_tok_pattern *pattern, hw_tok_behavior behavior,
                  bool invert) {
  hw_tok_matcher matcher;
  hw_tok_matcher_init(&matcher, pattern, piece);
  joiner state = {.behavior = behavior};
  size_t start, end, done = 0;
  int found;
  while ((found = hw_tok_matcher_next(run, &matcher, &start, &end)) > 0) {
    if (done < start && !join(run, &state, piece, done, start, invert)) return false;
    if (!join(run, &state, piece, start, end, !invert)) return false;
    done = end;
  }
  if (found < 0) return false;
  if (done < piece->length && !join(run, &state, piece, done, piece->length, invert)) return false;
  return flush(run, &state, piece);
}

static bool copy_part(hw_tok_run *run, const hw_tok_piece *piece, size_t start, size_t end) {
  for (size_t i = start; i < end; i++)
    if (!hw_tok_build_put(run, piece->bytes + i, 1, piece->from[i], piece->to[i])) return false;
  return true;
}

bool hw_tok_replace(hw_tok_run *run, hw_tok_piece *piece, const hw_tok_pattern *pattern, hw_tok_string content) {
  hw_tok_matcher matcher;
  hw_tok_matcher_init(&matcher, pattern, piece);
  size_t start, end, done = 0;
  int found = hw_tok_matcher_next(run, &matcher, &start, &end);
  if (found <= 0) return found == 0;
  if (!hw_tok_build_begin(run, piece->length)) return false;
  for (; found > 0; found = hw_tok_matcher_next(run, &matcher, &start, &end)) {
    /* What replaces a match is aligned with the last character of it. */
    uint32_t from = end ? piece->from[end - 1] : piece->origin, to = end ? piece->to[end - 1] : piece->origin;
    if (!copy_part(run, piece, done, start) || !hw_tok_build_put(run, content.bytes, content.length, from, to)) return false;
    done = end;
  }
  if (found < 0 || !copy_part(run, piece, done, piece->length)) return false;
  hw_tok_build_end(run, piece);
  return true;
}
