/* SPDX-License-Identifier: Apache-2.0
 * Special tokens and what stands before a text: tokenizer_config.json, special_tokens_map.json, and for what they leave
 * open a table of model types. */
#include <stdlib.h>
#include <string.h>

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
    {"llama", "<s>", false, false, {0}, {0}},
    {"mistral", "<s>", false, false, {0}, {0}},
    {"gemma", "<bos>", false, false, {0}, {0}},
};

/* Classes whose BOS follows add_bos_token whatever tokenizer.json's post-processor says: they rebuild it when loaded. */
static const struct {
  const char *name;
  bool add_bos; /* without the key */
} rebuilding[] = {
    {"LlamaTokenizer", true}, {"LlamaTokenizerFast", true}, {"CodeLlamaTokenizer", true}, {"CodeLlamaTokenizerFast", true},
    {"GemmaTokenizer", true}, {"GemmaTokenizerFast", true},
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

static bool read_specials(hw_tok_loader *loader, const json_t *root, hw_tok_config *config) {
  hw_tok_added_token token;
  for (size_t i = 0; i < HW_TOK_COUNT(special_keys); i++) {
    const json_t *value = json_object_get(root, special_keys[i]);
    if (!read_special(loader, value, special_keys[i], &token)) return false;
    if (i == 0 && value) config->has_bos_key = true;
    if (!token.content.bytes) continue;
    if (!hw_tok_added_special(loader, &token)) return false;
    if (i == 0 && !config->bos.bytes) {
      config->bos = token.content;
      if (!hw_tok_keep(loader, &config->bos)) return false;
    }
  }
  const json_t *more = json_object_get(root, "additional_special_tokens");
  for (size_t i = 0; i < json_array_size(more); i++)
    if (!read_special(loader, json_array_get(more, i), "additional_special_tokens", &token) ||
        (token.content.bytes && !hw_tok_added_special(loader, &token)))
      return false;
  return true;
}

/* tokenizer_config.json's added_tokens_decoder: {"50256": {"content": ...}}; tokenizer.json has these itself. */
static bool read_added(hw_tok_loader *loader, const json_t *root) {
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
    if (!hw_tok_added_parse(loader, value, "added_tokens_decoder", (int32_t)id)) return false;
  }
  return true;
}

static bool read_config(hw_tok_loader *loader, const json_t *root, bool from_files, hw_tok_config *config) {
  bool add_bos = false;
  if (!hw_tok_json_bool(loader, root, "", "add_bos_token", &add_bos) ||
      !hw_tok_json_bool(loader, root, "", "add_prefix_space", &config->add_prefix_space) ||
      !hw_tok_json_string(loader, root, "", "tokenizer_class", false, &config->tokenizer_class) ||
      (config->tokenizer_class.bytes && !hw_tok_keep(loader, &config->tokenizer_class)))
    return false;
  if (json_is_boolean(json_object_get(root, "add_bos_token"))) config->add_bos = add_bos;
  return (!from_files || read_added(loader, root)) && read_specials(loader, root, config);
}

/* Reads a file of the folder where it is there. */
static bool read_file(hw_tokenizer *tokenizer, const char *model_dir, const char *name, bool from_files, hw_tok_config *config,
                      hw_error *err) {
  char *path = hw_path_join(model_dir, name);
  if (!path) return hw_fail_memory(err, "a path");
  bool ok = true;
  if (hw_file_exists(path)) {
    hw_tok_loader loader = {tokenizer, path, err};
    json_t *root = hw_json_open(path, true, err);
    ok = root && (strcmp(name, "tokenizer_config.json") == 0 ? read_config(&loader, root, from_files, config)
                                                             : read_specials(&loader, root, config));
    json_decref(root);
  }
  free(path);
  return ok;
}

bool hw_tok_config_load(hw_tokenizer *tokenizer, const char *model_dir, bool from_files, hw_tok_config *config, hw_error *err) {
  *config = (hw_tok_config){.add_bos = -1};
  return read_file(tokenizer, model_dir, "tokenizer_config.json", from_files, config, err) &&
         read_file(tokenizer, model_dir, "special_tokens_map.json", from_files, config, err);
}

static int32_t id_of(const hw_tokenizer *tokenizer, const char *bytes, size_t length) {
  const hw_tok_added_token *token = hw_tok_added_find(tokenizer, bytes, length);
  return token ? token->id : hw_tok_vocab_find(&tokenizer->bpe.vocab, bytes, length);
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
    if (content && !hw_tok_added_special(&loader, &token)) return false;
  }
  return true;
}

bool hw_tok_config_apply(hw_tokenizer *tokenizer, const char *model_type, bool from_files, const hw_tok_config *config,
                         hw_error *err) {
  const hw_tok_family *family = hw_tok_family_find(model_type);
  tokenizer->bos = -1;
  if (family && from_files && !add_family_specials(tokenizer, family, err)) return false;
  if (config->bos.bytes)
    tokenizer->bos = id_of(tokenizer, config->bos.bytes, config->bos.length);
  else if (tokenizer->n_prefix)
    tokenizer->bos = tokenizer->prefix[0];
  else if (family && !config->has_bos_key) /* a bos_token of null says that there is none */
    tokenizer->bos = id_of(tokenizer, family->bos, strlen(family->bos));
  int add_bos = -1; /* the post-processor decides */
  if (from_files) add_bos = config->add_bos >= 0 ? config->add_bos : family && family->add_bos;
  for (size_t i = 0; config->tokenizer_class.bytes && i < HW_TOK_COUNT(rebuilding); i++)
    if (strcmp(rebuilding[i].name, config->tokenizer_class.bytes) == 0)
      add_bos = config->add_bos >= 0 ? config->add_bos : rebuilding[i].add_bos;
  if (add_bos == 1) put_bos_first(tokenizer);
  if (add_bos == 0) drop_bos(tokenizer);
  return true;
}
