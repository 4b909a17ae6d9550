/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/part_columns.h"

static int64_t part_kind(const hw_part *part) { return part->kind; }
static int64_t part_layer(const hw_part *part) { return part->layer; }
static int64_t part_head(const hw_part *part) { return part->head == HW_NO_HEAD ? -1 : part->head; }
static int64_t part_source(const hw_part *part) { return part->source; }
static int64_t part_target(const hw_part *part) { return part->target; }
static int64_t part_share(const hw_part *part) { return part->importance; }

const hw_part_column hw_part_columns[HW_N_PART_COLUMNS] = {{"kind", part_kind},     {"layer", part_layer},   {"head", part_head},
                                                           {"source", part_source}, {"target", part_target}, {"share", part_share}};
