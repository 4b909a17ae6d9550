/* SPDX-License-Identifier: Apache-2.0
 * The parts of a graph as columns, as the page gets them: one list for stored graphs and for traces. */
#ifndef HW_GRAPH_PART_COLUMNS_H
#define HW_GRAPH_PART_COLUMNS_H

#include "headwater/graph.h"

enum { HW_N_PART_COLUMNS = 6 };

typedef struct hw_part_column {
  const char *name;                      /* "kind", "layer", "head", "source", "target", "share" */
  int64_t (*value)(const hw_part *part); /* kind: hw_part_kind; head: -1 where there is none; share: 1e-6 */
} hw_part_column;

extern const hw_part_column hw_part_columns[HW_N_PART_COLUMNS];

#endif
