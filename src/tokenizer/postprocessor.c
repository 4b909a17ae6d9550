/* SPDX-License-Identifier: Apache-2.0
 * Post-processors of tokenizer.json. What they put before a text is kept as the prefix; what they would put behind it is left
 * out on purpose (see tokenizer.h). */
#include <string.h>

#include "tokenizer/state.h"
#include "tokenizer/steps.h"

/* Puts a token before the text, at *at of the prefix. */
static bool add_prefix(hw_tok_loader *loader, const char *where, const char *name, const json_t *id, size_t *at) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  const hw_tok_vocab *vocab = &tokenizer->vocab;
  json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
  bool known = value >= 0 && value < vocab->size && vocab->names[value].bytes;
  for (size_t k = 0; !known && k < tokenizer->added.n; k++) known = tokenizer->added.tokens[k].id == value;
  if (!known)
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s: \"%s\" has id %lld, which no token has", loader->path, where, name, (long long)value);
  if (tokenizer->n_prefix == HW_TOK_MAX_PREFIX)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: %s puts more than %d tokens before a text", loader->path, where, HW_TOK_MAX_PREFIX);
  memmove(tokenizer->prefix + *at + 1, tokenizer->prefix + *at, (tokenizer->n_prefix - *at) * sizeof *tokenizer->prefix);
  tokenizer->prefix[(*at)++] = (int32_t)value;
  tokenizer->n_prefix++;
  return true;
}

/* The ids of template piece {"SpecialToken": {"id": name}}. */
static bool add_special(hw_tok_loader *loader, const json_t *template, const char *where, const json_t *special, size_t *at) {
  hw_tok_string name;
  if (!hw_tok_json_string(loader, special, where, "id", true, &name)) return false;
  const json_t *entry = json_object_get(json_object_get(template, "special_tokens"), name.bytes);
  const json_t *ids = json_object_get(entry, "ids");
  if (!json_is_array(ids))
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s.special_tokens: \"%s\" has no array of ids", loader->path, where, name.bytes);
  for (size_t i = 0; i < json_array_size(ids); i++)
    if (!add_prefix(loader, where, name.bytes, json_array_get(ids, i), at)) return false;
  return true;
}

static bool template_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  (void)data;
  const json_t *single = json_object_get(json, "single");
  if (!json_is_array(single)) return hw_tok_json_want(loader, where, "single", single, "an array");
  size_t at = 0; /* a later template's tokens come before an earlier one's */
  bool text = false;
  for (size_t i = 0; i < json_array_size(single) && !text; i++) {
    const json_t *piece = json_array_get(single, i), *special = json_object_get(piece, "SpecialToken");
    const json_t *sequence = json_object_get(piece, "Sequence");
    if (!json_is_object(special) && !json_is_object(sequence))
      return hw_tok_json_want(loader, where, "single[]", piece, "{\"SpecialToken\": ...} or {\"Sequence\": ...}");
    if (special && !add_special(loader, json, where, special, &at)) return false;
    text = sequence != NULL;
  }
  return text || hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s.single has no Sequence", loader->path, where);
}

static bool trim_offsets(hw_tok_loader *loader, const json_t *json, const char *where) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  bool trim = true, space = true;
  if (!hw_tok_json_bool(loader, json, where, "trim_offsets", &trim) || !hw_tok_json_bool(loader, json, where, "add_prefix_space", &space))
    return false;
  if (trim && tokenizer->trim_offsets)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: %s trims offsets a second time, which is not supported", loader->path, where);
  if (!trim) return true;
  tokenizer->trim_offsets = true;
  tokenizer->trim_prefix_space = space;
  return true;
}

static bool byte_level_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  (void)data;
  return trim_offsets(loader, json, where);
}

/* "cls" is [token, id]. */
static bool bert_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  (void)data;
  const json_t *cls = json_object_get(json, "cls"), *name = json_array_get(cls, 0);
  size_t at = 0;
  if (json_array_size(cls) != 2 || !json_is_string(name)) return hw_tok_json_want(loader, where, "cls", cls, "[token, id]");
  return add_prefix(loader, where, json_string_value(name), json_array_get(cls, 1), &at);
}

static bool roberta_parse(hw_tok_loader *loader, const json_t *json, const char *where, void **data) {
  return trim_offsets(loader, json, where) && bert_parse(loader, json, where, data);
}

static const hw_tok_kind kinds[] = {
    {"TemplateProcessing", template_parse, {0}},
    {"ByteLevel", byte_level_parse, {0}},
    {"BertProcessing", bert_parse, {0}},
    {"RobertaProcessing", roberta_parse, {0}},
};

const hw_tok_stage hw_tok_postprocessors = {"post_processor", "processors", kinds, HW_TOK_COUNT(kinds)};
