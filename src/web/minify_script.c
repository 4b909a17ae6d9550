/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "web/minify.h"
#include "web/script_lexer.h"

enum { NESTED = 64 }; /* brackets that are followed */

typedef struct script_bracket {
  bool declares; /* is a const or let being declared in it? */
  bool heads;    /* is it that of if (), for () or while ()? */
} script_bracket;

typedef struct script_writer {
  hw_buffer *out;
  size_t begin;          /* where the script begins in out */
  size_t nested;         /* brackets that are open */
  script_bracket brackets[NESTED]; /* [0]: outside of all */
  bool declared;         /* the last token, ";", ended such a declaration */
  bool headed;           /* the last token, ")", ended a head: a statement follows */
} script_writer;

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static char before(const script_writer *writer, size_t back) {
  return writer->out->length >= writer->begin + back ? writer->out->data[writer->out->length - back] : '\0';
}

/* The separator that the token needs: "", " " or "\n". */
static void separate(script_writer *writer, const hw_script_token *token) {
  char last = before(writer, 1), next = token->at[0];
  if (!token->space || !last) return;
  bool counts = hw_script_is(token, "++") || hw_script_is(token, "--");
  bool joins = (hw_script_is_word(last) && hw_script_is_word(next)) ||         /* return x */
               (last == next && (next == '+' || next == '-')) ||               /* a + +b */
               (last == '/' && (next == '/' || next == '*')) ||                /* a / /b/ */
               (last == '<' && next == '!') || (last == '-' && next == '>') || /* comments of HTML */
               (is_digit(last) && next == '.');                                /* 1 .toFixed() */
  bool ends = hw_script_is_word(last) || strchr(")]\"'`/", last) || ((last == '+' || last == '-') && before(writer, 2) == last);
  bool begins = hw_script_is_word(next) || (next && strchr("\"'{!~", next)) || counts;
  if (joins || (token->newline && ends && begins && !writer->headed)) hw_buffer_append_byte(writer->out, token->newline ? '\n' : ' ');
}

/* The brackets that are open now; NULL: they are too many. */
static script_bracket *innermost(script_writer *writer) {
  return writer->nested < NESTED ? &writer->brackets[writer->nested] : NULL;
}

/* Does the script end with this word, before the "(" that is its last character? */
static bool opens_behind(const script_writer *writer, const char *word) {
  size_t length = strlen(word);
  const char *end = writer->out->data + writer->out->length - 1;
  return writer->out->length - writer->begin > length && memcmp(end - length, word, length) == 0 &&
         (writer->out->length - writer->begin == length + 1 || (!hw_script_is_word(end[-(ptrdiff_t)length - 1]) && end[-(ptrdiff_t)length - 1] != '.'));
}

/* Brackets have declarations of their own; ";" ends one. */
static void follow_brackets(script_writer *writer, const hw_script_token *token) {
  bool opens = hw_script_opens(token), ends = hw_script_is(token, ";");
  script_bracket *bracket = innermost(writer);
  if (hw_script_closes(token) && writer->nested) {
    writer->headed = bracket && bracket->heads;
    writer->nested--;
  }
  if (opens) writer->nested++;
  if (!(bracket = innermost(writer))) return;
  if (ends) writer->declared = bracket->declares;
  if (opens || ends) bracket->declares = false;
  if (opens) bracket->heads = hw_script_is(token, "(") && (opens_behind(writer, "if") || opens_behind(writer, "for") || opens_behind(writer, "while"));
}

/* A declaration by const or let is one by let: a script that works never writes to a const. One that follows another, which the token before
 * ended (declared), becomes the comma of that. Is the word one of these? */
static bool put_declaration(script_writer *writer, const hw_script_token *token, const char *end, bool declared) {
  script_bracket *bracket = innermost(writer);
  const char *next = token->at + token->length;
  while (next < end && strchr(" \n", *next)) next++;
  if (token->property || next == end || strchr(":,}(", *next) || (!hw_script_is(token, "const") && !hw_script_is(token, "let"))) return false;
  if (bracket) bracket->declares = true;
  if (bracket && declared) writer->out->data[writer->out->length - 1] = ',';
  else hw_buffer_append_string(writer->out, "let");
  return true;
}

/* (x) behind which "=>" stands becomes x, but not async (x). */
static void bare_parameter(script_writer *writer) {
  size_t length = 0;
  if (before(writer, 1) != ')') return;
  while (hw_script_is_word(before(writer, length + 2))) length++;
  if (!length || before(writer, length + 2) != '(' || hw_script_is_word(before(writer, length + 3))) return;
  char *open = writer->out->data + writer->out->length - length - 2;
  memmove(open, open + 1, length);
  writer->out->length -= 2;
}

/* Takes back what means nothing before this punctuator. */
static void drop_needless(script_writer *writer, const hw_script_token *token) {
  char last = before(writer, 1);
  bool needless = (hw_script_is(token, "}") && last == ';') || (hw_script_closes(token) && last == ',' && !strchr(",[", before(writer, 2)));
  if (needless) writer->out->length--;
  if (hw_script_is(token, "=>")) bare_parameter(writer);
}

/* Is the word the 0 of 0.5? */
static bool is_needless_zero(const hw_script_token *token, const char *end) {
  return hw_script_is(token, "0") && end - token->at > 2 && token->at[1] == '.' && is_digit(token->at[2]);
}

static void put_token(script_writer *writer, const hw_script_token *token, const char *end) {
  bool declared = writer->declared;
  separate(writer, token);
  writer->declared = writer->headed = false;
  if (token->kind == HW_SCRIPT_WORD && (put_declaration(writer, token, end, declared) || is_needless_zero(token, end))) return;
  if (token->kind == HW_SCRIPT_PUNCTUATOR) drop_needless(writer, token);
  hw_buffer_append(writer->out, token->at, token->length);
  follow_brackets(writer, token);
}

bool hw_minify_script(const char *name, const char *text, size_t length, hw_buffer *out, hw_error *err) {
  script_writer writer = {.out = out, .begin = out->length};
  hw_script_lexer lexer;
  hw_script_open(&lexer, name, text, length);
  while (!out->failed) {
    if (!hw_script_next(&lexer, err)) return false;
    if (lexer.token.kind == HW_SCRIPT_END) break;
    put_token(&writer, &lexer.token, lexer.end);
  }
  if (before(&writer, 1) && !strchr(";}", before(&writer, 1))) hw_buffer_append_byte(out, '\n');
  return hw_buffer_check(out, err);
}
