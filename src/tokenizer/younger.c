/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer/younger.h"

#include <ctype.h>
#include <string.h>

static bool is_younger(uint32_t c) { return hw_tok_in_ranges(hw_tok_younger, hw_tok_n_younger, c); }

bool hw_tok_has_younger(const char *bytes, size_t length) {
  for (size_t i = 0, step = 1; i < length; i += step) {
    step = 1;
    if ((unsigned char)bytes[i] < 0xCD) continue; /* below U+0340, or within a character */
    if (is_younger(hw_tok_decode(bytes + i, length - i, &step))) return true;
  }
  return false;
}

static bool is_in_category(const char *found, const char *category, size_t length) {
  return length <= 2 && length > 0 && memcmp(found, category, length) == 0;
}

bool hw_tok_younger_is(uint32_t c, const char *category) {
  for (size_t i = 0; is_younger(c) && i < hw_tok_n_category_changes && hw_tok_category_changes[i].first <= c; i++)
    if (c <= hw_tok_category_changes[i].last) return is_in_category(hw_tok_category_changes[i].now, category, strlen(category));
  return false;
}

bool hw_tok_younger_is_alphabetic(uint32_t c) {
  for (size_t i = 0; is_younger(c) && i < hw_tok_n_property_gains; i++)
    if (strcmp(hw_tok_property_gains[i].name, "Alphabetic") == 0 && c >= hw_tok_property_gains[i].first && c <= hw_tok_property_gains[i].last) return true;
  return false;
}

uint32_t hw_tok_younger_lower(uint32_t c) {
  switch (c) {
  case 0x1C89: case 0xA7CC: case 0xA7CE: case 0xA7D2: case 0xA7D4: case 0xA7DA: return c + 1;
  case 0xA7CB: return 0x264;
  case 0xA7DC: return 0x19B;
  default: return c >= 0x10D50 && c <= 0x10D65 ? c + 0x20 : c >= 0x16EA0 && c <= 0x16EB8 ? c + 0x1B : c;
  }
}

/* ---- expressions ---- */

/* \p{Name} or \P{Name} or \p{^Name} of an expression. */
typedef struct property {
  const char *name; /* without "sc:" */
  size_t length;
  bool negated;
} property;

/* pcre2[i] is a backslash. The position behind the escape; name NULL if it is no property. */
static size_t read_escape(const char *pcre2, size_t length, size_t i, property *found) {
  *found = (property){0};
  char letter = i + 1 < length ? pcre2[i + 1] : 0;
  const char *close = letter && i + 2 < length && pcre2[i + 2] == '{' ? memchr(pcre2 + i, '}', length - i) : NULL;
  if (!close || !strchr("pPx", letter)) return i + 2 < length ? i + 2 : length;
  if (letter != 'x') {
    const char *name = pcre2 + i + 3;
    found->negated = letter == 'P';
    if (*name == '^') name++, found->negated = !found->negated;
    if (close - name > 3 && memcmp(name, "sc:", 3) == 0) name += 3;
    *found = (property){name, (size_t)(close - name), found->negated};
  }
  return (size_t)(close - pcre2) + 1;
}

/* As PCRE2 compares names: without regard to case, '_', '-' and spaces. */
static bool is_named(const property *wanted, const char *name) {
  size_t k = 0;
  for (size_t i = 0; i < wanted->length; i++) {
    char c = wanted->name[i];
    if (c == '_' || c == '-' || c == ' ') continue;
    while (name[k] == '_') k++;
    if (!name[k] || tolower((unsigned char)c) != tolower((unsigned char)name[k++])) return false;
  }
  return name[k] == '\0' && k > 0;
}

static void append_range(hw_buffer *out, uint32_t first, uint32_t last) {
  hw_buffer_printf(out, "\\x{%X}-\\x{%X}", (unsigned)first, (unsigned)last);
}

/* What the property won and what it lost since Unicode 14, as items of a class. */
static void append_changes(const property *wanted, hw_buffer *won, hw_buffer *lost) {
  for (size_t i = 0; i < hw_tok_n_category_changes; i++) {
    const hw_tok_category_change *change = &hw_tok_category_changes[i];
    bool was = is_in_category(change->before, wanted->name, wanted->length), is = is_in_category(change->now, wanted->name, wanted->length);
    if (was != is) append_range(is ? won : lost, change->first, change->last);
  }
  for (size_t i = 0; i < hw_tok_n_property_gains; i++) {
    const hw_tok_property_gain *gain = &hw_tok_property_gains[i];
    if (is_named(wanted, gain->name) || is_named(wanted, gain->alias)) append_range(won, gain->first, gain->last);
  }
}

static void append(hw_buffer *out, const hw_buffer *from) {
  if (from->length) hw_buffer_append(out, from->data, from->length);
  if (from->failed) out->failed = true;
}

/* The escape with its changes: as items of a class where they can be, else as an alternative for one character. Whether there are changes. */
static bool append_property(const char *escape, size_t length, const property *wanted, hw_buffer *items, hw_buffer *alternatives) {
  hw_buffer won, lost;
  hw_buffer_init(&won);
  hw_buffer_init(&lost);
  append_changes(wanted, &won, &lost);
  bool changed = won.length || lost.length || won.failed || lost.failed; /* a change that memory is short for is one */
  if (lost.length || (won.length && wanted->negated)) {
    /* \p: not lost, and known or won. \P: lost, or neither known nor won. */
    hw_buffer_append_string(alternatives, alternatives->length ? "|" : "");
    hw_buffer_append_string(alternatives, !lost.length ? "" : wanted->negated ? "[" : "(?![");
    append(alternatives, &lost);
    hw_buffer_append_string(alternatives, !lost.length ? "" : wanted->negated ? "]|" : "])");
    hw_buffer_append_string(alternatives, wanted->negated && won.length ? "(?![" : "[");
    append(alternatives, &won);
    hw_buffer_append_string(alternatives, wanted->negated && won.length ? "])[" : "");
    hw_buffer_append(alternatives, escape, length);
    hw_buffer_append_byte(alternatives, ']');
  } else {
    hw_buffer_append(items, escape, length);
    append(items, &won);
  }
  if (lost.failed) items->failed = true;
  hw_buffer_fini(&won);
  hw_buffer_fini(&lost);
  return changed;
}

/* pcre2[i] is '['; such a class has no class in it. The position behind it. `changed` becomes true where a property has changes. */
static size_t append_class(const char *pcre2, size_t length, size_t i, hw_buffer *out, bool *changed) {
  bool negated = ++i < length && pcre2[i] == '^';
  i += negated;
  hw_buffer items, alternatives;
  hw_buffer_init(&items);
  hw_buffer_init(&alternatives);
  for (size_t first = i; i < length && (i == first || pcre2[i] != ']');) {
    property found = {0};
    size_t end = pcre2[i] == '\\' ? read_escape(pcre2, length, i, &found) : i + 1;
    if (!found.name)
      hw_buffer_append(&items, pcre2 + i, end - i);
    else if (append_property(pcre2 + i, end - i, &found, &items, &alternatives))
      *changed = true;
    i = end;
  }
  const char *open = !alternatives.length ? "" : negated ? "(?:(?!" : "(?:";
  hw_buffer_append_string(out, open);
  append(out, &alternatives);
  hw_buffer_append_string(out, !alternatives.length ? "" : negated ? ")" : items.length ? "|" : "");
  if (items.length) {
    hw_buffer_append_string(out, negated ? "[^" : "[");
    append(out, &items);
    hw_buffer_append_byte(out, ']');
  } else if (negated) {
    hw_buffer_append_string(out, "(?s:.)");
  }
  hw_buffer_append_string(out, alternatives.length ? ")" : "");
  if (items.failed || alternatives.failed) out->failed = true;
  hw_buffer_fini(&items);
  hw_buffer_fini(&alternatives);
  return i + 1;
}

bool hw_tok_regex_add_younger(const hw_buffer *pcre2, hw_buffer *out) {
  bool changed = false;
  const char *text = pcre2->data ? pcre2->data : "";
  for (size_t i = 0, end; i < pcre2->length; i = end) {
    property found = {0};
    end = text[i] == '\\' ? read_escape(text, pcre2->length, i, &found) : i + 1;
    if (text[i] == '[') {
      end = append_class(text, pcre2->length, i, out, &changed);
    } else if (found.name) {
      hw_buffer class;
      hw_buffer_init(&class);
      hw_buffer_append_byte(&class, '[');
      hw_buffer_append(&class, text + i, end - i);
      hw_buffer_append_byte(&class, ']');
      if (class.failed)
        out->failed = true;
      else
        append_class(class.data, class.length, 0, out, &changed);
      hw_buffer_fini(&class);
    } else {
      hw_buffer_append(out, text + i, end - i);
    }
  }
  return changed;
}
