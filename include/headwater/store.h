/* SPDX-License-Identifier: Apache-2.0
 * One SQLite file per run. Rows of a chunk go in in ONE transaction, aggregates with them as integer sums, so the
 * content does not depend on order, threads, or crashes. The only part of the project that knows sqlite3.
 * A store belongs to one thread at a time; hw_encode_chunk is free of the database and may run on any thread. */
#ifndef HEADWATER_STORE_H
#define HEADWATER_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/arena.h"
#include "headwater/buffer.h"
#include "headwater/error.h"
#include "headwater/graph.h"
#include "headwater/hooks.h"
#include "headwater/relevance_rows.h"

HW_BEGIN_C

typedef struct hw_store hw_store;

/* Everything that identifies a run. Strings are copied. A store holds at most 255 layers, 1,023 heads and 64 roles (they are
 * packed into the keys of items), positions below 2^20 and prompt ids below 2^42. */
typedef struct hw_run_info {
  const char *fingerprint; /* hash of all that decides the content: model, tokenizer, data set, settings, version */
  const char *model_name, *model_family, *model_fingerprint, *tokenizer_fingerprint;
  const char *dataset_name, *dataset_fingerprint;
  int64_t n_prompts; /* rows of the data set that this run covers */
  uint32_t n_layers, n_heads, n_kv_heads, d_model, d_ffn, vocab_size;
  bool parallel_block;
  double threshold, floor, neuron_threshold;
  size_t n_settings; /* every option that decides the content, by name, ordered by name */
  const char *const *setting_names, *const *setting_values;
  size_t n_groups; /* group 0, 1, ... in order of first appearance; at least one (name "") */
  const char *const *group_names;   /* "column=value,column=value", for people */
  size_t n_group_columns;
  const char *const *group_columns;
  const char *const *group_values; /* [n_groups * n_group_columns] */
  size_t n_roles;
  const char *const *role_names; /* index = role id */
} hw_run_info;

/* Facts of one process that worked on the file: table `process`, not part of the digest. Strings are copied. */
typedef struct hw_process_info {
  const char *model_path, *dataset_path, *program_version, *blas_kernel;
  int threads;
  bool batch_invariant;
  int64_t shard, n_shards; /* of the run; 1 of 1, or 0 of 0: all of it */
  int64_t shard_prompts;   /* of the chunks of the shard */
  bool kernel_matters; /* results depend on blas_kernel: a file with prompts of another one is refused */
  const hw_hooks *hooks; /* how it waits for other programs; lives as long as the store. NULL: as all 0 */
} hw_process_info;

typedef struct hw_graph_record {
  hw_graph_frame frame;
  const hw_part *parts; /* all rows above the floor, in order of hw_part_compare */
  size_t n_parts;
  const hw_graph *graph; /* the replay at the run's threshold */
  const hw_neuron_row *neurons;
  size_t n_neurons;
  const hw_neuron_node *neuron_nodes;
  size_t n_neuron_nodes;
  const hw_projection *projections; /* those marked as outside are not in `graph` */
  size_t n_projections;
  int32_t predicted_id; /* the most probable next token */
  float predicted_logit, predicted_probability;
} hw_graph_record;

typedef struct hw_answer_record { /* METHOD section 6, at the last position */
  int32_t token_id;     /* first token of the answer; -1: none */
  uint32_t n_tokens;
  float logit, probability;
  uint32_t rank; /* 1 = the prediction itself */
  double log_probability; /* summed over its tokens, nats; NaN: it is cut */
  bool cut;    /* not all of its tokens fit in the context: n_tokens are what is left */
  bool greedy; /* not cut, and each of its tokens is the most probable one after those before it */
} hw_answer_record;

typedef struct hw_key_value {
  const char *key, *value;
  size_t value_length;
} hw_key_value;

/* What a prompt's answer depends on, at its last position; or why that is not known. */
typedef struct hw_relevance_record {
  bool contrast;         /* against its counterfactual */
  double m, m_reference; /* NaN where it is not known, or (m_reference) not asked for */
  const char *reason;    /* why there are no rows */
  const hw_relevance_rows *rows; /* NULL: there is a reason */
} hw_relevance_record;
enum { HW_MOST_RELEVANCES = 2 };

typedef struct hw_prompt_record {
  int64_t prompt_id;
  int64_t counterfactual_of; /* in a chunk of counterfactuals: prompt_id of the prompt that it is paired with */
  const char *failure; /* NULL, or the reason: then there are no graphs */
  uint32_t group_id;
  const char *text; /* NULL when ids were given */
  size_t text_length;
  const int32_t *ids;
  size_t n_tokens;
  const uint8_t *roles; /* [n_tokens] role id (below n_roles), HW_ROLE_FIRST, HW_ROLE_LAST per position */
  bool has_bos;
  const hw_key_value *values; /* other columns of the data set */
  size_t n_values;
  hw_answer_record answer, foil;
  hw_answer_contrast contrast;
  hw_answer_lens lens;
  const hw_graph_record *graphs;
  size_t n_graphs;
  const hw_relevance_record *relevances; /* each kind at most once, without the counterfactual first */
  size_t n_relevances;
} hw_prompt_record;

typedef struct hw_chunk_record {
  int64_t chunk_index;
  int64_t first_prompt;
  size_t n_prompts, n_tokens;
  bool counterfactual; /* all of its prompts are: they are summed apart from the others */
  const hw_prompt_record *prompts;
} hw_chunk_record;

/* Graphs of the data set, or of its counterfactuals, that one run can store: their squares, at most 1 in units of 1e-12, are summed in
 * 63 bits. */
#define HW_MOST_GRAPHS (INT64_MAX / INT64_C(1000000000000))
/* Errors: UNSUPPORTED for more graphs than that. */
HW_API bool hw_store_check_graphs(int64_t n_graphs, hw_error *err);

/* A chunk made ready for the database off the writer's thread: compressed columns, items, aggregate deltas. Copies all it
 * needs. Errors: INPUT, naming the prompt, when rows are inconsistent or a number is not finite (nothing such is stored:
 * make the prompt a failed one before). */
typedef struct hw_encoded_chunk hw_encoded_chunk;
HW_API bool hw_encode_chunk(const hw_chunk_record *chunk, const hw_run_info *info, hw_encoded_chunk **encoded, hw_error *err);
HW_API void hw_encoded_chunk_free(hw_encoded_chunk *encoded);

/* Opens the file for a run: creates it, or continues it when its fingerprint is the same. Errors name what differs:
 * a database of another run, of a newer version, no database at all, a folder that cannot be written. A file that was
 * not there before is removed again when opening fails. A path of NULL: a database in memory, gone when it is closed. */
HW_API bool hw_store_open_run(const char *path, const hw_run_info *info, const hw_process_info *process, bool durable,
                       hw_store **store, hw_error *err);
/* Chunks may wait so many seconds after the last commit for more of them (hw_store_tick ends the wait): that is what a crash can lose,
 * and few commits are what makes many small chunks fast. 0, as after opening: each chunk is committed at once. */
HW_API void hw_store_commit_every(hw_store *store, double seconds);
/* Commits the chunks that wait when their time is over: to be called now and then while no chunk comes. Errors as hw_store_flush. */
HW_API bool hw_store_tick(hw_store *store, hw_error *err);
/* Bytes of the database: of its pages, the log not counted. */
HW_API bool hw_store_bytes(hw_store *store, int64_t *bytes, hw_error *err);
/* Memory that a writer takes at most for pages and for sums that wait, when the database grows to this size. */
HW_API double hw_store_writer_bytes(double database_bytes, bool counterfactuals);
/* Commits the chunks that wait. After an error none of them is stored. */
HW_API bool hw_store_flush(hw_store *store, hw_error *err);
/* Commits and closes. With finish = true the log (PATH-wal) is folded in and journal_mode becomes DELETE: one file to mail. Where another program
 * has the file open, an empty log and WAL mode stay, and a notice says so. Where it reads an older state, this waits for it as long as
 * hooks->lock_timeout (5 s once hooks->stop is set). Errors: where it still reads then, IO, or INTERRUPTED after a stop: all is stored, in
 * the two files together. close(NULL) is fine. */
HW_API bool hw_store_close(hw_store *store, bool finish, hw_error *err);

/* Text of every token, once, at creation (a second call does nothing). Pieces are bytes, perhaps not UTF-8. */
HW_API bool hw_store_put_vocabulary(hw_store *store, size_t n, const char *const *pieces, const size_t *lengths, hw_error *err);

/* Sets done[i] for each chunk i < n_chunks that is stored whole; counts prompts stored and failed. */
HW_API bool hw_store_chunks_done(hw_store *store, size_t n_chunks, bool *done, int64_t *n_prompts, int64_t *n_failed, hw_error *err);
/* Stores a chunk. After an error it is not stored, and none of those that wait for a commit. */
HW_API bool hw_store_put_chunk(hw_store *store, const hw_encoded_chunk *encoded, hw_error *err);

/* Notes in the table process_stage, which it makes, how long this process spent on each of n stages. */
HW_API bool hw_store_put_stages(hw_store *store, size_t n, const char *const *names, const double *seconds, hw_error *err);

/* Neurons that entered a top-k and have no projection yet, at most `limit`, by (layer, neuron). */
HW_API bool hw_store_pending_neurons(hw_store *store, size_t limit, uint16_t *layers, uint32_t *neurons, size_t *n, hw_error *err);
/* Projections of neurons (kind NEURON, convention ALONE, position 0), in one transaction. */
HW_API bool hw_store_put_neuron_projections(hw_store *store, const hw_projection *rows, size_t n, hw_error *err);

/* ---- Reading ---- */

/* Opens read-only, with the hw_* SQL functions registered. Refuses files that are no Headwater database or newer. */
HW_API bool hw_store_open_read(const char *path, hw_store **store, hw_error *err);
/* The same for what will be written later: waits for other programs as long as a writer. hooks lives as long as the store; NULL is fine. */
HW_API bool hw_store_open_read_waiting(const char *path, const hw_hooks *hooks, hw_store **store, hw_error *err);

/* Memory for pages of the database; 65,536 after opening. */
HW_API bool hw_store_set_cache(hw_store *store, size_t kilobytes, hw_error *err);

/* Is it this run that the database holds? Errors: INPUT, naming what differs. */
HW_API bool hw_store_check_run(hw_store *store, const hw_run_info *info, hw_error *err);

/* May a process that takes this shard of the run (1 of 1, or 0 of 0: all of it) write into the database? What was merged from several shards is
 * continued by a process that takes all of the run. Errors: INPUT, naming what the database holds. */
HW_API bool hw_store_check_shard(hw_store *store, int64_t shard, int64_t n_shards, hw_error *err);

/* Prompts that the run covers, counterfactuals among them. The run is finished when stored + failed == planned. */
typedef struct hw_prompt_counts {
  int64_t stored, failed, planned;
  int64_t shard, n_shards; /* of a file that holds one shard of a run, whose prompts are `planned` then; 0 of 0: of no other */
} hw_prompt_counts;
HW_API bool hw_store_count_prompts(hw_store *store, hw_prompt_counts *counts, hw_error *err);

/* Prompts whose relevances of a mode were asked for, and those of them that have a reason in the place of numbers. */
typedef struct hw_relevance_counts {
  int64_t n, n_missing;
  char reason[256]; /* the most frequent reason; the first 255 bytes */
  int64_t n_of_reason;
} hw_relevance_counts;
/* Counts those of one mode: contrast, else answer. Errors: INPUT for a damaged file; IO. */
HW_API bool hw_store_count_relevances(hw_store *store, bool contrast, hw_relevance_counts *counts, hw_error *err);

/* ---- Room on the disk ---- */

typedef struct hw_table_space { /* of a table with its indices */
  const char *name;
  int64_t pages, bytes, unused; /* unused: of these bytes */
} hw_table_space;
typedef struct hw_space {
  int64_t page_size, bytes, free_bytes; /* of the file; in pages that nothing uses */
  hw_table_space *tables;               /* [n_tables] the largest first */
  size_t n_tables;
} hw_space;
/* What takes the room, page by page. Lives in the arena. */
HW_API bool hw_store_space(hw_store *store, hw_arena *arena, hw_space *space, hw_error *err);
/* Writes the file anew without free pages, in one transaction, after bringing it to this program's schema version and making its views anew.
 * Bytes before and after. */
HW_API bool hw_store_pack(const char *path, const hw_hooks *hooks, int64_t *before, int64_t *after, hw_error *err);

/* ---- Reading back what a run stored, to derive another database from it ---- */

/* Everything that identifies the run. Strings and lists live in the arena. */
HW_API bool hw_store_read_run(hw_store *store, hw_arena *arena, hw_run_info *info, hw_error *err);

/* In what follows `info` is that of hw_store_read_run: numbers outside of the run's ranges are INPUT errors that name the table, the
 * row, what was found and what is wanted. */

/* Texts of tokens 0 .. *n - 1; NULL for ids without one. */
HW_API bool hw_store_read_vocabulary(hw_store *store, const hw_run_info *info, hw_arena *arena, size_t *n, const char ***pieces, size_t **lengths, hw_error *err);

/* One past the highest chunk that is stored. */
HW_API bool hw_store_count_chunks(hw_store *store, const hw_run_info *info, int64_t *n, hw_error *err);

/* The rows of a chunk as they were given to the store; `graph` of each graph record is left NULL, for the caller to replay.
 * Everything lives in the arena. *found is false when the chunk is not stored. Errors: INPUT for damaged columns, naming the
 * prompt. */
HW_API bool hw_store_read_chunk(hw_store *store, const hw_run_info *info, int64_t chunk_index, hw_arena *arena, bool *found, hw_chunk_record *chunk, hw_error *err);

/* Sets record->graph to the replay at a threshold of at least info->floor, and `outside` of its projections (a new list). What is made lives
 * in the arena. Errors: as hw_graph_replay. */
HW_API bool hw_graph_record_replay(hw_graph_record *record, const hw_run_info *info, double threshold, hw_arena *arena, hw_error *err);

/* The rows of a traced prompt, as hw_store_read_chunk gives them. *found is false when the prompt is not stored, or failed. */
HW_API bool hw_store_read_prompt(hw_store *store, const hw_run_info *info, int64_t prompt_id, hw_arena *arena, bool *found,
                                 hw_prompt_record *record, hw_error *err);

/* One stored graph: of the prompt's target at this position, -1 for its last target. record->graph is the replay at `threshold`, which is
 * at least info->floor (below it parts are missing); neurons and projections are those in it, parts are all. Everything lives in the arena. *found is false when nothing is stored for it.
 * Errors: INPUT for damaged columns. */
HW_API bool hw_store_read_graph(hw_store *store, const hw_run_info *info, int64_t prompt_id, int64_t target, double threshold,
                                hw_arena *arena, bool *found, hw_graph_record *record, hw_error *err);

/* The stored projection of a neuron, lists in the arena; *found is false when there is none. */
HW_API bool hw_store_read_neuron(hw_store *store, const hw_run_info *info, uint16_t layer, uint32_t neuron, hw_arena *arena, bool *found, hw_projection *row, hw_error *err);

/* ---- One run out of several files ---- */

typedef struct hw_merge_result {
  int64_t stored, failed, planned; /* prompts of the merged file */
  bool was_there;                  /* the file was there before, and holds all of this */
} hw_merge_result;

/* Merges databases of one run, which share no chunk, into the new file `out`: the same rows, and the same digest, as of a run by one process.
 * What is mined and compared is not taken over. The work is done in "OUT.merging", which takes its own name when it is whole: after
 * INTERRUPTED or a crash the same call continues it. Memory does not grow with the data.
 * Errors: INPUT for files of other runs, chunks that two files have, rows that no chunk covers, chunks that are missing unless `partial`, and an
 * `out` that is there and lacks chunks of the files. */
HW_API bool hw_store_merge(const char *out, const char *const *paths, size_t n_paths, bool partial, const hw_hooks *hooks, hw_merge_result *result, hw_error *err);
enum { HW_MOST_MERGED = 400 }; /* files that are open at once */

/* Hash over all rows that the run stored, but those of `process`; what mine and compare add later is not in it. 32 hex digits. */
HW_API bool hw_store_digest(hw_store *store, char hex[33], hw_error *err);

HW_END_C

#endif
