/* SPDX-License-Identifier: Apache-2.0
 * Files of "name = value" lines. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/option.h"

typedef struct option_file {
  hw_option_table table;
  void *settings;
  const void *overrides;
  const char *path;
  size_t line;     /* from 1 */
  size_t *first;   /* [table.n] the line that gives the option, 0: none yet */
  char where[512]; /* "path: line 3" */
  hw_arena *arena;
  hw_buffer *notes;
  hw_error *err;
} option_file;

static char *trim(char *text) {
  text += strspn(text, " \t\r");
  size_t length = strlen(text);
  while (length && strchr(" \t\r", text[length - 1])) text[--length] = '\0';
  return text;
}

static bool fail(const option_file *f, const char *what) { return hw_fail(f->err, HW_ERROR_INPUT, "%s %s", f->where, what); }

/* The comment behind a blank, or the end of the text. */
static char *find_comment(char *text) {
  for (char *at = strpbrk(text, ";#"); at; at = strpbrk(at + 1, ";#"))
    if (at > text && strchr(" \t", at[-1])) return at;
  return text + strlen(text);
}

/* Takes the quotes off a value, or else the comment behind it, in place. *quote: which quotes they were, 0: none. */
static bool take_value(const option_file *f, char **text, char *quote) {
  char *at = *text + strspn(*text, " \t\r");
  *quote = *at == '"' || *at == '\'' ? *at : '\0';
  if (!*quote) {
    *find_comment(*text) = '\0';
    *text = trim(*text);
    return true;
  }
  char *end = strchr(at + 1, *quote);
  if (!end) return fail(f, "has a quote that is not closed");
  char *rest = trim(end + 1);
  if (*rest && *rest != ';' && *rest != '#') return fail(f, "has words behind the closing quote");
  *end = '\0';
  *text = at + 1;
  return true;
}

/* The end of the NAME that begins here. */
static const char *name_end(const char *at) {
  while (isalnum((unsigned char)*at) || *at == '_') at++;
  return at;
}

/* Appends the value of $NAME or ${NAME} and moves *at behind it; any other $ stays as it is. */
static bool put_variable(const option_file *f, const char *option, const char **at, hw_buffer *out) {
  bool braces = (*at)[1] == '{';
  const char *begin = *at + 1 + braces, *end = name_end(begin);
  if (end == begin || isdigit((unsigned char)*begin) || (braces && *end != '}')) {
    hw_buffer_append_byte(out, (unsigned char)*(*at)++);
    return true;
  }
  char name[128];
  (void)snprintf(name, sizeof name, "%.*s", (int)(end - begin), begin);
  const char *value = getenv(name);
  if (!value) return hw_fail(f->err, HW_ERROR_INPUT, "%s: %s speaks of $%s, which is not set", f->where, option, name);
  hw_buffer_append_string(out, value);
  *at = end + braces;
  return true;
}

/* ~ and variables. */
static bool expand(const option_file *f, const char *option, const char *text, hw_buffer *out) {
  if (text[0] == '~' && (text[1] == '/' || !text[1])) {
    const char *home = "$HOME";
    if (!put_variable(f, option, &home, out)) return false;
    text++;
  }
  while (*text) {
    if (*text != '$') hw_buffer_append_byte(out, (unsigned char)*text++);
    else if (!put_variable(f, option, &text, out)) return false;
  }
  return true;
}

/* Looks for a path that is not found from here beside the file. */
static bool find_beside(const option_file *f, const char *option, hw_buffer *path) {
  const char *slash = strrchr(f->path, '/');
  if (!path->length || path->data[0] == '/' || strcmp(path->data, "-") == 0 || access(path->data, F_OK) == 0 || !slash) return true;
  hw_buffer beside;
  hw_buffer_init(&beside);
  hw_buffer_printf(&beside, "%.*s/%s", (int)(slash - f->path), f->path, path->data);
  bool ok = hw_buffer_check(&beside, f->err);
  if (ok && access(beside.data, F_OK) == 0) {
    hw_buffer_printf(f->notes, "%s: %s is %s, beside this file\n", f->where, option, beside.data);
    hw_buffer_reset(path);
    hw_buffer_append_string(path, beside.data);
  }
  hw_buffer_fini(&beside);
  return ok;
}

static bool set_path(const option_file *f, const hw_option *option, const char *value, bool literal) {
  const char *name = option->name;
  if (f->overrides && *(const char *const *)((const char *)f->overrides + option->offset)) return true;
  hw_buffer path;
  hw_buffer_init(&path);
  bool ok = true;
  if (literal) hw_buffer_append_string(&path, value);
  else ok = expand(f, name, value, &path);
  ok = ok && hw_buffer_check(&path, f->err) && find_beside(f, name, &path) && hw_buffer_check(&path, f->err);
  const char *kept = ok ? hw_arena_copy(f->arena, path.data ? path.data : "", path.length, f->err) : NULL;
  hw_buffer_fini(&path);
  return kept && hw_option_set(f->table, f->settings, f->where, name, kept, f->err);
}

/* A comment stands behind ';' or '#' at the start of a line or behind a blank, but not in quotes. */
static bool read_line(option_file *f, char *line) {
  line = trim(line);
  if (!*line || *line == ';' || *line == '#') return true;
  (void)snprintf(f->where, sizeof f->where, "%.400s: line %zu", f->path, f->line);
  if (*line == '[') return strchr(line, ']') || fail(f, "is a section without ]");
  char *equals = strchr(line, '='), quote;
  if (!equals || equals == line || equals > find_comment(line))
    return hw_fail(f->err, HW_ERROR_INPUT, "%s is not \"name = value\": %.100s", f->where, line);
  *equals = '\0';
  char *name = trim(line), *value = equals + 1;
  if (!take_value(f, &value, &quote)) return false;
  const hw_option *option = hw_option_find(f->table, name, strlen(name));
  if (option) {
    size_t *first = &f->first[option - f->table.rows];
    if (*first) return hw_fail(f->err, HW_ERROR_INPUT, "%s gives %s a second time, after line %zu", f->where, name, *first);
    *first = f->line;
  }
  if (option && option->kind == HW_OPTION_PATH) return set_path(f, option, value, quote == '\'');
  return hw_option_set(f->table, f->settings, f->where, name, value, f->err);
}

/* Line ends of CR alone become LF. */
static void unify_line_ends(char *text) {
  for (char *at = text; (at = strchr(at, '\r')); at++)
    if (at[1] != '\n') *at = '\n';
}

bool hw_options_read_file(hw_option_table table, void *settings, const void *overrides, const char *path, hw_arena *arena, hw_buffer *notes, hw_error *err) {
  option_file f = {.table = table, .settings = settings, .overrides = overrides, .path = path, .arena = arena, .notes = notes, .err = err};
  hw_file file;
  if (!hw_file_open(path, &file, err)) return false;
  char *text = hw_arena_copy(arena, (const char *)file.data, file.size, err);
  size_t size = file.size;
  hw_file_close(&file);
  if (!text || !(f.first = hw_arena_znew(arena, size_t, table.n, err))) return false;
  if (strlen(text) != size) return hw_fail(err, HW_ERROR_INPUT, "%s: holds a NUL byte, so it is no pipeline file", path);
  if (strncmp(text, "\xEF\xBB\xBF", 3) == 0) text += 3; /* a byte order mark */
  unify_line_ends(text);
  while (text) {
    f.line++;
    if (!read_line(&f, strsep(&text, "\n"))) return false;
  }
  return true;
}
