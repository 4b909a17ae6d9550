/* SPDX-License-Identifier: Apache-2.0
 * The plan in a file, so that several processes of one run measure the data set once. Every byte of it is untrusted: it has a checksum, its
 * numbers are checked, and each chunk's rows and tokens are compared with it when they are computed. */
#ifndef HW_RUN_PLAN_FILE_H
#define HW_RUN_PLAN_FILE_H

#include "headwater/hooks.h"
#include "run/plan.h"

/* The plan of a job. With job->plan it is read from that file; where there is none, one process makes it while the others wait (FILE.lock), and
 * a process that ends before it has written the plan leaves that to the next. Without, it is measured. Close the plan also after an error.
 * Errors: a file that is no plan or damaged; a plan of other data, tokenizer, model, program or options: INPUT. */
bool hw_plan_obtain(const hw_job *job, const hw_flow_settings *flow, const hw_model *model, const hw_tokenizer *tokenizer, const hw_hooks *hooks,
                    hw_plan *plan, hw_error *err);

#endif
