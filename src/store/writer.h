/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_STORE_WRITER_H
#define HW_STORE_WRITER_H

#include "sqlite/connection.h"
#include "store/encoded.h"

/* Inside a transaction; the sums are finished. */
bool hw_put_aggregates(hw_store *store, const hw_chunk_sums *sums, hw_error *err);

#endif
