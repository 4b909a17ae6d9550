/* SPDX-License-Identifier: Apache-2.0
 * Statements that build one JSON text each: sql/web. */
#ifndef HW_QUERY_JSON_H
#define HW_QUERY_JSON_H

#include "headwater/buffer.h"
#include "headwater/query.h"

typedef enum hw_json_outcome {
  HW_JSON_TEXT,      /* appended to out */
  HW_JSON_NO_ROW,    /* nothing was appended */
  HW_JSON_NOT_READY, /* the statement needs a table that is not there yet; err says how to make it */
  HW_JSON_PARAMETER, /* err is about a parameter */
  HW_JSON_DATABASE,  /* err is about the database, or INTERRUPTED: the time limit */
} hw_json_outcome;

/* Runs sql/FILE, which gives at most one row of one column: a JSON text, or NULL, which is as no row. Parameters are bound, and the time limit
 * applies, as in hw_store_select. What a damaged database makes of the text is found: it is UTF-8, and its numbers are finite. */
hw_json_outcome hw_store_json(hw_store *store, const char *file, const hw_parameter *parameters, size_t n_parameters, hw_buffer *out,
                              hw_error *err);

/* The statement of sql/FILE; NULL when there is none. */
const char *hw_store_json_sql(const char *file);

#endif
