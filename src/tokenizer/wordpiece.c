/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tokenizer/emit.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"
#include "tokenizer/vocab_load.h"
#include "tokenizer/word_models.h"

static bool build_tries(hw_tok_loader *loader, hw_tok_string prefix) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  for (int32_t id = 0; id < tokenizer->vocab.size; id++) {
    hw_tok_string name = tokenizer->vocab.names[id];
    if (name.length > HW_TOK_LONGEST)
      return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: model.vocab: token %d has %zu bytes, want at most %d", loader->path, (int)id,
                     name.length, HW_TOK_LONGEST);
    if (name.length && !hw_tok_trie_add(&tokenizer->wordpiece.first, &tokenizer->memory, name.bytes, name.length, id, false, loader->err))
      return false;
    if (name.length > prefix.length && memcmp(name.bytes, prefix.bytes, prefix.length) == 0 &&
        !hw_tok_trie_add(&tokenizer->wordpiece.later, &tokenizer->memory, name.bytes + prefix.length, name.length - prefix.length, id, false,
                         loader->err))
      return false;
  }
  return true;
}

bool hw_tok_wordpiece_load_json(hw_tok_loader *loader, const json_t *model) {
  hw_tok_string prefix;
  const json_t *most = json_object_get(model, "max_input_chars_per_word");
  if (!json_is_integer(most) || json_integer_value(most) < 0)
    return hw_tok_json_want(loader, "model", "max_input_chars_per_word", most, "an integer that is not negative");
  loader->tokenizer->wordpiece.max_chars = (uint64_t)json_integer_value(most);
  return hw_tok_load_vocab(loader, json_object_get(model, "vocab"), "model.vocab") && hw_tok_load_unk(loader, model, true) &&
         hw_tok_json_string(loader, model, "model", "continuing_subword_prefix", true, &prefix) && build_tries(loader, prefix);
}

static uint64_t count_chars(const hw_tok_piece *piece) {
  uint64_t n = 0;
  for (size_t i = 0; i < piece->length; i++) n += ((unsigned char)piece->bytes[i] & 0xC0) != 0x80;
  return n;
}

bool hw_tok_wordpiece_encode(hw_tok_run *run, const hw_tok_piece *piece) {
  const hw_tokenizer *tokenizer = run->tokenizer;
  const hw_tok_wordpiece *model = &tokenizer->wordpiece;
  const size_t first = run->n_tokens;
  bool known = count_chars(piece) <= model->max_chars;
  for (size_t start = 0, end = 0; known && start < piece->length; start = end) {
    int32_t id = hw_tok_trie_longest(start ? &model->later : &model->first, piece->bytes, piece->length, start, &end);
    known = id >= 0;
    if (known && !hw_tok_emit(run, piece, start, end, id, tokenizer->vocab.names[id])) return false;
  }
  if (known) return true;
  run->n_tokens = first; /* the whole word is unknown */
  if (tokenizer->unk < 0) return hw_tok_fail_unknown(run, piece->bytes, piece->length);
  return hw_tok_emit(run, piece, 0, piece->length, tokenizer->unk, tokenizer->vocab.names[tokenizer->unk]);
}
