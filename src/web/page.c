/* SPDX-License-Identifier: Apache-2.0 */
#include "web/page.h"

#include <string.h>

#include "base/output.h"
#include "web/assets.h"
#include "web/sha256.h"

static const char *const styles[] = {"style.css", "graph.css", "panel.css"};
enum { N_STYLES = sizeof styles / sizeof *styles };
static const char entry[] = "saved.mjs";

/* The next line of [at, end), without its line end; `at` moves behind it. */
static size_t next_line(const char **at, const char *end) {
  const char *begin = *at, *stop = memchr(begin, '\n', (size_t)(end - begin));
  *at = stop ? stop + 1 : end;
  return (size_t)((stop ? stop : end) - begin);
}

static bool begins(const char *line, size_t length, const char *word) {
  return length >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
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
static bool mark_modules(bool *needed, hw_error *err) {
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

/* The modules as one: imports are left out, and the word export. */
static bool put_script(hw_buffer *out, hw_error *err) {
  bool needed[256] = {false};
  if (hw_n_assets > sizeof needed)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "the page has %zu files, want at most %zu", hw_n_assets, sizeof needed);
  if (!mark_modules(needed, err)) return false;
  for (size_t m = 0; m < hw_n_assets; m++) {
    const char *at = (const char *)hw_assets[m].bytes, *end = at + hw_assets[m].length;
    while (needed[m] && at < end) {
      const char *line = at;
      size_t length = next_line(&at, end), skip = begins(line, length, "export ") ? strlen("export ") : 0;
      if (begins(line, length, "import ")) continue;
      hw_buffer_append(out, line + skip, length - skip);
      hw_buffer_append_byte(out, '\n');
    }
  }
  return hw_buffer_check(out, err);
}

static bool put_style(hw_buffer *out, hw_error *err) {
  for (size_t i = 0; i < N_STYLES; i++) {
    const hw_asset *asset = hw_asset_find(styles[i]);
    if (!asset) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s is not part of this program", styles[i]);
    hw_buffer_append(out, asset->bytes, asset->length);
  }
  return hw_buffer_check(out, err);
}

static void put_escaped(hw_buffer *out, const char *text) {
  for (; *text; text++) {
    switch (*text) {
      case '&': hw_buffer_append_string(out, "&amp;"); break;
      case '<': hw_buffer_append_string(out, "&lt;"); break;
      case '>': hw_buffer_append_string(out, "&gt;"); break;
      default: hw_buffer_append_byte(out, (unsigned char)*text);
    }
  }
}

/* Without "<" no text in it ends the element or begins another. */
static void put_data(hw_buffer *out, const hw_buffer *data) {
  for (size_t i = 0, from = 0; i <= data->length; i++) {
    if (i < data->length && data->data[i] != '<') continue;
    hw_buffer_append(out, data->data + from, i - from);
    if (i < data->length) hw_buffer_append_string(out, "\\u003c");
    from = i + 1;
  }
}

/* Only this style and these modules run, by their hashes; pictures are those that the page itself makes. */
static void put_policy(hw_buffer *out, const hw_buffer *style, const hw_buffer *script) {
  char of_style[HW_SHA256_BASE64 + 1], of_script[HW_SHA256_BASE64 + 1];
  hw_sha256_base64(style->data, style->length, of_style);
  hw_sha256_base64(script->data, script->length, of_script);
  hw_buffer_printf(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; "
                        "script-src 'sha256-%s'; img-src blob:; base-uri 'none'; form-action 'none'\">\n", of_style, of_script);
}

static void put_page(hw_buffer *out, const char *title, const hw_buffer *style, const hw_buffer *script, const hw_buffer *data) {
  hw_buffer_append_string(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  put_policy(out, style, script);
  hw_buffer_append_string(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                               "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
  put_escaped(out, title);
  hw_buffer_append_string(out, "</title>\n<style>");
  hw_buffer_append(out, style->data, style->length);
  hw_buffer_append_string(out, "</style>\n</head>\n<body>\n<header id=\"saved\"></header>\n<main id=\"page\" tabindex=\"-1\"></main>\n"
                               "<div id=\"live\" class=\"unseen\" aria-live=\"polite\"></div>\n<noscript>This page needs JavaScript.</noscript>\n"
                               "<script type=\"application/json\" id=\"data\">");
  put_data(out, data);
  hw_buffer_append_string(out, "</script>\n<script type=\"module\">");
  hw_buffer_append(out, script->data, script->length);
  hw_buffer_append_string(out, "</script>\n</body>\n</html>\n");
}

bool hw_page_write(const char *path, const char *title, const hw_buffer *data, hw_error *err) {
  hw_buffer style, script, page;
  hw_buffer_init(&style);
  hw_buffer_init(&script);
  hw_buffer_init(&page);
  bool ok = put_style(&style, err) && put_script(&script, err);
  if (ok) put_page(&page, title, &style, &script, data);
  ok = ok && hw_output_write_file(path, &page, err);
  hw_buffer_fini(&style);
  hw_buffer_fini(&script);
  hw_buffer_fini(&page);
  return ok;
}
