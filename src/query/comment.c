/* SPDX-License-Identifier: Apache-2.0 */
#include "query/comment.h"

#include <string.h>

bool hw_comment_is(hw_comment_text text, const char *word) {
  return text.at && strlen(word) == text.length && memcmp(text.at, word, text.length) == 0;
}

static const char *skip_spaces(const char *at) { return at + strspn(at, " \t"); }

/* Takes up to one of the bytes of `end`, or the end of the line. */
static hw_comment_text take(const char **at, const char *end) {
  hw_comment_text taken = {*at, 0};
  while ((*at)[0] && !strchr("\r\n", (*at)[0]) && !strchr(end, (*at)[0])) (*at)++;
  taken.length = (size_t)(*at - taken.at);
  return taken;
}

static void read_parameter(const char *at, hw_comment_line *line) {
  line->kind = HW_COMMENT_PARAMETER;
  line->name = take(&at, " \t=");
  at = skip_spaces(at);
  if (*at == '<') {
    at++;
    line->type = take(&at, ">");
    at = skip_spaces(at + (*at == '>'));
  }
  if (*at == '=') {
    at = skip_spaces(at + 1);
    line->quoted = *at == '\'';
    at += line->quoted;
    line->value = take(&at, line->quoted ? "'" : " \t");
    at += line->quoted && *at == '\'';
  }
  at = skip_spaces(at);
  line->words = take(&at, "");
}

static void read_needs(const char *at, hw_comment_line *line) {
  line->kind = HW_COMMENT_NEEDS;
  static const char without[] = " without ";
  line->name = take(&at, " :");
  if (!strncmp(at, without, sizeof without - 1)) {
    at += sizeof without - 1;
    line->without = take(&at, ":");
  }
  at += strspn(at, ": ");
  line->words = take(&at, "");
}

bool hw_query_comment(const char **text, hw_comment_line *line) {
  static const char licence[] = "SPDX-License-Identifier:", needs[] = "needs ";
  for (;;) {
    const char *at = *text + strspn(*text, " \t\r\n");
    if (at[0] != '-' || at[1] != '-') {
      *text = at;
      return false;
    }
    at += 2;
    at += *at == ' ';
    const char *end = at + strcspn(at, "\n");
    *text = end + (*end == '\n');
    if (!strncmp(at, licence, sizeof licence - 1)) continue;
    *line = (hw_comment_line){.kind = HW_COMMENT_WORDS};
    const char *first = skip_spaces(at);
    if (*first == ':') read_parameter(first + 1, line);
    else if (!strncmp(at, needs, sizeof needs - 1)) read_needs(at + sizeof needs - 1, line);
    else line->words = take(&at, "");
    return true;
  }
}

bool hw_query_comment_parameter(const char *text, const char *name, hw_comment_line *line) {
  while (hw_query_comment(&text, line))
    if (line->kind == HW_COMMENT_PARAMETER && hw_comment_is(line->name, name)) return true;
  *line = (hw_comment_line){0};
  return false;
}
