/* SPDX-License-Identifier: Apache-2.0 */
#include "tokenizer/unigram.h"

#include <math.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/real.h"
#include "tokenizer/emit.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"
#include "tokenizer/vocab_load.h"

/* The best way to a place of the text. */
typedef struct hw_tok_node {
  double score;
  uint32_t start; /* of the last token; NOWHERE: not reached */
  uint32_t next;  /* on the best way to the end of the text: the end of the token that begins here */
  int32_t id;
} hw_tok_node;

static const uint32_t NOWHERE = UINT32_MAX;
static const double UNK_PENALTY = 10; /* below the lowest score of the vocabulary */

/* ---- the vocabulary ---- */

bool hw_tok_unigram_begin(hw_tok_loader *loader, size_t n) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  if (n == 0) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: the vocabulary is empty", loader->path);
  if (n > HW_TOK_MAX_ID) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %zu tokens, want at most %d", loader->path, n, HW_TOK_MAX_ID);
  tokenizer->unigram.scores = hw_arena_znew(&tokenizer->memory, double, n, loader->err);
  tokenizer->unigram.unk_score = INFINITY;
  return tokenizer->unigram.scores && hw_tok_vocab_init(&tokenizer->vocab, &tokenizer->memory, n, (int32_t)n, loader->err);
}

bool hw_tok_unigram_add(hw_tok_loader *loader, int32_t id, hw_tok_string name, double score) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  hw_tok_unigram *unigram = &tokenizer->unigram;
  if (!isfinite(score)) return hw_fail(loader->err, HW_ERROR_INPUT, "%s: token %d has a score that is no finite number", loader->path, (int)id);
  if (name.length > HW_TOK_LONGEST)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: token %d has %zu bytes, want at most %d", loader->path, (int)id, name.length,
                   HW_TOK_LONGEST);
  if (!hw_tok_keep(loader, &name)) return false;
  hw_tok_vocab_replace(&tokenizer->vocab, name.bytes, name.length, id);
  unigram->scores[id] = score;
  if (score < unigram->unk_score) unigram->unk_score = score;
  return name.length == 0 || hw_tok_trie_add(&unigram->trie, &tokenizer->memory, name.bytes, name.length, id, true, loader->err);
}

void hw_tok_unigram_end(hw_tok_loader *loader) {
  loader->tokenizer->unigram.unk_score -= UNK_PENALTY;
  hw_tok_index_bytes(loader->tokenizer);
}

/* A score as Hugging Face's library reads it from JSON: the digits as an integer, times or over a power of ten, each rounded. The last bit
 * decides between ways that would be equal, such as those through a run of one character. */
static bool read_score(const json_t *json, double *score, hw_error *err) {
  hw_buffer text;
  hw_buffer_init(&text);
  hw_format_double(&text, json_number_value(json));
  uint64_t digits = 0;
  int exponent = 0, written = 0;
  bool point = false, negative = false;
  for (size_t i = 0; i < text.length; i++) {
    char c = text.data[i];
    if (c == '-') negative = true;
    if (c == '.') point = true;
    if (c == 'e') {
      written = atoi(text.data + i + 1);
      break;
    }
    if (c < '0' || c > '9') continue;
    digits = 10 * digits + (uint64_t)(c - '0'); /* 17 digits at most */
    exponent -= point;
  }
  bool ok = hw_buffer_check(&text, err);
  hw_buffer_fini(&text);
  exponent += written;
  double value = exponent < 0 ? (double)digits / hw_pow(10, -exponent) : (double)digits * hw_pow(10, exponent);
  *score = negative ? -value : value;
  return ok;
}

bool hw_tok_unigram_load_json(hw_tok_loader *loader, const json_t *model) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  const json_t *vocab = json_object_get(model, "vocab"), *unk = json_object_get(model, "unk_id");
  if (!json_is_array(vocab)) return hw_tok_json_want(loader, "model", "vocab", vocab, "an array of [token, score]");
  const size_t n = json_array_size(vocab);
  tokenizer->unk = -1;
  if (unk && !json_is_null(unk)) {
    json_int_t id = json_integer_value(unk);
    if (!json_is_integer(unk)) return hw_tok_json_want(loader, "model", "unk_id", unk, "an integer or null");
    if (id < 0 || (uint64_t)id >= n)
      return hw_fail(loader->err, HW_ERROR_INPUT, "%s: model.unk_id is %lld, which no token of model.vocab has", loader->path, (long long)id);
    tokenizer->unk = (int32_t)id;
  }
  if (!hw_tok_unigram_begin(loader, n)) return false;
  for (size_t i = 0; i < n; i++) {
    const json_t *pair = json_array_get(vocab, i), *name = json_array_get(pair, 0), *score = json_array_get(pair, 1);
    if (json_array_size(pair) != 2 || !json_is_string(name) || !json_is_number(score))
      return hw_fail(loader->err, HW_ERROR_INPUT, "%s: model.vocab[%zu] is not [token, score]", loader->path, i);
    hw_tok_string bytes = {json_string_value(name), json_string_length(name)};
    double value;
    if (!read_score(score, &value, loader->err) || !hw_tok_unigram_add(loader, (int32_t)i, bytes, value)) return false;
  }
  if (!hw_tok_json_bool(loader, model, "model", "byte_fallback", &tokenizer->byte_fallback)) return false;
  hw_tok_unigram_end(loader);
  return true;
}

/* ---- encoding ---- */

static bool reserve(hw_tok_run *run, size_t places) {
  if (places <= run->lattice.capacity) return true;
  size_t capacity = places < 256 ? 256 : 2 * places;
  run->lattice.nodes = hw_arena_new(run->arena, hw_tok_node, capacity, run->err);
  run->lattice.capacity = run->lattice.nodes ? capacity : 0;
  return run->lattice.nodes != NULL;
}

/* Of equal ways the first stays, whose last token is longer. */
static bool is_better(const hw_tok_node *node, double score) { return node->start == NOWHERE || score > node->score; }

/* Every place behind a character is reached, by that character as the unknown token if by nothing else. */
static bool find_best(hw_tok_run *run, const hw_tok_piece *piece) {
  const hw_tokenizer *tokenizer = run->tokenizer;
  hw_tok_node *nodes = run->lattice.nodes;
  const hw_tok_unigram *unigram = &tokenizer->unigram;
  nodes[0].score = 0;
  for (size_t i = 1; i <= piece->length; i++) nodes[i].start = NOWHERE;
  for (size_t start = 0, step; start < piece->length; start += step) {
    const double score = nodes[start].score;
    bool single = false;
    (void)hw_tok_decode(piece->bytes + start, piece->length - start, &step);
    uint32_t at = unigram->trie.first[(unsigned char)piece->bytes[start]];
    for (size_t end = start + 1; at; end++) {
      int32_t id = unigram->trie.values[at];
      if (id >= 0) {
        double sum = score + unigram->scores[id];
        if (is_better(&nodes[end], sum)) nodes[end] = (hw_tok_node){.score = sum, .start = (uint32_t)start, .id = id};
        single = single || end - start == step;
      }
      if (end == piece->length) break;
      at = hw_tok_trie_child(&unigram->trie, at, (unsigned char)piece->bytes[end]);
    }
    double unknown = score + unigram->unk_score;
    if (single || !is_better(&nodes[start + step], unknown)) continue;
    if (tokenizer->unk < 0) return hw_tok_fail_unknown(run, piece->bytes + start, step);
    nodes[start + step] = (hw_tok_node){.score = unknown, .start = (uint32_t)start, .id = tokenizer->unk};
  }
  return true;
}

/* A text that the best way calls unknown: a token all the same if it is one, else its bytes, else the unknown token. */
static bool emit_unknown(hw_tok_run *run, const hw_tok_piece *piece, size_t start, size_t end) {
  const hw_tokenizer *tokenizer = run->tokenizer;
  hw_tok_string value = {piece->bytes + start, end - start};
  int32_t id = hw_tok_vocab_find(&tokenizer->vocab, value.bytes, value.length);
  bool bytes = id < 0;
  for (size_t i = 0; i < value.length; i++) bytes = bytes && tokenizer->byte_ids[(unsigned char)value.bytes[i]] >= 0;
  for (size_t i = 0; bytes && i < value.length; i++) {
    int32_t byte = tokenizer->byte_ids[(unsigned char)value.bytes[i]];
    if (!hw_tok_emit(run, piece, start, end, byte, tokenizer->vocab.names[byte])) return false;
  }
  return bytes || hw_tok_emit(run, piece, start, end, id < 0 ? tokenizer->unk : id, value);
}

bool hw_tok_unigram_encode(hw_tok_run *run, const hw_tok_piece *piece) {
  const hw_tokenizer *tokenizer = run->tokenizer;
  if (!reserve(run, piece->length + 1) || !find_best(run, piece)) return false;
  hw_tok_node *nodes = run->lattice.nodes;
  for (size_t at = piece->length; at > 0; at = nodes[at].start) nodes[nodes[at].start].next = (uint32_t)at;
  for (size_t at = 0, end; at < piece->length; at = end) {
    end = nodes[at].next;
    int32_t id = nodes[end].id;
    bool unknown = id == tokenizer->unk;
    while (unknown && end < piece->length && nodes[nodes[end].next].id == id) end = nodes[end].next; /* one token for all of them */
    hw_tok_string value = {piece->bytes + at, end - at};
    if (unknown ? !emit_unknown(run, piece, at, end) : !hw_tok_emit(run, piece, at, end, id, value)) return false;
  }
  return true;
}
