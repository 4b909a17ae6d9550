/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

const hw_option *hw_option_find(hw_option_table table, const char *name, size_t length) {
  for (size_t i = 0; i < table.n; i++)
    if (strlen(table.rows[i].name) == length && strncmp(table.rows[i].name, name, length) == 0) return &table.rows[i];
  return NULL;
}

char hw_option_letter(const hw_option *option) {
  static const struct {
    const char *name;
    char letter;
  } letters[] = {{"threads", 'j'}, {"db", 'o'}, {"out", 'o'}};
  for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
    if (strcmp(option->name, letters[i].name) == 0) return letters[i].letter;
  return '\0';
}

const char *hw_option_usage(const hw_option *option, char text[64]) {
  char letter = hw_option_letter(option);
  if (!letter) return option->argument;
  (void)snprintf(text, 64, "%s, -%c %s", option->argument, letter, option->argument);
  return text;
}

static const hw_option *find_letter(hw_option_table table, char letter) {
  for (size_t i = 0; i < table.n; i++)
    if (hw_option_letter(&table.rows[i]) == letter) return &table.rows[i];
  return NULL;
}

static bool unknown_option(hw_option_table table, const char *where, const char *dashes, const char *text, hw_error *err) {
  enum { MOST = 64 };
  char name[64]; /* without "=value" */
  (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "="), text);
  const char *names[MOST];
  size_t n = 0;
  for (; n < table.n && n < MOST; n++) names[n] = table.rows[n].name;
  return hw_fail(err, HW_ERROR_INPUT, "%s: unknown option %s%s%s", where, dashes, name, hw_suggest(name, dashes, names, n).text);
}

/* "l1", "one of auto, yes, no"; with numbers "0 (l1)", "one of 0 (auto), 1 (yes), 2 (no)". */
static void list_choices(const char *const *choices, bool numbered, hw_buffer *list) {
  hw_buffer_init(list);
  hw_buffer_append_string(list, choices[1] ? "one of " : "");
  for (int i = 0; choices[i]; i++) {
    hw_buffer_append_string(list, i ? ", " : "");
    if (numbered) hw_buffer_printf(list, "%d (%s)", i, choices[i]);
    else hw_buffer_append_string(list, choices[i]);
  }
}

static bool set_choice(const hw_option *option, int *field, const char *where, const char *value, hw_error *err) {
  for (int i = 0; option->choices[i]; i++)
    if (strcmp(option->choices[i], value) == 0) return *field = i, true;
  hw_buffer list;
  list_choices(option->choices, false, &list);
  hw_fail(err, HW_ERROR_INPUT, "%s: %s is \"%.100s\", want %s", where, option->name, value, list.failed ? "?" : list.data);
  hw_buffer_fini(&list);
  return false;
}

/* range: what is wanted, for the message. */
static bool is_within(const hw_option *option, double number, char range[64]) {
  bool with_min = option->kind == HW_OPTION_NUMBER_FROM, with_max = option->kind == HW_OPTION_NUMBER_TO;
  (void)hw_snprintf(range, 64, "%s %.10g%s %.10g", with_min ? "from" : "above", option->min, with_min ? ", below" : with_max ? ", at most" : " and below", option->max);
  return (number > option->min || (with_min && number >= option->min)) && (number < option->max || (with_max && number <= option->max));
}

static bool set_number(const hw_option *option, double *field, const char *where, const char *value, hw_error *err) {
  double number = NAN;
  char range[64];
  (void)hw_parse_double(value, &number);
  if (!is_within(option, number, range)) return hw_fail(err, HW_ERROR_INPUT, "%s: %s is \"%.100s\", want a number %s", where, option->name, value, range);
  return *field = number, true;
}

static bool set_value(const hw_option *option, void *settings, const char *where, const char *value, hw_error *err) {
  void *field = (char *)settings + option->offset;
  switch (option->kind) {
    case HW_OPTION_FLAG: {
      bool on = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
      bool off = strcmp(value, "no") == 0 || strcmp(value, "false") == 0 || strcmp(value, "0") == 0;
      if (!on && !off) return hw_fail(err, HW_ERROR_INPUT, "%s: %s is \"%.100s\", want yes or no", where, option->name, value);
      *(bool *)field = on;
      return true;
    }
    case HW_OPTION_PATH:
      if (!*value) return hw_fail(err, HW_ERROR_INPUT, "%s: %s is empty, want %s", where, option->name, option->argument);
      *(const char **)field = value;
      return true;
    case HW_OPTION_TEXT: *(const char **)field = value; return true;
    case HW_OPTION_TEXTS: {
      const char **texts = field;
      for (int i = 0; i < (int)option->max; i++)
        if (!texts[i]) return texts[i] = value, true;
      return hw_fail(err, HW_ERROR_INPUT, "%s: %s is given more than %.0f times", where, option->name, option->max);
    }
    case HW_OPTION_COUNT:
      if (!hw_parse_int(value, (int64_t)option->min, (int64_t)option->max, field))
        return hw_fail(err, HW_ERROR_INPUT, "%s: %s is \"%.100s\", want a whole number from %.0f to %.0f", where, option->name, value,
                       option->min, option->max);
      return true;
    case HW_OPTION_NUMBER:
    case HW_OPTION_NUMBER_FROM:
    case HW_OPTION_NUMBER_TO: return set_number(option, field, where, value, err);
    case HW_OPTION_CHOICE: return set_choice(option, field, where, value, err);
  }
  return true;
}

bool hw_choice_check(const char *name, int value, const char *const *choices, hw_error *err) {
  int n = 0;
  while (choices[n]) n++;
  if (value >= 0 && value < n) return true;
  hw_buffer list;
  list_choices(choices, true, &list);
  hw_fail(err, HW_ERROR_INPUT, "%s is %d, want %s", name, value, list.failed ? "?" : list.data);
  hw_buffer_fini(&list);
  return false;
}

bool hw_count_check(const char *name, int64_t value, int64_t min, int64_t max, hw_error *err) {
  return (value >= min && value <= max) || hw_fail(err, HW_ERROR_INPUT, "%s is %" PRId64 ", want a whole number from %" PRId64 " to %" PRId64, name, value, min, max);
}

static bool check_number(const hw_option *option, double number, hw_error *err) {
  char range[64];
  return is_within(option, number, range) || hw_fail(err, HW_ERROR_INPUT, "%s is %g, want a number %s", option->name, number, range);
}

bool hw_number_check(const char *name, double value, double min, double max, hw_error *err) {
  return check_number(&(hw_option){.name = name, .kind = HW_OPTION_NUMBER, .min = min, .max = max}, value, err);
}

bool hw_given_check(const char *name, const char *text, hw_error *err) { return text || hw_fail(err, HW_ERROR_INPUT, "no %s is given", name); }

bool hw_options_check(hw_option_table table, const void *settings, const void *usual, hw_error *err) {
  for (size_t i = 0; i < table.n; i++) {
    const hw_option *option = &table.rows[i];
    const void *field = (const char *)settings + option->offset, *given = (const char *)usual + option->offset;
    bool ok = true;
    switch (option->kind) {
      case HW_OPTION_FLAG:
      case HW_OPTION_TEXT:
      case HW_OPTION_PATH:
      case HW_OPTION_TEXTS: break;
      case HW_OPTION_COUNT: ok = hw_count_check(option->name, *(const int64_t *)field, (int64_t)option->min, (int64_t)option->max, err); break;
      case HW_OPTION_NUMBER:
      case HW_OPTION_NUMBER_FROM:
      case HW_OPTION_NUMBER_TO: ok = *(const double *)field == *(const double *)given || check_number(option, *(const double *)field, err); break;
      case HW_OPTION_CHOICE: ok = hw_choice_check(option->name, *(const int *)field, option->choices, err); break;
    }
    if (!ok) return false;
  }
  return true;
}

bool hw_option_set(hw_option_table table, void *settings, const char *where, const char *name, const char *value, hw_error *err) {
  const hw_option *option = hw_option_find(table, name, strlen(name));
  if (!option) return unknown_option(table, where, "", name, err);
  return set_value(option, settings, where, value, err);
}

bool hw_options_read_arguments(hw_option_table table, void *settings, int argc, char **argv, const char **positionals,
                               int max_positionals, int *n_positionals, hw_error *err) {
  *n_positionals = 0;
  for (int i = 0; i < argc; i++) {
    const char *argument = argv[i];
    if (argument[0] != '-' || argument[1] == '\0') {
      if (*n_positionals == max_positionals) return hw_fail(err, HW_ERROR_INPUT, "one argument too many: \"%.200s\"", argument);
      positionals[(*n_positionals)++] = argument;
      continue;
    }
    bool is_name = argument[1] == '-';
    const char *name = argument + 1 + is_name, *equals = strchr(name, '=');
    const hw_option *option = is_name ? hw_option_find(table, name, equals ? (size_t)(equals - name) : strlen(name)) : find_letter(table, *name);
    if (!option) return unknown_option(table, "command line", is_name ? "--" : "-", name, err);
    const char *value = is_name ? (equals ? equals + 1 : NULL) : name[1] ? name + 1 + (name[1] == '=') : NULL;
    if (!value && option->kind == HW_OPTION_FLAG) value = "yes";
    if (!value) {
      if (i + 1 == argc) return hw_fail(err, HW_ERROR_INPUT, "command line: --%s wants a value (%s)", option->name, option->argument);
      value = argv[++i];
    }
    if (!set_value(option, settings, "command line", value, err)) return false;
  }
  return true;
}

bool hw_option_format(const hw_option *option, const void *settings, hw_buffer *out) {
  const void *field = (const char *)settings + option->offset;
  switch (option->kind) {
    case HW_OPTION_FLAG: hw_buffer_append_string(out, *(const bool *)field ? "yes" : "no"); return true;
    case HW_OPTION_TEXT:
    case HW_OPTION_PATH: {
      const char *text = *(const char *const *)field;
      if (text) hw_buffer_append_string(out, text);
      return text != NULL;
    }
    case HW_OPTION_TEXTS: return false; /* no default, and no setting of a run */
    case HW_OPTION_COUNT: hw_buffer_printf(out, "%" PRId64, *(const int64_t *)field); return true;
    case HW_OPTION_NUMBER:
    case HW_OPTION_NUMBER_FROM:
    case HW_OPTION_NUMBER_TO: hw_format_double(out, *(const double *)field); return true;
    case HW_OPTION_CHOICE: hw_buffer_append_string(out, option->choices[*(const int *)field]); return true;
  }
  return false;
}

void hw_help_text(hw_buffer *out, const char *text, size_t indent, size_t width) {
  size_t column = indent;
  while (*text) {
    size_t length = strcspn(text, " ");
    if (width && column + 1 + length > width && column > indent) {
      hw_buffer_printf(out, "\n%*s", (int)indent, "");
      column = indent;
    }
    if (column > indent) {
      hw_buffer_append_byte(out, ' ');
      column++;
    }
    hw_buffer_append(out, text, length);
    column += length;
    text += length;
    text += *text == ' ';
  }
}

void hw_help_entry(hw_buffer *out, const char *label, const char *text, size_t indent, size_t width) {
  size_t length = strlen(label);
  hw_buffer_append_string(out, label);
  if (length + 2 <= indent) hw_buffer_printf(out, "%*s", (int)(indent - length), "");
  else if (width) hw_buffer_printf(out, "\n%*s", (int)indent, "");
  else hw_buffer_append_string(out, "  ");
  hw_help_text(out, text, indent, width);
  hw_buffer_append_byte(out, '\n');
}

void hw_option_describe(const hw_option *option, const void *defaults, hw_buffer *out) {
  hw_buffer value;
  hw_buffer_init(&value);
  hw_buffer_append_string(out, option->help);
  bool has_default = defaults && option->kind != HW_OPTION_FLAG;
  if (has_default && (option->kind == HW_OPTION_NUMBER || option->kind == HW_OPTION_NUMBER_TO)) /* a default that cannot be given stands for none */
    has_default = *(const double *)((const char *)defaults + option->offset) > option->min;
  else if (has_default && option->kind == HW_OPTION_COUNT)
    has_default = (double)*(const int64_t *)((const char *)defaults + option->offset) >= option->min;
  if (has_default && hw_option_format(option, defaults, &value) && value.length && !value.failed)
    hw_buffer_printf(out, " [%s]", value.data);
  hw_buffer_fini(&value);
}

void hw_options_help(hw_option_table table, const void *defaults, hw_buffer *out) {
  enum { INDENT = 26 };
  for (size_t i = 0; i < table.n; i++) {
    const hw_option *option = &table.rows[i];
    char usage[64];
    const char *argument = hw_option_usage(option, usage);
    hw_buffer label, text;
    hw_buffer_init(&label);
    hw_buffer_init(&text);
    hw_buffer_printf(&label, "  --%s%s%s", option->name, argument ? " " : "", argument ? argument : "");
    hw_option_describe(option, defaults, &text);
    if (label.failed || text.failed) out->failed = true;
    else hw_help_entry(out, label.data, text.data, INDENT, HW_HELP_WIDTH);
    hw_buffer_fini(&label);
    hw_buffer_fini(&text);
  }
}
