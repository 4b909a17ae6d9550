/* SPDX-License-Identifier: Apache-2.0
 * The tokenizer on small folders written here. That it agrees with Hugging Face's on real ones is for tests/tokenizer. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "headwater/buffer.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "headwater/tokenizer.h"

/* ---- folders ---- */

static char folder[64];
static const char *const names[] = {"tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model"};

static void empty_folder(void) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char *path = hw_path_join(folder, names[i]);
    (void)unlink(path);
    free(path);
  }
}

static int setup(void **state) {
  (void)state;
  strcpy(folder, "/tmp/hw_tokenizer_XXXXXX");
  return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
  (void)state;
  empty_folder();
  return rmdir(folder);
}

static void put_bytes(const char *name, const char *bytes, size_t length) {
  char *path = hw_path_join(folder, name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, length, file), length);
  assert_int_equal(fclose(file), 0);
  free(path);
}

static void put(const char *name, const char *text) { put_bytes(name, text, strlen(text)); }

static hw_tokenizer *open_it(const char *model_type) {
  hw_error err = {0};
  hw_tokenizer *tokenizer = NULL;
  if (!hw_tokenizer_open(folder, model_type, &tokenizer, &err)) fail_msg("%s", err.message);
  return tokenizer;
}

/* ---- expectations: "id:start-end id:start-end ..." ---- */

static void describe(const hw_encoding *encoding, char *out, size_t size) {
  size_t at = 0;
  out[0] = '\0';
  for (size_t i = 0; i < encoding->n && at < size; i++)
    at += (size_t)snprintf(out + at, size - at, "%s%d:%u-%u", i ? " " : "", (int)encoding->ids[i], encoding->starts[i], encoding->ends[i]);
}

static void expect_bos(const hw_tokenizer *tokenizer, const char *text, hw_bos bos, const char *wanted, bool has_bos, bool double_bos) {
  hw_arena arena;
  hw_arena_init(&arena);
  hw_encoding encoding;
  hw_error err = {0};
  char got[1024];
  if (!hw_tokenizer_encode(tokenizer, text, strlen(text), bos, &arena, &encoding, &err)) fail_msg("%s", err.message);
  describe(&encoding, got, sizeof got);
  assert_string_equal(got, wanted);
  assert_int_equal(encoding.has_bos, has_bos);
  assert_int_equal(encoding.double_bos, double_bos);
  hw_arena_fini(&arena);
}

static void expect(const hw_tokenizer *tokenizer, const char *text, const char *wanted) {
  hw_arena arena;
  hw_arena_init(&arena);
  hw_encoding encoding;
  hw_error err = {0};
  char got[1024];
  if (!hw_tokenizer_encode(tokenizer, text, strlen(text), HW_BOS_NO, &arena, &encoding, &err)) fail_msg("%s", err.message);
  describe(&encoding, got, sizeof got);
  assert_string_equal(got, wanted);
  hw_arena_fini(&arena);
}

static void expect_continuation(const hw_tokenizer *tokenizer, const char *text, const char *wanted) {
  hw_arena arena;
  hw_arena_init(&arena);
  hw_encoding encoding;
  char got[1024];
  assert_true(hw_tokenizer_encode_continuation(tokenizer, text, strlen(text), &arena, &encoding, NULL));
  describe(&encoding, got, sizeof got);
  assert_string_equal(got, wanted);
  hw_arena_fini(&arena);
}

static void expect_piece(const hw_tokenizer *tokenizer, int32_t id, const char *wanted, size_t length) {
  const char *bytes;
  size_t found;
  assert_true(hw_tokenizer_piece(tokenizer, id, &bytes, &found));
  assert_int_equal(found, length);
  assert_memory_equal(bytes, wanted, length);
}

/* One text through a tokenizer.json made of parts. */
static void expect_json(const char *json, const char *text, const char *wanted) {
  empty_folder();
  put("tokenizer.json", json);
  hw_tokenizer *tokenizer = open_it("custom");
  expect(tokenizer, text, wanted);
  hw_tokenizer_close(tokenizer);
}

/* ---- byte-level files ---- */

/* GPT-2's alphabet, written here a second time: printable Latin-1 as it is, the rest from U+0100 on. */
static void append_byte_char(hw_buffer *out, unsigned byte) {
  unsigned code = byte, shift = 0;
  bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
  for (unsigned b = 0; b < byte; b++) shift += !((b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b != 0xAD));
  if (!printable) code = 0x100 + shift;
  char utf8[2] = {(char)(0xC0U | code >> 6), (char)(0x80U | (code & 0x3FU))};
  if (code < 0x80)
    hw_buffer_append_byte(out, (unsigned char)code);
  else
    hw_buffer_append(out, utf8, 2);
}

/* ids first..first+255 for the bytes, then `more`: name, id, name, id... */
static void put_byte_level(unsigned first, const char *before, const char *const *merged, const char *merges) {
  hw_buffer vocab, name;
  hw_buffer_init(&vocab);
  hw_buffer_init(&name);
  hw_buffer_printf(&vocab, "{%s", before);
  for (unsigned byte = 0; byte < 256; byte++) {
    hw_buffer_reset(&name);
    append_byte_char(&name, byte);
    hw_buffer_append_string(&vocab, byte || *before ? "," : "");
    hw_json_quote(&vocab, name.data, name.length);
    hw_buffer_printf(&vocab, ":%u", first + byte);
  }
  for (unsigned i = 0; merged[i]; i++) hw_buffer_printf(&vocab, ",\"%s\":%u", merged[i], first + 256 + i);
  hw_buffer_append_string(&vocab, "}");
  assert_true(hw_buffer_check(&vocab, NULL));
  put_bytes("vocab.json", vocab.data, vocab.length);
  put("merges.txt", merges);
  hw_buffer_fini(&vocab);
  hw_buffer_fini(&name);
}

static const char *const merged[] = {"th", "the", "\xC4\xA0the", "##", "\xC4\xA0\xC4\xA0", "\xC4\xA0\xC3\xA1", "\xC4\xA0\xC3\x82", "<|endoftext|>", NULL};
static const char merges[] = "#version: 0.2\n# #\nt h\nth e\n\xC4\xA0 the\n\xC4\xA0 \xC4\xA0\n\xC4\xA0 \xC3\xA1\n\xC4\xA0 \xC3\x82\n";

static void test_gpt2_files(void **state) {
  (void)state;
  empty_folder();
  put_byte_level(0, "", merged, merges);
  hw_tokenizer *gpt2 = open_it("gpt2");
  assert_int_equal(hw_tokenizer_size(gpt2), 264);
  assert_string_equal(hw_tokenizer_kind(gpt2), "byte-level BPE");
  assert_int_equal(hw_tokenizer_bos_id(gpt2, HW_BOS_AUTO), -1);
  assert_int_equal(hw_tokenizer_bos_id(gpt2, HW_BOS_YES), 263);
  assert_int_equal(hw_tokenizer_bos_id(gpt2, HW_BOS_NO), -1);
  expect(gpt2, "", "");
  expect(gpt2, "the the##", "257:0-3 258:3-7 259:7-9"); /* a genuine merge begins with '#' */
  expect(gpt2, "\xC3\xA9x", "195:0-1 169:0-1 120:1-2"); /* parts of a character have the whole of it */
  expect(gpt2, "a  b", "97:0-1 32:1-2 32:2-3 98:3-4");
  expect(gpt2, "a  ", "97:0-1 260:1-3");
  expect(gpt2, " \xE1\xA0\x8E", "261:0-2 160:1-2 142:1-2");                     /* U+180E is no space */
  expect(gpt2, "a \xC2\x85" "b", "97:0-1 32:1-2 194:2-3 133:2-3 98:3-4");        /* U+0085 is one */
  expect(gpt2, "it's", "105:0-1 116:1-2 39:2-3 115:3-4");
  expect_bos(gpt2, "the", HW_BOS_AUTO, "257:0-3", false, false);
  expect_bos(gpt2, "the", HW_BOS_YES, "263:0-0 257:0-3", true, false);
  expect_bos(gpt2, "<|endoftext|>the", HW_BOS_AUTO, "263:0-13 257:13-16", true, false);
  expect_bos(gpt2, "<|endoftext|>the", HW_BOS_YES, "263:0-13 257:13-16", true, false); /* never a second one */
  expect_bos(gpt2, "", HW_BOS_YES, "263:0-0", true, false);
  expect_continuation(gpt2, " the", "258:0-4");
  expect_piece(gpt2, 258, " the", 4);
  expect_piece(gpt2, 195, "\xC3", 1);
  expect_piece(gpt2, 263, "<|endoftext|>", 13);
  assert_true(hw_tokenizer_is_special(gpt2, 263));
  assert_false(hw_tokenizer_is_special(gpt2, 258));
  assert_false(hw_tokenizer_is_special(gpt2, -1));
  const char *bytes;
  size_t length;
  assert_false(hw_tokenizer_piece(gpt2, 264, &bytes, &length));
  assert_false(hw_tokenizer_piece(gpt2, -1, &bytes, &length));
  hw_arena arena;
  hw_arena_init(&arena);
  hw_encoding encoding;
  hw_error err = {0};
  assert_false(hw_tokenizer_encode(gpt2, "ab\xC3", 3, HW_BOS_AUTO, &arena, &encoding, &err));
  assert_int_equal(err.kind, HW_ERROR_PROMPT);
  assert_true(hw_tokenizer_encode(gpt2, "a\0b", 3, HW_BOS_AUTO, &arena, &encoding, &err)); /* NUL is a character */
  assert_int_equal(encoding.n, 3);
  hw_arena_fini(&arena);
  char fingerprint[40];
  strcpy(fingerprint, hw_tokenizer_fingerprint(gpt2));
  assert_int_equal(strlen(fingerprint), 32);
  hw_tokenizer_close(gpt2);

  gpt2 = open_it("gpt2");
  assert_string_equal(hw_tokenizer_fingerprint(gpt2), fingerprint);
  hw_tokenizer_close(gpt2);
  put("tokenizer_config.json", "{\"add_bos_token\": true, \"bos_token\": {\"content\": \"<|endoftext|>\"}, \"add_prefix_space\": true}");
  gpt2 = open_it("gpt2");
  assert_string_not_equal(hw_tokenizer_fingerprint(gpt2), fingerprint);
  expect_bos(gpt2, "the", HW_BOS_AUTO, "263:0-0 258:0-3", true, false);
  expect_continuation(gpt2, "the", "257:0-3");
  hw_tokenizer_close(gpt2);
}

static void test_opt_files(void **state) {
  (void)state;
  empty_folder();
  put_byte_level(3, "\"<s>\":0,\"<pad>\":1,\"</s>\":2", merged, merges);
  hw_tokenizer *opt = open_it("opt");
  assert_int_equal(hw_tokenizer_bos_id(opt, HW_BOS_AUTO), 2);
  expect_bos(opt, "the", HW_BOS_AUTO, "2:0-0 260:0-3", true, false);
  expect_bos(opt, "the", HW_BOS_YES, "2:0-0 260:0-3", true, false);
  expect_bos(opt, "the", HW_BOS_NO, "260:0-3", false, false);
  expect_bos(opt, "</s>the", HW_BOS_AUTO, "2:0-0 2:0-4 260:4-7", true, true);
  expect(opt, "<pad>", "1:0-5");
  expect(opt, "<s>", "63:0-1 118:1-2 65:2-3"); /* not one of its tokenizer's special tokens */
  assert_true(hw_tokenizer_is_special(opt, 0));
  assert_true(hw_tokenizer_is_special(opt, 1));
  hw_tokenizer_close(opt);
  hw_error err = {0};
  assert_false(hw_tokenizer_open(folder, "llama", &opt, &err));
  assert_int_equal(err.kind, HW_ERROR_UNSUPPORTED);
  assert_null(opt);
}

/* ---- tokenizer.json ---- */

#define LLAMA_NORMALIZER                                                                                                   \
  "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"\xE2\x96\x81\"},"                           \
  "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\xE2\x96\x81\"}]}"
#define TEMPLATE                                                                                                           \
  "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\"," \
  "\"type_id\":0}},{\"SpecialToken\":{\"id\":\"</s>\",\"type_id\":0}}],\"pair\":[],\"special_tokens\":{\"<s>\":{\"id\":\"<s>\"," \
  "\"ids\":[1],\"tokens\":[\"<s>\"]},\"</s>\":{\"id\":\"</s>\",\"ids\":[2],\"tokens\":[\"</s>\"]}}}"
#define SPECIAL(id, name) "{\"id\":" #id ",\"content\":\"" name "\",\"normalized\":false,\"special\":true}"
#define LLAMA_VOCAB                                                                                                        \
  "{\"<unk>\":0,\"<s>\":1,\"</s>\":2,\"<0xC3>\":3,\"<0xA9>\":4,\"\xE2\x96\x81\":5,\"a\":6,\"b\":7,\"\xE2\x96\x81" "a\":8,\"ab\":9," \
  "\"\xE2\x96\x81" "ab\":10}"
#define LLAMA_MODEL                                                                                                        \
  "{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":\"<unk>\",\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null," \
  "\"fuse_unk\":true,\"byte_fallback\":true,\"vocab\":" LLAMA_VOCAB ",\"merges\":[[\"a\",\"b\"],[\"\xE2\x96\x81\",\"ab\"],"  \
  "[\"\xE2\x96\x81\",\"a\"]]}"
static const char llama_json[] =
    "{\"version\":\"1.0\",\"added_tokens\":[" SPECIAL(0, "<unk>") "," SPECIAL(1, "<s>") "," SPECIAL(2, "</s>") "],\"normalizer\":" LLAMA_NORMALIZER
    ",\"pre_tokenizer\":null,\"post_processor\":" TEMPLATE
    ",\"decoder\":{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Replace\",\"pattern\":{\"String\":\"\xE2\x96\x81\"},\"content\":\" \"},"
    "{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"},{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}]},\"model\":" LLAMA_MODEL "}";

static void test_llama_json(void **state) {
  (void)state;
  empty_folder();
  put("tokenizer.json", llama_json);
  hw_tokenizer *llama = open_it("llama");
  assert_string_equal(hw_tokenizer_kind(llama), "BPE with metaspace and byte fallback");
  expect_bos(llama, "ab a", HW_BOS_AUTO, "1:0-0 10:0-2 8:2-4", true, false); /* and no </s> behind it */
  expect_bos(llama, "<s>ab", HW_BOS_AUTO, "1:0-0 1:0-3 10:3-5", true, true);
  expect_bos(llama, "ab", HW_BOS_NO, "10:0-2", false, false);
  expect(llama, "\xC3\xA9zz", "5:0-1 3:0-1 4:0-1 0:1-3"); /* bytes, then fused unknowns */
  expect(llama, "", "");
  expect_continuation(llama, "ab", "9:0-2");
  expect_continuation(llama, " ab", "10:0-3");
  expect_continuation(llama, "</s>ab", "2:0-4 10:4-6");
  expect_piece(llama, 10, " ab", 3);
  expect_piece(llama, 3, "\xC3", 1);
  expect_piece(llama, 1, "<s>", 3);
  hw_tokenizer_close(llama);
  put("tokenizer_config.json", "{\"tokenizer_class\":\"LlamaTokenizer\",\"add_bos_token\":false,\"bos_token\":\"<s>\"}");
  llama = open_it("llama");
  expect_bos(llama, "ab", HW_BOS_AUTO, "10:0-2", false, false);
  expect_bos(llama, "ab", HW_BOS_YES, "1:0-0 10:0-2", true, false);
  hw_tokenizer_close(llama);
  /* Other classes leave the post-processor alone. */
  put("tokenizer_config.json", "{\"tokenizer_class\":\"PreTrainedTokenizerFast\",\"add_bos_token\":false,\"bos_token\":\"<s>\"}");
  llama = open_it("llama");
  expect_bos(llama, "ab", HW_BOS_AUTO, "1:0-0 10:0-2", true, false);
  hw_tokenizer_close(llama);
}

/* A model of single characters: a 0, b 1, ... z 25, A 26, space 27, U+2581 28, digits 29..., U+00E9 39, U+0301 40, unknown 41, "aa" 42,
 * "aaaa" 43. */
static char *simple(const char *parts) {
  hw_buffer out;
  hw_buffer_init(&out);
  hw_buffer_printf(&out, "{%s,\"model\":{\"type\":\"BPE\",\"unk_token\":\"?\",\"vocab\":{", parts);
  for (int i = 0; i < 26; i++) hw_buffer_printf(&out, "\"%c\":%d,", 'a' + i, i);
  hw_buffer_append_string(&out, "\"A\":26,\" \":27,\"\xE2\x96\x81\":28,");
  for (int i = 0; i < 10; i++) hw_buffer_printf(&out, "\"%d\":%d,", i, 29 + i);
  hw_buffer_append_string(&out, "\"\xC3\xA9\":39,\"\xCC\x81\":40,\"?\":41,\"aa\":42,\"aaaa\":43},\"merges\":[\"a a\",\"aa aa\"]}}");
  assert_true(hw_buffer_check(&out, NULL));
  return out.data;
}

static void expect_parts(const char *parts, const char *text, const char *wanted) {
  char *json = simple(parts);
  expect_json(json, text, wanted);
  free(json);
}

/* The same for a text that continues another one. */
static void expect_parts_behind(const char *parts, const char *text, const char *wanted) {
  char *json = simple(parts);
  empty_folder();
  put("tokenizer.json", json);
  hw_tokenizer *tokenizer = open_it(NULL);
  expect_continuation(tokenizer, text, wanted);
  hw_tokenizer_close(tokenizer);
  free(json);
}

static void test_normalizers(void **state) {
  (void)state;
  expect_parts("\"normalizer\":{\"type\":\"Strip\",\"strip_left\":false,\"strip_right\":true}", " z \xE3\x80\x80", "27:0-1 25:1-2");
  expect_parts_behind("\"normalizer\":{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}", " z ", "27:0-1 25:1-2");
  expect_parts("\"normalizer\":{\"type\":\"NFC\"}", "be\xCC\x81" "d", "1:0-1 39:1-2 3:3-4"); /* a composed character has its first's offset */
  expect_parts("\"normalizer\":{\"type\":\"NFD\"}", "b\xC3\xA9", "1:0-1 4:1-2 40:1-2");
  expect_parts("\"normalizer\":{\"type\":\"NFKC\"}", "\xEF\xAC\x81", "5:0-1 8:0-1"); /* the ligature fi */
  expect_parts("\"normalizer\":{\"type\":\"NFKD\"}", "\xC3\xA9\xEF\xAC\x81", "4:0-1 40:0-1 5:1-2 8:1-2");
  expect_parts("\"normalizer\":{\"type\":\"Lowercase\"}", "\xC3\x89Z", "39:0-1 25:1-2");
  expect_parts("\"normalizer\":{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":false}", " \xE3\x80\x80z ", "25:2-3 27:3-4");
  expect_parts("\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s+\"},\"content\":\"\xE2\x96\x81\"}", "z\n\nz", "25:0-1 28:2-3 25:3-4");
  expect_parts("\"normalizer\":{\"type\":\"Prepend\",\"prepend\":\"xy\"}", "z", "23:0-1 24:0-1 25:0-1");
}

#define SPLIT(pattern, behavior, invert) \
  "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":" pattern ",\"behavior\":\"" behavior "\",\"invert\":" invert "}"

#define MARKED(scheme) \
  "{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\",\"prepend_scheme\":\"" scheme "\",\"split\":false}"
#define UNSAID "{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\",\"split\":false}"
#define CUT_BY(first, second) "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[" first "," second "]}"

static void test_pretokenizers(void **state) {
  (void)state;
  expect_parts("\"pre_tokenizer\":null", "aaaa", "43:0-4");
  expect_parts(SPLIT("{\"String\":\"b\"}", "Removed", "false"), "aabaa", "42:0-2 42:3-5");
  expect_parts(SPLIT("{\"Regex\":\"a\"}", "Isolated", "false"), "aab", "0:0-1 0:1-2 1:2-3");
  expect_parts(SPLIT("{\"Regex\":\"a\"}", "MergedWithPrevious", "false"), "baaa", "1:0-1 0:1-2 0:2-3 0:3-4");
  expect_parts(SPLIT("{\"Regex\":\"b\"}", "MergedWithNext", "false"), "aabaa", "42:0-2 1:2-3 42:3-5");
  expect_parts(SPLIT("{\"Regex\":\"a\"}", "Contiguous", "false"), "aabaa", "42:0-2 1:2-3 42:3-5");
  expect_parts(SPLIT("{\"Regex\":\"a+\"}", "Removed", "true"), "baab", "42:1-3");
  expect_parts("\"pre_tokenizer\":{\"type\":\"Digits\",\"individual_digits\":true}", "aa11", "42:0-2 30:2-3 30:3-4");
  expect_parts("\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\",\"prepend_scheme\":\"always\"}", "aa a", "28:0-1 42:0-2 28:2-3 0:3-4");
  expect_parts("\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\",\"prepend_scheme\":\"never\",\"split\":false}", "a a", "0:0-1 28:1-2 0:2-3");
  expect_parts("\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\",\"add_prefix_space\":false}", "a", "0:0-1");
  expect_parts("\"pre_tokenizer\":" MARKED("always"), " a", "28:0-1 0:1-2"); /* no second one before a space */
  expect_parts_behind("\"pre_tokenizer\":" MARKED("always"), "a", "0:0-1");
  /* The marks of the last step show where the others have cut. */
  expect_parts(CUT_BY("{\"type\":\"Split\",\"pattern\":{\"String\":\"b\"},\"behavior\":\"Isolated\",\"invert\":false}", MARKED("first")), "aba",
               "28:0-1 0:0-1 1:1-2 0:2-3");
  expect_parts(CUT_BY("{\"type\":\"Split\",\"pattern\":{\"String\":\"b\"},\"behavior\":\"Isolated\",\"invert\":false}", UNSAID), "aba",
               "28:0-1 0:0-1 28:1-2 1:1-2 28:2-3 0:2-3");
  expect_parts(CUT_BY("{\"type\":\"Digits\",\"individual_digits\":true}", MARKED("always")), "11", "28:0-1 30:0-1 28:1-2 30:1-2");
  expect_parts(CUT_BY("{\"type\":\"Digits\",\"individual_digits\":false}", MARKED("always")), "11", "28:0-1 30:0-1 30:1-2");
  expect_parts(CUT_BY("{\"type\":\"Punctuation\"}", MARKED("always")), "!!", "28:0-1 41:0-1 28:1-2 41:1-2");
  expect_parts(CUT_BY("{\"type\":\"Metaspace\",\"replacement\":\"A\",\"prepend_scheme\":\"always\"}", MARKED("always")), "a a",
               "28:0-1 26:0-1 0:0-1 28:1-2 26:1-2 0:2-3");
  /* In the syntax of these files \h is a hex digit, and {,n} begins at none. */
  expect_parts(SPLIT("{\"Regex\":\"\\\\h\"}", "Removed", "false"), "azf", "25:1-2");
  expect_parts(SPLIT("{\"Regex\":\"za{,2}z\"}", "Removed", "false"), "zzbzaaz", "1:2-3");
}

#define ADDED(flags) "\"added_tokens\":[{\"id\":44,\"content\":\"foo\"," flags "}]"

static void test_added_tokens(void **state) {
  (void)state;
  expect_parts(ADDED("\"special\":false,\"normalized\":false"), "zfoofooz", "25:0-1 44:1-4 44:4-7 25:7-8");
  expect_parts(ADDED("\"single_word\":true,\"normalized\":false"), "foo zfoo foo", "44:0-3 27:3-4 25:4-5 5:5-6 14:6-7 14:7-8 27:8-9 44:9-12");
  expect_parts(ADDED("\"lstrip\":true,\"normalized\":false"), "z  foo z", "25:0-1 44:1-6 27:6-7 25:7-8");
  expect_parts(ADDED("\"rstrip\":true,\"normalized\":false"), "z foo  z", "25:0-1 27:1-2 44:2-7 25:7-8");
  expect_parts(ADDED("\"lstrip\":true,\"rstrip\":true,\"normalized\":false"), "foo  foo", "44:0-5 44:5-8");
  expect_parts(ADDED("\"normalized\":true") ",\"normalizer\":{\"type\":\"Lowercase\"}", "FOO", "44:0-3");
  expect_parts(ADDED("\"normalized\":false") ",\"normalizer\":{\"type\":\"Lowercase\"}", "zFOO", "25:0-1 5:1-2 14:2-3 14:3-4");
  expect_parts("\"added_tokens\":[{\"id\":44,\"content\":\"ab\"},{\"id\":45,\"content\":\"abc\"},{\"id\":46,\"content\":\"bcd\"}]", "abcd", "45:0-3 3:3-4");
}

static void test_trim_offsets(void **state) {
  (void)state;
  static const char level[] = "{\"type\":\"ByteLevel\",\"add_prefix_space\":%s,\"trim_offsets\":true,\"use_regex\":true}";
  char step[128], json[1024];
  const char *const spaces[] = {"false", "true"}, *const wanted[] = {"2:1-3 2:4-6", "2:0-3 2:4-6"};
  for (int i = 0; i < 2; i++) {
    (void)snprintf(step, sizeof step, level, spaces[i]);
    (void)snprintf(json, sizeof json,
                   "{\"pre_tokenizer\":%s,\"post_processor\":%s,\"model\":{\"type\":\"BPE\",\"vocab\":{\"\xC4\xA0\":0,\"a\":1,\"\xC4\xA0" "aa\":2,"
                   "\"aa\":3},\"merges\":[\"a a\",\"\xC4\xA0 aa\"]}}", step, step);
    expect_json(json, " aa aa", wanted[i]);
  }
}

static void test_long_word(void **state) {
  (void)state;
  empty_folder();
  char *json = simple("\"pre_tokenizer\":null");
  put("tokenizer.json", json);
  free(json);
  hw_tokenizer *tokenizer = open_it("custom");
  size_t length = 1000000;
  char *text = malloc(length);
  assert_non_null(text);
  memset(text, 'a', length);
  hw_arena arena;
  hw_arena_init(&arena);
  hw_encoding encoding;
  assert_true(hw_tokenizer_encode(tokenizer, text, length, HW_BOS_AUTO, &arena, &encoding, NULL));
  assert_int_equal(encoding.n, length / 4);
  assert_int_equal(encoding.ids[0], 43);
  assert_int_equal(encoding.ends[encoding.n - 1], length);
  hw_arena_fini(&arena);
  free(text);
  hw_tokenizer_close(tokenizer);
}

static void *encode_often(void *data) {
  const hw_tokenizer *tokenizer = data;
  hw_arena arena;
  hw_arena_init(&arena);
  bool same = true;
  for (int i = 0; i < 500; i++) {
    hw_encoding encoding;
    hw_arena_reset(&arena);
    same = same && hw_tokenizer_encode(tokenizer, "ab a ab", 7, HW_BOS_AUTO, &arena, &encoding, NULL) && encoding.n == 4 && encoding.ids[3] == 10;
  }
  hw_arena_fini(&arena);
  return same ? data : NULL;
}

static void test_threads(void **state) {
  (void)state;
  empty_folder();
  put("tokenizer.json", llama_json);
  hw_tokenizer *llama = open_it("llama");
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, encode_often, llama), 0);
  for (int i = 0; i < 4; i++) {
    void *result;
    pthread_join(threads[i], &result);
    assert_ptr_equal(result, llama);
  }
  hw_tokenizer_close(llama);
}

#include "bad_tokenizer_tests.h"
#include "tokenizer_models_tests.h"
#include "tokenizer_regex_tests.h"
#include "tokenizer_steps_tests.h"
#include "tokenizer_settings_tests.h"

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gpt2_files),   cmocka_unit_test(test_opt_files),    cmocka_unit_test(test_llama_json),
      cmocka_unit_test(test_normalizers),  cmocka_unit_test(test_pretokenizers), cmocka_unit_test(test_added_tokens),
      cmocka_unit_test(test_trim_offsets), cmocka_unit_test(test_long_word),    cmocka_unit_test(test_threads),
      cmocka_unit_test(test_processors),   cmocka_unit_test(test_younger_characters), cmocka_unit_test(test_bert_normalizer), cmocka_unit_test(test_decoders),
      cmocka_unit_test(test_bad_json),     cmocka_unit_test(test_cut_and_changed_json), cmocka_unit_test(test_bad_files),
      cmocka_unit_test(test_regex),        cmocka_unit_test(test_regex_refused),
      cmocka_unit_test(test_models),       cmocka_unit_test(test_sentencepiece),
      cmocka_unit_test(test_settings),     cmocka_unit_test(test_settings_of_files), cmocka_unit_test(test_settings_of_bos), cmocka_unit_test(test_bos_of_classes),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
