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

static const unsigned char gzip_magic[2] = {0x1F, 0x8B}; /* a gzip member begins with them */

static bool named_gz(const char *path) {
  size_t length = strlen(path);
  return length > 3 && strcasecmp(path + length - 3, ".gz") == 0;
}

/* Reads until the block is full or the file ends. Returns the bytes read, or -1 with err filled. */
static ssize_t read_block(const hw_stream *stream, unsigned char *block, size_t size, hw_error *err) {
  size_t n = 0;
  while (n < size) {
    ssize_t got = read(stream->fd, block + n, size - n);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return hw_fail(err, HW_ERROR_IO, "%s: %s", stream->path, strerror(errno)), -1;
    if (got == 0) break;
    n += (size_t)got;
  }
  return (ssize_t)n;
}

/* Reads gzip data if none is left: 1, or 0 at the end of the file, or -1. */
static int fill_packed(hw_stream *stream, hw_error *err) {
  if (stream->inflater.avail_in) return 1;
  ssize_t got = read_block(stream, stream->packed, sizeof stream->packed, err);
  if (got <= 0) return (int)got;
  stream->inflater.next_in = stream->packed;
  stream->inflater.avail_in = (uInt)got;
  return 1;
}

static int fail_inflate(const hw_stream *stream, int code, hw_error *err) {
  if (code == Z_MEM_ERROR)
    hw_fail_memory(err, stream->path);
  else if (stream->inflater.total_in <= sizeof gzip_magic)
    hw_fail(err, HW_ERROR_INPUT, "%s: near line %" PRId64 " a part of the gzip data ends, and the bytes after it are no gzip data", stream->path, stream->line);
  else
    hw_fail(err, HW_ERROR_INPUT, "%s: the gzip data is damaged near line %" PRId64, stream->path, stream->line);
  return -1;
}

/* After a member: starts the next one: 1, or 0 where only zero bytes are left, or -1. */
static int start_member(hw_stream *stream, hw_error *err) {
  z_stream *z = &stream->inflater;
  (void)inflateReset(z);
  if (*z->next_in && *z->next_in != gzip_magic[0]) return fail_inflate(stream, Z_DATA_ERROR, err);
  stream->in_member = *z->next_in != 0;
  if (stream->in_member) return 1;
  int got = 1;
  for (; got > 0; got = fill_packed(stream, err))
    for (; z->avail_in; z->next_in++, z->avail_in--)
      if (*z->next_in) return fail_inflate(stream, Z_DATA_ERROR, err);
  return got;
}

static int fill_inflated(hw_stream *stream, hw_error *err) {
  z_stream *z = &stream->inflater;
  if (stream->code != Z_OK) return fail_inflate(stream, stream->code, err);
  for (;;) {
    int got = fill_packed(stream, err);
    if (got == 0 && stream->in_member)
      return hw_fail(err, HW_ERROR_INPUT, "%s: the gzip data ends early: the file is cut off", stream->path), -1;
    if (got > 0 && !stream->in_member) got = start_member(stream, err);
    if (got <= 0) return got;
    z->next_out = stream->block;
    z->avail_out = sizeof stream->block;
    int code = inflate(z, Z_NO_FLUSH);
    stream->end = sizeof stream->block - z->avail_out;
    if (code == Z_STREAM_END) stream->in_member = false;
    else stream->code = code;
    if (stream->end) return 1;
    if (stream->code != Z_OK) return fail_inflate(stream, code, err);
  }
}

int hw_stream_fill(hw_stream *stream, hw_error *err) {
  if (stream->begin < stream->end) return 1;
  stream->begin = stream->end = 0;
  if (stream->gzipped) return fill_inflated(stream, err);
  ssize_t got = read_block(stream, stream->block, sizeof stream->block, err);
  if (got > 0) stream->end = (size_t)got;
  return got > 0 ? 1 : (int)got;
}

/* From the first byte. */
static bool begin(hw_stream *stream, hw_error *err) {
  unsigned char magic[sizeof gzip_magic];
  if (lseek(stream->fd, stream->start, SEEK_SET) != stream->start) return hw_fail(err, HW_ERROR_IO, "%s: %s", stream->path, strerror(errno));
  stream->line = 1;
  stream->begin = stream->end = 0;
  ssize_t got = pread(stream->fd, magic, sizeof magic, stream->start);
  if (got < 0) return hw_fail(err, HW_ERROR_IO, "%s: %s", stream->path, strerror(errno));
  stream->gzipped = got == sizeof magic && memcmp(magic, gzip_magic, sizeof gzip_magic) == 0;
  stream->in_member = stream->gzipped;
  if (!stream->gzipped) return true;
  enum { GZIP_WINDOW = 15 + 16 };
  stream->inflater.avail_in = 0;
  stream->code = Z_OK;
  int code = stream->inflater.state ? inflateReset(&stream->inflater) : inflateInit2(&stream->inflater, GZIP_WINDOW);
  return code == Z_OK || hw_fail_memory(err, stream->path);
}

/* UTF-16 without a mark, by its NUL bytes: they stand in one half of more than half of the pairs, and seldom in the other half, as of U+0100 and
 * U+3000. "LE", "BE" or NULL. */
static const char *utf16_order(const unsigned char *text, size_t length) {
  size_t n[2] = {0}, pairs = length / 2;
  for (size_t i = 0; i < 2 * pairs; i++) n[i % 2] += text[i] == 0;
  const bool big = n[0] > n[1];
  const size_t many = n[!big], few = n[big];
  if (pairs < 2 || many <= pairs / 2 || few > many / 8) return NULL;
  return big ? "BE" : "LE";
}

/* Looks at the first bytes: drops a UTF-8 mark, refuses what cannot be text. */
static bool check_start(hw_stream *stream, hw_error *err) {
  if (!begin(stream, err)) return false;
  int got = hw_stream_fill(stream, err);
  if (got <= 0) return got == 0;
  const unsigned char *start = stream->block;
  size_t length = stream->end;
  if (!stream->gzipped && named_gz(stream->path))
    return hw_fail(err, HW_ERROR_INPUT, "%s: named .gz, but not gzip data", stream->path);
  if (length >= 2 && ((start[0] == 0xFF && start[1] == 0xFE) || (start[0] == 0xFE && start[1] == 0xFF)))
    return hw_fail(err, HW_ERROR_INPUT, "%s: the text is UTF-16, want UTF-8 (iconv -f UTF-16 -t UTF-8)", stream->path);
  const char *order = utf16_order(start, length);
  if (order) return hw_fail(err, HW_ERROR_INPUT, "%s: the text is UTF-16, want UTF-8 (iconv -f UTF-16%s -t UTF-8)", stream->path, order);
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
    if (got == 0) return fd;
    if (got < 0) break;
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
  stream->start = known && S_ISREG(status.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;
  if (stream->start >= 0) {
    stream->fd = fd;
    return true;
  }
  stream->start = 0;
  stream->fd = spool(fd, stream->path, err);
  close(fd);
  return stream->fd >= 0;
}

bool hw_stream_open(hw_stream *stream, const char *path, const char *name, size_t row_limit, hw_error *err) {
  *stream = (hw_stream){.path = name, .fd = -1, .row_limit = row_limit};
  return open_descriptor(stream, path, err) && check_start(stream, err);
}

void hw_stream_close(hw_stream *stream) {
  if (!stream->path) return; /* was never opened */
  (void)inflateEnd(&stream->inflater);
  if (stream->fd >= 0) close(stream->fd);
  stream->fd = -1;
}

bool hw_stream_rewind(hw_stream *stream, hw_error *err) { return check_start(stream, err); }

bool hw_stream_hash(const hw_stream *stream, char hex[HW_HASH_HEX], hw_error *err) {
  hw_file file;
  if (!hw_file_map(stream->fd, stream->path, &file, err)) return false;
  size_t start = (size_t)stream->start < file.size ? (size_t)stream->start : file.size;
  hw_hash_bytes(file.data + start, file.size - start, hex);
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

/* Appends as much of the next n bytes as a row can have, of which `kept` bytes are there. Returns how many there are then. */
static size_t keep(const hw_stream *stream, hw_buffer *text, size_t kept, size_t n) {
  size_t room = stream->row_limit + 1 - kept;
  if (n > room) n = room;
  hw_buffer_append(text, stream->block + stream->begin, n);
  return kept + n;
}

int hw_stream_append_line(hw_stream *stream, hw_buffer *text, hw_error *err) {
  size_t length = 0, kept = 0;
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
    kept = keep(stream, text, kept, n);
    hw_stream_take(stream, n);
  }
  if (kept < length) hw_buffer_append_byte(text, '\n');
  return hw_buffer_check(text, err) ? length > 0 : -1;
}

int hw_stream_line(hw_stream *stream, hw_buffer *line, hw_error *err) {
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
    (void)keep(stream, line, line->length, length);
    hw_stream_take(stream, newline ? length + 1 : length);
    if (newline) break;
  }
  if (!hw_buffer_check(line, err)) return -1;
  if (!any) return 0;
  if (line->length && line->length <= stream->row_limit && line->data[line->length - 1] == '\r') line->data[--line->length] = '\0';
  return 1;
}
