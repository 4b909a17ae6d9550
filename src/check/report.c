/* SPDX-License-Identifier: Apache-2.0 */
#include "check/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/number.h"
#include "base/text.h"

enum { MOST_SHOWN = 100, MOST_TEXT = 60 };

static void put_line(hw_check_report *report, const char *begin, const char *format, va_list values) {
  char text[1024];
  (void)hw_vsnprintf(text, sizeof text, format, values);
  hw_buffer line;
  hw_buffer_init(&line);
  hw_hide_controls(text); /* values come from the file */
  hw_buffer_printf(&line, "%s%s\n", begin, text);
  if (line.failed || !report->sink(report->context, line.data, line.length)) report->failed = true;
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

void hw_check_end(hw_check_report *report) {
  if (report->n > MOST_SHOWN) hw_check_say(report, "%" PRId64 " more differences are not shown", report->n - MOST_SHOWN);
}

void hw_check_value(const hw_statement *s, int column, hw_buffer *out) {
  size_t length;
  const void *bytes;
  switch (sqlite3_column_type(s->sqlite, column)) {
    case SQLITE_NULL: hw_buffer_append_string(out, "NULL"); break;
    case SQLITE_INTEGER: hw_buffer_printf(out, "%" PRId64, hw_column_integer(s, column)); break;
    case SQLITE_FLOAT: hw_buffer_printf(out, "%.17g", hw_column_real(s, column)); break;
    case SQLITE_TEXT:
      bytes = hw_column_blob(s, column, &length);
      hw_buffer_printf(out, "'%.*s'%s", (int)(length < MOST_TEXT ? length : MOST_TEXT), (const char *)bytes, length > MOST_TEXT ? "..." : "");
      break;
    default:
      bytes = hw_column_blob(s, column, &length);
      hw_buffer_printf(out, "a blob of %zu bytes", length);
  }
}
