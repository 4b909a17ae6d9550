/* SPDX-License-Identifier: Apache-2.0
 * What workers share while they certify, and the results of one prompt. */
#ifndef HW_CERTIFY_CERTIFY_H
#define HW_CERTIFY_CERTIFY_H

#include <omp.h>

#include "headwater/certify.h"
#include "headwater/store.h"

/* A prompt of the database that is to be certified, or gives to a mean. */
typedef struct hw_certify_item {
  int64_t prompt_id, counterfactual; /* prompt_id; -1: there is none */
  uint32_t group_id, n_tokens, n_counterfactual;
  size_t class; /* of the means, hw_means */
} hw_certify_item;

/* The means of mixes and FFNs over prompts of one group and length, see means.c. */
typedef struct hw_means {
  uint32_t group_id, n_tokens;
  size_t n;              /* prompts that give to them */
  int64_t *sums;         /* while they are summed up */
  float **mixes, **ffn;  /* [n_layers], see hw_ablated_prompt */
} hw_means;

typedef struct hw_certifying {
  const hw_certify_settings *settings;
  const hw_model *model;
  hw_store *store; /* behind lock, as is all below that workers write */
  hw_run_info info;
  double threshold;
  int64_t certificate_id;
  bool renews;         /* a dry run of certificates whose rows with a reason would be made anew */
  bool with_reference; /* the counterfactual is run beside its prompt */
  size_t n_components; /* of the model: n_layers * (n_heads + 1), heads of a layer before its FFN */
  int64_t *totals;     /* [n_components] sums of r in 1e-6 over the whole set */
  size_t *ranking;     /* [n_components] by |total|, largest first; NULL where nothing wants it */
  hw_means *means;
  size_t n_means;
  const hw_certify_item *items; /* of the phase */
  size_t n_items, next;
  hw_certify_summary *summary;
  hw_progress progress;
  bool failed;
  hw_error *err;
  omp_lock_t lock;
  hw_arena *arena; /* of the whole */
} hw_certifying;

/* A prompt as it is read. */
typedef struct hw_certified_prompt {
  const hw_certify_item *item;
  const char *reason; /* why it has no certificate, or NULL */
  int32_t *ids, *reference; /* [n_tokens], [n_counterfactual] or NULL */
  int32_t answer, foil;     /* answer -1: the prediction */
  hw_ablated_part *routes;  /* [n_routes] of the stored graph */
  size_t n_routes;
  size_t in_batch, reference_in_batch;
  double *scores;           /* [n_components] what components are ranked by, with its sign */
  hw_ablated_part *parts;   /* [n_parts] of the graph */
  size_t n_parts;
  const struct hw_relevance *relevance; /* or NULL: routes */
  hw_part_set set;
  double m_reference;       /* NaN: not known */
  size_t first_pass;        /* of its passes, in the order of hw_certify_passes */
  size_t *curve;            /* [n_curve] sizes of what is kept */
  size_t n_curve;
  hw_ablation *passes;
} hw_certified_prompt;

/* Passes of a prompt: the model itself; none; kept; removed; kept and removed of each random graph; knock-outs; pairs; the curve. */
enum { HW_PASS_MODEL, HW_PASS_NONE, HW_PASS_KEPT, HW_PASS_REMOVED, HW_PASS_RANDOM };

/* The work space of a worker. */
typedef struct hw_certifier {
  hw_certifying *shared;
  hw_team team;
  hw_arena arena, scratch;
  hw_certified_prompt *prompts; /* of the chunk */
  size_t n_prompts;
  hw_activations acts;
  double seconds[HW_CERTIFY_STAGES];
  int64_t n_passes, n_tokens, n_random, n_smaller;
  hw_error *err;
} hw_certifier;

/* ---- load.c ---- */

/* Prompts that have no certificate of this number yet, in order; *n_there: those that have one. */
bool hw_certify_list(hw_certifying *c, hw_certify_item **items, size_t *n, int64_t *n_there, hw_error *err);
/* All prompts that can give to means. */
bool hw_certify_list_all(hw_certifying *c, hw_certify_item **items, size_t *n, hw_error *err);
/* Reads what certificates of these prompts need; the lock is held. */
bool hw_certify_read(hw_certifier *w, const hw_certify_item *items, size_t n, bool with_routes);

/* ---- compute.c ---- */

bool hw_certify_forward(hw_certifier *w);
/* Relevances and graphs of the chunk, after hw_certify_forward. */
bool hw_certify_find_graphs(hw_certifier *w);
/* All passes. */
bool hw_certify_ablate(hw_certifier *w);
/* Numbers of knock-outs, pairs and components. */
size_t hw_certify_knockouts(const hw_certifying *c);
size_t hw_certify_pairs(const hw_certifying *c);

/* ---- random.c ---- */

/* A graph of as many attention and FFN parts in each layer as `set` has, or as the positions that it reaches have (METHOD section 13): it is smaller then.
 * stream: number of the graph. */
bool hw_random_graph(const hw_certifying *c, const hw_certify_item *item, const hw_part_set *set, uint64_t stream, hw_arena *arena, hw_part_set *out, bool *smaller, hw_error *err);

/* ---- means.c ---- */

/* Classes of the items, which are sorted by class then; counts the prompts that give to each. */
bool hw_means_make(hw_certifying *c, hw_certify_item *items, size_t n, hw_error *err);
size_t hw_means_bytes(const hw_certifying *c, const hw_means *means);
bool hw_means_begin(const hw_certifying *c, hw_means *means, hw_error *err);
/* Adds the counterfactuals of the chunk, or its prompts where the database has no counterfactuals; the lock is held. */
bool hw_means_add(hw_certifier *w);
bool hw_means_end(const hw_certifying *c, hw_means *means, hw_error *err);
void hw_means_fini(const hw_certifying *c, hw_means *means);

/* ---- put.c ---- */

/* Makes the tables, finds the number of these settings or makes one. */
bool hw_certify_begin(hw_certifying *c, hw_error *err);
/* Notes how many prompts there are, and whether all are certified. */
bool hw_certify_update(hw_certifying *c, hw_error *err);
/* Stores the chunk; the lock is held. */
bool hw_certify_put(hw_certifier *w);
bool hw_certify_put_ranking(hw_certifying *c, hw_error *err);
/* The stored ranking's totals; *there: it is stored. */
bool hw_certify_read_ranking(hw_certifying *c, bool *there, hw_error *err);

#endif
