/* SPDX-License-Identifier: Apache-2.0
 * Marginal groups: the prompts with one value of one --group-by column, whatever their values of the others. They are sums of the run's
 * groups, which are the cells of the crossed table. The column `variant` is never summed over: a prompt and its counterfactual are no two
 * observations of one thing. A column whose values all have one cell each has no marginals: they would be the cells again. By the names that
 * the marginals would have, parameters/group.sql finds the cells. */
#ifndef HW_STORE_MARGINAL_H
#define HW_STORE_MARGINAL_H

#include "headwater/store.h"

typedef struct hw_marginals {
  size_t n;           /* marginal groups; their group_id is n_cells + index */
  size_t n_cells;     /* groups of the run */
  size_t n_columns;   /* that have marginals */
  uint32_t *of_cell;  /* [n_cells, n_columns] the marginal group that the cell is in */
  uint32_t *first;    /* [n] lowest cell */
  uint32_t *column;   /* [n] index of the column that it keeps */
} hw_marginals;

/* By column, then by first appearance. Free with hw_marginals_fini. Errors: MEMORY. */
bool hw_marginals_find(const hw_run_info *info, hw_marginals *marginals, hw_error *err);
bool hw_marginals_copy(const hw_marginals *from, hw_marginals *to, hw_error *err);
void hw_marginals_fini(hw_marginals *marginals);
/* Does marginal group m say this column's value? Else it is summed over. */
bool hw_marginal_keeps(const hw_run_info *info, const hw_marginals *marginals, size_t m, size_t column);

#endif
