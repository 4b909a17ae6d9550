/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "tokenizer/regex_class.h"
#include "tokenizer/regex_fold.h"
#include "tokenizer/unicode.h"
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
};

/* [:name:] in a class. */
static const struct {
  const char *name, *text;
} brackets[] = {
    {"alpha", "\\p{Alphabetic}"}, {"alnum", "\\p{Alphabetic}\\p{Nd}"}, {"upper", "\\p{Uppercase}"}, {"lower", "\\p{Lowercase}"},
    {"space", "\\p{White_Space}"}, {"digit", "\\p{Nd}"}, {"punct", "\\p{P}\\p{S}"}, {"word", WORD_IN_CLASS}, {"xdigit", "0-9a-fA-F"},
    {"cntrl", "\\p{Cc}"},
};

/* \p{Name} that is neither a general category nor a script, and other names of these and of categories. */
static const struct {
  const char *name, *text;
} properties[] = {
    {"Any", "Any"}, {"Alphabetic", "Alphabetic"}, {"Lowercase", "Lowercase"}, {"Uppercase", "Uppercase"}, {"White_Space", "White_Space"},
    {"Emoji", "Emoji"}, {"Extended_Pictographic", "Extended_Pictographic"}, {"Ideographic", "Ideographic"},
    {"Alpha", "Alphabetic"}, {"Lower", "Lowercase"}, {"Upper", "Uppercase"}, {"Space", "White_Space"}, {"Digit", "Nd"}, {"Punct", "P"}, {"Cntrl", "Cc"},
    {"Letter", "L"}, {"Uppercase_Letter", "Lu"}, {"Lowercase_Letter", "Ll"}, {"Titlecase_Letter", "Lt"}, {"Modifier_Letter", "Lm"}, {"Other_Letter", "Lo"},
    {"Mark", "M"}, {"Nonspacing_Mark", "Mn"}, {"Number", "N"}, {"Decimal_Number", "Nd"}, {"Punctuation", "P"}, {"Symbol", "S"}, {"Separator", "Z"}, {"Other", "C"},
};

/* Those whose classes are the same under the option i, beside N, P, S, Z, C and their parts: no letter has another case. */
static const char *const uncased[] = {"Lm", "Lo", "Mc", "Me", "White_Space", "Ideographic", "Han", "Hiragana", "Katakana", "Hangul", "Thai", "Arabic", "Hebrew",
                                      "Devanagari", "Bengali", "Tamil", "Telugu"};
/* Those whose other cases are in them, but which have letters that fold to several. */
static const char *const closed[] = {"Any", "Alphabetic", "Latin", "Cyrillic", "Armenian", "Georgian"};

static const char under_i[] = "a cased property or escape in a class under the option i";

/* ---- escapes ---- */

bool hw_tok_regex_at(const hw_tok_regex_reader *in, size_t i, const char *text) {
  size_t n = strlen(text);
  return in->length - i >= n && memcmp(in->regex + i, text, n) == 0;
}

/* The position behind n or fewer digits of the base at i. */
static size_t read_number(const hw_tok_regex_reader *in, size_t i, size_t n, unsigned base, uint32_t *value) {
  *value = 0;
  for (size_t end = i + n; i < in->length && i < end; i++) {
    char c = in->regex[i];
    unsigned digit = isdigit((unsigned char)c) ? (unsigned)(c - '0') : isxdigit((unsigned char)c) ? (unsigned)(tolower((unsigned char)c) - 'a' + 10) : base;
    if (digit >= base) break;
    *value = *value * base + digit;
  }
  return i;
}

/* As Oniguruma compares names: without regard to case, '_', '-' and spaces. */
static bool is_named(const char *found, size_t length, const char *name) {
  for (size_t i = 0; i <= length; i++) {
    char c = i < length ? found[i] : '\0';
    if (c == '_' || c == '-' || c == ' ') continue;
    while (*name == '_') name++;
    if (tolower((unsigned char)c) != tolower((unsigned char)*name)) return false;
    if (i < length) name++;
  }
  return true;
}

static bool is_in(const char *found, size_t length, const char *const *names, size_t n) {
  for (size_t k = 0; k < n; k++)
    if (is_named(found, length, names[k])) return true;
  return false;
}

/* Under the option i the class has the other cases of the property's characters too; PCRE2 does not fold properties. False when refused. */
static bool fold_property(hw_tok_regex_reader *in, const char *name, size_t n, bool negative, hw_buffer *out) {
  in->refused = under_i;
  bool same = is_in(name, n, uncased, HW_TOK_COUNT(uncased)) || (n <= 2 && strchr("NPSZC", toupper((unsigned char)name[0])));
  bool mark = is_named(name, n, "M") || is_named(name, n, "Mn"), letter = is_named(name, n, "L");
  if (!in->negated && (negative || !(same || mark))) return false;
  if (!same && !mark && !letter && !is_in(name, n, closed, HW_TOK_COUNT(closed))) return false;
  if (mark || letter) hw_buffer_append_string(out, "\\x{345}"); /* a mark that is a case of the letter iota */
  return true;
}

/* regex[i] is the brace of \p{...} or \P{...}. PCRE2 takes a script's name for its extensions as well, Oniguruma does not. The position behind it, 0 when
 * refused. */
static size_t translate_property(hw_tok_regex_reader *in, size_t i, bool in_class, hw_buffer *out) {
  bool negative = (in->regex[i - 1] == 'P') != hw_tok_regex_at(in, i + 1, "^");
  const char *name = in->regex + i + 1 + hw_tok_regex_at(in, i + 1, "^");
  const char *close = memchr(in->regex + i, '}', in->length - i);
  in->refused = "a property (\\p) without its name";
  if (!close || close <= name) return 0;
  size_t n = (size_t)(close - name);
  in->refused = "a property (\\p) whose name has other characters than letters";
  for (size_t k = 0; k < n; k++)
    if (!isalpha((unsigned char)name[k]) && !strchr("_- ", name[k])) return 0;
  bool script = n > 2;
  for (size_t k = 0; k < HW_TOK_COUNT(properties); k++) {
    if (!is_named(name, n, properties[k].name)) continue;
    name = properties[k].text;
    n = strlen(name);
    script = false;
    break;
  }
  bool cased = in->fold && !in_class && n == 2 && is_in(name, n, (const char *const[]){"Lu", "Ll", "Lt"}, 3); /* PCRE2 since 10.43 folds these */
  hw_buffer_printf(out, "%s\\%c{%s%.*s}%s", cased ? "(?-i:" : "", negative ? 'P' : 'p', script ? "sc:" : "", (int)n, name, cased ? ")" : "");
  if (in_class && in->fold && !fold_property(in, name, n, negative, out)) return 0;
  return (size_t)(close - in->regex) + 1;
}

/* regex[i] is "[:". The position behind ":]", 0 when refused. */
static size_t translate_bracket(hw_tok_regex_reader *in, size_t i, hw_buffer *out) {
  const char *close = memmem(in->regex + i + 2, in->length - i - 2, ":]", 2);
  size_t n = close ? (size_t)(close - in->regex) - i - 2 : 0;
  for (size_t k = 0; k < HW_TOK_COUNT(brackets); k++) {
    if (strlen(brackets[k].name) != n || memcmp(brackets[k].name, in->regex + i + 2, n) != 0) continue;
    in->refused = under_i;
    bool cased = strcmp(brackets[k].name, "upper") == 0 || strcmp(brackets[k].name, "lower") == 0;
    if (in->fold && (cased || (!in->negated && strstr(brackets[k].text, "Alphabetic")))) return 0;
    hw_buffer_append_string(out, brackets[k].text);
    return i + n + 4;
  }
  in->refused = "a [:name:] of an unknown name";
  return 0;
}

size_t hw_tok_regex_copy_name(hw_tok_regex_reader *in, size_t i, hw_buffer *out) {
  const char *close = memchr(in->regex + i, in->regex[i - 1] == '<' ? '>' : '\'', in->length - i);
  in->refused = "a name without its end";
  if (!close) return 0;
  size_t end = (size_t)(close - in->regex) + 1;
  hw_buffer_append(out, in->regex + i, end - i);
  return end;
}

static size_t put_code_point(hw_tok_regex_reader *in, size_t end, uint32_t code_point, hw_buffer *out) {
  in->refused = "a number that is no code point";
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000)) return 0;
  hw_buffer_printf(out, "\\x{%X}", (unsigned)code_point);
  in->last = code_point;
  return end;
}

/* \x, \u and octal numbers; for others i + 1. regex[i] is the letter. */
static size_t translate_number(hw_tok_regex_reader *in, size_t i, bool in_class, hw_buffer *out) {
  uint32_t value;
  char letter = in->regex[i];
  bool brace = hw_tok_regex_at(in, i + 1, "{");
  size_t digits = letter == 'x' || letter == 'u' ? i + 1 + (letter == 'x' && brace) : i;
  size_t most = letter == 'u' ? 4 : letter != 'x' ? 3 : brace ? 8 : 2;
  size_t end = read_number(in, digits, most, letter == 'x' || letter == 'u' ? 16 : 8, &value);
  if (letter == 'u') {
    in->refused = "\\u without four hex digits";
    return end == i + 5 ? put_code_point(in, end, value, out) : 0;
  }
  if (letter == 'x' && brace) {
    in->refused = "\\x{ without one hex number and }";
    return end > digits && hw_tok_regex_at(in, end, "}") ? put_code_point(in, end + 1, value, out) : 0;
  }
  if (letter >= '1' && letter <= '9' && !in_class) {
    in->refused = "a backslash and a number of several digits";
    if (i + 1 < in->length && isdigit((unsigned char)in->regex[i + 1])) return 0;
    hw_buffer_printf(out, "\\g{%c}", letter);
    return i + 1;
  }
  in->refused = "a byte by its number, which is none of ASCII";
  return end > digits && value < 0x80 ? put_code_point(in, end, value, out) : 0;
}

size_t hw_tok_regex_escape(hw_tok_regex_reader *in, size_t i, bool in_class, hw_buffer *out) {
  in->last = HW_TOK_NO_CHAR;
  in->refused = "an escape at its end";
  if (++i >= in->length) return 0;
  char letter = in->regex[i];
  for (size_t k = 0; k < HW_TOK_COUNT(escapes); k++) {
    if (escapes[k].letter != letter) continue;
    const char *text = in_class ? escapes[k].inside : escapes[k].outside;
    in->refused = "a negated escape (\\W, \\H, \\B) in a class";
    if (!text) return 0;
    in->refused = under_i;
    if (in_class && in->fold && !in->negated && strchr("wSD", letter)) return 0;
    hw_buffer_append_string(out, text);
    return i + 1;
  }
  if (isdigit((unsigned char)letter) || letter == 'x' || letter == 'u') return translate_number(in, i, in_class, out);
  if ((letter == 'p' || letter == 'P') && hw_tok_regex_at(in, i + 1, "{")) return translate_property(in, i + 1, in_class, out);
  if (!isalpha((unsigned char)letter)) { /* the character itself */
    size_t step;
    in->last = hw_tok_decode(in->regex + i, in->length - i, &step);
    hw_buffer_append_byte(out, '\\');
    hw_buffer_append(out, in->regex + i, step);
    return i + step;
  }
  in->refused = letter == 'X' ? "\\X" : "an escape that PCRE2 does not have or reads in another way";
  bool quantified = i + 2 < in->length && (isdigit((unsigned char)in->regex[i + 2]) || in->regex[i + 2] == ',');
  if (!strchr(in_class ? "tnrfae" : "tnrfaeAzZGKRNkg", letter) || (letter == 'N' && hw_tok_regex_at(in, i + 1, "{") && !quantified)) return 0;
  bool named = letter == 'k' || letter == 'g';
  if (named && !hw_tok_regex_at(in, i + 1, "<") && !hw_tok_regex_at(in, i + 1, "'")) return 0;
  hw_buffer_append(out, in->regex + i - 1, named ? 3 : 2);
  return named ? hw_tok_regex_copy_name(in, i + 2, out) : i + 1;
}

/* ---- classes, which may hold classes and intersections; PCRE2's hold neither ---- */

enum { DEEPEST_CLASS = 8 };

/* One item of a class that is no class itself: a character, an escape, [:name:]. The position behind it, 0 when refused. A '-' next to
 * a class, or a ']' at the beginning, is a character: `literal`. */
static size_t translate_item(hw_tok_regex_reader *in, size_t i, bool literal, hw_buffer *out) {
  uint32_t before = in->last;
  bool range = in->range;
  in->range = false;
  if (hw_tok_regex_at(in, i, "[:")) {
    in->last = HW_TOK_NO_CHAR;
    return translate_bracket(in, i, out);
  }
  if (in->regex[i] == '\\') {
    i = hw_tok_regex_escape(in, i, true, out);
  } else {
    size_t step;
    in->last = hw_tok_decode(in->regex + i, in->length - i, &step);
    if (literal) hw_buffer_append_byte(out, '\\');
    hw_buffer_append(out, in->regex + i, step);
    i += step;
    if (in->last == '-' && !literal && !range && before != HW_TOK_NO_CHAR) {
      in->range = true;
      in->last = before;
      return i;
    }
  }
  in->refused = in->last == HW_TOK_NO_CHAR ? in->refused : "a character that the option i reads as several";
  return i && in->fold && !in->negated && in->last != HW_TOK_NO_CHAR && hw_tok_folds_to_several(range ? before : in->last, in->last) ? 0 : i;
}

/* Whether the class at i is a plain list, which may be written into the class around it. */
static bool is_plain_class(const hw_tok_regex_reader *in, size_t i) {
  size_t first = ++i;
  if (hw_tok_regex_at(in, i, "^")) return false;
  for (; i < in->length && (i == first || in->regex[i] != ']'); i++) {
    if (in->regex[i] == '\\') {
      i++;
    } else if (hw_tok_regex_at(in, i, "[:")) {
      const char *close = memmem(in->regex + i, in->length - i, ":]", 2);
      if (!close) return false;
      i = (size_t)(close - in->regex) + 1;
    } else if (in->regex[i] == '[' || hw_tok_regex_at(in, i, "&&")) {
      return false;
    }
  }
  return true;
}

/* The items of the plain class at i. The position behind its ']', 0 when refused. */
static size_t translate_plain(hw_tok_regex_reader *in, size_t i, hw_buffer *out) {
  size_t first = ++i;
  while (i < in->length && (i == first || in->regex[i] != ']')) {
    bool edge = in->regex[i] == '-' && (i == first || hw_tok_regex_at(in, i + 1, "]"));
    i = translate_item(in, i, edge || (i == first && in->regex[i] == ']'), out);
    if (!i) return 0;
  }
  in->last = HW_TOK_NO_CHAR;
  in->refused = "a class without its end";
  return i < in->length ? i + 1 : 0;
}

/* What stands between '[' or "&&" and the next "&&" or ']', as an expression for one character. The position of that, 0 when refused. A ']' right behind the
 * opening bracket is a character. */
static size_t translate_operand(hw_tok_regex_reader *in, size_t i, bool opening, int depth, hw_buffer *out) {
  hw_buffer items, classes;
  hw_buffer_init(&items);
  hw_buffer_init(&classes);
  bool after_class = false;
  for (size_t first = opening ? i : SIZE_MAX; i && i < in->length && (i == first || in->regex[i] != ']') && !hw_tok_regex_at(in, i, "&&");) {
    bool class = in->regex[i] == '[' && !hw_tok_regex_at(in, i, "[:");
    if (class && is_plain_class(in, i))
      i = translate_plain(in, i, &items);
    else if (class) {
      if (classes.length) hw_buffer_append_byte(&classes, '|');
      i = hw_tok_regex_class(in, i, depth + 1, &classes);
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
size_t hw_tok_regex_class(hw_tok_regex_reader *in, size_t i, int depth, hw_buffer *out) {
  in->refused = "classes nested too deeply";
  if (depth > DEEPEST_CLASS) return 0;
  bool negated = hw_tok_regex_at(in, ++i, "^");
  i += negated;
  in->last = HW_TOK_NO_CHAR;
  if (depth == 0) in->negated = negated;
  hw_buffer operand;
  hw_buffer_init(&operand);
  i = translate_operand(in, i, true, depth, &operand);
  bool more = i && hw_tok_regex_at(in, i, "&&");
  if (!more && i && operand.data && operand.data[0] == '[') {
    hw_buffer_append_string(out, negated ? "[^" : "[");
    hw_buffer_append(out, operand.data + 1, operand.length - 1);
  } else if (i && in->fold) {
    in->refused = "a class within a class, or && in a class, under the option i";
    i = 0;
  } else if (i) {
    hw_buffer_append_string(out, negated ? "(?:(?!(?:" : "(?:");
    while (more && i) {
      hw_buffer_append_string(out, "(?=");
      hw_buffer_append(out, operand.data, operand.length);
      hw_buffer_append_byte(out, ')');
      if (operand.failed) out->failed = true;
      hw_buffer_reset(&operand);
      i = translate_operand(in, i + 2, false, depth, &operand);
      more = i && hw_tok_regex_at(in, i, "&&");
    }
    hw_buffer_append(out, operand.data ? operand.data : "", operand.length);
    hw_buffer_append_string(out, negated ? "))(?s:.))" : ")");
  }
  if (operand.failed) out->failed = true;
  hw_buffer_fini(&operand);
  return i ? i + 1 : 0;
}
