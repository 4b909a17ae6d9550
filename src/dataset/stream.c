/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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
    return hw_fail(err, HW_ERROR_INPUT, "%s: the text is UTF-16, want UTF-8 (iconv -f UTF-16 -t UTF-8)", stream->path);
  if (length >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0) stream->begin = 3;
  return true;
}

/* Copies what can be read only once into a file that has no name any more. Returns its descriptor, or -1. */
static int spool(int from, const char *path, hw_error *err) {
  const char *folder = getenv("TMPDIR");
  if (!folder || !*folder) folder = "/tmp";
  char name[512];
  (void)snprintf(name, sizeof name, "%.400s/headwater-data-XXXXXX", folder);
  int fd = mkostemp(name, O_CLOEXEC);
  if (fd < 0) return hw_fail(err, HW_ERROR_IO, "%s: cannot keep a copy in %s: %s", path, folder, strerror(errno)), -1;
  (void)unlink(name);
  char block[1 << 16];
  for (;;) {
    ssize_t got = read(from, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) hw_fail(err, HW_ERROR_IO, "%s: %s", path, strerror(errno));
    if (got == 0 && lseek(fd, 0, SEEK_SET) == 0) return fd;
    if (got <= 0) break;
    for (ssize_t done = 0, n; done < got; done += n) {
      n = write(fd, block + done, (size_t)(got - done));
      if (n < 0) {
        hw_fail(err, HW_ERROR_IO, "%s: cannot keep a copy in %s: %s", path, folder, strerror(errno));
        close(fd);
        return -1;
      }
    }
  }
  close(fd);
  return -1;
}

static bool open_descriptor(hw_stream *stream, const char *path, hw_error *err) {
  int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return hw_fail(err, HW_ERROR_IO, "%s: %s", path, strerror(errno));
  struct stat status;
  bool known = fstat(fd, &status) == 0;
  if (known && S_ISDIR(status.st_mode)) {
    close(fd);
    return hw_fail(err, HW_ERROR_INPUT, "%s: a folder, want a data set file", path);
  }
  if (known && S_ISREG(status.st_mode) && lseek(fd, 0, SEEK_SET) == 0) {
    stream->fd = fd;
    return true;
  }
  stream->fd = spool(fd, stream->path, err);
  close(fd);
  return stream->fd >= 0;
}

bool hw_stream_open(hw_stream *stream, const char *path, const char *name, size_t row_limit, hw_error *err) {
  stream->path = name;
  stream->file = NULL;
  stream->fd = -1;
  stream->row_limit = row_limit;
  stream->line = 1;
  stream->begin = stream->end = 0;
  if (!open_descriptor(stream, path, err)) return false;
  int fd = dup(stream->fd); /* which gzclose will close */
  stream->file = fd < 0 ? NULL : gzdopen(fd, "rb");
  if (!stream->file) {
    if (fd >= 0) close(fd);
    return hw_fail_memory(err, name);
  }
  return check_start(stream, err);
}

void hw_stream_close(hw_stream *stream) {
  if (!stream->path) return; /* was never opened */
  if (stream->file) (void)gzclose(stream->file);
  if (stream->fd >= 0) close(stream->fd);
  stream->file = NULL;
  stream->fd = -1;
}

bool hw_stream_rewind(hw_stream *stream, hw_error *err) {
  if (gzrewind(stream->file) != 0) return hw_fail(err, HW_ERROR_IO, "%s: cannot be read again", stream->path);
  stream->line = 1;
  stream->begin = stream->end = 0;
  return check_start(stream, err);
}

bool hw_stream_hash(const hw_stream *stream, char hex[HW_HASH_HEX], hw_error *err) {
  hw_file file;
  if (!hw_file_map(stream->fd, stream->path, &file, err)) return false;
  hw_hash_bytes(file.data, file.size, hex);
  hw_file_close(&file);
  return true;
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

int hw_stream_append_line(hw_stream *stream, hw_buffer *text, hw_error *err) {
  int64_t number = stream->line;
  size_t length = 0;
  bool ended = false, after_cr = false;
  while (!ended) {
    int got = hw_stream_fill(stream, err);
    if (got < 0) return -1;
    if (got == 0) break;
    const unsigned char *at = stream->block + stream->begin;
    size_t left = stream->end - stream->begin, n = 0;
    if (after_cr) { /* the CR was the last byte of its block */
      ended = true;
      n = at[0] == '\n';
    } else {
      while (n < left && at[n] != '\n' && at[n] != '\r') n++;
      ended = n < left && at[n] == '\n';
      after_cr = n < left && at[n] == '\r';
      n += n < left;
      if (after_cr && n < left) {
        ended = true;
        n += at[n] == '\n';
      }
    }
    length += n;
    if (length > stream->row_limit) return hw_stream_too_long(stream, number, "", err);
    hw_buffer_append(text, at, n);
    hw_stream_take(stream, n);
  }
  return hw_buffer_check(text, err) ? length > 0 : -1;
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
