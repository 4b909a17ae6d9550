/* SPDX-License-Identifier: Apache-2.0
 * Part of test_tokenizer.c: files that are refused, each by name. */
#ifndef HW_TESTS_BAD_TOKENIZER_TESTS_H
#define HW_TESTS_BAD_TOKENIZER_TESTS_H

/* ---- bad files ---- */

static void refuse(const char *name, const char *text, size_t length, hw_error_kind kind, const char *part) {
  hw_error err = {0};
  hw_tokenizer *tokenizer = (hw_tokenizer *)(uintptr_t)1;
  if (name) put_bytes(name, text, length);
  assert_false(hw_tokenizer_open(folder, "gpt2", &tokenizer, &err));
  assert_null(tokenizer);
  if (!strstr(err.message, part) || err.kind != kind) fail_msg("kind %d: %s\nwant kind %d: %s", (int)err.kind, err.message, (int)kind, part);
}

#define MODEL(vocab, merge_list) "{\"model\":{\"type\":\"BPE\",\"vocab\":" vocab ",\"merges\":" merge_list "}}"
#define WITH(parts) "{" parts ",\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}"

static void test_bad_json(void **state) {
  (void)state;
  static const struct {
    const char *json;
    hw_error_kind kind;
    const char *part;
  } bad[] = {
      {"", HW_ERROR_INPUT, "empty"},
      {"[]", HW_ERROR_INPUT, "want an object"},
      {"{\"model\":{}", HW_ERROR_INPUT, "not valid JSON at line 1"},
      {"{}", HW_ERROR_INPUT, "model is absent"},
      {"{\"model\":{\"type\":\"Bigram\"}}", HW_ERROR_UNSUPPORTED, "Bigram"},
      {"{\"version\":\"2.0\"}", HW_ERROR_UNSUPPORTED, "2.0"},
      {MODEL("[]", "[]"), HW_ERROR_INPUT, "model.vocab"},
      {MODEL("{}", "[]"), HW_ERROR_INPUT, "empty"},
      {MODEL("{\"a\":-1}", "[]"), HW_ERROR_INPUT, "-1"},
      {MODEL("{\"a\":1e3}", "[]"), HW_ERROR_INPUT, "a real number"},
      {MODEL("{\"a\":99999999}", "[]"), HW_ERROR_INPUT, "99999999"},
      {MODEL("{\"a\":1,\"b\":1}", "[]"), HW_ERROR_INPUT, "the same id 1"},
      {MODEL("{\"a\":1,\"a\":2}", "[]"), HW_ERROR_INPUT, "duplicate"},
      {MODEL("{\"a\":0}", "{}"), HW_ERROR_INPUT, "model.merges is an object"},
      {MODEL("{\"a\":0}", "[\"a x\"]"), HW_ERROR_INPUT, "\"x\" is not in the vocabulary"},
      {MODEL("{\"a\":0}", "[\"a a\"]"), HW_ERROR_INPUT, "\"aa\" is not in the vocabulary"},
      {MODEL("{\"a\":0}", "[\"aa\"]"), HW_ERROR_INPUT, "want two tokens"},
      {MODEL("{\"a\":0}", "[[\"a\"]]"), HW_ERROR_INPUT, "want \"left right\""},
      {MODEL("{\"a\":0}", "[[\"a\",\"\"]]"), HW_ERROR_INPUT, "empty token"},
      {MODEL("{\"a\":0}", "[7]"), HW_ERROR_INPUT, "an integer"},
      {"{\"model\":{\"type\":\"BPE\",\"dropout\":0.1,\"vocab\":{\"a\":0},\"merges\":[]}}", HW_ERROR_UNSUPPORTED, "dropout"},
      {"{\"model\":{\"type\":\"BPE\",\"end_of_word_suffix\":\"</w>\",\"vocab\":{\"a\":0},\"merges\":[]}}", HW_ERROR_UNSUPPORTED, "</w>"},
      {"{\"model\":{\"type\":\"BPE\",\"unk_token\":\"u\",\"vocab\":{\"a\":0},\"merges\":[]}}", HW_ERROR_INPUT, "unk_token"},
      {"{\"model\":{\"type\":\"BPE\",\"fuse_unk\":\"yes\",\"vocab\":{\"a\":0},\"merges\":[]}}", HW_ERROR_INPUT, "model.fuse_unk"},
      {WITH("\"normalizer\":{\"type\":\"NFX\"}"), HW_ERROR_UNSUPPORTED, "normalizer has type NFX"},
      {WITH("\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Precompiled\"}]}"), HW_ERROR_INPUT, "normalizers[1].precompiled_charsmap is absent"},
      {WITH("\"normalizer\":{\"type\":\"Sequence\"}"), HW_ERROR_INPUT, "normalizer.normalizers is absent"},
      {WITH("\"normalizer\":7"), HW_ERROR_INPUT, "normalizer is an integer"},
      {WITH("\"normalizer\":{\"type\":\"Prepend\"}"), HW_ERROR_INPUT, "normalizer.prepend is absent"},
      {WITH("\"pre_tokenizer\":{\"type\":\"Words\"}"), HW_ERROR_UNSUPPORTED, "Words"},
      {WITH(SPLIT("{\"Regex\":\"(\"}", "Removed", "false")), HW_ERROR_UNSUPPORTED, "regular expression"},
      {WITH(SPLIT("{\"Regex\":\"[a&&]\"}", "Removed", "false")), HW_ERROR_UNSUPPORTED, "an empty class"},
      {WITH(SPLIT("{\"Regex\":\"[^[^[^[^[^[^[^[^[^[^a]]]]]]]]]]\"}", "Removed", "false")), HW_ERROR_UNSUPPORTED, "classes nested too deeply"},
      {WITH(SPLIT("{\"Regex\":\"[a\"}", "Removed", "false")), HW_ERROR_UNSUPPORTED, "a class without its end"},
      {WITH(SPLIT("{\"Regex\":\"\\\\\"}", "Removed", "false")), HW_ERROR_UNSUPPORTED, "an escape at its end"},
      {WITH(SPLIT("{\"Regex\":\"a\"}", "Vanish", "false")), HW_ERROR_UNSUPPORTED, "Vanish"},
      {WITH(SPLIT("7", "Removed", "false")), HW_ERROR_INPUT, "pre_tokenizer.pattern is an integer"},
      {WITH("\"pre_tokenizer\":{\"type\":\"ByteLevel\"}"), HW_ERROR_INPUT, "add_prefix_space is absent"},
      {WITH("\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"ab\"}"), HW_ERROR_INPUT, "want one character"},
      {WITH("\"post_processor\":{\"type\":\"BertProcessing\"}"), HW_ERROR_INPUT, "post_processor.cls is absent"},
      {WITH("\"post_processor\":{\"type\":\"Sequence\",\"processors\":[{\"type\":\"ByteLevel\"},{\"type\":\"ByteLevel\"}]}"), HW_ERROR_UNSUPPORTED,
       "trims offsets a second time"},
      {WITH("\"post_processor\":" TEMPLATE), HW_ERROR_INPUT, "id 1, which no token has"},
      {WITH("\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[]}"), HW_ERROR_INPUT, "no Sequence"},
      {WITH("\"decoder\":{\"type\":\"CTC\"}"), HW_ERROR_UNSUPPORTED, "CTC"},
      {WITH("\"added_tokens\":[{\"id\":0,\"content\":\"b\"}]"), HW_ERROR_INPUT, "has id 0, which \"a\" of the vocabulary has"},
      {WITH("\"added_tokens\":[{\"id\":1,\"content\":\"a\"}]"), HW_ERROR_INPUT, "has id 1, want 0"},
      {WITH("\"added_tokens\":[{\"id\":99999999,\"content\":\"b\"}]"), HW_ERROR_INPUT, "99999999"},
      {WITH("\"added_tokens\":[{\"id\":1,\"content\":\"b\"},{\"id\":1,\"content\":\"c\"}]"), HW_ERROR_INPUT, "\"b\" and \"c\" have the same id"},
      {WITH("\"added_tokens\":[{\"content\":\"b\"}]"), HW_ERROR_INPUT, "added_tokens[0].id is absent"},
      {WITH("\"added_tokens\":[3]"), HW_ERROR_INPUT, "added_tokens[0]"},
      {WITH("\"added_tokens\":3"), HW_ERROR_INPUT, "added_tokens is an integer"},
  };
  empty_folder();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) refuse("tokenizer.json", bad[i].json, strlen(bad[i].json), bad[i].kind, bad[i].part);
}

/* Wherever the file ends too early, and whichever byte is wrong, it is an error or a tokenizer, never a crash. */
static void test_cut_and_changed_json(void **state) {
  (void)state;
  size_t length = strlen(llama_json);
  empty_folder();
  for (size_t cut = 0; cut < length; cut++) refuse("tokenizer.json", llama_json, cut, HW_ERROR_INPUT, cut ? "not valid JSON" : "empty");
  char *changed = strdup(llama_json);
  for (size_t i = 0; i < length; i++) {
    static const char bytes[] = "x0]}\"\xFF";
    changed[i] = bytes[i % (sizeof bytes - 1)];
    put_bytes("tokenizer.json", changed, length);
    changed[i] = llama_json[i];
    hw_tokenizer *tokenizer;
    hw_error err = {0};
    if (!hw_tokenizer_open(folder, "llama", &tokenizer, &err)) {
      assert_true(err.kind == HW_ERROR_INPUT || err.kind == HW_ERROR_UNSUPPORTED);
      assert_non_null(strstr(err.message, "tokenizer.json"));
      continue;
    }
    hw_arena arena;
    hw_arena_init(&arena);
    hw_encoding encoding;
    assert_true(hw_tokenizer_encode(tokenizer, "<s>ab \xC3\xA9 zz</s>", 15, HW_BOS_AUTO, &arena, &encoding, NULL));
    hw_arena_fini(&arena);
    hw_tokenizer_close(tokenizer);
  }
  free(changed);
}

static void test_bad_files(void **state) {
  (void)state;
  empty_folder();
  refuse(NULL, NULL, 0, HW_ERROR_INPUT, "want tokenizer.json, vocab.json and merges.txt, or tokenizer.model");
  put_byte_level(0, "", merged, "#version\nt h extra\n");
  refuse(NULL, NULL, 0, HW_ERROR_INPUT, "merges.txt: line 2 is \"t h extra\"");
  put("merges.txt", "t h\nt z\n");
  refuse(NULL, NULL, 0, HW_ERROR_INPUT, "\"tz\" is not in the vocabulary");
  static const char *const empty[] = {"", "\n\n", "#version: 0.2\n"};
  for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
    refuse("merges.txt", empty[i], strlen(empty[i]), HW_ERROR_INPUT, "merges.txt: holds no merges, want those that make the vocabulary's tokens of several characters, such as \"th\"");
  put("merges.txt", "t h\n");
  refuse("tokenizer_config.json", "{\"add_bos_token\":\"x\"}", 21, HW_ERROR_INPUT, "add_bos_token is a string, want true or false");
  refuse("tokenizer_config.json", "{\"bos_token\":7}", 15, HW_ERROR_INPUT, "bos_token is an integer");
  refuse("tokenizer_config.json", "{", 1, HW_ERROR_INPUT, "tokenizer_config.json: not valid JSON");
  put("tokenizer_config.json", "{\"model_max_length\": 1000000000000000019884624838656}"); /* as LLaMA 2's: taken */
  hw_tokenizer *tokenizer;
  hw_error err = {0};
  assert_true(hw_tokenizer_open(folder, "gpt2", &tokenizer, &err));
  hw_tokenizer_close(tokenizer);
  put("tokenizer_config.json", "{}");
  static const char *const characters[] = {"<|endoftext|>", NULL}; /* a vocabulary that needs no merges */
  put_byte_level(0, "", characters, "#version: 0.2\n");
  assert_true(hw_tokenizer_open(folder, "gpt2", &tokenizer, &err));
  hw_tokenizer_close(tokenizer);
  refuse("vocab.json", "{\"a\":0,", 7, HW_ERROR_INPUT, "vocab.json: not valid JSON");
  assert_false(hw_tokenizer_open("/nonexistent/folder", "gpt2", &tokenizer, &err));
  assert_int_equal(err.kind, HW_ERROR_INPUT);
  hw_tokenizer_close(NULL);
}

#endif
