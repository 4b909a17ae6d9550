/* SPDX-License-Identifier: Apache-2.0 */
#include "web/bundle.h"

#include <stdint.h>
#include <string.h>

#include "web/assets.h"
#include "web/minify.h"

enum { MODULES = 256 }; /* at most */

typedef struct bundle {
  const char *const *entries; /* [n] of each part */
  size_t n;
  size_t part_of[MODULES + 1]; /* of each asset, SIZE_MAX: of none; the last one is of no asset */
} bundle;

/* The next line of [at, end), without its line end; `at` moves behind it. */
static size_t next_line(const char **at, const char *end) {
  const char *begin = *at, *stop = memchr(begin, '\n', (size_t)(end - begin));
  *at = stop ? stop + 1 : end;
  return (size_t)((stop ? stop : end) - begin);
}

static bool begins(const char *line, size_t length, const char *word) {
  return length >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* Appends a module without its import lines and the word export. */
static bool put_module(const hw_asset *asset, hw_buffer *out, hw_error *err) {
  hw_buffer code;
  hw_buffer_init(&code);
  const char *at = (const char *)asset->bytes, *end = at + asset->length;
  while (at < end) {
    const char *line = at;
    size_t length = next_line(&at, end), skip = begins(line, length, "export ") ? strlen("export ") : 0;
    if (begins(line, length, "import ")) continue;
    hw_buffer_append(&code, line + skip, length - skip);
    hw_buffer_append_byte(&code, '\n');
  }
  bool ok = hw_buffer_check(&code, err) && hw_minify_script(asset->name, code.data, code.length, out, err);
  hw_buffer_fini(&code);
  return ok;
}

/* The module that an import line names: import { a, b } from "./NAME"; */
static size_t find_import(const char *line, size_t length) {
  static const char from[] = " from \"./";
  for (size_t i = 0; i + sizeof from - 1 < length; i++) {
    if (memcmp(line + i, from, sizeof from - 1) != 0) continue;
    const char *name = line + i + sizeof from - 1, *stop = memchr(name, '"', length - i - (sizeof from - 1));
    for (size_t m = 0; stop && m < hw_n_assets; m++)
      if (strlen(hw_assets[m].name) == (size_t)(stop - name) && memcmp(hw_assets[m].name, name, (size_t)(stop - name)) == 0) return m;
  }
  return hw_n_assets;
}

/* Gives the modules that the entry needs to its part, unless an earlier one has them. An asset comes after those that it imports, so one
 * pass from the end meets importers first. */
static bool mark_modules(bundle *b, size_t part, hw_error *err) {
  for (size_t m = hw_n_assets; m-- > 0;) {
    if (strcmp(hw_assets[m].name, b->entries[part]) == 0) b->part_of[m] = part;
    if (b->part_of[m] != part) continue;
    const char *at = (const char *)hw_assets[m].bytes, *end = at + hw_assets[m].length;
    while (at < end) {
      const char *line = at;
      size_t length = next_line(&at, end);
      if (!begins(line, length, "import ")) continue;
      size_t imported = find_import(line, length);
      if (imported >= m)
        return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s imports what does not come before it: %.*s", hw_assets[m].name, (int)length, line);
      if (b->part_of[imported] > part) b->part_of[imported] = part;
    }
  }
  return true;
}

/* Appends what module m imports from one part to another, "a, b, ". */
static void put_imported(const bundle *b, size_t m, size_t from, hw_buffer *out) {
  const char *at = (const char *)hw_assets[m].bytes, *end = at + hw_assets[m].length;
  while (at < end) {
    const char *line = at;
    size_t length = next_line(&at, end);
    if (!begins(line, length, "import ") || b->part_of[find_import(line, length)] != from) continue;
    const char *open = memchr(line, '{', length), *close = memchr(line, '}', length);
    if (!open || !close) continue;
    hw_buffer_append(out, open + 1, (size_t)(close - open - 1));
    hw_buffer_append_byte(out, ',');
  }
}

/* Is there a name in the list "a, b, " before `before`? */
static bool is_listed(const char *list, const char *before, const char *name, size_t length) {
  while (list < before) {
    size_t span = strcspn(list, " ,");
    if (span == length && memcmp(list, name, length) == 0) return true;
    list += span + strspn(list + span, " ,");
  }
  return false;
}

/* Appends "KEYWORD{a,b}" of the list "a, b, a", each name once; nothing for none. */
static bool put_names(const char *keyword, const char *list, hw_buffer *out) {
  const char *separator = "{", *name = list + strspn(list, " ,");
  if (!*name) return false;
  hw_buffer_append_string(out, keyword);
  while (*name) {
    size_t length = strcspn(name, " ,");
    if (!is_listed(list, name, name, length)) {
      hw_buffer_append_string(out, separator);
      hw_buffer_append(out, name, length);
      separator = ",";
    }
    name += length + strspn(name + length, " ,");
  }
  hw_buffer_append_byte(out, '}');
  return true;
}

/* Of all modules of the parts [first, end): what they import from another one. */
static void list_imported(const bundle *b, size_t first, size_t end, size_t from, hw_buffer *list) {
  hw_buffer_reset(list);
  hw_buffer_append_byte(list, ' ');
  for (size_t m = 0; m < hw_n_assets; m++)
    if (b->part_of[m] >= first && b->part_of[m] < end) put_imported(b, m, from, list);
}

/* What the entry exports, by its own name. */
static void put_exports(const char *entry, hw_buffer *out) {
  static const char *const kinds[] = {"export const ", "export function ", "export async function ", "export class "};
  const hw_asset *asset = hw_asset_find(entry);
  const char *at = (const char *)asset->bytes, *end = at + asset->length;
  while (at < end) {
    const char *line = at;
    size_t length = next_line(&at, end);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
      if (!begins(line, length, kinds[i])) continue;
      const char *name = line + strlen(kinds[i]);
      int span = (int)strcspn(name, " (=;");
      hw_buffer_printf(out, "export{%.*s as\"%.*s\"}\n", span, name, span, name);
    }
  }
}

/* Appends one part: what it imports, its modules, what later parts import of it. */
static bool put_part(const bundle *b, size_t part, hw_buffer *list, hw_buffer *out, hw_error *err) {
  for (size_t from = 0; from < part; from++) {
    list_imported(b, part, part + 1, from, list);
    if (list->data && put_names("import", list->data, out)) hw_buffer_printf(out, "from\"./%s\";", b->entries[from]);
  }
  for (size_t m = 0; m < hw_n_assets; m++)
    if (b->part_of[m] == part && !put_module(&hw_assets[m], out, err)) return false;
  list_imported(b, part + 1, b->n, part, list);
  if (list->data && put_names("export", list->data, out)) hw_buffer_append_byte(out, '\n');
  put_exports(b->entries[part], out);
  return hw_buffer_check(list, err) && hw_buffer_check(out, err);
}

bool hw_bundle_scripts(const char *const *entries, size_t n, hw_buffer *out, hw_error *err) {
  bundle b = {.entries = entries, .n = n};
  size_t ends[HW_BUNDLE_PARTS];
  if (hw_n_assets > MODULES || n > HW_BUNDLE_PARTS)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "the page has %zu files in %zu parts, want at most %d in %d", hw_n_assets, n, MODULES, HW_BUNDLE_PARTS);
  for (size_t m = 0; m <= MODULES; m++) b.part_of[m] = SIZE_MAX;
  for (size_t i = 0; i < n; i++) {
    if (!hw_asset_find(entries[i])) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s is not part of this program", entries[i]);
    if (!mark_modules(&b, i, err)) return false;
  }
  hw_buffer whole, list;
  hw_buffer_init(&whole);
  hw_buffer_init(&list);
  bool ok = true;
  for (size_t i = 0; i < n && ok; i++) {
    ok = put_part(&b, i, &list, &whole, err);
    ends[i] = whole.length;
  }
  ok = ok && hw_minify_names(entries[n - 1], whole.data, ends, n, out, err);
  hw_buffer_fini(&whole);
  hw_buffer_fini(&list);
  return ok;
}

bool hw_bundle_style(const char *const *names, size_t n, hw_buffer *out, hw_error *err) {
  for (size_t i = 0; i < n; i++) {
    const hw_asset *asset = hw_asset_find(names[i]);
    if (!asset) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s is not part of this program", names[i]);
    if (!hw_minify_style(asset->name, (const char *)asset->bytes, asset->length, out, err)) return false;
  }
  return true;
}
