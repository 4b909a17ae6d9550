/* SPDX-License-Identifier: Apache-2.0 */
#include "web/page.h"

#include <string.h>

#include "base/output.h"
#include "web/bundle.h"
#include "web/sha256.h"

static const char *const styles[] = {"style.css", "graph.css", "panel.css"};
enum { N_STYLES = sizeof styles / sizeof *styles };

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
  static const char *const entry = "saved.mjs";
  hw_buffer style, script, page;
  hw_buffer_init(&style);
  hw_buffer_init(&script);
  hw_buffer_init(&page);
  bool ok = hw_bundle_style(styles, N_STYLES, &style, err) && hw_bundle_scripts(&entry, 1, &script, err);
  if (ok) put_page(&page, title, &style, &script, data);
  ok = ok && hw_output_write_file(path, &page, err);
  hw_buffer_fini(&style);
  hw_buffer_fini(&script);
  hw_buffer_fini(&page);
  return ok;
}
