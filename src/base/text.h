/* SPDX-License-Identifier: Apache-2.0
 * Small helpers on text: UTF-8, nearest names, numbers. */
#ifndef HW_BASE_TEXT_H
#define HW_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "headwater/error.h"

/* Number of leading bytes that are valid UTF-8 (no surrogates, no overlong forms); == length when all are. */
size_t hw_utf8_valid_prefix(const char *bytes, size_t length);

/* Bytes of the control character that begins here: C0 and DEL 1, C1 (U+0080 to U+009F, which terminals obey as well) 2; 0: none. */
size_t hw_control_length(const char *bytes, size_t left);
/* Puts '?' in the place of each control character, in place: what a file holds must not steer a terminal. */
void hw_hide_controls(char *text);

/* The name closest to `wanted` by edit distance, or NULL when none is near (more than a third differs). An empty name is never it. */
const char *hw_nearest_name(const char *wanted, const char *const *names, size_t n_names);

/* " (did you mean PREFIXname?)" for the end of a message, with the nearest name; empty when none is near. */
typedef struct hw_suggestion { char text[96]; } hw_suggestion;
hw_suggestion hw_suggest(const char *wanted, const char *prefix, const char *const *names, size_t n_names);

/* Whole-string numbers: false unless all of `text` is one number within the bounds. */
bool hw_parse_int(const char *text, int64_t min, int64_t max, int64_t *value);
bool hw_parse_double(const char *text, double *value);

/* Seconds of a clock that never goes back. */
double hw_clock_seconds(void);

#endif
