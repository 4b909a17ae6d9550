/* SPDX-License-Identifier: Apache-2.0 */
#include "store/marginal.h"

#include <stdlib.h>
#include <string.h>

static bool is_variant(const hw_run_info *info, size_t column) { return strcmp(info->group_columns[column], "variant") == 0; }

static const char *value(const hw_run_info *info, size_t cell, size_t column) { return info->group_values[cell * info->n_group_columns + column]; }

bool hw_marginal_keeps(const hw_run_info *info, const hw_marginals *marginals, size_t m, size_t column) {
  return column == marginals->column[m] || is_variant(info, column);
}

static bool same_marginal(const hw_run_info *info, const hw_marginals *marginals, size_t m, size_t cell) {
  for (size_t c = 0; c < info->n_group_columns; c++)
    if (hw_marginal_keeps(info, marginals, m, c) && strcmp(value(info, cell, c), value(info, marginals->first[m], c)) != 0) return false;
  return true;
}

/* Numbers the marginals of one column, after those that are there. */
static void add_column(const hw_run_info *info, hw_marginals *marginals, size_t column) {
  size_t before = marginals->n;
  for (size_t cell = 0; cell < info->n_groups; cell++) {
    size_t m = before;
    while (m < marginals->n && !same_marginal(info, marginals, m, cell)) m++;
    if (m == marginals->n) {
      marginals->first[m] = (uint32_t)cell;
      marginals->column[m] = (uint32_t)column;
      marginals->n++;
    }
    marginals->of_cell[cell * info->n_group_columns + marginals->n_columns] = (uint32_t)m;
  }
  if (marginals->n - before == info->n_groups) marginals->n = before;
  else marginals->n_columns++;
}

static bool allocate(hw_marginals *marginals, size_t n_cells, size_t n_columns, size_t n, hw_error *err) {
  *marginals = (hw_marginals){.n_cells = n_cells};
  marginals->of_cell = calloc(n_cells * n_columns + 1, sizeof *marginals->of_cell);
  marginals->first = calloc(n + 1, sizeof *marginals->first);
  marginals->column = calloc(n + 1, sizeof *marginals->column);
  if (marginals->of_cell && marginals->first && marginals->column) return true;
  hw_marginals_fini(marginals);
  return hw_fail_memory(err, "the groups of a run");
}

bool hw_marginals_find(const hw_run_info *info, hw_marginals *marginals, hw_error *err) {
  size_t n = info->n_groups, columns = info->n_group_columns;
  if (!allocate(marginals, n, columns, n * columns, err)) return false;
  for (size_t c = 0; c < columns && columns > 1; c++)
    if (!is_variant(info, c)) add_column(info, marginals, c);
  for (size_t cell = 1; cell < n; cell++) /* rows as long as there are columns with marginals */
    memmove(marginals->of_cell + cell * marginals->n_columns, marginals->of_cell + cell * columns, marginals->n_columns * sizeof *marginals->of_cell);
  return true;
}

bool hw_marginals_copy(const hw_marginals *from, hw_marginals *to, hw_error *err) {
  if (!allocate(to, from->n_cells, from->n_columns, from->n, err)) return false;
  to->n = from->n;
  to->n_columns = from->n_columns;
  memcpy(to->of_cell, from->of_cell, from->n_cells * from->n_columns * sizeof *to->of_cell);
  memcpy(to->first, from->first, from->n * sizeof *to->first);
  memcpy(to->column, from->column, from->n * sizeof *to->column);
  return true;
}

void hw_marginals_fini(hw_marginals *marginals) {
  free(marginals->of_cell);
  free(marginals->first);
  free(marginals->column);
  *marginals = (hw_marginals){0};
}
