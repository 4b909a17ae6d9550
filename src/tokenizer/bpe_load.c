/* SPDX-License-Identifier: Apache-2.0
 * The BPE model from tokenizer.json, or from vocab.json + merges.txt. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json_reader.h"
#include "base/size.h"
#include "tokenizer/added.h"
#include "tokenizer/bpe.h"
#include "tokenizer/state.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"
#include "tokenizer/vocab_load.h"

/* Bytes of a text that a message shows. */
static int shown(const hw_tok_string *text) { return (int)hw_smaller(text->length, 200); }

/* Merge number `rank` of left and right, joined through the scratch buffer. */
static bool add_merge(hw_tok_loader *loader, const char *where, size_t rank, hw_tok_string left, hw_tok_string right,
                      hw_buffer *scratch) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  hw_buffer_reset(scratch);
  hw_buffer_append(scratch, left.bytes, left.length);
  hw_buffer_append(scratch, right.bytes, right.length);
  if (!hw_buffer_check(scratch, loader->err)) return false;
  if (!left.length || !right.length)
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s %zu has an empty token, want two tokens", loader->path, where, rank + 1);
  const hw_tok_string parts[3] = {left, right, {scratch->data, scratch->length}};
  int32_t ids[3];
  for (size_t i = 0; i < 3; i++) {
    ids[i] = hw_tok_vocab_find(&tokenizer->vocab, parts[i].bytes, parts[i].length);
    if (ids[i] < 0)
      return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s %zu (\"%.*s\" and \"%.*s\"): \"%.*s\" is not in the vocabulary", loader->path,
                     where, rank + 1, shown(&left), left.bytes, shown(&right), right.bytes,
                     shown(&parts[i]), parts[i].bytes);
  }
  hw_tok_merges_put(&tokenizer->bpe.merges, ids[0], ids[1], (uint32_t)rank, ids[2]);
  return true;
}

/* "left right" with one space between. */
static bool split_merge(hw_tok_loader *loader, const char *where, size_t rank, const char *line, size_t length, hw_tok_string *left,
                        hw_tok_string *right) {
  const char *space = memchr(line, ' ', length);
  size_t first = space ? (size_t)(space - line) : 0;
  if (!space || memchr(space + 1, ' ', length - first - 1))
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s %zu is \"%.*s\", want two tokens with a space between", loader->path, where,
                   rank + 1, shown(&(hw_tok_string){line, length}), line);
  *left = (hw_tok_string){line, first};
  *right = (hw_tok_string){space + 1, length - first - 1};
  return true;
}

bool hw_tok_bpe_add_merge(hw_tok_loader *loader, const char *where, size_t rank, const char *line, size_t length, hw_buffer *scratch) {
  hw_tok_string left, right;
  return split_merge(loader, where, rank, line, length, &left, &right) && add_merge(loader, where, rank, left, right, scratch);
}

static bool load_merges(hw_tok_loader *loader, const json_t *json) {
  static const char where[] = "model.merges: merge";
  if (!json_is_array(json)) return hw_tok_json_want(loader, "model.merges", "", json, "an array");
  size_t n = json_array_size(json), rank = 0;
  if (!hw_hash_reserve(&loader->tokenizer->bpe.merges, n, &loader->tokenizer->memory, loader->err)) return false;
  hw_buffer scratch;
  hw_buffer_init(&scratch);
  bool ok = true;
  for (size_t i = 0; ok && i < n; i++) {
    const json_t *merge = json_array_get(json, i), *a = json_array_get(merge, 0), *b = json_array_get(merge, 1);
    hw_tok_string left = {0}, right = {0};
    if (json_is_string(merge)) {
      if (strncmp(json_string_value(merge), "#version", 8) == 0) continue; /* not counted, as in Hugging Face's code */
      ok = split_merge(loader, where, i, json_string_value(merge), json_string_length(merge), &left, &right);
    } else if (json_array_size(merge) == 2 && json_is_string(a) && json_is_string(b)) {
      left = (hw_tok_string){json_string_value(a), json_string_length(a)};
      right = (hw_tok_string){json_string_value(b), json_string_length(b)};
    } else {
      ok = hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s %zu is %s, want \"left right\" or [\"left\", \"right\"]", loader->path, where,
                   i + 1, hw_json_type(merge));
    }
    ok = ok && add_merge(loader, where, rank++, left, right, &scratch);
  }
  hw_buffer_fini(&scratch);
  return ok;
}

void hw_tok_bpe_index(hw_tokenizer *tokenizer) {
  for (uint32_t c = 0; c < HW_TOK_DIRECT; c++) {
    char bytes[4];
    size_t n = hw_tok_encode(c, bytes);
    tokenizer->bpe.direct[c] = hw_tok_vocab_find(&tokenizer->vocab, bytes, n);
  }
}

/* Settings that would change the merges in a way that is not computed here. */
static bool refuse_settings(hw_tok_loader *loader, const json_t *model) {
  static const char *const affixes[] = {"continuing_subword_prefix", "end_of_word_suffix"};
  for (size_t i = 0; i < HW_TOK_COUNT(affixes); i++) {
    hw_tok_string affix;
    if (!hw_tok_json_string(loader, model, "model", affixes[i], false, &affix)) return false;
    if (affix.length)
      return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: model.%s is \"%s\", which is not supported (want null)", loader->path,
                     affixes[i], affix.bytes);
  }
  const json_t *dropout = json_object_get(model, "dropout");
  if (dropout && !json_is_null(dropout) && !(json_is_number(dropout) && json_number_value(dropout) == 0.0))
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: model.dropout is set, which is not supported (want null)", loader->path);
  return true;
}

bool hw_tok_bpe_load_json(hw_tok_loader *loader, const json_t *model) {
  hw_tok_bpe *bpe = &loader->tokenizer->bpe;
  if (!refuse_settings(loader, model) || !hw_tok_load_vocab(loader, json_object_get(model, "vocab"), "model.vocab") ||
      !load_merges(loader, json_object_get(model, "merges")) || !hw_tok_load_bytes(loader, model) ||
      !hw_tok_json_bool(loader, model, "model", "fuse_unk", &bpe->fuse_unk) ||
      !hw_tok_json_bool(loader, model, "model", "ignore_merges", &bpe->ignore_merges) || !hw_tok_load_unk(loader, model, false))
    return false;
  if (loader->tokenizer->unk < 0 && json_is_string(json_object_get(model, "unk_token")))
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: model.unk_token \"%s\" is not in the vocabulary", loader->path,
                   json_string_value(json_object_get(model, "unk_token")));
  hw_tok_bpe_index(loader->tokenizer);
  return true;
}

bool hw_tok_bpe_load_files(hw_tok_loader *loader, const json_t *vocab, const char *merges_path) {
  hw_tok_bpe *bpe = &loader->tokenizer->bpe;
  hw_file file;
  hw_tok_index_bytes(loader->tokenizer);
  if (!hw_tok_load_vocab(loader, vocab, "") || !hw_file_open(merges_path, &file, loader->err)) return false;
  loader->path = merges_path;
  const char *text = (const char *)file.data;
  size_t n_lines = 1;
  for (size_t i = 0; i < file.size; i++) n_lines += text[i] == '\n';
  hw_buffer scratch;
  hw_buffer_init(&scratch);
  bool ok = hw_hash_reserve(&bpe->merges, n_lines, &loader->tokenizer->memory, loader->err);
  size_t rank = 0, line = 0;
  for (size_t at = 0, end; ok && at < file.size; at = end + 1, line++) {
    const char *newline = memchr(text + at, '\n', file.size - at);
    end = newline ? (size_t)(newline - text) : file.size;
    size_t length = end - at - (end > at && text[end - 1] == '\r');
    if (length == 0) continue;
    /* Only the first line is a heading: genuine merges begin with '#' as well. */
    if (line == 0 && length >= 8 && memcmp(text + at, "#version", 8) == 0) continue;
    hw_tok_string left, right;
    ok = split_merge(loader, "line", line, text + at, length, &left, &right) &&
         add_merge(loader, "merge", rank++, left, right, &scratch);
  }
  hw_buffer_fini(&scratch);
  hw_file_close(&file);
  if (ok) hw_tok_bpe_index(loader->tokenizer);
  return ok;
}

bool hw_tok_bpe_check_merges(const hw_tokenizer *tokenizer, const char *merges_path, hw_error *err) {
  for (int32_t id = 0; id < tokenizer->vocab.size && tokenizer->bpe.merges.n == 0; id++) {
    const hw_tok_string *name = &tokenizer->vocab.names[id];
    size_t step = 0;
    if (name->length) (void)hw_tok_decode(name->bytes, name->length, &step);
    if (step == name->length || hw_tok_added_find(tokenizer, name->bytes, name->length)) continue;
    return hw_fail(err, HW_ERROR_INPUT, "%s: holds no merges, want those that make the vocabulary's tokens of several characters, such as \"%.*s\"", merges_path,
                   shown(name), name->bytes);
  }
  return true;
}
