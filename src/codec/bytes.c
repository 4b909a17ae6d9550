/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "codec/codec.h"

enum { FLAG_PARALLEL = 1, FLAG_ONE_THRESHOLD = 2 };

/* Columns below this many bytes share a block with the next one: a Huffman code of their own costs about 60 bytes. */
enum { SMALLEST_BLOCK = 192 };

/* By measurement, with these cuts, 300 prompts each: processor time and bytes of a graph's four columns.
 *   level   ioi, gpt2         induction, gpt2   ioi, llama        GPT-2 small's shape, 16 tokens
 *   1       0.183 ms 4,550    0.144 ms 4,227    0.177 ms 4,385    0.188 ms 6,590
 *   3       0.157 ms 4,522    0.117 ms 4,198    0.150 ms 4,357    0.146 ms 6,559
 *   6       0.181 ms 4,465    0.131 ms 4,134    0.168 ms 4,315    0.166 ms 6,538
 *   9       0.176 ms 4,464    0.131 ms 4,133    0.173 ms 4,313    0.235 ms 6,531
 * 0.02 ms of prompts that take 3 to 40 ms are not worth 1.5% of the file. */
enum { LEVEL = 6 };

/* A deflate stream unpacks to at most so many times its length. */
enum { MOST_RATIO = 1032 };

bool hw_codec_init(hw_codec *codec, hw_error *err) {
  *codec = (hw_codec){0};
  hw_buffer_init(&codec->raw);
  hw_arena_init(&codec->scratch);
  if (deflateInit2(&codec->stream, LEVEL, Z_DEFLATED, 13, 7, Z_FILTERED) != Z_OK)
    return hw_fail_memory(err, "the compressor");
  codec->ready = true;
  return true;
}

void hw_codec_fini(hw_codec *codec) {
  if (codec->ready) (void)deflateEnd(&codec->stream);
  hw_buffer_fini(&codec->raw);
  hw_arena_fini(&codec->scratch);
  *codec = (hw_codec){0};
}

void hw_codec_begin(hw_codec *codec) {
  hw_buffer_reset(&codec->raw);
  codec->n_cuts = 0;
}

size_t hw_write_varint(unsigned char *bytes, uint64_t value) {
  size_t n = 0;
  for (; value >= 0x80; value >>= 7) bytes[n++] = (unsigned char)(value | 0x80);
  bytes[n++] = (unsigned char)value;
  return n;
}

void hw_put_varint(hw_buffer *out, uint64_t value) {
  unsigned char bytes[HW_MOST_VARINT];
  hw_buffer_append(out, bytes, hw_write_varint(bytes, value));
}

void hw_put_text(hw_buffer *out, const char *text) {
  hw_put_varint(out, strlen(text));
  hw_buffer_append_string(out, text);
}

uint64_t hw_zigzag(int64_t value) { return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0); }
int64_t hw_unzigzag(uint64_t value) { return (int64_t)((value >> 1) ^ (value & 1 ? UINT64_MAX : 0)); }

void hw_codec_varint(hw_codec *codec, uint64_t value) { hw_put_varint(&codec->raw, value); }
void hw_codec_zigzag(hw_codec *codec, int64_t value) { hw_put_varint(&codec->raw, hw_zigzag(value)); }
void hw_codec_bytes(hw_codec *codec, const void *bytes, size_t length) { hw_buffer_append(&codec->raw, bytes, length); }

void hw_codec_planes(hw_codec *codec, const uint32_t *values, size_t n, unsigned width, unsigned n_incompressible) {
  unsigned char chunk[256];
  for (unsigned plane = 0; plane < width; plane++) {
    for (size_t first = 0; first < n; first += sizeof chunk) {
      size_t count = n - first < sizeof chunk ? n - first : sizeof chunk;
      for (size_t i = 0; i < count; i++) chunk[i] = (unsigned char)(values[first + i] >> (8 * plane));
      hw_buffer_append(&codec->raw, chunk, count);
    }
    hw_codec_cut(codec, plane < n_incompressible);
  }
}

void hw_codec_cut(hw_codec *codec, bool incompressible) {
  size_t last = codec->n_cuts ? codec->cuts[codec->n_cuts - 1].end : 0;
  if (codec->raw.length < last + SMALLEST_BLOCK || codec->n_cuts == sizeof codec->cuts / sizeof codec->cuts[0]) return;
  codec->cuts[codec->n_cuts].end = codec->raw.length;
  codec->cuts[codec->n_cuts++].incompressible = incompressible;
}

void hw_put_double(hw_buffer *out, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  for (int i = 0; i < 8; i++) hw_buffer_append_byte(out, (unsigned char)(bits >> (8 * i)));
}

/* Columns that say for which thresholds they are. */
static bool has_thresholds(uint8_t kind) { return kind == 'E' || kind == 'R'; }

static bool check_info(const hw_blob_info *info) {
  const hw_graph_frame *frame = &info->frame;
  return info->prompt_id >= 0 && info->prompt_id < HW_MAX_PROMPT && frame->n_layers <= HW_MAX_LAYERS &&
         frame->n_tokens <= HW_MAX_TOKENS && frame->target < frame->n_tokens;
}

static bool deflate_payload(hw_codec *codec, hw_buffer *out, hw_error *err) {
  z_stream *z = &codec->stream;
  if (deflateReset(z) != Z_OK) return hw_fail_memory(err, "the compressor");
  size_t length = codec->raw.length, done = 0;
  if (length >= UINT32_MAX / 2) return hw_fail(err, HW_ERROR_UNSUPPORTED, "a graph has more than 2 GB of rows");
  unsigned char chunk[4096];
  for (size_t cut = 0; done < length || cut == 0; cut++) {
    bool column = cut < codec->n_cuts && length - codec->cuts[cut].end >= SMALLEST_BLOCK, last = !column;
    size_t end = column ? codec->cuts[cut].end : length;
    z->next_out = chunk;
    z->avail_out = sizeof chunk;
    if (deflateParams(z, column && codec->cuts[cut].incompressible ? 0 : LEVEL, Z_FILTERED) == Z_STREAM_ERROR)
      return hw_fail(err, HW_ERROR_IO, "zlib refuses to compress");
    z->next_in = (Bytef *)(uintptr_t)(codec->raw.data ? codec->raw.data + done : "");
    z->avail_in = (uInt)(end - done);
    for (;;) {
      if (deflate(z, last ? Z_FINISH : Z_BLOCK) == Z_STREAM_ERROR)
        return hw_fail(err, HW_ERROR_IO, "zlib refuses to compress");
      bool full = z->avail_out == 0;
      hw_buffer_append(out, chunk, sizeof chunk - z->avail_out);
      z->next_out = chunk;
      z->avail_out = sizeof chunk;
      if (!full) break;
    }
    done = end;
    if (last) break;
  }
  return true;
}

bool hw_codec_finish(hw_codec *codec, const hw_blob_info *info, hw_buffer *out, hw_error *err) {
  if (!hw_buffer_check(&codec->raw, err)) return false;
  if (!check_info(info))
    return hw_fail(err, HW_ERROR_INPUT, "prompt %" PRId64 ": %u layers or position %u of %u is more than a store holds",
                   info->prompt_id, info->frame.n_layers, info->frame.target, info->frame.n_tokens);
  bool thresholds = has_thresholds(info->kind), one = info->floor == info->threshold;
  hw_buffer_append_byte(out, info->kind);
  hw_buffer_append_byte(out, HW_CODEC_VERSION);
  hw_put_varint(out, (uint64_t)info->prompt_id);
  hw_put_varint(out, info->frame.target);
  hw_put_varint(out, info->frame.n_layers);
  hw_put_varint(out, info->frame.n_tokens);
  hw_put_varint(out, (info->frame.parallel ? FLAG_PARALLEL : 0u) | (thresholds && one ? FLAG_ONE_THRESHOLD : 0u));
  if (thresholds) {
    hw_put_double(out, info->threshold);
    if (!one) hw_put_double(out, info->floor);
  }
  hw_put_varint(out, codec->raw.length);
  return deflate_payload(codec, out, err) && hw_buffer_check(out, err);
}

/* ---- reading ---- */

hw_reader hw_reader_of(const void *bytes, size_t length) {
  const uint8_t *at = length ? bytes : (const uint8_t *)"";
  return (hw_reader){.at = at, .end = at + length};
}

uint64_t hw_read_varint(hw_reader *reader) {
  const uint8_t *at = reader->at, *end = reader->failed ? at : reader->end;
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
    uint64_t byte = *at++;
    if (shift == 63 && byte > 1) break;
    value |= (byte & 0x7f) << shift;
    if (byte & 0x80) continue;
    reader->at = at;
    return value;
  }
  reader->at = at;
  reader->failed = true;
  return 0;
}

int64_t hw_read_zigzag(hw_reader *reader) { return hw_unzigzag(hw_read_varint(reader)); }

static size_t bytes_left(const hw_reader *reader) { return (size_t)(reader->end - reader->at); }

void hw_read_planes(hw_reader *reader, uint32_t *out, size_t n, unsigned width) {
  size_t bytes;
  if (reader->failed || width < 1 || width > sizeof *out || !hw_size_product(n, width, &bytes) || bytes > bytes_left(reader)) {
    reader->failed = true;
    if (out && n) memset(out, 0, n * sizeof *out);
    return;
  }
  for (unsigned plane = 0; plane < width && out; plane++)
    for (size_t i = 0; i < n; i++) {
      uint32_t byte = (uint32_t)reader->at[plane * n + i] << (8 * plane);
      out[i] = plane ? out[i] | byte : byte;
    }
  reader->at += bytes;
}

size_t hw_read_count(hw_reader *reader, size_t bytes_each) {
  uint64_t count = hw_read_varint(reader);
  if (count > bytes_left(reader) / (bytes_each ? bytes_each : 1)) {
    reader->failed = true;
    return 0;
  }
  return (size_t)count;
}

bool hw_read_text(hw_reader *reader, hw_arena *arena, const char **text, hw_error *err) {
  size_t length = hw_read_count(reader, 1);
  if (reader->failed || memchr(reader->at, '\0', length)) {
    reader->failed = true;
    return hw_fail(err, HW_ERROR_INPUT, "a text that is cut");
  }
  *text = hw_arena_copy(arena, length ? (const char *)reader->at : "", length, err);
  reader->at += length;
  return *text != NULL;
}

double hw_read_double(hw_reader *reader) {
  if (reader->failed || bytes_left(reader) < 8) {
    reader->failed = true;
    return 0;
  }
  uint64_t bits = 0;
  for (int i = 0; i < 8; i++) bits |= (uint64_t)*reader->at++ << (8 * i);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static const char *kind_name(uint8_t kind) {
  return kind == 'E' ? "edges" : kind == 'H' ? "heads" : kind == 'N' ? "neurons" : kind == 'P' ? "projections" : kind == 'R' ? "relevance" : "column";
}

bool hw_blob_fail(const hw_blob_info *info, hw_error *err, const char *what) {
  return hw_fail(err, HW_ERROR_INPUT, "%s of prompt %" PRId64 ", target %u: %s", kind_name(info->kind), info->prompt_id,
                 info->frame.target, what);
}

bool hw_blob_is(const void *bytes, size_t length) {
  const uint8_t *at = bytes;
  return length > 8 && at[0] && strchr(HW_BLOB_KINDS, at[0]) && at[1] == HW_CODEC_VERSION;
}

static bool read_header(hw_reader *r, const char *kinds, hw_blob_info *info, hw_error *err) {
  if (bytes_left(r) < 8) return hw_fail(err, HW_ERROR_INPUT, "a stored column of %zu bytes is cut short", bytes_left(r));
  info->kind = r->at[0];
  unsigned version = r->at[1];
  if (!info->kind || !strchr(HW_BLOB_KINDS, info->kind))
    return hw_fail(err, HW_ERROR_INPUT, "these bytes are no stored column (first byte 0x%02x)", info->kind);
  if (!strchr(kinds, info->kind))
    return hw_fail(err, HW_ERROR_INPUT, "this is a column of %s, wanted %s", kind_name(info->kind),
                   kind_name((uint8_t)kinds[0]));
  if (version != HW_CODEC_VERSION)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: column format %u, this program reads %d", kind_name(info->kind), version,
                   HW_CODEC_VERSION);
  r->at += 2;
  uint64_t prompt = hw_read_varint(r), target = hw_read_varint(r), layers = hw_read_varint(r), tokens = hw_read_varint(r);
  uint64_t flags = hw_read_varint(r);
  if (r->failed || prompt >= (uint64_t)HW_MAX_PROMPT || layers > HW_MAX_LAYERS || tokens > HW_MAX_TOKENS ||
      target >= tokens || flags > (FLAG_PARALLEL | FLAG_ONE_THRESHOLD))
    return hw_fail(err, HW_ERROR_INPUT, "%s: the column's header is damaged", kind_name(info->kind));
  info->prompt_id = (int64_t)prompt;
  info->frame = (hw_graph_frame){.n_layers = (uint32_t)layers,
                                 .n_tokens = (uint32_t)tokens,
                                 .target = (uint32_t)target,
                                 .parallel = flags & FLAG_PARALLEL};
  if (has_thresholds(info->kind)) {
    info->threshold = hw_read_double(r);
    info->floor = flags & FLAG_ONE_THRESHOLD ? info->threshold : hw_read_double(r);
    if (!(info->floor >= 0 && info->floor <= info->threshold && info->threshold <= 1))
      return hw_blob_fail(info, err, "damaged thresholds");
  }
  return true;
}

bool hw_blob_open(const void *bytes, size_t length, const char *kinds, hw_arena *arena, hw_blob_info *info,
                  hw_reader *payload, hw_error *err) {
  *info = (hw_blob_info){0};
  hw_reader r = hw_reader_of(bytes, length);
  if (!read_header(&r, kinds, info, err)) return false;
  uint64_t raw = hw_read_varint(&r);
  size_t left = bytes_left(&r);
  if (r.failed || raw > UINT32_MAX / 2 || raw / MOST_RATIO > left || left > UINT32_MAX / 2)
    return hw_blob_fail(info, err, "the column is cut short");
  unsigned char *out = hw_arena_alloc(arena, (size_t)raw + 1, 1, err);
  if (!out) return false;
  z_stream z = {.next_in = (Bytef *)(uintptr_t)r.at, .avail_in = (uInt)left, .next_out = out, .avail_out = (uInt)raw + 1};
  if (inflateInit(&z) != Z_OK) return hw_fail_memory(err, "the decompressor");
  int result = inflate(&z, Z_FINISH);
  uLong written = z.total_out;
  uInt unread = z.avail_in;
  (void)inflateEnd(&z);
  if (result != Z_STREAM_END || written != raw || unread)
    return hw_blob_fail(info, err, "the compressed bytes are damaged");
  *payload = (hw_reader){.at = out, .end = out + raw};
  return true;
}
