/* SPDX-License-Identifier: Apache-2.0
 * hw_relevance(parts, threshold): what an answer depends on, as rows. Parts and neurons are those of the graph at the threshold; sums over
 * positions (head, ffn_total), tokens and biases do not depend on it. */
#include "base/number.h"
#include "functions/functions.h"

enum { KIND, FIRST_PLACE, R = FIRST_PLACE + HW_RELEVANCE_PLACES, SHARE, FIRST_WAY };

bool hw_fill_relevance(hw_rows *rows, const void *bytes, size_t length, double threshold, hw_error *err) {
  return hw_decode_relevance(bytes, length, &rows->arena, &rows->info, &rows->relevance, err) && hw_rows_check_threshold(rows, &threshold, err) &&
         hw_relevance_list(&rows->relevance, threshold, &rows->arena, &rows->relevance_rows, &rows->n, err);
}

void hw_relevance_column(sqlite3_context *context, const hw_rows *rows, size_t row, int column) {
  const hw_relevance_row *x = &rows->relevance_rows[row];
  if (column == KIND) sqlite3_result_text(context, hw_relevance_row_names[x->kind], -1, SQLITE_STATIC);
  else if (column == R) sqlite3_result_double(context, (double)x->r / HW_MICRO);
  else if (column == SHARE) sqlite3_result_double(context, hw_relevance_share(&rows->relevance, x->r));
  else if (column < R && x->places[column - FIRST_PLACE] >= 0) sqlite3_result_int64(context, x->places[column - FIRST_PLACE]);
  else if (column >= FIRST_WAY && column - FIRST_WAY < x->n_ways) sqlite3_result_double(context, (double)x->ways[column - FIRST_WAY] / HW_MICRO);
}
