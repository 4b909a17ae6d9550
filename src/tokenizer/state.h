/* SPDX-License-Identifier: Apache-2.0
 * What the files of the tokenizer share: types alone. A text goes through the stages of Hugging Face's tokenizers:
 * added tokens found in the raw text -> normalizers -> added tokens found in the normalized text ->
 * pre-tokenizers -> model -> post-processors.
 * Between the stages a text is a list of pieces, each with an alignment to the bytes that were given. */
#ifndef HW_TOKENIZER_STATE_H
#define HW_TOKENIZER_STATE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <jansson.h>
#include <pcre2.h>

#include "headwater/buffer.h"
#include "headwater/tokenizer.h"
#include "tokenizer/trie.h"
#include "tokenizer/vocab.h"

/* ---- the model: one of the kinds in models.c ---- */

typedef struct hw_tok_loader hw_tok_loader;
typedef struct hw_tok_run hw_tok_run;
typedef struct hw_tok_piece hw_tok_piece;

typedef struct hw_tok_model {
  const char *name; /* "type" in tokenizer.json */
  bool (*load)(hw_tok_loader *loader, const json_t *json);
  bool (*encode)(hw_tok_run *run, const hw_tok_piece *piece); /* appends to run->tokens */
} hw_tok_model;

enum { HW_TOK_DIRECT = 0x200 }; /* code points that find their token by index: covers the byte-level alphabet */

typedef struct hw_tok_bpe {
  hw_hash_table merges;
  int32_t direct[HW_TOK_DIRECT]; /* token of the single code point, -1 for none */
  bool fuse_unk, ignore_merges;
} hw_tok_bpe;

typedef struct hw_tok_wordpiece {
  hw_tok_trie first, later; /* tokens that begin a word, tokens that continue it (without the prefix) */
  uint64_t max_chars;       /* a longer word is unknown */
} hw_tok_wordpiece;

typedef struct hw_tok_unigram {
  hw_tok_trie trie;
  double *scores;   /* [vocab.size] */
  double unk_score; /* of a character that is no token */
} hw_tok_unigram;

/* ---- steps: the components of tokenizer.json, each kind a row of its stage's table ---- */

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

struct hw_tok_loader {
  hw_tokenizer *tokenizer; /* being filled */
  const char *path;        /* of the file being read, for errors */
  hw_error *err;
};

typedef struct hw_tok_pattern {
  enum { HW_TOK_LITERAL, HW_TOK_REGEX, HW_TOK_CLASS } type;
  hw_tok_string literal;
  bool (*is_member)(uint32_t code_point); /* of the class: each character of it is a match */
  pcre2_code *code;    /* owned by the tokenizer's list */
  pcre2_code *younger; /* the same for text with characters younger than PCRE2's tables; NULL where nothing differs */
  bool jit;            /* for both */
} hw_tok_pattern;

/* ---- one call of encode ---- */

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
  size_t most;       /* bytes that a step may make of a piece: a file that lies must not fill the memory */
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
  struct { /* scratch of Unigram: the best way to each end */
    struct hw_tok_node *nodes;
    size_t capacity;
  } lattice;
};

/* ---- added tokens ---- */

typedef struct hw_tok_added_token {
  hw_tok_string content; /* owned by the arena */
  int32_t id;
  bool single_word, lstrip, rstrip, normalized, special;
  bool unmatched; /* special by name only: not looked for in texts */
} hw_tok_added_token;

typedef struct hw_tok_added {
  hw_tok_added_token *tokens;
  size_t n, capacity;
  hw_hash_table contents, ids; /* index + 1 by the hash of the content, and by id */
  int32_t end;                 /* one more than the highest id */
  hw_tok_trie raw, normalized;
} hw_tok_added;

/* ---- the tokenizer ---- */

enum { HW_TOK_MAX_PREFIX = 8 };

struct hw_tokenizer {
  hw_arena memory; /* owns all that is below */
  const hw_tok_model *model;
  hw_tok_vocab vocab;
  int32_t unk;           /* of the model, -1: none */
  bool byte_fallback;
  int32_t byte_ids[256]; /* of "<0x00>" ..., -1 where there is none; all -1 without byte_fallback */
  hw_tok_bpe bpe;        /* of the model that is in use; the others are empty */
  hw_tok_wordpiece wordpiece;
  hw_tok_unigram unigram;
  hw_tok_steps normalizers, pretokenizers, postprocessors, decoders;
  hw_tok_added added;
  int32_t prefix[HW_TOK_MAX_PREFIX]; /* what the files put before a text */
  size_t n_prefix;
  int32_t bos;                       /* -1: none */
  bool trim_offsets, trim_prefix_space; /* post-processor ByteLevel */
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
