/* SPDX-License-Identifier: Apache-2.0 */
#include "web/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/number.h"
#include "web/assets.h"
#include "web/bundle.h"
#include "web/gzip.h"

enum { GZIP_BEST = 9 };

/* The scripts stand last: one that imports another one behind it. */
static const char *const names[HW_N_SERVED] = {"index.html", "icon.svg", "style.css", "start.mjs", "main.mjs", "rest.mjs"};
enum { FIRST_SCRIPT = 3 };

static const char *type_of(const char *name) {
  static const char *const types[][2] = {
      {".html", "text/html; charset=utf-8"}, {".mjs", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"}, {".svg", "image/svg+xml"}};
  const char *end = strrchr(name, '.');
  for (size_t i = 0; end && i < sizeof types / sizeof *types; i++)
    if (!strcmp(end, types[i][0])) return types[i][1];
  return "application/octet-stream";
}

static bool ends_in(const char *name, const char *end) {
  size_t length = strlen(name);
  return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

/* All style sheets, in the order of the list. */
static bool put_styles(hw_buffer *out, hw_error *err) {
  for (size_t i = 0; i < hw_n_assets; i++)
    if (ends_in(hw_assets[i].name, ".css") && !hw_bundle_style(&hw_assets[i].name, 1, out, err)) return false;
  return true;
}

static bool begins(const char *line, size_t length, const char *word) {
  return length >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

static bool put_plain(const char *name, hw_buffer *out, hw_error *err) {
  if (ends_in(name, ".css")) return put_styles(out, err);
  const hw_asset *asset = hw_asset_find(name);
  if (!asset) return hw_fail(err, HW_ERROR_UNSUPPORTED, "web/%s is not part of this program", name);
  const char *at = (const char *)asset->bytes, *end = at + asset->length;
  while (at < end) { /* without the line of the licence */
    const char *stop = memchr(at, '\n', (size_t)(end - at)), *next = stop ? stop + 1 : end;
    if (!begins(at, (size_t)(next - at), "<!-- ")) hw_buffer_append(out, at, (size_t)(next - at));
    at = next;
  }
  return hw_buffer_check(out, err);
}

/* Plain bytes of all files. */
static bool put_all(hw_files *files, hw_error *err) {
  hw_buffer scripts[HW_N_SERVED - FIRST_SCRIPT];
  for (size_t i = 0; i < FIRST_SCRIPT; i++)
    if (!put_plain(names[i], &files->files[i].plain, err)) return false;
  for (size_t i = 0; i < HW_N_SERVED - FIRST_SCRIPT; i++) hw_buffer_init(&scripts[i]);
  bool ok = hw_bundle_scripts(names + FIRST_SCRIPT, HW_N_SERVED - FIRST_SCRIPT, scripts, err);
  for (size_t i = FIRST_SCRIPT; i < HW_N_SERVED; i++) files->files[i].plain = scripts[i - FIRST_SCRIPT];
  return ok;
}

bool hw_files_make(hw_files *files, hw_error *err) {
  *files = (hw_files){0};
  for (size_t i = 0; i < HW_N_SERVED; i++) {
    files->files[i].name = names[i];
    hw_buffer_init(&files->files[i].plain);
    hw_buffer_init(&files->files[i].gzip);
  }
  if (!put_all(files, err)) return false;
  for (size_t i = 0; i < HW_N_SERVED; i++) {
    hw_served *file = &files->files[i];
    if (!hw_gzip(file->plain.data, file->plain.length, GZIP_BEST, &file->gzip)) return hw_fail(err, HW_ERROR_MEMORY, "no memory for web/%s", file->name);
    (void)hw_snprintf(file->etag, sizeof file->etag, "%016" PRIx64, (uint64_t)XXH3_64bits(file->plain.data, file->plain.length));
  }
  return true;
}

void hw_files_fini(hw_files *files) {
  for (size_t i = 0; i < HW_N_SERVED; i++) {
    if (!files->files[i].name) continue;
    hw_buffer_fini(&files->files[i].plain);
    hw_buffer_fini(&files->files[i].gzip);
  }
  *files = (hw_files){0};
}

void hw_files_answer(const hw_files *files, const hw_http_request *request, hw_http_reply *reply) {
  const char *name = request->path[1] ? request->path + 1 : "index.html";
  const hw_served *file = NULL;
  for (size_t i = 0; i < HW_N_SERVED && !file; i++)
    if (!strcmp(files->files[i].name, name)) file = &files->files[i];
  if (!file) {
    hw_http_reply_error(reply, 404, "not_found", "there is no \"%.100s\"", request->path);
    return;
  }
  (void)hw_snprintf(reply->etag, sizeof reply->etag, "%s", file->etag);
  reply->type = type_of(file->name);
  if (hw_http_list_has(request->headers[HW_HEADER_IF_NONE_MATCH].value, reply->etag)) {
    reply->status = 304;
    return;
  }
  reply->status = 200;
  reply->gzip = hw_http_list_has(request->headers[HW_HEADER_ACCEPT_ENCODING].value, "gzip");
  const hw_buffer *bytes = reply->gzip ? &file->gzip : &file->plain;
  reply->fixed = bytes->data;
  reply->fixed_length = bytes->length;
}
