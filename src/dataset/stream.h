/* SPDX-License-Identifier: Apache-2.0
 * The bytes of one data set, gunzipped where they are gzip (told by their first two bytes, not by the name), in
 * blocks. After a gzip member come another one, zero bytes up to the end of the file, or nothing: other bytes are an error.
 * A UTF-8 byte order mark at the start is dropped. What can be read only once (a pipe, standard input) is first
 * copied whole into a file without a name. One thread. */
#ifndef HEADWATER_DATASET_STREAM_H
#define HEADWATER_DATASET_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "headwater/buffer.h"
#include "base/file.h"
#include "headwater/error.h"

typedef struct hw_stream {
  const char *path; /* borrowed, the name in messages */
  int fd;           /* of the bytes as they are on disk, -1 when closed */
  int64_t start;    /* of the first byte in fd: standard input that is a file may have been read up to there */
  bool gzipped;
  bool in_member;   /* a gzip member has begun and not ended */
  z_stream inflater;
  int code;          /* of inflate, when it failed behind the bytes in the block; else Z_OK */
  size_t row_limit;  /* bytes that one row may have, its line end among them */
  int64_t line;      /* of the next byte, from 1; a line ends at LF */
  size_t begin, end; /* block[begin..end) is read and not yet taken */
  unsigned char block[1 << 16], packed[1 << 16]; /* packed: gzip data not yet inflated, at inflater.next_in */
} hw_stream;

/* Opens a file or a pipe; "-" is standard input, from where it stands. Close also after a failed open. */
bool hw_stream_open(hw_stream *stream, const char *path, const char *name, size_t row_limit, hw_error *err);
void hw_stream_close(hw_stream *stream);

/* Goes back to the first byte. */
bool hw_stream_rewind(hw_stream *stream, hw_error *err);

/* Hash of all bytes from the first one on, as they are on disk. */
bool hw_stream_hash(const hw_stream *stream, char hex[HW_HASH_HEX], hw_error *err);

/* Makes sure that at least one byte stands in the block: 1, or 0 at the end, or -1 with err filled. */
int hw_stream_fill(hw_stream *stream, hw_error *err);

/* Steps over the next n bytes of the block and counts their lines. */
void hw_stream_take(hw_stream *stream, size_t n);

/* Of a line of more than row_limit bytes both keep row_limit + 1 bytes or somewhat more, and pass over the rest of it. */

/* Appends the next line with what ends it: LF, CR or CR LF. 1, or 0 at the end, or -1. */
int hw_stream_append_line(hw_stream *stream, hw_buffer *text, hw_error *err);

/* The next line without its LF or CR LF: 1, or 0 at the end, or -1. Nothing after the last LF is no line. */
int hw_stream_line(hw_stream *stream, hw_buffer *line, hw_error *err);

#endif
