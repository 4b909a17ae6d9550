/* SPDX-License-Identifier: Apache-2.0
 * The backward pass of METHOD sections 9 and 10: co-vectors of states, from the last block down. */
#ifndef HW_RELEVANCE_BACKWARD_H
#define HW_RELEVANCE_BACKWARD_H

#include "headwater/buffer.h"
#include "headwater/relevance.h"
#include "relevance/measure.h"

/* A prompt of the pass. It has a row for each position from `begin` on: below that both runs are the same, and nothing has a relevance. */
typedef struct hw_pass_prompt {
  size_t prompt, reference; /* in the batch; the prompt itself in answer relevance */
  size_t n_tokens, begin;
  size_t first;             /* its first row */
  size_t place;             /* among the prompts of a span */
  double whole;             /* of shares: m - m', or m */
  double least;             /* a smaller relevance, in millionths, is surely not kept */
  const float *t;           /* [d_model] of its measure */
  hw_relevance *out;
  hw_buffer parts, neurons;
} hw_pass_prompt;

/* Rows that the pass is at: rows of the batch, in this run and in the reference. */
typedef struct hw_pass_rows {
  size_t n;
  const size_t *own, *reference;
} hw_pass_rows;

typedef struct hw_pass {
  const hw_activations *acts;
  const hw_model *model;
  const hw_relevance_settings *settings;
  bool contrast; /* else answer relevance: own and reference are the same rows, and what is fixed stays fixed */
  hw_pass_prompt *prompts;
  size_t n_prompts;
  hw_pass_rows last, all; /* the last position of each prompt; all of them from `begin` on */
  float *state;  /* [rows, d_model] co-vectors of the state at hand: y, then m, then x */
  float *branch; /* [rows, d_model] of what the attention's norm gave: begins with the share of a parallel block's FFN that reads it too */
  float *beside; /* [rows, d_model] what a parallel block's FFN gives to the state before the layer through a norm of its own */
  struct hw_span *span; /* of the state at hand, or NULL: see span.h */
  const hw_team *team;
  hw_buffer *kept; /* [hw_team_most] of each work space of heads: parts of a layer */
  hw_arena *work;  /* of a layer */
  hw_error *err;
} hw_pass;

/* Runs the pass over prompts whose prompt, reference, n_tokens, begin, whole, t and out are set, and fills in the results. */
bool hw_pass_run(hw_pass *pass, hw_arena *arena, hw_arena *scratch);

/* pass->state of rows goes from the state after a layer to that between attention and FFN. In a parallel block it stays, and what goes through
 * the FFN is in branch or beside. */
bool hw_pass_ffn(hw_pass *pass, size_t layer, const hw_pass_rows *rows);

/* And through the attention: from the rows at hand to all of them. */
bool hw_pass_attention(hw_pass *pass, size_t layer, const hw_pass_rows *rows);

/* Whether co-vectors of q and k are among what the layer's projections multiply; those of answer relevance are zero. */
bool hw_pass_reads_scores(const hw_pass *pass);

/* Gives the pass a span (span.h), and the long prompts their places in it; NULL where it is of no use. */
bool hw_pass_new_span(hw_pass *pass, hw_arena *arena);

/* What a layer takes of the work space, at most. */
size_t hw_pass_ffn_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t n_rows);
size_t hw_pass_attention_bytes(const hw_model *model, size_t n_rows, size_t longest);
size_t hw_pass_heads_bytes(const hw_model *model, size_t longest, size_t n_members);
/* A span, with its work in the attention. */
size_t hw_pass_span_bytes(const hw_model *model, size_t n_rows);
/* And the passes that the settings ask for. */
size_t hw_pass_bytes(const hw_model *model, const hw_relevance_settings *settings, size_t n_rows, size_t longest, size_t n_members);

/* to += N(g), one row (METHOD section 10, or 9). */
void hw_pass_norm(const hw_pass *pass, hw_norm_kind kind, const float *x, const float *reference, const float *gamma, size_t width, const float *g, float *to);

/* The norm in front of an attention or FFN. */
hw_norm_kind hw_pass_input_norm(const hw_pass *pass);

/* The prompt that row r of the rows at hand belongs to, and its position. */
hw_pass_prompt *hw_pass_prompt_of(const hw_pass *pass, const hw_pass_rows *rows, size_t r, size_t *position);

/* Whether a part with this relevance is kept. */
bool hw_pass_keeps(const hw_pass *pass, const hw_pass_prompt *prompt, int64_t r);

/* sum (x - x') g, or sum x g. */
double hw_pass_relevance(const hw_pass *pass, const float *x, const float *reference, const float *g, size_t n);

#endif
