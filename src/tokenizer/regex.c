/* SPDX-License-Identifier: Apache-2.0
 * Hugging Face's patterns are in Oniguruma's syntax (Ruby's). PCRE2 reads most of it as it is; what it would
 * read differently is rewritten here: \s and [:space:] (PCRE2 counts U+180E), \w and \b (PCRE2 10.42 has no marks in it), \h (a
 * hex digit, not a space), \v, scripts, [:name:], \uHHHH, {,n} and the option letter m. What has no counterpart is refused. */
#include <ctype.h>
#include <string.h>

#include "tokenizer/regex.h"
#include "tokenizer/vocab.h"

typedef struct escape {
  char letter;
  const char *outside, *inside; /* of a class; NULL: refused there */
} escape;

/* As Oniguruma has it; the six of Latin-1 (superscripts, fractions) are a peculiarity of its tables. */
#define WORD "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}"
static const escape escapes[] = {
    {'s', "\\p{White_Space}", "\\p{White_Space}"},
    {'S', "\\P{White_Space}", "\\P{White_Space}"},
    {'w', "[" WORD "]", WORD},
    {'W', "[^" WORD "]", NULL},
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
    {"space", "\\p{White_Space}"}, {"digit", "\\p{Nd}"}, {"punct", "\\p{P}\\p{S}"}, {"word", WORD}, {"xdigit", "0-9a-fA-F"},
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

/* regex[i] is '['. The position behind the class, 0 when refused. */
static size_t translate_class(const char *regex, size_t length, size_t i, hw_buffer *out, const char **refused) {
  hw_buffer_append_byte(out, '[');
  i++;
  if (i < length && regex[i] == '^') hw_buffer_append_byte(out, (unsigned char)regex[i++]);
  for (bool first = true; i < length && (first || regex[i] != ']'); first = false) {
    if (regex[i] == '\\') {
      i = translate_escape(regex, length, i, true, out, refused);
      if (!i) return 0;
    } else if (regex[i] == '[' && i + 1 < length && regex[i + 1] == ':') {
      *refused = "a [:name:] of an unknown name";
      i = translate_bracket(regex, length, i, out);
      if (!i) return 0;
    } else if (regex[i] == '[' || (regex[i] == '&' && i + 1 < length && regex[i + 1] == '&')) {
      *refused = "a class inside a class";
      return 0;
    } else {
      hw_buffer_append_byte(out, (unsigned char)regex[i++]);
    }
  }
  *refused = "a class without its end";
  if (i >= length) return 0;
  hw_buffer_append_byte(out, ']');
  return i + 1;
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
      i = translate_class(regex, length, i, out, refused);
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
