/* SPDX-License-Identifier: Apache-2.0
 * Keys "tokenizer.ggml.*": model "llama" has pieces with scores, as sentencepiece; "gpt2" has merges, and "pre" names the patterns
 * that cut texts. The numbers of types are sentencepiece's. */
#include "tokenizer/gguf_tokens.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json_reader.h"
#include "base/text.h"
#include "tokenizer/added.h"
#include "tokenizer/bpe.h"
#include "tokenizer/byte_level.h"
#include "tokenizer/models.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/steps.h"
#include "tokenizer/vocab_load.h"
#include "weights/gguf.h"

#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define LETTERS "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
#define SPACES "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define CASED(contractions) \
  "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" contractions "|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER "*" contractions
#define SYMBOLS(ends) " ?[^\\s\\p{L}\\p{N}]+" ends

static const char llama3_regex[] = CONTRACTIONS "|" LETTERS "|\\p{N}{1,3}|" SYMBOLS("[\\r\\n]*") "|" SPACES;
static const char qwen2_regex[] = CONTRACTIONS "|" LETTERS "|\\p{N}|" SYMBOLS("[\\r\\n]*") "|" SPACES;
static const char gpt4o_regex[] = CASED(CONTRACTIONS "?") "|\\p{N}{1,3}|" SYMBOLS("[\\r\\n/]*") "|" SPACES;
static const char tekken_regex[] = CASED("") "|\\p{N}|" SYMBOLS("[\\r\\n/]*") "|" SPACES;
static const char seed_regex[] = CONTRACTIONS "|" LETTERS "|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|" SPACES;
static const char deepseek3_regex[] = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|"
                                      " ?[\\p{P}\\p{S}]+[\\r\\n]*|" SPACES;
static const char digits[] = ""; /* no pattern: each digit is cut off */

/* tokenizer.ggml.pre, with what the family's tokenizer.json has. */
static const struct {
  const char *name;
  const char *cuts[6]; /* one after the other; NULL ends */
  bool nfc, ignore_merges, add_bos;
} patterns[] = {
    {"gpt-2", {hw_tok_gpt2_regex}, false, false, false},
    {"phi-2", {hw_tok_gpt2_regex}, false, false, false},
    {"olmo", {hw_tok_gpt2_regex}, true, false, false},
    {"llama-bpe", {llama3_regex}, false, true, true},
    {"llama3", {llama3_regex}, false, true, true},
    {"llama-v3", {llama3_regex}, false, true, true},
    {"falcon3", {llama3_regex}, false, true, true},
    {"dbrx", {llama3_regex}, false, false, false}, /* Phi-4's too */
    {"smaug-bpe", {llama3_regex}, false, false, false},
    {"qwen2", {qwen2_regex}, true, false, false},
    {"deepseek-r1-qwen", {qwen2_regex}, false, false, false},
    {"gpt-4o", {gpt4o_regex}, false, false, false},
    {"tekken", {tekken_regex}, false, true, true},
    {"seed-coder", {seed_regex}, false, false, false},
    {"smollm", {digits, hw_tok_gpt2_regex}, false, false, false},
    {"starcoder", {digits, hw_tok_gpt2_regex}, false, false, false},
    {"refact", {digits, hw_tok_gpt2_regex}, false, false, false},
    {"codeshell", {digits, hw_tok_gpt2_regex}, false, false, false},
    {"minerva-7b", {digits, hw_tok_gpt2_regex}, false, false, false},
    {"command-r", {digits, hw_tok_gpt2_regex}, true, false, false},
    {"deepseek-coder", {"[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-퟿]+", digits}, false, false, false},
    {"deepseek-v3", {"\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", deepseek3_regex}, false, false, false},
};

typedef struct reading {
  hw_tok_loader *loader;
  const hw_gguf *gguf;
  hw_arena scratch;
  const hw_gguf_text *tokens; /* [n] */
  size_t n;
  const hw_gguf_value *types, *scores; /* NULL: not there */
} reading;

static const hw_gguf_value *find(const reading *in, const char *key) {
  char whole[64];
  (void)snprintf(whole, sizeof whole, "tokenizer.ggml.%s", key);
  return hw_gguf_find(in->gguf, whole);
}

/* An array of numbers of n elements; *value is NULL where the key is not there. */
static bool find_numbers(const reading *in, const char *key, const hw_gguf_value **value) {
  double number;
  *value = find(in, key);
  if (!*value || ((*value)->is_array && (*value)->n == in->n && hw_gguf_get_item(*value, 0, &number))) return true;
  return hw_fail(in->loader->err, HW_ERROR_INPUT, "%s: tokenizer.ggml.%s is not an array of %zu numbers", in->loader->path, key, in->n);
}

static bool find_flag(const reading *in, const char *key, bool *yes) {
  const hw_gguf_value *value = find(in, key);
  return !value || hw_gguf_get_bool(value, yes) ||
         hw_fail(in->loader->err, HW_ERROR_INPUT, "%s: tokenizer.ggml.%s is not true or false", in->loader->path, key);
}

static void hash_texts(const hw_gguf_text *texts, size_t n, hw_buffer *hashes) {
  char hex[HW_HASH_HEX];
  hw_hash_bytes(texts[0].bytes, (size_t)(texts[n - 1].bytes + texts[n - 1].length - texts[0].bytes), hex);
  hw_buffer_append_string(hashes, hex);
}

static bool read_tokens(reading *in, hw_buffer *hashes) {
  const hw_tok_loader *loader = in->loader;
  const hw_gguf_value *tokens = find(in, "tokens");
  if (!tokens || tokens->n == 0) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: no tokenizer.ggml.tokens", loader->path);
  if (tokens->n > HW_TOK_MAX_ID) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %zu tokens, want at most %d", loader->path, tokens->n, HW_TOK_MAX_ID);
  in->n = tokens->n;
  in->tokens = hw_gguf_get_texts(in->gguf, tokens, &in->scratch, loader->err);
  if (!in->tokens || !find_numbers(in, "token_type", &in->types) || !find_numbers(in, "scores", &in->scores)) return false;
  hash_texts(in->tokens, in->n, hashes);
  for (size_t i = 0; i < in->n; i++) {
    double type = 0, score = 0;
    if (in->types) (void)hw_gguf_get_item(in->types, i, &type);
    if (in->scores) (void)hw_gguf_get_item(in->scores, i, &score);
    if (in->types && !(type >= HW_TOK_NORMAL && type <= HW_TOK_BYTE))
      return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: token %zu has a type that is not known", loader->path, i);
    char bytes[sizeof type + sizeof score];
    memcpy(bytes, &type, sizeof type);
    memcpy(bytes + sizeof type, &score, sizeof score);
    hw_buffer_append(hashes, bytes, sizeof bytes);
  }
  return hw_buffer_check(hashes, loader->err);
}

static hw_tok_type type_of(const reading *in, size_t i) {
  double type = HW_TOK_NORMAL;
  if (in->types) (void)hw_gguf_get_item(in->types, i, &type);
  return type > HW_TOK_NORMAL && type <= HW_TOK_BYTE ? (hw_tok_type)type : HW_TOK_NORMAL;
}

/* ---- "llama" ---- */

static bool load_scored(reading *in, const hw_tok_config *config, hw_buffer *hashes) {
  hw_tok_loader *loader = in->loader;
  hw_tok_scored_model model = {.n = in->n, .bpe = true, .add_dummy_prefix = true};
  if (!in->scores) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: no tokenizer.ggml.scores", loader->path);
  model.pieces = hw_arena_new(&in->scratch, hw_tok_scored, in->n, loader->err);
  if (!model.pieces || !find_flag(in, "add_space_prefix", &model.add_dummy_prefix) ||
      !find_flag(in, "remove_extra_whitespaces", &model.remove_extra_whitespaces))
    return false;
  for (size_t i = 0; i < in->n; i++) {
    double score = 0;
    (void)hw_gguf_get_item(in->scores, i, &score);
    model.pieces[i] = (hw_tok_scored){.name = {in->tokens[i].bytes, in->tokens[i].length}, .score = (float)score, .type = type_of(in, i)};
    model.byte_fallback = model.byte_fallback || model.pieces[i].type == HW_TOK_BYTE;
  }
  if (config->add_prefix_space == 0) model.add_dummy_prefix = false;
  model.prefix_first_only = config->legacy == 0;
  hw_buffer_printf(hashes, " prefix %d %d %d", model.add_dummy_prefix, model.prefix_first_only, model.remove_extra_whitespaces);
  return hw_tok_scored_load(loader, &model);
}

/* ---- "gpt2" ---- */

static bool load_names(reading *in) {
  hw_tok_loader *loader = in->loader;
  hw_tok_vocab *vocab = &loader->tokenizer->vocab;
  if (!hw_tok_vocab_init(vocab, &loader->tokenizer->memory, in->n, (int32_t)in->n, loader->err)) return false;
  for (size_t i = 0; i < in->n; i++) {
    hw_tok_string name = {in->tokens[i].bytes, in->tokens[i].length};
    const char *fault = hw_utf8_valid_prefix(name.bytes, name.length) != name.length ? "is not UTF-8"
                        : hw_tok_vocab_find(vocab, name.bytes, name.length) >= 0     ? "is there twice"
                                                                                      : NULL;
    if (fault) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: token %zu %s", loader->path, i, fault);
    if (!hw_tok_keep(loader, &name)) return false;
    hw_tok_vocab_add(vocab, name.bytes, name.length, (int32_t)i);
  }
  return true;
}

static bool load_merges(reading *in, hw_buffer *hashes) {
  hw_tok_loader *loader = in->loader;
  const hw_gguf_value *value = find(in, "merges");
  if (!value) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: no tokenizer.ggml.merges", loader->path);
  const hw_gguf_text *merges = hw_gguf_get_texts(in->gguf, value, &in->scratch, loader->err);
  if (!merges || !hw_hash_reserve(&loader->tokenizer->bpe.merges, value->n, &loader->tokenizer->memory, loader->err)) return false;
  if (value->n) hash_texts(merges, value->n, hashes);
  hw_buffer scratch;
  hw_buffer_init(&scratch);
  bool ok = true;
  for (size_t i = 0; ok && i < value->n; i++)
    ok = hw_tok_bpe_add_merge(loader, "tokenizer.ggml.merges", i, merges[i].bytes, merges[i].length, &scratch);
  hw_buffer_fini(&scratch);
  return ok;
}

static bool add_specials(reading *in) {
  for (size_t i = 0; i < in->n; i++) {
    hw_tok_type type = type_of(in, i);
    hw_tok_added_token token = {.content = {in->tokens[i].bytes, in->tokens[i].length}, .id = (int32_t)i, .special = type == HW_TOK_CONTROL};
    if ((token.special || type == HW_TOK_USER_DEFINED) && !hw_tok_added_put(in->loader, "a token", token, false)) return false;
  }
  return true;
}

/* Files from before the key "pre" have GPT-2's pattern, if they are of a family that has it. */
static bool find_pattern(const reading *in, size_t *row) {
  hw_gguf_text pre = {"", 0}, architecture = {"", 0};
  const hw_gguf_value *value = find(in, "pre"), *family = hw_gguf_find(in->gguf, "general.architecture");
  if (value && !hw_gguf_get_text(value, &pre))
    return hw_fail(in->loader->err, HW_ERROR_INPUT, "%s: tokenizer.ggml.pre is not a text", in->loader->path);
  if (family) (void)hw_gguf_get_text(family, &architecture);
  bool unsaid = pre.length == 0 || (pre.length == 7 && memcmp(pre.bytes, "default", 7) == 0);
  bool older = (architecture.length == 4 && memcmp(architecture.bytes, "gpt2", 4) == 0) ||
               (architecture.length == 4 && memcmp(architecture.bytes, "phi2", 4) == 0);
  if (unsaid && older) return *row = 0, true;
  for (size_t i = 0; i < HW_TOK_COUNT(patterns); i++)
    if (strlen(patterns[i].name) == pre.length && memcmp(patterns[i].name, pre.bytes, pre.length) == 0) return *row = i, true;
  if (!value)
    return hw_fail(in->loader->err, HW_ERROR_UNSUPPORTED, "%s: no tokenizer.ggml.pre, which says how texts are cut", in->loader->path);
  return hw_fail(in->loader->err, HW_ERROR_UNSUPPORTED, "%s: tokenizer.ggml.pre is \"%.*s\", which is not supported", in->loader->path,
                 (int)(pre.length < 60 ? pre.length : 60), pre.bytes);
}

static bool add_steps(hw_tok_loader *loader, size_t row) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  json_t *cuts = json_array();
  for (const char *const *cut = patterns[row].cuts; cuts && *cut; cut++) {
    json_t *step = *cut == digits ? json_pack("{s:s, s:b}", "type", "Digits", "individual_digits", 1)
                                  : json_pack("{s:s, s:{s:s}, s:s}", "type", "Split", "pattern", "Regex", *cut, "behavior", "Isolated");
    (void)json_array_append_new(cuts, step);
  }
  if (cuts) (void)json_array_append_new(cuts, json_pack("{s:s, s:b, s:b}", "type", "ByteLevel", "add_prefix_space", 0, "use_regex", 0));
  json_t *json = json_pack("{s:{s:s, s:o}, s:{s:s}}", "pre_tokenizer", "type", "Sequence", "pretokenizers", cuts, "decoder", "type", "ByteLevel");
  if (json && patterns[row].nfc) (void)json_object_set_new(json, "normalizer", json_pack("{s:s}", "type", "NFC"));
  bool ok = json ? hw_tok_json_steps(loader, json, &hw_tok_normalizers, &tokenizer->normalizers) &&
                       hw_tok_json_steps(loader, json, &hw_tok_pretokenizers, &tokenizer->pretokenizers) &&
                       hw_tok_json_steps(loader, json, &hw_tok_decoders, &tokenizer->decoders)
                 : hw_fail_memory(loader->err, "a tokenizer");
  json_decref(json);
  return ok;
}

static bool load_byte_level(reading *in, hw_tok_config *config, hw_buffer *hashes) {
  hw_tokenizer *tokenizer = in->loader->tokenizer;
  size_t row = 0;
  if (!find_pattern(in, &row)) return false;
  hw_buffer_printf(hashes, " pre %s", patterns[row].name);
  tokenizer->model = &hw_tok_bpe_model;
  tokenizer->unk = -1;
  tokenizer->bpe.ignore_merges = patterns[row].ignore_merges;
  if (config->add_bos < 0) config->add_bos = patterns[row].add_bos;
  if (!load_names(in) || !load_merges(in, hashes)) return false;
  hw_tok_index_bytes(tokenizer);
  hw_tok_bpe_index(tokenizer);
  return add_specials(in) && add_steps(in->loader, row);
}

/* ---- both ---- */

static bool read_bos(const reading *in, hw_tok_config *config) {
  hw_tok_loader *loader = in->loader;
  const hw_gguf_value *value = find(in, "bos_token_id");
  int64_t id = -1;
  bool add = true;
  if (value && (!hw_gguf_get_int(value, &id) || id < 0 || (uint64_t)id >= in->n))
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: tokenizer.ggml.bos_token_id is not the id of a token", loader->path);
  if (!find_flag(in, "add_bos_token", &add)) return false;
  if (config->add_bos < 0 && find(in, "add_bos_token")) config->add_bos = add;
  if (id >= 0 && !config->bos.bytes && !config->has_bos_key) config->bos = (hw_tok_string){in->tokens[id].bytes, in->tokens[id].length};
  return !config->bos.bytes || hw_tok_keep(loader, &config->bos);
}

static bool load(reading *in, hw_tok_config *config, hw_buffer *hashes) {
  hw_gguf_text model = {"", 0};
  const hw_gguf_value *value = find(in, "model");
  if (!value) return hw_fail(in->loader->err, HW_ERROR_UNSUPPORTED, "%s: no tokenizer.ggml.model: the file has no tokenizer", in->loader->path);
  if (!hw_gguf_get_text(value, &model)) return hw_fail(in->loader->err, HW_ERROR_INPUT, "%s: tokenizer.ggml.model is not a text", in->loader->path);
  bool scored = model.length == 5 && memcmp(model.bytes, "llama", 5) == 0, level = model.length == 4 && memcmp(model.bytes, "gpt2", 4) == 0;
  if (!scored && !level)
    return hw_fail(in->loader->err, HW_ERROR_UNSUPPORTED, "%s: tokenizer.ggml.model is \"%.*s\", which is not supported (known: llama, gpt2)",
                   in->loader->path, (int)(model.length < 60 ? model.length : 60), model.bytes);
  if (!read_tokens(in, hashes) || !read_bos(in, config)) return false;
  if (level) return load_byte_level(in, config, hashes);
  if (config->add_bos < 0) config->add_bos = 1;
  return load_scored(in, config, hashes);
}

bool hw_tok_gguf_load(hw_tok_loader *loader, hw_tok_config *config, hw_buffer *hashes) {
  hw_gguf gguf;
  if (!hw_gguf_open(loader->path, &gguf, loader->err)) return false;
  reading in = {.loader = loader, .gguf = &gguf};
  hw_arena_init(&in.scratch);
  bool ok = load(&in, config, hashes);
  hw_arena_fini(&in.scratch);
  hw_gguf_close(&gguf);
  return ok;
}
