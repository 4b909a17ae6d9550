/* SPDX-License-Identifier: Apache-2.0
 * Part of test_tokenizer.c: the models that are no BPE, and what stands before them. What is wanted is from Hugging Face's library. */
#ifndef HW_TESTS_TOKENIZER_MODELS_TESTS_H
#define HW_TESTS_TOKENIZER_MODELS_TESTS_H

static void test_models(void **state) {
  (void)state;
  static const struct {
    const char *json, *text, *wanted;
  } cases[] = {
      /* WordPiece */
      {"{\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,"
       "\"lowercase\":true},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"decoder\":{\"type\":\"WordPiece\","
       "\"prefix\":\"##\",\"cleanup\":true},\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\","
       "\"max_input_chars_per_word\":9,\"vocab\":{\"[UNK]\":0,\"un\":1,\"##aff\":2,\"##able\":3,\"a\":4,\"##a\":5,"
       "\",\":6,\"中\":7,\"e\":8}}}",
       "Unaffable,  aaé中 UNB unaffableunaffable", "1:0-2 2:2-5 3:5-9 6:9-10 0:12-15 7:15-16 0:17-20 0:21-39"},
      /* Unigram */
      {"{\"normalizer\":{\"type\":\"Nmt\"},\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"always\","
       "\"split\":true},\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"byte_fallback\":true,\"vocab\":[[\"<unk>\","
       "0],[\"▁\",-2],[\"▁th\",-1.5],[\"e\",-2],[\"t\",-2],[\"h\",-2],[\"the\",-3.25],[\"<0xC3>\",-9],[\"<0xA9>\","
       "-9],[\"at\",-2.5],[\"c\",-2.5]]}}",
       "the cat é xyz\tthe", "2:0-2 3:2-3 1:3-4 10:4-5 9:5-7 1:7-8 7:8-9 8:8-9 1:9-10 0:10-13 2:13-16 3:16-17"},
      /* WordLevel */
      {"{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFD\"},{\"type\":\"StripAccents\"}]},"
       "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"UnicodeScripts\"},{\"type\":\"Whitespace\"}]},"
       "\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"<s>\",1],\"sep\":[\"<s>\",1]},\"model\":{\"type\":\"WordLevel\","
       "\"unk_token\":\"<unk>\",\"vocab\":{\"<unk>\":0,\"<s>\":1,\"abc\":2,\"где\":3,\"e\":4,\"!!\":5}}}",
       "abcгде é!! x", "2:0-3 3:3-6 4:7-8 5:8-10 0:11-12"},
      /* nested classes */
      {"{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\" ?[^(\\\\s|[.,!?…。，、।۔،])]+\"},\"behavior\":\"Isolated\","
       "\"invert\":false},\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"<unk>\",\"vocab\":{\"<unk>\":0,\"ab\":1,"
       "\" cd\":2,\",\":3,\"(\":4}}}",
       "ab cd, (ef|।", "1:0-2 2:2-5 0:5-8 0:8-10 0:10-12"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) expect_json(cases[i].json, cases[i].text, cases[i].wanted);
}

/* sentencepiece: a b ab, a space in front; what is not there as its bytes. */
static void test_sentencepiece(void **state) {
  (void)state;
  static const char pieces[] = "\x0A\x09\x0A\x05<unk>\x18\x02" "\x0A\x0A\x0A\x06<0xC3>\x18\x06" "\x0A\x0A\x0A\x06<0xA9>\x18\x06"
                               "\x0A\x0A\x0A\x03\xE2\x96\x81\x15\x00\x00\x80\xBF" "\x0A\x08\x0A\x01" "a\x15\x00\x00\x00\xC0"
                               "\x0A\x08\x0A\x01" "b\x15\x00\x00\x40\xC0" "\x0A\x09\x0A\x02" "ab\x15\x00\x00\x00\xBF"
                               "\x12\x05\x18\x02\x98\x02\x01" "\x1A\x02\x20\x00";
  empty_folder();
  put_bytes("tokenizer.model", pieces, sizeof pieces - 1);
  hw_tokenizer *tokenizer = open_it("custom");
  expect(tokenizer, "ab b\xC3\xA9", "3:0-1 6:0-2 3:2-3 5:3-4 1:4-5 2:4-5");
  expect_continuation(tokenizer, "ab", "6:0-2");
  expect_piece(tokenizer, 2, "\xA9", 1);
  assert_true(hw_tokenizer_is_special(tokenizer, 0));
  hw_tokenizer_close(tokenizer);
  refuse("tokenizer.model", pieces, 30, HW_ERROR_INPUT, "protocol buffer");
  empty_folder();
}

#endif
