/* SPDX-License-Identifier: Apache-2.0
 * Text to token ids and back, exactly as the model's own Hugging Face tokenizer does it.
 * Reads tokenizer.json, or vocab.json + merges.txt (then the family's own special tokens apply), or sentencepiece's tokenizer.model, or
 * what the model's GGUF file holds, and the BOS / EOS switches of tokenizer_config.json. A tokenizer is immutable once open: any number of threads may use it,
 * each with an arena of its own. */
#ifndef HEADWATER_TOKENIZER_H
#define HEADWATER_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/arena.h"
#include "headwater/error.h"

HW_BEGIN_C

typedef struct hw_tokenizer hw_tokenizer;

typedef enum hw_bos {
  HW_BOS_AUTO, /* what the model's own tokenizer files say: GPT-2 none, OPT </s>, LLaMA <s> */
  HW_BOS_YES,  /* prepend, as TransformerLens does (GPT-2: <|endoftext|>); never a second one: not where the files add it
                * already, nor before a text that begins with it. Nothing where the model has no bos_token */
  HW_BOS_NO,   /* none */
} hw_bos;
HW_API extern const char *const hw_bos_names[4]; /* "auto", "yes", "no", NULL */

typedef struct hw_encoding {
  size_t n;           /* tokens */
  int32_t *ids;       /* [n] */
  uint32_t *starts;   /* [n] first character (Unicode code point of the given text) of the token; as Hugging Face's offsets */
  uint32_t *ends;     /* [n] one past the last character; an added BOS/EOS has start = end = 0 */
  bool has_bos;       /* the first id is a BOS (added here or written in the text) */
  bool double_bos;    /* the text itself began with the BOS that was added as well: the classic mistake, warn */
} hw_encoding;

/* Opens the tokenizer of a model folder. model_type ("gpt2", "llama", "opt", ...) decides the special tokens where the files
 * themselves do not; NULL: that of config.json, which need not be there. Errors: INPUT for files that are missing, cut or
 * inconsistent, UNSUPPORTED with the name of a component (model type, normalizer, pre-tokenizer...) that is not known. */
HW_API bool hw_tokenizer_open(const char *model_dir, const char *model_type, hw_tokenizer **tokenizer, hw_error *err);
HW_API void hw_tokenizer_close(hw_tokenizer *tokenizer);

/* Encodes length bytes of UTF-8. Tokens that the files would put behind a text (EOS) are never added: they would move the
 * position of the prediction. The arrays live in the arena; while it runs the call needs 100 to 500 bytes of its own for each
 * byte of text. Errors: PROMPT when the bytes are not UTF-8. */
HW_API bool hw_tokenizer_encode(const hw_tokenizer *tokenizer, const char *text, size_t length, hw_bos bos, hw_arena *arena,
                         hw_encoding *encoding, hw_error *err);

/* Encodes text as the continuation of something before it: no BOS/EOS, no prefix space or metaspace that the
 * tokenizer would put at the start of a text. */
HW_API bool hw_tokenizer_encode_continuation(const hw_tokenizer *tokenizer, const char *text, size_t length, hw_arena *arena,
                                      hw_encoding *encoding, hw_error *err);

/* The bytes a token stands for (not NUL-terminated, may be part of a character; a special token's own name),
 * owned by the tokenizer. False for an id that no token has. */
HW_API bool hw_tokenizer_piece(const hw_tokenizer *tokenizer, int32_t id, const char **bytes, size_t *length);

/* True for special tokens (BOS, EOS, padding...). */
HW_API bool hw_tokenizer_is_special(const hw_tokenizer *tokenizer, int32_t id);

/* One more than the highest id. */
HW_API int32_t hw_tokenizer_size(const hw_tokenizer *tokenizer);

/* "byte-level BPE", "BPE with metaspace and byte fallback", "Unigram with metaspace", ... for people. */
HW_API const char *hw_tokenizer_kind(const hw_tokenizer *tokenizer);

/* Ids of the BOS token that `auto` and `yes` prepend, -1 for none. */
HW_API int32_t hw_tokenizer_bos_id(const hw_tokenizer *tokenizer, hw_bos bos);

/* Hash of everything that decides the ids (32 hex digits, owned by the tokenizer). */
HW_API const char *hw_tokenizer_fingerprint(const hw_tokenizer *tokenizer);

HW_END_C

#endif
