/* SPDX-License-Identifier: Apache-2.0
 * Aggregates against each other, without the rows that they are sums of. */
#ifndef HW_CHECK_SUMS_H
#define HW_CHECK_SUMS_H

#include "check/report.h"

/* Each prompt is in one group that is no sum: these groups together are all prompts (-1) and all counterfactuals (-2), and the members of a
 * marginal group are that group. Holds for every column that is added; the key's other columns name the component. */
bool hw_check_sums_agree(hw_store *store, const char *table, hw_check_report *report, hw_error *err);

#endif
