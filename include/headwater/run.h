/* SPDX-License-Identifier: Apache-2.0
 * A job: a model, a data set, and what to compute, run over all rows in chunks by several workers into one database.
 * The chunk (consecutive rows cut by a token budget) is the unit of work, of commit and of resume. */
#ifndef HEADWATER_RUN_H
#define HEADWATER_RUN_H

#include <stdint.h>

#include "headwater/flow.h"
#include "headwater/hooks.h"
#include "headwater/relevance.h"
#include "headwater/store.h"
#include "headwater/tokenizer.h"

HW_BEGIN_C

typedef enum hw_answer_joint { /* what stands between a prompt and its answer or foil */
  HW_JOINT_AUTO,  /* a space, but where one of them brings one, behind an opening quote or bracket, and where two characters of
                   * scripts without spaces meet */
  HW_JOINT_SPACE, /* a space, but where one of them brings one */
  HW_JOINT_NONE   /* nothing */
} hw_answer_joint;

/* OPENBLAS: rows of a batch may see their neighbours, and bits are those of its kernel for this processor. */
typedef enum hw_gemm_choice { HW_GEMM_BUILT_IN, HW_GEMM_OPENBLAS } hw_gemm_choice;

typedef enum hw_prefix_choice { HW_PREFIXES_SHARED, HW_PREFIXES_APART } hw_prefix_choice;
/* Whether projections are screened (hw_model_screen), which does not change results. AUTO: where it saves time and memory
 * allows it. */
typedef enum hw_screen_choice { HW_SCREEN_AUTO, HW_SCREEN_ALWAYS, HW_SCREEN_NEVER } hw_screen_choice;

/* Of `run` and `trace`: which relevances (relevance.h). */
enum { HW_RELEVANCE_NONE, HW_RELEVANCE_ANSWER, HW_RELEVANCE_CONTRAST, HW_RELEVANCE_BOTH };

typedef enum hw_neuron_projections { HW_NEURONS_USED, HW_NEURONS_ALL, HW_NEURONS_NONE } hw_neuron_projections;

/* Options of trace and run that say what is computed. Ranges are those of the command line. */
typedef struct hw_analysis {
  double threshold;
  double floor; /* 0: a quarter of the threshold */
  int norm;     /* of proximity: 0 = L1 */
  int bos;      /* hw_bos */
  int answer_joint; /* hw_answer_joint */
  const char *targets; /* "last", "all", or positions "0,5" */
  int64_t top_neurons, top_tokens;
  int project;     /* hw_project */
  int conventions; /* hw_convention_choice */
  bool raw;        /* as in hw_flow_settings; trace.h alone */
  int64_t memory;  /* MiB that a trace may take beside the weights, 0: no limit; trace.h alone */
  int64_t threads; /* that share the work of a trace, 0: all cores; no result depends on it; trace.h alone */
} hw_analysis;

typedef struct hw_job {
  const char *model, *architecture, *data, *db; /* architecture: NULL or a file in the place of headwater.json */
  const char *format, *prompt_column, *answer_column, *foil_column, *counterfactual_column, *group_by; /* NULL: found by name */
  int quoting; /* hw_quoting */
  int64_t max_row; /* bytes; a longer row fails */
  hw_analysis analysis;
  double neuron_threshold;
  int neuron_projections; /* hw_neuron_projections */
  int64_t limit;          /* rows; 0 = all */
  int64_t chunk_tokens;   /* 0: by the size of the data set */
  int64_t threads;        /* 0 = all cores */
  int64_t memory;         /* MiB for activations and work space, 0 = no cap */
  int64_t commit_seconds; /* finished chunks wait so long after a commit for the next */
  double lock_timeout;    /* seconds, see hw_hooks, whose field it sets */
  const char *shard;      /* "K/N": only each N-th chunk, from the K-th on; NULL: all */
  const char *plan;       /* file of the plan, which the first of several processes makes; NULL: each makes its own */
  bool spans;             /* [ROLE:words] in prompts are marks */
  bool counterfactual;    /* trace the counterfactual column's prompts as well */
  int relevance;          /* HW_RELEVANCE_...; contrast needs `counterfactual` */
  double relevance_threshold, relevance_floor; /* shares; 0: HW_RELEVANCE_THRESHOLD, a quarter of the threshold */
  int gemm;               /* hw_gemm_choice */
  bool allow_mixed_kernels; /* OpenBLAS: a run that began with its kernel for another processor is continued */
  int precision;          /* hw_precision; BF16 only with built-in products */
  int share_prefixes;     /* hw_prefix_choice; never with OpenBLAS, whose rows may see their neighbours */
  int screen;             /* hw_screen_choice */
  bool durable, dry_run, quiet, failed_ok; /* failed_ok: for the command alone */
  bool profile;           /* measure hw_run_result.seconds, and store them in the table process_stage */
} hw_job;

HW_API void hw_job_defaults(hw_job *job);
HW_API void hw_analysis_defaults(hw_analysis *analysis);

/* Errors: an option that is missing, outside of the range that it has on the command line (`headwater help run`), or contradicts another. */
HW_API bool hw_job_check(const hw_job *job, hw_error *err);
HW_API bool hw_analysis_flow(const hw_analysis *analysis, hw_flow_settings *settings, hw_error *err);

/* ---- One prompt ---- */

/* A prompt ready for the model. Arrays live in the arena given to hw_prompt_prepare. */
typedef struct hw_prompt_input {
  const char *failure; /* NULL, or why it cannot be traced */
  const int32_t *ids;
  size_t n_tokens;
  bool has_bos, double_bos;
  uint32_t *targets; /* ascending */
  size_t n_targets;
  const int32_t *answer, *foil; /* token ids as they follow the prompt */
  size_t n_answer, n_foil;
  const char *answer_loss, *foil_loss; /* NULL, or what is lost of them, and why: "cut to 3 of 9 tokens: ...", "dropped: ..." */
  const char *text;             /* as tokenised, NULL when ids were given */
  size_t text_length;
  const uint32_t *starts, *ends; /* [n_tokens] characters of text, see hw_encoding */
  const struct hw_span *spans;          /* of the text, when the row marks any */
  size_t n_spans;
  const char *ambiguous_roles;          /* NULL, or role columns whose words have more places in the text than columns name them */
  const struct hw_prompt_input *clean; /* of a counterfactual with as many tokens: the prompt whose roles it takes over */
  bool paired;   /* the input behind it is its counterfactual: both are computed in one sub-batch */
  bool only_run; /* a counterfactual that is computed for the prompt before it alone: it has no result */
  bool explained; /* its relevances are wanted, as far as the worker computes them */
  const char *no_counterfactual; /* explained, not paired: why */
} hw_prompt_input;

/* Ids, target positions and answers of one prompt. What is wrong with the prompt becomes its `failure`; errors are only
 * MEMORY and targets that are no targets. answer and foil may be NULL. */
HW_API bool hw_prompt_prepare(const hw_model *model, const hw_tokenizer *tokenizer, const hw_analysis *analysis, const char *text, size_t length,
                       const char *answer, size_t answer_length, const char *foil, size_t foil_length, hw_arena *arena,
                       hw_prompt_input *input, hw_error *err);
/* Tokens at the beginnings of answer and foil that are the same; 0 when one is missing. */
HW_API size_t hw_prompt_shared_tokens(const hw_prompt_input *input);
/* Both are there, and one begins with the other, or is it, as far as they fit in the context: then nothing can be compared. */
HW_API bool hw_prompt_foil_is_contained(const hw_prompt_input *input);
/* Both are cut, and what is left of them is the same: where they differ is not known. */
HW_API bool hw_prompt_cut_alike(const hw_prompt_input *input);
/* The prompt of ids as they are. */
HW_API bool hw_prompt_from_ids(const hw_model *model, const hw_analysis *analysis, const int32_t *ids, size_t n, hw_arena *arena,
                        hw_prompt_input *input, hw_error *err);

/* "last", "all", "0,5": true when it is a list of targets. */
HW_API bool hw_targets_check(const char *targets, hw_error *err);

/* ---- Computing ---- */

enum { HW_PREDICTIONS = 10 };

typedef struct hw_prediction { /* of the token after one target */
  uint32_t n;
  int32_t ids[HW_PREDICTIONS]; /* most probable first */
  float logits[HW_PREDICTIONS], probabilities[HW_PREDICTIONS];
} hw_prediction;

typedef struct hw_answer_score { /* METHOD section 6; token_id -1: none */
  int32_t token_id;
  uint32_t n_tokens, rank;
  float logit;
  double first_log_probability; /* of its first token, nats */
  double log_probability;       /* summed over its tokens; NaN: it is cut */
  bool cut;    /* not all of its tokens fit in the context: n_tokens are what is left */
  bool greedy; /* not cut, and greedy decoding writes it: each of its tokens is the most probable one after those before it */
} hw_answer_score;

typedef struct hw_prompt_result {
  const char *failure;
  hw_flow_prompt flow;          /* traces per target */
  hw_prediction *predictions;   /* [n_targets] */
  hw_answer_score answer, foil; /* at the last position */
  hw_answer_contrast contrast;
  hw_answer_lens lens;
  const hw_relevance_prompt *relevance; /* NULL: not wanted */
} hw_prompt_result;

/* Work space of one worker: nothing in it is shared, but for the helpers of its team. */
typedef struct hw_worker {
  const hw_model *model;
  hw_flow_settings flow;
  hw_relevance_settings relevance; /* both passes off after hw_worker_init */
  size_t batch_rows; /* rows of a sub-batch */
  bool shares_prefixes; /* prompts that begin with the same tokens have the same rows; true after hw_worker_init */
  struct hw_profile *profile;   /* of its caller, or NULL; src/run/profile.h */
  struct hw_prefixes *prefixes; /* beginnings kept for later sub-batches, or NULL */
  int64_t n_tokens, n_rows;     /* of all sequences so far; rows that were computed for them */
  hw_team team; /* the worker's own panel, and who helps it: nobody after hw_worker_init */
  hw_arena results; /* of a chunk */
  hw_arena scratch; /* of a sub-batch */
  hw_activations acts; /* of the last sub-batch, in scratch */
} hw_worker;

enum { HW_BATCH_ROWS = 512, HW_TOKENS_A_ROW = 8 }; /* tokens of a sub-batch whose prompts share rows: at most so many for each of batch_rows */

HW_API bool hw_worker_init(hw_worker *worker, const hw_model *model, const hw_flow_settings *flow, size_t batch_rows, hw_error *err);
/* Beginnings that several prompts have are kept for later sub-batches, most_rows rows at most: results are the same. */
HW_API bool hw_worker_keep_prefixes(hw_worker *worker, size_t most_rows, hw_error *err);
HW_API void hw_worker_fini(hw_worker *worker);

/* Traces prompts in sub-batches; results live in worker->results. */
HW_API bool hw_compute(hw_worker *worker, const hw_prompt_input *inputs, size_t n, hw_prompt_result *results, hw_error *err);

/* What decides the memory of a sub-batch. */
typedef struct hw_batch_shape {
  size_t n_rows;    /* of its prompts and of the sequences that score their answers */
  size_t n_tokens;  /* the same without sharing */
  size_t longest;   /* tokens of a sequence */
  size_t n_targets; /* of a prompt */
  size_t n_graphs;  /* of a chunk: the targets of its prompts */
  bool keeps_inputs; /* hw_batch.keeps_inputs of the batch */
  size_t n_members; /* of the worker's team, at most; 0: 1. Each has work space of its own, and a panel that is not counted here */
} hw_batch_shape;

/* The shape of a sub-batch with this prompt alone. shares: as in hw_worker.shares_prefixes. */
HW_API hw_batch_shape hw_prompt_shape(const hw_model *model, bool shares, const hw_prompt_input *input);

/* Bytes of the results of a chunk, its texts and its compressed form: hw_flow_graph_bytes for each graph, and so much at least. */
enum { HW_RESULTS_BYTES = 32 << 20 };
HW_API size_t hw_results_bytes(const hw_model *model, const hw_flow_settings *flow, const hw_batch_shape *shape);

/* Bytes that a worker needs beside the weights for sub-batches no larger than this shape: hw_results_bytes, and at most so many for
 * all that does not depend on the graphs. */
HW_API size_t hw_worker_bytes(const hw_model *model, const hw_flow_settings *flow, const hw_batch_shape *shape);

/* ---- Running ---- */

/* What a run will take, known before it starts. Numbers are those of the whole data set, but for what is stored, remains and is expected. */
typedef struct hw_plan_summary {
  int64_t n_prompts, n_tokens, n_unreadable; /* rows, their tokens, rows that already fail in the plan */
  int64_t shard, n_shards;                   /* 1 and 1: all of it */
  int64_t n_shard_prompts, n_shard_tokens;   /* of the chunks of the shard */
  size_t n_shard_chunks;
  int64_t n_answers_several;                 /* answers and foils of several tokens */
  int64_t n_answers_shared;                  /* prompts whose answer and foil begin with the same token */
  int64_t n_answers_contained;               /* of these, where one begins with the other: not compared */
  int64_t n_answers_cut_alike;               /* of these, where both are cut before they differ: not compared */
  int64_t n_answers_cut, n_answers_dropped;  /* answers and foils that the model cannot be asked about as they are */
  size_t n_chunks, n_groups;
  int threads, workers; /* workers: threads that take chunks; fewer than all where the cap on memory is low: the others help them */
  size_t weight_bytes, worker_bytes; /* worker_bytes: of one worker, with its share of those that only help */
  int64_t n_prompts_stored, n_failed_stored, n_tokens_stored; /* dry_run: that the database has already */
  size_t n_chunks_stored;
  double seconds_expected;           /* for what remains, from a short measured sample */
  double disk_bytes_expected;
  double store_bytes; /* dry_run: memory for the program itself and the database, beside weights and workers; not under the cap */
  size_t packed_bytes;  /* of weights that are packed before the first chunk; 0: they are packed by panel, again and again */
  size_t packed_back_bytes; /* of the transposed ones, for relevances; 0 likewise */
  size_t screen_bytes;  /* of the unembedding in 8-bit numbers; 0: projections are not screened */
  char gemm[64];        /* what multiplies matrices: "built-in x86-64-v4 + AVX512_BF16", "OpenBLAS SkylakeX"... */
  bool batch_invariant; /* whether a row's bits do not depend on the rows beside it */
} hw_plan_summary;

/* What workers spend their time on. ROWS: reading the data set; PROMPTS: tokens and records; ENCODING: packing and summing; STORE: writing
 * and committing, also by the thread that commits when workers are busy; WAITING: for the reader, the store, and the last
 * worker, whose work the others share then. */
typedef enum hw_run_stage {
  HW_RUN_ROWS,
  HW_RUN_PROMPTS,
  HW_RUN_FORWARD,
  HW_RUN_PREDICTIONS,
  HW_RUN_GRAPHS,
  HW_RUN_NEURONS,
  HW_RUN_RELEVANCES,
  HW_RUN_PROJECTIONS,
  HW_RUN_ENCODING,
  HW_RUN_STORE,
  HW_RUN_NEURON_PROJECTIONS,
  HW_RUN_WAITING,
  HW_RUN_STAGES
} hw_run_stage;
HW_API const char *hw_run_stage_name(hw_run_stage stage);

typedef struct hw_run_result {
  hw_progress progress;
  bool interrupted;
  int64_t n_tokens, n_tokens_shared; /* of this process, with the sequences that score answers; what of them was taken from another prompt */
  double seconds[HW_RUN_STAGES];     /* job->profile: by the clock, summed over the workers of this process */
  hw_screen_counts screened; /* projections of this process */
  hw_relevance_counts relevances[2]; /* of the database: answer, contrast; 0 of those that the job does not ask for */
  char fingerprint[33];
} hw_run_result;

/* Runs the job, or with job->dry_run only plans it (then only *plan is filled, with a measured sample). hooks may be NULL. */
HW_API bool hw_run(const hw_job *job, const hw_hooks *hooks, hw_plan_summary *plan, hw_run_result *result, hw_error *err);

/* ---- Another threshold, without the model ---- */

/* Makes the database that the run of `source` would have made at this threshold, which is at least its floor: graphs, heads,
 * neurons, aggregates and items are replayed from the stored rows. So are projections, but for neurons that
 * only a threshold below that of the source brings in. *n_prompts counts the prompts that are stored, *n_failed those that failed.
 * hooks may be NULL.
 * Errors: a threshold that is not between 0 and 1 or below the floor, an incomplete source, a database `out` of another run; INTERRUPTED when hooks->stop came before the end: the
 * same call continues. */
HW_API bool hw_rethreshold(const char *source, double threshold, const char *out, const hw_hooks *hooks, int64_t *n_prompts, int64_t *n_failed,
                           hw_error *err);

HW_END_C

#endif
