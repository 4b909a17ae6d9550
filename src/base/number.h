/* SPDX-License-Identifier: Apache-2.0
 * Numbers as text, with a decimal point whatever locale the calling program has set. No other file of the library may call strtod,
 * strtof, or printf and its like with %e, %f or %g. */
#ifndef HW_BASE_NUMBER_H
#define HW_BASE_NUMBER_H

#include <stdarg.h>
#include <stddef.h>

#include "headwater/buffer.h"

int hw_vsnprintf(char *text, size_t size, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));
int hw_snprintf(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The fewest digits that read back to the value: 15 to 17 for a double, 6 to 9 for a float. */
void hw_format_double(hw_buffer *out, double value);
void hw_format_float(hw_buffer *out, float value);

/* The shortest decimal number that is this float, as a double: 0.1f reads 0.1, not 0.100000001490116. A float that needs 9 digits
 * stays exactly itself. */
double hw_plain_double(float value);

#endif
