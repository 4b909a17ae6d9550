/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/spans.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "headwater/buffer.h"
#include "tokenizer/category.h"
#include "tokenizer/unicode.h"

enum { LONGEST_ROLE = 40 };

static bool is_role_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

static bool valid_role(const char *name, size_t length) {
  if (length == 0 || length > LONGEST_ROLE) return false;
  for (size_t i = 0; i < length; i++)
    if (!is_role_byte(name[i])) return false;
  return true;
}

static bool open_span(const char *text, size_t length, size_t at, hw_arena *arena, hw_span *span, size_t *name_length, hw_error *err) {
  *name_length = 0;
  while (at + *name_length < length && is_role_byte(text[at + *name_length])) (*name_length)++;
  if (at + *name_length >= length || text[at + *name_length] != ':' || !valid_role(text + at, *name_length))
    return hw_fail(err, HW_ERROR_PROMPT, "spans: \"[\" at byte %zu is not followed by \"ROLE:\" (write [[ for a bracket)", at - 1);
  span->role = hw_arena_copy(arena, text + at, *name_length, err);
  return span->role != NULL;
}

bool hw_spans_parse(const char *text, size_t length, hw_arena *arena, hw_marked_text *marked, hw_error *err) {
  char *plain = hw_arena_new(arena, char, length + 1, err);
  hw_span *spans = hw_arena_new(arena, hw_span, length / 4 + 1, err); /* "[R:]" has four bytes */
  if (!plain || !spans) return false;
  size_t n = 0, n_spans = 0, opened = 0;
  bool inside = false;
  for (size_t i = 0; i < length; i++) {
    bool doubled = i + 1 < length && text[i + 1] == text[i];
    if ((text[i] == '[' || text[i] == ']') && doubled) {
      plain[n++] = text[i++];
    } else if (text[i] == '[') {
      if (inside) return hw_fail(err, HW_ERROR_PROMPT, "spans: the one opened at byte %zu holds another at byte %zu", opened, i);
      size_t name_length;
      if (!open_span(text, length, i + 1, arena, &spans[n_spans], &name_length, err)) return false;
      spans[n_spans].start = n;
      opened = i;
      inside = true;
      i += name_length + 1;
    } else if (text[i] == ']') {
      if (!inside) return hw_fail(err, HW_ERROR_PROMPT, "spans: \"]\" at byte %zu closes nothing (write ]] for a bracket)", i);
      if (spans[n_spans].start == n) return hw_fail(err, HW_ERROR_PROMPT, "spans: the one at byte %zu is empty", opened);
      spans[n_spans++].end = n;
      inside = false;
    } else {
      plain[n++] = text[i];
    }
  }
  if (inside) return hw_fail(err, HW_ERROR_PROMPT, "spans: the one opened at byte %zu is not closed", opened);
  plain[n] = '\0';
  *marked = (hw_marked_text){.text = plain, .length = n, .n_spans = n_spans, .spans = spans};
  return true;
}

static const char role_prefix[] = "role.";

bool hw_spans_is_column(const char *name) { return strncasecmp(name, role_prefix, sizeof role_prefix - 1) == 0; }

/* Byte offset of the n-th character. */
static bool character_offset(const hw_marked_text *marked, uint64_t character, size_t *offset) {
  size_t at = 0;
  for (; character && at < marked->length; character--)
    do at++;
    while (at < marked->length && ((unsigned char)marked->text[at] & 0xC0) == 0x80);
  *offset = at;
  return character == 0;
}

/* "5:9": characters [5, 9). */
static bool read_range(const hw_marked_text *marked, const hw_field *field, hw_span *span) {
  size_t digits = strspn(field->value, "0123456789");
  if (digits == 0 || digits > 9 || field->value[digits] != ':') return false;
  const char *second = field->value + digits + 1;
  size_t more = strspn(second, "0123456789");
  if (more == 0 || more > 9 || digits + 1 + more != field->length) return false;
  return character_offset(marked, strtoull(field->value, NULL, 10), &span->start) &&
         character_offset(marked, strtoull(second, NULL, 10), &span->end) && span->start < span->end;
}

/* No word ends between the two characters around this byte: Unicode's simple word boundaries (UTS 18, a word is a run of letters,
 * marks, digits and underscores), but that letters of scripts without spaces are words each. */
static bool inside_word(const hw_marked_text *marked, size_t at) {
  if (at == 0 || at == marked->length) return false;
  size_t step, last = hw_tok_last_char(marked->text, at);
  uint32_t before = hw_tok_decode(marked->text + last, at - last, &step), after = hw_tok_decode(marked->text + at, marked->length - at, &step);
  if (hw_tok_is_mark(after)) return true;
  return hw_tok_is_word(before) && hw_tok_is_word(after) && !hw_tok_is_unspaced(before) && !hw_tok_is_unspaced(after);
}

/* How often the words are there; the span is their given place, counted from 0. */
static size_t find_places(const hw_marked_text *marked, const hw_field *field, bool whole_words, size_t place, hw_span *span) {
  size_t n = 0;
  for (size_t at = 0; at + field->length <= marked->length; at++) {
    size_t end = at + field->length;
    if (memcmp(marked->text + at, field->value, field->length) != 0) continue;
    if (whole_words && (inside_word(marked, at) || inside_word(marked, end))) continue;
    if (n++ == place) {
      span->start = at;
      span->end = end;
    }
    at = end - 1;
  }
  return n;
}

/* Role columns of the row with the words of this one: all, and those before it. */
static void count_equal_columns(const hw_row *row, size_t column, size_t *all, size_t *earlier) {
  const hw_field *field = &row->others[column];
  *all = *earlier = 0;
  for (size_t i = 0; i < row->n_others; i++) {
    if (!hw_spans_is_column(row->others[i].name) || row->others[i].length != field->length ||
        memcmp(row->others[i].value, field->value, field->length) != 0)
      continue;
    ++*all;
    *earlier += i < column;
  }
}

/* The words where they are whole words; only where they nowhere are, parts of words. Else a range. */
static bool place_column(const hw_row *row, size_t column, const hw_marked_text *marked, hw_span *span, hw_buffer *ambiguous, hw_error *err) {
  const hw_field *field = &row->others[column];
  size_t all, earlier;
  count_equal_columns(row, column, &all, &earlier);
  size_t places = find_places(marked, field, true, earlier, span);
  bool whole_words = places > 0;
  if (!whole_words) places = find_places(marked, field, false, earlier, span);
  if (places > all && earlier == 0)
    hw_buffer_printf(ambiguous, "%s%s: %s is there %zu times", ambiguous->length ? "; " : "", field->name, field->value, places);
  if (earlier < places || (places == 0 && read_range(marked, field, span))) return true;
  return hw_fail(err, HW_ERROR_PROMPT, "column %.100s: want \"%.100s\" %zu times in the prompt, found %zu%s", field->name, field->value,
                 all, places, whole_words ? " as a whole word" : "");
}

static bool add_columns(const hw_row *row, hw_arena *arena, hw_marked_text *marked, hw_buffer *ambiguous, hw_error *err) {
  size_t n_columns = 0;
  for (size_t i = 0; i < row->n_others; i++) n_columns += hw_spans_is_column(row->others[i].name) && row->others[i].length > 0;
  if (n_columns == 0) return true;
  hw_span *spans = hw_arena_new(arena, hw_span, marked->n_spans + n_columns, err);
  if (!spans) return false;
  if (marked->n_spans) memcpy(spans, marked->spans, marked->n_spans * sizeof *spans);
  for (size_t i = 0; i < row->n_others; i++) {
    const hw_field *field = &row->others[i];
    if (!hw_spans_is_column(field->name) || field->length == 0) continue;
    const char *role = field->name + sizeof role_prefix - 1;
    hw_span *span = &spans[marked->n_spans];
    if (!valid_role(role, strlen(role)))
      return hw_fail(err, HW_ERROR_PROMPT, "column %.100s: a role has 1 to %d letters, digits, '_', '-', '.'", field->name, LONGEST_ROLE);
    if (!place_column(row, i, marked, span, ambiguous, err)) return false;
    span->role = hw_arena_copy(arena, role, strlen(role), err);
    if (!span->role) return false;
    marked->n_spans++;
  }
  marked->spans = spans;
  return true;
}

bool hw_spans_add_columns(const hw_row *row, hw_arena *arena, hw_marked_text *marked, hw_error *err) {
  hw_buffer ambiguous;
  hw_buffer_init(&ambiguous);
  bool ok = add_columns(row, arena, marked, &ambiguous, err) && (!ambiguous.length || hw_buffer_check(&ambiguous, err));
  if (ok && ambiguous.length) ok = (marked->ambiguous = hw_arena_copy(arena, ambiguous.data, ambiguous.length, err)) != NULL;
  hw_buffer_fini(&ambiguous);
  return ok;
}
