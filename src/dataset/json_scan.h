/* SPDX-License-Identifier: Apache-2.0
 * Finds where one JSON value ends, by its quotes and brackets alone: it cuts values out of a stream for Jansson, which
 * judges them. */
#ifndef HEADWATER_DATASET_JSON_SCAN_H
#define HEADWATER_DATASET_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hw_json_scan { /* all zero at the start of a value */
  size_t depth;               /* open brackets */
  bool in_string, escaped;
  bool done;
} hw_json_scan;

bool hw_json_is_space(char byte);

/* How many of the n bytes belong to the value; `done` once it has ended. The value may go on in later calls. What
 * starts with no value (a comma, a closing bracket) gives 0 and done. */
size_t hw_json_scan_value(hw_json_scan *scan, const char *bytes, size_t n);

/* Copies a value without the spaces between its tokens; returns the length. `out` holds n bytes. */
size_t hw_json_compact(const char *bytes, size_t n, char *out);

/* Overwrites numbers outside of strings with 0 and blanks, NaN, Infinity and -Infinity among them; true if there were any. For
 * text whose numbers are no doubles, or no JSON. What only looks like a number stays. */
bool hw_json_mask_numbers(char *text, size_t n);

#endif
