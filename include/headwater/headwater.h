/* SPDX-License-Identifier: Apache-2.0
 * All of the library. One prompt: trace.h. A data set into a database: run.h. Reading a database: store.h, query.h, export.h.
 * Circuits, comparisons, certificates: mining.h, comparison.h, certify.h.
 * Where memory is short, an error is of the kind MEMORY. But JSON is read with Jansson, which does not look at all of its allocations: a program
 * that meets this gives Jansson functions of its own that end it (json_set_alloc_funcs), as the program headwater does. */
#ifndef HEADWATER_HEADWATER_H
#define HEADWATER_HEADWATER_H

#include "headwater/ablation.h"
#include "headwater/api.h"
#include "headwater/arena.h"
#include "headwater/bench.h"
#include "headwater/buffer.h"
#include "headwater/certify.h"
#include "headwater/check.h"
#include "headwater/comparison.h"
#include "headwater/dataset.h"
#include "headwater/error.h"
#include "headwater/export.h"
#include "headwater/flow.h"
#include "headwater/graph.h"
#include "headwater/hooks.h"
#include "headwater/mining.h"
#include "headwater/model.h"
#include "headwater/query.h"
#include "headwater/relevance.h"
#include "headwater/relevance_rows.h"
#include "headwater/run.h"
#include "headwater/sql.h"
#include "headwater/stats.h"
#include "headwater/store.h"
#include "headwater/tensor.h"
#include "headwater/tokenizer.h"
#include "headwater/trace.h"

HW_BEGIN_C

HW_END_C

#endif
