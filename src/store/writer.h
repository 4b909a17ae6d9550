/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_STORE_WRITER_H
#define HW_STORE_WRITER_H

#include "store/connection.h"
#include "store/encoded.h"

/* Inside a transaction. */
bool hw_put_aggregates(hw_store *store, const hw_encoded_chunk *chunk, hw_error *err);

#endif
