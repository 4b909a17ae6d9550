/* SPDX-License-Identifier: Apache-2.0
 * The table is a double-array trie (Darts) of what is replaced, and a run of NUL-terminated strings that replace it:
 * uint32 bytes of the trie, the trie's units (uint32, little endian), the strings.
 * A unit holds the label of its byte (low 8 bits), whether a string ends behind it (bit 8), and the offset to its children (from bit 10
 * on, times 256 where bit 9 is set). A unit of a string's end holds, beside bit 31, the place of what replaces it. */
#include "tokenizer/precompiled.h"

#include <string.h>
#include <utf8proc.h>

#include "base/list.h"
#include "base/text.h"
#include "tokenizer/pieces.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"

enum { END = 1 << 8, LONG_OFFSET = 1 << 9 };
static const uint32_t VALUE = UINT32_C(1) << 31;

typedef struct table {
  uint32_t *units; /* [n_units] */
  size_t n_units;
  const char *strings; /* [length], valid UTF-8 */
  size_t length;
} table;

/* ---- reading ---- */

static uint32_t read_u32(const unsigned char *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint32_t unit_offset(uint32_t unit) { return unit >> 10 << (unit & LONG_OFFSET ? 8 : 0); }

/* The places of replacements are checked here once, those of units at each step. */
static bool check(hw_tok_loader *loader, const char *where, const table *read) {
  if (hw_utf8_valid_prefix(read->strings, read->length) != read->length)
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s: the replacements are not UTF-8", loader->path, where);
  for (size_t i = 0; i < read->n_units; i++) {
    uint32_t at = read->units[i] & ~VALUE;
    if (!(read->units[i] & VALUE)) continue;
    if (at >= read->length || ((unsigned char)read->strings[at] & 0xC0) == 0x80)
      return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s: unit %zu has its replacement at byte %u, want the beginning of a character below %zu",
                     loader->path, where, i, (unsigned)at, read->length);
  }
  return true;
}

bool hw_tok_precompiled_read(hw_tok_loader *loader, const char *where, const unsigned char *bytes, size_t length, void **data) {
  hw_arena *memory = &loader->tokenizer->memory;
  table *read = hw_arena_znew(memory, table, 1, loader->err);
  *data = read;
  if (!read) return false;
  size_t trie = length < 4 ? 0 : read_u32(bytes);
  if (length < 4 || trie > length - 4 || trie % 4 || trie == 0)
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s: a trie of %zu bytes in a table of %zu", loader->path, where, trie, length);
  read->n_units = trie / 4;
  read->units = hw_arena_new(memory, uint32_t, read->n_units, loader->err);
  read->length = length - 4 - trie;
  read->strings = hw_arena_copy(memory, (const char *)bytes + 4 + trie, read->length, loader->err); /* a NUL behind the last one */
  if (!read->units || !read->strings) return false;
  for (size_t i = 0; i < read->n_units; i++) read->units[i] = read_u32(bytes + 4 + 4 * i);
  return check(loader, where, read);
}

static int base64_digit(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Appends what the digits stand for. False when they are not base64. */
static bool decode_base64(hw_tok_string text, hw_buffer *out) {
  size_t n = text.length;
  if (n % 4) return false;
  for (size_t i = 0; i < 2 && n > 0 && text.bytes[n - 1] == '='; i++) n--;
  uint32_t bits = 0;
  for (size_t i = 0; i < n; i++) {
    int digit = base64_digit(text.bytes[i]);
    if (digit < 0) return false;
    bits = bits << 6 | (uint32_t)digit;
    if (i % 4) hw_buffer_append_byte(out, (unsigned char)(bits >> (6 - 2 * (i % 4))));
  }
  return n % 4 != 1;
}

bool hw_tok_precompiled_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  hw_tok_string text;
  if (!hw_tok_json_string(loader, json, where, "precompiled_charsmap", true, &text)) return false;
  hw_buffer bytes;
  hw_buffer_init(&bytes);
  bool ok = decode_base64(text, &bytes) ||
            hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s.precompiled_charsmap is not base64", loader->path, where);
  ok = ok && hw_buffer_check(&bytes, loader->err) &&
       hw_tok_precompiled_read(loader, where, (const unsigned char *)(bytes.data ? bytes.data : ""), bytes.length, data);
  hw_buffer_fini(&bytes);
  return ok;
}

/* ---- normalizing ---- */

/* What replaces the shortest string of the table that the text begins with; as in Hugging Face's crate it replaces all of the text. */
static bool find(const table *from, const char *bytes, size_t length, hw_tok_string *replacement) {
  size_t at = unit_offset(from->units[0]);
  for (size_t i = 0; i < length && bytes[i]; i++) {
    at ^= (unsigned char)bytes[i];
    if (at >= from->n_units) return false;
    uint32_t unit = from->units[at];
    if ((unit & (VALUE | 0xFF)) != (unsigned char)bytes[i]) return false;
    at ^= unit_offset(unit);
    if (!(unit & END)) continue;
    if (at >= from->n_units) return false;
    size_t place = from->units[at] & ~VALUE;
    if (place >= from->length) return false;
    *replacement = (hw_tok_string){from->strings + place, strlen(from->strings + place)};
    return true;
  }
  return false;
}

/* Characters of the new text, with their changes as hw_tok_rewrite_put has them. */
typedef struct change {
  uint32_t c;
  int change;
} change;

typedef struct changes {
  change *items;
  size_t n, capacity;
} changes;

static int count_chars(const char *bytes, size_t length) {
  int n = 0;
  for (size_t i = 0; i < length; i++) n += ((unsigned char)bytes[i] & 0xC0) != 0x80;
  return n;
}

static bool replace(hw_tok_run *run, changes *list, int n_old, hw_tok_string with) {
  if (with.length > run->most - list->n)
    return hw_fail(run->err, HW_ERROR_PROMPT, "the tokenizer's files make more than %zu bytes of this text", run->most);
  int more = count_chars(with.bytes, with.length) - n_old;
  for (size_t i = 0, step; i < with.length; i += step) {
    uint32_t c = hw_tok_decode(with.bytes + i, with.length - i, &step);
    if (!hw_list_reserve(list->items, list->n, 1, list->capacity, run->arena, run->err)) return false;
    list->items[list->n++] = (change){c, 0};
  }
  for (int i = 0; i < more && (size_t)i < list->n; i++) list->items[list->n - 1 - (size_t)i].change = 1;
  if (more < 0 && list->n) list->items[list->n - 1].change += more; /* also where it is a character from before */
  return true;
}

/* Replaces what piece[start, end) is, or each of its characters. */
static bool replace_cluster(hw_tok_run *run, const table *from, const hw_tok_piece *piece, size_t start, size_t end, changes *list,
                            bool *changed) {
  enum { LONGEST = 5 }; /* bytes of a cluster that is looked up as a whole */
  hw_tok_string with;
  if (end - start <= LONGEST && find(from, piece->bytes + start, end - start, &with)) {
    *changed = true;
    return replace(run, list, count_chars(piece->bytes + start, end - start), with);
  }
  for (size_t i = start, step; i < end; i += step) {
    uint32_t c = hw_tok_decode(piece->bytes + i, end - i, &step);
    bool found = find(from, piece->bytes + i, step, &with);
    *changed = *changed || found;
    if (found ? !replace(run, list, 1, with) : !hw_list_reserve(list->items, list->n, 1, list->capacity, run->arena, run->err)) return false;
    if (!found) list->items[list->n++] = (change){c, 0};
  }
  return true;
}

bool hw_tok_precompiled(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  changes list = {0};
  bool changed = false;
  size_t start = 0;
  utf8proc_int32_t state = 0;
  uint32_t before = 0;
  for (size_t i = 0, step; i < piece->length; i += step) {
    uint32_t c = hw_tok_decode(piece->bytes + i, piece->length - i, &step);
    if (i > 0 && utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)c, &state)) {
      if (!replace_cluster(run, data, piece, start, i, &list, &changed)) return false;
      start = i;
    }
    before = c;
  }
  if (!replace_cluster(run, data, piece, start, piece->length, &list, &changed)) return false;
  if (!changed) return true;
  hw_tok_rewrite rewrite;
  if (!hw_tok_rewrite_begin(run, &rewrite, piece)) return false;
  for (size_t i = 0; i < list.n; i++)
    if (!hw_tok_rewrite_put(run, &rewrite, list.items[i].c, list.items[i].change)) return false;
  hw_tok_build_end(run, piece);
  return true;
}
