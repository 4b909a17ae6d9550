/* SPDX-License-Identifier: Apache-2.0
 * Manual pages as text: sections, paragraphs, terms and literal blocks in the man macros. */
#ifndef HW_MANUAL_ROFF_H
#define HW_MANUAL_ROFF_H

#include "headwater/buffer.h"

void roff_title(hw_buffer *out, const char *name, const char *section);
void roff_section(hw_buffer *out, const char *title);
void roff_paragraph(hw_buffer *out, const char *text, size_t length);
/* A term of a list with what it means; argument NULL: none. */
void roff_term(hw_buffer *out, const char *term, const char *argument, const char *meaning, size_t length);
void roff_literal(hw_buffer *out, const char *text, size_t length); /* lines as they are */
void roff_text(hw_buffer *out, const char *text, size_t length);    /* one line, characters that roff would read escaped */

/* The source text of a page (man/NAME.txt): "# TITLE" starts a section, "TERM :: meaning" is a term of a list, lines that begin with two
 * blanks are literal, "@name" hands over to insert(context, name, out), every other line is a paragraph. False when insert knows no such name. */
typedef bool (*roff_insert)(void *context, const char *name, hw_buffer *out);
bool roff_source(hw_buffer *out, const char *text, roff_insert insert, void *context);

#endif
