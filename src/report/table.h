/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_REPORT_TABLE_H
#define HW_REPORT_TABLE_H

#include "headwater/query.h"

/* One table as hw_store_export writes it into NAME.csv, to sink(context, bytes, length). *found is false, and err says why, when there is no
 * table of that name, or the database does not have it yet. */
bool hw_export_table(hw_store *store, const char *name, hw_sink sink, void *context, bool *found, hw_error *err);

#endif
