/* SPDX-License-Identifier: Apache-2.0
 * Completion of commands, options, choices and names of queries; everything else is completed as a file. */
#include <string.h>

#include "headwater/query.h"
#include "manual/manual.h"

static void put_queries(hw_buffer *out) {
  const hw_named_query *queries;
  size_t n = hw_named_queries(&queries);
  for (size_t i = 0; i < n; i++) hw_buffer_printf(out, "%s%s", i ? " " : "", queries[i].name);
}

static const hw_option_table *table_of(const hw_command *command) {
  static const hw_option_table none = {0};
  void *defaults;
  return command->options ? command->options(&defaults) : &none;
}

void manual_bash(hw_buffer *out) {
  hw_buffer_append_string(out, "# SPDX-License-Identifier: Apache-2.0\n# bash completion of headwater; made from its option tables.\n"
                               "_headwater() {\n"
                               "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n  COMPREPLY=()\n"
                               "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words=\"");
  for (size_t i = 0; i < hw_n_commands; i++) hw_buffer_printf(out, "%s ", hw_commands[i]->name);
  hw_buffer_append_string(out, "help version --help --version\"\n  else\n    case ${COMP_WORDS[1]}:$before in\n");
  for (size_t i = 0; i < hw_n_commands; i++) {
    const hw_option_table *table = table_of(hw_commands[i]);
    for (size_t o = 0; o < table->n; o++) {
      const hw_option *option = &table->rows[o];
      if (option->kind == HW_OPTION_FLAG) continue;
      hw_buffer_printf(out, "      %s:--%s", hw_commands[i]->name, option->name);
      if (hw_option_letter(option)) hw_buffer_printf(out, "|%s:-%c", hw_commands[i]->name, hw_option_letter(option));
      hw_buffer_append_string(out, ") words=\"");
      for (int c = 0; option->choices && option->choices[c]; c++) hw_buffer_printf(out, "%s%s", c ? " " : "", option->choices[c]);
      hw_buffer_append_string(out, "\" ;;\n");
    }
    hw_buffer_printf(out, "      %s:*) case $word in -*) words=\"--help", hw_commands[i]->name);
    for (size_t o = 0; o < table->n; o++) hw_buffer_printf(out, " --%s", table->rows[o].name);
    hw_buffer_append_string(out, "\" ;; esac");
    if (strcmp(hw_commands[i]->name, "query") == 0) {
      hw_buffer_append_string(out, "\n        [ \"$COMP_CWORD\" -eq 3 ] && words=\"");
      put_queries(out);
      hw_buffer_append_string(out, "\"");
    }
    hw_buffer_append_string(out, " ;;\n");
  }
  hw_buffer_append_string(out, "    esac\n  fi\n  [ -n \"$words\" ] && COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
                               "complete -o default -F _headwater headwater\n");
}

/* In a single-quoted word of _arguments brackets and colons have a meaning. */
static void put_quoted(const char *text, hw_buffer *out) {
  for (; *text; text++) {
    if (*text == '\'') hw_buffer_append_string(out, "'\\''");
    else if (strchr("[]:\\", *text)) hw_buffer_printf(out, "\\%c", *text);
    else hw_buffer_append(out, text, 1);
  }
}

void manual_zsh(hw_buffer *out) {
  hw_buffer_append_string(out, "#compdef headwater\n# SPDX-License-Identifier: Apache-2.0\n# zsh completion of headwater; made from its option tables.\n"
                               "local -a commands queries\ncommands=(\n");
  for (size_t i = 0; i < hw_n_commands; i++) {
    hw_buffer_printf(out, "  '%s:", hw_commands[i]->name);
    put_quoted(hw_commands[i]->summary, out);
    hw_buffer_append_string(out, "'\n");
  }
  hw_buffer_append_string(out, ")\nqueries=(");
  put_queries(out);
  hw_buffer_append_string(out, ")\nif (( CURRENT == 2 )); then\n  _describe command commands\n  return\nfi\nlocal command=$words[2]\n"
                               "shift words\n(( CURRENT-- ))\ncase $command in\n");
  for (size_t i = 0; i < hw_n_commands; i++) {
    const hw_option_table *table = table_of(hw_commands[i]);
    hw_buffer_printf(out, "  %s) _arguments ", hw_commands[i]->name);
    if (strcmp(hw_commands[i]->name, "query") == 0) hw_buffer_append_string(out, "'1:database:_files' '2:query:($queries)'");
    else hw_buffer_append_string(out, "'*:file:_files'");
    for (size_t o = 0; o < table->n; o++) {
      const hw_option *option = &table->rows[o];
      hw_buffer_printf(out, " \\\n    '--%s[", option->name);
      put_quoted(option->help, out);
      hw_buffer_append_byte(out, ']');
      if (option->kind != HW_OPTION_FLAG) hw_buffer_append_string(out, ":value:");
      if (option->choices) {
        for (int c = 0; option->choices[c]; c++) hw_buffer_printf(out, "%s%s", c ? " " : "(", option->choices[c]);
        hw_buffer_append_byte(out, ')');
      } else if (option->kind != HW_OPTION_FLAG) {
        hw_buffer_append_string(out, "_files");
      }
      hw_buffer_append_byte(out, '\'');
    }
    hw_buffer_append_string(out, " ;;\n");
  }
  hw_buffer_append_string(out, "esac\n");
}
