/* SPDX-License-Identifier: Apache-2.0 */
#include "web/gzip.h"

#include <stdint.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, GZIP_MEMORY = 7 };

bool hw_gzip(const void *bytes, size_t length, int level, hw_buffer *out) {
  unsigned char block[16384];
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)length};
  if (length > UINT32_MAX || deflateInit2(&stream, level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) return false;
  int rc = Z_OK;
  while (rc == Z_OK) {
    stream.next_out = block;
    stream.avail_out = sizeof block;
    rc = deflate(&stream, Z_FINISH);
    hw_buffer_append(out, block, sizeof block - stream.avail_out);
  }
  (void)deflateEnd(&stream);
  return rc == Z_STREAM_END && !out->failed;
}
