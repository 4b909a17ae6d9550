/* SPDX-License-Identifier: Apache-2.0
 * Two groups of prompts of one database, or the same prompts in two, compared component by component. This is the database's side:
 * which prompts, what each says about each component, and the tables `comparison` and `comparison_component`; the statistics
 * are headwater/stats.h.
 *
 * The measure of a component in a prompt is the mean over the prompt's graphs (targets), absent = 0 (METHOD section 4), so a
 * prompt is one unit however many targets it has. Measures of answers are those of the table `answer`; one that a prompt of either side
 * lacks is left out, with a note. Relevances are those of the table `relevance`, of a neuron summed over the positions whose FFN part in the
 * graph lists it. A prompt without the relevances, or without an answer where answers are compared, is no unit, with a note. A prompt that failed or has
 * no graph is no unit, nor is a counterfactual prompt unless the column is `variant`. */
#ifndef HEADWATER_COMPARISON_H
#define HEADWATER_COMPARISON_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/arena.h"
#include "headwater/buffer.h"
#include "headwater/error.h"
#include "headwater/hooks.h"
#include "headwater/stats.h"
#include "headwater/store.h"
#include "headwater/query.h"

HW_BEGIN_C

typedef enum hw_measure { HW_MEASURE_IMPORTANCE, HW_MEASURE_FLOW, HW_MEASURE_ANSWER, HW_MEASURE_CONTRAST } hw_measure;
/* RELEVANCE: heads and FFNs by their relevance, logits. */
typedef enum hw_component_set { HW_SET_HEADS, HW_SET_NEURONS, HW_SET_ITEMS, HW_SET_ANSWERS, HW_SET_RELEVANCE, HW_SET_RELEVANCE_NEURONS } hw_component_set;
HW_API extern const char *const hw_measure_names[5];       /* "importance", "flow", "answer", "contrast", NULL */
HW_API extern const char *const hw_component_set_names[7]; /* "heads", "neurons", "items", "answers", "relevance", "relevance_neurons", NULL */
static inline bool hw_component_set_is_relevance(hw_component_set set) { return set == HW_SET_RELEVANCE || set == HW_SET_RELEVANCE_NEURONS; }

#define HW_COMPARISON_MOST_ACTIVE INT64_C(1000000000000000) /* the largest min_active that is taken; of the command line as well */

typedef struct hw_comparison_request {
  /* One of these three, the others NULL. */
  const char *by;       /* "COLUMN=A,B": values of a --group-by column or of another column of the data set */
  const char *where[2]; /* SQL conditions on the columns of the view prompt_wide; [1] NULL: prompts for which [0] is false; those for which it is
                         * NULL are on neither side, with a note. Only read, as by hw_store_select */
  const char *with;     /* path of the other database */
  hw_measure measure; /* IMPORTANCE or FLOW of what routes have, ANSWER or CONTRAST of relevances; not of answers: those are measures themselves */
  hw_component_set components;
  const char *cluster; /* column whose values are the clusters; "none"; NULL: template where there is one */
  const char *pairs;   /* column that pairs prompts of the groups; "none"; NULL: pair_id where it does (between the variants
                       * clean and counterfactual: the prompts that belong together). Not with `with` */
  int64_t min_active;  /* components that are not 0 in fewer prompts of both sides together are left out, and counted */
  int64_t n_permutations;
  uint64_t seed;
  const hw_hooks *hooks; /* may be NULL */
} hw_comparison_request;

typedef struct hw_compared_component {
  uint32_t layer, index; /* head or neuron */
  bool ffn;              /* an item of an FFN block: no head */
  const char *source_role, *target_role; /* items */
  const char *answer_measure; /* answers: "accuracy", "logit_diff", ... */
} hw_compared_component;

typedef struct hw_comparison {
  hw_arena arena; /* owns the texts and lists */
  const char *column, *value_a, *value_b; /* column NULL: values are conditions, or of two databases the names of the models */
  const char *other_fingerprint;          /* of the other run */
  const char *pair_column, *cluster_column; /* NULL: none */
  bool paired;
  int64_t left_out_a, left_out_b; /* prompts of the sides that are in no pair */
  int64_t n_stored;               /* prompts in the database when it was read */
  size_t n_components, n_rare;    /* compared; left out by min_active */
  hw_compared_component *components;
  hw_stats_matrix a, b; /* [prompts or pairs, components] in 1e-6 */
  uint32_t *clusters_a, *clusters_b;
  size_t n_clusters; /* 0: none */
  hw_buffer notes;   /* lines: what the user may not expect */
} hw_comparison;

/* What is compared: "importance" or "flow", of answers "measures". */
HW_API const char *hw_comparison_measure(const hw_comparison_request *request);

/* Reads the measures. other: the opened database of request->with, NULL without. Errors: INPUT for settings out of range, for unknown columns and values, and
 * for damaged columns, naming the prompt. Call fini also after an error. */
HW_API bool hw_comparison_read(hw_store *store, hw_store *other, const hw_comparison_request *request, hw_comparison *comparison,
                        hw_error *err);
HW_API void hw_comparison_fini(hw_comparison *comparison);

/* The results as text to sink(context), best p first; most: rows at most, 0 for all; line_width: as in
 * hw_store_set_line_width. Errors: INTERRUPTED when the sink returns false, MEMORY. */
HW_API bool hw_comparison_show(const hw_comparison_request *request, const hw_comparison *comparison, const hw_stats_result *result,
                        int64_t most, hw_table_format format, size_t line_width, hw_sink sink, void *context, hw_error *err);

/* Stores them in the database, in one transaction; *id is the comparison_id. An earlier comparison with the same parameters is
 * replaced. The database must not be open for reading in this process. */
HW_API bool hw_comparison_save(const char *path, const hw_comparison_request *request, const hw_comparison *comparison,
                        const hw_stats_result *result, int64_t *id, hw_error *err);
/* Whether saving has a chance: the file and its folder can be written. */
HW_API bool hw_comparison_can_save(const char *path);

/* Deletes a saved comparison. hooks may be NULL. Errors: INPUT when there is none of this number. */
HW_API bool hw_comparison_delete(const char *path, int64_t comparison_id, const hw_hooks *hooks, hw_error *err);

HW_END_C

#endif
