/* SPDX-License-Identifier: Apache-2.0
 * Hugging Face's patterns are in Oniguruma's syntax (Ruby's). PCRE2 reads most of it as it is; what it would
 * read differently is rewritten here: \s and [:space:] (PCRE2 counts U+180E), \d, \w and \b (PCRE2 10.42 has no marks in it), \h (a
 * hex digit, not a space), \v, scripts, [:name:], \uHHHH, {,n}, {n}?, {n,m}+, the option letter m, and options in the middle of a branch.
 * What has no counterpart is refused: \X, and what Oniguruma's option i reads as several characters (sharp s is ss) or as other cases of
 * a property in a class. */
#include <ctype.h>
#include <string.h>

#include "tokenizer/regex.h"
#include "tokenizer/regex_class.h"
#include "tokenizer/regex_fold.h"
#include "tokenizer/unicode.h"
#include "tokenizer/vocab.h"

enum { DEEPEST_GROUP = 100 };

typedef enum { NOTHING, ATOM, INTERVAL, REPEATED } repeatable; /* what a quantifier would repeat; INTERVAL: {n,m} that is not lazy */

typedef struct group {
  size_t start; /* of the group in the output */
  int options;  /* groups that (?i) and the like have opened in it */
  bool fold;    /* outside of the group */
  bool look, joins, alternatives;
} group;

typedef struct translation {
  hw_tok_regex_reader in;
  hw_buffer *out;
  group groups[DEEPEST_GROUP + 1]; /* the first is the whole expression */
  size_t depth;
  size_t atom; /* where what may be repeated begins in the output */
  size_t n_wraps; /* groups around it, of intervals of intervals */
  repeatable is;
  int32_t run[HW_TOK_MOST_FOLDED]; /* the last characters of a run of literals under the option i, folded */
  size_t n_run;
  bool run_checked;
} translation;

static void begin_atom(translation *t, bool repeatable_one) {
  t->atom = t->out->length;
  t->n_wraps = 0;
  t->is = repeatable_one ? ATOM : NOTHING;
  t->n_run = 0;
}

/* Adds a literal to the run. False when the option i reads it as several. */
static bool add_to_run(translation *t, uint32_t c, size_t n_before) {
  if (!t->in.fold) return true;
  int32_t folded[HW_TOK_MOST_FOLDED];
  t->in.refused = "a character that the option i reads as several";
  if (hw_tok_fold(c, folded) > 1) return false;
  t->n_run = n_before;
  if (t->n_run == HW_TOK_MOST_FOLDED) memmove(t->run, t->run + 1, --t->n_run * sizeof *t->run);
  t->run[t->n_run++] = folded[0];
  t->run_checked = false;
  return true;
}

static bool check_run(translation *t) {
  t->in.refused = "characters that the option i reads as one";
  if (!t->run_checked && t->n_run > 1 && hw_tok_is_folded_from_one(t->run, t->n_run)) return false;
  t->run_checked = true;
  return true;
}

static size_t translate_literal(translation *t, size_t i) {
  size_t step, n_run = t->n_run;
  begin_atom(t, true);
  uint32_t c = hw_tok_decode(t->in.regex + i, t->in.length - i, &step);
  if (c == '{') hw_buffer_append_byte(t->out, '\\');
  hw_buffer_append(t->out, t->in.regex + i, step);
  return add_to_run(t, c, n_run) ? i + step : 0;
}

static size_t translate_outer_escape(translation *t, size_t i) {
  size_t n_run = t->n_run;
  begin_atom(t, i + 1 >= t->in.length || !strchr("bBAzZGK", t->in.regex[i + 1]));
  i = hw_tok_regex_escape(&t->in, i, false, t->out);
  return i && t->in.last != HW_TOK_NO_CHAR && !add_to_run(t, t->in.last, n_run) ? 0 : i;
}

/* The position behind the braces at i, i if they are no quantifier. Oniguruma has {n}, {n,}, {,n} and {n,m}. */
static size_t read_braces(const hw_tok_regex_reader *in, size_t i, bool *exact) {
  size_t low = i + 1, k = low;
  while (k < in->length && isdigit((unsigned char)in->regex[k])) k++;
  bool has_low = k > low, comma = hw_tok_regex_at(in, k, ",");
  size_t high = k += comma;
  while (comma && k < in->length && isdigit((unsigned char)in->regex[k])) k++;
  *exact = !comma;
  return hw_tok_regex_at(in, k, "}") && (has_low || k > high) ? k + 1 : i;
}

/* regex[i..end] is a quantifier without what stands behind it. A quantifier of an interval has a group of its own: PCRE2 would read its + and ? as
 * a possessive or a lazy one. */
static size_t translate_quantifier(translation *t, size_t i, size_t end, bool exact) {
  bool braces = t->in.regex[i] == '{', one = hw_tok_regex_at(&t->in, i, "{1}");
  t->in.refused = t->is == NOTHING ? "a repetition of nothing" : "a repetition of a repetition";
  if (t->is == NOTHING || t->is == REPEATED) return 0;
  if (t->is == INTERVAL) {
    t->in.refused = "intervals nested too deeply";
    if (++t->n_wraps > DEEPEST_GROUP) return 0;
    hw_buffer_append_string(t->out, "(?:)");
    if (!t->out->failed) {
      char *atom = t->out->data + t->atom;
      memmove(atom + 3, atom, t->out->length - t->atom - 4);
      memcpy(atom, "(?:", 3);
    }
  }
  if (hw_tok_regex_at(&t->in, i, "{,")) {
    hw_buffer_append_string(t->out, "{0");
    i++;
  }
  hw_buffer_append(t->out, t->in.regex + i, end - i);
  bool lazy = !exact && hw_tok_regex_at(&t->in, end, "?"), possessive = !braces && hw_tok_regex_at(&t->in, end, "+");
  if (lazy || possessive) hw_buffer_append_byte(t->out, lazy ? '?' : '+');
  t->is = braces && !lazy ? INTERVAL : REPEATED;
  if (!one) t->n_run = 0;
  return end + (lazy || possessive);
}

static void open_group(translation *t, bool look, bool joins) {
  group *opened = &t->groups[++t->depth];
  *opened = (group){.start = t->out->length, .fold = t->in.fold, .look = look, .joins = joins};
  t->is = NOTHING;
  if (!joins) t->n_run = 0;
}

/* regex[i..] is "(?" and letters of options. Ruby's m is PCRE2's s. Without a ':' they reach to the end of the group around them, over its '|'. */
static size_t translate_options(translation *t, size_t i) {
  char on[8] = "", off[8] = "";
  size_t n_on = 0, n_off = 0;
  bool minus = false, fold_now = t->in.fold;
  t->in.refused = "a group (? of a kind that PCRE2 does not have or reads in another way";
  for (i += 2; i < t->in.length && t->in.regex[i] && strchr("imx-", t->in.regex[i]); i++) {
    char letter = t->in.regex[i];
    if (letter == '-') {
      if (minus) return 0;
      minus = true;
    } else if (letter == 'x') {
      t->in.refused = "the option letter x";
      if (!minus) return 0;
    } else if ((minus ? n_off : n_on) + 1 < sizeof on) {
      if (letter == 'i') fold_now = !minus;
      *(minus ? &off[n_off++] : &on[n_on++]) = letter == 'm' ? 's' : 'i';
    }
  }
  bool whole = hw_tok_regex_at(&t->in, i, ")");
  if (!whole && !hw_tok_regex_at(&t->in, i, ":")) return 0;
  if (whole) {
    t->groups[t->depth].options++;
    t->n_run = 0;
    t->is = NOTHING;
  } else {
    open_group(t, false, n_on + n_off == 0);
  }
  t->in.fold = fold_now;
  hw_buffer_printf(t->out, "(?%s%s%s:", on, n_off ? "-" : "", off);
  return i + 1;
}

/* regex[i] is '('. The position behind what opens the group or behind a comment, 0 when refused. */
static size_t translate_group(translation *t, size_t i) {
  static const struct {
    const char *text;
    bool look;
  } kinds[] = {{"(?>", false}, {"(?=", true}, {"(?!", true}, {"(?<=", true}, {"(?<!", true}, {"(?<", false}, {"(?'", false}};
  if (hw_tok_regex_at(&t->in, i, "(?#")) {
    for (i += 3; i < t->in.length && t->in.regex[i] != ')';) i += t->in.regex[i] == '\\' ? 2 : 1;
    t->in.refused = "a comment (?# without its end";
    return i < t->in.length ? i + 1 : 0;
  }
  t->in.refused = "(*";
  if (hw_tok_regex_at(&t->in, i, "(*")) return 0;
  t->in.refused = "groups nested too deeply";
  if (t->depth == DEEPEST_GROUP) return 0;
  if (!hw_tok_regex_at(&t->in, i, "(?")) {
    open_group(t, false, false);
    hw_buffer_append_byte(t->out, '(');
    return i + 1;
  }
  for (size_t k = 0; k < HW_TOK_COUNT(kinds); k++) {
    if (!hw_tok_regex_at(&t->in, i, kinds[k].text)) continue;
    open_group(t, kinds[k].look, false);
    hw_buffer_append_string(t->out, kinds[k].text);
    i += strlen(kinds[k].text);
    return kinds[k].look || kinds[k].text[2] == '>' ? i : hw_tok_regex_copy_name(&t->in, i, t->out);
  }
  return translate_options(t, i);
}

static void close_options(translation *t) {
  for (int k = 0; k < t->groups[t->depth].options; k++) hw_buffer_append_byte(t->out, ')');
}

static size_t close_group(translation *t, size_t i) {
  t->in.refused = "a ')' without its '('";
  if (t->depth == 0) return 0;
  close_options(t);
  const group *closed_one = &t->groups[t->depth--];
  hw_buffer_append_byte(t->out, ')');
  t->in.fold = closed_one->fold;
  t->atom = closed_one->start;
  t->n_wraps = 0;
  t->is = closed_one->look ? NOTHING : ATOM;
  if (!closed_one->joins || closed_one->alternatives) t->n_run = 0;
  return i + 1;
}

static size_t translate_next(translation *t, size_t i) {
  char c = t->in.regex[i];
  bool exact = false;
  size_t quantifier = c == '{' ? read_braces(&t->in, i, &exact) : i + (c == '?' || c == '*' || c == '+');
  if (quantifier > i && !(exact && hw_tok_regex_at(&t->in, i, "{1}"))) t->run_checked = true; /* its last character is repeated */
  if (!check_run(t)) return 0;
  if (quantifier > i) return translate_quantifier(t, i, quantifier, exact);
  if (c == '\\') return translate_outer_escape(t, i);
  if (c == '(') return translate_group(t, i);
  if (c == ')') return close_group(t, i);
  if (c == '[') {
    begin_atom(t, true);
    return hw_tok_regex_class(&t->in, i, 0, t->out);
  }
  if (!c || !strchr("|^$.", c)) return translate_literal(t, i);
  begin_atom(t, c == '.');
  if (c == '|') t->groups[t->depth].alternatives = true;
  hw_buffer_append_byte(t->out, (unsigned char)c);
  return i + 1;
}

bool hw_tok_regex_translate(const char *regex, size_t length, hw_buffer *out, const char **refused) {
  translation t = {.in = {.regex = regex, .length = length, .last = HW_TOK_NO_CHAR}, .out = out, .run_checked = true};
  for (size_t i = 0; i < length;) {
    i = translate_next(&t, i);
    *refused = t.in.refused;
    if (!i) return false;
  }
  bool checked = check_run(&t);
  *refused = t.in.refused;
  if (!checked) return false;
  close_options(&t);
  *refused = "a group without its end";
  return t.depth == 0;
}
