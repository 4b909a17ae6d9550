/* SPDX-License-Identifier: Apache-2.0 */
#include "web/bundle.h"

#include <string.h>

#include "web/assets.h"
#include "web/minify.h"

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

/* Marks the modules that the entry needs. An asset comes after those that it imports, so one pass from the end meets importers first. */
static bool mark_modules(const char *entry, bool *needed, hw_error *err) {
  for (size_t m = hw_n_assets; m-- > 0;) {
    if (strcmp(hw_assets[m].name, entry) == 0) needed[m] = true;
    if (!needed[m]) continue;
    const char *at = (const char *)hw_assets[m].bytes, *end = at + hw_assets[m].length;
    while (at < end) {
      const char *line = at;
      size_t length = next_line(&at, end);
      if (!begins(line, length, "import ")) continue;
      size_t imported = find_import(line, length);
      if (imported >= m)
        return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s imports what does not come before it: %.*s", hw_assets[m].name, (int)length, line);
      needed[imported] = true;
    }
  }
  return true;
}

bool hw_bundle_script(const char *entry, hw_buffer *out, hw_error *err) {
  bool needed[256] = {false};
  if (hw_n_assets > sizeof needed)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "the page has %zu files, want at most %zu", hw_n_assets, sizeof needed);
  if (!mark_modules(entry, needed, err)) return false;
  hw_buffer whole;
  hw_buffer_init(&whole);
  bool ok = true;
  for (size_t m = 0; m < hw_n_assets && ok; m++) ok = !needed[m] || put_module(&hw_assets[m], &whole, err);
  ok = ok && hw_minify_names(entry, whole.data, whole.length, out, err);
  hw_buffer_fini(&whole);
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
