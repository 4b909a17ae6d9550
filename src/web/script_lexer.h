/* SPDX-License-Identifier: Apache-2.0
 * Tokens of a module of the page. What the lexer does not tell apart is forbidden in web/ by tests/rules/web.py. */
#ifndef HW_WEB_SCRIPT_LEXER_H
#define HW_WEB_SCRIPT_LEXER_H

#include <stddef.h>

#include "headwater/error.h"

typedef enum hw_script_kind {
  HW_SCRIPT_END,
  HW_SCRIPT_WORD,       /* a name, a keyword, a number or a part of one: "x", "#x", "10" of 10.5 */
  HW_SCRIPT_QUOTED,     /* a string, or a regular expression with its flags */
  HW_SCRIPT_TEMPLATE,   /* a part of a template: from ` or the } of ${ } to ` or ${ */
  HW_SCRIPT_PUNCTUATOR, /* one character, or => ... ?. ++ -- */
} hw_script_kind;

typedef struct hw_script_token {
  hw_script_kind kind;
  const char *at;
  size_t length;
  bool space, newline; /* white space or comments before it; a line end in these */
  bool property;       /* a word behind "." or "?." */
} hw_script_token;

enum { HW_SCRIPT_TEMPLATES = 8 }; /* templates within templates */

typedef struct hw_script_lexer {
  const char *name; /* of the file, for errors */
  const char *at, *end;
  hw_script_token token;                /* the last one */
  size_t depth;                         /* ${ } that are open */
  unsigned braces[HW_SCRIPT_TEMPLATES]; /* of each: braces that are open in it */
} hw_script_lexer;

void hw_script_open(hw_script_lexer *lexer, const char *name, const char *text, size_t length);
/* Reads lexer->token, HW_SCRIPT_END behind the last one. Errors: UNSUPPORTED: a string, template or comment does not end; templates too deep. */
bool hw_script_next(hw_script_lexer *lexer, hw_error *err);

bool hw_script_is(const hw_script_token *token, const char *text);
/* Does the token open, or close, brackets? The parts of a template do, at ${ and }. */
bool hw_script_opens(const hw_script_token *token);
bool hw_script_closes(const hw_script_token *token);

/* Letters, digits, "_", "$", "#", and all that is not ASCII. */
bool hw_script_is_word(char c);

#endif
