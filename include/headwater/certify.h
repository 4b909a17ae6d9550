/* SPDX-License-Identifier: Apache-2.0
 * Certificates of the graphs of a whole database (METHOD section 13): what becomes of each answer when the graph alone is kept, and when it is
 * taken away; knock-outs, interactions and curves beside them. They are tables of their own (sql/certify/schema.sql), no part of the
 * digest. */
#ifndef HEADWATER_CERTIFY_H
#define HEADWATER_CERTIFY_H

#include <stdint.h>

#include "headwater/ablation.h"
#include "headwater/hooks.h"

HW_BEGIN_C

/* ROUTES are those that the database holds. ANSWER and CONTRAST are computed by the model (relevance.h). */
typedef enum hw_certified_graph { HW_CERTIFY_ROUTES, HW_CERTIFY_ANSWER, HW_CERTIFY_CONTRAST } hw_certified_graph;
HW_API extern const char *const hw_certified_graph_names[4]; /* "routes", "answer", "contrast", NULL */

/* What a curve keeps more and more of: components (heads and FFNs at all positions) in the order of the prompt or of the whole set, or
 * heads and FFNs at single positions in the order of the prompt. */
typedef enum hw_curve { HW_CURVE_NONE, HW_CURVE_COMPONENTS, HW_CURVE_SET, HW_CURVE_PARTS } hw_curve;
HW_API extern const char *const hw_curve_names[5];

/* The largest settings that are taken; of the command line as well. */
enum { HW_CERTIFY_MOST_RANDOM = 1000, HW_CERTIFY_MOST_KNOCKOUTS = 1000000, HW_CERTIFY_MOST_PAIRS = 1000, HW_CERTIFY_MOST_THREADS = 4096 };
#define HW_CERTIFY_MOST_PROMPTS INT64_C(1000000000000000)

typedef struct hw_certify_settings {
  const char *model, *architecture; /* as for hw_model_open_as */
  int graph;        /* hw_certified_graph */
  double threshold; /* 0: the run's, that of its relevances for their graphs */
  int unit;         /* hw_ablation_unit */
  int baseline;     /* hw_baseline */
  int64_t n_random; /* random graphs of the same size, or as near to it as they come, for each prompt */
  int64_t knockout; /* heads and FFNs, the largest of the whole set, that are knocked out one by one */
  int64_t pairs;    /* of the largest ones, that are knocked out two by two as well */
  int curve;        /* hw_curve */
  int64_t limit;    /* the first prompts of the database; 0: all */
  int64_t threads;  /* 0: all cores */
  bool dry_run;     /* nothing is stored */
  const hw_hooks *hooks; /* may be NULL */
} hw_certify_settings;

/* What workers spend their time on. FORWARD: the prompts and their counterfactuals, once; ABLATION: all passes of certificates. */
typedef enum hw_certify_stage { HW_CERTIFY_READING, HW_CERTIFY_FORWARD, HW_CERTIFY_RELEVANCE, HW_CERTIFY_ABLATION, HW_CERTIFY_STORING, HW_CERTIFY_STAGES } hw_certify_stage;
HW_API extern const char *const hw_certify_stage_names[HW_CERTIFY_STAGES];

typedef struct hw_certify_summary {
  int64_t certificate_id; /* 0 in a dry run of what is not there yet */
  int64_t n_prompts;      /* that are asked for */
  int64_t n_there;        /* of these, from an earlier call */
  int64_t n_dropped;      /* rows of an earlier call that were deleted, as prompts came since: all that depend on the whole set, else those with a reason */
  int64_t n_done;         /* by this one */
  int64_t n_without;      /* of these, with a reason in the place of numbers */
  int64_t n_stored;       /* with these settings, those beyond `limit` from an earlier call too */
  char reason[256];       /* the most frequent one in the rows of this certificate, the first 255 bytes, control characters as ?; empty: no row has one */
  int64_t n_tokens;       /* of those without a reason, counterfactuals not counted */
  int64_t n_passes;       /* of ablation */
  int64_t n_random;       /* random graphs that were drawn */
  int64_t n_smaller;      /* of these, with fewer parts than their graph: the positions that they reach have no more (unit edge) */
  double threshold;
  int threads;
  bool interrupted;
  const char *stage; /* that the call was in last: "means", "components", "certificates"; NULL: none */
  double seconds[HW_CERTIFY_STAGES]; /* summed over the workers */
  double seconds_expected;           /* dry_run */
} hw_certify_summary;

/* Certifies the prompts of the database at `path` that have no row for these settings yet, a transaction for each few prompts: the same call
 * goes on after any end. The summary is filled after an error too. Where prompts came since an earlier call, what depends on all of them (the baseline mean, what is knocked out, a curve in the order of
 * the set) is made anew, and so is a row with a reason. Errors: INPUT for settings out of range, when no model is given or it is not the run's, when the threshold is below the floor of stored routes, when a
 * baseline or a graph does not go with the settings, when it needs counterfactuals and no prompt has one, or when the file is damaged; ARGUMENT when two settings do not go together; UNSUPPORTED when an activation is too large for a mean,
 * or a prompt too long for random graphs; IO, MEMORY. */
HW_API bool hw_certify(const char *path, const hw_certify_settings *settings, hw_certify_summary *summary, hw_error *err);

/* Deletes the certificates of a number. hooks may be NULL. Errors: INPUT when there are none. */
HW_API bool hw_certificate_delete(const char *path, int64_t certificate_id, const hw_hooks *hooks, hw_error *err);

HW_END_C

#endif
