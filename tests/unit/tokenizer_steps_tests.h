/* SPDX-License-Identifier: Apache-2.0
 * Part of test_tokenizer.c: post-processors in sequence, what they trim, and BERT's normalizer. */
#ifndef HW_TESTS_TOKENIZER_STEPS_TESTS_H
#define HW_TESTS_TOKENIZER_STEPS_TESTS_H

#define TOKEN_BEFORE(name, id)                                                                                                                    \
  "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"" name "\"}},{\"Sequence\":{\"id\":\"A\"}}],\"special_tokens\":{\"" name \
  "\":{\"ids\":[" id "]}}}"
#define PROCESSORS(first, second) "\"post_processor\":{\"type\":\"Sequence\",\"processors\":[" first "," second "]}"
#define LEVEL_TRIM "{\"type\":\"ByteLevel\",\"trim_offsets\":true}" /* add_prefix_space is true where it is not said */

static void expect_prefixed(const char *json, const char *text, const char *wanted) {
  empty_folder();
  put("tokenizer.json", json);
  hw_tokenizer *tokenizer = open_it(NULL);
  expect_bos(tokenizer, text, HW_BOS_AUTO, wanted, strstr(wanted, ":0-0") != NULL, false);
  hw_tokenizer_close(tokenizer);
}

static void expect_parts_prefixed(const char *parts, const char *text, const char *wanted) {
  char *json = simple(parts);
  expect_prefixed(json, text, wanted);
  free(json);
}

/* Tokens of bytes, so that what is trimmed can be a space: the space 0, a 1, space with "aa" 2, "aa" 3. */
static void expect_trimmed(const char *processor, const char *text, const char *wanted) {
  hw_buffer json;
  hw_buffer_init(&json);
  hw_buffer_printf(&json, "{\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"String\":\"b\"},"
                          "\"behavior\":\"Removed\"},{\"type\":\"ByteLevel\",\"add_prefix_space\":false}]},%s,\"model\":{\"type\":\"BPE\",\"vocab\":"
                          "{\"\xC4\xA0\":0,\"a\":1,\"\xC4\xA0" "aa\":2,\"aa\":3},\"merges\":[\"a a\",\"\xC4\xA0 aa\"]}}", processor);
  assert_true(hw_buffer_check(&json, NULL));
  expect_prefixed(json.data, text, wanted);
  hw_buffer_fini(&json);
}

static void test_processors(void **state) {
  (void)state;
  expect_parts_prefixed(PROCESSORS(TOKEN_BEFORE("b", "1"), TOKEN_BEFORE("c", "2")), "a", "2:0-0 1:0-0 0:0-1"); /* the later one stands first */
  /* One space before the first token is the prefix: also behind a template, and where the first token does not begin the text. */
  expect_trimmed("\"post_processor\":" LEVEL_TRIM, " aa aa", "2:0-3 2:4-6");
  expect_trimmed(PROCESSORS(LEVEL_TRIM, TOKEN_BEFORE("a", "1")), "b aa aa", "1:0-0 2:1-4 2:5-7");
  expect_trimmed(PROCESSORS(TOKEN_BEFORE("a", "1"), LEVEL_TRIM), "b aa aa", "1:0-0 2:1-4 2:5-7");
  expect_trimmed("\"post_processor\":{\"type\":\"RobertaProcessing\",\"cls\":[\"a\",1],\"sep\":[\"a\",1],\"add_prefix_space\":false}", "b aa aa",
                 "1:0-0 2:2-4 2:5-7");
}

static void test_bert_normalizer(void **state) {
  (void)state;
#define BERT(clean, accents) \
  "\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":" clean ",\"handle_chinese_chars\":true," accents "\"lowercase\":true}"
  expect_parts(BERT("true", ""), "\xEF\xBF\xBD\xC2\xA0\xC3\x89", "27:1-2 4:2-3"); /* U+FFFD, a no-break space, an accent */
  expect_parts(BERT("true", "\"strip_accents\":false,"), "\xC3\x89", "39:0-1");
  expect_parts(BERT("false", ""), "\xC2\xA0", "41:0-1");
  expect_parts(BERT("false", ""), "\xE3\x90\x80", "27:0-1 41:0-1 27:0-1"); /* an ideograph of extension A */
  expect_parts(BERT("false", ""), "\xE0\xA4\x83", "41:0-1");               /* a spacing mark stays */
#undef BERT
  expect_parts("\"normalizer\":{\"type\":\"Nmt\"}", "\xC2\x8F" "a\xE1\x9A\x80", "0:1-2 27:2-3"); /* a control character, the Ogham space */
}

/* Each match of the expression is a part, each part the token 0. */
static void expect_cut(const char *regex, const char *text, const char *wanted) {
  hw_buffer json;
  hw_buffer_init(&json);
  hw_buffer_printf(&json, "{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"%s\"},\"behavior\":\"Isolated\"},"
                          "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"u\":0},\"unk_token\":\"u\"}}", regex);
  assert_true(hw_buffer_check(&json, NULL));
  expect_prefixed(json.data, text, wanted);
  hw_buffer_fini(&json);
}

/* Characters of Unicode 15 to 16, which PCRE2 may not know: as Hugging Face's library cuts them (tests/tokenizer). */
static void test_younger_characters(void **state) {
  (void)state;
#define LETTER "\xF0\xAE\xAF\xB0" /* U+2EBF0, 15.1 */
#define UPPER "\xE1\xB2\x89"      /* U+1C89, 16 */
#define DIGIT "\xF0\x9E\x93\xB0" /* U+1E4F0, 15 */
#define MOVED "\xF0\x91\x9C\x9E" /* U+1171E, Mn before 16, Mc since */
  expect_cut("\\\\p{L}+", "a" LETTER "1", "0:0-2 0:2-3");
  expect_cut("\\\\P{L}+", "a" LETTER "1", "0:0-2 0:2-3");
  expect_cut("[\\\\p{L}x]+", "a" LETTER "1", "0:0-2 0:2-3");
  expect_cut("[^\\\\s\\\\p{L}\\\\p{N}]+", LETTER "." DIGIT, "0:0-1 0:1-2 0:2-3");
  expect_cut("[x\\\\P{L}]+", "x" LETTER "1", "0:0-1 0:1-2 0:2-3");
  expect_cut("[^x\\\\P{L}]+", "x" LETTER "1", "0:0-1 0:1-2 0:2-3");
  expect_cut("[^\\\\P{L}]+", "x" LETTER "1", "0:0-2 0:2-3");
  expect_cut("[^\\\\P{L}]+", "x" "1", "0:0-1 0:1-2");
  expect_cut("\\\\p{C}+", LETTER "\xF0\xAF\x80\x80\x01", "0:0-1 0:1-3"); /* U+2F000 is nothing */
  expect_cut("[\\\\p{C}x]+", LETTER "x\xF0\xAF\x80\x80\x01", "0:0-1 0:1-4");
  expect_cut("[^\\\\p{Cn}]+", LETTER "x\xF0\xAF\x80\x80\x01", "0:0-2 0:2-3 0:3-4");
  expect_cut("\\\\p{Mn}", "a" MOVED "b" UPPER, "0:0-4");
  expect_cut("\\\\P{Mn}+", MOVED "b" UPPER, "0:0-3");
  expect_cut("\\\\p{Mc}", "a" MOVED "b", "0:0-1 0:1-2 0:2-3");
  expect_cut("\\\\p{Lu}+|\\\\p{Ll}+", "A" UPPER "a\xE1\xB2\x8A", "0:0-2 0:2-4");
  expect_cut("[[:upper:]]+", "1A" UPPER "a", "0:0-1 0:1-3 0:3-4");
  expect_cut("\\\\p{Cyrillic}", "1" UPPER LETTER, "0:0-1 0:1-2 0:2-3");
  expect_cut("\\\\p{Hani}", "1" UPPER LETTER, "0:0-2 0:2-3");
  expect_cut("\\\\d", "1" DIGIT "a", "0:0-1 0:1-2 0:2-3");
  expect_cut("[\\\\D]+", "a" DIGIT "a", "0:0-1 0:1-2 0:2-3");
  expect_cut("\\\\b", "." LETTER ".", "0:0-1 0:1-2 0:2-3");
  expect_cut("\\\\w+", "." LETTER DIGIT "\xC2\xB2", "0:0-1 0:1-4");
  expect_cut("[\\\\w]+", "." LETTER DIGIT "\xC2\xB2", "0:0-1 0:1-3 0:3-4"); /* superscript two is not in it within a class */
  expect_prefixed("{\"pre_tokenizer\":{\"type\":\"Digits\",\"individual_digits\":true},\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"u\":0},\"unk_token\":\"u\"}}",
                  "a\xF0\x96\xBF\xB4" "b\xF0\x90\xB5\x80" "c", "0:0-1 0:1-2 0:2-3 0:3-4 0:4-5"); /* U+16FF4 of Unicode 17, U+10D40 of 16 */
  expect_parts("\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Lowercase\"},{\"type\":\"Replace\",\"pattern\":{\"String\":\"\xE1\xB2\x8A\"},\"content\":\"b\"}]}",
               UPPER, "1:0-1");
#undef LETTER
#undef UPPER
#undef DIGIT
#undef MOVED
}

/* What the tokens of a small model stand for. */
static void expect_pieces(const char *parts, const char *vocab, const char *const *wanted) {
  hw_buffer json;
  hw_buffer_init(&json);
  hw_buffer_printf(&json, "{%s,\"model\":{\"type\":\"BPE\",\"vocab\":{%s},\"merges\":[]}}", parts, vocab);
  assert_true(hw_buffer_check(&json, NULL));
  empty_folder();
  put("tokenizer.json", json.data);
  hw_tokenizer *tokenizer = open_it(NULL);
  for (int32_t id = 0; wanted[id]; id++) expect_piece(tokenizer, id, wanted[id], strlen(wanted[id]));
  hw_tokenizer_close(tokenizer);
  hw_buffer_fini(&json);
}

static void test_decoders(void **state) {
  (void)state;
  static const char level_vocab[] = "\"\xC4\xA0" "a\":0,\"a\xE2\x96\x81\":1"; /* U+2581 is not in GPT-2's alphabet: such a token stays as it is */
  expect_pieces("\"decoder\":{\"type\":\"ByteLevel\"}", level_vocab, (const char *const[]){" a", "a\xE2\x96\x81", NULL});
  expect_pieces("\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false}", level_vocab, (const char *const[]){" a", "a\xE2\x96\x81", NULL});
  expect_pieces("\"decoder\":{\"type\":\"ByteLevel\"},\"added_tokens\":[{\"id\":2,\"content\":\"\xC4\xA0x\"}]", level_vocab,
                (const char *const[]){" a", "a\xE2\x96\x81", "\xC4\xA0x", NULL}); /* an added token is text, not bytes */
  expect_pieces("\"decoder\":{\"type\":\"ByteFallback\"}", "\"<0xe9>\":0,\"<0xE9>\":1,\"<0xEG>\":2", (const char *const[]){"\xE9", "\xE9", "<0xEG>", NULL});
  expect_pieces("\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true}", "\".\":0,\"##a\":1,\"b\":2", (const char *const[]){".", "a", " b", NULL});
  expect_pieces("\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":false}", "\".\":0", (const char *const[]){" .", NULL});
}

#endif
