/* SPDX-License-Identifier: Apache-2.0 */
#include "check/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/number.h"
#include "base/text.h"

enum { MOST_SHOWN = 100 };

static void put_line(hw_check_report *report, const char *begin, const char *format, va_list values) {
  char text[1024];
  if (report->failure) return;
  (void)hw_vsnprintf(text, sizeof text, format, values);
  hw_buffer line;
  hw_buffer_init(&line);
  hw_hide_controls(text); /* values come from the file */
  hw_buffer_printf(&line, "%s%s\n", begin, text);
  if (line.failed) report->failure = HW_ERROR_MEMORY;
  else if (!report->sink(report->context, line.data, line.length)) report->failure = HW_ERROR_INTERRUPTED;
  hw_buffer_fini(&line);
}

void hw_check_say(hw_check_report *report, const char *format, ...) {
  va_list values;
  va_start(values, format);
  put_line(report, "", format, values);
  va_end(values);
}

void hw_check_differs(hw_check_report *report, const char *format, ...) {
  va_list values;
  va_start(values, format);
  if (report->n++ < MOST_SHOWN) put_line(report, "differs: ", format, values);
  va_end(values);
}

bool hw_check_reported(const hw_check_report *report, hw_error *err) {
  if (report->failure == HW_ERROR_MEMORY) return hw_fail_memory(err, "a line of the check");
  return !report->failure || hw_fail(err, report->failure, "stopped");
}

void hw_check_end(hw_check_report *report) {
  if (report->n > MOST_SHOWN) hw_check_say(report, "%" PRId64 " more differences are not shown", report->n - MOST_SHOWN);
}
