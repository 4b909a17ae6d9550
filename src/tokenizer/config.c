/* SPDX-License-Identifier: Apache-2.0
 * Special tokens and what stands before a text: tokenizer_config.json, special_tokens_map.json, added_tokens.json, and for what
 * they leave open a table of model types. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/json_reader.h"
#include "base/text.h"
#include "tokenizer/added.h"
#include "tokenizer/config.h"
#include "tokenizer/state.h"
#include "tokenizer/steps.h"

static const hw_tok_family families[] = {
    {"gpt2", "<|endoftext|>", false, true, {"<|endoftext|>"}, {0}},
    {"gpt_neo", "<|endoftext|>", false, true, {"<|endoftext|>"}, {0}},
    {"gptj", "<|endoftext|>", false, true, {"<|endoftext|>"}, {0}},
    {"gpt_neox", "<|endoftext|>", false, true, {"<|endoftext|>"}, {0}},
    {"opt", "</s>", true, true, {"</s>", "<pad>"}, {"<s>"}},
    {"llama", "<s>", true, false, {0}, {0}},
    {"mistral", "<s>", true, false, {0}, {0}},
    {"gemma", "<bos>", true, false, {0}, {0}},
};

/* Classes whose BOS follows add_bos_token whatever tokenizer.json's post-processor says: they make another one when loaded. Some of them
 * rebuild the prefix space too. */
static const struct {
  const char *name, *bos; /* bos: without the key bos_token */
  bool add_bos;           /* without the key add_bos_token */
  bool prefix_space;      /* add_prefix_space counts */
} rebuilding[] = {
    {"LlamaTokenizer", "<s>", true, true}, {"LlamaTokenizerFast", "<s>", true, true},
    {"CodeLlamaTokenizer", "<s>", true, true}, {"CodeLlamaTokenizerFast", "<s>", true, true},
    {"GemmaTokenizer", "<bos>", true, false}, {"GemmaTokenizerFast", "<bos>", true, false},
    {"CohereTokenizer", "<BOS_TOKEN>", true, false}, {"CohereTokenizerFast", "<BOS_TOKEN>", true, false},
    {"GPTNeoXTokenizer", "<|endoftext|>", false, false}, {"GPTNeoXTokenizerFast", "<|endoftext|>", false, false},
};

static const char *const special_keys[] = {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};

const hw_tok_family *hw_tok_family_find(const char *model_type) {
  for (size_t i = 0; model_type && i < HW_TOK_COUNT(families); i++)
    if (strcmp(families[i].model_type, model_type) == 0) return &families[i];
  return NULL;
}

void hw_tok_family_list(hw_buffer *out) {
  for (size_t i = 0; i < HW_TOK_COUNT(families); i++)
    if (families[i].files) hw_buffer_printf(out, "%s%s", out->length ? ", " : "", families[i].model_type);
}

/* A token written as a string, or as an object with its content and flags. */
static bool read_special(hw_tok_loader *loader, const json_t *value, const char *key, hw_tok_added_token *token) {
  *token = (hw_tok_added_token){.id = -1, .special = true};
  if (!value || json_is_null(value)) return true;
  if (json_is_string(value)) {
    token->content = (hw_tok_string){json_string_value(value), json_string_length(value)};
    return true;
  }
  if (!json_is_object(value)) return hw_tok_json_want(loader, key, "", value, "a string or an object with content");
  return hw_tok_json_string(loader, value, key, "content", true, &token->content) &&
         hw_tok_json_bool(loader, value, key, "lstrip", &token->lstrip) && hw_tok_json_bool(loader, value, key, "rstrip", &token->rstrip) &&
         hw_tok_json_bool(loader, value, key, "single_word", &token->single_word) &&
         hw_tok_json_bool(loader, value, key, "normalized", &token->normalized);
}

static bool add_special(hw_tok_loader *loader, const json_t *value, const char *key) {
  hw_tok_added_token token;
  return read_special(loader, value, key, &token) && (!token.content.bytes || hw_tok_added_special(loader, &token, true));
}

/* A list of special tokens, or an object of them by name. */
static bool add_special_list(hw_tok_loader *loader, const json_t *list, const char *key) {
  const char *name;
  const json_t *value;
  json_t *map = (json_t *)(uintptr_t)list; /* the iteration macros are not const-correct; nothing is changed */
  for (size_t i = 0; i < json_array_size(list); i++)
    if (!add_special(loader, json_array_get(list, i), key)) return false;
  json_object_foreach(map, name, value)
    if (!add_special(loader, value, key)) return false;
  return true;
}

static bool add_specials(hw_tokenizer *tokenizer, hw_tok_config *config, hw_error *err) {
  static const char *const lists[] = {"additional_special_tokens", "extra_special_tokens"};
  const hw_tok_file *files[] = {&config->settings, &config->map};
  for (size_t i = 0; i < HW_TOK_COUNT(special_keys); i++) {
    const hw_tok_file *file = json_object_get(config->map.root, special_keys[i]) ? &config->map : &config->settings;
    const json_t *value = json_object_get(file->root, special_keys[i]);
    hw_tok_loader loader = {tokenizer, file->path, err};
    hw_tok_added_token token;
    if (!read_special(&loader, value, special_keys[i], &token)) return false;
    if (token.content.bytes && !hw_tok_added_special(&loader, &token, true)) return false;
    if (i > 0) continue;
    config->has_bos_key = value != NULL;
    if (value) config->bos = token.content; /* a GGUF file may have said it before */
    if (config->bos.bytes && !hw_tok_keep(&loader, &config->bos)) return false;
  }
  for (size_t i = 0; i < HW_TOK_COUNT(lists); i++)
    for (size_t f = 0; f < HW_TOK_COUNT(files); f++) {
      hw_tok_loader loader = {tokenizer, files[f]->path, err};
      if (!add_special_list(&loader, json_object_get(files[f]->root, lists[i]), lists[i])) return false;
    }
  return true;
}

/* The entry of a text, or the free one where it belongs. */
static hw_hash_entry *find_named(const hw_hash_table *named, const char *text) {
  hw_hash_entry *entry = hw_hash_find(named, XXH3_64bits(text, strlen(text)));
  while (entry->value && strcmp((const char *)(uintptr_t)entry->value, text) != 0) entry = hw_hash_next(named, entry);
  return entry;
}

/* What keys of special tokens name: `named` holds the texts by their hash. */
static bool list_named_specials(const hw_tok_config *config, hw_hash_table *named, hw_error *err) {
  const json_t *roots[] = {config->map.root, config->settings.root};
  for (size_t r = 0; r < HW_TOK_COUNT(roots); r++) {
    const json_t *more = json_object_get(roots[r], "additional_special_tokens");
    size_t n = HW_TOK_COUNT(special_keys) + json_array_size(more);
    if (!hw_hash_reserve(named, n, NULL, err)) return false;
    for (size_t i = 0; i < n; i++) {
      const json_t *value = i < HW_TOK_COUNT(special_keys) ? json_object_get(roots[r], special_keys[i])
                                                           : json_array_get(more, i - HW_TOK_COUNT(special_keys));
      const char *text = json_string_value(json_is_object(value) ? json_object_get(value, "content") : value);
      if (!text) continue;
      hw_hash_entry *entry = find_named(named, text);
      if (!entry->value) hw_hash_put(named, entry, XXH3_64bits(text, strlen(text)), (uintptr_t)text);
    }
  }
  return true;
}

/* {"50256": {"content": ...}}: tokens of tokenizer_config.json, whose flags count more than those of tokenizer.json. */
static bool add_decoder(hw_tok_loader *loader, const json_t *root) {
  json_t *added = json_object_get(root, "added_tokens_decoder");
  const char *key;
  const json_t *value;
  if (added && !json_is_object(added) && !json_is_null(added))
    return hw_tok_json_want(loader, "added_tokens_decoder", "", added, "an object");
  json_object_foreach(added, key, value) {
    int64_t id;
    if (!hw_parse_int(key, 0, HW_TOK_MAX_ID, &id))
      return hw_fail(loader->err, HW_ERROR_INPUT, "%s: added_tokens_decoder: id \"%s\", want a number of 0 to %d", loader->path, key,
                     HW_TOK_MAX_ID);
    if (!hw_tok_added_parse(loader, value, "added_tokens_decoder", (int32_t)id, true)) return false;
  }
  return true;
}

/* {"<|sep|>": 50258}: tokens without flags; those that tokenizer.json has as well keep its flags. */
static bool add_plain(hw_tokenizer *tokenizer, const hw_tok_config *config, hw_error *err) {
  hw_tok_loader loader = {tokenizer, config->added.path, err};
  const char *content;
  const json_t *id;
  hw_hash_table named = {0};
  bool ok = list_named_specials(config, &named, err);
  json_object_foreach(config->added.root, content, id) {
    json_int_t value = json_integer_value(id);
    if (ok && (!json_is_integer(id) || value < 0 || value > HW_TOK_MAX_ID))
      ok = hw_fail(err, HW_ERROR_INPUT, "%s: \"%s\" has no id of 0 to %d", config->added.path, content, HW_TOK_MAX_ID);
    if (!ok) break;
    size_t length = strlen(content);
    bool special = find_named(&named, content)->value != 0;
    hw_tok_added_token token = {.content = {content, length}, .id = (int32_t)value, .special = special, .normalized = !special};
    ok = hw_tok_added_find(tokenizer, content, length) || hw_tok_added_put(&loader, "added token", token, true);
  }
  hw_hash_fini(&named);
  return ok;
}

bool hw_tok_config_add(hw_tokenizer *tokenizer, hw_tok_config *config, hw_error *err) {
  hw_tok_loader loader = {tokenizer, config->settings.path, err};
  return add_decoder(&loader, config->settings.root) && add_plain(tokenizer, config, err) && add_specials(tokenizer, config, err);
}

static bool open_file(const char *model_dir, const char *name, hw_tok_file *file, hw_error *err) {
  file->path = hw_path_join(model_dir, name);
  if (!file->path) return hw_fail_memory(err, "a path");
  bool there = false;
  return hw_file_find(file->path, &there, err) && (!there || (file->root = hw_json_open(file->path, true, err)) != NULL);
}

static bool read_switch(hw_tok_loader *loader, const json_t *root, const char *key, int *value) {
  bool on = false;
  if (!hw_tok_json_bool(loader, root, "", key, &on)) return false;
  if (json_is_boolean(json_object_get(root, key))) *value = on;
  return true;
}

bool hw_tok_config_open(hw_tokenizer *tokenizer, const char *model_dir, hw_tok_config *config, hw_error *err) {
  *config = (hw_tok_config){.add_bos = -1, .add_prefix_space = -1, .legacy = -1};
  int split = 0;
  if (!open_file(model_dir, "tokenizer_config.json", &config->settings, err) ||
      !open_file(model_dir, "special_tokens_map.json", &config->map, err) || !open_file(model_dir, "added_tokens.json", &config->added, err))
    return false;
  const json_t *root = config->settings.root;
  hw_tok_loader loader = {tokenizer, config->settings.path, err};
  if (!read_switch(&loader, root, "add_bos_token", &config->add_bos) ||
      !read_switch(&loader, root, "add_prefix_space", &config->add_prefix_space) || !read_switch(&loader, root, "split_special_tokens", &split) ||
      !read_switch(&loader, root, "legacy", &config->legacy) ||
      !hw_tok_json_string(&loader, root, "", "tokenizer_class", false, &config->tokenizer_class) ||
      (config->tokenizer_class.bytes && !hw_tok_keep(&loader, &config->tokenizer_class)))
    return false;
  if (split == 1)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: split_special_tokens is true, want false: special tokens in texts are always tokens",
                   loader.path);
  if (json_object_get(root, "added_tokens_decoder")) {
    json_decref(config->map.root);
    json_decref(config->added.root);
    config->map.root = config->added.root = NULL;
  }
  return true;
}

void hw_tok_config_close(hw_tok_config *config) {
  hw_tok_file *files[] = {&config->settings, &config->map, &config->added};
  for (size_t i = 0; i < HW_TOK_COUNT(files); i++) {
    json_decref(files[i]->root);
    free(files[i]->path);
  }
}

static int find_rebuilding(const hw_tok_config *config) {
  for (size_t i = 0; config->tokenizer_class.bytes && i < HW_TOK_COUNT(rebuilding); i++)
    if (strcmp(rebuilding[i].name, config->tokenizer_class.bytes) == 0) return (int)i;
  return -1;
}

static bool has_type(const json_t *step, const char *type) {
  const char *found = json_string_value(json_object_get(step, "type"));
  return found && strcmp(found, type) == 0;
}

/* A step of tokenizer.json that puts something before a text no longer does. */
static bool drop_prefix(json_t *step) {
  bool changed = false;
  static const char *const lists[] = {"normalizers", "pretokenizers"};
  for (size_t l = 0; l < HW_TOK_COUNT(lists); l++) {
    json_t *children = json_object_get(step, lists[l]);
    for (size_t i = json_array_size(children); i-- > 0;) {
      json_t *child = json_array_get(children, i);
      changed = drop_prefix(child) || changed;
      if (has_type(child, "Prepend")) changed = json_array_remove(children, i) == 0;
    }
  }
  const char *scheme = json_string_value(json_object_get(step, "prepend_scheme"));
  if (!has_type(step, "Metaspace") || (scheme && strcmp(scheme, "never") == 0)) return changed;
  (void)json_object_del(step, "add_prefix_space");
  return json_object_set_new(step, "prepend_scheme", json_string("never")) == 0;
}

bool hw_tok_config_change_prefix(const hw_tok_config *config, json_t *tokenizer_json) {
  json_t *normalizer = json_object_get(tokenizer_json, "normalizer"), *pretokenizer = json_object_get(tokenizer_json, "pre_tokenizer");
  if (config->add_prefix_space < 0) return false;
  if (has_type(pretokenizer, "ByteLevel") && json_is_true(json_object_get(pretokenizer, "add_prefix_space")) != (config->add_prefix_space == 1))
    return json_object_set_new(pretokenizer, "add_prefix_space", json_boolean(config->add_prefix_space)) == 0;
  int class = find_rebuilding(config);
  if (class < 0 || !rebuilding[class].prefix_space || config->add_prefix_space == 1) return false;
  bool changed = drop_prefix(normalizer);
  if (has_type(normalizer, "Prepend")) changed = json_object_set_new(tokenizer_json, "normalizer", json_null()) == 0;
  return drop_prefix(pretokenizer) || changed;
}

static int32_t id_of(const hw_tokenizer *tokenizer, const char *bytes, size_t length) {
  const hw_tok_added_token *token = hw_tok_added_find(tokenizer, bytes, length);
  return token ? token->id : hw_tok_vocab_find(&tokenizer->vocab, bytes, length);
}

static void put_bos_first(hw_tokenizer *tokenizer) {
  if (tokenizer->bos < 0 || tokenizer->n_prefix == HW_TOK_MAX_PREFIX) return;
  if (tokenizer->n_prefix && tokenizer->prefix[0] == tokenizer->bos) return;
  memmove(tokenizer->prefix + 1, tokenizer->prefix, tokenizer->n_prefix * sizeof *tokenizer->prefix);
  tokenizer->prefix[0] = tokenizer->bos;
  tokenizer->n_prefix++;
}

static void drop_bos(hw_tokenizer *tokenizer) {
  size_t kept = 0;
  for (size_t i = 0; i < tokenizer->n_prefix; i++)
    if (tokenizer->prefix[i] != tokenizer->bos) tokenizer->prefix[kept++] = tokenizer->prefix[i];
  tokenizer->n_prefix = kept;
}

static bool add_family_specials(hw_tokenizer *tokenizer, const hw_tok_family *family, hw_error *err) {
  hw_tok_loader loader = {tokenizer, "", err};
  const size_t n_special = HW_TOK_COUNT(family->special);
  for (size_t i = 0; i < n_special + HW_TOK_COUNT(family->named); i++) {
    bool named = i >= n_special;
    const char *content = named ? family->named[i - n_special] : family->special[i];
    hw_tok_added_token token = {.content = {content, content ? strlen(content) : 0}, .id = -1, .special = true, .unmatched = named};
    if (content && !hw_tok_added_special(&loader, &token, false)) return false;
  }
  return true;
}

/* By the files' key, the class's default, the post-processor, or the family. */
static int32_t find_bos(const hw_tokenizer *tokenizer, const hw_tok_family *family, int class, const hw_tok_config *config) {
  const char *default_bos = class >= 0 && !config->has_bos_key ? rebuilding[class].bos : NULL;
  if (config->bos.bytes) return id_of(tokenizer, config->bos.bytes, config->bos.length);
  int32_t id = default_bos ? id_of(tokenizer, default_bos, strlen(default_bos)) : -1;
  if (id >= 0) return id;
  if (tokenizer->n_prefix) return tokenizer->prefix[0];
  return family && !config->has_bos_key ? id_of(tokenizer, family->bos, strlen(family->bos)) : -1; /* null says that there is none */
}

bool hw_tok_config_apply(hw_tokenizer *tokenizer, const char *model_type, bool from_files, const hw_tok_config *config,
                         hw_error *err) {
  const hw_tok_family *family = hw_tok_family_find(model_type);
  int class = find_rebuilding(config);
  if (family && from_files && !add_family_specials(tokenizer, family, err)) return false;
  tokenizer->bos = find_bos(tokenizer, family, class, config);
  int add_bos = -1; /* the post-processor decides */
  if (from_files) add_bos = config->add_bos >= 0 ? config->add_bos : family && family->add_bos;
  if (class >= 0) {
    add_bos = config->add_bos >= 0 ? config->add_bos : rebuilding[class].add_bos;
    if (tokenizer->bos >= 0) tokenizer->n_prefix = 0;
  }
  if (add_bos == 1) put_bos_first(tokenizer);
  if (add_bos == 0) drop_bos(tokenizer);
  return true;
}
