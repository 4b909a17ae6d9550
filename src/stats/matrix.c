/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool hw_stats_matrix_new(size_t n_units, size_t n_components, size_t n_values, hw_stats_matrix *matrix, hw_error *err) {
  *matrix = (hw_stats_matrix){.n_units = n_units, .n_components = n_components};
  matrix->starts = calloc(n_components + 1, sizeof *matrix->starts);
  matrix->units = calloc(n_values + 1, sizeof *matrix->units);
  matrix->values = calloc(n_values + 1, sizeof *matrix->values);
  if (matrix->starts && matrix->units && matrix->values) return true;
  hw_stats_matrix_fini(matrix);
  return hw_fail_memory(err, "a matrix of measures");
}

void hw_stats_matrix_fini(hw_stats_matrix *matrix) {
  free(matrix->starts);
  free(matrix->units);
  free(matrix->values);
  *matrix = (hw_stats_matrix){0};
}

static bool check_entries(const hw_stats_entry *entries, size_t n, size_t n_units, size_t n_components, hw_error *err) {
  for (size_t i = 0; i < n; i++) {
    if (entries[i].unit >= n_units || entries[i].component >= n_components || (i && entries[i].unit < entries[i - 1].unit))
      return hw_fail(err, HW_ERROR_INPUT, "a measure is out of order or range");
    if (!isfinite(entries[i].value)) return hw_fail(err, HW_ERROR_INPUT, "a measure is not finite");
  }
  return true;
}

bool hw_stats_matrix_build(const hw_stats_entry *entries, size_t n, size_t n_units, size_t n_components, hw_stats_matrix *matrix,
                           hw_error *err) {
  *matrix = (hw_stats_matrix){0};
  if (n_units >= UINT32_MAX || n_components >= UINT32_MAX)
    return hw_fail(err, HW_ERROR_UNSUPPORTED, "more than 4 billion units or components");
  if (!check_entries(entries, n, n_units, n_components, err) || !hw_stats_matrix_new(n_units, n_components, n, matrix, err)) return false;
  size_t *next = calloc(n_components + 1, sizeof *next);
  if (!next) {
    hw_stats_matrix_fini(matrix);
    return hw_fail_memory(err, "a matrix of measures");
  }
  for (size_t i = 0; i < n; i++) next[entries[i].component + 1]++;
  for (size_t c = 0; c < n_components; c++) next[c + 1] += next[c];
  memcpy(matrix->starts, next, n_components * sizeof *next);
  for (size_t i = 0; i < n; i++) { /* stable, so rising by unit within a column */
    size_t at = next[entries[i].component]++;
    matrix->units[at] = entries[i].unit;
    matrix->values[at] = entries[i].value;
  }
  size_t kept = 0, first = 0;
  for (size_t c = 0; c < n_components; c++) { /* equal units together; zeros out */
    size_t end = next[c], start = kept;
    for (size_t i = first; i < end;) {
      uint32_t unit = matrix->units[i];
      double sum = 0;
      for (; i < end && matrix->units[i] == unit; i++) sum += matrix->values[i];
      if (sum == 0) continue;
      matrix->units[kept] = unit;
      matrix->values[kept++] = sum;
    }
    matrix->starts[c] = start;
    first = end;
  }
  matrix->starts[n_components] = kept;
  free(next);
  return true;
}

bool hw_stats_matrix_subtract(const hw_stats_matrix *a, const hw_stats_matrix *b, hw_stats_matrix *out, hw_error *err) {
  size_t n = a->n_components, kept = 0;
  if (!hw_stats_matrix_new(a->n_units, n, a->starts[n] + b->starts[n], out, err)) return false;
  for (size_t c = 0; c < n; c++) {
    size_t i = a->starts[c], j = b->starts[c];
    out->starts[c] = kept;
    while (i < a->starts[c + 1] || j < b->starts[c + 1]) {
      uint32_t left = i < a->starts[c + 1] ? a->units[i] : UINT32_MAX, right = j < b->starts[c + 1] ? b->units[j] : UINT32_MAX;
      double value = 0;
      if (left <= right) value += a->values[i++];
      if (right <= left) value -= b->values[j++];
      if (value == 0) continue;
      out->units[kept] = left < right ? left : right;
      out->values[kept++] = value;
    }
  }
  out->starts[n] = kept;
  return true;
}

bool hw_stats_matrix_stack(const hw_stats_matrix *a, const hw_stats_matrix *b, hw_stats_matrix *out, hw_error *err) {
  size_t n = a->n_components, kept = 0;
  if (!hw_stats_matrix_new(a->n_units + b->n_units, n, a->starts[n] + b->starts[n], out, err)) return false;
  for (size_t c = 0; c < n; c++) {
    out->starts[c] = kept;
    for (size_t i = a->starts[c]; i < a->starts[c + 1]; i++, kept++) {
      out->units[kept] = a->units[i];
      out->values[kept] = a->values[i];
    }
    for (size_t i = b->starts[c]; i < b->starts[c + 1]; i++, kept++) {
      out->units[kept] = b->units[i] + (uint32_t)a->n_units;
      out->values[kept] = b->values[i];
    }
  }
  out->starts[n] = kept;
  return true;
}
