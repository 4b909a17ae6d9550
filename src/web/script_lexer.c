/* SPDX-License-Identifier: Apache-2.0 */
#include "web/script_lexer.h"

#include <string.h>

bool hw_script_is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '#' || (unsigned char)c >= 0x80;
}

bool hw_script_is(const hw_script_token *token, const char *text) {
  return token->kind != HW_SCRIPT_QUOTED && token->length == strlen(text) && memcmp(token->at, text, token->length) == 0;
}

static bool is_among(char c, const char *set) {
  return c && strchr(set, c);
}

bool hw_script_opens(const hw_script_token *token) {
  if (token->kind == HW_SCRIPT_TEMPLATE) return token->at[token->length - 1] == '{';
  return token->kind == HW_SCRIPT_PUNCTUATOR && is_among(token->at[0], "([{");
}

bool hw_script_closes(const hw_script_token *token) {
  return token->kind == HW_SCRIPT_TEMPLATE ? token->at[0] == '}' : token->kind == HW_SCRIPT_PUNCTUATOR && is_among(token->at[0], ")]}");
}

void hw_script_open(hw_script_lexer *lexer, const char *name, const char *text, size_t length) {
  *lexer = (hw_script_lexer){.name = name, .at = text, .end = text + length};
}

static bool unfinished(const hw_script_lexer *lexer, const char *what, hw_error *err) {
  return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: a %s does not end", lexer->name, what);
}

/* Behind a word that is one of these, "/" begins a regular expression. */
static bool is_operator_word(const hw_script_token *token) {
  static const char *const words[] = {"return", "typeof", "case", "in", "of", "else", "throw", "void", "delete", "await", "yield", "instanceof"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (hw_script_is(token, words[i])) return true;
  return false;
}

/* Does "/" divide behind this token? Behind a value it does; ")" and "}" count as the end of one. */
static bool divides_behind(const hw_script_token *before) {
  switch (before->kind) {
    case HW_SCRIPT_END: return false;
    case HW_SCRIPT_WORD: return before->property || !is_operator_word(before);
    case HW_SCRIPT_QUOTED: return before->at[0] != '/';
    case HW_SCRIPT_TEMPLATE: return !hw_script_opens(before);
    case HW_SCRIPT_PUNCTUATOR: break;
  }
  return hw_script_closes(before) || hw_script_is(before, "++") || hw_script_is(before, "--");
}

/* The byte behind a string or regular expression that begins at `at`; NULL: it does not end in its line. */
static const char *behind_quoted(const char *at, const char *end) {
  char quote = *at;
  bool in_class = false;
  while (++at < end && *at != '\n') {
    if (*at == '\\' && at + 1 < end) at++;
    else if (quote == '/' && (*at == '[' || *at == ']')) in_class = *at == '[';
    else if (*at == quote && !in_class) return at + 1;
  }
  return NULL;
}

/* The byte behind the part of a template from `at` on, which ends in ` or ${; NULL: it does not end. */
static const char *behind_template(const char *at, const char *end) {
  for (; at < end; at++) {
    if (*at == '\\' && at + 1 < end) at++;
    else if (*at == '`') return at + 1;
    else if (*at == '$' && end - at > 1 && at[1] == '{') return at + 2;
  }
  return NULL;
}

static const char *behind_word(const char *at, const char *end) {
  while (at < end && hw_script_is_word(*at)) at++;
  return at;
}

static const char *behind_punctuator(const char *at, const char *end) {
  static const char *const longer[] = {"=>", "...", "++", "--"};
  size_t left = (size_t)(end - at);
  for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
    if (left >= strlen(longer[i]) && memcmp(at, longer[i], strlen(longer[i])) == 0) return at + strlen(longer[i]);
  bool chains = left > 1 && at[0] == '?' && at[1] == '.' && !(left > 2 && at[2] >= '0' && at[2] <= '9'); /* not a?.5:b */
  return at + (chains ? 2 : 1);
}

/* White space and comments. */
static bool skip_blank(hw_script_lexer *lexer, hw_error *err) {
  hw_script_token *token = &lexer->token;
  while (lexer->at < lexer->end) {
    const char *stop = lexer->at + 1;
    if (lexer->end - lexer->at > 1 && memcmp(lexer->at, "/*", 2) == 0) {
      stop = memmem(lexer->at + 2, (size_t)(lexer->end - lexer->at) - 2, "*/", 2);
      if (!stop) return unfinished(lexer, "comment", err);
      stop += 2;
    } else if (!is_among(*lexer->at, " \n\t\r"))
      break;
    token->space = true;
    token->newline = token->newline || memchr(lexer->at, '\n', (size_t)(stop - lexer->at));
    lexer->at = stop;
  }
  return true;
}

/* True where the } at hand ends a ${ }. */
static bool counts_brace(hw_script_lexer *lexer) {
  if (!lexer->depth) return false;
  unsigned *open = &lexer->braces[lexer->depth - 1];
  if (*lexer->at == '{') ++*open;
  else if (*lexer->at == '}' && (*open)-- == 0) return lexer->depth--, true;
  return false;
}

static bool end_token(hw_script_lexer *lexer, hw_script_kind kind, const char *stop, const char *what, hw_error *err) {
  if (!stop) return unfinished(lexer, what, err);
  lexer->token.kind = kind;
  lexer->token.length = (size_t)(stop - lexer->at);
  lexer->at = stop;
  if (kind != HW_SCRIPT_TEMPLATE || stop[-1] != '{') return true;
  if (lexer->depth == HW_SCRIPT_TEMPLATES)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: templates within templates, want at most %d", lexer->name, HW_SCRIPT_TEMPLATES);
  lexer->braces[lexer->depth++] = 0;
  return true;
}

bool hw_script_next(hw_script_lexer *lexer, hw_error *err) {
  const hw_script_token before = lexer->token;
  lexer->token = (hw_script_token){.kind = HW_SCRIPT_END};
  if (!skip_blank(lexer, err)) return false;
  lexer->token.at = lexer->at;
  if (lexer->at == lexer->end) return !lexer->depth || unfinished(lexer, "template", err);
  char c = *lexer->at;
  lexer->token.property = hw_script_is(&before, ".") || hw_script_is(&before, "?.");
  if (hw_script_is_word(c)) return end_token(lexer, HW_SCRIPT_WORD, behind_word(lexer->at, lexer->end), "word", err);
  if (is_among(c, "\"'")) return end_token(lexer, HW_SCRIPT_QUOTED, behind_quoted(lexer->at, lexer->end), "string", err);
  if (c == '/' && !divides_behind(&before)) {
    const char *flags = behind_quoted(lexer->at, lexer->end);
    return end_token(lexer, HW_SCRIPT_QUOTED, flags ? behind_word(flags, lexer->end) : NULL, "regular expression", err);
  }
  if (counts_brace(lexer) || c == '`') return end_token(lexer, HW_SCRIPT_TEMPLATE, behind_template(lexer->at + 1, lexer->end), "template", err);
  return end_token(lexer, HW_SCRIPT_PUNCTUATOR, behind_punctuator(lexer->at, lexer->end), "sign", err);
}
