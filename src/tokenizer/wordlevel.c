/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer/emit.h"
#include "tokenizer/vocab_load.h"
#include "tokenizer/word_models.h"

bool hw_tok_wordlevel_load_json(hw_tok_loader *loader, const json_t *model) {
  return hw_tok_load_vocab(loader, json_object_get(model, "vocab"), "model.vocab") && hw_tok_load_unk(loader, model, true);
}

bool hw_tok_wordlevel_encode(hw_tok_run *run, const hw_tok_piece *piece) {
  const hw_tokenizer *tokenizer = run->tokenizer;
  int32_t id = hw_tok_vocab_find(&tokenizer->vocab, piece->bytes, piece->length);
  if (id < 0) id = tokenizer->unk;
  if (id < 0) return hw_tok_fail_unknown(run, piece->bytes, piece->length);
  return hw_tok_emit(run, piece, 0, piece->length, id, tokenizer->vocab.names[id]);
}
