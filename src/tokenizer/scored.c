/* SPDX-License-Identifier: Apache-2.0
 * Pieces with scores as a tokenizer, in the way that transformers converts sentencepiece's models: a Unigram model as it is; for BPE each
 * way to cut a piece into two pieces is a merge, in the order of the scores. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_reader.h"
#include "base/list.h"
#include "base/text.h"
#include "tokenizer/added.h"
#include "tokenizer/bpe.h"
#include "tokenizer/models.h"
#include "tokenizer/precompiled.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"
#include "tokenizer/unigram.h"
#include "tokenizer/vocab_load.h"

/* ---- merges ---- */

typedef struct merge {
  float score;
  uint32_t left_chars, right_chars;
  int32_t left, right, made;
} merge;

typedef struct merges {
  merge *items;
  size_t n, capacity;
} merges;

/* By score, then by the lengths, each from high to low; then in the order of the vocabulary. */
static int compare_merges(const void *a, const void *b) {
  const merge *x = a, *y = b;
  if (x->score != y->score) return x->score < y->score ? 1 : -1;
  if (x->left_chars != y->left_chars) return x->left_chars < y->left_chars ? 1 : -1;
  if (x->right_chars != y->right_chars) return x->right_chars < y->right_chars ? 1 : -1;
  if (x->made != y->made) return x->made < y->made ? -1 : 1;
  if (x->left != y->left) return x->left < y->left ? -1 : 1;
  return (x->right > y->right) - (x->right < y->right);
}

static bool add_cuts(hw_tok_loader *loader, const hw_tok_scored *piece, int32_t id, hw_arena *scratch, merges *list) {
  const hw_tok_vocab *vocab = &loader->tokenizer->vocab;
  hw_tok_string name = piece->name;
  uint32_t n_chars = 0, left_chars = 0;
  for (size_t i = 0; i < name.length; i++) n_chars += ((unsigned char)name.bytes[i] & 0xC0) != 0x80;
  for (size_t i = 0, step; i < name.length; i += step, left_chars++) {
    (void)hw_tok_decode(name.bytes + i, name.length - i, &step);
    if (i == 0) continue;
    int32_t left = hw_tok_vocab_find(vocab, name.bytes, i);
    int32_t right = left < 0 ? -1 : hw_tok_vocab_find(vocab, name.bytes + i, name.length - i);
    if (right < 0) continue;
    if (!hw_list_reserve(list->items, list->n, 1, list->capacity, scratch, loader->err)) return false;
    list->items[list->n++] = (merge){piece->score, left_chars, n_chars - left_chars, left, right, id};
  }
  return true;
}

static bool load_bpe(hw_tok_loader *loader, const hw_tok_scored_model *model) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  hw_arena scratch;
  hw_arena_init(&scratch);
  merges list = {0};
  bool ok = hw_tok_vocab_init(&tokenizer->vocab, &tokenizer->memory, model->n, (int32_t)model->n, loader->err);
  for (size_t i = 0; ok && i < model->n; i++) {
    hw_tok_string name = model->pieces[i].name;
    ok = hw_tok_keep(loader, &name);
    if (ok) hw_tok_vocab_add(&tokenizer->vocab, name.bytes, name.length, (int32_t)i);
  }
  for (size_t i = 0; ok && i < model->n; i++) ok = add_cuts(loader, &model->pieces[i], (int32_t)i, &scratch, &list);
  ok = ok && hw_hash_reserve(&tokenizer->bpe.merges, list.n, &tokenizer->memory, loader->err);
  if (ok && list.n) qsort(list.items, list.n, sizeof *list.items, compare_merges);
  for (size_t i = 0; ok && i < list.n; i++)
    hw_tok_merges_put(&tokenizer->bpe.merges, list.items[i].left, list.items[i].right, (uint32_t)i, list.items[i].made);
  hw_arena_fini(&scratch);
  tokenizer->model = &hw_tok_bpe_model;
  tokenizer->bpe.fuse_unk = true;
  if (ok) hw_tok_index_bytes(tokenizer);
  if (ok) hw_tok_bpe_index(tokenizer);
  return ok;
}

static bool load_unigram(hw_tok_loader *loader, const hw_tok_scored_model *model) {
  loader->tokenizer->model = &hw_tok_unigram_model;
  if (!hw_tok_unigram_begin(loader, model->n)) return false;
  for (size_t i = 0; i < model->n; i++)
    if (!hw_tok_unigram_add(loader, (int32_t)i, model->pieces[i].name, (double)model->pieces[i].score)) return false;
  hw_tok_unigram_end(loader);
  return true;
}

/* ---- pieces that texts are searched for ---- */

static bool check_pieces(hw_tok_loader *loader, const hw_tok_scored_model *model) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  tokenizer->unk = -1;
  if (model->n == 0) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: no pieces", loader->path);
  if (model->n > HW_TOK_MAX_ID) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %zu pieces, want at most %d", loader->path, model->n, HW_TOK_MAX_ID);
  hw_arena scratch;
  hw_arena_init(&scratch);
  hw_tok_vocab seen;
  bool ok = hw_tok_vocab_init(&seen, &scratch, model->n, (int32_t)model->n, loader->err);
  for (size_t i = 0; ok && i < model->n; i++) {
    const hw_tok_scored *piece = &model->pieces[i];
    const char *fault = !piece->name.length                                                                       ? "is empty"
                        : piece->name.length > HW_TOK_LONGEST                                                     ? "is longer than 1024 bytes"
                        : hw_utf8_valid_prefix(piece->name.bytes, piece->name.length) != piece->name.length       ? "is not UTF-8"
                        : !isfinite(piece->score)                                                                 ? "has a score that is no finite number"
                        : hw_tok_vocab_find(&seen, piece->name.bytes, piece->name.length) >= 0                    ? "is there twice"
                        : piece->type == HW_TOK_UNKNOWN && tokenizer->unk >= 0                                    ? "is a second unknown piece"
                                                                                                                  : NULL;
    if (fault) ok = hw_fail(loader->err, HW_ERROR_INPUT, "%s: piece %zu %s", loader->path, i, fault);
    if (ok) hw_tok_vocab_add(&seen, piece->name.bytes, piece->name.length, (int32_t)i);
    if (piece->type == HW_TOK_UNKNOWN) tokenizer->unk = (int32_t)i;
  }
  hw_arena_fini(&scratch);
  return ok && (tokenizer->unk >= 0 || hw_fail(loader->err, HW_ERROR_INPUT, "%s: no piece is the unknown one", loader->path));
}

static bool add_specials(hw_tok_loader *loader, const hw_tok_scored_model *model) {
  for (size_t i = 0; i < model->n; i++) {
    const hw_tok_scored *piece = &model->pieces[i];
    bool special = piece->type == HW_TOK_UNKNOWN || piece->type == HW_TOK_CONTROL;
    hw_tok_added_token token = {.content = piece->name, .id = (int32_t)i, .special = special};
    if ((special || piece->type == HW_TOK_USER_DEFINED) && !hw_tok_added_put(loader, "a piece", token, false)) return false;
  }
  return true;
}

/* ---- normalizer and pre-tokenizer ---- */

static bool add_charsmap(hw_tok_loader *loader, const hw_tok_scored_model *model) {
  hw_tok_steps *steps = &loader->tokenizer->normalizers;
  if (!model->charsmap_length) return true;
  hw_tok_step *step = &steps->items[steps->n++];
  for (size_t i = 0; i < hw_tok_normalizers.n_kinds; i++)
    if (strcmp(hw_tok_normalizers.kinds[i].name, "Precompiled") == 0) step->kind = &hw_tok_normalizers.kinds[i];
  return hw_tok_precompiled_read(loader, "normalizer_spec.precompiled_charsmap", model->charsmap, model->charsmap_length, &step->data);
}

#define MARK "\xE2\x96\x81" /* U+2581 stands for a space */

/* As transformers does it: extra spaces are taken away by two normalizers. LLaMA's BPE gets its prefix from a normalizer, also before a
 * space, and is not cut; others from the pre-tokenizer, not before a space. */
static bool add_steps(hw_tok_loader *loader, const hw_tok_scored_model *model) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  bool prepend = model->bpe && model->add_dummy_prefix && !model->prefix_first_only && !model->charsmap_length;
  const char *scheme = !model->add_dummy_prefix || prepend ? "never" : model->prefix_first_only ? "first" : "always";
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_append_string(&text, "{\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [");
  if (model->remove_extra_whitespaces)
    hw_buffer_append_string(&text, "{\"type\": \"Strip\", \"strip_left\": false, \"strip_right\": true},"
                                   "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \" {2,}\"}, \"content\": \"" MARK "\"}");
  if (prepend)
    hw_buffer_printf(&text, "%s{\"type\": \"Prepend\", \"prepend\": \"" MARK "\"}", model->remove_extra_whitespaces ? "," : "");
  hw_buffer_printf(&text, "]}, \"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\": \"" MARK "\", \"prepend_scheme\": \"%s\", \"split\": %s},",
                   scheme, model->bpe ? "false" : "true");
  hw_buffer_append_string(&text, "\"decoder\": {\"type\": \"Sequence\", \"decoders\": [{\"type\": \"Replace\", \"pattern\": {\"String\": \"" MARK "\"},"
                                 "\"content\": \" \"}, {\"type\": \"ByteFallback\"}]}}");
  bool ok = hw_buffer_check(&text, loader->err);
  json_t *json = ok ? hw_json_parse(loader->path, text.data, text.length, false, loader->err) : NULL;
  ok = json && hw_tok_json_steps(loader, json, &hw_tok_normalizers, &tokenizer->normalizers) &&
       hw_tok_json_steps(loader, json, &hw_tok_pretokenizers, &tokenizer->pretokenizers) &&
       hw_tok_json_steps(loader, json, &hw_tok_decoders, &tokenizer->decoders);
  json_decref(json);
  hw_buffer_fini(&text);
  return ok;
}

bool hw_tok_scored_load(hw_tok_loader *loader, const hw_tok_scored_model *model) {
  loader->tokenizer->byte_fallback = model->byte_fallback;
  return check_pieces(loader, model) && (model->bpe ? load_bpe(loader, model) : load_unigram(loader, model)) && add_specials(loader, model) &&
         add_charsmap(loader, model) && add_steps(loader, model);
}
