/* SPDX-License-Identifier: Apache-2.0
 * Part of test_tokenizer.c: patterns that PCRE2 by itself would read in another way than Oniguruma. What is wanted are ids and offsets of the tokenizers library. */
#ifndef HW_TESTS_TOKENIZER_REGEX_TESTS_H
#define HW_TESTS_TOKENIZER_REGEX_TESTS_H

#define WORDS_CUT_BY "{" SPLIT("{\"Regex\":\"%s\"}", "Isolated", "false") \
  ",\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"<unk>\":0,\"a\":1,\"b\":2,\"ab\":3,\"1\":4},\"unk_token\":\"<unk>\"}}"

static void test_regex(void **state) {
  (void)state;
  static const struct {
    const char *regex, *text, *wanted; /* the first as in JSON */
  } read[] = {
      /* numbers and their suffixes */
      {"\\\\d{3}?", "12345 67", "0:0-3 0:3-4 0:4-5 0:5-6 0:6-7 0:7-8"},
      {"\\\\s{4}?", "a b", "1:0-1 0:1-2 2:2-3"},
      {"(?:ab){2}?", "ababab ab", "0:0-4 1:4-5 2:5-6 0:6-7 1:7-8 2:8-9"},
      {"a{3}?b", "aaab b", "0:0-4 0:4-5 2:5-6"},
      {"a{1}?b", "ab b", "3:0-2 0:2-3 2:3-4"},
      {"a{1,2}?", "aaa", "1:0-1 1:1-2 1:2-3"},
      {"a{,2}?b", "aab", "0:0-3"},
      {"a{2}??b", "aab b", "0:0-3 0:3-4 2:4-5"},
      {"a{2}{2}", "aaaaaa", "0:0-4 0:4-6"},
      {"a{2}*b", "aaaab", "0:0-5"},
      {"a{1,2}+b", "aaab", "0:0-4"},
      {"a{2}+?", "aaaa", "0:0-2 0:2-4"},
      {"a{,}", "aa{,}b", "1:0-1 0:1-5 2:5-6"},
      {"a{}", "a{}a", "0:0-3 1:3-4"},
      {"a(?#[)+b", "aab a", "0:0-3 0:3-5"},
      {"a(?#\\\\))b", "ab a", "3:0-2 0:2-4"},
      /* options reach over what follows in their group */
      {"a(?i)b|c", "ac ab aB c", "0:0-2 0:2-3 3:3-5 0:5-6 0:6-8 0:8-10"},
      {"^(?i)a|b", "xb", "0:0-2"},
      {"\\\\s*(?i)a|b", "a b", "1:0-1 0:1-3"},
      {"(?:^|\\\\s)(?i)a|b", "ab aB", "1:0-1 2:1-2 0:2-4 0:4-5"},
      {"(?i)a(?-i)b|c", "Ab aC c", "0:0-2 0:2-7"},
      {"a(?m).|b", "a\nab b", "0:0-2 3:2-4 0:4-6"},
      {"(a(?i)b|c)B", "aCB aCb cB", "0:0-3 0:3-10"},
      {"b|(?i)a|c", "A B C b", "0:0-1 0:1-4 0:4-5 0:5-6 2:6-7"},
      /* other cases */
      {"(?i:[^\\\\p{L}]+)", "aA1\xCD\x85"".", "0:0-2 4:2-3 0:3-4 0:4-5"},
      {"(?i:[\\\\p{M}]+)", "\xCD\x85""\xCE\xB9""a", "0:0-2 1:2-3"},
      {"(?i:[^\\\\s\\\\p{L}\\\\p{N}]+)", "a.\xCD\x85""!", "1:0-1 0:1-2 0:2-3 0:3-4"},
      {"(?i:\\\\p{Lu}+)", "abAB", "3:0-2 0:2-4"},
      {"(?i:[sdmt]|ll|ve|re)", "LLtSx", "0:0-2 0:2-3 0:3-4 0:4-5"},
      {"(?i:st?)", "s\xEF\xAC\x86""S", "0:0-1 0:1-2 0:2-3"},
      {"(?i:(s)t)", "st\xEF\xAC\x86", "0:0-2 0:2-3"},
      {"(?i:f{2})", "ff\xEF\xAC\x80", "0:0-2 0:2-3"},
      {"(?i:s)s", "sSss\xC3\x9F", "0:0-1 0:1-3 0:3-5"},
      {"(?i:[\\\\p{Han}\\\\p{N}]+)", "\xE6\xBC\xA2""a1", "0:0-1 1:1-2 4:2-3"},
      /* names of properties */
      {"\\\\p{Letter}+", "ab1", "3:0-2 4:2-3"},
      {"\\\\p{uppercase letter}", "aAb", "1:0-1 0:1-2 2:2-3"},
      {"\\\\p{Alpha}+", "ab1", "3:0-2 4:2-3"},
      {"\\\\p{Punct}+", "a.$b", "1:0-1 0:1-2 0:2-4"},
      {"\\\\p{^Digit}+", "a1b", "1:0-1 4:1-2 2:2-3"},
      {"[^\\\\p{Space}]+", "a b", "1:0-1 0:1-2 2:2-3"},
      {"[[:cntrl:]]", "a\tb", "1:0-1 0:1-2 2:2-3"},
      {"\\\\p{Extended_Pictographic}", "a\xF0\x9F\x91\xA7""b", "1:0-1 0:1-2 2:2-3"},
      /* numbers of characters */
      {"[\\\\x61-\\\\x62]+", "abc", "3:0-2 0:2-3"},
      {"\\\\u0061|\\\\061", "a1b", "1:0-1 4:1-2 2:2-3"},
      {"[\\\\61-\\\\063]+", "1234", "0:0-3 0:3-4"},
      {"(a)\\\\1", "aab", "0:0-2 2:2-3"},
      {"(a)\\\\1(?#)2", "aa2a", "0:0-3 1:3-4"},
  };
  for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
    hw_buffer json;
    hw_buffer_init(&json);
    hw_buffer_printf(&json, WORDS_CUT_BY, read[i].regex);
    expect_json(json.data, read[i].text, read[i].wanted);
    hw_buffer_fini(&json);
  }
}

static void test_regex_refused(void **state) {
  (void)state;
  static const struct {
    const char *regex, *part;
  } bad[] = {
      {"\\\\X", "\\X"},
      {"a+*", "a repetition of a repetition"},
      {"a{1,2}?+", "a repetition of a repetition"},
      {"(?=a)*", "a repetition of nothing"},
      {"a(?x) b", "the option letter x"},
      {"(?i:[\\\\p{Lu}]+)", "in a class under the option i"},
      {"(?i:[^\\\\p{Lu}]+)", "in a class under the option i"},
      {"(?i)[[:upper:]]", "in a class under the option i"},
      {"(?i)[\\\\p{Greek}]", "in a class under the option i"},
      {"(?i)[\\\\p{Emoji}]", "in a class under the option i"},
      {"(?i)[\\\\p{L}]", "in a class under the option i"},
      {"(?i)[\\\\S]", "in a class under the option i"},
      {"(?i)[a[^b]]", "a class within a class"},
      {"(?i)[a-z&&[^b]]", "a class within a class"},
      {"(?i:ss)", "reads as one"},
      {"(?i)(?:s)S", "reads as one"},
      {"(?i)\\\\x73{1}t", "reads as one"},
      {"(?i)\xCA\xBC""N", "reads as one"},
      {"(?i:\xC3\x9F"")", "reads as several"},
      {"(?i)[\xC3\x9E""-\xC3\xA0""]", "reads as several"},
      {"(?i)\xEF\xAC\x81""", "reads as several"},
      {"\\\\N{U+41}", "does not have or reads in another way"},
      {"\\\\377", "several digits"},
      {"[\\\\377]", "none of ASCII"},
      {"\\\\x", "none of ASCII"},
      {"\\\\xe9", "none of ASCII"},
      {"\\\\x{61 62}", "without one hex number"},
      {"\\\\x{110000}", "no code point"},
      {"(?s)a", "a group (?"},
      {"(?U)a", "a group (?"},
      {"(?J)a", "a group (?"},
      {"(?^i)a", "a group (?"},
      {"(?P<n>a)", "a group (?"},
      {"(?|a)", "a group (?"},
      {"(?C)a", "a group (?"},
      {"(?R)", "a group (?"},
      {"(?<n", "a name without its end"},
      {"\\\\p{L&}", "other characters than letters"},
      {"\\\\pL", "does not have or reads in another way"},
      {"\\\\p{}", "without its name"},
      {"(?#a", "a comment (?# without its end"},
      {"a)", "without its '('"},
      {"(?i)(a", "a group without its end"},
      {"\\\\k{n}", "does not have"},
  };
  empty_folder();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    hw_buffer json;
    hw_buffer_init(&json);
    hw_buffer_printf(&json, WORDS_CUT_BY, bad[i].regex);
    refuse("tokenizer.json", json.data, json.length, HW_ERROR_UNSUPPORTED, bad[i].part);
    hw_buffer_fini(&json);
  }
}

#endif
