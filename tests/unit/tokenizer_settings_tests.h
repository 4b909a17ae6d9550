/* SPDX-License-Identifier: Apache-2.0
 * Part of test_tokenizer.c: what stands in tokenizer_config.json, special_tokens_map.json and added_tokens.json beside the vocabulary. */
#ifndef HW_TESTS_TOKENIZER_SETTINGS_TESTS_H
#define HW_TESTS_TOKENIZER_SETTINGS_TESTS_H

#define SETTINGS_ADDED "\"added_tokens\":[{\"id\":44,\"content\":\"<x>\",\"special\":true,\"normalized\":false}]"
#define PLAIN_LEVEL "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}"
#define PUT_BEFORE "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"A\"}]}"

/* The model of single characters (see simple) with these files beside it. Ids from 44 on are those of added tokens. */
static const struct {
  const char *parts, *settings, *map, *added, *text, *wanted;
} settings_cases[] = {
    /* tokens that tokenizer.json lacks, and flags that win over its own */
    {SETTINGS_ADDED, "{\"added_tokens_decoder\":{\"45\":{\"content\":\"<y>\"}}}", NULL, NULL, "<x><y>", "44:0-3 45:3-6"},
    {SETTINGS_ADDED, "{\"added_tokens_decoder\":{\"44\":{\"content\":\"<x>\",\"lstrip\":true,\"special\":true}}}", NULL, NULL, "b <x> b", "1:0-1 44:1-5 27:5-6 1:6-7"},
    {SETTINGS_ADDED, "{\"added_tokens_decoder\":{\"46\":{\"content\":\"<x>\",\"rstrip\":true,\"special\":true}}}", NULL, NULL, "<x> b", "44:0-4 1:4-5"},
    {SETTINGS_ADDED, "{\"added_tokens_decoder\":{\"9\":{\"content\":\"aa\"}}}", NULL, NULL, "aaa", "42:0-2 0:2-3"},
    /* added_tokens.json: its ids as they stand; not beside added_tokens_decoder */
    {SETTINGS_ADDED, NULL, NULL, "{\"<y>\":48,\"<x>\":44}", "<x><y>", "44:0-3 48:3-6"},
    {SETTINGS_ADDED, "{}", NULL, "{\"<y>\":45}", "<y>", "45:0-3"},
    {SETTINGS_ADDED, "{\"added_tokens_decoder\":{}}", NULL, "{\"by\":45}", "by", "1:0-1 24:1-2"},
    /* one that is normalized, as it is not special, and one that is */
    {"\"normalizer\":{\"type\":\"Lowercase\"}", "{}", NULL, "{\"aB\":45}", "AB", "45:0-2"},
    {"\"normalizer\":{\"type\":\"Lowercase\"}", "{\"pad_token\":\"aB\"}", NULL, "{\"aB\":45}", "ABaB", "0:0-1 1:1-2 45:2-4"},
    /* special tokens that the vocabulary has, and new ones in their order */
    {SETTINGS_ADDED, "{\"eos_token\":\"aa\"}", NULL, NULL, "aaa", "42:0-2 0:2-3"},
    {SETTINGS_ADDED, "{\"pad_token\":\"<p>\",\"bos_token\":\"<b>\",\"additional_special_tokens\":[\"<m>\"]}", NULL, NULL, "<b><p><m>", "45:0-3 46:3-6 47:6-9"},
    {SETTINGS_ADDED, "{\"extra_special_tokens\":{\"image_token\":\"<i>\"}}", NULL, NULL, "<i>", "45:0-3"},
    /* special_tokens_map.json wins, but not beside added_tokens_decoder; lists are joined */
    {SETTINGS_ADDED, "{\"pad_token\":\"<p>\"}", "{\"pad_token\":\"<q>\"}", NULL, "<q>", "45:0-3"},
    {SETTINGS_ADDED, "{\"pad_token\":\"aa\"}", "{\"pad_token\":null}", NULL, "aaaa", "43:0-4"},
    {SETTINGS_ADDED, "{\"pad_token\":\"<p>\",\"added_tokens_decoder\":{}}", "{\"pad_token\":\"aa\"}", NULL, "<p>aaaa", "45:0-3 43:3-7"},
    {SETTINGS_ADDED, "{\"additional_special_tokens\":[\"<m>\"]}", "{\"additional_special_tokens\":[\"<n>\",{\"content\":\"<o>\",\"rstrip\":true}]}", NULL, "<m><n><o> b",
     "45:0-3 46:3-6 47:6-10 1:10-11"},
    /* add_prefix_space: of a ByteLevel, and of LLaMA's classes */
    {PLAIN_LEVEL, "{\"add_prefix_space\":true}", NULL, NULL, "b", "41:0-1 1:0-1"},
    {PLAIN_LEVEL, "{\"add_prefix_space\":null}", NULL, NULL, "b", "1:0-1"},
    {"\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"use_regex\":false}", "{\"add_prefix_space\":false}", NULL, NULL, "b", "1:0-1"},
    {PUT_BEFORE, "{\"add_prefix_space\":false}", NULL, NULL, "b", "26:0-1 1:0-1"},
    {PUT_BEFORE, "{\"add_prefix_space\":false,\"tokenizer_class\":\"LlamaTokenizer\",\"add_bos_token\":false}", NULL, NULL, "b", "1:0-1"},
    {PUT_BEFORE, "{\"add_prefix_space\":true,\"tokenizer_class\":\"LlamaTokenizer\",\"add_bos_token\":false}", NULL, NULL, "b", "26:0-1 1:0-1"},
    {"\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"A\",\"prepend_scheme\":\"first\",\"split\":false}",
     "{\"add_prefix_space\":false,\"tokenizer_class\":\"LlamaTokenizerFast\",\"add_bos_token\":false}", NULL, NULL, "b", "1:0-1"},
};

static void test_settings(void **state) {
  (void)state;
  char prints[(sizeof settings_cases / sizeof *settings_cases)][33];
  for (size_t i = 0; i < (sizeof settings_cases / sizeof *settings_cases); i++) {
    char *json = simple(settings_cases[i].parts);
    empty_folder();
    put("tokenizer.json", json);
    if (settings_cases[i].settings) put("tokenizer_config.json", settings_cases[i].settings);
    if (settings_cases[i].map) put("special_tokens_map.json", settings_cases[i].map);
    if (settings_cases[i].added) put("added_tokens.json", settings_cases[i].added);
    print_message("%zu: %s %s %s\n", i, settings_cases[i].settings ? settings_cases[i].settings : "-", settings_cases[i].map ? settings_cases[i].map : "-",
                  settings_cases[i].added ? settings_cases[i].added : "-");
    hw_tokenizer *tokenizer = open_it(NULL);
    expect(tokenizer, settings_cases[i].text, settings_cases[i].wanted);
    memcpy(prints[i], hw_tokenizer_fingerprint(tokenizer), sizeof prints[i]);
    hw_tokenizer_close(tokenizer);
    free(json);
  }
  assert_string_not_equal(prints[16], prints[17]); /* a prefix space of tokenizer_config.json is another tokenizer */
  assert_string_not_equal(prints[0], prints[1]);
}

#define FIRST_X "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<x>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\"," \
                "\"type_id\":0}}],\"pair\":[],\"special_tokens\":{\"<x>\":{\"id\":\"<x>\",\"ids\":[44],\"tokens\":[\"<x>\"]}}}," SETTINGS_ADDED

/* Classes that make a post-processor of their own: their default without add_bos_token, and what add_bos_token says. */
static const struct { const char *parts, *settings, *wanted; } bos_cases[] = {
    {FIRST_X, "{\"bos_token\":\"<x>\"}", "44:0-0 1:0-1"},
    {FIRST_X, "{\"bos_token\":\"<x>\",\"add_bos_token\":false,\"tokenizer_class\":\"PreTrainedTokenizerFast\"}", "44:0-0 1:0-1"},
    {FIRST_X, "{\"bos_token\":\"<x>\",\"tokenizer_class\":\"GPTNeoXTokenizer\"}", "1:0-1"},
    {FIRST_X, "{\"tokenizer_class\":\"GPTNeoXTokenizerFast\"}", "1:0-1"},
    {FIRST_X, "{\"bos_token\":\"aa\",\"tokenizer_class\":\"GPTNeoXTokenizer\"}", "1:0-1"},
    {FIRST_X, "{\"bos_token\":\"aa\",\"tokenizer_class\":\"LlamaTokenizerFast\"}", "42:0-0 1:0-1"},
    {FIRST_X, "{\"bos_token\":\"<x>\",\"tokenizer_class\":\"CohereTokenizerFast\"}", "44:0-0 1:0-1"},
    {FIRST_X, "{\"bos_token\":\"<x>\",\"tokenizer_class\":\"CohereTokenizer\",\"add_bos_token\":false}", "1:0-1"},
    {SETTINGS_ADDED, "{\"bos_token\":\"<x>\",\"tokenizer_class\":\"GPTNeoXTokenizer\"}", "1:0-1"},
    {SETTINGS_ADDED, "{\"bos_token\":\"<x>\",\"tokenizer_class\":\"GPTNeoXTokenizer\",\"add_bos_token\":true}", "44:0-0 1:0-1"},
    {SETTINGS_ADDED, "{\"bos_token\":\"<x>\",\"tokenizer_class\":\"CohereTokenizerFast\"}", "44:0-0 1:0-1"},
    {"\"added_tokens\":[{\"id\":44,\"content\":\"<BOS_TOKEN>\",\"special\":true}]", "{\"tokenizer_class\":\"CohereTokenizerFast\"}", "44:0-0 1:0-1"},
};

static void test_bos_of_classes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bos_cases / sizeof *bos_cases; i++) {
    char *json = simple(bos_cases[i].parts);
    empty_folder();
    put("tokenizer.json", json);
    put("tokenizer_config.json", bos_cases[i].settings);
    print_message("%zu: %s\n", i, bos_cases[i].settings);
    hw_tokenizer *tokenizer = open_it(NULL);
    bool starts = strncmp(bos_cases[i].wanted, "4", 1) == 0;
    expect_bos(tokenizer, "b", HW_BOS_AUTO, bos_cases[i].wanted, starts, false);
    hw_tokenizer_close(tokenizer);
    free(json);
  }
}

static void test_settings_of_files(void **state) {
  (void)state;
  empty_folder();
  put_byte_level(0, "", merged, merges);
  put("added_tokens.json", "{\"<|sep|>\":300}");
  hw_tokenizer *tokenizer = open_it("gpt2");
  expect(tokenizer, "the<|sep|> the", "257:0-3 300:3-10 258:10-14");
  hw_tokenizer_close(tokenizer);
}

/* The map's BOS counts more than that of tokenizer_config.json, unless this has added_tokens_decoder. */
static void test_settings_of_bos(void **state) {
  (void)state;
  char *json = simple(SETTINGS_ADDED);
  empty_folder();
  put("tokenizer.json", json);
  put("tokenizer_config.json", "{\"bos_token\":\"a\"}");
  put("special_tokens_map.json", "{\"bos_token\":{\"content\":\"<x>\"}}");
  hw_tokenizer *tokenizer = open_it(NULL);
  assert_int_equal(hw_tokenizer_bos_id(tokenizer, HW_BOS_YES), 44);
  hw_tokenizer_close(tokenizer);
  put("tokenizer_config.json", "{\"bos_token\":\"a\",\"added_tokens_decoder\":{}}");
  tokenizer = open_it(NULL);
  assert_int_equal(hw_tokenizer_bos_id(tokenizer, HW_BOS_YES), 0);
  hw_tokenizer_close(tokenizer);
  free(json);
}

#endif
