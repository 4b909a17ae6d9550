/* SPDX-License-Identifier: Apache-2.0
 * What a run needs, before it starts. */
#ifndef HW_RUN_ESTIMATE_H
#define HW_RUN_ESTIMATE_H

#include "headwater/run.h"
#include "run/plan.h"

enum { HW_KEPT_ROWS = HW_BATCH_ROWS }; /* of prefixes that a worker keeps */

/* What of the run is stored already, where a database is there. */
bool hw_estimate_remaining(const hw_job *job, const hw_plan *plan, hw_plan_summary *summary, hw_error *err);

/* Smaller sub-batches, then smaller blocks of attention nodes, then no prefixes that outlive a sub-batch, then fewer
 * workers, which the other threads help, then activations of states only, as the cap on memory wants it; without a cap the last where
 * the machine has less than it takes. Errors: INPUT when the smallest worker needs more. */
bool hw_estimate_memory(const hw_job *job, const hw_model *model, const hw_plan *plan, hw_flow_settings *flow, hw_plan_summary *summary,
                       size_t *batch_rows, size_t *kept_rows, hw_error *err);

#endif
