/* SPDX-License-Identifier: Apache-2.0 */
#include "query/list.h"
#include "query/comment.h"
#include "query/parameter.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/option.h"
#include "base/text.h"
#include "headwater/query.h"

static bool add_query(hw_query_list *list, const char *folder, const char *file, hw_error *err) {
  char *path = hw_path_join(folder, file);
  hw_file content;
  if (!path) return hw_fail_memory(err, "the name of a file");
  bool ok = hw_file_open(path, &content, err);
  const char *text = NULL;
  if (ok) {
    text = hw_arena_copy(&list->arena, content.data ? (const char *)content.data : "", content.size, err);
    ok = text != NULL;
    if (ok && memchr(text, '\0', content.size)) ok = hw_fail(err, HW_ERROR_INPUT, "%s: a NUL byte", path);
    hw_file_close(&content);
  }
  size_t length;
  if (ok && !hw_query_summary(text, &length)) ok = hw_fail(err, HW_ERROR_INPUT, "%s: wants a first line \"-- what it answers\"", path);
  if (ok) {
    hw_named_query row = {hw_arena_copy(&list->arena, file, strlen(file) - 4, err), text};
    ok = row.name != NULL;
    size_t i = 0;
    while (ok && i < list->n && strcmp(list->rows[i].name, row.name) != 0) i++;
    if (ok) list->rows[i] = row;
    if (ok && i == list->n) list->n++;
  }
  free(path);
  return ok;
}

static int by_name(const void *a, const void *b) { return strcmp(((const hw_named_query *)a)->name, ((const hw_named_query *)b)->name); }

static int is_query(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return length > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + length - 4, ".sql") == 0;
}

static bool read_folder(hw_query_list *list, const char *folder, hw_error *err) {
  struct dirent **entries;
  int n = scandir(folder, &entries, is_query, alphasort);
  if (n < 0) return hw_fail(err, HW_ERROR_IO, "%s: %s", folder, strerror(errno));
  hw_named_query *rows = hw_arena_new(&list->arena, hw_named_query, list->n + (size_t)n, err);
  bool ok = rows != NULL;
  if (ok) memcpy(rows, list->rows, list->n * sizeof *rows);
  if (ok) list->rows = rows;
  for (int i = 0; i < n; i++) {
    ok = ok && add_query(list, folder, entries[i]->d_name, err);
    free(entries[i]);
  }
  free(entries);
  return ok;
}

bool hw_query_list_init(hw_query_list *list, const char *folder, hw_error *err) {
  const hw_named_query *own;
  *list = (hw_query_list){.n = hw_named_queries(&own)};
  hw_arena_init(&list->arena);
  list->rows = hw_arena_new(&list->arena, hw_named_query, list->n, err);
  if (!list->rows) return false;
  memcpy(list->rows, own, list->n * sizeof *own);
  if (folder && !read_folder(list, folder, err)) return false;
  qsort(list->rows, list->n, sizeof *list->rows, by_name);
  return true;
}

void hw_query_list_fini(hw_query_list *list) { hw_arena_fini(&list->arena); }

const hw_named_query *hw_query_list_find(const hw_query_list *list, const char *name, hw_error *err) {
  enum { MOST = 256 };
  const char *names[MOST];
  size_t n = 0;
  for (size_t i = 0; i < list->n; i++) {
    if (strcmp(list->rows[i].name, name) == 0) return &list->rows[i];
    if (n < MOST) names[n++] = list->rows[i].name;
  }
  hw_fail(err, HW_ERROR_INPUT, "no query named \"%.100s\"%s", name, hw_suggest(name, "", names, n).text);
  return NULL;
}

static void append_text(hw_buffer *out, hw_comment_text text) {
  if (text.length) hw_buffer_append(out, text.at, text.length);
}

enum { INDENT = 24 };

/* A parameter as "  --name TYPE   what it is [default]"; other lines as they are. label and text are room for that. */
static void help_line(const hw_comment_line *line, size_t width, hw_buffer *label, hw_buffer *text, hw_buffer *out) {
  hw_buffer_reset(label);
  hw_buffer_reset(text);
  if (line->kind == HW_COMMENT_PARAMETER) {
    hw_buffer_append_string(label, "  --");
    append_text(label, line->name);
    hw_buffer_append_byte(label, ' ');
    if (line->type.length) append_text(label, line->type);
    else hw_buffer_append_string(label, "value");
  } else if (line->kind == HW_COMMENT_NEEDS) {
    hw_buffer_append_string(text, "needs ");
    append_text(text, line->name);
    if (line->without.at) hw_buffer_append_string(text, " without --");
    append_text(text, line->without);
    hw_buffer_append_string(text, ": ");
  }
  append_text(text, line->words);
  if (line->value.at) {
    hw_buffer_append_string(text, line->quoted ? " ['" : " [");
    append_text(text, line->value);
    hw_buffer_append_string(text, line->quoted ? "']" : "]");
  }
  if (label->failed || text->failed) {
    out->failed = true;
  } else if (label->length) {
    hw_help_entry(out, label->data, text->length ? text->data : "", INDENT, width);
  } else {
    const char *words = text->length ? text->data : "";
    size_t indent = strspn(words, " ");
    hw_buffer_printf(out, "%*s", (int)indent, "");
    hw_help_text(out, words + indent, indent, width);
    hw_buffer_append_byte(out, '\n');
  }
}

/* What the types of the parameters take, each once. */
static void help_types(const char *sql, size_t width, hw_buffer *label, hw_buffer *out) {
  const char *before[16];
  size_t n = 0;
  hw_comment_line line;
  while (hw_query_comment(&sql, &line)) {
    const char *takes = line.kind == HW_COMMENT_PARAMETER ? hw_query_type_help(line.type) : NULL;
    size_t i = 0;
    while (i < n && before[i] != takes) i++;
    if (!takes || i < n || n == sizeof before / sizeof *before) continue;
    before[n++] = takes;
    if (n == 1) hw_buffer_append_byte(out, '\n');
    hw_buffer_reset(label);
    hw_buffer_append_string(label, "  ");
    append_text(label, line.type);
    if (label->failed) out->failed = true;
    else hw_help_entry(out, label->data, takes, INDENT, width);
  }
}

void hw_query_help(const hw_named_query *query, const char *db, size_t width, hw_buffer *out) {
  const char *sql = query->sql;
  hw_comment_line line;
  hw_buffer label, text;
  hw_buffer_init(&label);
  hw_buffer_init(&text);
  hw_buffer_printf(out, "headwater query %s %s [--PARAM VALUE ...]\n\n", db, query->name);
  while (hw_query_comment(&sql, &line)) help_line(&line, width, &label, &text, out);
  help_types(query->sql, width, &label, out);
  hw_buffer_fini(&label);
  hw_buffer_fini(&text);
}

void hw_query_list_help(const hw_query_list *list, hw_buffer *out) {
  hw_buffer label, text;
  hw_buffer_init(&label);
  hw_buffer_init(&text);
  for (size_t i = 0; i < list->n; i++) {
    size_t length;
    const char *summary = hw_query_summary(list->rows[i].sql, &length);
    hw_buffer_reset(&label);
    hw_buffer_reset(&text);
    hw_buffer_printf(&label, "  %s", list->rows[i].name);
    hw_buffer_printf(&text, "%.*s", (int)length, summary ? summary : "");
    if (label.failed || text.failed) out->failed = true;
    else hw_help_entry(out, label.data, text.data, INDENT, HW_HELP_WIDTH);
  }
  hw_buffer_fini(&label);
  hw_buffer_fini(&text);
}

void hw_query_help_sql(const hw_named_query *query, hw_buffer *out) {
  const char *sql = query->sql;
  hw_comment_line line;
  while (hw_query_comment(&sql, &line)) continue;
  hw_buffer_append_string(out, "\nIts SQL, to take further with headwater sql or --queries:\n\n");
  hw_buffer_append_string(out, sql);
  if (*sql && sql[strlen(sql) - 1] != '\n') hw_buffer_append_byte(out, '\n');
}
