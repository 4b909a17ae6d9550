/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool named_gz(const char *path) {
  size_t length = strlen(path);
  return length > 3 && strcasecmp(path + length - 3, ".gz") == 0;
}

/* gzread reports a file that stops inside its gzip data only through gzerror, beside a count that looks fine. */
static int gz_failure(hw_stream *stream, int code, hw_error *err) {
  const char *path = stream->path;
  switch (code) {
  case Z_OK: return 0;
  case Z_BUF_ERROR: hw_fail(err, HW_ERROR_INPUT, "%s: the gzip data ends early: the file is cut off", path); break;
  case Z_ERRNO: hw_fail(err, HW_ERROR_IO, "%s: %s", path, strerror(errno)); break;
  case Z_MEM_ERROR: hw_fail_memory(err, path); break;
  default: hw_fail(err, HW_ERROR_INPUT, "%s: the gzip data is damaged near line %" PRId64, path, stream->line);
  }
  return -1;
}

int hw_stream_fill(hw_stream *stream, hw_error *err) {
  if (stream->begin < stream->end) return 1;
  stream->begin = stream->end = 0;
  errno = 0;
  int got = gzread(stream->file, stream->block, sizeof stream->block);
  if (got > 0) {
    stream->end = (size_t)got;
    return 1;
  }
  int code = Z_OK;
  (void)gzerror(stream->file, &code);
  return gz_failure(stream, code, err);
}

/* Looks at the first bytes: drops a UTF-8 mark, refuses what cannot be text. */
static bool check_start(hw_stream *stream, hw_error *err) {
  bool plain = gzdirect(stream->file) != 0;
  int got = hw_stream_fill(stream, err);
  if (got <= 0) return got == 0;
  const unsigned char *start = stream->block;
  size_t length = stream->end;
  if (plain && named_gz(stream->path))
    return hw_fail(err, HW_ERROR_INPUT, "%s: named .gz, but not gzip data", stream->path);
  if (length >= 2 && ((start[0] == 0xFF && start[1] == 0xFE) || (start[0] == 0xFE && start[1] == 0xFF)))
    return hw_fail(err, HW_ERROR_INPUT, "%s: the text is UTF-16, want UTF-8", stream->path);
  if (length >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0) stream->begin = 3;
  return true;
}

bool hw_stream_open(hw_stream *stream, const char *path, size_t row_limit, hw_error *err) {
  stream->path = path;
  stream->file = NULL;
  stream->row_limit = row_limit;
  stream->line = 1;
  stream->begin = stream->end = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return hw_fail(err, HW_ERROR_IO, "%s: %s", path, strerror(errno));
  struct stat status;
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    close(fd);
    return hw_fail(err, HW_ERROR_INPUT, "%s: a folder, want a data set file", path);
  }
  stream->file = gzdopen(fd, "rb");
  if (!stream->file) {
    close(fd);
    return hw_fail_memory(err, path);
  }
  return check_start(stream, err);
}

void hw_stream_close(hw_stream *stream) {
  if (stream->file) (void)gzclose(stream->file);
  stream->file = NULL;
}

void hw_stream_take(hw_stream *stream, size_t n) {
  const unsigned char *at = stream->block + stream->begin, *end = at + n;
  while ((at = memchr(at, '\n', (size_t)(end - at)))) {
    stream->line++;
    at++;
  }
  stream->begin += n;
}

int hw_stream_too_long(const hw_stream *stream, int64_t line, const char *hint, hw_error *err) {
  hw_fail(err, HW_ERROR_INPUT, "%s: line %" PRId64 ": a row of more than %zu bytes%s", stream->path, line,
          stream->row_limit, hint);
  return -1;
}

int hw_stream_line(hw_stream *stream, hw_buffer *line, hw_error *err) {
  int64_t number = stream->line;
  bool any = false;
  hw_buffer_reset(line);
  hw_buffer_append(line, "", 0); /* an empty line still has bytes to point at */
  for (;;) {
    int got = hw_stream_fill(stream, err);
    if (got < 0) return -1;
    if (got == 0) break;
    any = true;
    const unsigned char *at = stream->block + stream->begin;
    size_t left = stream->end - stream->begin;
    const unsigned char *newline = memchr(at, '\n', left);
    size_t length = newline ? (size_t)(newline - at) : left;
    if (length > stream->row_limit - line->length) return hw_stream_too_long(stream, number, "", err);
    hw_buffer_append(line, at, length);
    hw_stream_take(stream, newline ? length + 1 : length);
    if (newline) break;
  }
  if (!hw_buffer_check(line, err)) return -1;
  if (!any) return 0;
  if (line->length && line->data[line->length - 1] == '\r') line->data[--line->length] = '\0';
  return 1;
}
