/* SPDX-License-Identifier: Apache-2.0
 * What the files of the tokenizer share. A text goes through the stages of Hugging Face's tokenizers:
 * added tokens found in the raw text -> normalizers -> added tokens found in the normalized text ->
 * pre-tokenizers -> model (BPE) -> post-processors.
 * Between the stages a text is a list of pieces, each with an alignment to the bytes that were given. */
#ifndef HEADWATER_MODEL_TOKENIZER_INTERNAL_H
#define HEADWATER_MODEL_TOKENIZER_INTERNAL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <jansson.h>
#include <pcre2.h>
#include <stddef.h>
#include <stdint.h>

#include "headwater/arena.h"
#include "headwater/buffer.h"
#include "headwater/error.h"
#include "headwater/tokenizer.h"

#define HW_TOK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- vocab.c: strings to ids, pairs of ids to merges ------------------------------------------- */

enum { HW_TOK_MAX_ID = (1 << 24) - 1 }; /* far above any real vocabulary; bounds what a hostile file can ask for */

typedef struct hw_tok_string {
  const char *bytes; /* NULL where an id has no token */
  size_t length;
} hw_tok_string;

typedef struct hw_tok_vocab {
  hw_tok_string *names; /* [size] by id */
  uint32_t *slots;      /* [mask + 1] id + 1, 0 for an empty slot */
  size_t mask;
  int32_t size; /* one more than the highest id */
  size_t n;     /* tokens */
} hw_tok_vocab;

/* Room for n tokens with ids below size. */
bool hw_tok_vocab_init(hw_tok_vocab *vocab, hw_arena *arena, size_t n, int32_t size, hw_error *err);
/* The bytes are borrowed. The caller has made sure that neither the name nor the id is taken. */
void hw_tok_vocab_add(hw_tok_vocab *vocab, const char *bytes, size_t length, int32_t id);
int32_t hw_tok_vocab_find(const hw_tok_vocab *vocab, const char *bytes, size_t length); /* -1: none */

typedef struct hw_tok_merge {
  uint64_t pair; /* left id + 1 in the upper half, right id in the lower; 0 for an empty slot */
  uint32_t rank;
  int32_t id; /* of the merged token */
} hw_tok_merge;

typedef struct hw_tok_merges {
  hw_tok_merge *slots; /* [mask + 1] */
  size_t mask;
} hw_tok_merges;

bool hw_tok_merges_init(hw_tok_merges *merges, hw_arena *arena, size_t n, hw_error *err);
/* A pair that is there already gets the later rank, as in Hugging Face's map. */
void hw_tok_merges_put(hw_tok_merges *merges, int32_t left, int32_t right, uint32_t rank, int32_t id);

static inline uint64_t hw_tok_pair(int32_t left, int32_t right) {
  return (uint64_t)((uint32_t)left + 1U) << 32 | (uint32_t)right;
}
static inline size_t hw_tok_pair_hash(uint64_t pair) {
  uint64_t mixed = pair * UINT64_C(0x9E3779B97F4A7C15);
  return (size_t)(mixed ^ mixed >> 29);
}
static inline const hw_tok_merge *hw_tok_merges_find(const hw_tok_merges *merges, int32_t left, int32_t right) {
  uint64_t pair = hw_tok_pair(left, right);
  for (size_t i = hw_tok_pair_hash(pair) & merges->mask;; i = (i + 1) & merges->mask) {
    if (merges->slots[i].pair == pair) return &merges->slots[i];
    if (!merges->slots[i].pair) return NULL;
  }
}

/* ---- the model --------------------------------------------------------------------------------- */

enum { HW_TOK_DIRECT = 0x200 }; /* code points that find their token by index: covers the byte-level alphabet */

typedef struct hw_tok_bpe {
  hw_tok_vocab vocab;
  hw_tok_merges merges;
  int32_t direct[HW_TOK_DIRECT]; /* token of the single code point, -1 for none */
  int32_t byte_ids[256];         /* of "<0x00>" ..., -1 where there is none; all -1 without byte_fallback */
  int32_t unk;                   /* -1: none */
  bool byte_fallback, fuse_unk, ignore_merges;
} hw_tok_bpe;

/* ---- steps: the components of tokenizer.json, each kind a row of its stage's table ---------------- */

typedef struct hw_tok_loader hw_tok_loader;
typedef struct hw_tok_run hw_tok_run;
typedef struct hw_tok_piece hw_tok_piece;

typedef struct hw_tok_kind {
  const char *name; /* "type" in tokenizer.json */
  /* Reads the settings; `where` names the item for errors. */
  bool (*parse)(hw_tok_loader *loader, const json_t *json, const char *where, void **data);
  union {
    bool (*normalize)(hw_tok_run *run, const void *data, hw_tok_piece *piece); /* changes the piece */
    bool (*split)(hw_tok_run *run, const void *data, hw_tok_piece *piece);     /* pushes parts on run->next */
    bool (*decode)(const void *data, const char *bytes, size_t length, hw_buffer *out); /* one token */
  } apply;
} hw_tok_kind;

typedef struct hw_tok_step {
  const hw_tok_kind *kind;
  void *data;
} hw_tok_step;

enum { HW_TOK_MAX_STEPS = 32 };
typedef struct hw_tok_steps {
  hw_tok_step items[HW_TOK_MAX_STEPS];
  size_t n;
} hw_tok_steps;

typedef struct hw_tok_stage {
  const char *title;    /* key in tokenizer.json: "normalizer" */
  const char *children; /* key of the list in a Sequence: "normalizers" */
  const hw_tok_kind *kinds;
  size_t n_kinds;
} hw_tok_stage;

extern const hw_tok_stage hw_tok_normalizers;     /* normalizer.c */
extern const hw_tok_stage hw_tok_pretokenizers;   /* pretokenizer.c */
extern const hw_tok_stage hw_tok_postprocessors;  /* postprocessor.c */
extern const hw_tok_stage hw_tok_decoders;        /* decoder.c */

/* ---- json.c: reading untrusted JSON -------------------------------------------------------------- */

struct hw_tok_loader {
  hw_tokenizer *tokenizer; /* being filled */
  const char *path;        /* of the file being read, for errors */
  hw_error *err;
};

bool hw_tok_json_want(const hw_tok_loader *loader, const char *where, const char *key, const json_t *found, const char *wanted);
/* Absent or null leaves *value as it was. */
bool hw_tok_json_bool(const hw_tok_loader *loader, const json_t *object, const char *where, const char *key, bool *value);
/* Absent or null leaves NULL when not required. The bytes belong to the JSON tree. */
bool hw_tok_json_string(const hw_tok_loader *loader, const json_t *object, const char *where, const char *key, bool required,
                        hw_tok_string *value);
bool hw_tok_json_steps(hw_tok_loader *loader, const json_t *root, const hw_tok_stage *stage, hw_tok_steps *steps);
bool hw_tok_no_settings(hw_tok_loader *loader, const json_t *json, const char *where, void **data); /* a parse that reads nothing */
bool hw_tok_keep(hw_tok_loader *loader, hw_tok_string *value); /* copies the bytes into the tokenizer's arena */

/* ---- pattern.c, regex.c -------------------------------------------------------------------------- */

typedef struct hw_tok_pattern {
  enum { HW_TOK_LITERAL, HW_TOK_REGEX, HW_TOK_NUMERIC } type;
  hw_tok_string literal;
  pcre2_code *code; /* owned by the tokenizer's list */
  bool jit;
} hw_tok_pattern;

typedef enum hw_tok_behavior {
  HW_TOK_REMOVED,
  HW_TOK_ISOLATED,
  HW_TOK_MERGED_WITH_PREVIOUS,
  HW_TOK_MERGED_WITH_NEXT,
  HW_TOK_CONTIGUOUS,
} hw_tok_behavior;

/* Reads {"String": s} or {"Regex": r} (or a bare string) under `key`. */
bool hw_tok_pattern_parse(hw_tok_loader *loader, const json_t *object, const char *where, const char *key,
                          hw_tok_pattern *pattern);
bool hw_tok_pattern_compile(hw_tok_loader *loader, const char *regex, size_t length, const char *where, hw_tok_pattern *pattern);

/* Oniguruma's syntax (Ruby's) into PCRE2's, with the same meaning; refuses what it cannot. */
bool hw_tok_regex_translate(const char *regex, size_t length, hw_buffer *out, const char **refused);

typedef struct hw_tok_matcher {
  const hw_tok_pattern *pattern;
  const char *bytes;
  size_t length, position;
  size_t last_end; /* of the last match, SIZE_MAX before the first */
} hw_tok_matcher;
void hw_tok_matcher_init(hw_tok_matcher *matcher, const hw_tok_pattern *pattern, const hw_tok_piece *piece);
/* 1: a match; 0: no more; -1: failed, err filled. */
int hw_tok_matcher_next(hw_tok_run *run, hw_tok_matcher *matcher, size_t *start, size_t *end);

/* Cuts the piece at the matches and pushes the parts. */
bool hw_tok_split(hw_tok_run *run, const hw_tok_piece *piece, const hw_tok_pattern *pattern, hw_tok_behavior behavior,
                  bool invert);

/* ---- pieces.c: text with its alignment ------------------------------------------------------------- */

/* A run of normalized text. from/to give for each of its bytes the bytes of the given text that its
 * character came from; all bytes of one character have the same. */
struct hw_tok_piece {
  const char *bytes;
  const uint32_t *from, *to;
  size_t length;
  uint32_t origin; /* where the piece begins in the given text */
  int32_t id;      /* of an added token, -1 for text */
};

typedef struct hw_tok_pieces {
  hw_tok_piece *items;
  size_t n, capacity;
} hw_tok_pieces;

typedef struct hw_tok_token {
  int32_t id;
  uint32_t from, to;           /* bytes of the given text */
  uint32_t leading, trailing;  /* spaces that trim_offsets takes away */
} hw_tok_token;

/* One call of encode. */
struct hw_tok_run {
  const hw_tokenizer *tokenizer;
  hw_arena *arena;
  hw_error *err;
  bool continuation; /* nothing is put before the text */
  hw_tok_pieces pieces, next;
  pcre2_match_data *match;
  hw_tok_token *tokens;
  size_t n_tokens, tokens_capacity;
  struct { /* text that a step is building */
    char *bytes;
    uint32_t *from, *to;
    size_t start, length, capacity; /* the current piece is [start, length) */
  } build;
  struct { /* scratch of the merge loop */
    struct hw_tok_symbol *symbols;
    struct hw_tok_candidate *heap;
    size_t capacity; /* symbols */
  } scratch;
};

bool hw_tok_grow(hw_tok_run *run, void **items, size_t n, size_t *capacity, size_t size);
bool hw_tok_push(hw_tok_run *run, const hw_tok_piece *piece);                                /* on run->next, unless empty */
bool hw_tok_push_part(hw_tok_run *run, const hw_tok_piece *piece, size_t start, size_t end, int32_t id);
/* Applies a split to each piece that is text; run->pieces becomes the result. */
bool hw_tok_pass(hw_tok_run *run, bool (*split)(hw_tok_run *, const void *, hw_tok_piece *), const void *data);

bool hw_tok_build_begin(hw_tok_run *run, size_t expected);
bool hw_tok_build_grow(hw_tok_run *run, size_t more);
void hw_tok_build_end(hw_tok_run *run, hw_tok_piece *piece); /* the piece becomes what was built */
static inline bool hw_tok_build_put(hw_tok_run *run, const char *bytes, size_t n, uint32_t from, uint32_t to) {
  if (run->build.capacity - run->build.length < n && !hw_tok_build_grow(run, n)) return false;
  for (size_t i = 0; i < n; i++) {
    run->build.bytes[run->build.length] = bytes[i];
    run->build.from[run->build.length] = from;
    run->build.to[run->build.length++] = to;
  }
  return true;
}

/* Rewrites a piece character by character, keeping the alignment as NormalizedString::transform does. */
typedef struct hw_tok_rewrite {
  hw_tok_piece piece; /* as it was */
  size_t offset;      /* next of its characters to be replaced */
} hw_tok_rewrite;
bool hw_tok_rewrite_begin(hw_tok_run *run, hw_tok_rewrite *rewrite, const hw_tok_piece *piece);
/* change 0: stands for the next character; < 0: and for -change more; > 0: inserted, aligned as the one before. */
bool hw_tok_rewrite_put(hw_tok_run *run, hw_tok_rewrite *rewrite, uint32_t code_point, int change);
/* Puts content before the first character, which it shares the alignment of. */
bool hw_tok_prepend(hw_tok_run *run, hw_tok_piece *piece, hw_tok_string content);
bool hw_tok_replace(hw_tok_run *run, hw_tok_piece *piece, const hw_tok_pattern *pattern, hw_tok_string content);

/* ---- unicode.c ------------------------------------------------------------------------------------- */

uint32_t hw_tok_decode(const char *bytes, size_t left, size_t *step); /* of valid UTF-8, left > 0 */
size_t hw_tok_encode(uint32_t code_point, char out[4]);
size_t hw_tok_last_char(const char *bytes, size_t length); /* where the last character begins */
bool hw_tok_is_space(uint32_t code_point);   /* White_Space */
bool hw_tok_is_numeric(uint32_t code_point); /* Nd, Nl, No */
bool hw_tok_is_word(uint32_t code_point);    /* \w of Rust's regex */
bool hw_tok_normal_form(hw_tok_run *run, hw_tok_piece *piece, bool compatible, bool compose);
bool hw_tok_lowercase(hw_tok_run *run, const void *data, hw_tok_piece *piece);

/* ---- byte_level.c ------------------------------------------------------------------------------------ */

uint32_t hw_tok_byte_char(unsigned char byte);          /* the code point that stands for a byte */
bool hw_tok_char_byte(uint32_t code_point, unsigned char *byte);
bool hw_tok_byte_level(hw_tok_run *run, const void *data, hw_tok_piece *piece); /* as a normalizer */
extern const char hw_tok_gpt2_regex[];

/* ---- added.c ------------------------------------------------------------------------------------------ */

typedef struct hw_tok_added_token {
  hw_tok_string content; /* owned by the arena */
  int32_t id;
  bool single_word, lstrip, rstrip, normalized, special;
  bool unmatched; /* special by name only: not looked for in texts */
} hw_tok_added_token;

typedef struct hw_tok_trie_node {
  uint32_t child, sibling; /* 0: none */
  int32_t token;           /* index into the added tokens, -1: none */
  unsigned char byte;
} hw_tok_trie_node;

typedef struct hw_tok_trie {
  hw_tok_trie_node *nodes;
  uint32_t n, capacity;
  uint32_t root[256]; /* node by first byte */
} hw_tok_trie;

typedef struct hw_tok_added {
  hw_tok_added_token *tokens;
  size_t n, capacity;
  hw_tok_trie raw, normalized;
} hw_tok_added;

bool hw_tok_added_parse(hw_tok_loader *loader, const json_t *json, const char *where, int32_t id);
/* Adds a token unless its content is there; its id comes from the vocabulary, without one it is left out. */
bool hw_tok_added_special(hw_tok_loader *loader, const hw_tok_added_token *token);
bool hw_tok_added_build(hw_tokenizer *tokenizer, hw_error *err); /* the tries, once all are known */
const hw_tok_added_token *hw_tok_added_find(const hw_tokenizer *tokenizer, const char *bytes, size_t length);
bool hw_tok_added_extract(hw_tok_run *run); /* run->pieces: the whole text becomes texts and tokens, normalized */

/* ---- bpe.c, bpe_load.c ----------------------------------------------------------------------------------- */

bool hw_tok_bpe_encode(hw_tok_run *run, const hw_tok_piece *piece); /* appends to run->tokens */
bool hw_tok_emit(hw_tok_run *run, const hw_tok_piece *piece, size_t start, size_t end, int32_t id, hw_tok_string value);
bool hw_tok_bpe_load_json(hw_tok_loader *loader, const json_t *model);
bool hw_tok_bpe_load_files(hw_tok_loader *loader, const json_t *vocab, const char *merges_path);

/* ---- config.c: special tokens and BOS ---------------------------------------------------------------------- */

typedef struct hw_tok_family {
  const char *model_type;
  const char *bos;
  bool add_bos;           /* by the tokenizer, where its files do not say */
  bool files;             /* vocab.json + merges.txt are byte-level BPE with GPT-2's pattern */
  const char *special[4]; /* found in texts */
  const char *named[2];   /* special, but not found in texts */
} hw_tok_family;
const hw_tok_family *hw_tok_family_find(const char *model_type); /* NULL: not in the table */
void hw_tok_family_list(hw_buffer *out);                         /* those with `files` */

typedef struct hw_tok_config {
  hw_tok_string bos, tokenizer_class;
  bool has_bos_key;          /* bos_token is there, perhaps null */
  int add_bos;               /* -1: not said */
  bool add_prefix_space;
} hw_tok_config;
/* tokenizer_config.json and special_tokens_map.json of the folder, where they are; adds their special tokens. */
bool hw_tok_config_load(hw_tokenizer *tokenizer, const char *model_dir, bool from_files, hw_tok_config *config, hw_error *err);
bool hw_tok_config_apply(hw_tokenizer *tokenizer, const char *model_type, bool from_files, const hw_tok_config *config,
                         hw_error *err);

/* ---- decoder.c ------------------------------------------------------------------------------------------------ */
bool hw_tok_pieces_make(hw_tokenizer *tokenizer, hw_error *err); /* tokenizer->pieces */

/* ---- the tokenizer ---------------------------------------------------------------------------------------------- */

enum { HW_TOK_MAX_PREFIX = 8 };

struct hw_tokenizer {
  hw_arena memory; /* owns all that is below */
  hw_tok_bpe bpe;
  hw_tok_steps normalizers, pretokenizers, postprocessors, decoders;
  hw_tok_added added;
  int32_t prefix[HW_TOK_MAX_PREFIX]; /* what the files put before a text */
  size_t n_prefix;
  int32_t bos;                       /* -1: none */
  bool trim_offsets, trim_prefix_space; /* post-processor ByteLevel */
  bool trim_after_prefix;               /* it comes after the template */
  bool byte_level;                      /* bytes are written in GPT-2's alphabet */
  bool metaspace;
  int32_t size;
  hw_tok_string *pieces; /* [size] */
  bool *special;         /* [size] */
  char kind[96];
  char fingerprint[33];
  struct hw_tok_code {
    pcre2_code *code;
    struct hw_tok_code *next;
  } *codes; /* to be freed */
};

#endif
