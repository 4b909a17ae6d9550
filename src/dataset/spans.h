/* SPDX-License-Identifier: Apache-2.0
 * Spans: stretches of a prompt that have a role, written into the text ("When [IO:Mary] and [S1:John] went") or named by
 * columns (role.IO = "Mary", or a range of characters "5:9"). */
#ifndef HW_DATASET_SPANS_H
#define HW_DATASET_SPANS_H

#include <stddef.h>

#include "headwater/arena.h"
#include "headwater/dataset.h"
#include "headwater/error.h"

typedef struct hw_span {
  const char *role; /* NUL-terminated: letters, digits, '_', '-', '.' */
  size_t start, end; /* bytes of the plain text */
} hw_span;

typedef struct hw_marked_text {
  const char *text; /* plain, without the marks; NUL-terminated */
  size_t length;
  size_t n_spans;
  hw_span *spans; /* in the order in which they were given */
  const char *ambiguous; /* NULL, or the columns whose words have more places than columns name them, with the number of places */
} hw_marked_text;

/* Takes the marks out of a text: [ROLE:words], a bracket that is meant doubled. Spans do not nest. Errors: PROMPT, naming
 * the place. Everything lives in the arena. */
bool hw_spans_parse(const char *text, size_t length, hw_arena *arena, hw_marked_text *marked, hw_error *err);

/* Adds the spans of a row's role.* columns: where the words are whole words, or parts of words where they nowhere are. Columns of one
 * row with the same words take successive places in the text. An empty value is no span. Errors: PROMPT when there are fewer places
 * than columns. */
bool hw_spans_add_columns(const hw_row *row, hw_arena *arena, hw_marked_text *marked, hw_error *err);

/* True for a column that names a role ("role.IO"). */
bool hw_spans_is_column(const char *name);

#endif
