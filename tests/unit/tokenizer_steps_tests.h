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
