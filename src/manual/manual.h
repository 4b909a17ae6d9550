/* SPDX-License-Identifier: Apache-2.0
 * The manual and the completions, made at build time from what the program itself uses: its list of commands, their option tables, its
 * named queries, the files of sql/. man/NAME.txt has what no table says. */
#ifndef HW_MANUAL_MANUAL_H
#define HW_MANUAL_MANUAL_H

#include "cli/command.h"

/* legend, views, unpacked, functions, tables or added: that part of headwater-database(5). False with a message on stderr. */
bool manual_database(const char *what, hw_buffer *out);

void manual_bash(hw_buffer *out);
void manual_zsh(hw_buffer *out);

#endif
