/* SPDX-License-Identifier: Apache-2.0
 * A trace as the JSON of the end points. Numbers read back to the same bits. */
#ifndef HW_WEB_LIVE_JSON_H
#define HW_WEB_LIVE_JSON_H

#include "headwater/tokenizer.h"
#include "base/json_writer.h"
#include "headwater/trace.h"
#include "run/relevance.h"

typedef struct hw_live_view {
  const hw_trace *trace;
  size_t t;                        /* the graph is that of the target trace->prompt.targets[t] */
  const hw_tokenizer *tokenizer;   /* NULL: tokens are shown by their ids */
  const char *id;                  /* of the kept trace; NULL: it is not kept */
  const char *text;                /* NULL when ids were given */
  const int32_t *tops;             /* [n_layers] most probable token of the lens after each layer, at the target; NULL: not known */
  int64_t prompt;                  /* of the database, -1: none */
  bool by_answer, by_contrast;     /* what its answer depends on can be shown */
} hw_live_view;

/* What a model was opened with, and how its prompts are read. Borrowed texts. */
typedef struct hw_live_model_words {
  const char *folder, *architecture; /* as they were given; architecture or NULL */
  hw_precision precision;
  hw_bos bos;
} hw_live_model_words;

/* "words": the words of `headwater trace` that open it so: [option, value...]. */
void hw_live_put_words(hw_json *json, const hw_live_model_words *words);

/* The text of a token; "#17" for an id that has none. */
void hw_live_put_piece(hw_json *json, const hw_tokenizer *tokenizer, int32_t id);

/* What the end point `graph` gives, with "live": true, "trace": id, and "tops": [token after each layer],
 * "neurons": [[layer, position, [[neuron, share in 1e-6, activation]]]]. */
void hw_live_put_graph(const hw_live_view *view, hw_buffer *out);

/* {"lists": [[kind, convention, layer, position, index, promotes, suppresses]], "tokens": {id: text}}, as the end point `lists`. */
void hw_live_put_lists(const hw_tokenizer *tokenizer, const hw_projection *rows, size_t n, hw_buffer *out);

/* {"neurons": [[neuron, share in 1e-6, activation, promotes, suppresses]], "tokens"}, as the end point `neurons`; lists: of each row. */
void hw_live_put_neurons(const hw_tokenizer *tokenizer, const hw_neuron_row *rows, const hw_projection *lists, size_t n, hw_buffer *out);

/* As the statement page_neurons.sql: {"nodes": {"LAYER.POSITION": [[neuron, share in 1e-6, activation]]} of each FFN node,
 * "lists": {"LAYER.NEURON": [promotes, suppresses]} of those that the trace projected, "tokens"}. */
void hw_live_put_nodes(const hw_live_view *view, hw_buffer *out);

/* What the answer depends on, by one of the two. */
typedef struct hw_live_relevance_view {
  const hw_model *model;
  const hw_tokenizer *tokenizer;    /* NULL: tokens are shown by their ids */
  const hw_relevance_prompt *asked; /* answered */
  const int32_t *counterfactual;    /* [n_counterfactual] its token ids */
  size_t n_counterfactual;
  hw_relevance_kept kept;
  const char *reason;               /* why there are no numbers, or NULL: what `asked` says */
  size_t n_tokens;
} hw_live_relevance_view;

/* As the end point `relevance`, without "prompt", with "answer" and "foil", the texts of the tokens (foil null: the mean of all), and
 * "options": words of `headwater trace` that ask the same again. Work space from the arena. */
bool hw_live_put_relevance(const hw_live_relevance_view *of, hw_arena *arena, hw_buffer *out, hw_error *err);

/* {"lens": [[id, logit, rank before, probability]], "tokens"}. */
void hw_live_put_lens(const hw_tokenizer *tokenizer, const hw_lens_token *rows, size_t n, hw_buffer *out);

/* {"tokens": n, "weights", "contributions"}: lower triangles in 1e-4. */
void hw_live_put_attention(size_t n_tokens, const float *weights, const double *contributions, hw_buffer *out);

#endif
