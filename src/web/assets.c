/* SPDX-License-Identifier: Apache-2.0 */
#include "web/assets.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/number.h"

static const char *type_of(const char *name) {
  static const char *const types[][2] = {
      {".html", "text/html; charset=utf-8"}, {".mjs", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"}, {".svg", "image/svg+xml"}};
  const char *end = strrchr(name, '.');
  for (size_t i = 0; end && i < sizeof types / sizeof *types; i++)
    if (!strcmp(end, types[i][0])) return types[i][1];
  return "application/octet-stream";
}

const hw_asset *hw_asset_find(const char *name) {
  for (size_t i = 0; i < hw_n_assets; i++)
    if (!strcmp(hw_assets[i].name, name)) return &hw_assets[i];
  return NULL;
}

void hw_asset_answer(const hw_http_request *request, hw_http_reply *reply) {
  const hw_asset *asset = hw_asset_find(request->path[1] ? request->path + 1 : "index.html");
  if (!asset) {
    hw_http_reply_error(reply, 404, "not_found", "there is no \"%.100s\"", request->path);
    return;
  }
  (void)hw_snprintf(reply->etag, sizeof reply->etag, "%016" PRIx64, (uint64_t)XXH3_64bits(asset->bytes, asset->length));
  reply->type = type_of(asset->name);
  if (hw_http_list_has(request->headers[HW_HEADER_IF_NONE_MATCH].value, reply->etag)) {
    reply->status = 304;
    return;
  }
  reply->status = 200;
  reply->gzip = hw_http_list_has(request->headers[HW_HEADER_ACCEPT_ENCODING].value, "gzip");
  reply->fixed = reply->gzip ? asset->gzip : asset->bytes;
  reply->fixed_length = reply->gzip ? asset->gzip_length : asset->length;
}
