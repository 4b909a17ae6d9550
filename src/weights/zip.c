/* SPDX-License-Identifier: Apache-2.0
 * From the end: the end record, with the place of the central directory (of 64 bits where a locator stands before it), whose records say
 * where each entry's local header lies. Sizes in local headers may be left at 0, so those of the directory count. */
#include "weights/zip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { END_SIZE = 22, LOCATOR_SIZE = 20, END64_SIZE = 56, RECORD_SIZE = 46, LOCAL_SIZE = 30, MOST_COMMENT = 65535 };

typedef struct directory {
  const char *path;
  const unsigned char *data;
  size_t size;            /* of the archive */
  uint64_t begin, length; /* of the central directory */
  uint64_t n;
  hw_error *err;
} directory;

static uint64_t number(const unsigned char *bytes, int n) {
  uint64_t value = 0;
  for (int i = n - 1; i >= 0; i--) value = value << 8 | bytes[i];
  return value;
}

static bool find_directory(directory *d) {
  const unsigned char *end = NULL;
  for (size_t comment = 0; comment <= MOST_COMMENT && comment + END_SIZE <= d->size && !end; comment++) {
    const unsigned char *at = d->data + d->size - END_SIZE - comment;
    if (memcmp(at, "PK\5\6", 4) == 0 && number(at + 20, 2) == comment) end = at;
  }
  if (!end) return hw_fail(d->err, HW_ERROR_INPUT, "%s: no end of a zip archive (is the file cut short?)", d->path);
  size_t place = (size_t)(end - d->data);
  d->n = number(end + 10, 2);
  d->length = number(end + 12, 4);
  d->begin = number(end + 16, 4);
  if (place >= LOCATOR_SIZE && memcmp(end - LOCATOR_SIZE, "PK\6\7", 4) == 0) {
    uint64_t end64 = number(end - LOCATOR_SIZE + 8, 8);
    if (place < LOCATOR_SIZE + END64_SIZE || end64 > place - LOCATOR_SIZE - END64_SIZE || memcmp(d->data + end64, "PK\6\6", 4) != 0)
      return hw_fail(d->err, HW_ERROR_INPUT, "%s: the zip64 locator points to byte %" PRIu64 ", where no zip64 end record is", d->path, end64);
    d->n = number(d->data + end64 + 32, 8);
    d->length = number(d->data + end64 + 40, 8);
    d->begin = number(d->data + end64 + 48, 8);
    place = (size_t)end64;
  }
  if (d->begin > place || d->length > place - d->begin)
    return hw_fail(d->err, HW_ERROR_INPUT, "%s: the central directory, bytes %" PRIu64 " + %" PRIu64 ", lies outside of the %zu bytes before its end record",
                   d->path, d->begin, d->length, place);
  if (d->n > d->length / RECORD_SIZE)
    return hw_fail(d->err, HW_ERROR_INPUT, "%s: %" PRIu64 " entries in a central directory of %" PRIu64 " bytes", d->path, d->n, d->length);
  return true;
}

/* Sizes and place in the zip64 extra field, each only where the record's own says 0xFFFFFFFF. */
static bool widen(const unsigned char *extra, size_t length, uint64_t *size, uint64_t *stored, uint64_t *begin) {
  uint64_t *wanted[] = {size, stored, begin};
  for (size_t at = 0; at + 4 <= length;) {
    uint64_t id = number(extra + at, 2), bytes = number(extra + at + 2, 2);
    if (bytes > length - at - 4) return false;
    const unsigned char *field = extra + at + 4;
    for (size_t i = 0; id == 1 && i < 3; i++) {
      if (*wanted[i] != UINT32_MAX) continue;
      if (bytes < 8) return false;
      *wanted[i] = number(field, 8);
      field += 8;
      bytes -= 8;
    }
    at += 4 + (size_t)number(extra + at + 2, 2);
  }
  return true;
}

static bool read_record(directory *d, size_t *at, hw_zip_entry *entry, hw_arena *arena) {
  const unsigned char *record = d->data + *at;
  size_t left = (size_t)(d->begin + d->length) - *at;
  if (left < RECORD_SIZE || memcmp(record, "PK\1\2", 4) != 0) return hw_fail(d->err, HW_ERROR_INPUT, "%s: no record of an entry at byte %zu", d->path, *at);
  size_t name_length = (size_t)number(record + 28, 2), extra_length = (size_t)number(record + 30, 2), comment_length = (size_t)number(record + 32, 2);
  if (name_length + extra_length + comment_length > left - RECORD_SIZE)
    return hw_fail(d->err, HW_ERROR_INPUT, "%s: the record of an entry at byte %zu is longer than the central directory", d->path, *at);
  const char *name = entry->name = hw_arena_copy(arena, (const char *)record + RECORD_SIZE, name_length, d->err);
  if (!name) return false;
  *at += RECORD_SIZE + name_length + extra_length + comment_length;
  uint64_t flags = number(record + 8, 2), method = number(record + 10, 2), stored = number(record + 20, 4), size = number(record + 24, 4),
           begin = number(record + 42, 4);
  if (strlen(name) != name_length) return hw_fail(d->err, HW_ERROR_INPUT, "%s: the name of entry %.200s holds a NUL", d->path, name);
  if (!widen(record + RECORD_SIZE + name_length, extra_length, &size, &stored, &begin))
    return hw_fail(d->err, HW_ERROR_INPUT, "%s: entry %.200s: its extra fields are cut short", d->path, name);
  if (flags & 1) return hw_fail(d->err, HW_ERROR_UNSUPPORTED, "%s: entry %.200s is encrypted", d->path, name);
  if (method != 0 || size != stored)
    return hw_fail(d->err, HW_ERROR_UNSUPPORTED, "%s: entry %.200s is compressed (method %" PRIu64 ", %" PRIu64 " of %" PRIu64 " bytes), want stored", d->path, name,
                   method, stored, size);
  if (begin > d->begin || d->begin - begin < LOCAL_SIZE || memcmp(d->data + begin, "PK\3\4", 4) != 0)
    return hw_fail(d->err, HW_ERROR_INPUT, "%s: entry %.200s: no local header at byte %" PRIu64, d->path, name, begin);
  uint64_t local_name = number(d->data + begin + 26, 2), head = LOCAL_SIZE + local_name + number(d->data + begin + 28, 2), room = d->begin - begin;
  if (head > room || size > room - head)
    return hw_fail(d->err, HW_ERROR_INPUT, "%s: entry %.200s: %" PRIu64 " bytes at byte %" PRIu64 " reach past the data of the archive (is the file cut short?)", d->path,
                   name, size, begin + head);
  if (local_name != name_length || memcmp(d->data + begin + LOCAL_SIZE, name, name_length) != 0)
    return hw_fail(d->err, HW_ERROR_INPUT, "%s: entry %.200s has another name in its local header", d->path, name);
  entry->data = d->data + begin + head;
  entry->size = (size_t)size;
  entry->begin = (size_t)begin;
  return true;
}

static int by_place(const void *a, const void *b) {
  const hw_zip_entry *x = a, *y = b;
  return (x->begin > y->begin) - (x->begin < y->begin);
}

static int by_name(const void *a, const void *b) { return strcmp(((const hw_zip_entry *)a)->name, ((const hw_zip_entry *)b)->name); }

bool hw_zip_read(const char *path, const hw_file *file, hw_arena *arena, hw_zip *zip, hw_error *err) {
  directory d = {.path = path, .data = file->data, .size = file->size, .err = err};
  *zip = (hw_zip){0};
  if (!find_directory(&d) || !(zip->entries = hw_arena_znew(arena, hw_zip_entry, (size_t)d.n, err))) return false;
  size_t at = (size_t)d.begin;
  for (; zip->n < d.n; zip->n++)
    if (!read_record(&d, &at, &zip->entries[zip->n], arena)) return false;
  if (zip->n) qsort(zip->entries, zip->n, sizeof *zip->entries, by_place);
  for (size_t i = 1; i < zip->n; i++)
    if (zip->entries[i].begin < (size_t)(zip->entries[i - 1].data - file->data) + zip->entries[i - 1].size)
      return hw_fail(err, HW_ERROR_INPUT, "%s: entries %.200s and %.200s overlap", path, zip->entries[i - 1].name, zip->entries[i].name);
  if (zip->n) qsort(zip->entries, zip->n, sizeof *zip->entries, by_name);
  for (size_t i = 1; i < zip->n; i++)
    if (by_name(&zip->entries[i - 1], &zip->entries[i]) == 0) return hw_fail(err, HW_ERROR_INPUT, "%s: entry %.200s is there twice", path, zip->entries[i].name);
  return true;
}

const hw_zip_entry *hw_zip_find(const hw_zip *zip, const char *name) {
  hw_zip_entry key = {.name = name};
  return zip->n ? bsearch(&key, zip->entries, zip->n, sizeof *zip->entries, by_name) : NULL;
}
