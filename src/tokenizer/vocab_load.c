/* SPDX-License-Identifier: Apache-2.0
 * What the files of the models have in common. */
#include "tokenizer/vocab_load.h"

#include <stdio.h>
#include <string.h>

#include "base/json_reader.h"
#include "tokenizer/steps.h"

void hw_tok_index_bytes(hw_tokenizer *tokenizer) {
  for (unsigned i = 0; i < 256; i++) {
    char name[8];
    int n = snprintf(name, sizeof name, "<0x%02X>", i);
    tokenizer->byte_ids[i] = tokenizer->byte_fallback ? hw_tok_vocab_find(&tokenizer->vocab, name, (size_t)n) : -1;
  }
}

bool hw_tok_load_bytes(hw_tok_loader *loader, const json_t *model) {
  if (!hw_tok_json_bool(loader, model, "model", "byte_fallback", &loader->tokenizer->byte_fallback)) return false;
  hw_tok_index_bytes(loader->tokenizer);
  return true;
}

bool hw_tok_load_unk(hw_tok_loader *loader, const json_t *model, bool required) {
  hw_tok_string unk;
  if (!hw_tok_json_string(loader, model, "model", "unk_token", required, &unk)) return false;
  loader->tokenizer->unk = unk.bytes ? hw_tok_vocab_find(&loader->tokenizer->vocab, unk.bytes, unk.length) : -1;
  return true;
}

bool hw_tok_fail_unknown(const hw_tok_run *run, const char *bytes, size_t length) {
  return hw_fail(run->err, HW_ERROR_PROMPT, "\"%.*s\" is not in the vocabulary, which has no unknown token",
                 (int)(length < 100 ? length : 100), bytes);
}

bool hw_tok_load_vocab(hw_tok_loader *loader, const json_t *json, const char *where) {
  hw_tok_vocab *vocab = &loader->tokenizer->vocab;
  if (!json_is_object(json)) return hw_tok_json_want(loader, where, "", json, "an object of token: id");
  const char *label = *where ? where : "the vocabulary";
  const char *name;
  const json_t *value;
  json_int_t highest = -1;
  json_t *map = (json_t *)(uintptr_t)json; /* the iteration macros are not const-correct; nothing is changed */
  json_object_foreach(map, name, value) {
    if (!json_is_integer(value))
      return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s: \"%s\" has %s for an id, want an integer", loader->path, label, name,
                     hw_json_type(value));
    json_int_t id = json_integer_value(value);
    if (id < 0 || id > HW_TOK_MAX_ID)
      return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s: \"%s\" has id %lld, want 0 to %d", loader->path, label, name, (long long)id,
                     HW_TOK_MAX_ID);
    if (id > highest) highest = id;
  }
  if (highest < 0) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s is empty", loader->path, label);
  if (!hw_tok_vocab_init(vocab, &loader->tokenizer->memory, json_object_size(json), (int32_t)highest + 1, loader->err)) return false;
  json_object_foreach(map, name, value) {
    int32_t id = (int32_t)json_integer_value(value);
    if (vocab->names[id].bytes)
      return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s: \"%s\" and \"%s\" have the same id %d", loader->path, label,
                     vocab->names[id].bytes, name, (int)id);
    hw_tok_string kept = {name, strlen(name)};
    if (!hw_tok_keep(loader, &kept)) return false;
    hw_tok_vocab_add(vocab, kept.bytes, kept.length, id);
  }
  return true;
}
