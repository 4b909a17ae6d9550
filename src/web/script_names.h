/* SPDX-License-Identifier: Apache-2.0
 * The tokens of a whole script, and which of its words are names of variables. */
#ifndef HW_WEB_SCRIPT_NAMES_H
#define HW_WEB_SCRIPT_NAMES_H

#include <stdint.h>

#include "headwater/arena.h"
#include "web/script_lexer.h"

typedef enum hw_script_role {
  HW_SCRIPT_OTHER,     /* no word, or a property: x.name, {name: x}, {name() {}} */
  HW_SCRIPT_NAME,      /* of a variable, or a keyword */
  HW_SCRIPT_SHORTHAND, /* {name}: a property and a variable */
} hw_script_role;

typedef enum hw_script_bracket { HW_SCRIPT_NO_BRACE, HW_SCRIPT_BLOCK, HW_SCRIPT_OBJECT, HW_SCRIPT_CLASS } hw_script_bracket;

typedef struct hw_script_word {
  hw_script_token token;
  hw_script_role role;
  hw_script_bracket brace; /* of one that opens a bracket: what { begins */
  bool declares;           /* the variable is declared here */
  bool at_top;             /* ... for the whole script */
  uint32_t match;          /* of one that opens a bracket: where it is closed */
  uint32_t statement;      /* of those at the top level, counted from 0 */
} hw_script_word;

typedef struct hw_script {
  hw_script_word *words; /* [n + 1], in the arena; the last one is HW_SCRIPT_END */
  size_t n, n_statements;
} hw_script;

/* Reads a script. Memory is from the arena. Errors: as hw_script_next; UNSUPPORTED too for brackets that do not match or are too deep. */
bool hw_script_read(const char *name, const char *text, size_t length, hw_arena *arena, hw_script *script, hw_error *err);

#endif
