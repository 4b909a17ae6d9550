/* SPDX-License-Identifier: Apache-2.0
 * The threads that help with a trace, and with questions to it: there while something is computed, gone in between. */
#ifndef HW_RUN_TRACE_TEAM_H
#define HW_RUN_TRACE_TEAM_H

#include "headwater/trace.h"

/* Threads that the system does not give are done without. */
void hw_trace_gather(hw_trace *trace);
void hw_trace_part(hw_trace *trace);

/* Has the trace such a layer and such a position? */
bool hw_trace_has_place(const hw_trace *trace, size_t layer, size_t position, hw_error *err);

#endif
