/* SPDX-License-Identifier: Apache-2.0
 * Opening a folder's tokenizer, encoding, and what can be asked of it. */
#include "headwater/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json_reader.h"
#include "base/model_folder.h"
#include "base/text.h"
#include "tokenizer/added.h"
#include "tokenizer/bpe.h"
#include "tokenizer/config.h"
#include "tokenizer/decoder.h"
#include "tokenizer/emit.h"
#include "tokenizer/gguf_tokens.h"
#include "tokenizer/models.h"
#include "tokenizer/pieces.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/state.h"
#include "tokenizer/steps.h"
#include "tokenizer/unicode.h"
#include "weights/weights.h"

const char *const hw_bos_names[] = {"auto", "yes", "no", NULL};

/* ---- opening ---- */

/* Adds the hash of a file to what the fingerprint is made of. */
static bool hash_file(const char *path, hw_buffer *out, hw_error *err) {
  char hex[HW_HASH_HEX];
  if (!hw_hash_file(path, hex, err)) return false;
  hw_buffer_append_string(out, hex);
  return true;
}

static bool load_added(hw_tok_loader *loader, const json_t *root) {
  const json_t *added = json_object_get(root, "added_tokens");
  if (!added || json_is_null(added)) return true;
  if (!json_is_array(added)) return hw_tok_json_want(loader, "added_tokens", "", added, "an array");
  for (size_t i = 0; i < json_array_size(added); i++) {
    const json_t *token = json_array_get(added, i), *id = json_object_get(token, "id");
    char where[64];
    (void)snprintf(where, sizeof where, "added_tokens[%zu]", i);
    if (!json_is_integer(id)) return hw_tok_json_want(loader, where, "id", id, "an integer");
    json_int_t value = json_integer_value(id);
    if (value < 0 || value > HW_TOK_MAX_ID)
      return hw_fail(loader->err, HW_ERROR_INPUT, "%s: %s has id %lld, want 0 to %d", loader->path, where, (long long)value,
                     HW_TOK_MAX_ID);
    if (!hw_tok_added_parse(loader, token, where, (int32_t)value, false)) return false;
  }
  return true;
}

static bool load_json(hw_tok_loader *loader, const json_t *root) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  hw_tok_string version;
  if (!hw_tok_json_string(loader, root, "", "version", false, &version)) return false;
  if (version.bytes && strcmp(version.bytes, "1.0") != 0)
    return hw_fail(loader->err, HW_ERROR_UNSUPPORTED, "%s: version %s, want 1.0", loader->path, version.bytes);
  return hw_tok_model_load_json(loader, json_object_get(root, "model")) && load_added(loader, root) &&
         hw_tok_json_steps(loader, root, &hw_tok_normalizers, &tokenizer->normalizers) &&
         hw_tok_json_steps(loader, root, &hw_tok_pretokenizers, &tokenizer->pretokenizers) &&
         hw_tok_json_steps(loader, root, &hw_tok_postprocessors, &tokenizer->postprocessors) &&
         hw_tok_json_steps(loader, root, &hw_tok_decoders, &tokenizer->decoders);
}

/* GPT-2's tokenizer.json as far as vocab.json + merges.txt do not say it. */
static bool load_files(hw_tok_loader *loader, const json_t *vocab, const char *merges, bool add_prefix_space) {
  hw_tokenizer *tokenizer = loader->tokenizer;
  json_t *json = json_pack("{s:{s:s,s:b},s:{s:s}}", "pre_tokenizer", "type", "ByteLevel", "add_prefix_space", (int)add_prefix_space,
                           "decoder", "type", "ByteLevel");
  if (!json) return hw_fail_memory(loader->err, "a tokenizer");
  tokenizer->model = &hw_tok_bpe_model;
  bool ok = hw_tok_bpe_load_files(loader, vocab, merges) &&
            hw_tok_json_steps(loader, json, &hw_tok_pretokenizers, &tokenizer->pretokenizers) &&
            hw_tok_json_steps(loader, json, &hw_tok_decoders, &tokenizer->decoders);
  json_decref(json);
  return ok;
}

/* vocab.json and merges.txt do not say how texts are cut: the model type does. Without one, GPT-2's end of text in the vocabulary. */
static bool check_family(const char *model_dir, const char **model_type, const json_t *vocab, hw_error *err) {
  if (!*model_type && json_object_get(vocab, "<|endoftext|>")) *model_type = "gpt2";
  const hw_tok_family *family = hw_tok_family_find(*model_type);
  if (family && family->files) return true;
  hw_buffer known;
  hw_buffer_init(&known);
  hw_tok_family_list(&known);
  hw_fail(err, HW_ERROR_UNSUPPORTED,
          "%s: model type %s has no tokenizer.json, and its vocab.json + merges.txt are not of a known kind (known: %s)", model_dir,
          *model_type ? *model_type : "(none)", known.data ? known.data : "");
  hw_buffer_fini(&known);
  return false;
}

/* ---- which file ---- */

typedef enum file_kind { TOKENIZER_JSON, VOCAB_AND_MERGES, SENTENCEPIECE, GGUF, NO_FILE } file_kind;

typedef struct file_paths {
  char *tokenizer, *vocab, *merges, *pieces, *older_pieces, *model_config, *gguf;
  file_kind kind;     /* of the one that is read */
  const char *chosen; /* one of the above, NULL for none; for VOCAB_AND_MERGES vocab.json */
} file_paths;

/* The first of these that the folder has. */
static bool choose_file(file_paths *paths, const hw_model_folder *folder, hw_error *err) {
  const struct { file_kind kind; const char *path, *beside; } files[] = {{TOKENIZER_JSON, paths->tokenizer, NULL},
                                                                         {VOCAB_AND_MERGES, paths->vocab, paths->merges},
                                                                         {SENTENCEPIECE, paths->pieces, NULL},
                                                                         {SENTENCEPIECE, paths->older_pieces, NULL}};
  for (size_t i = 0; i < HW_TOK_COUNT(files); i++) {
    bool there = false, beside = true;
    if (!hw_file_find(files[i].path, &there, err) || (files[i].beside && !hw_file_find(files[i].beside, &beside, err))) return false;
    if (!there || !beside) continue;
    paths->kind = files[i].kind;
    paths->chosen = files[i].path;
    return true;
  }
  if (!hw_weights_find_gguf(folder->path, folder->file, &paths->gguf, err)) return false;
  paths->kind = paths->gguf ? GGUF : NO_FILE;
  paths->chosen = paths->gguf;
  return true;
}

/* Says which files of another kind lie there, and the way out. */
static bool fail_missing(const char *model_dir, hw_error *err) {
  static const char *const others[] = {"tekken.json", "sentencepiece.bpe.model", "qwen.tiktoken", "vocab.txt"};
  for (size_t i = 0; i < HW_TOK_COUNT(others); i++) {
    char *path = hw_path_join(model_dir, others[i]);
    bool there = path && hw_file_exists(path);
    free(path);
    if (there)
      return hw_fail(err, HW_ERROR_UNSUPPORTED, "%s: no tokenizer.json, but %s, which is not read; "
                     "AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR) in transformers writes tokenizer.json", model_dir, others[i]);
  }
  return hw_fail(err, HW_ERROR_INPUT, "%s: no tokenizer: want tokenizer.json, vocab.json and merges.txt, or tokenizer.model", model_dir);
}

static bool load_tokenizer_json(hw_tok_loader *loader, const hw_tok_config *config, hw_buffer *hashes) {
  json_t *root = hw_json_open(loader->path, true, loader->err);
  bool changed = hw_tok_config_change_prefix(config, root);
  bool ok = root && hash_file(loader->path, hashes, loader->err) && load_json(loader, root);
  if (changed) hw_buffer_printf(hashes, " prefix space %d", config->add_prefix_space);
  json_decref(root);
  return ok;
}

static bool load_vocab_and_merges(hw_tok_loader *loader, const char *model_dir, const char *merges, const char **model_type,
                                  const hw_tok_config *config, hw_buffer *hashes) {
  json_t *root = hw_json_open(loader->path, true, loader->err);
  bool changed = config->add_prefix_space == 1;
  bool ok = root && check_family(model_dir, model_type, root, loader->err) && hash_file(loader->path, hashes, loader->err) &&
            hash_file(merges, hashes, loader->err) && load_files(loader, root, merges, changed);
  if (changed) hw_buffer_printf(hashes, " prefix space %d", config->add_prefix_space);
  json_decref(root);
  return ok;
}

static bool load_pieces(hw_tok_loader *loader, const hw_tok_config *config, hw_buffer *hashes) {
  hw_buffer_printf(hashes, "pieces prefix %d legacy %d ", config->add_prefix_space, config->legacy);
  return hash_file(loader->path, hashes, loader->err) && hw_tok_sentencepiece_load(loader, config);
}

static bool load_model(hw_tokenizer *tokenizer, const char *model_dir, const char **model_type, const file_paths *paths,
                       hw_tok_config *config, hw_buffer *hashes, hw_error *err) {
  hw_tok_loader loader = {tokenizer, paths->chosen, err};
  switch (paths->kind) {
  case TOKENIZER_JSON: return load_tokenizer_json(&loader, config, hashes);
  case VOCAB_AND_MERGES: return load_vocab_and_merges(&loader, model_dir, paths->merges, model_type, config, hashes);
  case SENTENCEPIECE: return load_pieces(&loader, config, hashes);
  case GGUF: return hw_tok_gguf_load(&loader, config, hashes);
  case NO_FILE: break;
  }
  return fail_missing(model_dir, err);
}

static void name_kind(hw_tokenizer *tokenizer) {
  bool metaspace = tokenizer->metaspace || hw_tok_vocab_find(&tokenizer->vocab, "\xE2\x96\x81", 3) >= 0;
  (void)snprintf(tokenizer->kind, sizeof tokenizer->kind, "%s%s%s%s", tokenizer->byte_level ? "byte-level " : "", tokenizer->model->name,
                 metaspace && !tokenizer->byte_level ? " with metaspace" : "",
                 !tokenizer->byte_fallback                      ? ""
                 : metaspace && !tokenizer->byte_level ? " and byte fallback"
                                                       : " with byte fallback");
}

static bool fingerprint(hw_tokenizer *tokenizer, hw_buffer *hashes, hw_error *err) {
  hw_buffer_printf(hashes, " bos %d prefix", (int)tokenizer->bos);
  for (size_t i = 0; i < tokenizer->n_prefix; i++) hw_buffer_printf(hashes, " %d", (int)tokenizer->prefix[i]);
  for (size_t i = 0; i < tokenizer->added.n; i++) {
    const hw_tok_added_token *token = &tokenizer->added.tokens[i];
    hw_buffer_printf(hashes, " added %d %d%d%d%d%d ", (int)token->id, token->single_word, token->lstrip, token->rstrip,
                     token->normalized, token->unmatched);
    hw_buffer_append(hashes, token->content.bytes, token->content.length);
  }
  hw_buffer_printf(hashes, " steps %zu %zu", tokenizer->normalizers.n, tokenizer->pretokenizers.n);
  if (!hw_buffer_check(hashes, err)) return false;
  hw_hash_bytes(hashes->data, hashes->length, tokenizer->fingerprint);
  return true;
}

/* The model_type of config.json into the tokenizer's memory; NULL where no file says one. */
static bool read_model_type(hw_tokenizer *tokenizer, const char *path, const char **model_type, hw_error *err) {
  bool there = false;
  if (!hw_file_find(path, &there, err)) return false;
  if (!there) return true;
  json_t *root = hw_json_open(path, false, err), *type = json_object_get(root, "model_type");
  bool ok = root != NULL;
  if (json_is_string(type)) {
    *model_type = hw_arena_copy(&tokenizer->memory, json_string_value(type), json_string_length(type), err);
    ok = *model_type != NULL;
  }
  json_decref(root);
  return ok;
}

static bool open_all(hw_tokenizer *tokenizer, const char *model_dir, const char *model_type, const file_paths *paths, hw_error *err) {
  hw_tok_config config;
  hw_buffer hashes;
  hw_buffer_init(&hashes);
  bool ok = hw_tok_config_open(tokenizer, model_dir, &config, err) &&
            (model_type || read_model_type(tokenizer, paths->model_config, &model_type, err)) &&
            load_model(tokenizer, model_dir, &model_type, paths, &config, &hashes, err) &&
            hw_tok_config_add(tokenizer, &config, err) &&
            hw_tok_config_apply(tokenizer, model_type, paths->kind != TOKENIZER_JSON, &config, err) &&
            (paths->kind != VOCAB_AND_MERGES || hw_tok_bpe_check_merges(tokenizer, paths->merges, err)) && hw_tok_added_build(tokenizer, err) &&
            hw_tok_pieces_make(tokenizer, err);
  ok = ok && fingerprint(tokenizer, &hashes, err);
  hw_buffer_fini(&hashes);
  hw_tok_config_close(&config);
  if (ok) name_kind(tokenizer);
  return ok;
}

bool hw_tokenizer_open(const char *model_dir, const char *model_type, hw_tokenizer **tokenizer, hw_error *err) {
  *tokenizer = NULL;
  hw_model_folder folder;
  if (!hw_model_folder_find(model_dir, &folder, err)) return false;
  hw_tokenizer *opened = calloc(1, sizeof *opened);
  if (!opened) return hw_model_folder_fini(&folder), hw_fail_memory(err, "a tokenizer");
  hw_arena_init(&opened->memory);
  static const char *const names[] = {"tokenizer.json", "vocab.json", "merges.txt", "tokenizer.model", "spiece.model", "config.json"};
  file_paths paths = {0};
  char **const all[] = {&paths.tokenizer, &paths.vocab, &paths.merges, &paths.pieces, &paths.older_pieces, &paths.model_config};
  bool ok = true;
  for (size_t i = 0; i < HW_TOK_COUNT(all); i++)
    if (!(*all[i] = hw_path_join(folder.path, names[i]))) ok = hw_fail_memory(err, "a path");
  ok = ok && choose_file(&paths, &folder, err) && open_all(opened, folder.path, model_type, &paths, err);
  for (size_t i = 0; i < HW_TOK_COUNT(all); i++) free(*all[i]);
  free(paths.gguf);
  hw_model_folder_fini(&folder);
  if (ok)
    *tokenizer = opened;
  else
    hw_tokenizer_close(opened);
  return ok;
}

void hw_tokenizer_close(hw_tokenizer *tokenizer) {
  if (!tokenizer) return;
  for (const struct hw_tok_code *code = tokenizer->codes; code; code = code->next) pcre2_code_free(code->code);
  hw_arena_fini(&tokenizer->memory);
  free(tokenizer);
}

/* ---- encoding ---- */

/* The text as one piece: every byte of a character is aligned with the whole character. chars[i] is the character that
 * byte i belongs to. */
static bool first_piece(hw_tok_run *run, const char *text, size_t length, uint32_t **chars) {
  uint32_t *from = hw_arena_new(run->arena, uint32_t, length + 1, run->err);
  uint32_t *to = hw_arena_new(run->arena, uint32_t, length + 1, run->err);
  *chars = hw_arena_new(run->arena, uint32_t, length + 1, run->err);
  if (!from || !to || !*chars) return false;
  uint32_t n_chars = 0;
  for (size_t i = 0, step; i < length; i += step, n_chars++) {
    (void)hw_tok_decode(text + i, length - i, &step);
    for (size_t k = i; k < i + step; k++) {
      from[k] = (uint32_t)i;
      to[k] = (uint32_t)(i + step);
      (*chars)[k] = n_chars;
    }
  }
  (*chars)[length] = n_chars;
  hw_tok_piece piece = {.bytes = text, .from = from, .to = to, .length = length, .id = -1};
  bool ok = hw_tok_push(run, &piece);
  hw_tok_pieces pushed = run->next;
  run->next = run->pieces;
  run->pieces = pushed;
  return ok;
}

static bool run_stages(hw_tok_run *run) {
  const hw_tokenizer *tokenizer = run->tokenizer;
  if (!hw_tok_added_extract(run)) return false;
  for (size_t i = 0; i < tokenizer->pretokenizers.n; i++) {
    const hw_tok_step *step = &tokenizer->pretokenizers.items[i];
    if (!hw_tok_pass(run, step->kind->apply.split, step->data)) return false;
  }
  for (size_t i = 0; i < run->pieces.n; i++) {
    const hw_tok_piece *piece = &run->pieces.items[i];
    hw_tok_string value = {piece->bytes, piece->length};
    if (piece->id >= 0 ? !hw_tok_emit(run, piece, 0, piece->length, piece->id, value) : !tokenizer->model->encode(run, piece)) return false;
  }
  return true;
}

/* The post-processor ByteLevel: offsets without the spaces at the ends of a token. */
static void trim(const hw_tokenizer *tokenizer, const hw_tok_token *token, bool first, uint32_t *start, uint32_t *end) {
  uint32_t leading = token->leading, trailing = token->trailing;
  /* A single space at the start of the text is the one that was put there. */
  if ((first || *start == 0) && tokenizer->trim_prefix_space && leading == 1) leading = 0;
  *start = *end - *start < leading ? *end : *start + leading;
  if (trailing > 0 && *end >= trailing) *end = *end - *start < trailing ? *start : *end - trailing;
}

/* The tokens of the run behind those of the prefix, in the caller's arena. */
static bool write_encoding(const hw_tok_run *run, const uint32_t *chars, const int32_t *prefix, size_t n_prefix, hw_arena *arena,
                           hw_encoding *encoding) {
  const hw_tokenizer *tokenizer = run->tokenizer;
  encoding->n = n_prefix + run->n_tokens;
  encoding->ids = hw_arena_new(arena, int32_t, encoding->n, run->err);
  encoding->starts = hw_arena_znew(arena, uint32_t, encoding->n, run->err);
  encoding->ends = hw_arena_znew(arena, uint32_t, encoding->n, run->err);
  if (!encoding->ids || !encoding->starts || !encoding->ends) return false;
  for (size_t i = 0; i < n_prefix; i++) encoding->ids[i] = prefix[i];
  for (size_t i = 0; i < run->n_tokens; i++) {
    const hw_tok_token *token = &run->tokens[i];
    size_t at = n_prefix + i;
    encoding->ids[at] = token->id;
    encoding->starts[at] = chars[token->from];
    encoding->ends[at] = chars[token->to];
    if (tokenizer->trim_offsets && (token->leading || token->trailing))
      trim(tokenizer, token, i == 0, &encoding->starts[at], &encoding->ends[at]);
  }
  return true;
}

static bool encode(const hw_tokenizer *tokenizer, const char *text, size_t length, const int32_t *prefix, size_t n_prefix,
                   bool continuation, hw_arena *arena, hw_encoding *encoding, hw_error *err) {
  enum { LONGEST = 1 << 30, GROWTH = 64, LEAST = 1 << 20 };
  *encoding = (hw_encoding){0};
  if (length > LONGEST) return hw_fail(err, HW_ERROR_PROMPT, "text of %zu bytes, want at most %d", length, LONGEST);
  size_t valid = hw_utf8_valid_prefix(text, length);
  if (valid != length) return hw_fail(err, HW_ERROR_PROMPT, "byte %zu of the text is not UTF-8", valid + 1);
  /* The work needs a hundred times the text: an arena of its own keeps that out of the caller's chunk. */
  hw_arena work;
  hw_arena_init(&work);
  hw_tok_run run = {.tokenizer = tokenizer, .arena = &work, .err = err, .continuation = continuation, .most = LEAST + GROWTH * length};
  uint32_t *chars = NULL;
  run.match = pcre2_match_data_create(1, NULL);
  bool ok = run.match || hw_fail_memory(err, "a match");
  ok = ok && first_piece(&run, text, length, &chars) && run_stages(&run) &&
       write_encoding(&run, chars, prefix, n_prefix, arena, encoding);
  pcre2_match_data_free(run.match);
  hw_arena_fini(&work);
  return ok;
}

bool hw_tokenizer_encode(const hw_tokenizer *tokenizer, const char *text, size_t length, hw_bos bos, hw_arena *arena,
                         hw_encoding *encoding, hw_error *err) {
  int32_t prefix[HW_TOK_MAX_PREFIX + 1];
  size_t n_prefix = 0;
  bool has = tokenizer->n_prefix && tokenizer->bos >= 0 && tokenizer->prefix[0] == tokenizer->bos;
  if (bos == HW_BOS_YES && !has && tokenizer->bos >= 0) prefix[n_prefix++] = tokenizer->bos;
  for (size_t i = 0; bos != HW_BOS_NO && i < tokenizer->n_prefix; i++) prefix[n_prefix++] = tokenizer->prefix[i];
  if (!encode(tokenizer, text, length, prefix, n_prefix, false, arena, encoding, err)) return false;
  encoding->has_bos = encoding->n && encoding->ids[0] == tokenizer->bos;
  encoding->double_bos = n_prefix && encoding->n > n_prefix && encoding->has_bos && encoding->ids[n_prefix] == tokenizer->bos;
  if (encoding->double_bos && bos == HW_BOS_YES && !has) { /* asked for one: the text's own will do */
    encoding->ids++;
    encoding->starts++;
    encoding->ends++;
    encoding->n--;
    encoding->has_bos = encoding->ids[0] == tokenizer->bos;
    encoding->double_bos = false;
  }
  return true;
}

bool hw_tokenizer_encode_continuation(const hw_tokenizer *tokenizer, const char *text, size_t length, hw_arena *arena,
                                      hw_encoding *encoding, hw_error *err) {
  return encode(tokenizer, text, length, NULL, 0, true, arena, encoding, err);
}

/* ---- questions ---- */

bool hw_tokenizer_piece(const hw_tokenizer *tokenizer, int32_t id, const char **bytes, size_t *length) {
  *bytes = NULL;
  *length = 0;
  if (id < 0 || id >= tokenizer->size || !tokenizer->pieces[id].bytes) return false;
  *bytes = tokenizer->pieces[id].bytes;
  *length = tokenizer->pieces[id].length;
  return true;
}

bool hw_tokenizer_is_special(const hw_tokenizer *tokenizer, int32_t id) {
  return id >= 0 && id < tokenizer->size && tokenizer->special[id];
}

int32_t hw_tokenizer_size(const hw_tokenizer *tokenizer) { return tokenizer->size; }

const char *hw_tokenizer_kind(const hw_tokenizer *tokenizer) { return tokenizer->kind; }

int32_t hw_tokenizer_bos_id(const hw_tokenizer *tokenizer, hw_bos bos) {
  if (bos == HW_BOS_NO) return -1;
  if (bos == HW_BOS_YES && tokenizer->bos >= 0) return tokenizer->bos;
  return tokenizer->n_prefix ? tokenizer->prefix[0] : -1;
}

const char *hw_tokenizer_fingerprint(const hw_tokenizer *tokenizer) { return tokenizer->fingerprint; }
