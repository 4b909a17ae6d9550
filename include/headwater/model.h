/* SPDX-License-Identifier: Apache-2.0
 * A Hugging Face model folder or a GGUF file: its description, its weights, and the family's row that says what they mean. Weights stay
 * mapped in the file's own dtype; only vectors (norms, biases) are widened. A model is immutable once open: threads share it. */
#ifndef HEADWATER_MODEL_H
#define HEADWATER_MODEL_H

#include <stdint.h>

#include "headwater/arena.h"
#include "headwater/buffer.h"
#include "headwater/error.h"
#include "headwater/tensor.h"

HW_BEGIN_C

/* ALIBI: a score falls by the head's slope with each step back (Press et al. 2022). */
typedef enum hw_position_scheme { HW_POSITION_LEARNED, HW_POSITION_ROTARY, HW_POSITION_NONE, HW_POSITION_ALIBI } hw_position_scheme;

/* Rotary frequencies as trained, or stretched: LINEAR divides all by `factor`; LLAMA3 divides slow ones, keeps fast ones and blends
 * those between; YARN (Peng et al. 2023) does so by their turns in the original context; DYNAMIC enlarges the base for prompts past the
 * context; LONGROPE (Ding et al. 2024) divides each pair by a number of its own. The last two depend on the prompt's length. */
typedef enum hw_rope_type { HW_ROPE_DEFAULT, HW_ROPE_LINEAR, HW_ROPE_LLAMA3, HW_ROPE_YARN, HW_ROPE_DYNAMIC, HW_ROPE_LONGROPE } hw_rope_type;
enum { HW_MOST_PAIRS = 256 };
typedef struct hw_rope {
  hw_rope_type type;
  bool interleaved;       /* neighbours (2t, 2t + 1) turn together, not (t, t + n/2) */
  double theta;           /* base */
  double rotary_fraction; /* of a head's dimensions that turn: the first ones */
  int64_t rotary_dims;    /* the same as a number; 0: rotary_fraction says it */
  double factor;          /* of the stretch; LONGROPE without one: n_ctx / original_ctx, before n_ctx is cut */
  double low_freq_factor, high_freq_factor;
  double original_ctx;    /* context that the model was first trained with; 0, and in DYNAMIC: n_ctx */
  double beta_fast, beta_slow, mscale, mscale_all_dim; /* of YARN; 0: 32, 1, none, none */
  bool untruncated;       /* YARN's bounds are not rounded to whole pairs */
  double attention_factor; /* of cosine and sine; 0: as the type has it */
  int64_t n_short, n_long;
  double short_factor[HW_MOST_PAIRS], long_factor[HW_MOST_PAIRS]; /* LONGROPE, within the original context and past it */
} hw_rope;

/* Which layers see only the last `window` positions: none, all, all but every window_interval-th, or as listed. */
typedef enum hw_window_pattern { HW_WINDOW_NONE, HW_WINDOW_ALL, HW_WINDOW_INTERVAL, HW_WINDOW_LISTED } hw_window_pattern;
enum { HW_MOST_LAYERS = 255 };

/* Norms of q and k before the rotation: RMSNorm of each head with one weight for all; RMSNorm of all heads together; LayerNorm of each
 * head with a weight of its own; LayerNorm of each head with one weight and bias for all. */
typedef enum hw_qk_norm { HW_QK_NORM_SHARED, HW_QK_NORM_WIDE, HW_QK_NORM_EACH, HW_QK_NORM_LAYER } hw_qk_norm;

typedef struct hw_model_config {
  const char *family; /* "gpt2", "llama"..., "custom"; lives as long as the program */
  int64_t n_layers, n_heads, n_kv_heads, d_model, d_head, d_ffn, n_ctx, vocab_size; /* d_ffn 0: no FFN; n_ctx: at most 2^20 */
  int64_t vocab_out;       /* tokens that can be predicted: vocab_size but in custom models */
  int64_t n_experts, experts_used; /* of a mixture's FFN, 0: none; each row of a batch uses experts_used of them */
  int64_t d_expert, d_shared;      /* neurons of an expert, and of the shared one that every row uses (0: none); d_ffn is that of all */
  bool experts_normed;     /* the weights of the used experts are divided by their sum */
  double glu_limit;        /* GPT-OSS: gate and up are clipped to this, a = gate sigmoid(1.702 gate) (up + 1); 0: not */
  int64_t ffn_factor;      /* d_ffn = ffn_factor * d_model where no key says d_ffn */
  int64_t position_offset; /* row of the position table that position 0 takes */
  double norm_eps;
  hw_rope rope;
  double local_theta;      /* rotary base of layers with a window, never stretched; 0: as in the others */
  bool alibi;              /* positions are ALiBi (said by a key) */
  double alibi_max;        /* slope of the last head: 2^-alibi_max; 0: 2^-8 */
  bool alibi_scaled;       /* ALiBi is scaled with the scores */
  bool tied;         /* config.json says that W_U is the token embedding */
  hw_norm_kind norm;
  hw_activation activation;
  hw_position_scheme positions;
  bool gated;         /* a = act(gate) * up */
  bool parallel;      /* attention and FFN both read x (METHOD section 1) */
  bool attention_bias, ffn_bias, qk_normed; /* whether there are such weights, where the family leaves it to config */
  hw_qk_norm qk_norm;
  bool no_input_norm;       /* attention and FFN read the residual itself: their only norms are at the end of the branch */
  bool multi_query;         /* one key/value head where no key says how many */
  bool quantized;           /* weights may be F8_E4M3 or MXFP4 with scales beside them */
  int64_t scale_block[2];   /* rows and columns that share a scale; 0: one for a tensor, or for each row */
  double qkv_clip;          /* q, k and v are clipped to this magnitude; 0: not */
  double score_scale;       /* scores are this times q . k; 0: 1 / sqrt(attention_scalar) */
  bool scale_by_layer;      /* scores of layer l are divided by l + 1 as well */
  double attention_scalar;  /* 0: d_head */
  double attention_cap, final_cap; /* scores and logits become cap * tanh(x / cap); 0: they stay */
  bool scale_embedding;     /* token embeddings times sqrt(d_model) */
  double embedding_factor, residual_factor; /* token embeddings, and what each branch adds, times this; 0: 1 */
  double logit_factor, logit_divisor;       /* of the logits; 0: 1 */
  int64_t window;           /* 0: none */
  hw_window_pattern window_pattern;
  int64_t window_interval;
  bool windowed[HW_MOST_LAYERS];
  int64_t positionless_interval; /* every n-th layer has no rotary positions; 0: all have */
  bool positionless_listed, windowed_positions_only; /* `positionless` is from a list; layers without a window have none */
  bool positionless[HW_MOST_LAYERS];
  char notice[1024];        /* what config.json asks for and is not done, for the user; empty: nothing */
} hw_model_config;

/* One expert of a mixture. The shared expert is the last one. */
typedef struct hw_expert {
  hw_matrix w_gate, w_in, w_out; /* d_model -> d_expert, and back */
  hw_matrix w_gate_in;           /* instead of w_gate and w_in: outputs gate 0, in 0, gate 1, in 1... */
  const float *b_gate_in, *b_out;
} hw_expert;

/* One block. Vectors are float32 in the model's arena, NULL where the family has none. */
typedef struct hw_layer {
  const float *attn_norm_gamma, *attn_norm_beta; /* [d_model] */
  hw_matrix w_q, w_k, w_v;                       /* d_model -> n_heads|n_kv_heads * d_head */
  hw_matrix w_qkv;          /* instead of the three: outputs in the model's qkv_groups */
  const float *b_q, *b_k, *b_v; /* b_v only where the values keep their bias (METHOD section 1), [n_kv_heads * d_head] */
  const float *q_norm_gamma, *k_norm_gamma; /* [d_head], or for all heads one after the other (hw_qk_norm) */
  const float *q_norm_beta, *k_norm_beta;
  const float *sinks;       /* a score of each head that takes part in the softmax without a key, [n_heads], or NULL */
  float attention_scale;    /* of the scores */
  int64_t window;           /* keys that a query sees, itself among them; 0: all */
  hw_matrix w_o;            /* n_heads * d_head -> d_model */
  const float *attn_bias;   /* b = b_O + b_V W_O: no part's (METHOD section 1), [d_model] */
  const float *attn_out_gamma, *ffn_out_gamma; /* gains of what attention and FFN add, [d_model]: of an RMSNorm, or residual_factor */
  const float *ffn_norm_gamma, *ffn_norm_beta;
  hw_matrix w_gate, w_in;   /* d_model -> d_ffn; w_gate only when gated */
  const float *b_gate, *b_in; /* [d_ffn] */
  hw_matrix w_out;          /* d_ffn -> d_model */
  const float *b_out;       /* [d_model] */
  hw_matrix w_router, w_shared_router; /* of a mixture: d_model -> n_experts, d_model -> 1 */
  const float *b_router;
  hw_expert *experts;       /* in the place of w_gate, w_in and w_out: [n_experts, and one more where d_shared > 0]; NULL: no mixture */
} hw_layer;

typedef struct hw_model {
  hw_model_config config;
  const char *path;      /* folder as given, or of the snapshot in the cache */
  const char *name;      /* of the folder, for tables: never "." or a hash; of a snapshot in the Hugging Face cache "owner/model@revision" */
  hw_dtype dtype;        /* of most weights */
  const char *format;    /* of the weights: "safetensors", "safetensors shards"... */
  size_t weight_bytes;   /* of all files of the weights */
  const char *notice;    /* what the user should know of the folder: names of tensors, tensors and keys that are not used; or NULL */
  char fingerprint[33];  /* hash of config.json and all files of the weights */
  hw_matrix token_embedding;    /* vocab_size rows (as outputs) of d_model */
  hw_matrix position_embedding; /* n_ctx + position_offset rows, or data NULL */
  hw_layer *layers;             /* [n_layers] */
  const float *final_gamma, *final_beta;
  hw_matrix unembed;     /* d_model -> vocab_out */
  const float *unembed_beta; /* W_U beta of the final norm + the unembedding's own bias, [vocab_out], or NULL without both */
  size_t qkv_groups;     /* of fused q, k, v: each has its share of the heads of q, then k, then v */
  bool value_before_key; /* then v, then k */
  const float *embedding_gamma, *embedding_beta; /* norm of the token embeddings, [d_model], or NULL */
  const float *alibi_slopes;    /* [n_heads] or NULL */
  size_t d_rotary;              /* first dimensions of a head that turn */
  const float *rope_divisors;   /* [d_rotary / 2] what GGUF divides their frequencies by, or NULL */
  struct hw_model_files *files;     /* what must stay mapped */
  struct hw_model_screen *screen;   /* see hw_model_screen, or NULL */
} hw_model;

/* Opens a model folder, a .gguf file, or a model of the Hugging Face cache by its name ("gpt2", "owner/model@revision"): so in all functions here and
 * in tokenizer.h that want a folder. No network is used. Checks every shape and length against config and file size, and that every
 * weight is finite.
 * Errors: INPUT naming file, tensor, found and wanted; UNSUPPORTED for a family, activation or switch not computed. */
HW_API bool hw_model_open(const char *folder, hw_model **model, hw_error *err);
/* The same with a file that describes the architecture in the place of the folder's headwater.json; NULL: as above. */
HW_API bool hw_model_open_as(const char *folder, const char *architecture, hw_model **model, hw_error *err);
HW_API void hw_model_close(hw_model *model);

/* How products with the weights of layers are computed. BF16: both factors are rounded to it, sums are float32 (METHOD section 14). Routers of
 * mixtures and the unembedding stay float32. */
typedef enum hw_precision { HW_PRECISION_F32, HW_PRECISION_BF16 } hw_precision;

/* Products are computed in BF16 from now on. To be called before hw_model_pack, and before threads share the model; not with hw_model_use_blas. */
HW_API void hw_model_use_bf16(hw_model *model);

/* Copies the matrices of all products to memory of their own, as float32 or BF16 in the order in which products read them, and lets go of the mapped
 * pages: the first product of each matrix then costs what the later ones cost. Results are the same. To be called before threads share the
 * model; a second call does nothing. Errors: MEMORY; the model is as before then. */
HW_API bool hw_model_pack(hw_model *model, int threads, hw_error *err);
HW_API size_t hw_model_packed_bytes(const hw_model *model); /* what that takes */
/* The same for the transposed matrices of the layers, by which relevances multiply, always as float32; the model owns the memory. To be called
 * before threads share the model, after hw_model_screen; a second call does nothing. Results are the same. Errors: MEMORY; the model is as before then. */
HW_API bool hw_model_pack_back(hw_model *model, int threads, hw_error *err);
HW_API size_t hw_model_packed_back_bytes(const hw_model *model); /* what that takes */
/* Makes the unembedding once more in numbers of 8 bits, a quarter of its size in float32. From then on hw_unembed finds the best tokens of a
 * vector among those that the small numbers leave (METHOD section 15); results are the same. To be called before threads share the model,
 * and before hw_model_pack, which lets go of the pages that this reads.
 * Nothing is made where it would not serve: a small vocabulary, products by OpenBLAS, weights that vary too much. Errors: MEMORY. */
HW_API bool hw_model_screen(hw_model *model, int threads, hw_error *err);
HW_API size_t hw_model_screen_bytes(const hw_model *model); /* what that takes; 0: nothing is made */
HW_API size_t hw_screen_work_bytes(const hw_model *model);  /* what each worker takes for it, at most; 0 likewise */

/* What screening did since hw_model_screen, over all threads. */
typedef struct hw_screen_counts {
  uint64_t vectors;  /* whose lists were wanted */
  uint64_t products; /* of vectors and the vocabulary in 8-bit numbers: a sum of other vectors needs none, a rough one two */
  uint64_t tokens;   /* that were computed in float32 */
  uint64_t in_full;  /* vectors that were computed with the whole vocabulary, since too many tokens were left */
} hw_screen_counts;
HW_API hw_screen_counts hw_model_screen_counts(const hw_model *model);
/* Were the files of weights written into since the model was opened? Looks at their times and sizes and at blocks of them. Errors: INPUT, when one was;
 * it names the file. */
HW_API bool hw_model_check_files(const hw_model *model, hw_error *err);

/* Products go through OpenBLAS from now on. */
HW_API void hw_model_use_blas(hw_model *model);

/* Which tensors of a folder stand for which weights, which are missing or of another shape, and which nobody takes, as lines of text;
 * *whole is false if any line is a complaint. For a folder whose weights do not load this tells why, tensor by tensor. */
HW_API bool hw_model_explain(const char *folder, const char *architecture, hw_buffer *out, bool *whole, hw_error *err);

/* The model_type of family 0, 1...; NULL past the last. */
HW_API const char *hw_family_name(size_t index);

/* Only the description of a folder's model: for tools that need no weights. architecture: as in hw_model_open_as. Owns nothing: the
 * strings live as long as the program. Errors: INPUT for a missing, damaged or contradicting file, UNSUPPORTED for what is not computed. */
HW_API bool hw_model_config_read(const char *folder, const char *architecture, hw_model_config *config, hw_error *err);

/* ---- The forward pass ---- */

/* Rows that are copied from other activations of the same model instead of being computed. */
typedef struct hw_known_rows {
  const struct hw_activations *from;
  size_t first, n; /* rows there */
} hw_known_rows;

/* Prompts of a batch. Without `rows` they are packed without padding: token t is row t of each matrix. With `rows`, prompts that begin with
 * the same tokens have the same rows there. */
typedef struct hw_batch {
  size_t n_prompts, n_rows;
  const int32_t *ids;     /* [first[n_prompts]] of the tokens of all prompts */
  const size_t *first;    /* [n_prompts + 1] first token of each prompt */
  const size_t *rows;     /* NULL, or [first[n_prompts]] row of each token, growing within a prompt */
  const size_t *n_shared; /* with rows: [n_prompts] first tokens whose rows another prompt has or that are known; the others follow one another */
  const hw_known_rows *known; /* with rows: [n_known] where the first rows come from, in their order */
  size_t n_known;
  bool states_only;       /* of q, k, v and neurons the activations keep one layer alone: see hw_hold_attention. Without `known` */
  bool keeps_inputs;      /* the activations have u and p, which hw_relevance_trace reads; those of a mixture are computed again, of the experts that it wants.
                           * Without states_only */
} hw_batch;

/* Tokens of a prompt, the row of its token i, and how many of its tokens from i on, at most `most`, have rows that follow one another. */
HW_API size_t hw_batch_tokens(const hw_batch *batch, size_t prompt);
HW_API size_t hw_batch_row(const hw_batch *batch, size_t prompt, size_t i);
HW_API size_t hw_batch_run(const hw_batch *batch, size_t prompt, size_t i, size_t most);
/* n tokens of a prompt from token i on, as rows that stand one after the other: in the matrix (row stride ld) if they do so there, else
 * copied to space [n, width]. *stride is the row stride of the result. */
HW_API const float *hw_batch_gather(const hw_batch *batch, size_t prompt, size_t i, size_t n, const float *matrix, size_t ld, size_t width,
                                    float *space, size_t *stride);

/* What the flow needs of a forward pass. All float32, rows as in the batch. Lives in the arena it was made in. */
typedef struct hw_activations {
  const hw_model *model;
  hw_batch batch;
  float **resid;    /* [n_layers + 1] of [rows, d_model]: resid[l] enters block l ("resid_pre"), resid[n_layers] leaves the last */
  float **mid;      /* [n_layers] of [rows, d_model]: after attention ("resid_mid"); in a parallel block x + sum z + b, no state */
  float **q;        /* [n_layers] of [rows, n_heads * d_head], rotated */
  float **k;        /* [n_layers] of [rows, n_kv_heads * d_head], rotated */
  float **v;        /* [n_layers] of [rows, n_kv_heads * d_head], WITHOUT the value bias (but see hw_layer.b_v) */
  float **neurons;  /* [n_layers] of [rows, hw_active_neurons]: a, what multiplies W_out; of a mixture, the used experts' one after the other */
  float **u, **p;   /* with batch.keeps_inputs: [n_layers] of [rows, d_ffn] what W_in gives, and of a gated FFN what W_gate gives, with their biases. Else, and of a mixture, NULL */
  int32_t **experts; /* [n_layers] of [rows, experts_used]: the used experts, lowest first; the shared one is used after them */
  float **routing;  /* [n_layers] of [rows, experts_used]: their weights, which `neurons` has in it */
  float **attn_out_scale, **ffn_out_scale; /* [n_layers] of [rows]: 1 / rms of the output norms (1 for residual_factor); not filled in without gains */
  float *gathered;  /* with batch.rows: [longest prompt, d_head] work space of hw_attention_weights, so one thread at a time */
  size_t gathered_step; /* floats from a member's to that of the next member of the team */
  struct hw_held_layer *held; /* with batch.states_only: the layer of q, k, v and neurons, and what computes those of another. Else NULL */
} hw_activations;

/* The same matrices, with the work space of one member of the team that hw_forward was called with. */
HW_API hw_activations hw_activations_of(const hw_activations *acts, size_t member);

/* Whether a batch of the model can have states_only: no mixture of experts. */
HW_API bool hw_model_holds_layers(const hw_model *model);

/* With batch.states_only: after the call, q, k and v are those of this layer, or neurons[layer] has the rows where wanted[row] is set. They are
 * computed again from the states, to the same bits; the next call for another layer takes their place. Else all are there, and
 * nothing is done. No other thread may read the activations meanwhile. */
HW_API void hw_hold_attention(const hw_activations *acts, size_t layer, const hw_team *team);
HW_API void hw_hold_neurons(const hw_activations *acts, size_t layer, const bool *wanted, const hw_team *team);

/* Runs the model over a batch. The ids must be inside the vocabulary and no prompt longer than n_ctx: check with
 * hw_model_check_ids. Errors: MEMORY only. */
HW_API bool hw_forward(const hw_model *model, const hw_batch *batch, const hw_team *team, hw_arena *arena, hw_activations *acts, hw_error *err);

/* What is changed on the way of a forward pass (METHOD section 12). Rows are those of the batch, which shares none. */
typedef struct hw_forward_edits {
  void *context;
  size_t first_layer; /* blocks below are left out: `begin` fills in the states that enter it */
  void (*begin)(void *context, float *states);                                           /* [rows, d_model]; NULL with layer 0: the embedding */
  void (*heads)(void *context, const hw_activations *acts, size_t layer, float *mixes);  /* [rows, n_heads * d_head] what W_O takes */
  void (*ffn)(void *context, const hw_activations *acts, size_t layer);                  /* resid[layer + 1] is there, and may be changed */
} hw_forward_edits;

/* hw_forward with edits. Below first_layer the activations are not filled in. */
HW_API bool hw_forward_edited(const hw_model *model, const hw_batch *batch, const hw_forward_edits *edits, const hw_team *team, hw_arena *arena,
                              hw_activations *acts, hw_error *err);

/* Errors: PROMPT naming what is wrong with one prompt's ids (none, too many, outside the vocabulary). */
HW_API bool hw_model_check_ids(const hw_model *model, const int32_t *ids, size_t n, hw_error *err);

/* Whether a prompt of so many tokens has the numbers of a longer one at the same positions, so that rows can be shared: not where its rotary
 * frequencies depend on its length. */
HW_API bool hw_model_shares_rows(const hw_model *model, size_t n_tokens);

/* Matrices of n_rows rows in the arena, nothing in them yet and no batch (errors: MEMORY); their bytes, at most; a copy of n rows of the same
 * model into them. */
HW_API bool hw_activations_make(const hw_model *model, size_t n_rows, bool states_only, bool keeps_inputs, hw_arena *arena, hw_activations *acts, hw_error *err);
HW_API size_t hw_activations_bytes(const hw_model *model, size_t n_rows, bool states_only, bool keeps_inputs);
HW_API void hw_activations_copy(const hw_activations *from, size_t first_from, const hw_activations *to, size_t first_to, size_t n);

/* What hw_forward takes of the arena for n_rows rows with prompts of up to `longest` tokens and a team of n_members at most, in bytes, at
 * most. */
HW_API size_t hw_forward_bytes(const hw_model *model, size_t n_rows, size_t longest, size_t n_members, bool states_only, bool keeps_inputs);

/* Neurons that take part in a row: d_ffn, or those of the used experts. */
HW_API size_t hw_active_neurons(const hw_model_config *config);
/* Parts of an FFN with a W_out of their own: 1, or the experts. */
HW_API size_t hw_ffn_parts(const hw_model_config *config);
/* Part `part`: its number of neurons, and its W_out. Neurons of a layer are numbered part by part. */
HW_API size_t hw_ffn_part_size(const hw_model_config *config, size_t part);
HW_API const hw_matrix *hw_ffn_part_out(const hw_model *model, size_t layer, size_t part);
/* Where the neurons of a part stand in a row of hw_activations.neurons; false if the row does not use it. */
HW_API bool hw_ffn_part_place(const hw_activations *acts, size_t layer, size_t row, size_t part, size_t *place);
/* The number of the neuron at a place. */
HW_API size_t hw_neuron_number(const hw_activations *acts, size_t layer, size_t row, size_t place);

/* The first key that the query at position i of a layer sees: above 0 past the window. */
HW_API size_t hw_attention_first(const hw_model *model, size_t layer, size_t i);

/* Attention weights A[l, h, i, 0..i] of one query; position i counts from the prompt's start; keys before the window get 0.
 * out: [i + 1] */
HW_API void hw_attention_weights(const hw_activations *acts, size_t layer, size_t head, size_t prompt, size_t i, float *out);

/* ---- Vocabulary ---- */

enum { HW_REQUESTS_TOGETHER = 256 }; /* vectors that go through the unembedding at once */
enum { HW_REQUEST_PARTS = 3 };

/* One vector to unembed: score[v] = scale * (W_U vector)[v] + (with_beta ? (W_U beta)[v] : 0). */
typedef struct hw_unembed_request {
  const float *vector; /* [d_model] gamma * c(u), see hw_norm_numerator */
  float scale;
  bool with_beta;
  uint32_t k;                /* tokens wanted at either end */
  int32_t *promotes;         /* [k] ids, highest score first, ties: lowest id */
  float *promote_scores;     /* [k] */
  int32_t *suppresses;       /* [k] ids, lowest score first; NULL: not wanted */
  float *suppress_scores;
  float *scores;             /* [vocab_out] all of them, or NULL */
  uint32_t n_parts;          /* a hint: the vector is the sum of those of requests parts[0 .. n_parts), which come before it and are answered */
  uint32_t parts[HW_REQUEST_PARTS]; /* in the same call, but for rounding. It saves time; results are the same */
} hw_unembed_request;

/* Answers requests, HW_REQUESTS_TOGETHER at a time. Work space of hw_unembed_bytes is given back at the end, and counted in the
 * peak of the arena. */
HW_API bool hw_unembed(const hw_model *model, const hw_unembed_request *requests, size_t n, const hw_team *team, hw_arena *arena, hw_error *err);

/* ---- The next token ---- */

typedef struct hw_token_score {
  int32_t id;             /* in: the token asked about */
  float logit;
  uint32_t rank;          /* 1 = the prediction itself; of equals the lower id stands first. The order is that before a soft cap */
  double log_probability; /* nats */
} hw_token_score;

typedef struct hw_next_token { /* a question about the prediction made at one row of a batch */
  size_t row;
  uint32_t skip;          /* last blocks left out: 0 the prediction itself, else a logit lens; n_layers: of the embedding */
  bool mid;               /* of the state between attention and FFN of the last block that is not left out; skip < n_layers */
  uint32_t k;             /* most probable tokens wanted */
  int32_t *ids;           /* [k] best first, ties: lowest id */
  float *logits;          /* [k] */
  float *probabilities;   /* [k] */
  hw_token_score *scores; /* [n_scores] particular tokens */
  size_t n_scores;
} hw_next_token;

/* What hw_unembed and hw_next_tokens take of the arena, in bytes, at most. */
HW_API size_t hw_unembed_bytes(const hw_model *model);
HW_API size_t hw_next_tokens_bytes(const hw_model *model, size_t n);

HW_API bool hw_next_tokens(const hw_activations *acts, const hw_next_token *queries, size_t n, const hw_team *team, hw_arena *arena, hw_error *err);

HW_END_C

#endif
