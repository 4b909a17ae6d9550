/* SPDX-License-Identifier: Apache-2.0
 * The file is a protocol buffer (sentencepiece_model.proto): pieces in field 1, how it was trained in 2, its normalizer in 3. */
#include "tokenizer/sentencepiece.h"

#include <string.h>

#include "base/file.h"
#include "base/list.h"
#include "base/text.h"
#include "tokenizer/protobuf.h"

typedef struct reading {
  hw_tok_loader *loader;
  hw_arena scratch; /* the pieces, while the file is read */
  hw_tok_scored_model model;
  size_t capacity;
  uint64_t model_type;
  bool suffix, unescaped;
} reading;

enum { UNIGRAM = 1, BPE = 2 };

static bool fail_message(const hw_tok_loader *loader, const char *what) {
  return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s is cut or is not a protocol buffer", loader->path, what);
}

static bool read_piece(reading *state, hw_tok_field message) {
  const hw_tok_loader *loader = state->loader;
  hw_tok_message in = {message.bytes, message.bytes + message.length};
  hw_tok_scored piece = {.type = HW_TOK_NORMAL};
  hw_tok_field field;
  int more;
  uint64_t type = HW_TOK_NORMAL;
  while ((more = hw_tok_message_next(&in, &field)) > 0) {
    if (field.number == 1 && field.wire == HW_TOK_BYTES) piece.name = (hw_tok_string){(const char *)field.bytes, field.length};
    if (field.number == 2 && field.wire == HW_TOK_FIXED32) {
      uint32_t bits = (uint32_t)field.value;
      memcpy(&piece.score, &bits, sizeof bits);
    }
    if (field.number == 3 && field.wire == HW_TOK_VARINT) type = field.value;
  }
  if (more < 0) return fail_message(loader, "a piece");
  if (type < HW_TOK_NORMAL || type > HW_TOK_BYTE)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: piece %zu has type %llu, which is not known", loader->path, state->model.n,
                   (unsigned long long)type);
  if (!piece.name.bytes) piece.name.bytes = "";
  piece.type = (hw_tok_type)type;
  if (!hw_list_reserve(state->model.pieces, state->model.n, 1, state->capacity, &state->scratch, loader->err)) return false;
  state->model.pieces[state->model.n++] = piece;
  return true;
}

static bool read_trainer(reading *state, hw_tok_field message) {
  hw_tok_message in = {message.bytes, message.bytes + message.length};
  hw_tok_field field;
  int more;
  while ((more = hw_tok_message_next(&in, &field)) > 0) {
    if (field.wire != HW_TOK_VARINT) continue;
    if (field.number == 3) state->model_type = field.value;
    if (field.number == 24) state->suffix = field.value != 0;
    if (field.number == 35) state->model.byte_fallback = field.value != 0;
  }
  return more == 0 || fail_message(state->loader, "trainer_spec");
}

static bool read_normalizer(reading *state, hw_tok_field message) {
  hw_tok_message in = {message.bytes, message.bytes + message.length};
  hw_tok_field field;
  int more;
  while ((more = hw_tok_message_next(&in, &field)) > 0) {
    if (field.number == 2 && field.wire == HW_TOK_BYTES) {
      state->model.charsmap = field.bytes;
      state->model.charsmap_length = field.length;
    }
    if (field.wire != HW_TOK_VARINT) continue;
    if (field.number == 3) state->model.add_dummy_prefix = field.value != 0;
    if (field.number == 4) state->model.remove_extra_whitespaces = field.value != 0;
    if (field.number == 5) state->unescaped = field.value == 0;
  }
  return more == 0 || fail_message(state->loader, "normalizer_spec");
}

static bool read_model(reading *state, const hw_file *file) {
  const hw_tok_loader *loader = state->loader;
  if (file->size == 0) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: the file is empty", loader->path);
  hw_tok_message in = {file->data, file->data + file->size};
  hw_tok_field field;
  int more;
  while ((more = hw_tok_message_next(&in, &field)) > 0) {
    bool ok = field.wire != HW_TOK_BYTES || (field.number == 1   ? read_piece(state, field)
                                             : field.number == 2 ? read_trainer(state, field)
                                             : field.number == 3 ? read_normalizer(state, field)
                                                                 : true);
    if (!ok) return false;
  }
  if (more < 0) return fail_message(loader, "the file");
  if (state->model_type != UNIGRAM && state->model_type != BPE)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: trainer_spec.model_type is %llu, which is not supported (known: 1 unigram, 2 bpe)",
                   loader->path, (unsigned long long)state->model_type);
  if (state->suffix)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: trainer_spec.treat_whitespace_as_suffix is true, which is not supported", loader->path);
  if (state->unescaped)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: normalizer_spec.escape_whitespaces is false, which is not supported", loader->path);
  state->model.bpe = state->model_type == BPE;
  return true;
}

bool hw_tok_sentencepiece_load(hw_tok_loader *loader, const hw_tok_config *config) {
  hw_file file;
  if (!hw_file_open(loader->path, &file, loader->err)) return false;
  reading state = {.loader = loader, .model_type = UNIGRAM}; /* the defaults of the protocol */
  state.model.add_dummy_prefix = state.model.remove_extra_whitespaces = true;
  hw_arena_init(&state.scratch);
  bool ok = read_model(&state, &file);
  if (config->add_prefix_space == 0) state.model.add_dummy_prefix = false;
  state.model.prefix_first_only = config->legacy == 0;
  ok = ok && hw_tok_scored_load(loader, &state.model);
  hw_arena_fini(&state.scratch);
  hw_file_close(&file);
  return ok;
}
