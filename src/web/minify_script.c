/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "web/minify.h"

enum { DEEPEST = 8, NESTED = 64 }; /* templates within templates; brackets within which declarations are joined */

typedef struct reader {
  const char *at, *end;
  hw_buffer *out;
  size_t begin;          /* where the script begins in out */
  bool space, newline;   /* white space since the last token */
  bool property;         /* the last token is a name behind "." */
  size_t depth;          /* ${ } that are open */
  unsigned open[DEEPEST]; /* of each: braces that are open in it */
  size_t nested;          /* brackets that are open */
  char declares[NESTED];  /* within each: what is being declared, 'c'onst, 'l'et, or 0 */
  char declared;          /* what the last token, ";", ended the declaration of */
} reader;

static bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '#' || (unsigned char)c >= 0x80;
}

static char before(const reader *lexer, size_t back) {
  return lexer->out->length >= lexer->begin + back ? lexer->out->data[lexer->out->length - back] : '\0';
}

/* The separator that the next token needs: "", " " or "\n". */
static void separate(reader *lexer) {
  char last = before(lexer, 1), next = lexer->at[0];
  bool doubled = lexer->end - lexer->at > 1 && lexer->at[1] == next;
  if (!lexer->space || !last) return;
  bool joins = (is_word(last) && is_word(next)) ||                          /* return x */
               (last == next && (next == '+' || next == '-')) ||            /* a + +b */
               (last == '/' && (next == '/' || next == '*')) ||             /* a / /b/ */
               (last == '<' && next == '!') || (last == '-' && next == '>') || /* comments of HTML */
               (is_digit(last) && next == '.');                 /* 1 .toFixed() */
  bool ends = is_word(last) || strchr(")]\"'`/", last) || ((last == '+' || last == '-') && before(lexer, 2) == last);
  bool begins = is_word(next) || (next && strchr("\"'{!~", next)) || (doubled && (next == '+' || next == '-'));
  if (joins || (lexer->newline && ends && begins)) hw_buffer_append_byte(lexer->out, lexer->newline ? '\n' : ' ');
}

static bool unfinished(const char *name, const char *what, hw_error *err) {
  return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: a %s does not end", name, what);
}

/* Behind a word that is one of these, "/" begins a regular expression. */
static bool is_operator_word(const char *word, size_t length) {
  static const char *const words[] = {"return", "typeof", "case", "in", "of", "else", "throw", "void", "delete", "await", "yield", "instanceof"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0) return true;
  return false;
}

/* Does "/" divide here? Behind a value it does; ")" and "}" count as the end of one. */
static bool divides(const reader *lexer) {
  char last = before(lexer, 1);
  if (is_word(last)) {
    size_t length = 1;
    while (is_word(before(lexer, length + 1))) length++;
    return lexer->property || !is_operator_word(lexer->out->data + lexer->out->length - length, length);
  }
  return last && (strchr(")]}\"'`", last) || ((last == '+' || last == '-') && before(lexer, 2) == last));
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

static bool put_until(reader *lexer, const char *stop, const char *name, const char *what, hw_error *err) {
  if (!stop) return unfinished(name, what, err);
  hw_buffer_append(lexer->out, lexer->at, (size_t)(stop - lexer->at));
  lexer->at = stop;
  return true;
}

/* What is declared between the brackets that are open now; NULL: they are too many. */
static char *declaration(reader *lexer) {
  return lexer->nested < NESTED ? &lexer->declares[lexer->nested] : NULL;
}

/* Brackets have declarations of their own; ";" ends one. */
static void follow_bracket(reader *lexer, char c) {
  if (c == '(' || c == '[' || c == '{') lexer->nested++;
  if ((c == ')' || c == ']' || c == '}') && lexer->nested) lexer->nested--;
  char *declares = declaration(lexer);
  if (!declares) return;
  if (c == ';') lexer->declared = *declares;
  if (c == '(' || c == '[' || c == '{' || c == ';') *declares = 0;
}

/* From ` or from the } of ${ } to the end of that part. */
static bool put_template(reader *lexer, const char *name, hw_error *err) {
  if (!put_until(lexer, behind_template(lexer->at + 1, lexer->end), name, "template", err)) return false;
  if (lexer->at[-1] != '{') return true;
  if (lexer->depth == DEEPEST) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s: templates within templates, want at most %d", name, DEEPEST);
  lexer->open[lexer->depth++] = 0;
  follow_bracket(lexer, '{');
  return true;
}

/* Is the word const or let? One that follows a declaration of the same kind becomes the comma of that. declared: of the token before. */
static bool joins_declarations(reader *lexer, const char *stop, char declared) {
  size_t length = (size_t)(stop - lexer->at);
  bool is_const = length == 5 && memcmp(lexer->at, "const", 5) == 0, is_let = length == 3 && memcmp(lexer->at, "let", 3) == 0;
  char *declares = declaration(lexer);
  if (lexer->property || !declares || (!is_const && !is_let)) return false;
  *declares = *lexer->at;
  if (declared != *lexer->at) return false;
  lexer->out->data[lexer->out->length - 1] = ',';
  return true;
}

static void put_word(reader *lexer, char declared) {
  lexer->property = before(lexer, 1) == '.';
  const char *stop = lexer->at;
  while (stop < lexer->end && is_word(*stop)) stop++;
  if (joins_declarations(lexer, stop, declared)) {
    lexer->at = stop;
    return;
  }
  bool needless = lexer->end - lexer->at > 2 && lexer->at[0] == '0' && lexer->at[1] == '.' && is_digit(lexer->at[2]); /* 0.5 */
  if (needless) lexer->at++;
  hw_buffer_append(lexer->out, lexer->at, (size_t)(stop - lexer->at));
  lexer->at = stop;
}

/* True where the } at `at` ends a ${ }. */
static bool counts_brace(reader *lexer) {
  if (!lexer->depth) return false;
  unsigned *open = &lexer->open[lexer->depth - 1];
  if (*lexer->at == '{') ++*open;
  else if (*lexer->at == '}' && (*open)-- == 0) return lexer->depth--, follow_bracket(lexer, '}'), true;
  return false;
}

/* (x) behind which "=>" stands becomes x, but not async (x). */
static void bare_parameter(reader *lexer) {
  size_t length = 0;
  if (before(lexer, 1) != ')') return;
  while (is_word(before(lexer, length + 2))) length++;
  if (!length || before(lexer, length + 2) != '(' || is_word(before(lexer, length + 3))) return;
  char *open = lexer->out->data + lexer->out->length - length - 2;
  memmove(open, open + 1, length);
  lexer->out->length -= 2;
}

static void put_punctuator(reader *lexer) {
  char c = *lexer->at++, last = before(lexer, 1);
  bool closes = c == '}' || c == ']' || c == ')', needless = (c == '}' && last == ';') || (closes && last == ',' && !strchr(",[", before(lexer, 2)));
  if (needless) lexer->out->length--;
  if (c == '=' && lexer->at < lexer->end && *lexer->at == '>') bare_parameter(lexer);
  hw_buffer_append_byte(lexer->out, (unsigned char)c);
  follow_bracket(lexer, c);
}

static bool skip_comment(reader *lexer, const char *name, hw_error *err) {
  const char *stop = memmem(lexer->at + 2, (size_t)(lexer->end - lexer->at) - 2, "*/", 2);
  if (!stop) return unfinished(name, "comment", err);
  if (memchr(lexer->at, '\n', (size_t)(stop - lexer->at))) lexer->newline = true;
  lexer->space = true;
  lexer->at = stop + 2;
  return true;
}

static bool put_token(reader *lexer, const char *name, hw_error *err) {
  char c = *lexer->at, declared = lexer->declared;
  separate(lexer);
  lexer->space = lexer->newline = false;
  lexer->declared = 0;
  if (is_word(c)) return put_word(lexer, declared), true;
  if (c == '"' || c == '\'') return put_until(lexer, behind_quoted(lexer->at, lexer->end), name, "string", err);
  if (c == '/' && !divides(lexer)) return put_until(lexer, behind_quoted(lexer->at, lexer->end), name, "regular expression", err);
  if (counts_brace(lexer) || c == '`') return put_template(lexer, name, err);
  put_punctuator(lexer);
  return true;
}

bool hw_minify_script(const char *name, const char *text, size_t length, hw_buffer *out, hw_error *err) {
  reader lexer = {.at = text, .end = text + length, .out = out, .begin = out->length};
  while (lexer.at < lexer.end && !out->failed) {
    if (is_space(*lexer.at)) {
      lexer.space = true;
      if (*lexer.at++ == '\n') lexer.newline = true;
    } else if (lexer.end - lexer.at > 1 && memcmp(lexer.at, "/*", 2) == 0) {
      if (!skip_comment(&lexer, name, err)) return false;
    } else if (!put_token(&lexer, name, err))
      return false;
  }
  if (lexer.depth) return unfinished(name, "template", err);
  if (before(&lexer, 1)) hw_buffer_append_byte(out, '\n');
  return hw_buffer_check(out, err);
}
