/* SPDX-License-Identifier: Apache-2.0
 * Added tokens: strings that are tokens whatever the model would make of them. Those that are not `normalized`
 * are found in the given text, the others in the normalized text between them; always the leftmost, then the longest. */
#include <string.h>
#include <xxhash.h>

#include "base/list.h"
#include "tokenizer/added.h"
#include "tokenizer/category.h"
#include "tokenizer/pieces.h"
#include "tokenizer/state.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"

enum { MOST_ADDED = 1 << 16 }; /* real files have a few thousand at most */

static bool same_content(const hw_tok_added_token *token, const char *bytes, size_t length) {
  return token->content.length == length && memcmp(token->content.bytes, bytes, length) == 0;
}

/* Its index in the list; the number of tokens for none. */
static size_t find(const hw_tok_added *added, const char *bytes, size_t length) {
  if (added->n == 0) return 0;
  hw_hash_entry *entry = hw_hash_find(&added->contents, XXH3_64bits(bytes, length));
  while (entry->value && !same_content(&added->tokens[entry->value - 1], bytes, length)) entry = hw_hash_next(&added->contents, entry);
  return entry->value ? (size_t)entry->value - 1 : added->n;
}

/* The same by id. */
static size_t find_id(const hw_tok_added *added, int32_t id) {
  uint64_t value = added->n ? hw_hash_find(&added->ids, (uint64_t)id)->value : 0;
  return value ? (size_t)value - 1 : added->n;
}

const hw_tok_added_token *hw_tok_added_find(const hw_tokenizer *tokenizer, const char *bytes, size_t length) {
  size_t i = find(&tokenizer->added, bytes, length);
  return i < tokenizer->added.n ? &tokenizer->added.tokens[i] : NULL;
}

static bool append(hw_tok_loader *loader, const hw_tok_added_token *token) {
  hw_tok_added *added = &loader->tokenizer->added;
  if (added->n == MOST_ADDED)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: more than %d added tokens", loader->path, MOST_ADDED);
  hw_arena *memory = &loader->tokenizer->memory;
  if (!hw_list_reserve(added->tokens, added->n, 1, added->capacity, memory, loader->err) ||
      !hw_hash_reserve(&added->contents, 1, memory, loader->err) || !hw_hash_reserve(&added->ids, 1, memory, loader->err))
    return false;
  added->tokens[added->n] = *token;
  if (!hw_tok_keep(loader, &added->tokens[added->n].content)) return false;
  uint64_t hash = XXH3_64bits(token->content.bytes, token->content.length);
  hw_hash_entry *entry = hw_hash_find(&added->contents, hash);
  while (entry->value) entry = hw_hash_next(&added->contents, entry);
  added->n++;
  hw_hash_put(&added->contents, entry, hash, added->n);
  hw_hash_put(&added->ids, hw_hash_find(&added->ids, (uint64_t)token->id), (uint64_t)token->id, added->n);
  if (token->id >= added->end) added->end = token->id + 1;
  return true;
}

bool hw_tok_added_put(hw_tok_loader *loader, const char *where, hw_tok_added_token token, bool outside) {
  const hw_tok_vocab *vocab = &loader->tokenizer->vocab;
  hw_tok_added *added = &loader->tokenizer->added;
  if (token.content.length == 0) return true;
  int32_t known = hw_tok_vocab_find(vocab, token.content.bytes, token.content.length);
  size_t place = find(added, token.content.bytes, token.content.length);
  if (outside && place < added->n) token.id = added->tokens[place].id;
  if (outside && place == added->n && known >= 0) token.id = known;
  if (known >= 0 && known != token.id)
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s: \"%s\" has id %d, want %d as in the vocabulary", loader->path, where,
                   token.content.bytes, (int)token.id, (int)known);
  if (known < 0 && token.id < vocab->size && vocab->names[token.id].bytes)
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s: \"%s\" has id %d, which \"%s\" of the vocabulary has", loader->path, where,
                   token.content.bytes, (int)token.id, vocab->names[token.id].bytes);
  size_t other = find_id(added, token.id);
  if (other != place)
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s: \"%s\" and \"%s\" have the same %s", loader->path, where,
                   added->tokens[place < added->n ? place : other].content.bytes, token.content.bytes,
                   place < added->n ? "content, but other ids" : "id");
  if (place == added->n) return append(loader, &token);
  token.content = added->tokens[place].content;
  added->tokens[place] = token;
  return true;
}

bool hw_tok_added_parse(hw_tok_loader *loader, const json_t *json, const char *where, int32_t id, bool outside) {
  hw_tok_added_token token = {.id = id};
  if (!json_is_object(json)) return hw_tok_json_want(loader, where, "", json, "an object");
  if (!hw_tok_json_string(loader, json, where, "content", true, &token.content)) return false;
  if (!hw_tok_json_bool(loader, json, where, "special", &token.special)) return false;
  token.normalized = !token.special;
  return hw_tok_json_bool(loader, json, where, "normalized", &token.normalized) &&
         hw_tok_json_bool(loader, json, where, "single_word", &token.single_word) &&
         hw_tok_json_bool(loader, json, where, "lstrip", &token.lstrip) && hw_tok_json_bool(loader, json, where, "rstrip", &token.rstrip) &&
         hw_tok_added_put(loader, where, token, outside);
}

/* The id behind all tokens, as Hugging Face's tokenizers give it. */
static int32_t next_id(const hw_tokenizer *tokenizer) {
  int32_t n = (int32_t)tokenizer->vocab.ids.n;
  return tokenizer->added.end > n ? tokenizer->added.end : n;
}

bool hw_tok_added_special(hw_tok_loader *loader, const hw_tok_added_token *token, bool may_add) {
  hw_tok_added *added = &loader->tokenizer->added;
  const hw_tok_vocab *vocab = &loader->tokenizer->vocab;
  hw_tok_added_token found = *token;
  found.special = true;
  size_t place = find(added, token->content.bytes, token->content.length);
  if (place < added->n) return added->tokens[place].special = true;
  found.id = hw_tok_vocab_find(vocab, token->content.bytes, token->content.length);
  if (found.content.length == 0 || (found.id < 0 && !may_add)) return true;
  if (found.id >= 0) return append(loader, &found);
  found.id = next_id(loader->tokenizer);
  if (found.id > HW_TOK_MAX_ID || (found.id < vocab->size && vocab->names[found.id].bytes))
    return hw_fail(loader->err, HW_ERROR_INPUT, "%s: the special token \"%s\" is not in the vocabulary, and the next id %d is taken", loader->path,
                   token->content.bytes, (int)found.id);
  return append(loader, &found);
}

/* ---- the tries ---- */

static bool normalize(hw_tok_run *run, hw_tok_piece *piece) {
  const hw_tok_steps *steps = &run->tokenizer->normalizers;
  for (size_t i = 0; i < steps->n; i++)
    if (piece->length && !steps->items[i].kind->apply.normalize(run, steps->items[i].data, piece)) return false;
  return true;
}

/* A whole string as a piece aligned with itself. */
static bool whole(hw_tok_run *run, hw_tok_string text, hw_tok_piece *piece) {
  *piece = (hw_tok_piece){.id = -1};
  if (!hw_tok_build_begin(run, text.length)) return false;
  for (size_t i = 0, step; i < text.length; i += step) {
    (void)hw_tok_decode(text.bytes + i, text.length - i, &step);
    if (!hw_tok_build_put(run, text.bytes + i, step, (uint32_t)i, (uint32_t)(i + step))) return false;
  }
  hw_tok_build_end(run, piece);
  return true;
}

bool hw_tok_added_build(hw_tokenizer *tokenizer, hw_error *err) {
  hw_tok_added *added = &tokenizer->added;
  size_t left = (size_t)1 << 22; /* bytes of all normalized forms together */
  hw_arena scratch;
  hw_arena_init(&scratch);
  pcre2_match_data *match = pcre2_match_data_create(1, NULL);
  bool ok = match || hw_fail_memory(err, "a match");
  for (size_t i = 0; ok && i < added->n; i++) {
    const hw_tok_added_token *token = &added->tokens[i];
    hw_tok_run run = {.tokenizer = tokenizer, .arena = &scratch, .err = err, .most = left, .match = match};
    hw_tok_piece form;
    if (token->unmatched) continue;
    ok = whole(&run, token->content, &form) && (!token->normalized || normalize(&run, &form)) &&
         (form.length <= HW_TOK_LONGEST ||
          hw_fail(err, HW_ERROR_UNSUPPORTED, "the added token with id %d has %zu bytes, want at most %d", (int)token->id, form.length, HW_TOK_LONGEST)) &&
         (form.length == 0 || hw_tok_trie_add(token->normalized ? &added->normalized : &added->raw, &tokenizer->memory, form.bytes,
                                              form.length, (int32_t)i, false, err)); /* the first of two with one form stays */
    if (ok) left -= form.length < left ? form.length : left;
    hw_arena_reset(&scratch);
  }
  pcre2_match_data_free(match);
  hw_arena_fini(&scratch);
  return ok;
}

/* ---- finding them ---- */

static bool word_before(const hw_tok_piece *piece, size_t at) {
  if (at == 0) return false;
  size_t step, last = hw_tok_last_char(piece->bytes, at);
  return hw_tok_is_word(hw_tok_decode(piece->bytes + last, at - last, &step));
}

static bool word_after(const hw_tok_piece *piece, size_t at) {
  size_t step;
  return at < piece->length && hw_tok_is_word(hw_tok_decode(piece->bytes + at, piece->length - at, &step));
}

static size_t space_before(const hw_tok_piece *piece, size_t at, size_t first) {
  while (at > first) {
    size_t step, last = hw_tok_last_char(piece->bytes, at);
    if (!hw_tok_is_space(hw_tok_decode(piece->bytes + last, at - last, &step))) break;
    at = last;
  }
  return at;
}

static size_t space_after(const hw_tok_piece *piece, size_t at) {
  size_t step;
  while (at < piece->length && hw_tok_is_space(hw_tok_decode(piece->bytes + at, piece->length - at, &step))) at += step;
  return at;
}

static bool cut(hw_tok_run *run, const hw_tok_trie *trie, const hw_tok_piece *piece) {
  const hw_tok_added *added = &run->tokenizer->added;
  size_t done = 0, spaces_end = 0; /* of the spaces that were seen last: a token of spaces must not look at them again */
  for (size_t at = 0; trie->n && at < piece->length;) {
    size_t start = at, end = 0;
    int32_t index = hw_tok_trie_longest(trie, piece->bytes, piece->length, at, &end);
    if (index < 0) {
      at++; /* tokens begin at characters, so a byte within one never matches */
      continue;
    }
    at = end; /* even where the match is discarded, and before rstrip */
    const hw_tok_added_token *token = &added->tokens[index];
    if (token->single_word && (word_before(piece, start) || word_after(piece, end))) continue;
    if (token->lstrip) start = start < done ? done : space_before(piece, start, done); /* not the spaces of the token before */
    if (token->rstrip && end > spaces_end) spaces_end = space_after(piece, end);
    if (token->rstrip) end = spaces_end;
    if (!hw_tok_push_part(run, piece, done, start, -1) || !hw_tok_push_part(run, piece, start, end, token->id)) return false;
    done = end;
  }
  return hw_tok_push_part(run, piece, done, piece->length, -1);
}

static bool cut_raw(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  (void)data;
  return cut(run, &run->tokenizer->added.raw, piece);
}

static bool cut_normalized(hw_tok_run *run, const void *data, hw_tok_piece *piece) {
  (void)data;
  return normalize(run, piece) && cut(run, &run->tokenizer->added.normalized, piece);
}

bool hw_tok_added_extract(hw_tok_run *run) { return hw_tok_pass(run, cut_raw, NULL) && hw_tok_pass(run, cut_normalized, NULL); }
