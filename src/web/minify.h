/* SPDX-License-Identifier: Apache-2.0
 * Scripts and style sheets of the page without comments and without white space that means nothing. Names stay as they are. What the
 * lexer does not tell apart is forbidden in web/ by tests/rules/web.py. */
#ifndef HW_WEB_MINIFY_H
#define HW_WEB_MINIFY_H

#include "headwater/buffer.h"

/* Appends a module. A line end between tokens stays where a statement could end without a semicolon, except behind "}". Semicolons before
 * "}", commas before a closing bracket, ( ) around the one parameter of an arrow function and the 0 of 0.5 go too, and
 * declarations that follow each other are one: "const a = 1, b = 2". `name` is for errors: a string, template or comment that does not end, templates too deep. */
bool hw_minify_script(const char *name, const char *text, size_t length, hw_buffer *out, hw_error *err);

/* Appends a style sheet. */
bool hw_minify_style(const char *name, const char *text, size_t length, hw_buffer *out, hw_error *err);

#endif
