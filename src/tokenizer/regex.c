/* SPDX-License-Identifier: Apache-2.0
 * Hugging Face's patterns are in Oniguruma's syntax (Ruby's). PCRE2 reads most of it as it is; what it would
 * read differently is rewritten here: \s and [:space:] (PCRE2 counts U+180E), \d, \w and \b (PCRE2 10.42 has no marks in it), \h (a
 * hex digit, not a space), \v, scripts, [:name:], \uHHHH, {,n} and the option letter m. What has no counterpart is refused. */
#include <ctype.h>
#include <string.h>

#include "tokenizer/regex.h"
#include "tokenizer/vocab.h"

typedef struct escape {
  char letter;
  const char *outside, *inside; /* of a class; NULL: refused there */
} escape;

/* As Oniguruma has it; the six of Latin-1 (superscripts, fractions) are a peculiarity of its tables. They are not in \w and [:word:] within a class. */
#define WORD_IN_CLASS "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"
#define WORD WORD_IN_CLASS "\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}"
static const escape escapes[] = {
    {'s', "\\p{White_Space}", "\\p{White_Space}"},
    {'S', "\\P{White_Space}", "\\P{White_Space}"},
    {'w', "[" WORD "]", WORD_IN_CLASS},
    {'W', "[^" WORD "]", NULL},
    {'d', "\\p{Nd}", "\\p{Nd}"},
    {'D', "\\P{Nd}", "\\P{Nd}"},
    {'h', "[0-9a-fA-F]", "0-9a-fA-F"},
    {'H', "[^0-9a-fA-F]", NULL},
    {'v', "\\x0B", "\\x0B"},
    {'b', "(?:(?<=[" WORD "])(?![" WORD "])|(?<![" WORD "])(?=[" WORD "]))", "\\x08"},
    {'B', "(?:(?<=[" WORD "])(?=[" WORD "])|(?<![" WORD "])(?![" WORD "]))", NULL},
    {'Q', NULL, NULL},
    {'E', NULL, NULL},
    {'C', NULL, NULL},
    {'M', NULL, NULL},
    {'c', NULL, NULL},
};

/* [:name:] in a class. */
static const struct {
  const char *name, *text;
} brackets[] = {
    {"alpha", "\\p{Alphabetic}"}, {"alnum", "\\p{Alphabetic}\\p{Nd}"}, {"upper", "\\p{Uppercase}"}, {"lower", "\\p{Lowercase}"},
    {"space", "\\p{White_Space}"}, {"digit", "\\p{Nd}"}, {"punct", "\\p{P}\\p{S}"}, {"word", WORD_IN_CLASS}, {"xdigit", "0-9a-fA-F"},
};

/* \p{Name} that is neither a general category nor a script. */
static const char *const properties[] = {"Any", "Alphabetic", "Lowercase", "Uppercase", "White_Space", "Emoji", "Ideographic"};

/* Copies from i up to and with the byte `close`; the position behind it. */
static size_t copy_to(const char *regex, size_t length, size_t i, char close, hw_buffer *out) {
  const char *found = i < length ? memchr(regex + i, close, length - i) : NULL;
  size_t end = found ? (size_t)(found - regex) + 1 : length;
  hw_buffer_append(out, regex + i, end - i);
  return end;
}

/* regex[i] is the brace of \p{...}. PCRE2 takes a script's name for its extensions as well, Oniguruma does not. */
static size_t translate_property(const char *regex, size_t length, size_t i, hw_buffer *out) {
  size_t name = i + 1 + (i + 1 < length && regex[i + 1] == '^');
  const char *close = memchr(regex + i, '}', length - i);
  size_t n = close && (size_t)(close - regex) > name ? (size_t)(close - regex) - name : 0;
  bool script = n > 2 && regex[name + 1] != '&';
  for (size_t k = 0; k < HW_TOK_COUNT(properties); k++)
    if (strlen(properties[k]) == n && memcmp(properties[k], regex + name, n) == 0) script = false;
  hw_buffer_append(out, regex + i, name - i);
  if (script) hw_buffer_append_string(out, "sc:");
  return copy_to(regex, length, name, '}', out);
}

/* regex[i] is "[:". The position behind ":]", 0 when refused. */
static size_t translate_bracket(const char *regex, size_t length, size_t i, hw_buffer *out) {
  const char *close = memmem(regex + i + 2, length - i - 2, ":]", 2);
  size_t n = close ? (size_t)(close - regex) - i - 2 : 0;
  for (size_t k = 0; k < HW_TOK_COUNT(brackets); k++) {
    if (strlen(brackets[k].name) != n || memcmp(brackets[k].name, regex + i + 2, n) != 0) continue;
    hw_buffer_append_string(out, brackets[k].text);
    return i + n + 4;
  }
  return 0;
}

/* regex[i] is a backslash. The position behind the escape, 0 when refused. */
static size_t translate_escape(const char *regex, size_t length, size_t i, bool in_class, hw_buffer *out, const char **refused) {
  *refused = "an escape at its end";
  if (i + 1 >= length) return 0;
  char letter = regex[i + 1];
  for (size_t k = 0; k < HW_TOK_COUNT(escapes); k++) {
    if (escapes[k].letter != letter) continue;
    const char *text = in_class ? escapes[k].inside : escapes[k].outside;
    *refused = in_class ? "a negated escape (\\W, \\H, \\B) in a class" : "an escape \\Q, \\E, \\C, \\M or \\c";
    if (!text) return 0;
    hw_buffer_append_string(out, text);
    return i + 2;
  }
  if (letter == 'u') {
    *refused = "\\u without four hex digits";
    if (i + 6 > length) return 0;
    for (size_t k = i + 2; k < i + 6; k++)
      if (!isxdigit((unsigned char)regex[k])) return 0;
    hw_buffer_printf(out, "\\x{%.4s}", regex + i + 2);
    return i + 6;
  }
  hw_buffer_append(out, regex + i, 2);
  bool brace = i + 2 < length && regex[i + 2] == '{';
  if ((letter == 'p' || letter == 'P') && brace) return translate_property(regex, length, i + 2, out);
  if (brace && letter && strchr("xgk", letter)) return copy_to(regex, length, i + 2, '}', out);
  return i + 2;
}

/* ---- classes, which may hold classes and intersections; PCRE2's hold neither ---- */

enum { DEEPEST_CLASS = 8 };

typedef struct reader {
  const char *regex;
  size_t length;
  const char *refused;
} reader;

static bool at(const reader *in, size_t i, const char *text) {
  size_t n = strlen(text);
  return in->length - i >= n && memcmp(in->regex + i, text, n) == 0;
}

/* One item of a class that is no class itself: a character, an escape, [:name:]. The position behind it, 0 when refused. A '-' next to
 * a class, or a ']' at the beginning, is a character: `literal`. */
static size_t translate_item(reader *in, size_t i, bool literal, hw_buffer *out) {
  if (in->regex[i] == '\\') return translate_escape(in->regex, in->length, i, true, out, &in->refused);
  if (at(in, i, "[:")) {
    in->refused = "a [:name:] of an unknown name";
    return translate_bracket(in->regex, in->length, i, out);
  }
  if (literal) hw_buffer_append_byte(out, '\\');
  hw_buffer_append_byte(out, (unsigned char)in->regex[i]);
  return i + 1;
}

/* Whether the class at i is a plain list, which may be written into the class around it. */
static bool is_plain_class(const reader *in, size_t i) {
  size_t first = ++i;
  if (at(in, i, "^")) return false;
  for (; i < in->length && (i == first || in->regex[i] != ']'); i++) {
    if (in->regex[i] == '\\') {
      i++;
    } else if (at(in, i, "[:")) {
      const char *close = memmem(in->regex + i, in->length - i, ":]", 2);
      if (!close) return false;
      i = (size_t)(close - in->regex) + 1;
    } else if (in->regex[i] == '[' || at(in, i, "&&")) {
      return false;
    }
  }
  return true;
}

/* The items of the plain class at i. The position behind its ']', 0 when refused. */
static size_t translate_plain(reader *in, size_t i, hw_buffer *out) {
  size_t first = ++i;
  while (i < in->length && (i == first || in->regex[i] != ']')) {
    bool edge = in->regex[i] == '-' && (i == first || at(in, i + 1, "]"));
    i = translate_item(in, i, edge || (i == first && in->regex[i] == ']'), out);
    if (!i) return 0;
  }
  in->refused = "a class without its end";
  return i < in->length ? i + 1 : 0;
}

static size_t translate_class(reader *in, size_t i, int depth, hw_buffer *out);

/* What stands between '[' or "&&" and the next "&&" or ']', as an expression for one character. The position of that, 0 when refused. A ']' right behind the
 * opening bracket is a character. */
static size_t translate_operand(reader *in, size_t i, bool opening, int depth, hw_buffer *out) {
  hw_buffer items, classes;
  hw_buffer_init(&items);
  hw_buffer_init(&classes);
  bool after_class = false;
  for (size_t first = opening ? i : SIZE_MAX; i && i < in->length && (i == first || in->regex[i] != ']') && !at(in, i, "&&");) {
    bool class = in->regex[i] == '[' && !at(in, i, "[:");
    if (class && is_plain_class(in, i))
      i = translate_plain(in, i, &items);
    else if (class) {
      if (classes.length) hw_buffer_append_byte(&classes, '|');
      i = translate_class(in, i, depth + 1, &classes);
    } else
      i = translate_item(in, i, (after_class && in->regex[i] == '-') || (i == first && in->regex[i] == ']'), &items);
    after_class = class;
  }
  if (i >= in->length) in->refused = "a class without its end";
  bool both = items.length && classes.length;
  if (items.failed || classes.failed) out->failed = true;
  if (i && i < in->length && !items.length && !classes.length) in->refused = "an empty class", i = 0;
  if (i && i < in->length) {
    hw_buffer_append_string(out, both ? "(?:[" : items.length ? "[" : "(?:");
    hw_buffer_append(out, items.data ? items.data : "", items.length);
    hw_buffer_append_string(out, both ? "]|" : items.length ? "]" : "");
    hw_buffer_append(out, classes.data ? classes.data : "", classes.length);
    hw_buffer_append_string(out, classes.length ? ")" : "");
  }
  hw_buffer_fini(&items);
  hw_buffer_fini(&classes);
  return i < in->length ? i : 0;
}

/* regex[i] is '['. The position behind the class, 0 when refused. A class of one operand stays a class; others become an expression that
 * looks ahead: (?=A)B is what A and B have in common. */
static size_t translate_class(reader *in, size_t i, int depth, hw_buffer *out) {
  in->refused = "classes nested too deeply";
  if (depth > DEEPEST_CLASS) return 0;
  bool negated = at(in, ++i, "^");
  i += negated;
  hw_buffer operand;
  hw_buffer_init(&operand);
  i = translate_operand(in, i, true, depth, &operand);
  bool more = i && at(in, i, "&&");
  if (!more && i && operand.data && operand.data[0] == '[') {
    hw_buffer_append_string(out, negated ? "[^" : "[");
    hw_buffer_append(out, operand.data + 1, operand.length - 1);
  } else if (i) {
    hw_buffer_append_string(out, negated ? "(?:(?!(?:" : "(?:");
    while (more && i) {
      hw_buffer_append_string(out, "(?=");
      hw_buffer_append(out, operand.data, operand.length);
      hw_buffer_append_byte(out, ')');
      if (operand.failed) out->failed = true;
      hw_buffer_reset(&operand);
      i = translate_operand(in, i + 2, false, depth, &operand);
      more = i && at(in, i, "&&");
    }
    hw_buffer_append(out, operand.data ? operand.data : "", operand.length);
    hw_buffer_append_string(out, negated ? "))(?s:.))" : ")");
  }
  if (operand.failed) out->failed = true;
  hw_buffer_fini(&operand);
  return i ? i + 1 : 0;
}

/* regex[i] is '{'. The position behind a quantifier, or behind the brace if it is none; 0 when refused. */
static size_t translate_brace(const char *regex, size_t length, size_t i, hw_buffer *out, const char **refused) {
  size_t end = i + 1;
  while (end < length && (isdigit((unsigned char)regex[end]) || regex[end] == ',')) end++;
  if (end >= length || regex[end] != '}' || end == i + 1) {
    hw_buffer_append_byte(out, '{');
    return i + 1;
  }
  hw_buffer_append_string(out, regex[i + 1] == ',' ? "{0" : "{");
  hw_buffer_append(out, regex + i + 1, end - i);
  *refused = "a '+' behind '}'"; /* possessive for PCRE2, a repeated repetition for Oniguruma */
  return end + 1 < length && regex[end + 1] == '+' ? 0 : end + 1;
}

/* regex[i..] is "(?". Option letters: Ruby's m is PCRE2's s. */
static size_t translate_group(const char *regex, size_t length, size_t i, hw_buffer *out) {
  hw_buffer_append_string(out, "(?");
  size_t end = i + 2;
  while (end < length && strchr("imx-", regex[end]) && regex[end]) end++;
  if (end >= length || (regex[end] != ':' && regex[end] != ')')) return i + 2;
  for (size_t k = i + 2; k < end; k++) hw_buffer_append_byte(out, regex[k] == 'm' ? 's' : (unsigned char)regex[k]);
  return end;
}

bool hw_tok_regex_translate(const char *regex, size_t length, hw_buffer *out, const char **refused) {
  for (size_t i = 0; i < length;) {
    if (regex[i] == '\\') {
      i = translate_escape(regex, length, i, false, out, refused);
    } else if (regex[i] == '[') {
      reader in = {regex, length, NULL};
      i = translate_class(&in, i, 0, out);
      *refused = in.refused;
    } else if (regex[i] == '{') {
      i = translate_brace(regex, length, i, out, refused);
    } else if (regex[i] == '(' && i + 1 < length && regex[i + 1] == '?') {
      i = translate_group(regex, length, i, out);
    } else if (regex[i] == '(' && i + 1 < length && regex[i + 1] == '*') {
      *refused = "(*";
      return false;
    } else {
      hw_buffer_append_byte(out, (unsigned char)regex[i++]);
    }
    if (!i) return false;
  }
  return true;
}
