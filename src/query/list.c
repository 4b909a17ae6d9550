/* SPDX-License-Identifier: Apache-2.0 */
#include "query/list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "headwater/query.h"

static bool next_line(const char **text, const char **line, size_t *length) {
  if (!**text) return false;
  *line = *text;
  *length = strcspn(*text, "\n");
  *text += *length + ((*text)[*length] == '\n');
  return true;
}

/* The text after "--" of a comment line, else NULL. */
static const char *comment_of(const char *line, size_t *length) {
  if (*length < 2 || line[0] != '-' || line[1] != '-') return NULL;
  line += 2;
  *length -= 2;
  if (*length && line[0] == ' ') {
    line++;
    (*length)--;
  }
  return line;
}

static bool add_query(query_list *list, const char *folder, const char *file, hw_error *err) {
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
  if (ok && strncmp(text, "-- SPDX", 7) == 0) text += strcspn(text, "\n") + (strchr(text, '\n') != NULL);
  const char *at = text, *line = NULL;
  size_t length = 0;
  const char *summary = ok && next_line(&at, &line, &length) ? comment_of(line, &length) : NULL;
  if (ok && (!summary || !length)) ok = hw_fail(err, HW_ERROR_INPUT, "%s: wants a first line \"-- what it answers\"", path);
  if (ok) {
    hw_named_query row = {hw_arena_copy(&list->arena, file, strlen(file) - 4, err), hw_arena_copy(&list->arena, summary, length, err), text};
    ok = row.name && row.summary;
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

static bool read_folder(query_list *list, const char *folder, hw_error *err) {
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

bool query_list_init(query_list *list, const char *folder, hw_error *err) {
  const hw_named_query *own;
  *list = (query_list){.n = hw_named_queries(&own)};
  hw_arena_init(&list->arena);
  list->rows = hw_arena_new(&list->arena, hw_named_query, list->n, err);
  if (!list->rows) return false;
  memcpy(list->rows, own, list->n * sizeof *own);
  if (folder && !read_folder(list, folder, err)) return false;
  qsort(list->rows, list->n, sizeof *list->rows, by_name);
  return true;
}

void query_list_fini(query_list *list) { hw_arena_fini(&list->arena); }

const hw_named_query *query_list_find(const query_list *list, const char *name, hw_error *err) {
  enum { MOST = 256 };
  const char *names[MOST];
  size_t n = 0;
  for (size_t i = 0; i < list->n; i++) {
    if (strcmp(list->rows[i].name, name) == 0) return &list->rows[i];
    if (n < MOST) names[n++] = list->rows[i].name;
  }
  const char *nearest = hw_nearest_name(name, names, n);
  hw_fail(err, HW_ERROR_INPUT, "no query named \"%.100s\"%s%s%s", name, nearest ? " (did you mean " : "", nearest ? nearest : "", nearest ? "?)" : "");
  return NULL;
}

/* "-- :name = default   what it is" as "  --name default   what it is"; other comment lines as they are. */
static void help_line(const char *comment, size_t length, hw_buffer *out) {
  if (!length || comment[0] != ':') {
    hw_buffer_append(out, comment, length);
    hw_buffer_append_byte(out, '\n');
    return;
  }
  const char *end = comment + length, *at = comment + 1;
  size_t name = strcspn(at, " =\t\n"), start = out->length;
  hw_buffer_append_string(out, "  --");
  hw_buffer_append(out, at, name);
  at += name;
  at += strspn(at, " ");
  if (at < end && *at == '=') {
    at += 1 + strspn(at + 1, " ");
    size_t value = *at == '\'' ? 2 + strcspn(at + 1, "'\n") : strcspn(at, " \n");
    hw_buffer_append_byte(out, ' ');
    hw_buffer_append(out, at, value);
    at += value;
  } else {
    hw_buffer_append_string(out, " VALUE");
  }
  at += strspn(at, " ");
  while (out->length - start < 22) hw_buffer_append_byte(out, ' ');
  hw_buffer_append_string(out, "  ");
  if (at < end) hw_buffer_append(out, at, (size_t)(end - at));
  hw_buffer_append_byte(out, '\n');
}

void query_help(const hw_named_query *query, const char *db, hw_buffer *out) {
  const char *text = query->sql, *line;
  size_t length;
  bool comments = true;
  hw_buffer_printf(out, "headwater query %s %s [--PARAM VALUE ...]\n\n", db, query->name);
  while (next_line(&text, &line, &length)) {
    size_t rest = length;
    const char *comment = comments ? comment_of(line, &rest) : NULL;
    if (comments && !comment) hw_buffer_append_string(out, "\nIts SQL, to take further with headwater sql or --queries:\n\n");
    comments = comment != NULL;
    if (comment) help_line(comment, rest, out);
    else hw_buffer_printf(out, "%.*s\n", (int)length, line);
  }
}
