/* SPDX-License-Identifier: Apache-2.0 */
#include "manual/roff.h"

#include <stdio.h>
#include <string.h>

void roff_text(hw_buffer *out, const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    char c = text[i];
    if (i == 0 && (c == '.' || c == '\'')) hw_buffer_append_string(out, "\\&");
    if (c == '\\') hw_buffer_append_string(out, "\\e");
    else if (c == '-') hw_buffer_append_string(out, "\\-");
    else if (c == '\'') hw_buffer_append_string(out, "\\(aq");
    else if (c == '^') hw_buffer_append_string(out, "\\(ha");
    else if (c == '~') hw_buffer_append_string(out, "\\(ti");
    else if (c == '`') hw_buffer_append_string(out, "\\(ga");
    else hw_buffer_append(out, &c, 1);
  }
}

static void line(hw_buffer *out, const char *text, size_t length) {
  roff_text(out, text, length);
  hw_buffer_append_byte(out, '\n');
}

void roff_title(hw_buffer *out, const char *name, const char *section) {
  hw_buffer_append_string(out, ".TH ");
  for (const char *at = name; *at; at++) hw_buffer_append_byte(out, (unsigned char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at));
  hw_buffer_printf(out, " %s \"\" \"headwater %s\" \"Headwater manual\"\n.nh\n.ad l\n", section, HW_VERSION);
}

void roff_section(hw_buffer *out, const char *title) { hw_buffer_printf(out, ".SH %s\n", title); }

void roff_paragraph(hw_buffer *out, const char *text, size_t length) {
  hw_buffer_append_string(out, ".PP\n");
  line(out, text, length);
}

void roff_term(hw_buffer *out, const char *term, const char *argument, const char *meaning, size_t length) {
  hw_buffer_append_string(out, ".TP\n\\fB");
  roff_text(out, term, strlen(term));
  hw_buffer_append_string(out, "\\fR");
  if (argument) {
    hw_buffer_append_string(out, " \\fI");
    roff_text(out, argument, strlen(argument));
    hw_buffer_append_string(out, "\\fR");
  }
  hw_buffer_append_byte(out, '\n');
  if (length) line(out, meaning, length);
  else hw_buffer_append_string(out, "\\&\n");
}

/* Indented by 3 in the place of 7, so that 77 characters fit; the two blanks before a line of an example are not needed then. */
void roff_literal(hw_buffer *out, const char *text, size_t length) {
  hw_buffer_append_string(out, ".PP\n.in 3n\n.nf\n");
  while (length) {
    const char *end = memchr(text, '\n', length);
    size_t n = end ? (size_t)(end - text) : length, blanks = n >= 2 && text[0] == ' ' && text[1] == ' ' ? 2 : 0;
    line(out, text + blanks, n - blanks);
    text += n + (end != NULL);
    length -= n + (end != NULL);
  }
  hw_buffer_append_string(out, ".fi\n.in\n");
}

bool roff_source(hw_buffer *out, const char *text, roff_insert insert, void *context) {
  while (*text) {
    size_t n = strcspn(text, "\n");
    const char *next = text + n + (text[n] == '\n'), *term = NULL;
    if (n >= 2 && text[0] == ' ' && text[1] == ' ') {
      const char *end = text;
      while (end[0] == ' ' && end[1] == ' ') {
        end += strcspn(end, "\n");
        end += *end == '\n';
      }
      roff_literal(out, text, (size_t)(end - text));
      next = end;
    } else if (text[0] == '#' || text[0] == '@') {
      char word[64];
      (void)snprintf(word, sizeof word, "%.*s", (int)n - 1 - (text[0] == '#'), text + 1 + (text[0] == '#'));
      if (text[0] == '#') roff_section(out, word);
      else if (!insert(context, word, out)) return false;
    } else if ((term = strstr(text, " :: ")) && term < text + n) {
      char word[128];
      (void)snprintf(word, sizeof word, "%.*s", (int)(term - text), text);
      roff_term(out, word, NULL, term + 4, (size_t)(text + n - term - 4));
    } else if (n) {
      roff_paragraph(out, text, n);
    }
    text = next;
  }
  return true;
}
