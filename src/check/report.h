/* SPDX-License-Identifier: Apache-2.0
 * What a check found, as lines for the user. */
#ifndef HW_CHECK_REPORT_H
#define HW_CHECK_REPORT_H

#include "headwater/check.h"
#include "sqlite/connection.h"

typedef struct hw_check_report {
  hw_sink sink;
  void *context;
  int64_t n;       /* differences so far */
  hw_error_kind failure; /* HW_OK, or why a line was not given: the sink took no more (INTERRUPTED), MEMORY. No line follows */
} hw_check_report;

/* A line of what was checked. */
void hw_check_say(hw_check_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A difference: counted, and shown as long as there are few. */
void hw_check_differs(hw_check_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* False and err filled after such a failure. */
bool hw_check_reported(const hw_check_report *report, hw_error *err);
/* Tells at the end how many were not shown. */
void hw_check_end(hw_check_report *report);

#endif
