/* SPDX-License-Identifier: Apache-2.0
 * The comment at the head of a query: what it answers, the tables it needs, its parameters. */
#ifndef HW_QUERY_COMMENT_H
#define HW_QUERY_COMMENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hw_comment_text { /* not terminated */
  const char *at; /* NULL: there is none */
  size_t length;
} hw_comment_text;

typedef enum hw_comment_kind {
  HW_COMMENT_WORDS,     /* -- words */
  HW_COMMENT_PARAMETER, /* -- :name <type> = default  words; without a default the parameter must be given, without a type it takes any value */
  HW_COMMENT_NEEDS,     /* -- needs name [without parameter]: words (how to make the table) */
} hw_comment_kind;

typedef struct hw_comment_line {
  hw_comment_kind kind;
  hw_comment_text name, words;
  hw_comment_text without; /* the table is needed where this parameter is NULL; none: always */
  hw_comment_text type;  /* what stands between < and > */
  hw_comment_text value; /* the default, without its quotes */
  bool quoted;           /* the default stands in single quotes */
} hw_comment_line;

/* Reads the next line of the comment at *text and moves on; the licence and blank lines are passed over. false: the comment is over,
 * and *text is at the statement. */
bool hw_query_comment(const char **text, hw_comment_line *line);

/* The line of the parameter in the comment at `text`; false and an empty line: there is none. */
bool hw_query_comment_parameter(const char *text, const char *name, hw_comment_line *line);

/* Is it this word? */
bool hw_comment_is(hw_comment_text text, const char *word);

#endif
