/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

/* Makes "C" the locale of this thread and returns the one before; glibc has a "C" that costs no allocation. */
static locale_t enter_c(locale_t *c) {
  *c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  return uselocale(*c); /* 0, out of memory, changes nothing */
}

static void leave_c(locale_t before, locale_t c) {
  (void)uselocale(before);
  if (c) freelocale(c);
}

int hw_vsnprintf(char *text, size_t size, const char *format, va_list arguments) {
  locale_t c, before = enter_c(&c);
  int length = vsnprintf(text, size, format, arguments);
  leave_c(before, c);
  return length;
}

int hw_snprintf(char *text, size_t size, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = hw_vsnprintf(text, size, format, arguments);
  va_end(arguments);
  return length;
}

static double read_double(const char *text, char **end) {
  locale_t c, before = enter_c(&c);
  double value = strtod(text, end);
  leave_c(before, c);
  return value;
}

static float read_float(const char *text) {
  locale_t c, before = enter_c(&c);
  float value = strtof(text, NULL);
  leave_c(before, c);
  return value;
}

void hw_format_double(hw_buffer *out, double value) {
  char text[40] = "";
  for (int digits = 15; digits <= 17; digits++) {
    (void)hw_snprintf(text, sizeof text, "%.*g", digits, value);
    if (read_double(text, NULL) == value) break;
  }
  hw_buffer_append_string(out, text);
}

/* Fewest digits, at most 9; returns their number. */
static int float_text(float value, char text[40]) {
  int digits = 6;
  for (;; digits++) {
    (void)hw_snprintf(text, 40, "%.*g", digits, (double)value);
    if (digits == 9 || read_float(text) == value) return digits;
  }
}

void hw_format_float(hw_buffer *out, float value) {
  char text[40];
  (void)float_text(value, text);
  hw_buffer_append_string(out, text);
}

double hw_plain_double(float value) {
  char text[40];
  return float_text(value, text) < 9 ? read_double(text, NULL) : (double)value;
}

/* strtol and its like skip spaces; here a number is all there is. */
static bool starts_number(const char *text) {
  return (*text >= '0' && *text <= '9') || *text == '-' || *text == '+' || *text == '.';
}

bool hw_parse_int(const char *text, int64_t min, int64_t max, int64_t *value) {
  char *end;
  errno = 0;
  long long parsed = strtoll(text, &end, 10);
  if (!starts_number(text) || *end || end == text || errno || parsed < min || parsed > max) return false;
  *value = parsed;
  return true;
}

bool hw_parse_double(const char *text, double *value) {
  char *end;
  double parsed = read_double(text, &end);
  if (!starts_number(text) || *end || end == text || !isfinite(parsed)) return false;
  *value = parsed;
  return true;
}
