/* SPDX-License-Identifier: Apache-2.0
 * Scripts and style sheets of the page without comments and without white space that means nothing, and with short names of variables. */
#ifndef HW_WEB_MINIFY_H
#define HW_WEB_MINIFY_H

#include "headwater/buffer.h"

/* Appends a module. A line end between tokens stays where a statement could end without a semicolon, except behind "}" and the
 * ( ) of if, for and while. Semicolons before "}", commas before a closing bracket, ( ) around the one parameter of an arrow function and the 0
 * of 0.5 go too; const is written as let, and declarations that follow each other are one: "let a = 1, b = 2". `name` is for errors: a string,
 * template or comment that does not end, templates too deep. */
bool hw_minify_script(const char *name, const char *text, size_t length, hw_buffer *out, hw_error *err);

/* Appends a whole script, all modules as one, with short names of variables. The script is cut: out[i] gets what ends at ends[i], which is
 * between two statements of the top level; a name is the same in all parts. Properties, keywords and what the script does not declare (names
 * of the browser) stay. A name that a statement of the top level declares must not mean something of the browser's in another place
 * of it; labels, and blocks behind "case", are not told apart (tests/web/minified.mjs compares both scripts). Errors: UNSUPPORTED: not a script; too many names. */
bool hw_minify_names(const char *name, const char *text, const size_t *ends, size_t n, hw_buffer *out, hw_error *err);

/* Appends a style sheet. */
bool hw_minify_style(const char *name, const char *text, size_t length, hw_buffer *out, hw_error *err);

#endif
